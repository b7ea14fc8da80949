# SPDX-License-Identifier: Apache-2.0
"""The exactness column and what the engine proves of values: on the device CPU, integers and bool are what
kov computes itself, bit for bit, whatever part of a graph OpenVINO takes. Where it takes nothing, the
column says so; a list below keeps the test from becoming empty."""

import numpy as np
import pytest

kov = pytest.importorskip("kov_library")
ov = pytest.importorskip("openvino")
if kov.lib is None:
    pytest.skip("libkov.so is not built", allow_module_level=True)

import openvino.opset15 as op

TYPES = "int8 int16 int32 int64 uint8 uint16 uint32".split()


def awkward(dtype):
    """Twelve numbers: limits, what wraps around, what float32 cannot count."""
    if dtype == "bool":
        return np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1], bool)
    if np.dtype(dtype).kind == "f":
        return np.array(
            [0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, np.inf, -np.inf, 3e38, 1e-30, 16777217], dtype
        )
    info = np.iinfo(dtype)
    numbers = [info.max, info.min, info.max - 1, info.min + 1, 2**24 + 1, 2**24, 1, 0, 7, 100, 3, 2]
    return np.array([n if info.min <= n <= info.max else n % 97 for n in numbers], dtype)


def small(dtype):
    return (awkward(dtype) % np.array(11, dtype)).astype(dtype)


def i64(*numbers):
    return np.array(numbers, np.int64)


def zero(like):
    return op.constant(np.zeros((), like.get_element_type().to_dtype()))


def _unary(f):
    return lambda dtype: (f, [awkward(dtype)])


def _binary(f):
    return lambda dtype: (f, [awkward(dtype), np.roll(awkward(dtype), 3)])


def _divide(f):
    return lambda dtype: (f, [awkward(dtype), np.maximum(np.roll(small(dtype), 3), 1).astype(dtype)])


def _grid(f):
    return lambda dtype: (f, [awkward(dtype).reshape(3, 4)])


ARITHMETIC = {
    "add": _binary(op.add),
    "subtract": _binary(op.subtract),
    "multiply": _binary(op.multiply),
    "divide": _divide(op.divide),
    "power": lambda dtype: (op.power, [awkward(dtype), np.maximum(small(dtype), 0).astype(dtype)]),
    "floor_mod": _divide(op.floor_mod),
    "mod": _divide(op.mod),
    "maximum": _binary(op.maximum),
    "minimum": _binary(op.minimum),
    "squared_difference": _binary(op.squared_difference),
    "abs": _unary(op.abs),
    "sign": _unary(op.sign),
    "relu": _unary(op.relu),
    "clamp": _unary(lambda a: op.clamp(a, 1, 100)),
    "reduce_sum": _grid(lambda a: op.reduce_sum(a, i64(1), False)),
    "reduce_prod": _grid(lambda a: op.reduce_prod(a, i64(1), False)),
    "reduce_max": _grid(lambda a: op.reduce_max(a, i64(1), False)),
    "reduce_min": _grid(lambda a: op.reduce_min(a, i64(0), True)),
    "cum_sum": _grid(lambda a: op.cum_sum(a, np.int64(1))),
    "mat_mul": lambda dtype: (
        lambda a, b: op.matmul(a, b, False, False),
        [awkward(dtype).reshape(3, 4), small(dtype).reshape(4, 3)],
    ),
    "top_k": _grid(lambda a: list(op.topk(a, np.int64(2), 1, "max", "value", "i32").outputs())),
}
COMPARISONS = {
    name: _binary(getattr(op, name))
    for name in "equal not_equal greater greater_equal less less_equal".split()
}
BITS = {
    "bitwise_and": _binary(op.bitwise_and),
    "bitwise_or": _binary(op.bitwise_or),
    "bitwise_xor": _binary(op.bitwise_xor),
    "bitwise_not": _unary(op.bitwise_not),
}
LOGIC = {
    "logical_and": _binary(op.logical_and),
    "logical_or": _binary(op.logical_or),
    "logical_xor": _binary(op.logical_xor),
    "logical_not": _unary(op.logical_not),
    "reduce_and": _grid(lambda a: op.reduce_logical_and(a, i64(1), False)),
    "reduce_or": _grid(lambda a: op.reduce_logical_or(a, i64(1), False)),
}
MOVES = {
    "select": lambda dtype: (
        lambda c, a, b: op.select(c, a, b),
        [awkward("bool"), awkward(dtype), np.roll(awkward(dtype), 5)],
    ),
    "reshape": _unary(lambda a: op.reshape(a, i64(4, 3), False)),
    "transpose": _grid(lambda a: op.transpose(a, i64(1, 0))),
    "broadcast": _unary(lambda a: op.broadcast(a, i64(2, 12))),
    "tile": _grid(lambda a: op.tile(a, i64(2, 1))),
    "concat": _binary(lambda a, b: op.concat([a, b], 0)),
    "split": _grid(lambda a: list(op.split(a, np.int64(1), 2).outputs())),
    "slice": _grid(lambda a: op.slice(a, i64(3), i64(-9), i64(-2), i64(1))),
    "strided_slice": _grid(lambda a: op.strided_slice(a, i64(0, 1), i64(3, 4), i64(2, 1), [0, 0], [0, 0])),
    "pad": _unary(lambda a: op.pad(a, i64(2), i64(1), "constant")),
    "roll": _unary(lambda a: op.roll(a, i64(3), i64(0))),
    "gather": _grid(lambda a: op.gather(a, np.array([2, -1, 0], np.int32), np.int64(0))),
    "gather_nd": _grid(lambda a: op.gather_nd(a, np.array([[2, 1], [0, 3]], np.int32))),
    "gather_elements": _grid(lambda a: op.gather_elements(a, np.array([[3, 1], [0, 0], [2, 2]], np.int32), 1)),
    "scatter_update": lambda dtype: (
        lambda a, u: op.scatter_update(a, i64(2, 0), u, np.int64(0)),
        [awkward(dtype).reshape(3, 4), small(dtype)[:8].reshape(2, 4)],
    ),
    "scatter_nd": lambda dtype: (
        lambda a, u: op.scatter_nd_update(a, i64([2], [0]), u),
        [awkward(dtype).reshape(3, 4), small(dtype)[:8].reshape(2, 4)],
    ),
    "scatter_elements": lambda dtype: (
        lambda a, u: op.scatter_elements_update(a, i64([3, 1], [0, 1], [2, 0]), u, np.int64(1)),
        [awkward(dtype).reshape(3, 4), small(dtype)[:6].reshape(3, 2)],
    ),
    "scatter_elements_sum": lambda dtype: (
        lambda a, u: op.scatter_elements_update(a, i64([3, 1], [0, 1], [2, 0]), u, np.int64(1), "sum", True),
        [awkward(dtype).reshape(3, 4), small(dtype)[:6].reshape(3, 2)],
    ),
    "non_zero": _grid(lambda a: op.non_zero(a, "i32")),
    "unique": _unary(lambda a: list(op.unique(a, None, True, "i32", "i32").outputs())),
}
# Chains that OpenVINO computes in one kernel, in float32 if a member needs it.
CHAINS = {
    "less_select": _binary(lambda a, b: op.select(op.less(a, op.multiply(b, b)), op.add(a, b), b)),
    "equal_select": _binary(lambda a, b: op.select(op.equal(a, b), b, op.multiply(a, b))),
    "select_add": _binary(lambda a, b: op.add(op.select(op.greater(a, b), a, b), b)),
    "maximum_minimum": _binary(lambda a, b: op.minimum(op.maximum(op.multiply(a, b), zero(a)), b)),
    "multiply_clamp": _binary(lambda a, b: op.clamp(op.multiply(a, b), 0, 100)),
    "multiply_relu": _binary(lambda a, b: op.relu(op.multiply(a, b))),
}
EXACT_FLOATS = {
    "abs": _unary(op.abs),
    "sign": _unary(op.sign),
    "floor": _unary(op.floor),
    "ceiling": _unary(op.ceiling),
    "negative": _unary(op.negative),
    "round": _unary(lambda a: op.round(a, "half_to_even")),
    "maximum": _binary(op.maximum),
    "minimum": _binary(op.minimum),
    "is_inf": _unary(op.is_inf),
    "is_nan": _unary(op.is_nan),
    "is_finite": _unary(op.is_finite),
    "reduce_max": _grid(lambda a: op.reduce_max(a, i64(1), False)),
    "add": _binary(op.add),
    "multiply": _binary(op.multiply),
}


def cases():
    groups = [
        (ARITHMETIC, TYPES),
        (CHAINS, TYPES),
        (COMPARISONS, TYPES + ["float32", "bool"]),
        (BITS, TYPES),
        (LOGIC, ["bool"]),
        (MOVES, TYPES + ["bool", "float32", "float16"]),
        (EXACT_FLOATS, ["float32"]),
    ]
    for rows, types in groups:
        for name, make in rows.items():
            for dtype in types:
                yield pytest.param(make, dtype, id=f"{name}-{dtype}")
    for a in TYPES + ["bool", "float32"]:
        for b in TYPES + ["bool", "float32"]:
            if a != b:
                convert = lambda x, b=b: op.convert(x, kov_name(b))
                values = small if a == "float32" and b != "bool" else awkward
                yield pytest.param(lambda d, f=convert, v=values: (f, [v(d)]), a, id=f"convert_{b}-{a}")


def kov_name(dtype):
    kind = np.dtype(dtype)
    return "boolean" if kind == bool else f"{kind.kind}{kind.itemsize * 8}"


def build(tmp_path, make, dtype):
    f, inputs = make(dtype)
    parameters = [op.parameter(list(x.shape), x.dtype.type, name=f"x{i}") for i, x in enumerate(inputs)]
    outputs = f(*parameters)
    outputs = outputs if isinstance(outputs, list) else [outputs.output(0)]
    path = tmp_path / "m.xml"
    ov.save_model(ov.Model(outputs, parameters), path, compress_to_fp16=False)
    return kov.Graph.from_file(path), inputs


@pytest.mark.parametrize("make, dtype", list(cases()))
def test_device_cpu_is_exact(tmp_path, make, dtype):
    try:
        graph, inputs = build(tmp_path, make, dtype)
    except RuntimeError as error:
        pytest.skip(f"OpenVINO's set does not take {dtype}: {str(error)[:60]}")
    want = kov.Plan(graph, "NATIVE")(*inputs)
    have = kov.Plan(graph, "CPU")(*inputs)
    for a, b in zip(have, want):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
        if a.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


# What must not be left to kov alone: types and operations that models on OpenVINO live by.
TAKEN = [
    *[(make, "int32") for name, make in ARITHMETIC.items()],
    *[(make, "int32") for make in COMPARISONS.values()],
    *[(make, "int32") for make in CHAINS.values()],
    (COMPARISONS["equal"], "uint16"),
    (COMPARISONS["equal"], "float32"),
    (LOGIC["logical_and"], "bool"),
    (MOVES["select"], "int32"),
    (MOVES["gather"], "float32"),
    (MOVES["gather"], "int32"),
    (MOVES["concat"], "bool"),
    (MOVES["transpose"], "float16"),
    (EXACT_FLOATS["round"], "float32"),
]


@pytest.mark.parametrize("make, dtype", TAKEN)
def test_openvino_takes(tmp_path, make, dtype):
    graph, _ = build(tmp_path, make, dtype)
    text = kov.Plan(graph, "CPU").text()
    assert "openvino" in text and "native" not in text, text


def _complex_product(x, k):
    """Grouped convolution of complex numbers, as a decomposition says it: parts on the last axis."""
    part = lambda a, i: op.squeeze(op.slice(a, i64(i), i64(i + 1), i64(1), i64(3)), i64(3))
    signal = [op.transpose(part(x, i), i64(0, 2, 1)) for i in (0, 1)]
    filters = [op.unsqueeze(op.transpose(part(k, i), i64(1, 2, 0)), i64(2)) for i in (0, 1)]
    product = lambda i, j: op.group_convolution(signal[i], filters[j], [1], [0], [0], [1])
    return op.concat([op.subtract(product(0, 0), product(1, 1)),
                      op.add(product(0, 1), product(1, 0))], 1)


def test_convolutions_that_share_computed_filters(tmp_path):
    """OpenVINO 2026.4 gets one of them wrong; it is kov's own then."""
    random = np.random.default_rng(1)
    make = lambda dtype: (_complex_product, [random.integers(-3, 4, shape).astype(dtype)
                                             for shape in ((2, 9, 3, 2), (4, 3, 1, 2))])
    graph, (x, k) = build(tmp_path, make, "float32")
    signal, filters = x[..., 0] + 1j * x[..., 1], k[..., 0] + 1j * k[..., 1]
    product = sum(signal[:, i : i + 6] * filters[i, :, 0] for i in range(4)).transpose(0, 2, 1)
    want = np.concatenate([product.real, product.imag], 1)
    for device in ("CPU", "NATIVE"):
        np.testing.assert_array_equal(kov.Plan(graph, device)(x, k)[0], want)


def test_a_transform_longer_than_its_signal(tmp_path):
    """OpenVINO 2026.4 refuses RDFT there, in the run."""
    x = np.arange(27, dtype=np.float32).reshape(3, 9)
    make = lambda dtype: (lambda x: op.rdft(x, i64(1), i64(16)), [x])
    graph, inputs = build(tmp_path, make, "float32")
    want = np.fft.rfft(x.astype(np.float64), 16)
    have = kov.Plan(graph, "CPU")(*inputs)[0]
    np.testing.assert_allclose(have[..., 0] + 1j * have[..., 1], want, atol=1e-3)  # of sums up to 200


@pytest.mark.parametrize("greatest", [np.inf, 7])
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("axis, k", [(1, 4), (0, 2), (1, 2)])
def test_nan_has_its_place_in_an_order(tmp_path, axis, k, mode, greatest):
    """OpenVINO 2026.4 leaves lines unsorted that hold NaN; it counts as the greatest. Beside infinity
    its values are right, its index may be that of the infinity."""
    nan = np.nan
    x = np.array([[1, nan, -2, 5], [nan, nan, 3, -np.inf], [4, 2, greatest, 0.5], [nan] * 4], np.float32)
    make = lambda dtype: (lambda x: op.topk(x, np.int64(k), axis, mode, "value").outputs(), [x])
    graph, inputs = build(tmp_path, make, "float32")
    order = np.sort(x, axis=axis)
    want = np.take(order if mode == "min" else np.flip(order, axis), range(k), axis)
    values, indices = kov.Plan(graph, "CPU")(*inputs)
    np.testing.assert_array_equal(values, want)
    if np.isfinite(greatest):
        np.testing.assert_array_equal(np.take_along_axis(x, indices, axis), want)


@pytest.mark.parametrize("shape, axis", [((0,), 0), ((3, 0), 0), ((0, 3), 0), ((0, 3), 1)])
def test_nothing_is_not_divided_by(tmp_path, shape, axis):
    """Over no element OpenVINO 2026.4 ends the process: Roll and Gather divide by sizes."""
    x = np.zeros(shape, np.float32)
    f = lambda x: op.concat([op.roll(x, i64(1), i64(axis)), op.gather(x, i64(), np.int64(axis))], axis)
    graph, inputs = build(tmp_path, lambda dtype: (f, [x]), "float32")
    assert kov.Plan(graph, "CPU")(*inputs)[0].shape == shape


def test_a_constant_without_elements(tmp_path):
    """OpenVINO 2026.4 ends the process where it reads the first element of such a factor."""
    def f(x):
        floor = op.constant(np.float32(-np.inf))
        return op.add(op.multiply(op.constant(np.zeros((0, 1), np.float32)), op.maximum(x, floor)), x)

    graph, inputs = build(tmp_path, lambda dtype: (f, [np.ones(2, np.float32)]), "float32")
    assert kov.Plan(graph, "CPU")(*inputs)[0].shape == (0, 2)


def _log_of_sum(x):
    return op.log(op.add(op.exp(x), np.float32(1)))


@pytest.mark.parametrize("f", [op.softplus, _log_of_sum], ids=["softplus", "log of a sum"])
def test_what_is_small_beside_one_is_kept(tmp_path, f):
    """OpenVINO 2026.4 makes a SoftPlus of both, without a digit at -16."""
    x = np.array([-80, -20, -16, -9, -5.5, -1, 0, 0.5, 3, 20, 90, np.inf, -np.inf, np.nan], np.float32)
    if f is _log_of_sum:  # as it is written, it has no more than the digits behind 1
        x = x[np.isfinite(x) & (np.abs(x) < 17)]
    graph, inputs = build(tmp_path, lambda dtype: (f, [x]), "float32")
    have, = kov.Plan(graph, "CPU")(*inputs)
    with np.errstate(invalid="ignore"):
        want = np.logaddexp(x.astype(np.float64), 0)
        if f is _log_of_sum:
            want = np.log((1 + np.exp(x)).astype(np.float64))
    np.testing.assert_allclose(have, want, rtol=4 * 2.0**-23)  # four roundings


def test_sums_of_complex_numbers_are_pairwise():
    """One after another, a million numbers of one sign would be off by a hundred units and more."""
    import keras
    from kov import _core

    random = np.random.default_rng(9)
    x = (random.uniform(0, 1, 1000000) + 1j * random.uniform(0, 1, 1000000)).astype("complex64")
    trace = _core.Trace()
    data = trace.input("complex64", (None,))
    trace.enter()
    try:
        results = [keras.ops.sum(data), keras.ops.mean(data)]
    finally:
        trace.exit()
    have = [np.asarray(y) for y in trace.finish(results).compile(device="CPU").run([x])]
    for y, want in zip(have, (x.astype("complex128").sum(), x.astype("complex128").mean())):
        assert abs(y - want) < 20 * 2.0**-24 * abs(want)  # depth of a tree over a million numbers
