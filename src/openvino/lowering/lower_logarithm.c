/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_logarithm.h"

/* 1 + x as 1 - (-x), which no pass of OpenVINO takes for the sum in a SoftPlus. */
static kov_value one_more(kov_builder *b, kov_value x)
{
    return kov_subtract(b, kov_scalar_like(b, x, 1), kov_negative(b, x));
}

/* max(x, 0) + ln(1 + e) where e is exp(-|x|). With u = 1 + e rounded, what rounding lost is
 * e - (u - 1), and ln(1 + e) is ln(u) + lost / u; where u is 1 it is e. */
static kov_value soft_plus(kov_builder *b, kov_value x)
{
    kov_value one = kov_scalar_like(b, x, 1), zero = kov_scalar_like(b, x, 0);
    kov_value e = kov_exp(b, kov_negative(b, kov_abs(b, x))), u = one_more(b, e);
    kov_value lost = kov_subtract(b, e, kov_subtract(b, u, one));
    kov_value y = kov_add(b, kov_log(b, u), kov_divide(b, lost, u));
    y = kov_select(b, kov_equal(b, u, one), e, y);
    return kov_add(b, kov_maximum(b, x, zero), y);
}

bool kov_lower_logarithm(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    const kov_value_info *info = kov_graph_value(r->from, node->first_output);
    if (info->dtype != KOV_DTYPE_F32)
        return false;
    kov_value x = node->input_count > 0 ? kov_rewrite_input(r, node, 0) : KOV_VALUE_NONE;
    if (node->op == KOV_OP_SOFT_PLUS) {
        *out = soft_plus(r->b, x);
        return true;
    }
    if (node->op != KOV_OP_LOG || !kov_rewrite_is(r, x, KOV_OP_ADD))
        return false;
    const kov_node *sum = kov_rewrite_producer(r, x);
    for (int i = 0; i < 2; i++) {
        double number;
        if (kov_rewrite_is(r, sum->inputs[i], KOV_OP_EXP) &&
            kov_rewrite_number(r, sum->inputs[1 - i], &number) && number == 1) {
            *out = kov_log(r->b, one_more(r->b, sum->inputs[i]));
            return true;
        }
    }
    return false;
}
