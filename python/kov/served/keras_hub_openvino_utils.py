# SPDX-License-Identifier: Apache-2.0
"""Stands for `keras_hub.src.utils.openvino_utils`, which builds graphs for OpenVINO itself."""

from kov.activation import backend_module


def ov_infer(model, inputs, stop_token_ids, fn):
    """Runs a text model's generation step `fn(inputs, stop_token_ids)`, traced.

    The traces lie with the model's generate function: `compile`, which changes the sampler, drops
    that function. One is for one set of stop tokens, which its Python reads.
    """
    holder = getattr(model, "generate_function", None)
    if holder is None or model.run_eagerly:
        return fn(inputs, stop_token_ids)
    steps = vars(holder).setdefault("kov_steps", {})
    key = tuple(stop_token_ids) if isinstance(stop_token_ids, list) else stop_token_ids
    if key not in steps:
        traced_function = backend_module("traced_function").TracedFunction
        steps[key] = traced_function(lambda data: fn(data, stop_token_ids), "generate_step")
    return steps[key](inputs)
