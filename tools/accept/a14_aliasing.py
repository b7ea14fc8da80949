# SPDX-License-Identifier: Apache-2.0
TARGET = ("DLPack round trips; no aliasing of arrays; 8 threads calling ops and one model: right, "
          "TSan clean")

_DLPACK = """
import numpy as np, keras
from kov import _core
done = []
for dtype in ("float32", "float64", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32",
              "int64", "uint64", "bool"):
    for shape in ((), (0, 3), (2, 3), (3, 1, 5)):
        x = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
        t = keras.ops.convert_to_tensor(x, dtype)
        back = np.from_dlpack(t)
        again = _core.from_dlpack(back)
        same = back.dtype == x.dtype and np.array_equal(back, x) and back.shape == shape
        same = same and np.array_equal(np.asarray(again), x) and not back.flags.writeable
        if not same:
            done.append([dtype, list(shape)])
answer(done)
"""

_TORCH = """
import numpy as np, torch, keras
x = keras.random.normal((3, 4))
t = torch.from_dlpack(x)
from kov import _core
back = _core.from_dlpack(t * 2)
answer(bool(np.allclose(np.asarray(back), np.asarray(x) * 2)))
"""

_ALIAS = """
import numpy as np, keras
ops = keras.ops
wrong = []
def expect(name, tensor, wanted):
    if not np.array_equal(np.asarray(tensor), wanted):
        wrong.append(name)
for shape in ((4,), (64, 64), (700, 700)):
    x = np.ones(shape, "float32"); t = ops.convert_to_tensor(x); x[:] = 7
    expect("convert_to_tensor", t, np.ones(shape))
    v = keras.Variable(np.zeros(shape, "float32"))
    x = np.ones(shape, "float32"); v.assign(x); x[:] = 7
    expect("assign", v.value, np.ones(shape))
    x = np.ones(shape, "float32"); v = keras.Variable(x); x[:] = 7
    expect("Variable", v.value, np.ones(shape))
    t = ops.ones(shape); a = ops.convert_to_numpy(t); a[:] = 5
    expect("convert_to_numpy", t, np.ones(shape))
    x = np.ones(shape, "float32"); t = ops.reshape(x, (-1,)); x[:] = 7
    expect("reshape of an array", t, np.ones(int(np.prod(shape))))
    x = np.ones(shape, "float32"); t = ops.cast(x, "float32"); x[:] = 7
    expect("cast to the same dtype", t, np.ones(shape))
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
before = [w.copy() for w in model.get_weights()]
for w in model.get_weights():
    w[...] = 9
for now, then in zip(model.get_weights(), before):
    if not np.array_equal(now, then):
        wrong.append("get_weights")
kept = model.get_weights()
model.set_weights([w + 1 for w in before])
for now, then in zip(kept, before):
    if not np.array_equal(now, then):
        wrong.append("get_weights changed by set_weights")
answer(sorted(set(wrong)))
"""


def check(line):
    from a10_defects import tests
    line.attempt("DLPack", lambda: line.equal("DLPack round trips that differ (dtype, shape)",
                                              line.python(_DLPACK), []))
    line.attempt("DLPack with torch", lambda: line.true("to torch and back", line.python(
        _TORCH, python=line.need_judge())))
    line.attempt("aliasing", lambda: line.equal("arrays that change a tensor",
                                                line.python(_ALIAS), []))
    line.true("tests/python/threads_test.py", *tests(line, "tests/python/threads_test.py"))
    line.attempt("ThreadSanitizer", _tsan, line)


def _tsan(line):
    """The C tests of threads under TSan: a step of `make check`, whose log serves too."""
    import re
    log = line.logged("thread", "tools/check.sh", "thread")
    if log is not None:
        found = re.search(r"100% tests passed.* out of \d+", log)
        line.true("tests of threads under ThreadSanitizer", found is not None and
                  "WARNING: ThreadSanitizer" not in log, found.group() if found else "see the log")
