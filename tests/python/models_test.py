# SPDX-License-Identifier: Apache-2.0
"""Small nets of the kinds that people run: traced predictions against NumPy or against each layer
called by itself, for batches of changing size."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import layers

RNG = np.random.default_rng(21)


def numpy_dense(x, layer, activation=lambda y: y):
    kernel, bias = (np.asarray(w, dtype="float64") for w in layer.get_weights())
    return activation(x @ kernel + bias)


def randomize(model):
    """Weights away from ones and zeros; variances positive."""
    for layer in model._flatten_layers(include_self=False):
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            shape = variable.shape
            value = RNG.uniform(0.5, 1.5, shape) if "variance" in variable.name \
                else RNG.normal(0, 0.3, shape)
            if "float" in variable.dtype:
                variable.assign(value.astype("float32"))


@pytest.mark.parametrize("batches", [(1, 8), (8, 1), (5, 5, 2)])
def test_dense_net(batches):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(9, activation="relu"),
                              layers.Dense(4)])
    randomize(model)
    for n in batches:
        x = RNG.normal(size=(n, 6)).astype("float32")
        hidden = numpy_dense(x, model.layers[0], lambda y: np.maximum(y, 0))
        # 15 float32 multiply-adds
        np.testing.assert_allclose(model.predict(x, verbose=0),
                                   numpy_dense(hidden, model.layers[1]), rtol=1e-5, atol=1e-5)


def inverted_residual(x, channels, stride):
    y = layers.Conv2D(24, 1, use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU(6.0)(y)
    y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y) if stride == 2 else y
    y = layers.DepthwiseConv2D(3, strides=stride, use_bias=False,
                               padding="valid" if stride == 2 else "same")(y)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU(6.0)(y)
    y = layers.Conv2D(channels, 1, use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    return layers.Add()([x, y]) if stride == 1 else y


def squeeze_and_excite(x, channels):
    y = layers.GlobalAveragePooling2D(keepdims=True)(x)
    y = layers.Conv2D(4, 1, activation="swish")(y)
    y = layers.Conv2D(channels, 1, activation="sigmoid")(y)
    return layers.Multiply()([x, y])


def image_net():
    inputs = keras.Input((24, 20, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("swish")(x)
    x = inverted_residual(x, 8, 1)
    x = squeeze_and_excite(x, 8)
    x = inverted_residual(x, 12, 2)
    x = layers.MaxPooling2D()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(7)(x))


def layer_by_layer(model, x):
    """Each layer by itself, eagerly: no pass joins what stands in two layers."""
    return np.asarray(model(x))


@pytest.mark.parametrize("n", [1, 3])
def test_image_net(n):
    model = image_net()
    randomize(model)
    x = RNG.normal(size=(n, 24, 20, 3)).astype("float32")
    want = layer_by_layer(model, x)
    # folding the norms reassociates each product once
    np.testing.assert_allclose(model.predict(x, verbose=0), want, rtol=2e-4,
                               atol=2e-5 * np.abs(want).max())


def test_image_net_rows_do_not_mix():
    model = image_net()
    randomize(model)
    x = RNG.normal(size=(6, 24, 20, 3)).astype("float32")
    whole = model.predict(x, verbose=0, batch_size=6)
    single = model.predict(x, verbose=0, batch_size=1)
    np.testing.assert_allclose(whole, single, rtol=1e-4, atol=1e-5 * np.abs(whole).max())


def test_transformer_block_ignores_masked_tokens():
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(50, 16, mask_zero=True)(tokens)
    y = layers.MultiHeadAttention(2, 8)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(16, activation="gelu")(x)]))
    model = keras.Model(tokens, x)
    randomize(model)
    ids = RNG.integers(1, 50, (2, 7)).astype("int32")
    short = model.predict(ids[:, :5], verbose=0)
    padded = np.concatenate([ids[:, :5], np.zeros((2, 3), "int32")], axis=1)
    np.testing.assert_allclose(model.predict(padded, verbose=0)[:, :5], short, rtol=1e-4,
                               atol=1e-5)


def test_saved_model_predicts_the_same_bits(tmp_path):
    model = image_net()
    randomize(model)
    x = RNG.normal(size=(2, 24, 20, 3)).astype("float32")
    want = model.predict(x, verbose=0)
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        again = keras.models.load_model(tmp_path / name, compile=False)
        np.testing.assert_array_equal(again.predict(x, verbose=0), want)
