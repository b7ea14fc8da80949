# SPDX-License-Identifier: Apache-2.0
"""Meaningful arguments for the functions of the modules math, linalg, random and core."""

import ctypes
import ctypes.util
import functools
import math

import ml_dtypes
import numpy as np
from case_kit import ANY, COMPLEX, FLOATS, INTEGERS, LANES, MATRICES, NUMBERS, ONE, SQUARES, TYPES
from case_kit import Call as C
from case_kit import Spec, exactly

LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
LIBM.lgammal.restype, LIBM.lgammal.argtypes = ctypes.c_longdouble, [ctypes.c_longdouble]

TWO_STEPS = "the judge computes in several rounded steps"
SMOOTH = dict(ulp=16, of_largest=True, why=TWO_STEPS)
TRANSFORM = dict(shapes=ONE, types=("float32", "float64"), ulp=32, of_largest=True, why="sums of products")
REAL = ("float32", "float64")
RECURRENT = dict(shapes=ONE, types=("float32",), low=-0.5, high=0.5, judge="backend", via="table", ulp=64,
                 of_largest=True, why="errors grow from step to step")
SOLVED = dict(types=FLOATS + COMPLEX, ulp=512, of_largest=True, why="errors of a factorisation times the condition number")


def _signal(t, *shape):
    return t(*shape), t(*shape)


def _wide(t):
    return np.asarray(t.float(), "complex128" if t.dtype in COMPLEX else "float64")


def _adjoint(x):
    return np.conj(np.swapaxes(x, -1, -2))


def _wide_definite(t):
    x = _wide(t)
    return x @ _adjoint(x) / 4 + np.eye(t.last)


def _definite(t):
    return _wide_definite(t).astype(t.dtype)


def _hermitian(t):
    x = _wide(t)
    return (x + _adjoint(x)).astype(t.dtype)


def _regular(t):
    return (_wide(t) + np.eye(t.last) * 9).astype(t.dtype)


def _triangle(t, lower):
    x = _regular(t)
    return np.tril(x) if lower else np.triu(x)


def _right(t):
    return t.float(*t.shape[:-1], 2)


def _segments(t, sort=False):
    ids = t.index(t.shape[:1], 4)
    return np.sort(ids) if sort else ids


def _signed(columns):
    """Vectors in columns, of each the largest component positive."""
    at = np.abs(columns).argmax(-2)[..., None, :]
    largest = np.take_along_axis(columns, at, -2)
    return columns * (np.abs(largest) / largest)


def _eigenvectors(results):
    return [results[0], _signed(results[1])]


def _singular(results):
    """What is unique of a decomposition: values, and the product, whose factors are orthogonal."""
    if len(results) == 1:
        return results
    u, s, vh = results
    k = s.shape[-1]
    inner = np.eye(u.shape[-1], dtype=u.dtype), np.eye(vh.shape[-2], dtype=u.dtype)
    orthogonal = [_adjoint(u) @ u - inner[0] + 1, vh @ _adjoint(vh) - inner[1] + 1]
    return [s, (u[..., :k] * s[..., None, :]) @ vh[..., :k, :], *orthogonal]


def segments(names, **options):
    return {f"math.{name}": Spec(
        lambda t: C(t(), _segments(t), num_segments=5),
        lambda t: C(t(), _segments(t, True), num_segments=4, sorted=True),
        lambda t: t.shape[0] and C(t(), _segments(t)), types=NUMBERS, shapes=[(1,), (7,), (17,), (5, 3), (300, 7)],
        **options) for name in names.split()}


def _extreme(reduce, empty):
    """Keras has the largest number of the type, not infinity, for an empty segment under this name."""
    def judge(data, ids, num_segments=None, sorted=False):
        n = int(ids.max()) + 1 if num_segments is None else num_segments
        info = ml_dtypes.finfo if data.dtype.kind in "fV" else np.iinfo
        if data.dtype.kind == "c":  # as on JAX; on NumPy, Keras makes all of it NaN
            none = -np.inf if empty == "min" else np.inf
        else:
            none = getattr(info(data.dtype), empty)
        out = np.full((n,) + data.shape[1:], none, data.dtype)
        for i, row in zip(ids, data):
            if i >= 0:
                out[i] = reduce(out[i], row)
        return out

    return judge


def _drawn(*calls, **options):
    """The bits are the same everywhere; the logarithms and sines of some distributions are each engine's."""
    return Spec(*calls, shapes=ONE, types=("float32",), judge="shapes", ulp=64, of_largest=True,
                why="logarithms, sines and powers of the engines", **options)


@functools.partial(np.vectorize, otypes=[float])
def _gammainc(a, x):
    """By the series, whose terms are positive."""
    if a == 0 or x == 0:
        return np.nan if a == x else float(a == 0)
    terms = [1.0]
    while terms[-1] > 1e-20 * terms[0]:
        terms.append(terms[-1] * x / (a + len(terms)))
    return math.exp(a * math.log(x) - x - math.lgamma(a + 1)) * math.fsum(terms)


@functools.partial(np.vectorize, otypes=[float])
def _lgamma(x):
    return LIBM.lgammal(x)


CASES = {
    "math.erf": Spec(lambda t: t(), types=FLOATS, ulp=8, why=TWO_STEPS),
    "math.erfc": Spec(lambda t: t(), types=FLOATS, ulp=16, why=TWO_STEPS),
    "math.erfinv": Spec(lambda t: t(), low=-0.98, high=0.98, types=FLOATS, ulp=32, why="JAX's polynomial"),
    # Keras 3.16 has these.
    "math.gammainc": Spec(lambda t: (t(), t(high=12)), lambda t: t.ndim > 0 and (t(), t(t.last, high=12)), low=0.1, high=9,
                          types=("float32", "float16", "bfloat16", "int32"), judge=exactly(_gammainc), via="backend"),
    "math.lgamma": Spec(lambda t: t(), types=FLOATS + ("int32", "bool"), judge=exactly(_lgamma), via="backend"),
    "math.rsqrt": Spec(lambda t: t(), low=0.1, high=9, types=FLOATS, ulp=8, why=TWO_STEPS),
    "math.logsumexp": Spec(lambda t: all(t.shape) and t(), lambda t: t.ndim and all(t.shape) and C(t(), axis=-1, keepdims=True),
                           lambda t: t.ndim and all(t.shape) and C(t(), axis=0), types=FLOATS, **SMOOTH),
    "math.top_k": Spec(lambda t: (t.distinct(), 1), lambda t: t.last > 3 and (t.distinct(), 4),
                       shapes=[(1,), (7,), (17,), (3, 5), (2, 0, 3), (9, 131, 67)], types=NUMBERS),
    "math.in_top_k": Spec(lambda t: (t.index(t.shape[:1], t.last), t.distinct(), 2), shapes=[(3, 5), (1, 7), (17, 9)],
                          types=FLOATS),
    "math.extract_sequences": Spec(lambda t: t.last >= 4 and (t(), 4, 2), lambda t: t.last >= 5 and (t(), 5, 1),
                                   shapes=[(7,), (17,), (3, 5), (300,)]),
    "math.cdist": Spec(lambda t: (t(), t(4, t.last)), shapes=[(3, 5), (1, 1), (17, 7)], types=("float32",), ulp=64,
                       of_largest=True, why="differences of squares"),
    **segments("segment_sum segment_prod", ulp=8, of_largest=True, why="sums in another order"),
    **segments("segment_max", judge=_extreme(np.maximum, "min")),
    **segments("segment_min", judge=_extreme(np.minimum, "max")),
    "math.logdet": Spec(lambda t: _definite(t), shapes=SQUARES, **SOLVED),
    "math.fft": Spec(lambda t: (_signal(t, 7),), lambda t: (_signal(t, 2, 16),), lambda t: (_signal(t, 1),), **TRANSFORM),
    "math.fft2": Spec(lambda t: (_signal(t, 7, 4),), lambda t: (_signal(t, 2, 8, 6),), **TRANSFORM),
    "math.ifft2": Spec(lambda t: (_signal(t, 7, 4),), lambda t: (_signal(t, 2, 8, 6),), **TRANSFORM),
    "math.rfft": Spec(lambda t: t(7), lambda t: t(2, 16), lambda t: C(t(3, 9), fft_length=16), lambda t: C(t(9), fft_length=5),
                      **TRANSFORM),
    "math.irfft": Spec(lambda t: (_signal(t, 5),), lambda t: (_signal(t, 2, 9),), lambda t: C(_signal(t, 5), fft_length=7),
                       **TRANSFORM),
    "math.stft": Spec(lambda t: C(t(2, 40), 8, 3, 8), lambda t: C(t(40), 6, 4, 16, window="hamming", center=False),
                      lambda t: C(t(40), 8, 4, 8, window=None), **TRANSFORM),
    "math.istft": Spec(lambda t: C(_signal(t, 2, 11, 5), 8, 4, 8), lambda t: C(_signal(t, 9, 9), 16, 4, 16, length=40),
                       shapes=ONE, types=("float32",), ulp=256, of_largest=True, why="divided by sums of squared windows"),
    # ---- linalg ----
    "linalg.cholesky": Spec(_definite, lambda t: C(_definite(t), upper=True), shapes=SQUARES, **SOLVED),
    # Keras's own backends do not conjugate the factor of a complex matrix: theirs is no inverse of it.
    "linalg.cholesky_inverse": Spec(lambda t: np.linalg.cholesky(_wide_definite(t)).astype(t.dtype), shapes=SQUARES,
                                    judge=exactly(lambda x: np.linalg.inv(x @ _adjoint(x))), **SOLVED),
    "linalg.det": Spec(_regular, shapes=SQUARES, **SOLVED),
    "linalg.eig": Spec(lambda t: t.float(), shapes=SQUARES, types=REAL + COMPLEX, judge="shapes"),
    "linalg.eigh": Spec(lambda t: np.diag(np.arange(t.last, dtype=t.dtype) * 3) + _hermitian(t) / 50, shapes=SQUARES,
                        judge="shapes", settle=_eigenvectors, **SOLVED),
    "linalg.inv": Spec(_regular, shapes=SQUARES, **SOLVED),
    "linalg.lstsq": Spec(lambda t: t.shape[0] >= t.shape[1] and (_tall(t), t.float(t.shape[0], 2)),
                         shapes=[(1, 1), (5, 3), (17, 7), (130, 67)], **SOLVED),
    "linalg.lu_factor": Spec(_regular, shapes=SQUARES, **SOLVED),
    "linalg.matrix_power": Spec(lambda t: (_regular(t) / 9, 3), lambda t: (_regular(t), -2), shapes=SQUARES,
                                judge=exactly(np.linalg.matrix_power), via="backend", **SOLVED),
    # Of bfloat16, which is no float to it, NumPy takes the threshold of float64.
    "linalg.matrix_rank": Spec(lambda t: t.float(), shapes=[(3, 3), (5, 3), (2, 4, 4), (0, 3, 3), (33, 40)],
                               types=REAL + COMPLEX + ("float16",)),
    "linalg.norm": Spec(
        lambda t: t.float(), lambda t: C(t.float(), axis=-1), lambda t: t.ndim == 1 and C(t.float(), ord=1),
        *(lambda t, order=order: t.ndim > 1 and C(t.float(), ord=order, axis=(-2, -1), keepdims=True)
          for order in ("fro", 1, -1, np.inf, -np.inf, 2, "nuc")),
        shapes=[(1,), (7,), (3, 5), (2, 4, 3), (0, 4, 3), (130, 67)], **SOLVED),
    "linalg.pinv": Spec(lambda t: _tall(t), shapes=[(1, 1), (5, 3), (17, 7), (130, 67)], **SOLVED),
    "linalg.qr": Spec(lambda t: t.float(), lambda t: C(t.float(), mode="complete"),
                      shapes=[(1, 1), (3, 3), (5, 3), (3, 5), (2, 4, 3), (0, 3, 3), (40, 33)],
                      judge="shapes", **SOLVED),
    "linalg.solve": Spec(lambda t: (_regular(t), _right(t)), lambda t: t.ndim == 2 and (_regular(t), t.float(t.last)),
                         shapes=SQUARES, **SOLVED),
    "linalg.solve_triangular": Spec(lambda t: (_triangle(t, False), _right(t)),
                                    lambda t: C(_triangle(t, True), _right(t), lower=True), shapes=SQUARES, **SOLVED),
    "linalg.svd": Spec(lambda t: C(t.float(), compute_uv=False), lambda t: t.float(), lambda t: C(t.float(), full_matrices=False),
                       shapes=[(1, 1), (3, 3), (5, 3), (3, 5), (2, 4, 3), (0, 3, 3), (40, 33)], judge="shapes",
                       settle=_singular, **SOLVED),
    # ---- random ----
    **{f"random.{name}": _drawn(lambda t: C((3, 5), seed=7), lambda t: C((0, 2), seed=7),
                                lambda t: C((1031,), seed=7, dtype="float64"), lambda t: C((9, 131, 67), seed=8))
       for name in ("uniform", "normal", "truncated_normal")},
    "random.randint": _drawn(lambda t: C((3, 5), -4, 9, seed=7), lambda t: C((1031,), 0, 2**31 - 1, seed=7)),
    "random.categorical": _drawn(lambda t: C(t(3, 5), 17, seed=7)),
    "random.dropout": _drawn(lambda t: C(t(17, 5), 0.4, seed=7), lambda t: C(t(17, 5), 0.4, noise_shape=(17, 1), seed=7)),
    "random.shuffle": _drawn(lambda t: C(t(17, 5), seed=7), lambda t: C(t(3, 17), axis=1, seed=7)),
    "random.gamma": _drawn(lambda t: C((17,), 2.5, seed=7), lambda t: C((3, 5), t(5, low=0.3, high=3), seed=7)),
    "random.beta": _drawn(lambda t: C((17,), 2.5, 0.7, seed=7)),
    "random.binomial": _drawn(lambda t: C((17,), 20.0, 0.3, seed=7)),
    # ---- rnn: no public name; Keras's layers are compared in tests/python ----
    "rnn.lstm": Spec(
        lambda t: (t(2, 5, 3), t(2, 4), t(2, 4), None, t(3, 16), t(4, 16), t(16)),
        lambda t: C(t(2, 5, 3), t(2, 4), t(2, 4), t.flags(2, 5), t(3, 16), t(4, 16), None, return_sequences=True),
        lambda t: C(t(1, 7, 3), t(1, 1), t(1, 1), None, t(3, 4), t(1, 4), t(4), return_sequences=True, go_backwards=True),
        **RECURRENT),
    "rnn.gru": Spec(
        lambda t: (t(2, 5, 3), t(2, 4), None, t(3, 12), t(4, 12), t(2, 12)),
        lambda t: C(t(2, 5, 3), t(2, 4), t.flags(2, 5), t(3, 12), t(4, 12), None, return_sequences=True),
        lambda t: C(t(1, 7, 3), t(1, 1), None, t(3, 3), t(1, 3), t(3), go_backwards=True, reset_after=False),
        **RECURRENT),
    # ---- core ----
    "core.cast": Spec(*(lambda t, to=to: C(t(low=0), to) for to in ("float32", "int32", "bool", "float16", "uint8")),
                      lambda t: t.dtype in ("int8", "float64") and C(t(low=0), "int64")),
    "core.strided_slice": Spec(
        *(lambda t, key=key: (t(7, 5, 4), key) for key in (
            np.s_[2], np.s_[-1, 1:], np.s_[::-2], np.s_[..., None, 1], np.s_[5:1:-1, :, ::2], np.s_[3:3])),
        shapes=ONE, via="getitem", judge=lambda x, key: x[key]),
    "core.slice": Spec(lambda t: (t(7, 5), (2, 1), (3, 4)), lambda t: (t(7, 5), t.index((2,), 3), (3, 2)), shapes=ONE),
    "core.slice_update": Spec(lambda t: (t(7, 5), (2, 1), t(3, 4)), lambda t: (t(7, 5), t.index((2,), 3), t(2, 2)),
                              shapes=ONE),
    "core.scatter": Spec(lambda t: (np.array([[0], [3], [0]], "int32"), t(3, 4), (5, 4)),
                         lambda t: (t.index((7, 2), 3), t(7), (3, 5)), shapes=ONE, types=NUMBERS, of_largest=True),
    "core.scatter_update": Spec(
        lambda t: (t(5, 4), np.array([[0], [3]], "int32"), t(2, 4)),
        *(lambda t, how=how: t.dtype != "bool" and C(t(5, 4), np.array([[0], [3], [0]], "int32"), t(3, 4), reduction=how)
          for how in ("add", "mul", "max", "min")), shapes=ONE),
    "core.stop_gradient": lambda t: t(),
    "core.unstack": Spec(lambda t: t(), lambda t: C(t(), axis=-1), shapes=[(1,), (7,), (3, 5), (2, 0, 3)]),
}


def _tall(t):
    x = np.zeros(t.shape)
    np.fill_diagonal(x, 5)
    return (x + _wide(t) / 2).astype(t.dtype)
