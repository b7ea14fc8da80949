/* SPDX-License-Identifier: Apache-2.0 */
/* Module rnn: whole sequences of LSTM and GRU layers, with tanh and sigmoid. */
#include "keras/helpers.h"
#include "keras_functions.h"

typedef struct kov_steps { /* what a sequence operation reads */
    kov_value x, lengths;  /* [batch, steps, inputs], [batch] int32 */
} kov_steps;

/* Steps that the mask leaves out neither change the state nor count: the others go to the front, in
 * their order, and the sequence ends behind them. */
static kov_steps steps_of(kov_builder *b, kov_value x, kov_value mask)
{
    kov_value steps = kov_cast(b, kov_dim_value(b, x, 1), KOV_DTYPE_I32);
    if (mask == KOV_VALUE_NONE)
        return (kov_steps){x, kov_broadcast_to(b, steps, kov_dims_value(b, x, 0, 1))};
    kov_value one = kov_constant_int(b, KOV_DTYPE_I32, 1), order;
    mask = kov_cast(b, mask, KOV_DTYPE_BOOL);
    if (kov_ndim(b, mask) == 3)
        mask = kov_squeeze_at(b, mask, 2);
    kov_value out = kov_cast(b, kov_logical_not(b, mask), KOV_DTYPE_I32);
    kov_sort_last(b, out, &order);
    x = kov_gather(b, x, order, kov_constant_i64_scalar(b, 1), 1);
    kov_value counted = kov_subtract(b, one, out);
    return (kov_steps){x, kov_reduce_sum(b, counted, kov_one_i64(b, 1), false)};
}

/* [columns, gates * units] as the operation has it: [1, gates * units, columns]. */
static kov_value turned(kov_builder *b, kov_value matrix)
{
    return kov_unsqueeze_at(b, kov_swap(b, matrix, 0, 1), 0);
}

static kov_value zeros(kov_builder *b, kov_value like, int64_t n)
{
    const int64_t shape[] = {n};
    return kov_broadcast_to(b, kov_scalar_like(b, like, 0), kov_constant_i64(b, shape, 1));
}

/* Keras's gates i f c o in the order f i c o, along the last dimension. */
static kov_value forget_first(kov_builder *b, kov_value x, int64_t units)
{
    int last = kov_ndim(b, x) - 1;
    const kov_value parts[] = {kov_slice_axis(b, x, last, units, 2 * units, 1),
                               kov_slice_axis(b, x, last, 0, units, 1),
                               kov_slice_axis(b, x, last, 2 * units, 4 * units, 1)};
    return kov_concat(b, parts, 3, last);
}

static bool check(kov_builder *b, const char *function, kov_value x, kov_value kernel,
                  kov_value recurrent)
{
    if (b->status == KOV_OK &&
        (kov_ndim(b, x) != 3 || kov_ndim(b, kernel) != 2 || kov_ndim(b, recurrent) != 2))
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: inputs (batch, steps, size) and two matrices are taken", function);
    return b->status == KOV_OK;
}

/* Outputs in Keras's order, or the last one alone: [batch, steps or 1, units]. */
static kov_value outputs_of(kov_builder *b, kov_value y, kov_value state, bool all, bool flip)
{
    if (!all)
        return kov_unsqueeze_at(b, state, 1);
    y = kov_squeeze_at(b, y, 1);
    return flip ? kov_reverse(b, y, 1) : y;
}

void kov_rnn_lstm(kov_builder *b, kov_value inputs, kov_value initial_state_h,
                  kov_value initial_state_c, kov_value mask, kov_value kernel,
                  kov_value recurrent_kernel, kov_value bias, bool return_sequences,
                  bool go_backwards, bool time_order, kov_value *outs)
{
    outs[0] = outs[1] = outs[2] = KOV_VALUE_ERROR;
    if (!check(b, "lstm", inputs, kernel, recurrent_kernel))
        return;
    int64_t units = kov_dim_number(b, recurrent_kernel, 0);
    kov_steps steps = steps_of(b, inputs, mask);
    if (bias == KOV_VALUE_NONE)
        bias = zeros(b, kernel, 4 * units);
    kov_value y = kov_lstm_sequence(b, steps.x, kov_unsqueeze_at(b, initial_state_h, 1),
                                    kov_unsqueeze_at(b, initial_state_c, 1), steps.lengths,
                                    turned(b, forget_first(b, kernel, units)),
                                    turned(b, forget_first(b, recurrent_kernel, units)),
                                    kov_unsqueeze_at(b, forget_first(b, bias, units), 0),
                                    go_backwards ? "reverse" : "forward", units,
                                    "sigmoid, tanh, tanh", "", "", 0);
    outs[1] = kov_squeeze_at(b, kov_output(y, 1), 1);
    outs[2] = kov_squeeze_at(b, kov_output(y, 2), 1);
    outs[0] = outputs_of(b, y, outs[1], return_sequences, go_backwards && !time_order);
}

/* One bias for each gate, and where the reset comes after the product that of the candidate's part
 * of the state besides. */
static kov_value gru_bias(kov_builder *b, kov_value bias, int64_t units, bool reset_after)
{
    if (!reset_after)
        return bias;
    kov_value input = kov_pick(b, bias, 0, 0), state = kov_pick(b, bias, 0, 1);
    const kov_value parts[] = {kov_add(b, kov_slice_axis(b, input, 0, 0, 2 * units, 1),
                                       kov_slice_axis(b, state, 0, 0, 2 * units, 1)),
                               kov_slice_axis(b, input, 0, 2 * units, 3 * units, 1),
                               kov_slice_axis(b, state, 0, 2 * units, 3 * units, 1)};
    return kov_concat(b, parts, 3, 0);
}

void kov_rnn_gru(kov_builder *b, kov_value inputs, kov_value initial_state, kov_value mask,
                 kov_value kernel, kov_value recurrent_kernel, kov_value bias,
                 bool return_sequences, bool go_backwards, bool reset_after, bool time_order,
                 kov_value *outs)
{
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (!check(b, "gru", inputs, kernel, recurrent_kernel))
        return;
    int64_t units = kov_dim_number(b, recurrent_kernel, 0);
    kov_steps steps = steps_of(b, inputs, mask);
    bias = bias == KOV_VALUE_NONE ? zeros(b, kernel, (reset_after ? 4 : 3) * units)
                                  : gru_bias(b, bias, units, reset_after);
    kov_value y = kov_gru_sequence(
        b, steps.x, kov_unsqueeze_at(b, initial_state, 1), steps.lengths, turned(b, kernel),
        turned(b, recurrent_kernel), kov_unsqueeze_at(b, bias, 0),
        go_backwards ? "reverse" : "forward", units, reset_after, "sigmoid, tanh", "", "", 0);
    outs[1] = kov_squeeze_at(b, kov_output(y, 1), 1);
    outs[0] = outputs_of(b, y, outs[1], return_sequences, go_backwards && !time_order);
}
