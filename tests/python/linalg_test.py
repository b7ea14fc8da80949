# SPDX-License-Identifier: Apache-2.0
"""Module linalg of keras.ops against numpy.linalg in float64."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from kov.activation import backend_module

RANDOM = np.random.default_rng(7)
linalg = keras.ops.linalg
DTYPES = ["float32", "float64"]


def normal(shape, dtype="float32"):
    return RANDOM.normal(size=shape).astype(dtype)


def close(actual, expected, dtype="float32", factor=500):
    actual = np.asarray(actual)
    assert actual.shape == np.shape(expected)
    assert actual.dtype == dtype
    tolerance = factor * np.finfo(dtype).eps  # of matrices with a condition of some hundreds
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)




def well(n, dtype, *batch):
    return normal((*batch, n, n), dtype) + 3 * np.eye(n, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n,batch", [(1, ()), (4, ()), (5, (3,)), (9, (2, 3)), (0, (2,)), (40, ())])
def test_square(n, batch, dtype):
    a = well(n, dtype, *batch)
    wide = a.astype("float64")
    determinant = np.linalg.det(wide)
    # a product of up to 40 pivots, each with the error of a float32 elimination
    np.testing.assert_allclose(np.asarray(linalg.det(a)), determinant, rtol=1e-4)
    sign, logarithm = keras.ops.slogdet(a)
    close(sign, np.linalg.slogdet(wide)[0], dtype)
    close(logarithm, np.linalg.slogdet(wide)[1], dtype)
    close(keras.ops.logdet(a), np.linalg.slogdet(wide)[1], dtype)
    close(linalg.inv(a), np.linalg.inv(wide), dtype)
    b = normal((*batch, n, 2), dtype)
    close(linalg.solve(a, b), np.linalg.solve(wide, b.astype("float64")), dtype)
    lower, upper = np.tril(wide), np.triu(wide)
    close(linalg.solve_triangular(a, b, lower=True), np.linalg.solve(lower, b), dtype, 5e5)
    close(linalg.solve_triangular(a, b), np.linalg.solve(upper, b), dtype, 5e5)


def test_solve_of_vectors():
    a, b = well(6, "float32", 4), normal((4, 6))
    expected = np.linalg.solve(a.astype("float64"), b[..., None])[..., 0]
    close(linalg.solve(a, b), expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cholesky(dtype):
    x = normal((3, 6, 6), dtype)
    a = (x @ x.transpose(0, 2, 1) + np.eye(6)).astype(dtype)
    expected = np.linalg.cholesky(a.astype("float64"))
    close(linalg.cholesky(a), expected, dtype)
    close(linalg.cholesky(a, upper=True), expected.transpose(0, 2, 1), dtype)
    inverse = np.linalg.inv(a.astype("float64"))
    close(linalg.cholesky_inverse(expected.astype(dtype)), inverse, dtype)
    upper = expected.transpose(0, 2, 1).astype(dtype)
    close(linalg.cholesky_inverse(upper, upper=True), inverse, dtype)
    with pytest.raises(ValueError, match="positive definite"):
        linalg.cholesky(-a)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (2, 6, 4), (1, 4), (4, 1)])
def test_factors(shape, dtype):
    a = normal(shape, dtype)
    wide = a.astype("float64")
    for mode in ("reduced", "complete"):
        q, r = linalg.qr(a, mode=mode)
        expected = np.linalg.qr(wide, mode=mode)
        close(q, expected[0], dtype)  # the signs are LAPACK's
        close(r, expected[1], dtype)
    for full in (True, False):
        u, s, vh = linalg.svd(a, full_matrices=full)
        expected = np.linalg.svd(wide, full_matrices=full)
        close(s, expected[1], dtype)
        assert u.shape == expected[0].shape and vh.shape == expected[2].shape
        k = s.shape[-1]
        wide_u, wide_v = np.asarray(u), np.asarray(vh)
        rebuilt = (wide_u[..., :k] * np.asarray(s)[..., None, :]) @ wide_v[..., :k, :]
        close(rebuilt, wide, dtype)
        gram = np.swapaxes(wide_u, -1, -2) @ wide_u
        close(gram, np.broadcast_to(np.eye(gram.shape[-1]), gram.shape), dtype)
        gram = wide_v @ np.swapaxes(wide_v, -1, -2)
        close(gram, np.broadcast_to(np.eye(gram.shape[-1]), gram.shape), dtype)
    close(linalg.svd(a, compute_uv=False), np.linalg.svd(wide, compute_uv=False), dtype)
    close(linalg.pinv(a), np.linalg.pinv(wide), dtype)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_low_rank(shape):
    a = (normal((shape[0], 2)) @ normal((2, shape[1]))).astype("float32")
    assert np.asarray(linalg.matrix_rank(a)) == 2
    assert np.asarray(linalg.matrix_rank(a, tol=1e6)) == 0
    u, s, vh = (np.asarray(part) for part in linalg.svd(a))
    # eps times the norm of a, of about 5; solutions lose the condition of its rank-2 part besides
    np.testing.assert_allclose(s[2:], 0, atol=1e-6)
    np.testing.assert_allclose(u.T @ u, np.eye(shape[0]), atol=1e-5)
    np.testing.assert_allclose(vh @ vh.T, np.eye(shape[1]), atol=1e-5)
    b = normal((shape[0], 2))
    expected = np.linalg.lstsq(a.astype("float64"), b, rcond=1e-5)[0]
    np.testing.assert_allclose(np.asarray(linalg.lstsq(a, b)), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(linalg.svd(np.zeros(shape, "float32"))[1]), 0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n,batch", [(1, ()), (2, ()), (6, (3,)), (30, ())])
def test_eigh(n, batch, dtype):
    x = normal((*batch, n, n), dtype)
    a = x + np.swapaxes(x, -1, -2)
    values, vectors = (np.asarray(part) for part in linalg.eigh(a))
    close(values, np.linalg.eigvalsh(a.astype("float64")), dtype)
    close(a @ vectors, vectors * values[..., None, :], dtype)
    gram = np.swapaxes(vectors, -1, -2) @ vectors
    close(gram, np.broadcast_to(np.eye(n), gram.shape), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n,batch", [(1, ()), (2, (4,)), (3, ()), (6, (2, 3)), (40, ()), (150, ()), (0, (2,))])
def test_eig(n, batch, dtype):
    """Residuals in units of eps * norm, and the values of numpy.linalg."""
    a = normal((*batch, n, n), dtype)
    values, vectors = (np.asarray(part) for part in linalg.eig(a))
    assert values.dtype == vectors.dtype == {"float32": "complex64", "float64": "complex128"}[dtype]
    assert values.shape == a.shape[:-1] and vectors.shape == a.shape
    wide = vectors.astype("complex128")
    residual = a @ wide - wide * values[..., None, :]
    unit = np.finfo(dtype).eps * max(1, np.linalg.norm(a, axis=(-2, -1)).max(initial=0))
    assert np.abs(residual).max(initial=0) < 8 * unit
    np.testing.assert_allclose(np.linalg.norm(wide, axis=-2), 1, atol=8 * np.finfo(dtype).eps)
    # Eigenvalues of random matrices of these sizes have condition numbers of some tens.
    want = np.linalg.eigvals(a.astype("float64"))
    apart = np.abs(values[..., :, None] - want[..., None, :])
    assert apart.min(-1, initial=1e9).max(initial=0) < 300 * unit if n else True
    real = values.imag == 0
    assert (np.abs(vectors.imag).max(-2)[real] == 0).all() if n else True
    # Conjugates stand beside each other, the one above the real axis first.
    pairs = [i for i in range(n) if (values.imag > 0)[..., i].any()]
    for i in pairs:
        above = values.imag[..., i] > 0
        np.testing.assert_array_equal(values[..., i][above].conj(), values[..., i + 1][above])


@pytest.mark.parametrize("a", [
    np.zeros((3, 3)), np.eye(4), np.triu(np.ones((6, 6))), np.diag(np.ones(5), 1),
    np.array([[0, 1.0], [-1, 0]]), np.array([[1, 1e10], [1e-10, 1]]), np.diag([1e-200, 1e200, 1]),
    np.eye(6)[[1, 2, 3, 4, 5, 0]], np.ones((5, 5)), np.diag(np.ones(40), 1) * 1e3,
    np.random.default_rng(0).normal(size=(4, 4)) * 1e300,
    np.random.default_rng(0).normal(size=(4, 4)) * 1e-290,
])
def test_eig_of_special_matrices(a):
    values, vectors = (np.asarray(part) for part in linalg.eig(a))
    scale = np.abs(a).max() or 1
    residual = (a / scale) @ vectors - vectors * (values / scale)
    assert np.abs(residual).max() < 1e-14
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1, atol=1e-15)


def test_eig_refuses():
    with pytest.raises(ValueError, match="converge"):
        linalg.eig(np.full((3, 3), np.nan))


def large_symmetric():
    x = np.random.default_rng(4).normal(size=(3, 90, 90))
    graded = np.diag(10.0 ** -np.arange(80)) + np.diag(np.ones(79) * 1e-30, 1)
    path = np.diag(np.ones(63), 1)
    return {
        "batch": x + x.swapaxes(-1, -2), "rank 2": np.outer(x[0, 0], x[0, 0]) + np.outer(x[0, 1], x[0, 1]),
        "zeros": np.zeros((40, 40)), "ones": np.ones((50, 50)), "diagonal": np.diag(np.arange(70.0) % 3),
        "path": path + path.T, "huge": (path + path.T) * 1e300, "tiny": (x[0] + x[0].T) * 1e-290,
        "graded": graded + graded.T,
    }


@pytest.mark.parametrize("name", large_symmetric())
def test_large_eigh(name):
    a = large_symmetric()[name]
    n = a.shape[-1]
    values, vectors = (np.asarray(part) for part in linalg.eigh(a))
    scale = np.abs(a).max() or 1
    unit = np.finfo("float64").eps * max(1, np.linalg.norm(a / scale, axis=(-2, -1)).max())
    assert (np.diff(values) >= 0).all()
    assert np.abs((a / scale) @ vectors - vectors * (values / scale)[..., None, :]).max() < 20 * unit
    # n / 2 rotations of each vector, rounded
    gram = vectors.swapaxes(-1, -2) @ vectors
    assert np.abs(gram - np.eye(n)).max() < n / 2 * np.finfo("float64").eps
    assert np.abs(values - np.linalg.eigvalsh(a)).max() < 10 * unit * scale


def large_matrices():
    x = np.random.default_rng(8).normal(size=(2, 70, 45))
    bidiagonal = np.diag(np.r_[0.0, np.ones(20), 0, np.ones(18), 0]) + np.diag(np.ones(40), 1)
    return {
        "tall": x, "wide": x.swapaxes(-1, -2), "one column": x[0, :, :1], "square": x[0] @ x[1].T,
        "zeros": np.zeros((50, 40)), "ones": np.ones((50, 60)), "zeros on a diagonal": bidiagonal,
        "shift": np.diag(np.ones(49), 1), "graded": np.diag(10.0 ** -np.arange(80)),
        "huge": x[0] * 1e300, "tiny": x[0] * 1e-290, "triangle": np.triu(np.ones((60, 60))),
    }


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("name", large_matrices())
def test_large_svd(name, full):
    a = large_matrices()[name]
    u, s, vh = (np.asarray(part) for part in linalg.svd(a, full_matrices=full))
    shapes = [part.shape for part in np.linalg.svd(a, full_matrices=full)]
    assert [u.shape, s.shape, vh.shape] == shapes
    n, scale, eps = s.shape[-1], np.abs(a).max() or 1, np.finfo("float64").eps
    unit = eps * max(1, np.linalg.norm(a / scale, axis=(-2, -1)).max())
    assert (s >= 0).all() and (np.diff(s) <= 0).all()
    product = (u[..., :n] * (s / scale)[..., None, :]) @ vh[..., :n, :]
    assert np.abs(product - a / scale).max() < 20 * unit
    for rows in (u.swapaxes(-1, -2), vh):
        gram = rows @ rows.swapaxes(-1, -2)
        # some rotations of each vector per value, rounded
        assert np.abs(gram - np.eye(gram.shape[-1])).max() < max(a.shape[-2:]) / 2 * eps
    assert np.abs(s - np.linalg.svd(a)[1]).max() < 10 * unit * scale


@pytest.mark.parametrize("dtype", [*DTYPES, "int32"])
@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 4, 4), (2, 3, 5, 5)])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 10, -1, -3])
def test_matrix_power(n, shape, dtype):
    # keras.ops has it from Keras 3.16 on; the backend has it under any Keras.
    matrix_power = backend_module("ops.linalg").matrix_power
    size = shape[-1]
    if dtype == "int32":
        x = RANDOM.integers(-2, 3, size=shape).astype(dtype)
        x += 9 * np.eye(size, dtype=dtype) if n < 0 else 0
    else:
        x = (normal(shape, dtype) + 3 * np.eye(size, dtype=dtype)) / 4  # powers stay near 1
    got = np.asarray(matrix_power(x, n))
    if dtype == "int32" and n >= 0:
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, np.linalg.matrix_power(x, n))
        return
    expected = np.linalg.matrix_power(x.astype("float64"), n)
    result = "float32" if dtype == "int32" else dtype
    assert got.dtype == result and got.shape == shape
    # Each of the at most ten factors brings its rounding, relative to the largest element.
    size_of = np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=0, atol=1000 * np.finfo(result).eps * size_of)


def test_lu_factor():
    a = normal((3, 5, 5))
    lu, pivots = (np.asarray(part) for part in linalg.lu_factor(a))
    rebuilt = (np.tril(lu, -1) + np.eye(5)) @ np.triu(lu)
    for matrix, swaps in zip(rebuilt, pivots):
        for k in reversed(range(5)):
            matrix[[k, swaps[k]]] = matrix[[swaps[k], k]]
    close(rebuilt, a, "float64", 1e10)


ORDERS = [None, 1, 2, -1, -2, np.inf, -np.inf]


@pytest.mark.parametrize("ord", ORDERS + [0, 3, 0.5])
def test_norm_of_vectors(ord):
    x = normal((4, 6))
    for axis in (0, -1):
        for keepdims in (False, True):
            expected = np.linalg.norm(x.astype("float64"), ord=ord, axis=axis, keepdims=keepdims)
            close(linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims), expected)


@pytest.mark.parametrize("ord", ORDERS + ["fro", "nuc"])
def test_norm_of_matrices(ord):
    x = normal((3, 4, 6))
    for axis in ((0, 1), (2, 0), (-1, -2)):
        for keepdims in (False, True):
            expected = np.linalg.norm(x.astype("float64"), ord=ord, axis=axis, keepdims=keepdims)
            close(linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims), expected)


def test_norm_neither_overflows_nor_vanishes():
    for scale in (1e30, 1e-30):
        x = (normal(7) * scale).astype("float32")
        np.testing.assert_allclose(
            np.asarray(linalg.norm(x)), np.linalg.norm(x.astype("float64")), rtol=1e-6
        )
    with pytest.raises(ValueError, match="ord"):
        linalg.norm(normal((3, 3)), ord=3, axis=(0, 1))


def test_rank_with_a_tolerance_for_each_matrix():
    x = np.stack([np.diag([1.0, 2.0, 3.0])] * 3).astype("float32")
    rank = backend_module("ops.linalg").matrix_rank(x, tol=np.array([0.5, 1.5, 9.0], "float32"))
    np.testing.assert_array_equal(np.asarray(rank), [3, 2, 0])
