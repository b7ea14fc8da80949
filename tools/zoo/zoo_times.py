# SPDX-License-Identifier: Apache-2.0
"""The milliseconds of a row: every side is made ready, each in its process, and then they run one
after the other, round by round, so that all meet the same load. A side's round is the median of its
calls, and its best round counts: other work only ever adds time.

XLA compiles with its defaults here, which may take it minutes; a side that is not ready in LIMIT
seconds is left out.
"""

import json
import selectors
import subprocess
import time

ROUNDS = 4
LIMIT = 300


class Side:
    """A process of zoo_sides.py. One that is late, or dies, is replaced for the next row."""

    def __init__(self, command, environment, log):
        self.command, self.environment, self.log = command, environment, log
        self.process = None

    def ask(self, question, limit=LIMIT):
        """The answer, or {"error": ...}."""
        if self.process is None:
            self.process = subprocess.Popen(self.command, env=self.environment, text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=self.log)
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            with selectors.DefaultSelector() as ready:
                ready.register(self.process.stdout, selectors.EVENT_READ)
                if not ready.select(limit):
                    self.end()
                    return {"error": f"not ready in {limit} s"}
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            return json.loads(line)
        code = self.process.wait()
        self.process = None
        return {"error": f"the process ended: {code}"}

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def measure(name, sides):
    """{label: milliseconds} and, under "errors", {side: why it has none}."""
    start, ready, errors = time.time(), [], {}
    for title, side in sides.items():
        answer = side.ask({"load": name})
        if "error" in answer:
            errors[title] = answer["error"]
        ready += [(side, label) for label in answer.get("labels", ())]
    found = {label: [] for _, label in ready}
    for _ in range(ROUNDS):
        for side, label in ready:
            answer = side.ask({"time": label})
            if "error" in answer:
                errors[label] = answer["error"]
            else:
                found[label].append(answer["milliseconds"])
    result = {label: min(times) for label, times in found.items() if times}
    return {**result, "errors": errors, "seconds": round(time.time() - start, 1)}
