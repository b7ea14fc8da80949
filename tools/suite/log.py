# SPDX-License-Identifier: Apache-2.0
"""What the plugin writes of a part's tests, a JSON object per line: `start`, `test` with its outcome,
`file` with what was collected, and `finished`."""

import json
import os

_WORST = {name: rank for rank, name in enumerate(("passed", "xpassed", "xfailed", "skipped",
                                                  "failed"))}


def rows(path):
    """A line that was cut off by a crash is left out."""
    if not os.path.exists(path):
        return []
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
    return found


def append(path, **row):
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def is_finished(log):
    return any("finished" in row for row in log)


def outcomes(log):
    """One row per test: the worst of its reports (call, set-up, tear-down, subtests)."""
    tests = {}
    for row in log:
        if "test" in row:
            known = tests.get(row["test"])
            if known is None or _WORST[row["outcome"]] > _WORST[known["outcome"]]:
                tests[row["test"]] = row
    return list(tests.values())


def running(log):
    """The test that has started and has no outcome."""
    starts = [row["start"] for row in log if "start" in row]
    ended = {row["test"] for row in log if "test" in row}
    return starts[-1] if starts and starts[-1] not in ended else None
