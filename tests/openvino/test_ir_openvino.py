# SPDX-License-Identifier: Apache-2.0
"""IR between OpenVINO and kov: what OpenVINO writes kov reads and computes the same; what kov writes
OpenVINO reads and computes the same. OpenVINO itself is the judge."""

import numpy as np
import pytest

kov = pytest.importorskip("kov_library")
ov = pytest.importorskip("openvino")
if kov.lib is None:
    pytest.skip("libkov.so is not built", allow_module_level=True)

import ir_cases

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
# OpenVINO sums in another order and its vectorised functions are off by a few ulp (2**-23 = 1.2e-7);
# sums of up to 60 products of numbers up to 9 lose about as many ulp of the largest partial sum.
RTOL, ATOL = 2e-5, 2e-5


@pytest.fixture(scope="module")
def core():
    return ov.Core()


def run(core, model, inputs):
    compiled = core.compile_model(model, "CPU", F32)
    return [np.array(compiled(inputs)[o]) for o in compiled.outputs]


def read(core, xml, binary):
    return core.read_model(xml, ov.Tensor(np.frombuffer(binary, np.uint8).copy()))


def same(have, want):
    assert len(have) == len(want)
    for a, b in zip(have, want):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        if a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, RTOL, ATOL)
        else:
            np.testing.assert_array_equal(a, b)


@pytest.fixture(params=sorted(ir_cases.CASES))
def written(request, tmp_path, core):
    """A case as OpenVINO saves it, its inputs, and OpenVINO's results."""
    model, inputs = ir_cases.CASES[request.param]
    path = tmp_path / "model.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    return path, inputs, run(core, model, inputs)


def test_native_gives_openvinos_results(written):
    path, inputs, want = written
    graph = kov.Graph.from_file(path)
    same(kov.Plan(graph, "NATIVE")(*inputs), want)


def test_openvino_reads_what_kov_writes(written, core):
    path, inputs, want = written
    xml, binary = kov.Graph.from_file(path).to_ir()
    same(run(core, read(core, xml, binary), inputs), want)


def test_kov_reads_what_kov_writes(written):
    path, inputs, _ = written
    first = kov.Graph.from_file(path)
    xml, binary = first.to_ir()
    second = kov.Graph.from_ir(xml, binary)
    for a, b in zip(kov.Plan(first, "NATIVE")(*inputs), kov.Plan(second, "NATIVE")(*inputs)):
        np.testing.assert_array_equal(a, b)
    assert second.to_ir()[1] == binary


def test_device_cpu_gives_openvinos_results(written):
    path, inputs, want = written
    plan = kov.Plan(kov.Graph.from_file(path), "CPU")
    for _ in range(2):
        same(plan(*inputs), want)


def test_reads_from_memory(tmp_path, core):
    model, inputs = ir_cases.CASES["convolution"]
    ov.save_model(model, tmp_path / "m.xml", compress_to_fp16=False)
    xml, binary = (tmp_path / "m.xml").read_bytes(), (tmp_path / "m.bin").read_bytes()
    same(kov.Plan(kov.Graph.from_ir(xml, binary), "NATIVE")(*inputs), run(core, model, inputs))


def test_reads_weights_compressed_to_fp16(tmp_path, core):
    model, inputs = ir_cases.CASES["mat_mul_t"]
    ov.save_model(model, tmp_path / "m.xml", compress_to_fp16=True)
    want = run(core, core.read_model(tmp_path / "m.xml"), inputs)
    same(kov.Plan(kov.Graph.from_file(tmp_path / "m.xml"), "NATIVE")(*inputs), want)


@pytest.mark.parametrize("condition", [True, False])
def test_if(tmp_path, core, condition):
    ov.save_model(ir_cases.if_model(), tmp_path / "m.xml", compress_to_fp16=False)
    graph = kov.Graph.from_file(tmp_path / "m.xml")
    inputs = [ir_cases.random(4, 3), np.array(condition)]
    want = run(core, ir_cases.if_model(), inputs)
    same(kov.Plan(graph, "NATIVE")(*inputs), want)
    same(run(core, read(core, *graph.to_ir()), inputs), want)
    plan = kov.Plan(graph, "CPU")
    same(plan(*inputs), want)
    assert plan.parts == 1


@pytest.mark.parametrize("trips", [-1, 3, 1])
def test_loop(tmp_path, core, trips):
    ov.save_model(ir_cases.loop_model(trips), tmp_path / "m.xml", compress_to_fp16=False)
    graph = kov.Graph.from_file(tmp_path / "m.xml")
    inputs = [np.ones((2, 3), np.float32)]
    want = run(core, ir_cases.loop_model(trips), inputs)
    same(kov.Plan(graph, "NATIVE")(*inputs), want)
    same(run(core, read(core, *graph.to_ir()), inputs), want)
    same(kov.Plan(graph, "CPU")(*inputs), want)


def test_unknown_operations_pass_through(tmp_path, core):
    import openvino.opset15 as op

    x = op.parameter([2, 3, 4, 4], np.float32, name="x")
    model = ov.Model([op.add(op.lrn(x, np.array([1], np.int64), 1e-4, 0.75, 1.0, 3), np.float32(1))], [x])
    ov.save_model(model, tmp_path / "m.xml", compress_to_fp16=False)
    graph, inputs = kov.Graph.from_file(tmp_path / "m.xml"), [ir_cases.random(2, 3, 4, 4)]
    want = run(core, model, inputs)
    same(run(core, read(core, *graph.to_ir()), inputs), want)
    same(kov.Plan(graph, "CPU")(*inputs), want)
    with pytest.raises(kov.KovError, match="LRN"):
        kov.Plan(graph, "NATIVE")(*inputs)


def test_names(core):
    b = kov.Builder()
    x = b.parameter("float32", ["N", 3], "in <&,> put")
    y = b.call("numpy", "log1p", x)
    graph = b.finish([y, x], ["first", "second"])
    model = read(core, *graph.to_ir())
    assert model.inputs[0].get_names() == {"in <&,> put", "second"}
    assert model.outputs[0].get_any_name() == "first"
    assert model.inputs[0].get_node().get_friendly_name() == "in <&,> put"
    names = [n.get_friendly_name() for n in model.get_ops()]
    assert len(names) == len(set(names))


def test_shapes_stay_free_and_constants_stand_once(core):
    b = kov.Builder()
    x = b.parameter("float32", ["N", 3], "x")
    w = ir_cases.random(3, 3)
    y = b.call("numpy", "matmul", b.call("numpy", "matmul", x, w), w.copy())
    xml, binary = b.finish([y]).to_ir()
    assert str(read(core, xml, binary).inputs[0].get_partial_shape()) == "[?,3]"
    assert len(binary) == w.nbytes


def test_what_ir_lacks_is_listed_at_once():
    b = kov.Builder()
    x = b.parameter("float32", [4], "x")
    y = b.call("numpy", "cumprod", x, 0, None)
    z = b.call("core", "cast", x, "float64")
    graph = b.finish([b.call("numpy", "cumprod", y, 0, None), z])
    with pytest.raises(kov.KovError) as caught:
        graph.to_ir()
    assert str(caught.value).count("CumulativeReduce") == 2
