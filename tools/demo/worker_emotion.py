# SPDX-License-Identifier: Apache-2.0
"""argv: weights, photograph, where to put the face. The emotion model of the package fer."""

import sys
import time

from worker_common import answer, median_seconds

import keras
import numpy as np
from PIL import Image

# Where the face is in scikit-image's astronaut.png, in pixels.
FACE = (165, 60, 285, 180)


def main():
    weights, photograph, face_path = sys.argv[1:4]
    start = time.perf_counter()
    model = keras.models.load_model(weights, compile=False)
    load = time.perf_counter() - start
    face = Image.open(photograph).crop(FACE)
    face.resize((240, 240), Image.Resampling.LANCZOS).save(face_path)
    grey = face.convert("L").resize(model.input_shape[1:3])
    # fer's own preparation: grey values from -1 to 1
    x = (np.asarray(grey, dtype="float32")[None, ..., None] / 255 - 0.5) * 2
    start = time.perf_counter()
    y = model.predict(x, verbose=0)
    first = time.perf_counter() - start
    answer({"load": load, "first": first, "then": median_seconds(
        lambda: model.predict_on_batch(x), 30), "probabilities": [float(p) for p in y[0]]})


main()
