# SPDX-License-Identifier: Apache-2.0
"""What Keras's NumPy backend makes of a call: outcome(row, arguments), as worker.py has it of kov.

What that backend leaves to JAX (convolutions, pooling, Fourier transforms) would be compiled anew for
every shape; for these Keras's torch backend is asked, which has kernels.
"""

import gc
import inspect
import os
import resource
import signal
import warnings

os.environ["KERAS_BACKEND"] = "numpy"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
PATIENCE = 60  # seconds for one call
MEMORY_LIMIT = 3 << 30  # bytes beyond which NumPy refuses, instead of filling pages for seconds
BY_TORCH = {"nn.conv", "nn.depthwise_conv", "nn.separable_conv", "nn.conv_transpose", "nn.max_pool",
            "math.fft", "math.fft2"}

import keras  # noqa: E402
import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
from draw import Odd, Tensor  # noqa: E402
from keras.src import backend  # noqa: E402
from keras.src.backend import torch as keras_torch  # noqa: E402
from written import leaves, starred, written  # noqa: E402

keras_torch.core.torch.set_num_threads(1)
gc.freeze()  # what is imported is no garbage, and much to look through
warnings.simplefilter("ignore")


class TooLong(Exception):
    pass


def too_long(number, frame):
    raise TooLong(f"more than {PATIENCE} s")


def given(value):
    if isinstance(value, Tensor):
        return value.array.astype(ml_dtypes.bfloat16) if value.dtype == "bfloat16" else value.array
    if isinstance(value, Odd):
        return value.array()
    return tuple(given(item) for item in value) if isinstance(value, list) else value


def as_array(x):
    """The array and the name of its dtype; of bfloat16 the array is of float32."""
    if isinstance(x, keras_torch.core.torch.Tensor):
        name = keras_torch.core.standardize_dtype(x.dtype)
        x = x.float() if name == "bfloat16" else x
        return x.detach().resolve_conj().numpy(), name
    x = np.asarray(x)
    return (x.astype("float32") if x.dtype.name == "bfloat16" else x), x.dtype.name


def limit_memory(limit):
    """Not for good: the sanitizers of kov's process, which inherits it, map more."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))


def elsewhere(module, name):
    """A function of Keras 3.16, of which the backend of 3.15 knows nothing."""
    import scipy.special

    found = {"numpy.cov": lambda x: np.cov(x), "math.lgamma": lambda x: scipy.special.gammaln(x),
             "math.gammainc": scipy.special.gammainc, "linalg.matrix_power": np.linalg.matrix_power,
             "numpy.column_stack": np.column_stack, "numpy.copysign": np.copysign,
             "numpy.float_power": np.float_power}.get(f"{module}.{name}")
    return found or getattr(getattr(keras.ops, module, keras.ops), name)


def call(function, row, arguments):
    """By name; where the backend's parameters have other names, by their places."""
    positional, rest = starred(row, {name: given(value) for name, value in arguments.items()})
    try:
        names = [parameter.name for parameter in inspect.signature(function).parameters.values()
                 if parameter.kind != parameter.POSITIONAL_ONLY]
    except ValueError:  # a ufunc
        names = []
    ours = [parameter.name for parameter in row.parameters]
    n = 0
    while not positional and n < len(ours) and ours[n] in rest and (
            n >= len(names) or names[n] != ours[n]):
        n += 1
    positional = positional + [rest.pop(name) for name in ours[:n]]
    return function(*positional, **rest)


def outcome(row, arguments):
    by_torch = f"{row.module}.{row.name}" in BY_TORCH
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(PATIENCE)
    limit_memory(MEMORY_LIMIT)
    try:
        module = getattr(keras_torch if by_torch else backend, row.module)
        function = getattr(module, row.name, None) or elsewhere(row.module, row.name)
        with np.errstate(all="ignore"):
            found = [as_array(x) for x in leaves(call(function, row, arguments)) if x is not None]
        return ("ok", *written([x for x, _ in found], [name for _, name in found]))
    except Exception as error:
        return ("error", type(error).__name__, str(error)[:600])
    finally:
        signal.alarm(0)
        limit_memory(resource.RLIM_INFINITY)
