/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: elements by index, diagonals and padding. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <string.h>

/* ---- Taking ---- */

static kov_value as_indices(kov_builder *b, kov_value indices)
{
    indices = kov_strong(b, indices);
    kov_dtype dtype = kov_dtype_of(b, indices);
    bool fits = dtype == KOV_DTYPE_I32 || dtype == KOV_DTYPE_I64;
    bool wide = dtype == KOV_DTYPE_U32 || dtype == KOV_DTYPE_U64 || dtype == KOV_DTYPE_F64;
    return fits ? indices : kov_cast(b, indices, wide ? KOV_DTYPE_I64 : KOV_DTYPE_I32);
}

kov_value kov_numpy_take(kov_builder *b, kov_value x, kov_value indices, const kov_axes *axis)
{
    x = kov_strong(b, x);
    if (!axis->given)
        x = kov_flatten(b, x);
    int at = axis->given ? kov_axis_one(b, "take", axis, kov_ndim(b, x)) : 0;
    return kov_gather(b, x, as_indices(b, indices), kov_constant_i64_scalar(b, at), 0);
}

/* The shape of x, with the sizes of y where x has size 1, but along one axis. */
static kov_value widened_shape(kov_builder *b, kov_value x, kov_value y, int axis)
{
    kov_value dims[KOV_MAX_NDIM];
    int ndim = kov_ndim(b, x);
    for (int i = 0; i < ndim; i++) {
        kov_value own = kov_dim_value(b, x, i), one = kov_constant_i64_scalar(b, 1);
        dims[i] = own;
        if (i != axis)
            dims[i] = kov_select(b, kov_equal(b, own, one), kov_dim_value(b, y, i), own);
    }
    return kov_join_dims(b, dims, ndim);
}

static bool same_but(kov_builder *b, kov_value x, kov_value y, int axis)
{
    const kov_value_info *left = kov_builder_value(b, x), *right = kov_builder_value(b, y);
    bool same = left->ndim == right->ndim;
    for (int i = 0; same && i < left->ndim; i++)
        same = i == axis || left->dims[i] == right->dims[i];
    return same;
}

kov_value kov_numpy_take_along_axis(kov_builder *b, kov_value x, kov_value indices,
                                    const kov_axes *axis)
{
    x = kov_strong(b, x);
    indices = as_indices(b, indices);
    if (!axis->given) {
        x = kov_flatten(b, x);
        indices = kov_flatten(b, indices);
    }
    int ndim = kov_ndim(b, x),
        at = axis->given ? kov_axis_one(b, "take_along_axis", axis, ndim) : 0;
    if (kov_ndim(b, indices) != ndim)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "take_along_axis: indices have %d dimensions, x has %d",
                                kov_ndim(b, indices), ndim);
    if (!same_but(b, x, indices, at)) {
        kov_value data = kov_broadcast_to(b, x, widened_shape(b, x, indices, at));
        indices = kov_broadcast_to(b, indices, widened_shape(b, indices, x, at));
        x = data;
    }
    return kov_gather_elements(b, x, indices, at);
}

int kov_numpy_nonzero(kov_builder *b, kov_value x, kov_value *outs, int capacity)
{
    int ndim = kov_ndim(b, x);
    if (ndim == 0 || ndim > capacity) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "nonzero: a tensor of %d dimensions", ndim);
        return 0;
    }
    kov_value places = kov_non_zero(b, kov_cast(b, x, KOV_DTYPE_BOOL), KOV_DTYPE_I32);
    for (int i = 0; i < ndim; i++)
        outs[i] = kov_pick(b, places, 0, i);
    return ndim;
}

int kov_numpy_unravel_index(kov_builder *b, kov_value indices, kov_value shape, kov_value *outs,
                            int capacity)
{
    indices = kov_strong(b, indices);
    int64_t n = kov_dim_number(b, shape, 0);
    if (n > capacity) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "unravel_index: a shape of %lld dimensions",
                         (long long)n);
        return 0;
    }
    kov_dtype dtype = kov_dtype_of(b, indices);
    kov_value rest = kov_cast(b, indices, KOV_DTYPE_I64);
    /* A negative index counts from the end of the whole. */
    kov_value total = kov_reduce_prod(b, shape, kov_one_i64(b, 0), false);
    kov_value zero = kov_constant_i64_scalar(b, 0), below = kov_less(b, rest, zero);
    rest = kov_select(b, below, kov_add(b, kov_minimum(b, rest, zero), total), rest);
    for (int i = (int)n - 1; i >= 0; i--) {
        kov_value size = kov_pick(b, shape, 0, i);
        outs[i] = kov_cast(b, kov_floor_mod(b, rest, size), dtype);
        rest = kov_divide(b, rest, size);
    }
    return (int)n;
}

/* ---- Diagonals ---- */

/* How many rows a diagonal below the main one lies lower; no matrix has as many as INT64_MAX. */
static int64_t rows_down(int64_t offset)
{
    if (offset >= 0)
        return 0;
    return offset == INT64_MIN ? INT64_MAX : -offset;
}

kov_value kov_numpy_diagonal(kov_builder *b, kov_value x, int64_t offset, int64_t axis1,
                             int64_t axis2)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    int first = kov_axis(b, "diagonal", axis1, ndim), second = kov_axis(b, "diagonal", axis2, ndim);
    if (b->status == KOV_OK && first == second)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "diagonal: the axes must differ");
    int order[KOV_MAX_NDIM], n = 0;
    for (int i = 0; i < ndim; i++)
        if (i != first && i != second)
            order[n++] = i;
    order[n] = first;
    order[n + 1] = second;
    kov_value moved = kov_permute(b, x, order, ndim);
    kov_value rows = kov_dim_value(b, moved, ndim - 2), columns = kov_dim_value(b, moved, ndim - 1);
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    kov_value down = kov_constant_i64_scalar(b, rows_down(offset));
    kov_value right = kov_constant_i64_scalar(b, offset > 0 ? offset : 0);
    kov_value length = kov_minimum(b, offset < 0 ? kov_subtract(b, rows, down) : rows,
                                   offset > 0 ? kov_subtract(b, columns, right) : columns);
    if (offset != 0)
        length = kov_maximum(b, length, zero);
    kov_value start = kov_add(b, kov_multiply(b, down, columns), right);
    kov_value places =
        kov_multiply(b, kov_iota(b, length, KOV_DTYPE_I64), kov_add(b, columns, one));
    places = kov_add(b, places, start);
    const kov_value parts[] = {kov_dims_value(b, moved, 0, ndim - 2),
                               kov_multiply(b, rows, columns)};
    kov_value flat = kov_reshape(b, moved, kov_join_dims(b, parts, 2), false);
    return kov_gather(b, flat, places, kov_constant_i64_scalar(b, ndim - 2), 0);
}

kov_value kov_numpy_trace(kov_builder *b, kov_value x, int64_t offset, int64_t axis1, int64_t axis2)
{
    kov_value diagonal = kov_numpy_diagonal(b, x, offset, axis1, axis2);
    diagonal = kov_cast(b, diagonal, kov_sum_dtype(kov_dtype_of(b, diagonal)));
    return kov_reduce_sum(b, diagonal, kov_one_i64(b, -1), false);
}

#define FARTHEST (INT64_C(1) << 30) /* a matrix has then more than 2^60 elements */

/* The matrix with x on its k-th diagonal: x, padded to the width, stands in every row where it is
 * kept. */
static kov_value on_diagonal(kov_builder *b, kov_value x, int64_t k)
{
    if (k > FARTHEST || k < -FARTHEST)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "diag: k is %lld; a matrix with that diagonal is too large",
                                (long long)k);
    kov_value zero = kov_int_like(b, x, 0);
    kov_value wide = x;
    if (k != 0)
        wide = kov_pad(b, x, kov_one_i64(b, k > 0 ? k : 0), kov_one_i64(b, k < 0 ? -k : 0), zero,
                       "constant");
    kov_value side = kov_dim_value(b, wide, 0);
    kov_value kept = kov_eye(b, side, side, kov_constant_i64_scalar(b, k), KOV_DTYPE_I32);
    return kov_select(b, kov_cast(b, kept, KOV_DTYPE_BOOL), wide, zero);
}

kov_value kov_numpy_diag(kov_builder *b, kov_value x, int64_t k)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    if (ndim == 1)
        return on_diagonal(b, x, k);
    if (ndim == 2)
        return kov_numpy_diagonal(b, x, k, 0, 1);
    return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                            "diag: x has %d dimensions, it must have 1 or 2", ndim);
}

kov_value kov_numpy_diagflat(kov_builder *b, kov_value x, int64_t k)
{
    return on_diagonal(b, kov_flatten(b, kov_strong(b, x)), k);
}

/* ---- Padding ---- */

typedef struct kov_padding {
    int64_t before[KOV_MAX_NDIM], after[KOV_MAX_NDIM];
} kov_padding;

static bool read_padding(kov_builder *b, kov_ints widths, int ndim, kov_padding *out)
{
    if (widths.n != 1 && widths.n != 2 && widths.n != 2 * ndim) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "pad: %d widths for %d dimensions", widths.n,
                         ndim);
        return false;
    }
    for (int i = 0; i < ndim; i++) {
        int at = widths.n == 2 * ndim ? 2 * i : 0;
        out->before[i] = widths.at[at];
        out->after[i] = widths.at[widths.n == 1 ? 0 : at + 1];
        if (out->before[i] < 0 || out->after[i] < 0) {
            kov_builder_fail(b, KOV_INVALID_ARGUMENT, "pad: widths must not be negative");
            return false;
        }
    }
    return true;
}

/* Each output index of an axis is mapped to the input index that it repeats. */
static kov_value pad_by_index(kov_builder *b, kov_value x, int axis, int64_t before, int64_t after,
                              const char *mode)
{
    kov_value size = kov_dim_value(b, x, axis), zero = kov_constant_i64_scalar(b, 0);
    kov_value one = kov_constant_i64_scalar(b, 1), two = kov_constant_i64_scalar(b, 2);
    kov_value end = kov_add(b, size, kov_constant_i64_scalar(b, after));
    kov_value index = kov_range(b, kov_constant_i64_scalar(b, -before), end, one, KOV_DTYPE_I64);
    if (strcmp(mode, "wrap") == 0) {
        index = kov_floor_mod(b, index, size);
    } else {
        /* Back and forth: the period runs up and down once; symmetric repeats the edge, reflect
         * does not. A single element is its own mirror image. */
        bool edges = strcmp(mode, "symmetric") == 0;
        kov_value period = kov_multiply(b, two, edges ? size : kov_subtract(b, size, one));
        period = kov_maximum(b, period, one);
        index = kov_floor_mod(b, index, period);
        kov_value back = kov_subtract(b, edges ? kov_subtract(b, period, one) : period, index);
        index = kov_maximum(b, kov_minimum(b, index, back), zero);
    }
    return kov_gather(b, x, index, kov_constant_i64_scalar(b, axis), 0);
}

/* What stands beside an axis: one statistic of it, spread; or a ramp from zero to its edge. */
static kov_value side_value(kov_builder *b, kov_value x, int axis, const char *mode)
{
    kov_axes one = {.given = true, .bare = true, .n = 1, .at = {axis}};
    kov_dtype dtype = kov_dtype_of(b, x);
    kov_value y = KOV_VALUE_ERROR;
    if (strcmp(mode, "maximum") == 0)
        y = kov_numpy_amax(b, x, &one, true);
    else if (strcmp(mode, "minimum") == 0)
        y = kov_numpy_amin(b, x, &one, true);
    else if (strcmp(mode, "mean") == 0)
        y = kov_numpy_mean(b, x, &one, true);
    else
        y = kov_numpy_median(b, x, &one, true);
    if (kov_is_float_value(b, y) && !kov_dtype_is_float(dtype))
        y = kov_round(b, y, "half_to_even");
    return kov_cast(b, y, dtype);
}

static kov_value ramp(kov_builder *b, kov_value edge, int axis, int64_t width, bool rising)
{
    kov_dtype dtype = kov_dtype_of(b, edge);
    bool whole = !kov_is_inexact_value(b, edge);
    kov_value wide = whole ? kov_cast(b, edge, KOV_DTYPE_F64) : kov_widen(b, edge);
    int behind[KOV_MAX_NDIM], n = 0;
    for (int i = axis + 1; i < kov_ndim(b, edge); i++)
        behind[n++] = i - axis;
    kov_value index = kov_iota(b, kov_constant_i64_scalar(b, width), KOV_DTYPE_I64);
    index = kov_cast(b, index, kov_dtype_of(b, wide));
    if (!rising)
        index = kov_subtract(b, kov_scalar_like(b, wide, (double)(width - 1)), index);
    if (n > 0)
        index = kov_unsqueeze(b, index, kov_axes_value(b, behind, n));
    kov_value part = kov_divide(b, index, kov_scalar_like(b, wide, (double)width));
    kov_value y = kov_multiply(b, wide, part);
    return kov_cast(b, whole ? kov_floor(b, y) : y, dtype);
}

static kov_value pad_by_value(kov_builder *b, kov_value x, int axis, int64_t before, int64_t after,
                              const char *mode)
{
    kov_value parts[3];
    int n = 0;
    bool is_ramp = strcmp(mode, "linear_ramp") == 0;
    kov_value side = is_ramp ? KOV_VALUE_NONE : side_value(b, x, axis, mode);
    for (int i = 0; i < 3; i++) {
        int64_t width = i == 0 ? before : after;
        if (i == 1)
            parts[n++] = x;
        else if (width > 0 && is_ramp)
            parts[n++] =
                ramp(b, kov_slice_axis(b, x, axis, i == 0 ? 0 : -1, i == 0 ? 1 : INT64_MAX, 1),
                     axis, width, i == 0);
        else if (width > 0) {
            kov_value at = kov_constant_i64(b, &(int64_t){0}, 1);
            kov_value places = kov_broadcast_to(b, at, kov_one_i64(b, width));
            parts[n++] = kov_gather(b, side, places, kov_constant_i64_scalar(b, axis), 0);
        }
    }
    return n == 1 ? x : kov_concat(b, parts, n, axis);
}

/* Whether mirroring is known to need no more elements than there are: only then is it one Pad. */
static bool fits_once(kov_builder *b, kov_value x, const kov_padding *widths, int64_t edge)
{
    const kov_value_info *info = kov_builder_value(b, x);
    for (int i = 0; i < info->ndim; i++) {
        int64_t most = widths->before[i] > widths->after[i] ? widths->before[i] : widths->after[i];
        if (most > 0 && kov_dim_lower(b->dims, info->dims[i]) - edge < most)
            return false;
    }
    return true;
}

kov_value kov_numpy_pad(kov_builder *b, kov_value x, kov_ints pad_width, const char *mode,
                        kov_value constant_values)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    kov_padding widths;
    if (ndim == 0 || b->status != KOV_OK || !read_padding(b, pad_width, ndim, &widths))
        return b->status == KOV_OK ? x : KOV_VALUE_ERROR;
    bool constant = strcmp(mode, "constant") == 0 || strcmp(mode, "empty") == 0;
    if (!constant && constant_values != KOV_VALUE_NONE)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "pad: Argument `constant_values` can only be provided when "
                                "`mode == 'constant'`, it is '%s'",
                                mode);
    if (constant_values != KOV_VALUE_NONE && kov_ndim(b, constant_values) != 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "pad: constant_values has %d dimensions; it must be a scalar",
                                kov_ndim(b, constant_values));
    if (strcmp(mode, "circular") == 0)
        mode = "wrap";
    bool mirror = strcmp(mode, "reflect") == 0 || strcmp(mode, "symmetric") == 0;
    bool direct = constant || strcmp(mode, "edge") == 0;
    if (direct || (mirror && fits_once(b, x, &widths, mode[0] == 'r' ? 1 : 0))) {
        kov_value begin = kov_constant_i64(b, widths.before, ndim);
        kov_value end = kov_constant_i64(b, widths.after, ndim);
        kov_value fill = KOV_VALUE_NONE;
        if (constant)
            fill = constant_values == KOV_VALUE_NONE
                       ? kov_int_like(b, x, 0)
                       : kov_cast(b, constant_values, kov_dtype_of(b, x));
        return kov_pad(b, x, begin, end, fill, constant ? "constant" : mode);
    }
    static const char *const by_value[] = {"linear_ramp", "maximum", "mean", "median", "minimum"};
    bool known = mirror || strcmp(mode, "wrap") == 0, valued = false;
    for (size_t i = 0; i < sizeof by_value / sizeof by_value[0]; i++)
        valued = valued || strcmp(mode, by_value[i]) == 0;
    if (!known && !valued)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "pad: there is no mode '%s'", mode);
    for (int i = 0; i < ndim; i++) {
        if (widths.before[i] == 0 && widths.after[i] == 0)
            continue;
        x = valued ? pad_by_value(b, x, i, widths.before[i], widths.after[i], mode)
                   : pad_by_index(b, x, i, widths.before[i], widths.after[i], mode);
    }
    return x;
}
