/* SPDX-License-Identifier: Apache-2.0 */
#include "native/executable.h"

#include "base/context.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/native.h"
#include "native/stages.h"
#include "passes/passes.h"
#include "tensor/tensor.h"

#include <fenv.h>
#include <string.h>

enum {
    MAX_INSTANCES = 8,
    MAX_INSTANCES_EAGER = 4,
    MAX_STATES = 8,
    KEPT_BYTES_EAGER = 64 << 10, /* memory that a run of an eager plan may leave behind */
    MAX_DIMS = 4096,
    CONTENT_NUMBERS = 64, /* elements of an input that inference reads */
    FEW_NUMBERS = 128
};

/* ---- creation ---- */

static bool needs_passes(const kov_graph *graph, bool *fold)
{
    bool inlines = false;
    *fold = false;
    for (int i = 0; i < graph->nodes.n; i++) {
        const kov_node *node = &graph->nodes.at[i];
        bool constant = node->input_count > 0;
        for (int j = 0; j < node->input_count; j++)
            constant = constant && kov_graph_constant(graph, node->inputs[j]);
        *fold = *fold || constant;
        inlines =
            inlines || (node->op == KOV_OP_COMPOSITE && !kov_native_keeps_composite(graph, node));
    }
    return inlines;
}

/* What the runtime's passes do for other plans, as far as it pays for a small graph. */
static kov_status prepare(kov_graph *graph, bool eager, kov_graph **out)
{
    const kov_pass_options options = {.keep_composite = kov_native_keeps_composite};
    bool fold;
    kov_graph *current = graph, *next;
    kov_graph_retain(current);
    *out = NULL;
    if (eager) {
        kov_status status = KOV_OK;
        if (needs_passes(current, &fold)) {
            status = kov_pass_inline(current, &options, &next);
            kov_graph_release(current);
            KOV_TRY(status);
            current = next;
            needs_passes(current, &fold);
        }
        if (fold) {
            status = kov_pass_fold(current, &options, &next);
            kov_graph_release(current);
            KOV_TRY(status);
            current = next;
        }
    }
    *out = current;
    return KOV_OK;
}

/* Marks the parameters whose elements inference reads, from the nodes that read them backward. */
static kov_status find_content(kov_executable *e)
{
    const kov_graph *graph = e->graph;
    bool *read = kov_alloc_zero(e->context, (size_t)graph->values.n);
    if (!read)
        return KOV_OUT_OF_MEMORY;
    for (int i = graph->nodes.n - 1; i >= 0; i--) {
        const kov_node *node = &graph->nodes.at[i];
        bool wanted = false;
        for (int j = 0; j < node->output_count; j++)
            wanted = wanted || read[node->first_output + (kov_value)j];
        for (int j = 0; j < node->input_count; j++) {
            kov_value v = node->inputs[j];
            if (v == KOV_VALUE_NONE || kov_graph_value(graph, v)->ndim > 1)
                continue;
            read[v] = read[v] || kov_reads_content(node->op, j) ||
                      (wanted && node->op != KOV_OP_SHAPE_OF);
        }
    }
    for (int i = 0; i < graph->parameters.n; i++)
        e->content[i] = read[graph->parameters.at[i].value];
    kov_free(e->context, read);
    return KOV_OK;
}

static bool mark_cuts(kov_executable *e)
{
    bool any = false;
    for (int i = 0; i < e->graph->nodes.n; i++) {
        const kov_node *node = &e->graph->nodes.at[i];
        bool cut = kov_op_info_of(node->op)->data_shape &&
                   !(node->op == KOV_OP_COMPOSITE && kov_native_keeps_composite(e->graph, node));
        e->cuts[i] = cut ? KOV_CUT_AROUND : KOV_CUT_NONE;
        any = any || cut;
    }
    return any;
}

static kov_status fill(kov_executable *e)
{
    const kov_graph *graph = e->graph;
    e->key_room = 1;
    for (int i = 0; i < graph->parameters.n; i++)
        e->key_room +=
            kov_graph_value(graph, graph->parameters.at[i].value)->ndim + CONTENT_NUMBERS;
    e->content = kov_alloc_zero(e->context, (size_t)graph->parameters.n + 1);
    e->cuts = kov_alloc_zero(e->context, (size_t)graph->nodes.n + 1);
    e->dims = kov_dims_create(e->context);
    if (!e->content || !e->cuts || !e->dims)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(find_content(e));
    if (!mark_cuts(e))
        return KOV_OK;
    kov_stages *stages;
    KOV_TRY(kov_stages_create(e, &stages));
    atomic_store(&e->stages, stages);
    return KOV_OK;
}

kov_status kov_executable_create(kov_graph *graph, bool eager, kov_executable **out)
{
    kov_graph *prepared;
    KOV_TRY(prepare(graph, eager, &prepared));
    kov_executable *e = kov_alloc_zero(graph->context, sizeof *e);
    if (!e) {
        kov_graph_release(prepared);
        return KOV_OUT_OF_MEMORY;
    }
    e->context = graph->context;
    kov_context_hold(e->context);
    e->graph = prepared;
    e->eager = eager;
    pthread_mutex_init(&e->lock, NULL);
    kov_status status = fill(e);
    if (status != KOV_OK) {
        kov_executable_release(e);
        return status;
    }
    *out = e;
    return KOV_OK;
}

void kov_executable_release(kov_executable *e)
{
    if (!e)
        return;
    kov_context *context = e->context;
    while (e->instances) {
        kov_instance *instance = e->instances;
        e->instances = instance->next;
        kov_instance_free(instance);
    }
    kov_packs_free(context, &e->packs);
    kov_stages_free(context, atomic_load(&e->stages));
    kov_dims_release(e->dims);
    kov_free(context, e->content);
    kov_free(context, e->cuts);
    pthread_mutex_destroy(&e->lock);
    kov_graph_release(e->graph);
    kov_free(context, e);
    kov_context_drop(context);
}

/* ---- finding the instance of a run ---- */

/* The shapes of all inputs and the elements of those that inference reads, as far as they matter.
 */
static int make_key(const kov_executable *e, kov_tensor *const *inputs, int64_t *key)
{
    int n = 0;
    key[n++] = kov_parallel_width(e->context); /* kernels' scratch depends on it */
    for (int i = 0; i < e->graph->parameters.n; i++) {
        const kov_tensor *t = inputs[i];
        for (int j = 0; j < t->ndim; j++)
            key[n++] = t->dims[j];
        if (!e->content[i] || t->bytes > CONTENT_NUMBERS * sizeof(int64_t))
            continue;
        size_t numbers = (t->bytes + sizeof(int64_t) - 1) / sizeof(int64_t);
        memset(&key[n], 0, numbers * sizeof *key);
        if (t->bytes)
            memcpy(&key[n], t->buffer->data, t->bytes);
        n += (int)numbers;
    }
    return n;
}

static kov_status check_inputs(const kov_executable *e, kov_tensor *const *inputs)
{
    for (int i = 0; i < e->graph->parameters.n; i++) {
        const kov_graph_parameter *p = &e->graph->parameters.at[i];
        const kov_value_info *v = kov_graph_value(e->graph, p->value);
        if (inputs[i]->dtype != v->dtype || inputs[i]->ndim != v->ndim)
            return kov_fail(KOV_INVALID_ARGUMENT,
                            "input %d (%s) is %s of %d dimensions, it must be %s of %d", i,
                            p->name ? p->name : "unnamed", kov_dtype_keras_name(inputs[i]->dtype),
                            inputs[i]->ndim, kov_dtype_keras_name(v->dtype), v->ndim);
    }
    return KOV_OK;
}

static kov_instance *find(kov_executable *e, const int64_t *key, int n)
{
    for (kov_instance **at = &e->instances; *at; at = &(*at)->next) {
        kov_instance *instance = *at;
        if (instance->key_count != n || memcmp(instance->key, key, sizeof *key * (size_t)n) != 0)
            continue;
        *at = instance->next;
        instance->next = e->instances;
        e->instances = instance;
        return instance;
    }
    return NULL;
}

static void unref(kov_instance *instance)
{
    if (--instance->refs == 0)
        kov_instance_free(instance);
}

static void keep(kov_executable *e, kov_instance *instance)
{
    int most = e->eager ? MAX_INSTANCES_EAGER : MAX_INSTANCES;
    instance->next = e->instances;
    e->instances = instance;
    if (++e->instance_count <= most)
        return;
    kov_instance **at = &e->instances;
    while ((*at)->next)
        at = &(*at)->next;
    kov_instance *oldest = *at;
    *at = NULL;
    e->instance_count--;
    unref(oldest);
}

/* A node whose shape depends on data becomes a cut between stages; one that has all it needs as
 * inputs and still has no shape is evaluated as a stage of its own. */
static kov_status cut(kov_executable *e, int index)
{
    if (atomic_load(&e->stages)) /* another run was first */
        return KOV_OK;
    const kov_node *node = &e->graph->nodes.at[index];
    bool computed = false;
    for (int j = 0; j < node->input_count; j++) {
        if (node->inputs[j] == KOV_VALUE_NONE || !kov_reads_content(node->op, j))
            continue;
        int op = kov_graph_producer(e->graph, node->inputs[j])->op;
        computed = computed || (op != KOV_OP_PARAMETER && op != KOV_OP_CONSTANT);
    }
    kov_stages *stages;
    e->cuts[index] = computed ? KOV_CUT_BEFORE : KOV_CUT_AROUND;
    KOV_TRY(kov_stages_create(e, &stages));
    atomic_store(&e->stages, stages);
    return KOV_OK;
}

/* The lock of the dimensions comes before the executable's, as where plans are made and printed. */
static kov_status cut_at(kov_executable *e, int index)
{
    kov_dims_lock(e->graph->dims);
    pthread_mutex_lock(&e->lock);
    kov_status status = cut(e, index);
    pthread_mutex_unlock(&e->lock);
    kov_dims_unlock(e->graph->dims);
    return status;
}

typedef struct claim {
    int unresolved; /* the node whose shape depends on data, if there is no instance; -1: none */
    kov_instance *instance; /* NULL: the graph has become stages, or must */
    kov_run_state *state;
    kov_packed_set *packed;
} claim;

static kov_status acquire(kov_executable *e, kov_tensor *const *inputs, const int64_t *key, int n,
                          claim *c)
{
    c->unresolved = -1;
    c->instance = find(e, key, n);
    if (!c->instance) {
        if (atomic_load(&e->stages))
            return KOV_OK;
        if (e->dims->failed || e->dims->exprs.n > MAX_DIMS) {
            kov_dims *fresh = kov_dims_create(e->context);
            if (!fresh)
                return KOV_OUT_OF_MEMORY;
            kov_dims_release(e->dims);
            e->dims = fresh;
        }
        KOV_TRY(kov_instance_create(e, inputs, key, n, &c->instance, &c->unresolved));
        if (!c->instance)
            return KOV_OK;
        keep(e, c->instance);
    }
    KOV_TRY(kov_packs_acquire(e->context, &e->packs, inputs, &c->packed));
    c->state = c->instance->states;
    if (c->state) {
        c->instance->states = c->state->next;
        c->instance->state_count--;
    } else {
        kov_status status = kov_run_state_create(c->instance, &c->state);
        if (status != KOV_OK) {
            kov_packed_set_release(e->context, c->packed);
            return status;
        }
    }
    c->instance->refs++;
    return KOV_OK;
}

static void give_back(kov_executable *e, claim *c)
{
    size_t bytes = c->instance->arena_bytes + c->instance->workspace_bytes;
    if (e->eager && bytes > KEPT_BYTES_EAGER) {
        kov_free(e->context, c->state->memory);
        c->state->memory = NULL;
    }
    pthread_mutex_lock(&e->lock);
    if (c->instance->state_count < MAX_STATES) {
        c->state->next = c->instance->states;
        c->instance->states = c->state;
        c->instance->state_count++;
    } else {
        kov_run_state_free(c->instance, c->state);
    }
    unref(c->instance);
    kov_packed_set_release(e->context, c->packed);
    pthread_mutex_unlock(&e->lock);
}

static kov_status run_instance(kov_executable *e, kov_tensor *const *inputs, kov_tensor **results)
{
    int64_t few[FEW_NUMBERS], *key = few;
    claim c = {0};
    if (e->key_room > FEW_NUMBERS &&
        !(key = kov_alloc(e->context, sizeof *key * (size_t)e->key_room)))
        return KOV_OUT_OF_MEMORY;
    int n = make_key(e, inputs, key);
    pthread_mutex_lock(&e->lock);
    kov_status status = acquire(e, inputs, key, n, &c);
    pthread_mutex_unlock(&e->lock);
    if (key != few)
        kov_free(e->context, key);
    if (status == KOV_OK && c.unresolved >= 0)
        status = cut_at(e, c.unresolved);
    KOV_TRY(status);
    if (!c.instance)
        return kov_stages_run(atomic_load(&e->stages), e->graph, inputs, results);
    status = kov_instance_run(c.instance, c.state, e->graph, c.packed ? c.packed->data : NULL,
                              inputs, results);
    give_back(e, &c);
    return status;
}

/* Rounding to nearest and subnormals kept, whatever the caller has set. */
#if defined(__x86_64__)
enum { CONTROL_BITS = 0xFFC0, CONTROL_DEFAULT = 0x1F80 };

static unsigned set_control(void)
{
    unsigned before = __builtin_ia32_stmxcsr();
    if ((before & CONTROL_BITS) != CONTROL_DEFAULT)
        __builtin_ia32_ldmxcsr(CONTROL_DEFAULT);
    return before;
}

static void reset_control(unsigned before)
{
    if ((before & CONTROL_BITS) != CONTROL_DEFAULT)
        __builtin_ia32_ldmxcsr(before);
}
#else
static unsigned set_control(void)
{
    int before = fegetround();
    fesetround(FE_TONEAREST);
    return (unsigned)before;
}

static void reset_control(unsigned before)
{
    fesetround((int)before);
}
#endif

kov_status kov_executable_run(kov_executable *e, kov_tensor *const *inputs, kov_tensor **results)
{
    KOV_TRY(check_inputs(e, inputs));
    kov_stages *stages = atomic_load_explicit(&e->stages, memory_order_acquire);
    unsigned control = set_control();
    kov_status status = stages ? kov_stages_run(stages, e->graph, inputs, results)
                               : run_instance(e, inputs, results);
    reset_control(control);
    return status;
}

/* ---- explaining ---- */

static void step_text(const kov_instance *instance, const kov_graph *graph, const kov_step *step,
                      kov_text *text)
{
    size_t bytes = 0;
    for (int i = step->inputs; i < step->inputs + step->outputs; i++)
        bytes += step->slots[i] >= 0 ? instance->slots[step->slots[i]].bytes : 0;
    kov_text_add(text, "  native %s:", step->kernel);
    for (int i = 0; i < step->node_count; i++) {
        const kov_node *node = &graph->nodes.at[step->nodes[i]];
        kov_text_add(text, "%s%s", i ? " + " : " ", kov_op_info_of(node->op)->name);
        if (node->name && i == 0)
            kov_text_add(text, " \"%s\"", node->name);
    }
    const kov_node *last = &graph->nodes.at[step->nodes[step->node_count - 1]];
    char shape[160];
    const kov_value_info *v = kov_graph_value(graph, last->first_output);
    kov_dims_print(graph->dims, v->ndim, v->dims, shape, sizeof shape);
    kov_text_add(text, " -> %s%s, %zu bytes\n", kov_dtype_keras_name(v->dtype), shape, bytes);
}

void kov_executable_text(kov_executable *e, kov_text *text)
{
    kov_stages *stages = atomic_load(&e->stages);
    if (stages) {
        kov_stages_text(stages, e->graph, text);
        return;
    }
    pthread_mutex_lock(&e->lock);
    const kov_instance *instance = e->instances;
    if (instance) {
        kov_text_add(text, "  native: %d steps, %zu bytes of arena, %zu of workspace\n",
                     instance->step_count, instance->arena_bytes, instance->workspace_bytes);
        for (int i = 0; i < instance->step_count; i++)
            step_text(instance, e->graph, &instance->steps[i], text);
    } else {
        for (int i = 0; i < e->graph->nodes.n; i++)
            kov_node_print(text, e->graph, &e->graph->nodes.at[i]);
    }
    pthread_mutex_unlock(&e->lock);
}

size_t kov_executable_bytes(const kov_executable *e)
{
    const kov_graph *g = e->graph;
    size_t each = e->eager ? KEPT_BYTES_EAGER / 4 : 0; /* instances to come */
    return sizeof *e + each + sizeof(kov_node) * (size_t)g->nodes.n +
           sizeof(kov_value_info) * (size_t)g->values.n;
}
