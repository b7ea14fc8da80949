# SPDX-License-Identifier: Apache-2.0
"""Eager calls as graphs, for the plugin with which Keras's tests run on kov: each call of a function
of the table on data is traced, compiled for a device and run there. Calls without data (`zeros`)
have nothing to compile; within a trace a call belongs to that trace."""

import collections
import functools
import importlib
import inspect

_MODULES = ("core", "numpy", "nn", "math", "linalg", "image", "random")
_KEPT = 256  # plans
_NUMBERS = "biufcV"

counts = collections.Counter()


def install(device):
    """Replaces every function of the table in the backend's modules."""
    from kov import _core
    from kov.activation import backend_module

    kind = type(_core.function("numpy", "add"))
    for module in _MODULES:
        named = backend_module("random" if module == "random" else f"ops.{module}")
        home = importlib.import_module(named.__name__)
        for name in _core.functions(module):
            function = getattr(home, name, None)
            if type(function) is kind:
                setattr(home, name, _Jitted(function, device).as_function())


class _Place:
    """Stands for an argument that is data."""

    def __init__(self, index):
        self.index = index

    def __repr__(self):
        return f"<{self.index}>"


class _Jitted:
    def __init__(self, function, device):
        self._function, self._device = function, device
        self._signature = inspect.signature(function)
        # A seed that is drawn in a trace becomes a constant of it.
        self._keeps = "seed" not in self._signature.parameters
        self._plans = collections.OrderedDict()

    def as_function(self):
        @functools.wraps(self._function)
        def call(*args, **kwargs):
            return self(*args, **kwargs)

        call.__signature__ = self._signature
        return call

    def __call__(self, *args, **kwargs):
        from kov import _core
        from kov.backend.trace import current_scope

        data = []
        places = _map((args, kwargs), lambda x: self._place(x, data))
        if not data or current_scope() is not None or any(map(_core.is_traced, data)):
            return self._function(*args, **kwargs)
        key = repr((places, [(x.dtype, x.shape) for x in data]))
        known = self._plans.get(key)
        if known is None:
            known = self._compile(places, data)
            if known is None:
                counts["not traceable"] += 1
                return self._function(*args, **kwargs)
            if self._keeps:
                self._plans[key] = known
                while len(self._plans) > _KEPT:
                    self._plans.popitem(last=False)
        plan, structure = known
        counts["compiled"] += 1
        results = plan.run(data)
        return _map(structure, lambda x: results[x.index] if isinstance(x, _Place) else x)

    @staticmethod
    def _place(x, data):
        from kov import _core

        if hasattr(x, "_trainable") and hasattr(x, "value"):  # a Variable
            x = x.value
        if not _core.is_tensor(x):
            if not _core.is_array(x) or x.dtype.kind not in _NUMBERS:
                return x
            x = _core.convert_to_tensor(x)
        data.append(x)
        return _Place(len(data) - 1)

    def _compile(self, places, data):
        """The plan and where its results stand; None if the function reads data while it is traced."""
        from kov import _core
        from keras.src.backend.config import floatx

        trace = _core.Trace(floatx())
        inputs = [trace.input(x.dtype, x.shape) for x in data]
        args, kwargs = _map(places, lambda x: inputs[x.index] if isinstance(x, _Place) else x)
        trace.enter()
        try:
            outputs = self._function(*args, **kwargs)
        except (_core.UnknownValue, _core.UnknownDimension):
            return None
        finally:
            trace.exit()
        results = []

        def take(x):
            if not _core.is_tensor(x):
                return x
            results.append(_core.as_traced(x, trace))
            return _Place(len(results) - 1)

        structure = _map(outputs, take)
        return trace.finish(results).compile(device=self._device), structure


def _map(x, change):
    if type(x) in (list, tuple):
        return type(x)(_map(item, change) for item in x)
    if type(x) is dict:
        return {name: _map(item, change) for name, item in x.items()}
    return change(x)
