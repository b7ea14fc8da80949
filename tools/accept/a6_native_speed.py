# SPDX-License-Identifier: Apache-2.0
TARGET = ("native, 2 threads, interleaved: <= 1.3 times ONNX Runtime's time on MobileNetV2 and "
          "ResNet50, <= 1.0 times on BERT of MiniLM's size, batch 1 and 8; GEMM 1024^3 >= 80 % of "
          "OpenBLAS")

_EXPORT = """
sys.path.insert(0, sys.argv[1])
import models
model = models.load(sys.argv[2])
model(models.load_inputs(models.inputs_path(sys.argv[2]))[1])
model.export(sys.argv[3], format="onnx", verbose=False)
answer(True)
"""

# In the judge's Python, which has ONNX Runtime beside kov. The two take turns in groups, with a pause
# between them: the idle threads of OpenBLAS and ONNX Runtime go on spinning after a call, on the cores
# that the other one needs, and this would be counted as its slowness.
_IN_TURNS = """
import time
def in_turns(ours, theirs, calls, rounds=7):
    for call in (ours, theirs):
        call()
    seconds = [], []
    for _ in range(rounds):
        for call, found in zip((ours, theirs), seconds):
            time.sleep(0.1)
            call()
            for _ in range(calls):
                start = time.perf_counter(); call(); found.append(time.perf_counter() - start)
    return [sorted(found)[len(found) // 2] for found in seconds]
"""

_RACE = _IN_TURNS + """
sys.path.insert(0, sys.argv[1])
import numpy as np, onnxruntime, models
from kov import _core
_core.set_threads(2)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 2
session = onnxruntime.InferenceSession(sys.argv[3], options, providers=["CPUExecutionProvider"])
batches = models.load_inputs(models.inputs_path(sys.argv[2]))
model = models.load(sys.argv[2])
found = {}
for count, x in batches.items():
    model.predict_on_batch(x)
    function = model.predict_function
    step = next(c.cell_contents for c in function.__closure__ if hasattr(c.cell_contents, "_plans"))
    one = next(iter(step._plans.values()))[0]
    inputs = [x[name] for name in sorted(x)] if isinstance(x, dict) else [x]
    data = [_core.convert_to_tensor(a) for a in inputs] + [v._value for v in one.variables]
    given = session.get_inputs()
    feed = {i.name: x[i.name.split(":")[0]] for i in given} if isinstance(x, dict) \
        else {given[0].name: x}
    found[count] = in_turns(lambda: one.plan.run(data), lambda: session.run(None, feed),
                            7 if count == 1 else 3)
answer(found)
"""

_GEMM = _IN_TURNS + """
import numpy as np
from kov import _core
from threadpoolctl import threadpool_limits, threadpool_info
n = 1024
_core.set_threads(2)
rng = np.random.default_rng(0)
a, b = (rng.normal(size=(n, n)).astype("float32") for _ in range(2))
ta, tb = _core.convert_to_tensor(a), _core.convert_to_tensor(b)
matmul = _core.function("numpy", "matmul")
with threadpool_limits(2):
    kinds = [info["internal_api"] for info in threadpool_info()]
    answer(in_turns(lambda: matmul(ta, tb), lambda: np.matmul(a, b), 7) + [kinds])
"""


def check(line):
    import models_common
    line.attempt("GEMM", _gemm, line)
    for name in ("MobileNetV2", "ResNet50", "BERT"):
        if name in models_common.names():
            line.attempt(name, _model, line, name)


def _gemm(line):
    ours, theirs, kinds = line.python(_GEMM, python=line.need_judge())
    rate = 2 * 1024 ** 3 / 1e9
    line.at_least(f"GEMM 1024^3: {rate / ours:.0f} of OpenBLAS's {rate / theirs:.0f} GFLOP/s "
                  f"({', '.join(kinds)})", theirs / ours, 0.8)


def _model(line, name):
    import os
    import models_common as common
    path, tools = common.model(line, name), os.path.join(line.root, "tools")
    onnx = os.path.join(common.folder(line), name + ".onnx")
    if not os.path.exists(onnx):
        line.python(_EXPORT, tools, path, onnx, python=line.need_judge(),
                    KERAS_BACKEND="tensorflow")
    found = line.python(_RACE, tools, path, onnx, python=line.need_judge())
    for count, (ours, theirs) in found.items():
        line.at_most(f"{name}, batch {count}: kov's time over ONNX Runtime's ({ours * 1e3:.1f} and "
                     f"{theirs * 1e3:.1f} ms)", ours / theirs, 1.0 if name == "BERT" else 1.3)
