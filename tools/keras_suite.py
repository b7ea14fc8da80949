#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests that Keras's wheel carries (`*_test.py`) on kov.

    keras_suite.py                        everything; continues a run that was stopped
    keras_suite.py -k log1p               tests by name (a pytest expression)
    keras_suite.py --folder layers/core   files below keras/src/layers/core
    keras_suite.py ops/numpy_test.py      one file
    keras_suite.py --device CPU --folder ops
                                          eager calls as graphs that OpenVINO compiles
    keras_suite.py --backend jax          on another backend, for the table in docs/keras-suite.md
    keras_suite.py --write-list           the list of Keras's tests that a run must collect
    keras_suite.py --functions-present-only
                                          counts apart what fails only because kov lacks a function

One process per file, two at a time. Nothing is excluded: keras_suite_plugin.py only lifts skips. A
test that crashes or hangs its process counts as failed, and the rest of its file runs in a new
process. Results: build/keras-suite.json, by file and by function; a complete run also writes
docs/keras-suite.md. Complete runs on other backends write tools/suite/other_backends.json instead.

Environment: KOV_BUILD is the build tree (python/ in it), KOV_JUDGE a Python that has Keras and the
frameworks that its tests compare with.
"""

import argparse
import concurrent.futures
import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
sys.path.insert(0, TOOLS)

from suite import collection  # noqa: E402
from suite import report as suite_report  # noqa: E402

INI = """[pytest]
addopts = -p no:cacheprovider -p keras_suite_plugin -q --tb=short --no-header
filterwarnings =
    error
    ignore::DeprecationWarning
    ignore::ImportWarning
    ignore::RuntimeWarning
    ignore::PendingDeprecationWarning
    ignore::FutureWarning
    ignore::UserWarning
    ignore::pytest.PytestUnraisableExceptionWarning
markers =
    requires_trainable_backend
    multi_device
"""

VERSIONS = """
import importlib.metadata as metadata, json
found = {d.metadata["Name"]: d.version for d in metadata.distributions()}
found["tensorflow"] = found.get("tensorflow", found.get("tensorflow-cpu", found.get("tensorflow_cpu")))
print(json.dumps({name: found.get(name) for name in ("keras", "numpy", "jax", "tensorflow", "torch", "openvino")}))
"""

# What Keras's repository ignores too: these tests build models with downloaded weights.
IGNORED_FOLDER = "applications/"
# A file of a test that the wheel carries without its data.
BATTLE_DATA = ("saving/test_data", "pre_pr22362_nested_container.keras")


def main():
    options = arguments()
    suite = Suite(options)
    files = suite.files()
    if not files:
        sys.exit("keras_suite: no test file matches")
    if options.write_list:
        return suite.write_list()
    suite.run(files)
    return suite.conclude(files)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="paths below keras/src")
    parser.add_argument("-k", dest="expression", default="", help="tests by name, as in pytest")
    parser.add_argument("--folder", action="append", default=[], help="a folder below keras/src")
    parser.add_argument("--functions-present-only", action="store_true")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--keep", action="store_true", help="keep results of another build of kov")
    parser.add_argument("--device", help="eager calls are compiled as graphs for this device of OpenVINO")
    parser.add_argument("--backend", default="kov", help="kov, or openvino (upstream's), jax, numpy ...")
    parser.add_argument("--write-list", action="store_true", help="collect on upstream's backend")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--idle", type=float, default=600, help="seconds without an outcome")
    parser.add_argument("--out", default=os.path.join(ROOT, "build"), help="folder of the results")
    return parser.parse_args()


class Suite:
    def __init__(self, options):
        self.options = options
        self.python = os.environ.get("KOV_JUDGE") or sys.executable
        build = os.environ.get("KOV_BUILD", os.path.join(ROOT, "build", "cmake"))
        self.package = os.path.join(os.path.abspath(build), "python")
        self.on_kov = options.backend == "kov" and not options.write_list
        if self.on_kov and not os.path.isdir(os.path.join(self.package, "kov")):
            sys.exit(f"keras_suite: no package kov in {self.package}: run `make build` first")
        if not os.path.exists(self.python):
            sys.exit(f"keras_suite: no Python at {self.python}: run `make judge` first")
        self.keras = self._ask("import importlib.util as u; "
                               "print(u.find_spec('keras').submodule_search_locations[0])")
        name = "keras-suite" + ("-" + re.sub(r"\W+", "_", options.expression)
                                if options.expression else "")
        name += "-" + options.device.lower() if options.device else ""
        name += "" if options.backend == "kov" else "-" + options.backend
        name += "-list" if options.write_list else ""
        self.work = os.path.join(os.path.abspath(options.out), name)
        self.lock = threading.Lock()
        self.running = set()
        self.stopping = False
        self._prepare()

    def _ask(self, code):
        answer = subprocess.run([self.python, "-c", code], capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"keras_suite: {self.python} has no Keras: run `make judge`\n{answer.stderr}")
        return answer.stdout.strip().splitlines()[-1]

    def _prepare(self):
        for folder in ("results", "home", "site", "output"):
            os.makedirs(os.path.join(self.work, folder), exist_ok=True)
        write(os.path.join(self.work, "pytest.ini"), INI)
        self.alone = open(os.path.join(self.work, "lock"), "w")
        try:
            fcntl.flock(self.alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit(f"keras_suite: another run writes to {self.work}")
        # A child process of a test finds the backend as an installed kov would let it.
        write(os.path.join(self.work, "site", "sitecustomize.py"),
              "import kov_hook\n" if self.on_kov else "")
        self._place_data()
        key, path = self._key(), os.path.join(self.work, "key")
        if self.options.fresh or (not self.options.keep and key != read(path)):
            results = os.path.join(self.work, "results")
            for name in os.listdir(results):
                os.remove(os.path.join(results, name))
        write(path, key)

    def _place_data(self):
        folder, name = BATTLE_DATA
        target = os.path.join(self.keras, "src", folder, name)
        if not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(os.path.join(ROOT, "tests", "data", name), "rb") as source:
                with open(target, "wb") as copy:
                    copy.write(source.read())

    def _key(self):
        """Changes with everything that a test can see: kov, and the packages installed beside it."""
        packages = self._ask("import importlib.metadata as m; print(sorted("
                             "{(d.name, d.version) for d in m.distributions()}))")
        digest = hashlib.sha256((self.python + packages).encode())
        paths = [os.path.join(TOOLS, "keras_suite_plugin.py")]
        if self.on_kov:
            paths.append(os.path.join(self.package, "..", "libkov.so.0"))
        for folder, _, names in os.walk(self.package if self.on_kov else "", followlinks=True):
            paths += [os.path.join(folder, name) for name in sorted(names)
                      if name.endswith((".py", ".so"))]
        for path in sorted(path for path in paths if os.path.exists(path)):
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    # ---- files -----------------------------------------------------------------------------------

    def files(self):
        source = os.path.join(self.keras, "src")
        found = []
        for folder, _, names in os.walk(source):
            found += [os.path.relpath(os.path.join(folder, name), source)
                      for name in names if name.endswith("_test.py")]
        options = self.options
        if not any(f"{name}/".startswith(IGNORED_FOLDER) for name in options.folder):
            found = [name for name in found if not name.startswith(IGNORED_FOLDER)]
        found.sort()
        wanted = [name.removeprefix("keras/src/") for name in options.files]
        folders = [name.removeprefix("keras/src/").rstrip("/") + "/" for name in options.folder]
        if wanted or folders:
            found = [name for name in found
                     if name in wanted or any(name.startswith(folder) for folder in folders)]
        if re.fullmatch(r"\w+", options.expression):
            found = [name for name in found if self._mentions(source, name)]
        return sorted(found, key=lambda name: -os.path.getsize(os.path.join(source, name)))

    def _mentions(self, source, name):
        """pytest's -k looks at the names of folders, file, class and test, without case."""
        word = self.options.expression.lower()
        text = read(os.path.join(source, name)).lower()
        return word in name.lower() or word in text

    # ---- running ---------------------------------------------------------------------------------

    def run(self, files):
        started, done = time.time(), 0
        # A child started with signals ignored (nohup, &) can still be stopped.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with concurrent.futures.ThreadPoolExecutor(self.options.processes) as pool:
            futures = {pool.submit(self._run_file, name): name for name in files}
            try:
                for future in concurrent.futures.as_completed(futures):
                    done += 1
                    tests = suite_report.outcomes(future.result())
                    minutes = (time.time() - started) / 60
                    print(f"[{done}/{len(files)}, {minutes:.0f} min] {futures[future]}: "
                          f"{suite_report.tally(tests)}", flush=True)
            except KeyboardInterrupt:
                self._stop(futures)
                sys.exit("keras_suite: stopped; the same command continues")

    def _stop(self, futures):
        for future in futures:
            future.cancel()
        with self.lock:
            self.stopping = True  # so that no test is blamed for it
            for process in self.running:
                os.killpg(process.pid, signal.SIGTERM)

    def _log_path(self, name):
        return os.path.join(self.work, "results", name.replace("/", "__") + ".jsonl")

    def _run_file(self, name):
        """Runs what has no outcome yet, in new processes until all tests of the file have one."""
        log = self._log_path(name)
        while True:
            rows = suite_report.rows(log)
            if any("finished" in row for row in rows):
                return rows
            # Tests with an outcome are not run a second time after a crash.
            done = sorted({row["test"] for row in rows if "test" in row})
            done_path = log.removesuffix(".jsonl") + ".done"
            write(done_path, json.dumps(done))
            why = self._process(name, log, done_path)
            os.remove(done_path)
            after = suite_report.rows(log)
            if self.stopping or any("finished" in row for row in after):
                return after
            self._blame(log, after, why)
            if len(suite_report.rows(log)) == len(rows):
                return after

    def _blame(self, log, rows, why):
        """The test that had started and has no outcome took its process with it."""
        starts = [row["start"] for row in rows if "start" in row]
        ended = {row["test"] for row in rows if "test" in row}
        test = starts[-1] if starts and starts[-1] not in ended else None
        with open(log, "a", encoding="utf-8") as file:
            if test is None:
                file.write(json.dumps({"test": "(whole file)", "outcome": "failed", "error": why})
                           + "\n" + json.dumps({"finished": -1}) + "\n")
            else:
                file.write(json.dumps({"test": test, "outcome": "failed", "error": why,
                                       "crash": True}) + "\n")

    def _process(self, name, log, done_path):
        output_path = os.path.join(self.work, "output", name.replace("/", "__") + ".txt")
        command = [self.python, "-m", "pytest", "-c", os.path.join(self.work, "pytest.ini"),
                   "--rootdir", os.path.dirname(self.keras), os.path.join(self.keras, "src", name)]
        if self.options.expression:
            command += ["-k", self.options.expression]
        path = [os.path.join(self.work, "site"), TOOLS] + [self.package] * self.on_kov
        more = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
        environment = dict(
            os.environ, KERAS_BACKEND=self.options.backend, KERAS_HOME=os.path.join(self.work, "home"),
            KOV_SUITE_LOG=log, KOV_SUITE_DONE=done_path, PYTHONPATH=os.pathsep.join(path + more),
            PYTHONDONTWRITEBYTECODE="1", TF_CPP_MIN_LOG_LEVEL="3", JAX_PLATFORMS="cpu",
            CUDA_VISIBLE_DEVICES="-1", PYTHONFAULTHANDLER="1")
        if self.options.device:
            environment.update(KOV_SUITE_DEVICE=self.options.device, KOV_DEVICE=self.options.device)
        if self.options.write_list:
            command += ["--collect-only", "--ignore", os.path.join(self.keras, "src", IGNORED_FOLDER)]
            environment.update(KERAS_BACKEND="openvino", KOV_SUITE_COMPLEX="1")
        with open(output_path, "ab") as output:
            process = subprocess.Popen(command, cwd=self.work, env=environment, stdout=output,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        with self.lock:
            self.running.add(process)
        try:
            why = self._wait(process, log)
        finally:
            with self.lock:
                self.running.discard(process)
        return why or f"the process ended with {exit_text(process.returncode)}"

    def _wait(self, process, log):
        """None when the process ended by itself, else why it was ended."""
        last_size, last_change = -1, time.time()
        while True:
            try:
                process.wait(timeout=2)
                return None
            except subprocess.TimeoutExpired:
                pass
            size = os.path.getsize(log) if os.path.exists(log) else 0
            if size != last_size:
                last_size, last_change = size, time.time()
            elif time.time() - last_change > self.options.idle:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return f"no outcome within {self.options.idle:.0f} s"

    # ---- the end ---------------------------------------------------------------------------------

    def write_list(self):
        """Collects every file in one process."""
        log = self._log_path("all")
        write(log, "")
        why = self._process("", log, log + ".done")
        rows = suite_report.rows(log)
        if not any(row.get("finished") == 0 for row in rows):
            print(f"keras_suite: the tests were not collected: {why}, see {self.work}/output")
            return 1
        collection.write(json.loads(self._ask(VERSIONS))["keras"], collection.of_log(rows))
        return 0

    def conclude(self, files):
        logs = {name: suite_report.rows(self._log_path(name)) for name in files}
        options = self.options
        versions = json.loads(self._ask(VERSIONS))
        complete = not (options.device or options.expression or options.folder or options.files)
        report = suite_report.Report(logs, present=self._functions() if self.on_kov else set(),
                                     complete=complete)
        out = os.path.abspath(options.out)
        if not self.on_kov:
            print(report.summary())
            if complete:
                suite_report.keep_other(options.backend, versions, report)
            return 0
        path = os.path.join(out, "keras-suite.json") if complete else self.work + "-part.json"
        write(path, json.dumps(dict(report.as_dict(), versions=versions, complete=complete),
                               indent=1))
        if complete:
            write(os.path.join(ROOT, "docs", "keras-suite.md"), report.page(versions))
        print(report.summary())
        print(f"results: {os.path.relpath(path)}")
        failed = report.failed_there if options.functions_present_only else report.failed
        return 1 if failed or report.other_tests else 0

    def _functions(self):
        """Names (module.name) of the functions that are there, asked of the extension itself."""
        code = ("import sys, json; sys.path.insert(0, %r); from kov import _core; "
                "print(json.dumps([m + '.' + f for m in ('core', 'numpy', 'nn', 'math', 'linalg', "
                "'image', 'random', 'rnn') for f in _core.functions(m)]))" % self.package)
        return set(json.loads(self._ask(code)))


def exit_text(code):
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
