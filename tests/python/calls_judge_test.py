# SPDX-License-Identifier: Apache-2.0
"""The judge of drawn calls (tools/calls) finds what is wrong, and its exceptions are of functions that
there are."""

import pathlib
import sys

import numpy as np
import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path[:0] = [str(TOOLS / "calls"), str(TOOLS)]

import agree  # noqa: E402
import draw  # noqa: E402
import exceptions  # noqa: E402
from draw import Tensor  # noqa: E402

ROWS = {f"{row.module}.{row.name}": row for row in draw.table()}


def outcome(*arrays):
    return "ok", list(arrays), [x.dtype.name for x in arrays], [x.shape for x in arrays]


def tensor(x):
    return Tensor(x, x.dtype.name)


def judged(name, arguments, have, want):
    row = ROWS[name]
    return agree.beyond(row, arguments) or agree.differs(row, arguments, outcome(*have), outcome(*want))


def test_exceptions_name_functions_that_there_are():
    modules = {row.module for row in ROWS.values()}
    named = {name for functions, _, _ in exceptions.SHAPES + exceptions.VALUES for name in functions}
    named |= agree.IN_FLOATS | agree.IN_FLOAT32 | agree.OF_INDICES | agree.SENSITIVE | exceptions.SUMS
    named |= set(agree.NO_VALUES) | set(agree.JUDGED_RESULTS)
    assert named - {"*"} - set(ROWS) - {f"{module}.*" for module in modules} == set()


@pytest.mark.parametrize("name", ["numpy.add", "numpy.exp", "numpy.sum", "nn.relu"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_wrong_numbers_shapes_and_counts_are_found(name, dtype):
    x = np.array([1.0, -2.0, 3.0], dtype)
    given = {"x": tensor(x)}
    assert judged(name, given, [x], [x]) is None
    off = x.copy()
    off[1] = np.nan
    for have in ([x * 1.1], [off], [x[:2]], [x[None]], [x, x], []):
        assert judged(name, given, have, [x])


def test_wrong_integers_are_found():
    x = np.array([7, -2, 100], "int8")
    for have in (x + np.int8(1), -x, x[::-1]):
        assert judged("numpy.gcd", {"x1": tensor(x), "x2": 3}, [have], [x])


def test_values_that_are_free_leave_the_shape():
    x = np.array([[np.nan, 1.0], [2.0, 3.0]])
    row, given = ROWS["linalg.inv"], {"x": tensor(x)}
    assert agree.other_values(row, given)
    assert judged("linalg.inv", given, [x], [x.T]) is None
    assert "shape" in judged("linalg.inv", given, [x[:1]], [x])


def test_factors_are_judged_by_their_product():
    x = np.random.default_rng(4).normal(size=(2, 4, 3))
    q, r = np.linalg.qr(x)
    given, turned = {"x": tensor(x)}, np.array([1.0, -1.0, 1.0])
    assert judged("linalg.qr", given, [q * turned, r * turned[:, None]], [q, r]) is None
    assert "product" in judged("linalg.qr", given, [q * turned, r], [q, r])
    assert "orthonormal" in judged("linalg.qr", given, [2 * q, r / 2], [q, r])
    turn = np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
    assert "triangular" in judged("linalg.qr", given, [q @ turn.T, turn @ r], [q, r])
    assert "shapes" in judged("linalg.qr", given, [q, r[:, :2]], [q, r])


def test_errors_without_a_class_or_a_text_are_found():
    assert agree.unclear(("error", "SystemError", "bad"))
    assert agree.unclear(("error", "ValueError", " "))
    assert agree.unclear(("error", "ValueError", "add: shapes (2,) and (3,)")) is None
