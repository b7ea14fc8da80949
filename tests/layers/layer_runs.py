# SPDX-License-Identifier: Apache-2.0
"""Keras on JAX as recorded, processes of the judges' Python, and the devices of kov."""

import contextlib
import functools
import os
import pathlib
import pickle
import subprocess
import warnings

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
DEVICES = ("NATIVE", "CPU")


@functools.cache
def _recorded(module):
    found = {}
    with np.load(HERE / "jax_answers.npz") as file:
        for key in sorted(file.files):
            of, _, rest = key.partition("/")
            if of == module:
                found.setdefault(rest.rpartition("/")[0], []).append(file[key])
    return found


def jax_answer(module, name):
    """The arrays that Keras on JAX gives for a case, in the order of its tree."""
    return _recorded(module)[name]


def recorded_names(module):
    return set(_recorded(module))


def has_judge():
    return bool(os.environ.get("KOV_JUDGE"))


@functools.cache
def _server(backend):
    """A process of the judges' Python; it lives as long as this one."""
    import kov
    environment = dict(
        os.environ, KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1",
        PYTHONPATH=os.path.dirname(os.path.dirname(kov.__file__)))
    return subprocess.Popen(
        [os.environ["KOV_JUDGE"], str(HERE / "layer_server.py")], env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def ask(backend, module, function, *arguments):
    """What the function of the module gives in the judges' Python."""
    process = _server(backend)
    pickle.dump((module, function, arguments), process.stdin)
    process.stdin.flush()
    result, error = pickle.load(process.stdout)
    assert error is None, f"{backend}: {error}"
    return result


@contextlib.contextmanager
def on_device(device, eager=False):
    """kov traces for the device; a model that runs eagerly instead is an error unless `eager`."""
    from kov import _core
    before = _core.get_device()
    _core.set_device(device)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore" if eager else "error", message=".*runs eagerly")
            yield
    finally:
        _core.set_device(before)


def assert_close(got, want, rtol, atol, label=""):
    """Trees of arrays: the same leaves, shapes and kinds of types, values within the tolerance."""
    import keras
    got, want = keras.tree.flatten(got), keras.tree.flatten(want)
    assert len(got) == len(want), label
    for a, b in zip(got, want):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape, (label, a.shape, b.shape)
        assert a.dtype.kind == b.dtype.kind, (label, a.dtype, b.dtype)
        if a.dtype.kind in "OSU":
            np.testing.assert_array_equal(a, b, err_msg=label)
        else:
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=label)
