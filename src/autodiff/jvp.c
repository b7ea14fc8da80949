/* SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/jvp.h"

#include "opset_build.h"

#include <string.h>

bool kov_jvp_has_tangents(kov_dtype dtype)
{
    return kov_dtype_is_float(dtype) || kov_dtype_is_complex(dtype);
}

kov_value kov_jvp_spread(kov_builder *b, kov_value t, kov_value x)
{
    if (t == KOV_VALUE_NONE || b->status != KOV_OK)
        return t;
    const kov_value_info *have = kov_builder_value(b, t), *want = kov_builder_value(b, x);
    bool same = have->ndim == want->ndim;
    for (int i = 0; same && i < want->ndim; i++)
        same = have->dims[i] == want->dims[i];
    return same ? t : kov_broadcast(b, t, kov_shape_value(b, x), KOV_VALUE_NONE, "numpy");
}

kov_value kov_jvp_zeros_like(kov_builder *b, kov_value x)
{
    return kov_jvp_spread(b, kov_scalar_like(b, x, 0), x);
}

kov_value kov_jvp_dense(const kov_jvp *at, int i)
{
    return at->dx[i] == KOV_VALUE_NONE ? kov_jvp_zeros_like(at->b, at->in[i]) : at->dx[i];
}

kov_value kov_jvp_sum(kov_builder *b, kov_value a, kov_value c)
{
    if (a == KOV_VALUE_NONE || c == KOV_VALUE_NONE)
        return a == KOV_VALUE_NONE ? c : a;
    return kov_add(b, a, c);
}

kov_value kov_jvp_again(const kov_jvp *at, const kov_value *inputs)
{
    int count;
    return kov_emit_many(at->b, at->node->op, inputs, at->node->input_count, at->node->attrs,
                         &count);
}

kov_value kov_jvp_refuse(const kov_jvp *at, const char *why)
{
    return kov_builder_fail(at->b, KOV_NOT_IMPLEMENTED, "jvp: %s has no derivative%s%s",
                            kov_op_info_of(at->node->op)->name, *why ? " " : "", why);
}

/* ---- The walk ---- */

typedef struct walk {
    kov_builder *b;
    const kov_graph *graph;
    kov_value *map, *tangent; /* per value of graph */
} walk;

static kov_value *inputs_through(const walk *w, const kov_node *node, const kov_value *map)
{
    kov_value *at = kov_alloc(w->b->context, sizeof *at * (size_t)(node->input_count + 1));
    for (int i = 0; at && i < node->input_count; i++)
        at[i] = node->inputs[i] == KOV_VALUE_NONE ? KOV_VALUE_NONE : map[node->inputs[i]];
    return at;
}

static bool is_reached(const walk *w, const kov_node *node)
{
    bool reached = false, able = false;
    if (node->op == KOV_OP_COMPOSITE && strcmp(node->function_name, "stop_gradient") == 0)
        return false;
    for (int i = 0; i < node->input_count; i++)
        reached = reached || (node->inputs[i] != KOV_VALUE_NONE &&
                              w->tangent[node->inputs[i]] != KOV_VALUE_NONE);
    for (int i = 0; i < node->output_count; i++)
        able = able || kov_jvp_has_tangents(
                           kov_graph_value(w->graph, node->first_output + (kov_value)i)->dtype);
    return reached && able;
}

/* Composites are differentiated by their bodies, which then stand for the node itself, too. */
static void visit(const walk *w, const kov_node *node)
{
    kov_builder *b = w->b;
    kov_value *out = w->map + node->first_output, *dy = w->tangent + node->first_output;
    bool reached = is_reached(w, node), whole = reached && node->op == KOV_OP_COMPOSITE;
    kov_value first = whole ? KOV_VALUE_NONE : kov_copy_node(b, w->graph, node, w->map);
    for (int i = 0; !whole && i < node->output_count; i++)
        out[i] = kov_output(first, i);
    if (!reached || b->status != KOV_OK)
        return;
    kov_value *in = inputs_through(w, node, w->map), *dx = inputs_through(w, node, w->tangent);
    const kov_jvp at = {.b = b, .node = node, .in = in, .dx = dx, .out = out, .dy = dy};
    kov_jvp_rule rule = kov_jvp_rule_of(node->op);
    if (!in || !dx)
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    else if (whole)
        kov_jvp_graph(b, node->attrs[KOV_COMPOSITE_BODY].u.body, in, dx, out, dy);
    else if (rule)
        rule(&at);
    else
        kov_jvp_refuse(&at, "");
    kov_free(b->context, in);
    kov_free(b->context, dx);
}

void kov_jvp_graph(kov_builder *b, const kov_graph *graph, const kov_value *inputs,
                   const kov_value *tangents, kov_value *results, kov_value *result_tangents)
{
    size_t n = (size_t)graph->values.n;
    walk w = {.b = b, .graph = graph, .map = kov_alloc_zero(b->context, 2 * n * sizeof *w.map)};
    if (!w.map) {
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
        return;
    }
    w.tangent = w.map + n;
    memset(w.tangent, 0xff, n * sizeof *w.tangent); /* KOV_VALUE_NONE */
    for (int i = 0; i < graph->parameters.n; i++) {
        kov_value value = graph->parameters.at[i].value;
        w.map[value] = inputs[i];
        if (kov_jvp_has_tangents(kov_graph_value(graph, value)->dtype))
            w.tangent[value] = tangents[i];
    }
    for (int i = 0; i < graph->nodes.n && b->status == KOV_OK; i++) {
        if (graph->nodes.at[i].op != KOV_OP_PARAMETER)
            visit(&w, &graph->nodes.at[i]);
    }
    for (int i = 0; i < graph->results.n; i++) {
        results[i] = w.map[graph->results.at[i].value];
        result_tangents[i] = w.tangent[graph->results.at[i].value];
    }
    kov_free(b->context, w.map);
}
