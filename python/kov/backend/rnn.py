# SPDX-License-Identifier: Apache-2.0
"""Recurrent layers' inner loop.

`lstm` and `gru` raising NotImplementedError is Keras's protocol: the layer then calls `rnn`.
"""

from keras.src import tree

from .ops import core
from .ops import numpy


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

    # What stands before the first output: for a mask that is off there, and as the loop's state.
    states = tuple(initial_states)
    first_input = tree.map_structure(lambda x: x[0], inputs)
    spec = core.compute_output_spec(step_on_first, first_input, states)
    first = core.zeros_of(spec, like=tree.flatten(first_input)[0])
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


def lstm(*args, **kwargs):
    raise NotImplementedError


def gru(*args, **kwargs):
    raise NotImplementedError


def bidirectional_lstm(*args, **kwargs):
    raise NotImplementedError


def bidirectional_gru(*args, **kwargs):
    raise NotImplementedError
