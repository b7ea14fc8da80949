/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: arithmetic of two tensors, on bits too. */
#include "keras/helpers.h"
#include "keras/loop.h"
#include "keras_functions.h"
#include <math.h>

typedef kov_value binary(kov_builder *b, kov_value x, kov_value y);

static kov_value promoted(kov_builder *b, kov_value x1, kov_value x2, binary *emit,
                          binary *emit_bool)
{
    kov_promote_pair(b, &x1, &x2);
    return kov_is_bool_value(b, x1) ? emit_bool(b, x1, x2) : emit(b, x1, x2);
}

kov_value kov_numpy_add(kov_builder *b, kov_value x1, kov_value x2)
{
    return promoted(b, x1, x2, kov_add, kov_logical_or);
}

kov_value kov_numpy_subtract(kov_builder *b, kov_value x1, kov_value x2)
{
    return promoted(b, x1, x2, kov_subtract, kov_logical_xor);
}

kov_value kov_numpy_multiply(kov_builder *b, kov_value x1, kov_value x2)
{
    return promoted(b, x1, x2, kov_multiply, kov_logical_and);
}

kov_value kov_numpy_maximum(kov_builder *b, kov_value x1, kov_value x2)
{
    return promoted(b, x1, x2, kov_maximum, kov_logical_or);
}

kov_value kov_numpy_minimum(kov_builder *b, kov_value x1, kov_value x2)
{
    return promoted(b, x1, x2, kov_minimum, kov_logical_and);
}

/* As maximum and minimum, but a NaN gives way to the other operand. */
static kov_value without_nan(kov_builder *b, kov_value x1, kov_value x2, binary *emit,
                             binary *emit_bool)
{
    kov_promote_pair(b, &x1, &x2);
    if (kov_is_bool_value(b, x1))
        return emit_bool(b, x1, x2);
    kov_value y = emit(b, x1, x2);
    if (!kov_is_inexact_value(b, x1))
        return y;
    y = kov_select(b, kov_is_na_n(b, x2), x1, y);
    return kov_select(b, kov_is_na_n(b, x1), x2, y);
}

kov_value kov_numpy_fmax(kov_builder *b, kov_value x1, kov_value x2)
{
    return without_nan(b, x1, x2, kov_maximum, kov_logical_or);
}

kov_value kov_numpy_fmin(kov_builder *b, kov_value x1, kov_value x2)
{
    return without_nan(b, x1, x2, kov_minimum, kov_logical_and);
}

/* ---- Quotients ---- */

kov_value kov_numpy_divide(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    return kov_divide(b, x1, x2);
}

kov_value kov_numpy_true_divide(kov_builder *b, kov_value x1, kov_value x2)
{
    return kov_numpy_divide(b, x1, x2);
}

kov_value kov_numpy_divide_no_nan(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    kov_value zero = kov_scalar_like(b, x2, 0.0), one = kov_scalar_like(b, x2, 1.0);
    kov_value at_zero = kov_equal(b, x2, zero);
    kov_value y = kov_divide(b, x1, kov_select(b, at_zero, one, x2));
    return kov_select(b, at_zero, zero, y);
}

/* Promotes; bool becomes int32, in which it is divided. */
static void promote_to_numbers(kov_builder *b, kov_value *x1, kov_value *x2)
{
    kov_promote_pair(b, x1, x2);
    if (!kov_is_bool_value(b, *x1))
        return;
    *x1 = kov_cast(b, *x1, KOV_DTYPE_I32);
    *x2 = kov_cast(b, *x2, KOV_DTYPE_I32);
}

kov_value kov_numpy_mod(kov_builder *b, kov_value x1, kov_value x2)
{
    promote_to_numbers(b, &x1, &x2);
    return kov_floor_mod(b, x1, x2);
}

kov_value kov_numpy_fmod(kov_builder *b, kov_value x1, kov_value x2)
{
    promote_to_numbers(b, &x1, &x2);
    return kov_mod(b, x1, x2);
}

/* As Python: the exact remainder is taken off first, since floor(x1 / x2) is one too many where the
 * quotient rounds up to a whole number. */
static kov_value floor_divide_floats(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_dtype dtype = kov_dtype_of(b, x1);
    x1 = kov_widen(b, x1);
    x2 = kov_widen(b, x2);
    kov_value zero = kov_scalar_like(b, x1, 0.0), one = kov_scalar_like(b, x1, 1.0);
    kov_value rest = kov_mod(b, x1, x2), quotient = kov_divide(b, x1, x2);
    kov_value opposite = kov_not_equal(b, kov_less(b, x2, zero), kov_less(b, rest, zero));
    kov_value shifted = kov_logical_and(b, opposite, kov_not_equal(b, rest, zero));
    kov_value y = kov_divide(b, kov_subtract(b, x1, rest), x2);
    y = kov_round(b, kov_select(b, shifted, kov_subtract(b, y, one), y), "half_to_even");
    /* A zero has the sign of the quotient. */
    y = kov_select(b, kov_equal(b, y, zero), kov_multiply(b, quotient, zero), y);
    y = kov_select(b, kov_equal(b, x2, zero), quotient, y);
    return kov_narrow(b, y, dtype);
}

kov_value kov_numpy_floor_divide(kov_builder *b, kov_value x1, kov_value x2)
{
    promote_to_numbers(b, &x1, &x2);
    return kov_is_float_value(b, x1) ? floor_divide_floats(b, x1, x2) : kov_divide(b, x1, x2);
}

kov_value kov_numpy_power(kov_builder *b, kov_value x1, kov_value x2)
{
    promote_to_numbers(b, &x1, &x2);
    return kov_power(b, x1, x2);
}

kov_value kov_numpy_float_power(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    return kov_power(b, x1, x2);
}

/* ---- Other functions of two numbers ---- */

kov_value kov_numpy_heaviside(kov_builder *b, kov_value x1, kov_value x2)
{
    const kov_value both[] = {x1, x2};
    kov_dtype dtype = kov_result_type(b, both, 2);
    if (!kov_dtype_is_float(dtype))
        dtype = dtype == KOV_DTYPE_I64 ? KOV_DTYPE_F64 : b->floatx;
    x1 = kov_cast(b, x1, dtype);
    x2 = kov_cast(b, x2, dtype);
    kov_value zero = kov_scalar_like(b, x1, 0.0), one = kov_scalar_like(b, x1, 1.0);
    kov_value step = kov_select(b, kov_greater(b, x1, zero), one, zero);
    kov_value y = kov_select(b, kov_equal(b, x1, zero), x2, step);
    return kov_select(b, kov_is_na_n(b, x1), x1, y);
}

/* x1 2^x2. The exponent is applied in three parts, so that no power leaves the range where the
 * product is still in it. */
kov_value kov_numpy_ldexp(kov_builder *b, kov_value x1, kov_value x2)
{
    x2 = kov_strong(b, x2);
    if (!kov_dtype_is_integer(kov_dtype_of(b, x2)))
        return kov_builder_fail(b, KOV_TYPE_ERROR,
                                "ldexp: the exponent x2 must be an integer, it is %s",
                                kov_dtype_keras_name(kov_dtype_of(b, x2)));
    const kov_value both[] = {x1, x2};
    kov_dtype dtype = kov_result_type_with_float(b, both, 2), wide = kov_compute_dtype(dtype);
    kov_value x = kov_cast(b, x1, wide), two = kov_scalar_like(b, x, 2.0);
    double limit = wide == KOV_DTYPE_F64 ? 3000.0 : 300.0; /* a third is still a power of two */
    kov_value exponent = kov_cast(b, x2, wide);
    exponent = kov_minimum(b, exponent, kov_scalar_like(b, x, limit));
    exponent = kov_maximum(b, exponent, kov_scalar_like(b, x, -limit));
    kov_value third =
        kov_round(b, kov_divide(b, exponent, kov_scalar_like(b, x, 3.0)), "half_to_even");
    kov_value rest = kov_subtract(b, exponent, kov_add(b, third, third));
    kov_value power = kov_power(b, two, third);
    x = kov_multiply(b, kov_multiply(b, x, power), power);
    return kov_narrow(b, kov_multiply(b, x, kov_power(b, two, rest)), dtype);
}

/* ---- Divisors ---- */

static kov_value gcd_unfinished(kov_builder *b, const kov_value *pair, const void *with)
{
    (void)with;
    int axes[KOV_MAX_NDIM], ndim = kov_ndim(b, pair[1]);
    for (int i = 0; i < ndim; i++)
        axes[i] = i;
    kov_value left = kov_not_equal(b, pair[1], kov_int_like(b, pair[1], 0));
    return ndim == 0 ? left : kov_reduce_logical_or(b, left, kov_axes_value(b, axes, ndim), false);
}

static void gcd_step(kov_builder *b, kov_value *pair, const void *with)
{
    (void)with;
    kov_value zero = kov_int_like(b, pair[1], 0), one = kov_int_like(b, pair[1], 1);
    kov_value done = kov_equal(b, pair[1], zero);
    kov_value rest = kov_mod(b, pair[0], kov_select(b, done, one, pair[1]));
    pair[0] = kov_select(b, done, pair[0], pair[1]);
    pair[1] = kov_select(b, done, zero, rest);
}

static bool has_sign(kov_builder *b, kov_value x)
{
    return kov_dtype_is_signed(kov_dtype_of(b, x));
}

/* -|x| of a signed type, whose least number has no positive counterpart; else x. */
static kov_value below_zero(kov_builder *b, kov_value x)
{
    return has_sign(b, x) ? kov_minimum(b, x, kov_negative(b, x)) : x;
}

/* Euclid's algorithm on all elements at once: (x, y) becomes (y, x mod y) until every y is 0. Of a
 * signed type it is the divisor less than 0, of numbers that are so. */
static kov_value gcd_of(kov_builder *b, kov_value x, kov_value y)
{
    static const kov_loop euclid = {.count = 2, .test = gcd_unfinished, .step = gcd_step};
    kov_value shape = kov_shape_value(b, kov_add(b, x, y));
    kov_value pair[] = {kov_broadcast_to(b, below_zero(b, x), shape),
                        kov_broadcast_to(b, below_zero(b, y), shape)};
    kov_loop_run(b, &euclid, pair);
    return pair[0];
}

static bool refuse_fractions(kov_builder *b, const char *function, kov_value x)
{
    if (kov_dtype_is_integer(kov_dtype_of(b, x)))
        return false;
    kov_builder_fail(b, KOV_TYPE_ERROR, "%s: integers are taken, these are %s", function,
                     kov_dtype_keras_name(kov_dtype_of(b, x)));
    return true;
}

kov_value kov_numpy_gcd(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair(b, &x1, &x2);
    if (refuse_fractions(b, "gcd", x1))
        return KOV_VALUE_ERROR;
    kov_value divisor = gcd_of(b, x1, x2);
    return has_sign(b, x1) ? kov_negative(b, divisor) : divisor;
}

kov_value kov_numpy_lcm(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair(b, &x1, &x2);
    if (refuse_fractions(b, "lcm", x1))
        return KOV_VALUE_ERROR;
    kov_value divisor = gcd_of(b, x1, x2); /* gcd(0, 0) is no divisor, 1 or -1 is */
    if (!has_sign(b, x1)) {
        divisor = kov_maximum(b, divisor, kov_int_like(b, x1, 1));
        return kov_multiply(b, kov_divide(b, x1, divisor), x2);
    }
    divisor = kov_minimum(b, divisor, kov_int_like(b, x1, -1));
    kov_value quotient = kov_divide(b, below_zero(b, x1), divisor);
    return kov_multiply(b, kov_negative(b, quotient), below_zero(b, x2));
}

/* ---- Bits ---- */

static kov_value on_bits(kov_builder *b, const char *function, kov_value x, kov_value y,
                         binary *emit, binary *emit_bool)
{
    kov_promote_pair(b, &x, &y);
    if (kov_is_bool_value(b, x) && emit_bool != NULL)
        return emit_bool(b, x, y);
    return refuse_fractions(b, function, x) ? KOV_VALUE_ERROR : emit(b, x, y);
}

kov_value kov_numpy_bitwise_and(kov_builder *b, kov_value x, kov_value y)
{
    return on_bits(b, "bitwise_and", x, y, kov_bitwise_and, kov_logical_and);
}

kov_value kov_numpy_bitwise_or(kov_builder *b, kov_value x, kov_value y)
{
    return on_bits(b, "bitwise_or", x, y, kov_bitwise_or, kov_logical_or);
}

kov_value kov_numpy_bitwise_xor(kov_builder *b, kov_value x, kov_value y)
{
    return on_bits(b, "bitwise_xor", x, y, kov_bitwise_xor, kov_logical_xor);
}

kov_value kov_numpy_bitwise_left_shift(kov_builder *b, kov_value x, kov_value y)
{
    return on_bits(b, "bitwise_left_shift", x, y, kov_bitwise_left_shift, NULL);
}

kov_value kov_numpy_left_shift(kov_builder *b, kov_value x, kov_value y)
{
    return kov_numpy_bitwise_left_shift(b, x, y);
}

kov_value kov_numpy_bitwise_right_shift(kov_builder *b, kov_value x, kov_value y)
{
    return on_bits(b, "bitwise_right_shift", x, y, kov_bitwise_right_shift, NULL);
}

kov_value kov_numpy_right_shift(kov_builder *b, kov_value x, kov_value y)
{
    return kov_numpy_bitwise_right_shift(b, x, y);
}
