# SPDX-License-Identifier: Apache-2.0
"""`generate` of quantised text models: the tokens of Keras on JAX, on both engines."""

import importlib.util
import os
import subprocess
import sys

os.environ["KERAS_BACKEND"] = "kov"

import kov  # noqa: F401  puts the finder in place

import keras
import numpy as np
import pytest

pytest.importorskip("keras_hub")
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import quantised_texts  # noqa: E402


@pytest.fixture(scope="session")
def judged(tmp_path_factory):
    """mode -> JAX's tokens."""
    judge = os.environ.get("KOV_JUDGE")
    if not judge:
        pytest.skip("KOV_JUDGE names no interpreter")
    path = str(tmp_path_factory.mktemp("texts") / "tokens.npz")
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("PYTHONPATH", "KOV_DEVICE")}
    subprocess.run([judge, os.path.join(HERE, "quantised_texts.py"), path], check=True,
                   env={**environment, "KERAS_BACKEND": "jax"})
    with np.load(path) as found:
        return dict(found)


@pytest.fixture(scope="session", params=quantised_texts.MODES)
def made(request):
    """A mode, and device -> kov's tokens."""
    devices = ["NATIVE"] + ["CPU"] * bool(importlib.util.find_spec("openvino"))
    found = {}
    for device in devices:
        with keras.device(device):
            found[device] = quantised_texts.greedy(quantised_texts.text_model(request.param))
    return request.param, found


def test_engines_agree(made):
    _, found = made
    given = quantised_texts.prompt()["padding_mask"]
    for tokens in found.values():
        np.testing.assert_array_equal(tokens[given], quantised_texts.prompt()["token_ids"][given])
        assert len(np.unique(tokens[~given])) > 5
        np.testing.assert_array_equal(tokens, found["NATIVE"])


def test_tokens_of_another_backend(made, judged):
    mode, found = made
    for device, tokens in found.items():
        np.testing.assert_array_equal(tokens, judged[mode], err_msg=device)
