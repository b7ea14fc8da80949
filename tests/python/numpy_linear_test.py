# SPDX-License-Identifier: Apache-2.0
"""Products of vectors and matrices in keras.ops against NumPy in float64."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest

RANDOM = np.random.default_rng(3)


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def close(actual, expected):
    actual = np.asarray(actual)
    assert actual.shape == np.shape(expected)
    # Sums of at most 60 products of numbers near 1.
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def wide(*arrays):
    return [a.astype("float64") for a in arrays]


PRODUCTS = [
    ("dot", [(3, 4, 5), (5, 2)], {}),
    ("dot", [(3, 4, 5), (5,)], {}),
    ("dot", [(3, 4, 5), (2, 5, 3)], {}),
    ("dot", [(3, 4), ()], {}),
    ("matmul", [(5,), (5,)], {}),
    ("matmul", [(4,), (2, 4, 3)], {}),
    ("matmul", [(3, 4), (4,)], {}),
    ("matmul", [(2, 1, 3, 4), (5, 4, 2)], {}),
    ("matmul", [(0, 4), (4, 2)], {}),
    ("matmul", [(3, 0), (0, 2)], {}),
    ("inner", [(3, 4, 5), (2, 5)], {}),
    ("vdot", [(3, 4), (3, 4)], {}),
    ("outer", [(3, 2), (4,)], {}),
    ("kron", [(2, 3), (4, 2)], {}),
    ("kron", [(3,), (2, 2)], {}),
    ("cross", [(4, 3), (4, 3)], {}),
    ("cross", [(3, 4), (3, 4)], {"axis": 0}),
    ("tensordot", [(3, 4, 5), (4, 5, 2)], {"axes": 2}),
    ("tensordot", [(3, 4, 5), (5, 3, 2)], {"axes": [[0, 2], [1, 0]]}),
    ("tensordot", [(3, 4), (2,)], {"axes": 0}),
    ("tensordot", [(3, 4), (3, 2)], {"axes": (0, 0)}),
]


@pytest.mark.parametrize("name,shapes,kwargs", PRODUCTS)
def test_products(name, shapes, kwargs):
    x, y = (normal(*shape) for shape in shapes)
    close(getattr(keras.ops, name)(x, y, **kwargs), getattr(np, name)(*wide(x, y), **kwargs))


EINSUMS = [
    ("ij,jk->ik", (3, 4), (4, 5)),
    ("ij,jk", (3, 4), (4, 5)),
    ("ij->ji", (3, 4)),
    ("ij->", (3, 4)),
    ("ii->i", (4, 4)),
    ("iij->ij", (4, 4, 3)),
    ("...ij,...jk->...ik", (7, 2, 3, 4), (4, 5)),
    ("i,j->ij", (3,), (4,)),
    ("i,i->", (3,), (3,)),
    ("ij,ij->ij", (3, 4), (3, 4)),
    ("aecd,abcd->acbe", (2, 3, 4, 5), (2, 6, 4, 5)),
    ("acbe,aecd->abcd", (2, 4, 6, 3), (2, 3, 4, 5)),
    ("ab,bc,cd->ad", (2, 3), (3, 4), (4, 5)),
    ("abc,abd,ae->ecd", (2, 3, 4), (2, 3, 5), (2, 6)),
    ("ij,jk,ik->", (3, 4), (4, 5), (3, 5)),
    ("ij,jk->k", (3, 4), (4, 5)),
    ("ij,k->ik", (3, 4), (5,)),
    ("i...->...", (3, 4)),
    ("ab , bc -> ac", (2, 3), (3, 4)),
]


@pytest.mark.parametrize("case", EINSUMS, ids=lambda case: case[0])
def test_einsum(case):
    operands = [normal(*shape) for shape in case[1:]]
    close(keras.ops.einsum(case[0], *operands), np.einsum(case[0], *wide(*operands)))


def test_small_integers_are_summed_in_int32():
    x = np.full((2, 8), 100, "int8")
    for y in (keras.ops.matmul(x, x.T), keras.ops.einsum("ij,kj->ik", x, x)):
        y = np.asarray(y)
        assert y.dtype == "int32"
        assert (y == 80000).all()


@pytest.mark.parametrize("subscripts", ["ij,jk->ii", "ij,jk->iz", "ij->ij", "i1,jk->ik", "ijk,jk->i"])
def test_wrong_subscripts(subscripts):
    with pytest.raises(ValueError, match="einsum"):
        keras.ops.einsum(subscripts, normal(3, 4), normal(4, 5))


@pytest.mark.parametrize("shape", [(0, 3, 3), (2, 0, 3, 3), (0, 1, 1)])
def test_matmul_of_an_empty_batch(shape):
    x = np.ones(shape, "float32")
    assert np.asarray(keras.ops.matmul(x, x)).shape == shape
