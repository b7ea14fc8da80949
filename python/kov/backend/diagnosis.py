# SPDX-License-Identifier: Apache-2.0
"""Why a step cannot be traced: all layers whose Python asks for what a tensor holds.

The step is run once on data. On its way each layer is traced by itself; where that fails, the
layers inside it are tried, and if they can all be traced, the reason is the layer's own code.
"""

import linecache
import os
import re

import keras
from kov import _core

from keras.src import tree
from keras.src.backend.common import global_state

from .trace import TraceScope
from .trace import current_scope

_WATCHER = "kov_layer_watcher"
_LIBRARIES = (os.path.dirname(keras.__file__), os.path.dirname(_core.__file__),
              os.path.dirname(os.path.realpath(__file__)))
_REMEDIES = {
    "bool": "`keras.ops.cond`, `where` and `while_loop` stand for Python's if and while",
    "convert_to_numpy": "keras.ops has NumPy's functions for tensors",
    "__array__": "keras.ops has NumPy's functions for tensors",
}
_OTHER_REMEDY = "keras.ops computes on tensors without Python's numbers; sizes come from its `shape`"


def watched_call(layer, call, args, kwargs):
    """What a layer does when it is called: `call`, observed while a step is being diagnosed."""
    watcher = global_state.get_global_attribute(_WATCHER)
    if watcher is None or current_scope() is not None:
        return call(*args, **kwargs)
    return watcher(layer, call, args, kwargs)


def run_and_explain(run, error):
    """The result of run(), and a text with every reason why it cannot be traced.

    `error` is what the trace of the whole ended with: the reason if no layer is to blame.
    """
    reasons = []

    def watch(layer, call, args, kwargs):
        before = len(reasons)
        try:
            _trace_alone(call, args, kwargs)
        except _core.UnknownValue as found:
            outputs = call(*args, **kwargs)
            if len(reasons) == before:
                name = getattr(layer, "path", None) or layer.name
                reasons.append(f"layer {name!r} ({type(layer).__name__}) {_reason(found)}")
            return outputs
        except Exception:
            return call(*args, **kwargs)
        global_state.set_global_attribute(_WATCHER, None)
        try:
            return call(*args, **kwargs)
        finally:
            global_state.set_global_attribute(_WATCHER, watch)

    global_state.set_global_attribute(_WATCHER, watch)
    try:
        result = run()
    finally:
        global_state.set_global_attribute(_WATCHER, None)
    return result, "\n".join(f"- {text}" for text in dict.fromkeys(reasons or [_reason(error)]))


def _trace_alone(call, args, kwargs):
    scope = TraceScope()

    def traced(x):
        return scope.trace.input(x.dtype, x.shape, "x") if _core.is_tensor(x) else x

    with scope:
        args, kwargs = tree.map_structure(traced, (args, kwargs))
        call(*args, **kwargs)


def _reason(error):
    """What was asked for, where, and what to do instead."""
    text = str(error).replace("\033[1m", "")  # Keras sets what it quotes in bold
    asked = re.search(r"(\w+): the content of this tensor", text)
    kind = asked.group(1) if asked else "a value"
    place = _place(error.__traceback__)
    return f"asks for a tensor's content ({kind}){place}: {_REMEDIES.get(kind, _OTHER_REMEDY)}."


def _place(traceback):
    """The innermost line of the traceback that is neither Keras's nor kov's."""
    place = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith(_LIBRARIES) and not file.startswith("<"):
            line = linecache.getline(file, traceback.tb_lineno).strip()
            place = f" in {os.path.basename(file)}, line {traceback.tb_lineno}" + (
                f", `{line}`" if line else "")
        traceback = traceback.tb_next
    return place
