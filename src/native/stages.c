/* SPDX-License-Identifier: Apache-2.0 */
#include "native/stages.h"

#include "base/context.h"
#include "base/status.h"
#include "opset/interpret.h"
#include "passes/extract.h"

#include <string.h>

typedef struct stage {
    kov_executable *executable; /* NULL: the node `node` by itself */
    int node;
    int input_count, output_count;
    kov_value *inputs, *outputs; /* of the graph */
} stage;

struct kov_stages {
    int count;
    stage *at;
    int *last; /* per value: the last stage that reads it; the number of stages for results */
    int body_count;
    kov_body_executable *bodies;
};

/* Ranks: even ones are parts, odd ones hold single nodes. A node's rank is the smallest of its kind
 * that is not before its inputs'. */
static int rank_nodes(const kov_executable *e, int *rank)
{
    const kov_graph *g = e->graph;
    int most = 0;
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        int lowest = 0;
        rank[i] = -1;
        if (node->op == KOV_OP_PARAMETER || node->op == KOV_OP_CONSTANT)
            continue;
        for (int j = 0; j < node->input_count; j++) {
            if (node->inputs[j] == KOV_VALUE_NONE)
                continue;
            int r = rank[g->values.at[node->inputs[j]].node];
            if (r < 0)
                continue;
            bool odd = r % 2 == 1;
            if (e->cuts[i] == KOV_CUT_AROUND)
                r += odd ? 2 : 1;
            else if (e->cuts[i] == KOV_CUT_BEFORE)
                r += odd ? 1 : 2;
            else
                r += odd ? 1 : 0;
            lowest = r > lowest ? r : lowest;
        }
        if (e->cuts[i] == KOV_CUT_AROUND && lowest == 0)
            lowest = 1;
        rank[i] = lowest;
        most = lowest > most ? lowest : most;
    }
    return most + 1;
}

static bool is_constant(const kov_graph *g, kov_value v)
{
    return g->nodes.at[g->values.at[v].node].op == KOV_OP_CONSTANT;
}

static int add_value(kov_value *list, int n, kov_value v)
{
    for (int i = 0; i < n; i++) {
        if (list[i] == v)
            return n;
    }
    list[n] = v;
    return n + 1;
}

/* Values that rank r reads from elsewhere, and those of its own that something else reads. */
static void list_values(const kov_graph *g, const int *rank, int r, const bool *result, stage *s)
{
    for (int i = 0; i < g->nodes.n; i++) {
        const kov_node *node = &g->nodes.at[i];
        for (int j = 0; j < node->input_count; j++) {
            kov_value v = node->inputs[j];
            if (v == KOV_VALUE_NONE || is_constant(g, v))
                continue;
            int from = rank[g->values.at[v].node];
            if (rank[i] == r && from != r)
                s->input_count = add_value(s->inputs, s->input_count, v);
            if (rank[i] != r && from == r)
                s->output_count = add_value(s->outputs, s->output_count, v);
        }
    }
    for (int v = 1; v < g->values.n; v++) {
        if (result[v] && rank[g->values.at[v].node] == r)
            s->output_count = add_value(s->outputs, s->output_count, (kov_value)v);
    }
}

static kov_status make_part(const kov_executable *e, stage *s)
{
    const kov_graph *g = e->graph;
    kov_graph *part = NULL;
    kov_cut *cuts = kov_alloc_zero(e->context, sizeof *cuts * (size_t)(s->input_count + 1));
    if (!cuts)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < s->input_count; i++) {
        cuts[i] = (kov_cut){s->inputs[i], KOV_ROLE_INPUT, NULL};
        for (int j = 0; j < g->parameters.n; j++) {
            if (g->parameters.at[j].value == s->inputs[i])
                cuts[i].role = g->parameters.at[j].role;
        }
    }
    kov_status status =
        kov_graph_extract(g, cuts, s->input_count, s->outputs, s->output_count, &part);
    if (status == KOV_OK)
        status = kov_executable_create(part, e->eager, &s->executable);
    kov_graph_release(part);
    kov_free(e->context, cuts);
    return status;
}

static kov_status open_stage(const kov_executable *e, stage *s)
{
    size_t room = sizeof *s->inputs * (size_t)(e->graph->values.n + 1);
    s->inputs = kov_alloc(e->context, room);
    s->outputs = kov_alloc(e->context, room);
    return s->inputs && s->outputs ? KOV_OK : KOV_OUT_OF_MEMORY;
}

static kov_status make_rank(const kov_executable *e, const int *rank, int r, const bool *result,
                            kov_stages *stages)
{
    const kov_graph *g = e->graph;
    if (r % 2 == 0) {
        stage *s = &stages->at[stages->count];
        stages->count++;
        KOV_TRY(open_stage(e, s));
        list_values(g, rank, r, result, s);
        if (s->output_count > 0)
            return make_part(e, s);
        kov_free(e->context, s->inputs); /* nothing needs this rank */
        kov_free(e->context, s->outputs);
        *s = (stage){0};
        stages->count--;
        return KOV_OK;
    }
    for (int i = 0; i < g->nodes.n; i++) {
        if (rank[i] != r)
            continue;
        const kov_node *node = &g->nodes.at[i];
        stage *s = &stages->at[stages->count++];
        s->node = i;
        KOV_TRY(open_stage(e, s));
        for (int j = 0; j < node->input_count; j++) {
            if (node->inputs[j] != KOV_VALUE_NONE && !is_constant(g, node->inputs[j]))
                s->input_count = add_value(s->inputs, s->input_count, node->inputs[j]);
        }
        for (int j = 0; j < node->output_count; j++)
            s->outputs[s->output_count++] = node->first_output + (kov_value)j;
    }
    return KOV_OK;
}

static kov_status compile_bodies(const kov_executable *e, kov_stages *stages)
{
    const kov_graph *g = e->graph;
    stages->bodies = kov_alloc_zero(e->context, sizeof *stages->bodies * (size_t)(g->bodies.n + 1));
    if (!stages->bodies)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < g->bodies.n; i++) {
        kov_body_executable *body = &stages->bodies[stages->body_count];
        body->body = g->bodies.at[i];
        KOV_TRY(kov_executable_create(g->bodies.at[i], e->eager, &body->executable));
        stages->body_count++;
    }
    return KOV_OK;
}

static kov_status fill(const kov_executable *e, kov_stages *stages, int *rank, bool *result)
{
    const kov_graph *g = e->graph;
    int ranks = rank_nodes(e, rank);
    for (int i = 0; i < g->results.n; i++)
        result[g->results.at[i].value] = true;
    for (int r = 0; r < ranks; r++)
        KOV_TRY(make_rank(e, rank, r, result, stages));
    for (int i = 0; i < stages->count; i++) {
        for (int j = 0; j < stages->at[i].input_count; j++)
            stages->last[stages->at[i].inputs[j]] = i;
    }
    for (int i = 0; i < g->results.n; i++)
        stages->last[g->results.at[i].value] = stages->count;
    return compile_bodies(e, stages);
}

kov_status kov_stages_create(const kov_executable *e, kov_stages **out)
{
    const kov_graph *g = e->graph;
    kov_stages *stages = kov_alloc_zero(e->context, sizeof *stages);
    int *rank = kov_alloc_zero(e->context, sizeof *rank * (size_t)(g->nodes.n + 1));
    bool *result = kov_alloc_zero(e->context, (size_t)g->values.n);
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!stages || !rank || !result)
        goto fail;
    stages->last = kov_alloc_zero(e->context, sizeof *stages->last * (size_t)g->values.n);
    stages->at = kov_alloc_zero(e->context, sizeof *stages->at * (size_t)(2 * g->nodes.n + 2));
    if (stages->last && stages->at)
        status = fill(e, stages, rank, result);
    if (status == KOV_OK) {
        *out = stages;
        stages = NULL;
    }
fail:
    kov_stages_free(e->context, stages);
    kov_free(e->context, rank);
    kov_free(e->context, result);
    return status;
}

void kov_stages_free(kov_context *context, kov_stages *stages)
{
    if (!stages)
        return;
    for (int i = 0; stages->at && i < stages->count; i++) {
        kov_executable_release(stages->at[i].executable);
        kov_free(context, stages->at[i].inputs);
        kov_free(context, stages->at[i].outputs);
    }
    for (int i = 0; i < stages->body_count; i++)
        kov_executable_release(stages->bodies[i].executable);
    kov_free(context, stages->bodies);
    kov_free(context, stages->at);
    kov_free(context, stages->last);
    kov_free(context, stages);
}

/* ---- single nodes ---- */

static kov_status run_body(void *user, kov_graph *body, kov_tensor *const *inputs,
                           kov_tensor **results)
{
    const kov_stages *stages = user;
    KOV_TRY(kov_context_check_cancelled(body->context));
    for (int i = 0; i < stages->body_count; i++) {
        if (stages->bodies[i].body == body)
            return kov_executable_run(stages->bodies[i].executable, inputs, results);
    }
    return kov_fail(KOV_INTERNAL, "a body was not compiled");
}

static kov_status run_node(kov_stages *stages, const kov_graph *graph, const kov_node *node,
                           kov_tensor **values)
{
    kov_context *context = graph->context;
    kov_tensor **inputs = kov_alloc_zero(context, sizeof *inputs * (size_t)(node->input_count + 1));
    if (!inputs)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < node->input_count; i++) {
        kov_value v = node->inputs[i];
        if (v != KOV_VALUE_NONE)
            inputs[i] =
                is_constant(graph, v) ? (kov_tensor *)kov_graph_constant(graph, v) : values[v];
    }
    kov_status status = kov_interpret_node(context, graph, node, inputs,
                                           &values[node->first_output], run_body, stages);
    kov_free(context, inputs);
    return status;
}

/* ---- runs ---- */

static kov_status run_part(const stage *s, kov_context *context, kov_tensor **values)
{
    kov_tensor *few[32], **at = few;
    int n = s->input_count + s->output_count;
    if (n > 32 && !(at = kov_alloc(context, sizeof *at * (size_t)n)))
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < s->input_count; i++)
        at[i] = values[s->inputs[i]];
    kov_status status = kov_executable_run(s->executable, at, at + s->input_count);
    for (int i = 0; i < s->output_count && status == KOV_OK; i++)
        values[s->outputs[i]] = at[s->input_count + i];
    if (at != few)
        kov_free(context, at);
    return status;
}

static void drop_dead(const kov_stages *stages, int index, kov_tensor **values)
{
    const stage *s = &stages->at[index];
    for (int i = 0; i < s->input_count; i++) {
        if (stages->last[s->inputs[i]] != index)
            continue;
        kov_tensor_release(values[s->inputs[i]]);
        values[s->inputs[i]] = NULL;
    }
}

kov_status kov_stages_run(kov_stages *stages, const kov_graph *graph, kov_tensor *const *inputs,
                          kov_tensor **results)
{
    kov_context *context = graph->context;
    kov_tensor **values = kov_alloc_zero(context, sizeof *values * (size_t)graph->values.n);
    kov_status status = KOV_OK;
    if (!values)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < graph->parameters.n; i++) {
        kov_tensor_retain(inputs[i]);
        values[graph->parameters.at[i].value] = inputs[i];
    }
    for (int i = 0; i < stages->count && status == KOV_OK; i++) {
        const stage *s = &stages->at[i];
        status = kov_context_check_cancelled(context);
        if (status == KOV_OK)
            status = s->executable ? run_part(s, context, values)
                                   : run_node(stages, graph, &graph->nodes.at[s->node], values);
        if (status == KOV_OK)
            drop_dead(stages, i, values);
    }
    for (int i = 0; i < graph->results.n && status == KOV_OK; i++) {
        kov_value v = graph->results.at[i].value;
        results[i] = is_constant(graph, v) ? (kov_tensor *)kov_graph_constant(graph, v) : values[v];
        kov_tensor_retain(results[i]);
    }
    for (int v = 1; v < graph->values.n; v++)
        kov_tensor_release(values[v]);
    kov_free(context, values);
    return status;
}

void kov_stages_text(kov_stages *stages, const kov_graph *graph, kov_text *text)
{
    for (int i = 0; i < stages->count; i++) {
        kov_text_add(text, " stage %d of %d:\n", i + 1, stages->count);
        if (stages->at[i].executable)
            kov_executable_text(stages->at[i].executable, text);
        else
            kov_node_print(text, graph, &graph->nodes.at[stages->at[i].node]);
    }
    for (int i = 0; i < stages->body_count; i++) {
        kov_text_add(text, " body %d:\n", i + 1);
        kov_executable_text(stages->bodies[i].executable, text);
    }
}
