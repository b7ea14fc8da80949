/* SPDX-License-Identifier: Apache-2.0 */
/* Module linalg: norms. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>
#include <string.h>

/* Lengths scaled by the greatest element: squares neither overflow nor vanish. */
static kov_value length(kov_builder *b, kov_value x, const int *axes, int n)
{
    kov_value over = kov_axes_value(b, axes, n), zero = kov_scalar_like(b, x, 0);
    kov_value most = kov_reduce_max(b, kov_abs(b, x), over, true), one = kov_scalar_like(b, x, 1);
    kov_value usable = kov_logical_and(b, kov_greater(b, most, zero), kov_is_finite(b, most));
    kov_value scale = kov_select(b, usable, most, one);
    kov_value part = kov_divide(b, x, scale);
    kov_value sum = kov_reduce_sum(b, kov_multiply(b, part, part), over, true);
    return kov_multiply(b, kov_sqrt(b, sum), scale);
}

/* Of sizes: where there are none, 0 is the greatest. */
static kov_value greatest(kov_builder *b, kov_value sizes, kov_value over, bool keep)
{
    kov_value y = kov_reduce_max(b, sizes, over, keep);
    return kov_maximum(b, y, kov_scalar_like(b, y, 0));
}

static kov_value vector_norm(kov_builder *b, kov_value x, double order, const int *axes, int n)
{
    kov_value over = kov_axes_value(b, axes, n), size = kov_abs(b, x);
    if (order == 2)
        return length(b, x, axes, n);
    if (isinf(order))
        return order > 0 ? greatest(b, size, over, true) : kov_reduce_min(b, size, over, true);
    if (order == 0) {
        kov_value counts = kov_not_equal(b, x, kov_scalar_like(b, x, 0));
        return kov_reduce_sum(b, kov_cast(b, counts, kov_dtype_of(b, x)), over, true);
    }
    if (order == 1)
        return kov_reduce_sum(b, size, over, true);
    kov_value sum = kov_reduce_sum(b, kov_power(b, size, kov_scalar_like(b, x, order)), over, true);
    return kov_power(b, sum, kov_scalar_like(b, x, 1 / order));
}

/* Singular values of the matrices that two axes span, on a new last axis. */
static kov_value singular_values(kov_builder *b, kov_value x, int row, int column)
{
    int ndim = kov_ndim(b, x), order[KOV_MAX_NDIM], at = 0;
    for (int i = 0; i < ndim; i++) {
        if (i != row && i != column)
            order[at++] = i;
    }
    order[at] = row;
    order[at + 1] = column;
    return kov_output(kov_svd(b, kov_permute(b, x, order, ndim), false), 1);
}

/* Of matrices: the result has no place for the two axes yet. */
static kov_value spectral_norm(kov_builder *b, kov_value x, double order, bool nuclear, int row,
                               int column)
{
    kov_value s = singular_values(b, x, row, column);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value last = kov_one_i64(b, kov_ndim(b, s) - 1);
    if (nuclear)
        return kov_reduce_sum(b, s, last, false);
    return order > 0 ? greatest(b, s, last, false) : kov_reduce_min(b, s, last, false);
}

/* Greatest or least sum of absolute values of a column (order 1, -1) or a row (infinity). */
static kov_value sum_norm(kov_builder *b, kov_value x, double order, int row, int column)
{
    int summed = isinf(order) ? column : row, compared = isinf(order) ? row : column;
    kov_value sums = kov_reduce_sum(b, kov_abs(b, x), kov_one_i64(b, summed), true);
    kov_value over = kov_one_i64(b, compared);
    return order > 0 ? greatest(b, sums, over, true) : kov_reduce_min(b, sums, over, true);
}

static kov_value matrix_norm(kov_builder *b, kov_value x, kov_choice ord, const int at[2],
                             const int sorted[2], bool keepdims)
{
    kov_value over = kov_axes_value(b, sorted, 2), y;
    bool nuclear = ord.name && strcmp(ord.name, "nuc") == 0;
    if (ord.name && strcmp(ord.name, "fro") == 0) {
        y = length(b, x, sorted, 2);
    } else if (nuclear || (!ord.name && fabs(ord.number) == 2)) {
        y = spectral_norm(b, x, ord.number, nuclear, at[0], at[1]);
        if (!keepdims || b->status != KOV_OK)
            return y;
        return kov_unsqueeze_at(b, kov_unsqueeze_at(b, y, sorted[0]), sorted[1]);
    } else if (!ord.name && (isinf(ord.number) || fabs(ord.number) == 1)) {
        y = sum_norm(b, x, ord.number, at[0], at[1]);
    } else {
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "norm: Invalid `ord` for matrices: %s; it is None, 'fro', 'nuc', 1, -1, 2, -2, inf "
            "or -inf",
            ord.name ? ord.name : "another number");
    }
    return keepdims ? y : kov_squeeze(b, y, over);
}

/* The Keras backends compute integers as floatx or float32. */
kov_value kov_linalg_norm(kov_builder *b, kov_value x, kov_choice ord, const kov_axes *axis,
                          bool keepdims)
{
    int axes[KOV_MAX_NDIM], at[2];
    bool spectral = ord.name ? strcmp(ord.name, "nuc") == 0 : fabs(ord.number) == 2;
    x = kov_as_float(b, x);
    /* All norms but those of singular values are norms of absolute values. */
    if (kov_is_complex_value(b, x) && !(ord.given && spectral && (axis->n == 2 || !axis->given)))
        x = kov_abs(b, x);
    kov_dtype dtype = kov_part_dtype(kov_dtype_of(b, x));
    x = kov_widen(b, x);
    int ndim = kov_ndim(b, x), n = kov_axes_list(b, "norm", axis, ndim, axes);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value y;
    if (!ord.given && (!axis->given || n <= 2)) {
        y = length(b, x, axes, n);
        if (!keepdims && n > 0)
            y = kov_squeeze(b, y, kov_axes_value(b, axes, n));
    } else if (n == 1 && !ord.name) {
        y = vector_norm(b, x, ord.number, axes, 1);
        if (!keepdims)
            y = kov_squeeze_at(b, y, axes[0]);
    } else if (n == 2) {
        for (int i = 0; i < 2; i++)
            at[i] = axis->given ? kov_axis(b, "norm", axis->at[i], ndim) : axes[i];
        y = matrix_norm(b, x, ord, at, axes, keepdims);
    } else {
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "norm: Invalid `ord` for %d axes: %s; `axis` must be one dimension or two", n,
            ord.name ? ord.name : "a number or None");
    }
    return kov_narrow(b, y, dtype);
}
