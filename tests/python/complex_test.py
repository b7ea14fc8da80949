# SPDX-License-Identifier: Apache-2.0
"""complex64 and complex128, against NumPy and its 80-bit complex numbers."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import ops
from kov import _core

DTYPES = ["complex64", "complex128"]
SHAPES = [(), (1,), (5,), (2, 3), (0, 4), (3, 1, 2)]
SPECIAL = [0, -0.0, 1, -1, 1j, -1j, 2 + 0j, -3j, 1e-5 + 1e-6j, -1e-4j, 0.3 + 3j, -2.5 - 0.5j]


def numbers(shape, dtype, seed=0):
    rng = np.random.default_rng(seed + len(shape))
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)


def many(dtype):
    return np.concatenate([numbers((200,), dtype), 3 * numbers((100,), dtype, 7),
                           np.array(SPECIAL, dtype)])


def real_of(dtype):
    return "float32" if dtype == "complex64" else "float64"


def check(got, want, ulps):
    """Distance in the plane, in units of the last place of the wanted number's size."""
    got = np.asarray(got)
    want = np.asarray(want)
    eps = np.finfo(got.dtype).eps
    assert got.shape == want.shape
    wide = np.clongdouble if want.dtype.kind == "c" else np.longdouble
    distance = np.abs(got.astype(wide) - want.astype(wide))
    tiny = np.finfo(got.dtype).tiny
    worst = np.max(distance / np.maximum(np.abs(want), tiny) / eps, initial=0)
    assert worst <= ulps, f"{worst} ulp"


# ---- Element by element --------------------------------------------------------------------------

# Name, NumPy's function on 80-bit numbers, and the bound in ulp. complex64 is computed in double by
# the operation of that name; complex128 has libm's error, a few ulp of a part in the hyperbolic and
# inverse functions. Functions of several steps round in each.
UNARY = [
    ("exp", np.exp, 2), ("log", np.log, 2), ("sqrt", np.sqrt, 2), ("sin", np.sin, 2), ("cos", np.cos, 2),
    ("tan", np.tan, 4), ("sinh", np.sinh, 2), ("cosh", np.cosh, 2), ("tanh", np.tanh, 4),
    ("arcsin", np.arcsin, 4), ("arccos", np.arccos, 4), ("arctan", np.arctan, 4),
    ("arcsinh", np.arcsinh, 4), ("arccosh", np.arccosh, 4), ("arctanh", np.arctanh, 4),
    ("square", np.square, 2), ("reciprocal", np.reciprocal, 4), ("negative", np.negative, 0),
    ("exp2", np.exp2, 8), ("expm1", np.expm1, 8), ("log2", np.log2, 4), ("log10", np.log10, 4),
    ("sinc", np.sinc, 16), ("sign", np.sign, 2), ("deg2rad", lambda z: z * (np.pi / np.longdouble(180)), 2),
    ("rad2deg", lambda z: z * (180 / np.longdouble(np.pi)), 2),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name, reference, ulps", UNARY, ids=[row[0] for row in UNARY])
def test_functions_of_one(name, reference, ulps, dtype):
    x = many(dtype)
    if name in ("log", "log2", "log10", "reciprocal", "arctan", "arctanh"):  # at poles and next to them
        x = x[(x != 0) & (np.abs(x) != 1)]
    got = np.asarray(getattr(ops, name)(x))
    assert got.dtype == dtype
    wide = x.astype(np.clongdouble)
    with np.errstate(all="ignore"):
        want = reference(wide)
    if name == "sinc":  # 80-bit pi is not at hand: sin(pi z) is as far off as pi z
        wide = x.astype("complex128")
        want = reference(wide)
        keep = np.abs(np.sin(np.pi * wide)) > 0.1
        got, want = got[keep], want[keep]
    check(got, want, ulps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_log1p_keeps_small_numbers(dtype):
    x = np.concatenate([many(dtype), 1e-3 * many(dtype), 1e-9 * many(dtype)])
    x = x[x != -1]
    wide = x.astype(np.clongdouble)
    size = wide.real * (2 + wide.real) + wide.imag ** 2
    want = np.log1p(size) / 2 + 1j * np.arctan2(wide.imag, 1 + wide.real)
    # Where |1 + z| is near 1, x (2 + x) and y^2 cancel in the real part alone.
    check(ops.log1p(x), want, 4)


def test_log1p_is_cut_by_the_sign_of_zero():
    x = np.array([complex(-3, 0.0), complex(-3, -0.0)], "complex64")
    np.testing.assert_array_equal(np.sign(np.asarray(ops.log1p(x)).imag), [1, -1])


def test_python_complex_stays_complex():
    for name in ("arccos", "exp", "log1p", "sqrt"):
        got = getattr(ops, name)(0.5 + 1j)
        check(got, getattr(np, name)(np.complex128(0.5 + 1j)), 8)  # two roundings


def test_sparse_sigmoid_of_infinity():
    x = np.array([complex(np.inf, 0), complex(-np.inf, 1), complex(3e38, -3e38), 0.5j], "complex64")
    np.testing.assert_array_equal(np.asarray(ops.sparse_sigmoid(x)), np.array([1, 0, 1, 0.5 + 0.25j]))


def test_traced_constants_keep_their_imaginary_part():
    x = numbers((2, 3), "complex64")
    for name in ("subtract", "multiply", "divide"):
        trace = _core.Trace()
        trace.enter()
        try:
            y = _core.function("numpy", name)(trace.input("complex64", (2, 3), "x"), 1j)
        finally:
            trace.exit()
        got = trace.finish([y]).compile("NATIVE").run([ops.convert_to_tensor(x)])[0]
        check(got, getattr(np, name)(x.astype("complex128"), 1j), 4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_branch_cuts_follow_the_sign_of_zero(dtype):
    x = np.array([complex(-2, 0.0), complex(-2, -0.0), complex(2, 0.0), complex(2, -0.0)], dtype)
    for name in ("sqrt", "log", "arcsin", "arccos", "arccosh", "arctanh"):
        check(getattr(ops, name)(x), getattr(np, name)(x.astype("complex128")), 4)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["real", "imag", "conj", "conjugate", "isreal"])
def test_parts(name, shape, dtype):
    x = numbers(shape, dtype)
    x = np.where(np.abs(x.real) > 0.5, x.real.astype(dtype), x).astype(dtype)
    got = np.asarray(getattr(ops, name)(x))
    want = getattr(np, name)(x)
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_equal(got, want)  # no arithmetic but a change of sign


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["abs", "absolute", "angle"])
def test_size_and_angle(name, dtype):
    x = many(dtype)
    want = getattr(np, name)(x)
    got = np.asarray(getattr(ops, name)(x))
    assert got.dtype == want.dtype
    # 4 ulp of the largest result
    largest = max(np.pi, float(np.max(np.abs(want))))
    np.testing.assert_allclose(got, want, rtol=0, atol=4 * largest * np.finfo(want.dtype).eps)


UNUSUAL = [complex(a, b) for a in (0.0, 1.0, np.inf, -np.inf, np.nan) for b in (0.0, -2.0, np.inf, np.nan)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["isnan", "isfinite", "isinf", "isreal", "nan_to_num", "logical_not"])
def test_infinities_and_nan(name, dtype):
    x = np.array(UNUSUAL, dtype)
    got = np.asarray(getattr(ops, name)(x))
    want = getattr(np, name)(x)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("decimals", [0, 2, -1])
def test_round(decimals):
    x = 20 * many("complex128")
    # scaled and scaled back: two roundings on either side
    np.testing.assert_allclose(np.asarray(ops.round(x, decimals)), np.round(x, decimals), rtol=1e-15, atol=1e-15)


BINARY = [("add", 1), ("subtract", 1), ("multiply", 2), ("divide", 6), ("true_divide", 6)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name, ulps", BINARY)
def test_arithmetic(name, ulps, dtype):
    x, y = many(dtype), many(dtype)[::-1].copy()
    x, y = x[y != 0], y[y != 0]
    want = getattr(np, name)(x.astype(np.clongdouble), y.astype(np.clongdouble))
    got = np.asarray(getattr(ops, name)(x, y))
    assert got.dtype == dtype
    # Of sums the error is a unit of the terms, which may be larger than the sum: parts are exact.
    if name in ("add", "subtract"):
        np.testing.assert_array_equal(got, getattr(np, name)(x, y))
    else:
        check(got, want, ulps)
    check(getattr(ops, name)(x[:6].reshape(2, 3, 1), y[:4]),
          getattr(np, name)(x[:6].reshape(2, 3, 1), y[:4]), 8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_division_by_zero_and_by_nearly_all(dtype):
    x = np.array([1, 1j, 0, 2 - 3j], dtype)
    np.testing.assert_array_equal(np.isfinite(np.asarray(ops.divide(x, np.zeros(4, dtype)))), False)
    np.testing.assert_array_equal(np.asarray(ops.divide_no_nan(x, np.zeros(4, dtype))), 0)
    large = np.array([np.finfo(dtype).max / 4 * (1 + 1j)], dtype)
    check(ops.divide(large, large), np.ones(1), 4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_power(dtype):
    x = many(dtype)
    x = x[np.abs(x) > 0.01]
    for exponent in (0, 1, 2, 3, 7, -1, -4):
        want = np.ones(x.shape, np.clongdouble)
        for _ in range(abs(exponent)):
            want = want * x.astype(np.clongdouble)
        want = 1 / want if exponent < 0 else want
        check(ops.power(x, exponent), want, 16)  # as many products as the exponent says
    for exponent in (0.5, -1.5, 2 + 1j, 1j):
        want = np.exp(np.clongdouble(exponent) * np.log(x.astype(np.clongdouble)))
        check(ops.power(x, np.array(exponent, dtype)), want, 16)  # error of log times the exponent
    np.testing.assert_array_equal(np.asarray(ops.power(np.zeros(2, dtype), np.array([0, 2], dtype))), [1, 0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
                                  "maximum", "minimum", "fmax", "fmin", "logical_and", "logical_xor"])
def test_order(name, dtype):
    x = np.array([1, 1 + 1j, 1 - 1j, 2, 0, 1j, complex(np.nan, 1), complex(1, np.nan), 3], dtype)
    left, right = x[:, None], x[None, :]
    with np.errstate(invalid="ignore"):
        want = getattr(np, name)(left, right)
    np.testing.assert_array_equal(np.asarray(getattr(ops, name)(left, right)), want)


@pytest.mark.parametrize("equal_nan", [False, True])
def test_close(equal_nan):
    x = np.array(UNUSUAL + [1, 1 + 1j], "complex64")
    y = (x + np.float32(1e-6)).astype("complex64")
    want = np.isclose(x, y, equal_nan=equal_nan)
    np.testing.assert_array_equal(np.asarray(ops.isclose(x, y, equal_nan=equal_nan)), want)
    assert bool(ops.any(ops.isclose([1 + 1j], [1 + 1j], rtol=0, atol=0)))
    assert not bool(ops.all(ops.isclose([1 + 1j], [1 + 2j])))


@pytest.mark.parametrize("dtype", DTYPES)
def test_logaddexp(dtype):
    x, y = numbers((50,), dtype), numbers((50,), dtype, 3)
    for name, base in (("logaddexp", np.longdouble(np.e)), ("logaddexp2", np.longdouble(2))):
        a, b = x.astype(np.clongdouble), y.astype(np.clongdouble)
        unit = np.log(base) if name == "logaddexp2" else np.longdouble(1)
        want = np.log(np.exp(a * unit) + np.exp(b * unit)) / unit
        got = np.asarray(getattr(ops, name)(x, y))
        # The result may be near 0, where the error is one of the operands.
        np.testing.assert_allclose(got, want.astype("complex128"), rtol=0, atol=32 * np.finfo(dtype).eps)
    far = ops.logaddexp(np.array([1000 + 1j], dtype), np.array([-1000j], dtype))
    np.testing.assert_allclose(np.asarray(far), [1000 + 1j], rtol=1e-6)


# ---- Reductions, order, products -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "nansum", "nanprod", "nanmean", "count_nonzero", "any",
                                  "all", "max", "min", "nanmax", "nanmin"])
def test_reductions(name, axis, dtype):
    x = numbers((3, 4, 5), dtype)
    x[0, 1, 2] = 0
    if name.startswith("nan"):
        x[1, 2, 3] = complex(np.nan, 0)
    got = np.asarray(getattr(ops, name)(x, axis=axis))
    want = getattr(np, name)(x, axis=axis)
    assert got.shape == want.shape
    # Elements are near 1; a sum of 60 of them is right to a few ulp of its largest partial sum.
    np.testing.assert_allclose(got, want, rtol=1e-5 if dtype == "complex64" else 1e-13,
                               atol=60 * np.finfo(dtype).eps)
    if name in ("max", "min", "any", "all", "count_nonzero"):
        np.testing.assert_array_equal(got, want)
    kept = getattr(ops, name)(x, axis=axis, keepdims=True) if name != "count_nonzero" else None
    if kept is not None:
        assert kept.shape == getattr(np, name)(x, axis=axis, keepdims=True).shape


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd"])
def test_variance(name, dtype):
    """`var` has a complex dtype on Keras's JAX backend, the others a real one."""
    x = numbers((4, 6), dtype)
    got = np.asarray(getattr(ops, name)(x, axis=1))
    assert got.dtype == (dtype if name == "var" else real_of(dtype))
    np.testing.assert_allclose(got, getattr(np, name)(x, axis=1), rtol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "nancumsum", "nancumprod"])
def test_running(name, dtype):
    x = numbers((3, 7), dtype)
    # seven terms, or factors, of a few units
    np.testing.assert_allclose(np.asarray(getattr(ops, name)(x, axis=1)), getattr(np, name)(x, axis=1),
                               rtol=0, atol=50 * np.finfo(dtype).eps)


WITH_TIES = np.array([3 + 1j, 1 + 2j, 1 - 2j, 1 + 2j, complex(np.nan, 1), complex(1, np.nan), complex(np.nan, np.nan),
                      complex(0, np.nan), 0, -1j, complex(np.nan, 0), 3 + 1j])


@pytest.mark.parametrize("dtype", DTYPES)
def test_sort(dtype):
    x = WITH_TIES.astype(dtype)
    np.testing.assert_array_equal(np.asarray(ops.sort(x)), np.sort(x))
    np.testing.assert_array_equal(np.asarray(ops.argsort(x)), np.argsort(x, kind="stable"))
    y = numbers((3, 4, 5), dtype)
    np.testing.assert_array_equal(np.asarray(ops.sort(y, axis=1)), np.sort(y, axis=1))
    assert np.asarray(ops.sort(np.zeros((2, 0), dtype))).shape == (2, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_places(dtype):
    x = numbers((4, 5), dtype)
    x[:, 2] = x[:, 0].real + 1e-3j
    for name in ("argmax", "argmin", "nanargmax", "nanargmin"):
        np.testing.assert_array_equal(np.asarray(getattr(ops, name)(x, axis=1)), getattr(np, name)(x, axis=1))
        assert int(getattr(ops, name)(x)) == getattr(np, name)(x)
    line = np.sort(x.ravel())
    np.testing.assert_array_equal(np.asarray(ops.searchsorted(line, x[0])), np.searchsorted(line, x[0]))
    assert all(len(a) == len(b) for a, b in zip(ops.nonzero(x), np.nonzero(x)))


def test_unique_and_isin():
    x = np.array([1 + 1j, 2, 1 + 1j, 1 - 1j, 2], "complex64")
    got = ops.unique(x, return_inverse=True, return_counts=True)
    for a, b in zip(got, np.unique(x, return_inverse=True, return_counts=True)):
        np.testing.assert_array_equal(np.asarray(a), b)
    np.testing.assert_array_equal(np.asarray(ops.isin(x, [2, 1j])), np.isin(x, [2, 1j]))


def product_cases(dtype):
    a, b, v = numbers((3, 4), dtype), numbers((4, 5), dtype, 2), numbers((4,), dtype)
    c, d = numbers((2, 3, 4), dtype), numbers((2, 4, 2), dtype)
    return [
        ("matmul", (a, b)), ("matmul", (c, d)), ("matmul", (a, v)), ("matmul", (v, b)), ("matmul", (c, b)),
        ("dot", (a, b)), ("dot", (v, v)), ("dot", (c, d)), ("inner", (a, c)), ("outer", (a, v)),
        ("vdot", (a, a)), ("kron", (a, b)), ("cross", (numbers((5, 3), dtype), numbers((5, 3), dtype, 9))),
        ("tensordot", (c, d, [[0, 2], [0, 1]])), ("tensordot", (a, b, 1)), ("trace", (a,)),
        ("vander", (v,)), ("correlate", (numbers((7,), dtype), v)), ("correlate", (v, numbers((7,), dtype))),
        ("corrcoef", (a,)), ("diff", (a,)), ("trapezoid", (a,)), ("average", (a,)), ("ptp", (a,)),
    ]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", range(24))
def test_products(case, dtype):
    name, arguments = product_cases(dtype)[case]
    got = np.asarray(getattr(ops, name)(*arguments))
    want = getattr(np, name)(*(x.astype("complex128") if isinstance(x, np.ndarray) else x for x in arguments))
    assert got.dtype == dtype
    assert got.shape == want.shape
    # At most 12 products of numbers near 1 are added; vander has cubes of up to 3.
    np.testing.assert_allclose(got, want, rtol=0, atol=120 * np.finfo(dtype).eps)


@pytest.mark.parametrize("subscripts, shapes", [
    ("ij,jk->ik", [(3, 4), (4, 5)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]), ("ij,ij->", [(3, 4), (3, 4)]),
    ("ii->i", [(4, 4)]), ("i,j,k->ijk", [(2,), (3,), (4,)]), ("...ij->...ji", [(2, 3, 4)])])
def test_einsum(subscripts, shapes):
    operands = [numbers(shape, "complex64", i) for i, shape in enumerate(shapes)]
    got = np.asarray(ops.einsum(subscripts, *operands))
    assert got.dtype == "complex64"
    # at most 12 products of about 4, summed in float32 on both sides
    np.testing.assert_allclose(got, np.einsum(subscripts, *operands), rtol=0, atol=5e-6)


@pytest.mark.parametrize("inner", [0, 1, 33, 300])
def test_larger_products(inner):
    a, b = numbers((65, inner), "complex64"), numbers((inner, 70), "complex64", 4)
    want = a.astype("complex128") @ b.astype("complex128")
    # inner products of a row, each rounded to float32, in any order
    np.testing.assert_allclose(np.asarray(ops.matmul(a, b)), want, rtol=0, atol=4 * (inner + 1) * 2e-7)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ord, axis", [(None, None), (None, 1), ("fro", None), (1, 0), (2, 1), (3, 1), (0, 1),
                                       (np.inf, 0), (1, (0, 1)), (-np.inf, (0, 1))])
def test_norm(ord, axis, dtype):
    x = numbers((4, 5), dtype)
    got = np.asarray(ops.norm(x, ord=ord, axis=axis))
    assert got.dtype == real_of(dtype)
    # at most 20 terms of one sign
    np.testing.assert_allclose(got, np.linalg.norm(x, ord=ord, axis=axis), rtol=20 * np.finfo(dtype).eps)


def test_segments_and_scatter():
    x, ids = numbers((6, 2), "complex64"), np.array([0, 2, 0, 1, 2, 2])
    sums = np.zeros((4, 2), "complex128")
    np.add.at(sums, ids, x)
    # at most three float32 numbers of a few units in a sum
    np.testing.assert_allclose(np.asarray(ops.segment_sum(x, ids, 4)), sums, atol=1e-6)
    scattered = ops.scatter(ids[:, None], x, (4, 2))
    np.testing.assert_allclose(np.asarray(scattered), sums, atol=1e-6)
    updated = ops.scatter_update(np.zeros((4, 2), "complex64"), [[3]], x[:1])
    np.testing.assert_array_equal(np.asarray(updated)[3], x[0])


@pytest.mark.parametrize("name", ["conv", "depthwise_conv", "conv_transpose"])
def test_convolution(name):
    """Against the product of transforms of the whole: convolution in the frequency domain."""
    x, kernel = numbers((1, 9, 1), "complex64"), numbers((3, 1, 1), "complex64", 5)
    got = np.asarray(getattr(ops, name)(x, kernel, padding="valid"))
    wide = x[0, :, 0].astype("complex128"), kernel[:, 0, 0].astype("complex128")
    if name == "conv_transpose":
        want = np.convolve(*wide)
    else:
        want = np.convolve(wide[0], wide[1][::-1], mode="valid")
    # three products, of at most 16 each
    np.testing.assert_allclose(got[0, :, 0], want, rtol=0, atol=3 * 16 * np.finfo("float32").eps)
    mixed = getattr(ops, name)(x.real.copy(), kernel, padding="valid")
    assert mixed.dtype == "complex64"


# Keras on JAX, for an input of both signs; formulas from its documentation.
ACTIVATIONS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "log_sigmoid": lambda z: -np.log(1 + np.exp(-z)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "tanh_shrink": lambda z: z - np.tanh(z),
    "relu": lambda z: np.maximum(z, 0),
    "relu6": lambda z: np.minimum(np.maximum(z, 0), 6),
    "hard_tanh": lambda z: np.minimum(np.maximum(z, -1), 1),
    "hard_sigmoid": lambda z: np.minimum(np.maximum(z + 3, 0), 6) / 6,
    "hard_silu": lambda z: z * np.minimum(np.maximum(z + 3, 0), 6) / 6,
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "celu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "selu": lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * (np.exp(z) - 1)),
    "gelu": lambda z: z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z ** 3))) / 2,
    "softmax": lambda z: np.exp(z) / np.sum(np.exp(z)),
    "leaky_relu": lambda z: np.where(z < 0, 0.2 * z, z),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name, dtype):
    x = numbers((40,), dtype)
    got = np.asarray(getattr(ops, name)(x))
    assert got.dtype == dtype
    # The formulas cancel by up to a digit; results are below 10.
    np.testing.assert_allclose(got, ACTIVATIONS[name](x.astype("complex128")), rtol=0,
                               atol=200 * np.finfo(dtype).eps)


def test_normalisation():
    x = numbers((6, 5), "complex64")
    mean, variance = (np.asarray(y) for y in ops.moments(x, [0]))
    # six float32 numbers in a sum; the last line divides their error by a deviation near 1
    np.testing.assert_allclose(mean, x.mean(0), atol=1e-6)
    np.testing.assert_allclose(variance, x.var(0), atol=1e-6)
    got = np.asarray(ops.batch_normalization(x, mean, variance, axis=-1, epsilon=0.0))
    np.testing.assert_allclose(got, (x - x.mean(0)) / np.sqrt(x.var(0)), atol=5e-6)


# ---- Moves and makers ----------------------------------------------------------------------------

MOVES = {
    "reshape": lambda n, x: n.reshape(x, (4, 6)),
    "transpose": lambda n, x: n.transpose(x, (2, 0, 1)),
    "concatenate": lambda n, x: n.concatenate([x, x[:, :1]], axis=1),
    "stack": lambda n, x: n.stack([x, x], axis=1),
    "take": lambda n, x: n.take(x, np.array([2, 0]), axis=1),
    "where": lambda n, x: n.where(n.abs(x) > 1, x, 0),
    "pad": lambda n, x: n.pad(x, ((0, 1), (1, 0), (2, 2))),
    "pad reflect": lambda n, x: n.pad(x, ((0, 0), (1, 1), (2, 2)), mode="reflect"),
    "roll": lambda n, x: n.roll(x, 2, axis=1),
    "flip": lambda n, x: n.flip(x, axis=2),
    "repeat": lambda n, x: n.repeat(x, 2, axis=0),
    "tile": lambda n, x: n.tile(x, (1, 2, 1)),
    "broadcast_to": lambda n, x: n.broadcast_to(x, (3, 2, 3, 4)),
    "tril": lambda n, x: n.tril(x, 1),
    "diagonal": lambda n, x: n.diagonal(x),
    "diag": lambda n, x: n.diag(x[0, 0]),
    "moveaxis": lambda n, x: n.moveaxis(x, 0, 2),
    "squeeze": lambda n, x: n.squeeze(x[:1]),
    "split": lambda n, x: n.split(x, 2, axis=2)[1],
    "ravel": lambda n, x: n.ravel(x),
    "rot90": lambda n, x: n.rot90(x),
    "take_along_axis": lambda n, x: n.take_along_axis(x, np.zeros((2, 3, 1), "int32"), axis=2),
    "zeros_like": lambda n, x: n.zeros_like(x),
    "ones_like": lambda n, x: n.ones_like(x),
    "full_like": lambda n, x: n.full_like(x, 2 - 3j),
    "linspace": lambda n, x: n.linspace(x[0, 0, 0], x[0, 0, 0], 5),
    "getitem": lambda n, x: n.reshape(x, (2, 3, 4))[1, ::2, -1],
    "newaxis": lambda n, x: n.reshape(x, (2, 3, 4))[None, ..., 0],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MOVES)
def test_moves(name, dtype):
    x = numbers((2, 3, 4), dtype)
    got, want = np.asarray(MOVES[name](ops, x)), MOVES[name](np, x)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", DTYPES)
def test_makers(dtype):
    assert np.asarray(ops.zeros((2, 3), dtype)).dtype == dtype
    np.testing.assert_array_equal(np.asarray(ops.ones((2,), dtype)), np.ones(2, dtype))
    np.testing.assert_array_equal(np.asarray(ops.full((2,), 1 - 2j, dtype)), np.full(2, 1 - 2j, dtype))
    np.testing.assert_array_equal(np.asarray(ops.eye(2, 3, dtype=dtype)), np.eye(2, 3, dtype=dtype))
    np.testing.assert_array_equal(np.asarray(ops.array([1, 2j], dtype)), np.array([1, 2j], dtype))
    assert ops.array([1, 2j]).dtype == "complex64"
    start, stop = 1 + 1j, 3 - 2j
    # a power of 10, or e, multiplies the error of its exponent, of about 3, by as much again
    np.testing.assert_allclose(np.asarray(ops.linspace(start, stop, 7)), np.linspace(start, stop, 7), rtol=1e-6)
    np.testing.assert_allclose(np.asarray(ops.logspace(start, stop, 5)), np.logspace(start, stop, 5), rtol=2e-5)
    np.testing.assert_allclose(np.asarray(ops.geomspace(start, stop, 5)), np.geomspace(start, stop, 5), rtol=2e-5)


# ---- Types ---------------------------------------------------------------------------------------


def test_python_complex_is_weak():
    exact = np.array([0.1 + 0.2j], "complex128")
    got = np.asarray(ops.multiply(exact, 0.3j))
    assert got.dtype == "complex128"
    np.testing.assert_array_equal(got, exact * 0.3j)  # 0.3 was not rounded to float32 on its way
    for dtype, want in [("complex64", "complex64"), ("float32", "complex64"), ("float64", "complex128"),
                        ("int32", "complex64"), ("bool", "complex64"), ("float16", "complex64"),
                        ("bfloat16", "complex64"), ("complex128", "complex128")]:
        x = ops.ones((2,), dtype)
        for got in (x + 1j, 1j + x, ops.add(x, 1j), ops.add(1j, x)):
            assert got.dtype == want, dtype
            np.testing.assert_array_equal(np.asarray(got), [1 + 1j, 1 + 1j])
    assert ops.add(1j, 1.5).dtype == "complex64"
    assert ops.abs(3 + 4j).dtype == "float32" and float(ops.abs(3 + 4j)) == 5
    assert ops.real(3 + 4j).dtype == "float32" and ops.angle(1j).dtype == "float32"


def test_promotion():
    for left, right, want in [("complex64", "float32", "complex64"), ("complex64", "int32", "complex64"),
                              ("complex64", "float64", "complex128"), ("complex128", "float16", "complex128"),
                              ("complex64", "complex128", "complex128"), ("complex64", "bool", "complex64")]:
        x, y = ops.ones((3,), left), ops.ones((3,), right)
        assert (x * y).dtype == want and (y * x).dtype == want


@pytest.mark.parametrize("dtype", DTYPES)
def test_cast(dtype):
    x = many(dtype)
    other = DTYPES[1 - DTYPES.index(dtype)]
    np.testing.assert_array_equal(np.asarray(ops.cast(x, other)), x.astype(other))
    np.testing.assert_array_equal(np.asarray(ops.cast(x, "float32")), x.real.astype("float32"))
    np.testing.assert_array_equal(np.asarray(ops.cast(x, "int32")), x.real.astype("int32"))
    np.testing.assert_array_equal(np.asarray(ops.cast(x, "bool")), x.astype(bool))
    for real in ("float16", "float64", "int8", "bool", "uint64"):
        y = np.array([0, 1, 3], real)
        np.testing.assert_array_equal(np.asarray(ops.cast(y, dtype)), y.astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_in_and_out(dtype):
    x = numbers((3, 2), dtype)
    tensor = ops.convert_to_tensor(x)
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(ops.convert_to_numpy(tensor), x)
    np.testing.assert_array_equal(np.from_dlpack(tensor), x)
    np.testing.assert_array_equal(tensor.tolist(), x.tolist())
    assert complex(tensor[1, 1]) == complex(x[1, 1]) and tensor[1, 1].item() == complex(x[1, 1])
    assert str(x[0, 0].real)[:4] in repr(tensor)
    with pytest.raises(TypeError):
        float(tensor[0, 0])
    variable = keras.Variable(x, dtype=dtype)
    variable.assign(variable * 2)
    np.testing.assert_array_equal(np.asarray(variable), x * 2)
    np.testing.assert_array_equal(np.asarray(-variable + 1j), -x * 2 + 1j)
    assert keras.Variable(np.zeros(2, dtype), dtype=dtype).dtype == dtype
    view = ops.view_as_real(ops.cast(tensor, "complex64"))
    assert view.shape == (3, 2, 2) and view.dtype == "float32"
    np.testing.assert_array_equal(np.asarray(ops.view_as_complex(view)), x.astype("complex64"))


REFUSED = ["floor", "ceil", "trunc", "fabs", "signbit", "cbrt", "i0", "median", "nanmedian", "isposinf", "isneginf",
           "erf", "bincount", "arange", "bitwise_not"]


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    x = numbers((), "complex64") if name == "arange" else numbers((4,), "complex64")
    with pytest.raises(TypeError, match="complex"):
        getattr(ops, name)(x)


@pytest.mark.parametrize("name", ["floor_divide", "mod", "arctan2", "hypot", "heaviside", "nextafter", "bitwise_and",
                                  "gcd", "ldexp"])
def test_refusals_of_pairs(name):
    x = numbers((4,), "complex64")
    with pytest.raises(TypeError, match="complex"):
        getattr(ops, name)(x, np.ones(4, "int32") if name == "ldexp" else x)


# ---- Pairs of real tensors -----------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_join(shape):
    x = numbers(shape, "complex64")
    got = keras.src.backend.math._get_complex_tensor_from_tuple((x.real, x.imag))
    np.testing.assert_array_equal(np.asarray(got), x)


def test_join_keeps_infinities():
    got = keras.src.backend.math._get_complex_tensor_from_tuple(
        (np.float32([1, np.inf]), np.float32([np.inf, 0])))
    np.testing.assert_array_equal(np.asarray(got).view("float32"),
                                  np.float32([1, np.inf, np.inf, 0]))


def test_join_refuses():
    with pytest.raises(ValueError):
        keras.src.backend.math._get_complex_tensor_from_tuple((np.zeros(2), np.zeros(3)))


def test_polar():
    size, angle = np.float32([1, 2, 3]), np.float32([0.5, -2, 3])
    got = np.asarray(keras.ops.nn.polar(size, angle))
    want = size * np.exp(1j * angle.astype("float64"))
    np.testing.assert_allclose(got, want, rtol=0, atol=3 * 4 * np.finfo("float32").eps)


# ---- In a model ----------------------------------------------------------------------------------


class Spectrum(keras.layers.Layer):
    """Real in, real out, complex between: a filter in the frequency domain."""

    def call(self, x):
        real, imaginary = ops.rfft(x)
        z = ops.view_as_complex(ops.stack([real, imaginary], axis=-1))
        z = ops.exp(1j * ops.angle(z)) * ops.log(1 + ops.abs(z)) * (0.5 + 0.25j)
        return ops.concatenate([ops.real(z), ops.imag(z)], axis=-1)


@pytest.mark.parametrize("device", ["NATIVE", "CPU"])
def test_traced(device):
    x = np.random.default_rng(0).normal(size=(5, 16)).astype("float32")
    spectrum = np.fft.rfft(x.astype("float64"))
    want = np.exp(1j * np.angle(spectrum)) * np.log(1 + np.abs(spectrum)) * (0.5 + 0.25j)
    want = np.concatenate([want.real, want.imag], axis=-1)
    inputs = keras.Input((16,))
    outputs = keras.layers.Dense(18, kernel_initializer="identity")(Spectrum()(inputs))
    model = keras.Model(inputs, outputs)
    with keras.device(device):
        got = model.predict(x, verbose=0)
    # Angles of numbers near 0 are as uncertain as the transform; none is below 0.1 here.
    np.testing.assert_allclose(got, want, rtol=0, atol=3e-5)
