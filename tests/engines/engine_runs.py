# SPDX-License-Identifier: Apache-2.0
"""The ways to compute a case: eagerly, and traced on the reference interpreter, natively and on
OpenVINO; Keras on another backend as the judge; and when two results count as equal."""

import os
import pickle
import subprocess
import sys

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401, E402  puts the finder in place

import keras  # noqa: E402
import numpy as np  # noqa: E402
from case_kit import EPS, WIDE  # noqa: E402
from engine_table import ROOT, arrays, flat, public  # noqa: E402
from kov import _core  # noqa: E402

HERE = ROOT / "tests" / "engines"
DEVICES = ("REFERENCE", "NATIVE", "CPU")


class Refused(Exception):
    """kov says that it does not take these arguments."""


REFUSALS = (ValueError, TypeError, NotImplementedError)


def as_arrays(results):
    return [np.asarray(keras.ops.convert_to_numpy(x)) for x in flat(results)]


def eagerly(case):
    call = case.call()
    try:
        return as_arrays(public(keras, case.function, case.spec.via)(*call.args, **call.kwargs))
    except REFUSALS as error:
        raise Refused(f"{type(error).__name__}: {error}"[:300]) from error


class Seed(keras.random.SeedGenerator):
    """A seed that is data."""

    def __init__(self, key):
        self._key = key

    def next(self, ordered=True):
        return self._key


class Traced:
    """A case's call as a graph: of free dimensions where the function allows that. seeds: the seed
    is an input too, the last."""

    def __init__(self, case, free=True, seeds=False):
        self.case, self.free, self.seeds = case, free, seeds
        if free:
            try:
                self.graph = self._trace(True)
                return
            except (ValueError, TypeError):
                self.free = False
        try:
            self.graph = self._trace(False)
        except REFUSALS as error:
            raise Refused(f"{type(error).__name__}: {error}"[:300]) from error

    def _trace(self, free):
        call, trace = self.case.call(), _core.Trace()

        def to_input(array):
            shape = [None] * array.ndim if free else array.shape
            return trace.input(array.dtype.name, shape)

        args = arrays(call.args, to_input)
        kwargs = {name: arrays(x, to_input) for name, x in call.kwargs.items()}
        if self.seeds and "seed" in kwargs:
            kwargs["seed"] = Seed(trace.input("uint32", (2,)))
        trace.enter()
        try:
            results = flat(public(keras, self.case.function, self.case.spec.via)(*args, **kwargs))
        finally:
            trace.exit()
        return trace.finish(results)

    def plan(self, device):
        return self.graph.compile(device=device)

    def run(self, plan, case):
        inputs = []
        call = case.call()
        arrays(call.args, inputs.append)
        for x in call.kwargs.values():
            arrays(x, inputs.append)
        return as_arrays(plan.run(inputs))

    def serves(self, case):
        """Whether this graph is also that of another case: the same but for the sizes of data."""
        return self.free and _outline(self.case) == _outline(case)


def _outline(case):
    call = case.call()
    outline = lambda array: f"<{array.dtype.name} of rank {array.ndim}>"
    return repr((arrays(call.args, outline), {k: arrays(x, outline) for k, x in call.kwargs.items()}))


# ---- the judge -----------------------------------------------------------------------------------


class Judge:
    """Keras on another backend, in the Python of the judges."""

    _running = {}

    @classmethod
    def of(cls, backend):
        if backend not in cls._running:
            cls._running[backend] = cls(backend)
        return cls._running[backend]

    def __init__(self, backend):
        environment = dict(os.environ, KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3",
                           JAX_PLATFORMS="cpu", CUDA_VISIBLE_DEVICES="-1", PYTHONPATH=str(HERE))
        self._process = subprocess.Popen([os.environ["KOV_JUDGE"], str(HERE / "judge_server.py")],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, env=environment)

    def __call__(self, cases, widened=False):
        """For each case the results, or what was raised. widened: 16-bit floats given as float32."""
        keys = [(case.function, case.variant, case.dtype, case.shape) for case in cases]
        pickle.dump((keys, widened), self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)


def has_judge():
    return os.path.exists(os.environ.get("KOV_JUDGE", ""))


# ---- comparison ----------------------------------------------------------------------------------


def difference(have, want, spec, judged=False):
    """What is wrong with a list of results, or None. judged: dtypes follow Keras on a backend that
    has 32 bits where kov keeps the 64 of an argument, and values those of its wider types."""
    if len(have) != len(want):
        return f"{len(have)} results for {len(want)}"
    if not judged:
        have, want = spec.settle(have), spec.settle(want)
    for i, (a, b) in enumerate(zip(have, want)):
        wrong = _difference_of_one(a, b, spec, judged)
        if wrong:
            return f"result {i}: {wrong}"
    return None


def _difference_of_one(a, b, spec, judged):
    if judged and WIDE.get(a.dtype.name) == b.dtype.name:
        a = a.astype(b.dtype)
    if judged and spec.wider:
        b = b.astype(a.dtype)
    if a.dtype != b.dtype:
        return f"{a.dtype.name} for {b.dtype.name}"
    if a.shape != b.shape:
        return f"shape {a.shape} for {b.shape}"
    if judged and spec.judge == "shapes":
        return None
    if a.dtype.name in EPS:  # of complex numbers, in units of their modulus
        return _float_difference(a, b, spec)
    wrong = np.argwhere(a != b)
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        return f"{len(wrong)} differ, first at {at}: {a[at]} for {b[at]}"
    return None


def _float_difference(a, b, spec):
    wide = np.clongdouble if a.dtype.kind == "c" else np.longdouble
    x, y = np.asarray(a, wide), np.asarray(b, wide)
    odd = ~np.isfinite(y) | ~np.isfinite(x)
    size = np.abs(np.where(odd, 0, y))
    if spec.of_largest:
        size = np.full(size.shape, size.max(initial=0))
    unit = np.maximum(size, float(np.finfo(np.float32).tiny)) * EPS[a.dtype.name]
    with np.errstate(invalid="ignore"):
        ulps = np.where(odd, 0, np.abs(x - y) / unit)
        bad = (ulps > spec.ulp) | (odd & ~((x == y) | (np.isnan(x) & np.isnan(y))))
    wrong = np.argwhere(bad)
    if len(wrong) == 0:
        return None
    worst = np.unravel_index(np.argmax(np.where(bad, np.where(odd, np.inf, ulps), -1)), a.shape)
    at = tuple(int(i) for i in worst)
    return f"{len(wrong)} differ, at {at} by {float(ulps[at]):.1f} ulp: {a[at]!r} for {b[at]!r}"
