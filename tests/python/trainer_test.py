# SPDX-License-Identifier: Apache-2.0
"""predict and evaluate: traced against the same models called eagerly, and against NumPy."""

import json
import os
import sys
import warnings
import zipfile

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops

RNG = np.random.default_rng(7)


def floats(*shape):
    return RNG.normal(size=shape).astype("float32")


def initial(scale):
    """Weights without random functions, so that only the function under test counts."""

    def initializer(shape, dtype):
        n = int(np.prod(shape))
        return (np.sin(np.arange(n) + scale) * 0.5).reshape(shape).astype(dtype)

    return initializer


class Counting(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = 0

    def call(self, x):
        self.calls += 1
        return x * 1.0


def dense_model(*extra, **options):
    inputs = keras.Input((4,))
    counting = Counting()
    x = counting(inputs)
    x = layers.Dense(5, activation="relu", kernel_initializer=initial(1), **options)(x)
    for layer in extra:
        x = layer(x)
    outputs = layers.Dense(3, kernel_initializer=initial(2))(x)
    model = keras.Model(inputs, outputs)
    counting.calls = 0
    return model, counting


def forward(model, x):
    w1, b1, w2, b2 = model.get_weights()
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


# Sums of at most five products in another order.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def test_predict_is_right_and_traced_once():
    model, counting = dense_model()
    x = floats(10, 4)
    y = model.predict(x, batch_size=4, verbose=0)
    assert type(y) is np.ndarray
    assert y.flags.writeable
    np.testing.assert_allclose(y, forward(model, x), **CLOSE)
    model.predict(floats(3, 4), verbose=0)
    model.predict_on_batch(x)
    assert counting.calls == 1


def test_predict_sees_set_weights_and_load_weights(tmp_path):
    model, counting = dense_model()
    x = floats(6, 4)
    first = model.predict(x, verbose=0)
    path = str(tmp_path / "w.weights.h5")
    model.save_weights(path)
    model.set_weights([w * 2 + 1 for w in model.get_weights()])
    np.testing.assert_allclose(model.predict(x, verbose=0), forward(model, x), **CLOSE)
    model.load_weights(path)
    np.testing.assert_array_equal(model.predict(x, verbose=0), first)
    assert counting.calls == 1


def test_weights_returned_earlier_do_not_change():
    model, _ = dense_model()
    before = model.get_weights()
    kept = [w.copy() for w in before]
    model.set_weights([w * 0 for w in before])
    for a, b in zip(before, kept):
        np.testing.assert_array_equal(a, b)
        a[:] = 5
    assert all((w == 0).all() for w in model.get_weights())


def test_nested_inputs_and_outputs():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    model = keras.Model({"a": a, "b": b}, {"sum": a + b, "both": [a * 2, b * 3]})
    x = {"a": floats(5, 3), "b": floats(5, 3)}
    y = model.predict(x, batch_size=2, verbose=0)
    np.testing.assert_array_equal(y["sum"], x["a"] + x["b"])
    np.testing.assert_array_equal(y["both"][0], x["a"] * 2)
    np.testing.assert_array_equal(y["both"][1], x["b"] * np.float32(3))


def test_steps_per_execution():
    model, _ = dense_model()
    model.compile(loss="mse", steps_per_execution=3)
    x = floats(10, 4)
    y = model.predict(x, batch_size=2, verbose=0)
    np.testing.assert_allclose(y, forward(model, x), **CLOSE)


def test_evaluate_weighs_a_smaller_last_batch():
    model, counting = dense_model()
    model.compile(loss="mse", metrics=["mae"])
    x, y = floats(10, 4), floats(10, 3)
    loss, mae = model.evaluate(x, y, batch_size=4, verbose=0)
    error = forward(model, x) - y
    np.testing.assert_allclose(loss, (error**2).mean(), rtol=1e-5)
    np.testing.assert_allclose(mae, np.abs(error).mean(), rtol=1e-5)
    assert counting.calls == 1


def test_evaluate_with_sample_weight_and_dict():
    model, _ = dense_model()
    model.compile(loss="mse", weighted_metrics=["mae"])
    x, y, w = floats(9, 4), floats(9, 3), np.arange(1, 10, dtype="float32")
    logs = model.evaluate(x, y, sample_weight=w, batch_size=9, verbose=0, return_dict=True)
    error = forward(model, x) - y
    np.testing.assert_allclose(logs["loss"], ((error**2).mean(1) * w).mean(), rtol=1e-5)
    np.testing.assert_allclose(logs["mae"], (np.abs(error).mean(1) * w).sum() / w.sum(), rtol=1e-5)


def test_evaluate_twice_starts_anew():
    model, counting = dense_model()
    model.compile(loss="mse")
    x, y = floats(8, 4), floats(8, 3)
    assert model.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert counting.calls == 1


def test_regularizer_and_add_loss_count():
    class Adds(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    model, _ = dense_model(Adds(), kernel_regularizer="l2")
    model.compile(loss="mse")
    x, y = floats(8, 4), floats(8, 3)
    loss = model.evaluate(x, y, batch_size=8, verbose=0)
    w1, b1, *_ = model.get_weights()
    hidden = np.maximum(x @ w1 + b1, 0)
    expected = ((forward(model, x) - y) ** 2).mean() + hidden.sum() + 0.01 * (w1**2).sum()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_test_on_batch_and_predict_on_batch():
    model, counting = dense_model()
    model.compile(loss="mse")
    x, y = floats(8, 4), floats(8, 3)
    np.testing.assert_allclose(
        model.test_on_batch(x, y), ((forward(model, x) - y) ** 2).mean(), rtol=1e-5
    )
    np.testing.assert_allclose(model.predict_on_batch(x), forward(model, x), **CLOSE)
    assert counting.calls == 2


def test_run_eagerly():
    model, counting = dense_model()
    model.compile(loss="mse", run_eagerly=True)
    x = floats(10, 4)
    y = model.predict(x, batch_size=4, verbose=0)
    np.testing.assert_allclose(y, forward(model, x), **CLOSE)
    assert counting.calls == 3


def test_custom_steps():
    class Model(keras.Model):
        def predict_step(self, data):
            return self(data) * 2.0

        def test_step(self, data):
            x, y = data
            return {"worst": ops.max(ops.absolute(self(x) - y))}

    inner, _ = dense_model()
    model = Model(inner.inputs, inner.outputs)
    model.compile(loss="mse")
    x, y = floats(6, 4), floats(6, 3)
    np.testing.assert_allclose(model.predict(x, verbose=0), 2 * forward(model, x), **CLOSE)
    logs = model.evaluate(x, y, batch_size=6, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["worst"], np.abs(forward(model, x) - y).max(), rtol=1e-5)


def test_a_model_that_looks_at_values_runs_eagerly():
    class Looks(layers.Layer):
        def call(self, x):
            return x if float(ops.sum(x)) < 1e9 else -x

    model, _ = dense_model(Looks())
    x = floats(6, 4)
    with pytest.warns(UserWarning, match="runs eagerly"):
        y = model.predict(x, verbose=0)
    np.testing.assert_allclose(y, forward(model, x), **CLOSE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(x, verbose=0)


def test_a_model_that_needs_the_batch_size():
    class Scales(layers.Layer):
        def call(self, x):
            return x * float(x.shape[0])

        def compute_output_shape(self, shape):
            return shape

    model, _ = dense_model(Scales())
    for n in (2, 5):
        x = floats(n, 4)
        w1, b1, w2, b2 = model.get_weights()
        expected = (np.maximum(x @ w1 + b1, 0) * n) @ w2 + b2
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, **CLOSE)


def test_pictures_of_different_sizes_are_cropped_or_enlarged():
    crop = layers.CenterCrop(10, 12)
    model = keras.Sequential([crop])
    batches = [floats(2, 25, 30, 3), floats(2, 6, 7, 3)]
    expected = np.concatenate([np.asarray(crop(x)) for x in batches])
    y = model.predict(((x,) for x in batches), verbose=0)
    np.testing.assert_allclose(y, expected, **CLOSE)


def test_a_closed_over_variable_is_read():
    scale = keras.Variable(2.0)

    class Scales(layers.Layer):
        def call(self, x):
            return x * scale.value

    model, _ = dense_model(Scales())
    x = floats(3, 4)
    model.predict(x, verbose=0)
    scale.assign(0.0)
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), np.broadcast_to(model.get_weights()[-1], (3, 3))
    )


def test_training_is_refused_by_name():
    model, _ = dense_model()
    model.compile(loss="mse")
    with pytest.raises(NotImplementedError, match="fit"):
        model.fit(floats(2, 4), floats(2, 3))
    with pytest.raises(NotImplementedError, match="train_on_batch"):
        model.train_on_batch(floats(2, 4), floats(2, 3))


def test_callbacks_see_batches():
    seen = []

    class Callback(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append(np.asarray(logs["outputs"]).shape)

    model, _ = dense_model()
    model.predict(floats(5, 4), batch_size=2, verbose=0, callbacks=[Callback()])
    assert seen == [(2, 3), (2, 3), (1, 3)]


def test_save_and_load(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(3, kernel_initializer="ones")(inputs))
    path = str(tmp_path / "model.keras")
    x = floats(3, 4)
    expected = model.predict(x, verbose=0)
    model.save(path)
    np.testing.assert_array_equal(keras.models.load_model(path).predict(x, verbose=0), expected)


def test_batch_norm_and_embedding_mask():
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True, embeddings_initializer=initial(3))(inputs)
    x = layers.BatchNormalization(moving_mean_initializer=initial(4))(x)
    model = keras.Model(inputs, layers.GlobalAveragePooling1D()(x))
    data = RNG.integers(0, 9, (5, 6)).astype("int32")
    data[:, 0] = 1
    np.testing.assert_allclose(
        model.predict(data, batch_size=2, verbose=0), np.asarray(model(data)), **CLOSE
    )


@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_recurrent_layers_traced_as_eager(cell):
    inputs = keras.Input((None, 3))
    options = {"kernel_initializer": initial(1), "recurrent_initializer": initial(2)}
    sequence = cell(4, return_sequences=True, go_backwards=True, **options)(inputs)
    model = keras.Model(inputs, [sequence, cell(2, **options)(sequence)])
    for n, steps in [(2, 5), (3, 4)]:
        x = floats(n, steps, 3)
        for traced, eager in zip(model.predict(x, verbose=0), model(x)):
            np.testing.assert_allclose(traced, np.asarray(eager), rtol=1e-5, atol=1e-6)


def test_seeded_dropout_advances_in_predict():
    class Drops(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(3)

        def call(self, x):
            return keras.random.dropout(x, 0.5, seed=self.seeds)

    inputs = keras.Input((64,))
    model = keras.Model(inputs, Drops()(inputs))
    x = np.ones((2, 64), "float32")
    first, second = model.predict(x, verbose=0), model.predict(x, verbose=0)
    assert (first != second).any()
    assert set(np.unique(first)) == {0.0, 2.0}


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Lion", "RMSprop"])
def test_a_model_compiled_under_the_torch_backend_loads(name, tmp_path):
    """That backend writes the module of its own optimizer class into the file."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(name.lower(), "mse")
    path = str(tmp_path / "model.keras")
    model.save(path)
    with zipfile.ZipFile(path) as file:
        parts = {part: file.read(part) for part in file.namelist()}
    config = json.loads(parts["config.json"])
    optimizer = config["compile_config"]["optimizer"]
    optimizer["module"] = f"keras.src.backend.torch.optimizers.torch_{name.lower()}"
    optimizer["registered_name"] = name
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as file:
        for part, data in parts.items():
            file.writestr(part, data)
    loaded = keras.models.load_model(path)
    assert type(loaded.optimizer) is getattr(keras.optimizers, name)
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert "torch" not in sys.modules
