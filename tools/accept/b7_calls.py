# SPDX-License-Identifier: Apache-2.0
TARGET = ("a million calls drawn from the tables under ASan and UBSan agree with NumPy or end in a "
          "clear error, no crash, hang or growing memory; each allocation of every function fails")

CALLS, SEED = 1000000, 1
GROWTH = 1.5  # of the worker's memory, over what it has when its caches are full
WARM = 20000  # calls until then


def check(line):
    line.attempt("allocations", _allocations, line)
    line.attempt("calls", _calls, line)


def _allocations(line):
    import os
    import sys
    tool = os.path.join(line.root, "tools", "calls", "failing.py")
    done = line.run(sys.executable, tool, KOV_BUILD=line.build, PYTHONPATH=None, timeout=3600)
    rows = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    line.true("one call of every function, each of its allocations failing", done.returncode == 0,
              rows[-1])


def _calls(line):
    """Goes on where `make fuzz-calls` was left."""
    import json
    import os
    import sys
    build = os.environ.get("KOV_ACCEPT_OUT", os.path.join(line.root, "build"))
    state = os.path.join(build, "fuzz", f"calls-{SEED}.json")
    line.need_judge()
    line.run(os.path.join(line.root, "tools", "fuzz_calls.sh"), str(CALLS), str(SEED), BUILD=build,
             JOBS=str(os.cpu_count()), CLANG=os.environ.get("CLANG", "clang-14"), PY=sys.executable,
             PYTHONPATH=None, timeout=200000)
    with open(state, encoding="utf-8") as file:
        found = json.load(file)
    line.at_least("calls made", found["next"], CALLS)
    line.note("results that NumPy's agree with, results not judged, errors",
              f"{found['agreed']}, {found['results'] - found['agreed']}, {found['errors']}")
    line.equal("findings", [finding["function"] for finding in found["findings"]], [])
    never = sorted(name for name, tally in found["by_function"].items() if tally[1] == 0)
    line.equal("functions of which no call had a result", never, [])
    warm = [most for at, now, most in found["memory"] if at <= WARM]
    later = [now for at, now, most in found["memory"] if at > WARM]
    if warm and later:
        line.at_most("memory of the worker, later over early", max(later) / max(warm), GROWTH)
