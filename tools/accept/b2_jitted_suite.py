# SPDX-License-Identifier: Apache-2.0
TARGET = ("Keras's own tests of keras/src/ops with every function compiled by OpenVINO for the CPU: "
          "0 failed among the functions that are there")


def check(line):
    import json
    import os
    import sys
    line.need_judge()
    line.run(sys.executable, "tools/keras_suite.py", "--device", "CPU", "--folder", "ops",
             timeout=6 * 3600, KOV_BUILD=line.build, KOV_JUDGE=line.judge)
    path = os.path.join(line.root, "build", "keras-suite-cpu-part.json")
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    line.equal("files that did not finish", found["unfinished files"], [])
    for name, count in found["totals"].items():
        line.note(name, str(count))
    line.note("failed for want of a function", str(found["failed for want of a function"]))
    line.at_most("failed among what is there", found["failed, of functions that are there"], 0)
