# SPDX-License-Identifier: Apache-2.0
TARGET = ("each model is one OpenVINO partition with at most 2 Transposes and no batch-norm "
          "arithmetic; one plan serves batches 1 and 8")

# argv of all three: tools, path. `model` and `batches`, by their count, are what is looked at.
_CALIBRATED = """
sys.path.insert(0, sys.argv[1])
import models
model = models.load(sys.argv[2])
batches = models.load_inputs(models.inputs_path(sys.argv[2]))
"""

_EMOTION = """
import keras, numpy as np
model = keras.models.load_model(sys.argv[2], compile=False)
rng = np.random.default_rng(0)
batches = {n: rng.uniform(-1, 1, (n, *model.input_shape[1:])).astype("float32") for n in (1, 8)}
"""

_SENTENCES = """
import keras_hub, numpy as np
model = keras_hub.models.BertBackbone.from_preset(sys.argv[2])
rng = np.random.default_rng(0)
batches = {n: {"token_ids": rng.integers(1000, 20000, (n, 16)).astype("int32"),
               "segment_ids": np.zeros((n, 16), "int32"),
               "padding_mask": np.ones((n, 16), "int32")} for n in (1, 8)}
"""

_LOOK = """
import re
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
        line.attempt(name, lambda: _look(line, name, _CALIBRATED, models_common.model(line, name)))
    trained = models_common.trained(line)
    line.attempt("emotion model", _look, line, "emotion model", _EMOTION, trained["emotion"])
    line.attempt("MiniLM", _look, line, "MiniLM", _SENTENCES, trained["minilm"])


def _look(line, name, load, path):
    import os
    got = line.python(load + _LOOK, os.path.join(line.root, "tools"), path, KOV_DEVICE="CPU")
    line.equal(f"{name}: plans for batches 1 and 8", got["plans"], 1)
    line.equal(f"{name}: partitions", got["partitions"], 1)
    line.at_most(f"{name}: Transposes of {got['nodes']} nodes", got["transposes"], 2)
    if name == "BERT":
        line.equal(f"{name}: Softmax outside of attention", got["kinds"].get("Softmax", 0), 0)
    line.equal(f"{name}: batch norms left", got["norm"], 0)
    if name not in ("BERT", "MiniLM"):
        # A folded batch norm leaves no Sqrt, and one Add (the bias) per convolution.
        line.equal(f"{name}: Sqrt and Divide of batch norms", sum(
            got["kinds"].get(kind, 0) for kind in ("Sqrt", "Divide", "Subtract")), 0)
