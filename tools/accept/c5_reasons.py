# SPDX-License-Identifier: Apache-2.0
TARGET = ("a model that cannot be traced says which layers, why and what to do, all reasons at once; "
          "one that cannot run names the layer")

_ERRORS = """
import numpy as np, keras
class Wrong(keras.layers.Layer):
    def call(self, x):
        return keras.ops.matmul(x, keras.ops.ones((7, 2)))
    def compute_output_shape(self, shape):
        return (*shape[:-1], 2)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), Wrong(name="mine")])
try:
    model.predict(np.ones((2, 4), "float32"), verbose=0)
    answer("no error")
except Exception as error:
    answer(str(error))
"""


def check(line):
    import os
    import sys
    done = line.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                    os.path.join(line.root, "tests", "python", "diagnosis_test.py"))
    rows = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    line.true("tests/python/diagnosis_test.py", done.returncode == 0, rows[-1])
    text = line.python(_ERRORS)
    line.true("a layer that cannot run is named, with the shapes",
              "Wrong" in text and "matmul" in text.lower() and "7" in text, text[:120])
