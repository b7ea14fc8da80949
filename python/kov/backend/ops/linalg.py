# SPDX-License-Identifier: Apache-2.0
"""Functions of keras.ops that Keras looks for in the backend's module `linalg`."""

from ..derivative import jvp  # noqa: F401  part of the contract
from ..functions import module_getattr
from ..functions import table

globals().update(table("linalg"))
__getattr__ = module_getattr("linalg")
