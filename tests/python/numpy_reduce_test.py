# SPDX-License-Identifier: Apache-2.0
"""Reductions, quantiles, order and counting of keras.ops against NumPy."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from kov.activation import backend_module

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(3, 4, 5)).astype("float32")
HOLES = X.copy()
HOLES[RANDOM.random(X.shape) < 0.3] = np.nan
HOLES[0, 0, :] = np.nan
FEW = RANDOM.integers(-2, 3, size=(4, 6)).astype("int32")
AXES = [None, 0, -1, (0, 2), (2, 1)]


def numpy_of(value):
    if isinstance(value, (tuple, list)):
        return [np.asarray(v) for v in value]
    return [np.asarray(value)]


def compare(name, *args, expected=None, rtol=2e-6, atol=1e-6, **kwargs):
    with np.errstate(all="ignore"):
        if expected is None:
            expected = getattr(np, name)(*args, **kwargs)
    actual = numpy_of(getattr(keras.ops, name)(*args, **kwargs))
    expected = numpy_of(expected)
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected):
        assert a.shape == e.shape
        np.testing.assert_allclose(a.astype("float64"), e.astype("float64"), rtol=rtol, atol=atol)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", "sum prod max min amax amin all any mean var std ptp median".split())
def test_reductions(name, axis, keepdims):
    compare(name, X, axis=axis, keepdims=keepdims)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(
    "name", "nansum nanprod nanmax nanmin nanmean nanvar nanstd nanmedian".split()
)
def test_reductions_without_nan(name, axis):
    compare(name, HOLES, axis=axis)
    compare(name, HOLES, axis=axis, keepdims=True)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_first_extreme(name, axis, keepdims):
    for x in (X, HOLES, FEW):
        compare(name, x, axis=axis, keepdims=keepdims)


def test_extremes_of_subnormals():
    assert int(keras.ops.argmax(np.array([-1, -0.0, 1.4e-45], "float32"))) == 2
    assert int(keras.ops.argmin(np.array([0.0, 1.2e-38, -1.4e-45], "float32"))) == 2


def test_variance_does_not_cancel():
    x = np.array([1e4, 1e4 + 1, 1e4 + 2], "float32")
    compare("var", x, expected=2.0 / 3.0)


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_running(name, axis):
    compare(name, X, axis=axis)
    compare("nan" + name, HOLES, axis=axis)


METHODS = (
    "linear lower higher midpoint nearest hazen weibull interpolated_inverted_cdf median_unbiased "
    "normal_unbiased inverted_cdf averaged_inverted_cdf closest_observation"
).split()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
def test_quantiles(axis, method):
    for q in (0.25, np.array([0.0, 0.125, 0.5, 1.0], "float32")):
        expected = np.quantile(X.astype("float64"), q, axis=axis, method=method)
        compare("quantile", X, q, axis=axis, method=method, expected=expected)
        expected = np.quantile(X.astype("float64"), q, axis=axis, method=method, keepdims=True)
        compare("quantile", X, q, axis=axis, method=method, keepdims=True, expected=expected)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_quantiles_at_and_between_all_places(n, method):
    x = np.random.default_rng(n).permutation(n).astype("float64") ** 2
    q = np.arange(4 * n + 1) / (4 * n)
    # the place between two elements is computed in another order than NumPy does it
    np.testing.assert_allclose(keras.ops.quantile(x, q, method=method), np.quantile(x, q, method=method),
                               rtol=1e-13, atol=1e-13)
    holed = np.concatenate([x, [np.nan]])
    np.testing.assert_allclose(keras.ops.nanpercentile(holed, 100 * q, method=method),
                               np.nanpercentile(holed, 100 * q, method=method), rtol=1e-13, atol=1e-13)


def test_unknown_quantile():
    with pytest.raises(ValueError, match="no method 'best'"):
        keras.ops.quantile(X, 0.5, method="best")


@pytest.mark.filterwarnings("ignore")
def test_quantiles_and_nan():
    assert np.isnan(np.asarray(keras.ops.quantile(HOLES, 0.5, axis=1))).any()
    compare("nanquantile", HOLES, np.float32(0.25), axis=1)
    compare("nanpercentile", HOLES, np.float32(25.0), axis=(0, 1))


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_order(axis):
    compare("sort", HOLES, axis=axis)
    compare("argsort", FEW, axis=axis % 2, expected=np.argsort(FEW, axis=axis % 2, kind="stable"))


def test_order_of_all():
    compare("argsort", FEW, axis=None, expected=np.argsort(FEW, axis=None, kind="stable"))


@pytest.mark.parametrize("side", ["left", "right"])
def test_search(side):
    sorted_sequence = np.sort(X[0, 0])
    compare("searchsorted", sorted_sequence, X, side=side)
    compare("searchsorted", sorted_sequence, sorted_sequence, side=side)


def test_digitize_rising_and_falling():
    bins = np.sort(X[0, 0])
    for b in (bins, bins[::-1].copy()):
        compare("digitize", X, b)
        compare("digitize", bins, b)


def test_counting():
    x = np.array([5, 1, 1, 3, 0, 1], "int32")
    w = np.array([1, 2, 3, 4, 5, 6], "float32")
    compare("bincount", x)
    compare("bincount", x, weights=w, minlength=9)
    compare("bincount", x[:0], minlength=3)
    compare("histogram", X.ravel())
    compare("histogram", X.ravel(), 5, (-1.0, 1.0))


def test_distinct():
    x = FEW.ravel()
    compare("unique", x)
    values, index, inverse, counts = np.unique(x, True, True, True)
    compare(
        "unique",
        x,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        expected=(values, index, inverse, counts),
    )
    floats = HOLES.ravel()
    compare("unique", floats, expected=np.unique(floats, equal_nan=False))
    expected = np.unique(x.astype("float32"), True, True, True)
    several = {"return_index": True, "return_inverse": True, "return_counts": True}
    compare("unique", x.astype("float32"), expected=expected, **several)
    compare("unique", floats[:0])
    padded = np.concatenate([values, [-9, -9]])
    compare("unique", x, size=len(padded), fill_value=-9, expected=padded)


def test_membership():
    for invert in (False, True):
        compare("isin", FEW, np.array([0, 2, 7], "int32"), invert=invert)


@pytest.mark.parametrize("mode", ["valid", "same", "full"])
def test_correlate(mode):
    x, y = X[0].ravel()[:9], X[1].ravel()[:4]
    compare("correlate", x, y, mode=mode)
    compare("correlate", y, x, mode=mode)


def test_cov_of_one_variable_is_a_scalar():
    """Keras 3.16 has it. NumPy has no covariance of less than two observations either."""
    cov = backend_module("ops.numpy").cov
    x = X[0].reshape(-1, X.shape[-1])
    for rows in (x, x[:1], x[0]):
        expected = np.cov(rows.astype("float64"))
        actual = np.asarray(cov(rows))
        assert actual.shape == expected.shape and actual.dtype == rows.dtype
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    for few in (x[:, :1], x[:, :0]):
        assert np.isnan(np.asarray(cov(few))).all()
    with pytest.raises(ValueError, match="at most 2 dimensions"):
        cov(X)


def test_other_statistics():
    compare("corrcoef", X[0])
    compare("average", X, axis=1, weights=np.array([1, 2, 3, 4], "float32"))
    compare("trapezoid", X, axis=1)
    compare("trapezoid", X, np.array([0, 1, 3, 7], "float32"), axis=1)
    compare("diff", X, n=2, axis=1)
    compare("count_nonzero", FEW, axis=1)
