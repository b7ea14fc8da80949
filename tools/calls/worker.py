# SPDX-License-Identifier: Apache-2.0
"""worker.py kov|numpy SEED START STOP [MODULE.NAME,...]

Writes frames of 8 bytes of length and a pickled object to standard output: first "ready", then the
outcome of each drawn call, ("ok", [array, ...], [dtype name, ...], [shape, ...]) or ("error", class
name, text). Of long arrays some elements are written, flat. kov's calls go eagerly, and every third
as a traced graph whose dimensions are free.
"""

import os
import pickle
import struct
import sys

MODE = sys.argv[1]
os.environ["KERAS_BACKEND"] = MODE
TRACED_EVERY = 3
LONG = 1 << 20
MEMORY_LIMIT = 3 << 30  # a sanitizer's worker is limited by its options instead

import draw as drawing
import numpy as np

if not os.environ.get("LD_PRELOAD"):
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
if MODE == "kov":
    import kov  # noqa: F401  puts the finder in place
    import keras
    from kov import _core
else:
    import keras
    import ml_dtypes
    from keras.src import backend


def to_kov(value):
    if isinstance(value, drawing.Tensor):
        return (keras.ops.convert_to_tensor(value.array, dtype="bfloat16")
                if value.dtype == "bfloat16" else value.array)
    return [to_kov(item) for item in value] if isinstance(value, list) else value


def to_numpy(value):
    if isinstance(value, drawing.Tensor):
        return value.array.astype(ml_dtypes.bfloat16) if value.dtype == "bfloat16" else value.array
    return tuple(to_numpy(item) for item in value) if isinstance(value, list) else value


def leaves(value):
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def starred(row, arguments):
    """The call's positional arguments and the others: of functions that take *tensors."""
    name = {"einsum": "operands", "meshgrid": "x"}.get(row.name)
    if name not in arguments:
        return [], arguments
    rest = {key: value for key, value in arguments.items() if key not in (name, "subscripts")}
    first = [arguments["subscripts"]] if "subscripts" in arguments else []
    return [*first, *arguments[name]], rest


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


def written(found, names):
    shapes = [x.shape for x in found]
    return [x.ravel()[:: x.size // LONG + 1] if x.size > LONG else x for x in found], names, shapes


def reads_sizes(row, arguments):
    """Whether what comes of the call, by Keras's rules, depends on which sizes are known."""
    return row.name == "squeeze" and arguments.get("axis") is None


def of_kov(row, arguments, index):
    function = _core.function(row.module, row.name)
    given = {name: to_kov(value) for name, value in arguments.items()}
    positional, rest = starred(row, given)
    if index % TRACED_EVERY == 0 and not reads_sizes(row, arguments):
        try:
            found = traced(row, function, given)
        except (_core.UnknownDimension, _core.UnknownValue):  # wants numbers: as Keras does, eagerly
            found = function(*positional, **rest)
    else:
        found = function(*positional, **rest)
    found = leaves(found)
    names = [str(x.dtype) for x in found]
    return written([np.asarray(x.astype("float32") if "bfloat16" == name else x)
                    for x, name in zip(found, names)], names)


def of_numpy(row, arguments):
    function = getattr(getattr(backend, row.module), row.name)
    positional, rest = starred(row, {name: to_numpy(value) for name, value in arguments.items()})
    with np.errstate(all="ignore"):
        found = [np.asarray(x) for x in leaves(function(*positional, **rest)) if x is not None]
    names = [x.dtype.name for x in found]
    return written([x.astype("float32") if name == "bfloat16" else x
                    for x, name in zip(found, names)], names)


def outcome(row, arguments, index):
    try:
        if MODE == "kov":
            return ("ok", *of_kov(row, arguments, index))
        return ("ok", *of_numpy(row, arguments))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        return ("error", type(error).__name__, str(error)[:600])


def send(out, what):
    text = pickle.dumps(what, protocol=5)
    out.write(struct.pack("<q", len(text)))
    out.write(text)
    out.flush()


def main():
    seed, start, stop = (int(text) for text in sys.argv[2:5])
    functions = drawing.table()
    only = None
    if len(sys.argv) > 5:
        wanted = sys.argv[5].split(",")
        only = [f for f in functions if f"{f.module}.{f.name}" in wanted or f.module in wanted]
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    send(out, "ready")
    for index in range(start, stop):
        row, arguments = drawing.call(functions, seed, index, only)
        send(out, outcome(row, arguments, index))


main()
