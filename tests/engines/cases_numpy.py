# SPDX-License-Identifier: Apache-2.0
"""Meaningful arguments for the functions of the module numpy."""

import numpy as np
from case_kit import ANY, FLOATS, INTEGERS, LANES, MATRICES, NUMBERS, ONE, SQUARES, TYPES, VECTORS
from case_kit import Call as C
from case_kit import Spec, exactly, broadcast

BITS = INTEGERS + ("bool",)


def unary(names, **options):
    return {f"numpy.{name}": Spec(lambda t: t(), **options) for name in names.split()}


def binary(names, second=None, **options):
    second = second or {}
    calls = (
        lambda t: (t(), t.of(t.shape, **second)),
        lambda t: t.ndim > 0 and (t(), t.of(broadcast(t.shape), **second)),
        lambda t: t.ndim == 2 and (t.of(broadcast(t.shape)), t.of(t.shape, **second)),
    )
    return {f"numpy.{name}": Spec(*calls, **options) for name in names.split()}


def _axes(t):
    return t.ndim > 0 and all(t.shape)


def reduction(names, empty=True, **options):
    calls = (
        lambda t: (empty or all(t.shape)) and t(),
        lambda t: t.ndim > 0 and (empty or t.shape[0]) and C(t(), axis=0),
        lambda t: t.ndim > 0 and (empty or t.last) and C(t(), axis=-1, keepdims=True),
        lambda t: t.ndim > 2 and (empty or all(t.shape)) and C(t(), axis=(0, -1)),
    )
    return {f"numpy.{name}": Spec(*calls, **options) for name in names.split()}


def window(names, **options):
    calls = tuple(lambda t, n=n: n for n in (1, 2, 7, 64))
    return {f"numpy.{name}": Spec(*calls, shapes=ONE, types=("float32",), **options)
            for name in names.split()}


def alone(*calls, **options):
    """Calls without data."""
    return Spec(*calls, shapes=ONE, types=("float32",), **options)


def _nan(t, *shape):
    """With NaN where the type has it."""
    x = np.array(t(*shape))
    if t.is_float and x.size > 2:
        x.reshape(-1)[::3] = np.nan
    return x


def nan_reduction(names, empty=True, **options):
    calls = (
        lambda t: (empty or all(t.shape)) and _nan(t),
        lambda t: t.ndim > 1 and (empty or all(t.shape)) and C(_nan(t), axis=0),
        lambda t: t.ndim > 1 and (empty or all(t.shape)) and C(_nan(t), axis=-1, keepdims=True),
    )
    return {f"numpy.{name}": Spec(*calls, **options) for name in names.split()}


def _special(t):
    x = t()
    if t.is_float and x.size >= 7:
        x.reshape(-1)[:5] = [np.nan, np.inf, -np.inf, -0.0, 0.0]
    return x


def _logaddexp(unit):
    def function(x, y):
        if np.iscomplexobj(x):
            return np.log(np.exp(x * unit) + np.exp(y * unit)) / unit
        return np.logaddexp(x * unit, y * unit) / unit

    return exactly(function)


def _histogram(x, bins=10, range=None):
    counts, edges = np.histogram(x, bins, range)
    return counts.astype("int32"), edges.astype("float32")


SUMS = dict(ulp=64, of_largest=True,
            why="sums of up to 79 thousand numbers, in another order, that may nearly cancel")
RUNNING = dict(ulp=128, of_largest=True,
               why="OpenVINO and NumPy add 79 thousand numbers one after another in float32")
TWO_STEPS = "the judge computes in several rounded steps"

CASES = {
    **unary("abs absolute ceil conj conjugate copy floor imag isreal negative real sign square trunc",
            types=TYPES),
    "numpy.ndim": Spec(lambda t: t(), judge=lambda x: np.int32(np.ndim(x))),
    "numpy.size": Spec(lambda t: t(), judge=lambda x: np.int32(np.size(x))),
    **unary("angle arctan arcsinh cos deg2rad fabs rad2deg sin sinh tanh exp exp2 expm1 cbrt"
            " cosh tan", ulp=8, why=TWO_STEPS),
    **unary("sinc", ulp=8, of_largest=True, why="the judges round pi x before its sine"),
    **unary("i0", ulp=16, why="NumPy's polynomial is good to 1e-7"),
    **unary("arccos arcsin arctanh", low=-0.98, high=0.98, ulp=8, why=TWO_STEPS),
    **unary("arccosh", low=1, high=9, ulp=8, why=TWO_STEPS),
    **unary("log log2 log10 sqrt", low=0.01, high=9, ulp=8, why=TWO_STEPS),
    **unary("log1p", low=-0.9, high=9, ulp=8, why=TWO_STEPS),
    **unary("reciprocal", low=0.5, high=4),
    **unary("bitwise_invert bitwise_not", types=BITS),
    **unary("logical_not"),
    **{f"numpy.{name}": Spec(_special) for name in
       "isfinite isinf isnan isneginf isposinf signbit".split()},
    "numpy.array": (lambda t: t(), lambda t: C(t(), dtype="float32")),
    "numpy.clip": (lambda t: (t(), 1, 2), lambda t: (t(), None, 1), lambda t: (t(), t.of(()), 5)),
    "numpy.nan_to_num": (_special, lambda t: C(_special(t), nan=1.0, posinf=2.0, neginf=-3.0)),
    "numpy.round": Spec(lambda t: t(), lambda t: C(t(), decimals=1), wider="NumPy rounds bool to float16"),
    "numpy.view": Spec(lambda t: C(t(), dtype="int32"), lambda t: C(t(), dtype="float32"),
                       lambda t: t.last % 4 == 0 and t.ndim and C(t(dtype="int8"), dtype="int32"),
                       types=("float32", "int32", "uint32"), shapes=LANES),
    **binary("arctan2 hypot", ulp=16, why=TWO_STEPS),
    # JAX's of complex numbers is off by 50 ulp where they nearly cancel
    **binary("logaddexp", ulp=16, of_largest=True, judge=_logaddexp(1), why="two logarithms that nearly cancel"),
    **binary("logaddexp2", ulp=16, of_largest=True, judge=_logaddexp(np.log(2)), why="two logarithms that nearly cancel"),
    # Keras 3.16 has these.
    **binary("copysign", types=FLOATS + ("int32", "bool"), judge=exactly(np.copysign), via="backend"),
    **binary("float_power", types=FLOATS + ("int32", "bool"), low=1, high=4, judge=exactly(np.power), via="backend",
             ulp=8, why=TWO_STEPS),
    "numpy.cov": Spec(lambda t: t(), shapes=[(7,), (3, 5), (17, 7), (0, 4), (130, 67)],
                      judge=exactly(np.cov), via="backend", **dict(SUMS, types=FLOATS + ("int32", "bool"))),
    "numpy.nextafter": Spec(lambda t: (t(), t()), types=FLOATS),
    **binary("add multiply maximum minimum"),
    **binary("subtract", types=NUMBERS),
    **binary("fmax fmin heaviside"),
    **binary("bitwise_and bitwise_or bitwise_xor", types=BITS),
    **binary("bitwise_left_shift bitwise_right_shift left_shift right_shift",
             dict(low=0, high=5), types=INTEGERS),
    **binary("divide divide_no_nan true_divide", dict(low=1, high=5), types=NUMBERS),
    **binary("floor_divide mod fmod", dict(low=1, high=5), types=NUMBERS),
    **binary("gcd lcm", types=INTEGERS),
    "numpy.ldexp": Spec(lambda t: (t(), t(dtype="int32")), types=FLOATS),
    **binary("power", dict(low=0, high=3), low=1, high=4, ulp=8, why=TWO_STEPS, types=NUMBERS),
    **binary("equal greater greater_equal less less_equal not_equal"),
    **binary("logical_and logical_or logical_xor"),
    **binary("allclose isclose"),
    "numpy.select": (lambda t: ([t.flags(), t.flags()], [t(), t()], 0),
                     lambda t: ([t.flags()], [t()], t.of(()))),
    "numpy.where": (lambda t: (t.flags(), t(), t()),
                    lambda t: t.ndim and (t.flags(*broadcast(t.shape) or (1,)), t(), t.of(())),
                    lambda t: t.ndim and t.flags()),
    # ---- reductions ----
    **reduction("all any"),
    **reduction("sum prod", low=-1, high=1, **SUMS),
    **reduction("mean", empty=False, **SUMS),
    **reduction("std var", empty=False, **SUMS),
    **reduction("amax amin max min ptp", empty=False),
    **{f"numpy.{name}": Spec(
        lambda t: all(t.shape) and t.distinct(),
        lambda t: _axes(t) and C(t(), axis=0),
        lambda t: _axes(t) and C(t.distinct(), axis=-1, keepdims=True))
       for name in ("argmax", "argmin")},
    "numpy.count_nonzero": (lambda t: t(), lambda t: t.ndim and C(t(), axis=-1)),
    **{f"numpy.{name}": Spec(lambda t: t.ndim and C(t(), axis=0), lambda t: C(t()),
                             lambda t: t.ndim and C(t(), axis=-1, dtype="float32"),
                             low=-1, high=1.1, **RUNNING)
       for name in ("cumprod", "cumsum")},
    **{f"numpy.{name}": Spec(lambda t: t.ndim and C(_nan(t), axis=0), lambda t: C(_nan(t)),
                             low=-1, high=1.1, **RUNNING)
       for name in ("nancumprod", "nancumsum")},
    "numpy.diff": Spec(lambda t: t(), lambda t: t.last > 2 and C(t(), n=2),
                       lambda t: C(t(), axis=0), shapes=LANES, of_largest=True),
    **nan_reduction("nanmax nanmin", empty=False),
    # NumPy's take NaN for the place of a complex extreme, JAX's refuse.
    **nan_reduction("nanargmax nanargmin", empty=False, types=FLOATS + INTEGERS + ("bool",)),
    **nan_reduction("nanprod", low=-1, high=1, **SUMS),
    **nan_reduction("nansum", low=-1, high=1, **RUNNING),
    **nan_reduction("nanmean nanstd nanvar", empty=False, **SUMS),
    **nan_reduction("nanmedian", empty=False),
    # ---- shapes ----
    "numpy.append": (lambda t: (t(), t()), lambda t: t.ndim and C(t(), t(), axis=-1)),
    "numpy.array_split": Spec(lambda t: (t(), 3), lambda t: (t(), [1, 2]),
                              lambda t: C(t(), 2, axis=-1), shapes=LANES),
    "numpy.broadcast_to": Spec(lambda t: (t.of(broadcast(t.shape)), t.shape), shapes=ANY[1:]),
    "numpy.column_stack": Spec(lambda t: ([t(), t()],), shapes=VECTORS + [(3, 2)],
                               judge=np.column_stack, via="backend"),
    "numpy.concatenate": Spec(lambda t: ([t(), t()],), lambda t: C([t(), t(), t()], axis=-1),
                              shapes=LANES),
    "numpy.dsplit": Spec(lambda t: (t(3, 2, 6), 3), lambda t: (t(3, 2, 7), [2, 4]), shapes=ONE),
    "numpy.hsplit": Spec(lambda t: (t(6), 3), lambda t: (t(3, 7), [2, 4]), shapes=ONE),
    "numpy.vsplit": Spec(lambda t: (t(6, 2), 3), lambda t: (t(7, 3), [2, 4]), shapes=ONE),
    "numpy.split": Spec(lambda t: (t(6, 2), 3), lambda t: C(t(7, 9), [2, 4], axis=1), shapes=ONE),
    "numpy.dstack": Spec(lambda t: ([t(), t()],), shapes=LANES),
    "numpy.hstack": Spec(lambda t: ([t(), t()],), shapes=LANES),
    "numpy.vstack": Spec(lambda t: ([t(), t()],), shapes=LANES),
    "numpy.expand_dims": (lambda t: (t(), 0), lambda t: (t(), (0, -1))),
    "numpy.flip": (lambda t: t(), lambda t: t.ndim and C(t(), axis=-1)),
    "numpy.fliplr": Spec(lambda t: t(), shapes=MATRICES),
    "numpy.flipud": Spec(lambda t: t(), shapes=LANES),
    "numpy.meshgrid": Spec(lambda t: (t(), t(3)), lambda t: C(t(), t(2), t(1), indexing="ij"),
                           shapes=[(1,), (7,), (17,), (0,)], via="unpack"),
    "numpy.moveaxis": Spec(lambda t: (t(), 0, -1), shapes=LANES),
    "numpy.ravel": lambda t: t(),
    "numpy.repeat": (lambda t: (t(), 3), lambda t: t.ndim and C(t(), 2, axis=-1),
                     lambda t: t.shape == (7,) and C(t(), np.arange(7, dtype="int32"), axis=0)),
    "numpy.reshape": (lambda t: (t(), (-1,)), lambda t: (t(), t.shape[::-1])),
    "numpy.roll": (lambda t: (t(), 3), lambda t: t.ndim and C(t(), -2, axis=-1),
                   lambda t: t.ndim > 1 and C(t(), (1, -2), axis=(0, 1))),
    "numpy.rot90": Spec(lambda t: t(), lambda t: C(t(), k=3, axes=(-2, -1)),
                        lambda t: C(t(), k=2), shapes=MATRICES),
    "numpy.squeeze": (lambda t: t(), lambda t: t.ndim > 2 and t.shape[0] == 1 and C(t(), axis=0)),
    "numpy.stack": (lambda t: ([t(), t()],), lambda t: C([t(), t()], axis=-1)),
    "numpy.swapaxes": Spec(lambda t: (t(), 0, -1), shapes=LANES),
    "numpy.tile": (lambda t: (t(), 2), lambda t: t.ndim and (t(), (2,) + (1,) * t.ndim)),
    "numpy.transpose": (lambda t: t(), lambda t: t.ndim == 3 and C(t(), axes=(1, 2, 0))),
    # ---- creation ----
    "numpy.arange": alone(lambda t: 7, lambda t: (2, 17, 3), lambda t: (5.0, 1.0, -0.75),
                          lambda t: C(3, dtype="float16"), lambda t: (3, 3)),
    **window("bartlett blackman hamming hanning", ulp=4, of_largest=True),
    "numpy.kaiser": alone(lambda t: (7, 2.5), lambda t: (64, 14.0), lambda t: (1, 3.0), ulp=16,
                          why="i0 of NumPy is good to 1e-7"),
    **{f"numpy.{name}": alone(lambda t: ((),), lambda t: ((0, 3),), lambda t: C((3, 5), dtype="int32"),
                              lambda t: ((131, 67),)) for name in ("ones", "zeros")},
    "numpy.empty": alone(lambda t: ((),), lambda t: C((3, 5), dtype="int32"), judge="shapes"),
    "numpy.empty_like": Spec(lambda t: t(), lambda t: C(t(), dtype="float32"), judge="shapes"),
    "numpy.ones_like": (lambda t: t(), lambda t: C(t(), dtype="float32")),
    "numpy.zeros_like": (lambda t: t(), lambda t: C(t(), dtype="float32")),
    "numpy.full": Spec(lambda t: ((3, 5), t.of(())), lambda t: C((0, 2), 3, dtype="int32"), shapes=ONE),
    "numpy.full_like": (lambda t: (t(), 2), lambda t: C(t(), 3, dtype="float32")),
    "numpy.eye": alone(lambda t: 3, lambda t: (3, 5), lambda t: (4, 4, -1), lambda t: (1, 1, 3),
                       lambda t: C(7, dtype="int32"), lambda t: 0),
    "numpy.identity": alone(lambda t: 3, lambda t: C(1, dtype="bool"), lambda t: 0),
    "numpy.tri": alone(lambda t: 3, lambda t: (3, 5), lambda t: C(4, 4, -1), lambda t: C(5, 2, 1)),
    "numpy.linspace": Spec(lambda t: (0, 1), lambda t: C(t.of(()), t.of(()), num=7),
                           lambda t: C(t(3), t(3), num=0),
                           lambda t: C(2, 5, num=17, endpoint=False), lambda t: C(0.0, 3.0, num=1),
                           lambda t: C(t(3), t(3), num=5, axis=-1),
                           lambda t: C(0, 1, num=5, retstep=True), shapes=ONE, types=("float32", "int32"),
                           of_largest=True),
    "numpy.logspace": alone(lambda t: C(0, 3, num=7), lambda t: C(0.0, 1.0, num=17, base=2),
                            lambda t: C(0, 1, num=5, endpoint=False), ulp=16, why=TWO_STEPS),
    "numpy.geomspace": alone(lambda t: C(1, 1000, num=7), lambda t: C(1.0, 2.0, num=17),
                             lambda t: C(1, 8, num=5, endpoint=False), ulp=16, why=TWO_STEPS),
    "numpy.tril": Spec(lambda t: t(), lambda t: C(t(), k=1), lambda t: C(t(), k=-1), shapes=MATRICES),
    "numpy.triu": Spec(lambda t: t(), lambda t: C(t(), k=1), lambda t: C(t(), k=-1), shapes=MATRICES),
    # ---- indexing ----
    "numpy.diag": Spec(lambda t: t(), lambda t: C(t(), k=1), lambda t: C(t(), k=-2),
                       shapes=[(1,), (7,), (3, 5), (17, 7), (0,)]),
    "numpy.diagflat": Spec(lambda t: t(), lambda t: C(t(), k=-1), shapes=[(1,), (7,), (3, 5)]),
    "numpy.diagonal": Spec(lambda t: t(), lambda t: C(t(), offset=1),
                           lambda t: t.ndim > 2 and C(t(), axis1=1, axis2=2), shapes=MATRICES),
    "numpy.trace": Spec(lambda t: t(), lambda t: C(t(), offset=-1), shapes=MATRICES, **SUMS),
    "numpy.nonzero": Spec(lambda t: t(), shapes=LANES),
    "numpy.pad": Spec(lambda t: (t(), 2), lambda t: C(t(), 1, mode="reflect") if t.shape and min(
                          t.shape) > 1 else None,
                      lambda t: C(t(), ((1, 2),) * t.ndim, mode="constant", constant_values=1),
                      lambda t: all(t.shape) and C(t(), 2, mode="edge"),
                      lambda t: all(n > 2 for n in t.shape) and C(t(), 2, mode="symmetric"),
                      lambda t: all(n > 2 for n in t.shape) and C(t(), 1, mode="wrap"),
                      lambda t: all(t.shape) and C(t(), 1, mode="maximum"),
                      shapes=LANES),
    "numpy.take": (lambda t: t.shape and all(t.shape) and (t(), t.index((2, 3), min(t.shape))),
                   lambda t: t.last and C(t(), t.index((5,), t.last, -t.last), axis=-1),
                   lambda t: t.last and C(t(), 0, axis=0)),
    "numpy.take_along_axis": (
        lambda t: t.last and C(t(), t.index(t.shape, t.last), axis=-1),
        lambda t: t.ndim == 1 and t.last and C(t(), t.index((3,), t.last, -t.last), axis=None)),
    "numpy.unravel_index": Spec(lambda t: (t.index((7,), 15), (3, 5)), lambda t: (t.index((), 24), (4, 6)),
                                shapes=ONE, types=("int32",)),
    # ---- sorting ----
    "numpy.argpartition": Spec(lambda t: C(t.distinct(), 0), lambda t: t.last > 3 and C(t.distinct(), 3),
                               shapes=VECTORS + [(3, 5)], judge="shapes"),
    "numpy.argsort": Spec(lambda t: t.distinct(), lambda t: C(t(), axis=0), shapes=LANES),
    "numpy.sort": Spec(lambda t: t(), lambda t: C(t(), axis=0), lambda t: C(_nan(t), axis=-1), shapes=LANES),
    "numpy.bincount": Spec(lambda t: t(low=0), lambda t: C(t(low=0), weights=t.float()),
                           lambda t: C(t(low=0), minlength=12), types=INTEGERS,
                           shapes=[(1,), (7,), (17,), (3, 5), (1031,)], **SUMS),
    "numpy.digitize": Spec(lambda t: (t(), np.array([-2.0, -0.5, 0.0, 1.5], "float32"))),
    "numpy.histogram": Spec(lambda t: t(), lambda t: C(t(), bins=5), lambda t: C(t(), bins=4, range=(-2, 2)),
                            types=("float32", "int32"), shapes=[(7,), (17,), (300,)], of_largest=True,
                            judge=_histogram),
    "numpy.isin": (lambda t: (t(), t(3)), lambda t: C(t(), t(5), invert=True),
                   lambda t: t.ndim == 1 and C(t(), t(), assume_unique=True)),
    "numpy.searchsorted": Spec(lambda t: (np.sort(t(9)), t()), lambda t: C(np.sort(t(9)), t(), side="right"),
                               types=("float32", "int32", "float64", "int64", "float16"), shapes=VECTORS),
    "numpy.unique": Spec(lambda t: t(), lambda t: C(t(), return_index=True, return_inverse=True,
                                                    return_counts=True),
                         lambda t: t.ndim == 2 and C(t(), axis=0),
                         lambda t: 0 not in t.shape and C(t(), size=5, fill_value=0), shapes=[(0,), (1,), (7,), (17,), (3, 5), (1031,)]),
    # ---- statistics ----
    "numpy.average": Spec(lambda t: all(t.shape) and t(), lambda t: _axes(t) and C(
                              t(), axis=-1, weights=t.float(t.last, low=0.5)), **SUMS),
    "numpy.corrcoef": Spec(lambda t: t.last > 2 and t(), shapes=MATRICES[:5], types=("float32", "int32"), ulp=32,
                           of_largest=True, why="a quotient of sums of products"),
    "numpy.correlate": Spec(lambda t: (t(), t(3)), lambda t: C(t(), t(5), mode="full"),
                            lambda t: C(t(), t(4), mode="same"), shapes=[(7,), (17,), (300,)],
                            types=("float32", "int32"), **SUMS),
    "numpy.median": (lambda t: all(t.shape) and t(), lambda t: _axes(t) and C(t(), axis=-1, keepdims=True),
                     lambda t: _axes(t) and C(t(), axis=0)),
    **{f"numpy.{name}": Spec(
        lambda t, make=make, scale=scale: (make(t), 0.3 * scale),
        lambda t, make=make, scale=scale: C(make(t), np.array([0.0, 0.25, 1.0], "float32") * scale, axis=-1),
        lambda t, make=make, scale=scale: C(make(t), 0.5 * scale, axis=0, method="nearest"),
        lambda t, make=make, scale=scale: C(make(t), 0.6 * scale, axis=-1, method="lower", keepdims=True),
        lambda t, make=make, scale=scale: C(make(t), 0.6 * scale, method="higher"),
        lambda t, make=make, scale=scale: C(make(t), 0.6 * scale, method="midpoint"),
        shapes=[(1,), (7,), (17,), (3, 5), (2, 131, 9)], types=("float32", "int32", "float64"), ulp=16,
        of_largest=True, why="positions are computed in float32")
       for name, scale, make in (("quantile", 1, lambda t: t()), ("percentile", 100, lambda t: t()),
                                 ("nanquantile", 1, _nan), ("nanpercentile", 100, _nan))},
    "numpy.trapezoid": Spec(lambda t: t(), lambda t: C(t(), dx=0.5), lambda t: C(t(), x=t(t.last)),
                            lambda t: C(t(), axis=0), shapes=LANES, **SUMS),
    # ---- products ----
    "numpy.cross": Spec(lambda t: (t(3), t(3)), lambda t: (t(5, 3), t(3)), lambda t: (t(4, 1, 3), t(5, 3)),
                        lambda t: (t(7, 2), t(7, 2)), shapes=ONE, types=NUMBERS, of_largest=True),
    "numpy.dot": Spec(lambda t: (t(), t()), lambda t: (t(3, t.last), t()), lambda t: (t(2, 3, t.last), t(t.last, 4)),
                      lambda t: (t(), t.of(())), shapes=VECTORS, **SUMS),
    "numpy.inner": Spec(lambda t: (t(), t()), lambda t: (t(3, t.last), t(2, t.last)), shapes=VECTORS, **SUMS),
    "numpy.kron": Spec(lambda t: (t(), t(3)), lambda t: (t(2, 3), t(3, 2)), shapes=VECTORS),
    "numpy.matmul": Spec(lambda t: (t(), t(t.last, 5)), lambda t: (t(), t(t.last)),
                         lambda t: (t(3, *t.shape), t(3, t.last, 2)) if t.ndim == 2 else None,
                         lambda t: (t(t.shape[-2]), t()), shapes=MATRICES, **SUMS),
    "numpy.outer": Spec(lambda t: (t(), t(3)), lambda t: (t(2, 3), t()), shapes=VECTORS),
    "numpy.slogdet": Spec(lambda t: t.float() + (np.eye(t.last) * 9).astype(t.dtype), shapes=SQUARES,
                          types=("float32", "float64", "complex64", "complex128"),
                          ulp=64, of_largest=True, why="errors of an LU factorisation"),
    "numpy.tensordot": Spec(lambda t: C(t(2, 3, 4), t(3, 4, 5)), lambda t: C(t(2, 7), t(7, 3), axes=1),
                            lambda t: C(t(2, 3, 4), t(4, 3), axes=[[1, 2], [1, 0]]), shapes=ONE, **SUMS),
    "numpy.vander": Spec(lambda t: t(), lambda t: C(t(), N=3), lambda t: C(t(), N=4, increasing=True),
                         shapes=[(1,), (3,), (5,)], types=("float32", "int32"), ulp=16, why="powers by repeated products"),
    "numpy.vdot": Spec(lambda t: (t(), t()), shapes=VECTORS + [(3, 5)], **SUMS),
    "numpy.einsum": Spec(lambda t: ("ij,jk->ik", t(3, 7), t(7, 5)), lambda t: ("bij->bji", t(2, 3, 4)),
                         lambda t: ("ii->i", t(5, 5)), lambda t: ("...ij,...j->...i", t(2, 4, 3), t(2, 3)),
                         lambda t: ("ij,jk,kl->il", t(3, 4), t(4, 2), t(2, 5)), lambda t: ("ij->", t(17, 3)),
                         shapes=ONE, types=NUMBERS, **SUMS),
}
