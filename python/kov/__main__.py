# SPDX-License-Identifier: Apache-2.0
"""`python -m kov script.py ...` or `python -m kov -m module ...`: runs it with the backend kov.

For places where Python reads no `.pth` files: folders on PYTHONPATH, `python -S`.
"""

import os
import runpy
import sys

import kov  # noqa: F401


def main(arguments):
    if not arguments or arguments == ["-m"]:
        print("usage: python -m kov [-m module | script.py] [arguments]", file=sys.stderr)
        return 2
    os.environ["KERAS_BACKEND"] = "kov"
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
        runpy.run_path(arguments[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
