# SPDX-License-Identifier: Apache-2.0
"""keras.ops.nn.ctc_decode against Keras on JAX, and against sums over all paths. The file runs in both
processes: as a test, and as a script that writes JAX's results."""

import itertools
import os
import subprocess
import sys

JUDGE = os.environ.get("KOV_JUDGE")  # a Python that has Keras and JAX

if __name__ != "__main__":
    os.environ["KERAS_BACKEND"] = "kov"

    import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np

# batch, time, classes, beam width, top paths, blank; lengths are drawn. JAX compiles a sort by as many
# keys as there are steps, so these are few.
SEARCHES = [
    (1, 1, 3, 4, 2, 0),
    (3, 6, 4, 60, 4, 3),
    (4, 9, 6, 7, 3, 0),
    (2, 8, 28, 3, 1, 13),
]


def logits(batch, time, classes, scale=2.0):
    """The same in both processes."""
    generator = np.random.default_rng(batch * 1000 + time * 10 + classes)
    x = generator.normal(size=(batch, time, classes)) * scale
    return x.astype("float32"), generator.integers(1, time + 1, batch).astype("int32")


def decode(case, **options):
    batch, time, classes, width, top, blank = case
    x, lengths = logits(batch, time, classes)
    found = keras.ops.ctc_decode(x, lengths, mask_index=blank, beam_width=width, top_paths=top, **options)
    return [np.array(keras.ops.convert_to_numpy(a)) for a in found]


def results():
    """Name -> array."""
    found = {}
    for i, case in enumerate(SEARCHES):
        found[f"{i} paths"], found[f"{i} scores"] = decode(case, strategy="beam_search")
        for merge in (True, False):
            key = f"{i} greedy {merge}"
            found[key], found[key + " scores"] = decode(case, strategy="greedy", merge_repeated=merge)
    return found


if __name__ == "__main__":
    np.savez(sys.argv[1], **results())
    sys.exit()

import pytest


@pytest.mark.skipif(not JUDGE, reason="KOV_JUDGE names no Python with Keras on JAX")
def test_as_jax(tmp_path):
    path = tmp_path / "jax.npz"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["KERAS_BACKEND"] = "jax"
    subprocess.run([JUDGE, __file__, path], env=environment, check=True)
    expected = np.load(path)
    for name, actual in results().items():
        want = expected[name]
        assert actual.dtype == want.dtype, name
        # a hundred float32 logarithms are added; those of the cases are below 100
        np.testing.assert_allclose(actual, want, rtol=2e-6, atol=2e-5, err_msg=name)


def collapse(path, blank):
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


@pytest.mark.parametrize("blank", [0, 2, -1])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_wide_beam_sums_all_paths(blank, dtype):
    time, classes = 5, 3
    x = (np.random.default_rng(5).normal(size=(4, time, classes))).astype(dtype)
    lengths = [5, 3, 1, 0]
    paths, scores = keras.ops.ctc_decode(x, lengths, strategy="beam_search", beam_width=70,
                                         top_paths=70, mask_index=blank)
    paths, scores = np.asarray(paths), np.asarray(scores)
    assert scores.dtype == ("float64" if dtype == "float64" else "float32")
    chances = np.exp(x.astype("float64"))
    chances /= chances.sum(-1, keepdims=True)
    for i, length in enumerate(lengths):
        want = {}
        for path in itertools.product(range(classes), repeat=length):
            key = collapse(path, blank % classes)
            want[key] = want.get(key, 0) + np.prod([chances[i, t, c] for t, c in enumerate(path)])
        n = len(want)
        found = {tuple(c for c in p if c >= 0): s for p, s in zip(paths[:n, i], scores[i, :n])}
        assert found.keys() == want.keys()
        for key, score in found.items():
            # float32 rounds each of the logarithms that are added
            np.testing.assert_allclose(score, np.log(want[key]),
                                       atol=1e-12 if dtype == "float64" else 3e-6)
        assert (np.diff(scores[i, :n]) <= 0).all()
        assert (paths[n:, i] == -1).all() and (scores[i, n:] == -np.inf).all()


def test_impossible_classes_and_wrong_arguments():
    x = np.full((1, 3, 3), -np.inf, "float32")
    x[0, :, 1] = 0
    paths, scores = keras.ops.ctc_decode(x, [3], strategy="beam_search", beam_width=4, top_paths=2)
    assert np.asarray(paths).tolist() == [[[1, -1, -1]], [[-1, -1, -1]]]
    assert np.asarray(scores).tolist() == [[0, -np.inf]]
    for options in (dict(beam_width=0), dict(beam_width=2, top_paths=3), dict(top_paths=0)):
        with pytest.raises(ValueError, match="ctc_decode"):
            keras.ops.ctc_decode(x, [3], strategy="beam_search", **options)
    with pytest.raises(ValueError, match="strategy"):
        keras.ops.ctc_decode(x, [3], strategy="best")


def test_traced_with_a_free_batch():
    inputs = keras.Input((None, 4)), keras.Input((), dtype="int32")
    outputs = keras.ops.ctc_decode(*inputs, strategy="beam_search", beam_width=6, top_paths=2)
    model = keras.Model(inputs, outputs)
    for batch, time in ((3, 5), (1, 8), (3, 5)):
        x, lengths = logits(batch, time, 4)
        eager = keras.ops.ctc_decode(x, lengths, strategy="beam_search", beam_width=6, top_paths=2)
        # outputs of predict are joined along the batch: the second axis of the paths stays whole
        found = model.predict_on_batch([x, lengths])
        for a, b in zip(found, eager):
            np.testing.assert_array_equal(a, np.asarray(b))
