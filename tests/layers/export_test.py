# SPDX-License-Identifier: Apache-2.0
"""Models exported to IR and run by OpenVINO alone: what `predict` gives, for each way that Keras has
to hand inputs to a model."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import layers

openvino = pytest.importorskip("openvino")
RNG = np.random.default_rng(17)


def numbers(*shape):
    return RNG.normal(size=shape).astype("float32")


class Weighing(keras.Model):
    """Two arguments, one of them twice as heavy."""

    def call(self, a, b):
        return a + 2.0 * b


class OfList(keras.Model):
    def call(self, pair):
        return pair[0] + 2.0 * pair[1]


def functional(shape_of):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    return keras.Model(shape_of(a, b), a + 2.0 * b)


A, B = numbers(4, 3), numbers(4, 3)
# name -> the model and how it is called; each computes a + 2 b
INPUTS = {
    "list": (lambda: functional(lambda a, b: [a, b]), [A, B]),
    "tuple": (lambda: functional(lambda a, b: (a, b)), (A, B)),
    "dict": (lambda: functional(lambda a, b: {"a": a, "b": b}), {"a": A, "b": B}),
    "nested": (lambda: functional(lambda a, b: [[a], b]), [[A], B]),
    "subclassed": (Weighing, (A, B)),
    "subclassed, of a list": (OfList, [A, B]),
}


def by_openvino(model, arrays, path, **options):
    model.export(path, format="openvino", verbose=False, **options)
    core = openvino.Core()
    # OpenVINO's default on some processors is bfloat16.
    network = core.compile_model(core.read_model(path), "CPU",
                                 {"INFERENCE_PRECISION_HINT": "f32"})
    return network(arrays)[0]


@pytest.mark.parametrize("name", INPUTS)
def test_inputs_reach_their_places(name, tmp_path):
    make, inputs = INPUTS[name]
    model = make()
    model(*inputs) if name == "subclassed" else model(inputs)
    # Keras itself keeps the first argument's shape alone.
    spec = keras.InputSpec(shape=(None, 3), dtype="float32")
    options = {"input_signature": [spec, spec]} if name == "subclassed" else {}
    got = by_openvino(model, keras.tree.flatten(inputs), str(tmp_path / "m.xml"), **options)
    np.testing.assert_allclose(got, A + 2 * B, rtol=1e-6, atol=1e-6)


def test_what_is_exported_is_inference(tmp_path):
    """Preprocessing layers' own default is to train, and layers behind them would follow."""
    inputs = keras.Input((4, 4, 3))
    x = layers.Resizing(8, 8)(inputs)
    x = layers.RandomBrightness(0.5)(x)
    x = layers.BatchNormalization(moving_mean_initializer="ones",
                                  moving_variance_initializer=keras.initializers.Constant(4.0))(x)
    model = keras.Model(inputs, layers.Dropout(0.5)(x))
    data = numbers(2, 4, 4, 3)
    got = by_openvino(model, [data], str(tmp_path / "m.xml"))
    np.testing.assert_allclose(got, model.predict(data, verbose=0), rtol=1e-5, atol=1e-5)
    resized = np.asarray(layers.Resizing(8, 8)(data))
    np.testing.assert_allclose(got, (resized - 1) / np.sqrt(4 + 1e-3), rtol=1e-5, atol=1e-5)
