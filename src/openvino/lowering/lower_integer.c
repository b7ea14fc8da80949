/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_integer.h"

#include "opset_build.h"

#include <math.h>

static kov_value number(kov_builder *b, int64_t n)
{
    return kov_constant_int(b, KOV_DTYPE_I32, n);
}

static kov_value one_number(kov_builder *b, int64_t n)
{
    return kov_constant_i64(b, &n, 1);
}

/* ---- choice ---- */

/* By masks: OpenVINO fuses a Select into the comparison before it, and then computes in float32. */
kov_value kov_lower_select(kov_builder *b, kov_value condition, kov_value x, kov_value y)
{
    kov_value mask = kov_subtract(b, number(b, 0), kov_cast(b, condition, KOV_DTYPE_I32));
    return kov_bitwise_xor(b, y, kov_bitwise_and(b, kov_bitwise_xor(b, x, y), mask));
}

/* Minimum of Maximum it makes a Clamp, which is computed in float32. */
kov_value kov_lower_minimum(kov_builder *b, kov_value x, kov_value y)
{
    kov_value most = kov_maximum(b, kov_bitwise_not(b, x), kov_bitwise_not(b, y));
    return kov_bitwise_not(b, most);
}

kov_value kov_lower_clamp(kov_builder *b, kov_value x, double low, double high)
{
    if (low > INT32_MIN)
        x = kov_maximum(b, x, number(b, low < INT32_MAX ? (int64_t)ceil(low) : INT32_MAX));
    if (high < INT32_MAX)
        x = kov_lower_minimum(b, x, number(b, high > INT32_MIN ? (int64_t)floor(high) : INT32_MIN));
    return x;
}

/* ---- comparison ---- */

/* x < y without overflow: the sign of x - y, corrected where that overflows (H. Warren, Hacker's
 * Delight, 2-12). */
static kov_value less(kov_builder *b, kov_value x, kov_value y)
{
    kov_value d = kov_subtract(b, x, y);
    kov_value overflow = kov_bitwise_and(b, kov_bitwise_xor(b, x, y), kov_bitwise_xor(b, d, x));
    return kov_less(b, kov_bitwise_xor(b, d, overflow), number(b, 0));
}

kov_value kov_lower_compare(kov_builder *b, int op, kov_value x, kov_value y)
{
    switch (op) {
    case KOV_OP_EQUAL:
        return kov_equal(b, kov_bitwise_xor(b, x, y), number(b, 0));
    case KOV_OP_NOT_EQUAL:
        return kov_not_equal(b, kov_bitwise_xor(b, x, y), number(b, 0));
    case KOV_OP_LESS:
        return less(b, x, y);
    case KOV_OP_GREATER:
        return less(b, y, x);
    case KOV_OP_LESS_EQUAL:
        return kov_logical_not(b, less(b, y, x));
    default:
        return kov_logical_not(b, less(b, x, y));
    }
}

/* ---- division ---- */

static kov_value is_negative(kov_builder *b, kov_value x)
{
    return kov_less(b, x, number(b, 0));
}

static kov_value is_zero(kov_builder *b, kov_value x)
{
    return kov_equal(b, x, number(b, 0));
}

struct division {
    kov_value quotient, remainder;
};

static void estimate(kov_builder *b, struct division *d, kov_value y, kov_value y_float)
{
    kov_value part = kov_divide(b, kov_cast(b, d->remainder, KOV_DTYPE_F32), y_float);
    kov_value q = kov_cast(b, part, KOV_DTYPE_I32);
    d->quotient = d->quotient == KOV_VALUE_NONE ? q : kov_add(b, d->quotient, q);
    d->remainder = kov_subtract(b, d->remainder, kov_multiply(b, q, y));
}

/* Where the condition holds, `quotient` more and y * quotient less. */
static void correct(kov_builder *b, struct division *d, kov_value condition, kov_value y,
                    int quotient)
{
    kov_value rest = quotient > 0 ? kov_subtract(b, d->remainder, y) : kov_add(b, d->remainder, y);
    d->quotient =
        kov_lower_select(b, condition, kov_add(b, d->quotient, number(b, quotient)), d->quotient);
    d->remainder = kov_lower_select(b, condition, rest, d->remainder);
}

/* The first estimate is good to some hundreds, the second to 1; remainders wrap around on the way,
 * as quotients do, and are right in the end. Then the remainder gets the sign of the divisor, and
 * becomes less than it. */
static struct division divide_down(kov_builder *b, kov_value x, kov_value y)
{
    kov_value nothing = is_zero(b, y);
    y = kov_lower_select(b, nothing, number(b, 1), y);
    kov_value y_float = kov_cast(b, y, KOV_DTYPE_F32);
    struct division d = {KOV_VALUE_NONE, x};
    estimate(b, &d, y, y_float);
    estimate(b, &d, y, y_float);
    kov_value other_sign = is_negative(b, kov_bitwise_xor(b, d.remainder, y));
    kov_value wrong = kov_logical_and(b, other_sign, kov_logical_not(b, is_zero(b, d.remainder)));
    correct(b, &d, wrong, y, -1);
    kov_value over = kov_subtract(b, d.remainder, y);
    kov_value same_sign = kov_logical_not(b, is_negative(b, kov_bitwise_xor(b, over, y)));
    kov_value too_much = kov_logical_or(b, same_sign, is_zero(b, over));
    too_much = kov_logical_and(b, too_much, kov_logical_not(b, is_zero(b, d.remainder)));
    correct(b, &d, too_much, y, 1);
    d.quotient = kov_lower_select(b, nothing, number(b, 0), d.quotient);
    d.remainder = kov_lower_select(b, nothing, number(b, 0), d.remainder);
    return d;
}

/* From rounded down to rounded towards 0: one more where a quotient below 0 is not whole. */
static struct division divide(kov_builder *b, kov_value x, kov_value y, bool down)
{
    struct division d = divide_down(b, x, y);
    if (down)
        return d;
    kov_value below = is_negative(b, kov_bitwise_xor(b, x, y));
    kov_value whole = is_zero(b, d.remainder);
    correct(b, &d, kov_logical_and(b, below, kov_logical_not(b, whole)), y, 1);
    return d;
}

kov_value kov_lower_divide(kov_builder *b, kov_value x, kov_value y, bool down)
{
    return divide(b, x, y, down).quotient;
}

kov_value kov_lower_remainder(kov_builder *b, kov_value x, kov_value y, bool down)
{
    return divide(b, x, y, down).remainder;
}

kov_value kov_lower_power(kov_builder *b, kov_value x, kov_value y)
{
    kov_value one = number(b, 1), square = x, product = one;
    for (int i = 0; i < 32; i++) {
        kov_value bit = kov_bitwise_and(b, y, number(b, i < 31 ? INT64_C(1) << i : INT32_MIN));
        product = kov_lower_select(b, is_zero(b, bit), product, kov_multiply(b, product, square));
        square = i < 31 ? kov_multiply(b, square, square) : square;
    }
    /* 1 and -1 to negative powers are what their bits say. */
    kov_value unit = kov_logical_or(b, kov_equal(b, x, one), kov_equal(b, x, number(b, -1)));
    return kov_lower_select(b, kov_logical_or(b, unit, kov_logical_not(b, is_negative(b, y))),
                            product, number(b, 0));
}

/* ---- reductions and scans ---- */

/* Elements [start, stop) of an axis; negative numbers count from its end. */
static kov_value part(kov_builder *b, kov_value x, int axis, int64_t start, int64_t stop)
{
    return kov_slice(b, x, one_number(b, start), one_number(b, stop), one_number(b, 1),
                     one_number(b, axis));
}

static kov_value padded(kov_builder *b, kov_value x, int axis, int64_t before, int64_t after,
                        kov_value with)
{
    int64_t begin[KOV_MAX_NDIM] = {0}, end[KOV_MAX_NDIM] = {0};
    int ndim = kov_ndim(b, x);
    begin[axis] = before;
    end[axis] = after;
    return kov_pad(b, x, kov_constant_i64(b, begin, ndim), kov_constant_i64(b, end, ndim), with,
                   "constant");
}

/* The greatest is the first in order; the sum is the last of the running sums, of which 0 is the
 * first. */
static kov_value reduce_axis(kov_builder *b, int op, kov_value x, int axis)
{
    if (op == KOV_OP_REDUCE_SUM) {
        x = padded(b, x, axis, 1, 0, number(b, 0));
        kov_value sums = kov_cum_sum(b, x, kov_constant_i64_scalar(b, axis), false, false);
        return part(b, sums, axis, -1, INT64_MAX);
    }
    return kov_top_k(b, x, kov_constant_i64_scalar(b, 1), axis,
                     op == KOV_OP_REDUCE_MAX ? "max" : "min", "value", KOV_DTYPE_I32, false);
}

kov_value kov_lower_reduce(kov_builder *b, int op, kov_value x, const int64_t *axes, int count,
                           bool keep_dims)
{
    for (int i = 0; i < count; i++)
        x = reduce_axis(b, op, x, (int)axes[i]);
    return keep_dims || count == 0 ? x : kov_squeeze(b, x, kov_constant_i64(b, axes, count));
}

/* After a step of s each element holds what 2 s elements come to (D. Hillis and G. Steele, "Data
 * parallel algorithms", 1986). */
kov_value kov_lower_scan(kov_builder *b, int op, kov_value x, int axis, int64_t size, bool reverse)
{
    kov_dtype dtype = kov_dtype_of(b, x);
    double least = dtype == KOV_DTYPE_I32 ? (double)INT32_MIN : -(double)INFINITY;
    double most = dtype == KOV_DTYPE_I32 ? (double)INT32_MAX : (double)INFINITY;
    double neutral = op == KOV_OP_MULTIPLY ? 1 : op == KOV_OP_MAXIMUM ? least : most;
    kov_value fill = kov_scalar_like(b, x, neutral);
    for (int64_t step = 1; step < size; step *= 2) {
        kov_value moved = reverse
                              ? padded(b, part(b, x, axis, step, size), axis, 0, step, fill)
                              : padded(b, part(b, x, axis, 0, size - step), axis, step, 0, fill);
        const kov_value inputs[] = {x, moved};
        const kov_attr attrs[] = {kov_attr_enum("numpy")};
        x = kov_emit(b, op, inputs, 2, attrs);
    }
    return x;
}

/* ---- products ---- */

enum { BITS = 8, PIECES = 4, BLOCK = 256 }; /* 256 products of two bytes are below 2^24 */

/* Byte i of the numbers, the highest one with its sign. */
static kov_value byte_of(kov_builder *b, kov_value x, int i)
{
    kov_value y = i == 0 ? x : kov_bitwise_right_shift(b, x, number(b, BITS * i));
    return kov_cast(b, i == PIECES - 1 ? y : kov_bitwise_and(b, y, number(b, 255)), KOV_DTYPE_F32);
}

static kov_value add_shifted(kov_builder *b, kov_value sum, kov_value product, int bits)
{
    kov_value y = kov_cast(b, product, KOV_DTYPE_I32);
    y = bits == 0 ? y : kov_bitwise_left_shift(b, y, number(b, bits));
    return sum == KOV_VALUE_NONE ? y : kov_add(b, sum, y);
}

kov_value kov_lower_mat_mul(kov_builder *b, kov_value x, kov_value y, bool transpose_x,
                            bool transpose_y, int64_t inner)
{
    int x_axis = kov_ndim(b, x) - (transpose_x ? 2 : 1), y_axis = kov_ndim(b, y);
    y_axis -= transpose_y || y_axis == 1 ? 1 : 2;
    kov_value sum = KOV_VALUE_NONE;
    for (int64_t from = 0; from < inner; from += BLOCK) {
        int64_t to = from + BLOCK < inner ? from + BLOCK : inner;
        kov_value a = part(b, x, x_axis, from, to), c = part(b, y, y_axis, from, to);
        kov_value left[PIECES], right[PIECES];
        for (int i = 0; i < PIECES; i++) {
            left[i] = byte_of(b, a, i);
            right[i] = byte_of(b, c, i);
        }
        for (int i = 0; i < PIECES; i++) {
            for (int j = 0; i + j < PIECES; j++)
                sum =
                    add_shifted(b, sum, kov_mat_mul(b, left[i], right[j], transpose_x, transpose_y),
                                BITS * (i + j));
        }
    }
    return sum;
}
