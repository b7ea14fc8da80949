# SPDX-License-Identifier: Apache-2.0
"""What keras.json says about kov:

    {"backend": "kov", "kov": {"device": "CPU", "properties": {"PERFORMANCE_HINT": "LATENCY"}}}

`device` is the one used where neither `keras.device` nor the environment's KOV_DEVICE names one;
`properties` are OpenVINO's own, handed to the device as they are.
"""

import json
import os
import sys

_CONFIG = "keras.src.backend.config"
_KINDS = {"device": str, "properties": dict}


def apply(core):
    """Takes the settings of the file that the running Keras read."""
    path = getattr(sys.modules.get(_CONFIG), "_config_path", "")
    given = _read(path)
    for name, value in given.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise ValueError(f"{path}: kov has the settings {', '.join(_KINDS)}, not {name!r}")
        if not isinstance(value, kind):
            raise ValueError(f"{path}: kov's {name} is a {kind.__name__}, not {value!r}")
    core.set_device(None if os.environ.get("KOV_DEVICE") else given.get("device"))
    core.set_properties(given.get("properties"))


def _read(path):
    if not os.path.isfile(path):
        return {}
    with open(path, encoding="utf-8") as file:
        try:
            whole = json.load(file)
        except ValueError:  # which Keras passes over too
            return {}
    given = whole.get("kov", {}) if isinstance(whole, dict) else {}
    if not isinstance(given, dict):
        raise ValueError(f"{path}: \"kov\" is an object of settings, not {given!r}")
    return given
