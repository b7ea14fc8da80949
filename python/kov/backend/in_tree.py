# SPDX-License-Identifier: Apache-2.0
"""The backend as Keras up to 3.15 wants it: loaded under `keras.src.backend.openvino`.

There the modules of `ops` lie directly in the package, and `rnn` is a function as well as a module.
"""

import sys

from keras.src.backend.common.name_scope import name_scope

from . import ops
from . import random
from . import rnn as _rnn
from .ops import core
from .ops import image
from .ops import linalg
from .ops import math
from .ops import nn
from .ops import numpy
from .ops.core import cast
from .ops.core import compute_output_spec
from .ops.core import cond
from .ops.core import convert_to_numpy
from .ops.core import convert_to_tensor
from .ops.core import device_scope
from .ops.core import is_tensor
from .ops.core import random_seed_dtype
from .ops.core import shape
from .ops.core import vectorized_map
from .rnn import bidirectional_gru
from .rnn import bidirectional_lstm
from .rnn import cudnn_ok
from .rnn import gru
from .rnn import lstm
from .rnn import rnn
from .variable import Variable

IS_THREAD_SAFE = True
SUPPORTS_COMPLEX_DTYPES = True
SUPPORTS_GRADIENT = False
SUPPORTS_RAGGED_TENSORS = False
SUPPORTS_SPARSE_TENSORS = False

for _module in (core, image, linalg, math, nn, numpy):
    sys.modules[f"{__name__}.{_module.__name__.rpartition('.')[2]}"] = _module
