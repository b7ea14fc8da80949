# SPDX-License-Identifier: Apache-2.0
"""Functions of keras.ops that Keras looks for in the backend's module `nn`."""

from ..functions import module_getattr
from ..functions import table

globals().update(table("nn"))
__getattr__ = module_getattr("nn")
