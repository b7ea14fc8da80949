/* SPDX-License-Identifier: Apache-2.0 */
/* Module math: the largest elements, parts of sequences, distances. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>

void kov_math_top_k(kov_builder *b, kov_value x, kov_value k, bool sorted, kov_value *outs)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (b->status == KOV_OK && ndim == 0)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "top_k: x must have at least one dimension");
    if (b->status != KOV_OK)
        return;
    bool truth = kov_is_bool_value(b, x);
    if (truth)
        x = kov_cast(b, x, KOV_DTYPE_U8);
    k = kov_cast(b, k, KOV_DTYPE_I64);
    /* In order where none is asked for, too: OpenVINO knows a stable choice only so. */
    (void)sorted;
    kov_value best = kov_top_k(b, x, k, ndim - 1, "max", "value", KOV_DTYPE_I32, true);
    outs[0] = truth ? kov_not_equal(b, best, kov_scalar_like(b, best, 0)) : best;
    outs[1] = kov_output(best, 1);
}

/* A target is among the first k if fewer than k predictions are greater than its own; one outside
 * the classes is not, and NaN counts as minus infinity. */
kov_value kov_math_in_top_k(kov_builder *b, kov_value targets, kov_value predictions, kov_value k)
{
    targets = kov_cast(b, targets, KOV_DTYPE_I64);
    predictions = kov_as_float(b, predictions);
    int ndim = kov_ndim(b, predictions);
    if (b->status == KOV_OK && (ndim < 1 || kov_ndim(b, targets) != ndim - 1))
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "in_top_k: targets have %d dimensions and predictions %d; predictions "
            "must have one more",
            kov_ndim(b, targets), ndim);
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    kov_value last = kov_subtract(b, kov_dim_value(b, predictions, ndim - 1), one);
    kov_value inside = kov_minimum(b, kov_maximum(b, targets, zero), last);
    kov_value valid = kov_equal(b, inside, targets);
    kov_value own =
        kov_gather_elements(b, predictions, kov_unsqueeze_at(b, inside, ndim - 1), ndim - 1);
    kov_value least = kov_negative(b, kov_scalar_like(b, own, INFINITY));
    own = kov_select(b, kov_is_na_n(b, own), least, own);
    kov_value above = kov_cast(b, kov_greater(b, predictions, own), KOV_DTYPE_I64);
    above = kov_reduce_sum(b, above, kov_one_i64(b, ndim - 1), false);
    return kov_logical_and(b, kov_less(b, above, kov_cast(b, k, KOV_DTYPE_I64)), valid);
}

/* Windows along the last axis: (..., n) to (..., 1 + (n - length) / stride, length). */
kov_value kov_math_extract_sequences(kov_builder *b, kov_value x, int64_t sequence_length,
                                     int64_t sequence_stride)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    if (b->status == KOV_OK && (ndim < 1 || sequence_length < 1 || sequence_stride < 1))
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "extract_sequences: x has %d dimensions, sequence_length is %lld and "
            "sequence_stride %lld; all must be at least 1",
            ndim, (long long)sequence_length, (long long)sequence_stride);
    kov_value length = kov_constant_i64_scalar(b, sequence_length);
    kov_value stride = kov_constant_i64_scalar(b, sequence_stride);
    kov_value room = kov_subtract(b, kov_dim_value(b, x, ndim - 1), length);
    kov_value behind_first = kov_divide(b, room, stride); /* rounded down */
    kov_value count = kov_add(b, behind_first, kov_constant_i64_scalar(b, 1));
    count = kov_maximum(b, count, kov_constant_i64_scalar(b, 0));
    kov_value starts = kov_multiply(b, kov_iota(b, count, KOV_DTYPE_I64), stride);
    kov_value at = kov_add(b, kov_unsqueeze_at(b, starts, 1), kov_iota(b, length, KOV_DTYPE_I64));
    return kov_gather(b, x, at, kov_constant_i64_scalar(b, ndim - 1), 0);
}

/* Differences are squared, not products subtracted: near points keep their distance. */
kov_value kov_math_cdist(kov_builder *b, kov_value x, kov_value y)
{
    kov_promote_pair_to_float(b, &x, &y);
    int dx = kov_ndim(b, x), dy = kov_ndim(b, y);
    if (b->status == KOV_OK && (dx < 2 || dy < 2))
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "cdist: x has %d dimensions and y %d; both must have at least 2",
                                dx, dy);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_dim last_x = kov_builder_value(b, x)->dims[dx - 1];
    kov_dim last_y = kov_builder_value(b, y)->dims[dy - 1];
    if (last_x >= 0 && last_y >= 0 && last_x != last_y)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "cdist: points of x have %lld coordinates and those of y %lld",
                                (long long)last_x, (long long)last_y);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_unsqueeze_at(b, kov_widen(b, x), dx - 1);
    y = kov_unsqueeze_at(b, kov_widen(b, y), dy - 2);
    kov_value apart = kov_squared_difference(b, x, y);
    int rank = kov_ndim(b, apart);
    return kov_narrow(b, kov_sqrt(b, kov_reduce_sum(b, apart, kov_one_i64(b, rank - 1), false)),
                      dtype);
}
