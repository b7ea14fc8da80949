# SPDX-License-Identifier: Apache-2.0
"""What OpenVINO's set lacks, said in operations that it has: whole on it, and the numbers of the native
engine or of NumPy."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from kov import _core

pytest.importorskip("openvino")


class Seed(keras.random.SeedGenerator):
    """A seed that is data."""

    def __init__(self, key):
        self._key = key

    def next(self, ordered=True):
        return self._key


def on_both(function, *arrays):
    trace = _core.Trace()
    trace.enter()
    try:
        results = function(*[trace.input(x.dtype.name, x.shape) for x in arrays])
    finally:
        trace.exit()
    graph = trace.finish(list(results) if isinstance(results, (list, tuple)) else [results])
    plan = graph.compile(device="CPU")
    assert "# native" not in plan.text(), plan.text()
    native = graph.compile(device="NATIVE")
    return [[np.asarray(x) for x in p.run(list(arrays))] for p in (plan, native)]


DRAWS = {
    "uniform": lambda seed: keras.random.uniform((1031,), seed=seed),
    "randint": lambda seed: keras.random.randint((515,), -(2**31), 2**31 - 1, seed=seed),
    "shuffle": lambda seed: keras.random.shuffle(keras.ops.arange(257), seed=seed),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("key", [(0, 0), (2**32 - 7, 2**31 + 5)])
def test_random_bits_are_those_of_the_native_engine(name, key):
    have, want = on_both(lambda k: DRAWS[name](Seed(k)), np.array(key, np.uint32))
    np.testing.assert_array_equal(have[0], want[0])


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 5), (2, 6, 4), (20, 17)])
def test_singular_values(shape):
    x = np.random.default_rng(3).normal(size=shape).astype("float32")
    (u, s, vh), _ = on_both(keras.ops.svd, x)
    k = s.shape[-1]
    tolerance = 64 * 2.0**-23 * s.max()  # sums of up to 20 products, some rotations each
    np.testing.assert_allclose(s, np.linalg.svd(x.astype("float64"))[1], rtol=0, atol=tolerance)
    np.testing.assert_allclose((u[..., :k] * s[..., None, :]) @ vh[..., :k, :], x, rtol=0, atol=tolerance)
