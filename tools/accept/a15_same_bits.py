# SPDX-License-Identifier: Apache-2.0
TARGET = ("native results bitwise equal for 1 and 2 threads; a model saved after training steps on "
          "JAX, TensorFlow and torch predicts the same under kov")

_THREADS = """
import hashlib
import numpy as np, keras
from kov import _core
_core.set_threads(int(sys.argv[1]))
rng = np.random.default_rng(0)
ops, L = keras.ops, keras.layers
def digest(x):
    return hashlib.sha256(np.ascontiguousarray(np.asarray(x)).tobytes()).hexdigest()[:16]
found = {}
for n, k, m in ((64, 64, 64), (255, 1031, 129), (1, 4096, 1000), (512, 4096, 8)):
    a, b = rng.normal(size=(n, k)).astype("float32"), rng.normal(size=(k, m)).astype("float32")
    found[f"matmul {n}x{k}x{m}"] = digest(ops.matmul(a, b))
x = rng.normal(size=(3, 1000003)).astype("float32")
for name in ("sum", "mean", "var", "max", "logsumexp", "cumsum"):
    for axis in (None, 0, 1):
        if name == "cumsum" and axis is None:
            continue
        found[f"{name} {axis}"] = digest(getattr(ops, name)(x, axis=axis))
found["softmax"] = digest(ops.softmax(x))
found["log1p"] = digest(ops.log1p(ops.abs(x)))
image = rng.normal(size=(2, 57, 61, 24)).astype("float32")
for size in (1, 3, 5):
    kernel = rng.normal(size=(size, size, 24, 40)).astype("float32")
    found[f"conv {size}"] = digest(ops.conv(image, kernel, padding="same"))
found["depthwise"] = digest(ops.depthwise_conv(image, rng.normal(size=(3, 3, 24, 1)).astype("float32")))
q = rng.normal(size=(2, 65, 4, 32)).astype("float32")
found["attention"] = digest(ops.dot_product_attention(q, q, q))
answer(found)
"""

_TRAIN = """
import numpy as np, keras
keras.utils.set_random_seed(1)
L = keras.layers
rng = np.random.default_rng(0)
i = keras.Input((16, 16, 3))
x = L.Conv2D(8, 3, activation="relu", padding="same")(i)
x = L.BatchNormalization()(x)
x = L.DepthwiseConv2D(3)(x)
x = L.MaxPooling2D()(x)
x = L.LayerNormalization()(x)
x = L.Reshape((-1, 8))(x)
x = L.LSTM(7)(x)
model = keras.Model(i, L.Dense(5)(x))
model.compile("adam", "mse")
a = rng.normal(size=(64, 16, 16, 3)).astype("float32")
model.fit(a, rng.normal(size=(64, 5)).astype("float32"), epochs=2, batch_size=16, verbose=0)
model.save(sys.argv[1])
np.save(sys.argv[2], a)
np.save(sys.argv[3], model.predict(a, verbose=0))
answer(keras.backend.backend())
"""

_PREDICT = """
import numpy as np, keras
model = keras.models.load_model(sys.argv[1])
want = np.load(sys.argv[3])
got = model.predict(np.load(sys.argv[2]), verbose=0)
answer(float(np.abs(got - want).max() / np.abs(want).max()))
"""


def check(line):
    line.attempt("threads", _threads, line)
    for backend in ("jax", "tensorflow", "torch"):
        line.attempt(f"a model trained on {backend}", _trained, line, backend)


def _threads(line):
    one, two = line.python(_THREADS, 1), line.python(_THREADS, 2)
    line.equal(f"of {len(one)} results, those that differ between 1 and 2 threads",
               [name for name in one if one[name] != two[name]], [])


def _trained(line, backend):
    import os
    paths = [os.path.join(line.scratch, backend + end) for end in (".keras", "-x.npy", "-y.npy")]
    line.python(_TRAIN, *paths, python=line.need_judge(), KERAS_BACKEND=backend)
    # Both sum in float32 in their own order; the LSTM runs 49 steps.
    line.at_most(f"a model trained on {backend}: max|a-b|/max|b|", line.python(_PREDICT, *paths),
                 5e-5)
