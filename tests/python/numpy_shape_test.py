# SPDX-License-Identifier: Apache-2.0
"""Shapes, indices, padding and creation in keras.ops against NumPy."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest

RANDOM = np.random.default_rng(2)
X = RANDOM.normal(size=(3, 4, 5)).astype("float32")
V = RANDOM.normal(size=(6,)).astype("float32")
M = RANDOM.normal(size=(3, 5)).astype("float32")
EMPTY = np.zeros((0, 4), "float32")


def compare(name, *args, expected=None, exact=True, **kwargs):
    if expected is None:
        expected = getattr(np, name)(*args, **kwargs)
    actual = getattr(keras.ops, name)(*args, **kwargs)
    several = isinstance(expected, (list, tuple))
    pairs = list(zip(actual, expected)) if several else [(actual, expected)]
    if several:
        assert len(actual) == len(expected)
    for a, e in pairs:
        a, e = np.asarray(a), np.asarray(e)
        assert a.shape == e.shape
        if exact:
            np.testing.assert_array_equal(a, e)
        else:
            np.testing.assert_allclose(a, e, rtol=2e-6, atol=1e-6)


MOVES = [
    ("reshape", (X, (5, -1)), {}),
    ("reshape", (EMPTY, (4, 0)), {}),
    ("ravel", (X,), {}),
    ("transpose", (X,), {}),
    ("transpose", (X,), {"axes": (1, 2, 0)}),
    ("swapaxes", (X, 0, -1), {}),
    ("moveaxis", (X, 0, -1), {}),
    ("moveaxis", (X, (0, 1), (2, 0)), {}),
    ("expand_dims", (X, 1), {}),
    ("expand_dims", (X, (0, -1)), {}),
    ("squeeze", (X[:1, :, :1],), {}),
    ("squeeze", (X[:1, :, :1],), {"axis": 0}),
    ("broadcast_to", (V, (2, 3, 6)), {}),
    ("flip", (X,), {}),
    ("flip", (X,), {"axis": (0, 2)}),
    ("fliplr", (X,), {}),
    ("flipud", (X,), {}),
    ("rot90", (X,), {"k": 3, "axes": (0, 2)}),
    ("rot90", (M,), {"k": -1}),
    ("roll", (X, 2), {}),
    ("roll", (X, (1, -2)), {"axis": (0, 1)}),
    ("tile", (X, (2, 1, 3, 1)), {}),
    ("tile", (V, 2), {}),
    ("repeat", (X, 3), {}),
    ("repeat", (X, 2), {"axis": 1}),
    ("repeat", (X, np.array([1, 0, 2, 3])), {"axis": 1}),
    ("concatenate", ([X, X],), {"axis": -1}),
    ("append", (X, X), {}),
    ("append", (X, X), {"axis": 0}),
    ("stack", ([X, X],), {"axis": -1}),
    ("vstack", ([V, V],), {}),
    ("hstack", ([V, V],), {}),
    ("hstack", ([M, M],), {}),
    ("dstack", ([V, V],), {}),
    ("dstack", ([M, M],), {}),
    ("split", (X, 2), {"axis": 1}),
    ("split", (X, [1, 3]), {"axis": 2}),
    ("split", (X, [1]), {"axis": 1}),
    ("array_split", (X, 3), {"axis": 1}),
    ("hsplit", (X, 2), {}),
    ("vsplit", (X, 3), {}),
    ("dsplit", (X, [2]), {}),
    ("diag", (V,), {"k": 2}),
    ("diag", (M,), {"k": -1}),
    ("diagflat", (M,), {"k": -1}),
    ("diagonal", (X,), {"offset": 1, "axis1": 2, "axis2": 0}),
    ("diagonal", (M,), {"offset": 9}),
    ("tril", (X,), {"k": 1}),
    ("triu", (X,), {"k": -1}),
    ("take", (X, np.array([[0, -1], [2, 1]], "int32")), {"axis": 1}),
    ("take", (X, np.array([0, 59, 7], "int32")), {}),
    ("nonzero", ((X > 0),), {}),
    ("unravel_index", (np.array([0, 59, 17], "int32"), (3, 4, 5)), {}),
]


@pytest.mark.parametrize("name,args,kwargs", MOVES)
def test_moves(name, args, kwargs):
    compare(name, *args, **kwargs)


# More rows than a Split has outputs are gathered.
@pytest.mark.parametrize("name", ["stack", "vstack", "hstack", "dstack"])
@pytest.mark.parametrize("rows", [1, 3, 1100])
def test_a_tensor_stands_for_its_rows(name, rows):
    x = np.arange(rows * 4, dtype="float32").reshape(rows, 2, 2)
    expected = getattr(np, name)(list(x))
    np.testing.assert_array_equal(getattr(keras.ops, name)(keras.ops.convert_to_tensor(x)), expected)
    np.testing.assert_array_equal(getattr(keras.ops, name)(x), expected)


@pytest.mark.parametrize("rows", [1, 3])
def test_take_along_axis(rows):
    places = RANDOM.integers(-4, 4, size=(rows, 2, 5)).astype("int32")
    compare("take_along_axis", X, places, axis=1)


@pytest.mark.parametrize("indexing", ["xy", "ij"])
def test_meshgrid(indexing):
    expected = np.meshgrid(V, M[0], V[:2], indexing=indexing)
    actual = keras.ops.meshgrid(V, M[0], V[:2], indexing=indexing)
    for a, e in zip(actual, expected):
        np.testing.assert_array_equal(np.asarray(a), e)


MODES = "constant edge reflect symmetric wrap linear_ramp maximum mean median minimum".split()


@pytest.mark.parametrize("mode", MODES)
def test_pad(mode):
    for width in (1, (1, 2), ((1, 2), (0, 1), (2, 2))):
        compare("pad", X, width, mode=mode, exact=False)
    # More than there is to mirror.
    compare("pad", V[:3], 8, mode=mode, exact=False)


def test_pad_with_a_value():
    compare("pad", M, ((1, 0), (0, 2)), constant_values=3.0)


CREATED = [
    ("arange", (5,), {}),
    ("arange", (1, 10, 3), {}),
    ("arange", (5, 0, -2), {}),
    ("arange", (0.0, 1.0, 0.25), {}),
    ("arange", (3, 3), {}),
    ("eye", (3,), {}),
    ("eye", (3, 4, -1), {}),
    ("identity", (3,), {}),
    ("tri", (3, 5, 1), {}),
    ("full", ((2, 3), 7.0), {}),
    ("zeros", ((2, 0),), {}),
    ("ones", (3,), {}),
    ("linspace", (0.0, 10.0), {}),
    ("linspace", (0.0, 1.0, 5), {"endpoint": False}),
    ("linspace", (2.0, 1.0, 1), {}),
    ("linspace", (0.0, 1.0, 0), {}),
    ("linspace", (V[:3], V[3:], 4), {"axis": -1}),
    ("linspace", (0.0, 1.0, 3), {"retstep": True}),
    ("logspace", (0.0, 2.0, 5), {"base": 2.0}),
    ("geomspace", (-1.0, -16.0, 5), {}),
    ("geomspace", (1.0, 1000.0, 4), {"endpoint": False}),
    ("kaiser", (8, 14.0), {}),
] + [(name, (n,), {}) for name in ("bartlett", "blackman", "hamming", "hanning") for n in (0, 1, 2, 7)]


@pytest.mark.parametrize("name,args,kwargs", CREATED)
def test_created(name, args, kwargs):
    compare(name, *args, exact=False, **kwargs)


@pytest.mark.parametrize(
    "arguments", [(0.1, 1.1, 0.1), (1.0, 0.0, -0.1), (0.3, 7.7, 0.37), (2, 4, 1 / 3), (5.5,)]
)
def test_arange_has_as_many_numbers_as_in_double(arguments):
    expected = np.arange(*arguments)
    result = np.asarray(keras.ops.arange(*arguments))
    assert result.dtype == np.float32
    # The values are rounded once, from double.
    np.testing.assert_array_equal(result, expected.astype(np.float32))


def test_integers_are_int32_and_floats_floatx():
    assert keras.ops.arange(3).dtype == "int32"
    assert keras.ops.arange(3.0).dtype == "float32"
    assert keras.ops.full((2,), 3).dtype == "float32"


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="(?i)split"):
        keras.ops.split(X, 3, axis=1)
    with pytest.raises(ValueError, match="pad"):
        keras.ops.pad(X, 1, mode="nonsense")


@pytest.mark.parametrize("mode", ["maximum", "minimum", "mean", "median", "linear_ramp"])
@pytest.mark.parametrize("dtype", ["complex64", "int32", "int64", "float32", "uint8"])
def test_pad_by_a_value(mode, dtype):
    x = ((np.arange(15).reshape(3, 5) * 7) % 11).astype(dtype)
    if dtype == "complex64":
        x += 1j * (np.arange(15).reshape(3, 5) * 4 % 9).astype("float32")
    if dtype in ("int32", "int64") and mode in ("maximum", "minimum"):
        x[1, 1] = 2**24 + 1  # float32 cannot count it
    widths = ((2, 1), (1, 3))
    actual = np.asarray(keras.ops.convert_to_numpy(keras.ops.pad(x, widths, mode=mode)))
    expected = np.pad(x, widths, mode=mode)
    assert actual.dtype == expected.dtype
    if x.dtype.kind in "iu":
        np.testing.assert_array_equal(actual, expected)
    else:  # sums and quotients of a few numbers
        np.testing.assert_allclose(actual, expected, rtol=1e-6)
