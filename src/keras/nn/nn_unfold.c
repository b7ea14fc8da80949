/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: sliding blocks. */
#include "keras/nn/nn_window.h"
#include "keras_functions.h"

typedef struct blocks {
    kov_window kernel, dilation, padding, stride;
} blocks;

/* Of a size, step or padding: products of two sums of them stay below 2^63. */
#define LARGEST (INT64_C(1) << 28)

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
        if (pair.at[i] < least || pair.at[i] > LARGEST)
            kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                             "%s: %s is %lld; it is at least %lld and at most %lld", function, name,
                             (long long)pair.at[i], (long long)least, (long long)LARGEST);
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
