# SPDX-License-Identifier: Apache-2.0
"""The backend as Keras 3.16 wants it: loaded under the name `keras_openvino.src`."""

from keras.src.backend.common.name_scope import name_scope

from . import ops
from . import random
from . import rnn
from .ops.core import compute_output_spec
from .ops.core import device_scope
from .variable import Variable

IS_THREAD_SAFE = True
SUPPORTS_COMPLEX_DTYPES = True
SUPPORTS_GRADIENT = False
SUPPORTS_RAGGED_TENSORS = False
SUPPORTS_SPARSE_TENSORS = False

distribution_lib = None

# Without this list every name of this module would become one of `keras.src.backend`.
__all__ = [
    "IS_THREAD_SAFE",
    "SUPPORTS_COMPLEX_DTYPES",
    "SUPPORTS_GRADIENT",
    "SUPPORTS_RAGGED_TENSORS",
    "SUPPORTS_SPARSE_TENSORS",
    "Variable",
    "compute_output_spec",
    "device_scope",
    "distribution_lib",
    "name_scope",
    "ops",
    "random",
    "rnn",
]
