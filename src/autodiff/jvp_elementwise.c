/* SPDX-License-Identifier: Apache-2.0 */
/* Element by element: a tangent times the slope of the function. */
#include "autodiff/jvp.h"

#include "opset_build.h"

#include <math.h>
#include <string.h>

static kov_value number(const kov_jvp *at, double value)
{
    return kov_scalar_like(at->b, at->out[0], value);
}

static kov_value reciprocal(const kov_jvp *at, kov_value x)
{
    return kov_divide(at->b, number(at, 1), x);
}

/* 1 + sign * x * x */
static kov_value one_and_square(const kov_jvp *at, double sign, kov_value x)
{
    kov_value square = kov_multiply(at->b, x, x), one = number(at, 1);
    return sign > 0 ? kov_add(at->b, one, square) : kov_subtract(at->b, one, square);
}

/* 1 where low < x < high, 1/2 on a finite border, 0 outside: the mean of both sides. */
static kov_value inside(const kov_jvp *at, kov_value x, double low, double high)
{
    kov_builder *b = at->b;
    kov_value above = kov_sign(b, kov_subtract(b, x, number(at, low)));
    kov_value below = kov_sign(b, kov_subtract(b, number(at, high), x));
    kov_value both = isinf(low) ? below : above;
    if (isfinite(low) && isfinite(high))
        both = kov_minimum(b, above, below);
    return kov_multiply(b, number(at, 0.5), kov_add(b, both, number(at, 1)));
}

static kov_value gelu_slope(const kov_jvp *at, kov_value x)
{
    kov_builder *b = at->b;
    kov_value half = number(at, 0.5), one = number(at, 1);
    if (strcmp(at->node->attrs[KOV_GELU_APPROXIMATION_MODE].u.string, "erf") == 0) {
        kov_value area = kov_erf(b, kov_multiply(b, x, number(at, sqrt(0.5))));
        kov_value bell = kov_exp(b, kov_multiply(b, number(at, -0.5), kov_multiply(b, x, x)));
        bell = kov_multiply(b, kov_multiply(b, x, bell), number(at, 0.39894228040143267794));
        return kov_add(b, kov_multiply(b, half, kov_add(b, area, one)), bell);
    }
    const double scale = 0.79788456080286535588, cubic = 0.044715; /* sqrt(2 / pi) */
    kov_value square = kov_multiply(b, x, x);
    kov_value inner = kov_add(b, one, kov_multiply(b, number(at, cubic), square));
    kov_value t = kov_tanh(b, kov_multiply(b, kov_multiply(b, x, number(at, scale)), inner));
    kov_value slope = kov_add(b, one, kov_multiply(b, number(at, 3 * cubic), square));
    slope = kov_multiply(b, kov_multiply(b, slope, one_and_square(at, -1, t)), number(at, scale));
    slope = kov_add(b, kov_multiply(b, x, slope), kov_add(b, t, one));
    return kov_multiply(b, half, slope);
}

/* x sigmoid(beta x): the slope in x, times x in beta. */
static kov_value swish_part(const kov_jvp *at, kov_value x, kov_value gate)
{
    kov_value rest = kov_multiply(at->b, gate, kov_subtract(at->b, number(at, 1), gate));
    return kov_multiply(at->b, x, rest);
}

/* tanh(softplus(x)) + x (1 - tanh^2) sigmoid(x) */
static kov_value mish_slope(const kov_jvp *at, kov_value x)
{
    kov_builder *b = at->b;
    kov_value t = kov_tanh(b, kov_soft_plus(b, x));
    kov_value rest = kov_multiply(b, one_and_square(at, -1, t), kov_sigmoid(b, x));
    return kov_add(b, t, kov_multiply(b, x, rest));
}

static kov_value hard_swish_slope(const kov_jvp *at, kov_value x)
{
    kov_builder *b = at->b;
    kov_value slope = kov_add(b, kov_divide(b, x, number(at, 3)), number(at, 0.5));
    slope = kov_multiply(b, slope, inside(at, x, -3, 3));
    return kov_select(b, kov_greater(b, x, number(at, 3)), number(at, 1), slope);
}

/* The slope of the node's function at x, where its value is y; KOV_VALUE_NONE: flat everywhere. */
static kov_value slope(const kov_jvp *at, kov_value x, kov_value y)
{
    kov_builder *b = at->b;
    const kov_attr *attrs = at->node->attrs;
    switch (at->node->op) {
    case KOV_OP_ABS:
        return kov_sign(b, x);
    case KOV_OP_ACOS:
        return kov_negative(b, reciprocal(at, kov_sqrt(b, one_and_square(at, -1, x))));
    case KOV_OP_ACOSH: /* (x - 1)(x + 1), not x x - 1: exact near 1 */
        return reciprocal(at, kov_sqrt(b, kov_multiply(b, kov_subtract(b, x, number(at, 1)),
                                                       kov_add(b, x, number(at, 1)))));
    case KOV_OP_ASIN:
        return reciprocal(at, kov_sqrt(b, one_and_square(at, -1, x)));
    case KOV_OP_ASINH:
        return reciprocal(at, kov_sqrt(b, one_and_square(at, 1, x)));
    case KOV_OP_ATAN:
        return reciprocal(at, one_and_square(at, 1, x));
    case KOV_OP_ATANH:
        return reciprocal(at, one_and_square(at, -1, x));
    case KOV_OP_COS:
        return kov_negative(b, kov_sin(b, x));
    case KOV_OP_COSH:
        return kov_sinh(b, x);
    case KOV_OP_ERF: /* 2 / sqrt(pi) */
        return kov_multiply(b, number(at, 1.12837916709551257390),
                            kov_exp(b, kov_negative(b, kov_multiply(b, x, x))));
    case KOV_OP_EXP:
        return y;
    case KOV_OP_LOG:
        return reciprocal(at, x);
    case KOV_OP_SIN:
        return kov_cos(b, x);
    case KOV_OP_SINH:
        return kov_cosh(b, x);
    case KOV_OP_SQRT:
        return kov_divide(b, number(at, 0.5), y);
    case KOV_OP_TAN:
        return one_and_square(at, 1, y);
    case KOV_OP_TANH:
        return one_and_square(at, -1, y);
    case KOV_OP_SIGMOID:
        return kov_multiply(b, y, kov_subtract(b, number(at, 1), y));
    case KOV_OP_RELU:
        return kov_cast(b, kov_greater(b, x, number(at, 0)), kov_dtype_of(b, x));
    case KOV_OP_SOFT_PLUS:
        return kov_sigmoid(b, x);
    case KOV_OP_SOFT_SIGN: {
        kov_value wide = kov_add(b, number(at, 1), kov_abs(b, x));
        return reciprocal(at, kov_multiply(b, wide, wide));
    }
    case KOV_OP_MISH:
        return mish_slope(at, x);
    case KOV_OP_H_SWISH:
        return hard_swish_slope(at, x);
    case KOV_OP_H_SIGMOID:
        return kov_divide(b, inside(at, x, -3, 3), number(at, 6));
    case KOV_OP_GELU:
        return gelu_slope(at, x);
    case KOV_OP_ELU:
        return kov_select(b, kov_greater(b, x, number(at, 0)), number(at, 1),
                          kov_add(b, y, number(at, attrs[KOV_ELU_ALPHA].u.real)));
    case KOV_OP_CLAMP:
        return inside(at, x, attrs[KOV_CLAMP_MIN].u.real, attrs[KOV_CLAMP_MAX].u.real);
    default: /* Ceiling, Floor, Round, Sign */
        return KOV_VALUE_NONE;
    }
}

void kov_jvp_unary(const kov_jvp *at)
{
    kov_value by = slope(at, at->in[0], at->out[0]);
    if (by != KOV_VALUE_NONE)
        at->dy[0] = kov_multiply(at->b, at->dx[0], by);
}

void kov_jvp_swish(const kov_jvp *at)
{
    kov_builder *b = at->b;
    kov_value x = at->in[0], scaled = x, dx = at->dx[0], dbeta = KOV_VALUE_NONE;
    bool has_beta = at->node->input_count > 1 && at->in[1] != KOV_VALUE_NONE;
    if (has_beta)
        scaled = kov_multiply(b, x, at->in[1]);
    kov_value gate = kov_sigmoid(b, scaled), part = swish_part(at, scaled, gate);
    if (dx != KOV_VALUE_NONE)
        dx = kov_multiply(b, dx, kov_add(b, gate, part));
    if (has_beta && at->dx[1] != KOV_VALUE_NONE) {
        dbeta = swish_part(at, kov_multiply(b, x, x), gate);
        dbeta = kov_multiply(b, at->dx[1], dbeta);
    }
    at->dy[0] = kov_jvp_sum(b, dx, dbeta);
}

/* lambda x, or lambda alpha (exp(x) - 1) for negative x. */
void kov_jvp_selu(const kov_jvp *at)
{
    kov_builder *b = at->b;
    if (at->dx[1] != KOV_VALUE_NONE || at->dx[2] != KOV_VALUE_NONE) {
        kov_jvp_refuse(at, "in its coefficients");
        return;
    }
    kov_value bent = kov_multiply(b, at->in[1], kov_exp(b, at->in[0]));
    kov_value by = kov_select(b, kov_greater(b, at->in[0], number(at, 0)), number(at, 1), bent);
    at->dy[0] = kov_multiply(b, at->dx[0], kov_multiply(b, at->in[2], by));
}

/* alpha x + beta between 0 and 1 */
void kov_jvp_hard_sigmoid(const kov_jvp *at)
{
    kov_builder *b = at->b;
    if (at->dx[1] != KOV_VALUE_NONE || at->dx[2] != KOV_VALUE_NONE) {
        kov_jvp_refuse(at, "in its coefficients");
        return;
    }
    kov_value line = kov_add(b, kov_multiply(b, at->in[1], at->in[0]), at->in[2]);
    at->dy[0] = kov_multiply(b, at->dx[0], kov_multiply(b, at->in[1], inside(at, line, 0, 1)));
}

void kov_jvp_select(const kov_jvp *at)
{
    kov_builder *b = at->b;
    kov_value zero = number(at, 0);
    kov_value one = at->dx[1] == KOV_VALUE_NONE ? zero : at->dx[1];
    kov_value other = at->dx[2] == KOV_VALUE_NONE ? zero : at->dx[2];
    at->dy[0] = kov_jvp_spread(b, kov_select(b, at->in[0], one, other), at->out[0]);
}

/* ---- Two operands ---- */

/* The slopes in x and in y; KOV_VALUE_NONE: 1, which only Add has. */
static void slopes(const kov_jvp *at, kov_value by[2])
{
    kov_builder *b = at->b;
    kov_value x = at->in[0], y = at->in[1], one = number(at, 1), zero = number(at, 0);
    kov_value half = number(at, 0.5), quotient;
    by[0] = by[1] = KOV_VALUE_NONE;
    switch (at->node->op) {
    case KOV_OP_SUBTRACT:
        by[1] = number(at, -1);
        return;
    case KOV_OP_MULTIPLY:
        by[0] = y;
        by[1] = x;
        return;
    case KOV_OP_DIVIDE:
        by[0] = kov_divide(b, one, y);
        by[1] = kov_negative(b, kov_divide(b, at->out[0], y));
        return;
    case KOV_OP_FLOOR_MOD:
        by[1] = kov_negative(b, kov_floor(b, kov_divide(b, x, y)));
        return;
    case KOV_OP_MOD: /* towards zero */
        quotient = kov_divide(b, x, y);
        by[1] = kov_select(b, kov_less(b, quotient, zero), kov_ceiling(b, quotient),
                           kov_floor(b, quotient));
        by[1] = kov_negative(b, by[1]);
        return;
    case KOV_OP_POWER: /* x to the power 0 is flat, and so is 0 to a positive power in y */
        by[0] = kov_multiply(b, y, kov_power(b, x, kov_subtract(b, y, one)));
        by[0] = kov_select(b, kov_equal(b, y, zero), zero, by[0]);
        by[1] = kov_select(b, kov_equal(b, x, zero), one, x);
        by[1] = kov_multiply(b, at->out[0], kov_log(b, by[1]));
        return;
    case KOV_OP_MAXIMUM: /* equal operands: the mean of both sides */
    case KOV_OP_MINIMUM:
        by[0] = kov_sign(b, kov_subtract(b, x, y));
        if (at->node->op == KOV_OP_MINIMUM)
            by[0] = kov_negative(b, by[0]);
        by[0] = kov_select(b, kov_equal(b, x, y), zero, by[0]); /* infinities have no difference */
        by[0] = kov_multiply(b, half, kov_add(b, by[0], one));
        by[1] = kov_subtract(b, one, by[0]);
        return;
    case KOV_OP_SQUARED_DIFFERENCE:
        by[0] = kov_multiply(b, number(at, 2), kov_subtract(b, x, y));
        by[1] = kov_negative(b, by[0]);
        return;
    default:
        return;
    }
}

void kov_jvp_binary(const kov_jvp *at)
{
    kov_value by[2], parts[2];
    slopes(at, by);
    for (int i = 0; i < 2; i++) {
        bool scaled = at->dx[i] != KOV_VALUE_NONE && by[i] != KOV_VALUE_NONE;
        parts[i] = scaled ? kov_multiply(at->b, at->dx[i], by[i]) : at->dx[i];
    }
    at->dy[0] = kov_jvp_spread(at->b, kov_jvp_sum(at->b, parts[0], parts[1]), at->out[0]);
}
