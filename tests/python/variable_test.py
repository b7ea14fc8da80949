# SPDX-License-Identifier: Apache-2.0
"""Variables: assignment copies, scopes, autocasting, arithmetic."""

import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import ops
from keras.src.backend.common.variables import AutocastScope
from kov import _core


def variable(x, **options):
    return keras.Variable(np.asarray(x, "float32"), **options)


def test_value_is_a_tensor():
    v = variable([1, 2, 3])
    assert isinstance(v.value, _core.Tensor)
    assert v.shape == (3,)
    assert v.dtype == "float32"
    np.testing.assert_array_equal(v.numpy(), [1, 2, 3])
    np.testing.assert_array_equal(np.asarray(v), [1, 2, 3])


def test_assign_copies_the_array():
    v = variable([1, 2, 3])
    x = np.array([4, 5, 6], "float32")
    v.assign(x)
    x[:] = 0
    np.testing.assert_array_equal(v.numpy(), [4, 5, 6])


def test_initial_array_is_copied():
    x = np.array([4, 5, 6], "float32")
    v = keras.Variable(x)
    x[:] = 0
    np.testing.assert_array_equal(v.numpy(), [4, 5, 6])


def test_read_values_do_not_change():
    v = variable([1, 2, 3])
    before = v.value
    array = ops.convert_to_numpy(v)
    v.assign([7, 8, 9])
    np.testing.assert_array_equal(before.numpy(), [1, 2, 3])
    np.testing.assert_array_equal(array, [1, 2, 3])


def test_returned_arrays_may_be_written():
    v = variable([1, 2, 3])
    array = v.numpy()
    array[:] = 0
    np.testing.assert_array_equal(v.numpy(), [1, 2, 3])


def test_assign_casts_and_checks_shapes():
    v = variable([1, 2, 3])
    v.assign(np.array([1, 2, 4], "int64"))
    assert v.value.dtype == "float32"
    with pytest.raises(ValueError, match="shape"):
        v.assign(np.zeros((2,)))


def test_assign_add_and_sub():
    v = variable([1, 2, 3])
    v.assign_add([1.0, 1.0, 1.0])
    v.assign_sub(2.0 * np.ones(3, "float32"))
    np.testing.assert_array_equal(v.numpy(), [0, 1, 2])


def test_arithmetic_and_functions_take_variables():
    v = variable([1, 2, 3])
    np.testing.assert_array_equal((v + v).numpy(), [2, 4, 6])
    np.testing.assert_array_equal((1.0 - v).numpy(), [0, -1, -2])
    np.testing.assert_array_equal((v.value * v).numpy(), [1, 4, 9])
    np.testing.assert_array_equal((np.ones(3, "float32") * v.value).numpy(), [1, 2, 3])
    np.testing.assert_array_equal(ops.add(v, 1).numpy(), [2, 3, 4])
    np.testing.assert_array_equal((v > 1).numpy(), [False, True, True])
    np.testing.assert_array_equal(v[1:].numpy(), [2, 3])


def test_stateless_scope_keeps_the_assignment():
    v = variable([1, 2, 3])
    with keras.StatelessScope() as scope:
        v.assign([4, 5, 6])
        np.testing.assert_array_equal(v.value.numpy(), [4, 5, 6])
    np.testing.assert_array_equal(v.numpy(), [1, 2, 3])
    np.testing.assert_array_equal(scope.get_current_value(v).numpy(), [4, 5, 6])


def test_operations_in_a_plain_stateless_scope_run_at_once():
    with keras.StatelessScope():
        y = ops.add(np.ones(2, "float32"), 1)
        assert float(y[0]) == 2.0


def test_deferred_initialisation():
    def initializer(shape, dtype):
        return np.full(shape, 5, dtype)

    with keras.StatelessScope():
        v = keras.Variable(initializer, shape=(2,), dtype="float32")
        assert v._value is None
        np.testing.assert_array_equal(v.value.numpy(), [5, 5])
    np.testing.assert_array_equal(v.numpy(), [5, 5])


def test_autocast():
    v = variable([1.1, 2, 3])
    with AutocastScope("float16"):
        assert v.dtype == "float16"
        assert v.value.dtype == "float16"
    assert v.value.dtype == "float32"


def test_numbers():
    assert int(keras.Variable(3, dtype="int32")) == 3
    assert float(keras.Variable(1.5)) == 1.5
    with pytest.raises(TypeError):
        bool(keras.Variable(1.5))
