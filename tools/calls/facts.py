# SPDX-License-Identifier: Apache-2.0
"""What the rules of the judge ask of a drawn call: its types, its numbers, where they lie."""

import numpy as np
from draw import Odd, Tensor

HUGE = 1e15  # sums of products of what is larger overflow in one order and not in another
TOP = float(np.finfo("float32").max)
TINY = float(np.finfo("float32").tiny)
SIXTEEN = {"float16", "bfloat16"}


def largest(array):
    """The size of the largest finite element, or 0."""
    size = np.abs(array.astype(np.complex128))
    return size[np.isfinite(size)].max(initial=0.0)


def flat(value):
    """A drawn argument's items: itself, or those of a list of tensors."""
    return value if isinstance(value, list) else [value]


class Call:
    def __init__(self, row, arguments):
        self.module, self.name = row.module, f"{row.module}.{row.name}"
        self.arguments = arguments

    def get(self, key, default=None):
        return self.arguments.get(key, default)

    def given(self, key):
        return self.arguments.get(key) is not None

    def items(self, *keys):
        """All arguments, or those of these names; lists by their items."""
        chosen = [self.arguments.get(key) for key in keys] if keys else self.arguments.values()
        return [item for value in chosen for item in flat(value)]

    def tensors(self, *keys):
        return [item for item in self.items(*keys) if isinstance(item, Tensor)]

    def arrays(self, *keys):
        return [tensor.array for tensor in self.tensors(*keys)]

    def array(self, key):
        """An argument as an array, whatever it was drawn as."""
        value = self.arguments.get(key)
        return np.asarray(value.array if isinstance(value, Tensor) else
                          value.array() if isinstance(value, Odd) else value)

    def number(self, key, default=None):
        """A drawn scalar as a Python number, or None."""
        value = self.arguments.get(key, default)
        if isinstance(value, Tensor):
            return value.array.item() if value.array.size == 1 else None
        return value if type(value) in (bool, int, float) else None

    def dtypes(self, *keys):
        return {tensor.dtype for tensor in self.tensors(*keys)}

    def has(self, *dtypes):
        """Whether a tensor is of one of these types, or of those whose names begin so; a Python number
        may be complex."""
        given = self.dtypes() | {type(item).__name__ for item in self.items() if isinstance(item, complex)}
        return any(dtype.startswith(dtypes) for dtype in given)

    def has_integers(self, *keys):
        return any("int" in dtype for dtype in self.dtypes(*keys))

    def is_odd(self):
        return any(isinstance(value, Odd) for value in self.arguments.values())

    def is_finite(self, *keys):
        return all(np.isfinite(x).all() for x in self.arrays(*keys))

    def is_empty(self, *keys):
        odd = [item.array() for item in self.items(*keys) if isinstance(item, Odd)]
        return any(x.size == 0 for x in self.arrays(*keys) + odd)

    def largest(self, *keys):
        return max([largest(x) for x in self.arrays(*keys)] or [0.0])

    def is_not_bool(self, key, default):
        return type(self.arguments.get(key, default)) is not bool


# ---- Numbers near the ends of their types ----

def beyond_float32(call):
    """Whether a float64 is finite, yet none of float32."""
    numbers = [tensor.array for tensor in call.tensors() if tensor.dtype in ("float64", "complex128")]
    numbers += [np.float64(item) for item in call.items() if isinstance(item, float)]
    return any(bool((np.isfinite(x) & (np.abs(x) > TOP)).any()) for x in numbers)


def product_overflows(call):
    """Whether a product of floats overflows in one order and not in another, or meets a factor of 0
    before in one and afterwards in the other. Powers of 2 measure it."""
    dtype = str(call.get("dtype") or "float")
    limit = 15 if "float16" == dtype or call.has("float16") else 120  # float64 is taken as float32
    for x in call.arrays("x"):
        real = call.given("dtype") and "complex" not in dtype  # then an imaginary part is lost first
        size = np.abs((x.real if real else x).astype(np.complex128))
        power = np.log2(size[np.isfinite(size) & (size > 0)])
        up, down = power[power > 0].sum(), -power[power < 0].sum()
        if up >= limit and (down >= limit or up - down < limit + 10 or (size == 0).any()):
            return "float" in dtype or "complex" in dtype
    return False


def has_other_zeros(call):
    """Zeros with a sign, or numbers that JAX takes for zeros."""
    for tensor in call.tensors("x"):
        if "float" in tensor.dtype:
            size = np.abs(tensor.array.astype(np.float64))
            if bool(((size == 0) & np.signbit(tensor.array) | (size > 0) & (size < TINY)).any()):
                return True
    return False


def is_outside(array, dtype):
    """Whether a float in the array is none of this integer type's numbers."""
    info = np.iinfo(dtype)
    size = array.real.astype(np.float64)
    return not (np.isfinite(size) & (size > float(info.min) - 1) & (size < float(info.max) + 1)).all()


def powers_overflow(call):
    """Whether a column of vander is none of the integers of x."""
    return any("int" in x.dtype and largest(x.array) ** max(float(
        call.number("N") or x.array.size) - 1, 0) >= 2.0 ** (min(np.iinfo(x.dtype).bits, 32) - 1)
               for x in call.tensors("x"))


# ---- What is lost in the last digits ----

def is_cancelled(call):
    """Whether the mean of squares less the square of the mean loses digits of a float32,
    which the judge takes float64 for."""
    x, axis = call.array("x"), call.get("axis", -1)
    finite = np.where(np.isfinite(x), x, 0).astype(np.complex128)
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    least = finite.var(axis=axes).min(initial=np.inf) + (call.number("epsilon") or 1e-7)
    return largest(x) ** 2 > (10 if call.has("float64") else 1e3) * least


def probabilities_cancel(call):
    """Whether probabilities are of both signs, so that hardly a digit of their sum is known."""
    x, axis = call.array("output").astype(np.float64), call.get("axis", -1)
    with np.errstate(all="ignore"):
        return bool((np.abs(x.sum(axis)) < 1e-3 * np.abs(x).sum(axis)).any())


def at_the_tolerance(call):
    """Whether two numbers are as far apart as they may be, but for the last digits of a float32, which
    are those of NumPy's formula only if no integer has a part in it."""
    if not call.has_integers() and not call.has("bool"):
        return False
    x1, x2, rtol, atol = (np.asarray(call.array(key) if call.given(key) else default, np.complex128)
                          for key, default in (("x1", 0), ("x2", 0), ("rtol", 1e-5), ("atol", 1e-8)))
    with np.errstate(all="ignore"):
        apart, slack = np.abs(x1 - x2), (atol + rtol * np.abs(x2)).real
        size = np.maximum(np.abs(x1), np.abs(x2)) + np.abs(atol)
        return bool((np.abs(apart - slack) <= 5e-7 * (np.abs(slack) + size)).any())


def is_nearly_singular(call):
    """Whether rounding to float32 decides if a determinant is 0, or its factors overflow."""
    for x in call.arrays("x"):
        if x.ndim < 2 or not x.size or not np.isfinite(x).all():
            continue
        if largest(x) > TOP / 8:
            return True
        values = np.linalg.svd(x.astype(np.complex128), compute_uv=False)
        if (values[..., -1] <= 3e-6 * x.shape[-1] * values[..., 0]).any():
            return True
    return False


def is_hermitian(x):
    return x.ndim >= 2 and x.shape[-1] == x.shape[-2] and np.array_equal(x, np.swapaxes(x.conj(), -1, -2))


def ill_posed(call):
    """Four points of which three are nearly on a line have no transform, or one of unsure digits."""
    for points in call.arrays("start_points", "end_points"):
        if points.shape[-2:] != (4, 2):
            continue
        points = points.astype(np.float64)
        for skipped in range(4):
            three = np.delete(points, skipped, axis=-2)
            first, second = three[..., 1, :] - three[..., 0, :], three[..., 2, :] - three[..., 0, :]
            area = np.abs(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])
            if not (area > 1e-3 * np.abs(points).max(initial=1) ** 2).all():
                return True
    return False


# ---- Places and orders ----

def reaches_over(call, sizes):
    """Whether a slice of these sizes ends outside of the inputs, or begins before them."""
    starts, dims = np.atleast_1d(call.array("start_indices")), call.array("inputs").shape
    starts = [start + dim if start < 0 else start for start, dim in zip(starts, dims)]
    return len(starts) != len(dims) or any(
        start < 0 or start + size > dim for start, size, dim in zip(starts, sizes, dims))


def is_unsorted(values):
    values = np.atleast_1d(values)
    return not (values[..., 1:] >= values[..., :-1]).all()
