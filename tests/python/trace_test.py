# SPDX-License-Identifier: Apache-2.0
"""Tracing: what becomes an input, a constant, a result; what cannot be traced."""

import os
import threading

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import ops
from kov import _core
from kov.activation import backend_module

TraceScope = backend_module("trace").TraceScope
TracedFunction = backend_module("traced_function").TracedFunction


class Counted:
    """A step that counts how often its Python runs."""

    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, *args):
        self.calls += 1
        return self.f(*args)


def traced(f):
    step = Counted(f)
    return TracedFunction(step, "step"), step


def floats(*shape):
    return np.random.default_rng(0).uniform(0.5, 2, shape).astype("float32")


def test_one_trace_serves_all_batches():
    function, step = traced(lambda x: ops.log(x) + 1)
    for n in (4, 1, 7, 0):
        x = floats(n, 3)
        np.testing.assert_allclose(function(x).numpy(), np.log(x) + 1, rtol=3e-7, atol=1e-7)
    assert step.calls == 1


def test_shapes_in_a_trace():
    seen = []

    def f(x):
        seen.append((x.shape, x.ndim, x.dtype, ops.shape(x)))
        return x + 1

    traced(f)[0](floats(4, 3))
    shape, ndim, dtype, sizes = seen[0]
    assert shape == (None, 3)
    assert (ndim, dtype) == (2, "float32")
    assert sizes[1] == 3
    assert _core.is_tensor(sizes[0])


def test_another_dimension_becomes_free():
    function, step = traced(lambda x: x * 2)
    for shape in [(3, 5, 7), (2, 7, 5), (4, 9, 11)]:
        x = floats(*shape)
        np.testing.assert_array_equal(function(x).numpy(), x * 2)
    # The second shape is traced with free dimensions, and with its own to compare the results' shapes.
    assert step.calls == 3


def test_a_step_that_decides_by_size_is_traced_for_each():
    def crop_or_repeat(x):
        rows = ops.shape(x)[1]
        if isinstance(rows, int) and rows < 4:
            return ops.repeat(x, 4, axis=1)[:, :4]
        return x[:, :4]

    function, _ = traced(crop_or_repeat)
    for rows in (9, 3, 6, 2, 5):
        x = floats(2, rows)
        expected = (np.repeat(x, 4, axis=1) if rows < 4 else x)[:, :4]
        np.testing.assert_array_equal(function(x).numpy(), expected)


def test_arithmetic_on_a_free_size_retraces_with_the_number():
    function, step = traced(lambda x: ops.sum(x, axis=0) / (x.shape[0] * 1.0))
    x = floats(4, 3)
    np.testing.assert_allclose(function(x).numpy(), x.mean(0), rtol=3e-7)
    assert step.calls == 2
    x = floats(6, 3)
    np.testing.assert_allclose(function(x).numpy(), x.mean(0), rtol=3e-7)


@pytest.mark.parametrize(
    "look", [lambda t: float(ops.sum(t)), lambda t: bool(ops.sum(t) > 0), ops.convert_to_numpy]
)
def test_asking_for_a_content_runs_eagerly_and_says_so_once(look):
    def f(x):
        look(x)
        return x + 1

    function, _ = traced(f)
    x = floats(2, 3)
    with pytest.warns(UserWarning, match="runs eagerly"):
        result = function(x)
    np.testing.assert_array_equal(result.numpy(), x + 1)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(function(x).numpy(), x + 1)


def test_errors_of_the_step_come_through():
    def f(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        traced(f)[0](floats(2, 3))


def test_variables_are_read_when_run():
    v = keras.Variable(np.ones(3, "float32"))
    function, step = traced(lambda x: x * v)
    x = floats(2, 3)
    np.testing.assert_array_equal(function(x).numpy(), x)
    v.assign(np.full(3, 2, "float32"))
    np.testing.assert_array_equal(function(x).numpy(), x * 2)
    assert step.calls == 1


def test_assignments_happen_after_each_run():
    v = keras.Variable(0.0)

    def f(x):
        v.assign(v + ops.sum(x))
        return v.value * 1

    function, step = traced(f)
    for i in range(1, 4):
        assert float(function(np.ones((2, 3), "float32"))) == 6.0 * i
        assert float(v) == 6.0 * i
    assert step.calls == 1


def test_an_inner_scope_does_not_hide_the_read():
    v = keras.Variable(np.ones(3, "float32"))

    def f(x):
        with keras.StatelessScope():
            return x * v.value

    function, _ = traced(f)
    x = floats(2, 3)
    function(x)
    v.assign(np.full(3, 3, "float32"))
    np.testing.assert_array_equal(function(x).numpy(), x * 3)


def test_variables_made_in_the_trace_live_on():
    made = []

    def f(x):
        if not made:
            made.append(
                keras.Variable(
                    lambda shape, dtype: np.zeros(shape, dtype), shape=(), dtype="float32"
                )
            )
        made[0].assign(made[0] + 1)
        return x + made[0]

    function, _ = traced(f)
    for i in range(1, 4):
        assert float(function(np.zeros((1,), "float32"))[0]) == i
    assert float(made[0]) == 3


def test_constants_and_structures_come_back():
    c = ops.convert_to_tensor([1.0, 2.0])

    def f(data):
        return {"a": data["x"] + c, "b": (None, 5, c), "c": [data["y"]]}

    function, _ = traced(f)
    x, y = floats(3, 2), floats(3)
    result = function({"x": x, "y": y})
    np.testing.assert_array_equal(result["a"].numpy(), x + np.array([1, 2], "float32"))
    assert result["b"][0] is None
    assert result["b"][1] == 5
    np.testing.assert_array_equal(result["b"][2].numpy(), [1, 2])
    np.testing.assert_array_equal(result["c"][0].numpy(), y)


def test_an_input_that_is_a_result_is_copied():
    function, _ = traced(lambda x: x)
    x = floats(3, 2)
    kept = x.copy()
    result = function(x)
    x[:] = 0
    np.testing.assert_array_equal(result.numpy(), kept)


def test_traced_tensors_do_not_outlive_the_trace():
    kept = []

    def f(x):
        kept.append(x * 2)
        return x

    traced(f)[0](floats(2, 2))
    with pytest.raises(Exception, match="trace"):
        kept[0] + 1


def test_threads_trace_independently():
    errors = []

    def work(i):
        try:
            function, _ = traced(lambda x: ops.exp(x) * i)
            for n in (2, 3):
                x = floats(n, 3)
                np.testing.assert_allclose(function(x).numpy(), np.exp(x) * i, rtol=3e-7)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_compute_output_spec_is_symbolic():
    def f(x, y):
        assert keras.src.backend.common.symbolic_scope.in_symbolic_scope()
        return ops.sum(x + y, axis=-1)

    x = keras.KerasTensor((None, None, 3))
    y = keras.KerasTensor((3,), "int32")
    spec = keras.src.backend.compute_output_spec(f, x, y)
    assert isinstance(spec, keras.KerasTensor)
    assert spec.shape == (None, None)
    assert spec.dtype == "float32"


def test_compute_output_spec_at_trial_sizes():
    def f(x):
        return ops.sum(x, axis=1) * (x.shape[0] / 2)

    spec = keras.src.backend.compute_output_spec(f, keras.KerasTensor((None, 3)))
    assert spec.shape == (None,)


def test_compute_output_spec_of_python_that_looks_at_contents():
    def f(x):
        return x + 1 if float(ops.sum(x)) > 0 else x + 2

    spec = keras.src.backend.compute_output_spec(f, keras.KerasTensor((None, 3)))
    assert spec.shape == (None, 3)


def test_compute_output_spec_makes_variables_outside():
    layer = keras.layers.Dense(2)
    spec = keras.src.backend.compute_output_spec(layer, keras.KerasTensor((None, 3)))
    assert spec.shape == (None, 2)
    assert layer.kernel._value is not None


def test_variables_first_read_in_a_branch_or_a_loop():
    class Scaled(keras.layers.Layer):
        def build(self, shape):
            self.up = self.add_weight(shape=shape[-1:], initializer="ones")
            self.down = self.add_weight(shape=shape[-1:], initializer="ones")
            self.step = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            x = keras.ops.cond(
                keras.ops.sum(x) > 0, lambda: x * 2.0 + self.up, lambda: x - self.down
            )
            return keras.ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y + self.step), (0, x))[1]

    model = keras.Sequential([keras.Input((3,)), Scaled()])
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(model.predict_on_batch(x), 6 * x)
    np.testing.assert_array_equal(model.predict_on_batch(-x), x)
