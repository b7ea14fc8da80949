# SPDX-License-Identifier: Apache-2.0
TARGET = ("OpenVINO through kov >= 2.5 times (MobileNetV2) and >= 1.4 times (ResNet50) as fast as "
          "OpenVINO on upstream's export, interleaved")

LIMITS = {"MobileNetV2": 2.5, "ResNet50": 1.4}

_EXPORT = """
sys.path.insert(0, sys.argv[1])
import models
models.load(sys.argv[2]).export(sys.argv[3], format="openvino", verbose=False)
answer(True)
"""

# argv: tools, model, upstream's IR. Both run on the same number of threads, one call each in turn.
_RACE = """
import time
sys.path.insert(0, sys.argv[1])
import numpy as np, openvino, models
from kov import _core
x = models.load_inputs(models.inputs_path(sys.argv[2]))[1]
model = models.load(sys.argv[2])
compiled = openvino.compile_model(sys.argv[3], "CPU", {
    "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY",
    "INFERENCE_NUM_THREADS": _core.threads()})
request = compiled.create_infer_request()
model.predict_on_batch(x)
function = model.predict_function
step = next(c.cell_contents for c in function.__closure__ if hasattr(c.cell_contents, "_plans"))
one = next(iter(step._plans.values()))[0]
data = [_core.convert_to_tensor(x)] + [variable._value for variable in one.variables]
ours, theirs = [], []
for _ in range(60):
    start = time.perf_counter(); one.plan.run(data); ours.append(time.perf_counter() - start)
    start = time.perf_counter(); request.infer([x]); theirs.append(time.perf_counter() - start)
answer([sorted(ours)[30], sorted(theirs)[30]])
"""


def check(line):
    import models_common
    for name in models_common.names():
        if name in LIMITS:
            line.attempt(name, _model, line, name)


def _model(line, name):
    import os
    import models_common as common
    path, tools = common.model(line, name), os.path.join(line.root, "tools")
    ir = os.path.join(common.folder(line), name + "-upstream.xml")
    if not os.path.exists(ir):
        line.python(_EXPORT, tools, path, ir, KERAS_BACKEND="openvino")
    ours, theirs = line.python(_RACE, tools, path, ir, KOV_DEVICE="CPU")
    line.at_least(f"{name}: time on upstream's export over kov's ({theirs * 1e3:.1f} and "
                  f"{ours * 1e3:.1f} ms)", theirs / ours, LIMITS[name])
