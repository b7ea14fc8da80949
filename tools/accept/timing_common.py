# SPDX-License-Identifier: Apache-2.0
"""How long a call takes, for the children of several acceptance lines."""

import time


def measure(call, calls=400, rounds=15):
    """Microseconds of one call: the median over rounds of `calls` calls, after a warm-up."""
    for _ in range(50):
        call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - start) / calls)
    return sorted(times)[rounds // 2] * 1e6
