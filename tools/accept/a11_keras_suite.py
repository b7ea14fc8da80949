# SPDX-License-Identifier: Apache-2.0
TARGET = "make keras-suite: 0 failed among the functions in docs/ops.md"


def check(line):
    import json
    import os
    import sys
    path = os.path.join(line.root, "build", "keras-suite.json")
    if not os.path.exists(path):
        done = line.run(sys.executable, "tools/keras_suite.py", timeout=4 * 3600)
        if not os.path.exists(path):
            line.true("keras-suite", False, (done.stderr or done.stdout).strip()[-300:])
            return
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    line.equal("files that did not finish", found["unfinished files"], [])
    for name, count in found["totals"].items():
        line.note(name, str(count))
    line.note("failed for want of a function", str(found["failed for want of a function"]))
    wrong = {name: counts["failed"] for name, counts in found["functions"].items()
             if counts["failed"]}
    line.equal("functions that are there with failed tests", wrong, {})
    line.at_most("failed among what is there",
                 found["failed, of functions that are there"], 0)
