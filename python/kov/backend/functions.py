# SPDX-License-Identifier: Apache-2.0
"""Fills the backend's modules from the table of functions in the extension.

A function object of the extension is what Keras calls: no Python stands between. A function that
Keras has and the table lacks is stood for by one with Keras's signature which raises
NotImplementedError.
"""

import importlib
import inspect

from kov import _core

# Keras asks `hasattr(backend.numpy, "cbrt")` and has its own formula otherwise.
_OPTIONAL = {("numpy", "cbrt"), ("nn", "squareplus")}

# Where Keras keeps the functions of a backend module, beside keras.src.ops.<module>.
_KERAS_HOMES = {
    "random": ("keras.src.random.random",),
    "core": ("keras.src.ops.core",),
}


def table(module):
    """Name -> function object for all rows of this module."""
    return {name: _core.function(module, name) for name in _core.functions(module)}


def missing(module, name, signature=None):
    """Stands for a function that is not there yet."""

    def function(*args, **kwargs):
        raise NotImplementedError(
            f"kov does not have the function keras.ops.{name} (backend module {module!r}) yet."
        )

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Not there yet: raises NotImplementedError naming {name}."
    if signature is not None:
        function.__signature__ = signature
    return function


def module_getattr(module):
    """The `__getattr__` of a backend module: Keras's other functions, as `missing` ones."""

    def find(name):
        if not name.startswith("_") and (module, name) not in _OPTIONAL:
            homes = _KERAS_HOMES.get(module, (f"keras.src.ops.{module}", "keras.src.ops"))
            for home in homes:
                function = getattr(_imported(home), name, None)
                if inspect.isfunction(function):
                    return missing(module, name, inspect.signature(function))
        raise AttributeError(f"module 'kov.backend.ops.{module}' has no attribute {name!r}")

    return find


def _imported(name):
    """Keras imports its backend before its functions: then there is nothing to compare with."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
