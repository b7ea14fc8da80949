#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes opset_vectors.txt: inputs and outputs of operations as OpenVINO's CPU plugin computes them.

    python3 tests/opset/make_opset_vectors.py > tests/opset/opset_vectors.txt

Needs openvino and numpy. What the plugin computes otherwise than its specification says is left to
NumPy: `case(..., expected=[...])`.
"""

import itertools
import sys
from fractions import Fraction

import numpy as np
import openvino as ov
from openvino.passes import ConstantFolding, Manager
from openvino.utils.node_factory import NodeFactory

CORE = ov.Core()
FACTORY = NodeFactory("opset15")
RNG = np.random.default_rng(20240)
NAMES = {"bool": "boolean", "float32": "f32", "float16": "f16", "float64": "f64", "int8": "i8",
         "int16": "i16", "int32": "i32", "int64": "i64", "uint8": "u8", "uint16": "u16",
         "uint32": "u32", "uint64": "u64"}


class Const:
    def __init__(self, value, dtype=np.int64):
        self.value = np.asarray(value, dtype)


def reference(op, attrs, inputs):
    nodes, parameters, feeds = [], [], []
    for value in inputs:
        if isinstance(value, Const):
            nodes.append(ov.opset15.constant(value.value))
        else:
            parameters.append(ov.opset15.parameter(value.shape, value.dtype))
            nodes.append(parameters[-1])
            feeds.append(value)
    node = FACTORY.create(op, [n.output(0) for n in nodes], attrs)
    results = [ov.opset15.result(o) for o in node.outputs()]
    model = ov.Model(results, parameters, "vector")
    compiled = CORE.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    out = compiled(feeds)
    return [out[o] for o in compiled.outputs]


def folded(op, attrs, inputs):
    """OpenVINO's reference implementation, which constant folding uses."""
    nodes = [ov.opset15.constant(i.value if isinstance(i, Const) else i) for i in inputs]
    model = ov.Model([FACTORY.create(op, [n.output(0) for n in nodes], attrs)], [], "vector")
    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)
    return [model.results[0].input_value(0).node.data]


def text(value):
    array = np.asarray(value)
    if array.dtype.kind == "f":
        words = [np.format_float_positional(x, trim="-") for x in array.ravel()]
    else:
        words = [str(int(x)) for x in array.ravel()]
    head = [NAMES[array.dtype.name], str(array.ndim)] + [str(d) for d in array.shape]
    return " ".join(head + words)


def attribute(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(v) for v in value)
    return str(value)


def case(op, attrs, inputs, close=(0, 0), expected=None, ov_attrs=None):
    """expected: reference outputs by NumPy; None in it: not compared."""
    if expected is None:
        given = [i for i in inputs if i is not None]
        expected = reference(op, attrs if ov_attrs is None else ov_attrs, given)
    print("op", op)
    for name, value in attrs.items():
        if value != []:
            print("attr", name, attribute(value))
    for value in inputs:
        if value is None:
            print("none")
        elif isinstance(value, Const):
            print("const", text(value.value))
        else:
            print("input", text(value))
    for value in expected:
        print("skip" if value is None else "output " + text(value))
    print("close", *close)
    print("end")


def real(*shape, dtype=np.float32):
    return np.round(RNG.normal(size=shape), 3).astype(dtype)


def eighths(*shape):
    """Numbers whose products and sums are exact in float32."""
    return (RNG.integers(-16, 17, size=shape) / 8).astype(np.float32)


def whole(low, high, *shape, dtype=np.int32):
    return RNG.integers(low, high, size=shape).astype(dtype)


def indexing():
    for dtype in (np.float32, np.int32, np.uint8, np.float16):
        data = real(3, 4, 5).astype(dtype) if np.dtype(dtype).kind == "f" else whole(0, 9, 3, 4, 5, dtype=dtype)
        for axis in (0, 1, -1):
            case("Gather", {"batch_dims": 0}, [data, whole(-3, 3, 2, 2), Const(axis)])
    case("Gather", {"batch_dims": 0}, [real(4), whole(0, 4, dtype=np.int64), Const(0)])
    case("Gather", {"batch_dims": 1}, [real(2, 5, 3), whole(0, 5, 2, 4), Const(1)])
    case("Gather", {"batch_dims": -1}, [real(2, 5, 3), whole(0, 5, 2, 4), Const(1)])
    case("Gather", {"batch_dims": 0}, [real(3, 2), np.zeros((0,), np.int32), Const(0)],
         expected=[np.zeros((0, 2), np.float32)])
    case("GatherND", {"batch_dims": 0}, [real(3, 4, 5), whole(0, 3, 2, 2)])
    case("GatherND", {"batch_dims": 0}, [real(3, 4, 5), whole(0, 3, 6, 3)])
    case("GatherND", {"batch_dims": 1}, [real(2, 4, 5), whole(0, 4, 2, 3, 1)])
    case("GatherElements", {"axis": 1}, [real(3, 4), whole(0, 4, 3, 2)])
    case("GatherElements", {"axis": 0}, [real(3, 4, 2), whole(0, 3, 5, 4, 2)])
    for axis in (0, 1, -1):
        indices = np.array([[2, 0]], np.int32)
        data = real(3, 4, 3)
        updates = real(*np.take(data, indices, axis).shape)
        case("ScatterUpdate", {}, [data, indices, updates, Const(axis)])
    for reduction in ("none", "sum", "sub", "prod", "min", "max"):
        indices = np.array([[0, 1], [2, 2], [0, 1]], np.int32)
        case("ScatterNDUpdate", {"reduction": reduction}, [real(3, 4, 2), indices, real(3, 2)], (1e-6, 1e-6))
        case("ScatterNDUpdate", {"reduction": reduction},
             [whole(-9, 9, 3, 4), np.array([[1], [-1]], np.int32), whole(-9, 9, 2, 4)])
    for reduction, keep in itertools.product(("none", "sum", "prod", "min", "max", "mean"), (True, False)):
        if reduction == "none" and not keep:
            continue
        indices = np.array([[0, 1, 1, 1], [3, 0, -1, 2]], np.int32)
        attrs = {"reduction": reduction, "use_init_val": keep}
        case("ScatterElementsUpdate", attrs, [real(2, 4), indices, real(2, 4), Const(1)], (1e-6, 1e-6))
        case("ScatterElementsUpdate", attrs, [whole(-9, 9, 2, 4), indices, whole(-9, 9, 2, 4), Const(1)])
    for data in (whole(0, 2, 3, 4), whole(0, 2, 5), real(2, 3)):
        case("NonZero", {"output_type": "i64"}, [data])
    for keys in (whole(0, 4, 9), whole(0, 3, 2, 5)):
        for in_order in (True, False):
            case("Unique", {"sorted": in_order, "index_element_type": "i32", "count_element_type": "i64"}, [keys])
    rows = np.array([[1, 2, 1], [3, 0, 3], [1, 2, 1]], np.int32)
    for axis, in_order in itertools.product((0, 1), (True, False)):
        case("Unique", {"sorted": in_order, "index_element_type": "i64", "count_element_type": "i64"},
             [rows, Const(axis)])
    nans = np.array([2, np.nan, 1, np.nan, -np.inf], np.float32)
    values, first, inverse, count = np.unique(nans, return_index=True, return_inverse=True, return_counts=True)
    case("Unique", {"sorted": True}, [nans], expected=[values, first, inverse, count])
    for right in (True, False):
        ordered = np.sort(whole(0, 9, 8, dtype=np.int32))
        case("SearchSorted", {"right_mode": right, "output_type": "i64"}, [ordered, whole(-1, 10, 2, 3)])
        case("SearchSorted", {"right_mode": right, "output_type": "i32"},
             [np.sort(real(2, 6)), real(2, 4)])
        wanted = np.array([np.nan, 3, np.inf], np.float64)
        items = np.array([-np.inf, 3, 3, np.inf, np.nan], np.float64)
        case("SearchSorted", {"right_mode": right, "output_type": "i64"}, [items, wanted],
             expected=[np.searchsorted(items, wanted, "right" if right else "left").astype(np.int64)])


def convolutions():
    for spatial, auto_pad in itertools.product(((9,), (7, 8), (4, 5, 6)), ("explicit", "valid", "same_upper", "same_lower")):
        n = len(spatial)
        for stride, dilation in ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1)):
            if n == 3 and (stride > 2 or dilation > 1):
                continue
            if auto_pad != "explicit" and dilation > 1 and stride > 1:
                continue
            attrs = {"strides": [stride] * n, "dilations": [dilation] * n, "pads_begin": [1] * n,
                     "pads_end": [2] * n, "auto_pad": auto_pad}
            case("Convolution", attrs, [eighths(2, 2, *spatial), eighths(3, 2, *([2, 3, 2][:n]))])
            case("GroupConvolution", attrs, [eighths(1, 4, *spatial), eighths(2, 1, 2, *([3, 2, 2][:n]))])
    for spatial in ((5,), (4, 3), (3, 2, 2)):
        n = len(spatial)
        for stride, dilation, extra in ((1, 1, 0), (2, 1, 1), (3, 1, 2), (2, 2, 0)):
            for auto_pad in ("explicit", "valid"):
                attrs = {"strides": [stride] * n, "dilations": [dilation] * n, "pads_begin": [1] * n,
                         "pads_end": [0] * n, "auto_pad": auto_pad, "output_padding": [extra] * n}
                case("ConvolutionBackpropData", attrs, [eighths(1, 2, *spatial), eighths(2, 3, *([3] * n))])
                case("GroupConvolutionBackpropData", attrs,
                     [eighths(1, 4, *spatial), eighths(2, 2, 3, *([3] * n))])
        if n == 3:
            continue
        for auto_pad, kernel, stride in itertools.product(("same_upper", "same_lower"), (3, 4), (1, 2, 3)):
            attrs = {"strides": [stride] * n, "dilations": [1] * n, "pads_begin": [0] * n,
                     "pads_end": [0] * n, "auto_pad": auto_pad, "output_padding": [0] * n}
            shape = Const([d * stride for d in spatial])
            case("ConvolutionBackpropData", attrs, [eighths(1, 2, *spatial), eighths(2, 3, *([kernel] * n)), shape])


def pools():
    for rounding, auto_pad in itertools.product(("floor", "ceil"), ("explicit", "valid", "same_upper", "same_lower")):
        for spatial, stride in itertools.product(((8,), (7, 6), (4, 5, 4)), (1, 2, 3)):
            n = len(spatial)
            if n == 3 and stride == 1:
                continue
            attrs = {"strides": [stride] * n, "pads_begin": [1] * n, "pads_end": [1] * n, "kernel": [3] * n,
                     "rounding_type": rounding, "auto_pad": auto_pad}
            maxes = dict(attrs, dilations=[1] * n, index_element_type="i64", axis=2)
            case("MaxPool", maxes, [real(1, 1, *spatial)])
            if stride < 3:
                for exclude in (True, False):
                    case("AvgPool", dict(attrs, **{"exclude-pad": exclude}), [real(1, 1, *spatial)], (1e-6, 1e-6))
    for axis in (0, 1, 2):
        case("MaxPool", {"strides": [2, 2], "dilations": [2, 1], "pads_begin": [0, 1], "pads_end": [1, 0],
                         "kernel": [2, 2], "index_element_type": "i64", "axis": axis}, [real(2, 2, 6, 6)])
    for spatial, out in (((7,), [3]), ((6, 9), [4, 2]), ((4, 4, 5), [2, 3, 5])):
        case("AdaptiveAvgPool", {}, [real(2, 2, *spatial), Const(out)], (1e-6, 1e-6))
        case("AdaptiveMaxPool", {"index_element_type": "i32"}, [real(1, 2, *spatial), Const(out)])


def norms():
    gamma, beta, mean = real(3), real(3), real(3)
    for shape in ((2, 3), (2, 3, 4, 5)):
        case("BatchNormInference", {"epsilon": 0.001},
             [real(*shape), gamma, beta, mean, np.abs(real(3)) + np.float32(0.1)], (1e-5, 1e-5))
    for axes, variance, mode in itertools.product(([2, 3], [1, 2, 3], [-1]), (True, False), ("inside_sqrt", "outside_sqrt")):
        case("MVN", {"normalize_variance": variance, "eps": 0.01, "eps_mode": mode},
             [real(2, 2, 3, 4), Const(axes)], (1e-5, 1e-5))
    for axes, mode, eps in itertools.product(([1], [1, 2, 3], [2, 3], [0]), ("add", "max"), (0.01, 9.0)):
        case("NormalizeL2", {"eps": eps, "eps_mode": mode}, [real(2, 2, 3, 2), Const(axes)], (1e-5, 1e-6))


def decided(n, out, coordinate, nearest):
    """False where a coordinate is a tie that the plugin, in float32, may miss."""
    offset = 0 if coordinate in ("asymmetric", "align_corners") else Fraction(1, 2)
    scale = Fraction(n, out)
    if coordinate == "align_corners":
        scale = Fraction(n - 1, max(out - 1, 1))
    if scale.numerator == 1 or scale.denominator == 1 and scale.numerator & (scale.numerator - 1) == 0:
        return True
    for i in range(1, out) if offset == 0 else range(out):
        x = (i + offset) * scale - (offset if "pixel" in coordinate and coordinate[0] != "t" else 0)
        tie = Fraction(1, 2) if nearest.startswith("round") else 0
        if x - x.__floor__() == tie:
            return False
    return True


def resizing():
    coordinates = ("half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners")
    base = {"pads_begin": [0], "pads_end": [0], "cube_coeff": -0.75, "shape_calculation_mode": "sizes"}
    data = real(1, 1, 5, 7)
    for coordinate, sizes in itertools.product(coordinates, ([8, 9], [3, 4], [1, 1], [7, 4])):
        for mode in ("linear_onnx", "cubic", "linear"):
            attrs = dict(base, mode=mode, coordinate_transformation_mode=coordinate)
            case("Interpolate", attrs, [data, Const(sizes), Const([2, 3])], (1e-4, 1e-4))
        for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"):
            if not all(decided(n, out, coordinate, nearest) for n, out in zip(data.shape[2:], sizes)):
                continue
            attrs = dict(base, mode="nearest", coordinate_transformation_mode=coordinate, nearest_mode=nearest)
            case("Interpolate", attrs, [data, Const(sizes), Const([2, 3])])
    for sizes in ([3, 4], [2, 9], [8, 3]):
        # The CPU plugin of 2026.4 ignores antialias.
        attrs = dict(base, mode="linear", antialias=True, coordinate_transformation_mode="half_pixel")
        inputs = [data, Const(sizes), Const([2, 3])]
        case("Interpolate", attrs, inputs, (1e-4, 1e-4), expected=folded("Interpolate", attrs, inputs))
    for mode, sizes in itertools.product(("bilinear_pillow", "bicubic_pillow"), ([3, 4], [8, 9], [5, 2], [11, 3])):
        attrs = dict(base, mode=mode, cube_coeff=-0.5, coordinate_transformation_mode="half_pixel")
        case("Interpolate", attrs, [data, Const(sizes), Const([2, 3])], (1e-4, 1e-4))
    for scales in ([1.5, 0.5], [2, 2], [0.4, 1.0]):
        for mode in ("nearest", "linear_onnx"):
            attrs = dict(base, mode=mode, shape_calculation_mode="scales",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor")
            case("Interpolate", attrs, [data, Const(scales, np.float32), Const([2, 3])], (1e-4, 1e-4))
    attrs = dict(base, mode="linear_onnx", pads_begin=[0, 0, 1, 0], pads_end=[0, 0, 2, 1])
    case("Interpolate", attrs, [data, Const([12, 4]), Const([2, 3])], (1e-4, 1e-4))


def attention():
    for causal in (True, False):
        case("ScaledDotProductAttention", {"causal": causal}, [real(2, 3, 4, 8), real(2, 3, 5, 8), real(2, 3, 5, 6)], (1e-4, 1e-5))
    query, key, value = real(2, 3, 4, 8), real(2, 3, 5, 8), real(2, 3, 5, 8)
    case("ScaledDotProductAttention", {"causal": False}, [query, key, value, real(4, 5)], (1e-4, 1e-5))
    case("ScaledDotProductAttention", {"causal": False}, [query, key, value, real(2, 1, 4, 5)], (1e-4, 1e-5))
    allowed = RNG.random((4, 5)) < 0.7
    allowed[:, 0] = True
    case("ScaledDotProductAttention", {"causal": False}, [query, key, value, allowed], (1e-4, 1e-5))
    case("ScaledDotProductAttention", {"causal": False},
         [query, key, value, real(4, 5), Const(0.3, np.float32)], (1e-4, 1e-5))


def recurrent():
    """Lengths that end before the last step, where the CPU plugin takes them into account."""
    def cell(gates, size, units, directions, biases):
        shapes = (gates * units, size), (gates * units, units), (biases * units,)
        return [Const(0.4 * real(directions, *shape), np.float32) for shape in shapes]
    for direction, directions in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
        for lengths in ([6, 6, 6], [6, 2, 4]):
            data, states = real(3, 6, 5), [real(3, directions, 4) for _ in range(2)]
            base = {"direction": direction, "hidden_size": 4}
            ends = np.array(lengths, np.int32)
            case("LSTMSequence", base, [data, *states, ends, *cell(4, 5, 4, directions, 4)], (1e-4, 1e-5),
                 ov_attrs=dict(base, activations=["sigmoid", "tanh", "tanh"]))
            for after in (True, False):
                attrs = dict(base, linear_before_reset=after)
                inputs = [data, states[0], ends, *cell(3, 5, 4, directions, 4 if after else 3)]
                case("GRUSequence", attrs, inputs, (1e-4, 1e-5),
                     ov_attrs=dict(attrs, activations=["sigmoid", "tanh"]))


def types():
    """Types that the CPU plugin does not compute in themselves."""
    windows = lambda x, k: np.lib.stride_tricks.sliding_window_view(x, k, axis=2)
    ones = {"strides": [1], "dilations": [1], "pads_begin": [0], "pads_end": [0]}
    for dtype in (np.int8, np.uint8, np.int32, np.int64, np.float16, np.float64):
        high = 2**40 if dtype == np.int64 else 100
        x, w = whole(0, high, 2, 3, 8, dtype=dtype), whole(0 if dtype is np.uint8 else -3, 4, 2, 3, 3, dtype=dtype)
        wide = np.float64 if np.dtype(dtype).kind == "f" else np.int64
        y = np.einsum("nilk,oik->nol", windows(x.astype(wide), 3), w.astype(wide)).astype(dtype)
        case("Convolution", ones, [x, w], expected=[y])
        most = windows(x, 3).max(-1)
        case("MaxPool", dict(ones, kernel=[3]), [x], expected=[most, None])
        mean = windows(x.astype(np.float64), 3).mean(-1)
        mean = (mean if wide == np.float64 else np.rint(mean)).astype(dtype)
        pool = {name: value for name, value in ones.items() if name != "dilations"}
        case("AvgPool", dict(pool, kernel=[3], **{"exclude-pad": True}), [x], (1e-15, 0), expected=[mean])
    nan = np.array([[[1, np.nan, 3, 2, 5]]], np.float32)
    case("MaxPool", dict(ones, kernel=[2]), [nan], expected=[windows(nan, 2).max(-1), None])
    case("NonZero", {"output_type": "i64"}, [np.array(3, np.float32)])


def main():
    for part in (types, indexing, convolutions, pools, norms, resizing, attention,
                 recurrent):
        part()


if __name__ == "__main__":
    sys.exit(main())
