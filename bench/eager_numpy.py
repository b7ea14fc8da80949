#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kov's eager calls beside NumPy's, in turn, on 64 Ki elements: every function that both have.

    eager_numpy.py [--threads 1] [--worst 40] [name ...]

Prints the ratio of kov's time to NumPy's, slowest first; * marks types other than float32, int32
and bool, which are measured but not held to a limit. `measure` is what tools/accept calls.
"""

import argparse
import os
import statistics
import sys
import time
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy_cases

SLICE = 1.0e-3  # seconds of one turn: shorter than a slice of the scheduler
ROUNDS = 9


def _tensors(value, convert):
    import numpy as np
    if isinstance(value, np.ndarray):
        return convert(value)
    if isinstance(value, (list, tuple)) and any(isinstance(x, np.ndarray) for x in value):
        return type(value)(_tensors(x, convert) for x in value)
    return value


def _turn(call, count, clock):
    start = clock()
    for _ in range(count):
        call()
    return (clock() - start) / count


def _count(call, clock):
    """How many calls fill a turn."""
    call()
    return max(1, int(SLICE / max(min(_turn(call, 1, clock), _turn(call, 1, clock)), 1e-7)))


def compare(ours, theirs, rounds=ROUNDS, clock=time.perf_counter):
    """Medians of both and of their ratio, taken in turn."""
    counts = _count(ours, clock), _count(theirs, clock)
    pairs = [(_turn(ours, counts[0], clock), _turn(theirs, counts[1], clock))
             for _ in range(rounds)]
    return (statistics.median(x for x, _ in pairs), statistics.median(y for _, y in pairs),
            statistics.median(x / y for x, y in pairs))


def measure(threads=1, names=(), rounds=ROUNDS, limit=None):
    """{"rows": [[name, label, ours, theirs, ratio, counts]], "failed": [...], "missing": [...]}.

    Where the ratio is above `limit` both times are taken again, up to three times, and the least of
    each stands: load on the machine only adds to a time. With one thread the clock is that of the
    process, which stands still while others have the CPU."""
    from kov import _core
    clock = time.process_time if threads == 1 else time.perf_counter
    warnings.simplefilter("ignore")
    _core.set_threads(threads)
    rows, failed = [], []
    for module, name, label, args, keywords, numpy in numpy_cases.cases():
        if names and name not in names:
            continue
        function = _core.function(module, name)
        try:
            tensors = [_tensors(x, _core.convert_to_tensor) for x in args]
            found = None
            for _ in range(4):
                times = compare(lambda: function(*tensors, **keywords),
                                lambda: numpy(*args, **keywords), rounds, clock)
                if found is not None:
                    ours, theirs = min(found[0], times[0]), min(found[1], times[1])
                    times = ours, theirs, ours / theirs
                found = times
                if limit is None or found[2] <= limit:
                    break
            rows.append([f"{module}.{name}", label, *found,
                         not label.startswith(numpy_cases.OTHER_TYPES)])
        except Exception as error:
            failed.append(f"{module}.{name} {label}: {type(error).__name__}: {error}")
    table = [(m, n) for m in ("numpy", "linalg", "math") for n in _core.functions(m)]
    rows.sort(key=lambda row: -row[4])
    return {"rows": rows, "failed": failed, "missing": numpy_cases.missing(table)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--limit", type=float, help="measure again what is above")
    parser.add_argument("--worst", type=int, default=10000)
    options = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "kov")
    import kov  # noqa: F401: makes the extension's module importable
    found = measure(options.threads, options.names, options.rounds, options.limit)
    for name, label, ours, theirs, ratio, counts in found["rows"][:options.worst]:
        print(f"{ratio:8.2f}{' ' if counts else '*'} {name:24} {label:18} {ours * 1e6:10.1f} us {theirs * 1e6:10.1f} us")
    for text in found["failed"]:
        print("failed:", text)
    if not options.names and found["missing"]:
        print("no case:", ", ".join(found["missing"]))


if __name__ == "__main__":
    main()
