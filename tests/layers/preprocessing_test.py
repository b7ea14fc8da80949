# SPDX-License-Identifier: Apache-2.0
"""Keras's preprocessing layers: eagerly and in a model on both engines, against Keras on JAX."""

import os
import random

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import preprocessing_cases as cases
import pytest
from keras import layers
from layer_runs import DEVICES
from layer_runs import assert_close
from layer_runs import jax_answer
from layer_runs import on_device
from layer_runs import recorded_names

RTOL = 1e-5  # a few roundings of float32; atol, for what cancels, is in the table


def of_jax(kind, name):
    return jax_answer("preprocessing_cases", f"{kind}/{name}")


class Augmenting(layers.Layer):
    """`predict` switches off the training of the layers that it calls; not of those within."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x, training=True)


def model_of(layer, data, training=None):
    """A functional model of the layer alone. Within another layer, an Equalization can be in one too:
    its symbolic result is its input, of which Keras makes no graph."""
    inputs = keras.Input(data.shape[1:], dtype=data.dtype.name)
    return keras.Model(inputs, (Augmenting(layer) if training else layer)(inputs))


def predicted(model, data, device, eager=False):
    """`predict` on the device; it runs eagerly only where Keras's own code asks for a content."""
    with on_device(device, eager):
        return model.predict(data, verbose=0)


def test_every_preprocessing_layer_has_a_case():
    named = " ".join([*cases.PLAIN, *cases.RANDOM, *cases.ELASTIC, *cases.LABELLED])
    base = keras.src.layers.preprocessing.data_layer.DataLayer
    found = {name for name in dir(layers)
             if isinstance(getattr(layers, name), type) and issubclass(getattr(layers, name), base)}
    demand_tensorflow = {"HashedCrossing", "Hashing", "IntegerLookup", "StringLookup",
                         "TextVectorization"}
    spelt = {"ContrastLimitedAdaptiveHistogramEqualization": "CLAHE",
             "RandomColorJitter": "RandomColorJitter of one strength"}
    missing = {name for name in found - demand_tensorflow if spelt.get(name, name) not in named}
    assert not missing


def test_recorded_answers_are_those_of_the_tables():
    wanted = {f"{kind}/{name}" for kind, table in
              (("plain", cases.PLAIN), ("random", cases.RANDOM), ("labelled", cases.LABELLED))
              for name in table}
    assert recorded_names("preprocessing_cases") == wanted


@pytest.mark.parametrize("name", cases.PLAIN)
def test_plain(name):
    case = cases.PLAIN[name]
    want = of_jax("plain", name)
    assert_close(cases.arrays(cases.call(case)), want, RTOL, case.atol, name)
    model = model_of(case.make(), case.data, case.training)
    for device in DEVICES:
        assert_close(predicted(model, case.data, device), want, RTOL, case.atol, device)


@pytest.mark.parametrize("name", cases.RANDOM)
def test_a_transformation_is_carried_out_as_on_jax(name):
    make = cases.RANDOM[name]
    arrays = of_jax("random", name)
    transformation = cases.given(make(seed=11), cases.PICTURES)
    transformation = cases.refilled(transformation, arrays[:-1])
    got = cases.carried_out(make(seed=11), cases.PICTURES, transformation)
    # of 255: weights of neighbouring pixels are differences of numbers of the pictures' size
    assert_close(got, arrays[-1], RTOL, 1e-3, name)


@pytest.mark.parametrize("name", cases.LABELLED)
def test_labels_boxes_and_masks_go_with_the_picture(name):
    make = cases.LABELLED[name]
    arrays = of_jax("labelled", name)
    own = cases.given(make(seed=11), cases.labelled(name))
    drawn = len(cases.leaves(own))
    got = cases.carried_out(make(seed=11), cases.labelled(name),
                            cases.refilled(own, arrays[:drawn]))
    assert_close(got, arrays[drawn:], RTOL, 1e-3, name)


# An image of these is found by rounding: one step more or less where an engine is at its edge.
STEPS = ("AugMix", "RandAugment", "RandomPosterization", "Solarization")


@pytest.mark.parametrize("name", {**cases.RANDOM, **cases.ELASTIC})
def test_a_seed_gives_the_same_eagerly_and_in_predict(name):
    make = {**cases.RANDOM, **cases.ELASTIC}[name]

    def eagerly(seed):
        random.seed(4)  # AugMix asks Python
        return np.asarray(make(seed=seed)(cases.PICTURES, training=True))

    first = eagerly(5)
    np.testing.assert_array_equal(eagerly(5), first)
    assert any((eagerly(seed) != first).any() for seed in (6, 7, 8))
    for device in DEVICES:
        model = model_of(make(seed=5), cases.PICTURES, True)
        random.seed(4)
        got = predicted(model, cases.PICTURES, device, eager=name == "RandomElasticTransform")
        far = np.abs(got - first) > 1e-3 + RTOL * first
        assert far.mean() <= (0.01 if name.startswith(STEPS) else 0), device


@pytest.mark.parametrize("name", {**cases.RANDOM, **cases.ELASTIC})
def test_inference_leaves_pictures_alone(name):
    layer = {**cases.RANDOM, **cases.ELASTIC}[name](seed=5)
    np.testing.assert_array_equal(layer(cases.PICTURES, training=False), cases.PICTURES)
