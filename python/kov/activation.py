# SPDX-License-Identifier: Apache-2.0
"""Which file of kov answers for which module that Keras imports.

The files under `backend/` are loaded under Keras's names, not under kov's: their classes subclass
classes of the Keras that is imported now, and `keras.config.set_backend` must be able to drop them
together with it. The extension `kov._core` stays, whatever Keras does.

- Keras 3.15 and before imports `keras.src.backend.openvino` and its submodules.
- Keras 3.16 imports `keras_openvino.src`.
"""

import importlib
import importlib.machinery
import importlib.util
import os
import sys

from kov import settings

_HERE = os.path.dirname(os.path.abspath(__file__))
_BACKEND = os.path.join(_HERE, "backend")
_SERVED = os.path.join(_HERE, "served")

_IN_TREE = "keras.src.backend.openvino"
_PLUGGABLE = "keras_openvino"

_TORCH = "keras.src.backend.torch"
_TORCH_OPTIMIZERS = "adadelta adagrad adam adamax adamw lion nadam rmsprop sgd"

_SINGLE = {
    "keras.src.export.openvino": "keras_export_openvino.py",
    "keras_hub.src.models.depth_anything.interpolate": "keras_hub_interpolate.py",
    "keras_hub.src.utils.openvino_utils": "keras_hub_openvino_utils.py",
    **{
        f"{_TORCH}.optimizers.torch_{name}": "keras_torch_optimizers.py"
        for name in _TORCH_OPTIMIZERS.split()
    },
}


def find_spec(name):
    """The spec of a module that kov answers for, or None for all others.

    A name below the backend's own which kov lacks raises ModuleNotFoundError, so that it cannot
    be found in an installed upstream backend.
    """
    if name in _SINGLE:
        return _spec(name, os.path.join(_SERVED, _SINGLE[name]))
    if name == _IN_TREE:
        _require_core()
        return _spec(name, os.path.join(_BACKEND, "in_tree.py"), package=_BACKEND)
    if name == _PLUGGABLE:
        _require_core()
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [_HERE]
        return spec
    if name == _PLUGGABLE + ".src":
        return _spec(name, os.path.join(_BACKEND, "__init__.py"), package=_BACKEND)
    for root in (_IN_TREE + ".", _PLUGGABLE + ".src."):
        if name.startswith(root):
            return _below(name, name[len(root) :])
    if name in (_TORCH, _TORCH + ".optimizers") and not importlib.util.find_spec("torch"):
        return importlib.machinery.ModuleSpec(name, None, is_package=True)  # way to the optimizers
    if name.startswith(_PLUGGABLE + "."):
        raise ModuleNotFoundError(f"kov has no module {name!r}", name=name)
    return None


def backend_module(name):
    """A module of the backend under the name by which the running Keras knows it."""
    pluggable = _PLUGGABLE + ".src"
    return importlib.import_module(f"{pluggable if pluggable in sys.modules else _IN_TREE}.{name}")


def _below(name, tail):
    path = os.path.join(_BACKEND, *tail.split("."))
    if os.path.isfile(path + ".py"):
        return _spec(name, path + ".py")
    if os.path.isfile(os.path.join(path, "__init__.py")):
        return _spec(name, os.path.join(path, "__init__.py"), package=path)
    raise ModuleNotFoundError(f"kov has no module {name!r}", name=name)


def _spec(name, path, package=None):
    return importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[package] if package else None
    )


def _require_core():
    """Keras turns an ImportError from here into advice to install another package; a failure of
    the native part must not be hidden by that."""
    try:
        from kov import _core
    except Exception as error:
        raise RuntimeError(
            "KERAS_BACKEND is 'kov', but the native part of kov cannot be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error
    # OpenVINO's wheel ships its C library; looking for the package does not import it.
    openvino = importlib.util.find_spec("openvino")
    for folder in (openvino and openvino.submodule_search_locations) or ():
        _core.set_openvino_path(folder + "/libs")
    settings.apply(_core)
