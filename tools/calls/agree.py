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
}
NAN_AWARE = {"numpy.median", "numpy.unique", "numpy.isin", "numpy.sort", "numpy.quantile",
             "numpy.percentile"} | {"numpy.nan" + name for name in (
                 "argmax", "argmin", "cumprod", "cumsum", "max", "mean", "median", "min",
                 "percentile", "prod", "quantile", "std", "sum", "var")}
HUGE = 1e15  # sums of products of what is larger overflow in one order and not in another
# Calls whose values, or shapes, the judge cannot tell, and why.
NO_VALUES = {
    "random.*": "draws",
    "image.elastic_transform": "draws",
    "numpy.empty": "any content", "numpy.empty_like": "any content",
    "linalg.svd": "signs are free", "linalg.qr": "signs are free", "linalg.eigh": "signs are free",
    "linalg.eig": "signs and order are free",
    "nn.tanh_shrink": "NumPy's formula cancels near 0", "nn.selu": "NumPy's is of its own constants",
    "nn.ctc_loss": "NumPy's has a finite number for what cannot be", "nn.ctc_decode": "so has this",
    "numpy.argsort": "NumPy's order of equal elements is not that of their places",
    "numpy.argpartition": "order within the parts is free",
    "nn.sparsemax": "of large numbers NumPy's formula cancels",
}


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


def is_unsorted(sequence):
    from draw import Tensor
    values = np.atleast_1d(sequence.array) if isinstance(sequence, Tensor) else np.zeros(0)
    return not (values[..., 1:] >= values[..., :-1]).all()


def has_perspective(transform):
    from draw import Tensor
    return isinstance(transform, Tensor) and bool(np.atleast_1d(transform.array)[..., 6:].any())


def beyond(row, arguments):
    """Why the judge cannot tell what the call gives, or None."""
    from draw import Tensor
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
    if name == "math.istft" and type(arguments.get("center", True)) is not bool:
        return "NumPy's backend compares center with False by `is`"
    if name in SUMS and any(not np.isfinite(x).all() or largest(x) > HUGE for x in arrays(arguments)):
        return "where the sums of infinities and of numbers near them overflow is free"
    if name == "core.stop_gradient" and not isinstance(arguments.get("variable"), Tensor):
        return "NumPy's backend gives back the list that it is given"
    if name in ("numpy.nanquantile", "numpy.nanpercentile") and any(
            x.size == 0 for x in arrays(arguments)):
        return "NumPy's quantiles of nothing lose the shape of q"
    if name in ("numpy.quantile", "numpy.nanquantile", "numpy.percentile", "numpy.nanpercentile") and any(
            "int" in dtype for dtype in dtypes(arguments)):
        return "NumPy's quantiles of integers wrap around"
    if name == "numpy.kron" and len({"float16", "bfloat16"} & dtypes(arguments)) and any(
            "int" in dtype for dtype in dtypes(arguments)):
        return "NumPy multiplies in float64 what Keras says is of 16 bits"
    if name == "numpy.view" and arguments.get("dtype") is None:
        return "NumPy's default is float64"
    if name in ("nn.one_hot", "nn.multi_hot") and arguments.get("num_classes") in (0, None):
        return "NumPy's backend takes 0 for not given"
    if name == "math.logsumexp" and arguments.get("keepdims"):
        return "NumPy's backend gives a scalar a dimension"
    if row.module == "random" and any(isinstance(value, Tensor) and value.array.ndim
                                      for value in arguments.values()):
        return "Keras's backends differ in what the shapes of distributions' numbers do"
    if name == "image.sobel_edges":
        return "NumPy's backend mirrors at the border, the others fill with zeros"
    if row.module == "nn" and any("int" in dtype or "complex" in dtype for dtype in dtypes(arguments)):
        return "NumPy's formulas stay in integers, which wrap around, or are of real numbers"
    if name in ("numpy.trapezoid", "numpy.vander", "numpy.var", "numpy.std", "numpy.nanvar",
                "numpy.nanstd", "numpy.geomspace", "numpy.logspace", "numpy.linspace") and not all(
                    "float" in str(dtype) for dtype in dtypes(arguments) | {arguments.get("dtype")
                                                                            or "float32"}):
        return "NumPy's steps wrap around or are rounded to integers"
    if name in ("numpy.bartlett", "numpy.blackman", "numpy.hamming", "numpy.hanning",
                "numpy.kaiser") and type(arguments.get("x")) is not int:
        return "NumPy has windows of lengths that are not whole"
    if name == "numpy.view" and dtypes(arguments) & {"int64", "uint64", "float64",
                                                    "complex64", "complex128"}:
        return "NumPy's backend reads 64 bits as 32"
    if name == "numpy.corrcoef" or name.startswith("numpy.nan") and arguments.get("axis") == ():
        return "Keras's shape differs from NumPy's"
    if name == "numpy.unique" and (arguments.get("size") is not None or not arguments.get(
            "sorted", True)):
        return "the order is free; JAX fills with the least element as kov does, NumPy with 0"
    if name == "nn.leaky_relu" and not -1 <= arguments.get("negative_slope", 0.2) <= 1:
        return "NumPy takes the larger of x and slope x"
    if name == "nn.dot_product_attention" and arguments.get("attn_logits_soft_cap") is not None:
        return "NumPy's backend leaves the soft cap out"
    if name == "image.affine_transform" and (has_perspective(arguments["transform"]) or
                                             "float16" in dtypes(arguments)):
        return "NumPy's backend has no perspective, and takes coordinates in float16"
    if row.module == "image" and "uint8" in dtypes(arguments):
        return "halves are rounded by the last bit of a float32"
    if name == "linalg.lstsq" and arguments.get("rcond") is not None:
        return "NumPy's backend gives rcond no effect"
    if name == "numpy.exp2" and any("complex" in dtype for dtype in dtypes(arguments)):
        return "the angle of a large imaginary part is in its last bits"
    if "int" in str(arguments.get("dtype")) and any("float" in d for d in dtypes(arguments)):
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
    if name in ("numpy.nextafter", "numpy.ldexp", "numpy.hypot") and not all("float" in dtype for dtype in dtypes(arguments)):
        return "NumPy computes integers in float16, or wraps around"
    return None


def judged(row):
    return f"{row.module}.{row.name}" not in NO_VALUES and f"{row.module}.*" not in NO_VALUES


def close(have, want, dtype, small, scale):
    """scale: the size of what was summed up, or 0."""
    if have.size == 0:
        return True
    if want.dtype.kind in "fc":  # the judge's steps may overflow, or be of infinities
        known = np.isfinite(want)
        have, want = have[known], want[known]
    if want.dtype.kind not in "fc":
        return bool(np.array_equal(have, want))
    have, want = have.astype(np.complex128), want.astype(np.complex128)
    finite = np.isfinite(want)
    most = max(np.abs(want[finite]).max(initial=0.0), scale)
    slack = SLACK["float16" if small else dtype]
    with np.errstate(all="ignore"):
        near = np.abs(have - want) <= slack * (np.abs(want) + most) + LEAST.get(dtype, 1e-300)
    same = (have == want) | (np.isnan(have) & np.isnan(want)) | near
    return bool(same.all())


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
        if judged(row) and have_names[i] == want_names[i] and not close(
                x, y, have_names[i], small, scale):
            return f"result {i} differs: {sample(x, y)}"
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
