# SPDX-License-Identifier: Apache-2.0
"""Quantised text models and what they make of a prompt, for kov and for the judge: as a program, the
greedy tokens of each on the backend that KERAS_BACKEND names, into a file."""

import sys
import warnings

import numpy as np

LENGTH, GIVEN, VOCABULARY = 20, 5, 60
MODES = ("int8", "int4", "int4_channels")


def text_model(mode):
    """A small GPT-2, random weights that differ enough for its tokens to differ."""
    import keras
    import keras_hub
    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size=VOCABULARY, num_layers=2, num_heads=2, hidden_dim=32,
        intermediate_dim=64, max_sequence_length=LENGTH)
    model = keras_hub.models.GPT2CausalLM(backbone=backbone, preprocessor=None)
    for i, weight in enumerate(model.weights):
        size = 3.0 if "position_embedding" in weight.path else 0.3  # so that places tell tokens
        weight.assign(np.random.default_rng(i).normal(0, size, weight.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of layers that have no codes
        if mode == "int4_channels":
            model.quantize(config=keras.quantizers.Int4QuantizationConfig(block_size=-1))
        else:
            model.quantize(mode)
    return model


def prompt():
    tokens = np.random.default_rng(5).integers(1, VOCABULARY, (2, LENGTH)).astype("int32")
    mask = np.arange(LENGTH)[None] < np.array([[GIVEN], [GIVEN - 2]])
    return {"token_ids": tokens * mask, "padding_mask": mask}


def greedy(model):
    model.compile(sampler="greedy")
    return np.asarray(model.generate(prompt(), stop_token_ids=None)["token_ids"])


if __name__ == "__main__":
    np.savez(sys.argv[1], **{mode: greedy(text_model(mode)) for mode in MODES})
