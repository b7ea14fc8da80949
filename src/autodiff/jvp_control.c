/* SPDX-License-Identifier: Apache-2.0 */
/* Control flow: bodies that compute the tangents beside what they compute. */
#include "autodiff/jvp.h"

#include <string.h>

/* Fills results[n ..) with the tangents of those of the n results that have one, and returns how
 * many there are. */
static int append_tangents(kov_builder *b, kov_value *results, int n, const kov_value *tangents)
{
    int count = n;
    for (int i = 0; i < n && b->status == KOV_OK; i++) {
        if (kov_jvp_has_tangents(kov_dtype_of(b, results[i])))
            results[count++] =
                tangents[i] == KOV_VALUE_NONE ? kov_jvp_zeros_like(b, results[i]) : tangents[i];
    }
    return count;
}

/* The appended ones go where the tangents of the outputs are kept. */
static void give_tangents(const kov_jvp *at, const kov_value *outs, int n)
{
    int next = n;
    for (int i = 0; i < n && at->b->status == KOV_OK; i++) {
        if (kov_jvp_has_tangents(kov_dtype_of(at->b, at->out[i])))
            at->dy[i] = outs[next++];
    }
}

/* NULL after a failure; the level is closed either way. */
static kov_body *end_body(kov_builder *b, const kov_value *results, int count)
{
    kov_body *body = NULL;
    if (b->status != KOV_OK)
        kov_body_abandon(b);
    else if (kov_body_end(b, results, count, &body) != KOV_OK)
        return NULL;
    return body;
}

static kov_body *branch(const kov_jvp *at, const kov_graph *graph, int first)
{
    kov_builder *b = at->b;
    int n = graph->results.n, count = 0;
    kov_builder_adopt(b, kov_body_begin(b));
    if (b->status != KOV_OK)
        return NULL;
    kov_value *results = kov_alloc(b->context, sizeof *results * (size_t)(3 * n + 1));
    if (results) {
        kov_jvp_graph(b, graph, at->in + first, at->dx + first, results, results + 2 * n);
        count = append_tangents(b, results, n, results + 2 * n);
    } else {
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    }
    kov_body *body = end_body(b, results, count);
    kov_free(b->context, results);
    return body;
}

void kov_jvp_if(const kov_jvp *at)
{
    kov_builder *b = at->b;
    const kov_graph *then_graph = at->node->attrs[KOV_IF_THEN_BODY].u.body;
    const kov_graph *else_graph = at->node->attrs[KOV_IF_ELSE_BODY].u.body;
    int n = at->node->output_count;
    kov_value *outs = kov_alloc(b->context, sizeof *outs * (size_t)(2 * n + 1));
    kov_body *one = outs ? branch(at, then_graph, 1) : NULL;
    kov_body *other = one ? branch(at, else_graph, 1 + then_graph->parameters.n) : NULL;
    if (other && kov_builder_if(b, at->in[0], one, other, outs) == KOV_OK)
        give_tangents(at, outs, n);
    else if (!other)
        kov_body_release(one);
    if (!outs)
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    kov_free(b->context, outs);
}

typedef struct loop { /* its states: those of the node, then the tangents that they have */
    const kov_jvp *at;
    const kov_graph *condition, *body;
    int states, first; /* how many the node has, and which input is the first of them */
    kov_value *room;   /* for the values and tangents of a body's inputs and results */
} loop;

/* Parameters of the open body like the outputs of the node, and for their tangents, KOV_VALUE_NONE
 * where there are none. */
static void take_states(const loop *l, kov_value *states, kov_value *tangents)
{
    kov_builder *b = l->at->b;
    for (int i = 0; i < 2 * l->states && b->status == KOV_OK; i++) {
        bool is_tangent = i >= l->states;
        int state = i % l->states;
        kov_value_info like = *kov_builder_value(b, l->at->out[state]);
        kov_value *place = (is_tangent ? tangents : states) + state;
        *place = KOV_VALUE_NONE;
        if (!is_tangent || kov_jvp_has_tangents(like.dtype))
            *place = kov_builder_add_parameter(b, like.dtype, like.ndim, like.dims, NULL, 0, NULL,
                                               KOV_ROLE_INPUT);
    }
}

static kov_body *loop_body(const loop *l, bool step)
{
    kov_builder *b = l->at->b;
    const kov_graph *graph = step ? l->body : l->condition;
    int n = graph->parameters.n, more = n - l->states, count = 1;
    int captures = l->first + (step ? l->condition->parameters.n : l->states);
    kov_value *inputs = l->room, *tangents = inputs + n, *results = tangents + n;
    kov_builder_adopt(b, kov_body_begin(b));
    if (b->status != KOV_OK)
        return NULL;
    take_states(l, inputs, tangents);
    memcpy(inputs + l->states, l->at->in + captures, (size_t)more * sizeof *inputs);
    memcpy(tangents + l->states, l->at->dx + captures, (size_t)more * sizeof *inputs);
    if (step) {
        kov_jvp_graph(b, graph, inputs, tangents, results, results + 2 * l->states);
        count = append_tangents(b, results, l->states, results + 2 * l->states);
    } else {
        kov_inline_graph(b, graph, inputs, results);
    }
    return end_body(b, results, count);
}

/* Every state of a type that has tangents carries one along. */
void kov_jvp_while(const kov_jvp *at)
{
    kov_builder *b = at->b;
    const kov_attr *attrs = at->node->attrs;
    bool bounded = attrs[KOV_WHILE_HAS_MAXIMUM].u.boolean;
    loop l = {.at = at,
              .condition = attrs[KOV_WHILE_CONDITION].u.body,
              .body = attrs[KOV_WHILE_BODY].u.body,
              .states = at->node->output_count,
              .first = bounded ? 1 : 0};
    int n = l.states, most = l.condition->parameters.n + l.body->parameters.n;
    l.room = kov_alloc(b->context, sizeof *l.room * (size_t)(2 * most + 7 * n + 1));
    if (!l.room) {
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
        return;
    }
    kov_value *start = l.room + 2 * most + 3 * n, *outs = start + 2 * n;
    memcpy(start, at->in + l.first, (size_t)n * sizeof *start);
    int count = append_tangents(b, start, n, at->dx + l.first);
    kov_body *condition = loop_body(&l, false);
    kov_body *body = condition ? loop_body(&l, true) : NULL;
    kov_value maximum = bounded ? at->in[0] : KOV_VALUE_NONE;
    if (!body)
        kov_body_release(condition);
    else if (kov_builder_while(b, condition, body, start, count, maximum, outs) == KOV_OK)
        give_tangents(at, outs, n);
    kov_free(b->context, l.room);
}
