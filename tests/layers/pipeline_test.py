# SPDX-License-Identifier: Apache-2.0
"""Preprocessing in other packages' pipelines, their loaders before a model, and the layers that Keras
makes with TensorFlow: kov in the Python of the judges, which has those packages."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import numpy as np
import pipeline_cases
import preprocessing_cases
import pytest
from layer_runs import ask
from layer_runs import assert_close
from layer_runs import has_judge
from layer_runs import jax_answer

pytestmark = pytest.mark.skipif(not has_judge(), reason="KOV_JUDGE has TensorFlow, grain, torch")


def there(function, *arguments):
    return ask("kov", "pipeline_cases", function, *arguments)


def test_layers_in_tf_data():
    for name, got in there("mapped", pipeline_cases.IN_TF_DATA).items():
        (want,) = jax_answer("preprocessing_cases", "plain/" + name)
        assert_close([got], [want], 1e-5, max(1e-4, preprocessing_cases.PLAIN[name].atol), name)


def test_augmentation_in_tf_data():
    first, again, other, outside = there("mapped_augmentation")
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    # one shift for a picture, but where the ends of the range cut it
    for pictures in (first, outside):
        shift = (pictures - preprocessing_cases.PICTURES)[(pictures > 0) & (pictures < 255)]
        assert 0 < np.abs(shift).max() <= 0.4 * 255 + 1e-3


def test_augmentation_in_grain():
    (got,) = there("grain_augmentation")
    np.testing.assert_array_equal(got, preprocessing_cases.PICTURES * np.float32(0.5))


def test_loaders_before_a_model():
    found = there("loaders")
    predicted, evaluated = found.pop("arrays")
    x, y = preprocessing_cases.numbers(7, 4), preprocessing_cases.numbers(7, 3)
    want = np.repeat(x.sum(1, keepdims=True) * 0.5, 3, axis=1)
    np.testing.assert_allclose(predicted, want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        evaluated, [((want - y) ** 2).mean(), np.abs(want - y).mean()], rtol=1e-5)
    assert len(found) == 7
    for name, (same, values) in found.items():
        np.testing.assert_array_equal(same, predicted, err_msg=name)
        np.testing.assert_array_equal(values, evaluated, err_msg=name)


# What the vocabularies and texts of pipeline_cases.py make, worked out by hand.
LOOKED_UP = {
    "StringLookup": [[1, 2], [3, 1], [0, 2]],
    "StringLookup one_hot": [[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]],
    "StringLookup multi_hot": [[0, 1, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]],
    "StringLookup adapted": [1, 3, 0],
    "IntegerLookup": [[1, 3], [0, 2]],
    "IntegerLookup inverted": [10, 30, -1],
    "TextVectorization": [[2, 3, 4, 0], [7, 1, 5, 0]],
    "TextVectorization multi_hot": [[1, 1, 1], [1, 0, 0]],
    "Discretization adapted": [[0], [1], [3]],
}


def test_lookups_give_tensors_that_models_take():
    found, kinds, inverted, (from_tensors, from_arrays) = there("lookups")
    assert set(kinds.values()) == {"kov._core"}
    for name, want in LOOKED_UP.items():
        np.testing.assert_array_equal(found[name], want, err_msg=name)
    assert found["StringLookup"].dtype == np.int64
    assert ((found["Hashing"] >= 0) & (found["Hashing"] < 7)).all()
    assert found["Hashing"][0, 0] == found["Hashing"][1, 1]  # both are "red"
    np.testing.assert_array_equal(found["Hashing of numbers"].sum(1), [1, 1, 1])
    assert ((found["HashedCrossing"] >= 0) & (found["HashedCrossing"] < 5)).all()
    np.testing.assert_array_equal(inverted, [["red", "green"], ["blue", "red"],
                                             ["[UNK]", "green"]])
    np.testing.assert_array_equal(from_tensors, from_arrays)


def test_feature_space():
    kind, encoded, predicted = there("feature_space")
    assert kind == "kov._core" and encoded.shape == (4, 15)
    size = (np.array([1, 2, 3, 4]) - 2.5) / np.sqrt(1.25)
    # bins of the age and one-hot kinds, crosses and colours: 3 + 3 + 4 + 3, one of each is 1
    ones = encoded.sum(1) - size - np.array([1, 2, 3, 4])
    np.testing.assert_allclose(ones, 4, atol=1e-5)
    np.testing.assert_allclose(predicted, encoded.sum(1, keepdims=True).repeat(2, 1), rtol=1e-5)
