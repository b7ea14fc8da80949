# SPDX-License-Identifier: Apache-2.0
TARGET = ("IR by Keras's export, by openvino.save_model and by kov is read back and gives the same "
          "results natively")

_MODEL = """
import numpy as np, keras
L = keras.layers
def build():
    keras.utils.set_random_seed(2)
    i = keras.Input((17, 19, 3), name="image")
    x = L.Conv2D(8, 3, strides=2, padding="same", activation="relu")(i)
    x = L.BatchNormalization()(x)
    x = L.DepthwiseConv2D(3, activation="relu6", padding="same")(x)
    x = L.MaxPooling2D()(x)
    y = L.GlobalAveragePooling2D()(x)
    x = L.Flatten()(x)
    x = L.Concatenate()([L.Dense(9, activation="gelu")(x), y])
    x = L.LayerNormalization()(x)
    return keras.Model(i, L.Dense(5, activation="softmax")(x))
def rows(n):
    return np.random.default_rng(n).normal(size=(n, 17, 19, 3)).astype("float32")
"""

_EXPORT = _MODEL + """
model = build()
model.save(sys.argv[2])
np.save(sys.argv[3], model.predict(rows(4), verbose=0))
model.export(sys.argv[1], format="openvino", verbose=False)
answer("openvino" in sys.modules)
"""

_UPSTREAM = _MODEL + """
model = keras.models.load_model(sys.argv[2])
model.export(sys.argv[1], format="openvino", verbose=False)
answer(True)
"""

_SAVE_MODEL = """
import openvino
model = openvino.Core().read_model(sys.argv[1])
openvino.save_model(model, sys.argv[2], compress_to_fp16=False)
answer(True)
"""

_READ = """
import numpy as np, keras
from kov import _core
graph = _core.read_ir(sys.argv[1])
x = np.random.default_rng(4).normal(size=(4, 17, 19, 3)).astype("float32")
x, want = x[:int(sys.argv[3])], np.load(sys.argv[2])[:int(sys.argv[3])]
worst = {}
for device in ("NATIVE", "CPU"):
    got = np.asarray(graph.compile(device=device).run([x])[0])
    worst[device] = float(np.abs(got - want).max() / np.abs(want).max())
answer(worst)
"""

_OPENVINO = """
import numpy as np, openvino
x = np.random.default_rng(4).normal(size=(4, 17, 19, 3)).astype("float32")
compiled = openvino.compile_model(sys.argv[1], "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
want = np.load(sys.argv[2])
got = compiled(x)[0]
answer(float(np.abs(got - want).max() / np.abs(want).max()))
"""


def check(line):
    import os
    ours, upstream, saved, keras_file, want = (os.path.join(line.scratch, name) for name in (
        "kov.xml", "upstream.xml", "saved.xml", "model.keras", "want.npy"))
    line.python(_EXPORT, ours, keras_file, want)
    # float32 sums in each engine's own order: about 1e-7 for each of the model's few layers
    line.attempt("kov's IR in OpenVINO", lambda: line.at_most(
        "kov's IR in OpenVINO: max|a-b|/max|b|", line.python(_OPENVINO, ours, want), 1e-5))
    line.attempt("kov's IR", _read, line, "kov's IR", ours, want)
    line.attempt("Keras's export", _upstream, line, upstream, keras_file, want)
    line.attempt("openvino.save_model", _saved, line, ours, saved, want)


def _read(line, title, path, want, rows=4):
    for device, worst in line.python(_READ, path, want, rows).items():
        line.at_most(f"{title} read by kov, on {device}: max|a-b|/max|b|", worst, 1e-5)


def _upstream(line, path, keras_file, want):
    line.python(_UPSTREAM, path, keras_file, KERAS_BACKEND="openvino")
    # Keras's exporter writes batch 1 into the target of Flatten
    _read(line, "Keras's export", path, want, 1)


def _saved(line, source, path, want):
    line.python(_SAVE_MODEL, source, path)
    _read(line, "openvino.save_model's", path, want)
