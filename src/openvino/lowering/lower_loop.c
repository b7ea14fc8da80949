/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_loop.h"

#include "opset_build.h"

#include <string.h>

static kov_value number(kov_builder *b, int64_t n)
{
    return kov_constant_int(b, KOV_DTYPE_I32, n);
}

/* Opens a body whose parameters stand for the counter and the states. */
static bool open_body(kov_builder *b, const kov_value *state, int count, kov_value *inside)
{
    kov_builder_adopt(b, kov_body_begin(b));
    for (int i = 0; i < count && b->status == KOV_OK; i++) {
        const kov_value_info info = *kov_builder_value(b, state[i]);
        inside[i] = kov_builder_add_parameter(b, info.dtype, info.ndim, info.dims, NULL, 0, NULL,
                                              KOV_ROLE_INPUT);
    }
    return b->status == KOV_OK;
}

static kov_body *test_body(kov_builder *b, int64_t rounds, const kov_value *state, int count)
{
    kov_value inside[KOV_LOWER_STATES + 1];
    kov_body *body = NULL;
    if (!open_body(b, state, count, inside))
        return NULL;
    kov_value more = kov_less(b, inside[0], number(b, rounds));
    return kov_body_end(b, &more, 1, &body) == KOV_OK ? body : NULL;
}

static kov_body *step_body(kov_builder *b, kov_lower_step *step, const void *with,
                           const kov_value *state, int count)
{
    kov_value inside[KOV_LOWER_STATES + 1];
    kov_body *body = NULL;
    if (!open_body(b, state, count, inside))
        return NULL;
    step(b, inside[0], inside + 1, with);
    inside[0] = kov_add(b, inside[0], number(b, 1));
    return kov_body_end(b, inside, count, &body) == KOV_OK ? body : NULL;
}

void kov_lower_repeat(kov_builder *b, int64_t rounds, kov_lower_step *step, const void *with,
                      kov_value *state, int count)
{
    kov_value all[KOV_LOWER_STATES + 1] = {number(b, 0)}, outs[KOV_LOWER_STATES + 1];
    if (rounds < 1)
        return;
    memcpy(all + 1, state, sizeof *state * (size_t)count);
    for (int i = 0; i <= count; i++)
        outs[i] = KOV_VALUE_ERROR;
    kov_body *test = test_body(b, rounds, all, count + 1);
    kov_body *body = test ? step_body(b, step, with, all, count + 1) : NULL;
    if (body)
        kov_builder_while(b, test, body, all, count + 1, KOV_VALUE_NONE, outs);
    else
        kov_body_release(test);
    memcpy(state, outs + 1, sizeof *state * (size_t)count);
}
