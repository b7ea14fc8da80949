/* SPDX-License-Identifier: Apache-2.0 */
#include "base/context.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/instance.h"
#include "tensor/tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONG_RUN = 16, LINE = 64 }; /* steps from which the cancel flag is looked at */

kov_status kov_run_state_create(const kov_instance *instance, kov_run_state **out)
{
    size_t slots = (size_t)instance->slot_count;
    kov_run_state *state = kov_alloc(instance->context, sizeof *state + slots * sizeof(void *));
    if (!state)
        return KOV_OUT_OF_MEMORY;
    state->next = NULL;
    state->memory = NULL;
    for (size_t i = 0; i < slots; i++) {
        const kov_slot *slot = &instance->slots[i];
        state->at[i] = slot->place == KOV_PLACE_CONSTANT ? (void *)slot->data : NULL;
    }
    *out = state;
    return KOV_OK;
}

void kov_run_state_free(const kov_instance *instance, kov_run_state *state)
{
    kov_free(instance->context, state->memory);
    kov_free(instance->context, state);
}

static kov_status bind_memory(const kov_instance *instance, kov_run_state *state)
{
    size_t bytes = instance->arena_bytes + instance->workspace_bytes;
    if (state->memory || bytes == 0)
        return KOV_OK;
    state->memory = kov_alloc(instance->context, bytes);
    if (!state->memory)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < instance->slot_count; i++) {
        const kov_slot *slot = &instance->slots[i];
        if (slot->place == KOV_PLACE_ARENA)
            state->at[i] = (char *)state->memory + slot->offset;
    }
    return KOV_OK;
}

/* A result that is an input, a constant or the same as another result. Borrowed memory is the
 * caller's to change, so it is copied. */
static kov_status share_result(const kov_instance *instance, const kov_instance_result *result,
                               kov_tensor *const *inputs, kov_tensor *const *made,
                               const kov_run_state *state, kov_tensor **out)
{
    const kov_slot *slot = &instance->slots[result->slot];
    kov_tensor *root = slot->place == KOV_PLACE_INPUT    ? inputs[slot->index]
                       : slot->place == KOV_PLACE_RESULT ? made[slot->index]
                                                         : NULL;
    if (!root || root->buffer->borrowed || root->dtype != result->dtype)
        return kov_tensor_from_data(instance->context, result->dtype, result->ndim, result->dims,
                                    state->at[result->slot], out);
    bool same = root->ndim == result->ndim;
    for (int i = 0; same && i < root->ndim; i++)
        same = root->dims[i] == result->dims[i];
    if (!same)
        return kov_tensor_view(root, result->ndim, result->dims, out);
    kov_tensor_retain(root);
    *out = root;
    return KOV_OK;
}

static kov_status make_results(const kov_instance *instance, kov_run_state *state,
                               kov_tensor **made)
{
    for (int i = 0; i < instance->result_count; i++) {
        const kov_instance_result *result = &instance->results[i];
        made[i] = NULL;
        if (!result->fresh)
            continue;
        KOV_TRY(kov_tensor_create(instance->context, result->dtype, result->ndim, result->dims,
                                  &made[i]));
        state->at[result->slot] = made[i]->buffer->data;
    }
    return KOV_OK;
}

static void bind_parts(const kov_instance *instance, kov_run_state *state)
{
    for (int i = 0; i < instance->slot_count && instance->has_parts; i++) {
        const kov_slot *slot = &instance->slots[i];
        if (slot->place == KOV_PLACE_PART)
            state->at[i] = (char *)state->at[slot->index] + slot->offset;
    }
}

static int verbose_level(void)
{
    static _Atomic int level = -1; /* read once from the environment */
    int known = level;
    if (known < 0) {
        const char *text = getenv("KOV_VERBOSE");
        known = text ? atoi(text) : 0;
        known = known < 0 ? 0 : known;
        level = known;
    }
    return known;
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static void print_step(const kov_instance *instance, const kov_graph *graph, const kov_step *step,
                       double us)
{
    char nodes[256] = "";
    size_t used = 0;
    for (int i = 0; i < step->node_count && used < sizeof nodes; i++) {
        const char *name = kov_op_info_of(graph->nodes.at[step->nodes[i]].op)->name;
        int n = snprintf(nodes + used, sizeof nodes - used, "%s%s", i ? "+" : "", name);
        used += n > 0 ? (size_t)n : 0;
    }
    size_t read = 0, written = 0;
    for (int i = 0; i < step->inputs + step->outputs; i++) {
        if (step->slots[i] >= 0)
            *(i < step->inputs ? &read : &written) += instance->slots[step->slots[i]].bytes;
    }
    char line[512];
    snprintf(line, sizeof line, "kov,native,%s,%s,read:%zu,written:%zu,%.2f us", nodes,
             step->kernel, read, written, us);
    if (kov_log_enabled(instance->context))
        kov_log_line(instance->context, "%s", line);
    else
        fprintf(stderr, "%s\n", line);
}

static kov_status run_steps(const kov_instance *instance, const kov_run *run,
                            const kov_graph *graph)
{
    bool is_long = instance->step_count >= LONG_RUN, verbose = verbose_level() > 0;
    for (int i = 0; i < instance->step_count; i++) {
        const kov_step *step = &instance->steps[i];
        double start = verbose ? now_us() : 0;
        if (is_long)
            KOV_TRY(kov_context_check_cancelled(instance->context));
        kov_status status = step->run(step, run);
        if (status != KOV_OK) {
            const char *name = graph->nodes.at[step->nodes[0]].name;
            return name ? kov_fail_in(status, "%s", name) : status;
        }
        if (verbose)
            print_step(instance, graph, step, now_us() - start);
    }
    return KOV_OK;
}

kov_status kov_instance_run(const kov_instance *instance, kov_run_state *state,
                            const kov_graph *graph, void *const *packed, kov_tensor *const *inputs,
                            kov_tensor **results)
{
    enum { FEW = 8 };
    kov_tensor *few[FEW] = {0}, **made = few;
    size_t count = (size_t)instance->result_count;
    if (count > FEW && !(made = kov_alloc_zero(instance->context, 2 * count * sizeof *made)))
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < instance->slot_count; i++) {
        const kov_slot *slot = &instance->slots[i];
        if (slot->place == KOV_PLACE_INPUT)
            state->at[i] = inputs[slot->index]->buffer->data;
    }
    kov_status status = bind_memory(instance, state);
    if (status == KOV_OK)
        status = make_results(instance, state, made);
    if (status == KOV_OK) {
        bind_parts(instance, state);
        kov_run run = {instance->context, state->at,
                       state->memory ? (char *)state->memory + instance->arena_bytes : NULL,
                       packed};
        status = run_steps(instance, &run, graph);
    }
    int shared = 0;
    kov_tensor *few_shares[FEW], **shares = made == few ? few_shares : made + count;
    for (; status == KOV_OK && shared < instance->result_count; shared++) {
        const kov_instance_result *result = &instance->results[shared];
        shares[shared] = NULL;
        if (!result->fresh)
            status = share_result(instance, result, inputs, made, state, &shares[shared]);
    }
    for (int i = 0; i < instance->result_count; i++) {
        if (status == KOV_OK) {
            results[i] = made[i] ? made[i] : shares[i];
        } else {
            kov_tensor_release(made[i]);
            if (i < shared)
                kov_tensor_release(shares[i]);
        }
    }
    if (made != few)
        kov_free(instance->context, made);
    return status;
}
