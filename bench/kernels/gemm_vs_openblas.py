# SPDX-License-Identifier: Apache-2.0
"""Compares kov's GEMM with the OpenBLAS that NumPy brings, interleaved, medians of ratios.

    python gemm_vs_openblas.py path/to/gemm_bench [--threads 1 2] [--sizes 1024,1024,1024 ...]

Both sides take the best of half a second in a process of their own, so neither has threads spinning while
the other is measured."""

import argparse
import os
import statistics
import subprocess
import sys

NUMPY = """
import sys, time, numpy
m, n, k = map(int, sys.argv[1:])
a = numpy.random.rand(m, k).astype('f4'); b = numpy.random.rand(k, n).astype('f4')
c = numpy.empty((m, n), 'f4'); best = 1e9; end = time.perf_counter() + .5; i = 0
while i < 5 or (i < 10000 and time.perf_counter() < end):
    t = time.perf_counter(); numpy.matmul(a, b, out=c); best = min(best, time.perf_counter() - t); i += 1
print(best)
"""


def run(command, threads=None):
    environment = dict(os.environ)
    environment.pop("OPENBLAS_CORETYPE", None)
    if threads:
        environment["OPENBLAS_NUM_THREADS"] = str(threads)
    return float(subprocess.run(command, env=environment, capture_output=True, text=True,
                                check=True).stdout.split()[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sizes", nargs="+", default=["1024,1024,1024"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for threads in options.threads:
        for size in options.sizes:
            sizes = size.split(",")
            flops = 2e-9 * float(sizes[0]) * float(sizes[1]) * float(sizes[2])
            rows = []
            for _ in range(options.rounds):
                blas = run([sys.executable, "-c", NUMPY, *sizes], threads)
                packed = run([options.bench, str(threads), *sizes, "packed"])
                plain = run([options.bench, str(threads), *sizes])
                rows.append((blas, packed, plain))
            blas, packed, plain = (statistics.median(column) for column in zip(*rows))
            print(f"{size} on {threads}: OpenBLAS {flops / blas:.1f}, kov packed "
                  f"{flops / packed:.1f} ({statistics.median(r[0] / r[1] for r in rows):.2f}), kov "
                  f"{flops / plain:.1f} ({statistics.median(r[0] / r[2] for r in rows):.2f}) GFLOP/s")


main()
