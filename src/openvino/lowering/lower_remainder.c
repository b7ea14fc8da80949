/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_remainder.h"

#include <math.h>

#define SPLIT 4097.0     /* 2^12 + 1 */
#define STRAIGHT_STEPS 2 /* before the loop: quotients below 2^22 are done then */
#define FAR 0x1p96       /* what larger quotients are divided by first */
#define FAR_LEVELS 2     /* all floats are within 2^277 of each other */
#define LARGE 0x1p64     /* larger divisors are scaled down, so that no product overflows */
#define SCALE_DOWN 0x1p-32
#define HUGE_OF 0x1p126 /* larger dividends too: a product may come out above them */
#define SCALE_HUGE 0.25
#define SMALL 0x1p-86   /* of two numbers not far above, smaller divisors are scaled up: OpenVINO */
#define SMALL_OF 0x1p87 /* flushes numbers below 2^-126 in some kernels, and not in others */
#define SCALE_UP 0x1p40

/* |y|: high + low, of 12 bits each, so that products with 12 bits are exact (Dekker, "A
 * floating-point technique for extending the available precision", 1971). */
struct divisor {
    kov_value whole, high, low;
};

/* The first 12 bits of x, rounded. */
static kov_value leading_bits(kov_builder *b, kov_value x)
{
    kov_value more = kov_multiply(b, x, kov_scalar_like(b, x, SPLIT));
    return kov_subtract(b, more, kov_subtract(b, more, x));
}

static kov_value all_axes(kov_builder *b, kov_value x)
{
    int64_t axes[KOV_MAX_NDIM];
    int n = kov_ndim(b, x);
    for (int i = 0; i < n; i++)
        axes[i] = i;
    return kov_constant_i64(b, axes, n);
}

/* Where a quotient is left. */
static kov_value is_open(kov_builder *b, kov_value rest, const struct divisor *y)
{
    kov_value zero = kov_scalar_like(b, rest, 0), size = kov_abs(b, rest);
    kov_value reaches =
        kov_logical_and(b, kov_less_equal(b, y->whole, size), kov_less(b, zero, y->whole));
    return kov_logical_and(b, reaches, kov_less(b, size, kov_scalar_like(b, rest, INFINITY)));
}

/* rest - q |y| for the first 12 bits q of the quotient, or, if it is less than 2^12, its nearest
 * whole number. Each product and each difference is exact: a remainder has no digit below those of
 * its operands, and 11 bits fewer than rest. */
static kov_value take_off(kov_builder *b, kov_value rest, const struct divisor *y)
{
    struct divisor by = *y;
    kov_value size = kov_abs(b, rest), far = kov_scalar_like(b, rest, FAR);
    for (int i = 0; i < FAR_LEVELS; i++) {
        kov_value up = kov_multiply(b, by.whole, far), fits = kov_less_equal(b, up, size);
        by.whole = kov_select(b, fits, up, by.whole);
        by.high = kov_select(b, fits, kov_multiply(b, by.high, far), by.high);
        by.low = kov_select(b, fits, kov_multiply(b, by.low, far), by.low);
    }
    kov_value quotient = kov_divide(b, rest, by.whole);
    kov_value small = kov_less(b, kov_abs(b, quotient), kov_scalar_like(b, rest, SPLIT - 1));
    quotient =
        kov_select(b, small, kov_round(b, quotient, "half_to_even"), leading_bits(b, quotient));
    kov_value next = kov_subtract(b, rest, kov_multiply(b, quotient, by.high));
    next = kov_subtract(b, next, kov_multiply(b, quotient, by.low));
    return kov_select(b, is_open(b, rest, y), next, rest);
}

static kov_value loop_parameter(kov_builder *b, kov_value like)
{
    const kov_value_info info = *kov_builder_value(b, like);
    return kov_builder_add_parameter(b, info.dtype, info.ndim, info.dims, NULL, 0, NULL,
                                     KOV_ROLE_INPUT);
}

static kov_value any_open(kov_builder *b, kov_value rest, const struct divisor *y)
{
    return kov_reduce_logical_or(b, is_open(b, rest, y), all_axes(b, rest), false);
}

/* The loop goes on until nothing is open: for ordinary quotients, not once. */
static kov_value take_off_all(kov_builder *b, kov_value rest, const struct divisor *y)
{
    kov_value state[2] = {rest, any_open(b, rest, y)};
    kov_value outs[2] = {KOV_VALUE_ERROR, KOV_VALUE_ERROR};
    kov_body *test = NULL, *body = NULL;
    kov_builder_adopt(b, kov_body_begin(b));
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    loop_parameter(b, state[0]);
    kov_value goes_on = loop_parameter(b, state[1]);
    if (kov_body_end(b, &goes_on, 1, &test) != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_builder_adopt(b, kov_body_begin(b));
    if (b->status == KOV_OK) {
        kov_value inside = loop_parameter(b, state[0]);
        loop_parameter(b, state[1]);
        inside = take_off(b, inside, y);
        const kov_value results[2] = {inside, any_open(b, inside, y)};
        kov_builder_adopt(b, kov_body_end(b, results, 2, &body));
    }
    if (body)
        kov_builder_while(b, test, body, state, 2, KOV_VALUE_NONE, outs);
    else
        kov_body_release(test);
    return outs[0];
}

/* As C's fmod: the sign of x. */
static kov_value remainder_of(kov_builder *b, kov_value x, kov_value y)
{
    kov_value zero = kov_scalar_like(b, x, 0), one = kov_scalar_like(b, x, 1);
    kov_value size = kov_abs(b, x), by = kov_abs(b, y);
    kov_value is_large = kov_less(b, kov_scalar_like(b, x, LARGE), by);
    kov_value is_small = kov_logical_and(b, kov_less(b, by, kov_scalar_like(b, x, SMALL)),
                                         kov_less(b, size, kov_scalar_like(b, x, SMALL_OF)));
    kov_value is_huge = kov_less(b, kov_scalar_like(b, x, HUGE_OF), size);
    kov_value scale = kov_select(b, is_huge, kov_scalar_like(b, x, SCALE_HUGE), one);
    scale = kov_select(b, is_large, kov_scalar_like(b, x, SCALE_DOWN), scale);
    scale = kov_select(b, is_small, kov_scalar_like(b, x, SCALE_UP), scale);
    kov_value rest = kov_multiply(b, size, scale);
    struct divisor d;
    d.whole = kov_multiply(b, by, scale);
    d.high = leading_bits(b, d.whole);
    d.low = kov_subtract(b, d.whole, d.high);
    for (int i = 0; i < STRAIGHT_STEPS; i++)
        rest = take_off(b, rest, &d);
    rest = take_off_all(b, rest, &d);
    rest = kov_select(b, kov_less(b, rest, zero), kov_add(b, rest, d.whole), rest);
    rest = kov_divide(b, rest, scale);
    rest = kov_select(b, kov_less(b, x, zero), kov_negative(b, rest), rest);
    kov_value defined = kov_logical_and(b, kov_less(b, zero, by),
                                        kov_less(b, size, kov_scalar_like(b, x, INFINITY)));
    rest = kov_select(b, defined, rest, kov_scalar_like(b, x, NAN));
    return kov_select(b, kov_less(b, size, by), x, rest);
}

/* As Python's %: the sign of y. */
static kov_value floored(kov_builder *b, kov_value rest, kov_value y)
{
    kov_value zero = kov_scalar_like(b, rest, 0);
    kov_value opposite = kov_not_equal(b, kov_less(b, rest, zero), kov_less(b, y, zero));
    kov_value whole = kov_equal(b, rest, zero);
    kov_value sign = kov_select(b, kov_less(b, y, zero), kov_scalar_like(b, rest, -0.0), zero);
    rest = kov_select(b, opposite, kov_add(b, rest, y), rest);
    return kov_select(b, whole, sign, rest);
}

bool kov_lower_float_remainder(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    kov_dtype dtype = kov_graph_value(r->from, node->first_output)->dtype;
    if ((node->op != KOV_OP_MOD && node->op != KOV_OP_FLOOR_MOD) ||
        (dtype != KOV_DTYPE_F32 && dtype != KOV_DTYPE_F16 && dtype != KOV_DTYPE_BF16))
        return false;
    kov_builder *b = r->b;
    kov_value x = kov_cast(b, kov_rewrite_input(r, node, 0), KOV_DTYPE_F32);
    kov_value y = kov_cast(b, kov_rewrite_input(r, node, 1), KOV_DTYPE_F32);
    kov_value rest = remainder_of(b, x, y);
    *out = kov_cast(b, node->op == KOV_OP_FLOOR_MOD ? floored(b, rest, y) : rest, dtype);
    return true;
}
