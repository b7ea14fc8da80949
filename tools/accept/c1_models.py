# SPDX-License-Identifier: Apache-2.0
TARGET = ("make models: all of keras.applications and at least 60 classes of keras-hub agree with "
          "Keras on JAX (5e-5; 2e-2 in 16 bits; greedy tokens equal), 1 % noise breaks the limit")


def check(line):
    import json
    import os
    import sys
    line.need_judge()
    build = os.environ.get("KOV_ACCEPT_OUT", os.path.join(line.root, "build"))
    done = line.run(sys.executable, os.path.join(line.root, "tools", "zoo.py"), timeout=36000,
                    KOV_BUILD=line.build)
    said = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    with open(os.path.join(build, "models.json"), encoding="utf-8") as file:
        records = json.load(file)
    listed = line.python(_LISTED, os.path.join(line.root, "tools", "zoo"), KERAS_BACKEND="numpy")
    for kind, least in (("applications", len(listed["applications"])), ("keras-hub", 60)):
        names = listed[kind]
        good = [name for name in names if not records.get(name, {}).get("problems", ["not run"])]
        line.at_least(f"{kind}: models that agree, of {len(names)}", len(good), least)
        if good:
            line.note(f"{kind}: largest difference", "%.2g" % max(
                records[name][engine]["difference"] for name in good
                for engine in ("NATIVE", "CPU")))
            line.note(f"{kind}: smallest change by 1 % noise",
                      "%.2g" % min(records[name]["1 % noise"] for name in good))
            line.note(f"{kind}: whole on OpenVINO", sum(
                records[name]["CPU"]["partitions"] == 1 for name in good))
    greedy = [record["tokens"]["greedy"] for record in records.values() if "tokens" in record]
    line.equal("text models whose greedy tokens differ", greedy.count(False), 0)
    line.note("text models whose greedy tokens are JAX's", greedy.count(True))
    for side in ("JAX", "ONNX Runtime"):
        line.note(f"rows measured beside {side}", sum(
            side in record.get("milliseconds", {}) for record in records.values()))
    line.note("last word of make models", said[-1])


_LISTED = """
sys.path.insert(0, sys.argv[1])
import zoo_applications, zoo_rows
rows = zoo_rows.tables()
answer({"applications": list(zoo_applications.TABLE),
        "keras-hub": [n for n, r in rows.items() if not r.part and n not in zoo_applications.TABLE]})
"""
