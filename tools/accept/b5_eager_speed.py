# SPDX-License-Identifier: Apache-2.0
TARGET = ("eager: no function of the table slower than 3 times NumPy at 64 Ki elements; the operations of "
          "peers.md and twenty drawn at random at least as fast as the faster of jax and torch")

LIMIT = 3.0
# A call costs this much whatever it computes (A8 has limits for it): below it nothing is slow.
CALL = 3.0e-6

_NUMPY = """
import os
import keras
sys.path.insert(0, sys.argv[1])
import eager_numpy
answer(eager_numpy.measure(int(sys.argv[2]), limit=float(sys.argv[3])))
"""


def check(line):
    for threads in (1, 2):
        line.attempt(f"NumPy, {threads} threads", _numpy, line, threads)
    line.attempt("jax and torch", _peers, line)


def _numpy(line, threads):
    import os
    got = line.python(_NUMPY, os.path.join(line.root, "bench"), threads, LIMIT,
                      OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    compared = [row for row in got["rows"] if row[5]]
    slow = [row for row in compared if row[4] > LIMIT and row[2] > CALL]
    where = f"with {threads} thread" + "s" * (threads > 1)
    for name, label, ours, theirs, ratio, _ in slow:
        line.at_most(f"{name} {label}: times NumPy's {theirs * 1e6:.1f} us {where}", ratio, LIMIT)
    line.equal(f"functions slower than {LIMIT:.0f} times NumPy {where}",
               len({row[0] for row in slow}), 0)
    line.note(f"functions and cases compared {where}",
              f"{len({row[0] for row in compared})} and {len(compared)}")
    line.equal(f"cases that failed {where}", got["failed"], [])
    line.equal("functions that NumPy has and no case measures", got["missing"], [])


def _peers(line):
    import os
    import sys
    import time
    sys.path.insert(0, os.path.join(line.root, "bench"))
    import eager_peers
    rows = eager_peers.measure(sys.executable, line.need_judge(), line.environment, int(time.time()))
    for name, times in rows:
        others = {k: v for k, v in times.items() if k != "kov"}
        best = min(others, key=others.get)
        line.at_least(f"{name}: {best}'s {others[best] * 1e6:.1f} us over kov's "
                      f"{times['kov'] * 1e6:.1f} us", others[best] / times["kov"], 1.0)
