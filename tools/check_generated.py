# SPDX-License-Identifier: Apache-2.0
"""Checks that docs/ops.md is what tools/tables.py writes now, or writes it.

    python3 tools/check_generated.py [--write]

What else the tables give lies in the build folder and is never committed.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    mode = [] if "--write" in sys.argv[1:] else ["--check"]
    return subprocess.run(
        [sys.executable, "tools/tables.py", "--opset", "src/opset/opset.def",
         "--keras", "src/keras/keras_ops.def", "--docs", "docs/ops.md",
         "--openvino", "docs/openvino.json", *mode],
        cwd=ROOT, check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
