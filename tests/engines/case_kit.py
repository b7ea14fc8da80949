# SPDX-License-Identifier: Apache-2.0
"""What the tables of cases (cases_*.py) are written with, and the cases made of them.

A table has one entry per Keras function: a function of a Kit, or several in a tuple, that returns
the call's arguments, or None where a shape has no meaning for it; or a Spec, which says more.
Arrays among the arguments are data: inputs of a traced graph. All else is part of the call.
"""

import zlib

import numpy as np

ANY = [(), (1,), (0,), (7,), (17,), (3, 5), (2, 0, 3), (1, 1, 4), (9, 131, 67)]
VECTORS = [(1,), (7,), (17,), (1031,)]
LANES = [(1,), (7,), (17,), (3, 5), (2, 0, 3), (1, 1, 4), (9, 131, 67)]
MATRICES = [(1, 1), (3, 5), (17, 7), (0, 4), (2, 3, 4), (130, 67)]
SQUARES = [(1, 1), (3, 3), (7, 7), (2, 4, 4), (0, 3, 3), (33, 33)]
ONE = [(7,)]
IMAGES = [(1, 1, 1, 3), (2, 7, 5, 3), (1, 17, 16, 3), (9, 8, 3), (0, 4, 4, 3), (2, 33, 65, 3)]

CORE_TYPES = ("float32", "int32", "bool")  # those that OpenVINO has as its own
FLOATS = ("float32", "float16", "bfloat16", "float64")
INTEGERS = ("int32", "int8", "uint8", "int16", "uint16", "int64", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")  # not for functions whose row says `real`
NUMBERS = FLOATS + INTEGERS + COMPLEX
TYPES = NUMBERS + ("bool",)
EPS = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7, "float64": 2.0**-52,
       "complex64": 2.0**-23, "complex128": 2.0**-52}
WIDE = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}


class Call:
    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs


class Spec:
    """shapes, types: what the arguments are tried with. ulp: allowed distance from the judge, in
    units of the last place of each element, or of the largest one if `of_largest`; `why` says what
    makes it more than 4. judge: "values", "shapes" (of random numbers) or a function of NumPy that
    stands for Keras's. wider: why the judges' results may be of a wider float than Keras says. via: how
    the public interface reaches a function that has no name there. settle: of the results of one
    engine those that all engines share, as signs are not."""

    def __init__(self, *calls, shapes=ANY, types=TYPES, low=None, high=None, ulp=4, why=None,
                 of_largest=False, judge="values", via=None, wider=None, settle=None):
        self.calls, self.shapes, self.types, self.low, self.high = calls, shapes, types, low, high
        self.ulp, self.of_largest, self.judge, self.via = ulp, of_largest, judge, via
        self.wider = wider
        self.settle = settle or (lambda results: results)
        assert ulp <= 4 or why, "a tolerance above 4 ulp has its reason beside it"


class Kit:
    """Makes the arrays of one call; the same in every process."""

    def __init__(self, name, shape, dtype, low, high):
        self.shape, self.dtype, self._low, self._high = shape, dtype, low, high
        self.ndim = len(shape)
        self.random = np.random.default_rng(zlib.crc32(f"{name} {shape} {dtype}".encode()))
        self.is_float = dtype in FLOATS or dtype.startswith("complex")
        self.last = shape[-1] if shape else 0

    def __call__(self, *shape, low=None, high=None, dtype=None):
        """An array of this shape, by default the case's own, with elements in [low, high)."""
        return self.of(shape or self.shape, low, high, dtype)

    def of(self, shape, low=None, high=None, dtype=None):
        dtype = dtype or self.dtype
        low = self._low if low is None else low
        high = self._high if high is None else high
        if dtype == "bool":
            return np.asarray(self.random.integers(0, 2, shape)).astype(bool)
        if dtype in INTEGERS:
            low, high = -9 if low is None else int(np.ceil(low)), 10 if high is None else int(high)
            low = max(low, 0) if dtype.startswith("u") else low
            return np.asarray(self.random.integers(low, max(high, low + 1), shape)).astype(dtype)
        x = self.random.uniform(-3 if low is None else low, 3 if high is None else high, shape)
        if dtype.startswith("complex"):
            x = x + 1j * self.random.permutation(np.asarray(x).ravel()).reshape(shape)
            return np.asarray(x).astype("complex64").astype(dtype)
        if dtype == "float64":  # the judges, who compute in 32 bits, get the same numbers
            x = np.asarray(x).astype("float32")
        return np.asarray(x).astype(numpy_dtype(dtype))

    def index(self, shape, high, low=0):
        return np.asarray(self.random.integers(low, max(high, low + 1), shape)).astype("int32")

    def flags(self, *shape):
        return np.asarray(self.random.integers(0, 2, shape or self.shape)).astype(bool)

    def float(self, *shape, low=-3, high=3):
        """An array of floats: of the case's type if that is one, else float32."""
        return self.of(shape or self.shape, low, high,
                       self.dtype if self.is_float else "float32")

    def distinct(self, *shape):
        """No two elements equal, as far as the type goes: the order of a sort is then one."""
        shape = shape or self.shape
        n = int(np.prod(shape))
        x = self.random.permutation(n).reshape(shape)
        return (x > n // 2 if self.dtype == "bool" else x - (0 if self.dtype[0] == "u" else n // 2)
                ).astype(numpy_dtype(self.dtype))


def numpy_dtype(name):
    if name == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return np.dtype(name)


def broadcast(shape):
    """A shape that broadcasts against this one: every other size 1, or one dimension less."""
    if len(shape) == 1:
        return () if shape[0] % 2 else (1,)
    return tuple(n if i % 2 else 1 for i, n in enumerate(shape))[(len(shape) > 2):]


def exactly(function):
    """A judge: the function in float64 or complex128, its result in the type that the arguments have
    as floats."""
    def judge(*args, **kwargs):
        arrays = [x for x in args if isinstance(x, np.ndarray)]
        dtype = np.result_type(*(x.dtype if x.dtype.name in FLOATS + COMPLEX else np.float32 for x in arrays))
        wide = [x.astype(np.complex128 if x.dtype.name in COMPLEX else np.float64)
                if isinstance(x, np.ndarray) else x for x in args]
        with np.errstate(all="ignore"):
            return np.asarray(function(*wide, **kwargs)).astype(dtype)

    return judge


class Case:
    """One call: a function, one of its calls, a type and a shape."""

    def __init__(self, function, spec, variant, dtype, shape):
        self.function, self.spec, self.variant = function, spec, variant
        self.dtype, self.shape = dtype, shape
        self.id = f"{function} {variant} {dtype} {shape}"

    def call(self):
        kit = Kit(self.id, self.shape, self.dtype, self.spec.low, self.spec.high)
        made = self.spec.calls[self.variant](kit)
        if made is None or made is False:
            return None
        return made if isinstance(made, Call) else Call(*(made if isinstance(made, tuple)
                                                           else (made,)))


def specs(*tables):
    found = {}
    for table in tables:
        for name, entry in table.items():
            assert name not in found, f"{name} stands twice"
            if isinstance(entry, tuple):
                entry = Spec(*entry)
            found[name] = entry if isinstance(entry, Spec) else Spec(entry)
    return found


def cases_of(name, spec, types=None):
    """Every case of a function, those without meaning left out."""
    found = []
    for variant in range(len(spec.calls)):
        for dtype in spec.types:
            if types is None or dtype in types:
                found += [Case(name, spec, variant, dtype, shape) for shape in spec.shapes]
    return [case for case in found if case.call() is not None]
