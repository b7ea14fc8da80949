# SPDX-License-Identifier: Apache-2.0
"""Arguments at the ends of their ranges: a result that is right, or an error that says what is wrong."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import numpy as np
import pytest
from kov import _core

MATRIX = np.arange(12, dtype="float32").reshape(3, 4)
LEAST = -(2**63)


def call(module, name, *args, **kwargs):
    """The function as the backend has it, without the checks of keras.ops."""
    return np.asarray(_core.function(module, name)(*args, **kwargs))


@pytest.mark.parametrize("offset", [LEAST, LEAST + 1, -(2**31), 2**63 - 1])
def test_diagonals_outside_the_matrix_are_empty(offset):
    assert call("numpy", "diagonal", MATRIX, offset=offset).shape == (0,)
    assert call("numpy", "diag", MATRIX, k=offset).shape == (0,)
    assert call("numpy", "trace", MATRIX, offset=offset) == 0
    with pytest.raises(ValueError, match="diag: k is"):
        call("numpy", "diag", MATRIX[0], k=offset)


@pytest.mark.parametrize("sigma", [3e38, float("inf"), float("nan"), -1.0])
def test_elastic_transform_names_its_sigma(sigma):
    with pytest.raises(ValueError, match="elastic_transform: sigma is"):
        call("image", "elastic_transform", np.zeros((1, 4, 4, 3), "float32"), sigma=sigma, seed=1,
             data_format="channels_last")


@pytest.mark.parametrize("name", ["padding", "stride", "dilation"])
def test_fold_names_the_number_that_is_too_large(name):
    given = {"output_size": (4, 4), "kernel_size": 1, name: 2**63 - 1}
    with pytest.raises(ValueError, match=f"fold: {name} is 9223372036854775807"):
        call("nn", "fold", np.zeros((1, 3, 16), "float32"), **given)


def test_diff_of_too_many_differences():
    x = np.zeros((1, 5000), "float32")
    with pytest.raises(NotImplementedError, match="diff: n is 4000"):
        call("numpy", "diff", x, n=4000)
    assert call("numpy", "diff", x[:, :50], n=4000).shape == (1, 0)


def test_text_that_is_no_text():
    with pytest.raises(TypeError, match="argument `padding` must be"):
        call("nn", "max_pool", np.zeros((1, 4, 4, 1), "float32"), 2, padding="\udcff")
    with pytest.raises(ValueError, match="Invalid dtype"):
        call("numpy", "identity", 2, dtype="\udcff")


@pytest.mark.parametrize("bounds", [(-3, 6), (-1, 2**31 - 1), (300, 2**40), (LEAST, -1)])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "uint32"])
def test_clip_to_numbers_that_the_type_does_not_hold(dtype, bounds):
    x = np.array([0, 2, 7, 100], dtype)
    info = np.iinfo(dtype)
    want = np.minimum(np.maximum(x.astype("int64"), bounds[0]), bounds[1])
    got = call("numpy", "clip", x, *bounds)
    np.testing.assert_array_equal(got, want.clip(info.min, info.max).astype(dtype))


def test_nan_to_num_keeps_the_shape():
    x = np.float32([[np.nan, 1], [np.inf, -np.inf]])
    got = call("numpy", "nan_to_num", x, nan=np.float32([5, 6]), posinf=np.float32(7), neginf=-8.0)
    np.testing.assert_array_equal(got, [[5, 1], [7, -8]])
    with pytest.raises(ValueError, match="nan_to_num"):
        call("numpy", "nan_to_num", np.float32(np.nan), nan=np.float32([[1.0]]))


@pytest.mark.parametrize("name,value", [("softmax", 1.0), ("log_softmax", 0.0)])
def test_softmax_over_no_axes(name, value):
    np.testing.assert_array_equal(call("nn", name, MATRIX, axis=()), np.full((3, 4), value))


def test_logsumexp_of_complex_has_a_principal_angle():
    x = np.array([0.5 + 4677j, 0.25 - 9j], "complex128")
    want = np.log(np.exp(x).sum())
    # the angle 4677 is known to half an ulp of it, 5e-13
    np.testing.assert_allclose(call("math", "logsumexp", x), want, atol=2e-12)


def test_sign_of_infinite_and_of_large_complex_numbers():
    x = np.array([complex(np.inf, 2), complex(0, -np.inf), complex(1.5e308, 1.5e308), 0], "complex128")
    got = call("numpy", "sign", x)
    # 2 roundings of the division and the square root
    np.testing.assert_allclose(got, [1, -1j, (1 + 1j) / np.sqrt(2), 0], rtol=4e-16, atol=0)


def test_psnr_of_half_precision_rounds_once():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 400)).astype("float16")
    error = np.square(x.astype("float64") - y.astype("float64")).mean()
    want = 20 * np.log10(float(np.float16(0.3))) - 10 * np.log10(error)
    # half an ulp of float16 near 13
    np.testing.assert_allclose(call("nn", "psnr", x, y, 0.3), want, atol=0.004)


def test_errors_of_operations_name_the_function():
    with pytest.raises(ValueError, match="truncated_normal"):
        call("random", "truncated_normal", (-3,), seed=1)
    with pytest.raises(ValueError, match="nanquantile"):
        call("numpy", "nanquantile", np.zeros((0,), "float32"), 0.5)
