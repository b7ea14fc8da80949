# SPDX-License-Identifier: Apache-2.0
TARGET = "make clean-room and make wheel pass"


def check(line):
    for target, hours in (("wheel", 1), ("clean-room", 2)):
        line.attempt("make " + target, _make, line, target, hours)


def _make(line, target, hours):
    done = line.run("make", target, timeout=hours * 3600, KOV_BUILD=None, PYTHONPATH=None,
                    ARGS=None, MAKEFLAGS=None)
    rows = (done.stdout + done.stderr).strip().splitlines()
    line.true("make " + target, done.returncode == 0, rows[-1][:200] if rows else "no output")
