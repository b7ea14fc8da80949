# SPDX-License-Identifier: Apache-2.0
"""Module linalg of keras.ops on complex matrices, against numpy.linalg in complex128."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from kov import _core

RANDOM = np.random.default_rng(11)
linalg = keras.ops.linalg
DTYPES = ["complex64", "complex128"]
# Units for factors and values: complex64 is computed in double and rounded once; complex128 in itself, as
# by the judge, with the errors of up to 40 reflections and hundreds of rotations.
UNITS = {"complex64": 8, "complex128": 64}
SIZES = [(1, ()), (2, (3,)), (5, (2, 2)), (9, ()), (0, (2,)), (40, ()), (3, (0,))]
SHAPES = [(5, 5), (7, 3), (3, 7), (2, 6, 4), (1, 4), (4, 1), (1, 1), (40, 33), (33, 40), (0, 3), (3, 0), (2, 0, 0)]


def normal(shape, dtype):
    return (RANDOM.normal(size=shape) + 1j * RANDOM.normal(size=shape)).astype(dtype)


def adjoint(x):
    return np.conj(np.swapaxes(x, -1, -2))


def eps(dtype):
    return np.finfo(dtype).eps


def near(actual, expected, dtype, units):
    """Within so many units of the largest element: what backward stable algorithms promise."""
    actual = np.asarray(actual)
    assert actual.shape == np.shape(expected)
    assert actual.dtype == dtype
    size = max(np.abs(expected).max(initial=0), np.finfo("float32").tiny)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=units * eps(dtype) * size)


def rebuilt(actual, expected, dtype):
    """A product of factors."""
    actual = np.asarray(actual, "complex128")
    unit = eps(dtype) * np.linalg.norm(expected, axis=(-2, -1)).max(initial=0)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=UNITS[dtype] * unit)


def orthonormal(columns, dtype):
    gram = adjoint(columns).astype("complex128") @ columns
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(gram.shape[-1]), gram.shape), rtol=0,
                               atol=UNITS[dtype] * eps(dtype))


def real(dtype):
    return np.finfo(dtype).dtype


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n, batch", SIZES)
def test_square(n, batch, dtype):
    a = normal((*batch, n, n), dtype) + (3 * np.eye(n)).astype(dtype)
    wide = a.astype("complex128")
    units = 32 * max(1, np.linalg.cond(wide).max(initial=0)) if a.size else 1  # times the condition
    near(linalg.det(a), np.linalg.det(wide), dtype, 8 * max(n, 1))  # a product of n rounded pivots
    sign, logarithm = keras.ops.slogdet(a)
    want = np.linalg.slogdet(wide)
    near(sign, want[0], dtype, 8 * max(n, 1))
    near(logarithm, want[1], real(dtype), 8 * max(n, 1))
    near(keras.ops.logdet(a), want[1], real(dtype), 8 * max(n, 1))
    near(linalg.inv(a), np.linalg.inv(wide), dtype, units)
    b = normal((*batch, n, 2), dtype)
    near(linalg.solve(a, b), np.linalg.solve(wide, b.astype("complex128")), dtype, units)
    lower, upper = np.tril(a, -1) / 4 + 3 * np.eye(n), np.triu(a, 1) / 4 + 3 * np.eye(n)
    for part, is_lower in ((lower.astype(dtype), True), (upper.astype(dtype), False)):
        want = np.linalg.solve(part.astype("complex128"), b.astype("complex128"))
        near(linalg.solve_triangular(part, b, lower=is_lower), want, dtype, 32 * max(n, 1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_solve_of_vectors_and_of_mixed_kinds(dtype):
    a, b = normal((4, 6, 6), dtype), RANDOM.normal(size=(4, 6)).astype(real(dtype))
    want = np.linalg.solve(a.astype("complex128"), b[..., None].astype("complex128"))[..., 0]
    near(linalg.solve(a, b), want, dtype, 32 * np.linalg.cond(a.astype("complex128")).max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (2, 4, 4), (40, 40)])
def test_lu_takes_the_pivots_of_lapack(shape, dtype):
    a = normal(shape, dtype)
    lu, pivots = (np.asarray(part) for part in linalg.lu_factor(a))
    n = shape[-1]
    for one, swaps, x in zip(lu.reshape(-1, n, n), pivots.reshape(-1, n), a.reshape(-1, n, n)):
        rows, left = np.arange(n), x.astype("complex128")
        for k, swap in enumerate(swaps):
            size = np.abs(left[k:, k].real) + np.abs(left[k:, k].imag)
            assert size[swap - k] >= size.max() * (1 - 64 * eps(dtype))
            left[[k, swap]] = left[[swap, k]]
            rows[[k, swap]] = rows[[swap, k]]
            left[k + 1:] -= left[k + 1:, k:k + 1] / left[k, k] @ left[k:k + 1]
        wide = one.astype("complex128")
        rebuilt((np.tril(wide, -1) + np.eye(n)) @ np.triu(wide), x[rows], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n, batch", SIZES)
def test_cholesky(n, batch, dtype):
    x = normal((*batch, n, n), "complex128")
    a = (x @ adjoint(x) + np.eye(n)).astype(dtype)
    lower = np.linalg.cholesky(a.astype("complex128"))
    near(linalg.cholesky(a), lower, dtype, 64)  # a's smallest eigenvalue is 1 / hundreds of its largest
    near(linalg.cholesky(a, upper=True), adjoint(lower), dtype, 64)
    rounded = lower.astype(dtype)
    inverse = np.linalg.inv(rounded @ adjoint(rounded.astype("complex128")))
    near(linalg.cholesky_inverse(rounded), inverse, dtype, 64)
    near(linalg.cholesky_inverse(adjoint(rounded), upper=True), inverse, dtype, 64)


def test_cholesky_refuses_what_is_not_positive():
    with pytest.raises(ValueError, match="positive definite"):
        linalg.cholesky(np.array([[1, 2j], [-2j, 1]], "complex64"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr(shape, mode, dtype):
    a = normal(shape, dtype)
    q, r = (np.asarray(part) for part in linalg.qr(a, mode=mode))
    want = np.linalg.qr(a.astype("complex128"), mode=mode)
    assert q.shape == want[0].shape and q.dtype == dtype
    near(r, want[1], dtype, 32)  # LAPACK's: a real diagonal, with its signs
    if min(shape[-2:]) > 0:
        near(q[..., :min(shape[-2:])], want[0][..., :min(shape[-2:])], dtype,
             32 * np.linalg.cond(a.astype("complex128")).max())
    rebuilt(q.astype("complex128") @ r, a, dtype)
    orthonormal(q, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("full", [True, False])
def test_svd(shape, full, dtype):
    a = normal(shape, dtype)
    u, s, vh = (np.asarray(part) for part in linalg.svd(a, full_matrices=full))
    want = np.linalg.svd(a.astype("complex128"), full_matrices=full)
    assert (u.shape, vh.shape) == (want[0].shape, want[2].shape)
    assert u.dtype == vh.dtype == dtype
    near(s, want[1], real(dtype), UNITS[dtype])
    k = s.shape[-1]
    rebuilt((u[..., :k].astype("complex128") * s[..., None, :]) @ vh[..., :k, :], a, dtype)
    orthonormal(u, dtype)
    orthonormal(adjoint(vh), dtype)
    near(linalg.svd(a, compute_uv=False), want[1], real(dtype), UNITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n, batch", SIZES)
def test_eigh(n, batch, dtype):
    x = normal((*batch, n, n), dtype)
    a = x + adjoint(x)
    values, vectors = (np.asarray(part) for part in linalg.eigh(a))
    near(values, np.linalg.eigvalsh(a.astype("complex128")), real(dtype), UNITS[dtype])
    assert vectors.dtype == dtype
    wide = vectors.astype("complex128")
    rebuilt((wide * values[..., None, :]) @ adjoint(wide), a, dtype)
    orthonormal(vectors, dtype)


def apart(values, others):
    """Of each value the nearest of the others, in a one to one relation."""
    left, most = list(others), 0
    for value in values:
        distances = np.abs(np.array(left) - value)
        most = max(most, distances.min())
        left.pop(int(distances.argmin()))
    return most


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n, batch", SIZES + [(120, ())])
def test_eig(n, batch, dtype):
    a = normal((*batch, n, n), dtype)
    values, vectors = (np.asarray(part) for part in linalg.eig(a))
    assert values.dtype == vectors.dtype == dtype
    assert values.shape == a.shape[:-1] and vectors.shape == a.shape
    wide, unit = vectors.astype("complex128"), eps(dtype) * np.linalg.norm(a, axis=(-2, -1)).max(initial=0)
    # of length 1, the product has errors of the norm of a
    np.testing.assert_allclose(a @ wide, wide * values[..., None, :], rtol=0, atol=UNITS[dtype] * unit)
    np.testing.assert_allclose(np.linalg.norm(wide, axis=-2), 1, rtol=0, atol=UNITS[dtype] * eps(dtype))
    want = np.linalg.eigvals(a.astype("complex128"))
    for at in np.ndindex(batch):
        one, other, left = values[at], want[at], wide[at]
        assert n == 0 or apart(one, other) <= UNITS[dtype] * unit * np.linalg.cond(left)
    at = np.abs(wide).argmax(-2)[..., None, :] if n else None  # as LAPACK: the largest component is real
    assert n == 0 or np.abs(np.take_along_axis(wide, at, -2).imag).max(initial=0) <= 4 * eps(dtype)


def test_eig_of_awkward_matrices():
    turn = np.roll(np.eye(6), 1, axis=0) * 1j  # all values of one size: an ordinary shift would turn in a circle
    step = np.diag(np.ones(4), 1).astype("complex128")  # one value, five times, with one vector
    graded = np.diag([1e-200, 1, 1e200]) * (1 + 1j)
    for a in (turn, step, graded, np.zeros((3, 3), "complex128"), np.triu(normal((5, 5), "complex128")),
              normal((6, 6), "complex128") * 1e300):
        values, vectors = (np.asarray(part) for part in linalg.eig(a))
        size = max(np.abs(a).max(), np.finfo("float64").tiny)
        np.testing.assert_allclose(a / size @ vectors, vectors * (values / size), rtol=0, atol=1e-13)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1, rtol=0, atol=1e-13)
    np.testing.assert_allclose(np.sort(np.asarray(linalg.eig(graded)[0]).real), [1e-200, 1, 1e200], rtol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_degenerate(dtype):
    """Zero, a multiple of one, diagonal, of rank 1, imaginary: nothing to reflect, or equal values."""
    one, line = np.eye(5), normal((5, 1), dtype)
    for a in (0 * one, 2j * one, np.diag([1j, 0, -2, 0, 3]), line @ adjoint(line), 1j * np.ones((5, 5))):
        a = a.astype(dtype)
        u, s, vh = (np.asarray(part) for part in linalg.svd(a))
        rebuilt((u.astype("complex128") * s) @ vh, a, dtype)
        orthonormal(u, dtype)
        orthonormal(adjoint(vh), dtype)
        near(s, np.linalg.svd(a.astype("complex128"))[1], real(dtype), UNITS[dtype])
        q, r = (np.asarray(part) for part in linalg.qr(a))
        rebuilt(q.astype("complex128") @ r, a, dtype)
        orthonormal(q, dtype)
        hermitian = a + adjoint(a)
        values, vectors = (np.asarray(part) for part in linalg.eigh(hermitian))
        rebuilt((vectors.astype("complex128") * values) @ adjoint(vectors), hermitian, dtype)
        orthonormal(vectors, dtype)
        assert np.asarray(linalg.matrix_rank(a)) == np.linalg.matrix_rank(a)
    singular = np.array([[1, 1j], [1j, -1]], dtype)
    assert np.asarray(linalg.det(singular)) == 0
    sign, logarithm = keras.ops.slogdet(singular)
    assert np.asarray(sign) == 0 and np.asarray(logarithm) == -np.inf


@pytest.mark.parametrize("name", ["svd", "eigh", "eig"])
def test_what_is_not_finite_is_refused(name):
    with pytest.raises(ValueError, match="do not converge"):
        getattr(linalg, name)(np.full((3, 3), complex(0, np.nan), "complex64"))


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_scales(scale):
    a = normal((6, 4), "complex128") * scale
    u, s, vh = (np.asarray(part) for part in linalg.svd(a, full_matrices=False))
    rebuilt((u * (s / scale)) @ vh, a / scale, "complex128")
    q, r = (np.asarray(part) for part in linalg.qr(a))
    rebuilt(q @ (r / scale), a / scale, "complex128")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (2, 6, 4)])
def test_by_singular_values(shape, dtype):
    a = normal(shape, dtype)
    wide = a.astype("complex128")
    units = 32 * np.linalg.cond(wide).max()
    near(linalg.pinv(a), np.linalg.pinv(wide), dtype, units)
    b = normal((*shape[:-1], 2), dtype)
    near(linalg.lstsq(a, b), np.linalg.pinv(wide) @ b, dtype, units * np.linalg.cond(wide).max())
    np.testing.assert_array_equal(np.asarray(linalg.matrix_rank(a)), np.linalg.matrix_rank(wide))
    for order in ("nuc", 2, -2, "fro", 1, np.inf):
        want = np.linalg.norm(wide, ord=order, axis=(-2, -1), keepdims=True)
        near(linalg.norm(a, ord=order, axis=(-2, -1), keepdims=True), want, real(dtype), 16)


@pytest.mark.parametrize("name", ["qr", "cholesky", "eigh"])
def test_a_derivative_of_complex_factors_is_refused(name):
    a = np.eye(3, dtype="complex64") * 2
    with pytest.raises(NotImplementedError, match="of complex matrices"):
        keras.ops.jvp(getattr(linalg, name), (a,), (a,))


def test_a_derivative_of_a_complex_inverse():
    a, moved = normal((3, 3), "complex128"), normal((3, 3), "complex128")
    inverse = np.linalg.inv(a)
    near(keras.ops.jvp(linalg.inv, (a,), (moved,))[1], -inverse @ moved @ inverse, "complex128",
         64 * np.linalg.cond(a) ** 2)


def test_a_trace_computes_the_same():
    trace = _core.Trace()
    data = trace.input("complex64", (None, 4, 4))
    trace.enter()
    try:
        results = [linalg.inv(data), linalg.svd(data, compute_uv=False), linalg.qr(data)[1], linalg.det(data)]
    finally:
        trace.exit()
    graph, x = trace.finish(results), normal((3, 4, 4), "complex64")
    want = [linalg.inv(x), linalg.svd(x, compute_uv=False), linalg.qr(x)[1], linalg.det(x)]
    for device in ("REFERENCE", "NATIVE"):
        for have, one in zip(graph.compile(device=device).run([x]), want):
            np.testing.assert_array_equal(np.asarray(have), np.asarray(one))
