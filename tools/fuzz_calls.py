#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls functions of Keras at random, drawn from the tables, and judges what comes of it.

    fuzz_calls.py --calls 500000 --seed 1       goes on where it was left with this seed
    fuzz_calls.py --seed 1 --only numpy.add,nn  some functions or modules; starts anew
    fuzz_calls.py --seed 1 --show 4711          one call and both outcomes
    fuzz_calls.py --seed 1 --again              the findings once more; those mended are moved aside

Each call must end in a result that agrees with that of Keras's NumPy backend, or in a clear error of
a class that Keras raises; no crash, no call above a minute, no growing memory. kov's calls are made by
another process, under the sanitizers if KOV_FUZZ_PRELOAD names their runtime and KOV_BUILD a tree
built so (make fuzz-calls); this one judges. A crash is a finding, and calls go on behind it. The calls
of a seed are those of the table and of tools/calls/draw.py and fitting.py: with others a seed starts
anew. State and findings: build/fuzz/calls-SEED.json.

Run by a Python that has Keras, JAX and torch (make judge); --python is one for which KOV_BUILD has
the extension.
"""

import argparse
import collections
import hashlib
import json
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
CALLS = os.path.join(TOOLS, "calls")
sys.path[:0] = [CALLS, TOOLS]
CHUNK = 10000  # calls of one process
BATCH = 64  # calls given away at once
START = 300.0  # seconds until the worker has imported what it needs
PATIENCE = 60.0  # seconds for one call
SAVE_EVERY = 1000
RESIDENT_LIMIT = 6000  # MiB of kov's worker
REFUSALS = 10  # of so many errors one is shown to the judge


class Ended(Exception):
    """A chunk's process ended (its text says how) or kept silent for too long."""


class Worker:
    """kov's side: a process that is asked for chunks of calls, each done by a child of it."""

    def __init__(self, python):
        self.errors = tempfile.TemporaryFile("w+")
        environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3",
                           LD_PRELOAD=os.environ.get("KOV_FUZZ_PRELOAD", ""))
        build = os.path.join(os.path.abspath(os.environ["KOV_BUILD"]), "python")
        environment["PYTHONPATH"] = os.pathsep.join([CALLS, build])
        self.batches = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen([python, os.path.join(CALLS, "worker.py")], env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors)
        self.child = None
        try:
            self._frame(START)
        except Ended as end:
            sys.exit(f"kov's worker does not start: {end}")

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
        self.errors.truncate(0)
        marks = [i for i, row in enumerate(rows) if "ERROR:" in row or "runtime error" in row]
        return " | ".join(rows[marks[0]:marks[0] + 14] if marks else rows[-6:])[:3000]

    def _frame(self, patience):
        until = time.monotonic() + patience
        size, = struct.unpack("<q", self._read(8, until))
        return pickle.loads(self._read(size, until))

    def _tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, calls):
        """Gives calls to be made: (index, function, arguments). A file takes them, since two full
        pipes would block both sides."""
        if self.child is None:
            self._tell("begin")
            self.child = self._frame(PATIENCE)
        path = os.path.join(self.batches.name, str(calls[0][0]))
        with open(path, "wb") as file:
            pickle.dump([(index, row.module, row.name, arguments)
                         for index, row, arguments in calls], file, protocol=5)
        self._tell(path)

    def next(self):
        try:
            found = self._frame(PATIENCE)
        except Ended:
            self._kill()
            self._end()
            raise
        if found[0] == "ended":
            self.child = None
            raise Ended(f"exit {found[1]}: {self._last_words()}")
        return found

    def _kill(self):
        try:
            os.kill(self.child, signal.SIGKILL)
        except ProcessLookupError:  # it was done
            pass

    def _end(self):
        """Reads what the child still had to say."""
        while self._frame(PATIENCE)[0] != "ended":
            pass
        self.child = None

    def finish(self):
        """Lets the child end that has made all the calls it was given."""
        if self.child is not None:
            self._tell("end")
            self._end()

    def resident(self):
        """MiB now and at most."""
        with open(f"/proc/{self.child}/status") as file:
            rows = dict(row.split(":", 1) for row in file)
        if "VmRSS" not in rows:  # it has ended
            return [0, 0]
        return [int(rows[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM")]

    def close(self):
        if self.child is not None:
            self._kill()
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        self.batches.cleanup()


class Run:
    def __init__(self, seed, only, out, python):
        import agree
        import draw
        import numpy_judge
        self.agree, self.draw, self.numpy_judge = agree, draw, numpy_judge
        self.functions = draw.table()
        self.seed, self.only, self.python = seed, only, python
        self.chosen = draw.chosen(self.functions, only) if only else None
        self.path = os.path.join(out, f"calls-{seed}.json")
        self.state = {"draws": draws(self.functions), "next": 0, "agreed": 0, "not_judged": {}, "errors": {},
                      "refusals": {}, "findings": [], "mended": [], "memory": [], "by_function": {},
                      "seconds": 0.0, "libraries": [], "judge_crashes": []}
        self.load()
        self.worker, self.asked = None, collections.deque()
        self.judging = tempfile.TemporaryFile()

    def load(self):
        if self.only or not os.path.exists(self.path):
            return
        with open(self.path) as file:
            found = json.load(file)
        if found["draws"] == self.state["draws"]:
            self.state = {**self.state, **found}

    def drawn(self, index):
        return self.draw.call(self.functions, self.seed, index, self.chosen)

    def ask(self, stop):
        """Draws and gives away a batch, so that kov and the judge work at the same time."""
        start = self.asked[-1][0] + 1 if self.asked else self.state["next"]
        batch = [(i, *self.drawn(i)) for i in range(start, min(start + BATCH, stop))]
        if batch:
            if self.worker is None:
                self.worker = Worker(self.python)
            self.worker.ask(batch)
            self.asked.extend(batch)

    def outcome(self, stop):
        """The next call, and what kov made of it."""
        if len(self.asked) <= BATCH // 2:
            self.ask(stop)
        call = self.asked.popleft()
        try:
            return call, self.worker.next()
        except Ended as end:
            self.asked.clear()  # these are lost; `next` says where to go on
            if self.worker.process.poll() is not None:
                self.close()
            return call, ("ended", str(end))

    def judged(self, index, row, arguments):
        """The judge's outcome. NumPy itself crashes at times: then the next process knows where."""
        if index in self.state["judge_crashes"]:
            return ("error", "judge", "crashes")
        os.pwrite(self.judging.fileno(), struct.pack("<q", index), 0)
        found = self.numpy_judge.outcome(row, arguments)
        os.pwrite(self.judging.fileno(), struct.pack("<q", -1), 0)
        return found

    def note_crash(self):
        """In the parent of a process that died: whether the judge did it."""
        index, = struct.unpack("<q", os.pread(self.judging.fileno(), 8, 0) or b"\xff" * 8)
        if index < 0:
            return False
        os.pwrite(self.judging.fileno(), struct.pack("<q", -1), 0)
        self.load()
        self.state["judge_crashes"].append(index)
        self.save()
        return True

    def wrong(self, index, row, arguments, kov):
        """What is wrong with the outcome, or None; `reason` is then why it was not judged, or by shapes
        alone, if so."""
        self.reason = None
        if kov[0] == "ended":
            return "crash or hang: " + kov[1]
        if kov[0] == "error":
            return self.agree.unclear(kov)
        self.reason = self.agree.beyond(row, arguments)
        if self.reason:
            return None
        judge = self.judged(index, row, self.agree.for_judge(row, arguments, kov))
        if judge[0] == "error":
            self.reason = "the judge refuses the call"
            return None
        self.reason = self.agree.other_values(row, arguments)
        return self.agree.differs(row, arguments, kov, judge)

    def taken_by_judge(self, index, row, arguments):
        return (not self.agree.beyond(row, arguments) and
                self.judged(index, row, arguments)[0] == "ok")

    def judge(self, index, row, arguments, kov):
        """What is wrong with the outcome, or None; and counts it."""
        state, name = self.state, f"{row.module}.{row.name}"
        tally = state["by_function"].setdefault(name, [0, 0, 0, 0])  # calls, results, agreed, errors
        tally[0] += 1
        wrong = self.wrong(index, row, arguments, kov)
        if kov[0] == "error":
            tally[3] += 1
            count(state["errors"], kov[1])
            if index % REFUSALS == 0 and self.taken_by_judge(index, row, arguments):
                state["refusals"].setdefault(name, []).append([index, kov[2][:200]])
        elif kov[0] == "ok":
            tally[1] += 1
            if self.reason:
                count(state["not_judged"], self.reason)
            elif wrong is None:
                state["agreed"] += 1
                tally[2] += 1
        return wrong

    def go(self, stop):
        state = self.state
        state["libraries"].append([state["next"], library()])
        while state["next"] < stop:
            started = time.monotonic()
            last = min(stop, (state["next"] // SAVE_EVERY + 1) * SAVE_EVERY)
            end = min(stop, (state["next"] // CHUNK + 1) * CHUNK)
            while state["next"] < last:
                self.one(end)
            self.note_memory()
            if state["next"] == end and self.worker is not None:
                self.worker.finish()
            seconds = time.monotonic() - started
            state["seconds"] += seconds
            self.save()
            print(f"{state['next']} calls: {state['agreed']} agree, "
                  f"{sum(state['not_judged'].values())} not judged, "
                  f"{sum(state['errors'].values())} errors, {len(state['findings'])} findings; "
                  f"{SAVE_EVERY / seconds:.0f}/s", flush=True)
        self.close()

    def one(self, stop):
        (index, row, arguments), kov = self.outcome(stop)
        wrong = self.judge(index, row, arguments, kov)
        if wrong:
            self.state["findings"].append({"index": index, "function": f"{row.module}.{row.name}",
                                           "call": repr(arguments)[:800], "wrong": wrong})
            print(f"{index}: {row.module}.{row.name} {repr(arguments)[:300]}\n    {wrong[:600]}",
                  flush=True)
        self.state["next"] += 1

    def note_memory(self):
        if self.worker is None or self.worker.child is None:
            return
        now, most = self.worker.resident()
        self.state["memory"].append([self.state["next"], now, most])
        if now > RESIDENT_LIMIT:
            self.state["findings"].append({"index": self.state["next"], "function": "-", "call": "-",
                                           "wrong": f"memory grew to {now} MiB"})
            self.close()

    def save(self):
        if self.only:
            return
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path + ".new", "w") as file:
            json.dump(self.state, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def again(self):
        """Makes the calls of the findings once more. What is right now goes to "mended"."""
        state, at = self.state, self.state["next"]
        findings, state["findings"] = state["findings"], []
        for finding in findings:
            if finding["function"] != "-":
                state["next"] = finding["index"]
                (_, row, arguments), kov = self.outcome(finding["index"] + 1)
                wrong = self.wrong(finding["index"], row, arguments, kov)
                if wrong is None:
                    state["mended"].append({**finding, "by": library()})
                    continue
                finding["wrong"] = wrong
                print(f"{finding['index']}: {finding['function']} {finding['call'][:300]}\n"
                      f"    {wrong[:600]}", flush=True)
            state["findings"].append(finding)
        state["next"] = at
        self.save()
        self.close()

    def show(self, index):
        self.state["next"] = index
        (_, row, arguments), kov = self.outcome(index + 1)
        print(f"{row.module}.{row.name}", arguments)
        print("kov:", kov)
        print("NumPy:", self.numpy_judge.outcome(row, arguments))
        self.close()

    def close(self):
        if self.worker is not None:
            self.worker.close()
            self.worker = None


def digest(*paths, text=""):
    found = hashlib.sha256(text.encode())
    for path in paths:
        with open(path, "rb") as file:
            found.update(file.read())
    return found.hexdigest()[:12]


def draws(functions):
    """What the calls of a seed depend on."""
    rows = [(f.module, f.name, [(p.kind, p.name, p.optional, p.default is None) for p in f.parameters])
            for f in functions]
    return digest(os.path.join(CALLS, "draw.py"), os.path.join(CALLS, "fitting.py"), text=repr(rows))


def library():
    """Which build makes the calls."""
    return digest(os.path.join(os.environ["KOV_BUILD"], "libkov.so"))


def count(counts, what):
    counts[what] = counts.get(what, 0) + 1


def in_child(run, options):
    """How a process ended that went on with the calls, as os.waitpid has it."""
    child = os.fork()
    if child == 0:
        try:
            run.load()
            if options.again:
                run.again()
            else:
                run.go(options.calls)
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            run.close()
            sys.stdout.flush()
            os._exit(1)
    try:
        return os.waitpid(child, 0)[1]
    except KeyboardInterrupt:
        return os.waitpid(child, 0)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=500000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="functions or modules, separated by commas")
    parser.add_argument("--show", type=int, metavar="INDEX")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "fuzz"))
    options = parser.parse_args()
    run = Run(options.seed, options.only, options.out, options.python)
    if options.show is not None:
        run.show(options.show)
        return 0
    while (status := in_child(run, options)) != 0:
        if not os.WIFSIGNALED(status) or not run.note_crash():
            return 2
    run.load()
    for reason, calls in sorted(run.state["not_judged"].items(), key=lambda item: -item[1]):
        print(f"{calls:7} not judged: {reason}")
    counted = collections.Counter(finding["function"] for finding in run.state["findings"])
    for name, calls in counted.most_common():
        print(f"{calls:7} findings: {name}")
    never = sorted(name for name, tally in run.state["by_function"].items() if tally[1] == 0)
    print(f"functions without a result: {', '.join(never) or 'none'}")
    return 1 if run.state["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
