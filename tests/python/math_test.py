# SPDX-License-Identifier: Apache-2.0
"""Module math of keras.ops against NumPy and the standard library, which compute in float64."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import ctypes
import ctypes.util
import math
from decimal import Decimal, localcontext

import keras
import numpy as np
import pytest
from kov import _core
from kov.activation import backend_module

RANDOM = np.random.default_rng(5)
ops = keras.ops


def normal(*shape, dtype="float32"):
    return RANDOM.normal(size=shape).astype(dtype)


def close(actual, expected, rtol=1e-5, atol=1e-5):
    actual = np.asarray(actual)
    assert actual.shape == np.shape(expected)
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


# ---- Special functions ----


@pytest.mark.parametrize("dtype,stop,ulp", [("float32", 9.1, 8), ("float64", 25.0, 32)])
def test_erfc_is_accurate_in_the_tail(dtype, stop, ulp):
    x = np.linspace(-6, stop, 4001).astype(dtype)
    expected = np.array([math.erfc(v) for v in x.tolist()])
    close(ops.erfc(x), expected, rtol=ulp * np.finfo(dtype).eps, atol=0)


def test_erfc_of_special_numbers():
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 40.0, -40.0], "float32")
    np.testing.assert_array_equal(np.asarray(ops.erfc(x)), [1, 1, 0, 2, np.nan, 0, 2])


LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
LIBM.lgammal.restype, LIBM.lgammal.argtypes = ctypes.c_longdouble, [ctypes.c_longdouble]
lgamma, gammainc = (getattr(backend_module("ops.math"), name) for name in ("lgamma", "gammainc"))


def ulps(actual, expected):
    """Distances in units of the last place of the results' type."""
    actual = np.asarray(actual)
    return np.abs(actual - expected) / np.spacing(np.abs(expected).astype(actual.dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lgamma_against_long_double(dtype):
    near = np.linspace(-4.5, 4.5, 20001)
    far = np.exp(np.linspace(-80, 80, 4001))
    x = np.concatenate([near, far, -far[far < 100]]).astype(dtype)
    expected = np.array([LIBM.lgammal(v) for v in x.tolist()])
    finite = np.isfinite(expected)
    # The C library's double near the negative zeros is good to 4 units, one more is the judge's.
    actual = np.asarray(lgamma(x))
    assert ulps(actual[finite], expected[finite]).max() <= (1 if dtype == "float32" else 5)
    np.testing.assert_array_equal(actual[~finite], expected[~finite])


def test_lgamma_of_special_numbers():
    x = np.array([0.0, -0.0, -1, -2, np.inf, -np.inf, np.nan, 1, 2], "float32")
    np.testing.assert_array_equal(np.asarray(lgamma(x)), [np.inf] * 6 + [np.nan, 0, 0])


def judged_gammainc(a, x):
    """In decimal numbers of 40 digits by the series, whose terms are positive; gamma by Stirling's
    formula far from 0."""
    a, x = Decimal(a), Decimal(x)
    term = total = Decimal(1)
    n = 0
    while term > total * Decimal("1e-25"):
        n += 1
        term *= x / (a + n)
        total += term
    # gamma(a + 1) = gamma(a + 1 + 60) / ((a + 1) ... (a + 60))
    z, product = a + 61, Decimal(1)
    for k in range(1, 61):
        product *= a + k
    inverse = 1 / z
    terms = [Decimal(1) / 12, -Decimal(1) / 360, Decimal(1) / 1260, -Decimal(1) / 1680, Decimal(1) / 1188,
             -Decimal(691) / 360360, Decimal(1) / 156]
    log_gamma = (z - Decimal("0.5")) * z.ln() - z + HALF_LN_TWO_PI + sum(
        c * inverse ** (2 * k + 1) for k, c in enumerate(terms)) - product.ln()
    return float((a * x.ln() - x - log_gamma).exp() * total)


HALF_LN_TWO_PI = Decimal("0.91893853320467274178032973640561763986139747363778")


def gammainc_points():
    """(a, x): everywhere, about the turn at x = a, and where the expansion for large a begins."""
    draw = np.random.default_rng(3)
    for _ in range(400):
        yield 10 ** draw.uniform(-6, 2.5), 10 ** draw.uniform(-6, 2.5)
    for _ in range(200):
        a = 10 ** draw.uniform(-1, 3)
        yield a, a * draw.uniform(0.3, 2)
    for a in (9.99, 10.01, 9990.0, 10010.0, 3e4):
        for off in (-3, -1, -0.01, 0, 0.01, 1, 4, 9):
            yield a, a + off * math.sqrt(a)


@pytest.mark.parametrize("dtype,ulp", [("float32", 1), ("float64", 2048)])
def test_gammainc_against_decimal_numbers(dtype, ulp):
    """In double the exponent of the leading factor, up to 745, loses ten bits of the 53."""
    points = np.array(list(gammainc_points()), dtype)
    with localcontext() as context:
        context.prec = 40
        expected = np.array([judged_gammainc(a, x) for a, x in points.astype("float64").tolist()])
    actual = np.asarray(gammainc(points[:, 0], points[:, 1]))
    kept = expected > np.finfo(dtype).tiny
    assert kept.sum() > 400
    assert ulps(actual[kept], expected[kept]).max() <= ulp
    np.testing.assert_allclose(actual[~kept], expected[~kept], rtol=0, atol=np.finfo(dtype).tiny)


def test_gammainc_of_special_numbers():
    infinity = np.inf
    for a, x, expected in [(0, 0, np.nan), (0, 1, 1), (1, 0, 0), (infinity, 1, 0), (infinity, infinity, np.nan),
                           (-1, 1, np.nan), (1, -1, np.nan), (1, infinity, 1), (np.nan, 1, np.nan),
                           (1e30, 1e30, 0.5), (1e30, 1e29, 0), (1e30, 1e31, 1)]:
        actual = np.asarray(gammainc(np.float32(a), np.float32(x)))
        np.testing.assert_allclose(actual, expected, rtol=1e-6)
    assert gammainc(np.int32(1), 2.0).dtype == "float32"


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(axis, keepdims):
    x = normal(3, 4, 5) * 100
    wide = x.astype("float64")
    most = wide.max(axis=axis, keepdims=True)
    expected = np.log(np.exp(wide - most).sum(axis=axis, keepdims=True)) + most
    if not keepdims:
        expected = expected.squeeze(axis if axis is not None else (0, 1, 2))
    close(ops.logsumexp(x, axis=axis, keepdims=keepdims), expected)


def test_logsumexp_of_infinities():
    rows = np.array([[-np.inf, -np.inf], [np.inf, 1], [-np.inf, 2], [np.nan, 0]], "float32")
    np.testing.assert_array_equal(
        np.asarray(ops.logsumexp(rows, axis=1)), [-np.inf, np.inf, 2, np.nan]
    )


# ---- Search ----


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "bool"])
def test_top_k(dtype):
    x = (RANDOM.integers(0, 2 if dtype == "bool" else 9, size=(4, 11))).astype(dtype)
    values, indices = ops.top_k(x, 5)
    order = np.argsort(-x.astype("int64"), axis=-1, kind="stable")[:, :5]
    assert values.dtype == dtype and indices.dtype == "int32"
    np.testing.assert_array_equal(np.asarray(values), np.take_along_axis(x, order, -1))
    np.testing.assert_array_equal(np.asarray(indices), order)


def test_in_top_k():
    predictions = np.array([[0.1, 0.9, 0.8, 0.8], [0.05, 0.95, np.nan, 1]], "float32")
    for targets, k, expected in [
        ([1, 3], 1, [True, True]),
        ([2, 1], 2, [True, True]),
        ([3, 0], 2, [True, False]),
        ([0, 2], 3, [False, False]),
        ([4, -1], 4, [False, False]),
    ]:
        np.testing.assert_array_equal(
            np.asarray(ops.in_top_k(np.array(targets), predictions, k)), expected
        )


@pytest.mark.parametrize("n,length,stride", [(10, 4, 2), (10, 3, 4), (7, 7, 1), (5, 1, 1), (3, 5, 1)])
def test_extract_sequences(n, length, stride):
    x = normal(2, 3, n)
    starts = range(0, n - length + 1, stride)
    expected = np.zeros((2, 3, len(starts), length), "float32")
    for i, start in enumerate(starts):
        expected[:, :, i] = x[:, :, start : start + length]
    close(ops.extract_sequences(x, length, stride), expected, 0, 0)


def test_cdist_keeps_small_distances():
    x, y = normal(2, 4, 3) + 1000, normal(2, 5, 3) + 1000
    y[:, 0] = x[:, 0] + np.float32(0.0625)
    wide = x.astype("float64")[:, :, None] - y.astype("float64")[:, None]
    close(ops.cdist(x, y), np.sqrt((wide**2).sum(-1)), 1e-6, 0)


# ---- Segments ----

REDUCTIONS = {
    "segment_sum": (np.add, 0),
    "segment_prod": (np.multiply, 1),
    "segment_max": (np.maximum, None),
    "segment_min": (np.minimum, None),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "int64"])
@pytest.mark.parametrize("num_segments", [None, 4, 9])
def test_segments(name, dtype, num_segments):
    data = RANDOM.integers(1, 4, size=(12, 3)).astype(dtype)
    ids = RANDOM.integers(-1, 6, size=12)
    function, empty = REDUCTIONS[name]
    limits = np.finfo(dtype) if dtype == "float32" else np.iinfo(dtype)
    if empty is None:
        empty = limits.min if name == "segment_max" else limits.max
    expected = np.full((num_segments or ids.max() + 1, 3), empty, dtype)
    for row, segment in zip(data, ids):
        if 0 <= segment < len(expected):
            expected[segment] = function(expected[segment], row)
    result = getattr(ops, name)(data, ids, num_segments)
    assert result.dtype == dtype
    close(result, expected, 1e-6, 0)


def test_segments_say_what_is_wrong():
    with pytest.raises(ValueError, match="1-D vector"):
        ops.segment_sum(normal(4, 2), np.zeros((2, 2), "int32"))
    with pytest.raises(ValueError, match="leading"):
        ops.segment_sum(normal(4, 2), np.zeros(3, "int32"))


# ---- Fourier ----

LENGTHS = [1, 2, 3, 4, 5, 7, 8, 12, 13, 17, 30, 60, 64, 97, 100, 128, 251, 289, 1024, 2003]


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("dtype,tolerance", [("float32", 2e-6), ("float64", 2e-14)])
def test_transforms_of_any_length(n, dtype, tolerance):
    x, y = normal(2, n, dtype=dtype), normal(2, n, dtype=dtype)
    expected = np.fft.fft(x.astype("float64") + 1j * y)
    scale = np.abs(expected).max()
    real, imaginary = ops.fft((x, y))
    close(real, expected.real, tolerance, tolerance * scale)
    close(imaginary, expected.imag, tolerance, tolerance * scale)
    expected = np.fft.rfft(x.astype("float64"))
    real, imaginary = ops.rfft(x)
    close(real, expected.real, tolerance, tolerance * scale)
    close(imaginary, expected.imag, tolerance, tolerance * scale)
    if n > 1:
        close(ops.irfft((real, imaginary), n), x, tolerance, 8 * tolerance)


@pytest.mark.parametrize("n,length", [(10, 7), (10, 16), (9, None), (8, 2), (6, 1)])
def test_lengths_cut_and_fill(n, length):
    x, y = normal(3, n), normal(3, n)
    expected = np.fft.rfft(x.astype("float64"), length)
    close(ops.rfft(x, length)[0], expected.real)
    close(ops.rfft(x, length)[1], expected.imag)
    close(ops.irfft((x, y), length), np.fft.irfft(x.astype("float64") + 1j * y, length))


def test_two_dimensions():
    x, y = normal(2, 6, 15), normal(2, 6, 15)
    expected = np.fft.fft2(x.astype("float64") + 1j * y)
    real, imaginary = ops.fft2((x, y))
    close(real, expected.real)
    close(imaginary, expected.imag)
    back = ops.ifft2((real, imaginary))
    close(back[0], x)
    close(back[1], y)


# More lines than are transformed together; NaN stays in its line.
@pytest.mark.parametrize("n", [*range(2, 40), 85, 119, 127, 210, 323, 510, 1021, 1024])
def test_lines_of_every_length(n):
    x = normal(11, n, dtype="float64")
    expected = np.fft.rfft(x)
    real, imaginary = ops.rfft(x)
    close(real, expected.real, 1e-12, 1e-11)
    close(imaginary, expected.imag, 1e-12, 1e-11)
    close(ops.irfft((expected.real, expected.imag), n), np.fft.irfft(expected, n), 1e-12, 1e-12)
    y = normal(11, n, dtype="float64")
    expected = np.fft.fft(x + 1j * y)
    real, imaginary = ops.fft((x, y))
    close(real, expected.real, 1e-12, 1e-11)
    close(imaginary, expected.imag, 1e-12, 1e-11)
    x[3, 0] = np.nan
    assert np.isnan(np.asarray(ops.rfft(x)[0])).any(axis=1).tolist() == [i == 3 for i in range(11)]


@pytest.mark.parametrize("length,stride,fft_length", [(32, 8, 32), (8, 4, 16), (6, 3, 9)])
@pytest.mark.parametrize("window", ["hann", "hamming", None, "own"])
def test_stft(length, stride, fft_length, window):
    x = normal(2, 100)
    k = np.arange(length)
    own = {
        "hann": 0.5 - 0.5 * np.cos(2 * np.pi * k / length),
        "hamming": 0.54 - 0.46 * np.cos(2 * np.pi * k / length),
        "own": 1.0 + k / length,
    }
    before = (fft_length - length) // 2
    # Without a window all of the transform's length counts.
    w = np.ones(fft_length)
    if window:
        w = np.pad(own[window], (before, fft_length - length - before))
    padded = np.pad(x.astype("float64"), ((0, 0), (fft_length // 2,) * 2), mode="reflect")
    starts = range(0, padded.shape[1] - fft_length + 1, stride)
    expected = np.stack([np.fft.rfft(padded[:, s : s + fft_length] * w) for s in starts], 1)
    given = own["own"].astype("float32") if window == "own" else window
    real, imaginary = ops.stft(x, length, stride, fft_length, window=given)
    close(real, expected.real, 1e-5, 1e-4)
    close(imaginary, expected.imag, 1e-5, 1e-4)
    if window:
        back = np.asarray(ops.istft((real, imaginary), length, stride, fft_length, window=given))
        n = back.shape[1]
        close(back[:, 4 : n - 4], x[:, 4 : n - 4], 1e-4, 1e-4)


def test_istft_length():
    real, imaginary = ops.stft(normal(64), 16, 4, 16)
    assert ops.istft((real, imaginary), 16, 4, 16, length=50).shape == (50,)
    assert ops.istft((real, imaginary), 16, 4, 16, center=False).shape == (80,)


def test_histogram_of_nothing_whatever_the_trace_knew():
    """Of which Keras itself knows only where the size is known."""
    x, histogram = np.zeros((0, 3), "float32"), _core.function("numpy", "histogram")
    counts, edges = histogram(x, bins=4)
    np.testing.assert_array_equal(np.asarray(counts), np.zeros(4))
    np.testing.assert_array_equal(np.asarray(edges), np.histogram(x, bins=4)[1])
    trace = _core.Trace()
    trace.enter()
    free = trace.input("float32", (None, 3), "x")
    edges = histogram(free, bins=4)[1]
    trace.exit()
    plan = trace.finish([edges]).compile("NATIVE")
    for data in (x, np.array([[1, 5, 3]], "float32")):
        np.testing.assert_array_equal(np.asarray(plan.run([keras.ops.convert_to_tensor(data)])[0]),
                                      np.histogram(data, bins=4)[1])
