/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/extract.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

enum { PARTS = 2, ATTRS = 8 };

/* A body of a node, and where what it captures lies. */
typedef struct part {
    int attr;
    int first;   /* the body's first captured parameter */
    int capture; /* the node's input that is handed to it */
} part;

static const kov_graph *body_of(const kov_node *node, const part *p)
{
    return node->attrs[p->attr].u.body;
}

static void parts_of(const kov_node *node, part *parts)
{
    int second = node->op == KOV_OP_IF ? KOV_IF_ELSE_BODY : KOV_WHILE_BODY;
    if (node->op == KOV_OP_IF) {
        parts[0] = (part){KOV_IF_THEN_BODY, 0, 1};
    } else {
        int bound = node->attrs[KOV_WHILE_HAS_MAXIMUM].u.boolean ? 1 : 0;
        int states = (int)node->attrs[KOV_WHILE_STATE_COUNT].u.integer;
        parts[0] = (part){KOV_WHILE_CONDITION, states, bound + states};
    }
    int taken = body_of(node, &parts[0])->parameters.n - parts[0].first;
    parts[1] = (part){second, parts[0].first, parts[0].capture + taken};
}

/* The constant that a body captures as parameter i; NULL: it is none. */
static kov_tensor *captured(const kov_rewrite *r, const kov_node *node, const part *p, int i)
{
    if (i < p->first)
        return NULL;
    kov_value v = kov_rewrite_input(r, node, p->capture + i - p->first);
    return kov_rewrite_is(r, v, KOV_OP_CONSTANT) ? kov_rewrite_producer(r, v)->attrs[0].u.tensor
                                                 : NULL;
}

static bool any_captured(const kov_rewrite *r, const kov_node *node, const part *parts)
{
    for (int k = 0; k < PARTS; k++) {
        for (int i = 0; i < body_of(node, &parts[k])->parameters.n; i++) {
            if (captured(r, node, &parts[k], i))
                return true;
        }
    }
    return false;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs);

/* The body with its constants, and the bodies in it with theirs. Inputs that it still takes are
 * appended. */
static kov_status sink(kov_rewrite *r, const kov_node *node, const part *p, kov_value *inputs,
                       int *count, kov_graph **out)
{
    const kov_graph *body = body_of(node, p);
    kov_context *context = body->context;
    kov_graph *made = NULL;
    const int parameters = body->parameters.n, results = body->results.n;
    kov_cut *cuts = kov_alloc(context, sizeof *cuts * (size_t)(parameters + 1));
    kov_value *values = kov_alloc(context, sizeof *values * (size_t)(results + 1));
    kov_status status = cuts && values ? KOV_OK : KOV_OUT_OF_MEMORY;
    for (int i = 0; status == KOV_OK && i < parameters; i++) {
        const kov_graph_parameter *parameter = &body->parameters.at[i];
        cuts[i] = (kov_cut){parameter->value, parameter->role, captured(r, node, p, i)};
        if (i >= p->first && !cuts[i].constant)
            inputs[(*count)++] = kov_rewrite_input(r, node, p->capture + i - p->first);
    }
    for (int i = 0; status == KOV_OK && i < results; i++)
        values[i] = body->results.at[i].value;
    if (status == KOV_OK)
        status = kov_graph_extract(body, cuts, parameters, values, results, &made);
    if (status == KOV_OK)
        status = kov_rewrite_graph(made, rule, NULL, out);
    kov_graph_release(made);
    kov_free(context, cuts);
    kov_free(context, values);
    return status;
}

static kov_status emit(kov_rewrite *r, const kov_node *node, const part *parts, kov_value *outs)
{
    kov_context *context = r->from->context;
    const kov_op_info *op = kov_op_info_of(node->op);
    kov_graph *bodies[PARTS] = {0};
    kov_attr attrs[ATTRS];
    int count = parts[0].capture, taken = 0, made = 0;
    kov_value *inputs = kov_alloc(context, sizeof *inputs * (size_t)(node->input_count + 1));
    kov_status status = inputs ? KOV_OK : KOV_OUT_OF_MEMORY;
    for (int i = 0; status == KOV_OK && i < op->attr_count; i++)
        attrs[i] = node->attrs[i];
    for (int i = 0; status == KOV_OK && i < count; i++)
        inputs[i] = kov_rewrite_input(r, node, i);
    for (int k = 0; status == KOV_OK && k < PARTS; k++) {
        status = sink(r, node, &parts[k], inputs, &count, &bodies[k]);
        attrs[parts[k].attr].u.body = bodies[k];
        taken = k == 0 ? count - parts[0].capture : taken;
    }
    if (status == KOV_OK) {
        if (node->op == KOV_OP_IF)
            attrs[KOV_IF_THEN_COUNT].u.integer = taken;
        kov_value first = kov_emit_many(r->b, node->op, inputs, count, attrs, &made);
        for (int i = 0; i < node->output_count; i++)
            outs[i] = kov_output(first, i);
    }
    for (int k = 0; k < PARTS; k++)
        kov_graph_release(bodies[k]);
    kov_free(context, inputs);
    return status;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    part parts[PARTS];
    if (node->op != KOV_OP_IF && node->op != KOV_OP_WHILE)
        return false;
    parts_of(node, parts);
    if (!any_captured(r, node, parts))
        return false;
    kov_status status = emit(r, node, parts, outs);
    if (status != KOV_OK)
        kov_builder_adopt(r->b, status);
    return true;
}

kov_status kov_pass_sink_constants(const kov_graph *graph, const kov_pass_options *options,
                                   kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
