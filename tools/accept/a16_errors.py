# SPDX-License-Identifier: Apache-2.0
TARGET = ("AUTO:CPU, HETERO:CPU, MULTI:CPU run; clear errors, no crash, no leak; IR reader fuzzed; "
          "allocation failures")

_DEVICE = """
import numpy as np, keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
x = np.ones((2, 4), "float32")
want = np.asarray(model(x))
got = model.predict(x, verbose=0)
answer(float(np.abs(got - want).max()))
"""

# Each call must raise and its text must hold all the words.
_ERRORS = """
import numpy as np, keras
from kov import _core
ops = keras.ops
f = _core.function
x = np.ones((2, 3), "float32")
cases = [
    ("shapes that do not broadcast", lambda: f("numpy", "add")(x, np.ones((4,), "float32")),
     ["add", "(2, 3)|(2,3)", "(4,)|(4)"]),
    ("matmul shapes", lambda: f("numpy", "matmul")(x, x), ["matmul", "(2, 3)|(2,3)"]),
    ("axis out of range", lambda: f("numpy", "sum")(x, axis=5), ["sum", "axis", "5"]),
    ("reshape", lambda: f("numpy", "reshape")(x, (4, 5)), ["reshape", "(2, 3)|(2,3)|6"]),
    ("unknown dtype", lambda: f("numpy", "zeros")((2,), dtype="float31"), ["float31"]),
    ("index out of range", lambda: ops.convert_to_tensor(x)[7], ["7", "2"]),
    ("concatenate", lambda: f("numpy", "concatenate")([x, np.ones((2, 3, 1), "float32")]),
     ["concat"]),
    ("a function that is not there", lambda: keras.src.backend.openvino.numpy.no_such, ["no_such"]),
]
try:
    import contextlib
    def missing_device():
        with keras.device("NPU"):
            keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]).predict(x, verbose=0)
    cases.append(("missing device", missing_device, ["NPU"]))
except Exception:
    pass
wrong = {}
for name, call, words in cases:
    try:
        call()
        wrong[name] = "no error"
    except Exception as error:
        text = str(error)
        lacking = [w for w in words if not any(one in text.lower() for one in w.lower().split("|"))]
        if lacking or not text:
            wrong[name] = f"{type(error).__name__}: {text[:200]} (lacks {lacking})"
answer([len(cases), wrong])
"""

_HOSTILE = """
import glob, os, random
import numpy as np
from kov import _core
trace = _core.Trace()
trace.enter()
x = trace.input("float32", (2, 3), "x")
y = _core.function("numpy", "log1p")(_core.function("numpy", "matmul")(x, np.ones((3, 4), "float32")))
trace.exit()
xml, binary = trace.finish([y]).to_ir([None])
rng = random.Random(0)
outcome = {"read": 0, "refused": 0}
def attempt(xml, binary):
    open("h.xml", "wb").write(xml)
    open("h.bin", "wb").write(binary)
    try:
        _core.read_ir("h.xml")
        outcome["read"] += 1
    except Exception as error:
        assert str(error), "an error without text"
        outcome["refused"] += 1
attempt(xml, binary)
whole = outcome["read"]
for n in range(0, len(xml), max(1, len(xml) // 300)):
    attempt(xml[:n], binary)
for n in range(0, len(binary)):
    attempt(xml, binary[:n])
for _ in range(2000):
    data = bytearray(xml)
    for _ in range(rng.randrange(1, 6)):
        data[rng.randrange(len(data))] = rng.choice(b'0123456789-<>"/ \\x00\\xff')
    attempt(bytes(data), binary)
answer([whole, outcome])
"""


def check(line):
    for device in ("AUTO:CPU", "HETERO:CPU", "MULTI:CPU"):
        line.attempt(device, lambda: line.at_most(f"{device}: largest difference from native",
                                                  line.python(_DEVICE, KOV_DEVICE=device), 1e-5))
    line.attempt("clear errors", _errors, line)
    line.attempt("library that is not there", _library, line)
    line.attempt("hostile IR", _hostile, line)
    line.attempt("fuzzing", _fuzz, line)
    line.attempt("allocation failures", _allocation, line)


def _errors(line):
    count, wrong = line.python(_ERRORS)
    line.equal(f"of {count} wrong calls, those without a clear error", wrong, {})


def _library(line):
    try:
        line.python(_DEVICE, KOV_DEVICE="CPU", KOV_OPENVINO_LIB="/nowhere")
        line.true("a library that is not there is an error", False)
    except Exception as error:
        text = str(error)
        line.true("a library that is not there: the error says so",
                  "openvino" in text.lower() and "signal" not in text, text)


def _hostile(line):
    whole, outcome = line.python(_HOSTILE)
    line.equal("kov reads its own IR back", whole, 1)
    line.true("truncated and changed IR: no crash", True, str(outcome))


def _fuzz(line):
    """What `make fuzz` does, whose log serves too."""
    import re
    log = line.logged("fuzz-ir_fuzz-600s", "tools/fuzz.sh", "600", FUZZ="ir")
    if log is not None:
        done = re.search(r"Done (\d+) runs in (\d+) second", log)
        clean = "ERROR:" not in log and "SUMMARY:" not in log
        line.true("fuzzing found nothing", clean, f"{done.group(1)} runs" if done else "no end")
        line.at_least("fuzzed", int(done.group(2)) if done else 0, 600, "s")


def _allocation(line):
    import importlib.util
    import os
    import re
    program = os.path.join(line.build, "tests", "test_runtime_allocation_failure")
    libraries = os.path.join(os.path.dirname(importlib.util.find_spec("openvino").origin), "libs")
    done = line.run(program, KOV_OPENVINO_LIB=libraries)
    said = dict(re.findall(r"(\w+): each of (\d+) allocations failed once", done.stdout))
    for device in ("NATIVE", "CPU"):
        line.true(f"load and run with every allocation failing once, {device}",
                  done.returncode == 0 and device in said,
                  f"{said.get(device, 'none')} allocations, exit {done.returncode}")
