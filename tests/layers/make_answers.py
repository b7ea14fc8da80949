#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what Keras on JAX gives for the case tables of this folder: jax_answers.npz.

    make_answers.py [MODULE...]      all, or the tables of some modules anew

Run it with the judges' Python when a table has changed. The tests then need no JAX.
"""

import importlib
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "jax"

import numpy as np

FILE = pathlib.Path(__file__).resolve().parent / "jax_answers.npz"
MODULES = ("metric_cases", "model_cases", "preprocessing_cases")


def main():
    import keras
    names = sys.argv[1:] or MODULES
    kept = {}
    if FILE.exists():
        with np.load(FILE) as file:
            kept = {key: file[key] for key in file.files
                    if key.partition("/")[0] in set(MODULES) - set(names)}
    for module in names:
        for name, tree in importlib.import_module(module).answers().items():
            for i, leaf in enumerate(keras.tree.flatten(tree)):
                kept[f"{module}/{name}/{i:03}"] = np.asarray(leaf)
    np.savez_compressed(FILE, **{key: kept[key] for key in sorted(kept)})
    print(f"{len(kept)} arrays, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
