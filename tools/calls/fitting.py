# SPDX-License-Identifier: Apache-2.0
"""Arguments that fit each other, for functions whose random arguments would hardly ever do: each takes
a Draw and gives some or all arguments of a call."""

import numpy as np

FITTING = {}


def fits(*names):
    def note(function):
        for name in names:
            FITTING[name] = function
        return function
    return note


FLOATS = ("float32", "float32", "float32", "float64", "float16", "bfloat16")


def some(draw, options):
    """Those of the options that a coin keeps."""
    return {name: value for name, value in options.items() if draw.chance(0.6)}


def window(draw, rank):
    return draw.pick((1, 2, 3)) if draw.chance(0.6) else tuple(1 + draw.below(3)
                                                               for _ in range(rank))


def image_like(draw, rank, channels, dtype=None, least=1):
    spatial = [least + draw.below(9) for _ in range(rank)]
    batch = draw.pick((0, 1, 2, 3))
    if draw.chance(0.4):
        return draw.tensor((batch, channels, *spatial), dtype or draw.pick(FLOATS)), "channels_first"
    return draw.tensor((batch, *spatial, channels), dtype or draw.pick(FLOATS)), "channels_last"


# ---- nn ------------------------------------------------------------------------------------------


@fits("nn.conv")
def conv(draw):
    rank, groups = 1 + draw.below(3), draw.pick((1, 1, 1, 2, 3))
    inputs = groups * (1 + draw.below(4))
    x, layout = image_like(draw, rank, inputs, least=2)
    kernel = [1 + draw.below(3) for _ in range(rank)]
    found = {"inputs": x, "data_format": layout, "kernel": draw.tensor(
        (*kernel, inputs // groups, groups * (1 + draw.below(5))), x.dtype)}
    step = "strides" if draw.chance(0.5) else "dilation_rate"
    return {**found, **some(draw, {step: window(draw, rank), "padding": draw.pick(("valid", "same"))})}


@fits("nn.depthwise_conv")
def depthwise(draw):
    rank, channels = 1 + draw.below(2), 1 + draw.below(5)
    x, layout = image_like(draw, rank, channels, least=2)
    kernel = [1 + draw.below(3) for _ in range(rank)]
    return {"inputs": x, "data_format": layout,
            "kernel": draw.tensor((*kernel, channels, 1 + draw.below(2)), x.dtype),
            **some(draw, {"strides": draw.pick((1, 2)), "padding": draw.pick(("valid", "same"))})}


@fits("nn.separable_conv")
def separable(draw):
    found = depthwise(draw)
    kernel = found.pop("kernel")
    channels = kernel.array.shape[-2] * kernel.array.shape[-1]
    ones = (1,) * (kernel.array.ndim - 2)
    return {**found, "depthwise_kernel": kernel,
            "pointwise_kernel": draw.tensor((*ones, channels, 1 + draw.below(4)), kernel.dtype)}


@fits("nn.conv_transpose")
def conv_transpose(draw):
    rank, inputs = 1 + draw.below(3), 1 + draw.below(4)
    x, layout = image_like(draw, rank, inputs)
    kernel = [1 + draw.below(3) for _ in range(rank)]
    return {"inputs": x, "data_format": layout,
            "kernel": draw.tensor((*kernel, 1 + draw.below(5), inputs), x.dtype),
            **some(draw, {"strides": window(draw, rank), "padding": draw.pick(("valid", "same"))})}


@fits("nn.max_pool", "nn.average_pool")
def pool(draw):
    rank = 1 + draw.below(3)
    x, layout = image_like(draw, rank, 1 + draw.below(5), least=2)
    return {"inputs": x, "pool_size": window(draw, rank), "data_format": layout,
            **some(draw, {"strides": window(draw, rank), "padding": draw.pick(("valid", "same"))})}


@fits("nn.adaptive_average_pool", "nn.adaptive_max_pool")
def adaptive(draw):
    rank = 1 + draw.below(3)
    x, layout = image_like(draw, rank, 1 + draw.below(4))
    return {"inputs": x, "output_size": window(draw, rank), "data_format": layout}


@fits("nn.depth_to_space", "nn.space_to_depth")
def blocks(draw):
    block = 2 + draw.below(2)
    shape = (1 + draw.below(2), block * 2, block, block * block * (1 + draw.below(2)))
    return {"x": draw.tensor(shape), "block_size": block}


@fits("nn.batch_normalization")
def batch_normalization(draw):
    x = draw.tensor(draw.shape(1, 4), draw.pick(FLOATS))
    axis = draw.below(x.array.ndim)
    vector = (x.array.shape[axis],)
    return {"x": x, "axis": axis - draw.pick((0, x.array.ndim)), "mean": draw.tensor(vector, x.dtype),
            "variance": draw.tensor(vector, x.dtype, 0.1, 2),
            **some(draw, {"offset": draw.tensor(vector, x.dtype),
                          "scale": draw.tensor(vector, x.dtype)})}


@fits("nn.dot_product_attention")
def attention(draw):
    batch, queries, keys = draw.below(3), 1 + draw.below(5), 1 + draw.below(5)
    heads, size, dtype = draw.pick((1, 2, 4)), 1 + draw.below(8), draw.pick(FLOATS)
    shared = heads if draw.chance(0.7) else 1
    return {"query": draw.tensor((batch, queries, heads, size), dtype, -1, 1),
            "key": draw.tensor((batch, keys, shared, size), dtype, -1, 1),
            "value": draw.tensor((batch, keys, shared, size), dtype, -1, 1),
            **some(draw, {"mask": draw.tensor((batch, heads, queries, keys), "bool"),
                          "scale": 0.5})}


@fits("nn.categorical_crossentropy", "nn.binary_crossentropy")
def crossentropy(draw):
    shape, dtype = draw.shape(1, 3), draw.pick(FLOATS)
    return {"target": draw.tensor(shape, dtype, 0, 1), "output": draw.tensor(shape, dtype, 0, 1)}


@fits("nn.sparse_categorical_crossentropy")
def sparse_crossentropy(draw):
    shape, classes = draw.shape(0, 2), 1 + draw.below(5)
    return {"target": draw.tensor(shape, "int32", 0, classes - 1),
            "output": draw.tensor((*shape, classes), draw.pick(FLOATS), 0, 1)}


@fits("nn.one_hot", "nn.multi_hot")
def one_hot(draw):
    name = draw.pick(("x", "inputs"))
    return {name: draw.tensor(draw.shape(0, 3), "int32", -1, 5), "num_classes": draw.pick((0, 1, 4, 6))}


FITTING["nn.one_hot"] = lambda draw: {"x": draw.tensor(draw.shape(0, 3), "int32", -1, 5),
                                      "num_classes": draw.pick((0, 1, 4, 6))}
FITTING["nn.multi_hot"] = lambda draw: {"inputs": draw.tensor(draw.shape(1, 3), "int32", 0, 5),
                                        "num_classes": draw.pick((0, 1, 4, 6))}


@fits("nn.unfold")
def unfold(draw):
    return {"x": draw.tensor((draw.below(3), 1 + draw.below(3), 4 + draw.below(4), 4 + draw.below(4)),
                             draw.pick(FLOATS)), "kernel_size": window(draw, 2),
            **some(draw, {"stride": window(draw, 2), "padding": draw.below(2)})}


@fits("nn.fold")
def fold(draw):
    height, width, kernel = 3 + draw.below(4), 3 + draw.below(4), 1 + draw.below(3)
    places = (height - kernel + 1) * (width - kernel + 1)
    return {"x": draw.tensor((1 + draw.below(2), kernel * kernel * (1 + draw.below(3)), places),
                             draw.pick(FLOATS)),
            "output_size": (height, width), "kernel_size": kernel}


@fits("nn.ctc_loss")
def ctc_loss(draw):
    batch, labels, steps, classes = 1 + draw.below(3), 1 + draw.below(3), 4 + draw.below(4), 4
    return {"target": draw.tensor((batch, labels), "int32", 1, classes - 1),
            "output": draw.tensor((batch, steps, classes), "float32", -1, 1),
            "target_length": draw.tensor((batch,), "int32", 0, labels),
            "output_length": draw.tensor((batch,), "int32", 1, steps)}


@fits("nn.ctc_decode")
def ctc_decode(draw):
    batch, steps = 1 + draw.below(3), 3 + draw.below(4)
    return {"inputs": draw.tensor((batch, steps, 4), "float32", -1, 1),
            "sequence_lengths": draw.tensor((batch,), "int32", 1, steps)}


# ---- rnn ----------------------------------------------------------------------------------------


def recurrent(draw, gates, states):
    batch, steps, features, units = 1 + draw.below(3), draw.below(5), 1 + draw.below(4), 1 + draw.below(4)
    dtype = draw.pick(FLOATS)
    names = ("initial_state",) if states == 1 else ("initial_state_h", "initial_state_c")
    return {"inputs": draw.tensor((batch, steps, features), dtype, -1, 1),
            **{name: draw.tensor((batch, units), dtype, -1, 1) for name in names},
            "kernel": draw.tensor((features, gates * units), dtype, -1, 1),
            "recurrent_kernel": draw.tensor((units, gates * units), dtype, -1, 1),
            **some(draw, {"mask": draw.tensor((batch, steps), "bool"), "reset_after": False})}


def gru(draw):
    found = recurrent(draw, 3, 1)
    width = found["kernel"].array.shape[1]
    if draw.chance(0.5):
        shape = (2, width) if found.get("reset_after", True) else (width,)
        found["bias"] = draw.tensor(shape, found["inputs"].dtype, -1, 1)
    return found


def lstm(draw):
    found = recurrent(draw, 4, 2)
    found.pop("reset_after", None)
    if draw.chance(0.5):
        width = found["kernel"].array.shape[1:]
        found["bias"] = draw.tensor(width, found["inputs"].dtype, -1, 1)
    return found


FITTING.update({"rnn.gru": gru, "rnn.lstm": lstm})


# ---- random --------------------------------------------------------------------------------------


def positive(draw):
    return draw.tensor((), draw.pick(FLOATS), 0.1, 5)


def seeded(draw, found):
    seed = draw.tensor((2,), "uint32", 0, 1000)
    return {**found, **some(draw, {"seed": seed})}


def sizes(draw):
    return tuple(int(n) for n in draw.shape(0, 3))


FITTING.update({
    "random.gamma": lambda draw: seeded(draw, {"shape": sizes(draw), "alpha": positive(draw)}),
    "random.beta": lambda draw: seeded(draw, {"shape": sizes(draw), "alpha": positive(draw),
                                              "beta": positive(draw)}),
    "random.binomial": lambda draw: seeded(draw, {
        "shape": sizes(draw), "counts": draw.tensor((), "float32", 0, 9),
        "probabilities": draw.tensor((), "float32", 0, 1)}),
    "random.randint": lambda draw: seeded(draw, {"shape": sizes(draw), "minval": draw.integer(-9, 3),
                                                 "maxval": draw.integer(4, 30)}),
    "random.categorical": lambda draw: seeded(draw, {
        "logits": draw.tensor((draw.size(), 1 + draw.below(6)), "float32"),
        "num_samples": 1 + draw.below(5)}),
})


# ---- core ----------------------------------------------------------------------------------------


@fits("core.slice", "core.slice_update")
def part(draw):
    x = draw.tensor(draw.shape(1, 4))
    start = [draw.below(n + 1) for n in x.array.shape]
    size = tuple(draw.below(n - s + 1) for n, s in zip(x.array.shape, start))
    return {"inputs": x, "start_indices": tuple(start), "shape": size}


FITTING["core.slice_update"] = lambda draw: (lambda found: {
    "inputs": found["inputs"], "start_indices": found["start_indices"],
    "updates": draw.tensor(found["shape"], found["inputs"].dtype)})(part(draw))


def indices(draw, shape, depth, count):
    columns = [draw.rng.integers(0, max(n, 1), size=count) for n in shape[:depth]]
    return np.stack(columns, -1) if columns else np.zeros((count, 0), int)


@fits("core.scatter", "core.scatter_update")
def scatter(draw):
    from draw import Tensor
    shape = tuple(draw.size(1) for _ in range(1 + draw.below(3)))
    depth, count = 1 + draw.below(len(shape)), draw.below(5)
    where = indices(draw, shape, depth, count).astype("int32")
    return {"shape": shape, "indices": Tensor(where, "int32"),
            "values": draw.tensor((count, *shape[depth:]))}


def scatter_update(draw):
    found = scatter(draw)
    return {"inputs": draw.tensor(found["shape"], found["values"].dtype),
            "indices": found["indices"], "updates": found["values"]}


FITTING["core.scatter_update"] = scatter_update


# ---- numpy ---------------------------------------------------------------------------------------


@fits("numpy.matmul", "numpy.inner", "numpy.dot")
def matmul(draw):
    m, k, n = draw.size(), draw.size(), draw.size()
    batch, dtype = draw.shape(0, 2), draw.dtype()
    return {"x1": draw.tensor((*batch, m, k), dtype),
            "x2": draw.tensor((*draw.near(batch), k, n) if draw.chance(0.8) else (k,), dtype)}


@fits("numpy.tensordot")
def tensordot(draw):
    shared, dtype = draw.shape(0, 2), draw.dtype()
    return {"x1": draw.tensor((*draw.shape(0, 2), *shared), dtype), "axes": len(shared),
            "x2": draw.tensor((*shared, *draw.shape(0, 2)), dtype)}


@fits("numpy.where")
def where(draw):
    shape, dtype = draw.shape(), draw.dtype()
    return {"condition": draw.tensor(draw.near(shape), "bool"), "x1": draw.tensor(shape, dtype),
            "x2": draw.tensor(draw.near(shape), dtype)}


@fits("numpy.select")
def select(draw):
    shape, dtype, count = draw.shape(), draw.dtype(), 1 + draw.below(3)
    return {"condlist": [draw.tensor(shape, "bool") for _ in range(count)],
            "choicelist": [draw.tensor(shape, dtype) for _ in range(count)]}


@fits("numpy.clip")
def clip(draw):
    x = draw.tensor()
    return {"x": x, "x_min": draw.integer(-3, 1), "x_max": draw.integer(2, 9)}


@fits("numpy.diag")
def diag(draw):
    return {"x": draw.tensor(draw.shape(1, 2)), **some(draw, {"k": draw.integer(-3, 3)})}


@fits("numpy.moveaxis")
def moveaxis(draw):
    x = draw.tensor(draw.shape(1, 5))
    return {"x": x, "source": draw.axis(x.array.ndim), "destination": draw.axis(x.array.ndim)}


@fits("numpy.correlate")
def correlate(draw):
    dtype = draw.dtype()
    return {"x1": draw.tensor((draw.size(1),), dtype), "x2": draw.tensor((draw.size(1),), dtype),
            "mode": draw.pick(("valid", "same", "full"))}


@fits("numpy.left_shift", "numpy.right_shift", "numpy.bitwise_left_shift",
      "numpy.bitwise_right_shift")
def shift(draw):
    shape, dtype = draw.shape(), draw.pick(("int32", "int8", "uint8", "int16", "uint32", "int64"))
    return {"x": draw.tensor(shape, dtype), "y": draw.tensor(draw.near(shape), dtype, 0, 7)}


@fits("numpy.dsplit", "numpy.vsplit", "numpy.hsplit")
def split_of(draw):
    pieces = 1 + draw.below(3)
    shape = tuple(pieces * draw.below(3) for _ in range(3))
    return {"x": draw.tensor(shape), "indices_or_sections": pieces}


@fits("numpy.bartlett", "numpy.blackman", "numpy.hamming", "numpy.hanning", "numpy.kaiser")
def window_of(draw):
    return {"x": draw.integer(0, 30)}


FITTING["numpy.kaiser"] = lambda draw: {"x": draw.integer(0, 30), "beta": float(draw.below(15))}


@fits("numpy.reshape")
def reshape(draw):
    x = draw.tensor()
    shape = list(x.array.shape)
    draw.rng.shuffle(shape)
    if shape and draw.chance(0.3):
        shape[draw.below(len(shape))] = -1
    return {"x": x, "newshape": tuple(shape) if draw.chance(0.7) else (x.array.size,)}


@fits("numpy.broadcast_to")
def broadcast_to(draw):
    shape = draw.shape()
    return {"x": draw.tensor(draw.near(shape)), "shape": shape}


@fits("numpy.transpose")
def transpose(draw):
    x = draw.tensor()
    return {"x": x, "axes": tuple(int(i) for i in draw.rng.permutation(x.array.ndim))}


@fits("numpy.split", "numpy.array_split")
def split(draw):
    pieces = 1 + draw.below(4)
    shape = list(draw.shape(1, 4))
    axis = draw.below(len(shape))
    shape[axis] = pieces * draw.below(4)
    return {"x": draw.tensor(shape), "axis": axis, "indices_or_sections":
            pieces if draw.chance(0.6) else tuple(sorted(draw.below(9) for _ in range(draw.below(3))))}


@fits("numpy.take")
def take(draw):
    x = draw.tensor(draw.shape(1, 4))
    axis = draw.below(x.array.ndim)
    n = max(x.array.shape[axis], 1)
    return {"x": x, "axis": axis, "indices": draw.tensor(draw.shape(0, 2), "int32", -n, n - 1)}


@fits("numpy.take_along_axis")
def take_along_axis(draw):
    x = draw.tensor(draw.shape(1, 4))
    axis = draw.below(x.array.ndim)
    n = x.array.shape[axis]
    shape = [*x.array.shape[:axis], draw.below(5), *x.array.shape[axis + 1:]]
    return {"x": x, "axis": axis, "indices": draw.tensor(shape, "int32", -n, max(n - 1, 0))}


@fits("numpy.pad")
def pad(draw):
    x = draw.tensor()
    widths = tuple((draw.below(4), draw.below(4)) for _ in range(x.array.ndim))
    return {"x": x, "pad_width": widths if draw.chance(0.7) else draw.below(4),
            "mode": draw.pick(("constant", "constant", "reflect", "edge", "symmetric", "wrap"))}


@fits("numpy.quantile", "numpy.nanquantile", "numpy.percentile", "numpy.nanpercentile")
def quantile(draw):
    return {"x": draw.tensor(), "q": draw.tensor(draw.shape(0, 1), "float32", 0, 1),
            "method": draw.pick(("linear", "lower", "higher", "midpoint", "nearest"))}


@fits("numpy.bincount")
def bincount(draw):
    return {"x": draw.tensor(draw.shape(1, 2), "int32", 0, 9)}


@fits("numpy.searchsorted", "numpy.digitize")
def searchsorted(draw):
    from draw import Tensor
    dtype = draw.pick(("float32", "int32"))
    ordered = np.sort(draw.tensor((draw.size(1),), dtype, -5, 5).array)
    return {"sorted_sequence": Tensor(ordered, dtype), "values": draw.tensor(None, dtype, -6, 6)}


FITTING["numpy.digitize"] = lambda draw: (lambda found: {
    "x": found["values"], "bins": found["sorted_sequence"]})(searchsorted(draw))


@fits("numpy.arange")
def arange(draw):
    return {"start": draw.integer(-9, 9), **some(draw, {"stop": draw.integer(-9, 20),
                                                        "step": draw.integer(-3, 3)})}


@fits("numpy.meshgrid")
def meshgrid(draw):
    return {"x": [draw.tensor((draw.size(),)) for _ in range(1 + draw.below(3))]}


@fits("numpy.cross")
def cross(draw):
    shape = (*draw.shape(0, 2), draw.pick((2, 3)))
    return {"x1": draw.tensor(shape), "x2": draw.tensor(shape)}


@fits("numpy.einsum")
def einsum(draw):
    m, k, n = (1 + draw.below(5) for _ in range(3))
    shapes = {"ij,jk->ik": [(m, k), (k, n)], "bij,bjk->bik": [(2, m, k), (2, k, n)], "ii": [(m, m)],
              "i,i": [(k,), (k,)], "...ij->...ji": [draw.shape(2, 4)], "ij,kj->": [(m, k), (n, k)],
              "abc,cd,db->a": [(m, k, n), (n, 2), (2, k)]}
    subscripts = draw.pick(sorted(shapes))
    dtype = draw.pick(FLOATS)
    return {"subscripts": subscripts, "operands": [draw.tensor(s, dtype) for s in shapes[subscripts]]}


# ---- math, linalg --------------------------------------------------------------------------------


@fits("math.fft", "math.fft2", "math.ifft2")
def fourier(draw):
    shape = (*draw.shape(0, 1), 1 + draw.below(9), 1 + draw.below(17))
    return {"x": [draw.tensor(shape, "float32", -1, 1) for _ in range(2)]}


@fits("math.irfft")
def irfft(draw):
    return {**fourier(draw), **some(draw, {"fft_length": 1 + draw.below(20)})}


@fits("math.rfft")
def rfft(draw):
    return {"x": draw.tensor((*draw.shape(0, 2), 1 + draw.below(17)), "float32", -1, 1),
            **some(draw, {"fft_length": 1 + draw.below(20)})}


@fits("math.stft")
def stft(draw):
    length = 2 + draw.below(6)
    return {"x": draw.tensor((1 + draw.below(2), 20), "float32", -1, 1), "sequence_length": length,
            "sequence_stride": 1 + draw.below(3), "fft_length": length + draw.below(5)}


@fits("math.istft")
def istft(draw):
    bins, length = 2 + draw.below(4), 2 * (1 + draw.below(2))
    shape = (1 + draw.below(2), 6, bins)
    return {"x": [draw.tensor(shape, "float32", -1, 1) for _ in range(2)], "sequence_length": length,
            "sequence_stride": 1 + draw.below(2), "fft_length": 2 * (bins - 1)}


@fits("math.segment_sum", "math.segment_prod", "math.segment_max", "math.segment_min")
def segments(draw):
    x = draw.tensor(draw.shape(1, 3))
    return {"data": x, "segment_ids": draw.tensor(x.array.shape[:1], "int32", 0, 4),
            "num_segments": draw.pick((5, 6, 9))}


@fits("math.top_k")
def top_k(draw):
    x = draw.tensor(draw.shape(1, 3))
    return {"x": x, "k": draw.below(x.array.shape[-1] + 1)}


@fits("math.in_top_k")
def in_top_k(draw):
    rows, classes = draw.size(), 1 + draw.below(7)
    return {"targets": draw.tensor((rows,), "int32", 0, classes - 1), "k": 1 + draw.below(classes),
            "predictions": draw.tensor((rows, classes), "float32", -1, 1)}


@fits("math.extract_sequences")
def extract_sequences(draw):
    return {"x": draw.tensor((*draw.shape(0, 2), 5 + draw.below(9))),
            "sequence_length": 1 + draw.below(5), "sequence_stride": 1 + draw.below(4)}


@fits("math.cdist")
def cdist(draw):
    k, batch = draw.size(), draw.shape(0, 1)
    return {"x": draw.tensor((*batch, draw.size(), k), "float32"),
            "y": draw.tensor((*batch, draw.size(), k), "float32")}


MATRIX_TYPES = ("float32", "float64", "complex64", "complex128")


def matrices(draw, definite=False):
    from draw import Tensor
    n, dtype = draw.below(6), draw.pick(MATRIX_TYPES)
    x = draw.tensor((*draw.shape(0, 1), n, n), dtype, -1, 1).array
    if definite:
        x = (x @ np.swapaxes(x.conj(), -1, -2) + np.eye(n)).astype(dtype)
    else:
        x = (x + 2 * np.eye(n)).astype(dtype)
    return Tensor(x, dtype)


@fits("linalg.cholesky", "linalg.eigh")
def definite(draw):
    return {"x": matrices(draw, True)}


@fits("linalg.det", "linalg.inv", "linalg.lu_factor", "linalg.matrix_power", "linalg.cholesky_inverse",
      "math.logdet", "numpy.slogdet", "linalg.eig")
def square(draw):
    return {"x": matrices(draw)}


FITTING["linalg.matrix_power"] = lambda draw: {"x": matrices(draw), "n": draw.below(9) - 4}


@fits("linalg.solve", "linalg.solve_triangular")
def solve(draw):
    a = matrices(draw)
    return {"a": a, "b": draw.tensor((*a.array.shape[:-1], draw.below(4)), a.dtype, -1, 1)}


@fits("linalg.lstsq")
def lstsq(draw):
    m, n, dtype = draw.below(6), draw.below(6), draw.pick(MATRIX_TYPES)
    return {"a": draw.tensor((m, n), dtype, -1, 1),
            "b": draw.tensor((m, draw.below(3)) if draw.chance(0.5) else (m,), dtype, -1, 1)}


@fits("linalg.svd", "linalg.qr", "linalg.pinv", "linalg.matrix_rank")
def any_matrix(draw):
    return {"x": draw.tensor((*draw.shape(0, 1), draw.below(6), draw.below(6)),
                             draw.pick(MATRIX_TYPES), -1, 1)}


# ---- image ---------------------------------------------------------------------------------------


def image(draw, channels=3):
    x, layout = image_like(draw, 2, channels, draw.pick(("float32", "float32", "uint8", "float16")))
    return {"images": x, "data_format": layout}


for _name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb", "sobel_edges"):
    FITTING["image." + _name] = image


@fits("image.resize")
def resize(draw):
    return {**image(draw, 1 + draw.below(3)), "size": (1 + draw.below(9), 1 + draw.below(9)),
            "interpolation": draw.pick(("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"))}


@fits("image.gaussian_blur")
def gaussian_blur(draw):
    return {**image(draw), "kernel_size": (1 + 2 * draw.below(2), 3), "sigma": [1.0, 0.5]}


@fits("image.affine_transform")
def affine(draw):
    found = image(draw)
    transform = draw.tensor((found["images"].array.shape[0], 8), "float32", -1, 1)
    if draw.chance(0.7):
        transform.array[:, 6:] = 0
    return {**found, "transform": transform,
            "interpolation": draw.pick(("nearest", "bilinear"))}


@fits("image.perspective_transform")
def perspective(draw):
    found = image(draw)
    points = (found["images"].array.shape[0], 4, 2)
    return {**found, "start_points": draw.tensor(points, "float32", 0, 8),
            "end_points": draw.tensor(points, "float32", 0, 8),
            "interpolation": draw.pick(("nearest", "bilinear"))}


@fits("image.compute_homography_matrix")
def homography(draw):
    points = (1 + draw.below(3), 4, 2)
    return {"start_points": draw.tensor(points, "float32", 0, 8),
            "end_points": draw.tensor(points, "float32", 0, 8)}


@fits("image.map_coordinates")
def map_coordinates(draw):
    rank = 1 + draw.below(3)
    x = draw.tensor([draw.size(1) for _ in range(rank)], draw.pick(("float32", "int32", "uint8")))
    return {"inputs": x, "coordinates": draw.tensor((rank, *draw.shape(1, 2)), "float32", -3, 12),
            "order": draw.below(2)}


@fits("image.scale_and_translate")
def scale_and_translate(draw):
    x = draw.tensor((1 + draw.below(2), 2 + draw.below(5), 2 + draw.below(5), 2), "float32")
    return {"images": x, "output_shape": (x.array.shape[0], 3, 4, 2), "spatial_dims": (1, 2),
            "scale": draw.tensor((2,), "float32", 0.5, 2),
            "translation": draw.tensor((2,), "float32", -1, 1),
            "method": draw.pick(("linear", "bilinear", "cubic", "lanczos3", "lanczos5"))}


@fits("image.elastic_transform")
def elastic(draw):
    return {**image(draw), "interpolation": draw.pick(("nearest", "bilinear"))}
