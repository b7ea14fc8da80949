#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the largest error of every float32 function over all 2^32 bit patterns.

    tools/accuracy.py --driver build/tests/test_native_elementwise_accuracy

The driver is any program that answers `list` (a function name a line, then `# what was measured`) and
`sweep NAME FIRST END STRIDE THREADS` (one line: worst-ulp worst-bits got wanted tested): the kernels'
own test is one, a driver of whole graphs another. The state is written after each part of a sweep, so
that a run which was stopped goes on where it was; it starts anew when the driver has changed.
"""

import argparse
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import time

PATTERNS = 1 << 32


def run(driver, *arguments):
    command = [str(driver), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def list_functions(driver):
    lines = run(driver, "list").splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    return names, " ".join(line[1:].strip() for line in lines if line.startswith("#"))


def load_state(path, key):
    try:
        state = json.loads(path.read_text())
    except (OSError, ValueError):
        state = {}
    return state if state.get("key") == key else {"key": key, "functions": {}}


def save_state(path, state):
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(state, indent=1))
    part.replace(path)


def sweep(arguments, name, state, save):
    """Goes on with one function's sweep; its entry in the state is complete afterwards."""
    entry = state["functions"].setdefault(name, {"next": 0, "worst": -1.0, "tested": 0})
    step = PATTERNS // arguments.parts
    while entry["next"] < PATTERNS:
        end = min(entry["next"] + step, PATTERNS)
        # parts start on a multiple of the stride, so that they make one progression together
        first = -(-entry["next"] // arguments.stride) * arguments.stride
        out = run(arguments.driver, "sweep", name, first, end, arguments.stride, arguments.threads)
        worst, bits, got, wanted, tested = out.split()
        if float(worst) > entry["worst"]:
            entry.update(worst=float(worst), bits=bits, got=got, wanted=wanted)
        entry["tested"] += int(tested)
        entry["next"] = end
        save(state)
    return entry


def argument_text(bits):
    return repr(struct.unpack("<f", struct.pack("<I", int(bits, 16)))[0])


def report(state, names, measured, stride):
    scope = "all 2^32 bit patterns" if stride == 1 else f"every {stride}th bit pattern"
    lines = [
        "# Accuracy of the float32 functions",
        "",
        f"Largest error over {scope}, in units in the last place of the result (ulp), against the C",
        "library in double, whose own error is below 2^-26 of a float32 ulp. Subnormal arguments and",
        "results are kept; a wrong NaN, infinity or sign of zero counts as infinite. Measured with",
        f"instruction set {measured}. Written by `tools/accuracy.py`.",
        "",
        "| function | largest error (ulp) | at x = | result | exact |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        entry = state["functions"].get(name)
        if not entry or entry["next"] < PATTERNS:
            lines.append(f"| {name} | not measured yet | | | |")
        elif entry["worst"] == 0:
            lines.append(f"| {name} | 0 | | | |")
        else:
            lines.append(
                f"| {name} | {entry['worst']:.4f} | {argument_text(entry['bits'])} "
                f"| {entry['got']} | {entry['wanted']} |"
            )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--driver", type=pathlib.Path, required=True)
    parser.add_argument("--state", type=pathlib.Path, default=pathlib.Path("build/accuracy.json"))
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("docs/accuracy.md"))
    parser.add_argument("--stride", type=int, default=1, help="1: every pattern")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--parts", type=int, default=16, help="of a function's sweep, each resumable")
    parser.add_argument("--limit", type=float, default=2.0, help="fail if an error is larger")
    parser.add_argument("functions", nargs="*", help="default: all that the driver lists")
    arguments = parser.parse_args()
    arguments.driver = arguments.driver.resolve()

    names, measured = list_functions(arguments.driver)
    unknown = set(arguments.functions) - set(names)
    if unknown:
        sys.exit(f"accuracy: the driver has no function {', '.join(sorted(unknown))}")
    digest = hashlib.sha256(arguments.driver.read_bytes()).hexdigest()
    key = f"{digest} {measured} {arguments.stride}"
    state = load_state(arguments.state, key)
    too_large = []
    for name in arguments.functions or names:
        start = time.monotonic()
        entry = sweep(arguments, name, state, lambda s: save_state(arguments.state, s))
        seconds = time.monotonic() - start
        print(f"{name:14} {entry['worst']:10.5f} ulp  {seconds:7.1f} s", flush=True)
        if not entry["worst"] <= arguments.limit:
            too_large.append(name)
    arguments.out.write_text(report(state, names, measured, arguments.stride))
    if too_large:
        sys.exit(f"accuracy: above {arguments.limit} ulp: {', '.join(too_large)}")


if __name__ == "__main__":
    main()
