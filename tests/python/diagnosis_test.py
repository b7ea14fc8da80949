# SPDX-License-Identifier: Apache-2.0
"""A model that cannot be traced says which layers are the reason, why, and what to do."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import warnings

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import layers, ops

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


class Branches(layers.Layer):
    def call(self, x):
        return x if ops.sum(x) > 1e9 else x + 1


class Counts(layers.Layer):
    def call(self, x):
        return x * int(ops.max(x) > -1e9)


class Leaves(layers.Layer):
    def call(self, x):
        return ops.convert_to_tensor(np.asarray(x) + 1)


class Holds(layers.Layer):
    """A fine layer around one that is not."""

    def __init__(self):
        super().__init__(name="holds")
        self.dense = layers.Dense(4, name="fine")
        self.inner = Counts(name="inner")

    def build(self, shape):
        self.dense.build(shape)
        self.built = True

    def call(self, x):
        return self.inner(self.dense(x))

    def compute_output_shape(self, shape):
        return shape


def explained(model):
    with pytest.warns(UserWarning, match="runs eagerly") as found:
        y = model.predict(X, verbose=0)
    return y, str(found[0].message)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.parts = [Branches(name="branches"), layers.Dense(4, name="dense"), Holds(),
                      Leaves(name="leaves")]

    def call(self, x):
        for part in self.parts:
            x = part(x)
        return x


def test_all_reasons_are_said_at_once():
    model = Net()
    y, text = explained(model)
    rows = [row for row in text.splitlines() if row.startswith("- ")]
    assert len(rows) == 3, text
    for row, words in zip(rows, (
            ("branches", "Branches", "bool", "keras.ops.cond", "if ops.sum(x) > 1e9"),
            ("inner", "Counts", "int", "keras.ops", "int(ops.max(x) > -1e9)"),
            ("leaves", "Leaves", "NumPy", "np.asarray(x) + 1"))):
        for word in (*words, "diagnosis_test.py, line"):
            assert word in row, (word, row)
    assert "run_eagerly=True" in text and "dense" not in text and "fine" not in text
    kernels = [w.numpy() for w in model.weights]
    hidden = (X + 1) @ kernels[0] + kernels[1]
    # two products of four terms
    np.testing.assert_allclose(y, hidden @ kernels[2] + kernels[3] + 1, rtol=1e-5, atol=1e-5)


def test_the_remedy_helps():
    model = Net()
    model.compile(run_eagerly=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(X, verbose=0)


def test_code_of_the_model_itself():
    class Bare(keras.Model):
        def call(self, x):
            return x if float(ops.sum(x)) < 1e9 else -x

    _, text = explained(Bare(name="bare"))
    assert "bare" in text and "float" in text


def test_a_state_changes_once():
    class Tells(layers.Layer):
        def build(self, shape):
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x):
            self.count.assign_add(1.0)
            return x + float(self.count)

    model = keras.Sequential([keras.Input((4,)), Tells()])
    before = float(model.layers[0].count.numpy())
    y, _ = explained(model)
    assert float(model.layers[0].count.numpy()) == before + 1
    np.testing.assert_array_equal(y, X + (before + 1))
