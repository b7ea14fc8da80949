/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: variance, averages, quantiles, correlation. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>
#include <string.h>

/* ---- Variance ---- */

/* The mean of squared distances from the mean, which is real: two passes, so that nothing cancels.
 */
static kov_value variance(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                          bool keepdims)
{
    int axes[KOV_MAX_NDIM], n = kov_axes_list(b, function, axis, kov_ndim(b, x), axes);
    if (n == 0) /* of one element each; not a number where the element is none */
        return kov_square_of_size(b, kov_subtract(b, x, x));
    kov_value over = kov_axes_value(b, axes, n);
    kov_value off = kov_subtract(b, x, kov_reduce_mean(b, x, over, true));
    return kov_reduce_mean(b, kov_square_of_size(b, off), over, keepdims);
}

static kov_value spread(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                        bool keepdims, bool root)
{
    x = kov_strong(b, x);
    kov_dtype dtype = kov_result_type_with_float(b, &x, 1);
    x = kov_cast(b, x, kov_result_type_with(b, &x, 1, KOV_DTYPE_F32));
    kov_value y = variance(b, function, x, axis, keepdims);
    return kov_cast(b, root ? kov_sqrt(b, y) : y, root ? kov_part_dtype(dtype) : dtype);
}

kov_value kov_numpy_var(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return spread(b, "var", x, axis, keepdims, false);
}

kov_value kov_numpy_std(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return spread(b, "std", x, axis, keepdims, true);
}

/* Rows are variables; of one variable a scalar. As in NumPy there is no covariance of fewer than
 * two observations: 0 / 0. */
kov_value kov_numpy_cov(kov_builder *b, kov_value x)
{
    static const int last[] = {1};
    kov_value strong = kov_strong(b, x);
    x = kov_dtype_of(b, strong) == KOV_DTYPE_I64 ? kov_cast(b, strong, KOV_DTYPE_F64)
                                                 : kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    int ndim = kov_ndim(b, x);
    if (ndim > 2)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "cov: x has at most 2 dimensions, it has %d", ndim);
    x = kov_raise_to(b, x, 2);
    int64_t rows = 0;
    bool is_one = ndim < 2 || (kov_dim_known(b, x, 0, &rows) && rows == 1);
    kov_value off = kov_subtract(b, x, kov_reduce_mean(b, x, kov_axes_value(b, last, 1), true));
    kov_value product = kov_matrix_product(b, off, kov_conjugate_of(b, off), false, true);
    kov_value count = kov_cast(b, kov_dim_value(b, x, 1), kov_dtype_of(b, x));
    count = kov_subtract(b, count, kov_scalar_like(b, count, 1));
    kov_value none = kov_less_equal(b, kov_cast(b, kov_dim_value(b, x, 1), KOV_DTYPE_I32),
                                    kov_constant_int(b, KOV_DTYPE_I32, 1));
    kov_value y = kov_divide(b, product, count);
    y = kov_select(b, none, kov_scalar_like(b, y, NAN), y);
    if (is_one)
        y = kov_reshape_to(b, y, NULL, 0);
    return kov_narrow(b, y, dtype);
}

/* Sum and number, of one type, of the elements that are not NaN. */
static kov_value sum_of_numbers(kov_builder *b, kov_value x, kov_value valid, kov_value axes,
                                bool keepdims, kov_value *count)
{
    kov_value zero = kov_scalar_like(b, x, 0.0);
    *count = kov_reduce_sum(b, kov_cast(b, valid, kov_dtype_of(b, x)), axes, keepdims);
    return kov_reduce_sum(b, kov_select(b, valid, x, zero), axes, keepdims);
}

static kov_value nan_moment(kov_builder *b, const char *function, kov_value x, const kov_axes *axis,
                            bool keepdims, int order, bool root)
{
    x = kov_strong(b, x);
    kov_dtype dtype = kov_result_type_with_float(b, &x, 1);
    kov_dtype result = order == 2 ? kov_part_dtype(dtype) : dtype;
    x = kov_cast(b, x, kov_result_type_with(b, &x, 1, KOV_DTYPE_F32));
    int list[KOV_MAX_NDIM], n = kov_axes_list(b, function, axis, kov_ndim(b, x), list);
    if (n == 0)
        return kov_cast(b, order == 1 ? x : kov_square_of_size(b, kov_subtract(b, x, x)), result);
    kov_value axes = kov_axes_value(b, list, n), count = KOV_VALUE_ERROR;
    kov_value valid = kov_logical_not(b, kov_is_na_n(b, x));
    kov_value sum = sum_of_numbers(b, x, valid, axes, order == 2 || keepdims, &count);
    kov_value y = kov_divide(b, sum, count);
    if (order == 2) {
        kov_value off = kov_subtract(b, x, y);
        sum = sum_of_numbers(b, kov_square_of_size(b, off), valid, axes, keepdims, &count);
        y = kov_divide(b, sum, count);
    }
    return kov_cast(b, root ? kov_sqrt(b, y) : y, result);
}

kov_value kov_numpy_nanmean(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return nan_moment(b, "nanmean", x, axis, keepdims, 1, false);
}

kov_value kov_numpy_nanvar(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return nan_moment(b, "nanvar", x, axis, keepdims, 2, false);
}

kov_value kov_numpy_nanstd(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return nan_moment(b, "nanstd", x, axis, keepdims, 2, true);
}

kov_value kov_numpy_average(kov_builder *b, kov_value x, const kov_axes *axis, kov_value weights)
{
    if (weights == KOV_VALUE_NONE)
        return kov_numpy_mean(b, kov_as_float(b, x), axis, false);
    kov_promote_pair_to_float(b, &x, &weights);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    weights = kov_widen(b, weights);
    int ndim = kov_ndim(b, x);
    if (kov_ndim(b, weights) == 1 && ndim > 1) { /* one weight for each place along the axis */
        int at = kov_axis_one(b, "average", axis, ndim), behind[KOV_MAX_NDIM], n = 0;
        for (int i = at + 1; i < ndim; i++)
            behind[n++] = i - at;
        if (n > 0)
            weights = kov_unsqueeze(b, weights, kov_axes_value(b, behind, n));
    }
    weights = kov_fill_like(b, weights, x);
    kov_value total = kov_numpy_sum(b, weights, axis, false);
    kov_value sum = kov_numpy_sum(b, kov_multiply(b, x, weights), axis, false);
    return kov_cast(b, kov_divide(b, sum, total), dtype);
}

/* ---- Quantiles ---- */

#define MOST_EXACT_HALVES (1 << 23)

typedef struct kov_method {
    const char *name;
    double alpha, beta; /* place of quantile q among n: q n + alpha + q (1 - alpha - beta) - 1 */
    /* i: interpolate, l: lower, h: higher, m: midpoint, n: nearest; c: nearest, of two the one at
     * an odd place; a: higher, or halfway to the next from a place */
    char between;
} kov_method;

static const kov_method methods[] = {
    {"linear", 1, 1, 'i'},
    {"lower", 1, 1, 'l'},
    {"higher", 1, 1, 'h'},
    {"midpoint", 1, 1, 'm'},
    {"nearest", 1, 1, 'n'},
    {"hazen", 0.5, 0.5, 'i'},
    {"weibull", 0, 0, 'i'},
    {"interpolated_inverted_cdf", 0, 1, 'i'},
    {"median_unbiased", 1.0 / 3, 1.0 / 3, 'i'},
    {"normal_unbiased", 0.375, 0.375, 'i'},
    {"inverted_cdf", 0, 1, 'h'},
    {"averaged_inverted_cdf", 0, 1, 'a'},
    {"closest_observation", 0, 1, 'c'},
};

static const kov_method *method_named(kov_builder *b, const char *function, const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: there is no method '%s'", function, name);
    return &methods[0];
}

/* Where quantiles lie among `count` sorted elements, in the type of q: float64 where float32 could
 * not tell neighbours of a long row apart. */
static kov_value places_of(kov_builder *b, kov_value q, kov_value count, const kov_method *method)
{
    kov_value zero = kov_scalar_like(b, q, 0.0), one = kov_scalar_like(b, q, 1.0);
    double slope = 1.0 - method->alpha - method->beta;
    kov_value width = kov_add(b, count, kov_scalar_like(b, q, slope));
    kov_value at = kov_multiply(b, q, width);
    at = kov_add(b, at, kov_scalar_like(b, q, method->alpha - 1.0));
    kov_value last = kov_subtract(b, count, one), half = kov_scalar_like(b, q, 0.5);
    if (method->between == 'c')
        at = kov_subtract(b, kov_round(b, kov_add(b, at, one), "half_to_even"), one);
    if (method->between == 'a')
        at = kov_select(b, kov_equal(b, at, kov_floor(b, at)), kov_add(b, at, half),
                        kov_ceiling(b, at));
    at = kov_maximum(b, kov_minimum(b, at, last), zero);
    return method->between == 'n' ? kov_round(b, at, "half_to_even") : at;
}

static kov_value element_at(kov_builder *b, kov_value sorted, kov_value place, bool by_lane)
{
    int last = kov_ndim(b, sorted) - 1;
    kov_value end = kov_cast(b, kov_dim_value(b, sorted, last), kov_dtype_of(b, place));
    if (by_lane) /* says to engines of 32 bits that the place is small */
        place = kov_minimum(b, place, end);
    kov_value index = kov_cast(b, place, KOV_DTYPE_I64);
    return by_lane ? kov_gather_elements(b, sorted, index, last)
                   : kov_gather(b, sorted, index, kov_constant_i64_scalar(b, last), 0);
}

/* Elements beside the places, mixed as the method says. */
static kov_value mixed(kov_builder *b, kov_value sorted, kov_value places, bool by_lane,
                       char between)
{
    kov_value low_place = kov_floor(b, places), high_place = kov_ceiling(b, places);
    if (between == 'l' || between == 'n' || between == 'c')
        return element_at(b, sorted, low_place, by_lane);
    kov_value high = element_at(b, sorted, high_place, by_lane);
    if (between == 'h')
        return high;
    kov_value low = element_at(b, sorted, low_place, by_lane);
    kov_value half = kov_scalar_like(b, low, 0.5), y;
    if (between == 'i') {
        kov_value part = kov_cast(b, kov_subtract(b, places, low_place), kov_dtype_of(b, low));
        kov_value one = kov_scalar_like(b, low, 1.0), width = kov_subtract(b, high, low);
        kov_value from_low = kov_add(b, low, kov_multiply(b, width, part));
        kov_value left = kov_subtract(b, one, part);
        kov_value from_high = kov_subtract(b, high, kov_multiply(b, width, left));
        y = kov_select(b, kov_less(b, part, half), from_low, from_high);
    } else /* halves first: rounded once, and no overflow */
        y = kov_add(b, kov_multiply(b, low, half), kov_multiply(b, high, half));
    y = kov_select(b, kov_equal(b, places, low_place), low, y);
    return kov_select(b, kov_equal(b, low, high), low, y);
}

static kov_value quantiles(kov_builder *b, const char *function, kov_value x, kov_value q,
                           const kov_axes *axis, const char *method_name, bool keepdims,
                           bool skip_nan)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    const kov_method *method = method_named(b, function, method_name);
    int q_ndim = kov_ndim(b, q), axes[KOV_MAX_NDIM];
    kov_value flat_q = kov_flatten(b, q);
    int n = kov_axes_list(b, function, axis, kov_ndim(b, x), axes);
    kov_value rest = KOV_VALUE_ERROR, lanes = kov_merge_last(b, x, axes, n, &rest);
    int last = kov_ndim(b, lanes) - 1;
    kov_value over = kov_one_i64(b, last), nan = kov_is_na_n(b, lanes), y, missing;
    if (skip_nan) /* behind all others; a device that orders NaN in its own way never sees one */
        lanes = kov_select(b, nan, kov_scalar_like(b, lanes, INFINITY), lanes);
    kov_value sorted = kov_sort_last(b, lanes, NULL);
    if (skip_nan) {
        kov_value valid = kov_cast(b, kov_logical_not(b, nan), kov_dtype_of(b, q));
        kov_value count = kov_reduce_sum(b, valid, over, true);
        y = mixed(b, sorted, places_of(b, flat_q, count, method), true, method->between);
        missing = kov_equal(b, count, kov_scalar_like(b, count, 0.0));
    } else {
        kov_value count = kov_cast(b, kov_dim_value(b, sorted, last), kov_dtype_of(b, q));
        y = mixed(b, sorted, places_of(b, flat_q, count, method), false, method->between);
        missing = kov_reduce_logical_or(b, nan, over, true);
    }
    y = kov_select(b, missing, kov_scalar_like(b, y, NAN), y);
    y = kov_move(b, y, last, 0);
    if (keepdims) {
        const kov_value parts[] = {kov_dims_value(b, flat_q, 0, 1), kov_kept_shape(b, x, axes, n)};
        y = kov_reshape(b, y, kov_join_dims(b, parts, 2), false);
    }
    if (q_ndim == 0)
        y = kov_squeeze_at(b, y, 0);
    if (q_ndim > 1) {
        const kov_value parts[] = {kov_shape_value(b, q), kov_dims_value(b, y, 1, kov_ndim(b, y))};
        y = kov_reshape(b, y, kov_join_dims(b, parts, 2), false);
    }
    return kov_cast(b, y, dtype);
}

kov_value kov_numpy_quantile(kov_builder *b, kov_value x, kov_value q, const kov_axes *axis,
                             const char *method, bool keepdims)
{
    return quantiles(b, "quantile", x, kov_cast(b, q, KOV_DTYPE_F64), axis, method, keepdims,
                     false);
}

kov_value kov_numpy_nanquantile(kov_builder *b, kov_value x, kov_value q, const kov_axes *axis,
                                const char *method, bool keepdims)
{
    return quantiles(b, "nanquantile", x, kov_cast(b, q, KOV_DTYPE_F64), axis, method, keepdims,
                     true);
}

static kov_value from_percent(kov_builder *b, kov_value q)
{
    q = kov_cast(b, q, KOV_DTYPE_F64);
    return kov_divide(b, q, kov_scalar_like(b, q, 100.0));
}

kov_value kov_numpy_percentile(kov_builder *b, kov_value x, kov_value q, const kov_axes *axis,
                               const char *method, bool keepdims)
{
    return quantiles(b, "percentile", x, from_percent(b, q), axis, method, keepdims, false);
}

kov_value kov_numpy_nanpercentile(kov_builder *b, kov_value x, kov_value q, const kov_axes *axis,
                                  const char *method, bool keepdims)
{
    return quantiles(b, "nanpercentile", x, from_percent(b, q), axis, method, keepdims, true);
}

/* Halves of numbers of elements below 2^23 are exact in float32. */
static kov_value half_for(kov_builder *b, kov_value x)
{
    int64_t count = 1;
    for (int i = 0; i < kov_ndim(b, x) && count < MOST_EXACT_HALVES; i++) {
        kov_dim n = kov_builder_value(b, x)->dims[i];
        count = n < 0 || n >= MOST_EXACT_HALVES ? MOST_EXACT_HALVES : n > 0 ? count * n : count;
    }
    return kov_constant_number(b, count < MOST_EXACT_HALVES ? KOV_DTYPE_F32 : KOV_DTYPE_F64, 0.5);
}

kov_value kov_numpy_median(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return quantiles(b, "median", x, half_for(b, x), axis, "midpoint", keepdims, false);
}

kov_value kov_numpy_nanmedian(kov_builder *b, kov_value x, const kov_axes *axis, bool keepdims)
{
    return quantiles(b, "nanmedian", x, half_for(b, x), axis, "midpoint", keepdims, true);
}

/* ---- Correlation ---- */

/* What rounding put outside [-1, 1], of complex numbers in each part. */
static kov_value within_one(kov_builder *b, kov_value y)
{
    if (kov_is_complex_value(b, y))
        return kov_complex_join(b, within_one(b, kov_complex_part(b, y, 0)),
                                within_one(b, kov_complex_part(b, y, 1)));
    kov_value one = kov_scalar_like(b, y, 1.0), low = kov_scalar_like(b, y, -1.0);
    return kov_maximum(b, kov_minimum(b, y, one), low);
}

kov_value kov_numpy_corrcoef(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    if (ndim < 1 || ndim > 2)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "corrcoef: x has %d dimensions, it must have 1 or 2", ndim);
    kov_dtype dtype = kov_dtype_of(b, x);
    if (!kov_is_inexact_value(b, x))
        dtype = dtype == KOV_DTYPE_I64 ? KOV_DTYPE_F64 : b->floatx;
    x = kov_raise_to(b, kov_widen(b, kov_cast(b, x, dtype)), 2);
    kov_value off = kov_subtract(b, x, kov_reduce_mean(b, x, kov_one_i64(b, 1), true));
    kov_value product = kov_matrix_product(b, off, kov_conjugate_of(b, off), false, true);
    kov_value square = kov_reduce_sum(b, kov_square_of_size(b, off), kov_one_i64(b, 1), true);
    kov_value length = kov_cast(b, kov_sqrt(b, square), kov_dtype_of(b, off));
    kov_value y = kov_divide(b, kov_divide(b, product, length), kov_swap(b, length, 0, 1));
    y = within_one(b, y);
    if (ndim == 1)
        y = kov_reshape(b, y, kov_constant_i64(b, NULL, 0), false);
    return kov_cast(b, y, dtype);
}

static kov_value correlate_parts(kov_builder *b, const void *mode, kov_value x1, kov_value x2)
{
    return kov_numpy_correlate(b, x1, x2, mode);
}

/* The shorter sequence slides over the longer; if it is the first, the result is reversed. */
kov_value kov_numpy_correlate(kov_builder *b, kov_value x1, kov_value x2, const char *mode)
{
    static const int64_t ones[] = {1}, none[] = {0};
    kov_promote_pair(b, &x1, &x2);
    if (kov_is_complex_value(b, x1))
        return kov_complex_bilinear(b, correlate_parts, mode, x1, kov_conjugate_of(b, x2));
    if (kov_ndim(b, x1) != 1 || kov_ndim(b, x2) != 1)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "correlate: both tensors must have one dimension");
    kov_dtype dtype = kov_dtype_of(b, x1);
    if (!kov_dtype_is_float(dtype))
        dtype = dtype == KOV_DTYPE_I64 ? KOV_DTYPE_F64 : KOV_DTYPE_F32;
    x1 = kov_widen(b, kov_cast(b, x1, dtype));
    x2 = kov_widen(b, kov_cast(b, x2, dtype));
    int64_t first = kov_dim_number(b, x1, 0), second = kov_dim_number(b, x2, 0);
    bool swapped = first < second;
    kov_value longer = swapped ? x2 : x1, shorter = swapped ? x1 : x2;
    int64_t length = swapped ? first : second, before, after;
    if (strcmp(mode, "valid") == 0) {
        before = after = 0;
    } else if (strcmp(mode, "full") == 0) {
        before = after = length - 1;
    } else if (strcmp(mode, "same") == 0) {
        before = length / 2;
        after = length - 1 - before;
    } else {
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "correlate: mode is 'valid', 'same' or 'full', not '%s'", mode);
    }
    const kov_ints step = {ones, 1}, zero = {none, 1};
    const int front[] = {0, 1};
    kov_value padded = kov_pad(b, longer, kov_one_i64(b, before), kov_one_i64(b, after),
                               kov_scalar_like(b, longer, 0.0), "constant");
    kov_value data = kov_unsqueeze(b, padded, kov_axes_value(b, front, 2));
    kov_value filter = kov_unsqueeze(b, shorter, kov_axes_value(b, front, 2));
    kov_value y = kov_convolution(b, data, filter, step, zero, zero, step, "explicit");
    y = kov_squeeze(b, y, kov_axes_value(b, front, 2));
    return kov_cast(b, swapped ? kov_reverse(b, y, 0) : y, dtype);
}

/* ---- Integration ---- */

kov_value kov_numpy_trapezoid(kov_builder *b, kov_value y, kov_value x, kov_value dx,
                              const kov_axes *axis)
{
    y = kov_as_float(b, y);
    kov_dtype dtype = kov_dtype_of(b, y);
    y = kov_widen(b, y);
    kov_dtype wide = kov_dtype_of(b, y);
    int ndim = kov_ndim(b, y), at = kov_axis_one(b, "trapezoid", axis, ndim);
    kov_value width = kov_cast(b, dx, wide);
    if (x != KOV_VALUE_NONE) {
        x = kov_cast(b, x, wide);
        bool line = kov_ndim(b, x) == 1;
        int along = line ? 0 : kov_axis_one(b, "trapezoid", axis, kov_ndim(b, x)), n = 0;
        int behind[KOV_MAX_NDIM];
        if (b->status != KOV_OK)
            return KOV_VALUE_ERROR;
        width = kov_subtract(b, kov_slice_axis(b, x, along, 1, INT64_MAX, 1),
                             kov_slice_axis(b, x, along, 0, -1, 1));
        for (int i = at + 1; line && i < ndim; i++)
            behind[n++] = i - at;
        if (n > 0)
            width = kov_unsqueeze(b, width, kov_axes_value(b, behind, n));
    }
    kov_value sides =
        kov_add(b, kov_slice_axis(b, y, at, 1, INT64_MAX, 1), kov_slice_axis(b, y, at, 0, -1, 1));
    kov_value areas = kov_multiply(b, kov_multiply(b, width, sides), kov_scalar_like(b, y, 0.5));
    /* An axis that is counted from the end is so among the dimensions that widths add, too. */
    at = kov_axis_one(b, "trapezoid", axis, kov_ndim(b, areas));
    return kov_cast(b, kov_reduce_sum(b, areas, kov_one_i64(b, at), false), dtype);
}
