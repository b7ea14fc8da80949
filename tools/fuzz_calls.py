#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls functions of Keras at random, drawn from the tables, and judges what comes of it.

    fuzz_calls.py --calls 1000000 --seed 1      goes on where it was left with this seed
    fuzz_calls.py --seed 1 --only numpy.add,nn  some functions or modules; starts anew
    fuzz_calls.py --seed 1 --show 4711          one call and both outcomes

Each call must end in a result that agrees with that of Keras's NumPy backend, or in a clear error of
a class that Keras raises; no crash, no call above a minute, no growing memory. Calls run in a worker
process, under the sanitizers if KOV_FUZZ_PRELOAD names their runtime and KOV_BUILD a tree built so
(make fuzz-calls); a second process is the judge. A crash is a finding, and the workers start again
behind it. The calls of a seed change with the table: look at a finding in the tree that had it. State and findings: build/fuzz/calls-SEED.json.

Environment: KOV_BUILD, and KOV_JUDGE, a Python with Keras and JAX (make judge).
"""

import argparse
import collections
import json
import os
import pickle
import select
import struct
import subprocess
import sys
import tempfile
import time

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
CALLS = os.path.join(TOOLS, "calls")
sys.path[:0] = [CALLS, TOOLS]
CHUNK = 50000  # calls of one process
START = 300.0  # seconds until a worker has imported what it needs
PATIENCE = 60.0  # seconds for one call
SAVE_EVERY = 1000
RESIDENT_LIMIT = 6000  # MiB of kov's worker


class Ended(Exception):
    """A worker ended (its text says how) or kept silent for too long."""


class Worker:
    def __init__(self, mode, seed, start, stop, only):
        self.mode = mode
        self.errors = tempfile.TemporaryFile("w+")
        environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", JAX_PLATFORMS="cpu")
        environment.pop("KERAS_BACKEND", None)
        python = os.environ.get("KOV_JUDGE") or sys.executable
        if mode == "kov":
            python = sys.executable
            build = os.path.join(os.path.abspath(os.environ["KOV_BUILD"]), "python")
            environment.update(PYTHONPATH=os.pathsep.join([CALLS, build]), PYTHONMALLOC="malloc",
                               LD_PRELOAD=os.environ.get("KOV_FUZZ_PRELOAD", ""))
        else:
            environment["PYTHONPATH"] = CALLS
        arguments = [python, os.path.join(CALLS, "worker.py"), mode, str(seed), str(start), str(stop)]
        self.process = subprocess.Popen(arguments + ([only] if only else []), env=environment,
                                        stdout=subprocess.PIPE, stderr=self.errors)
        self.first = True

    def _read(self, n, until):
        found, pipe = bytearray(), self.process.stdout
        while len(found) < n:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise Ended(f"no answer within {PATIENCE:.0f} s")
            piece = os.read(pipe.fileno(), n - len(found))
            if not piece:
                raise Ended(f"exit {self.process.wait()}: {self._last_words()}")
            found += piece
        return bytes(found)

    def _last_words(self):
        self.errors.seek(0)
        rows = self.errors.read().strip().splitlines()
        marks = [i for i, row in enumerate(rows) if "ERROR:" in row or "runtime error" in row]
        return " | ".join(rows[marks[0]:marks[0] + 14] if marks else rows[-6:])[:3000]

    def _frame(self, patience):
        until = time.monotonic() + patience
        size, = struct.unpack("<q", self._read(8, until))
        return pickle.loads(self._read(size, until))

    def next(self):
        if self.first:
            self.first = False
            try:
                self._frame(START)
            except Ended as end:
                sys.exit(f"the worker {self.mode} does not start: {end}")
        return self._frame(PATIENCE)

    def resident(self):
        """MiB now and at most."""
        with open(f"/proc/{self.process.pid}/status") as file:
            rows = dict(row.split(":", 1) for row in file)
        if "VmRSS" not in rows:  # it has ended
            return [0, 0]
        return [int(rows[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM")]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class Run:
    def __init__(self, seed, only, out):
        import draw
        self.draw, self.functions = draw, draw.table()
        self.seed, self.only = seed, only
        self.chosen = [f for f in self.functions if not only or f.module in only.split(",") or
                       f"{f.module}.{f.name}" in only.split(",")]
        self.path = os.path.join(out, f"calls-{seed}.json")
        self.state = {"next": 0, "results": 0, "agreed": 0, "errors": 0, "findings": [],
                      "memory": [], "by_function": {}}
        if not only and os.path.exists(self.path):
            with open(self.path) as file:
                self.state = json.load(file)
        self.workers = {}

    def drawn(self, index):
        return self.draw.call(self.functions, self.seed, index, self.chosen if self.only else None)

    def worker(self, mode, stop):
        if mode not in self.workers:
            start = self.state["next"]
            end = min(stop, (start // CHUNK + 1) * CHUNK)
            self.workers[mode] = Worker(mode, self.seed, start, end, self.only)
        return self.workers[mode]

    def close(self, *modes):
        for mode in modes or list(self.workers):
            if mode in self.workers:
                self.workers.pop(mode).close()

    def outcome(self, mode, stop):
        try:
            return self.worker(mode, stop).next()
        except Ended as end:
            self.close(mode)
            return ("ended", str(end))

    def judge(self, row, arguments, kov, judge):
        """What is wrong with the outcome, or None."""
        import agree
        state, name = self.state, f"{row.module}.{row.name}"
        tally = state["by_function"].setdefault(name, [0, 0, 0, 0])  # calls, results, judged, errors
        tally[0] += 1
        if kov[0] == "ended":
            return "crash or hang: " + kov[1]
        state["results" if kov[0] == "ok" else "errors"] += 1
        tally[1 if kov[0] == "ok" else 3] += 1
        if judge[0] == "ended":
            judge = ("error", "judge", judge[1])
        wrong = agree.agree(row, arguments, kov, judge)
        if wrong is None and kov[0] == "ok" and judge[0] == "ok":
            state["agreed"] += 1
            tally[2] += 1
        return wrong

    def go(self, stop):
        state, started, first = self.state, time.monotonic(), self.state["next"]
        while state["next"] < stop:
            index = state["next"]
            # Both are asked first, so that they work at the same time.
            self.worker("kov", stop), self.worker("numpy", stop)
            kov, judge = self.outcome("kov", stop), self.outcome("numpy", stop)
            row, arguments = self.drawn(index)
            wrong = self.judge(row, arguments, kov, judge)
            if wrong:
                state["findings"].append({"index": index, "function": f"{row.module}.{row.name}",
                                          "call": repr(arguments)[:800], "wrong": wrong})
                print(f"{index}: {row.module}.{row.name} {repr(arguments)[:300]}\n    {wrong[:600]}",
                      flush=True)
            state["next"] += 1
            if state["next"] % CHUNK == 0:
                self.close()
            if state["next"] % SAVE_EVERY == 0 or state["next"] == stop:
                self.note_memory()
                self.save()
                pace = (state["next"] - first) / (time.monotonic() - started)
                print(f"{state['next']} calls: {state['agreed']} agree, "
                      f"{state['results'] - state['agreed']} not judged, {state['errors']} errors, "
                      f"{len(state['findings'])} findings; {pace:.0f}/s", flush=True)
        self.close()

    def note_memory(self):
        if "kov" not in self.workers:
            return
        now, most = self.workers["kov"].resident()
        self.state["memory"].append([self.state["next"], now, most])
        if now > RESIDENT_LIMIT:
            self.state["findings"].append({"index": self.state["next"], "function": "-", "call": "-",
                                           "wrong": f"memory grew to {now} MiB"})
            self.close("kov")

    def save(self):
        if self.only:
            return
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path + ".new", "w") as file:
            json.dump(self.state, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def show(self, index):
        row, arguments = self.drawn(index)
        self.state["next"] = index
        print(f"{row.module}.{row.name}", arguments)
        for mode in ("kov", "numpy"):
            print(f"{mode}:", self.outcome(mode, index + 1))
        self.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1000000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="functions or modules, separated by commas")
    parser.add_argument("--show", type=int, metavar="INDEX")
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "fuzz"))
    options = parser.parse_args()
    run = Run(options.seed, options.only, options.out)
    if options.show is not None:
        run.show(options.show)
        return 0
    try:
        run.go(options.calls)
    finally:
        run.close()
    counted = collections.Counter(finding["function"] for finding in run.state["findings"])
    for name, count in counted.most_common():
        print(f"{count:6} {name}")
    never = sorted(name for name, tally in run.state["by_function"].items() if tally[1] == 0)
    print(f"functions without a result: {', '.join(never) or 'none'}")
    return 1 if run.state["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
