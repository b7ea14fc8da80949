# SPDX-License-Identifier: Apache-2.0
"""Keras's functions on tensors as such: conversion, shapes, control flow."""

import contextlib

from kov import _core

from keras.src.backend.common.keras_tensor import KerasTensor
from keras.src.backend.config import floatx
from keras.src.backend.config import image_data_format

from ..control_flow import associative_scan
from ..control_flow import cond
from ..control_flow import custom_gradient
from ..control_flow import fori_loop
from ..control_flow import map
from ..control_flow import remat
from ..control_flow import scan
from ..control_flow import switch
from ..control_flow import vectorized_map
from ..control_flow import while_loop
from ..functions import module_getattr
from ..functions import table
from ..output_spec import compute_output_spec
from ..output_spec import zeros_of
from ..variable import Variable

IS_THREAD_SAFE = True
SUPPORTS_COMPLEX_DTYPES = True
SUPPORTS_GRADIENT = False
SUPPORTS_RAGGED_TENSORS = False
SUPPORTS_SPARSE_TENSORS = False

_core.set_config(floatx, image_data_format, KerasTensor)

globals().update(table("core"))

cast = _core.cast
convert_to_numpy = _core.convert_to_numpy
convert_to_tensor = _core.convert_to_tensor
is_tensor = _core.is_tensor
shape = _core.shape


def random_seed_dtype():
    return "uint32"


@contextlib.contextmanager
def device_scope(device_name):
    """Plans made in this scope run on the device of that name.

    OpenVINO's names ("GPU.1", "AUTO:CPU") and "NATIVE" are taken as they are. Keras's own "gpu:1"
    means OpenVINO's GPU, and its "cpu:0" the default, which is a CPU's engine.
    """
    if device_name is not None and not isinstance(device_name, str):
        raise ValueError(
            "Invalid value for argument `device_name`. Expected a string like 'cpu:0'. "
            f"Received: device_name={device_name!r}"
        )
    previous = _core.get_device()
    _core.set_device(_kov_device(device_name, previous))
    try:
        yield
    finally:
        _core.set_device(previous)


def _kov_device(name, current):
    if name is None:
        return current
    kind, _, number = name.partition(":")
    if kind == "cpu":
        return current
    if kind in ("gpu", "npu"):
        return f"{kind.upper()}.{number}" if number else kind.upper()
    return name


__getattr__ = module_getattr("core")
