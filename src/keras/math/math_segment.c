/* SPDX-License-Identifier: Apache-2.0 */
/* Module math: reductions of the rows that have one segment id. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <float.h>
#include <math.h>

/* Rows with an id outside [0, num_segments) go to one row more, which is cut off again. */
static kov_value reduce_segments(kov_builder *b, const char *function, kov_value data,
                                 kov_value ids, kov_value num_segments, kov_value neutral,
                                 const char *reduction)
{
    ids = kov_cast(b, ids, KOV_DTYPE_I64);
    int ndim = kov_ndim(b, data);
    if (b->status == KOV_OK && (kov_ndim(b, ids) != 1 || ndim < 1))
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Argument `segment_ids` should be an 1-D vector, it has %d dimensions; "
            "`data`, which has %d, must have at least one",
            function, kov_ndim(b, ids), ndim);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_dim rows = kov_builder_value(b, data)->dims[0], named = kov_builder_value(b, ids)->dims[0];
    if (rows >= 0 && named >= 0 && rows != named)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Argument `segment_ids` and `data` should have same leading dimension. "
            "Received %lld and %lld",
            function, (long long)named, (long long)rows);
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    if (num_segments == KOV_VALUE_NONE) {
        /* One element more: the largest of no ids. */
        const kov_value all[] = {ids, kov_one_i64(b, -1)};
        kov_value most = kov_reduce_max(b, kov_concat(b, all, 2, 0), kov_one_i64(b, 0), false);
        num_segments = kov_add(b, kov_countable(b, most), one);
    }
    num_segments = kov_countable(b, kov_cast(b, num_segments, KOV_DTYPE_I64));
    kov_value inside =
        kov_logical_and(b, kov_greater_equal(b, ids, zero), kov_less(b, ids, num_segments));
    ids = kov_select(b, inside, ids, num_segments);
    kov_value parts[2] = {kov_add(b, num_segments, one)};
    kov_value rest = kov_dims_value(b, data, 1, ndim);
    parts[1] = rest;
    kov_value start = kov_broadcast_to(b, neutral, kov_join_dims(b, parts, 2));
    kov_value y = kov_scatter_nd_update(b, start, kov_unsqueeze_at(b, ids, 1), data, reduction);
    kov_value count = kov_unsqueeze_at(b, num_segments, 0);
    return kov_slice(b, y, kov_one_i64(b, 0), count, kov_one_i64(b, 1), kov_one_i64(b, 0));
}

static kov_value as_numbers(kov_builder *b, kov_value data)
{
    return kov_is_bool_value(b, data) ? kov_cast(b, data, KOV_DTYPE_I32) : kov_strong(b, data);
}

/* 16-bit floats are summed and multiplied in float32, as engines would otherwise round each step.
 */
static kov_value accumulate(kov_builder *b, const char *function, kov_value data, kov_value ids,
                            kov_value num_segments, double neutral, const char *reduction)
{
    data = as_numbers(b, data);
    kov_dtype dtype = kov_dtype_of(b, data);
    data = kov_widen(b, data);
    kov_value y = reduce_segments(b, function, data, ids, num_segments,
                                  kov_scalar_like(b, data, neutral), reduction);
    return kov_narrow(b, y, dtype);
}

/* The least finite number of a dtype, or the greatest: what an empty segment gives. Of complex
 * numbers it is infinite, as with Keras on JAX; on NumPy they have no such reduction. */
static kov_value extreme(kov_builder *b, kov_value like, bool least)
{
    kov_dtype dtype = kov_dtype_of(b, like);
    if (kov_is_inexact_value(b, like)) {
        double most = kov_is_complex_value(b, like) ? (double)INFINITY : kov_float_max(dtype);
        return kov_scalar_like(b, like, least ? -most : most);
    }
    int bits = (int)kov_dtype_bits(dtype);
    if (!kov_dtype_is_signed(dtype)) {
        kov_value zero = kov_int_like(b, like, 0);
        return least ? zero : kov_bitwise_not(b, zero);
    }
    int64_t most = INT64_MAX >> (64 - bits);
    return kov_int_like(b, like, least ? -most - 1 : most);
}

kov_value kov_math_segment_sum(kov_builder *b, kov_value data, kov_value segment_ids,
                               kov_value num_segments, bool sorted)
{
    (void)sorted;
    return accumulate(b, "segment_sum", data, segment_ids, num_segments, 0, "sum");
}

kov_value kov_math_segment_prod(kov_builder *b, kov_value data, kov_value segment_ids,
                                kov_value num_segments, bool sorted)
{
    (void)sorted;
    return accumulate(b, "segment_prod", data, segment_ids, num_segments, 1, "prod");
}

kov_value kov_math_segment_max(kov_builder *b, kov_value data, kov_value segment_ids,
                               kov_value num_segments, bool sorted)
{
    (void)sorted;
    data = as_numbers(b, data);
    return reduce_segments(b, "segment_max", data, segment_ids, num_segments,
                           extreme(b, data, true), "max");
}

kov_value kov_math_segment_min(kov_builder *b, kov_value data, kov_value segment_ids,
                               kov_value num_segments, bool sorted)
{
    (void)sorted;
    data = as_numbers(b, data);
    return reduce_segments(b, "segment_min", data, segment_ids, num_segments,
                           extreme(b, data, false), "min");
}
