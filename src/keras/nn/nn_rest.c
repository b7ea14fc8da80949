/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: sliding blocks and connectionist temporal classification. */
#include "keras/nn/nn_window.h"
#include "keras_functions.h"
#include <string.h>

/* ---- Sliding blocks ---- */

typedef struct blocks {
    kov_window kernel, dilation, padding, stride;
} blocks;

static kov_window pair_from(kov_builder *b, const char *function, const char *name, kov_ints given,
                            int64_t least)
{
    kov_window pair = {{1, 1, 1}};
    if (given.n != 1 && given.n != 2) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: %s has %d numbers; give one or 2", function,
                         name, given.n);
        return pair;
    }
    for (int i = 0; i < 2; i++) {
        pair.at[i] = given.at[given.n == 1 ? 0 : i];
        if (pair.at[i] < least)
            kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: %s is %lld; it is at least %lld",
                             function, name, (long long)pair.at[i], (long long)least);
    }
    return pair;
}

static blocks blocks_of(kov_builder *b, const char *function, kov_ints kernel, kov_ints dilation,
                        kov_ints padding, kov_ints stride)
{
    return (blocks){.kernel = pair_from(b, function, "kernel_size", kernel, 1),
                    .dilation = pair_from(b, function, "dilation", dilation, 1),
                    .padding = pair_from(b, function, "padding", padding, 0),
                    .stride = pair_from(b, function, "stride", stride, 1)};
}

/* Positions in the padded axis: kernel element by block, (kernel, count). */
static kov_value positions(kov_builder *b, const blocks *by, int axis, kov_value count)
{
    kov_value inside = kov_iota(b, kov_constant_i64_scalar(b, by->kernel.at[axis]), KOV_DTYPE_I64);
    kov_value block = kov_iota(b, count, KOV_DTYPE_I64);
    inside = kov_multiply(b, inside, kov_constant_i64_scalar(b, by->dilation.at[axis]));
    block = kov_multiply(b, block, kov_constant_i64_scalar(b, by->stride.at[axis]));
    return kov_add(b, kov_unsqueeze_at(b, inside, 1), block);
}

/* How many blocks there are along an axis of this size, without its padding: scalar. */
static kov_value block_count(kov_builder *b, const blocks *by, int axis, kov_value size)
{
    int64_t spread = by->dilation.at[axis] * (by->kernel.at[axis] - 1) + 1;
    kov_value stride = kov_constant_i64_scalar(b, by->stride.at[axis]);
    kov_value room =
        kov_add(b, size, kov_constant_i64_scalar(b, 2 * by->padding.at[axis] - spread));
    kov_value count = kov_divide(b, kov_add(b, room, stride), stride); /* rounded down */
    return kov_maximum(b, count, kov_constant_i64_scalar(b, 0));
}

/* (N, C, H, W) to (N, C kernel_h kernel_w, blocks). */
kov_value kov_nn_unfold(kov_builder *b, kov_value x, kov_ints kernel_size, kov_ints dilation,
                        kov_ints padding, kov_ints stride)
{
    static const int order[] = {0, 1, 2, 4, 3, 5};
    blocks by = blocks_of(b, "unfold", kernel_size, dilation, padding, stride);
    x = kov_strong(b, x);
    if (b->status == KOV_OK && kov_ndim(b, x) != 4)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "unfold: x has %d dimensions; (N, C, H, W) is taken",
                                kov_ndim(b, x));
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value rows = block_count(b, &by, 0, kov_dim_value(b, x, 2));
    kov_value columns = block_count(b, &by, 1, kov_dim_value(b, x, 3));
    kov_value channels = kov_multiply(b, kov_dims_value(b, x, 1, 2),
                                      kov_one_i64(b, by.kernel.at[0] * by.kernel.at[1]));
    const kov_value shape[] = {kov_dims_value(b, x, 0, 1), channels,
                               kov_multiply(b, rows, columns)};
    if (by.padding.at[0] > 0 || by.padding.at[1] > 0) {
        const int64_t around[] = {0, 0, by.padding.at[0], by.padding.at[1]};
        kov_value pads = kov_constant_i64(b, around, 4);
        x = kov_pad(b, x, pads, pads, kov_scalar_like(b, x, 0), "constant");
    }
    x = kov_gather(b, x, positions(b, &by, 0, rows), kov_constant_i64_scalar(b, 2), 0);
    x = kov_gather(b, x, positions(b, &by, 1, columns), kov_constant_i64_scalar(b, 4), 0);
    return kov_reshape(b, kov_permute(b, x, order, 6), kov_join_dims(b, shape, 3), false);
}

/* The transpose of unfold: blocks are added where they overlap. Pixels of the padded image are the
 * rows of a matrix, (N, C) its columns, so that one scatter adds all. */
kov_value kov_nn_fold(kov_builder *b, kov_value x, kov_ints output_size, kov_ints kernel_size,
                      kov_ints dilation, kov_ints padding, kov_ints stride)
{
    static const int spatial_first[] = {2, 4, 3, 5, 0, 1}, channels_first[] = {2, 3, 0, 1};
    blocks by = blocks_of(b, "fold", kernel_size, dilation, padding, stride);
    kov_window size = pair_from(b, "fold", "output_size", output_size, 1);
    x = kov_strong(b, x);
    if (b->status == KOV_OK && kov_ndim(b, x) != 3)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "fold: x has %d dimensions; (N, C kernel_h kernel_w, blocks) is taken", kov_ndim(b, x));
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value count[2], at[2];
    int64_t padded[2];
    for (int i = 0; i < 2; i++) {
        count[i] = block_count(b, &by, i, kov_constant_i64_scalar(b, size.at[i]));
        at[i] = positions(b, &by, i, count[i]);
        padded[i] = size.at[i] + 2 * by.padding.at[i];
    }
    int64_t area = by.kernel.at[0] * by.kernel.at[1];
    kov_value batch = kov_dims_value(b, x, 0, 1);
    kov_value channels = kov_divide(b, kov_dims_value(b, x, 1, 2), kov_one_i64(b, area));
    const kov_value split[] = {
        batch,    channels, kov_one_i64(b, by.kernel.at[0]), kov_one_i64(b, by.kernel.at[1]),
        count[0], count[1]};
    x = kov_permute(b, kov_reshape(b, x, kov_join_dims(b, split, 6), false), spatial_first, 6);
    kov_value planes = kov_multiply(b, batch, channels), any = kov_one_i64(b, -1);
    const kov_value rows[] = {any, planes};
    x = kov_reshape(b, x, kov_join_dims(b, rows, 2), false);
    /* at: (kernel_h, blocks_h, 1, 1) * width + (1, 1, kernel_w, blocks_w) */
    kov_value high = kov_unsqueeze_at(b, kov_unsqueeze_at(b, at[0], 2), 3);
    kov_value pixel =
        kov_add(b, kov_multiply(b, high, kov_constant_i64_scalar(b, padded[1])), at[1]);
    pixel = kov_unsqueeze_at(b, kov_flatten(b, pixel), 1);
    const kov_value flat[] = {kov_one_i64(b, padded[0] * padded[1]), planes};
    kov_value zeros = kov_broadcast_to(b, kov_scalar_like(b, x, 0), kov_join_dims(b, flat, 2));
    kov_value y = kov_scatter_nd_update(b, zeros, pixel, x, "sum");
    const kov_value image[] = {kov_constant_i64(b, padded, 2), batch, channels};
    y = kov_permute(b, kov_reshape(b, y, kov_join_dims(b, image, 3), false), channels_first, 4);
    for (int i = 0; i < 2; i++)
        y = kov_slice_axis(b, y, 2 + i, by.padding.at[i], by.padding.at[i] + size.at[i], 1);
    return y;
}

/* ---- Connectionist temporal classification ---- */

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

kov_value kov_nn_ctc_loss(kov_builder *b, kov_value target, kov_value output,
                          kov_value target_length, kov_value output_length, int64_t mask_index)
{
    output = float32_at_least(b, output);
    target = kov_cast(b, target, KOV_DTYPE_I32);
    if (!ctc_shapes_fit(b, "ctc_loss", output, 3, "output (batch, time, classes)") ||
        !ctc_shapes_fit(b, "ctc_loss", target, 2, "target (batch, labels)"))
        return KOV_VALUE_ERROR;
    kov_value blank = kov_constant_int(b, KOV_DTYPE_I32, mask_index);
    if (mask_index < 0)
        blank = kov_add(b, blank, kov_cast(b, kov_dim_value(b, output, 2), KOV_DTYPE_I32));
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
void kov_nn_ctc_decode(kov_builder *b, kov_value inputs, kov_value sequence_lengths,
                       const char *strategy, int64_t beam_width, int64_t top_paths,
                       bool merge_repeated, int64_t mask_index, kov_value *outs)
{
    (void)beam_width;
    (void)top_paths;
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (strcmp(strategy, "greedy") != 0) {
        bool beam = strcmp(strategy, "beam_search") == 0;
        kov_builder_fail(
            b, beam ? KOV_NOT_IMPLEMENTED : KOV_INVALID_ARGUMENT,
            beam ? "ctc_decode: strategy '%s' is not there; 'greedy' is"
                 : "Invalid strategy %s. Supported values are 'greedy' and 'beam_search'.",
            strategy);
        return;
    }
    inputs = float32_at_least(b, inputs);
    if (!ctc_shapes_fit(b, "ctc_decode", inputs, 3, "inputs (batch, time, classes)"))
        return;
    kov_value axis = kov_one_i64(b, 1), time = kov_dim_value(b, inputs, 1);
    kov_value best =
        kov_top_k(b, inputs, kov_constant_i64_scalar(b, 1), 2, "max", "value", KOV_DTYPE_I32, true);
    kov_value scores = kov_squeeze_at(b, best, 2),
              classes = kov_squeeze_at(b, kov_output(best, 1), 2);
    kov_value blank = kov_constant_int(b, KOV_DTYPE_I32, mask_index);
    kov_value steps = kov_iota(b, time, KOV_DTYPE_I32);
    kov_value lengths = kov_unsqueeze_at(b, kov_cast(b, sequence_lengths, KOV_DTYPE_I32), 1);
    kov_value over = kov_greater_equal(b, kov_unsqueeze_at(b, steps, 0), lengths);
    classes = kov_select(b, over, blank, classes);
    scores = kov_select(b, over, kov_scalar_like(b, scores, 0), scores);
    kov_value dropped = kov_equal(b, classes, blank);
    if (merge_repeated) {
        kov_value before = kov_roll(b, classes, kov_one_i64(b, 1), axis);
        kov_value later = kov_greater(b, steps, kov_constant_int(b, KOV_DTYPE_I32, 0));
        kov_value repeated = kov_logical_and(b, kov_equal(b, classes, before), later);
        dropped = kov_logical_or(b, dropped, repeated);
    }
    classes = kov_select(b, dropped, kov_constant_int(b, KOV_DTYPE_I32, -1), classes);
    kov_value order;
    kov_sort_last(b, kov_select(b, dropped, kov_cast(b, time, KOV_DTYPE_I32), steps), &order);
    outs[0] = kov_unsqueeze_at(b, kov_gather_elements(b, classes, order, 1), 0);
    outs[1] = kov_negative(b, kov_reduce_sum(b, scores, axis, true));
}
