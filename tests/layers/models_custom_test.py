# SPDX-License-Identifier: Apache-2.0
"""Models and layers of the user's own making: called, predicted on both engines, saved and loaded,
against Keras on JAX."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import model_cases as cases
import numpy as np
import pytest
from keras import layers
from keras import ops
from layer_runs import DEVICES
from layer_runs import assert_close
from layer_runs import jax_answer
from layer_runs import on_device
from layer_runs import recorded_names

# A few layers of a few dozen products in another order.
CLOSE = (2e-5, 5e-6)


def test_recorded_answers_are_those_of_the_table():
    assert recorded_names("model_cases") == set(cases.CASES)


@pytest.mark.parametrize("name", cases.CASES)
def test_model(name):
    model, x = cases.CASES[name]()
    want = jax_answer("model_cases", name)
    assert_close(cases.arrays(model(x, training=False)), want, *CLOSE, name)
    for device in DEVICES:
        with on_device(device):
            assert_close(model.predict(x, verbose=0), want, *CLOSE, device)
            if name != "loops":  # whose conditions are of the whole batch
                some = keras.tree.map_structure(lambda a: a[:1], x)
                first = [part[:1] for part in want]
                assert_close(model.predict(some, verbose=0), first, *CLOSE, device)


def test_free_sizes_may_change():
    model, _ = cases.CASES["free sizes"]()
    for size in ((2, 4, 4, 2), (1, 7, 2, 2)):
        x = cases.numbers(*size)
        assert_close(model.predict(x, verbose=0), cases.arrays(model(x)), *CLOSE)


def test_a_model_of_own_layers_is_saved_and_loaded(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, cases.Affine(3)(layers.Dense(5, activation="relu")(inputs)))
    model, x = cases.wave(model, cases.numbers(3, 4))
    path = str(tmp_path / "model.keras")
    model.save(path)
    again = keras.models.load_model(path, custom_objects={"Affine": cases.Affine})
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_registered_layer_keeps_more_than_weights(tmp_path):
    @keras.saving.register_keras_serializable(package="tests")
    class Vocabulary(layers.Layer):
        """Its table is no weight, and is stored by its own functions."""

        table = np.zeros(1, "float32")

        def adapt(self, values):
            self.table = np.unique(values)

        def call(self, x):
            return ops.searchsorted(ops.convert_to_tensor(self.table), x)

        def save_own_variables(self, store):
            store["table"] = self.table

        def load_own_variables(self, store):
            self.table = np.array(store["table"])

    layer = Vocabulary()
    layer.adapt(np.array([5.0, 1, 3, 3], "float32"))
    model = keras.Sequential([keras.Input((2,)), layer])
    x = np.array([[1, 4], [6, 3]], "float32")
    path = str(tmp_path / "model.keras")
    model.save(path)
    got = keras.models.load_model(path).predict(x, verbose=0)
    np.testing.assert_array_equal(got, [[0, 2], [3, 1]])


def test_a_state_advances_with_every_batch():
    for device in DEVICES:
        inputs = keras.Input((2,))
        counting = cases.Counting()
        model = keras.Model(inputs, counting(inputs))
        with on_device(device):
            got = model.predict(np.zeros((5, 2), "float32"), batch_size=2, verbose=0)
        np.testing.assert_array_equal(got[:, 0], [2, 2, 4, 4, 5])
        assert float(counting.seen) == 5


def test_stateful_recurrence_goes_on_until_it_is_reset():
    layer = layers.LSTM(3, stateful=True)
    inputs = keras.Input(batch_shape=(2, 4, 3))
    model, x = cases.wave(keras.Model(inputs, layer(inputs)), cases.numbers(2, 4, 3))
    layer.reset_state()
    halves = [model.predict(part, batch_size=2, verbose=0) for part in (x, x)]
    whole = layers.LSTM(3)
    whole.build((2, 8, 3))
    whole.set_weights(layer.get_weights())
    np.testing.assert_allclose(halves[1], whole(np.concatenate([x, x], axis=1)), rtol=1e-5,
                               atol=1e-6)
    assert np.abs(halves[1] - halves[0]).max() > 1e-3
    layer.reset_state()
    np.testing.assert_allclose(model.predict(x, batch_size=2, verbose=0), halves[0], rtol=1e-6)


def test_output_specs_without_numbers():
    spec = keras.KerasTensor((None, 5, 6))
    assert layers.Bidirectional(layers.GRU(4)).compute_output_spec(spec).shape == (None, 8)
    assert cases.Block(2)(spec).shape == (None, 5, 6)
    assert ops.einsum("bij,bkj->bik", spec, spec).shape == (None, 5, 5)
    shapes = cases.shared()[0].compute_output_shape({"a": (7, 4), "b": (7, 4)})
    assert shapes == {"joined": (7, 9), "ratio": (7,)}


def test_a_summary_counts_every_weight():
    model, x = cases.CASES["nested models"]()
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line), expand_nested=True,
                  show_trainable=True)
    text = "\n".join(lines)
    count = sum(int(np.prod(w.shape)) for w in model.weights)
    assert f"Total params: {count}" in text and "dense" in text
    model.trainable = False
    assert model.trainable_weights == [] and model.count_params() == count


class Watching(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def __getattribute__(self, name):
        if name.startswith("on_") and ("test" in name or "predict" in name):
            return lambda *args, logs=None: self.seen.append((name, logs))
        return super().__getattribute__(name)


def test_callbacks_hear_of_batches_and_results():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1, kernel_initializer="ones")(inputs))
    model.compile(loss="mse", metrics=["mae"])
    x, y = cases.numbers(5, 3), cases.numbers(5, 1, seed=4)
    watching = Watching()
    values = model.evaluate(x, y, batch_size=2, verbose=0, callbacks=[watching], return_dict=True)
    names = [name for name, _ in watching.seen]
    batch = ["on_test_batch_begin", "on_test_batch_end"]
    assert names == ["on_test_begin", *batch * 3, "on_test_end"]
    # figures of the batches so far
    logs = [logs for name, logs in watching.seen if name == "on_test_batch_end"]
    error = x.sum(1, keepdims=True) - y
    for end, entry in zip((2, 4, 5), logs):
        np.testing.assert_allclose(float(entry["loss"]), (error[:end] ** 2).mean(), rtol=1e-5)
        np.testing.assert_allclose(float(entry["mae"]), np.abs(error[:end]).mean(), rtol=1e-5)
    assert values["loss"] == pytest.approx(float(logs[-1]["loss"]))
    watching.seen.clear()
    model.predict(x, batch_size=2, verbose=0, callbacks=[watching])
    assert len(watching.seen) == 8
    heard = []
    model.evaluate(x, y, verbose=0, callbacks=[keras.callbacks.LambdaCallback(
        on_test_end=lambda logs: heard.append(sorted(logs)))])
    assert heard == [["loss", "mae"]]


def test_metrics_and_losses_of_a_models_own():
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l1")
            self.largest = keras.metrics.Mean(name="largest")

        def call(self, x):
            y = self.dense(x)
            self.add_loss(0.5 * ops.mean(ops.square(y)))
            return y

        def test_step(self, data):
            x, y = data
            predicted = self(x, training=False)
            self.largest.update_state(ops.max(ops.abs(y - predicted)))
            return {"largest": self.largest.result(), "extra": ops.sum(ops.stack(self.losses))}

        @property
        def metrics(self):
            return [self.largest]

    model = Model()
    model.compile()
    x, y = cases.numbers(4, 3), cases.numbers(4, 1, seed=4)
    for _ in range(2):  # figures start anew
        found = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
        predicted = x.sum(1, keepdims=True)
        assert found["largest"] == pytest.approx(np.abs(y - predicted).max(), rel=1e-5)
        assert found["extra"] == pytest.approx(0.5 * (predicted**2).mean() + 0.03, rel=1e-5)


class Biased(layers.Layer):
    """A bias of one's own and a mask that closes places by a number far below all others."""

    def build(self, shapes):
        self.bias = self.add_weight(shape=shapes[0][1:], initializer="zeros")

    def call(self, inputs):
        scores, mask = inputs
        return scores + (self.bias + (1.0 - mask) * -1e9)


@pytest.mark.parametrize("device", DEVICES)
def test_a_large_number_in_a_mask_leaves_the_bias(device):
    inputs = [keras.Input((5, 6)), keras.Input((1, 6))]
    biased = Biased()
    model = keras.Model(inputs, layers.Softmax()(biased(inputs)))
    bias = cases.numbers(5, 6, seed=12)
    biased.bias.assign(bias)
    scores, mask = cases.numbers(3, 5, 6), np.ones((3, 1, 6), "float32")
    mask[0, 0, 4:] = 0
    with on_device(device):
        got = model.predict([scores, mask], verbose=0)
    want = np.exp((scores + bias).astype("float64")) * mask
    np.testing.assert_allclose(got, want / want.sum(-1, keepdims=True), rtol=2e-6)
