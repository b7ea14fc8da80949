/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: order, search and counting. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>
#include <string.h>

/* ---- Order ---- */

/* x with one axis last: sorted, or the order that sorts it, moved back. */
static kov_value sorted_along(kov_builder *b, const char *function, kov_value x,
                              const kov_axes *axis, bool want_order)
{
    x = kov_strong(b, x);
    bool flat = !axis->given || axis->n == 0; /* an explicit None */
    if (flat || kov_ndim(b, x) == 0)
        x = kov_flatten(b, x);
    int ndim = kov_ndim(b, x);
    int at = !flat && ndim > 1 ? kov_axis_one(b, function, axis, ndim) : ndim - 1;
    kov_value order = KOV_VALUE_ERROR;
    kov_value sorted = kov_sort_last(b, kov_move(b, x, at, ndim - 1), &order);
    return kov_move(b, want_order ? order : sorted, ndim - 1, at);
}

kov_value kov_numpy_sort(kov_builder *b, kov_value x, const kov_axes *axis)
{
    if (kov_ndim(b, x) == 0 && axis->given && axis->n > 0)
        return kov_strong(b, x);
    return sorted_along(b, "sort", x, axis, false);
}

kov_value kov_numpy_argsort(kov_builder *b, kov_value x, const kov_axes *axis)
{
    return sorted_along(b, "argsort", x, axis, true);
}

/* The whole order is a partition around every element. */
kov_value kov_numpy_argpartition(kov_builder *b, kov_value x, kov_ints kth, const kov_axes *axis)
{
    (void)kth;
    return sorted_along(b, "argpartition", x, axis, true);
}

/* ---- Search ---- */

static kov_value find_places(kov_builder *b, kov_value sorted, kov_value values, bool right)
{
    kov_promote_pair(b, &sorted, &values);
    if (kov_is_bool_value(b, sorted)) {
        sorted = kov_cast(b, sorted, KOV_DTYPE_U8);
        values = kov_cast(b, values, KOV_DTYPE_U8);
    }
    return kov_search_sorted(b, sorted, values, right, KOV_DTYPE_I32);
}

kov_value kov_numpy_searchsorted(kov_builder *b, kov_value sorted_sequence, kov_value values,
                                 const char *side)
{
    if (kov_ndim(b, sorted_sequence) != 1)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "searchsorted: the sorted sequence has %d dimensions, it must have 1; "
            "keras.ops.vectorized_map extends it to more",
            kov_ndim(b, sorted_sequence));
    if (strcmp(side, "left") != 0 && strcmp(side, "right") != 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "searchsorted: side is 'left' or 'right', not '%s'", side);
    return find_places(b, sorted_sequence, values, side[0] == 'r');
}

/* Falling bins are searched in reverse, from their end. */
kov_value kov_numpy_digitize(kov_builder *b, kov_value x, kov_value bins)
{
    x = kov_strong(b, x);
    bins = kov_strong(b, bins);
    if (kov_ndim(b, bins) != 1)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "digitize: bins must have one dimension");
    kov_value rising_places = find_places(b, bins, x, true);
    if (kov_dim_is(b, bins, 0, 0) || kov_dim_is(b, bins, 0, 1))
        return rising_places;
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    kov_value count = kov_dim_value(b, bins, 0);
    kov_value last = kov_maximum(b, kov_subtract(b, count, one), zero);
    kov_value rising = kov_numpy_less_equal(b, kov_gather(b, bins, zero, zero, 0),
                                            kov_gather(b, bins, last, zero, 0));
    kov_value back = find_places(b, kov_reverse(b, bins, 0), x, true);
    kov_value falling_places = kov_subtract(b, kov_cast(b, count, KOV_DTYPE_I32), back);
    return kov_select(b, rising, rising_places, falling_places);
}

/* Each element is looked for in the sorted x2; none is found in an empty one. */
kov_value kov_numpy_isin(kov_builder *b, kov_value x1, kov_value x2, bool assume_unique,
                         bool invert)
{
    (void)assume_unique;
    kov_promote_pair(b, &x1, &x2);
    if (kov_is_bool_value(b, x1)) {
        x1 = kov_cast(b, x1, KOV_DTYPE_U8);
        x2 = kov_cast(b, x2, KOV_DTYPE_U8);
    }
    kov_value flat = kov_flatten(b, x2);
    if (kov_dim_is(b, flat, 0, 0))
        return kov_fill_like(b, kov_bool_constant(b, invert), x1);
    kov_value sorted = kov_sort_last(b, flat, NULL);
    kov_value found = find_places(b, sorted, x1, false);
    kov_value one = kov_constant_int(b, KOV_DTYPE_I32, 1);
    kov_value last = kov_subtract(b, kov_cast(b, kov_dim_value(b, sorted, 0), KOV_DTYPE_I32), one);
    kov_value near =
        kov_gather(b, sorted, kov_minimum(b, found, last), kov_constant_i64_scalar(b, 0), 0);
    return invert ? kov_not_equal(b, near, x1) : kov_equal(b, near, x1);
}

/* ---- Counting ---- */

kov_value kov_numpy_bincount(kov_builder *b, kov_value x, kov_value weights, kov_value minlength,
                             bool sparse)
{
    if (sparse)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "bincount: there are no sparse tensors");
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    if (ndim < 1 || ndim > 2)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "bincount: x has %d dimensions, it must have 1 or 2", ndim);
    kov_dtype dtype = KOV_DTYPE_I32;
    kov_value places = kov_cast(b, x, KOV_DTYPE_I64), one = kov_constant_i64_scalar(b, 1);
    kov_value counted = kov_fill_like(b, kov_constant_int(b, dtype, 1), x);
    if (weights != KOV_VALUE_NONE) {
        const kov_value both[] = {x, weights};
        dtype = kov_result_type(b, both, 2);
        counted = kov_cast(b, weights, dtype);
    }
    /* One element more: the largest of an empty x is nothing. */
    kov_value extra =
        kov_concat(b, (const kov_value[]){kov_flatten(b, places), kov_one_i64(b, -1)}, 2, 0);
    kov_value most = kov_countable(b, kov_reduce_max(b, extra, kov_one_i64(b, 0), false));
    kov_value length = kov_maximum(b, kov_add(b, most, one), minlength);
    const kov_value parts[] = {kov_dims_value(b, x, 0, ndim - 1), length};
    kov_value zeros =
        kov_broadcast_to(b, kov_constant_int(b, dtype, 0), kov_join_dims(b, parts, 2));
    return kov_scatter_elements_update(b, zeros, places, counted,
                                       kov_constant_i64_scalar(b, ndim - 1), "sum", true);
}

/* Evenly spaced edges from the least to the largest element, or over the given range. No bins, or
 * less, are refused, when it runs at the latest. */
static kov_value bin_edges(kov_builder *b, kov_value x, kov_value bins, kov_values range)
{
    kov_value one = kov_constant_i64_scalar(b, 1), low, high;
    kov_value count = kov_cast(b, bins, KOV_DTYPE_I64);
    if (range.n == 2) {
        low = kov_cast(b, range.at[0], kov_dtype_of(b, x));
        high = kov_cast(b, range.at[1], kov_dtype_of(b, x));
    } else {
        kov_value empty = kov_equal(b, kov_dim_value(b, x, 0), kov_constant_i64_scalar(b, 0));
        low = kov_select(b, empty, kov_scalar_like(b, x, 0.0),
                         kov_reduce_min(b, x, kov_one_i64(b, 0), false));
        high = kov_select(b, empty, kov_scalar_like(b, x, 1.0),
                          kov_reduce_max(b, x, kov_one_i64(b, 0), false));
    }
    kov_value half = kov_scalar_like(b, x, 0.5), flat = kov_equal(b, low, high);
    low = kov_select(b, flat, kov_subtract(b, low, half), low);
    high = kov_select(b, flat, kov_add(b, high, half), high);
    kov_value edges = KOV_VALUE_ERROR, none = kov_constant_i64_scalar(b, 0);
    kov_value num = kov_select(b, kov_greater(b, count, none), kov_add(b, count, one),
                               kov_constant_i64_scalar(b, -1));
    kov_numpy_linspace(b, low, high, num, true, false, kov_dtype_of(b, x), 0, &edges, 1);
    return edges;
}

/* Elements up to an edge are counted in the sorted x; the last bin has its upper edge too. */
void kov_numpy_histogram(kov_builder *b, kov_value x, kov_value bins, kov_values range,
                         kov_value *outs)
{
    x = kov_flatten(b, kov_as_float(b, x));
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    if (range.n != 0 && range.n != 2) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "histogram: a range has two ends");
        return;
    }
    kov_value edges = kov_ndim(b, bins) == 1 ? kov_cast(b, bins, kov_dtype_of(b, x))
                                             : bin_edges(b, x, bins, range);
    kov_value sorted = kov_sort_last(b, x, NULL);
    kov_value below = kov_search_sorted(b, sorted, edges, false, KOV_DTYPE_I32);
    kov_value upto = kov_search_sorted(b, sorted, edges, true, KOV_DTYPE_I32);
    kov_value from = kov_slice_axis(b, below, 0, 0, -1, 1);
    const kov_value ends[] = {kov_slice_axis(b, below, 0, 1, -1, 1),
                              kov_slice_axis(b, upto, 0, -1, INT64_MAX, 1)};
    outs[0] = kov_subtract(b, kov_concat(b, ends, 2, 0), from);
    outs[1] = kov_cast(b, edges, dtype);
}

/* ---- Distinct elements ---- */

/* Cut or filled to a size that does not depend on the data. */
static kov_value sized(kov_builder *b, kov_value y, int axis, int64_t size, kov_value fill)
{
    y = kov_slice_axis(b, y, axis, 0, size, 1);
    kov_value missing =
        kov_subtract(b, kov_constant_i64_scalar(b, size), kov_dim_value(b, y, axis));
    int ndim = kov_ndim(b, y);
    kov_value shape[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        shape[i] = i == axis ? missing : kov_dim_value(b, y, i);
    kov_value rest = kov_broadcast_to(b, fill, kov_join_dims(b, shape, ndim));
    const kov_value parts[] = {y, rest};
    y = kov_concat(b, parts, 2, axis);
    for (int i = 0; i < ndim; i++)
        shape[i] = i == axis ? kov_constant_i64_scalar(b, size) : kov_dim_value(b, y, i);
    return kov_reshape(b, y, kov_join_dims(b, shape, ndim), false);
}

/* Values, first indices, inverse and counts of floats: every NaN is a value of its own, which the
 * operation Unique has no word for. Runs of equal elements are found in the sorted x. */
static void unique_floats(kov_builder *b, kov_value x, kov_value *out)
{
    kov_value order = KOV_VALUE_ERROR, sorted = kov_sort_last(b, kov_flatten(b, x), &order);
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_int(b, KOV_DTYPE_I32, 1);
    kov_value size = kov_dim_value(b, sorted, 0), index = kov_iota(b, size, KOV_DTYPE_I64);
    kov_value before = kov_roll(b, sorted, kov_one_i64(b, 1), kov_one_i64(b, 0));
    kov_value starts_run =
        kov_logical_or(b, kov_not_equal(b, sorted, before), kov_equal(b, index, zero));
    kov_value starts = kov_pick(b, kov_non_zero(b, starts_run, KOV_DTYPE_I32), 0, 0);
    kov_value run = kov_cum_sum(b, kov_cast(b, starts_run, KOV_DTYPE_I32), zero, false, false);
    const kov_value ends[] = {kov_slice_axis(b, starts, 0, 1, INT64_MAX, 1),
                              kov_cast(b, kov_join_dims(b, &size, 1), KOV_DTYPE_I32)};
    kov_value last =
        kov_slice(b, kov_concat(b, ends, 2, 0), kov_one_i64(b, 0), kov_dims_value(b, starts, 0, 1),
                  kov_one_i64(b, 1), kov_one_i64(b, 0));
    out[0] = kov_gather(b, sorted, starts, zero, 0);
    out[1] = kov_gather(b, order, starts, zero, 0);
    out[2] = kov_scatter_elements_update(b, kov_fill_like(b, kov_int_like(b, one, 0), order), order,
                                         kov_subtract(b, run, one), zero, "none", true);
    out[3] = kov_subtract(b, last, starts);
}

int kov_numpy_unique(kov_builder *b, kov_value x, bool sorted, bool return_index,
                     bool return_inverse, bool return_counts, const kov_axes *axis,
                     kov_optional_int size, kov_value fill_value, kov_value *outs, int capacity)
{
    x = kov_strong(b, x);
    bool is_bool = kov_is_bool_value(b, x);
    kov_value data = is_bool ? kov_cast(b, x, KOV_DTYPE_U8) : x, along = KOV_VALUE_NONE;
    int at = 0, n = 0;
    if (capacity < 4) {
        kov_builder_fail(b, KOV_INTERNAL, "unique: room for four results");
        return 0;
    }
    if (axis->given) {
        at = kov_axis_one(b, "unique", axis, kov_ndim(b, x));
        along = kov_constant_i64_scalar(b, at);
    }
    kov_value found[4];
    if (!axis->given && kov_is_inexact_value(b, x)) {
        unique_floats(b, x, found);
    } else {
        kov_value first = kov_unique(b, data, along, sorted, KOV_DTYPE_I32, KOV_DTYPE_I32);
        for (int i = 0; i < 4; i++)
            found[i] = kov_output(first, i);
    }
    kov_value values = found[0], index = found[1], inverse = found[2], counts = found[3];
    if (size.given) {
        kov_value zero = kov_constant_i64_scalar(b, 0),
                  none = kov_constant_int(b, KOV_DTYPE_I32, 0);
        kov_value first = kov_gather(b, index, zero, zero, 0);
        kov_value fill = fill_value == KOV_VALUE_NONE
                             ? kov_slice_axis(b, values, at, 0, 1, 1)
                             : kov_cast(b, fill_value, kov_dtype_of(b, values));
        values = sized(b, values, at, size.value, fill);
        index = sized(b, index, 0, size.value, first);
        counts = sized(b, counts, 0, size.value, none);
    }
    outs[n++] = is_bool ? kov_cast(b, values, KOV_DTYPE_BOOL) : values;
    if (return_index)
        outs[n++] = index;
    if (return_inverse)
        outs[n++] = axis->given || kov_ndim(b, x) == 1
                        ? inverse
                        : kov_reshape(b, inverse, kov_shape_value(b, x), false);
    if (return_counts)
        outs[n++] = counts;
    return n;
}
