# SPDX-License-Identifier: Apache-2.0
"""What each function of kov's table that NumPy has is measured on: 64 Ki elements, or as many
operations where the result has another size.

`cases()` gives tuples: module, function, label, positional arguments, keywords, NumPy's function.
Arrays among the arguments become tensors for kov. Where NumPy answers with a view, its contiguous
copy is what is timed, since kov's tensors are contiguous; and kov's empty is zeros.
"""

import numpy as np

N = 1 << 16
SIDE = 256

OTHER_TYPES = ("float64", "float16")
ABOVE_ONE = {"arccosh"}

UNARY = """abs absolute angle arccos arccosh arcsin arcsinh arctan arctanh array bitwise_invert
bitwise_not cbrt ceil conj conjugate copy cos cosh deg2rad exp exp2 expm1 fabs floor i0 imag isfinite
isinf isnan isneginf isposinf isreal log log10 log1p log2 logical_not nan_to_num negative rad2deg
real reciprocal round sign signbit sin sinc sinh sqrt square tan tanh trunc ndim size
ones_like zeros_like all amax amin any argmax argmin count_nonzero cumprod cumsum diff max mean min
nanargmax nanargmin nancumprod nancumsum nanmax nanmin nanprod nansum prod ptp sum flip ravel squeeze
transpose tril triu nonzero diag diagonal diagflat trace argsort sort unique average corrcoef median
nanmean nanmedian nanstd nanvar cov std trapezoid var rot90 fliplr flipud""".split()
AXES = """all any argmax argmin max mean min cumsum cumprod sum prod sort argsort median std var nanmax
nansum nanmean nanmedian ptp count_nonzero flip diff average""".split()
BINARY = """arctan2 copysign float_power hypot logaddexp logaddexp2 nextafter add divide floor_divide fmax fmin fmod
heaviside maximum minimum mod multiply power subtract true_divide allclose equal greater
greater_equal isclose less less_equal logical_and logical_or logical_xor not_equal append dot inner
matmul outer vdot""".split()
INT_UNARY = """abs bitwise_invert negative sign square all any argmax argmin cumsum max min prod sum
sort argsort unique nonzero count_nonzero mean std median isfinite logical_not ptp diff bincount
""".split()
INT_BINARY = """add subtract multiply floor_divide mod fmod power bitwise_and bitwise_or bitwise_xor
bitwise_left_shift bitwise_right_shift left_shift right_shift gcd lcm equal less maximum minimum
divide matmul dot""".split()
BOOL_UNARY = "all any logical_not sum bitwise_not count_nonzero nonzero argmax cumsum".split()
BOOL_BINARY = "logical_and logical_or logical_xor bitwise_and equal add multiply".split()
FLAT = {"diagflat", "trapezoid", "bincount"}
OUTER = {"outer", "diagflat"}


def _arrays():
    rng = np.random.default_rng(0)
    a = rng.uniform(0.1, 0.9, (SIDE, SIDE)).astype("float32")
    return {
        "a": a,
        "b": rng.permutation(a.ravel()).reshape(a.shape),
        "i": rng.integers(1, 100, (SIDE, SIDE)).astype("int32"),
        "j": rng.integers(1, 8, (SIDE, SIDE)).astype("int32"),
        "t": rng.uniform(0, 1, (SIDE, SIDE)) < 0.5,
        "u": rng.uniform(0, 1, (SIDE, SIDE)) < 0.5,
        "row": a[0].copy(),
        "cube": rng.uniform(0.1, 0.9, (32, 64, 32)).astype("float32"),
        "line": a.ravel().copy(),
        "rows": rng.integers(0, SIDE, SIDE).astype("int32"),
        "places": rng.integers(0, SIDE, (SIDE, SIDE)).astype("int32"),
        "flat_places": rng.integers(0, N, N).astype("int32"),
        "bins": np.linspace(0, 1, 65).astype("float32"),
        "square": (a[:64, :64] + 64 * np.eye(64)).astype("float32"),
        "triples": rng.uniform(0, 1, (N // 4, 3)).astype("float32"),
        "holes": np.where(rng.uniform(0, 1, a.shape) < 0.1, np.nan, a).astype("float32"),
    }


def cases():
    v = _arrays()
    a, b, i, j, t, u = (v[k] for k in "abijtu")
    row, cube, line, rows, square = (v[k] for k in "row cube line rows square".split())
    out = []

    def add(name, label, *args, module="numpy", numpy=None, **keywords):
        function = numpy or getattr(np, name)
        out.append((module, name, label, args, keywords, function))

    def copied(function):
        return lambda *args, **keywords: np.array(function(*args, **keywords), order="C")

    views = set("""conj conjugate real imag ravel squeeze transpose diagonal flip rot90 fliplr flipud
        array reshape broadcast_to expand_dims moveaxis swapaxes""".split())

    def reference(name):
        function = getattr(np, name)
        return copied(function) if name in views else function

    for name in UNARY:
        if name in ("bitwise_invert", "bitwise_not"):
            continue
        x = a + 1 if name in ABOVE_ONE else v["holes"] if name.startswith("nan") else a
        if name in FLAT:
            x = row if name in OUTER else line
        add(name, "f32", x, numpy=reference(name))
    for name in AXES:
        x = v["holes"] if name.startswith("nan") else a
        for axis in (0, 1):
            add(name, f"f32 axis={axis}", x, axis=axis, numpy=reference(name))
    for name in BINARY:
        x, y = (row, row) if name in OUTER else (line, line) if name == "vdot" else (a, b)
        add(name, "f32", x, y)
    for name in ("add", "multiply", "maximum", "divide", "less", "subtract"):
        add(name, "f32 row", a, row)
        add(name, "f32 column", a, row[:, None].copy())
        add(name, "f32 number", a, 2.0)
    add("power", "f32 number", a, 3.0)
    add("where", "f32 row", t, row, a)
    for name in INT_UNARY:
        add(name, "i32", i.ravel() if name in FLAT else i, numpy=reference(name))
    for name in INT_BINARY:
        add(name, "i32", i, j)
    for name in BOOL_UNARY:
        add(name, "bool", t)
    for name in BOOL_BINARY:
        add(name, "bool", t, u)
    for name in "sum max mean".split():
        add(name, "cube axis=1", cube, axis=1)
    for name in OTHER_TYPES:
        for function in "add exp sum matmul max sort log1p".split():
            x = a.astype(name)
            add(function, name, *((x, b.astype(name)) if function in ("add", "matmul") else (x,)))

    add("clip", "f32", a, 0.2, 0.8)
    add("ldexp", "f32", a, j)
    add("where", "f32", t, a, b)
    add("select", "f32", [t, u], [a, b], 0.5)
    add("broadcast_to", "f32", row, (SIDE, SIDE), numpy=reference("broadcast_to"))
    for name in "array_split split vsplit hsplit".split():
        add(name, "f32", a, 4, numpy=lambda *x, f=getattr(np, name): [y.copy() for y in f(*x)])
    add("dsplit", "f32", cube, 4, numpy=lambda *x: [y.copy() for y in np.dsplit(*x)])
    for name in "concatenate hstack vstack dstack stack column_stack".split():
        add(name, "f32", [a, b])
    add("concatenate", "f32 axis=1", [a, b], axis=1)
    add("stack", "f32 axis=2", [a, b], axis=2)
    add("expand_dims", "f32", a, 1, numpy=reference("expand_dims"))
    add("meshgrid", "f32", row, row)
    add("moveaxis", "f32", cube, 0, 2, numpy=reference("moveaxis"))
    add("swapaxes", "f32", cube, 0, 1, numpy=reference("swapaxes"))
    add("transpose", "cube", cube, (0, 2, 1), numpy=reference("transpose"))
    add("transpose", "cube reversed", cube, numpy=reference("transpose"))
    add("repeat", "f32", a, 2)
    add("repeat", "f32 axis=0", a, 2, axis=0)
    add("repeat", "f32 axis=1", a, 2, axis=1)
    add("reshape", "f32", a, (64, 1024), numpy=reference("reshape"))
    add("roll", "f32", a, 5)
    add("roll", "f32 axis=1", a, 5, axis=1)
    add("tile", "f32", a, (1, 2))
    add("tile", "f32 row", row, (SIDE, 1))
    add("view", "f32", a, "int32", numpy=lambda x, d: x.view(d).copy())

    add("arange", "i32", 0, N, 1, dtype="int32")
    for name in "bartlett blackman hamming hanning".split():
        add(name, "f32", N)
    add("kaiser", "f32", N, 14.0)
    add("empty", "f32", (SIDE, SIDE), "float32", numpy=np.zeros)
    for name in "ones zeros".split():
        add(name, "f32", (SIDE, SIDE), "float32")
    add("empty_like", "f32", a, numpy=np.zeros_like)
    add("full", "f32", (SIDE, SIDE), 2.0, "float32")
    add("full_like", "f32", a, 2.0)
    add("eye", "f32", SIDE, dtype="float32")
    add("identity", "f32", SIDE, dtype="float32")
    add("tri", "f32", SIDE, dtype="float32")
    add("linspace", "f32", 0.0, 1.0, N, dtype="float32")
    add("geomspace", "f32", 1.0, 100.0, N, dtype="float32")
    add("logspace", "f32", 0.0, 2.0, N, dtype="float32")

    for mode in "constant reflect edge symmetric wrap".split():
        add("pad", "f32 " + mode, a, ((2, 2), (2, 2)), mode=mode)
    add("take", "f32", a, v["flat_places"])
    add("take", "f32 axis=0", a, rows, axis=0)
    add("take", "f32 axis=1", a, rows, axis=1)
    add("take_along_axis", "f32", a, v["places"], axis=1)
    add("take_along_axis", "f32 axis=0", a, v["places"], axis=0)
    add("unravel_index", "i32", v["flat_places"], (SIDE, SIDE))
    add("argpartition", "f32", a, 10)
    add("bincount", "f32 weights", i.ravel(), line)
    add("digitize", "f32", a, v["bins"])
    add("histogram", "f32", a, 64)
    add("isin", "i32", i, rows)
    add("isin", "f32", a, row)
    add("searchsorted", "f32", np.sort(line), b.ravel())
    add("average", "f32 weights", a, weights=b)
    add("correlate", "f32", line, row[:64].copy())
    for name in "quantile nanquantile".split():
        x = v["holes"] if name.startswith("nan") else a
        add(name, "f32", x, 0.3)
        add(name, "f32 axis=1", x, 0.3, axis=1)
    for name in "percentile nanpercentile".split():
        x = v["holes"] if name.startswith("nan") else a
        add(name, "f32", x, 30.0)
        add(name, "f32 axis=0", x, 30.0, axis=0)
    add("cross", "f32", v["triples"], v["triples"][::-1].copy())
    add("kron", "f32", a[:16, :16].copy(), b[:16, :16].copy())
    add("slogdet", "f32", square, numpy=np.linalg.slogdet)
    add("tensordot", "f32", a, b, 1)
    add("vander", "f32", row, SIDE)
    add("einsum", "ij,jk", "ij,jk->ik", a, b)
    add("einsum", "ij->ji", "ij->ji", a, numpy=copied(np.einsum))
    add("einsum", "ij,ij", "ij,ij->i", a, b)

    for name in "cholesky det eig eigh inv pinv qr svd matrix_rank".split():
        x = square @ square.T if name in ("cholesky", "eigh") else square
        add(name, "f32", x, module="linalg", numpy=getattr(np.linalg, name))
    add("matrix_power", "f32", square / 64, 5, module="linalg", numpy=np.linalg.matrix_power)
    add("solve", "f32", square, square, module="linalg", numpy=np.linalg.solve)
    add("lstsq", "f32", square, square, module="linalg", numpy=np.linalg.lstsq)
    add("norm", "f32", a, module="linalg", numpy=np.linalg.norm)
    add("norm", "f32 axis=0", a, axis=0, module="linalg", numpy=np.linalg.norm)
    add("norm", "f32 axis=1", a, axis=1, module="linalg", numpy=np.linalg.norm)
    for name in "fft fft2 ifft2".split():
        add(name, "f32", (a, b), module="math",
            numpy=lambda x, f=getattr(np.fft, name): f(x[0] + 1j * x[1]))
    add("rfft", "f32", a, module="math", numpy=np.fft.rfft)
    add("irfft", "f32", (a, b), module="math", numpy=lambda x: np.fft.irfft(x[0] + 1j * x[1]))
    return out


def missing(names):
    """Those of the table's functions (module, name) that NumPy has and no case measures."""
    measured = {(case[0], case[1]) for case in cases()}
    homes = {"numpy": np, "linalg": np.linalg, "math": np.fft}
    return sorted(f"{m}.{n}" for m, n in names
                  if m in homes and hasattr(homes[m], n) and (m, n) not in measured)
