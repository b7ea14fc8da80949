# SPDX-License-Identifier: Apache-2.0
"""`evaluate` with every metric and loss of Keras, on both engines, against Keras on JAX."""

import inspect
import os

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import metric_cases as cases
import numpy as np
import pytest
from layer_runs import DEVICES
from layer_runs import assert_close
from layer_runs import jax_answer
from layer_runs import on_device
from layer_runs import recorded_names

# Sums of some dozens of logarithms and powers in another order.
CLOSE = (2e-5, 1e-6)
pytestmark = pytest.mark.filterwarnings("ignore:You are passing weight as")


def of_jax(kind, case):
    return jax_answer("metric_cases", f"{kind}/{cases.label(*case)}")


def classes(module):
    return {name for name, found in inspect.getmembers(module, inspect.isclass)}


def test_every_metric_and_loss_has_a_case():
    made = {type(make()).__name__ for table in cases.METRICS.values() for make in table.values()}
    assert classes(keras.metrics) - made <= set(cases.OF_VALUES)
    made = {type(make()).__name__ for table in cases.LOSSES.values() for make in table.values()}
    assert classes(keras.losses) - made == {"Loss"}


def test_recorded_answers_are_those_of_the_tables():
    wanted = {"metrics/" + cases.label(*case) for case in cases.CASES}
    wanted |= {"losses/" + cases.label(*case) for case in cases.LOSS_CASES}
    assert recorded_names("metric_cases") == wanted


def engines(case):
    """Both for a case with weights, which computes what the plain one does and more."""
    return DEVICES if case[-1] else ("NATIVE",)


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: cases.label(*case))
def test_metrics(case):
    want = of_jax("metrics", case)
    for device in engines(case):
        with on_device(device):
            got = cases.measured(*case)
        for name, value in zip(sorted(got), want):
            assert_close(got[name], value, *CLOSE, f"{device}: {name}")


@pytest.mark.parametrize("case", cases.LOSS_CASES, ids=lambda case: cases.label(*case))
def test_losses(case):
    *want, = of_jax("losses", case)
    for device in engines(case):
        with on_device(device):
            assert_close(cases.lost(*case), want[0], *CLOSE, device)
    assert_close(cases.lost(*case, evaluate=False), want[1:], *CLOSE)


def test_mean_and_sum_of_values():
    x, weights = np.arange(5, dtype="float32"), np.array([1, 0, 2, 1, 1], "float32")
    mean, total = keras.metrics.Mean(), keras.metrics.Sum()
    for metric in (mean, total):
        metric.update_state(x, sample_weight=weights)
        metric.update_state([7.0, 9.0])
    values, factors = [*x, 7, 9], [*weights, 1, 1]
    assert float(mean.result()) == pytest.approx(np.average(values, weights=factors))
    assert float(total.result()) == pytest.approx(np.dot(values, factors))
    mean.reset_state()
    assert float(mean.result()) == 0
