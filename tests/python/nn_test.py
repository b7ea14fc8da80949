# SPDX-License-Identifier: Apache-2.0
"""Sliding blocks and temporal classification of keras.ops.nn against plain Python."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import itertools

import keras
import numpy as np
import pytest
from kov import _core

RANDOM = np.random.default_rng(11)

BLOCKS = [
    ((2, 3, 6, 7), 3, 1, 0, 1),
    ((1, 2, 8, 8), (2, 3), (2, 1), (1, 0), (2, 3)),
    ((2, 1, 5, 5), 2, 2, 2, 2),
    ((1, 1, 4, 4), 4, 1, 0, 1),
]


def two(x):
    return (x, x) if isinstance(x, int) else x


def plain_unfold(x, kernel, dilation, padding, stride):
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = map(two, (kernel, dilation, padding, stride))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    n, c, h, w = x.shape
    rows = range(0, h - dh * (kh - 1), sh)
    columns = range(0, w - dw * (kw - 1), sw)
    blocks = [x[:, :, r : r + dh * kh : dh, q : q + dw * kw : dw][:, :, :kh, :kw]
              for r in rows for q in columns]
    return np.stack([block.reshape(n, -1) for block in blocks], -1)


@pytest.mark.parametrize("shape,kernel,dilation,padding,stride", BLOCKS)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_unfold_and_fold(shape, kernel, dilation, padding, stride, dtype):
    x = (RANDOM.normal(size=shape) * 9).astype(dtype)
    options = dict(dilation=dilation, padding=padding, stride=stride)
    blocks = plain_unfold(x, kernel, **options)
    np.testing.assert_array_equal(np.asarray(keras.ops.unfold(x, kernel, **options)), blocks)
    # fold is the transpose of unfold: <fold(y), x> = <y, unfold(x)>.
    y = (RANDOM.normal(size=blocks.shape) * 9).astype(dtype)
    folded = np.asarray(keras.ops.fold(y, shape[2:], kernel, **options))
    assert folded.shape == shape and folded.dtype == dtype
    np.testing.assert_allclose(
        (folded.astype("float64") * x).sum(), (y.astype("float64") * blocks).sum(), rtol=1e-5, atol=1e-3
    )


def collapse(path, blank):
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


@pytest.mark.parametrize("blank", [0, 2])
def test_ctc_loss_sums_all_paths(blank):
    time, classes = 5, 3
    labels = [c for c in range(classes) if c != blank]
    logits = RANDOM.normal(size=(4, time, classes)).astype("float32")
    targets = np.array([[0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])
    target = np.take(labels, targets)
    target_length, output_length = np.array([3, 3, 1, 0]), np.array([5, 4, 5, 3])
    loss = keras.ops.ctc_loss(target, logits, target_length, output_length, mask_index=blank)
    chances = np.exp(logits.astype("float64"))
    chances /= chances.sum(-1, keepdims=True)
    for i in range(4):
        want = tuple(target[i, : target_length[i]])
        paths = itertools.product(range(classes), repeat=output_length[i])
        total = sum(
            np.prod([chances[i, t, c] for t, c in enumerate(path)])
            for path in paths
            if collapse(path, blank) == want
        )
        np.testing.assert_allclose(np.asarray(loss)[i], -np.log(total), rtol=1e-5)


@pytest.mark.parametrize("merge", [True, False])
def test_greedy_decoding(merge):
    time, classes, blank = 9, 4, 0
    x = RANDOM.normal(size=(5, time, classes)).astype("float32")
    lengths = np.array([9, 7, 1, 0, 4])
    (decoded,), scores = keras.ops.ctc_decode(x, lengths, merge_repeated=merge, mask_index=blank)
    for i, n in enumerate(lengths):
        best = x[i, :n].argmax(-1)
        kept = collapse(best, blank) if merge else tuple(c for c in best if c != blank)
        np.testing.assert_array_equal(np.asarray(decoded)[i], kept + (-1,) * (time - len(kept)))
        np.testing.assert_allclose(np.asarray(scores)[i, 0], -x[i, :n].max(-1).sum(), rtol=1e-5)


def test_threshold_of_integers_may_have_a_fraction():
    x = np.array([3, 8, 6, 0], "uint8")
    y = keras.ops.threshold(x, -348.5, 2)
    np.testing.assert_array_equal(np.asarray(y), x)
    y = keras.ops.threshold(x, 5.5, 2)
    np.testing.assert_array_equal(np.asarray(y), [2, 8, 6, 2])
    assert y.dtype == "uint8"


def test_moments_of_no_axes_are_the_elements():
    x = RANDOM.normal(size=(1, 5)).astype("float32")
    mean, variance = keras.ops.moments(x, axes=())
    np.testing.assert_array_equal(np.asarray(mean), x)
    np.testing.assert_array_equal(np.asarray(variance), np.zeros((1, 5)))


def test_blocks_of_channels_first_stay_with_their_channel():
    """As in Keras's backends numpy, jax and torch: channel c of the result holds c * 4 to c * 4 + 3."""
    x = np.arange(2 * 8 * 3 * 5, dtype="float32").reshape(2, 8, 3, 5)
    want = x.reshape(2, 2, 2, 2, 3, 5).transpose(0, 1, 4, 2, 5, 3).reshape(2, 2, 6, 10)
    y = keras.ops.depth_to_space(x, 2, data_format="channels_first")
    np.testing.assert_array_equal(np.asarray(y), want)
    again = keras.ops.space_to_depth(y, 2, data_format="channels_first")
    np.testing.assert_array_equal(np.asarray(again), x)


def test_beam_search_in_a_trace():
    x = RANDOM.normal(size=(2, 5, 4)).astype("float32")
    lengths = np.array([5, 3], "int32")
    decode = _core.function("nn", "ctc_decode")
    want = decode(x, lengths, strategy="beam_search", beam_width=4)
    trace = _core.Trace()
    trace.enter()
    inputs = [trace.input("float32", (None, None, None), "x"), trace.input("int32", (None,), "n")]
    found = decode(*inputs, strategy="beam_search", beam_width=4)
    trace.exit()
    plan = trace.finish(list(found)).compile("NATIVE")
    for have, right in zip(plan.run([keras.ops.convert_to_tensor(a) for a in (x, lengths)]), want):
        np.testing.assert_array_equal(np.asarray(have), np.asarray(right))


def test_more_differences_than_there_are_elements():
    assert keras.ops.diff(np.ones((3, 4), "float32"), n=10**6).shape == (3, 0)
