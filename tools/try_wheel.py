# SPDX-License-Identifier: Apache-2.0
"""Run by tools/wheel.sh in the environment where the wheel was installed, with KERAS_BACKEND=kov:
the hook answers, a function and a model's predict give the right numbers, and libkov is the
wheel's own."""

import math
import pathlib
import sys

import keras
import kov
import numpy as np

site = pathlib.Path(kov.__file__).resolve().parents[1]
assert site.is_relative_to(pathlib.Path(sys.prefix).resolve()), f"kov comes from {site}"
assert kov.is_active(), "Keras does not run on kov"
assert "openvino" not in sys.modules, "OpenVINO was imported"

x = 1e-5
y = float(keras.ops.convert_to_numpy(keras.ops.log1p(keras.ops.convert_to_tensor(x, "float32"))))
assert abs(y - math.log1p(x)) < 1e-11, f"log1p({x}) gave {y}"

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
rows = np.arange(15, dtype="float32").reshape(5, 3) / 8
kernel, bias = model.get_weights()
given = model.predict(rows, verbose=0)
# Four float32 terms below 2, each rounded, and three sums below 8.
np.testing.assert_allclose(given, rows.astype("float64") @ kernel + bias, rtol=0, atol=16 * 2**-23)

# expat and zlib are of the libraries that every manylinux system has, so auditwheel leaves them out.
loaded = {
    line.split(maxsplit=5)[5].strip()
    for line in open("/proc/self/maps", encoding="utf-8")
    if ".so" in line and "libkov" in line
}
outside = [path for path in loaded if not pathlib.Path(path).resolve().is_relative_to(site)]
assert loaded and not outside, f"libkov is not the wheel's: {outside}"
print(f"ok wheel: Python {sys.version.split()[0]}, Keras {keras.__version__}, kov {kov.__version__}")
