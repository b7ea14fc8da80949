# SPDX-License-Identifier: Apache-2.0
"""Devices, properties, threads and errors of the OpenVINO engine."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

kov = pytest.importorskip("kov_library")
pytest.importorskip("openvino")
if kov.lib is None:
    pytest.skip("libkov.so is not built", allow_module_level=True)


def dense(batch="N"):
    b = kov.Builder()
    x = b.parameter("float32", [batch, 8], "x")
    w = np.random.default_rng(0).standard_normal((8, 4)).astype(np.float32)
    return b.finish([b.call("nn", "relu", b.call("numpy", "matmul", x, w))], ["y"]), w


def want(x, w):
    return np.maximum(x.astype(np.float64) @ w, 0)


@pytest.mark.parametrize("device", ["CPU", "AUTO", "AUTO:CPU", "HETERO:CPU", "MULTI:CPU"])
def test_devices(device):
    graph, w = dense()
    x = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    (y,) = kov.Plan(graph, device)(x)
    # float32, not the bfloat16 that the device would choose by itself: 8 products of about 1.
    np.testing.assert_allclose(y, want(x, w), rtol=1e-5, atol=1e-6)


def test_reference_is_a_device():
    graph, w = dense()
    x = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    plan = kov.Plan(graph, "REFERENCE")
    np.testing.assert_allclose(plan(x)[0], want(x, w), rtol=1e-5, atol=1e-6)
    assert "reference evaluate: " in plan.text() and "openvino" not in plan.text()


def test_empty_batch_that_openvino_refuses():
    b = kov.Builder()
    x = b.parameter("float32", ["N", 4, 4, 3], "x")
    graph = b.finish([b.call("nn", "average_pool", x, [2, 2], None, "valid", "channels_last")])
    plan = kov.Plan(graph, "CPU")
    for size in (2, 0, 3, 0):
        assert plan(np.ones((size, 4, 4, 3), np.float32))[0].shape == (size, 2, 2, 3)


@pytest.mark.parametrize("batch", ["N", 3])
def test_shapes(batch):
    graph, w = dense(batch)
    plan = kov.Plan(graph, "CPU")
    for size in [3] if batch == 3 else [1, 8, 0, 3]:
        x = np.random.default_rng(size).standard_normal((size, 8)).astype(np.float32)
        (y,) = plan(x)
        np.testing.assert_allclose(y, want(x, w), rtol=1e-5, atol=1e-6)


def test_threads_share_a_plan():
    graph, w = dense()
    plan, wrong = kov.Plan(graph, "CPU"), []

    def work(seed):
        x = np.random.default_rng(seed).standard_normal((4 + seed, 8)).astype(np.float32)
        for _ in range(20):
            if not np.allclose(plan(x)[0], want(x, w), 1e-5, 1e-6):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_text_names_device_and_precision():
    graph, _ = dense()
    text = kov.Plan(graph, "CPU").text()
    assert "INFERENCE_PRECISION_HINT=f32" in text and "MatMul" in text and "EXECUTION_DEVICES=CPU" in text


def test_properties_pass_through():
    graph, _ = dense()
    plan = kov.Plan(graph, "CPU", ["INFERENCE_NUM_THREADS=1", "PERF_COUNT=YES"])
    plan(np.ones((2, 8), np.float32))
    assert "INFERENCE_NUM_THREADS=1" in plan.text() and " us\n" in plan.text()
    with pytest.raises(kov.KovError, match="KEY=VALUE"):
        kov.Plan(graph, "CPU", ["nonsense"])
    with pytest.raises(kov.KovError, match="NO_SUCH_PROPERTY"):
        kov.Plan(graph, "CPU", ["NO_SUCH_PROPERTY=1"])


@pytest.mark.parametrize(
    "device, says",
    [
        ("TPU", "TPU.*CPU"),
        ("MULTI", "MULTI:CPU"),
        ("AUTO:CPU,TPU", '"TPU"'),
        ("CPU:1", "only AUTO, HETERO and MULTI"),
        ("HETERO:", "HETERO"),
    ],
)
def test_missing_devices(device, says):
    graph, _ = dense()
    with pytest.raises(kov.KovError, match=says):
        kov.Plan(graph, device)


def test_wrong_inputs():
    graph, _ = dense()
    plan = kov.Plan(graph, "CPU")
    with pytest.raises(kov.KovError, match="float64.*float32"):
        plan(np.ones((2, 8)))
    with pytest.raises(kov.KovError, match=r"\(2, 7\)"):
        plan(np.ones((2, 7), np.float32))


def in_a_process(environment, folder):
    code = (
        "import kov_library as k, numpy as np\n"
        f"k.check(k.lib.kov_set_openvino_path({folder!r}))\n"
        "import test_engine\n"
        "try:\n"
        "    print(k.Plan(test_engine.dense()[0], 'CPU')(np.ones((1, 8), np.float32))[0].shape)\n"
        "except k.KovError as error:\n"
        "    print(error)\n"
    )
    environment = {**os.environ, **environment, "KOV_LIBRARY": kov._find()}
    here = os.path.dirname(__file__)
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=here, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_library_by_environment_and_what_is_said_without_it(tmp_path):
    assert "(1, 4)" in in_a_process({"KOV_OPENVINO_LIB": kov.openvino_folder()}, b"")
    nowhere = str(tmp_path).encode()
    said = in_a_process({"KOV_OPENVINO_LIB": str(tmp_path)}, b"")
    assert "KOV_OPENVINO_LIB" in said and str(tmp_path) in said
    said = in_a_process({"KOV_OPENVINO_LIB": ""}, nowhere)
    assert "pip install openvino" in said and str(tmp_path) in said


def test_after_fork():
    graph, _ = dense()
    kov.Plan(graph, "CPU")
    pid = os.fork()
    if pid == 0:
        try:
            kov.Plan(graph, "CPU")
        except kov.KovError as error:
            os._exit(0 if "spawn" in str(error) else 2)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
