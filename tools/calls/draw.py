# SPDX-License-Identifier: Apache-2.0
"""Calls of the functions of keras_ops.def, drawn at random: call(functions, seed, index) is the same
in every process. Arguments go by the kind of the parameter; where a function wants shapes that fit
each other, tools/calls/fitting.py draws such ones, of which some are then spoilt."""

import sys

import numpy as np

SIZES = (0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 16, 17, 33)
DTYPES = (["float32"] * 9 + ["float64"] * 2 + ["float16", "bfloat16", "int32", "int32", "int64",
          "int8", "uint8", "int16", "uint16", "uint32", "uint64", "bool", "bool", "complex64",
          "complex128"])
SPECIAL_FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, np.nan, np.inf, -np.inf, 1e-40, 3e38, -3e38, 1e300)
EXTREME_INTS = (2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63), 10**6, 2**40, 1 << 16)
# What no parameter is made for, or hardly one.
HOSTILE = (None, True, -1, 2**63, -(2**63) - 1, 2**64, 10**30, 2**63 - 1, -(2**63), -(2**31), 0,
           float("nan"), float("inf"), -1e300, 0.5, 1j, "", "nonsense", "x" * 3000, "\0", "\udcff",
           b"bytes", (), [], [[]], (-1, -1), (0, 0, 0), (2**63 - 1, 2**63 - 1), (2**32, 2**32),
           (1,) * 100, (None, None), (1.5, "a"), [None], ["a", "b"], [[1, 2], [3]], {}, {"a": 1},
           {1, 2}, range(3), slice(None), Ellipsis, object, print, "float32", "int64", "string")
ENUMS = {
    "data_format": ("channels_last", "channels_first"),
    "padding": ("valid", "same"),
    "side": ("left", "right"),
    "indexing": ("xy", "ij"),
    "interpolation": ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"),
    "fill_mode": ("constant", "nearest", "wrap", "mirror", "reflect"),
    "reduction": ("add", "max", "min", "mul"),
    "strategy": ("greedy", "beam_search"),
    "method": ("linear", "lower", "higher", "midpoint", "nearest", "cubic", "lanczos3"),
    "mode": ("constant", "reflect", "edge", "symmetric", "wrap", "maximum", "valid", "same", "full",
             "reduced", "complete", "r"),
    "subscripts": ("ij,jk->ik", "bij,bjk", "ii", "i,i", "...ij->...ji", "ij->j", "ij,kj->", "i->ii"),
    "ord": ("fro", "nuc"),
    "window": ("hann", "hamming"),
}


class Tensor:
    """Data of a dtype; array is of float32 for a dtype that NumPy does not have."""

    def __init__(self, array, dtype):
        self.array, self.dtype = array, dtype

    def __repr__(self):
        few = self.array.tolist() if self.array.size <= 16 else "..."
        return f"{self.dtype}{self.array.shape}{few if self.array.ndim or few == '...' else [few]}"


class Odd:
    """An array that no tensor is made of every day; made in the process that uses it, since strides,
    alignment and the right to write do not travel."""

    MADE = {
        "texts": lambda: np.array(["a", "b"]),
        "objects": lambda: np.array([None, 1]),
        "date": lambda: np.array("2020-01-01", "M8[D]"),
        "records": lambda: np.zeros(3, "f4,i4"),
        "forty dimensions": lambda: np.zeros((1,) * 40),
        "no rows": lambda: np.zeros((0, 3)),
        "scalar nan": lambda: np.float64(np.nan),
        "scalar int8": lambda: np.int8(-3),
        "backwards": lambda: np.arange(6)[::-2],
        "big endian": lambda: np.arange(12, dtype=">f4").reshape(3, 4),
        "broadcast": lambda: np.broadcast_to(np.float32(1), (3, 4)),
        "misaligned": lambda: np.frombuffer(b"\1" * 13, "u1")[1:].view("f4"),
        "turned": lambda: np.arange(12, dtype="float32").reshape(3, 4).T,
        "long double": lambda: np.ones(3, "longdouble"),
    }

    def __init__(self, name):
        self.name = name

    def array(self):
        return self.MADE[self.name]()

    def __repr__(self):
        return f"<{self.name}>"


class Draw:
    def __init__(self, seed, index):
        self.rng = np.random.default_rng([seed, index])

    def chance(self, probability):
        return self.rng.random() < probability

    def below(self, n):
        return int(self.rng.integers(n))

    def pick(self, items):
        return items[self.below(len(items))]

    def size(self, least=0):
        return max(least, self.pick(SIZES))

    def shape(self, least=0, most=5):
        """Mostly small; at times one long dimension."""
        rank = least + self.below(most - least + 1)
        dims = [self.size() for _ in range(rank)]
        while int(np.prod(dims)) > 4096:
            dims[self.below(rank)] = 1
        if rank and self.chance(0.005):
            dims[self.below(rank)] = 1 + self.below(70000)
            while int(np.prod(dims)) > 150000:
                dims[int(np.argmin(np.where(np.array(dims) > 1, dims, 1 << 30)))] = 1
        return tuple(dims)

    def dtype(self):
        return self.pick(DTYPES)

    def tensor(self, shape=None, dtype=None, low=None, high=None):
        """low, high: integers of that range (both in); floats between them."""
        shape = self.shape() if shape is None else tuple(shape)
        dtype = dtype or self.dtype()
        if dtype == "bool":
            return Tensor(self.rng.random(shape) < 0.5, dtype)
        if "int" in dtype:
            return Tensor(self.integers(shape, np.iinfo(dtype), low, high).astype(dtype), dtype)
        if "complex" in dtype:
            parts = [self.tensor(shape, "float32", low, high).array for _ in range(2)]
            return Tensor(np.stack(parts, -1).view("complex64")[..., 0].astype(dtype), dtype)
        kind = "float32" if dtype == "bfloat16" else dtype
        if low is not None:
            values = low + (high - low) * self.rng.random(shape)
        else:
            values = self.rng.normal(size=shape) * self.pick((1, 1, 1, 10, 1e-3, 1e4))
            if values.size and self.chance(0.15):
                spoil = self.rng.random(shape) < 0.3
                values = np.where(spoil, self.rng.choice(SPECIAL_FLOATS, size=shape), values)
        with np.errstate(over="ignore"):
            return Tensor(np.asarray(values).astype(kind), dtype)

    def integers(self, shape, info, low, high):
        if low is None:
            if info.bits < 64 and self.chance(0.1):  # the judge computes 64 bits in 32
                return self.rng.integers(info.min, info.max, size=shape, dtype=info.dtype,
                                         endpoint=True)
            low, high = self.pick(((-4, 8), (0, 3), (-100, 100)))
        return self.rng.integers(max(low, int(info.min)), min(high, int(info.max)) + 1, size=shape)

    def number(self):
        if self.chance(0.5):
            return self.integer()
        if self.chance(0.2):
            return self.chance(0.5)
        return float(self.pick(SPECIAL_FLOATS)) if self.chance(0.2) else float(self.rng.normal())

    def integer(self, low=-3, high=9):
        if self.chance(0.04):
            return int(self.pick(EXTREME_INTS))
        return low + self.below(high - low + 1)

    def axis(self, rank):
        if self.chance(0.06):
            return self.integer()
        return self.below(2 * rank) - rank if rank else self.pick((0, -1))

    def hostile(self):
        if self.chance(0.7):
            return self.pick(HOSTILE)
        return Odd(self.pick(sorted(Odd.MADE)))

    def near(self, shape):
        """A shape that likely broadcasts with this one."""
        draw = self.rng.random()
        if draw < 0.4:
            return shape
        if draw < 0.75:
            dims = [1 if self.chance(0.4) else n for n in shape]
            return tuple(dims[self.below(len(dims) + 1):])
        if draw < 0.85:
            return shape[1:]
        return () if draw < 0.9 else self.shape()


def generic(draw, parameter, known):
    """known: shape and dtype of the call's first tensor, once there is one."""
    kind, name = parameter.kind, parameter.name
    rank = len(known["shape"]) if known else 2
    if parameter.optional and draw.chance(0.5):
        return None
    if kind == "tensor" or kind == "named":
        if kind == "named" and draw.chance(0.5):
            return draw.pick(ENUMS.get(name, ("hann",)))
        if known and draw.chance(0.15):
            return draw.number()
        same = known and draw.chance(0.75)
        return draw.tensor(draw.near(known["shape"]) if known else None,
                           known["dtype"] if same else None)
    if kind == "tensors":
        shape, dtype = draw.shape(), draw.dtype()
        count = draw.pick((1, 2, 2, 3, 4, 0))
        return [draw.tensor(shape if draw.chance(0.85) else None,
                            dtype if draw.chance(0.85) else None) for _ in range(count)]
    if kind in ("shape", "ints", "sections"):
        if kind == "ints" and draw.chance(0.5) or kind == "sections" and draw.chance(0.6):
            return draw.integer(0, 5)
        return tuple(draw.integer(-1, 5) if draw.chance(0.1) else draw.integer(0, 5)
                     for _ in range(draw.pick((0, 1, 2, 2, 3, 4, rank))))
    if kind == "index":
        if draw.chance(0.8):
            return draw.integer()
        return tuple(draw.integer() for _ in range(rank))
    if kind == "axis":
        if draw.chance(0.6):
            return draw.axis(rank)
        return tuple(draw.axis(rank) for _ in range(draw.below(3)))
    if kind == "bool":
        return draw.chance(0.5)
    if kind == "int":
        return draw.integer() if not name.startswith("axis") else draw.axis(rank)
    if kind == "float":
        return float(draw.pick(SPECIAL_FLOATS)) if draw.chance(0.2) else float(abs(draw.rng.normal()))
    if kind == "choice":
        return draw.pick(("fro", "nuc", 1, 2, -1, -2, 0, 3, float("inf"), -float("inf"), 0.5))
    if kind == "enum":
        return "nonsense" if draw.chance(0.02) else draw.pick(ENUMS.get(name, ("linear",)))
    if kind == "dtype":
        return "nonsense" if draw.chance(0.01) else draw.dtype()
    raise SystemError(f"no drawing of kind {kind}")


def first_tensor(values):
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Tensor):
                return {"shape": item.array.shape, "dtype": item.dtype}
    return None


def chosen(functions, names):
    """The functions of a list of names of functions and modules, separated by commas."""
    wanted = names.split(",")
    return [f for f in functions if f"{f.module}.{f.name}" in wanted or f.module in wanted]


def call(functions, seed, index, only=None, hostile=0.04):
    """(function, {parameter: value}); parameters that are left out have their defaults. hostile: how
    often one argument is what no parameter is made for."""
    from fitting import FITTING
    draw = Draw(seed, index)
    function = draw.pick(only or functions)
    fitting = FITTING.get(f"{function.module}.{function.name}")
    arguments = {}
    if fitting and draw.chance(0.85):
        arguments = fitting(draw)
    spoilt = draw.pick(function.parameters).name if arguments and draw.chance(0.12) else None
    for parameter in function.parameters:
        if parameter.name in arguments and parameter.name != spoilt:
            continue
        required = parameter.default is None and not parameter.optional
        if required or parameter.name == spoilt or draw.chance(0.15 if arguments and fitting else 0.4):
            arguments[parameter.name] = generic(draw, parameter, first_tensor(arguments.values()))
    if function.parameters and draw.chance(hostile):
        arguments[draw.pick(function.parameters).name] = draw.hostile()
    return function, arguments


def main():
    import os
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for index in range(20):
        function, arguments = call(table(), 0, index)
        print(f"{function.module}.{function.name}", arguments)


def table():
    import os
    tools = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if tools not in sys.path:
        sys.path.insert(0, tools)
    import tables
    source = os.path.join(os.path.dirname(tools), "src")
    return tables.read_tables(os.path.join(source, "opset", "opset.def"),
                              os.path.join(source, "keras", "keras_ops.def"))[1]


if __name__ == "__main__":
    main()
