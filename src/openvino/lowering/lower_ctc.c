/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_ctc.h"

static kov_value loss_of_blanks(kov_builder *b, kov_value logits, kov_value steps, kov_value blank)
{
    kov_value log_p = kov_log_softmax(b, logits, 2);
    kov_value last = kov_constant_i64_scalar(b, 2), front = kov_constant_i64(b, (int64_t[]){1}, 1);
    kov_value blanks = kov_gather(b, log_p, blank, last, 0);
    const kov_value bounds[] = {kov_constant_i64_scalar(b, 0), kov_dim_value(b, logits, 1),
                                kov_constant_i64_scalar(b, 1)};
    kov_value time = kov_range(b, bounds[0], bounds[1], bounds[2], kov_dtype_of(b, steps));
    kov_value within = kov_less(b, time, kov_unsqueeze(b, steps, front));
    blanks = kov_select(b, within, blanks, kov_scalar_like(b, blanks, 0));
    return kov_negative(b, kov_reduce_sum(b, blanks, front, false));
}

bool kov_lower_ctc_loss(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    enum { LOGITS, STEPS, LABELS, LENGTHS, BLANK };
    if (node->op != KOV_OP_CTC_LOSS)
        return false;
    kov_builder *b = r->b;
    kov_value given[BLANK + 1];
    for (int i = 0; i <= BLANK; i++)
        given[i] = i < node->input_count ? kov_rewrite_input(r, node, i) : KOV_VALUE_NONE;
    if (given[BLANK] == KOV_VALUE_NONE) /* the last class */
        given[BLANK] =
            kov_subtract(b, kov_dim_value(b, given[LOGITS], 2), kov_constant_i64_scalar(b, 1));
    kov_value one = kov_scalar_like(b, given[LENGTHS], 1);
    kov_value loss = kov_ctc_loss(b, given[LOGITS], given[STEPS], given[LABELS],
                                  kov_maximum(b, given[LENGTHS], one), given[BLANK],
                                  node->attrs[KOV_CTC_LOSS_PREPROCESS_COLLAPSE_REPEATED].u.boolean,
                                  node->attrs[KOV_CTC_LOSS_CTC_MERGE_REPEATED].u.boolean,
                                  node->attrs[KOV_CTC_LOSS_UNIQUE].u.boolean);
    *out = kov_select(b, kov_less(b, given[LENGTHS], one),
                      loss_of_blanks(b, given[LOGITS], given[STEPS], given[BLANK]), loss);
    return true;
}
