# SPDX-License-Identifier: Apache-2.0
"""LSTM and GRU layers, eager and traced, against NumPy in float64."""

import os
import subprocess
import sys

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import layers

RNG = np.random.default_rng(41)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step_lstm(x, states, weights, reset_after):
    h, c = states
    kernel, recurrent, bias = weights
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def step_gru(x, states, weights, reset_after):
    (h,) = states
    kernel, recurrent, bias = weights
    given, kept = bias if reset_after else (bias, np.zeros_like(bias))
    xz, xr, xh = np.split(x @ kernel + given, 3, -1)
    rz, rr, rh = np.split(recurrent, 3, -1)
    bz, br, bh = np.split(kept, 3, -1)
    z, r = sigmoid(xz + h @ rz + bz), sigmoid(xr + h @ rr + br)
    fresh = r * (h @ rh + bh) if reset_after else (r * h) @ rh
    return (z * h + (1 - z) * np.tanh(xh + fresh),)


def plain_layer(step, x, weights, mask, states, go_backwards, reset_after):
    """Outputs in the order in which they are computed, and the last states."""
    x, outputs = x.astype("float64"), []
    weights = [w.astype("float64") for w in weights]
    for t in range(x.shape[1])[:: -1 if go_backwards else 1]:
        new = step(x[:, t], states, weights, reset_after)
        on = np.ones((len(x), 1), bool) if mask is None else mask[:, t : t + 1]
        states = tuple(np.where(on, a, b) for a, b in zip(new, states))
        outputs.append(states[0])
    return np.stack(outputs, 1), states


KINDS = {"lstm": (layers.LSTM, step_lstm, 2, {}), "gru": (layers.GRU, step_gru, 1, {}),
         "gru_before": (layers.GRU, step_gru, 1, {"reset_after": False})}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("batch,steps,size,units", [(1, 1, 1, 1), (3, 7, 5, 4), (5, 20, 12, 33)])
def test_layer(kind, masked, go_backwards, sequences, batch, steps, size, units):
    make, step, state_count, options = KINDS[kind]
    layer = make(units, return_sequences=sequences, return_state=True, go_backwards=go_backwards,
                 **options)
    data, flags = keras.Input((None, size)), keras.Input((None,), dtype="bool")
    first = [keras.Input((units,)) for _ in range(state_count)]
    mask = flags if masked else None
    model = keras.Model([data, flags, *first], layer(data, mask=mask, initial_state=first))
    weights = [RNG.normal(0, 0.4, w.shape).astype("float32") for w in layer.get_weights()]
    layer.set_weights(weights)
    x = RNG.normal(size=(batch, steps, size)).astype("float32")
    on = RNG.random((batch, steps)) < 0.6
    on[-1] = False
    states = [RNG.normal(0, 0.5, (batch, units)).astype("float32") for _ in range(state_count)]
    outputs, last = plain_layer(step, x, weights, on if masked else None, tuple(states),
                                go_backwards, options.get("reset_after", True))
    want = [outputs if sequences else last[0], *last]
    for got in (model.predict([x, on, *states], verbose=0),
                layer(x, mask=on if masked else None, initial_state=states)):
        for have, wanted in zip(got, want):
            # sums of 45 products below 1, through 20 steps that damp what came before
            np.testing.assert_allclose(np.asarray(have), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("make", [layers.LSTM, layers.GRU])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("merge", ["concat", "sum", None])
def test_bidirectional(make, sequences, merge):
    layer = layers.Bidirectional(make(6, return_sequences=sequences), merge_mode=merge)
    data = keras.Input((9, 5))
    model = keras.Model(data, layer(data))
    layer.set_weights([RNG.normal(0, 0.4, w.shape).astype("float32") for w in layer.get_weights()])
    x = RNG.normal(size=(4, 9, 5)).astype("float32")
    got = model.predict(x, verbose=0)
    step, count = (step_lstm, 2) if make is layers.LSTM else (step_gru, 1)
    ways = []
    for part, back in ((layer.forward_layer, False), (layer.backward_layer, True)):
        zeros = tuple(np.zeros((4, 6)) for _ in range(count))
        outputs, last = plain_layer(step, x, part.get_weights(), None, zeros, back, True)
        ways.append((outputs[:, ::-1] if back else outputs) if sequences else last[0])
    want = {"concat": lambda: np.concatenate(ways, -1), "sum": lambda: ways[0] + ways[1],
            None: lambda: ways}[merge]()
    for have, wanted in zip(got if merge is None else [got], want if merge is None else [want]):
        # float32 steps that feed on each other, against float64
        np.testing.assert_allclose(have, wanted, rtol=1e-5, atol=1e-5)


def test_one_operation_in_the_plan():
    data = keras.Input((None, 5))
    model = keras.Model(data, layers.LSTM(4)(layers.GRU(6, return_sequences=True)(data)))
    model.predict(np.zeros((2, 8, 5), "float32"), verbose=0)
    cells = [cell.cell_contents for cell in model.predict_function.__closure__]
    step = next(cell for cell in cells if hasattr(cell, "_plans"))
    text = next(iter(step._plans.values()))[0].plan.text()
    assert "LSTMSequence" in text and "GRUSequence" in text and "While" not in text


def test_other_activations_loop():
    layer = layers.LSTM(4, activation="relu")
    assert np.asarray(layer(np.ones((2, 3, 5), "float32"))).shape == (2, 4)
    with pytest.raises(ValueError, match="cuDNN"):
        layers.LSTM(4, activation="relu", use_cudnn=True)(np.ones((2, 3, 5), "float32"))


def test_the_same_on_openvino():
    pytest.importorskip("openvino")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k",
               "not openvino", __file__]
    run = subprocess.run(command, env={**os.environ, "KOV_DEVICE": "CPU"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:]


@pytest.mark.parametrize("kind", KINDS)
def test_bits_do_not_depend_on_threads(kind):
    from kov import _core

    make, _, _, options = KINDS[kind]
    layer = make(65, return_sequences=True, **options)
    x = RNG.normal(size=(9, 11, 37)).astype("float32")
    found = []
    for threads in (1, 2):
        _core.set_threads(threads)
        found.append(np.asarray(layer(x)))
    np.testing.assert_array_equal(*found)


def test_exported_graph(tmp_path):
    openvino = pytest.importorskip("openvino")
    data = keras.Input((8, 5))
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(data)
    model = keras.Model(data, layers.GRU(3)(y))
    path = str(tmp_path / "model.xml")
    model.export(path, format="openvino", verbose=False)
    x = RNG.normal(size=(2, 8, 5)).astype("float32")
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    got = openvino.Core().compile_model(path, "CPU", options)(x)[0]
    assert "LSTMSequence" in (tmp_path / "model.xml").read_text()
    # eight float32 steps on two engines
    np.testing.assert_allclose(got, model.predict(x, verbose=0), rtol=1e-5, atol=1e-5)
