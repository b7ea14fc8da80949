# SPDX-License-Identifier: Apache-2.0
"""What keras-hub takes from its backend by name, and kov serves."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest

RNG = np.random.default_rng(3)
pytest.importorskip("keras_hub")


@pytest.mark.parametrize("size", [(9, 4), (5, 7), (1, 1), (2, 20)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_interpolate_keeps_the_corners(size, data_format):
    from keras_hub.src.models.depth_anything.interpolate import interpolate

    x = RNG.normal(size=(2, 5, 7, 3)).astype("float32")
    want = x.astype("float64")
    for axis, new in ((1, size[0]), (2, size[1])):
        old = x.shape[axis]
        places = np.linspace(0, old - 1, new) if new > 1 else [0.0]
        want = np.apply_along_axis(lambda row: np.interp(places, np.arange(old), row), axis, want)
    move = (0, 1, 2, 3) if data_format == "channels_last" else (0, 3, 1, 2)
    got = interpolate(keras.ops.convert_to_tensor(x.transpose(move)), size, data_format)
    # four products of numbers below 4, each place rounded to float32
    np.testing.assert_allclose(got, want.transpose(move), rtol=0, atol=1e-5)


def causal(sampler):
    import keras_hub

    keras.utils.set_random_seed(1)
    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size=50, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16,
        max_sequence_length=12)
    model = keras_hub.models.GPT2CausalLM(backbone=backbone, preprocessor=None)
    for i, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(i).normal(0, 0.5, weight.shape))
    model.compile(sampler=sampler)
    return model


def prompt(length, given):
    tokens = np.random.default_rng(5).integers(1, 50, (2, length)).astype("int32")
    mask = np.arange(length)[None] < np.array([[given], [given - 1]])
    return {"token_ids": tokens * mask, "padding_mask": mask}


def greedy_by_hand(model, data):
    """Token after token, the whole text through the model each time."""
    tokens, mask = data["token_ids"].copy(), data["padding_mask"]
    for i in range(mask.sum(1).min(), tokens.shape[1]):
        seen = {"token_ids": tokens, "padding_mask": np.arange(tokens.shape[1])[None] < i}
        seen["padding_mask"] = np.repeat(seen["padding_mask"], 2, axis=0)
        logits = model.predict_on_batch(seen)
        tokens[:, i] = np.where(mask[:, i], tokens[:, i], logits[:, i - 1].argmax(-1))
    return tokens


def test_greedy_text_is_what_the_model_predicts():
    model = causal("greedy")
    data = prompt(12, 4)
    got = model.generate(data, stop_token_ids=None)
    np.testing.assert_array_equal(got["token_ids"], greedy_by_hand(model, data))


def test_one_trace_serves_prompts_and_stop_tokens_are_obeyed():
    model = causal("greedy")
    first = model.generate(prompt(12, 4), stop_token_ids=None)["token_ids"]
    steps = vars(model.generate_function)["kov_steps"]
    model.generate(prompt(12, 6), stop_token_ids=None)
    (step,) = steps.values()
    assert [len(plans) for plans in step._plans.values()] == [1]
    stop = int(first[0, 6])
    found = model.generate(prompt(12, 4), stop_token_ids=[stop])
    assert len(steps) == 2 and not found["padding_mask"].all()
