# SPDX-License-Identifier: Apache-2.0
TARGET = ("a million eager calls, shapes and attributes all changing: bounded cache, flat memory")

_CALLS = """
import random, resource
import numpy as np
import keras
from kov import _core
ops = keras.ops
rng = random.Random(7)
base = np.random.default_rng(0).normal(size=(257, 65)).astype("float32")
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
calls = total = int(sys.argv[1])
memory, plans, wrong = [], [], 0
done = 0
while done < total:
    n, k = rng.randrange(1, 250), rng.randrange(1, 64)
    x = base[:n, :k]
    t = ops.convert_to_tensor(x)
    s = rng.random()
    y = t * s; done += 1
    z = ops.arange(rng.randrange(-5, 5), rng.randrange(5, 3000), rng.randrange(1, 7)); done += 1
    i = rng.randrange(n)
    w = t[i]; done += 1
    v = ops.slice(t, (i, 0), (1, k)); done += 1
    u = ops.sum(t, axis=rng.randrange(2)); done += 1
    r = ops.reshape(t, (k, n)); done += 1
    q = ops.full((rng.randrange(1, 40), rng.randrange(1, 40)), s); done += 1
    c = ops.clip(t, -s, s); done += 1
    if done % 4000 < 8:
        wrong += not np.allclose(y.numpy(), x * np.float32(s), rtol=1e-6)
        wrong += not np.array_equal(w.numpy(), x[i])
        wrong += not np.allclose(u.numpy().sum(), x.sum(dtype="float64"), rtol=1e-3, atol=1e-3)
    if done % (total // 20) < 8:
        memory.append(resident()); plans.append(dict(_core.eager_stats()))
answer({"memory": memory, "stats": plans, "wrong": wrong, "done": done})
"""


def check(line):
    import os
    total = int(os.environ.get("KOV_ACCEPT_CALLS", "1000000"))
    got = line.python(_CALLS, total, timeout=3600)
    line.at_least("eager calls", got["done"], 1000000)
    line.equal("wrong results among those compared", got["wrong"], 0)
    memory = got["memory"]
    settled = memory[len(memory) // 4:]
    line.at_most("growth of resident memory over the last three quarters",
                 max(settled) - settled[0], 20.0, "MB")
    first, last = got["stats"][len(memory) // 4], got["stats"][-1]
    for name in sorted(last):
        if "plan" in name or name in ("count", "entries", "bytes"):
            line.at_most(f"cache: {name} at the end (a quarter of the way: {first[name]})",
                         last[name], max(first[name] * 2, 1 << 28 if "bytes" in name else 4096))
    line.note("cache counters", str(last))
