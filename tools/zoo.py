#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the models that people use and compares kov with Keras on JAX: `make models`.

    zoo.py                      every row of tools/zoo that has no result yet, then the milliseconds
    zoo.py GPT2CausalLM VGG16   these, again, with new weights
    zoo.py --again [NAMES]      kov's side again of the rows whose results another build gave: their
                                weights stay, and with them what the other backends said
    zoo.py --times [NAMES]      only the milliseconds, again for the rows named
    zoo.py --untimed            all but the milliseconds, for which XLA compiles each model well and
                                Keras exports it to ONNX: that takes as long as the rest
    zoo.py --report             only compares what is in build/zoo and writes docs/models.md

A few models share a process on each side. What is done stays in build/zoo (8 GB, most of it
weights), so a run that was stopped goes on where it was. KOV_JUDGE is the Python with JAX and
TensorFlow.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
BUILD = os.environ.get("KOV_ACCEPT_OUT", os.path.join(ROOT, "build"))
FOLDER = os.path.join(BUILD, "zoo")
RESULTS = os.path.join(BUILD, "models.json")
sys.path[:0] = [os.path.join(TOOLS, "zoo"), TOOLS]

import zoo_compare  # noqa: E402
import zoo_onnx  # noqa: E402
import zoo_report  # noqa: E402
import zoo_rows  # noqa: E402
import zoo_times  # noqa: E402

TOGETHER = 8
# JAX compiles each model for a batch or two: plain code costs it less time than good code.
XLA = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
BACKENDS = {"kov": "kov", "kov16": "kov", "export": "kov", "seeds": "kov", "judge": "jax",
            "judge16": "jax", "other16": "tensorflow", "exact": "tensorflow", "onnx": "tensorflow"}
# What kov says of a row's weights, and what other backends do: gone with them.
OURS = ("kov", "kov16", "export", "seeds")
DEPENDENT = ("judge", "judge16", "other16", "exact", "onnx", "times")


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


def write(name, what, found):
    with open(path(name, what) + ".part", "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    os.replace(path(name, what) + ".part", path(name, what))


def python_of(backend):
    """kov's Python is this one; the others' is KOV_JUDGE."""
    return sys.executable if backend == "kov" else os.environ["KOV_JUDGE"]


def environment_of(backend):
    environment = dict(os.environ, KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3",
                       CUDA_VISIBLE_DEVICES="-1",
                       PYTHONPATH=os.path.join(build_tree(), "python"))
    environment.pop("KOV_DEVICE", None)
    return environment


def work(action, names):
    """Runs the action for the names that have no result of it; those that it dies of get one that
    says so, and the rest go on."""
    if action == "kov":  # comes first: without its weights nothing else of a row can be found
        for name in names:
            if not os.path.exists(weights(name)):
                remove(name, *OURS, *DEPENDENT)
    left = [name for name in names if read(name, action) is None]
    command = [python_of(BACKENDS[action]), os.path.join(TOOLS, "zoo", "zoo_worker.py"), action]
    environment = dict(environment_of(BACKENDS[action]), XLA_FLAGS=XLA)
    while left:
        print(f"{action}: {' '.join(left)}", flush=True)
        with open(os.path.join(FOLDER, action + ".log"), "a", encoding="utf-8") as log:
            try:
                code = subprocess.run(
                    [*command, FOLDER, *left], env=environment, stdout=log, stderr=log,
                    timeout=1200 * len(left)).returncode
            except subprocess.TimeoutExpired:
                code = "time"
        done = [name for name in left if read(name, action) is not None]
        left = [name for name in left if name not in done]
        if left:
            write(left[0], action, {"error": f"the process ended: {code}"})
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
            remove(name, *OURS)
            if os.path.exists(weights(name)):
                os.remove(weights(name))
        elif (read(name, "kov") or {}).get("build") != build:
            remove(name, *OURS)


def run(names, rows):
    work("kov", names)
    work("kov16", [name for name in names if rows[name].policies])
    work("judge", names)
    work("export", names)
    work("seeds", [name for name in names if rows[name].generate])


def compare(names, rows, work):
    """{name: record} of the rows that were run."""
    found = {name: zoo_compare.compare(FOLDER, name, rows[name], read, work) for name in names}
    return {name: record for name, record in found.items() if record is not None}


def time_all(names):
    """The milliseconds of the rows that both sides ran, the smallest first."""
    names = [name for name in names if read(name, "times") is None
             and "parameters" in (read(name, "kov") or {}) and "noise" in (read(name, "judge") or {})]
    names.sort(key=lambda name: read(name, "kov")["parameters"])
    with open(os.path.join(FOLDER, "times.log"), "a", encoding="utf-8") as log:
        sides = {title: zoo_times.Side(
            [python_of(backend), os.path.join(TOOLS, "zoo", "zoo_sides.py"), side, FOLDER],
            environment_of(backend), log)
            for title, side, backend in (("kov", "kov", "kov"), ("ONNX Runtime", "onnx", "numpy"),
                                         ("JAX", "jax", "jax"))}
        try:
            for together in groups(names):
                time_together(together, sides)
        finally:
            for side in sides.values():
                side.end()


def time_together(names, sides):
    """An ONNX export lies in the folder until it has been measured."""
    for name in names:
        if "error" not in (read(name, "onnx") or {}) and not os.path.exists(
                os.path.join(FOLDER, name + ".onnx")):
            remove(name, "onnx")
    work("onnx", names)
    for name in names:
        print("times:", name, flush=True)
        exported = "error" not in read(name, "onnx")
        write(name, "times", zoo_times.measure(name, {
            title: side for title, side in sides.items() if exported or title != "ONNX Runtime"}))
        zoo_onnx.remove(FOLDER, name)


def report(results, rows):
    """Writes what was found; 1 if a model does not agree."""
    with open(RESULTS, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    zoo_report.write(os.path.join(ROOT, "docs", "models.md"), results, rows)
    bad = [name for name in rows if results.get(name, {}).get("problems", ["not run"])]
    for name in bad:
        print(f"{name}: {'; '.join(results.get(name, {}).get('problems', ['not run']))}")
    print(f"{len(rows) - len(bad)} of {len(rows)} models agree")
    return 1 if bad else 0


def need_judge():
    python = os.environ.get("KOV_JUDGE", "")
    if not python or not shutil.which(python):
        sys.exit("zoo: KOV_JUDGE must name a Python with JAX and TensorFlow, which the models are "
                 f"compared with, and is {python!r}: run `make judge`, or set it")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*")
    for option in ("--again", "--times", "--untimed", "--report"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args()
    rows = {name: row for name, row in zoo_rows.tables().items() if not row.part}
    unknown = set(options.names) - set(rows)
    if unknown:
        sys.exit(f"zoo: no such model: {', '.join(sorted(unknown))}")
    chosen = [name for name in rows if not options.names or name in options.names]
    os.makedirs(FOLDER, exist_ok=True)
    if not options.report:
        need_judge()
        os.environ["KOV_ZOO_BUILD"] = build_digest()
        if not os.path.exists(os.path.join(FOLDER, "pictures.npz")):
            subprocess.run([os.environ["KOV_JUDGE"], os.path.join(TOOLS, "zoo", "zoo_worker.py"),
                            "pictures", FOLDER], check=True)
        if not options.times:
            for names in groups(chosen):
                if options.again or options.names:
                    forget(names, options.again, os.environ["KOV_ZOO_BUILD"])
                run(names, rows)
                compare(names, rows, work)
        elif options.names:
            for name in chosen:
                remove(name, "times")
        if not options.untimed:
            time_all(chosen)
    return report(compare(rows, rows, lambda action, names: None), rows)


if __name__ == "__main__":
    sys.exit(main())
