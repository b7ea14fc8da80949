#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""failing.py [--device CPU] [--most N] [--record FILE] [MODULE[.NAME] ...]

One call of every function of the table (or of those named), while the first, the second, ... the last
allocation that it makes fails. Each time the call must say that memory ran out, or do without; nothing
may stay allocated once its context is released; and the same context must give the right result in
the next attempt. Through the C API, with an allocator of our own. From KOV_BUILD.

Calls are eager. With --device each is traced, made ready for that device and run, anew for each
allocation: --most says how many of a function's fail, evenly spread. A function that --record's file
names is passed over and one that is done is added, so that a run goes on where it was left.
"""

import argparse
import ctypes
import json
import os
import sys

import draw as drawing
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 2,
                                "tests", "openvino"))

from kov_library import BOOL, DTYPE, DTYPES, FLOAT, INT, INTS, LIST, STRING, TENSOR, VALUE  # noqa: E402
from kov_library import Argument, PlanOptions, lib as LIBRARY  # noqa: E402

OK, OUT_OF_MEMORY = 0, 4
CAPACITY = 64  # results of a call
MOST = 300  # allocations that fail one by one; of more, every k-th
DRAWS = 400  # attempts to find arguments that a function takes
LARGEST = 2000  # elements of an argument

Alloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class Options(ctypes.Structure):
    _fields_ = [("alloc", Alloc), ("release", Release), ("user", ctypes.c_void_p),
                ("byte_limit", ctypes.c_size_t), ("threads", ctypes.c_int),
                ("log", ctypes.c_void_p), ("log_user", ctypes.c_void_p)]


class Memory:
    """An allocator whose fail_at-th request from now fails."""

    def __init__(self):
        libc = ctypes.CDLL(None)
        libc.aligned_alloc.restype = ctypes.c_void_p
        libc.aligned_alloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        self.requests = self.fail_at = self.bytes = 0

        def alloc(user, size, alignment):
            self.requests += 1
            if self.requests == self.fail_at:
                return None
            alignment = max(alignment, 16)
            self.bytes += size
            return libc.aligned_alloc(alignment, (size + alignment - 1) // alignment * alignment)

        def release(user, memory, size):
            self.bytes -= size
            libc.free(memory)

        self.options = Options(Alloc(alloc), Release(release), None, 0, 1, None, None)


class Failure(Exception):
    pass


class Call:
    """Arguments of a drawn call as the C API takes them, in a context of its own."""

    def __init__(self, lib, memory, row, arguments):
        self.lib, self.memory, self.row, self.arguments = lib, memory, row, arguments
        self.function = lib.kov_function_find(row.module.encode(), row.name.encode())
        self.context, self.tensors, self.kept, self.dtypes = ctypes.c_void_p(), [], [], {}

    def open(self):
        status = self.lib.kov_context_create(ctypes.byref(self.memory.options),
                                             ctypes.byref(self.context))
        if status != OK:
            return status
        try:
            given = [self._parameter(p) for p in self.row.parameters]
        except Failure:
            return OUT_OF_MEMORY
        self.given = (Argument * max(len(given), 1))(*given)
        return OK

    def close(self):
        for tensor in self.tensors:
            self.lib.kov_tensor_release(tensor)
        self.tensors = []
        self.lib.kov_context_release(self.context)

    def __call__(self):
        """(status, results as bytes)"""
        outs, count = (ctypes.c_void_p * CAPACITY)(), ctypes.c_int(CAPACITY)
        status = self.lib.kov_eager_call(self.context, self.function, DTYPES["float32"],
                                         self.given, len(self.row.parameters), outs,
                                         ctypes.byref(count))
        return (OK, self._taken(outs, count.value)) if status == OK else (status, None)

    def _taken(self, outs, count):
        """The results' bytes; the results are released."""
        found = []
        for i in range(count):
            out = ctypes.c_void_p(outs[i])
            size = self.lib.kov_tensor_bytes(out)
            found.append(ctypes.string_at(self.lib.kov_tensor_data(out), size) if size else b"")
            self.lib.kov_tensor_release(out)
        return found

    def _tensor(self, value):
        array, dtype = value.array, value.dtype
        if dtype == "bfloat16":
            array = (array.astype("float32").view("uint32") >> 16).astype("uint16")
        array = np.ascontiguousarray(array).reshape(array.shape)
        dims = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
        out = ctypes.c_void_p()
        if self.lib.kov_tensor_from_data(self.context, DTYPES[dtype], array.ndim, dims,
                                         ctypes.c_void_p(array.ctypes.data), ctypes.byref(out)) != OK:
            raise Failure
        self.tensors.append(out)
        self.dtypes[out.value] = dtype
        return out

    def _ints(self, value):
        numbers = [value] if isinstance(value, int) else list(np.ravel(value).astype(int))
        at = (ctypes.c_int64 * max(len(numbers), 1))(*[int(n) for n in numbers])
        self.kept.append(at)
        return ctypes.addressof(at), -1 if isinstance(value, int) else len(numbers)

    def _parameter(self, parameter):
        kind, value = parameter.kind, self.arguments.get(parameter.name)
        if parameter.name == "seed":
            value = drawing.Tensor(np.array([7, 9], "uint32"), "uint32")
        if value is not None and kind in ("shape", "index", "ints", "sections", "axis"):
            a = Argument(kind=INTS)
            a.u.pointer, a.count = self._ints(value)
            return a
        if value is not None and kind == "dtype":
            a = Argument(kind=DTYPE)
            a.u.dtype = DTYPES[value]
            return a
        return self._data(value)

    def _data(self, value):
        a = Argument()
        if isinstance(value, drawing.Tensor):
            a.kind, a.u.pointer = TENSOR, self._tensor(value).value
        elif isinstance(value, list):
            at = (Argument * (len(value) + 1))(*[self._data(item) for item in value])
            self.kept.append(at)
            a.kind, a.count, a.u.pointer = LIST, len(value), ctypes.addressof(at)
        elif isinstance(value, bool):
            a.kind, a.u.boolean = BOOL, value
        elif isinstance(value, int):
            a.kind, a.u.integer = INT, value
        elif isinstance(value, float):
            a.kind, a.u.real = FLOAT, value
        elif isinstance(value, str):
            text = value.encode()
            self.kept.append(text)
            a.kind, a.u.string = STRING, text
        return a


class Traced(Call):
    """The call as a graph of its own, made ready for a device. Its inputs are the floats, or where
    there are none all tensors: the others may have to be known when the graph is built."""

    device = None

    def __call__(self):
        builder, graph, plan = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        try:
            status = self.lib.kov_builder_create(self.context, ctypes.byref(builder))
            status = status or self._trace(builder, graph)
            if status:
                return status, None
            options = PlanOptions(self.device.encode(), None, None)
            status = self.lib.kov_plan_create(graph, ctypes.byref(options), ctypes.byref(plan))
            return (status, None) if status else self._run(graph, plan)
        finally:
            self.lib.kov_plan_release(plan)
            self.lib.kov_graph_release(graph)
            self.lib.kov_builder_release(builder)

    def _trace(self, builder, graph):
        self.inputs, outs, count = [], (ctypes.c_uint32 * CAPACITY)(), ctypes.c_int(CAPACITY)
        floats = {handle for handle in self.dtypes if "float" in self.dtypes[handle] or
                  "complex" in self.dtypes[handle]}
        self.chosen = floats or set(self.dtypes)
        n = len(self.row.parameters)
        given = (Argument * max(n, 1))(*[self._as_input(builder, self.given[i]) for i in range(n)])
        status = self.lib.kov_call(builder, self.function, given, n, outs, ctypes.byref(count))
        return status or self.lib.kov_builder_finish(builder, outs, count.value, None,
                                                     ctypes.byref(graph))

    def _as_input(self, builder, a):
        if a.kind == LIST:
            items = ctypes.cast(a.u.pointer, ctypes.POINTER(Argument))
            at = (Argument * (a.count + 1))(*[self._as_input(builder, items[i]) for i in range(a.count)])
            self.kept.append(at)
            found = Argument(kind=LIST, count=a.count)
            found.u.pointer = ctypes.addressof(at)
            return found
        if a.kind != TENSOR or a.u.pointer not in self.chosen:
            return a
        tensor = ctypes.c_void_p(a.u.pointer)
        self.inputs.append(tensor)
        found = Argument(kind=VALUE)
        found.u.value = self.lib.kov_builder_parameter(
            builder, DTYPES[self.dtypes[a.u.pointer]], self.lib.kov_tensor_ndim(tensor),
            self.lib.kov_tensor_dims(tensor), None, 0)
        return found

    def _run(self, graph, plan):
        given = (ctypes.c_void_p * (len(self.inputs) + 1))(*self.inputs)
        outs, count = (ctypes.c_void_p * CAPACITY)(), self.lib.kov_graph_result_count(graph)
        status = self.lib.kov_plan_run(plan, given, len(self.inputs), outs, count)
        return (OK, self._taken(outs, count)) if status == OK else (status, None)


def fits(arguments):
    """Whether the C API can be given these, and the call is soon done."""
    from itertools import chain
    items = list(chain.from_iterable(v if isinstance(v, list) else [v] for v in arguments.values()))
    return all(not isinstance(item, drawing.Tensor) or item.array.size <= LARGEST for item in items) \
        and not any(item == "nonsense" for item in items if isinstance(item, str)) \
        and not any(isinstance(item, int) and not -64 < item < 64 for item in items) \
        and not any(isinstance(item, tuple) and any(not -64 < n < 64 for n in np.ravel(item))
                    for item in items)


def attempt(lib, memory, row, arguments, fail_at):
    """(status, results, whether a request failed) of a call in a context of its own; a call that
    memory failed is made once more. Raises Failure with what is wrong."""
    call = (Traced if Traced.device else Call)(lib, memory, row, arguments)
    memory.requests, memory.fail_at = 0, fail_at
    status, found = call.open(), None
    if status == OK:
        status, found = call()
        text = lib.kov_error_text().decode() if status != OK else ""
        failed = 0 < fail_at <= memory.requests
        if status == OUT_OF_MEMORY and not failed:
            raise Failure(f"out of memory without a failing request: {text}")
        if status == OUT_OF_MEMORY and "memory" not in text:
            raise Failure(f"out of memory says: {text}")
        if failed:
            memory.fail_at = 0
            again, found = call()
            if again != OK:
                raise Failure(f"status {again} after memory came back: "
                              f"{lib.kov_error_text().decode()}")
    failed = 0 < fail_at <= memory.requests
    call.close()
    if memory.bytes != 0:
        raise Failure(f"{memory.bytes} bytes stay")
    return status, found, failed


def valid_call(lib, memory, functions, row):
    for index in range(DRAWS):
        _, arguments = drawing.call(functions, 1, index, [row], hostile=0)
        if not fits(arguments):
            continue
        status, found, _ = attempt(lib, memory, row, arguments, 0)
        if status == OK:
            return arguments, found, memory.requests
    return None, None, 0


def check(lib, memory, functions, row, most):
    """(requests of a call, what is wrong or None)"""
    arguments, want, requests = valid_call(lib, memory, functions, row)
    if arguments is None:
        return 0, f"no arguments found in {DRAWS} draws"
    step = -(-requests // most)
    for fail_at in range(1, requests + step, step):
        try:
            status, found, failed = attempt(lib, memory, row, arguments, fail_at)
        except Failure as failure:
            return requests, f"request {fail_at}: {failure}; {arguments}"
        if status not in (OK, OUT_OF_MEMORY):
            return requests, f"request {fail_at}: status {status}: {lib.kov_error_text().decode()}"
        if found is not None and found != want:
            return requests, f"request {fail_at}: another result; {arguments}"
        if not failed and fail_at <= requests - step:
            return requests, f"request {fail_at} was not made, {requests} were before"
    return requests, None


def apart(task):
    """The result of task(), done in a child: (requests, what is wrong or None)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as file:
            json.dump(task(), file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return json.loads(text) if status == 0 and text else (0, f"exit {status}")


def recorded(path):
    if not path or not os.path.exists(path):
        return set()
    with open(path) as file:
        return {line.split()[0] for line in file if line.strip()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("functions", nargs="*")
    parser.add_argument("--device")
    parser.add_argument("--most", type=int, default=MOST)
    parser.add_argument("--record")
    options = parser.parse_args()
    Traced.device = options.device
    lib, memory, functions = LIBRARY, Memory(), drawing.table()
    wanted, done = set(options.functions), recorded(options.record)
    rows = [f for f in functions if (not wanted or {f.module, f"{f.module}.{f.name}"} & wanted) and
            f"{f.module}.{f.name}" not in done]
    wrong = total = 0
    for row in rows:
        requests, what = apart(lambda: check(lib, memory, functions, row, options.most))
        total += requests
        if what:
            wrong += 1
            print(f"{row.module}.{row.name}: {what}"[:600], flush=True)
        elif options.record:
            with open(options.record, "a") as file:
                file.write(f"{row.module}.{row.name} {requests}\n")
    print(f"{len(rows)} functions, {total} allocations; wrong: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
