# SPDX-License-Identifier: Apache-2.0
"""kov runs Keras 3 models in C, on its own engine or through OpenVINO.

Set `KERAS_BACKEND=kov` and use Keras. This package itself offers little: whether kov is the
backend (`is_active`), its version and the devices that it sees. It imports neither Keras nor
OpenVINO.
"""

import kov_hook

kov_hook.install()

__all__ = ["devices", "is_active", "__version__"]


def is_active():
    """True while the imported Keras runs on kov, which it calls "openvino"."""
    return kov_hook.FINDER.active


def devices():
    """Names of the devices that a model can run on, the native engine first."""
    from kov import _core

    return _core.devices()


def __getattr__(name):
    if name == "__version__":
        from kov import _core

        return _core.version
    raise AttributeError(f"module 'kov' has no attribute {name!r}")
