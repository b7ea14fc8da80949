# SPDX-License-Identifier: Apache-2.0
"""What users of Keras's upstream OpenVINO backend run into: here each of it is right."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops


def array(x):
    return np.asarray(x)


def test_log1p_near_zero_and_at_special_values():
    x = np.float32([1e-30, -1e-20, 1e-8, -0.0, -1, -2, np.inf, np.nan])
    with np.errstate(divide="ignore"):
        want = np.log1p(x.astype("float64"), where=x >= -1, out=np.full(8, np.nan))
    got = array(ops.log1p(x))
    np.testing.assert_allclose(got, want.astype("float32"), rtol=3e-7)  # 2 ulp
    assert np.signbit(got[3])


@pytest.mark.parametrize("change", ["set_weights", "load_weights", "assign"])
def test_predict_sees_new_weights(change, tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones")])
    x = np.ones((2, 3), "float32")
    assert array(model.predict(x, verbose=0)).tolist() == [[3.0, 3.0]] * 2
    if change == "load_weights":
        other = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        other.set_weights([np.full((3, 2), 5, "float32"), np.zeros(2, "float32")])
        path = str(tmp_path / "w.weights.h5")
        other.save_weights(path)
        model.load_weights(path)
    elif change == "set_weights":
        model.set_weights([np.full((3, 2), 5, "float32"), np.zeros(2, "float32")])
    else:
        model.layers[-1].kernel.assign(np.full((3, 2), 5, "float32"))
    assert array(model.predict(x, verbose=0)).tolist() == [[15.0, 15.0]] * 2


def test_batch_normalization_sees_new_weights():
    """Folded into a convolution or not."""
    model = keras.Sequential([keras.Input((5, 5, 2)), layers.Conv2D(3, 3),
                              layers.BatchNormalization()])
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 2)).astype("float32")
    before = array(model.predict(x, verbose=0))
    norm = model.layers[-1]
    norm.gamma.assign(norm.gamma * 2.0)
    np.testing.assert_allclose(array(model.predict(x, verbose=0)), 2 * before, rtol=1e-6)


def test_while_loop_asks_first():
    assert int(ops.while_loop(lambda i: i < 0, lambda i: i + 1, (0,))[0]) == 0
    assert int(ops.fori_loop(5, 5, lambda i, s: s + 1, 0)) == 0


def test_while_loop_asks_first_when_traced():
    class Loop(layers.Layer):
        def call(self, x):
            start = ops.cast(x[0, 0], "int32")
            (last,) = ops.while_loop(lambda i: i < 3, lambda i: i + 2, (start,))
            return x + ops.cast(last, x.dtype)

    model = keras.Sequential([keras.Input((2,)), Loop()])
    for start, last in ((0, 4), (2, 4), (3, 3), (7, 7)):
        x = np.full((1, 2), start, "float32")
        assert array(model.predict(x, verbose=0)).tolist() == [[start + last] * 2]


def test_cond_runs_one_branch():
    ran = []
    ops.cond(True, lambda: ran.append("yes"), lambda: ran.append("no"))
    assert ran == ["yes"]


def test_int64_is_int64():
    x = ops.convert_to_tensor(np.int64([2**62, 2**62 - 1]))
    assert int(ops.sum(x)) == 2**63 - 1
    y = ops.add(ops.convert_to_tensor(np.int64(2**40 + 1)), 0)
    assert (int(y), keras.backend.standardize_dtype(y.dtype)) == (2**40 + 1, "int64")


def test_float64_is_float64():
    one = ops.convert_to_tensor(np.float64(1))
    assert float(one + 1e-12 - 1.0) == 1.0 + 1e-12 - 1.0


def test_int32_is_exact_above_2_to_24():
    big = ops.convert_to_tensor(np.int32([2**24 + 1, -(2**24) - 1, 2**31 - 1]))
    assert array(big // 1).tolist() == array(ops.floor_divide(big, 1)).tolist() == array(big).tolist()
    assert int(ops.max(big)) == 2**31 - 1
    assert not bool(ops.any(ops.equal(big, big - 1)))
    a = np.int32([[46341, 1], [3, 2**20]])
    assert array(ops.matmul(a[:, :1], a[:1, 1:])).tolist() == [[46341], [3]]


@pytest.mark.parametrize("a", [-7, 7, -1, 0])
@pytest.mark.parametrize("b", [2, -2, 3])
@pytest.mark.parametrize("dtype", ["int32", "float32", "int8"])
def test_remainder_and_floor_division_as_in_python(a, b, dtype):
    x = ops.convert_to_tensor([a], dtype)
    assert array(x % b).tolist() == array(ops.mod(x, b)).tolist() == [a % b]
    assert array(x // b).tolist() == [a // b]


def test_bits():
    x = ops.convert_to_tensor([5, 0, -1], "int32")
    assert array(~x).tolist() == [-6, -1, 0]
    assert array(x & 4).tolist() == [4, 0, 4]
    assert array(x | 2).tolist() == [7, 2, -1]
    assert array(x ^ x).tolist() == [0, 0, 0]
    b = ops.convert_to_tensor([True, False])
    assert array(~b).tolist() == [False, True]


def test_indexing():
    x = np.arange(24, dtype="float32").reshape(2, 3, 4)
    t = ops.convert_to_tensor(x)
    keys = [np.s_[::-1], np.s_[:, ::-2], np.s_[..., 3:0:-1], np.s_[x > 7], np.s_[x[:, 0, 0] > 1],
            np.s_[np.array([[0, 1], [1, 0]])], np.s_[:, np.array([2, 0]), np.array([1, 3])],
            np.s_[-1, ..., None], np.s_[1:1], np.s_[:, [0, 2]]]
    for key in keys:
        np.testing.assert_array_equal(array(t[key]), x[key], err_msg=str(key))


def test_nan_as_in_numpy():
    x = np.float32([1, np.nan, 3])
    assert np.isnan(float(ops.max(x))) and np.isnan(float(ops.min(x)))
    assert int(ops.argmax(x)) == 1
    assert np.isnan(array(ops.relu(x))[1])
    assert np.isnan(array(ops.sort(x))[2])


def test_random_numbers_differ_from_run_to_run():
    for function in (keras.random.normal, keras.random.uniform):
        assert not np.array_equal(array(function((8,))), array(function((8,))))
        assert np.array_equal(array(function((8,), seed=1)), array(function((8,), seed=1)))


def test_random_numbers_differ_from_predict_to_predict():
    class Noise(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(4)

        def call(self, x):
            return x + keras.random.normal((4,), seed=self.seeds)

    model = keras.Sequential([keras.Input((4,)), Noise()])
    x = np.zeros((1, 4), "float32")
    assert not np.array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))


def test_last_smaller_batch_weighs_less():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(loss="mse")
    x = np.float32([[1], [1], [1], [1], [5]])
    loss = model.evaluate(x, np.zeros((5, 1), "float32"), batch_size=4, verbose=0)
    assert loss == pytest.approx((4 * 1 + 25) / 5, rel=1e-6)


def test_one_trace_serves_all_batches():
    traced = []

    class Count(layers.Layer):
        def call(self, x):
            traced.append(x.shape)
            return x * 2

    model = keras.Sequential([keras.Input((3,)), Count()])
    traced.clear()
    for n in (1, 8, 3):
        assert array(model.predict_on_batch(np.ones((n, 3), "float32"))).shape == (n, 3)
    assert traced == [(None, 3)]
