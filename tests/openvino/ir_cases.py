# SPDX-License-Identifier: Apache-2.0
"""Small models of many operations, made by OpenVINO itself: name -> (model, inputs)."""

import numpy as np
import openvino as ov
import openvino.opset1 as op1
import openvino.opset3 as op3
import openvino.opset4 as op4
import openvino.opset5 as op5
import openvino.opset7 as op7
import openvino.opset8 as op8
import openvino.opset11 as op11
import openvino.opset12 as op12
import openvino.opset15 as op
from openvino.utils.node_factory import NodeFactory
from openvino.utils.types import as_nodes

F32, I32, I64, BOOL = np.float32, np.int32, np.int64, np.bool_
CASES = {}


def random(*shape, low=-3.0, high=3.0, seed=7):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(F32)


def integers(*shape, low=-9, high=9, dtype=I32, seed=7):
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)


def case(name, build, *inputs, free=True):
    """Adds a model of build(parameters); the first dimension of each input is free, if asked."""
    parameters = []
    for i, x in enumerate(inputs):
        shape = list(x.shape)
        if free and shape:
            shape[0] = -1
        parameters.append(op.parameter(shape, x.dtype.type, name=f"x{i}"))
    outputs = build(*parameters)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    results = [o.output(0) if isinstance(o, ov.Node) else o for o in outputs]
    assert name not in CASES
    CASES[name] = (ov.Model(results, parameters, name), list(inputs))


def i64(*numbers):
    return np.array(numbers, I64)


def _element_wise():
    x, positive = random(4, 5), random(4, 5, low=0.1, high=3.0)
    unit = random(4, 5, low=-0.9, high=0.9)
    for name in (
        "abs ceiling cos cosh erf exp floor negative sign sin sinh tan tanh sigmoid relu "
        "softsign mish hswish hsigmoid atan asinh"
    ).split():
        module = op if hasattr(op, name) else op5
        case(name, getattr(module, name), x)
    for name in "log sqrt".split():
        case(name, getattr(op, name), positive)
    for name in "acos asin atanh".split():
        case(name, getattr(op, name), unit)
    case("acosh", op.acosh, positive + 1)
    case("soft_plus", op5.softplus, x)
    case("gelu_erf", lambda a: op.gelu(a, "erf"), x)
    case("gelu_tanh", lambda a: op.gelu(a, "tanh"), x)
    case("gelu_2", lambda a: op3.gelu(a), x)
    case("elu", lambda a: op.elu(a, 0.7), x)
    case("clamp", lambda a: op.clamp(a, -1.5, float("inf")), x)
    case("swish", lambda a: op.swish(a), x)
    case("swish_beta", lambda a: op.swish(a, F32(1.5)), x)
    case("selu", lambda a: op.selu(a, F32(1.6), F32(1.05)), x)
    case("hard_sigmoid", lambda a: op.hard_sigmoid(a, F32(0.2), F32(0.5)), x)
    case("prelu", lambda a: op.prelu(a, random(5, seed=3)), x)
    case("round", lambda a: op5.round(a, "half_to_even"), np.array([0.5, 1.5, -2.5, 2.3], F32))
    case("round_away", lambda a: op5.round(a, "half_away_from_zero"), np.array([0.5, 1.5, -2.5], F32))
    y = random(5, seed=9, low=0.5)
    for name in (
        "add subtract multiply divide maximum minimum squared_difference equal not_equal greater "
        "greater_equal less less_equal floor_mod mod"
    ).split():
        case(name, lambda a, b, name=name: getattr(op, name)(a, b), x, y)
    case("power", lambda a, b: op.power(a, b), positive, y)
    a, b = integers(3, 4), integers(3, 4, low=1, seed=4)
    # OpenVINO's CPU plugin truncates negative quotients although m_pythondiv says floor.
    case("divide_i32", lambda p, q: op.divide(p, q), np.abs(a), b)
    for name in "add subtract multiply floor_mod mod maximum minimum equal less".split():
        case(f"{name}_i32", lambda p, q, name=name: getattr(op, name)(p, q), a, b)
    p, q = a > 0, b > 4
    for name in "logical_and logical_or logical_xor".split():
        case(name, lambda s, t, name=name: getattr(op, name)(s, t), p, q)
    case("logical_not", op.logical_not, p)
    for name in "bitwise_and bitwise_or bitwise_xor".split():
        case(name, lambda s, t, name=name: getattr(op, name)(s, t), a, b)
    case("bitwise_not", op.bitwise_not, a)
    case("select", lambda c, s, t: op.select(c, s, t), p, random(3, 4), random(4, seed=5))
    special = np.array([1, np.nan, np.inf, -np.inf, 0], F32)
    case("is_nan", lambda s: op.is_nan(s), special)
    case("is_inf", lambda s: op.is_inf(s), special)
    case("is_finite", lambda s: op.is_finite(s), special)
    case("convert_i32", lambda s: op.convert(s, "i32"), x)
    case("convert_f16", lambda s: op.convert(s, "f16"), x)
    case("convert_bool", lambda s: op.convert(s, "boolean"), np.array([0, 0.5, -0.5, 2], F32))
    case("convert_like", lambda s, t: op.convert_like(s, t), x, a)


def _reductions():
    x = random(3, 4, 5)
    for name in "sum mean prod max min l1 l2".split():
        reduce = getattr(op, f"reduce_{name}")
        case(f"reduce_{name}", lambda a, r=reduce: r(a, i64(1, 2), False), x)
        case(f"reduce_{name}_keep", lambda a, r=reduce: r(a, i64(-1), True), x)
    flags = x > 0
    case("reduce_and", lambda a: op.reduce_logical_and(a, i64(1), False), flags)
    case("reduce_or", lambda a: op.reduce_logical_or(a, i64(0, 1), True), flags)
    case("cum_sum", lambda a: op.cum_sum(a, I64(1), True, True), x)
    case("softmax_8", lambda a: op.softmax(a, -1), x)
    case("softmax_1", lambda a: op1.softmax(a, 1), x)
    case("log_softmax", lambda a: op5.log_softmax(a, 1), x)
    case("top_k_11", lambda a: list(op.topk(a, I64(2), 1, "max", "value", "i64").outputs()), x)
    case("top_k_3", lambda a: list(op3.topk(a, I64(2), -1, "min", "value").outputs()), x)
    case("top_k_1", lambda a: list(op1.topk(a, I64(2), 2, "max", "value").outputs()), x)
    y = random(5, 6, seed=8)
    case("mat_mul", lambda a, b: op.matmul(a, b, False, False), x, y)
    case("mat_mul_t", lambda a: op.matmul(a, random(6, 5), False, True), x)
    case("mat_mul_batch", lambda a: op.matmul(a, random(3, 5, 2, seed=2), False, False), x)


def _shapes():
    x = random(2, 3, 4)
    case("shape_of_3", lambda a: op.shape_of(a, "i32"), x)
    case("shape_of_1", lambda a: op1.shape_of(a), x)
    case("reshape", lambda a: op.reshape(a, i64(0, -1), True), x)
    case("reshape_plain", lambda a: op.reshape(a, i64(4, -1), False), x)
    case("squeeze", lambda a: op1.squeeze(op.unsqueeze(a, i64(1, 3)), i64(1, 3)), x)
    case("squeeze_15", lambda a: op.squeeze(op.unsqueeze(a, i64(0)), i64(0)), x)
    case("transpose", lambda a: op.transpose(a, i64(2, 0, 1)), x)
    case("broadcast_3", lambda a: op.broadcast(a, i64(5, 2, 3, 4)), x, free=False)
    case("broadcast_1", lambda a: op1.broadcast(a, i64(5, 2, 3, 4)), x, free=False)
    case("broadcast_axes", lambda a: op.broadcast(a, i64(4, 3), i64(1), "explicit"), x[0, :, 0], free=False)
    case("broadcast_both", lambda a: op.broadcast(a, i64(3, 1), broadcast_spec="bidirectional"), x)
    case("tile", lambda a: op.tile(a, i64(1, 2, 3)), x)
    case("concat", lambda a, b: op.concat([a, b], 1), x, random(2, 2, 4, seed=1))
    case("split", lambda a: list(op.split(a, I64(2), 2).outputs()), x)
    case("variadic_split", lambda a: list(op.variadic_split(a, I64(1), i64(1, 2)).outputs()), x)
    case("slice", lambda a: op8.slice(a, i64(-1, 0), i64(-9, 4), i64(-1, 2), i64(1, 2)), x)
    case("strided_slice", lambda a: op.strided_slice(a, i64(0, 1, 0), i64(0, 3, 0), i64(1, 1, 2), [1, 0, 1], [1, 0, 1]), x)
    case("strided_shrink", lambda a: op.strided_slice(a, i64(0, 1), i64(0, 2), i64(1, 1), [1, 0], [1, 0], [], [0, 1]), x)
    case("pad_12", lambda a: op12.pad(a, i64(0, 1, 2), i64(0, -1, 1), "constant", F32(7)), x)
    case("pad_1", lambda a: op1.pad(a, i64(0, 1, 2), i64(0, 0, 1), "reflect"), x)
    case("pad_edge", lambda a: op12.pad(a, i64(0, 1, 2), i64(0, 0, 1), "edge"), x)
    case("roll", lambda a: op.roll(a, i64(1, -1), i64(1, 2)), x)
    case("range_4", lambda s: op4.range(s, I64(9), I64(2), "i64"), np.array(1, I64))
    case("range_1", lambda s: op1.range(s, F32(4.5), F32(0.75)), np.array(0.5, F32))
    case("eye", lambda a: op.add(a, op.eye(I64(3), I64(4), I64(1), "f32")), x)
    case("one_hot", lambda a: op1.one_hot(a, I64(5), F32(2), F32(-1), -1), integers(2, 3, low=0, high=5))
    case("depth_to_space", lambda a: op.depth_to_space(a, "blocks_first", 2), random(1, 8, 2, 3))
    case("depth_to_space_d", lambda a: op.depth_to_space(a, "depth_first", 2), random(1, 8, 2, 3))
    case("space_to_depth", lambda a: op.space_to_depth(a, "blocks_first", 2), random(1, 2, 4, 6))
    case("shape_arithmetic", lambda a: op.reshape(a, op.concat([op.unsqueeze(op.gather(op.shape_of(a), I64(0), I64(0)), i64(0)), i64(-1)], 0), False), x)


def _indexing():
    x = random(4, 3, 5)
    index = integers(2, 2, low=0, high=3)
    case("gather_8", lambda a, i: op.gather(a, i, I64(1)), x, np.array([[0, -1], [2, 1]], I32))
    case("gather_7", lambda a, i: op7.gather(a, i, I64(1)), x, index)
    case("gather_1", lambda a, i: op1.gather(a, i, I64(1)), x, index)
    case("gather_batch", lambda a, i: op.gather(a, i, I64(1), 1), x, integers(4, 2, low=0, high=3))
    case("gather_nd_8", lambda a, i: op8.gather_nd(a, i, 0), x, integers(2, 2, low=0, high=3))
    case("gather_nd_5", lambda a, i: op5.gather_nd(a, i, 1), x, integers(4, 2, 1, low=0, high=3))
    case("gather_elements", lambda a, i: op.gather_elements(a, i, 1), x, integers(4, 2, 5, low=0, high=3))
    case("scatter_update", lambda a, i, u: op.scatter_update(a, i, u, I64(1)), x, np.array([2, 0], I32), random(4, 2, 5, seed=3))
    case("scatter_nd_3", lambda a, i, u: op4.scatter_nd_update(a, i, u), x, np.array([[1], [3]], I32), random(2, 3, 5, seed=3))
    case("scatter_nd_15", lambda a, i, u: op.scatter_nd_update(a, i, u, "sum"), x, np.array([[1], [1]], I32), random(2, 3, 5, seed=3))
    case("scatter_elements_12", lambda a, i, u: op.scatter_elements_update(a, i, u, I64(1), "sum", True), x, integers(4, 2, 5, low=0, high=3), random(4, 2, 5, seed=3))
    case("scatter_elements_3", lambda a, i, u: op3.scatter_elements_update(a, i, u, I64(1)), x, np.tile(np.array([[[0]], [[2]], [[1]], [[0]]], I32), (1, 1, 5)), random(4, 1, 5, seed=3))
    case("non_zero", lambda a: op3.non_zero(a, "i64"), integers(3, 4, low=0, high=3))
    case("unique", lambda a: list(op.unique(a, None, True).outputs()), integers(12, low=0, high=5))
    case("search_sorted", lambda a: op.search_sorted(np.array([0, 1, 2, 3], F32), a, True), random(6))


def _interpolate_4(a, mode):
    """The Python functions of OpenVINO make only the newest version."""
    attributes = {
        "mode": mode,
        "shape_calculation_mode": "sizes",
        "coordinate_transformation_mode": "half_pixel",
        "nearest_mode": "round_prefer_floor",
        "antialias": False,
        "pads_begin": [0, 0],
        "pads_end": [0, 0],
        "cube_coeff": -0.75,
    }
    inputs = [a, op.constant(i64(7, 11)), op.constant(np.ones(2, F32)), op.constant(i64(2, 3))]
    return NodeFactory("opset4").create("Interpolate", as_nodes(*inputs), attributes)


def _neural():
    x, w = random(2, 3, 9, 8), random(4, 3, 3, 2, seed=1)
    case("convolution", lambda a: op.convolution(a, w, [2, 1], [1, 0], [0, 1], [1, 2]), x)
    case("convolution_same", lambda a: op.convolution(a, w, [2, 2], [0, 0], [0, 0], [1, 1], "same_upper"), x)
    case("convolution_1d", lambda a: op.convolution(a, random(4, 3, 3, seed=1), [2], [1], [1], [1]), x[:, :, 0])
    case("group_convolution", lambda a: op.group_convolution(a, random(3, 2, 1, 3, 3, seed=1), [1, 1], [1, 1], [1, 1], [1, 1]), x)
    case("transposed", lambda a: op.convolution_backprop_data(a, random(3, 4, 3, 3, seed=1), [2, 2], None, [1, 1], [1, 1], [1, 1], "explicit", [1, 0]), x)
    case("transposed_group", lambda a: op.group_convolution_backprop_data(a, random(3, 1, 2, 3, 3, seed=1), [2, 2], None, [1, 1], [1, 1], [1, 1]), x)
    case("max_pool_8", lambda a: op8.max_pool(a, [2, 2], [1, 1], [0, 0], [1, 1], [3, 3]).output(0), x)
    case("max_pool_1", lambda a: op1.max_pool(a, [2, 2], [0, 0], [1, 1], [3, 3], "ceil"), x)
    case("max_pool_14", lambda a: op.max_pool(a, [2, 2], [1, 1], [0, 0], [1, 1], [3, 3]).output(0), x)
    case("avg_pool_1", lambda a: op1.avg_pool(a, [2, 2], [1, 0], [1, 1], [3, 3], True), x)
    case("avg_pool_14", lambda a: op.avg_pool(a, [2, 2], [1, 0], [1, 1], [3, 3], False), x)
    case("adaptive_avg", lambda a: op.adaptive_avg_pool(a, i64(3, 2)), x)
    case("adaptive_max", lambda a: op.adaptive_max_pool(a, i64(3, 2), "i32").output(0), x)
    stats = [random(3, seed=s, low=0.5) for s in range(4)]
    case("batch_norm_5", lambda a: op5.batch_norm_inference(a, *stats, 1e-3), x)
    case("batch_norm_1", lambda a: op1.batch_norm_inference(a, *stats, 1e-3), x)
    case("mvn", lambda a: op.mvn(a, i64(2, 3), True, 1e-5, "inside_sqrt"), x)
    case("normalize_l2", lambda a: op.normalize_l2(a, i64(1), 1e-6, "add"), x)
    for mode in "nearest linear linear_onnx cubic".split():
        case(
            f"interpolate_4_{mode}",
            lambda a, mode=mode: _interpolate_4(a, mode),
            x,
        )
        case(
            f"interpolate_11_{mode}",
            lambda a, mode=mode: op11.interpolate(a, np.array([1.5, 2], F32), mode, "scales", [0, 0], [0, 0], "asymmetric", "floor", axes=i64(2, 3)),
            x,
        )
    q, kv = random(2, 4, 5, 8), random(2, 4, 6, 8, seed=2)
    case("attention", lambda a, b: op.scaled_dot_product_attention(a, b, b), q, kv)
    case("attention_causal", lambda a: op.scaled_dot_product_attention(a, a, a, causal=True), q)
    case("attention_mask", lambda a, b, m: op.scaled_dot_product_attention(a, b, b, m, F32(0.25)), q, kv, random(5, 6, seed=6))


def _structure():
    x = random(2, 3)
    case("constant_result", lambda a: [a.output(0), op.constant(random(2, 2)).output(0), op.add(a, a).output(0)], x)
    case("empty", lambda a: op.concat([a, np.zeros((0, 3), F32)], 0), x)
    case("empty_input", lambda a: op.add(a, F32(1)), np.zeros((0, 3), F32))
    case("scalar", lambda a: op.add(a, F32(1)), np.array(2.5, F32))
    case("f16_weights", lambda a: op.matmul(a, op.convert(op.constant(random(3, 4).astype(np.float16)), "f32"), False, False), x)
    case("inputs_in_order", lambda a, b, c: op.subtract(c, b), x, x + 1, x + 3)


def _transforms():
    signal, image = random(3, 7, 2), random(2, 6, 5, 2)
    for name in ("dft", "idft"):
        case(name, lambda x, name=name: getattr(op, name)(x, i64(1)), signal)
        case(name + " of a plane", lambda x, name=name: getattr(op, name)(x, i64(1, 2)), image)
    case("dft padded", lambda x: op.dft(x, i64(1), i64(12)), signal)
    case("rdft", lambda x: op.rdft(x, i64(1)), random(3, 9))
    case("irdft", lambda x: op.irdft(x, i64(1), i64(9)), random(3, 5, 2))
    case("inverse", lambda x: op.inverse(x, False), random(4, 3, 3) + 5 * np.eye(3, dtype=F32))
    case("ctc_loss", lambda x: op.ctc_loss(x, i64(5, 4).astype(I32), np.array([[0, 1, 0, 0, 0], [1, 1, 0, 0, 0]], I32),
                                           np.array([2, 2], I32), I32(2)), random(2, 5, 3), free=False)


for _family in (_element_wise, _reductions, _shapes, _indexing, _neural, _structure, _transforms):
    _family()


def if_model():
    x, c = op.parameter([-1, 3], F32, name="x"), op.parameter([], BOOL, name="c")
    a, b = op.parameter([-1, 3], F32), op.parameter([-1, 3], F32)
    node = op.if_op(c)
    then_body, else_body = ov.Model([op.add(a, F32(1))], [a]), ov.Model([op.multiply(b, F32(2))], [b])
    node.set_then_body(then_body)
    node.set_else_body(else_body)
    node.set_input(x.output(0), a, b)
    out = node.set_output(then_body.results[0], else_body.results[0])
    return ov.Model([out], [x, c], "if")


def loop_model(trips=-1):
    """x + x + ... until its sum reaches 100, or for so many rounds; and the rounds counted."""
    x = op.parameter([-1, 3], F32, name="x")
    state, step, number = op.parameter([-1, 3], F32), op.parameter([-1, 3], F32), op.parameter([], I64)
    count = op.parameter([], I64)
    total = op.add(state, step)
    more = op.less(op.reduce_sum(total, i64(0, 1), False), F32(100))
    counted = op.add(count, op.subtract(op.add(number, I64(1)), number))
    body = ov.Model([total, more, counted], [state, step, number, count])
    loop = op.loop(op.constant(trips, dtype=I64), op.constant(True))
    loop.set_function(body)
    loop.set_special_body_ports([2, 1])
    loop.set_merged_input(state, x.output(0), total.output(0))
    loop.set_invariant_input(step, x.output(0))
    loop.set_merged_input(count, op.constant(0, dtype=I64).output(0), counted.output(0))
    outs = [loop.get_iter_value(total.output(0), -1), loop.get_iter_value(counted.output(0), -1)]
    return ov.Model(outs, [x], "loop")
