# SPDX-License-Identifier: Apache-2.0
"""Comparisons of floats on OpenVINO, with NaN on either side, alone and in front of a Select."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras  # noqa: F401
import numpy as np
import pytest
from kov import _core

pytest.importorskip("openvino")

NUMBERS = [np.nan, -np.inf, -1.5, -0.0, 0.0, 1.0, np.inf]
X, Y = (part.ravel() for part in np.meshgrid(NUMBERS, NUMBERS))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(
    "name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
)
def test_not_a_number_compares_as_in_numpy(name, dtype):
    compare = _core.function("numpy", name)
    trace = _core.Trace()
    trace.enter()
    x, y = (trace.input(dtype, (None,), side) for side in "xy")
    results = [compare(x, y), _core.function("numpy", "where")(compare(x, y), x, y)]
    trace.exit()
    a, b = X.astype(dtype), Y.astype(dtype)
    holds, chosen = trace.finish(results).compile(device="CPU").run([a, b])
    expected = getattr(np, name)(a, b)
    np.testing.assert_array_equal(np.asarray(holds), expected)
    np.testing.assert_array_equal(np.asarray(chosen), np.where(expected, a, b))
