# SPDX-License-Identifier: Apache-2.0
"""log1p at awkward values, in units in the last place, and its time."""

import ctypes
import ctypes.util
import os
import sys

from worker_common import answer, median_seconds

import numpy as np

X = [1e-30, 1e-20, 1e-10, 1e-8, 1e-6, 1e-4, 0.01, 0.5, 3.0, 1e10, -1e-10, -1e-4, -0.5, -0.999999,
     -1.0]


def ulp(got, x):
    """None for a wrong special value. Reference: log1p in long double."""
    with np.errstate(all="ignore"):
        want = np.log1p(np.longdouble(np.float32(x)))
        near = np.float32(want)
        if not np.isfinite(near):
            return 0.0 if got == near else None
        if not np.isfinite(got):
            return None
        return float(abs(np.longdouble(got) - want) / np.spacing(abs(near)))


def libm():
    """Its time holds what ctypes costs for each of the 4096 calls."""
    log1pf = ctypes.CDLL(ctypes.util.find_library("m")).log1pf
    log1pf.restype, log1pf.argtypes = ctypes.c_float, [ctypes.c_float]
    square = np.random.default_rng(0).uniform(0, 1, 4096).astype("float32").tolist()
    seconds = median_seconds(lambda: [log1pf(x) for x in square], 9)
    return [log1pf(x) for x in X], seconds, {}


def keras_log1p():
    import keras
    device = os.environ.get("KOV_DEVICE", "NATIVE")
    backend = os.environ["KERAS_BACKEND"]
    x, square = np.float32(X), np.random.default_rng(0).uniform(0, 1, (64, 64)).astype("float32")
    to_numpy = keras.ops.convert_to_numpy
    if backend != "kov":
        return (to_numpy(keras.ops.log1p(x)),
                median_seconds(lambda: to_numpy(keras.ops.log1p(square)), 7), {})
    from kov import _core
    plan, texts = planned(_core, device)
    if device == "NATIVE":
        def run():
            return to_numpy(keras.ops.log1p(square))
        got = to_numpy(keras.ops.log1p(x))
    else:
        def run():
            return to_numpy(plan.run([square])[0])
        got = to_numpy(plan.run([x[None]])[0])[0]
    run()
    return got, median_seconds(run, 200), texts


def planned(core, device):
    trace = core.Trace()
    trace.enter()
    y = core.function("numpy", "log1p")(trace.input("float32", (None, None), "x"))
    trace.exit()
    graph = trace.finish([y])
    plan = graph.compile(device=device)
    texts = {"graph": graph.text(), "plan": plan.text()}
    try:
        texts["ir"] = graph.to_ir([None])[0].decode()
    except NotImplementedError as error:
        texts["ir"] = str(error)
    return plan, texts


def main():
    got, seconds, texts = libm() if sys.argv[1:] == ["libm"] else keras_log1p()
    answer({"x": [f"{x:g}" for x in X], "value": [float(value) for value in got],
            "ulp": [ulp(value, x) for value, x in zip(np.float32(got), X)],
            "us": seconds * 1e6, **texts})


main()
