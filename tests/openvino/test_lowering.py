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


def _remainder_operands():
    random = np.random.default_rng(5)
    normal = [np.ldexp(random.uniform(1, 2, 20000), random.integers(-126, 127, 20000)) for _ in range(2)]
    special = np.array([1e10, -1, 1, np.inf, 1, -0.0, 3, 5, -1e-20, 3, np.nan, 0, 1e-40]), \
        np.array([3, np.inf, -np.inf, 2, 0, 3, -0.0, -5, 3, np.nan, 1, -3, 3e-41])
    ordinary = random.uniform(-30, 30, 20000), random.uniform(-3, 3, 20000)
    x, y = (np.concatenate(parts).astype("float32") for parts in zip(normal, ordinary, special))
    return x * random.choice(np.float32([-1, 1]), x.shape), y * random.choice(np.float32([-1, 1]), y.shape)


@pytest.mark.parametrize("name, numpy", [("mod", np.mod), ("fmod", np.fmod)])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_remainders_are_exact_whatever_the_quotient(name, numpy, dtype):
    with np.errstate(all="ignore"):
        x, y = (part.astype(dtype) for part in _remainder_operands())
        want = numpy(x.astype("float64"), y.astype("float64")).astype(dtype)  # exact but for 1 % inf
        # Where the sign of y is added to a remainder that is small beside it, NumPy rounds in dtype, too.
        want = numpy(x, y) if dtype == "float32" else want
    (have,), (native,) = on_both(_core.function("numpy", name), x, y)
    np.testing.assert_array_equal(have, want)
    np.testing.assert_array_equal(have, native)
    np.testing.assert_array_equal(np.signbit(have[want == 0]), np.signbit(want[want == 0]))


def test_remainders_of_rows_by_columns():
    (have,), _ = on_both(_core.function("numpy", "fmod"), np.ones((1, 3), "float32"), np.full((4, 1), 0.75, "float32"))
    np.testing.assert_array_equal(have, np.full((4, 3), 0.25, "float32"))


def test_ctc_loss_of_sequences_without_labels():
    x = np.random.default_rng(5).normal(size=(4, 6, 5)).astype("float32")
    labels, lengths = np.array([[1, 3, 2]] * 4, "int32"), np.array([0, 2, 0, 0], "int32")
    steps = np.array([6, 6, 1, 4], "int32")
    (have,), (native,) = on_both(lambda y, n, m: keras.ops.ctc_loss(labels, y, n, m), x, lengths, steps)
    log_p = x - np.log(np.exp(x.astype("float64")).sum(-1, keepdims=True))
    want = [-log_p[i, :steps[i], 0].sum() for i in range(4)]
    # sums of six logarithms of about 2, each rounded to float32
    np.testing.assert_allclose(have[[0, 2, 3]], np.array(want)[[0, 2, 3]], rtol=2e-6)
    np.testing.assert_allclose(have, native, rtol=2e-6)
