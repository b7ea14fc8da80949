# SPDX-License-Identifier: Apache-2.0
"""Eight threads call functions and one model at the same time."""

import concurrent.futures
import os
import threading

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest

THREADS = 8


def in_threads(work, count=THREADS):
    """Runs work(i) in `count` threads that start together; their results."""
    barrier = threading.Barrier(count)

    def wait_and_work(i):
        barrier.wait()
        return work(i)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(wait_and_work, i)
                                               for i in range(count)]]


def test_functions():
    """New shapes in each thread, so that plans are made and found at the same time."""

    def work(i):
        rng = np.random.default_rng(i)
        for n in range(1, 60):
            x = rng.normal(size=(n, i + 2)).astype("float32")
            # one addition of float32 each: no rounding but its own
            np.testing.assert_array_equal(np.asarray(keras.ops.add(x, x)), x + x)
            np.testing.assert_allclose(np.asarray(keras.ops.matmul(x, x.T)), x @ x.T,
                                       rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(float(keras.ops.sum(x)), x.sum(dtype="float64"),
                                       rtol=1e-4, atol=1e-4)
        return True

    assert all(in_threads(work))


def test_large_runs():
    """Large enough for the pool: one run at a time has it, the others compute by themselves."""
    x = np.random.default_rng(0).normal(size=(384, 384)).astype("float32")
    want = np.asarray(keras.ops.matmul(x, x))

    def work(i):
        return all(np.array_equal(np.asarray(keras.ops.matmul(x, x)), want) for _ in range(5))

    assert all(in_threads(work))


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    inputs = keras.Input((12, 12, 3))
    x = keras.layers.Conv2D(6, 3, activation="relu")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(4)(x))


def test_one_model(model):
    images = np.random.default_rng(1).normal(size=(THREADS, 9, 12, 12, 3)).astype("float32")

    def work(i):
        # the first calls of all threads trace the model at the same time
        return [np.asarray(model.predict_on_batch(images[i][: n + 1])) for n in range(9)]

    for i, results in enumerate(in_threads(work)):
        for n, result in enumerate(results):
            want = np.asarray(model(images[i][: n + 1]))
            # eager and traced differ by fusion alone
            np.testing.assert_allclose(result, want, rtol=1e-5, atol=1e-6)


def test_weights_while_predicting():
    """A run sees one state of a variable or the other, never a mixture."""
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((4096,)), layer])
    x = np.ones((1, 4096), "float32")
    assert float(model.predict_on_batch(x)[0, 0]) == 4096
    states = [np.full((4096, 1), value, "float32") for value in (1, 2)]

    def work(i):
        if i == 0:
            for n in range(40):
                layer.set_weights([states[n % 2]])
            return set()
        return {float(model.predict_on_batch(x)[0, 0]) for _ in range(40)}

    assert set().union(*in_threads(work, 4)) <= {4096.0, 8192.0}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_after_the_pool_ran():
    x = np.random.default_rng(0).normal(size=(512, 512)).astype("float32")
    want = np.asarray(keras.ops.matmul(x, x))
    child = os.fork()
    if child == 0:
        same = False
        try:
            same = np.array_equal(np.asarray(keras.ops.matmul(x, x)), want)
        finally:
            os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
