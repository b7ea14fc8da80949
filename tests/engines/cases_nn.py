# SPDX-License-Identifier: Apache-2.0
"""Meaningful arguments for the functions of the modules nn and image."""

import numpy as np
from case_kit import ANY, FLOATS, IMAGES, LANES, ONE
from case_kit import Call as C
from case_kit import Spec, exactly

TWO_STEPS = "the judge computes in several rounded steps"
PRODUCTS = dict(ulp=16, of_largest=True, why="sums of products, in another order")
SMOOTH = dict(ulp=16, of_largest=True, why=TWO_STEPS)
SOME = ("float32", "float16", "bfloat16", "float64")
PLANES = [(1, 1, 1, 1), (2, 7, 5, 3), (1, 17, 16, 4), (0, 4, 4, 3), (2, 33, 65, 8)]


def activation(names, **options):
    options = dict(dict(types=FLOATS), **options)
    return {f"nn.{name}": Spec(lambda t: t(), **options) for name in names.split()}


def pools(names):
    calls = (
        lambda t: all(n > 1 for n in t.shape[1:3]) and C(t(), 2),
        lambda t: all(n > 2 for n in t.shape[1:3]) and C(t(), 3, strides=2, padding="same"),
        lambda t: all(n > 2 for n in t.shape[1:3]) and C(t(), (2, 3), strides=1),
        lambda t: all(n > 2 for n in t.shape[1:3]) and C(t(), 3, data_format="channels_first")
        if min(t.shape[2:]) > 2 else None,
        lambda t: t.shape[1] > 3 and C(t(2, t.shape[1], 3), 2, padding="same"),
        lambda t: t.shape[1] == 7 and C(t(2, 5, 7, 6, 3), 2),
    )
    return {f"nn.{name}": Spec(*calls, shapes=PLANES, types=SOME, **PRODUCTS) for name in names.split()}


def _logits(t, *shape):
    return t.float(*shape)


def _probabilities(t, *shape):
    x = np.exp(np.asarray(t.float(*shape), "float32"))
    return (x / x.sum(axis=-1, keepdims=True)).astype(t.float(1).dtype)


def _classes(t, n):
    return t.index(t.shape[:-1], n)


def _coordinates(t):
    """The type of coordinates: where they were float32, so would be the results of float64."""
    return "float64" if t.dtype == "float64" else "float32"


def _points(t, height, width):
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], "float32")
    return (corners + t.of((4, 2), -0.4, 0.4, "float32")).astype(_coordinates(t))


def _image(t, *shape):
    return t.float(*shape, low=0, high=1)


def resize(t):
    return t.ndim == 4 and all(t.shape[1:])


def _sparsemax(x):
    """Martins and Astudillo, 2016. Keras's backends other than kov subtract another threshold where more
    than one element is left: their results do not sum to 1."""
    z = np.sort(x.astype("float64"), axis=-1)[..., ::-1]
    count = np.arange(1, x.shape[-1] + 1)
    total = np.cumsum(z, axis=-1)
    k = np.sum(1 + count * z > total, axis=-1, keepdims=True)
    threshold = (np.take_along_axis(total, k - 1, axis=-1) - 1) / k
    return np.maximum(x - threshold, 0).astype(x.dtype)


INTERPOLATIONS = tuple(
    lambda t, method=method: resize(t) and C(_image(t), (9, 5), interpolation=method)
    for method in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"))

def _layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=1e-7):
    mean, variance = x.mean(axis, keepdims=True), x.var(axis, keepdims=True)
    shape = [n if i in np.atleast_1d(axis) % x.ndim else 1 for i, n in enumerate(x.shape)]
    y = (x - mean) / np.sqrt(variance + epsilon)
    return y if gamma is None else y * gamma.reshape(shape) + beta.reshape(shape)


def _rms_normalization(x, scale=1.0, axis=-1, epsilon=1e-7):
    return x / np.sqrt((x * x).mean(axis, keepdims=True) + epsilon) * scale


CASES = {
    **activation("relu relu6 leaky_relu hard_shrink hard_tanh sparse_sigmoid"),
    **activation("sigmoid tanh silu selu hard_sigmoid hard_silu softplus softsign log_sigmoid tanh_shrink"
                 " soft_shrink sparse_plus squareplus", **SMOOTH),
    "nn.gelu": Spec(lambda t: t(), lambda t: C(t(), approximate=False), types=FLOATS, **SMOOTH),
    "nn.elu": Spec(lambda t: t(), lambda t: C(t(), alpha=0.5), types=FLOATS, **SMOOTH),
    "nn.celu": Spec(lambda t: t(), lambda t: C(t(), alpha=0.5), types=FLOATS, **SMOOTH),
    "nn.threshold": Spec(lambda t: (t(), 0.5, 2.0), types=FLOATS),
    "nn.glu": Spec(lambda t: t(), lambda t: C(t(), axis=0), types=FLOATS,
                   shapes=[(2,), (8,), (4, 6), (2, 0, 4), (10, 130, 68)], **SMOOTH),
    "nn.softmax": Spec(lambda t: t(), lambda t: C(t(), axis=0), lambda t: C(t(), axis=None),
                       types=FLOATS, shapes=LANES, **SMOOTH),
    "nn.log_softmax": Spec(lambda t: t(), lambda t: C(t(), axis=0), types=FLOATS, shapes=LANES, **SMOOTH),
    "nn.sparsemax": Spec(lambda t: t(), types=("float32",), judge=_sparsemax, shapes=[(1,), (7,), (3, 5), (2, 3, 17)], **SMOOTH),
    # ---- convolution and pooling ----
    "nn.conv": Spec(
        lambda t: (t(), t(1, 1, t.last, 5)),
        lambda t: min(t.shape[1:3]) > 3 and C(t(), t(3, 3, t.last, 4), strides=2, padding="same"),
        lambda t: min(t.shape[1:3]) > 4 and C(t(), t(3, 2, t.last, 4), dilation_rate=2),
        lambda t: t.last % 4 == 0 and C(t(), t(3, 3, t.last // 4, 8), padding="same"),
        lambda t: t.shape[1] == 7 and C(t(2, 9, 3), t(4, 3, 5), padding="causal"),
        lambda t: t.shape[1] == 7 and C(t(2, 5, 7, 6, 3), t(2, 3, 2, 3, 4), strides=(1, 2, 1)),
        lambda t: t.shape[1] == 7 and C(t(2, 3, 9, 8), t(3, 3, 3, 4), data_format="channels_first"),
        shapes=PLANES, types=SOME, low=-1, high=1, **PRODUCTS),
    "nn.depthwise_conv": Spec(
        lambda t: min(t.shape[1:3]) > 2 and C(t(), t(3, 3, t.last, 1)),
        lambda t: min(t.shape[1:3]) > 2 and C(t(), t(3, 3, t.last, 2), strides=2, padding="same"),
        lambda t: min(t.shape[1:3]) > 4 and C(t(), t(3, 2, t.last, 1), dilation_rate=2),
        lambda t: t.shape[1] == 7 and C(t(2, 9, 3), t(4, 3, 2)),
        shapes=PLANES, types=SOME, low=-1, high=1, **PRODUCTS),
    "nn.separable_conv": Spec(
        lambda t: min(t.shape[1:3]) > 2 and C(t(), t(3, 3, t.last, 2), t(1, 1, t.last * 2, 5)),
        lambda t: t.shape[1] == 7 and C(t(2, 9, 3), t(4, 3, 1), t(1, 3, 2), padding="same"),
        shapes=PLANES, types=SOME, low=-1, high=1, **PRODUCTS),
    "nn.conv_transpose": Spec(
        lambda t: C(t(), t(3, 3, 4, t.last)),
        lambda t: C(t(), t(3, 3, 4, t.last), strides=2, padding="same"),
        lambda t: t.shape[1] == 7 and C(t(2, 9, 3), t(4, 5, 3), strides=2),
        lambda t: t.shape[1] == 7 and C(t(), t(3, 3, 4, t.last), strides=2, output_padding=1),
        shapes=PLANES, types=SOME, low=-1, high=1, **PRODUCTS),
    **pools("max_pool average_pool"),
    **{f"nn.{name}": Spec(
        lambda t: C(t(), (2, 3)) if min(t.shape[1:3]) > 2 else None,
        lambda t: C(t(), 1),
        lambda t: t.shape[1] == 7 and C(t(2, 3, 9, 8), 4, data_format="channels_first"),
        lambda t: t.shape[1] == 7 and C(t(2, 9, 3), 4),
        shapes=PLANES, types=SOME, **PRODUCTS) for name in ("adaptive_average_pool", "adaptive_max_pool")},
    "nn.depth_to_space": Spec(lambda t: (t(2, 3, 5, 8), 2), lambda t: C(t(1, 12, 3, 2), 2, data_format="channels_first"),
                              shapes=ONE),
    "nn.space_to_depth": Spec(lambda t: (t(2, 4, 6, 3), 2), lambda t: C(t(1, 3, 6, 2), 2, data_format="channels_first"),
                              shapes=ONE),
    # ---- normalisation and attention ----
    "nn.batch_normalization": Spec(
        lambda t: (t(), t(t.last), t(t.last, low=0.5), -1),
        lambda t: C(t(), t(t.last), t(t.last, low=0.5), -1, offset=t(t.last), scale=t(t.last), epsilon=0.01),
        lambda t: t.ndim > 1 and C(t(), t(t.shape[1]), t(t.shape[1], low=0.5), 1, scale=t(t.shape[1])),
        shapes=LANES, types=FLOATS, **SMOOTH),
    "nn.layer_normalization": Spec(
        lambda t: all(t.shape) and t(),
        lambda t: all(t.shape) and C(t(), t(t.last), t(t.last), epsilon=0.01),
        lambda t: t.ndim > 2 and all(t.shape) and C(t(), t(t.shape[0], t.last), t(t.shape[0], t.last), (0, -1)),
        shapes=LANES, types=FLOATS, judge=exactly(_layer_normalization), via="backend", **SMOOTH),
    "nn.rms_normalization": Spec(
        lambda t: all(t.shape) and t(),
        lambda t: all(t.shape) and C(t(), t(t.last), -1, 0.01),
        lambda t: t.ndim > 1 and all(t.shape) and C(t(), t(t.last), (0, -1)),
        shapes=LANES, types=FLOATS, judge=exactly(_rms_normalization), via="backend", **SMOOTH),
    "nn.moments": Spec(lambda t: all(t.shape) and C(t(), 0), lambda t: all(t.shape) and C(
        t(), tuple(range(t.ndim)), keepdims=True), shapes=LANES, types=FLOATS, **PRODUCTS),
    "nn.dot_product_attention": Spec(
        lambda t: (t(2, 5, 4, 8), t(2, 7, 4, 8), t(2, 7, 4, 8)),
        lambda t: C(t(1, 17, 2, 4), t(1, 17, 2, 4), t(1, 17, 2, 4), is_causal=True),
        lambda t: C(t(2, 5, 4, 8), t(2, 7, 4, 8), t(2, 7, 4, 8), bias=t(2, 4, 5, 7), scale=0.3),
        lambda t: C(t(2, 5, 4, 8), t(2, 7, 2, 8), t(2, 7, 2, 8), mask=t.flags(2, 1, 5, 7) | True),
        shapes=ONE, types=SOME, **SMOOTH, judge="jax"),
    "nn.psnr": Spec(lambda t: (t(), t(), 3.0), shapes=[(1,), (7,), (3, 5), (9, 131, 67)], types=("float32",), **SMOOTH),
    # ---- one-hot forms and losses ----
    "nn.one_hot": Spec(lambda t: (t.index(t.shape, 5), 5), lambda t: C(t.index(t.shape, 7, -1), 5, axis=0),
                       lambda t: C(t.index(t.shape, 5), 5, dtype="int32"), types=("int32",)),
    "nn.multi_hot": Spec(lambda t: (t.index(t.shape, 5), 5), lambda t: C(t.index(t.shape, 5), 5, dtype="int32"),
                         types=("int32",), shapes=[(7,), (3, 5), (2, 3, 4)]),
    "nn.categorical_crossentropy": Spec(
        lambda t: (_probabilities(t), _probabilities(t)), lambda t: C(_probabilities(t), _logits(t), from_logits=True),
        shapes=[(7,), (3, 5), (2, 3, 17)], types=FLOATS, **SMOOTH),
    "nn.sparse_categorical_crossentropy": Spec(
        lambda t: (_classes(t, t.last), _probabilities(t)),
        lambda t: C(_classes(t, t.last), _logits(t), from_logits=True),
        shapes=[(3, 5), (1, 7), (2, 3, 17)], types=FLOATS, wider="one_hot is float32 there; Keras says output's",
        **SMOOTH),
    "nn.binary_crossentropy": Spec(
        lambda t: (t.of(t.shape, 0, 1), t.of(t.shape, 0.01, 0.99)),
        lambda t: C(t.of(t.shape, 0, 1), _logits(t), from_logits=True), types=FLOATS, **SMOOTH),
    "nn.unfold": Spec(lambda t: (t(2, 3, 7, 8), 3), lambda t: C(t(1, 2, 9, 8), (2, 3), dilation=2, padding=1, stride=2),
                      shapes=ONE, types=SOME),
    "nn.fold": Spec(lambda t: (t(2, 27, 30), (7, 8), 3), lambda t: C(
        t(1, 12, 12), (9, 8), (2, 3), padding=(1, 0), stride=(3, 2)), shapes=ONE, types=("float32", "float64"), **PRODUCTS),
    "nn.ctc_loss": Spec(
        lambda t: (np.array([[1, 2, 0], [3, 1, 1]], "int32"), t.float(2, 9, 5), np.array([2, 3], "int32"),
                   np.array([9, 8], "int32")), shapes=ONE, types=("float32",), ulp=64, of_largest=True,
        why="a chain of logsumexp over nine steps"),
    "nn.ctc_decode": Spec(
        lambda t: C(t.float(2, 9, 5), np.array([9, 7], "int32"), strategy="greedy"),
        lambda t: C(t.float(2, 6, 4), np.array([6, 5], "int32"), strategy="beam_search", beam_width=5, top_paths=2),
        shapes=ONE, types=("float32",), **SMOOTH, judge="jax"),
    # ---- image ----
    "image.rgb_to_grayscale": Spec(lambda t: _image(t), shapes=IMAGES, types=FLOATS, **SMOOTH),
    "image.rgb_to_hsv": Spec(lambda t: _image(t), shapes=IMAGES, types=FLOATS, **SMOOTH),
    "image.hsv_to_rgb": Spec(lambda t: _image(t), shapes=IMAGES, types=FLOATS, **SMOOTH),
    "image.resize": Spec(
        *INTERPOLATIONS,
        lambda t: resize(t) and C(_image(t), (3, 4), antialias=True),
        lambda t: resize(t) and C(_image(t), (6, 12), crop_to_aspect_ratio=True),
        lambda t: resize(t) and C(_image(t), (6, 12), pad_to_aspect_ratio=True, fill_value=0.5),
        lambda t: t.shape[1] == 7 and C(_image(t, 2, 3, 5, 8), (10, 4), data_format="channels_first"),
        shapes=IMAGES, types=FLOATS, ulp=64, of_largest=True, why="weights are quotients of distances"),
    "image.scale_and_translate": Spec(
        lambda t: (t.float(7, 9), (5, 12), t.of((2,), 0.6, 1.5, "float32"), t.of((2,), -1, 1, "float32"), (0, 1), "linear"),
        lambda t: C(t.float(2, 7, 9, 3), (2, 5, 12, 3), np.array([0.5, 1.7], "float32"), np.array([0.5, -1.5], "float32"),
                    (1, 2), "cubic", antialias=False),
        lambda t: (t.float(7, 9), (5, 12), t.of((2,), 0.6, 1.5, "float32"), t.of((2,), -1, 1, "float32"), (0, 1),
                   "lanczos3"),
        shapes=ONE, types=FLOATS, ulp=64, of_largest=True, why="weights are quotients of distances"),
    # Some coordinates are halfway between two: to which of them float64 is nearest the judges do not know.
    "image.affine_transform": Spec(
        *(lambda t, mode=mode, how=how: (how != "nearest" or t.dtype != "float64") and C(_image(t, 2, 7, 9, 3), np.array(
            [[1.1, 0.1, -0.7, -0.05, 0.9, 0.6, 0, 0], [0.8, -0.2, 1.3, 0.1, 1.2, -0.4, 0, 0]], _coordinates(t)),
            interpolation=how, fill_mode=mode)
          for how, mode in (("bilinear", "constant"), ("nearest", "constant"), ("bilinear", "reflect"),
                            ("bilinear", "wrap"), ("bilinear", "mirror"), ("bilinear", "nearest"))),
        shapes=ONE, types=FLOATS, ulp=128, of_largest=True, why="coordinates up to 9 are rounded before use"),
    "image.perspective_transform": Spec(
        lambda t: (_image(t, 1, 7, 9, 3), _points(t, 7, 9)[None], _points(t, 7, 9)[None]),
        lambda t: C(_image(t, 7, 9, 3), _points(t, 7, 9), _points(t, 7, 9), interpolation="nearest"),
        shapes=ONE, types=FLOATS, ulp=1024, of_largest=True, why="an 8 by 8 system of equations is solved first"),
    "image.compute_homography_matrix": Spec(
        lambda t: (_points(t, 7, 9)[None], _points(t, 7, 9)[None]), shapes=ONE, types=FLOATS, ulp=4096,
        of_largest=True, why="an 8 by 8 system of equations is solved", via="backend", judge="backend"),
    "image.map_coordinates": Spec(
        *(lambda t, order=order, mode=mode: C(t.float(7, 9), t.of((2, 5, 4), -2, 9, "float32"), order, fill_mode=mode)
          for order in (0, 1) for mode in ("constant", "nearest", "wrap", "mirror", "reflect")),
        lambda t: C(t.float(3, 4, 5), t.of((3, 11), 0, 3, "float32"), 1),
        shapes=ONE, types=FLOATS, ulp=32, of_largest=True, why=TWO_STEPS),
    "image.gaussian_blur": Spec(lambda t: _image(t, 2, 7, 9, 3), lambda t: C(_image(t, 7, 9, 3), (5, 3), (0.7, 1.5)),
                                shapes=ONE, types=FLOATS, **PRODUCTS),
    "image.elastic_transform": Spec(lambda t: C(_image(t, 2, 7, 9, 3), seed=3), shapes=ONE, types=FLOATS,
                                    judge="shapes", ulp=512, of_largest=True, why="read at coordinates that come from logarithms and sines"),
    # NumPy's backend mirrors the border with the last row twice, the others with it once.
    "image.sobel_edges": Spec(lambda t: min(t.shape) > 1 and t.ndim == 4 and _image(t), shapes=IMAGES, types=FLOATS,
                              judge="jax", **PRODUCTS),
}
