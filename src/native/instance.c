/* SPDX-License-Identifier: Apache-2.0 */
/* Planning an executable for concrete shapes: inference, what is needed, steps, results, memory. */
#include "native/instance.h"

#include "base/cpu.h"
#include "graph/reinfer.h"
#include "native/plan/planner.h"
#include "tensor/shape.h"

#include <string.h>

enum { CONTENT_BYTES = 512 };

static kov_status infer_all(kov_planner *p, kov_tensor *const *inputs)
{
    kov_executable *e = p->executable;
    const kov_graph *graph = p->graph;
    size_t values = (size_t)graph->values.n;
    kov_infer_input *given =
        kov_arena_alloc(&p->scratch, sizeof *given * (size_t)(graph->parameters.n + 1));
    p->infos = kov_arena_alloc(&p->scratch, sizeof *p->infos * values);
    p->values = kov_arena_alloc(&p->scratch, sizeof *p->values * values);
    p->done = kov_arena_alloc(&p->scratch, (size_t)graph->nodes.n);
    if (!given || !p->infos || !p->values || !p->done)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < graph->parameters.n; i++) {
        int ndim = kov_tensor_ndim(inputs[i]);
        kov_dim *dims =
            kov_arena_copy(p->arena, kov_tensor_dims(inputs[i]), sizeof *dims * (size_t)ndim);
        if (!dims)
            return KOV_OUT_OF_MEMORY;
        bool read = e->content[i] && kov_tensor_bytes(inputs[i]) <= CONTENT_BYTES;
        given[i] = (kov_infer_input){.dtype = kov_tensor_dtype(inputs[i]),
                                     .ndim = ndim,
                                     .dims = dims,
                                     .tensor = read ? inputs[i] : NULL};
    }
    return kov_graph_reinfer(graph, given, e->dims, p->arena, p->infos);
}

static void use(kov_planner *p, kov_value value, int user)
{
    kov_planned *v = kov_plan_value(p, value);
    v->needed = true;
    if (v->uses < 2)
        v->users[v->uses] = user;
    v->uses++;
}

/* Of what inference knows only shapes are taken for data: in other numbers the smallest int64 may
 * have been lost. */
static bool computes(const kov_planner *p, const kov_node *node)
{
    bool known = node->op == KOV_OP_SHAPE_OF && kov_plan_is_known(p, node->first_output);
    for (int i = 0; i < node->output_count && !known; i++) {
        if (p->values[node->first_output + (kov_value)i].needed)
            return true;
    }
    return false;
}

/* From the results backward: what a step must make. Inputs that inference alone reads are none. */
static void mark_needed(kov_planner *p)
{
    const kov_graph *graph = p->graph;
    for (int i = 0; i < graph->results.n; i++)
        use(p, graph->results.at[i].value, -1);
    for (int i = graph->nodes.n - 1; i >= 0; i--) {
        const kov_node *node = &graph->nodes.at[i];
        if (node->op == KOV_OP_CONSTANT || node->op == KOV_OP_PARAMETER || !computes(p, node)) {
            p->done[i] = true;
            continue;
        }
        for (int j = 0; j < node->input_count; j++) {
            kov_value v = node->inputs[j];
            if (v != KOV_VALUE_NONE && !(kov_reads_content(node->op, j) && kov_plan_is_known(p, v)))
                use(p, v, i);
        }
    }
}

/* Its elements are counted, and offsets to them: of no value, empty or not, may they leave int64.
 */
static kov_status count_elements(const kov_planner *p, int v, kov_planned *value)
{
    bool sized = kov_dtype_bits(value->dtype) != 0;
    kov_status status =
        sized ? kov_shape_bytes(value->dtype, value->ndim, value->dims, &value->count, NULL)
              : kov_shape_count(value->ndim, value->dims, &value->count);
    if (status == KOV_OK)
        return KOV_OK;
    const kov_node *node = &p->graph->nodes.at[p->graph->values.at[v].node];
    return kov_fail_in(status, "%s", kov_op_info_of(node->op)->name);
}

/* Stops, with the node, where a dimension is no number. */
static kov_status fill_values(kov_planner *p, int *unresolved)
{
    const kov_graph *graph = p->graph;
    for (int v = 1; v < graph->values.n; v++) {
        kov_planned *value = &p->values[v];
        const kov_infer_input *info = &p->infos[v];
        *value = (kov_planned){.dtype = info->dtype,
                               .ndim = info->ndim,
                               .dims = info->dims,
                               .slot = -1,
                               .group = -1,
                               .product = -1};
        for (int i = 0; i < info->ndim; i++) {
            if (info->dims[i] < 0) {
                *unresolved = graph->values.at[v].node;
                return KOV_OK;
            }
        }
        KOV_TRY(count_elements(p, v, value));
    }
    return KOV_OK;
}

static kov_status plan_results(kov_planner *p)
{
    const kov_graph *graph = p->graph;
    kov_instance *instance = p->instance;
    instance->result_count = graph->results.n;
    instance->results =
        kov_arena_alloc(p->arena, sizeof *instance->results * (size_t)(graph->results.n + 1));
    if (!instance->results)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < graph->results.n; i++) {
        kov_instance_result *result = &instance->results[i];
        kov_value value = graph->results.at[i].value;
        KOV_TRY(kov_plan_get_plain(p, value, &result->slot));
        const kov_planned *v = kov_plan_value(p, value);
        result->dtype = v->dtype;
        result->ndim = v->ndim;
        result->dims = v->dims;
        kov_slot *slot = &p->slots.at[result->slot];
        if (slot->place != KOV_PLACE_ARENA)
            continue;
        slot->place = KOV_PLACE_RESULT;
        slot->index = i;
        result->fresh = true;
    }
    return KOV_OK;
}

static kov_status plan_steps(kov_planner *p)
{
    for (int i = 0; i < p->graph->nodes.n; i++) {
        if (!p->done[i])
            KOV_TRY(kov_plan_node(p, &p->graph->nodes.at[i]));
    }
    return plan_results(p);
}

static kov_status keep_steps(kov_planner *p)
{
    kov_instance *instance = p->instance;
    instance->step_count = p->steps.n;
    instance->slot_count = p->slots.n;
    instance->steps =
        kov_arena_copy(p->arena, p->steps.at, sizeof *instance->steps * (size_t)p->steps.n);
    instance->slots =
        kov_arena_copy(p->arena, p->slots.at, sizeof *instance->slots * (size_t)p->slots.n);
    if (!instance->steps || !instance->slots)
        return KOV_OUT_OF_MEMORY;
    return kov_instance_place(instance);
}

static kov_status plan(kov_planner *p, kov_tensor *const *inputs, int *unresolved)
{
    KOV_TRY(infer_all(p, inputs));
    KOV_TRY(fill_values(p, unresolved));
    if (*unresolved >= 0)
        return KOV_OK;
    mark_needed(p);
    KOV_TRY(plan_steps(p));
    return keep_steps(p);
}

static void free_planner(kov_planner *p)
{
    kov_arena_free(&p->scratch);
    kov_free(p->context, p->steps.at);
    kov_free(p->context, p->slots.at);
    kov_free(p->context, p->groups.at);
    kov_free(p->context, p->products.at);
    kov_free(p->context, p->reordered.at);
}

kov_status kov_instance_create(kov_executable *executable, kov_tensor *const *inputs,
                               const int64_t *key, int key_count, kov_instance **out,
                               int *unresolved)
{
    kov_context *context = executable->context;
    kov_instance *instance = kov_alloc_zero(context, sizeof *instance);
    *unresolved = -1;
    *out = NULL;
    if (!instance)
        return KOV_OUT_OF_MEMORY;
    instance->refs = 1;
    instance->context = context;
    kov_arena_init(&instance->arena, context);
    kov_planner p = {.executable = executable,
                     .graph = executable->graph,
                     .context = context,
                     .instance = instance,
                     .arena = &instance->arena,
                     .isa = kov_cpu_isa()};
    kov_arena_init(&p.scratch, context);
    kov_status status = plan(&p, inputs, unresolved);
    if (status == KOV_OK && *unresolved < 0) {
        instance->key_count = key_count;
        instance->key = kov_arena_copy(&instance->arena, key, sizeof *key * (size_t)key_count);
        if (!instance->key)
            status = KOV_OUT_OF_MEMORY;
    }
    free_planner(&p);
    if (status != KOV_OK || *unresolved >= 0) {
        kov_instance_free(instance);
        return status;
    }
    *out = instance;
    return KOV_OK;
}

void kov_instance_free(kov_instance *instance)
{
    while (instance->states) {
        kov_run_state *state = instance->states;
        instance->states = state->next;
        kov_run_state_free(instance, state);
    }
    kov_arena_free(&instance->arena);
    kov_free(instance->context, instance);
}
