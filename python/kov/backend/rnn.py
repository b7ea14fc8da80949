# SPDX-License-Identifier: Apache-2.0
"""Recurrent layers' inner loop.

`lstm` and `gru` are whole sequences in one operation, where that is exactly what the layer computes.
NotImplementedError is Keras's protocol otherwise: the layer then calls `rnn`, a loop.
"""

from keras.src import tree
from keras.src.backend.common import standardize_dtype

from kov import _core

from .ops import core
from .ops import numpy

_lstm = _core.function("rnn", "lstm")
_gru = _core.function("rnn", "gru")


def rnn(
    step_function,
    inputs,
    initial_states,
    go_backwards=False,
    mask=None,
    constants=None,
    unroll=False,
    input_length=None,
    time_major=False,
    zero_output_for_mask=False,
    return_all_outputs=True,
):
    constants = tuple(constants or ())
    if not time_major:
        inputs = tree.map_structure(_swap_batch_and_time, inputs)
    if mask is not None:
        mask = core.cast(mask, "bool")
        if len(mask.shape) == 2:
            mask = numpy.expand_dims(mask, -1)
        if not time_major:
            mask = _swap_batch_and_time(mask)
    if unroll and tree.flatten(inputs)[0].shape[0] is None:
        raise ValueError("Unrolling requires a fixed number of timesteps.")

    def keep(is_on, new, old):
        while len(is_on.shape) < len(new.shape):
            is_on = numpy.expand_dims(is_on, -1)
        return numpy.where(is_on, new, old)

    def step(carry, current):
        states, previous = carry
        current_input, is_on = current if mask is not None else (current, None)
        output, new_states = step_function(current_input, tuple(states) + constants)
        new_states = tree.pack_sequence_as(states, tree.flatten(new_states))
        if is_on is not None:
            before = numpy.zeros_like(output) if zero_output_for_mask else previous
            output = keep(is_on, output, before)
            new_states = tree.map_structure(
                lambda new, old: keep(is_on, new, old), new_states, states
            )
        return (new_states, output), (output if return_all_outputs else None)

    def step_on_first(x, states):
        return step_function(x, tuple(states) + constants)[0]

    # What stands before the first output, for a mask that is off there.
    states = tuple(initial_states)
    first_input = tree.map_structure(lambda x: x[0], inputs)
    spec = core.compute_output_spec(step_on_first, first_input, states)
    first = core.zeros_of(spec, like=tree.flatten(first_input)[0])
    if not unroll and not tree.is_nested(first):
        # The state of the last cell is what its output was before, if it looks like one.
        before = states[-1][0] if tree.is_nested(states[0]) else states[0]
        if tuple(before.shape) == tuple(first.shape):
            first = core.cast(before, first.dtype)
    scanned = inputs if mask is None else (inputs, mask)
    (states, last), outputs = core.scan(
        step, (states, first), scanned, reverse=go_backwards, unroll=bool(unroll) or 1
    )
    if not return_all_outputs:
        outputs = numpy.expand_dims(last, 0)
    elif go_backwards:
        # The layer wants the outputs in the order in which they were computed.
        outputs = numpy.flip(outputs, axis=0)
    if not time_major:
        outputs = tree.map_structure(_swap_batch_and_time, outputs)
    return last, outputs, states


def _swap_batch_and_time(x):
    return numpy.swapaxes(x, 0, 1)


def cudnn_ok(*args, **kwargs):
    return False


def _is_fused(inputs, mask, activation, recurrent_activation, return_sequences):
    """Whether the operations of whole sequences compute this layer exactly.

    With a mask the outputs of a layer that returns them all depend on `zero_output_for_mask`, which
    Keras does not hand over: such a layer loops.
    """
    from keras.src import activations

    return (
        activation is activations.tanh
        and recurrent_activation is activations.sigmoid
        and (mask is None or not return_sequences)
        and standardize_dtype(inputs.dtype) == "float32"
    )


def lstm(
    inputs,
    initial_state_h,
    initial_state_c,
    mask,
    kernel,
    recurrent_kernel,
    bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    go_backwards=False,
    unroll=False,
):
    if not _is_fused(inputs, mask, activation, recurrent_activation, return_sequences):
        raise NotImplementedError
    outputs, h, c = _lstm(
        inputs,
        initial_state_h,
        initial_state_c,
        mask,
        kernel,
        recurrent_kernel,
        bias,
        return_sequences=return_sequences,
        go_backwards=go_backwards,
    )
    return h, outputs, [h, c]


def gru(
    inputs,
    initial_state,
    mask,
    kernel,
    recurrent_kernel,
    bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    go_backwards=False,
    unroll=False,
    reset_after=True,
):
    if not _is_fused(inputs, mask, activation, recurrent_activation, return_sequences):
        raise NotImplementedError
    outputs, h = _gru(
        inputs,
        initial_state,
        mask,
        kernel,
        recurrent_kernel,
        bias,
        return_sequences=return_sequences,
        go_backwards=go_backwards,
        reset_after=reset_after,
    )
    return h, outputs, [h]


def bidirectional_lstm(
    inputs,
    fwd_initial_state_h,
    fwd_initial_state_c,
    bwd_initial_state_h,
    bwd_initial_state_c,
    mask,
    fwd_kernel,
    fwd_recurrent_kernel,
    fwd_bias,
    bwd_kernel,
    bwd_recurrent_kernel,
    bwd_bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    unroll=False,
):
    if not _is_fused(inputs, mask, activation, recurrent_activation, return_sequences):
        raise NotImplementedError

    def one_way(h, c, kernel, recurrent_kernel, bias, **options):
        outputs, h, c = _lstm(inputs, h, c, mask, kernel, recurrent_kernel, bias,
                              return_sequences=return_sequences, **options)
        return h, outputs, [h, c]

    return (
        one_way(fwd_initial_state_h, fwd_initial_state_c, fwd_kernel, fwd_recurrent_kernel,
                fwd_bias),
        one_way(bwd_initial_state_h, bwd_initial_state_c, bwd_kernel, bwd_recurrent_kernel,
                bwd_bias, go_backwards=True, time_order=True),
    )


def bidirectional_gru(
    inputs,
    fwd_initial_state_h,
    bwd_initial_state_h,
    mask,
    fwd_kernel,
    fwd_recurrent_kernel,
    fwd_bias,
    bwd_kernel,
    bwd_recurrent_kernel,
    bwd_bias,
    activation,
    recurrent_activation,
    return_sequences=False,
    unroll=False,
    reset_after=True,
):
    if not _is_fused(inputs, mask, activation, recurrent_activation, return_sequences):
        raise NotImplementedError

    def one_way(h, kernel, recurrent_kernel, bias, **options):
        outputs, h = _gru(inputs, h, mask, kernel, recurrent_kernel, bias,
                          return_sequences=return_sequences, reset_after=reset_after, **options)
        return h, outputs, [h]

    return (
        one_way(fwd_initial_state_h, fwd_kernel, fwd_recurrent_kernel, fwd_bias),
        one_way(bwd_initial_state_h, bwd_kernel, bwd_recurrent_kernel, bwd_bias,
                go_backwards=True, time_order=True),
    )
