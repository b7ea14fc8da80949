#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed as ratios: kov beside OpenVINO, ONNX Runtime and NumPy, in one process, in turn.

    run.py             models, GEMM, eager calls
    run.py eager       some of: eager, functions, gemm, models

These are the measurements of the acceptance lines A5, A6, A8 and B5 (tools/accept), and their figures
go where those go. Nothing is asserted here.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LINES = {"functions": "B5", "eager": "A8", "gemm": "A6", "models": "A5,A6"}


def main():
    wanted = sys.argv[1:] or ["eager", "models"]
    unknown = [name for name in wanted if name not in LINES]
    if unknown:
        sys.exit(f"run.py: no such measurement: {', '.join(unknown)}")
    environment = dict(os.environ)
    if wanted == ["gemm"]:
        environment["KOV_ACCEPT_MODELS"] = "none"
    lines = sorted({line for name in wanted for line in LINES[name].split(",")})
    subprocess.run([sys.executable, os.path.join(ROOT, "tools", "accept.py"), *lines],
                   env=environment)


if __name__ == "__main__":
    main()
