# SPDX-License-Identifier: Apache-2.0
TARGET = ("with docs/adding-an-op.md alone, one missing function is one row, one function and generated "
          "files (tried with linalg.matrix_power; the page says how long it took)")

FUNCTION = "matrix_power"


def check(line):
    import os
    import re
    with open(os.path.join(line.root, "docs", "adding-an-op.md"), encoding="utf-8") as file:
        took = re.search(r"added with this page alone in (\d+) minutes", file.read())
    line.true("the page records the trial", bool(took), took[1] + " minutes" if took else "")
    line.equal("files of the tree that name it", _naming(line), [
        "src/keras/keras_ops.def", "src/keras/linalg/linalg_power.c"])


def _naming(line):
    import os
    found = []
    for room in ("include", "python", "src"):
        for folder, _, names in os.walk(os.path.join(line.root, room)):
            for name in names:
                path = os.path.join(folder, name)
                if not name.endswith((".c", ".h", ".def", ".py")) or os.path.islink(path):
                    continue
                with open(path, encoding="utf-8") as file:
                    if FUNCTION in file.read():
                        found.append(os.path.relpath(path, line.root))
    return sorted(found)
