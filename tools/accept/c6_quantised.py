# SPDX-License-Identifier: Apache-2.0
TARGET = ("quantised models: weights stay packed in memory on both engines, an int4 model in a quarter "
          "of the float16 one natively; results within a rounding of Keras on JAX")

# argv: how the weights are kept, file. Saves a model, which the other process then loads.
_SAVE = """
import keras
from keras import layers, quantizers
keras.utils.set_random_seed(1)
kind, file, width = sys.argv[1], sys.argv[2], 2048
inputs = x = keras.Input((width,))
for _ in range(8):
    x = layers.Dense(width, activation="tanh", dtype="float16" if kind == "float16" else "float32")(x)
model = keras.Model(inputs, x)
if kind == "int8":
    model.quantize("int8")
if kind == "int4":
    model.quantize(config=quantizers.Int4QuantizationConfig(block_size=128))
model.save(file)
answer(None)
"""

# argv: file, where results go. Resident MiB that loading, compiling and running the model add where
# it is there once already, with what is imported and cached for it.
_RUN = """
import ctypes, gc, os
import keras, numpy as np
def resident():
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
def run(file):
    model = keras.models.load_model(file, compile=False)
    x = np.random.default_rng(2).normal(size=(3, model.input_shape[1])).astype("float32")
    return model, model.predict(x, verbose=0)
first = run(sys.argv[1])
before = resident()
second, y = run(sys.argv[1])
np.save(sys.argv[2], np.asarray(y, "float32"))
answer(resident() - before)
"""

_MATRICES = 8 * 2048 * 2048 / 2**20  # a byte for each weight, in MiB


def check(line):
    line.attempt("models", _models, line)


def _models(line):
    grown = {}
    for kind in ("float16", "int8", "int4"):
        line.python(_SAVE, kind, _file(line, kind))
        for device in ("NATIVE", "CPU"):
            grown[kind, device] = line.python(
                _RUN, _file(line, kind), _result(line, kind, device),
                KOV_DEVICE=device)
            line.note(f"{kind} on {device}: MiB that a model of 32 Mi weights adds",
                      f"{grown[kind, device]:.0f}")
    line.at_most("int8 natively: bytes per weight", grown["int8", "NATIVE"] / _MATRICES, 1.25)
    line.at_most("int4 natively: bytes per weight", grown["int4", "NATIVE"] / _MATRICES, 0.75)
    line.at_most("int4 over float16, natively",
                 grown["int4", "NATIVE"] / grown["float16", "NATIVE"], 0.3)
    for kind in ("int8", "int4"):  # a plan on OpenVINO has its variables, its constants, and its own form
        line.at_most(f"{kind} on OpenVINO, over float16", grown[kind, "CPU"] /
                     grown["float16", "CPU"], 0.6)
        line.attempt(f"{kind} and Keras on JAX", _agree, line, kind)


def _file(line, kind):
    import os
    return os.path.join(line.scratch, kind + ".keras")


def _result(line, kind, device):
    import os
    return os.path.join(line.scratch, f"{kind}-{device}.npy")


def _agree(line, kind):
    import numpy as np
    line.python(_RUN, _file(line, kind), _result(line, kind, "jax"),
                python=line.need_judge(), KERAS_BACKEND="jax")
    want = np.load(_result(line, kind, "jax"))
    # int8: an activation between two codes may get the other one, in each of 8 layers.
    limit = 2e-2 if kind == "int8" else 1e-4
    for device in ("NATIVE", "CPU"):
        got = np.load(_result(line, kind, device))
        line.at_most(f"{kind} on {device}: max|a-b|/max|b| with Keras on JAX",
                     float(np.abs(got - want).max() / np.abs(want).max()), limit)
