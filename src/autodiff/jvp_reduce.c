/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions, running reductions and softmax. */
#include "autodiff/jvp.h"

#include "opset_build.h"

#include <string.h>

static kov_value number(const kov_jvp *at, double value)
{
    return kov_scalar_like(at->b, at->out[0], value);
}

static kov_value sum(const kov_jvp *at, kov_value x)
{
    return kov_reduce_sum(at->b, x, at->in[1], at->node->attrs[0].u.boolean);
}

static kov_value sum_kept(const kov_jvp *at, kov_value x)
{
    return kov_reduce_sum(at->b, x, at->in[1], true);
}

/* 1 where equal, else 0. */
static kov_value where_equal(const kov_jvp *at, kov_value x, kov_value y)
{
    return kov_cast(at->b, kov_equal(at->b, x, y), kov_dtype_of(at->b, x));
}

/* Elements that are the extreme share its slope. */
static kov_value extreme(const kov_jvp *at)
{
    kov_builder *b = at->b;
    kov_value x = at->in[0];
    kov_value best = at->node->op == KOV_OP_REDUCE_MAX ? kov_reduce_max(b, x, at->in[1], true)
                                                       : kov_reduce_min(b, x, at->in[1], true);
    kov_value is = where_equal(at, x, best);
    return sum(at, kov_multiply(b, at->dx[0], kov_divide(b, is, sum_kept(at, is))));
}

/* Each element's slope is the product of the others: of all that are not zero, over the element; if
 * one is zero, for that one alone; if several are, 0. */
static kov_value product(const kov_jvp *at)
{
    kov_builder *b = at->b;
    kov_value x = at->in[0], one = number(at, 1), zero = number(at, 0);
    kov_value is_zero = where_equal(at, x, zero);
    kov_value others = kov_select(b, kov_equal(b, x, zero), one, x);
    kov_value rest = kov_divide(b, kov_reduce_prod(b, others, at->in[1], true), others);
    kov_value zeros_beside = kov_subtract(b, sum_kept(at, is_zero), is_zero);
    rest = kov_select(b, kov_equal(b, zeros_beside, zero), rest, zero);
    return sum(at, kov_multiply(b, at->dx[0], rest));
}

void kov_jvp_reduce(const kov_jvp *at)
{
    kov_builder *b = at->b;
    kov_value norm, x = at->in[0], zero = number(at, 0);
    switch (at->node->op) {
    case KOV_OP_REDUCE_PROD:
        at->dy[0] = product(at);
        return;
    case KOV_OP_REDUCE_L1:
        at->dy[0] = sum(at, kov_multiply(b, at->dx[0], kov_sign(b, x)));
        return;
    case KOV_OP_REDUCE_L2: /* at 0, where it has a kink, as if flat */
        norm = kov_reduce_l2(b, x, at->in[1], true);
        norm = kov_select(b, kov_equal(b, norm, zero), number(at, 1), norm);
        at->dy[0] = sum(at, kov_multiply(b, at->dx[0], kov_divide(b, x, norm)));
        return;
    default:
        at->dy[0] = extreme(at);
    }
}

/* The running extreme moves with the element that it is, the last of equal ones; each factor of a
 * running product counts through the quotient, so there it must not be 0. */
void kov_jvp_cumulative(const kov_jvp *at)
{
    kov_builder *b = at->b;
    const kov_attr *attrs = at->node->attrs;
    bool reverse = attrs[KOV_CUMULATIVE_REDUCE_REVERSE].u.boolean;
    if (strcmp(attrs[KOV_CUMULATIVE_REDUCE_MODE].u.string, "prod") == 0) {
        kov_value ratio = kov_divide(b, at->dx[0], at->in[0]);
        at->dy[0] = kov_multiply(b, at->out[0], kov_cum_sum(b, ratio, at->in[1], false, reverse));
        return;
    }
    int64_t axis = 0;
    if (kov_content_numbers(b, at->in[1], &axis, 1) != 1)
        return;
    int ndim = kov_ndim(b, at->in[0]);
    axis = kov_axis(b, "CumulativeReduce", axis, ndim);
    int64_t shape[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        shape[i] = i == axis ? -1 : 1;
    kov_value place =
        kov_range(b, kov_constant_i64_scalar(b, 0), kov_dim_value(b, at->in[0], (int)axis),
                  kov_constant_i64_scalar(b, 1), KOV_DTYPE_I64);
    kov_value none = kov_constant_i64_scalar(b, reverse ? INT64_MAX : -1);
    kov_value is = kov_equal(b, at->in[0], at->out[0]);
    place = kov_select(b, is, kov_reshape_to(b, place, shape, ndim), none);
    place = kov_cumulative_reduce(b, place, at->in[1], reverse ? "min" : "max", reverse);
    at->dy[0] = kov_gather_elements(b, at->dx[0], place, axis);
}

void kov_jvp_softmax(const kov_jvp *at)
{
    kov_builder *b = at->b;
    const int64_t axis = at->node->attrs[0].u.integer;
    kov_value axes = kov_constant_i64(b, &axis, 1), dx = at->dx[0], y = at->out[0];
    bool plain = at->node->op == KOV_OP_SOFTMAX;
    kov_value weights = plain ? y : kov_exp(b, y);
    kov_value mean = kov_reduce_sum(b, kov_multiply(b, dx, weights), axes, true);
    kov_value apart = kov_subtract(b, dx, mean);
    at->dy[0] = plain ? kov_multiply(b, apart, y) : apart;
}
