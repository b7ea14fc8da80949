# SPDX-License-Identifier: Apache-2.0
"""Comparisons of floats on OpenVINO, with NaN on either side, alone and in front of a Select."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras  # noqa: F401
import numpy as np
import pytest
from kov import _core

openvino = pytest.importorskip("openvino")

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


def read_plainly(graph, folder):
    """The graph's IR as OpenVINO itself compiles it."""
    xml, weights = graph.to_ir([None, None])
    (folder / "m.xml").write_bytes(xml)
    (folder / "m.bin").write_bytes(weights)
    return openvino.Core().compile_model(folder / "m.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def test_exported_comparisons_are_those_of_numpy(tmp_path):
    """Whoever reads kov's IR without kov: infinity has a log1p, and NaN is not greater."""
    trace = _core.Trace()
    trace.enter()
    x, y = (trace.input("float32", (len(X),), side) for side in "xy")
    names = ["greater", "greater_equal", "less"]
    results = [_core.function("numpy", name)(x, y) for name in names]
    results.append(_core.function("numpy", "log1p")(x))
    trace.exit()
    a, b = X.astype("float32"), Y.astype("float32")
    *holds, logarithm = read_plainly(trace.finish(results), tmp_path)([a, b]).values()
    for name, found in zip(names, holds):
        np.testing.assert_array_equal(found, getattr(np, name)(a, b))
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(logarithm, np.log1p(a), rtol=2e-7)  # two units of float32
