# SPDX-License-Identifier: Apache-2.0
"""Whether kov's outcome of a call is right: unclear() of an error, beyond() and differs() of a result.

The judge is Keras's NumPy backend. An error must be of a class that Keras raises and name what is
wrong; whether NumPy would have refused too is not asked, since Keras's functions check their arguments
before the backend sees them. What the judge cannot tell stands in exceptions.py.
"""

import ml_dtypes
import numpy as np
from draw import Odd, Tensor
from exceptions import SHAPES, SUMS, VALUES, first_reason
from facts import SIXTEEN, Call, largest

ERRORS = {"ValueError", "TypeError", "NotImplementedError", "IndexError", "MemoryError",
          "OverflowError", "UnknownDimension", "UnknownValue"}
# Of the size of the largest element, for sums and products of a few hundred terms in another order;
# of float64 much is computed in float32 by the judge.
SLACK = {"float16": 2e-2, "bfloat16": 8e-2, "float32": 2e-4, "float64": 1e-6,
         "complex64": 2e-4, "complex128": 1e-6}
RANGE = {"float16": 6e4, "float64": 1e308, "complex128": 1e308}  # of the others 3e38
# The least numbers above 0, of which two formulas may differ by some.
LEAST = {"float16": 2.4e-7, "bfloat16": 1e-36, "float32": 1e-36, "complex64": 1e-36}
# Calls whose values the judge cannot tell, and why; their types and shapes it can.
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
# Results of which signs or the order are free are left out: these are judged.
JUDGED_RESULTS = {"linalg.svd": (1,), "linalg.eigh": (0,),
                  "math.top_k": (0,)}  # NumPy's order of equal elements is not that of their places
# Where the last bits of an argument decide: of types of another width nothing can be said.
SENSITIVE = {"numpy." + name for name in (
    "power", "sin", "cos", "tan", "sinc", "fmod", "mod", "floor_divide", "histogram", "nextafter",
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

# What NumPy rounds to 16 bits at every step, or for which it does not know bfloat16: the judge is asked
# in float32.
IN_FLOAT32 = SUMS - {"nn.separable_conv"} | {"numpy." + name for name in (
    "cumprod", "nancumsum", "nancumprod", "nanmedian", "median", "nanargmax", "nanargmin", "nanmax",
    "nanmin", "nanprod", "nanpercentile", "nanquantile", "percentile", "quantile", "unique", "isin",
    "round", "sort", "sinc", "logspace", "geomspace")} | {
        "nn.softmax", "nn.log_softmax", "nn.psnr", "math.logsumexp", "math.top_k", "linalg.norm",
        "image.affine_transform", "nn.categorical_crossentropy", "nn.sparse_categorical_crossentropy",
        "nn.binary_crossentropy"}


def unclear(kov):
    """What is wrong with an error, or None."""
    _, name, text = kov
    if name not in ERRORS:
        return f"raises {name}: {text}"
    if not text.strip():
        return f"raises {name} without a text"
    return None


def converted(value, wanted):
    """Tensors of a drawn argument as wanted(tensor) says, a dtype or None; so are odd integers."""
    if isinstance(value, list):
        return [converted(item, wanted) for item in value]
    if isinstance(value, Odd) and value.array().dtype.kind in "iub":
        value = Tensor(value.array(), value.array().dtype.name)
    dtype = wanted(value) if isinstance(value, Tensor) else None
    if not dtype:
        return value
    array = value.array.astype(ml_dtypes.bfloat16) if value.dtype == "bfloat16" else value.array
    return Tensor(array.astype(dtype), dtype)


def wide_float(tensor):
    return "float32" if tensor.dtype in SIXTEEN else None


def float_of_integers(tensor):
    if tensor.dtype != "bool" and "int" not in tensor.dtype:
        return None
    return "float32" if largest(tensor.array) < 2**24 else "float64"


def float32_of_integers(tensor):
    return "float32" if float_of_integers(tensor) else None


def for_judge(row, arguments, kov):
    """The arguments that the judge is to be asked with, for a result of kov's."""
    name = f"{row.module}.{row.name}"
    if name in IN_FLOAT32:
        arguments = {key: converted(value, wide_float) for key, value in arguments.items()}
        if arguments.get("dtype") in ("float16", "bfloat16"):
            arguments["dtype"] = "float32"
    floats = all(dtype.startswith(("float", "bfloat", "complex")) for dtype in kov[2])
    if not floats or not (name in IN_FLOATS or row.module == "nn" and name not in OF_INDICES):
        return arguments
    # 1 - 1e-7, by which probabilities are bounded, is another number in float64
    wanted = float32_of_integers if "crossentropy" in name else float_of_integers
    found = {key: value if key == "mask" else converted(value, wanted)
             for key, value in arguments.items()}
    if "x" in found:
        found["x"] = numbers_in_floats(found["x"])
    for key in ("target", "output"):
        if type(found.get(key)) in (bool, int, float):
            found[key] = np.float32(found[key])
    return found


def numbers_in_floats(value):
    if isinstance(value, (list, tuple)):
        return type(value)(numbers_in_floats(item) for item in value)
    return float(value) if type(value) in (bool, int) else value


def reason_in(table, row, arguments):
    try:
        return first_reason(table, Call(row, arguments))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return "an argument of a kind that no parameter is made for, and kov has a result"


def beyond(row, arguments):
    """Why the judge cannot tell what the call gives, not even its shape, or None."""
    return reason_in(SHAPES, row, arguments)


def other_values(row, arguments):
    """Why the judge cannot tell more of the call's results than their shapes, or None."""
    return reason_in(VALUES, row, arguments)


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
        least = LEAST.get("float16" if small else dtype, 1e-300)
        near = np.abs(have - want) <= slack * (np.abs(want) + most) + least
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


def wrong_factors(x, kov, want_shapes):
    """What is wrong with a QR factorisation, or None: signs are free, of what depends on the columns
    before it even directions; the product is not."""
    _, (q, r), names, shapes = kov
    if shapes != want_shapes:
        return f"the results have shapes {shapes}, NumPy's {want_shapes}"
    if q.size < np.prod(shapes[0]) or r.size < np.prod(shapes[1]):  # only some elements were kept
        return None
    wide = "complex128" if np.iscomplexobj(q) else "float64"
    q, r, slack = q.astype(wide), r.astype(wide), SLACK[names[0]]
    x = np.asarray(x, wide)
    if not close(q @ r, x, names[0], False, largest(x), 0):
        return f"the product of the factors differs: {sample(q @ r, x)}"
    if not (np.abs(np.swapaxes(q.conj(), -1, -2) @ q - np.eye(q.shape[-1])) <= slack).all():
        return "the columns of Q are not orthonormal"
    return "R is not triangular" if np.tril(r, -1).any() else None


def differs(row, arguments, kov, judge):
    """What is wrong with a result that the judge has, too, or None."""
    name, by_shape = f"{row.module}.{row.name}", other_values(row, arguments) is not None
    call = Call(row, arguments)
    small = bool(call.dtypes() & {"int8", "uint8", "bool", "float16"})  # then NumPy is in float16
    scale = call.largest() if name in SUMS else 0.0
    _, have, have_names, have_shapes = kov
    _, want, want_names, want_shapes = judge
    if len(have) != len(want):
        return f"{len(have)} results, NumPy's {len(want)}"
    if name == "linalg.qr" and not by_shape:
        return wrong_factors(call.array("x"), kov, want_shapes)
    for i, (x, y) in enumerate(zip(have, want)):
        if have_shapes[i] != want_shapes[i]:
            return f"result {i} has shape {have_shapes[i]}, NumPy's {want_shapes[i]}"
        if by_shape:
            continue
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
