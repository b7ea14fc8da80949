# SPDX-License-Identifier: Apache-2.0
"""Element-wise functions of keras.ops against NumPy, which computes in float64 here."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from kov.activation import backend_module

SPECIAL = np.array(
    [-np.inf, -3, -1.5, -1, -0.5, -1e-20, -0.0, 0.0, 1e-20, 0.5, 1, 1.5, 2.5, 88, 1e10, np.inf]
    + [np.nan],
    "float32",
)
# Every special number with every other.
LEFT, RIGHT = (x.ravel() for x in np.meshgrid(SPECIAL, SPECIAL))
INTEGERS = np.arange(-12, 13, dtype="int32")
DIVISORS = np.where(INTEGERS % 7 == 0, 5, INTEGERS % 7 - 4).astype("int32")
DIVISORS[DIVISORS == 0] = 3


def result_of(name, *args, **kwargs):
    return np.asarray(getattr(keras.ops, name)(*args, **kwargs))


def close(actual, expected, ulp=4):
    """Within some units in the last place of float32; infinities and NaNs alike."""
    with np.errstate(over="ignore"):
        expected = np.asarray(expected).astype(actual.dtype)
    assert actual.shape == expected.shape
    eps = np.finfo(actual.dtype).eps
    np.testing.assert_allclose(
        actual.astype("float64"), expected.astype("float64"), rtol=ulp * eps, atol=1e-37
    )
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(actual[known]), np.signbit(expected[known]))


ONE_EXACT = (
    "abs absolute fabs sign signbit ceil floor trunc isnan isinf isfinite isneginf isposinf isreal "
    "negative square logical_not real conj copy"
).split()
ONE_CLOSE = (
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt reciprocal arctan arcsinh sinh cosh tanh sinc "
    "deg2rad rad2deg arcsin arccos arctanh arccosh"
).split()
# Arguments of trigonometric functions are reduced by a quarter turn, which costs exactness far out.
PERIODIC = ["sin", "cos", "tan"]


@pytest.mark.parametrize("name", ONE_EXACT)
def test_one_exact(name):
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(result_of(name, SPECIAL), getattr(np, name)(SPECIAL))


@pytest.mark.parametrize("name", ONE_CLOSE)
def test_one_close(name):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(SPECIAL.astype("float64"))
    # Poles and the edges of a domain are where float64 and float32 agree; sinc loses an argument that
    # is a multiple of pi only in the product pi x.
    keep = np.abs(SPECIAL) < 1e5 if name == "sinc" else np.ones(SPECIAL.shape, bool)
    if name == "sinc":
        near = result_of(name, SPECIAL)[keep]
        np.testing.assert_allclose(near, expected[keep], atol=2e-6)
        return
    close(result_of(name, SPECIAL), expected)


@pytest.mark.parametrize("name", PERIODIC)
def test_one_periodic(name):
    x = np.linspace(-30, 30, 301).astype("float32")
    expected = getattr(np, name)(x.astype("float64"))
    np.testing.assert_allclose(result_of(name, x), expected, rtol=1e-5, atol=1e-6)


def test_log1p_and_expm1_near_zero():
    x = np.array([-1e-3, -1e-8, -1e-30, -0.0, 0.0, 1e-40, 1e-20, 1e-6, 1e-3], "float32")
    close(result_of("log1p", x), np.log1p(x.astype("float64")), 2)
    close(result_of("expm1", x), np.expm1(x.astype("float64")), 4)


@pytest.mark.parametrize("dtype,rtol", [("float32", 1e-6), ("float64", 1e-14)])
def test_i0(dtype, rtol):
    x = np.concatenate([np.linspace(-12, 12, 49), [19.5, 20.5, 30.0, 80.0]]).astype(dtype)
    # The series of the reference, summed where nothing cancels: 60 terms of it in long double.
    half = (x.astype("longdouble") / 2) ** 2
    expected, term = np.ones_like(half), np.ones_like(half)
    for k in range(1, 160):
        term = term * half / (k * k)
        expected = expected + term
    np.testing.assert_allclose(result_of("i0", x), expected.astype("float64"), rtol=rtol)


TWO_EXACT = (
    "add subtract multiply divide maximum minimum fmax fmin equal not_equal less less_equal greater "
    "greater_equal logical_and logical_or logical_xor nextafter heaviside fmod mod floor_divide "
    "isclose"
).split()


@pytest.mark.parametrize("name", TWO_EXACT)
def test_two_exact(name):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(LEFT, RIGHT)
    np.testing.assert_array_equal(result_of(name, LEFT, RIGHT), expected)


def test_copysign_of_special_numbers():
    """Keras 3.16 has it; the signs of NaN and of -0 count."""
    copysign = backend_module("ops.numpy").copysign
    right = np.append(RIGHT[: 3 * SPECIAL.size], np.float32(-np.nan))
    left = np.append(LEFT[: 3 * SPECIAL.size], np.float32(2))
    actual, expected = np.asarray(copysign(left, right)), np.copysign(left, right)
    np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(np.signbit(actual), np.signbit(expected))


@pytest.mark.parametrize("name", ["arctan2", "hypot", "logaddexp", "logaddexp2"])
def test_two_close(name):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(LEFT.astype("float64"), RIGHT.astype("float64"))
    actual = result_of(name, LEFT, RIGHT)
    # Where two large terms cancel in the sum of logarithms, its error is that of the terms.
    np.testing.assert_allclose(actual, expected.astype("float32"), rtol=1e-6, atol=1e-7)
    if name == "arctan2":
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(actual)[known], np.signbit(expected)[known])


@pytest.mark.parametrize(
    "name",
    "add subtract multiply floor_divide mod fmod maximum minimum gcd lcm bitwise_and bitwise_or "
    "bitwise_xor".split(),
)
@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_two_integers(name, dtype):
    x, y = INTEGERS.astype(dtype), DIVISORS.astype(dtype)
    actual = result_of(name, x, y)
    assert actual.dtype == dtype
    np.testing.assert_array_equal(actual, getattr(np, name)(x, y))


def test_shifts():
    by = np.abs(INTEGERS) % 7
    np.testing.assert_array_equal(result_of("left_shift", INTEGERS, by), INTEGERS << by)
    np.testing.assert_array_equal(result_of("right_shift", INTEGERS, by), INTEGERS >> by)


def test_ldexp_over_the_whole_range():
    x = np.array([1.0, -1.5, 2.0**-140, 2.0**100, 3.0], "float32")
    by = np.array([127, -149, 200, -240, -1], "int32")
    np.testing.assert_array_equal(result_of("ldexp", x, by), np.ldexp(x, by))


@pytest.mark.parametrize("decimals", [-2, -1, 0, 1, 4])
def test_round(decimals):
    x = np.array([-1234.5, -0.5, 0.5, 1.5, 2.5, 1234.56789, 1e30, np.inf, np.nan], "float64")
    np.testing.assert_allclose(
        result_of("round", x, decimals=decimals), np.round(x, decimals), rtol=1e-15
    )
    n = np.array([-155, -15, 5, 15, 25, 1250], "int32")
    actual = result_of("round", n, decimals=decimals)
    assert actual.dtype == "int32"
    np.testing.assert_array_equal(actual, np.round(n, decimals))


def test_nan_to_num():
    with_numbers = result_of("nan_to_num", SPECIAL, nan=7.0, posinf=8.0, neginf=-9.0)
    expected = np.nan_to_num(SPECIAL, nan=7.0, posinf=8.0, neginf=-9.0)
    np.testing.assert_array_equal(with_numbers, expected)
    np.testing.assert_array_equal(result_of("nan_to_num", SPECIAL), np.nan_to_num(SPECIAL))


def test_clip_keeps_the_dtype():
    actual = result_of("clip", INTEGERS, -2, 3)
    assert actual.dtype == "int32"
    np.testing.assert_array_equal(actual, np.clip(INTEGERS, -2, 3))


def test_ldexp_refuses_a_fractional_exponent():
    with pytest.raises(TypeError, match="ldexp"):
        keras.ops.ldexp(SPECIAL, SPECIAL)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_ldexp_to_the_ends_of_the_range(dtype):
    x = np.array([0.0, -0.0, 1.0, 3.0, np.finfo(dtype).tiny, np.finfo(dtype).max, np.inf, np.nan], dtype)
    for exponent in (-(2**31), -4000, -150, 0, 150, 4000, 2**31 - 1):
        power = np.full(x.shape, exponent, "int32")
        with np.errstate(all="ignore"):
            want = np.ldexp(x, power)
        np.testing.assert_array_equal(np.asarray(keras.ops.ldexp(x, power)), want)
