/* SPDX-License-Identifier: Apache-2.0 */
/* What the body of a loop computes of captured variables and constants alone is computed before the
 * loop, where it belongs to the prologue. */
#include "passes/extract.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

#include <string.h>

/* Bytes that are widened stay in the loop when they are more than this: weights, of which the
 * prologue would make several times as many. */
enum { WIDENED_AT_MOST = 4096 };

typedef struct loop {
    const kov_graph *body;
    int state_count;
    int capture;    /* among the node's inputs, the first that is the body's */
    bool *fixed;    /* per value of the body: it is the same in every round */
    bool *needed;   /* per node of the body: to be computed before the loop */
    kov_value *map; /* per value of the body: the value before the loop */
    kov_cut *cuts;  /* the body's parameters, then what is hoisted */
    int cut_count;
} loop;

static bool is_leaf(const kov_node *node)
{
    return node->op == KOV_OP_PARAMETER || node->op == KOV_OP_CONSTANT;
}

static bool widens_bytes(const kov_graph *g, const kov_node *node)
{
    if (node->op != KOV_OP_CONVERT)
        return false;
    const kov_value_info *from = kov_graph_value(g, node->inputs[0]);
    int64_t count = 1;
    for (int i = 0; i < from->ndim && count <= WIDENED_AT_MOST; i++)
        count *= from->dims[i];
    return kov_dtype_bits(from->dtype) <= 8 && count > WIDENED_AT_MOST;
}

static bool may_move(const kov_graph *g, const kov_node *node)
{
    if (node->op == KOV_OP_IF || node->op == KOV_OP_WHILE || node->input_count == 0)
        return false;
    for (int i = 0; i < node->output_count; i++) {
        if (!kov_value_is_static(kov_graph_value(g, node->first_output + (kov_value)i)))
            return false;
    }
    return !widens_bytes(g, node);
}

static void mark_fixed(const kov_rewrite *r, const kov_node *node, loop *l)
{
    const kov_graph *g = l->body;
    for (int i = l->state_count; i < g->parameters.n; i++)
        l->fixed[g->parameters.at[i].value] =
            r->stable[node->inputs[l->capture + i - l->state_count]];
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *inner = &g->nodes.at[i];
        bool fixed = inner->op == KOV_OP_CONSTANT || may_move(g, inner);
        if (inner->op == KOV_OP_PARAMETER)
            continue;
        for (int j = 0; j < inner->input_count; j++)
            fixed = fixed && (inner->inputs[j] == KOV_VALUE_NONE || l->fixed[inner->inputs[j]]);
        for (int j = 0; j < inner->output_count; j++)
            l->fixed[inner->first_output + (kov_value)j] = fixed;
    }
}

/* A value that a round uses and no leaf makes becomes an input of the body. */
static void hoist(loop *l, kov_value v)
{
    const kov_node *node = v == KOV_VALUE_NONE ? NULL : kov_graph_producer(l->body, v);
    if (!node || !l->fixed[v] || is_leaf(node))
        return;
    for (int i = l->body->parameters.n; i < l->cut_count; i++) {
        if (l->cuts[i].value == v)
            return;
    }
    l->cuts[l->cut_count++] = (kov_cut){v, KOV_ROLE_INPUT, NULL};
    l->needed[l->body->values.at[v].node] = true;
}

static void choose(loop *l)
{
    const kov_graph *g = l->body;
    for (int i = 0; i < g->parameters.n; i++)
        l->cuts[l->cut_count++] =
            (kov_cut){g->parameters.at[i].value, g->parameters.at[i].role, NULL};
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        bool moves = !is_leaf(node) && l->fixed[node->first_output];
        for (int j = 0; j < node->input_count && !moves; j++)
            hoist(l, node->inputs[j]);
    }
    for (int i = 0; i < g->results.n; i++)
        hoist(l, g->results.at[i].value);
}

/* The hoisted values before the loop. */
static void compute(kov_rewrite *r, const kov_node *node, loop *l)
{
    const kov_graph *g = l->body;
    for (int i = g->nodes.n - 1; i >= 0; i--) {
        const kov_node *inner = &g->nodes.at[i];
        for (int j = 0; l->needed[i] && j < inner->input_count; j++) {
            if (inner->inputs[j] != KOV_VALUE_NONE)
                l->needed[g->values.at[inner->inputs[j]].node] = true;
        }
    }
    for (int i = l->state_count; i < g->parameters.n; i++)
        l->map[g->parameters.at[i].value] = r->map[node->inputs[l->capture + i - l->state_count]];
    for (int i = 0; i < g->nodes.n && r->b->status == KOV_OK; i++) {
        const kov_node *inner = &g->nodes.at[i];
        if (!l->needed[i] || inner->op == KOV_OP_PARAMETER)
            continue;
        kov_value first = kov_copy_node(r->b, g, inner, l->map);
        for (int j = 0; j < inner->output_count; j++)
            l->map[inner->first_output + (kov_value)j] = kov_output(first, j);
    }
}

/* The loop with the smaller body, which takes the hoisted values as its last captures. */
static kov_status emit(kov_rewrite *r, const kov_node *node, const loop *l, kov_value *outs)
{
    const kov_graph *g = l->body;
    kov_context *context = g->context;
    const kov_op_info *op = kov_op_info_of(node->op);
    kov_attr attrs[8];
    kov_graph *body = NULL;
    int hoisted = l->cut_count - g->parameters.n, count = 0;
    kov_value *results = kov_alloc(context, sizeof *results * (size_t)(g->results.n + 1));
    kov_value *inputs =
        kov_alloc(context, sizeof *inputs * (size_t)(node->input_count + hoisted + 1));
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!results || !inputs)
        goto fail;
    for (int i = 0; i < g->results.n; i++)
        results[i] = g->results.at[i].value;
    status = kov_graph_extract(g, l->cuts, l->cut_count, results, g->results.n, &body);
    if (status != KOV_OK)
        goto fail;
    memcpy(attrs, node->attrs, sizeof *attrs * (size_t)op->attr_count);
    attrs[KOV_WHILE_BODY].u.body = body;
    for (int i = 0; i < node->input_count; i++)
        inputs[i] = r->map[node->inputs[i]];
    for (int i = 0; i < hoisted; i++)
        inputs[node->input_count + i] = l->map[l->cuts[g->parameters.n + i].value];
    kov_value first =
        kov_emit_many(r->b, node->op, inputs, node->input_count + hoisted, attrs, &count);
    for (int i = 0; i < node->output_count; i++)
        outs[i] = kov_output(first, i);
fail:
    kov_graph_release(body);
    kov_free(context, results);
    kov_free(context, inputs);
    return status;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->op != KOV_OP_WHILE)
        return false;
    const kov_graph *g = node->attrs[KOV_WHILE_BODY].u.body;
    kov_context *context = g->context;
    const int states = (int)node->attrs[KOV_WHILE_STATE_COUNT].u.integer;
    loop l = {.body = g,
              .state_count = states,
              .capture = node->input_count - (g->parameters.n - states)};
    l.fixed = kov_alloc_zero(context, (size_t)g->values.n);
    l.needed = kov_alloc_zero(context, (size_t)g->nodes.n + 1);
    l.map = kov_alloc_zero(context, sizeof *l.map * (size_t)g->values.n);
    l.cuts = kov_alloc(context, sizeof *l.cuts * (size_t)(g->parameters.n + g->values.n));
    bool changed = false;
    kov_status status = l.fixed && l.needed && l.map && l.cuts ? KOV_OK : KOV_OUT_OF_MEMORY;
    if (status == KOV_OK) {
        mark_fixed(r, node, &l);
        choose(&l);
        changed = l.cut_count > g->parameters.n;
    }
    if (changed) {
        compute(r, node, &l);
        status = emit(r, node, &l, outs);
    }
    if (status != KOV_OK)
        kov_builder_adopt(r->b, status);
    kov_free(context, l.fixed);
    kov_free(context, l.needed);
    kov_free(context, l.map);
    kov_free(context, l.cuts);
    return changed || status != KOV_OK;
}

kov_status kov_pass_hoist_stable(const kov_graph *graph, const kov_pass_options *options,
                                 kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
