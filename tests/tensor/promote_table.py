# SPDX-License-Identifier: Apache-2.0
"""Writes promote_table.inc: what Keras's own result_type says for every pair of types.

Run with keras 3.15.1 and any backend but tensorflow: python promote_table.py > promote_table.inc
"""

import os

os.environ.setdefault("KERAS_BACKEND", "openvino")

import itertools
import random

import keras
from keras.src.backend.common import dtypes

TYPES = {
    "bool": "b",
    "int8": "1",
    "int16": "2",
    "int32": "4",
    "int64": "8",
    "uint8": "a",
    "uint16": "c",
    "uint32": "e",
    "uint64": "g",
    "float16": "h",
    "bfloat16": "m",
    "float32": "f",
    "float64": "d",
    "complex64": "p",
    "complex128": "q",
    int: "I",
    float: "F",
}
FLOATX = ("float32", "float16", "bfloat16", "float64")
TRIPLES = 400


def letters(groups):
    return "".join(TYPES[dtypes.result_type(*group)] for group in groups)


def rows(name, groups_of_rows):
    print(f"static const char *const {name}[] = {{")
    for groups in groups_of_rows:
        print(f'    "{letters(groups)}",')
    print("};")


def main():
    reduced = dict(dtypes.BIT64_TO_BIT32_DTYPE)
    pairs = [[(a, b) for b in TYPES] for a in TYPES]
    chooser = random.Random(1)
    triples = [tuple(chooser.choice(list(TYPES)) for _ in range(3)) for _ in range(TRIPLES)]
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print(f"/* Made by promote_table.py from keras {keras.__version__}; not edited. One letter is one")
    print(" * type; rows are the first operand, columns the second. _reduced is Keras's answer, _kept its")
    print(" * answer without the last step, which makes 64 bits 32. */")
    print(f'static const char keras_types[] = "{"".join(TYPES.values())}";')
    for floatx, kept in itertools.product(FLOATX, (False, True)):
        keras.config.set_floatx(floatx)
        dtypes.BIT64_TO_BIT32_DTYPE = {} if kept else reduced
        rows(f"pairs_{floatx}_{'kept' if kept else 'reduced'}", pairs)
    keras.config.set_floatx("float32")
    names = ["".join(TYPES[t] for t in triple) for triple in triples]
    print("static const char *const triples[] = {")
    for i in range(0, TRIPLES, 10):
        print("    " + " ".join(f'"{name}",' for name in names[i : i + 10]))
    print("};")
    for kept in (False, True):
        dtypes.BIT64_TO_BIT32_DTYPE = {} if kept else reduced
        print(f"static const char triples_{'kept' if kept else 'reduced'}[] =")
        text = letters(triples)
        lines = [f'    "{text[i : i + 80]}"' for i in range(0, len(text), 80)]
        print("\n".join(lines) + ";")


main()
