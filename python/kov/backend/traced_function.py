# SPDX-License-Identifier: Apache-2.0
"""A step of `predict` or `evaluate` as a plan: traced once per signature of its input.

Sizes: the first dimension of every input is free, so that one plan serves all batch sizes. A
dimension that is seen to change becomes free too, unless the step's Python decides otherwise when it
knows the size (CenterCrop enlarges a small picture) and results of another shape come out. If the
step's Python needs a size that is free, it is traced again with the sizes of the data; if it needs a
content, the step runs eagerly.
"""

import threading
import warnings

import numpy as np
from kov import _core

from keras.src import tree

from .diagnosis import run_and_explain
from .trace import TraceScope

_TRACEABLE_KINDS = "biufcV"
_NAMES = {}  # of NumPy's dtypes, which put `name` together each time it is read
_MAX_PLANS = 16  # of one signature; then the oldest goes


class _NotTraceable(Exception):
    pass


class _Plan:
    """One trace of a step, compiled, and what to do with its inputs and results."""

    def __init__(self, step, data, leaves, free):
        self.free = free
        self.needs_sizes = False
        self.sizes = [leaf.shape for leaf in leaves]
        self.shared = _shares_batch(leaves, free)
        self.fixed = [
            (i, axis, size)
            for i, (sizes, leaf_free) in enumerate(zip(self.sizes, free))
            for axis, (size, is_free) in enumerate(zip(sizes, leaf_free))
            if not is_free
        ]
        self.batched = [i for i, leaf_free in enumerate(free) if leaf_free and leaf_free[0]]
        scope = TraceScope()
        with scope:
            batch = scope.trace.symbol("batch") if self.shared else None
            inputs = []
            for i, (leaf, leaf_free) in enumerate(zip(leaves, free)):
                shape = [None if f else n for n, f in zip(leaf.shape, leaf_free)]
                if batch is not None and shape and shape[0] is None:
                    shape[0] = batch
                inputs.append(scope.trace.input(_dtype_name(leaf), shape, f"input_{i}"))
            outputs = step(_pack(data, iter(inputs)))
        self.variables = [variable for variable, _ in scope.reads.values()]
        self.updated = [variable for variable, _ in scope.updates.values()]
        self.structure = outputs
        self.nested = tree.is_nested(outputs)
        self.outputs = tree.flatten(outputs)
        self.is_result = [_core.is_traced(output) for output in self.outputs]
        results = [x for x, traced in zip(self.outputs, self.is_result) if traced]
        results += [_core.as_traced(value, scope.trace) for _, value in scope.updates.values()]
        self.shapes = [result.shape for result in results]
        self.graph = scope.trace.finish(results)
        # The trace's values are of no use any more, and keep the builder alive.
        self.outputs = [None if t else x for x, t in zip(self.outputs, self.is_result)]
        self.structure = tree.pack_sequence_as(outputs, self.outputs)
        self.plan = None

    def compile(self):
        self.plan = self.graph.compile()
        return self

    def serves(self, leaves):
        for i, axis, size in self.fixed:
            if leaves[i].shape[axis] != size:
                return False
        if self.shared and len(self.batched) > 1:
            batch = leaves[self.batched[0]].shape[0]
            return all(leaves[i].shape[0] == batch for i in self.batched)
        return True

    def _run(self, leaves):
        return self.plan.run(leaves + [variable._value for variable in self.variables])

    def agrees(self, known, leaves):
        """Whether results are of the shapes that a trace has which knows all sizes."""
        return all(
            known_size in (None, size)
            for result, known_shape in zip(self._run(leaves), known.shapes)
            for size, known_size in zip(result.shape, known_shape, strict=True)
        )

    def __call__(self, leaves):
        results = iter(self._run(leaves))
        outputs = [next(results) if t else x for x, t in zip(self.outputs, self.is_result)]
        for variable, value in zip(self.updated, results):
            variable._value = value
        return tree.pack_sequence_as(self.structure, outputs) if self.nested else outputs[0]


class TracedFunction:
    """Calls `step(data)` as a plan. Errors of the step come through unchanged.

    `discard` is called after a trace that failed, to drop what the step's Python has kept of it.
    """

    def __init__(self, step, name, discard=None):
        self._step = step
        self._name = name
        self._discard = discard
        self._plans = {}
        self._eager = False
        self._lock = threading.RLock()

    def __call__(self, data):
        if self._eager:
            return run_eagerly(self._step, data)
        leaves = []
        try:
            key = (_core.get_device(), _signature(data, leaves))
        except _NotTraceable:
            return run_eagerly(self._step, data)
        plans = self._plans.setdefault(key, [])
        plan = _find(plans, leaves)
        if plan is None:
            try:
                # Threads that come with new data at the same time share one trace.
                with self._lock:
                    plan = _find(plans, leaves)
                    if plan is None:
                        plan = self._trace(data, leaves, plans)
                        plans.insert(0, plan)
                        del plans[_MAX_PLANS:]
            except _core.UnknownValue as reason:
                self._eager = True
                result, reasons = run_and_explain(lambda: run_eagerly(self._step, data), reason)
                warnings.warn(
                    f"`{self._name}` runs eagerly, one operation at a time, for it cannot become "
                    f"one graph:\n{reasons}\n"
                    "`compile(run_eagerly=True)` asks for that and ends this warning.",
                    stacklevel=2,
                )
                return result
        return plan(leaves)

    def _trace(self, data, leaves, plans):
        free = [_free_dimensions(i, leaf.shape, plans) for i, leaf in enumerate(leaves)]
        has_free, known = any(any(f) for f in free), None
        if has_free and not any(plan.needs_sizes for plan in plans):
            try:
                plan = self._trace_with(data, leaves, free).compile()
                if not any(any(f[1:]) for f in free):
                    return plan
                known = self._trace_with(data, leaves, _nothing_free(free))
                if plan.agrees(known, leaves):
                    return plan
            except _core.UnknownValue:
                raise
            except (TypeError, ValueError):
                # Arithmetic on a free size fails as arithmetic on None.
                pass
        plan = known or self._trace_with(data, leaves, _nothing_free(free))
        plan.needs_sizes = has_free
        return plan.compile()

    def _trace_with(self, data, leaves, free):
        try:
            return _Plan(self._step, data, leaves, free)
        except BaseException:
            if self._discard is not None:
                self._discard()
            raise


def compiled_once(step, data):
    """step(data) as one graph, which is not kept."""
    leaves = []
    _signature(data, leaves)
    return _Plan(step, data, leaves, [(False,) * len(leaf.shape) for leaf in leaves]).compile()(leaves)


def _find(plans, leaves):
    for plan in plans:
        if plan.serves(leaves):
            return plan
    return None


def run_eagerly(step, data):
    """step(data), one operation at a time; on tensors, as in a trace."""

    def to_tensor(leaf):
        if not _core.is_array(leaf) or leaf.dtype.kind not in _TRACEABLE_KINDS:
            return leaf
        return _core.convert_to_tensor(leaf)

    return step(tree.map_structure(to_tensor, data))


def _free_dimensions(i, shape, plans):
    """The first dimension, and those which differ from what an earlier plan was traced with."""
    free = [axis == 0 for axis in range(len(shape))]
    for plan in plans:
        for axis, size in enumerate(plan.sizes[i]):
            free[axis] = free[axis] or plan.free[i][axis] or size != shape[axis]
    return tuple(free)


def _nothing_free(free):
    return [(False,) * len(f) for f in free]


def _shares_batch(leaves, free):
    sizes = {leaf.shape[0] for leaf, f in zip(leaves, free) if f and f[0]}
    return len(sizes) == 1


def _signature(data, leaves):
    """A hashable description of nested data; appends its arrays and tensors to `leaves`."""
    if isinstance(data, (list, tuple)):
        return (type(data).__name__, *(_signature(item, leaves) for item in data))
    if isinstance(data, dict):
        return (
            "dict",
            *((name, _signature(data[name], leaves)) for name in sorted(data)),
        )
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if not _core.is_tensor(data):
        data = np.asarray(data)
        if data.dtype.kind not in _TRACEABLE_KINDS:
            raise _NotTraceable
    leaves.append(data)
    return (_dtype_name(data), len(data.shape))


def _dtype_name(leaf):
    dtype = leaf.dtype
    if isinstance(dtype, str):
        return dtype
    name = _NAMES.get(dtype)
    if name is None:
        name = _NAMES[dtype] = dtype.name
    return name


def _pack(data, inputs):
    """The structure of `data` with its arrays replaced, in the order of `_signature`."""
    if isinstance(data, (list, tuple)):
        return type(data)(_pack(item, inputs) for item in data)
    if isinstance(data, dict):
        packed = {name: _pack(data[name], inputs) for name in sorted(data)}
        return {name: packed[name] for name in data}
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    return next(inputs)
