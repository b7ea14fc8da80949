/* SPDX-License-Identifier: Apache-2.0 */
#include "keras/loop.h"

#include <string.h>

/* Parameters of the open body that stand for the states. */
static void take_states(kov_builder *b, int count, const kov_value *state, kov_value *inside)
{
    for (int i = 0; i < count; i++) {
        kov_value_info info = *kov_builder_value(b, state[i]);
        inside[i] = kov_builder_add_parameter(b, info.dtype, info.ndim, info.dims, NULL, 0, NULL,
                                              KOV_ROLE_INPUT);
    }
}

static kov_body *make_body(kov_builder *b, const kov_loop *loop, const kov_value *state, bool step)
{
    kov_value inside[KOV_LOOP_MAX_STATES];
    kov_body *body = NULL;
    kov_builder_adopt(b, kov_body_begin(b));
    if (b->status != KOV_OK)
        return NULL;
    take_states(b, loop->count, state, inside);
    if (step)
        loop->step(b, inside, loop->with);
    else
        inside[0] = loop->test(b, inside, loop->with);
    return kov_body_end(b, inside, step ? loop->count : 1, &body) == KOV_OK ? body : NULL;
}

void kov_loop_run(kov_builder *b, const kov_loop *loop, kov_value *state)
{
    kov_value outs[KOV_LOOP_MAX_STATES] = {KOV_VALUE_ERROR};
    kov_body *test = make_body(b, loop, state, false);
    kov_body *step = test ? make_body(b, loop, state, true) : NULL;
    if (step)
        kov_builder_while(b, test, step, state, loop->count, KOV_VALUE_NONE, outs);
    else
        kov_body_release(test);
    memcpy(state, outs, (size_t)loop->count * sizeof *state);
}
