# SPDX-License-Identifier: Apache-2.0
"""worker.py

Makes drawn calls with kov. Reads lines from standard input: "begin" starts a child that reads further
lines, each the name of a file with a pickled list of (index, module, name, arguments), until "end" or
a crash, which therefore costs no start; lines that a dead child left are skipped. To standard output
go frames of 8 bytes of length and a pickled object: first "ready"; then the child's process id, its
outcomes and ("ended", status). An outcome is ("ok", [array, ...], [dtype name, ...], [shape, ...]) or
("error", class name, text). Calls go eagerly, and every third as a traced graph whose dimensions are
free.
"""

import gc
import os
import pickle
import struct
import sys

os.environ["KERAS_BACKEND"] = "kov"
TRACED_EVERY = 3
MEMORY_LIMIT = 3 << 30  # a sanitizer's worker is limited by its options instead

import draw as drawing
import numpy as np

if not os.environ.get("LD_PRELOAD"):
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))

import kov  # noqa: F401  puts the finder in place
import keras
from kov import _core
from written import leaves, starred, written


def given(value):
    if isinstance(value, drawing.Tensor):
        return (keras.ops.convert_to_tensor(value.array, dtype="bfloat16")
                if value.dtype == "bfloat16" else value.array)
    if isinstance(value, drawing.Odd):
        return value.array()
    return [given(item) for item in value] if isinstance(value, list) else value


def traced(row, function, arguments):
    """The call as a graph of its own: every array an input whose dimensions are all free."""
    trace, data = _core.Trace(), []

    def as_input(value):
        if isinstance(value, list):
            return [as_input(item) for item in value]
        if not isinstance(value, np.ndarray) and not _core.is_tensor(value):
            return value
        data.append(keras.ops.convert_to_tensor(value))
        return trace.input(data[-1].dtype, (None,) * data[-1].ndim, f"x{len(data)}")

    trace.enter()
    try:
        positional, rest = starred(row, {k: as_input(v) for k, v in arguments.items()})
        found = leaves(function(*positional, **rest))
    finally:
        trace.exit()
    if not data:
        return function(*positional, **rest)
    return trace.finish(found).compile("NATIVE").run(data)


def reads_sizes(row, arguments):
    """Whether what comes of the call, by Keras's rules, depends on which sizes are known."""
    return row.name == "squeeze" and arguments.get("axis") is None


def called(row, arguments, index):
    function = _core.function(row.module, row.name)
    arguments = {name: given(value) for name, value in arguments.items()}
    positional, rest = starred(row, arguments)
    if index % TRACED_EVERY == 0 and not reads_sizes(row, arguments):
        try:
            found = traced(row, function, arguments)
        except (_core.UnknownDimension, _core.UnknownValue):  # wants numbers: as Keras does, eagerly
            found = function(*positional, **rest)
    else:
        found = function(*positional, **rest)
    found = leaves(found)
    names = [str(x.dtype) for x in found]
    return written([np.asarray(x.astype("float32") if name == "bfloat16" else x)
                    for x, name in zip(found, names)], names)


def outcome(row, arguments, index):
    try:
        return ("ok", *called(row, arguments, index))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        return ("error", type(error).__name__, str(error)[:600])


def send(out, what):
    text = pickle.dumps(what, protocol=5)
    out.write(struct.pack("<q", len(text)) + text)
    out.flush()


def make_calls(out, lines, functions):
    send(out, os.getpid())
    for line in lines:
        if line == b"end\n":
            return
        with open(line.strip(), "rb") as file:
            calls = pickle.load(file)
        os.remove(line.strip())
        for index, module, name, arguments in calls:
            send(out, outcome(functions[module, name], arguments, index))


def main():
    functions = {(row.module, row.name): row for row in drawing.table()}
    lines = open(0, "rb", buffering=0)  # what one process has not read, the other one can
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.freeze()  # what is imported is no garbage, and much to look through
    send(out, "ready")
    for line in lines:
        if line != b"begin\n":
            continue
        child = os.fork()
        if child == 0:
            make_calls(out, lines, functions)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        send(out, ("ended", status))


main()
