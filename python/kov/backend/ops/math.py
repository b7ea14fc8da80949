# SPDX-License-Identifier: Apache-2.0
"""Functions of keras.ops that Keras looks for in the backend's module `math`."""

from kov import _core

from ..functions import module_getattr
from ..functions import table

_STACK = _core.function("numpy", "stack")
_SQUEEZE = _core.function("numpy", "squeeze")
_VIEW = _core.function("numpy", "view")

globals().update(table("math"))
__getattr__ = module_getattr("math")

if __name__.startswith("keras_openvino."):  # Keras 3.16
    _ordered_top_k = globals()["top_k"]

    def top_k(x, k, sorted=True, is_stable=True):
        """The order is always a stable one, whatever `is_stable` says."""
        return _ordered_top_k(x, k, sorted)


def _get_complex_tensor_from_tuple(x):
    """keras.ops.polar asks for it under this name: (real, imaginary) as one complex tensor."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. "
            f"Received: x={x}"
        )
    parts = [_core.convert_to_tensor(part) for part in x]
    if parts[0].shape != parts[1].shape:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary, equal in shape. "
            f"Received shapes: {parts[0].shape} and {parts[1].shape}"
        )
    if not all("float" in part.dtype for part in parts):
        raise ValueError(
            "At least one tensor in input `x` is not of type float. "
            f"Received dtypes: {parts[0].dtype} and {parts[1].dtype}"
        )
    dtype = "complex64"
    if "float64" in (parts[0].dtype, parts[1].dtype):
        dtype = "complex128"
    part_dtype = "float32" if dtype == "complex64" else "float64"
    stacked = _STACK([_core.cast(part, part_dtype) for part in parts], axis=-1)
    return _SQUEEZE(_VIEW(stacked, dtype), axis=-1)
