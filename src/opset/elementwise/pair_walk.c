/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elementwise/pair_walk.h"

kov_status kov_pair_walk(kov_eval *eval, kov_pair_function function)
{
    const kov_view *out = &eval->outputs[0], *a = &eval->inputs[0], *b = &eval->inputs[1];
    const kov_view operands[3] = {*out, *a, *b};
    kov_wide wide = kov_wide_of(a->dtype);
    if (wide == KOV_WIDE_NONE || a->dtype != b->dtype)
        return kov_eval_no_dtype(eval, a->dtype);
    kov_walk walk;
    kov_walk_broadcast(&walk, out->ndim, out->dims, 3, operands);
    if (walk.empty)
        return KOV_OK;
    do {
        for (int64_t at = 0; at < walk.row; at += KOV_BLOCK) {
            int n = walk.row - at < KOV_BLOCK ? (int)(walk.row - at) : KOV_BLOCK;
            kov_block x, y;
            kov_block_load(a->dtype, a->data, walk.offset[1] + at * walk.step[1], walk.step[1], n,
                           &x);
            kov_block_load(b->dtype, b->data, walk.offset[2] + at * walk.step[2], walk.step[2], n,
                           &y);
            KOV_TRY(function(eval, wide, n, &x, &y));
            kov_block_store(out->dtype, out->data, walk.offset[0] + at * walk.step[0], walk.step[0],
                            n, &x);
        }
    } while (kov_walk_next(&walk));
    return KOV_OK;
}
