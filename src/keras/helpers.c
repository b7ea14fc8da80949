/* SPDX-License-Identifier: Apache-2.0 */
#include "keras/helpers.h"
#include "tensor/convert.h"
#include <float.h>

/* ---- Types ---- */

static kov_operand_type type_of(kov_builder *b, kov_value x)
{
    const kov_value_info *info = kov_builder_value(b, x);
    return (kov_operand_type){info->dtype, info->weak};
}

static kov_dtype promoted(kov_builder *b, const kov_value *xs, int n, kov_operand_type extra)
{
    kov_operand_type types[KOV_MAX_NDIM + 1];
    kov_dtype out = b->floatx;
    if (n > KOV_MAX_NDIM) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "promotion of more than %d values", KOV_MAX_NDIM);
        return out;
    }
    for (int i = 0; i < n; i++)
        types[i] = type_of(b, xs[i]);
    types[n] = extra;
    if (b->status == KOV_OK) {
        kov_status status = kov_promote(types, n + 1, b->floatx, &out);
        if (status != KOV_OK)
            kov_builder_adopt(b, status);
    }
    return out;
}

kov_value kov_strong(kov_builder *b, kov_value x)
{
    if (kov_builder_value(b, x)->weak == KOV_WEAK_NONE)
        return x;
    return kov_cast(b, x, kov_result_type(b, &x, 1));
}

kov_dtype kov_result_type_with_float(kov_builder *b, const kov_value *xs, int n)
{
    return promoted(b, xs, n, (kov_operand_type){b->floatx, KOV_WEAK_FLOAT});
}

kov_dtype kov_result_type_with(kov_builder *b, const kov_value *xs, int n, kov_dtype dtype)
{
    return promoted(b, xs, n, (kov_operand_type){dtype, KOV_WEAK_NONE});
}

void kov_promote_pair_to_float(kov_builder *b, kov_value *x, kov_value *y)
{
    const kov_value both[] = {*x, *y};
    kov_dtype dtype = kov_result_type_with_float(b, both, 2);
    *x = kov_cast(b, *x, dtype);
    *y = kov_cast(b, *y, dtype);
}

kov_dtype kov_compute_dtype(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16 ? KOV_DTYPE_F32 : dtype;
}

kov_value kov_widen(kov_builder *b, kov_value x)
{
    return kov_cast(b, x, kov_compute_dtype(kov_dtype_of(b, x)));
}

kov_value kov_narrow(kov_builder *b, kov_value y, kov_dtype dtype)
{
    return kov_cast(b, y, dtype);
}

kov_dtype kov_sum_dtype(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_BOOL:
    case KOV_DTYPE_I8:
    case KOV_DTYPE_I16:
        return KOV_DTYPE_I32;
    case KOV_DTYPE_U8:
    case KOV_DTYPE_U16:
        return KOV_DTYPE_U32;
    default:
        return dtype;
    }
}

bool kov_is_float_value(kov_builder *b, kov_value x)
{
    return kov_dtype_is_float(kov_dtype_of(b, x));
}

bool kov_is_bool_value(kov_builder *b, kov_value x)
{
    return kov_dtype_of(b, x) == KOV_DTYPE_BOOL;
}

double kov_float_max(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_F16:
        return 65504.0;
    case KOV_DTYPE_BF16:
        return 0x1.fep+127;
    case KOV_DTYPE_F32:
        return 0x1.fffffep+127;
    default:
        return 0x1.fffffffffffffp+1023;
    }
}

/* ---- Complex numbers ---- */

bool kov_is_complex_value(kov_builder *b, kov_value x)
{
    return kov_dtype_is_complex(kov_dtype_of(b, x));
}

bool kov_is_inexact_value(kov_builder *b, kov_value x)
{
    return kov_is_float_value(b, x) || kov_is_complex_value(b, x);
}

kov_dtype kov_part_dtype(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_C64 ? KOV_DTYPE_F32 : dtype == KOV_DTYPE_C128 ? KOV_DTYPE_F64 : dtype;
}

kov_value kov_complex_open(kov_builder *b, kov_value x)
{
    kov_dtype dtype = kov_part_dtype(kov_dtype_of(b, x));
    return kov_bitcast(b, kov_unsqueeze_at(b, x, kov_ndim(b, x)), dtype);
}

kov_value kov_complex_close(kov_builder *b, kov_value parts)
{
    kov_dtype dtype = kov_dtype_of(b, parts) == KOV_DTYPE_F32 ? KOV_DTYPE_C64 : KOV_DTYPE_C128;
    return kov_squeeze_at(b, kov_bitcast(b, parts, dtype), kov_ndim(b, parts) - 1);
}

kov_value kov_complex_part(kov_builder *b, kov_value x, int part)
{
    int ndim = kov_ndim(b, x);
    return kov_squeeze_at(b, kov_slice_axis(b, kov_complex_open(b, x), ndim, part, part + 1, 1),
                          ndim);
}

kov_value kov_complex_join(kov_builder *b, kov_value real, kov_value imaginary)
{
    int ndim = kov_ndim(b, real);
    const kov_value parts[] = {kov_unsqueeze_at(b, real, ndim),
                               kov_unsqueeze_at(b, imaginary, ndim)};
    return kov_complex_close(b, kov_concat(b, parts, 2, ndim));
}

kov_value kov_conjugate_of(kov_builder *b, kov_value x)
{
    static const double signs[] = {1, -1};
    if (!kov_is_complex_value(b, x))
        return x;
    kov_value parts = kov_complex_open(b, x);
    return kov_complex_close(b, kov_multiply(b, parts, kov_numbers_like(b, parts, signs, 2)));
}

kov_value kov_square_of_size(kov_builder *b, kov_value x)
{
    if (!kov_is_complex_value(b, x))
        return kov_multiply(b, x, x);
    kov_value real = kov_complex_part(b, x, 0), imaginary = kov_complex_part(b, x, 1);
    return kov_add(b, kov_multiply(b, real, real), kov_multiply(b, imaginary, imaginary));
}

kov_value kov_complex_bilinear(kov_builder *b, kov_bilinear *function, const void *how, kov_value x,
                               kov_value y)
{
    kov_value products[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            products[i][j] = function(b, how, kov_complex_part(b, x, i), kov_complex_part(b, y, j));
    return kov_complex_join(b, kov_subtract(b, products[0][0], products[1][1]),
                            kov_add(b, products[0][1], products[1][0]));
}

static kov_value mat_mul_of_parts(kov_builder *b, const void *how, kov_value x, kov_value y)
{
    const bool *transpose = how;
    return kov_mat_mul(b, x, y, transpose[0], transpose[1]);
}

kov_value kov_matrix_product(kov_builder *b, kov_value x, kov_value y, bool transpose_x,
                             bool transpose_y)
{
    const bool transpose[] = {transpose_x, transpose_y};
    return kov_is_complex_value(b, x) ? kov_complex_bilinear(b, mat_mul_of_parts, transpose, x, y)
                                      : kov_mat_mul(b, x, y, transpose_x, transpose_y);
}

/* ---- Constants ---- */

kov_value kov_one_i64(kov_builder *b, int64_t number)
{
    return kov_constant_i64(b, &number, 1);
}

kov_value kov_int_like(kov_builder *b, kov_value v, int64_t number)
{
    return kov_constant_int(b, kov_dtype_of(b, v), number);
}

kov_value kov_numbers_like(kov_builder *b, kov_value v, const double *at, int n)
{
    const int64_t dims[] = {n};
    kov_tensor *tensor = NULL;
    if (v == KOV_VALUE_ERROR)
        return v;
    kov_dtype dtype = kov_dtype_of(b, v);
    kov_status status = kov_tensor_create(b->context, dtype, 1, dims, &tensor);
    if (status == KOV_OK)
        status = kov_convert(KOV_DTYPE_F64, at, dtype, kov_tensor_data_mut(tensor), n);
    kov_value value =
        status == KOV_OK ? kov_builder_constant(b, tensor) : kov_builder_adopt(b, status);
    kov_tensor_release(tensor);
    return value;
}

kov_value kov_bool_constant(kov_builder *b, bool value)
{
    return kov_constant_int(b, KOV_DTYPE_BOOL, value);
}

kov_value kov_fill_like(kov_builder *b, kov_value scalar, kov_value like)
{
    if (kov_ndim(b, like) == 0)
        return scalar;
    return kov_broadcast_to(b, scalar, kov_shape_value(b, like));
}

kov_value kov_iota(kov_builder *b, kov_value count, kov_dtype dtype)
{
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    return kov_cast(b, kov_range(b, zero, count, one, KOV_DTYPE_I64), dtype);
}

kov_value kov_countable(kov_builder *b, kov_value count)
{
    return kov_minimum(b, count, kov_int_like(b, count, INT32_MAX - 1));
}

/* ---- Axes ---- */

int kov_axes_list(kov_builder *b, const char *function, const kov_axes *axes, int ndim, int *out)
{
    bool taken[KOV_MAX_NDIM] = {false};
    for (int i = 0; axes->given && i < axes->n; i++) {
        int axis = kov_axis(b, function, axes->at[i], ndim);
        if (taken[axis] && b->status == KOV_OK)
            kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: axis %d stands twice", function, axis);
        taken[axis] = true;
    }
    if (b->status != KOV_OK)
        return 0;
    int n = 0;
    for (int i = 0; i < ndim; i++)
        if (!axes->given || taken[i])
            out[n++] = i;
    return n;
}

int kov_axis_one(kov_builder *b, const char *function, const kov_axes *axes, int ndim)
{
    if (axes->given && axes->n == 1)
        return kov_axis(b, function, axes->at[0], ndim);
    kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: one axis is taken, %d are given", function,
                     axes->given ? axes->n : 0);
    return 0;
}

kov_value kov_axes_value(kov_builder *b, const int *axes, int n)
{
    int64_t wide[KOV_MAX_NDIM];
    for (int i = 0; i < n; i++)
        wide[i] = axes[i];
    return kov_constant_i64(b, wide, n);
}

bool kov_dim_known(kov_builder *b, kov_value x, int axis, int64_t *out)
{
    const kov_value_info *info = kov_builder_value(b, x);
    if (x == KOV_VALUE_ERROR || axis >= info->ndim)
        return false;
    if (!kov_dim_is_number(info->dims[axis]) && !kov_dim_hint(b->dims, info->dims[axis], out))
        return false;
    *out = kov_dim_number(b, x, axis);
    return b->status == KOV_OK;
}

/* ---- Moves ---- */

kov_value kov_flatten(kov_builder *b, kov_value x)
{
    return kov_ndim(b, x) == 1 ? x : kov_reshape(b, x, kov_one_i64(b, -1), false);
}

kov_value kov_permute(kov_builder *b, kov_value x, const int *order, int n)
{
    bool moved = false;
    for (int i = 0; i < n; i++)
        moved = moved || order[i] != i;
    return moved ? kov_transpose(b, x, kov_axes_value(b, order, n)) : x;
}

kov_value kov_swap(kov_builder *b, kov_value x, int from, int to)
{
    int order[KOV_MAX_NDIM], n = kov_ndim(b, x);
    for (int i = 0; i < n; i++)
        order[i] = i == from ? to : i == to ? from : i;
    return kov_permute(b, x, order, n);
}

kov_value kov_move(kov_builder *b, kov_value x, int from, int to)
{
    int order[KOV_MAX_NDIM], n = kov_ndim(b, x), next = 0;
    for (int i = 0; i < n; i++) {
        if (i == to) {
            order[i] = from;
            continue;
        }
        next += next == from;
        order[i] = next++;
    }
    return kov_permute(b, x, order, n);
}

kov_value kov_unsqueeze_at(kov_builder *b, kov_value x, int axis)
{
    return kov_unsqueeze(b, x, kov_one_i64(b, axis));
}

kov_value kov_squeeze_at(kov_builder *b, kov_value x, int axis)
{
    return kov_squeeze(b, x, kov_one_i64(b, axis));
}

kov_value kov_at_least_1d(kov_builder *b, kov_value x)
{
    return kov_ndim(b, x) == 0 ? kov_unsqueeze_at(b, x, 0) : x;
}

kov_value kov_raise_to(kov_builder *b, kov_value x, int n)
{
    int axes[KOV_MAX_NDIM], missing = n - kov_ndim(b, x);
    if (missing <= 0)
        return x;
    for (int i = 0; i < missing; i++)
        axes[i] = i;
    return kov_unsqueeze(b, x, kov_axes_value(b, axes, missing));
}

kov_value kov_slice_axis(kov_builder *b, kov_value x, int axis, int64_t start, int64_t stop,
                         int64_t step)
{
    return kov_slice(b, x, kov_one_i64(b, start), kov_one_i64(b, stop), kov_one_i64(b, step),
                     kov_one_i64(b, axis));
}

kov_value kov_pick(kov_builder *b, kov_value x, int axis, int64_t index)
{
    return kov_gather(b, x, kov_constant_i64_scalar(b, index), kov_constant_i64_scalar(b, axis), 0);
}

kov_value kov_reverse(kov_builder *b, kov_value x, int axis)
{
    return kov_slice_axis(b, x, axis, -1, INT64_MIN, -1);
}

kov_value kov_merge_last(kov_builder *b, kov_value x, const int *axes, int n, kov_value *rest)
{
    int order[KOV_MAX_NDIM], ndim = kov_ndim(b, x), kept = 0;
    for (int i = 0, next = 0; i < ndim; i++) {
        if (next < n && axes[next] == i)
            next++;
        else
            order[kept++] = i;
    }
    for (int i = 0; i < n; i++)
        order[kept + i] = axes[i];
    kov_value moved = kov_permute(b, x, order, ndim);
    *rest = kov_dims_value(b, moved, 0, kept);
    if (n == 1)
        return moved;
    const kov_value parts[] = {*rest, kov_count_along(b, x, axes, n)};
    return kov_reshape(b, moved, kov_join_dims(b, parts, 2), false);
}

kov_value kov_count_along(kov_builder *b, kov_value x, const int *axes, int n)
{
    kov_value count = kov_constant_i64_scalar(b, 1);
    for (int i = 0; i < n; i++) {
        kov_value dim = kov_dim_value(b, x, axes[i]);
        count = i == 0 ? dim : kov_multiply(b, count, dim);
    }
    return count;
}

kov_value kov_kept_shape(kov_builder *b, kov_value x, const int *axes, int n)
{
    kov_value parts[KOV_MAX_NDIM];
    int ndim = kov_ndim(b, x);
    for (int i = 0, next = 0; i < ndim; i++) {
        bool reduced = next < n && axes[next] == i;
        next += reduced;
        parts[i] = reduced ? kov_constant_i64_scalar(b, 1) : kov_dim_value(b, x, i);
    }
    return kov_join_dims(b, parts, ndim);
}

kov_value kov_broadcast_to(kov_builder *b, kov_value x, kov_value shape)
{
    return kov_broadcast(b, x, shape, KOV_VALUE_NONE, "numpy");
}

/* ---- Steps ---- */

kov_value kov_sum_over(kov_builder *b, kov_value x, const int *axes, int n, bool keep)
{
    return n == 0 ? x : kov_reduce_sum(b, x, kov_axes_value(b, axes, n), keep);
}

kov_value kov_is_negative_zero_or_less(kov_builder *b, kov_value x)
{
    /* 1 / -0 is -infinity, and 1 / x has the sign of x everywhere else but at -infinity, where x <
     * 0. */
    kov_value zero = kov_scalar_like(b, x, 0.0), one = kov_scalar_like(b, x, 1.0);
    kov_value below = kov_less(b, x, zero);
    return kov_logical_or(b, below, kov_less(b, kov_divide(b, one, x), zero));
}

/* NumPy's order of complex numbers: by real part, then by imaginary part, behind them those with a
 * NaN for imaginary part, for real part, for both. A stable sort by each key, the last one first.
 */
static kov_value sort_complex(kov_builder *b, kov_value x, kov_value *order)
{
    int last = kov_ndim(b, x) - 1;
    kov_value keys[] = {kov_complex_part(b, x, 1), kov_complex_part(b, x, 0), KOV_VALUE_NONE};
    kov_value nan[] = {kov_cast(b, kov_is_na_n(b, keys[0]), KOV_DTYPE_U8),
                       kov_cast(b, kov_is_na_n(b, keys[1]), KOV_DTYPE_U8)};
    kov_value found = KOV_VALUE_ERROR;
    keys[2] = kov_add(b, nan[0], kov_multiply(b, nan[1], kov_int_like(b, nan[1], 2)));
    for (int i = 0; i < 3; i++) {
        kov_value key = i == 0 ? keys[0] : kov_gather_elements(b, keys[i], found, last), next;
        kov_sort_last(b, key, &next);
        found = i == 0 ? next : kov_gather_elements(b, found, next, last);
    }
    if (order != NULL)
        *order = found;
    return kov_gather_elements(b, x, found, last);
}

kov_value kov_sort_last(kov_builder *b, kov_value x, kov_value *order)
{
    if (kov_is_complex_value(b, x))
        return sort_complex(b, x, order);
    int last = kov_ndim(b, x) - 1;
    bool is_bool = kov_is_bool_value(b, x);
    kov_value data = is_bool ? kov_cast(b, x, KOV_DTYPE_U8) : x;
    kov_value sorted =
        kov_top_k(b, data, kov_dim_value(b, x, last), last, "min", "value", KOV_DTYPE_I32, true);
    if (order != NULL)
        *order = kov_output(sorted, 1);
    /* Not a Convert: OpenVINO 2026.4 fails on one behind a node of several outputs. */
    return is_bool ? kov_not_equal(b, sorted, kov_scalar_like(b, sorted, 0)) : sorted;
}

kov_value kov_abs_of(kov_builder *b, kov_value x)
{
    kov_dtype dtype = kov_dtype_of(b, x);
    bool is_signed =
        kov_dtype_is_float(dtype) || kov_dtype_is_signed(dtype) || kov_dtype_is_complex(dtype);
    return is_signed ? kov_abs(b, x) : x;
}

double kov_machine_epsilon(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_F16:
        return 0x1p-10;
    case KOV_DTYPE_BF16:
        return 0x1p-7;
    case KOV_DTYPE_F64:
        return DBL_EPSILON;
    default:
        return FLT_EPSILON;
    }
}
