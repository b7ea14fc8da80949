# SPDX-License-Identifier: Apache-2.0
"""Tracing: Python runs once on traced tensors, and what it computes becomes a graph.

`TraceScope` is both a StatelessScope, so that Keras hands assignments of variables to it, and the
owner of a graph under construction. A plain StatelessScope is not a trace: there, operations on
data run at once.
"""

from kov import _core

from keras.src.backend.common import global_state
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.backend.config import floatx

_CURRENT = "kov_trace_scope"


def current_scope():
    """The innermost open TraceScope of this thread, or None."""
    return global_state.get_global_attribute(_CURRENT)


class TraceScope(StatelessScope):
    """While it is open, reading a variable gives a node of the graph.

    After it is closed, `reads` and `updates` say which variables are the graph's inputs and which
    of them get which result; values of variables created meanwhile are made then, outside.
    """

    def __init__(self):
        super().__init__(collect_losses=True)
        self.trace = _core.Trace(floatx())
        self.reads = {}
        self.updates = {}

    def __enter__(self):
        self._outer_trace = current_scope()
        global_state.set_global_attribute(_CURRENT, self)
        self.trace.enter()
        return super().__enter__()

    def __exit__(self, *args, **kwargs):
        # First the trace, then the scope: the scope's end initialises new variables, which must
        # happen on data and not become part of the graph.
        self.trace.exit()
        global_state.set_global_attribute(_CURRENT, self._outer_trace)
        super().__exit__(*args, **kwargs)

    def get_current_value(self, variable):
        return self.read(variable)

    def read(self, variable):
        """The variable's value at this point of the trace: its last assignment, else an input."""
        update = self.updates.get(id(variable))
        if update is not None:
            return update[1]
        known = self.reads.get(id(variable))
        if known is None:
            outer = self._outer_trace
            if outer is not None and id(variable) in outer.updates:
                return outer.updates[id(variable)][1]
            node = self.trace.variable(variable._dtype, variable._shape, variable.path)
            known = self.reads[id(variable)] = (variable, node)
        return known[1]

    def add_update(self, update):
        variable, value = update
        if None in value.shape:
            # Assigning tells the sizes which the trace could not derive.
            value = _core.function("numpy", "reshape")(value, variable.shape)
        self.updates[id(variable)] = (variable, value)
        self.state_mapping[id(variable)] = value


class Branch:
    """Notes which variables are assigned in the body of a cond or a loop, apart from the rest."""

    def __init__(self, scope):
        self._scope = scope

    def __enter__(self):
        self._outer_updates = dict(self._scope.updates)
        self._outer_mapping = dict(self._scope.state_mapping)
        return self

    def __exit__(self, *args):
        before = self._outer_updates
        self.updates = {
            key: update
            for key, update in self._scope.updates.items()
            if key not in before or before[key] is not update
        }
        self._scope.updates = before
        self._scope.state_mapping = self._outer_mapping

