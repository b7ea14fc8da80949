/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: tensors made from nothing but numbers and shapes. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>

/* ---- Constant ones ---- */

kov_value kov_numpy_full(kov_builder *b, kov_value shape, kov_value fill_value, kov_dtype dtype)
{
    kov_value fill = kov_cast(b, fill_value, dtype == KOV_DTYPE_NONE ? b->floatx : dtype);
    return kov_broadcast_to(b, fill, shape);
}

static kov_value filled(kov_builder *b, kov_value shape, int64_t number, kov_dtype dtype)
{
    if (dtype == KOV_DTYPE_NONE)
        dtype = b->floatx;
    return kov_broadcast_to(b, kov_constant_int(b, dtype, number), shape);
}

kov_value kov_numpy_zeros(kov_builder *b, kov_value shape, kov_dtype dtype)
{
    return filled(b, shape, 0, dtype);
}

kov_value kov_numpy_ones(kov_builder *b, kov_value shape, kov_dtype dtype)
{
    return filled(b, shape, 1, dtype);
}

kov_value kov_numpy_empty(kov_builder *b, kov_value shape, kov_dtype dtype)
{
    return filled(b, shape, 0, dtype);
}

kov_value kov_numpy_full_like(kov_builder *b, kov_value x, kov_value fill_value, kov_dtype dtype)
{
    x = kov_strong(b, x);
    if (b->status == KOV_OK && kov_ndim(b, fill_value) > kov_ndim(b, x))
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "full_like: fill_value has %d dimensions and x %d; it has no more",
                                kov_ndim(b, fill_value), kov_ndim(b, x));
    kov_value fill = kov_cast(b, fill_value, dtype == KOV_DTYPE_NONE ? kov_dtype_of(b, x) : dtype);
    return kov_fill_like(b, fill, x);
}

static kov_value filled_like(kov_builder *b, kov_value x, int64_t number, kov_dtype dtype)
{
    x = kov_strong(b, x);
    if (dtype == KOV_DTYPE_NONE)
        dtype = kov_dtype_of(b, x);
    return kov_fill_like(b, kov_constant_int(b, dtype, number), x);
}

kov_value kov_numpy_zeros_like(kov_builder *b, kov_value x, kov_dtype dtype)
{
    return filled_like(b, x, 0, dtype);
}

kov_value kov_numpy_ones_like(kov_builder *b, kov_value x, kov_dtype dtype)
{
    return filled_like(b, x, 1, dtype);
}

kov_value kov_numpy_empty_like(kov_builder *b, kov_value x, kov_dtype dtype)
{
    return filled_like(b, x, 0, dtype);
}

/* ---- Triangles ---- */

/* column - row of an (n, m) matrix. */
static kov_value offsets(kov_builder *b, kov_value rows, kov_value columns)
{
    kov_value down = kov_unsqueeze_at(b, kov_iota(b, rows, KOV_DTYPE_I64), 1);
    return kov_subtract(b, kov_iota(b, columns, KOV_DTYPE_I64), down);
}

kov_value kov_numpy_eye(kov_builder *b, kov_value N, kov_value M, kov_value k, kov_dtype dtype)
{
    if (dtype == KOV_DTYPE_NONE)
        dtype = b->floatx;
    bool direct = dtype == KOV_DTYPE_F32 || dtype == KOV_DTYPE_I32;
    kov_value ones = kov_eye(b, N, M == KOV_VALUE_NONE ? N : M, k, direct ? dtype : KOV_DTYPE_I32);
    return kov_cast(b, ones, dtype);
}

kov_value kov_numpy_identity(kov_builder *b, kov_value n, kov_dtype dtype)
{
    return kov_numpy_eye(b, n, KOV_VALUE_NONE, kov_constant_i64_scalar(b, 0), dtype);
}

kov_value kov_numpy_tri(kov_builder *b, kov_value N, kov_value M, kov_value k, kov_dtype dtype)
{
    if (dtype == KOV_DTYPE_NONE)
        dtype = b->floatx;
    kov_value off = offsets(b, N, M == KOV_VALUE_NONE ? N : M);
    return kov_cast(b, kov_less_equal(b, off, k), dtype);
}

static kov_value triangle(kov_builder *b, const char *function, kov_value x, kov_value k,
                          bool lower)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    if (ndim == 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: a scalar has no triangle", function);
    if (ndim == 1) { /* as NumPy: the rows of a square */
        kov_value side = kov_dim_value(b, x, 0);
        const kov_value square[] = {side, side};
        x = kov_broadcast_to(b, x, kov_join_dims(b, square, 2));
        ndim = 2;
    }
    kov_value off = offsets(b, kov_dim_value(b, x, ndim - 2), kov_dim_value(b, x, ndim - 1));
    kov_value kept = lower ? kov_less_equal(b, off, k) : kov_greater_equal(b, off, k);
    return kov_select(b, kept, x, kov_int_like(b, x, 0));
}

kov_value kov_numpy_tril(kov_builder *b, kov_value x, kov_value k)
{
    return triangle(b, "tril", x, k, true);
}

kov_value kov_numpy_triu(kov_builder *b, kov_value x, kov_value k)
{
    return triangle(b, "triu", x, k, false);
}

/* ---- Sequences ---- */

kov_value kov_numpy_arange(kov_builder *b, kov_value start, kov_value stop, kov_value step,
                           kov_dtype dtype)
{
    kov_value given[] = {start, stop, step};
    int n = 0;
    for (int i = 0; i < 3; i++)
        if (given[i] != KOV_VALUE_NONE)
            given[n++] = given[i];
    kov_dtype common = kov_result_type(b, given, n);
    if (dtype == KOV_DTYPE_NONE)
        dtype = common;
    /* As NumPy: in float32, 0.1 to 1.1 by 0.1 would be eleven numbers. */
    kov_dtype wide = kov_dtype_is_float(common) ? KOV_DTYPE_F64 : KOV_DTYPE_I64;
    kov_value from = kov_cast(b, start, wide);
    kov_value to = stop == KOV_VALUE_NONE ? from : kov_cast(b, stop, wide);
    if (stop == KOV_VALUE_NONE)
        from = kov_constant_int(b, wide, 0);
    kov_value by = kov_constant_int(b, wide, 1);
    if (step != KOV_VALUE_NONE) {
        bool huge = wide == KOV_DTYPE_I64 && kov_dtype_of(b, step) == KOV_DTYPE_U64;
        by =
            kov_cast(b, huge ? kov_minimum(b, step, kov_int_like(b, step, INT64_MAX)) : step, wide);
    }
    bool narrow = wide == KOV_DTYPE_I64 && dtype == KOV_DTYPE_I32;
    return kov_cast(b, kov_range(b, from, to, by, narrow ? dtype : wide), dtype);
}

/* i / (num - 1), or i / num without the end point, along a new first axis of rank ndim + 1. last
 * gets whether i is the end point. A negative num is refused, when it runs at the latest. */
static kov_value fractions(kov_builder *b, kov_value num, bool endpoint, kov_dtype dtype, int ndim,
                           kov_value *division, kov_value *last)
{
    int behind[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        behind[i] = i + 1;
    kov_value one = kov_constant_i64_scalar(b, 1);
    kov_value steps = endpoint ? kov_subtract(b, num, one) : num;
    kov_value index = kov_iota(b, num, KOV_DTYPE_I64);
    index = kov_broadcast_to(b, index, kov_join_dims(b, &num, 1));
    if (ndim > 0)
        index = kov_unsqueeze(b, index, kov_axes_value(b, behind, ndim));
    kov_value at_end =
        kov_logical_and(b, kov_equal(b, index, steps), kov_greater_equal(b, steps, one));
    *last = at_end;
    *division = kov_cast(b, steps, dtype);
    return kov_cast(b, index, dtype);
}

/* What linspace, logspace and geomspace share: endpoints in their common float type. */
typedef struct kov_space {
    kov_value start, stop, index, division, divisor, last;
    kov_dtype dtype;
} kov_space;

static int most_dims(kov_builder *b, const kov_value *values, int n)
{
    int ndim = 0;
    for (int i = 0; i < n; i++)
        ndim = kov_ndim(b, values[i]) > ndim ? kov_ndim(b, values[i]) : ndim;
    return ndim;
}

/* `ndim`: the most dimensions of start, stop and what else has some. */
static kov_space space_of(kov_builder *b, kov_value start, kov_value stop, kov_value num,
                          bool endpoint, kov_dtype dtype, int ndim)
{
    const kov_value both[] = {start, stop};
    kov_space s = {.dtype = dtype};
    kov_dtype common = kov_result_type_with_float(b, both, 2);
    if (dtype == KOV_DTYPE_NONE)
        s.dtype = common;
    if (dtype == KOV_DTYPE_F64 || common == KOV_DTYPE_F64)
        common = KOV_DTYPE_F64;
    if (kov_dtype_is_complex(common))
        common = kov_dtype_is_complex(dtype) ? dtype : common;
    else /* real numbers take real steps, whatever they are made of afterwards */
        common = kov_compute_dtype(kov_dtype_is_complex(dtype) ? kov_part_dtype(dtype) : common);
    s.start = kov_cast(b, start, common);
    s.stop = kov_cast(b, stop, common);
    s.index = fractions(b, num, endpoint, common, ndim, &s.division, &s.last);
    s.divisor = kov_maximum(b, s.division, kov_scalar_like(b, s.division, 1.0));
    return s;
}

/* Puts the new axis in its place and converts; integers are rounded down. */
static kov_value placed(kov_builder *b, const char *function, kov_value y, kov_dtype dtype,
                        int64_t axis)
{
    y = kov_move(b, y, 0, kov_axis(b, function, axis, kov_ndim(b, y)));
    if (kov_dtype_is_integer(dtype))
        y = kov_floor(b, y);
    return kov_cast(b, y, dtype);
}

int kov_numpy_linspace(kov_builder *b, kov_value start, kov_value stop, kov_value num,
                       bool endpoint, bool retstep, kov_dtype dtype, int64_t axis, kov_value *outs,
                       int capacity)
{
    int ndim = most_dims(b, (const kov_value[]){start, stop}, 2);
    kov_space s = space_of(b, start, stop, num, endpoint, dtype, ndim);
    kov_value whole = kov_subtract(b, s.stop, s.start);
    /* The maximum is step itself. It keeps OpenVINO from multiplying index by 1 / divisor first,
     * after which whole numbers are no longer met exactly. */
    kov_value step = kov_divide(b, whole, s.divisor);
    step = kov_maximum(b, step, kov_scalar_like(b, step, -(double)INFINITY));
    /* So that the product is rounded before the sum, as everywhere else, by the same means. */
    kov_value moved = kov_multiply(b, s.index, step);
    moved = kov_maximum(b, moved, kov_scalar_like(b, moved, -(double)INFINITY));
    kov_value y = kov_add(b, moved, s.start);
    if (endpoint)
        y = kov_select(b, s.last, s.stop, y);
    outs[0] = placed(b, "linspace", y, s.dtype, axis);
    if (!retstep || capacity < 2)
        return 1;
    outs[1] = kov_divide(b, whole, s.division);
    return 2;
}

kov_value kov_numpy_logspace(kov_builder *b, kov_value start, kov_value stop, kov_value num,
                             bool endpoint, kov_value base, kov_dtype dtype, int64_t axis)
{
    int ndim = most_dims(b, (const kov_value[]){start, stop, base}, 3);
    kov_space s = space_of(b, start, stop, num, endpoint, dtype, ndim);
    kov_value step = kov_divide(b, kov_subtract(b, s.stop, s.start), s.divisor);
    kov_value y = kov_add(b, kov_multiply(b, s.index, step), s.start);
    if (endpoint)
        y = kov_select(b, s.last, s.stop, y);
    y = kov_power(b, kov_cast(b, base, kov_dtype_of(b, y)), y);
    return placed(b, "logspace", y, s.dtype, axis);
}

kov_value kov_numpy_geomspace(kov_builder *b, kov_value start, kov_value stop, kov_value num,
                              bool endpoint, kov_dtype dtype, int64_t axis)
{
    int ndim = most_dims(b, (const kov_value[]){start, stop}, 2);
    if (kov_dtype_is_complex(dtype)) /* among them is a way from -8 to 2 */
        start = kov_cast(b, start, dtype);
    kov_space s = space_of(b, start, stop, num, endpoint, dtype, ndim);
    kov_value part = kov_divide(b, s.index, s.divisor), y;
    if (kov_is_complex_value(b, s.start)) {
        y = kov_multiply(b, s.start, kov_power(b, kov_divide(b, s.stop, s.start), part));
    } else { /* stop / start would overflow where both are numbers; where their signs differ: NaN */
        kov_value sign = kov_sign(b, s.start), one = kov_scalar_like(b, part, 1.0);
        y = kov_power(b, kov_multiply(b, s.start, sign), kov_subtract(b, one, part));
        y = kov_multiply(b, y, kov_power(b, kov_multiply(b, s.stop, sign), part));
        y = kov_multiply(b, y, sign);
    }
    if (endpoint)
        y = kov_select(b, s.last, s.stop, y);
    return placed(b, "geomspace", y, s.dtype, axis);
}

/* ---- Windows ---- */

/* 0 ... x - 1 as floatx, and x - 1 or, for a window of one, 1. */
static kov_value window_index(kov_builder *b, kov_value x, kov_value *width, kov_value *single)
{
    kov_value count = kov_cast(b, x, KOV_DTYPE_I64), one = kov_constant_i64_scalar(b, 1);
    if (kov_ndim(b, count) == 1)
        count = kov_squeeze_at(b, count, 0);
    kov_value index = kov_iota(b, count, KOV_DTYPE_F64);
    *single = kov_less_equal(b, count, one);
    kov_value last = kov_maximum(b, kov_subtract(b, count, one), one);
    *width = kov_cast(b, last, KOV_DTYPE_F64);
    return index;
}

/* c0 + c1 cos(2 pi n / (x - 1)) + c2 cos(4 pi n / (x - 1)); 1 for a window of one. */
static kov_value cosine_window(kov_builder *b, kov_value x, double c0, double c1, double c2)
{
    kov_value width, single, index = window_index(b, x, &width, &single);
    kov_value turn = kov_scalar_like(b, index, 6.28318530717958647692);
    kov_value angle = kov_divide(b, kov_multiply(b, index, turn), width);
    kov_value y = kov_multiply(b, kov_cos(b, angle), kov_scalar_like(b, index, c1));
    y = kov_add(b, y, kov_scalar_like(b, index, c0));
    if (c2 != 0.0) {
        kov_value twice = kov_cos(b, kov_add(b, angle, angle));
        y = kov_add(b, y, kov_multiply(b, twice, kov_scalar_like(b, index, c2)));
    }
    y = kov_select(b, single, kov_scalar_like(b, index, 1.0), y);
    return kov_cast(b, y, b->floatx);
}

kov_value kov_numpy_hanning(kov_builder *b, kov_value x)
{
    return cosine_window(b, x, 0.5, -0.5, 0.0);
}

kov_value kov_numpy_hamming(kov_builder *b, kov_value x)
{
    return cosine_window(b, x, 0.54, -0.46, 0.0);
}

kov_value kov_numpy_blackman(kov_builder *b, kov_value x)
{
    return cosine_window(b, x, 0.42, -0.5, 0.08);
}

/* 1 - |2 n / (x - 1) - 1| and the square root of 1 less its square are what two windows need. */
static kov_value centred(kov_builder *b, kov_value x, kov_value *single)
{
    kov_value width, index = window_index(b, x, &width, single);
    kov_value twice = kov_divide(b, kov_add(b, index, index), width);
    return kov_subtract(b, twice, kov_scalar_like(b, index, 1.0));
}

kov_value kov_numpy_bartlett(kov_builder *b, kov_value x)
{
    kov_value single, off = centred(b, x, &single), one = kov_scalar_like(b, off, 1.0);
    kov_value y = kov_subtract(b, one, kov_abs(b, off));
    return kov_cast(b, kov_select(b, single, one, y), b->floatx);
}

kov_value kov_numpy_kaiser(kov_builder *b, kov_value x, kov_value beta)
{
    kov_value single, off = centred(b, x, &single), one = kov_scalar_like(b, off, 1.0);
    kov_value shape = kov_cast(b, kov_as_float(b, beta), KOV_DTYPE_F64);
    kov_value rest = kov_subtract(b, one, kov_multiply(b, off, off));
    kov_value root = kov_sqrt(b, kov_maximum(b, rest, kov_scalar_like(b, off, 0.0)));
    kov_value top = kov_numpy_i0(b, kov_multiply(b, shape, root));
    kov_value y = kov_divide(b, top, kov_numpy_i0(b, shape));
    return kov_cast(b, kov_select(b, single, one, y), b->floatx);
}
