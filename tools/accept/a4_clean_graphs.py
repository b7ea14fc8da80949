# SPDX-License-Identifier: Apache-2.0
TARGET = ("each model is one OpenVINO partition with at most 2 Transposes and no batch-norm "
          "arithmetic; one plan serves batches 1 and 8")

# What OpenVINO is given is in the IR of the plan's part; here the whole step's.
_LOOK = """
import re
import numpy as np
sys.path.insert(0, sys.argv[2])
import models, keras
from kov import _core
path, x = sys.argv[1], None
model = models.load(path)
batches = models.load_inputs(models.inputs_path(path))
for count in sorted(batches):
    model.predict_on_batch(batches[count])
function = model.predict_function
cells = [c.cell_contents for c in (function.__closure__ or ())]
step = next(c for c in cells if hasattr(c, "_plans"))
plans = [plan for plans in step._plans.values() for plan in plans]
text = plans[0].plan.text()
names = re.findall(r"= ([A-Z]\\w*)", text)
answer({"plans": len(plans), "partitions": plans[0].plan.partition_count, "nodes": len(names),
        "transposes": names.count("Transpose"),
        "norm": names.count("BatchNormInference"),
        "kinds": {name: names.count(name) for name in sorted(set(names))}})
"""


def check(line):
    import models_common
    for name in models_common.names():
        line.attempt(name, _model, line, name)


def _model(line, name):
    import os
    import models_common as common
    path = common.model(line, name)
    got = line.python(_LOOK, path, os.path.join(line.root, "tools"), KOV_DEVICE="CPU")
    line.equal(f"{name}: plans for batches 1 and 8", got["plans"], 1)
    line.equal(f"{name}: partitions", got["partitions"], 1)
    line.at_most(f"{name}: Transposes of {got['nodes']} nodes", got["transposes"], 2)
    line.equal(f"{name}: batch norms left", got["norm"], 0)
    if name != "BERT":
        # A folded batch norm leaves no Sqrt, and one Add (the bias) per convolution.
        line.equal(f"{name}: Sqrt and Divide of batch norms", sum(
            got["kinds"].get(kind, 0) for kind in ("Sqrt", "Divide", "Subtract")), 0)
