#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the models that people use and compares kov with Keras on JAX: `make models`.

    zoo.py                      every row of tools/zoo that has no result yet
    zoo.py GPT2CausalLM VGG16   these, again, with new weights
    zoo.py --again              kov's side again of the rows whose results another build gave: their
                                weights stay, and with them what the other backends said
    zoo.py --again VGG16        the same for these
    zoo.py --report             only compares what is in build/zoo and writes docs/models.md
    zoo.py --onnx               also ONNX Runtime's time, on Keras's ONNX export (slow)

A few models share a process on each side. What is done stays in build/zoo (8 GB, most of it weights),
so a run that was stopped goes on where it was. KOV_JUDGE is the Python with JAX and TensorFlow.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
BUILD = os.environ.get("KOV_ACCEPT_OUT", os.path.join(ROOT, "build"))
FOLDER = os.path.join(BUILD, "zoo")
RESULTS = os.path.join(BUILD, "models.json")
sys.path[:0] = [os.path.join(TOOLS, "zoo"), TOOLS]
TOGETHER = 8
# JAX compiles each model for a batch or two: plain code costs it less time than good code.
XLA = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
BACKENDS = {"kov": "kov", "kov16": "kov", "export": "kov", "seeds": "kov", "judge": "jax",
            "judge16": "jax", "other16": "tensorflow", "exact": "tensorflow", "onnx": "tensorflow"}


# What other backends say of a row's weights: gone with them.
DEPENDENT = ("judge", "judge16", "other16", "exact", "onnx")


def path(name, what):
    return os.path.join(FOLDER, f"{name}.{what}.json")


def remove(name, *actions):
    for action in actions:
        if os.path.exists(path(name, action)):
            os.remove(path(name, action))


def read(name, what):
    try:
        with open(path(name, what), encoding="utf-8") as file:
            return json.load(file)
    except OSError:
        return None


def work(action, names):
    """Runs the action for the names that have no result of it; those that it dies of get one that
    says so, and the rest go on."""
    left = [name for name in names if read(name, action) is None]
    for name in left:
        if action == "kov" and not os.path.exists(weights(name)):
            remove(name, *DEPENDENT)
    python = sys.executable if BACKENDS[action] == "kov" else os.environ.get("KOV_JUDGE", "")
    if left and not python:
        sys.exit("zoo: no Python with other backends: run `make judge`, set KOV_JUDGE")
    environment = dict(os.environ, KERAS_BACKEND=BACKENDS.get(action, "jax"),
                       XLA_FLAGS=XLA, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1",
                       PYTHONPATH=os.path.join(build_tree(), "python"))
    environment.pop("KOV_DEVICE", None)
    while left:
        print(f"{action}: {' '.join(left)}", flush=True)
        with open(os.path.join(FOLDER, action + ".log"), "a", encoding="utf-8") as log:
            try:
                code = subprocess.run(
                    [python, os.path.join(TOOLS, "zoo", "zoo_worker.py"), action, FOLDER, *left],
                    env=environment, stdout=log, stderr=log, timeout=1200 * len(left)).returncode
            except subprocess.TimeoutExpired:
                code = "time"
        done = [name for name in left if read(name, action) is not None]
        left = [name for name in left if name not in done]
        if left:
            with open(path(left[0], action), "w", encoding="utf-8") as file:
                json.dump({"error": f"the process ended: {code}"}, file)
            left = left[1:]


def build_tree():
    return os.environ.get("KOV_BUILD", os.path.join(BUILD, "cmake"))


def groups(rows):
    """Names that share a process: starting one takes longer than most models."""
    names = list(rows)
    for i in range(0, len(names), TOGETHER):
        yield names[i:i + TOGETHER]


def weights(name):
    return os.path.join(FOLDER, name + ".weights.npz")


def build_digest():
    """Tells one build of kov from another: the library and the files that Python loads."""
    files = [os.path.join(build_tree(), "libkov.so")]
    for folder, _, found in os.walk(os.path.join(build_tree(), "python"), followlinks=True):
        files += [os.path.join(folder, file) for file in found if file.endswith((".py", ".so"))]
    digest = hashlib.sha256()
    for file in sorted(files):
        with open(file, "rb") as opened:
            digest.update(opened.read())
    return digest.hexdigest()[:16]


def forget(names, again, build):
    """What is to be found once more: kov's side where another build gave it, or all of a row."""
    for name in names:
        if not again:
            remove(name, "kov", "kov16", "export", "seeds", *DEPENDENT)
            if os.path.exists(weights(name)):
                os.remove(weights(name))
        elif (read(name, "kov") or {}).get("build") != build:
            remove(name, "kov", "kov16", "export", "seeds")


def run(names, rows, onnx):
    work("kov", names)
    work("kov16", [name for name in names if rows[name].policies])
    work("judge", names)
    work("export", names)
    work("seeds", [name for name in names if rows[name].generate])
    if onnx:
        work("onnx", names)


def main():
    import zoo_compare
    import zoo_report
    import zoo_rows

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--onnx", action="store_true")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    rows = {name: row for name, row in zoo_rows.tables().items() if not row.part}
    unknown = set(options.names) - set(rows)
    if unknown:
        sys.exit(f"zoo: no such model: {', '.join(sorted(unknown))}")
    os.makedirs(FOLDER, exist_ok=True)
    if not options.report and not os.path.exists(os.path.join(FOLDER, "pictures.npz")):
        subprocess.run([os.environ.get("KOV_JUDGE", ""),
                        os.path.join(TOOLS, "zoo", "zoo_worker.py"), "pictures", FOLDER],
                       check=True)
    os.environ["KOV_ZOO_BUILD"] = build_digest()
    results = {}
    for names in groups(rows):
        chosen = [name for name in names if not options.names or name in options.names]
        if chosen and not options.report:
            if options.again or options.names:
                forget(chosen, options.again, os.environ["KOV_ZOO_BUILD"])
            run(chosen, rows, options.onnx)
        for name in names:
            works = name in chosen and not options.report
            record = zoo_compare.compare(FOLDER, name, rows[name], read,
                                         work if works else lambda action, names: None)
            if record is not None:
                results[name] = record
    with open(RESULTS, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    zoo_report.write(os.path.join(ROOT, "docs", "models.md"), results, rows)
    bad = [name for name in rows if results.get(name, {}).get("problems", ["not run"])]
    for name in bad:
        print(f"{name}: {'; '.join(results.get(name, {}).get('problems', ['not run']))}")
    print(f"{len(rows) - len(bad)} of {len(rows)} models agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
