# SPDX-License-Identifier: Apache-2.0
"""Attention and normalisation layers, traced and fused, against NumPy in float64."""

import os
import re
import subprocess
import sys

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest
from keras import layers

RNG = np.random.default_rng(31)
WIDTH, HEADS, SIZE = 24, 3, 8


def plan_text(model):
    cells = [cell.cell_contents for cell in model.predict_function.__closure__]
    step = next(cell for cell in cells if hasattr(cell, "_plans"))
    return next(iter(step._plans.values()))[0].plan.text()


def numpy_attention(layer, x, allowed):
    """allowed: (batch, queries, keys); where none is, `empty` of the weights."""
    projections = [layer.query_dense, layer.key_dense, layer.value_dense]
    query, key, value = (
        np.einsum("btd,dnh->btnh", x, np.asarray(p.kernel, "float64")) + np.asarray(p.bias, "float64")
        for p in projections)
    scores = np.einsum("btnh,bsnh->bnts", query, key) / np.sqrt(SIZE)
    scores = np.where(allowed[:, None], scores, -1e9)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    if layer.dropout > 0:  # by way of Keras's Softmax layer, which zeroes rows without a key
        weights = np.where(allowed[:, None], weights, 0)
    y = np.einsum("bnts,bsnh->btnh", weights, value)
    kernel = np.asarray(layer.output_dense.kernel, "float64")
    return np.einsum("btnh,nhd->btd", y, kernel) + np.asarray(layer.output_dense.bias, "float64")


@pytest.mark.parametrize("dropout", [0.0, 0.1])  # which of two ways Keras's layer goes
@pytest.mark.parametrize("form", ["plain", "mask", "padding", "causal", "causal+mask"])
@pytest.mark.parametrize("batch,length", [(1, 5), (3, 40), (2, 300)])
def test_multi_head_attention(dropout, form, batch, length):
    layer = layers.MultiHeadAttention(HEADS, SIZE, dropout=dropout)
    data, mask = keras.Input((length, WIDTH)), keras.Input((length, length), dtype="bool")
    flags = keras.Input((length,), dtype="bool")
    options = {"use_causal_mask": "causal" in form}
    if "mask" in form:
        options["attention_mask"] = mask
    if form == "padding":
        options["attention_mask"] = flags[:, None, :]
    model = keras.Model([data, mask, flags], layer(data, data, **options))
    layer.set_weights([RNG.normal(0, 0.4, w.shape).astype("float32") for w in layer.get_weights()])
    x = RNG.normal(size=(batch, length, WIDTH)).astype("float32")
    chosen = RNG.random((batch, length, length)) < 0.6
    chosen[-1, 2] = False  # a query without a key
    padding = np.arange(length)[None] < RNG.integers(1, length, (batch, 1))
    allowed = np.ones_like(chosen)
    if "mask" in form:
        allowed = allowed & chosen
    if "causal" in form:
        allowed = allowed & np.tril(np.ones((length, length), bool))
    if form == "padding":
        allowed = allowed & padding[:, None]
    y = model.predict([x, chosen, padding], verbose=0)
    # float32 sums of 24 and 300 products of numbers of size 1
    np.testing.assert_allclose(y, numpy_attention(layer, x, allowed), rtol=3e-5, atol=3e-5)
    text = plan_text(model)
    assert "ScaledDotProductAttention" in text and "Softmax" not in text
    # Weights may be turned before the first run, data are not.
    parts = [part for part in re.split(r"(?=^part )", text, flags=re.M) if "(prologue" not in part]
    assert parts and not any("reorder" in part or "Transpose(" in part for part in parts)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)])
@pytest.mark.parametrize("center,scale", [(True, True), (False, True), (False, False)])
def test_layer_normalization(axis, center, scale):
    layer = layers.LayerNormalization(axis=axis, center=center, scale=scale, epsilon=1e-5)
    data = keras.Input((6, 20))
    model = keras.Model(data, layer(data))
    layer.set_weights([RNG.normal(1, 0.4, w.shape).astype("float32") for w in layer.get_weights()])
    x = (RNG.normal(size=(4, 6, 20)) + 3).astype("float32")
    axes = tuple(a % 3 for a in ((axis,) if isinstance(axis, int) else axis))
    wide = x.astype("float64")
    want = (wide - wide.mean(axes, keepdims=True)) / np.sqrt(wide.var(axes, keepdims=True) + 1e-5)
    shape = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    if scale:
        want = want * np.asarray(layer.gamma, "float64").reshape(shape)
    if center:
        want = want + np.asarray(layer.beta, "float64").reshape(shape)
    # 16 roundings of numbers below 8
    np.testing.assert_allclose(model.predict(x, verbose=0), want, rtol=1e-5, atol=1e-5)
    assert "MVN" in plan_text(model) and "ReduceMean" not in plan_text(model)


def test_the_same_on_openvino():
    pytest.importorskip("openvino")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k",
               "not openvino", __file__]
    run = subprocess.run(command, env={**os.environ, "KOV_DEVICE": "CPU"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:]
