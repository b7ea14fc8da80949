# SPDX-License-Identifier: Apache-2.0
"""Calibrated models and Keras on JAX's answers for them, made once in the judge's Python."""

import os

NAMES = ("MobileNetV2", "ResNet50", "EfficientNetB0", "VGG16", "BERT")


def names():
    """All, or those that KOV_ACCEPT_MODELS names."""
    wanted = os.environ.get("KOV_ACCEPT_MODELS", "").split()
    return [name for name in NAMES if not wanted or name in wanted]


def folder(line):
    path = os.path.join(os.environ.get("KOV_ACCEPT_OUT", os.path.join(line.root, "build")),
                        "models")
    os.makedirs(path, exist_ok=True)
    return path


def tool(line, python, backend, *arguments, **environment):
    done = line.run(python, os.path.join(line.root, "tools", "models.py"), *arguments,
                    KERAS_BACKEND=backend, **environment)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "no output").splitlines()[-1][:300])


def model(line, name):
    """Path of the saved model; its inputs lie beside it."""
    path = os.path.join(folder(line), name + ".keras")
    if not os.path.exists(path.replace(".keras", ".inputs.npz")):
        tool(line, line.need_judge(), "jax", "make", name, path)
    return path


def trained(line, parts=("emotion", "sentences")):
    """Trained weights out of packages: key -> path."""
    import sys
    sys.path.insert(0, os.path.join(line.root, "tools", "demo"))
    import demo_files
    cache = os.environ.get("KOV_DEMO_FILES", os.path.join(line.root, "build", "demo-files"))
    return demo_files.fetch(parts, cache, lambda text: None)


def noisy(line, name):
    path = os.path.join(folder(line), name + "-noise.keras")
    if not os.path.exists(path):
        tool(line, line.need_judge(), "jax", "noise", model(line, name), path)
    return path


def answers(line, path, backend, python, **environment):
    """count -> output of the model at path."""
    import numpy as np
    tag = environment.get("KOV_DEVICE", backend)
    out = path.replace(".keras", f".{tag}.npz")
    if backend != "jax" or not os.path.exists(out):
        tool(line, python, backend, "run", path, out, **environment)
    with np.load(out) as arrays:
        return {int(count): arrays[count] for count in arrays.files}


def distance(a, b):
    import numpy as np
    return float(np.abs(a - b).max() / np.abs(b).max())
