# SPDX-License-Identifier: Apache-2.0
"""Forms in which arguments come: sequences of one, None among sizes, plain numbers."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import ops

MATRIX = np.arange(12, dtype="float32").reshape(3, 4)


@pytest.mark.parametrize("form", [list, tuple, np.array, ops.convert_to_tensor])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_index_of_any_length(form, n):
    x = np.arange(4**n, dtype="float32").reshape((4,) * n)
    inner = (slice(1, 3),) * n
    np.testing.assert_array_equal(np.asarray(ops.slice(x, form([1] * n), (2,) * n)), x[inner])
    want = x.copy()
    want[inner] = 7
    new = np.full((2,) * n, 7, "float32")
    np.testing.assert_array_equal(np.asarray(ops.slice_update(x, form([1] * n), new)), want)


@pytest.mark.parametrize("form", [list, tuple, np.array, ops.convert_to_tensor])
def test_repeat_counts(form):
    np.testing.assert_array_equal(np.asarray(ops.repeat(MATRIX, form([2]))), np.repeat(MATRIX, 2))
    np.testing.assert_array_equal(np.asarray(ops.repeat(MATRIX, form([1, 0, 3]), axis=0)),
                                  np.repeat(MATRIX, [1, 0, 3], axis=0))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_over_all(name):
    x = MATRIX.astype("float64") / 3
    want = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    got = np.asarray(getattr(ops, name)(MATRIX / 3, axis=None), "float64")
    got = np.exp(got) if name == "log_softmax" else got
    # float32 arguments of exp up to 4: 4 ulp and the rounding of a logarithm of size 4
    np.testing.assert_allclose(got, want, rtol=8 * 4 * np.finfo("float32").eps)


@pytest.mark.parametrize("beta", [0.0, 5, 14.0, np.float32(5), np.float64(5)])
@pytest.mark.parametrize("n", [1, 2, 9])
def test_kaiser_takes_any_number(beta, n):
    # float32 result of a float64 computation: 1 ulp
    np.testing.assert_allclose(np.asarray(ops.kaiser(n, beta)), np.kaiser(n, float(beta)),
                               rtol=np.finfo("float32").eps)


def test_dropout_fills_sizes_in():
    x = np.ones((20, 5, 10), "float32")
    got = np.asarray(keras.random.dropout(x, 0.5, noise_shape=(None, 1, None), seed=1))
    np.testing.assert_array_equal(got, np.broadcast_to(got[:, :1], got.shape))
    assert set(np.unique(got)) == {0.0, 2.0}
    with pytest.raises(ValueError):
        keras.random.dropout(x, 0.5, noise_shape=(None, 1), seed=1)


def test_dropout_fills_sizes_in_of_a_traced_batch():
    layer = keras.layers.Dropout(0.5, noise_shape=(None, 1), seed=3)
    inputs = keras.Input((6,))
    model = keras.Model(inputs, layer(inputs, training=True))
    for batch in (5, 7):
        got = model.predict_on_batch(np.ones((batch, 6), "float32"))
        np.testing.assert_array_equal(got, np.broadcast_to(got[:, :1], (batch, 6)))


def test_noise_and_mask_of_one_seed_are_unrelated():
    noise = np.asarray(keras.random.uniform((100000,), seed=5), "float64")
    mask = np.asarray(keras.random.dropout(np.ones(100000, "float32"), 0.5, seed=5), "float64")
    # 5 deviations of the correlation of 100,000 independent pairs
    assert abs(np.corrcoef(noise, mask)[0, 1]) < 5 / np.sqrt(100000)


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
def test_crossentropies_do_not_broadcast(name):
    loss = getattr(ops, name)
    pred = np.full((3, 3), 1 / 3, "float32")
    loss(np.eye(3, dtype="float32"), pred)  # a plan for equal sizes must not serve others
    with pytest.raises(ValueError, match="must have the same shape"):
        loss(np.ones((3, 1), "float32"), pred)


def test_binary_crossentropy_of_extreme_logits():
    x = np.float32([-200, -20, 0, 20, 200])
    for target in (0.0, 1.0):
        got = np.asarray(ops.binary_crossentropy(np.full(5, target, "float32"), x,
                                                 from_logits=True))
        want = np.logaddexp(0, x.astype("float64") * (1 - 2 * target))
        # 2 ulp of softplus; exp(-200) is below every float32
        np.testing.assert_allclose(got, want.astype("float32"),
                                   rtol=2 * np.finfo("float32").eps)
