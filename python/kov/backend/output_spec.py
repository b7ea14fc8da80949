# SPDX-License-Identifier: Apache-2.0
"""compute_output_spec: shapes and dtypes of a function's results, without computing them."""

from kov import _core

from keras.src import tree
from keras.src.backend.common.keras_tensor import KerasTensor
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.backend.common.symbolic_scope import SymbolicScope

from .trace import TraceScope

# Two sizes that a model hardly has: a dimension of a result which differs between them is free.
_TRIAL_SIZES = (83, 89)


def compute_output_spec(fn, *args, **kwargs):
    """Traces fn on free dimensions; where its Python needs numbers, on trial sizes twice."""
    free = any(
        isinstance(x, KerasTensor) and None in x.shape for x in tree.flatten((args, kwargs))
    )
    try:
        return _trace(fn, args, kwargs, None)
    except _core.UnknownValue:
        attempt = _run
    except (TypeError, ValueError):
        if not free:
            raise
        attempt = _trace
    try:
        return _at_trial_sizes(attempt, fn, args, kwargs, free)
    except _core.UnknownValue:
        return _at_trial_sizes(_run, fn, args, kwargs, free)


def _at_trial_sizes(attempt, fn, args, kwargs, free):
    specs = [attempt(fn, args, kwargs, size) for size in _TRIAL_SIZES[: 2 if free else 1]]
    return specs[0] if not free else tree.map_structure(_merge, *specs)


def _merge(x, y):
    if not isinstance(x, KerasTensor):
        return x
    shape = tuple(m if m == n else None for m, n in zip(x.shape, y.shape))
    return KerasTensor(shape, x.dtype)


def _trace(fn, args, kwargs, size):
    with TraceScope() as scope, SymbolicScope():
        batch = scope.trace.symbol("batch") if size is None else size

        def placeholder(x):
            if not isinstance(x, KerasTensor):
                return x
            shape = [size if n is None else n for n in x.shape]
            if shape and x.shape[0] is None:
                shape[0] = batch
            return scope.trace.input(x.dtype, shape, None)

        args, kwargs = tree.map_structure(placeholder, (args, kwargs))
        return tree.map_structure(_spec_of, fn(*args, **kwargs))


def _run(fn, args, kwargs, size):
    """The last resort for functions whose Python looks at contents: zeros."""

    def zeros(x):
        return zeros_of(x, size=size) if isinstance(x, KerasTensor) else x

    with StatelessScope(), SymbolicScope():
        args, kwargs = tree.map_structure(zeros, (args, kwargs))
        return tree.map_structure(_spec_of, fn(*args, **kwargs))


def _spec_of(x):
    return KerasTensor(x.shape, x.dtype) if _core.is_tensor(x) else x


def zeros_of(spec, like=None, size=None):
    """Zeros as `spec` says. A free first dimension is taken from `like`, other ones are `size`."""

    def zeros(x):
        shape = [size if n is None else n for n in x.shape]
        if like is not None and x.shape and x.shape[0] is None:
            shape[0] = _core.shape(like)[0]
        return _core.function("numpy", "zeros")(shape, x.dtype)

    return tree.map_structure(zeros, spec)
