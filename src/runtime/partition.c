/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/partition.h"
#include "base/status.h"
#include "passes/extract.h"
#include "passes/stable.h"
#include <string.h>

/* Working state: per node its rank (0: prologue, then parts in order), per value its slot. */
struct work {
    const kov_graph *graph;
    kov_partition *out;
    bool *stable; /* per value: known from constants and variables */
    int *rank;    /* per node; -1: parameters and constants, which go where they are used */
    int *slot;    /* per value; -1: none */
    int ranks;
};

static bool is_leaf(const kov_node *node)
{
    return node->op == KOV_OP_PARAMETER || node->op == KOV_OP_CONSTANT;
}

/* Ranks of odd number are the wanted engine's, even ones the fallback's; a node's rank is the
 * smallest of its engine that is not before its inputs', which makes the parts convex and few. */
static void rank_nodes(struct work *w, const kov_engine *wanted, const kov_engine *fallback)
{
    const kov_graph *g = w->graph;
    w->ranks = 1;
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        char why[160] = "";
        int lowest = 1;
        w->rank[i] = -1;
        if (is_leaf(node))
            continue;
        if (w->stable[node->first_output]) {
            w->rank[i] = 0;
            continue;
        }
        for (int j = 0; j < node->input_count; j++) {
            if (node->inputs[j] == KOV_VALUE_NONE)
                continue;
            int rank = w->rank[g->values.at[node->inputs[j]].node];
            lowest = rank > lowest ? rank : lowest;
        }
        bool takes = wanted == fallback || wanted->supports(g, node, why, sizeof why);
        if (!takes) {
            kov_text_add(&w->out->why, "# %s: %s: ", fallback->name, why);
            kov_node_print(&w->out->why, g, node);
        }
        bool odd = wanted == fallback || takes;
        w->rank[i] = (lowest % 2 == 1) == odd ? lowest : lowest + 1;
        if (wanted == fallback)
            w->rank[i] = 1;
        if (w->rank[i] >= w->ranks)
            w->ranks = w->rank[i] + 1;
    }
}

/* Values of rank r that something of another rank, or a result, uses get a slot. */
static void give_slots(struct work *w)
{
    const kov_graph *g = w->graph;
    int next = g->parameters.n;
    for (int i = 0; i < g->values.n; i++)
        w->slot[i] = -1;
    for (int i = 0; i < g->parameters.n; i++)
        w->slot[g->parameters.at[i].value] = i;
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        for (int j = 0; j < node->input_count; j++) {
            kov_value v = node->inputs[j];
            if (v == KOV_VALUE_NONE || w->slot[v] >= 0)
                continue;
            int from = w->rank[g->values.at[v].node];
            if (from >= 0 && from != w->rank[i])
                w->slot[v] = next++;
        }
    }
    for (int i = 0; i < g->results.n; i++) {
        if (w->slot[g->results.at[i].value] < 0)
            w->slot[g->results.at[i].value] = next++;
    }
    w->out->slot_count = next;
}

/* Values with a slot that rank r reads (made elsewhere), or puts out. */
static int list_inputs(const struct work *w, int r, kov_cut *cuts, bool *seen)
{
    const kov_graph *g = w->graph;
    int n = 0;
    memset(seen, 0, (size_t)g->values.n);
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        if (w->rank[i] != r)
            continue;
        for (int j = 0; j < node->input_count; j++) {
            kov_value v = node->inputs[j];
            if (v == KOV_VALUE_NONE || seen[v] || w->slot[v] < 0)
                continue;
            if (w->rank[g->values.at[v].node] == r || kov_graph_constant(g, v))
                continue;
            seen[v] = true;
            cuts[n++] = (kov_cut){v, w->stable[v] ? KOV_ROLE_VARIABLE : KOV_ROLE_INPUT, NULL};
        }
    }
    return n;
}

static int list_outputs(const struct work *w, int r, bool takes_constants, kov_value *outputs)
{
    int n = 0;
    for (int v = 1; v < w->graph->values.n; v++) {
        int rank = w->rank[w->graph->values.at[v].node];
        bool loose = rank < 0 && takes_constants && kov_graph_constant(w->graph, (kov_value)v);
        if (w->slot[v] >= w->graph->parameters.n && (rank == r || loose))
            outputs[n++] = (kov_value)v;
    }
    return n;
}

static kov_status make_part(struct work *w, int r, bool takes_constants, const kov_engine *engine,
                            kov_cut *cuts, kov_value *outputs, bool *seen, kov_part *part)
{
    kov_context *context = w->graph->context;
    int inputs = list_inputs(w, r, cuts, seen);
    int outs = list_outputs(w, r, takes_constants, outputs);
    part->engine = engine;
    part->input_count = inputs;
    part->output_count = outs;
    part->input_slots = kov_alloc(context, sizeof(int) * (size_t)(inputs + 1));
    part->input_stable = kov_alloc(context, sizeof(bool) * (size_t)(inputs + 1));
    part->output_slots = kov_alloc(context, sizeof(int) * (size_t)(outs + 1));
    if (!part->input_slots || !part->input_stable || !part->output_slots)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < inputs; i++) {
        part->input_slots[i] = w->slot[cuts[i].value];
        part->input_stable[i] = w->stable[cuts[i].value];
    }
    for (int i = 0; i < outs; i++)
        part->output_slots[i] = w->slot[outputs[i]];
    return kov_graph_extract(w->graph, cuts, inputs, outputs, outs, &part->graph);
}

static kov_status make_parts(struct work *w, const kov_engine *wanted, const kov_engine *fallback)
{
    const kov_graph *g = w->graph;
    kov_context *context = g->context;
    kov_partition *out = w->out;
    kov_cut *cuts = kov_alloc(context, sizeof *cuts * (size_t)g->values.n);
    kov_value *outputs = kov_alloc(context, sizeof *outputs * (size_t)g->values.n);
    bool *seen = kov_alloc(context, (size_t)g->values.n);
    kov_status status = KOV_OUT_OF_MEMORY;
    out->parts = kov_alloc_zero(context, sizeof *out->parts * (size_t)(w->ranks + 1));
    if (!cuts || !outputs || !seen || !out->parts)
        goto fail;
    status = KOV_OK;
    for (int r = 0; r < w->ranks && status == KOV_OK; r++) {
        bool any = false, constants = r == 0;
        for (int i = 0; i < g->nodes.n && !any; i++)
            any = w->rank[i] == r;
        if (!any && !(constants && list_outputs(w, r, true, outputs) > 0))
            continue;
        const kov_engine *engine = r % 2 == 1 ? wanted : fallback;
        status =
            make_part(w, r, constants, engine, cuts, outputs, seen, &out->parts[out->part_count++]);
        out->has_prologue = out->has_prologue || r == 0;
    }
fail:
    kov_free(context, cuts);
    kov_free(context, outputs);
    kov_free(context, seen);
    return status;
}

kov_status kov_partition_make(const kov_graph *graph, const kov_engine *wanted,
                              const kov_engine *fallback, kov_partition *out)
{
    kov_context *context = graph->context;
    struct work w = {.graph = graph, .out = out};
    kov_status status = KOV_OUT_OF_MEMORY;
    *out = (kov_partition){.context = context, .result_count = graph->results.n};
    w.stable = kov_graph_stable(graph);
    w.rank = kov_alloc_zero(context, sizeof *w.rank * (size_t)(graph->nodes.n + 1));
    w.slot = kov_alloc_zero(context, sizeof *w.slot * (size_t)graph->values.n);
    out->result_slots = kov_alloc(context, sizeof(int) * (size_t)(graph->results.n + 1));
    if (!w.stable || !w.rank || !w.slot || !out->result_slots)
        goto fail;
    rank_nodes(&w, wanted, fallback);
    give_slots(&w);
    for (int i = 0; i < graph->results.n; i++)
        out->result_slots[i] = w.slot[graph->results.at[i].value];
    status = make_parts(&w, wanted, fallback);
fail:
    kov_free(context, w.stable);
    kov_free(context, w.rank);
    kov_free(context, w.slot);
    if (status != KOV_OK)
        kov_partition_free(out);
    return status;
}

void kov_partition_free(kov_partition *p)
{
    for (int i = 0; i < p->part_count; i++) {
        kov_graph_release(p->parts[i].graph);
        kov_free(p->context, p->parts[i].input_slots);
        kov_free(p->context, p->parts[i].input_stable);
        kov_free(p->context, p->parts[i].output_slots);
    }
    kov_free(p->context, p->parts);
    kov_free(p->context, p->result_slots);
    kov_text_free(p->why.at);
    *p = (kov_partition){0};
}
