# SPDX-License-Identifier: Apache-2.0
"""libkov through ctypes: graphs from functions or IR, IR from graphs, plans. For tests, and for
tools/calls/failing.py: what the C headers declare is said in Python here alone."""

import ctypes
import os
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = (
    "none bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 "
    "complex64 complex128"
).split()
DTYPES = {name: number for number, name in enumerate(NAMES)}


class KovError(Exception):
    def __init__(self, status, text):
        super().__init__(f"status {status}: {text}")
        self.status = status


class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class PlanOptions(ctypes.Structure):
    _fields_ = [
        ("device", ctypes.c_char_p),
        ("properties", ctypes.POINTER(ctypes.c_char_p)),
        ("passes_off", ctypes.c_char_p),
    ]


class _ArgumentUnion(ctypes.Union):
    _fields_ = [
        ("value", ctypes.c_uint32),
        ("pointer", ctypes.c_void_p),
        ("boolean", ctypes.c_bool),
        ("integer", ctypes.c_int64),
        ("real", ctypes.c_double),
        ("parts", ctypes.c_double * 2),
        ("string", ctypes.c_char_p),
        ("dtype", ctypes.c_int),
    ]


class Argument(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("count", ctypes.c_int), ("u", _ArgumentUnion)]


NONE, VALUE, TENSOR, LIST, BOOL, INT, FLOAT, COMPLEX, INTS, STRING, DTYPE = range(11)


def _find():
    given = os.environ.get("KOV_LIBRARY")
    if given:
        return given
    if os.environ.get("KOV_BUILD"):
        return os.path.join(os.environ["KOV_BUILD"], "libkov.so")
    found = sorted(ROOT.glob("build*/libkov.so"), key=lambda p: p.stat().st_mtime)
    return str(found[-1]) if found else None


def _load():
    path = _find()
    if path is None:
        return None
    lib = ctypes.CDLL(path)
    for name in ("kov_error_text", "kov_function_at"):
        getattr(lib, name).restype = ctypes.c_char_p
    for name in ("kov_tensor_dims", "kov_tensor_data"):
        getattr(lib, name).restype = ctypes.c_void_p
    lib.kov_tensor_bytes.restype = ctypes.c_size_t
    lib.kov_builder_symbol.restype = ctypes.c_int64
    lib.kov_builder_parameter.restype = ctypes.c_uint32
    lib.kov_builder_constant.restype = ctypes.c_uint32
    lib.kov_builder_parameter.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
    ]
    return lib


lib = _load()
_context = ctypes.c_void_p()


def check(status):
    if status:
        raise KovError(status, lib.kov_error_text().decode())


def context():
    if not _context:
        check(lib.kov_context_create(None, ctypes.byref(_context)))
    return _context


def openvino_folder():
    import importlib.util

    spec = importlib.util.find_spec("openvino")
    return os.path.join(os.path.dirname(spec.origin), "libs")


def tensor(array):
    """A new tensor of the array's elements."""
    array = np.asarray(array)
    kind = {"bool": "bool"}.get(array.dtype.name, array.dtype.name)
    dims = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
    array = np.ascontiguousarray(array).reshape(array.shape)
    out = ctypes.c_void_p()
    check(
        lib.kov_tensor_from_data(
            context(),
            DTYPES[kind],
            array.ndim,
            dims,
            ctypes.c_void_p(array.ctypes.data),
            ctypes.byref(out),
        )
    )
    return out


def array(handle, bfloat16=None):
    ndim, dtype = lib.kov_tensor_ndim(handle), lib.kov_tensor_dtype(handle)
    at = ctypes.cast(lib.kov_tensor_dims(handle), ctypes.POINTER(ctypes.c_int64))
    shape = tuple(at[i] for i in range(ndim))
    size = lib.kov_tensor_bytes(handle)
    data = ctypes.string_at(lib.kov_tensor_data(handle), size) if size else b""
    name = NAMES[dtype]
    if name == "bfloat16":
        wide = np.frombuffer(data, np.uint16).astype(np.uint32) << 16
        return wide.view(np.float32).reshape(shape)
    return np.frombuffer(data, name).reshape(shape)


class Graph:
    def __init__(self, handle):
        self.handle = handle

    def __del__(self):
        lib.kov_graph_release(self.handle)

    @classmethod
    def from_ir(cls, xml, binary):
        xml = xml.encode() if isinstance(xml, str) else bytes(xml)
        out = ctypes.c_void_p()
        check(
            lib.kov_graph_from_ir(
                context(),
                xml,
                ctypes.c_size_t(len(xml)),
                bytes(binary),
                ctypes.c_size_t(len(binary)),
                ctypes.byref(out),
            )
        )
        return cls(out)

    @classmethod
    def from_file(cls, path):
        out = ctypes.c_void_p()
        check(lib.kov_graph_from_ir_file(context(), str(path).encode(), ctypes.byref(out)))
        return cls(out)

    def to_ir(self):
        xml, binary = Bytes(), Bytes()
        check(lib.kov_graph_to_ir(self.handle, None, ctypes.byref(xml), ctypes.byref(binary)))
        texts = ctypes.string_at(xml.data, xml.size), ctypes.string_at(binary.data, binary.size)
        lib.kov_bytes_free(ctypes.byref(xml))
        lib.kov_bytes_free(ctypes.byref(binary))
        return texts

    def text(self):
        out = ctypes.c_char_p()
        check(lib.kov_graph_text(self.handle, ctypes.byref(out)))
        return out.value.decode()

    @property
    def result_count(self):
        return lib.kov_graph_result_count(self.handle)


class Plan:
    def __init__(self, graph, device, properties=(), passes_off=None):
        texts = (ctypes.c_char_p * (len(properties) + 1))(*[p.encode() for p in properties], None)
        options = PlanOptions(
            device.encode(),
            ctypes.cast(texts, ctypes.POINTER(ctypes.c_char_p)),
            passes_off.encode() if passes_off else None,
        )
        self.results = graph.result_count
        self.handle = ctypes.c_void_p()
        check(lib.kov_plan_create(graph.handle, ctypes.byref(options), ctypes.byref(self.handle)))

    def __del__(self):
        lib.kov_plan_release(self.handle)

    def __call__(self, *inputs):
        tensors = [tensor(x) for x in inputs]
        given = (ctypes.c_void_p * (len(tensors) + 1))(*tensors)
        out = (ctypes.c_void_p * (self.results + 1))()
        try:
            check(lib.kov_plan_run(self.handle, given, len(tensors), out, self.results))
            return [array(ctypes.c_void_p(out[i])) for i in range(self.results)]
        finally:
            for t in tensors:
                lib.kov_tensor_release(t)
            for i in range(self.results):
                lib.kov_tensor_release(ctypes.c_void_p(out[i]))

    @property
    def parts(self):
        return lib.kov_plan_partition_count(self.handle)

    def text(self):
        out = ctypes.c_char_p()
        check(lib.kov_plan_text(self.handle, ctypes.byref(out)))
        return out.value.decode()


class Builder:
    """Graphs of Keras functions: `b.call("numpy", "log1p", x)`; values are ints of class Value."""

    class Value(int):
        pass

    def __init__(self):
        self.handle = ctypes.c_void_p()
        self._kept = []
        check(lib.kov_builder_create(context(), ctypes.byref(self.handle)))

    def __del__(self):
        lib.kov_builder_release(self.handle)

    def parameter(self, dtype, dims, name=None, variable=False):
        numbers = [
            lib.kov_builder_symbol(self.handle, d.encode()) if isinstance(d, str) else d for d in dims
        ]
        at = (ctypes.c_int64 * max(len(dims), 1))(*numbers)
        name = name.encode() if name else None
        return self.Value(
            lib.kov_builder_parameter(
                self.handle, DTYPES[dtype], len(dims), at, name, int(variable)
            )
        )

    def _argument(self, x):
        a = Argument()
        if x is None:
            a.kind = NONE
        elif isinstance(x, self.Value):
            a.kind, a.u.value = VALUE, x
        elif isinstance(x, np.ndarray):
            t = tensor(x)
            self._kept.append(t)
            a.kind, a.u.pointer = TENSOR, t.value
        elif isinstance(x, bool):
            a.kind, a.u.boolean = BOOL, x
        elif isinstance(x, int):
            a.kind, a.u.integer = INT, x
        elif isinstance(x, float):
            a.kind, a.u.real = FLOAT, x
        elif isinstance(x, str) and x in DTYPES:
            a.kind, a.u.dtype = DTYPE, DTYPES[x]
        elif isinstance(x, str):
            a.kind, a.u.string = STRING, x.encode()
        elif all(type(i) is int for i in x):
            at = (ctypes.c_int64 * max(len(x), 1))(*x)
            self._kept.append(at)
            a.kind, a.count, a.u.pointer = INTS, len(x), ctypes.addressof(at)
        else:
            at = (Argument * len(x))(*[self._argument(i) for i in x])
            self._kept.append(at)
            a.kind, a.count, a.u.pointer = LIST, len(x), ctypes.addressof(at)
        return a

    def call(self, module, name, *arguments):
        function = lib.kov_function_find(module.encode(), name.encode())
        assert function >= 0, f"{module}.{name}"
        at = (Argument * max(len(arguments), 1))(*[self._argument(x) for x in arguments])
        outs, count = (ctypes.c_uint32 * 64)(), ctypes.c_int(64)
        check(lib.kov_call(self.handle, function, at, len(arguments), outs, ctypes.byref(count)))
        values = [self.Value(outs[i]) for i in range(count.value)]
        return values[0] if len(values) == 1 else values

    def finish(self, results, names=None):
        at = (ctypes.c_uint32 * len(results))(*results)
        texts = (ctypes.c_char_p * len(results))(*[n.encode() for n in names]) if names else None
        out = ctypes.c_void_p()
        check(lib.kov_builder_finish(self.handle, at, len(results), texts, ctypes.byref(out)))
        return Graph(out)


if lib is not None:
    check(lib.kov_set_openvino_path(openvino_folder().encode()))
