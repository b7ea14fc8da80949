# SPDX-License-Identifier: Apache-2.0
TARGET = ("make demo, from a fresh clone without any environment, within 8 minutes, no TensorFlow and "
          "no JAX, both engines, PNG and HTML")


def check(line):
    import os
    import time
    tree = os.path.join(line.scratch, "tree")
    done = line.run("git", "clone", "-q", line.root, tree)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-300:])
    start = time.time()
    # ARGS and MAKEFLAGS would be those of `make accept`.
    done = line.run("make", "-C", tree, "demo", timeout=1800, KOV_BUILD=None, KOV_JUDGE=None,
                    KOV_NIGHTLY=None, KOV_DEMO_FILES=None, PYTHONPATH=None, ARGS=None,
                    MAKEFLAGS=None)
    seconds = time.time() - start
    rows = [row for row in done.stdout.splitlines() if "PROBLEM" in row]
    line.true("the demo's three parts on both engines", done.returncode == 0,
              "; ".join(rows) or done.stderr.strip()[-200:] or "no problem")
    line.at_most("environment, build and demo", seconds, 480.0, "s")
    line.true("it says what it downloads", "downloading" in done.stdout)
    line.true("no TensorFlow and no JAX in its environment", not [
        name for name in _packages(tree) if name.startswith(("tensorflow", "jax"))])
    out = os.path.join(tree, "build", "demo")
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
    for title in ("Its graph", "As planned", "Its OpenVINO IR"):
        line.true(f"the page shows of log1p: {title}", f"<h3>{title}</h3>" in text)


def _packages(tree):
    import glob
    import os
    return [os.path.basename(path)
            for path in glob.glob(os.path.join(tree, "build/venv/lib/python3*/site-packages/*"))]
