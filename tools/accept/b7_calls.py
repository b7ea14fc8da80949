# SPDX-License-Identifier: Apache-2.0
TARGET = ("a million calls drawn from the tables under ASan and UBSan agree with NumPy or end in a "
          "clear error, no crash, hang or growing memory; each allocation of every function fails")

SEEDS, CALLS = (1, 2, 3, 4, 5), 200000  # of each seed
GROWTH = 1.5  # of a worker's memory within a chunk, over what it has when its caches are full
WARM = 3000  # calls of a chunk until then


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
    line.need_judge()
    line.run(os.path.join(line.root, "tools", "fuzz_calls.sh"), str(CALLS), *map(str, SEEDS),
             BUILD=build, JOBS=str(os.cpu_count()), CLANG=os.environ.get("CLANG", "clang-14"),
             PY=sys.executable, PYTHONPATH=None, timeout=200000)
    states = []
    for seed in SEEDS:
        with open(os.path.join(build, "fuzz", f"calls-{seed}.json"), encoding="utf-8") as file:
            states.append(json.load(file))
        _note(line, seed, states[-1])
    line.at_least("calls made", sum(state["next"] for state in states), CALLS * len(SEEDS))
    line.equal("findings", [finding["function"] for state in states
                            for finding in state["findings"]], [])
    results = {}
    for state in states:
        for name, tally in state["by_function"].items():
            results[name] = results.get(name, 0) + tally[1]
    line.equal("functions of which no call had a result",
               sorted(name for name, count in results.items() if count == 0), [])
    growth = max((_growth(state) for state in states), default=1.0)
    line.at_most("memory of a worker, later over early in a chunk", growth, GROWTH)


def _note(line, seed, state):
    line.note(f"seed {seed}: calls, agreed, not judged, errors, findings, mended findings",
              f"{state['next']}, {state['agreed']}, {sum(state['not_judged'].values())}, "
              f"{sum(state['errors'].values())}, {len(state['findings'])}, {len(state['mended'])}")


def _growth(state):
    """Of a chunk's later memory over that when it was warm; a chunk is one process."""
    chunks = {}
    for at, now, _ in state["memory"]:
        chunks.setdefault((at - 1) // 10000, []).append(((at - 1) % 10000 + 1, now))
    ratios = [1.0]
    for rows in chunks.values():
        warm = [now for at, now in rows if at <= WARM]
        later = [now for at, now in rows if at > WARM]
        if warm and later and max(warm) > 0:
            ratios.append(max(later) / max(warm))
    return max(ratios)
