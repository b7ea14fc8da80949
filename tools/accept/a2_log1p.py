# SPDX-License-Identifier: Apache-2.0
TARGET = ("log1p <= 2 ulp on both engines, all of float32 and a sample of float64, special values, "
          "same bits without passes, >= 10 times numpy.log1p at 1M elements, one thread each")

# argv: device, stride. The reference is NumPy's float64 function, whose own error is below 2^-26
# of a float32's last place.
_SWEEP = """
import numpy as np, keras
from kov import _core
device, stride = sys.argv[1], int(sys.argv[2])
size = 1 << 22
trace = _core.Trace()
trace.enter()
x = trace.input("float32", (size,), "x")
y = _core.function("numpy", "log1p")(x)
trace.exit()
plan = trace.finish([y]).compile(device=device)
worst, where, special, tested = 0.0, 0, [], 0
with np.errstate(all="ignore"):
    for start in range(0, 1 << 32, size * stride):
        bits = np.arange(start, start + size * stride, stride, dtype=np.uint64).astype(np.uint32)
        data = bits.view(np.float32)
        got = np.asarray(plan.run([data])[0])
        want = np.log1p(data.astype(np.float64))
        near = want.astype(np.float32)
        odd = ~np.isfinite(near) | (near == 0)
        bad = odd & ~((np.isnan(near) & np.isnan(got)) | ((near == got)
              & (np.signbit(near) == np.signbit(got))))
        special += [hex(int(b)) for b in bits[bad][:3]]
        unit = np.spacing(np.abs(near)).astype(np.float64)
        ulp = np.where(odd, 0, np.abs(got.astype(np.float64) - want) / unit)
        ulp[np.isnan(ulp)] = np.inf
        at = int(np.argmax(ulp))
        if ulp[at] > worst:
            worst, where = float(ulp[at]), hex(int(bits[at]))
        tested += size
answer({"worst": worst, "where": where, "special": special[:5], "tested": tested})
"""

_FLOAT64 = """
import numpy as np, keras
from math import inf
rng = np.random.default_rng(1)
n = 200000
x = np.concatenate([np.ldexp(rng.uniform(0.5, 1, n), rng.integers(-1070, 1023, n)),
                    -np.ldexp(rng.uniform(0.5, 1, n), rng.integers(-1070, 1, n)),
                    rng.uniform(-0.9, 3, n), [0.0, -0.0, -1.0, inf]])
x = x[x >= -1]
got = np.asarray(keras.ops.log1p(keras.ops.convert_to_tensor(x, "float64")))
want = np.log1p(x.astype(np.longdouble))
near = want.astype(np.float64)
finite = np.isfinite(near)
with np.errstate(all="ignore"):
    ulp = np.abs(got.astype(np.longdouble) - want) / np.spacing(np.abs(near))
answer({"worst": float(np.max(ulp[finite])), "dtype": str(got.dtype),
        "special": bool((got[~finite] == near[~finite]).all())})
"""

_PASSES = """
import numpy as np
from kov import _core
rng = np.random.default_rng(2)
data = rng.integers(0, 1 << 32, 1 << 20, dtype=np.uint64).astype(np.uint32).view(np.float32)
def bits(off):
    trace = _core.Trace()
    trace.enter()
    x = trace.input("float32", (None,), "x")
    y = _core.function("numpy", "log1p")(x)
    trace.exit()
    out = np.asarray(trace.finish([y]).compile(device="NATIVE", passes_off=off).run([data])[0])
    return np.where(np.isnan(out), np.float32(0), out).view(np.uint32)
answer(int((bits(None) != bits("all")).sum()))
"""

_SPEED = """
import numpy as np, time
from kov import _core
_core.set_threads(1)
x = np.random.default_rng(3).uniform(-0.9, 4, 1 << 20).astype(np.float32)
trace = _core.Trace()
trace.enter()
y = _core.function("numpy", "log1p")(trace.input("float32", (None,), "x"))
trace.exit()
plan = trace.finish([y]).compile(device="NATIVE")
tensor = _core.convert_to_tensor(x)
ours, theirs = [], []
for _ in range(41):
    start = time.perf_counter(); np.log1p(x); theirs.append(time.perf_counter() - start)
    start = time.perf_counter(); plan.run([tensor]); ours.append(time.perf_counter() - start)
answer([sorted(ours)[20], sorted(theirs)[20]])
"""

# Forward mode through the graph's own formula, of which no branch may give NaN; the truth is 1/(1+x).
_GRADIENT = """
import keras, numpy as np
x = np.array([0.0, -0.0, 1e-30, 1e-8, 0.5, 3e38, -0.999], "float32")
_, got = keras.src.backend.linalg.jvp(keras.ops.log1p, (x,), (np.ones_like(x),))
truth = 1 / (1 + x.astype("float64"))
answer(float(np.max(np.abs(np.asarray(got) - truth) / np.spacing(truth.astype("float32")))))
"""


def check(line):
    import os
    stride = int(os.environ.get("KOV_ACCEPT_STRIDE", "1"))
    for device in ("NATIVE", "CPU"):
        line.attempt(f"float32 on {device}", _sweep, line, device, stride)
    line.attempt("float64", _float64, line)
    line.attempt("passes on and off", lambda: line.equal(
        "results that differ in a bit with passes off", line.python(_PASSES), 0))
    line.attempt("speed", _speed, line)
    line.attempt("gradient", _gradient, line)


def _sweep(line, device, stride):
    got = line.python(_SWEEP, device, stride, timeout=7200)
    line.at_most(f"worst of {got['tested']} float32 patterns on {device} (at {got['where']})",
                 got["worst"], 2.0, "ulp")
    line.equal(f"wrong special values on {device}", got["special"], [])


def _float64(line):
    got = line.python(_FLOAT64)
    line.equal("dtype of log1p(float64)", got["dtype"], "float64")
    line.at_most("worst of 600,000 float64 values", got["worst"], 2.0, "ulp")
    line.true("float64 special values", got["special"])


def _speed(line):
    ours, theirs = line.python(_SPEED)
    line.at_least(f"numpy.log1p's time over kov's, 1M elements ({theirs * 1e3:.2f} ms and "
                  f"{ours * 1e3:.3f} ms)", theirs / ours, 10.0)


def _gradient(line):
    line.at_most("gradient at 0, -0, 1e-30 ... 3e38, -0.999", line.python(_GRADIENT), 4.0, "ulp")
