# SPDX-License-Identifier: Apache-2.0
"""Keras's functions, module by module."""

from . import core
from . import image
from . import linalg
from . import math
from . import nn
from . import numpy
from .core import *  # noqa: F403
