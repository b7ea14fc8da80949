# SPDX-License-Identifier: Apache-2.0
"""Functions that take complex numbers apart and put them together, against NumPy."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest

DTYPES = ["complex64", "complex128"]
SHAPES = [(), (1,), (5,), (2, 3), (0, 4), (3, 1, 2)]


def numbers(shape, dtype):
    rng = np.random.default_rng(len(shape))
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["real", "imag", "conj", "conjugate", "isreal"])
def test_parts(name, shape, dtype):
    x = numbers(shape, dtype)
    x = np.where(np.abs(x.real) > 0.5, x.real.astype(dtype), x).astype(dtype)
    got = np.asarray(getattr(keras.ops, name)(x))
    want = getattr(np, name)(x)
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_equal(got, want)  # no arithmetic but a change of sign


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["abs", "angle"])
def test_size_and_angle(name, dtype):
    x = np.concatenate([numbers((40,), dtype), np.array([1, -1, 1j, -1j, 0], dtype)])
    want = getattr(np, name)(x)
    got = np.asarray(getattr(keras.ops, name)(x))
    assert got.dtype == want.dtype
    # 4 ulp of the largest result
    np.testing.assert_allclose(got, want, rtol=0, atol=4 * np.pi * np.finfo(want.dtype).eps)


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
