# SPDX-License-Identifier: Apache-2.0
"""The cache of eager plans through Keras: few plans for many shapes, right results whatever is cached,
and memory that does not grow. Results are NumPy's."""

import concurrent.futures
import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import ops
from kov import _core


def array(x):
    return np.asarray(x)


@pytest.fixture(autouse=True)
def empty_cache():
    _core.eager_clear()
    yield
    _core.eager_clear()


def counting(*shape):
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


def growth(work, rounds):
    """Plans, hits and misses that `rounds` calls of work(i) make after the first few."""
    for i in range(10):
        work(i)
    before = _core.eager_stats()
    for i in range(10, rounds):
        work(i)
    after = _core.eager_stats()
    return {key: after[key] - before[key] for key in ("calls", "hits", "plans", "evictions")}


def check_add(i):
    x = counting(1 + i % 37, 2 + i % 11)
    np.testing.assert_array_equal(array(ops.add(x, i / 4)), x + np.float32(i / 4))


def check_arange(i):
    np.testing.assert_array_equal(array(ops.arange(i % 50)), np.arange(i % 50))


def check_slice(i):
    x = counting(200)
    start = i % 101
    np.testing.assert_array_equal(array(ops.slice(x, [start], [7])), x[start:start + 7])


def check_index(i):
    x = counting(64, 3)
    start = i % 31
    y = ops.convert_to_tensor(x)
    np.testing.assert_array_equal(array(y[start:start + 5]), x[start:start + 5])


def check_zeros(i):
    assert array(ops.zeros((i % 40, 3))).shape == (i % 40, 3)


def check_reshape(i):
    n, m = 1 + i % 9, 2 + i % 5
    shape = [(n, m), (-1, m), (n, -1), (m, n)][i % 4]
    np.testing.assert_array_equal(array(ops.reshape(counting(n * m), shape)),
                                  counting(n * m).reshape(shape))


def check_mean(i):
    x = counting(1 + i % 23, 1 + i % 7)
    np.testing.assert_allclose(array(ops.mean(x, axis=0)), x.mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("work, plans", [
    (check_add, 0), (check_arange, 0), (check_slice, 0), (check_index, 0), (check_zeros, 0),
    (check_mean, 0), (check_reshape, 8),
], ids=lambda value: getattr(value, "__name__", ""))
def test_shapes_and_numbers_share_plans(work, plans):
    grown = growth(work, 2000)
    assert grown["calls"] >= 1990
    assert grown["plans"] <= plans
    assert grown["hits"] >= grown["calls"] - 20


def test_bytes_are_bounded():
    for i in range(500):
        for work in (check_add, check_slice, check_reshape, check_mean):
            work(i)
    half = _core.eager_stats()["bytes"]
    for i in range(500, 2500):
        for work in (check_add, check_slice, check_reshape, check_mean):
            work(i)
    assert _core.eager_stats()["bytes"] <= 2 * half


def test_repeats_by_a_tensor():
    """How long the result is, only values say."""
    rng = np.random.default_rng(1)
    for _ in range(100):
        repeats = rng.integers(0, 4, size=5).astype("int32")
        x = counting(5)
        got = ops.repeat(x, ops.convert_to_tensor(repeats))
        np.testing.assert_array_equal(array(got), np.repeat(x, repeats))
    assert _core.eager_stats()["plans"] <= 4


def test_dimensions_that_are_read():
    for i in range(200):
        x = counting(*[(1, 4), (4, 1), (3, 4), (1, 1)][i % 4])
        np.testing.assert_array_equal(array(ops.squeeze(x)), np.squeeze(x))
        n = 2 + i % 5
        y = counting(n, n)
        np.testing.assert_array_equal(array(ops.diag(y)), np.diag(y))
        np.testing.assert_array_equal(array(ops.diff(y)), np.diff(y))


def test_floatx():
    try:
        for _ in range(3):
            for floatx in ("float32", "float16", "float64", "bfloat16"):
                keras.config.set_floatx(floatx)
                assert ops.sqrt(np.int32([4])).dtype == floatx
                assert ops.zeros((2,)).dtype == floatx
    finally:
        keras.config.set_floatx("float32")


def test_epsilon():
    """Plans that have read the fuzz factor are not used after it has changed."""
    before = keras.config.epsilon()
    target, output = np.float32([[1, 0]]), np.float32([[0, 1]])
    try:
        losses = []
        for epsilon in (1e-7, 1e-2, 1e-7):
            keras.config.set_epsilon(epsilon)
            losses.append(float(array(ops.categorical_crossentropy(target, output))[0]))
    finally:
        keras.config.set_epsilon(before)
    assert losses[0] == losses[2]
    np.testing.assert_allclose(losses[:2], -np.log([1e-7, 1e-2]), rtol=1e-2)


def test_threads_share_plans():
    work = [check_add, check_arange, check_slice, check_reshape, check_mean]

    def run(offset):
        for i in range(150):
            work[(i + offset) % len(work)](i * 7 + offset)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(run, i) for i in range(8)]:
            future.result()
