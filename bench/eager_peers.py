#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Eager calls through keras.ops on 64x64 float32, read back as NumPy: kov, jax and torch, in turn.

    eager_peers.py JUDGE_PYTHON [seed]

Each backend is a process of its own that waits while another's turn is measured. The operations are
those that peers.md names, and twenty drawn from the functions that all three compute.
"""

import json
import os
import random
import statistics
import subprocess
import sys

NAMED = ["add", "log1p", "matmul", "softmax", "sum"]
DRAWN, ROUNDS = 20, 9

# Reads lines: a function's name and the seconds of a turn; answers with the time of one call.
_WORKER = """
import json, sys, time
import numpy as np
import keras
a = np.random.default_rng(0).uniform(0.1, 0.9, (64, 64)).astype("float32")
operands = [keras.ops.convert_to_tensor(a), keras.ops.convert_to_tensor(a[::-1].copy())]
to_numpy = keras.ops.convert_to_numpy
def call_of(name):
    function = getattr(keras.ops, name)
    for count in (1, 2):
        try:
            got = function(*operands[:count])
            if not keras.ops.is_tensor(got):
                return None
            to_numpy(got)
            return lambda: to_numpy(function(*operands[:count]))
        except Exception:
            pass
    return None
calls = {}
print("ready", flush=True)
for line in sys.stdin:
    name, seconds = json.loads(line)
    if name not in calls:
        calls[name] = call_of(name)
        for _ in range(20):
            if calls[name]:
                calls[name]()
    call, count, start = calls[name], 0, time.perf_counter()
    if call is None:
        print("null", flush=True)
        continue
    while True:
        call()
        count += 1
        spent = time.perf_counter() - start
        if spent > seconds:
            break
    print(json.dumps(spent / count), flush=True)
"""


class Worker:
    def __init__(self, python, backend, environment):
        self.process = subprocess.Popen(
            [python, "-c", _WORKER], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=environment(KERAS_BACKEND=backend))
        while self._line() != "ready":
            pass

    def _line(self):
        text = self.process.stdout.readline()
        if not text:
            raise RuntimeError("a backend's process ended")
        return text.strip()

    def turn(self, name, seconds):
        self.process.stdin.write(json.dumps([name, seconds]) + "\n")
        self.process.stdin.flush()
        return json.loads(self._line())

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def _candidates(python, environment):
    """Functions of one or two tensors, by their parameters' names in keras.ops."""
    code = ("import inspect, json, keras\n"
            "def fits(f):\n"
            "    try: p = list(inspect.signature(f).parameters.values())\n"
            "    except (TypeError, ValueError): return False\n"
            "    needed = [x for x in p if x.default is x.empty]\n"
            "    return 1 <= len(needed) <= 2 and p[0].name in ('x', 'x1', 'a')\n"
            "print(json.dumps(sorted(n for n in dir(keras.ops) if n[0] != '_'\n"
            "    and callable(getattr(keras.ops, n)) and fits(getattr(keras.ops, n)))))\n")
    done = subprocess.run([python, "-c", code], env=environment(KERAS_BACKEND="kov"), text=True,
                          capture_output=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(python, judge, environment, seed):
    """[[name, {backend: seconds of a call}]]"""
    names = _candidates(python, environment)
    random.Random(seed).shuffle(names)
    workers = {}
    try:
        for backend, interpreter in (("kov", python), ("jax", judge), ("torch", judge)):
            workers[backend] = Worker(interpreter, backend, environment)
        rows = []
        for name in NAMED + [n for n in names if n not in NAMED]:
            if len(rows) == len(NAMED) + DRAWN:
                break
            if None in [worker.turn(name, 0.0) for worker in workers.values()]:
                continue
            times = {backend: [] for backend in workers}
            for _ in range(ROUNDS):
                for backend, worker in workers.items():
                    times[backend].append(worker.turn(name, 0.003))
            rows.append([name, {k: statistics.median(v) for k, v in times.items()}])
        return rows
    finally:
        for worker in workers.values():
            worker.close()


def main():
    def environment(**changes):
        return dict(os.environ, **changes)
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for name, times in measure(sys.executable, sys.argv[1], environment, seed):
        best = min(v for k, v in times.items() if k != "kov")
        shown = "".join(f"{k} {v * 1e6:9.1f} us  " for k, v in times.items())
        print(f"{best / times['kov']:7.2f}  {name:24} {shown}")


if __name__ == "__main__":
    main()
