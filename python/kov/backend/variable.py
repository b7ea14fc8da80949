# SPDX-License-Identifier: Apache-2.0
"""Variable: a name for a tensor that changes."""

from kov import _core

from keras.src.backend.common import KerasVariable
from keras.src.backend.common.stateless_scope import get_stateless_scope

from .trace import current_scope


class Variable(KerasVariable):
    def _initialize(self, value):
        self._value = _core.convert_to_tensor(value, self._dtype)

    def _direct_assign(self, value):
        self._value = _core.convert_to_tensor(value, self._dtype)

    def _convert_to_tensor(self, value, dtype=None):
        return _core.convert_to_tensor(value, dtype)

    @property
    def value(self):
        """The current tensor; inside a trace the node that stands for it.

        A scope inside a trace (Keras opens some while building) knows nothing of the trace, so the
        trace is asked too: otherwise today's value would become a constant of the graph.
        """
        scope = get_stateless_scope()
        if scope is not None:
            value = scope.get_current_value(self)
            if value is not None:
                return self._maybe_autocast(value)
            trace = current_scope()
            if trace is not None:
                return self._maybe_autocast(trace.read(self))
        if self._value is None:
            initial = self._initializer(self._shape, dtype=self._dtype)
            return self._maybe_autocast(_core.convert_to_tensor(initial, self._dtype))
        return self._maybe_autocast(self._value)

    def __array__(self, dtype=None, copy=None):
        return self.value.__array__(dtype)


_core.set_variable_type(KerasVariable)
