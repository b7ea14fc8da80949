# SPDX-License-Identifier: Apache-2.0
"""What a wrong eager call says: the function, the sizes as numbers, and what would be right."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest

ops = keras.ops


def of(*shape):
    return np.ones(shape, "float32")


CALLS = [
    ("matmul", lambda: ops.matmul(of(2, 3), of(4, 5)), "matmul: .* 3 columns, the second 4 rows"),
    ("add", lambda: ops.add(of(2, 3), of(4, 5)), "dimension -2 is 2 and 4"),
    ("transpose", lambda: ops.transpose(of(2, 3), (0, 0)), r"transpose: .*float32\(2, 3\)"),
    ("slice", lambda: ops.slice(of(3, 3), (0, 0), (3, 4)), "slice: .* along axis 1"),
    ("split", lambda: ops.split(of(7, 3), 2), "split: .*axis 0 does not divide into 2"),
    ("take", lambda: ops.take(of(3), np.array([5])), "take: .*index 5 is out of range for 3"),
    ("roll", lambda: ops.roll(of(3), (1, 2), axis=0), "roll: shift has 2 numbers and axis 1"),
    ("fft", lambda: ops.fft((of(3), of(4))), "fft: .*the same shape"),
    ("squeeze", lambda: ops.squeeze(of(2, 3), 0), "squeeze: dimension 0 has 2 elements"),
    ("top_k", lambda: ops.top_k(of(2, 3), 5), "top_k: .*k is 5"),
    ("conv", lambda: ops.conv(of(1, 8, 8, 3), of(3, 3, 4, 5)), "conv: .*3 channels"),
    ("binary_crossentropy", lambda: ops.binary_crossentropy(of(2), of(3)), r"\(2,\) and \(3,\)"),
    ("softmax", lambda: ops.softmax(of(2, 3), axis=5), "softmax: axis 5 .* 2 dimensions"),
]


@pytest.mark.parametrize("call,text", [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_messages(call, text):
    with pytest.raises(ValueError, match=text) as caught:
        call()
    assert "?" not in str(caught.value)  # a free dimension


def test_what_is_right_is_not_refused():
    x = np.arange(12, dtype="float32").reshape(3, 4)
    for count in (1, 3, 2):
        np.testing.assert_array_equal(ops.slice(x, (1, 0), (1, count)), x[1:2, :count])
    np.testing.assert_array_equal(ops.slice(x, (2, 3), (2, 2)), x[1:, 2:])  # starts are clamped
    np.testing.assert_array_equal(ops.roll(x, (1, 2), axis=(0, 1)), np.roll(x, (1, 2), (0, 1)))
    np.testing.assert_array_equal(ops.roll(x, (1,), axis=(0, 1)), np.roll(x, (1, 1), (0, 1)))
