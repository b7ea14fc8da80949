# SPDX-License-Identifier: Apache-2.0
"""Calls of which the judge cannot tell the result, as tables of (functions, condition, reason): of
those in OTHER_SHAPES nothing is judged, of those in OTHER_VALUES the number and the shapes of the results
are. The first row that holds is the reason given. A condition asks a facts.Call and may fail on
arguments of a kind that no parameter is made for; such calls are not judged."""

import numpy as np
from draw import Tensor
from facts import (HUGE, at_the_tolerance, beyond_float32, has_other_zeros, ill_posed, is_cancelled,
                   is_hermitian, is_nearly_singular, is_outside, is_unsorted, powers_overflow,
                   probabilities_cancel, product_overflows, reaches_over)

# Sums of products or of elements: their error is measured by the arguments, since terms cancel.
SUMS = {
    "numpy.average", "numpy.correlate", "numpy.corrcoef", "numpy.cov",
    "numpy.cumsum", "numpy.dot", "numpy.einsum", "numpy.inner", "numpy.kron", "numpy.matmul",
    "numpy.mean", "numpy.nanmean", "numpy.nanstd", "numpy.nansum", "numpy.nanvar", "numpy.std",
    "numpy.sum", "numpy.tensordot", "numpy.trace", "numpy.trapezoid", "numpy.var", "numpy.vdot",
    "nn.adaptive_average_pool", "nn.average_pool", "nn.batch_normalization",
    "nn.conv", "nn.conv_transpose", "nn.depthwise_conv", "nn.dot_product_attention", "nn.fold",
    "nn.gelu", "nn.moments", "nn.separable_conv", "math.cdist", "math.fft", "math.fft2", "math.ifft2",
    "math.irfft", "math.istft", "math.rfft", "math.segment_sum", "math.stft",
    "image.gaussian_blur", "image.resize", "image.scale_and_translate",
    "nn.layer_normalization", "nn.psnr", "nn.rms_normalization", "nn.tanh_shrink", "nn.squareplus",
}
NAN_REDUCTIONS = " ".join("numpy.nan" + name for name in (
    "argmax", "argmin", "cumprod", "cumsum", "max", "mean", "median", "min", "percentile", "prod",
    "quantile", "std", "sum", "var"))
COMPARISONS = ("numpy.equal numpy.not_equal numpy.less numpy.greater numpy.less_equal "
               "numpy.greater_equal")
SPACES = "numpy.linspace numpy.logspace numpy.geomspace"
WINDOWS = "numpy.bartlett numpy.blackman numpy.hamming numpy.hanning numpy.kaiser"
FOURIER = "math.fft math.fft2 math.ifft2 math.rfft math.irfft math.stft math.istft"


def always(call):
    return True


def is_between(value, low, high):
    return isinstance(value, (int, float)) and low <= value <= high


def casts_floats_to_integers(call):
    dtype = call.get("dtype")
    return "int" in str(dtype) and any(
        x.dtype.startswith(("float", "bfloat", "complex")) and is_outside(x.array, dtype)
        for x in call.tensors())


def keeps_a_size(call):
    """Whether the images are resized along one dimension only, or are first cut or framed."""
    return call.get("crop_to_aspect_ratio") or call.get("pad_to_aspect_ratio") or any(
        size in call.array("images").shape for size in call.get("size"))


def tolerance_overflows(call):
    size = max(call.largest("x2"), abs(call.number("x2") or 0))
    return not call.is_finite("rtol", "atol") or not call.is_finite("x1", "x2") and \
        "float16" in call.dtypes("rtol") and call.largest("rtol") * size > np.finfo("float16").max


def has_perspective(call):
    return bool(np.atleast_1d(call.array("transform"))[..., 6:].any())


def shapes_of_distributions(call):
    return call.is_odd() or any(isinstance(value, Tensor) and value.array.ndim or
                                isinstance(value, (tuple, list)) and key != "shape"
                                for key, value in call.arguments.items())


# Functions by their names; "random.*" is a module, "*" all.
OTHER_SHAPES = [
    # ---- NumPy, or Keras's backend on it, is wrong ----
    ("numpy.trace numpy.diagonal numpy.diag numpy.diagflat",
     lambda c: any(type(c.get(key)) is int and abs(c.get(key)) >= 2**31 - 1 for key in ("offset", "k")),
     "NumPy reads outside its arrays"),
    ("linalg.cholesky_inverse", lambda c: any(x.ndim > 2 for x in c.arrays()),
     "NumPy's backend inverts one matrix"),
    ("linalg.matrix_power", lambda c: c.get("n") == -(2**63), "NumPy's loop gives nothing"),
    ("core.slice", lambda c: -1 in c.array("shape"),
     "NumPy's backend takes the size -1 for none; on JAX it is what remains"),
    ("core.stop_gradient", lambda c: not isinstance(c.get("variable"), Tensor),
     "NumPy's backend gives back the list that it is given"),
    ("numpy.linspace", lambda c: c.number("num") in (0, 1) and c.get("retstep"),
     "NumPy's step between no points has no shape, that of one point is a scalar"),
    ("math.istft", lambda c: c.is_not_bool("center", True),
     "NumPy's backend compares center with False by `is`"),
    ("nn.one_hot nn.multi_hot", lambda c: c.get("num_classes") in (0, None),
     "NumPy's backend takes 0 for not given"),
    ("numpy.view", lambda c: not c.given("dtype"), "NumPy's default is float64"),
    ("numpy.view", lambda c: c.is_odd() or c.has("int64", "uint64", "float64", "complex"),
     "NumPy's backend reads 64 bits as 32"),
    ("numpy.nanquantile numpy.nanpercentile", lambda c: c.is_empty("x"),
     "NumPy's quantiles of nothing lose the shape of q"),
    ("math.logsumexp", lambda c: c.get("axis") == () or c.get("keepdims") and
     type(c.get("axis")) is not int, "NumPy's backend gives a scalar a dimension"),
    ("math.stft math.istft", lambda c: c.is_empty(), "NumPy's backend loses the shape of nothing"),
    ("numpy.arange", lambda c: any("float" in str(getattr(value, "dtype", type(value)))
                                   for value in c.arguments.values()),
     "NumPy rounds the step of a range of floats, and takes 0 for an endless one's length"),
    ("numpy.arange", lambda c: c.has("uint"), "NumPy's differences of unsigned integers wrap around"),
    ("math.top_k", lambda c: not c.get("sorted", True) and c.get("k") == 0,
     "NumPy's backend gives all elements for none"),
    (WINDOWS, lambda c: type(c.get("x")) is not int, "NumPy has windows of lengths that are not whole"),

    # ---- Keras's backends differ; kov does as JAX and TensorFlow ----
    ("linalg.solve", lambda c: 2 < c.array("a").ndim == c.array("b").ndim + 1,
     "NumPy takes a right side of one dimension less for one matrix, Keras for vectors"),
    ("random.*", shapes_of_distributions,
     "Keras's backends differ in what the shapes of distributions' numbers do"),
    ("numpy.corrcoef numpy.cov", lambda c: any(x.ndim < 2 or x.shape[0] < 2 for x in c.arrays()),
     "Keras's shape of one variable differs from NumPy's"),
    (NAN_REDUCTIONS, lambda c: c.get("axis") == (), "Keras's shape differs from NumPy's"),
    ("numpy.unique", lambda c: c.given("size") or not c.get("sorted", True),
     "the order is free; JAX fills with the least element as kov does, NumPy with 0"),
]
OTHER_VALUES = [
    # ---- NumPy, or Keras's backend on it, is wrong ----
    ("nn.elu nn.celu nn.dot_product_attention numpy.isclose numpy.allclose numpy.isneginf numpy.isposinf "
     "numpy.isfinite numpy.isinf numpy.ptp numpy.arctan2", beyond_float32,
     "NumPy's backend takes float64 as float32"),
    ("numpy.geomspace", beyond_float32,
     "NumPy's steps are in float64, those of float32 to a number beyond it are infinite"),
    ("nn.one_hot nn.multi_hot",
     lambda c: c.has("bool") or any(type(value) is bool for value in c.arguments.values()),
     "NumPy's backend takes bool for a mask"),
    ("nn.dot_product_attention", lambda c: c.given("attn_logits_soft_cap"),
     "NumPy's backend leaves the soft cap out"),
    ("nn.dot_product_attention", lambda c: not 0 <= abs(c.number("bias", 0) or 0) < 1e4,
     "NumPy's backend adds the bias in float32, beside which the products vanish"),
    ("nn.leaky_relu", lambda c: not is_between(c.get("negative_slope", 0.2), -1, 1),
     "NumPy takes the larger of x and slope x"),
    ("nn.elu nn.celu", lambda c: not np.isfinite(c.number("alpha", 1.0) or 0.0),
     "NumPy multiplies by alpha only below 0, JAX at -0, too"),
    ("nn.celu", lambda c: abs(c.number("alpha", 1.0) or 0.0) > 1e30,
     "x / alpha is among the least numbers above 0, which have few digits"),
    ("nn.binary_crossentropy", lambda c: c.get("from_logits") and (
        c.largest("output") > 10 or not c.is_finite("output")),
     "NumPy's backend clips what it makes of logits"),
    ("nn.moments nn.layer_normalization nn.psnr numpy.geomspace numpy.logspace numpy.correlate "
     "numpy.corrcoef", lambda c: c.has("complex"), "NumPy's backend loses the imaginary part"),
    ("numpy.bincount", lambda c: c.has_integers("weights") and c.largest("weights") >= 2**20,
     "NumPy sums up in float64, whose integers do not wrap around"),
    ("numpy.lcm", lambda c: c.largest() >= 2**31,
     "NumPy's least common multiples that wrap around may be below 0"),
    ("numpy.isin", lambda c: c.is_not_bool("invert", False),
     "NumPy's backend compares invert with False by `is`"),
    ("numpy.isin", lambda c: c.has("float64"), "NumPy's backend compares float64 in float32"),
    ("numpy.nextafter", lambda c: c.is_odd(), "NumPy steps in float16 between small integers"),
    ("numpy.fmax numpy.fmin numpy.maximum numpy.minimum",
     lambda c: {"int64", "uint32"} <= c.dtypes() and c.largest() >= 2**31,
     "NumPy's backend takes int64 and uint32 together as int32"),
    ("numpy.sign", lambda c: c.has("complex") and not c.is_finite(),
     "NumPy's sign of infinity beside NaN is 1, JAX's and kov's NaN"),
    ("nn.softsign", lambda c: c.has("complex") and c.largest() > 1e38, "NumPy's modulus overflows"),
    ("image.sobel_edges", always,
     "NumPy's backend mirrors at the border, the others fill with zeros"),
    ("image.affine_transform", has_perspective, "NumPy's backend has no perspective"),
    ("image.map_coordinates image.affine_transform image.perspective_transform",
     lambda c: c.has_integers("inputs", "images") and c.largest("inputs", "images") >= 2**16,
     "NumPy's backend interpolates integers in float32"),
    ("math.irfft", lambda c: c.is_empty(), "NumPy's backend makes any numbers of nothing"),
    ("linalg.lstsq", lambda c: c.given("rcond"), "NumPy's backend gives rcond no effect"),
    ("linalg.cholesky_inverse", lambda c: any(x.dtype.kind == "c" for x in c.arrays()),
     "Keras's backends do not conjugate the factor: theirs is no inverse"),
    ("numpy.vander", powers_overflow,
     "NumPy's powers of integers are floats first, and then of 32 bits"),
    ("numpy.ldexp", lambda c: not c.tensors("x1") or c.dtypes("x1") & {"int8", "uint8", "bool"},
     "NumPy computes small integers in float16"),
    (COMPARISONS, lambda c: c.dtypes() == {"bfloat16"} and len(c.tensors()) < 2,
     "NumPy does not round Python's numbers to bfloat16"),
    ("math.in_top_k", lambda c: (c.array("k") < 0).any(),
     "NumPy takes all but the last"),
    ("numpy.logspace", lambda c: c.get("dtype") in ("float64", "complex128", "bool"),
     "NumPy's steps are in float32, and its least numbers are others"),

    # ---- Keras's backends differ; kov does as JAX and TensorFlow ----
    ("core.slice", lambda c: reaches_over(c, c.array("shape")),
     "NumPy's indices wrap around, JAX's and kov's are clamped"),
    ("core.slice_update", lambda c: reaches_over(c, c.array("updates").shape),
     "NumPy's indices wrap around, JAX's and kov's are clamped"),
    ("numpy.argmax numpy.argmin", has_other_zeros,
     "Keras's other backends take -0 for less than 0, and JAX the least numbers for 0"),
    ("linalg.eigh", lambda c: not all(is_hermitian(x) for x in c.arrays()),
     "NumPy looks at one triangle, JAX at the mean of both"),
    ("math.in_top_k", lambda c: (c.array("targets") < 0).any(),
     "NumPy and JAX count targets below 0 from the end; in TensorFlow they are no classes"),
    ("numpy.isclose numpy.allclose", tolerance_overflows,
     "where NumPy's tolerance overflows, infinities are close to numbers; not on JAX"),

    ("nn.binary_crossentropy", lambda c: c.has("complex"), "complex numbers are no probabilities"),

    # ---- What is free ----
    ("numpy.isin", lambda c: c.get("assume_unique"), "elements that are not unique, though assumed to be"),
    ("numpy.searchsorted", lambda c: not c.tensors("sorted_sequence") or is_unsorted(
        c.array("sorted_sequence")), "any place will do"),
    ("math.top_k", lambda c: not c.get("sorted", True) and c.get("k") != 0, "the order is free"),
    ("numpy.nanargmax numpy.nanargmin", lambda c: c.has("complex") and not c.is_finite(),
     "the order of complex infinities"),
    ("linalg.* numpy.slogdet math.logdet", lambda c: not c.is_finite(), "where a NaN goes"),
    ("image.resize", lambda c: not c.is_finite("images") and keeps_a_size(c),
     "a traced graph resizes a free dimension even to its own size, and a NaN spreads along it"),
    (FOURIER, lambda c: not c.is_finite(), "where a NaN goes"),
    ("numpy.correlate nn.conv_transpose", lambda c: not c.is_finite(),
     "the border's zeros times infinity"),
    ("linalg.lu_factor", lambda c: not all("float" in dtype for dtype in c.dtypes()),
     "which of equal pivots is taken"),
    ("image.compute_homography_matrix image.perspective_transform", ill_posed,
     "three of four points are nearly on a line"),
    ("*", casts_floats_to_integers, "what floats outside an integer's range become"),

    # ---- Overflow and last digits ----
    (" ".join(sorted(SUMS)), lambda c: c.largest() > HUGE,
     "where the sums of numbers near infinity overflow is free"),
    ("numpy.prod numpy.nanprod numpy.cumprod numpy.nancumprod", product_overflows,
     "where products overflow is free, and with it what a factor of 0 makes of them"),
    ("linalg.matrix_power", lambda c: c.largest("x") ** min(abs(c.get("n")), 99) > HUGE**2,
     "where products overflow is free, and with it what a factor of 0 makes of them"),
    ("nn.categorical_crossentropy nn.sparse_categorical_crossentropy", probabilities_cancel,
     "the sum of probabilities of both signs has no digits"),
    ("linalg.det numpy.slogdet math.logdet", is_nearly_singular,
     "whether a matrix is singular is in the last digits of a float32"),
    ("numpy.isclose numpy.allclose", at_the_tolerance, "the tolerance's last digits decide"),
    ("nn.layer_normalization", is_cancelled, "NumPy's formula cancels where the deviation is small"),
    ("nn.gelu", lambda c: c.has("complex") and c.largest() > 30,
     "the angle of a large imaginary part is in its last bits"),
    ("numpy.exp2", lambda c: c.has("complex"), "the angle of a large imaginary part is in its last bits"),
    ("numpy.power", lambda c: c.has("complex") and c.largest("x2") > 1e3,
     "the angle of a large exponent is in the last bits of the logarithm"),
    ("math.logsumexp", lambda c: c.has("complex"),
     "NumPy's backend subtracts imaginary parts, too, whose rounding turns the angle"),
    ("linalg.matrix_rank", lambda c: c.largest("x") > 1e37, "NumPy's singular values overflow in float32"),
    ("linalg.matrix_rank", lambda c: c.has("bfloat16"),
     "the threshold is of the last digit of bfloat16 here, of a wider type in NumPy"),
    ("linalg.matrix_rank", lambda c: "tol" in c.arguments and not (
        c.number("tol") or 0) > 1e-6 * c.largest("x"),
     "where a singular value that is an error of rounding counts"),
    ("numpy.float_power", lambda c: c.largest() >= 2**24, "whether the exponent is odd is in its last bits"),
    (SPACES, lambda c: c.get("dtype") == "bool" or "int" in str(c.get("dtype")),
     "which whole number a float that is nearly one is rounded to, and what is nearly 0"),
    ("numpy.logspace", lambda c: bool((np.real(c.array("base") if c.given("base") else 10) < 0).any()),
     "powers of what is below 0 need whole exponents"),
    ("numpy.logspace", lambda c: bool((c.array("base") == 0).any()),
     "whether an exponent is 0 is in the last digits of the steps"),
]


def matches(functions, call):
    return call.name in functions or "*" in functions or call.module + ".*" in functions


def by_names(table):
    return [(set(functions.split()), condition, reason) for functions, condition, reason in table]


SHAPES, VALUES = by_names(OTHER_SHAPES), by_names(OTHER_VALUES)


def first_reason(table, call):
    """Why the judge cannot tell, or None."""
    for functions, condition, reason in table:
        if matches(functions, call) and condition(call):
            return reason
    return None
