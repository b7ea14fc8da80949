# SPDX-License-Identifier: Apache-2.0
"""Control flow with Python callables.

On data, Python decides and loops. In a trace, the callables are traced into bodies of If and Loop
nodes; what they capture becomes an input of the node, and a variable that they assign becomes one
of its results.
"""

import warnings

from kov import _core

from keras.src import tree

from .trace import Branch
from .trace import current_scope


def cond(pred, true_fn, false_fn):
    pred = _core.convert_to_tensor(pred)
    if not _core.is_traced(pred):
        return true_fn() if pred else false_fn()
    return _traced_if(pred, true_fn, false_fn)


def switch(index, branches, *operands):
    index = _core.convert_to_tensor(index, "int32")
    last = len(branches) - 1
    if not _core.is_traced(index):
        return branches[min(max(int(index), 0), last)](*operands)

    def choose(first):
        if first == last:
            return branches[first](*operands)
        return cond(
            index <= first, lambda: branches[first](*operands), lambda: choose(first + 1)
        )

    return choose(0)


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    is_sequence = isinstance(loop_vars, (tuple, list))
    state = tuple(loop_vars) if is_sequence else (loop_vars,)
    state = tree.map_structure(_core.convert_to_tensor, state)
    if maximum_iterations is not None and not isinstance(maximum_iterations, int):
        maximum_iterations = _core.convert_to_tensor(maximum_iterations, "int64")

    def next_state(*state):
        new = body(*state)
        return tuple(new) if isinstance(new, (list, tuple)) else (new,)

    if _any_traced(state, maximum_iterations):
        state = _traced_while(cond, next_state, state, maximum_iterations)
    else:
        limit = None if maximum_iterations is None else int(maximum_iterations)
        trips = 0
        while limit is None or trips < limit:
            is_on = cond(*state)
            if _core.is_traced(is_on):
                # The condition reads a variable: from here on the loop belongs to the graph.
                rest = None if limit is None else limit - trips
                state = _traced_while(cond, next_state, state, rest)
                break
            if not is_on:
                break
            state = next_state(*state)
            trips += 1
    return state if is_sequence else state[0]


def fori_loop(lower, upper, body_fun, init_val):
    if not _any_traced((lower, upper, init_val)):
        value = init_val
        for i in range(int(lower), int(upper)):
            value = body_fun(_core.convert_to_tensor(i, "int32"), value)
        return value
    upper = _core.convert_to_tensor(upper, "int32")

    def body(i, value):
        return i + 1, body_fun(i, value)

    start = _core.convert_to_tensor(lower, "int32")
    return while_loop(lambda i, _: i < upper, body, (start, init_val))[1]


def map(f, xs):
    return scan(lambda _, x: ((), f(x)), (), xs)[1]


def vectorized_map(function, elements):
    return map(function, elements)


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(
            f"`unroll` must be an positive integer or boolean. Received: unroll={unroll}"
        )
    if xs is None and length is None:
        raise ValueError("Got no `xs` to scan over and `length` not provided.")
    xs = None if xs is None else tree.map_structure(_core.convert_to_tensor, xs)
    init = tree.map_structure(_core.convert_to_tensor, init)
    leaves = [] if xs is None else tree.flatten(xs)
    count = length if length is not None else _core.shape(leaves[0])[0]
    if _core.is_traced(count) or (unroll is not True and _any_traced((init, xs))):
        return _traced_scan(f, init, xs, count, reverse)
    carry, ys = init, []
    steps = range(int(count))
    for i in reversed(steps) if reverse else steps:
        x = None if xs is None else tree.map_structure(lambda leaf: leaf[i], xs)
        carry, y = f(carry, x)
        ys.append(y)
    if reverse:
        ys.reverse()
    if not ys:
        return carry, _empty_results(f, init, xs)
    return carry, tree.map_structure(_stack, *ys)


def associative_scan(f, elems, reverse=False, axis=0):
    """Log-depth prefix combination: pairs are combined, scanned, and spread out again."""
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    flip = _core.function("numpy", "flip")
    leaves = [_core.convert_to_tensor(x) for x in tree.flatten(elems)]
    rank = len(leaves[0].shape)
    axis = axis + rank if axis < 0 else axis
    count = leaves[0].shape[axis]
    if any(x.shape[axis] != count for x in leaves):
        raise ValueError(
            "Array inputs to associative_scan must have the same first dimension. "
            f"(saw: {[x.shape for x in leaves]})"
        )
    if count is None:
        raise _core.UnknownDimension("associative_scan: the scanned dimension is free.")
    if reverse:
        leaves = [flip(x, axis) for x in leaves]

    def part(x, start, stop, step=1):
        return x[(slice(None),) * axis + (slice(start, stop, step),)]

    def combine(a, b):
        return tree.flatten(f(tree.pack_sequence_as(elems, a), tree.pack_sequence_as(elems, b)))

    def interleave(even, odd):
        """even[0], odd[0], even[1], ...: stacked beside each other, then read in a row."""
        n_even, n_odd = even.shape[axis], odd.shape[axis]
        shape = list(even.shape)
        shape[axis] = 2 * n_odd
        pairs = _stack_at([part(even, 0, n_odd), odd], axis + 1)
        rows = _core.function("numpy", "reshape")(pairs, shape)
        if n_even == n_odd:
            return rows
        return _core.function("numpy", "concatenate")([rows, part(even, n_odd, n_even)], axis)

    def scan_leaves(leaves):
        n = leaves[0].shape[axis]
        if n < 2:
            return leaves
        reduced = combine(
            [part(x, 0, n - 1, 2) for x in leaves], [part(x, 1, n, 2) for x in leaves]
        )
        odd = scan_leaves(reduced)
        left = [part(x, 0, (n - 1) // 2) for x in odd]
        rest = [part(x, 2, n, 2) for x in leaves]
        even = combine(left, rest) if n > 2 else rest
        concatenate = _core.function("numpy", "concatenate")
        first = [part(x, 0, 1) for x in leaves]
        even = [concatenate([a, b], axis) if n > 2 else a for a, b in zip(first, even)]
        return [interleave(a, b) for a, b in zip(even, odd)]

    result = scan_leaves(leaves)
    if reverse:
        result = [flip(x, axis) for x in result]
    return tree.pack_sequence_as(elems, result)


class custom_gradient:
    """Calls the function; its gradient will count when training is there."""

    def __init__(self, fun):
        self.fun = fun

    def __call__(self, *args, **kwargs):
        outputs, _ = self.fun(*args, **kwargs)
        return outputs


def remat(f):
    warnings.warn("Rematerialization has no effect before kov can train.", stacklevel=2)
    return f


def _any_traced(*structures):
    return any(_core.is_traced(x) for x in tree.flatten(structures))


def _stack(*values):
    return _stack_at(values, 0)


def _stack_at(values, axis):
    if values[0] is None:
        return None
    return _core.function("numpy", "stack")(list(values), axis)


def _empty_results(f, init, xs):
    from .output_spec import compute_output_spec
    from .output_spec import zeros_of

    x = None if xs is None else tree.map_structure(_spec_of_element, xs)
    _, spec = compute_output_spec(f, init, x)
    empty = [zeros_of(type(s)((0, *s.shape), s.dtype)) for s in tree.flatten(spec)]
    return tree.pack_sequence_as(spec, empty)


def _spec_of_element(x):
    from keras.src.backend.common.keras_tensor import KerasTensor

    return KerasTensor(x.shape[1:], x.dtype)


def _order_updates(updates):
    return [variable for variable, _ in updates.values()]


def _traced_if(pred, true_fn, false_fn):
    scope = current_scope()
    pred = _core.cast(pred, "bool")
    wanted = []
    while True:
        # Both bodies must yield the same variables in the same order, and which ones is known
        # only afterwards: then they are traced a second time, at most.
        bodies = [_trace_branch(scope, fn, wanted) for fn in (true_fn, false_fn)]
        seen = {id(v): v for _, _, updates in bodies for v in _order_updates(updates)}
        if all(key in {id(v) for v in wanted} for key in seen):
            break
        wanted = list(seen.values())
    (true_body, true_result, _), (false_body, false_result, _) = bodies
    true_leaves, false_leaves = tree.flatten(true_result), tree.flatten(false_result)
    if [x is None for x in true_leaves] != [x is None for x in false_leaves]:
        raise ValueError(
            "`cond`: both branches must return the same structure. "
            f"Received: {true_result} and {false_result}"
        )
    results = iter(scope.trace.if_(pred, true_body, false_body))
    leaves = [None if x is None else next(results) for x in true_leaves]
    for variable, value in zip(wanted, results):
        scope.add_update((variable, value))
    return tree.pack_sequence_as(true_result, leaves)


def _trace_branch(scope, fn, wanted):
    """Traces fn() into a body: (body, result of fn, updates of variables).

    The body's results are the tensors in fn's result and then the values of `wanted` at its end.
    """
    trace = scope.trace
    trace.body_begin()
    try:
        with Branch(scope) as branch:
            result = fn()
            kept = [scope.read(variable) for variable in wanted]
        # A value's shape can be asked for only while its body is open; the tensor then keeps it.
        for x in tree.flatten(result):
            _core.is_traced(x) and x.shape
        values = [_core.as_traced(x, trace) for x in tree.flatten(result) if x is not None]
        values += [_core.as_traced(x, trace) for x in kept]
        body = trace.body_end(values)
    except BaseException:
        trace.body_abandon()
        raise
    return body, result, branch.updates


def _traced_while(cond, body, state, maximum):
    scope = current_scope()
    trace = scope.trace
    leaves = [_core.as_traced(x, trace) for x in tree.flatten(state)]
    shapes = [x.shape for x in leaves]
    carried = []
    while True:
        values = [scope.read(variable) for variable in carried]
        start = leaves + [_core.as_traced(x, trace) for x in values]
        specs = list(zip(start, shapes + [x.shape for x in values]))

        def bind(parameters):
            for variable, parameter in zip(carried, parameters[len(leaves) :]):
                scope.add_update((variable, parameter))
            return tree.pack_sequence_as(state, parameters[: len(leaves)])

        def condition():
            parameters = [trace.body_input(x, shape) for x, shape in specs]
            return _core.cast(cond(*bind(parameters)), "bool")

        def step():
            parameters = [trace.body_input(x, shape) for x, shape in specs]
            new = tree.flatten(body(*bind(parameters)))
            if len(new) != len(leaves):
                raise ValueError(
                    "`while_loop`: `body` must return as many values as `loop_vars` has. "
                    f"Received: {len(new)} instead of {len(leaves)}"
                )
            return [_core.cast(x, old.dtype) for x, old in zip(new, leaves)]

        condition_body, _, _ = _trace_branch(scope, condition, [])
        body_graph, results, updates = _trace_branch(scope, step, carried)
        assigned = [v for v in _order_updates(updates) if all(v is not c for c in carried)]
        widened = [
            tuple(m if m == n else None for m, n in zip(old, x.shape))
            for old, x in zip(shapes, results)
        ]
        if not assigned and widened == shapes:
            break
        # A variable that the body assigns is part of the loop's state, and a dimension that
        # changes on the way round is free in it: both show only afterwards.
        carried, shapes = carried + assigned, widened
    outputs = trace.while_(condition_body, body_graph, start, maximum)
    for variable, value in zip(carried, outputs[len(leaves) :]):
        scope.add_update((variable, value))
    return tree.pack_sequence_as(state, outputs[: len(leaves)])


def _traced_scan(f, init, xs, count, reverse):
    from .output_spec import compute_output_spec
    from .output_spec import zeros_of

    slice_update = _core.function("core", "slice_update")
    x = None if xs is None else tree.map_structure(lambda leaf: leaf[0], xs)
    _, spec = compute_output_spec(f, init, x)
    some = tree.flatten(x) + tree.flatten(init)
    outputs = [] if spec is None else [s for s in tree.flatten(spec) if s is not None]
    zeros = [zeros_of(s, like=some[0]) for s in outputs]
    stacks = []
    for z in zeros:
        shape = (count, *_core.shape(z))
        stacks.append(_core.function("numpy", "zeros")(shape, z.dtype))
    last = count - 1

    def body(i, carry, stacks):
        at = last - i if reverse else i
        x = None if xs is None else tree.map_structure(lambda leaf: leaf[at], xs)
        carry, y = f(carry, x)
        rows = [v for v in tree.flatten(y) if v is not None]
        new = []
        for stack, row in zip(stacks, rows):
            row = _core.function("numpy", "expand_dims")(_core.convert_to_tensor(row), 0)
            start = [at] + [0] * (len(row.shape) - 1)
            new.append(slice_update(stack, start, row))
        return i + 1, carry, new

    zero = _core.convert_to_tensor(0, "int32")
    count = _core.convert_to_tensor(count, "int32")
    _, carry, stacks = while_loop(lambda i, *_: i < count, body, (zero, init, stacks))
    stacks = iter(stacks)
    if spec is None:
        return carry, None
    ys = [None if s is None else next(stacks) for s in tree.flatten(spec)]
    return carry, tree.pack_sequence_as(spec, ys)
