#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the acceptance lines A1 to A19, and those of B1 to B9 and C1 to C6 that are written, and prints each figure with its target: PASS or FAIL.

    accept.py                 every line
    accept.py A2,A8           some (also: make accept ARGS=A2,A8)
    accept.py --list          what each line asks for

A line's checks stand in tools/accept/<line>_<subject>.py, which has TARGET and `check(line)`. NOT
BEGUN says that a check needs something that kov does not have yet; it counts as not passed. The
figures also go to build/accept.json.

Environment: KOV_BUILD is the build tree; KOV_JUDGE and KOV_NIGHTLY are Pythons of their own.
"""

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
LINES = os.path.join(TOOLS, "accept")
BUILD = os.environ.get("KOV_ACCEPT_OUT", os.path.join(ROOT, "build"))
PASS, FAIL, NOT_BEGUN = "PASS", "FAIL", "NOT BEGUN"
MARK = "ACCEPT-RESULT "


class NotBegun(Exception):
    """What the line asks for is not there yet; the text says what."""


class Failed(Exception):
    """A child process gave no figures; the text says why."""


class Line:
    """One acceptance line: collects figures and says whether all hold."""

    NotBegun = NotBegun

    def __init__(self, name):
        self.name = name
        self.figures = []
        self.build = os.path.abspath(os.environ.get("KOV_BUILD", os.path.join(BUILD, "cmake")))
        self.judge = os.environ.get("KOV_JUDGE", "")
        self.nightly = os.environ.get("KOV_NIGHTLY", "")
        self.root = ROOT
        self.scratch = tempfile.mkdtemp(prefix=f"kov-accept-{name}-")
        os.makedirs(os.path.join(self.scratch, "site"))
        with open(os.path.join(self.scratch, "site", "sitecustomize.py"), "w") as file:
            file.write("import kov_hook\n")

    # ---- figures ---------------------------------------------------------------------------------

    def _add(self, status, text, figure, target):
        self.figures.append({"status": status, "text": text, "figure": figure, "target": target})
        shown = f"{figure}" + (f"  (target {target})" if target else "")
        print(f"  {self.name:4} {status:9} {text}: {shown}", flush=True)

    def at_most(self, text, value, limit, unit=""):
        self._add(PASS if value <= limit else FAIL, text, number(value, unit),
                  "<= " + number(limit, unit))

    def at_least(self, text, value, limit, unit=""):
        self._add(PASS if value >= limit else FAIL, text, number(value, unit),
                  ">= " + number(limit, unit))

    def true(self, text, holds, figure=""):
        self._add(PASS if holds else FAIL, text, figure or ("yes" if holds else "no"), "")

    def equal(self, text, value, wanted):
        self._add(PASS if value == wanted else FAIL, text, repr(value), repr(wanted))

    def note(self, text, figure):
        self._add("", text, figure, "")

    def not_begun(self, text, why):
        self._add(NOT_BEGUN, text, why, "")

    # ---- other processes -------------------------------------------------------------------------

    def environment(self, **changes):
        """That of a process in which kov is installed; a value None removes a variable."""
        package = os.path.join(self.build, "python")
        environment = dict(os.environ, KERAS_HOME=os.path.join(self.scratch, "home"),
                           PYTHONPATH=os.pathsep.join([os.path.join(self.scratch, "site"), package,
                                                       LINES]),
                           PYTHONDONTWRITEBYTECODE="1", TF_CPP_MIN_LOG_LEVEL="3",
                           JAX_PLATFORMS="cpu", CUDA_VISIBLE_DEVICES="-1")
        for name in ("KERAS_BACKEND", "KOV_DEVICE"):
            environment.pop(name, None)
        for name, value in changes.items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        return environment

    def python(self, code, *arguments, python=None, timeout=1800, **environment):
        """Runs code which calls `answer(object)`, and returns that object. Backend: kov."""
        environment.setdefault("KERAS_BACKEND", "kov")
        prelude = ("import json, sys\n"
                   f"def answer(x): print({MARK!r} + json.dumps(x), flush=True)\n")
        done = subprocess.run([python or sys.executable, "-c", prelude + code,
                               *map(str, arguments)], env=self.environment(**environment),
                              capture_output=True, text=True, timeout=timeout, cwd=self.scratch)
        found = [row for row in done.stdout.splitlines() if row.startswith(MARK)]
        if done.returncode or not found:
            words = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
            raise Failed(f"exit {done.returncode}: {words[-1][:300]}")
        return json.loads(found[-1][len(MARK):])

    def run(self, *command, timeout=3600, **environment):
        return subprocess.run(command, env=self.environment(**environment), capture_output=True,
                              text=True, timeout=timeout, cwd=ROOT)

    def logged(self, name, *command, **environment):
        """The log of a step (tools/step.sh NAME), which is run unless its log is younger than the
        sources; None if it failed."""
        log = os.path.join(BUILD, "logs", name + ".log")
        sources = [os.path.join(folder, file) for top in ("src", "include", "fuzz")
                   for folder, _, files in os.walk(os.path.join(ROOT, top)) for file in files]
        newest = max(os.path.getmtime(path) for path in sources)
        if not os.path.exists(log) or os.path.getmtime(log) < newest:
            done = self.run(*command, timeout=5400, BUILD=BUILD, PY=sys.executable,
                            JOBS=str(os.cpu_count()), PYTHONPATH=None,
                            CLANG=os.environ.get("CLANG", "clang-14"), **environment)
            if done.returncode:
                rows = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
                self.true(" ".join(command), False, rows[-1][:300])
                return None
        with open(log, errors="replace") as file:
            return file.read()

    def need_judge(self):
        if not os.path.exists(self.judge):
            raise NotBegun("no Python with other backends: run `make judge`, set KOV_JUDGE")
        return self.judge

    # ---- the whole -------------------------------------------------------------------------------

    def attempt(self, text, function, *arguments):
        """One check of several: an exception of it is a failed figure, and the others go on."""
        try:
            function(*arguments)
        except NotBegun as why:
            self.not_begun(text, str(why))
        except subprocess.TimeoutExpired as error:
            self._add(FAIL, text, f"not done within {error.timeout:.0f} s", "")
        except Failed as why:
            self._add(FAIL, text, str(why), "")
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._add(FAIL, text, f"{type(error).__name__}: {error} "
                      f"({os.path.basename(where.filename)}:{where.lineno})", "")

    def status(self):
        found = [figure["status"] for figure in self.figures]
        if FAIL in found:
            return FAIL
        if NOT_BEGUN in found:
            return NOT_BEGUN if PASS not in found else FAIL
        return PASS if PASS in found else NOT_BEGUN


def number(value, unit):
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text + (" " + unit if unit else "")


def load(name):
    """The module of a line, or None."""
    for file in sorted(os.listdir(LINES)):
        if re.fullmatch(rf"{name.lower()}_\w+\.py", file):
            spec = importlib.util.spec_from_file_location("accept_" + name, os.path.join(LINES,
                                                                                         file))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return None


def run_line(name):
    line, module, started = Line(name), load(name), time.time()
    if module is None:
        print(f"{name}: no check is written")
        line.not_begun("check", "none is written")
    else:
        print(f"{name}: {module.TARGET}")
        line.attempt("check", module.check, line)
    status = line.status()
    print(f"{name}: {status} ({time.time() - started:.0f} s)\n", flush=True)
    return {"status": status, "figures": line.figures,
            "target": module.TARGET if module else None}


def main():
    every = [f"A{i}" for i in range(1, 20)] + [f"{letter}{i}" for letter in "BC"
                                              for i in range(1, 10) if load(f"{letter}{i}")]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lines", nargs="*", help="A2,A8 or A2 A8; default: all")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    words = ",".join(options.lines) or os.environ.get("L", "")
    wanted = [word.upper() for word in re.split(r"[,\s]+", words) if word] or every
    unknown = [name for name in wanted if name not in every]
    if unknown:
        sys.exit(f"accept: no such line: {', '.join(unknown)}")
    if options.list:
        for name in wanted:
            module = load(name)
            print(f"{name}: {module.TARGET if module else 'no check is written'}")
        return 0
    sys.path.insert(0, LINES)
    results = {name: run_line(name) for name in wanted}
    os.makedirs(BUILD, exist_ok=True)
    path = os.path.join(BUILD, "accept.json")
    earlier = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            earlier = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**earlier, **results}, file, indent=1)
    for name, result in results.items():
        print(f"{name:4} {result['status']}")
    return 0 if all(result["status"] == PASS for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
