# SPDX-License-Identifier: Apache-2.0
TARGET = ("a tiny model: predict_on_batch <= 60 us, predict <= 300 us, model(x) no slower than JAX's; "
          "a thousand predict calls leak nothing")

_TIMES = """
import numpy as np, keras
from timing_common import measure
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu"),
                          keras.layers.Dense(4)])
x = np.random.default_rng(0).normal(size=(4, 8)).astype("float32")
answer({"predict_on_batch": measure(lambda: model.predict_on_batch(x), 200),
        "predict": measure(lambda: model.predict(x, verbose=0), 40),
        "model(x)": measure(lambda: model(x), 100)})
"""

_LEAK = """
import gc, os, threading
import numpy as np, keras
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu"),
                          keras.layers.Dense(4)])
x = np.zeros((4, 8), "float32")
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
def run(count):
    for _ in range(count):
        model.predict(x, verbose=0)
    gc.collect()
def counts():
    return [threading.active_count(), len(gc.get_objects()), len(os.listdir("/proc/self/fd"))]
counts()
run(1000)
before, start = counts(), resident()
run(1000)
grown = resident() - start
answer([grown, *(b - a for a, b in zip(before, counts()))])
"""


def check(line):
    ours = line.python(_TIMES)
    line.at_most("predict_on_batch", ours["predict_on_batch"], 60.0, "us")
    line.at_most("predict", ours["predict"], 300.0, "us")
    line.attempt("model(x)", _eager, line, ours["model(x)"])
    grown, threads, objects, files = line.python(_LEAK)
    # A page or two may come from the allocator; a thousand calls that each left 256 bytes would show.
    line.at_most("a thousand predict calls: resident memory grows by", grown / 1024, 256.0, "KiB")
    line.at_most("Python objects more", objects, 50)
    line.equal("threads more", threads, 0)
    line.equal("open files more", files, 0)


def _eager(line, ours):
    """In turn, so that load falls on both."""
    judge, ratios = line.need_judge(), []
    for _ in range(3):
        theirs = line.python(_TIMES, python=judge, KERAS_BACKEND="jax")["model(x)"]
        ratios.append(line.python(_TIMES)["model(x)"] / theirs)
    line.at_most("model(x), time over JAX's", sorted(ratios)[1], 1.0)
    line.note("model(x)", f"{ours:.0f} us")
