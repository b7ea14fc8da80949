# SPDX-License-Identifier: Apache-2.0
"""Functions of keras.ops that Keras looks for in the backend's module `numpy`."""

from kov import _core

from ..functions import module_getattr
from ..functions import table

globals().update(table("numpy"))
__getattr__ = module_getattr("numpy")

_choose = globals().get("where")


def where(condition, x1=None, x2=None):
    """Of a condition alone: the indices where it holds."""
    if x1 is None and x2 is None:
        return tuple(globals()["nonzero"](condition))
    return _choose(condition, x1, x2)


def ndim(x):
    """A Python int, as Keras's other backends give it: layers build lists of that length."""
    return len(_core.convert_to_tensor(x).shape)


def vectorize(pyfunc, *, excluded=None, signature=None):
    """Applies a function of scalars to arrays, over their broadcast shape."""
    from keras.src.backend.common.backend_utils import vectorize_impl

    return vectorize_impl(pyfunc, _over_axes, excluded=excluded, signature=signature)


def _over_axes(function, in_axes):
    """`function` over the first axis of the arguments whose entry in `in_axes` is 0."""
    from .core import vectorized_map

    def call(*args):
        def one(items):
            items = iter(items)
            return function(*(x if axis is None else next(items) for x, axis in zip(args, in_axes)))

        return vectorized_map(one, tuple(x for x, axis in zip(args, in_axes) if axis is not None))

    return call
