# SPDX-License-Identifier: Apache-2.0
"""Python ints beyond the type that they are to have: comparisons are of the numbers themselves, all else
raises OverflowError, as in NumPy 2; eagerly and in traced graphs, also after calls that fitted."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import numpy as np
import pytest
from kov import _core

TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
NUMBERS = [number + step for bits in (7, 8, 15, 16, 31, 32, 62) for number in (2**bits, -(2**bits))
           for step in (-1, 0, 1)] + [0, 2**63 - 1, -(2**63)]
COMPARISONS = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
OTHERS = ["add", "multiply", "maximum", "bitwise_xor", "floor_divide"]


def extremes(dtype):
    info = np.iinfo(dtype)
    return np.array([info.min, 0, 1, info.max], dtype)


def eager(name, *operands):
    return np.asarray(_core.function("numpy", name)(*operands))


def traced(name, *operands):
    trace, data = _core.Trace(), []

    def given(operand):
        if not isinstance(operand, np.ndarray):
            return operand
        data.append(operand)
        return trace.input(operand.dtype.name, (None,) * operand.ndim, "x")

    trace.enter()
    try:
        y = _core.function("numpy", name)(*map(given, operands))
    finally:
        trace.exit()
    return np.asarray(trace.finish([y]).compile("NATIVE").run([_core.convert_to_tensor(x) for x in data])[0])


@pytest.mark.parametrize("run", [eager, traced])
@pytest.mark.parametrize("dtype", TYPES)
def test_comparisons_are_of_the_numbers(run, dtype):
    x = extremes(dtype)
    numbers = NUMBERS if run is eager else [-1, 255, 256, 2**31, 2**63 - 1]
    for name in COMPARISONS:
        for number in numbers:
            want = getattr(np, name)(x, number)  # NumPy 2 compares exactly
            np.testing.assert_array_equal(run(name, x, number), want, err_msg=f"{name} {number}")
            want = getattr(np, name)(number, x)
            np.testing.assert_array_equal(run(name, number, x), want, err_msg=f"{number} {name}")


@pytest.mark.parametrize("run", [eager, traced])
@pytest.mark.parametrize("dtype", TYPES)
def test_all_else_takes_what_the_type_holds(run, dtype):
    x, info = extremes(dtype), np.iinfo(dtype)
    numbers = NUMBERS if run is eager else [1, -1, 255, 256, 2**31]
    for name in OTHERS:
        for number in numbers:
            if name == "floor_divide" and number in (0, -1):  # NumPy warns of both
                continue
            if info.min <= number <= info.max:
                want = getattr(np, name)(x, number)
                np.testing.assert_array_equal(run(name, x, number), want, err_msg=f"{name} {number}")
            else:
                with pytest.raises(OverflowError, match=f"outside the range of {dtype}"):
                    run(name, x, number)


def test_uint32_beside_signed_integers():
    x, y = np.array([-53, 127], "int8"), np.array([2333656051, 5], "uint32")
    for name in COMPARISONS:
        np.testing.assert_array_equal(eager(name, x, y), getattr(np, name)(x, y), err_msg=name)


def test_numbers_among_themselves():
    assert eager("less", 3, 2**40)
    assert eager("add", 3, 4) == 7
    with pytest.raises(OverflowError, match="int32"):
        eager("add", 2**40, 1)


def test_floats_take_any_number():
    assert eager("add", np.ones(2, "float16"), 2**40).tolist() == [np.inf] * 2
    assert eager("multiply", np.ones(2, "float32"), -(2**63)).tolist() == [-(2.0**63)] * 2
    assert eager("heaviside", np.zeros(1, "uint64"), -2).tolist() == [-2.0]


def test_bounds_outside_the_type_bound_nothing():
    x = extremes("uint8")
    np.testing.assert_array_equal(eager("clip", x, -1, 300), x)
    x = extremes("int32")
    np.testing.assert_array_equal(eager("clip", x, None, 2**63 - 1), x)


def test_fill_values():
    with pytest.raises(OverflowError, match="full: a Python int"):
        eager("full", (2,), 300, "uint8")
    with pytest.raises(OverflowError, match="max: a Python int"):
        eager("max", np.ones(2, "int8"), None, False, 300)
