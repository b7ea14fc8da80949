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
    """Plans made in this scope run on the device of that name."""
    previous = _core.set_device(device_name)
    try:
        yield
    finally:
        _core.set_device(previous)


def unstack(x, num=None, axis=0):
    x = _core.function("numpy", "moveaxis")(x, axis, 0)
    if num is None:
        num = x.shape[0]
    if num is None:
        raise _core.UnknownDimension("unstack: the dimension to unstack is free; give `num`.")
    return [x[i] for i in range(num)]


def stop_gradient(variable):
    return _core.convert_to_tensor(variable)


__getattr__ = module_getattr("core")
