# SPDX-License-Identifier: Apache-2.0
TARGET = ("every function x type x awkward shape: evaluate, eager, traced-native and traced-OpenVINO agree, "
          "and agree with Keras on NumPy or JAX (tests/engines); at least 330 functions whole on OpenVINO")


def check(line):
    import json
    import os
    import re
    import sys
    line.need_judge()
    done = line.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2",
                    os.path.join("tests", "engines"), timeout=4 * 3600, KOV_ENGINES="whole",
                    KOV_BUILD=line.build, KOV_JUDGE=line.judge)
    rows = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    found = dict((word, int(n)) for n, word in re.findall(r"(\d+) (passed|failed|error)", rows[-1]))
    line.note("functions that agree", str(found.get("passed", 0)))
    line.equal("functions that do not", [row.partition("[")[2].partition("]")[0] for row in rows
                                         if row.startswith(("FAILED", "ERROR"))], [])
    line.true("pytest", done.returncode == 0, rows[-1])
    with open(os.path.join(line.root, "docs", "openvino.json"), encoding="utf-8") as file:
        record = json.load(file)
    whole = sum(not lacking for lacking in record.values())
    line.note("functions in the table", str(len(record)))
    line.at_least("whole on OpenVINO for float32, int32 and bool", whole, 330)
