# SPDX-License-Identifier: Apache-2.0
"""Derivatives of Python functions: they are traced into a body, which C differentiates."""

from kov import _core

from keras.src import tree

from .control_flow import _trace_branch
from .trace import current_scope
from .traced_function import compiled_once


def jvp(fun, primals, tangents, has_aux=False):
    """(fun(*primals), its derivative along tangents), and with has_aux what fun returns second."""
    for name, x in (("primals", primals), ("tangents", tangents)):
        if not isinstance(x, (tuple, list)):
            raise TypeError(f"`jvp`: {name} must be a tuple or a list. Received: {x}")
    tree.assert_same_structure(primals, tangents)
    primals = tree.map_structure(_core.convert_to_tensor, tuple(primals))
    tangents = tree.map_structure(
        lambda x, t: _core.convert_to_tensor(t, x.dtype), primals, tuple(tangents)
    )
    if current_scope() is None:
        return compiled_once(lambda data: _traced_jvp(fun, *data, has_aux), (primals, tangents))
    return _traced_jvp(fun, primals, tangents, has_aux)


def _traced_jvp(fun, primals, tangents, has_aux):
    scope = current_scope()
    leaves = [_core.as_traced(x, scope.trace) for x in tree.flatten(primals)]
    along = [_core.as_traced(t, scope.trace) for t in tree.flatten(tangents)]

    def run():
        inputs = [scope.trace.body_input(x, x.shape) for x in leaves]
        return fun(*tree.pack_sequence_as(primals, inputs))

    wanted = []
    while True:
        # What the function assigns to variables are results of the body, known only afterwards.
        body, result, updates = _trace_branch(scope, run, wanted)
        if len(updates) == len(wanted):
            break
        wanted = [variable for variable, _ in updates.values()]
    flat = tree.flatten(result)
    outs = scope.trace.jvp(body, leaves, along)
    count = len(outs) // 2
    values, slopes = iter(outs[:count]), iter(outs[count:])
    result = tree.pack_sequence_as(result, [None if x is None else next(values) for x in flat])
    slope = tree.pack_sequence_as(result, [None if x is None else next(slopes) for x in flat])
    for variable, value in zip(wanted, values):
        scope.add_update((variable, value))
    if not has_aux:
        return result, slope
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise TypeError("`jvp`: with has_aux, `fun` must return a pair of output and auxiliary data.")
    return result[0], slope[0], result[1]
