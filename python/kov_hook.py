# SPDX-License-Identifier: Apache-2.0
"""Lets Keras know the backend name "kov".

A `.pth` line imports this module at every interpreter start, so it imports `sys` alone and never
raises. Its finder lets Python find `keras.src.backend.config` as usual; if the backend that this
module then names is "kov", the name becomes "openvino" (the list of names in Keras is closed) and
the package `kov` answers for the modules which Keras imports under that name. The environment
still says "kov", so child processes, `keras.json` and `keras.config.set_backend` work alike; and
"openvino" itself still means the backend that comes with Keras.
"""

import sys

CONFIG = "keras.src.backend.config"
_SERVED_ROOTS = ("keras.src.", "keras_openvino", "keras_hub.src.")


class _ConfigLoader:
    """Runs the loader of Keras's configuration, then looks at the name it read."""

    def __init__(self, loader, finder):
        self._loader = loader
        self._finder = finder

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._finder.active = getattr(module, "_BACKEND", None) == "kov"
        if self._finder.active:
            module._BACKEND = "openvino"


class Finder:
    """At the head of `sys.meta_path`; `active` while the loaded Keras runs on kov."""

    def __init__(self):
        self.active = False

    def find_spec(self, name, path=None, target=None):
        if name == CONFIG:
            return self._find_config(name, path, target)
        if self.active and name.startswith(_SERVED_ROOTS):
            from kov import activation

            return activation.find_spec(name)
        return None

    def _find_config(self, name, path, target):
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _ConfigLoader(spec.loader, self)
                return spec
        return None


FINDER = Finder()


def install():
    """Puts the finder first, once. Without effect on a Keras that is already imported."""
    if FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)


install()
