/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: comparisons, logic and choice. */
#include "keras/helpers.h"
#include "keras_functions.h"

typedef kov_value binary(kov_builder *b, kov_value x, kov_value y);

/* The type to compare in: one that holds a Python int, too, and uint32 beside signed integers,
 * whose result type is int32. That of uint64 and a number below 0 need not be exact, since their
 * signs tell. */
static kov_dtype comparable(kov_builder *b, kov_value x1, kov_value x2)
{
    const kov_value both[] = {x1, x2};
    kov_dtype dtype = kov_result_type(b, both, 2);
    if (dtype == KOV_DTYPE_I32 &&
        (kov_dtype_of(b, x1) == KOV_DTYPE_U32 || kov_dtype_of(b, x2) == KOV_DTYPE_U32))
        return KOV_DTYPE_I64;
    if (kov_integer_class_fits(kov_builder_integer_class(b, x1), dtype) &&
        kov_integer_class_fits(kov_builder_integer_class(b, x2), dtype))
        return dtype;
    return dtype == KOV_DTYPE_U64 ? KOV_DTYPE_F64 : KOV_DTYPE_I64;
}

/* Order of bool is that of 0 and 1. */
static kov_value compared(kov_builder *b, kov_value x1, kov_value x2, binary *emit)
{
    kov_dtype dtype = comparable(b, x1, x2);
    x1 = kov_cast(b, x1, dtype);
    x2 = kov_cast(b, x2, dtype);
    if (kov_is_bool_value(b, x1)) {
        x1 = kov_cast(b, x1, KOV_DTYPE_U8);
        x2 = kov_cast(b, x2, KOV_DTYPE_U8);
    }
    return emit(b, x1, x2);
}

kov_value kov_numpy_equal(kov_builder *b, kov_value x1, kov_value x2)
{
    return compared(b, x1, x2, kov_equal);
}

kov_value kov_numpy_not_equal(kov_builder *b, kov_value x1, kov_value x2)
{
    return compared(b, x1, x2, kov_not_equal);
}

kov_value kov_numpy_greater(kov_builder *b, kov_value x1, kov_value x2)
{
    return compared(b, x1, x2, kov_greater);
}

kov_value kov_numpy_greater_equal(kov_builder *b, kov_value x1, kov_value x2)
{
    return compared(b, x1, x2, kov_greater_equal);
}

kov_value kov_numpy_less(kov_builder *b, kov_value x1, kov_value x2)
{
    return compared(b, x1, x2, kov_less);
}

kov_value kov_numpy_less_equal(kov_builder *b, kov_value x1, kov_value x2)
{
    return compared(b, x1, x2, kov_less_equal);
}

static kov_value truth(kov_builder *b, kov_value x1, kov_value x2, binary *emit)
{
    return emit(b, kov_cast(b, x1, KOV_DTYPE_BOOL), kov_cast(b, x2, KOV_DTYPE_BOOL));
}

kov_value kov_numpy_logical_and(kov_builder *b, kov_value x1, kov_value x2)
{
    return truth(b, x1, x2, kov_logical_and);
}

kov_value kov_numpy_logical_or(kov_builder *b, kov_value x1, kov_value x2)
{
    return truth(b, x1, x2, kov_logical_or);
}

kov_value kov_numpy_logical_xor(kov_builder *b, kov_value x1, kov_value x2)
{
    return truth(b, x1, x2, kov_logical_xor);
}

/* |x1 - x2| of integers as a float of relative precision: the difference of two floats would lose
 * what is small beside them. Where the integers' own overflows, the float is precise enough. */
static kov_value integers_apart(kov_builder *b, kov_value x1, kov_value x2, kov_dtype dtype)
{
    kov_dtype own = kov_dtype_of(b, x1);
    kov_value rough = kov_abs(b, kov_subtract(b, kov_cast(b, x1, dtype), kov_cast(b, x2, dtype)));
    kov_value whole = kov_subtract(b, kov_maximum(b, x1, x2), kov_minimum(b, x1, x2));
    double most = kov_dtype_bits(own) == 64 ? 0x1p62 : 0x1p30;
    kov_value fits = kov_less(b, rough, kov_scalar_like(b, rough, most));
    return kov_select(b, fits, kov_cast(b, whole, dtype), rough);
}

kov_value kov_numpy_isclose(kov_builder *b, kov_value x1, kov_value x2, kov_value rtol,
                            kov_value atol, bool equal_nan)
{
    kov_value own[] = {x1, x2};
    kov_promote_pair(b, &own[0], &own[1]);
    kov_promote_pair_to_float(b, &x1, &x2);
    if (kov_is_complex_value(b, rtol) || kov_is_complex_value(b, atol))
        return kov_builder_fail(b, KOV_TYPE_ERROR, "isclose: rtol and atol are real");
    x1 = kov_widen(b, x1);
    x2 = kov_widen(b, x2);
    kov_dtype dtype = kov_part_dtype(kov_dtype_of(b, x1));
    bool exact = kov_dtype_is_integer(kov_dtype_of(b, own[0])) &&
                 kov_dtype_bits(kov_dtype_of(b, own[0])) > 16;
    kov_value apart =
        exact ? integers_apart(b, own[0], own[1], dtype) : kov_abs(b, kov_subtract(b, x1, x2));
    kov_value slack = kov_multiply(b, kov_cast(b, rtol, dtype), kov_abs(b, x2));
    kov_value near = kov_less_equal(b, apart, kov_add(b, kov_cast(b, atol, dtype), slack));
    /* Infinities are close to themselves alone: their slack is endless, their distance no number.
     */
    near = kov_logical_and(b, near, kov_is_finite(b, x1));
    near = kov_logical_and(b, near, kov_is_finite(b, x2));
    near = kov_logical_or(b, near, exact ? kov_equal(b, own[0], own[1]) : kov_equal(b, x1, x2));
    if (!equal_nan)
        return near;
    return kov_logical_or(b, near, kov_logical_and(b, kov_is_na_n(b, x1), kov_is_na_n(b, x2)));
}

kov_value kov_numpy_allclose(kov_builder *b, kov_value x1, kov_value x2, kov_value rtol,
                             kov_value atol, bool equal_nan)
{
    kov_value near = kov_flatten(b, kov_numpy_isclose(b, x1, x2, rtol, atol, equal_nan));
    return kov_reduce_logical_and(b, near, kov_one_i64(b, 0), false);
}

kov_value kov_numpy_where(kov_builder *b, kov_value condition, kov_value x1, kov_value x2)
{
    if (x1 == KOV_VALUE_NONE || x2 == KOV_VALUE_NONE)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "where: both x1 and x2 must be given; of a condition alone, nonzero "
            "gives the indices");
    kov_promote_pair(b, &x1, &x2);
    return kov_select(b, kov_cast(b, condition, KOV_DTYPE_BOOL), x1, x2);
}

kov_value kov_numpy_select(kov_builder *b, kov_values condlist, kov_values choicelist,
                           kov_value default_)
{
    if (condlist.n != choicelist.n)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "select: %d conditions for %d choices; there must be equally many",
                                condlist.n, choicelist.n);
    kov_value y = default_;
    for (int i = condlist.n - 1; i >= 0; i--)
        y = kov_numpy_where(b, condlist.at[i], choicelist.at[i], y);
    return kov_strong(b, y);
}
