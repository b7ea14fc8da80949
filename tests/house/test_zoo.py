# SPDX-License-Identifier: Apache-2.0
"""What `make models` does with sides that are late or die, with names of exports, and in its table."""

import os
import subprocess
import sys
import types

import numpy as np
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "zoo"))

import zoo_onnx  # noqa: E402
import zoo_report  # noqa: E402
import zoo_times  # noqa: E402

# Answers as zoo_sides.py does; sleeps for the model "late", dies of "dead".
_SIDE = """
import json, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("load") == "late":
        time.sleep(60)
    if asked.get("load") == "dead":
        sys.exit(3)
    print(json.dumps({"labels": ["a", "b"]} if "load" in asked else
                     {"milliseconds": {"a": 1.5, "b": 2.5}[asked["time"]]}), flush=True)
"""


@pytest.fixture
def side():
    made = zoo_times.Side([sys.executable, "-c", _SIDE], dict(os.environ), subprocess.DEVNULL)
    yield made
    made.end()


def test_every_label_is_measured(side):
    found = zoo_times.measure("model", {"ours": side})
    assert (found["a"], found["b"], found["errors"]) == (1.5, 2.5, {})


def test_a_side_that_dies_is_named_and_started_again(side):
    found = zoo_times.measure("dead", {"ours": side})
    assert found["errors"] == {"ours": "the process ended: 3"} and "a" not in found
    assert zoo_times.measure("model", {"ours": side})["a"] == 1.5


def test_a_side_that_is_late_is_ended(side):
    assert side.ask({"load": "late"}, limit=0.5) == {"error": "not ready in 0.5 s"}
    assert side.ask({"load": "model"}) == {"labels": ["a", "b"]}


def _entries(*named):
    return [types.SimpleNamespace(name=name, type=kind) for name, kind in named]


def test_inputs_of_an_export_are_found_by_name_or_place():
    x = {"padding_mask": np.ones((2, 3), "int32"), "token_ids": np.full((2, 3), 7, "int32")}
    by_name = zoo_onnx.feed_of(_entries(("args_0_token_ids", "tensor(int32)"),
                                        ("args_0_padding_mask", "tensor(bool)")), x, list(x))
    assert by_name["args_0_token_ids"].max() == 7
    assert by_name["args_0_padding_mask"].dtype == bool
    by_place = zoo_onnx.feed_of(_entries(("args_0_0", "tensor(int32)"), ("args_0_1", "tensor(float)")),
                                x, ["token_ids", "padding_mask"])
    assert by_place["args_0_0"].max() == 7 and by_place["args_0_1"].dtype == np.float32


def test_an_export_that_wants_more_than_the_model_is_refused():
    with pytest.raises(ValueError, match="constants: Mul/y:0"):
        zoo_onnx.feed_of(_entries(("token_ids", "tensor(int32)"), ("Mul/y:0", "tensor(float)")),
                         {"token_ids": np.ones((2, 3), "int32")}, ["token_ids"])


def _record(**more):
    engine = {"difference": 1e-6, "milliseconds": 4.0, "partitions": 1}
    return {"parameters": 10, "problems": [], "1 % noise": 0.1, "NATIVE": engine, "CPU": engine, **more}


def test_the_table_says_what_was_measured_and_what_is_not_there(tmp_path):
    rows = {name: types.SimpleNamespace(calibrated=True) for name in ("apart", "together", "never")}
    zoo_report.write(tmp_path / "models.md", {
        "apart": _record(),
        "together": _record(milliseconds={"NATIVE": 1.0, "CPU": 2.0, "JAX": 3.0, "errors": {}},
                            **{"ONNX Runtime": {"error": "Error No Op registered for Erfc with"}})},
        rows)
    text = (tmp_path / "models.md").read_text(encoding="utf-8")
    assert "2 of 3 models agree" in text
    assert "| (4) | (4) |  |  |" in text and "| 1 | 2 | no | 3 |" in text
    assert "leaves TensorFlow's Erfc, which is no operator of ONNX: together" in text
