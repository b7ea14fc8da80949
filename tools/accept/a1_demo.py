# SPDX-License-Identifier: Apache-2.0
TARGET = "make demo within 8 minutes, no TensorFlow and no JAX, both engines, PNG and HTML"


def check(line):
    import os
    import sys
    import time
    out = os.path.join(line.scratch, "demo")
    start = time.time()
    done = line.run(sys.executable, "tools/demo.py", "--out", out, timeout=1800)
    seconds = time.time() - start
    rows = [row for row in done.stdout.splitlines() if "PROBLEM" in row]
    line.true("the demo's three parts on both engines", done.returncode == 0,
              "; ".join(rows) or done.stderr.strip()[-200:] or "no problem")
    line.at_most("time from a built tree", seconds, 480.0, "s")
    for name in ("demo.html", "demo.png"):
        path = os.path.join(out, name)
        line.true(name, os.path.exists(path) and os.path.getsize(path) > 5000)
    for row in done.stdout.splitlines():
        if "kov," in row and " ms" in row:
            line.note("time", row.strip())
    text = ""
    if os.path.exists(os.path.join(out, "demo.html")):
        with open(os.path.join(out, "demo.html"), encoding="utf-8") as file:
            text = file.read()
    line.true("the page needs no other file", "src=\"http" not in text and "<link" not in text)
