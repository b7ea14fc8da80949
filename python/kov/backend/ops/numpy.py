# SPDX-License-Identifier: Apache-2.0
"""Functions of keras.ops that Keras looks for in the backend's module `numpy`."""

from ..functions import module_getattr
from ..functions import table

globals().update(table("numpy"))
__getattr__ = module_getattr("numpy")
