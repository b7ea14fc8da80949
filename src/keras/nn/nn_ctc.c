/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: connectionist temporal classification. */
#include "keras/nn/nn_ctc.h"
#include "keras_functions.h"
#include <string.h>

static kov_value float32_at_least(kov_builder *b, kov_value x)
{
    x = kov_as_float(b, x);
    return kov_dtype_of(b, x) == KOV_DTYPE_F64 ? x : kov_cast(b, x, KOV_DTYPE_F32);
}

static bool ctc_shapes_fit(kov_builder *b, const char *function, kov_value x, int ndim,
                           const char *shape)
{
    if (b->status == KOV_OK && kov_ndim(b, x) != ndim)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: an argument has %d dimensions; %s is taken",
                         function, kov_ndim(b, x), shape);
    return b->status == KOV_OK;
}

/* int32; negative numbers count classes from the end. */
static kov_value blank_class(kov_builder *b, kov_value logits, int64_t mask_index)
{
    kov_value blank = kov_constant_int(b, KOV_DTYPE_I32, mask_index);
    if (mask_index >= 0)
        return blank;
    return kov_add(b, blank, kov_cast(b, kov_dim_value(b, logits, 2), KOV_DTYPE_I32));
}

kov_value kov_nn_ctc_loss(kov_builder *b, kov_value target, kov_value output,
                          kov_value target_length, kov_value output_length, int64_t mask_index)
{
    output = float32_at_least(b, output);
    target = kov_cast(b, target, KOV_DTYPE_I32);
    if (!ctc_shapes_fit(b, "ctc_loss", output, 3, "output (batch, time, classes)") ||
        !ctc_shapes_fit(b, "ctc_loss", target, 2, "target (batch, labels)"))
        return KOV_VALUE_ERROR;
    kov_value blank = blank_class(b, output, mask_index);
    /* The operation wants as many labels as there are steps. */
    kov_value steps = kov_dim_value(b, output, 1), zero = kov_constant_i64_scalar(b, 0);
    kov_value more = kov_maximum(b, kov_subtract(b, steps, kov_dim_value(b, target, 1)), zero);
    const kov_value ends[] = {zero, more};
    target = kov_pad(b, target, kov_constant_i64(b, (const int64_t[]){0, 0}, 2),
                     kov_join_dims(b, ends, 2), kov_scalar_like(b, target, 0), "constant");
    target = kov_slice(b, target, kov_one_i64(b, 0), kov_unsqueeze_at(b, steps, 0),
                       kov_one_i64(b, 1), kov_one_i64(b, 1));
    return kov_ctc_loss(b, output, kov_cast(b, output_length, KOV_DTYPE_I32), target,
                        kov_cast(b, target_length, KOV_DTYPE_I32), blank, false, true, false);
}

/* The best class of each step; runs of one class and blanks are dropped, what is left moved to the
 * front and filled up with -1. Scores are minus the sum of what the best classes had. */
static void decode_greedily(kov_builder *b, kov_value inputs, kov_value lengths, kov_value blank,
                            bool merge_repeated, kov_value *outs)
{
    kov_value axis = kov_one_i64(b, 1), time = kov_dim_value(b, inputs, 1);
    kov_value best =
        kov_top_k(b, inputs, kov_constant_i64_scalar(b, 1), 2, "max", "value", KOV_DTYPE_I32, true);
    kov_value scores = kov_squeeze_at(b, best, 2),
              classes = kov_squeeze_at(b, kov_output(best, 1), 2);
    kov_value steps = kov_iota(b, time, KOV_DTYPE_I64);
    kov_value over = kov_greater_equal(b, steps, kov_unsqueeze_at(b, lengths, 1));
    classes = kov_select(b, over, blank, classes);
    scores = kov_select(b, over, kov_scalar_like(b, scores, 0), scores);
    kov_value dropped = kov_equal(b, classes, blank);
    if (merge_repeated) {
        kov_value before = kov_roll(b, classes, kov_one_i64(b, 1), axis);
        kov_value later = kov_greater(b, steps, kov_constant_i64_scalar(b, 0));
        kov_value repeated = kov_logical_and(b, kov_equal(b, classes, before), later);
        dropped = kov_logical_or(b, dropped, repeated);
    }
    classes = kov_select(b, dropped, kov_scalar_like(b, classes, -1), classes);
    kov_value order;
    kov_sort_last(b, kov_select(b, dropped, time, steps), &order);
    outs[0] = kov_unsqueeze_at(b, kov_gather_elements(b, classes, order, 1), 0);
    outs[1] = kov_negative(b, kov_reduce_sum(b, scores, axis, true));
}

void kov_nn_ctc_decode(kov_builder *b, kov_value inputs, kov_value sequence_lengths,
                       const char *strategy, int64_t beam_width, int64_t top_paths,
                       bool merge_repeated, int64_t mask_index, kov_value *outs)
{
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    inputs = float32_at_least(b, inputs);
    if (!ctc_shapes_fit(b, "ctc_decode", inputs, 3, "inputs (batch, time, classes)") ||
        !ctc_shapes_fit(b, "ctc_decode", sequence_lengths, 1, "sequence_lengths (batch)"))
        return;
    kov_value lengths = kov_cast(b, sequence_lengths, KOV_DTYPE_I64);
    kov_value blank = blank_class(b, inputs, mask_index);
    if (strcmp(strategy, "greedy") == 0)
        decode_greedily(b, inputs, lengths, blank, merge_repeated, outs);
    else if (strcmp(strategy, "beam_search") == 0)
        kov_ctc_beam_search(b, inputs, lengths, blank, beam_width, top_paths, outs);
    else
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "Invalid strategy %s. Supported values are 'greedy' and 'beam_search'.",
                         strategy);
}
