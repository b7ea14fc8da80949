# SPDX-License-Identifier: Apache-2.0
"""A model's forward pass as OpenVINO IR."""

import inspect

from kov import _core

from keras.src import tree
from keras.src.export.export_utils import get_input_signature
from keras.src.models import Functional

from .trace import TraceScope


def ir_of_model(model, input_signature=None):
    """(xml, bin) as bytes. Inputs stand in the order of `tree.flatten`, their batch is free."""
    if input_signature is None:
        input_signature = get_input_signature(model)
    arguments = 1
    if isinstance(input_signature, (list, tuple)):
        arguments = len(input_signature)
        if arguments == 1:
            input_signature = input_signature[0]
        elif isinstance(model, Functional) or len(inspect.signature(model.call).parameters) == 1:
            arguments = 1  # which is the list
    scope = TraceScope()
    with scope:
        batch = scope.trace.symbol("batch")

        def placeholder(spec, name):
            shape = list(spec.shape)
            if shape and shape[0] is None:
                shape[0] = batch
            return scope.trace.input(spec.dtype, shape, getattr(spec, "name", None) or name)

        leaves = tree.flatten(input_signature)
        names = _names(input_signature) if len(leaves) > 1 else ["input"]
        inputs = [placeholder(*pair) for pair in zip(leaves, names)]
        inputs = tree.pack_sequence_as(input_signature, inputs)
        # Where nobody says so, layers whose own default is to train would switch it on for the rest.
        options = {"training": False} if model._call_has_training_arg else {}
        outputs = model(*(inputs if arguments > 1 else [inputs]), **options)
        results = [_core.as_traced(x, scope.trace) for x in tree.flatten(outputs)]
        graph = scope.trace.finish(results)
    variables = [variable._value for variable, _ in scope.reads.values()]
    return graph.to_ir([None] * len(leaves) + variables)


def get_model_for_openvino_export(model, input_signature):
    """The same as an `openvino.Model`, which Keras 3.16 serialises itself."""
    import openvino

    xml, weights = ir_of_model(model, input_signature)
    return openvino.Core().read_model(xml, weights)


def _names(structure, prefix="input"):
    """A name per leaf: keys of dicts, else numbers after the name of what is around."""
    if isinstance(structure, dict):
        parts = [_names(structure[key], str(key)) for key in sorted(structure)]
    elif isinstance(structure, (list, tuple)):
        parts = [_names(item, f"{prefix}_{i}") for i, item in enumerate(structure)]
    else:
        return [prefix]
    return [name for part in parts for name in part]
