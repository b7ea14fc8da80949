/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of If and While, and the nodes that take them. */
#include "graph/builder.h"

#include "base/context.h"
#include "base/status.h"

#include <string.h>

static kov_status make_body(kov_builder *b, kov_graph *graph, kov_body **out)
{
    const kov_level *level = &b->levels.at[b->levels.n - 1];
    int n = level->captures.n;
    kov_body *body = kov_alloc_zero(b->context, sizeof *body);
    if (!body)
        return KOV_OUT_OF_MEMORY;
    body->captures = kov_alloc(b->context, (size_t)n * sizeof *body->captures);
    if (!body->captures) {
        kov_free(b->context, body);
        return KOV_OUT_OF_MEMORY;
    }
    if (n > 0)
        memcpy(body->captures, level->captures.at, (size_t)n * sizeof *body->captures);
    body->context = b->context;
    kov_context_hold(b->context);
    body->graph = graph;
    body->capture_count = n;
    body->parameter_count = graph->parameters.n - n;
    *out = body;
    return KOV_OK;
}

/* Room for the inputs of a control flow node: `plain` and the captures of both bodies. */
static kov_value *node_inputs(kov_builder *b, int plain, const kov_value *given,
                              const kov_body *first, const kov_body *second, int *count)
{
    *count = plain + first->capture_count + second->capture_count;
    kov_value *inputs = kov_alloc(b->context, (size_t)(*count + 1) * sizeof *inputs);
    if (!inputs) {
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
        return NULL;
    }
    kov_value *at = inputs;
    for (int i = 0; i < plain; i++)
        *at++ = given[i];
    for (int i = 0; i < first->capture_count; i++)
        *at++ = first->captures[i];
    for (int i = 0; i < second->capture_count; i++)
        *at++ = second->captures[i];
    return inputs;
}

static kov_status emit_outputs(kov_builder *b, int op, const kov_value *inputs, int input_count,
                               const kov_attr *attrs, kov_value *outs)
{
    int count;
    kov_value first = kov_emit_many(b, op, inputs, input_count, attrs, &count);
    KOV_TRY(kov_builder_status(b));
    for (int i = 0; i < count; i++)
        outs[i] = kov_output(first, i);
    return KOV_OK;
}

static kov_status emit_if(kov_builder *b, kov_value condition, const kov_body *then_body,
                          const kov_body *else_body, kov_value *outs)
{
    if (then_body->parameter_count != 0 || else_body->parameter_count != 0)
        return kov_fail(KOV_INVALID_ARGUMENT, "If: bodies take no parameters");
    if (then_body->graph->results.n != else_body->graph->results.n)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "If: the branches return %d and %d values; they must return equally many",
                        then_body->graph->results.n, else_body->graph->results.n);
    const kov_attr attrs[] = {kov_attr_body(then_body->graph), kov_attr_body(else_body->graph),
                              kov_attr_int(then_body->capture_count)};
    int count;
    kov_value *inputs = node_inputs(b, 1, &condition, then_body, else_body, &count);
    if (!inputs)
        return KOV_OUT_OF_MEMORY;
    kov_status status = emit_outputs(b, KOV_OP_IF, inputs, count, attrs, outs);
    kov_free(b->context, inputs);
    return status;
}

static kov_status emit_while(kov_builder *b, const kov_body *condition, const kov_body *body,
                             const kov_value *state, int count, kov_value maximum, kov_value *outs)
{
    if (condition->parameter_count != count || body->parameter_count != count ||
        body->graph->results.n != count)
        return kov_fail(
            KOV_INVALID_ARGUMENT,
            "While: %d states; the condition takes %d, the body takes %d and returns %d", count,
            condition->parameter_count, body->parameter_count, body->graph->results.n);
    bool bounded = maximum != KOV_VALUE_NONE;
    kov_value *given = kov_alloc(b->context, (size_t)(count + 1) * sizeof *given);
    if (!given)
        return kov_builder_adopt(b, KOV_OUT_OF_MEMORY), KOV_OUT_OF_MEMORY;
    int plain = 0, inputs_count;
    if (bounded)
        given[plain++] = maximum;
    for (int i = 0; i < count; i++)
        given[plain++] = state[i];
    const kov_attr attrs[] = {kov_attr_body(condition->graph), kov_attr_body(body->graph),
                              kov_attr_int(count), kov_attr_bool(bounded)};
    kov_value *inputs = node_inputs(b, plain, given, condition, body, &inputs_count);
    kov_status status = KOV_OUT_OF_MEMORY;
    if (inputs)
        status = emit_outputs(b, KOV_OP_WHILE, inputs, inputs_count, attrs, outs);
    kov_free(b->context, inputs);
    kov_free(b->context, given);
    return status;
}

kov_status kov_body_begin(kov_builder *b)
{
    KOV_TRY(kov_builder_status(b));
    kov_status status = kov_level_open(b);
    kov_builder_adopt(b, status);
    return status;
}

kov_status kov_body_end(kov_builder *b, const kov_value *results, int count, kov_body **out)
{
    if (b->levels.n < 2)
        return kov_fail(KOV_INVALID_ARGUMENT, "no body of control flow is open");
    kov_graph *graph = NULL;
    kov_status status = kov_level_finish(b, results, count, NULL, &graph);
    if (status == KOV_OK) {
        status = make_body(b, graph, out);
        if (status != KOV_OK) {
            kov_builder_adopt(b, status);
            kov_graph_release(graph);
        }
    }
    kov_level_close(b);
    return status;
}

void kov_body_abandon(kov_builder *b)
{
    if (b->levels.n > 1)
        kov_level_close(b);
}

void kov_body_release(kov_body *body)
{
    if (!body)
        return;
    kov_context *context = body->context;
    kov_graph_release(body->graph);
    kov_free(context, body->captures);
    kov_free(context, body);
    kov_context_drop(context);
}

int kov_body_result_count(const kov_body *body)
{
    return body->graph->results.n;
}

kov_status kov_builder_if(kov_builder *b, kov_value condition, kov_body *then_body,
                          kov_body *else_body, kov_value *outs)
{
    kov_status status = kov_builder_status(b);
    if (status == KOV_OK)
        status = emit_if(b, condition, then_body, else_body, outs);
    if (status != KOV_OK)
        kov_builder_adopt(b, status);
    kov_body_release(then_body);
    kov_body_release(else_body);
    return status;
}

kov_status kov_builder_while(kov_builder *b, kov_body *condition, kov_body *body,
                             const kov_value *state, int count, kov_value maximum, kov_value *outs)
{
    kov_status status = kov_builder_status(b);
    if (status == KOV_OK)
        status = emit_while(b, condition, body, state, count, maximum, outs);
    if (status != KOV_OK)
        kov_builder_adopt(b, status);
    kov_body_release(condition);
    kov_body_release(body);
    return status;
}
