# SPDX-License-Identifier: Apache-2.0
TARGET = ("eager 64x64 float32 read back as NumPy: add <= 8 us and log1p <= 11 us through keras.ops, "
          "3 and 6 through the extension; one entry serves every row")

_LATENCY = """
import random
import numpy as np, keras
from timing_common import measure
from kov import _core
_core.set_threads(1)
a = np.random.default_rng(0).uniform(0.1, 1, (64, 64)).astype("float32")
b = a.copy()
to_numpy = keras.ops.convert_to_numpy
add, log1p = _core.function("numpy", "add"), _core.function("numpy", "log1p")
read = _core.convert_to_numpy
result = {
    "keras.ops.add": measure(lambda: to_numpy(keras.ops.add(a, b))),
    "keras.ops.log1p": measure(lambda: to_numpy(keras.ops.log1p(a))),
    "extension add": measure(lambda: read(add(a, b))),
    "extension log1p": measure(lambda: read(log1p(a))),
}
rows = [(m, f) for m in ("numpy", "nn", "math") for f in _core.functions(m)]
random.Random(sys.argv[1]).shuffle(rows)
drawn = {}
for module, name in rows:
    function = _core.function(module, name)
    for arguments in ((a,), (a, b)):
        try:
            function(*arguments)
        except Exception:
            continue
        drawn[module + "." + name] = measure(lambda: function(*arguments), calls=100, rounds=5)
        break
    if len(drawn) == 10:
        break
kinds = {type(_core.function(m, f)).__name__ for m, f in rows}
answer({"times": result, "drawn": drawn, "kinds": sorted(kinds), "rows": len(rows)})
"""

LIMITS = {"keras.ops.add": 8.0, "keras.ops.log1p": 11.0, "extension add": 3.0,
          "extension log1p": 6.0}


def check(line):
    import time
    got = line.python(_LATENCY, int(time.time()))
    for name, limit in LIMITS.items():
        line.at_most(name, got["times"][name], limit, "us")
    line.equal(f"classes of the {got['rows']} function objects", len(got["kinds"]), 1)
    for name, value in sorted(got["drawn"].items()):
        line.note(f"drawn at random: {name}", f"{value:.1f} us")
