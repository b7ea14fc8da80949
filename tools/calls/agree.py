# SPDX-License-Identifier: Apache-2.0
"""Whether kov's outcome of a call is right: unclear() of an error, beyond() and differs() of a result.

The judge is Keras's NumPy backend. An error must be of a class that Keras raises and name what is
wrong; whether NumPy would have refused too is not asked, since Keras's functions check their arguments
before the backend sees them.
"""

import numpy as np

ERRORS = {"ValueError", "TypeError", "NotImplementedError", "IndexError", "MemoryError",
          "OverflowError", "UnknownDimension", "UnknownValue"}
# Of the size of the largest element, for sums and products of a few hundred terms in another order;
# of float64 much is computed in float32 by the judge.
SLACK = {"float16": 2e-2, "bfloat16": 8e-2, "float32": 2e-4, "float64": 1e-6,
         "complex64": 2e-4, "complex128": 1e-6}
RANGE = {"float16": 6e4, "float64": 1e308, "complex128": 1e308}  # of the others 3e38
# The least numbers above 0, of which two formulas may differ by some.
LEAST = {"float16": 2.4e-7, "bfloat16": 1e-37, "float32": 1e-37, "complex64": 1e-37}
# Sums of products or of elements: their error is measured by the arguments, since terms cancel.
SUMS = {
    "numpy.average", "numpy.convolve", "numpy.correlate", "numpy.corrcoef", "numpy.cov",
    "numpy.cumsum", "numpy.dot", "numpy.einsum", "numpy.inner", "numpy.kron", "numpy.matmul",
    "numpy.mean", "numpy.nanmean", "numpy.nanstd", "numpy.nansum", "numpy.nanvar", "numpy.std",
    "numpy.sum", "numpy.tensordot", "numpy.trace", "numpy.trapezoid", "numpy.var", "numpy.vdot",
    "numpy.vecdot", "nn.adaptive_average_pool", "nn.average_pool", "nn.batch_normalization",
    "nn.conv", "nn.conv_transpose", "nn.depthwise_conv", "nn.dot_product_attention", "nn.fold",
    "nn.gelu", "nn.moments", "nn.separable_conv", "math.cdist", "math.fft", "math.fft2", "math.ifft2",
    "math.irfft", "math.istft", "math.rfft", "math.segment_sum", "math.stft",
    "image.gaussian_blur", "image.resize", "image.scale_and_translate",
    "nn.layer_normalization", "nn.rms_normalization", "nn.tanh_shrink", "nn.squareplus",
}
NAN_AWARE = {"math.top_k", "numpy.median", "numpy.unique", "numpy.isin", "numpy.sort", "numpy.quantile",
             "numpy.percentile"} | {"numpy.nan" + name for name in (
                 "argmax", "argmin", "cumprod", "cumsum", "max", "mean", "median", "min",
                 "percentile", "prod", "quantile", "std", "sum", "var")}
HUGE = 1e15  # sums of products of what is larger overflow in one order and not in another
# Calls whose values, or shapes, the judge cannot tell, and why.
NO_VALUES = {
    "random.*": "draws",
    "image.elastic_transform": "draws",
    "numpy.empty": "any content", "numpy.empty_like": "any content",
    "linalg.eig": "signs and order are free",
    "nn.ctc_loss": "NumPy's has a finite number for what cannot be", "nn.ctc_decode": "so has this",
    "numpy.argsort": "NumPy's order of equal elements is not that of their places",
    "numpy.argpartition": "order within the parts is free",
    "nn.sparsemax": "of large numbers NumPy's formula cancels",
}
# Results of which signs or the order are free are left out: these are judged, those of QR by size.
JUDGED_RESULTS = {"linalg.svd": (1,), "linalg.eigh": (0,), "linalg.qr": (1,),
                  "math.top_k": (0,)}  # NumPy's order of equal elements is not that of their places
# Where the last bits of an argument decide: of types of another width nothing can be said.
SENSITIVE = {"numpy." + name for name in (
    "power", "sin", "cos", "tan", "sinc", "fmod", "mod", "floor_divide", "divmod", "histogram", "nextafter",
    "digitize", "searchsorted", "floor", "ceil", "round", "trunc", "sign", "heaviside", "unique", "isin")}
# What Keras computes in floats, while NumPy's formula stays in integers, which wrap around: of integers
# kov must give what NumPy gives of the same numbers as floats.
IN_FLOATS = {"numpy." + name for name in (
    "trapezoid", "var", "std", "nanvar", "nanstd", "geomspace", "logspace", "linspace", "quantile",
    "nanquantile", "percentile", "nanpercentile", "hypot", "nextafter", "deg2rad", "rad2deg",
    "reciprocal", "average", "median", "nanmedian", "corrcoef", "cov", "sinc", "heaviside")} | {
        "math." + name for name in ("cdist", "erf", "erfc", "erfinv", "rsqrt", "logsumexp", "lgamma", "gammainc")}
OF_INDICES = {"nn." + name for name in (
    "one_hot", "multi_hot", "sparse_categorical_crossentropy", "ctc_loss", "ctc_decode", "unfold")}


def unclear(kov):
    """What is wrong with an error, or None."""
    _, name, text = kov
    if name not in ERRORS:
        return f"raises {name}: {text}"
    if not text.strip():
        return f"raises {name} without a text"
    return None


def tensors(arguments):
    from draw import Tensor
    items = [item for value in arguments.values()
             for item in (value if isinstance(value, list) else [value])]
    return [item for item in items if isinstance(item, Tensor)]


def dtypes(arguments):
    return {tensor.dtype for tensor in tensors(arguments)}


def arrays(arguments):
    return [tensor.array for tensor in tensors(arguments)]


def largest(array):
    size = np.abs(array.astype(np.complex128))
    return size[np.isfinite(size)].max(initial=0.0)


def beyond_float32(array):
    size = np.abs(array)
    return bool((np.isfinite(size) & (size > np.finfo("float32").max)).any())


def reaches_over(arguments):
    """Whether an update of a slice begins or ends outside of the array."""
    from draw import Tensor
    if not all(isinstance(arguments.get(key), Tensor) for key in ("inputs", "updates")):
        return True
    starts = arguments["start_indices"]
    starts = np.atleast_1d(starts.array if isinstance(starts, Tensor) else np.array(starts, object))
    dims, sizes = arguments["inputs"].array.shape, arguments["updates"].array.shape
    return len(starts) != len(dims) or any(
        start < 0 or start + size > dim for start, size, dim in zip(starts, sizes, dims))


def has_other_zeros(array):
    """Zeros with a sign, or numbers that JAX takes for zeros."""
    size = np.abs(array.astype(np.float64))
    return bool(((size == 0) & np.signbit(array) | (size > 0) & (size < np.finfo("float32").tiny)).any())


def is_cancelled(x, axis, epsilon):
    """Whether the mean of squares less the square of the mean loses digits of a float32."""
    finite = np.where(np.isfinite(x), x, 0).astype(np.complex128)
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    least = finite.var(axis=axes).min(initial=np.inf) + (epsilon or 1e-7)
    return largest(x) ** 2 > 1e3 * least


def is_unsorted(sequence):
    from draw import Tensor
    values = np.atleast_1d(sequence.array) if isinstance(sequence, Tensor) else np.zeros(0)
    return not (values[..., 1:] >= values[..., :-1]).all()


def is_hermitian(x):
    return x.ndim >= 2 and x.shape[-1] == x.shape[-2] and np.array_equal(x, np.swapaxes(x.conj(), -1, -2))


def powers_overflow(x, arguments):
    n = number_of(arguments.get("N")) or x.array.size
    return largest(x.array) ** max(float(n) - 1, 0) >= 2.0 ** (min(np.iinfo(x.dtype).bits, 32) - 1)


def number_of(x):
    """A drawn scalar as a Python number, or None."""
    from draw import Tensor
    if isinstance(x, Tensor):
        return x.array.item() if x.array.size == 1 else None
    return x if type(x) in (bool, int, float) else None


def in_floats(value):
    from draw import Tensor
    if isinstance(value, list):
        return [in_floats(item) for item in value]
    if not isinstance(value, Tensor) or not (value.dtype == "bool" or "int" in value.dtype):
        return value
    dtype = "float32" if largest(value.array) < 2**24 else "float64"
    return Tensor(value.array.astype(dtype), dtype)


def for_judge(row, arguments, kov):
    """The arguments that the judge is to be asked with, for a result of kov's."""
    name = f"{row.module}.{row.name}"
    floats = all(dtype.startswith(("float", "bfloat", "complex")) for dtype in kov[2])
    if not floats or not (name in IN_FLOATS or row.module == "nn" and name not in OF_INDICES):
        return arguments
    found = {key: value if key == "mask" else in_floats(value) for key, value in arguments.items()}
    if "x" in found:
        found["x"] = numbers_in_floats(found["x"])
    for key in ("target", "output"):  # of float32, as which 1 - 1e-7 is another number
        if type(found.get(key)) in (bool, int, float):
            found[key] = np.float32(found[key])
    return found


def numbers_in_floats(value):
    if isinstance(value, (list, tuple)):
        return type(value)(numbers_in_floats(item) for item in value)
    return float(value) if type(value) in (bool, int) else value


def is_outside(array, dtype):
    """Whether a float in the array is none of this integer type's numbers."""
    info = np.iinfo(dtype)
    size = array.real.astype(np.float64)
    return not (np.isfinite(size) & (size > float(info.min) - 1) & (size < float(info.max) + 1)).all()


def is_between(value, low, high):
    return isinstance(value, (int, float)) and low <= value <= high


def has_perspective(transform):
    from draw import Tensor
    return isinstance(transform, Tensor) and bool(np.atleast_1d(transform.array)[..., 6:].any())


def is_below_zero(value):
    return bool((np.asarray(getattr(value, "array", value)) < 0).any())


def ill_posed(arguments):
    """Four points of which three are nearly on a line have no transform, or one of unsure digits."""
    for key in ("start_points", "end_points"):
        points = getattr(arguments.get(key), "array", None)
        if points is None or points.shape[-2:] != (4, 2):
            continue
        points = points.astype(np.float64)
        for skipped in range(4):
            three = np.delete(points, skipped, axis=-2)
            first, second = three[..., 1, :] - three[..., 0, :], three[..., 2, :] - three[..., 0, :]
            area = np.abs(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])
            if not (area > 0.3 * np.abs(points).max(initial=1)).all():
                return "three of four points are nearly on a line"
    return None


def beyond(row, arguments):
    """Why the judge cannot tell what the call gives, or None."""
    try:
        return known_difference(row, arguments)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return "an argument of a kind that no parameter is made for, and kov has a result"


def known_difference(row, arguments):
    from draw import Odd, Tensor
    name = f"{row.module}.{row.name}"
    if any(tensor.dtype in ("float64", "complex128") and beyond_float32(tensor.array)
           for tensor in tensors(arguments)) or any(
               isinstance(value, float) and beyond_float32(np.float64(value))
               for value in arguments.values()):
        return "NumPy's backend takes float64 as float32"
    if name in ("numpy.trace", "numpy.diagonal", "numpy.diag", "numpy.diagflat") and any(
            type(arguments.get(key)) is int and abs(arguments[key]) >= 2**31 - 1 for key in ("offset", "k")):
        return "NumPy reads outside its arrays"
    if name in NAN_AWARE and any(tensor.dtype == "bfloat16" and np.isnan(tensor.array).any()
                                 for tensor in tensors(arguments)):
        return "NumPy does not know the NaN of bfloat16"
    if name == "numpy.linspace" and arguments.get("num") == 0:
        return "NumPy's step between no points has no shape"
    if name == "numpy.isin" and arguments.get("assume_unique"):
        return "elements that are not unique, though assumed to be"
    if name in ("nn.one_hot", "nn.multi_hot") and (
            any(type(value) is bool for value in arguments.values()) or "bool" in dtypes(arguments)):
        return "NumPy's backend takes bool for a mask"
    if "crossentropy" in name and arguments.get("from_logits"):
        return "NumPy's backend clips what it makes of logits"
    if name in ("numpy.cumsum", "numpy.nancumsum", "numpy.cumprod", "numpy.nancumprod") and (
            {"float16", "bfloat16"} & (dtypes(arguments) | {arguments.get("dtype")})):
        return "NumPy rounds every partial sum to 16 bits"
    if name == "nn.psnr" and "bool" in dtypes(arguments):
        return "NumPy's backend makes max_val a bool"
    if name in ("nn.softmax", "nn.log_softmax", "nn.psnr", "math.logsumexp") and (
            {"float16", "bfloat16"} & dtypes(arguments)):
        return "NumPy sums up in 16 bits"
    if name in ("numpy.argmax", "numpy.argmin") and any(
            "float" in x.dtype and has_other_zeros(x.array) for x in tensors(arguments)):
        return "Keras's other backends take -0 for less than 0, and JAX the least numbers for 0"
    if name in ("numpy.slogdet", "linalg.det") and not all(np.isfinite(x).all() for x in arrays(arguments)):
        return "where a NaN goes"
    if name == "nn.layer_normalization" and is_cancelled(
            arguments["x"].array, arguments.get("axis", -1), number_of(arguments.get("epsilon"))):
        return "NumPy's formula cancels where the deviation is small"
    if name == "numpy.isin" and type(arguments.get("invert", False)) is not bool:
        return "NumPy's backend compares invert with False by `is`"
    if name == "numpy.bincount" and any("int" in dtype for dtype in dtypes(
            {"weights": arguments.get("weights")})):
        return "NumPy sums up in float64, whose integers do not wrap around"
    if name == "numpy.lcm" and any(largest(x) >= 2**31 for x in arrays(arguments)):
        return "NumPy's least common multiples that wrap around may be below 0"
    if name == "numpy.trapezoid" and "bfloat16" in dtypes(arguments):
        return "NumPy's dtype is that of x and y, Keras's that of y"
    if name == "nn.gelu" and any("complex" in x.dtype.name and largest(x) > 30 for x in arrays(arguments)):
        return "the angle of a large imaginary part is in its last bits"
    if name == "numpy.power" and any("complex" in dtype for dtype in dtypes(arguments)) and any(
            largest(x) > 1e3 for x in arrays({"x2": arguments["x2"]})):
        return "the angle of a large exponent is in the last bits of the logarithm"
    if name == "math.logsumexp" and any("complex" in dtype for dtype in dtypes(arguments)):
        return "NumPy's backend subtracts imaginary parts, too, whose rounding turns the angle"
    if name == "numpy.sign" and any(np.iscomplexobj(x) and not np.isfinite(x).all()
                                    for x in arrays(arguments)):
        return "NumPy's sign of complex infinities is a number"
    if name == "linalg.norm" and "float16" in dtypes(arguments):
        return "NumPy squares in 16 bits"
    if name in ("numpy.std", "numpy.nanstd") and "float16" in dtypes(arguments) and any(
            0 < np.abs(x[x != 0]).min(initial=1) < 1e-2 for x in arrays(arguments)):
        return "NumPy squares in 16 bits"
    if name in ("image.compute_homography_matrix", "image.perspective_transform"):
        reason = ill_posed(arguments)
        if reason:
            return reason
    if name == "math.istft" and type(arguments.get("center", True)) is not bool:
        return "NumPy's backend compares center with False by `is`"
    if name in SUMS and any(largest(x) > HUGE for x in arrays(arguments)):
        return "where the sums of numbers near infinity overflow is free"
    if name in ("numpy.prod", "numpy.nanprod", "numpy.cumprod", "numpy.nancumprod") and any(
            largest(x) > HUGE for x in arrays(arguments)):
        return "where products of numbers near infinity overflow is free"
    if name in SUMS and "bfloat16" in dtypes(arguments) and any(
            x.size > 64 for x in arrays(arguments)):
        return "NumPy rounds every partial sum to 16 bits"
    if name == "core.stop_gradient" and not isinstance(arguments.get("variable"), Tensor):
        return "NumPy's backend gives back the list that it is given"
    if name in ("numpy.nanquantile", "numpy.nanpercentile") and any(
            x.size == 0 for x in arrays(arguments)):
        return "NumPy's quantiles of nothing lose the shape of q"
    if name == "numpy.kron" and len({"float16", "bfloat16"} & dtypes(arguments)) and any(
            "int" in dtype for dtype in dtypes(arguments)):
        return "NumPy multiplies in float64 what Keras says is of 16 bits"
    if name == "numpy.view" and arguments.get("dtype") is None:
        return "NumPy's default is float64"
    if name in ("nn.one_hot", "nn.multi_hot") and arguments.get("num_classes") in (0, None):
        return "NumPy's backend takes 0 for not given"
    if name == "math.logsumexp" and (arguments.get("axis") == () or arguments.get("keepdims") and
                                     type(arguments.get("axis")) is not int):
        return "NumPy's backend gives a scalar a dimension"
    if row.module == "random" and any(isinstance(value, Tensor) and value.array.ndim or
                                      isinstance(value, (tuple, list)) and key != "shape"
                                      for key, value in arguments.items()):
        return "Keras's backends differ in what the shapes of distributions' numbers do"
    if name == "image.sobel_edges":
        return "NumPy's backend mirrors at the border, the others fill with zeros"
    if name in ("numpy.geomspace", "numpy.logspace", "numpy.linspace") and "int" in str(
            arguments.get("dtype")):
        return "which whole number a float that is nearly one is rounded to"
    if name == "numpy.linspace" and number_of(arguments.get("num")) == 1 and arguments.get("retstep"):
        return "NumPy's step of one point is a scalar"
    if name == "numpy.arange" and any("float" in str(getattr(value, "dtype", type(value)))
                                      for value in arguments.values()):
        return "NumPy rounds the step of a range of floats, and takes 0 for an endless one's length"
    if name == "numpy.sinc" and "float16" in dtypes(arguments):
        return "NumPy rounds pi x to 16 bits before its sine"
    if name in ("numpy.isclose", "numpy.allclose") and ("float16" in dtypes(arguments) or any(
            isinstance(arguments.get(key), Tensor) and not np.isfinite(arguments[key].array).all()
            for key in ("rtol", "atol"))):
        return "where NumPy's tolerance overflows, infinities are close to numbers; not on JAX"
    if name == "linalg.matrix_rank" and ("bfloat16" in dtypes(arguments) or "tol" in arguments):
        return "where a singular value that is an error of rounding counts"
    if name == "core.slice_update" and reaches_over(arguments):
        return "NumPy's indices wrap around, JAX's and kov's are clamped"
    if name == "linalg.cholesky_inverse" and any(x.ndim > 2 for x in arrays(arguments)):
        return "NumPy's backend inverts one matrix"
    if name == "linalg.eigh" and not all(is_hermitian(x) for x in arrays(arguments)):
        return "NumPy looks at one triangle, JAX at the mean of both"
    if row.module == "linalg" and not all(np.isfinite(x).all() for x in arrays(arguments)):
        return "where a NaN goes"
    if name in ("nn.moments", "nn.layer_normalization", "nn.psnr", "numpy.geomspace", "numpy.logspace", "numpy.correlate",
                "numpy.corrcoef") and any(
            "complex" in dtype for dtype in dtypes(arguments)):
        return "NumPy's backend loses the imaginary part"
    if name in ("numpy.corrcoef", "numpy.cov") and any(
            x.ndim < 2 or x.shape[0] < 2 for x in arrays(arguments)):
        return "Keras's shape of one variable differs from NumPy's"
    if name == "numpy.vander" and any("int" in x.dtype and powers_overflow(x, arguments)
                                      for x in tensors(arguments)):
        return "NumPy's powers of integers are floats first, and then of 32 bits"
    if row.module in ("nn", "random") and any(isinstance(value, Odd) for value in arguments.values()):
        return "NumPy's formulas stay in integers, and its distributions take any shape"
    if name in ("nn.elu", "nn.celu") and not np.isfinite(number_of(arguments.get("alpha", 1.0)) or 0.0):
        return "NumPy multiplies by alpha only below 0, JAX at -0, too"
    if name == "numpy.logspace" and any(x.size and x.real.min() < 0 for x in arrays(
            {"base": arguments.get("base")})) or (
                name == "numpy.logspace" and (number_of(arguments.get("base", 10)) or 0) < 0):
        return "powers of what is below 0 need whole exponents"
    if name == "numpy.logspace" and any(x.ndim for x in arrays({"base": arguments.get("base")})):
        return "NumPy puts the dimensions of the base elsewhere than JAX does"
    if name == "numpy.logspace" and arguments.get("dtype") in ("float64", "bool"):
        return "NumPy's steps are in float32, and its least numbers are others"
    if name == "linalg.lu_factor" and not all("float" in dtype for dtype in dtypes(arguments)):
        return "which of equal pivots is taken"
    if name in ("numpy.correlate", "numpy.convolve", "nn.conv_transpose") and not all(
            np.isfinite(x).all() for x in arrays(arguments)):
        return "the border's zeros times infinity"
    if name == "numpy.arange" and any(dtype.startswith("uint") for dtype in dtypes(arguments)):
        return "NumPy's differences of unsigned integers wrap around"
    if name == "numpy.round" and "float16" in dtypes(arguments):
        return "NumPy scales in 16 bits"
    if name == "numpy.float_power" and any(largest(x) >= 2**24 for x in arrays(arguments)):
        return "whether the exponent is odd is in its last bits"
    if name == "math.in_top_k" and is_below_zero(arguments["targets"]):
        return "NumPy and JAX count targets below 0 from the end; in TensorFlow they are no classes"
    if name == "math.in_top_k" and isinstance(arguments["k"], int) and arguments["k"] < 0:
        return "NumPy takes all but the last"
    if name in ("numpy.bartlett", "numpy.blackman", "numpy.hamming", "numpy.hanning",
                "numpy.kaiser") and type(arguments.get("x")) is not int:
        return "NumPy has windows of lengths that are not whole"
    if name == "numpy.view" and (isinstance(arguments["x"], Odd) or dtypes(arguments) & {
            "int64", "uint64", "float64", "complex64", "complex128"}):
        return "NumPy's backend reads 64 bits as 32"
    if name.startswith("numpy.nan") and arguments.get("axis") == ():
        return "Keras's shape differs from NumPy's"
    if name == "numpy.unique" and (arguments.get("size") is not None or not arguments.get(
            "sorted", True)):
        return "the order is free; JAX fills with the least element as kov does, NumPy with 0"
    if name == "nn.leaky_relu" and not is_between(arguments.get("negative_slope", 0.2), -1, 1):
        return "NumPy takes the larger of x and slope x"
    if name == "nn.dot_product_attention" and arguments.get("attn_logits_soft_cap") is not None:
        return "NumPy's backend leaves the soft cap out"
    if name == "image.affine_transform" and (has_perspective(arguments["transform"]) or
                                             "float16" in dtypes(arguments)):
        return "NumPy's backend has no perspective, and takes coordinates in float16"
    if name == "linalg.lstsq" and arguments.get("rcond") is not None:
        return "NumPy's backend gives rcond no effect"
    if name == "numpy.exp2" and any("complex" in dtype for dtype in dtypes(arguments)):
        return "the angle of a large imaginary part is in its last bits"
    if "int" in str(arguments.get("dtype")) and "numpy.view" != name and any(
            "float" in x.dtype and (x.array.size > 1 or is_outside(x.array, arguments["dtype"]))
            for x in tensors(arguments)):
        return "what floats outside an integer's range become"
    if name in ("math.fft", "math.fft2", "math.ifft2", "math.rfft", "math.irfft", "math.stft",
                "math.istft") and not all(np.isfinite(x).all() for x in arrays(arguments)):
        return "where a NaN goes"
    if name == "numpy.isin" and "float64" in dtypes(arguments):
        return "NumPy's backend compares float64 in float32"
    if name in ("numpy.logspace", "numpy.geomspace") and "float16" in dtypes(arguments):
        return "NumPy's steps are in float16"
    if name == "math.top_k" and not arguments.get("sorted", True):
        return "the order is free"
    if name in ("math.stft", "math.istft") and any(
            isinstance(value, Tensor) and value.array.size == 0 for value in arguments.values()):
        return "NumPy's backend loses the shape of nothing"
    if name.startswith("numpy.nanarg") and any("complex" in dtype for dtype in dtypes(arguments)):
        return "the order of complex infinities"
    if name in ("numpy.equal", "numpy.not_equal", "numpy.less", "numpy.greater", "numpy.less_equal",
                "numpy.greater_equal") and dtypes(arguments) == {"bfloat16"}:
        return "NumPy does not round Python's numbers to bfloat16"
    if name == "image.map_coordinates" and any("int" in dtype for dtype in dtypes(arguments)):
        return "NumPy's backend interpolates integers in float32"
    if name == "numpy.searchsorted" and is_unsorted(arguments["sorted_sequence"]):
        return "any place will do"
    if name == "numpy.ldexp" and "int" in str(getattr(arguments["x1"], "dtype", "int")):
        return "NumPy computes small integers in float16"
    return None


def judged(row):
    return f"{row.module}.{row.name}" not in NO_VALUES and f"{row.module}.*" not in NO_VALUES


def close(have, want, dtype, small, scale, units):
    """scale: the size of what was summed up, or 0. units: by how much whole numbers may differ."""
    if have.size == 0:
        return True
    if want.dtype.kind in "fc":  # the judge's steps may overflow, or be of infinities
        known = np.isfinite(want)
        have, want = have[known], want[known]
    if want.dtype.kind not in "fc":
        if units:
            return bool((np.abs(have.astype(np.int64) - want.astype(np.int64)) <= units).all())
        return bool(np.array_equal(have, want))
    have, want = have.astype(np.complex128), want.astype(np.complex128)
    finite = np.isfinite(want)
    most = max(np.abs(want[finite]).max(initial=0.0), scale)
    slack = SLACK["float16" if small else dtype]
    with np.errstate(all="ignore"):
        near = np.abs(have - want) <= slack * (np.abs(want) + most) + LEAST.get(dtype, 1e-300)
    same = (have == want) | (np.isnan(have) & np.isnan(want)) | near
    return bool(same.all())


def alike(have, want, names):
    """Both in types that can be compared, and the type by which; None for a number and a float: Keras
    says a type, and the judges have some of their own. Integers are those of the narrower one."""
    floats = [name for name in names if name in SLACK]
    if len(floats) == 2:
        if names[0] != names[1]:  # beyond the range of the narrower one nothing is known
            want = np.where(np.abs(want) > RANGE.get(names[0], 3e38), np.inf, want)
        return have, want, max(floats, key=SLACK.get)
    if floats or "bool" in names and names[0] != names[1]:
        return None
    if have.dtype.itemsize < want.dtype.itemsize:
        return have, want.astype(have.dtype), names[0]
    return have.astype(want.dtype), want, names[1]


def differs(row, arguments, kov, judge):
    """What is wrong with a result that the judge has, too, or None."""
    name = f"{row.module}.{row.name}"
    small = bool(dtypes(arguments) & {"int8", "uint8", "bool", "float16"})  # then NumPy is in float16
    scale = max([largest(x) for x in arrays(arguments)] or [0.0]) if name in SUMS else 0.0
    _, have, have_names, have_shapes = kov
    _, want, want_names, want_shapes = judge
    if len(have) != len(want):
        return f"{len(have)} results, NumPy's {len(want)}"
    for i, (x, y) in enumerate(zip(have, want)):
        if have_shapes[i] != want_shapes[i]:
            return f"result {i} has shape {have_shapes[i]}, NumPy's {want_shapes[i]}"
        if name == "image.rgb_to_hsv":  # hue 0 is hue 1
            with np.errstate(all="ignore"):
                x = np.where(np.abs(x - y) > 0.95, y, x)
        if name in SENSITIVE and have_names[i] != want_names[i]:
            continue
        if "crossentropy" in name:  # NumPy's backend clips to 1e-7 what is 0
            y = np.where(np.maximum(np.abs(x), np.abs(y)) < 1e-6, x.astype(y.dtype), y)
        pair = alike(x, y, (have_names[i], want_names[i]))
        if not pair or not judged(row) or i not in JUDGED_RESULTS.get(name, (i,)):
            continue
        if name == "linalg.qr":
            pair = np.abs(pair[0]), np.abs(pair[1]), pair[2]
        # halves of uint8 are rounded by the last bit of a float32
        if not close(*pair, small, scale, 1 if row.module == "image" else 0):
            return f"result {i} differs: {sample(*pair[:2])}"
    return None


def sample(x, y):
    if y.dtype.kind in "fc" and np.isfinite(y).any():
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    with np.errstate(all="ignore"):
        wide = np.complex128 if "c" in (x.dtype.kind, y.dtype.kind) else np.float64
        a, b = x.astype(wide).ravel(), y.astype(wide).ravel()
        bad = np.abs(a - b)
        bad = np.where(np.isnan(a) & np.isnan(b) | (a == b), -1, np.where(np.isnan(bad), np.inf, bad))
    at = int(np.argmax(bad))
    return f"{x.ravel()[at]} for {y.ravel()[at]} at {at} of {x.size} ({x.dtype})"
