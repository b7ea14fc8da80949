/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: passes, partition, prologue, runs. */
#include "base/context.h"
#include "base/status.h"
#include "native/native.h"
#include "openvino/lowering/lower.h"
#include "openvino/openvino.h"
#include "opset/reference.h"
#include "passes/extract.h"
#include "passes/pipeline.h"
#include "runtime/weights.h"
#include "tensor/shape.h"
#include <kov/plan.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After so many changes of the variables, an engine that wants constants gets them as inputs. */
#define MAX_REBINDS 4

struct kov_plan {
    int refs;
    kov_context *context;
    kov_graph *graph; /* after the passes */
    kov_partition partition;
    char *device;
    char **properties;
    char *passes_off;
    void **executables; /* per part; NULL where the executable is bound to weights */
    void **natively;    /* per part; for empty tensors that its engine refuses, made when needed */
    pthread_mutex_t lock; /* of what follows */
    kov_weights *weights; /* of the variables' last content */
    int rebinds;
};

/* ---- options ---- */

static char *copy_text(kov_context *context, const char *text)
{
    char *copy = kov_alloc(context, strlen(text) + 1);
    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static kov_status copy_options(kov_plan *plan, const kov_plan_options *options)
{
    const char *device = options ? options->device : NULL;
    if (!device || !*device)
        device = getenv("KOV_DEVICE");
    if (!device || !*device)
        device = "NATIVE";
    plan->device = copy_text(plan->context, device);
    if (!plan->device)
        return KOV_OUT_OF_MEMORY;
    if (options && options->passes_off &&
        !(plan->passes_off = copy_text(plan->context, options->passes_off)))
        return KOV_OUT_OF_MEMORY;
    int n = 0;
    while (options && options->properties && options->properties[n])
        n++;
    plan->properties = kov_alloc_zero(plan->context, sizeof *plan->properties * (size_t)(n + 1));
    if (!plan->properties)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < n; i++) {
        plan->properties[i] = copy_text(plan->context, options->properties[i]);
        if (!plan->properties[i])
            return KOV_OUT_OF_MEMORY;
    }
    return KOV_OK;
}

static kov_engine_options engine_options(const kov_plan *plan)
{
    return (kov_engine_options){.device = plan->device,
                                .properties = (const char *const *)plan->properties,
                                .passes_off = plan->passes_off};
}

/* ---- creation ---- */

static bool wants_constants(const kov_plan *plan, int part)
{
    const kov_part *p = &plan->partition.parts[part];
    if (p->engine != &kov_openvino_engine || plan->rebinds > MAX_REBINDS)
        return false;
    for (int i = 0; i < p->input_count; i++) {
        if (p->input_stable[i])
            return true;
    }
    return false;
}

static kov_status compile_parts(kov_plan *plan)
{
    const kov_engine_options options = engine_options(plan);
    plan->executables = kov_alloc_zero(plan->context, sizeof *plan->executables *
                                                          (size_t)(plan->partition.part_count + 1));
    plan->natively = kov_alloc_zero(plan->context, sizeof *plan->natively *
                                                       (size_t)(plan->partition.part_count + 1));
    if (!plan->executables || !plan->natively)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < plan->partition.part_count; i++) {
        kov_part *part = &plan->partition.parts[i];
        if (!wants_constants(plan, i))
            KOV_TRY(part->engine->compile(part->graph, &options, &plan->executables[i]));
    }
    return KOV_OK;
}

static const kov_engine *engine_of(const char *device)
{
    if (strcmp(device, "NATIVE") == 0)
        return &kov_native_engine;
    return strcmp(device, "REFERENCE") == 0 ? &kov_reference_engine : &kov_openvino_engine;
}

static kov_status lower(kov_plan *plan)
{
    kov_graph *lowered;
    KOV_TRY(kov_openvino_lower(plan->graph, &lowered));
    kov_graph_release(plan->graph);
    plan->graph = lowered;
    return KOV_OK;
}

static kov_status fill(kov_plan *plan, kov_graph *graph, const kov_plan_options *options)
{
    KOV_TRY(copy_options(plan, options));
    const kov_engine *wanted = engine_of(plan->device);
    const kov_engine *fallback =
        wanted == &kov_openvino_engine ? &kov_native_engine : wanted; /* one engine alone */
    if (wanted == &kov_openvino_engine)
        KOV_TRY(kov_openvino_check_device(plan->device));
    const kov_pass_options passes = {
        .off = plan->passes_off,
        .for_openvino = wanted == &kov_openvino_engine,
        .keep_composite = wanted == &kov_native_engine ? kov_native_keeps_composite : NULL};
    KOV_TRY(kov_passes_run(graph, &passes, &plan->graph));
    if (wanted == &kov_openvino_engine)
        KOV_TRY(lower(plan));
    KOV_TRY(kov_partition_make(plan->graph, wanted, fallback, &plan->partition));
    return compile_parts(plan);
}

kov_status kov_plan_create(kov_graph *graph, const kov_plan_options *options, kov_plan **out)
{
    kov_context *context = graph->context;
    kov_plan *plan = kov_alloc_zero(context, sizeof *plan);
    if (!plan)
        return KOV_OUT_OF_MEMORY;
    plan->refs = 1;
    plan->context = context;
    kov_context_hold(context);
    pthread_mutex_init(&plan->lock, NULL);
    kov_dims_lock(graph->dims);
    kov_status status = fill(plan, graph, options);
    kov_dims_unlock(graph->dims);
    if (status != KOV_OK) {
        kov_plan_release(plan);
        return status;
    }
    *out = plan;
    return KOV_OK;
}

void kov_plan_retain(kov_plan *plan)
{
    __atomic_fetch_add(&plan->refs, 1, __ATOMIC_RELAXED);
}

void kov_plan_release(kov_plan *plan)
{
    if (!plan || __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    kov_context *context = plan->context;
    kov_weights_release(plan->weights, &plan->partition);
    for (int i = 0; plan->executables && i < plan->partition.part_count; i++) {
        if (plan->executables[i])
            plan->partition.parts[i].engine->release(plan->executables[i]);
    }
    for (int i = 0; plan->natively && i < plan->partition.part_count; i++) {
        if (plan->natively[i])
            kov_native_engine.release(plan->natively[i]);
    }
    kov_free(context, plan->natively);
    kov_free(context, plan->executables);
    kov_partition_free(&plan->partition);
    kov_graph_release(plan->graph);
    for (int i = 0; plan->properties && plan->properties[i]; i++)
        kov_free(context, plan->properties[i]);
    kov_free(context, plan->properties);
    kov_free(context, plan->device);
    kov_free(context, plan->passes_off);
    pthread_mutex_destroy(&plan->lock);
    kov_free(context, plan);
    kov_context_drop(context);
}

/* ---- inputs ---- */

static kov_status check_input(const kov_plan *plan, int i, const kov_tensor *tensor)
{
    const kov_graph_parameter *p = &plan->graph->parameters.at[i];
    const kov_value_info *v = kov_graph_value(plan->graph, p->value);
    int ndim = kov_tensor_ndim(tensor);
    bool fits = kov_tensor_dtype(tensor) == v->dtype && ndim == v->ndim;
    for (int j = 0; fits && j < ndim; j++)
        fits = v->dims[j] < 0 || v->dims[j] == kov_tensor_dims(tensor)[j];
    if (fits)
        return KOV_OK;
    char want[160], have[160];
    kov_dims_lock(plan->graph->dims);
    kov_dims_print(plan->graph->dims, v->ndim, v->dims, want, sizeof want);
    kov_dims_print(plan->graph->dims, ndim, kov_tensor_dims(tensor), have, sizeof have);
    kov_dims_unlock(plan->graph->dims);
    return kov_fail(KOV_INVALID_ARGUMENT, "input %d (%s): %s%s given, %s%s wanted", i,
                    p->name ? p->name : "unnamed", kov_dtype_keras_name(kov_tensor_dtype(tensor)),
                    have, kov_dtype_keras_name(v->dtype), want);
}

/* The number that a dimension has in the inputs before this one; -1: it is not among theirs. */
static int64_t earlier_dim(const kov_plan *plan, kov_tensor *const *inputs, int before, kov_dim dim)
{
    for (int i = 0; i < before; i++) {
        const kov_value_info *v = kov_graph_value(plan->graph, plan->graph->parameters.at[i].value);
        for (int j = 0; j < v->ndim; j++) {
            if (v->dims[j] == dim)
                return kov_tensor_dims(inputs[i])[j];
        }
    }
    return -1;
}

/* A free dimension that several inputs share is one number. */
static kov_status check_shared(const kov_plan *plan, kov_tensor *const *inputs, int i)
{
    const kov_graph_parameter *p = &plan->graph->parameters.at[i];
    const kov_value_info *v = kov_graph_value(plan->graph, p->value);
    for (int j = 0; j < v->ndim; j++) {
        int64_t number = kov_tensor_dims(inputs[i])[j];
        int64_t before = v->dims[j] < 0 ? earlier_dim(plan, inputs, i, v->dims[j]) : -1;
        if (before >= 0 && before != number) {
            char name[80];
            kov_dims_lock(plan->graph->dims);
            kov_dim_print(plan->graph->dims, v->dims[j], name, sizeof name);
            kov_dims_unlock(plan->graph->dims);
            return kov_fail(KOV_INVALID_ARGUMENT,
                            "input %d (%s): dimension %d, %s, is %lld here and %lld in "
                            "an input before",
                            i, p->name ? p->name : "unnamed", j, name, (long long)number,
                            (long long)before);
        }
    }
    return KOV_OK;
}

static kov_status check_inputs(const kov_plan *plan, kov_tensor *const *inputs, int input_count,
                               int result_count)
{
    if (input_count != plan->graph->parameters.n || result_count != plan->graph->results.n)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "%d inputs and %d results given, the plan has %d and %d", input_count,
                        result_count, plan->graph->parameters.n, plan->graph->results.n);
    for (int i = 0; i < input_count; i++)
        KOV_TRY(check_input(plan, i, inputs[i]));
    for (int i = 1; i < input_count; i++)
        KOV_TRY(check_shared(plan, inputs, i));
    return KOV_OK;
}

/* ---- runs ---- */

/* While plans run, another thread may make a plan of the same graph. */
static kov_status compile_late(const kov_plan *plan, const kov_engine *engine, kov_graph *graph,
                               void **out)
{
    const kov_engine_options options = engine_options(plan);
    kov_dims_lock(plan->graph->dims);
    kov_status status = engine->compile(graph, &options, out);
    kov_dims_unlock(plan->graph->dims);
    return status;
}

static bool has_empty(const kov_part *part, kov_tensor *const *slots)
{
    for (int i = 0; i < part->input_count; i++) {
        if (kov_tensor_count(slots[part->input_slots[i]]) == 0)
            return true;
    }
    return false;
}

/* The part on the native engine; inputs: all of them, stable ones too. */
static kov_status run_natively(kov_plan *plan, int index, kov_tensor *const *inputs,
                               kov_tensor **results)
{
    kov_status status = KOV_OK;
    pthread_mutex_lock(&plan->lock);
    if (!plan->natively[index])
        status = compile_late(plan, &kov_native_engine, plan->partition.parts[index].graph,
                              &plan->natively[index]);
    pthread_mutex_unlock(&plan->lock);
    return status == KOV_OK ? kov_native_engine.run(plan->natively[index], inputs, results)
                            : status;
}

static kov_status run_part(kov_plan *plan, int index, void *executable, kov_tensor **slots,
                           bool skip_stable)
{
    const kov_part *part = &plan->partition.parts[index];
    kov_tensor *few[32], **at = few;
    int n = part->input_count + part->output_count, used = 0;
    if (n > 32 && !(at = kov_alloc(plan->context, sizeof *at * (size_t)n)))
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < part->input_count; i++) {
        if (!skip_stable || !part->input_stable[i])
            at[used++] = slots[part->input_slots[i]];
    }
    kov_tensor **results = at + part->input_count;
    kov_status status = part->engine->run(executable, at, results);
    if (status != KOV_OK && part->engine == &kov_openvino_engine && has_empty(part, slots)) {
        /* Some of OpenVINO's operations, pooling for one, refuse what is empty. */
        for (int i = 0; i < part->input_count; i++)
            at[i] = slots[part->input_slots[i]];
        status = run_natively(plan, index, at, results);
    }
    for (int i = 0; status == KOV_OK && i < part->output_count; i++)
        slots[part->output_slots[i]] = results[i];
    if (at != few)
        kov_free(plan->context, at);
    return status;
}

static bool same_variables(const kov_plan *plan, const kov_weights *weights,
                           kov_tensor *const *inputs)
{
    int n = 0;
    for (int i = 0; i < plan->graph->parameters.n; i++) {
        if (plan->graph->parameters.at[i].role == KOV_ROLE_VARIABLE &&
            weights->ids[n++] != kov_tensor_id(inputs[i]))
            return false;
    }
    return true;
}

static kov_status make_weights(kov_plan *plan, kov_tensor *const *inputs, kov_weights **out)
{
    kov_weights *w;
    int variables = 0;
    KOV_TRY(kov_weights_create(&plan->partition, plan->graph->parameters.n, &w));
    for (int i = 0; i < plan->graph->parameters.n; i++) {
        if (plan->graph->parameters.at[i].role == KOV_ROLE_VARIABLE)
            w->ids[variables++] = kov_tensor_id(inputs[i]);
    }
    kov_status status = KOV_OK;
    if (plan->partition.has_prologue) {
        for (int i = 0; i < plan->graph->parameters.n; i++) {
            kov_tensor_retain(inputs[i]);
            w->slots[i] = inputs[i];
        }
        status = run_part(plan, 0, plan->executables[0], w->slots, false);
        for (int i = 0; i < plan->graph->parameters.n; i++) { /* a plan keeps no input alive */
            kov_tensor_release(w->slots[i]);
            w->slots[i] = NULL;
        }
    }
    if (status == KOV_OK)
        *out = w;
    else
        kov_weights_release(w, &plan->partition);
    return status;
}

/* The weights of these variables with a reference for the caller; made at most once, under the
 * lock. */
static kov_status acquire_weights(kov_plan *plan, kov_tensor *const *inputs, kov_weights **out)
{
    kov_status status = KOV_OK;
    pthread_mutex_lock(&plan->lock);
    if (!plan->weights || !same_variables(plan, plan->weights, inputs)) {
        kov_weights *made;
        status = make_weights(plan, inputs, &made);
        if (status == KOV_OK) {
            plan->rebinds += plan->weights != NULL;
            kov_weights_release(plan->weights, &plan->partition);
            plan->weights = made;
        }
    }
    if (status == KOV_OK) {
        __atomic_fetch_add(&plan->weights->refs, 1, __ATOMIC_RELAXED);
        *out = plan->weights;
    }
    pthread_mutex_unlock(&plan->lock);
    return status;
}

/* The part's graph with its stable inputs as constants, compiled. */
static kov_status bind(kov_plan *plan, int index, kov_tensor *const *slots, void **out)
{
    const kov_part *part = &plan->partition.parts[index];
    const kov_graph *g = part->graph;
    kov_graph *graph = NULL;
    kov_cut *cuts = kov_alloc_zero(plan->context, sizeof *cuts * (size_t)(part->input_count + 1));
    kov_value *results = kov_alloc(plan->context, sizeof *results * (size_t)(g->results.n + 1));
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!cuts || !results)
        goto fail;
    for (int i = 0; i < part->input_count; i++)
        cuts[i] = (kov_cut){g->parameters.at[i].value, KOV_ROLE_INPUT,
                            part->input_stable[i] ? slots[part->input_slots[i]] : NULL};
    for (int i = 0; i < g->results.n; i++)
        results[i] = g->results.at[i].value;
    status = kov_graph_extract(g, cuts, part->input_count, results, g->results.n, &graph);
    if (status == KOV_OK)
        status = compile_late(plan, part->engine, graph, out);
fail:
    kov_graph_release(graph);
    kov_free(plan->context, cuts);
    kov_free(plan->context, results);
    return status;
}

/* The executable of a part for these weights; *bound says that stable inputs are constants in it.
 */
static kov_status executable_of(kov_plan *plan, int index, kov_weights *weights,
                                kov_tensor *const *slots, void **out, bool *bound)
{
    const kov_part *part = &plan->partition.parts[index];
    kov_status status = KOV_OK;
    pthread_mutex_lock(&plan->lock);
    *bound = weights->bound[index] != NULL ||
             (!plan->executables[index] && wants_constants(plan, index));
    if (*bound) {
        if (!weights->bound[index])
            status = bind(plan, index, slots, &weights->bound[index]);
        *out = weights->bound[index];
    } else {
        if (!plan->executables[index])
            status = compile_late(plan, part->engine, part->graph, &plan->executables[index]);
        *out = plan->executables[index];
    }
    pthread_mutex_unlock(&plan->lock);
    return status;
}

static kov_status run_parts(kov_plan *plan, kov_weights *weights, kov_tensor **slots)
{
    for (int i = plan->partition.has_prologue ? 1 : 0; i < plan->partition.part_count; i++) {
        void *executable;
        bool bound;
        KOV_TRY(kov_context_check_cancelled(plan->context));
        KOV_TRY(executable_of(plan, i, weights, slots, &executable, &bound));
        KOV_TRY(run_part(plan, i, executable, slots, bound));
    }
    return KOV_OK;
}

kov_status kov_plan_run(kov_plan *plan, kov_tensor *const *inputs, int input_count,
                        kov_tensor **results, int result_count)
{
    kov_weights *weights = NULL;
    KOV_TRY(check_inputs(plan, inputs, input_count, result_count));
    KOV_TRY(acquire_weights(plan, inputs, &weights));
    int n = plan->partition.slot_count;
    kov_tensor **slots = kov_alloc_zero(plan->context, sizeof *slots * (size_t)(n + 1));
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!slots)
        goto fail;
    for (int i = 0; i < n; i++)
        slots[i] = i < input_count ? inputs[i] : weights->slots[i];
    status = run_parts(plan, weights, slots);
    for (int i = 0; i < result_count && status == KOV_OK; i++) {
        results[i] = slots[plan->partition.result_slots[i]];
        kov_tensor_retain(results[i]);
    }
    for (int i = input_count; i < n; i++) {
        if (!weights->slots[i])
            kov_tensor_release(slots[i]);
    }
    kov_free(plan->context, slots);
fail:
    kov_weights_release(weights, &plan->partition);
    return status;
}

/* ---- explaining ---- */

int kov_plan_partition_count(const kov_plan *plan)
{
    return plan->partition.part_count - (plan->partition.has_prologue ? 1 : 0);
}

kov_status kov_plan_text(kov_plan *plan, char **out)
{
    kov_text text = {0};
    pthread_mutex_lock(&plan->lock);
    kov_dims_lock(plan->graph->dims);
    for (int i = 0; i < plan->partition.part_count; i++) {
        const kov_part *part = &plan->partition.parts[i];
        bool prologue = plan->partition.has_prologue && i == 0;
        kov_text_add(&text, "part %d: %s%s, %d nodes\n", i, part->engine->name,
                     prologue ? " (prologue: once per content of the variables)" : "",
                     part->graph->nodes.n);
        void *executable = plan->executables[i];
        if (!executable && plan->weights)
            executable = plan->weights->bound[i];
        if (executable)
            part->engine->text(executable, &text);
    }
    if (plan->partition.why.at)
        kov_text_add(&text, "%s", plan->partition.why.at);
    kov_dims_unlock(plan->graph->dims);
    pthread_mutex_unlock(&plan->lock);
    return kov_text_finish(&text, out);
}

/* ---- devices ---- */

kov_status kov_devices(kov_context *context, char ***out)
{
    kov_text names = {0};
    char *text = NULL;
    (void)context;
    kov_text_add(&names, "NATIVE");
    kov_text openvino = {0};
    if (kov_openvino_devices(&openvino) == KOV_OK && openvino.at && openvino.at[0])
        kov_text_add(&names, ",%s", openvino.at);
    kov_text_free(openvino.at);
    KOV_TRY(kov_text_finish(&names, &text));
    int n = 1;
    for (const char *c = text; *c; c++)
        n += *c == ',';
    char **devices = calloc((size_t)n + 1, sizeof *devices);
    if (!devices) {
        kov_text_free(text);
        return kov_fail(KOV_OUT_OF_MEMORY, "no memory for %d device names", n);
    }
    char *rest = text;
    for (int i = 0; i < n; i++) {
        devices[i] = strdup(strsep(&rest, ","));
        if (!devices[i]) {
            kov_text_free(text);
            kov_devices_free(devices);
            return kov_fail(KOV_OUT_OF_MEMORY, "no memory for %d device names", n);
        }
    }
    kov_text_free(text);
    *out = devices;
    return KOV_OK;
}

void kov_devices_free(char **devices)
{
    for (int i = 0; devices && devices[i]; i++)
        free(devices[i]);
    free(devices);
}
