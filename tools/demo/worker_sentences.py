# SPDX-License-Identifier: Apache-2.0
"""argv: folder of MiniLM's weights. Cosine similarities of sentences."""

import os
import sys
import time

from worker_common import answer, median_seconds

import keras_hub
import numpy as np
from tokenizers import Tokenizer

SENTENCES = [
    "A cat sits on the mat.",
    "A kitten is resting on a rug.",
    "Dogs love to chase balls in the park.",
    "The stock market fell sharply today.",
    "Shares lost value on Monday.",
    "The central bank raised interest rates.",
    "How do I bake sourdough bread?",
    "What is a good recipe for a loaf?",
    "She plays the violin in an orchestra.",
    "The concert was sold out.",
    "The telescope found a new planet.",
    "Astronomers discovered a distant world.",
]


def main():
    folder = sys.argv[1]
    start = time.perf_counter()
    backbone = keras_hub.models.BertBackbone.from_preset(folder)
    load = time.perf_counter() - start
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(SENTENCES)
    tokens = np.array([line.ids for line in encoded], "int32")
    mask = np.array([line.attention_mask for line in encoded], "int32")
    inputs = {"token_ids": tokens, "segment_ids": np.zeros_like(tokens), "padding_mask": mask}
    start = time.perf_counter()
    hidden = backbone.predict(inputs, verbose=0)["sequence_output"]
    first = time.perf_counter() - start
    # sentence-transformers' pooling: the mean over the tokens that are there
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    unit = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    answer({"load": load, "first": first, "then": median_seconds(
        lambda: backbone.predict_on_batch(inputs), 10), "sentences": SENTENCES,
        "matrix": (unit @ unit.T).tolist()})


main()
