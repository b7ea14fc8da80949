# SPDX-License-Identifier: Apache-2.0
TARGET = "defects of Keras's upstream OpenVINO backend: a test each, right (tests/python/defects_test.py)"


def check(line):
    import os
    line.true("tests/python/defects_test.py", *tests(line, os.path.join("tests", "python",
                                                                         "defects_test.py")))


def tests(line, *paths):
    """(all passed, the last line) of pytest on kov."""
    import sys
    done = line.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths,
                    KERAS_BACKEND="kov")
    rows = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    failed = [row for row in rows if row.startswith(("FAILED", "ERROR"))]
    return done.returncode == 0, "; ".join(failed[:6] + rows[-1:])
