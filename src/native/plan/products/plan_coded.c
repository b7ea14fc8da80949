/* SPDX-License-Identifier: Apache-2.0 */
/* CodedMatMul: the codes are read where they lie, in a variable or as the prologue left them. */
#include "base/threads.h"
#include "native/kernels/coded/coded_gemm.h"
#include "native/plan/planner.h"

enum { OUTPUT = KOV_CODED_INPUTS, SLOTS };

static const void *data_of(const kov_step *step, const kov_run *run, int input)
{
    return step->slots[input] < 0 ? NULL : run->at[step->slots[input]];
}

static kov_status run_coded(const kov_step *step, const kov_run *run)
{
    kov_coded_gemm gemm = *(const kov_coded_gemm *)step->params;
    gemm.weights.codes = data_of(step, run, KOV_CODED_CODES);
    gemm.weights.zero = data_of(step, run, KOV_CODED_ZERO);
    gemm.weights.scale = data_of(step, run, KOV_CODED_SCALE);
    gemm.weights.groups = data_of(step, run, KOV_CODED_GROUPS);
    return kov_coded_gemm_run(run->context, &gemm, data_of(step, run, KOV_CODED_DATA),
                              run->at[step->slots[OUTPUT]], run->workspace);
}

static void set_sizes(const kov_planner *p, const kov_node *node, kov_coded_gemm *g)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    const kov_planned *data = kov_plan_value(p, node->inputs[KOV_CODED_DATA]);
    kov_coded *w = &g->weights;
    *g = (kov_coded_gemm){.integer = out->dtype == KOV_DTYPE_I32,
                          .isa = p->isa,
                          .width = kov_parallel_width(p->context)};
    w->layout = kov_code_layout_of(node->attrs[KOV_CODED_MAT_MUL_LAYOUT].u.string);
    w->type = node->attrs[KOV_CODED_MAT_MUL_CODE_TYPE].u.dtype;
    w->divide = node->attrs[KOV_CODED_MAT_MUL_DIVIDE].u.boolean;
    w->n = node->attrs[KOV_CODED_MAT_MUL_COLUMNS].u.integer;
    w->k = data->dims[data->ndim - 1];
    w->group_count = INT64_MAX;
    for (int i = KOV_CODED_ZERO; i <= KOV_CODED_SCALE && i < node->input_count; i++) {
        if (node->inputs[i] == KOV_VALUE_NONE)
            continue;
        const kov_planned *table = kov_plan_value(p, node->inputs[i]);
        w->group_count = table->dims[0] < w->group_count ? table->dims[0] : w->group_count;
        if (i == KOV_CODED_ZERO)
            w->zero_type = table->dtype;
    }
    g->m = w->n > 0 ? out->count / w->n : 0;
}

kov_status kov_plan_coded(kov_planner *p, const kov_node *node, bool *taken)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    const kov_order order = kov_order_plain(out->ndim);
    int slots[SLOTS], index = kov_plan_node_index(p, node);
    kov_coded_gemm *g = kov_arena_alloc(p->arena, sizeof *g);
    if (!g)
        return KOV_OUT_OF_MEMORY;
    set_sizes(p, node, g);
    if (out->count == 0 || g->weights.k == 0)
        return KOV_OK;
    for (int i = 0; i < KOV_CODED_INPUTS; i++) {
        slots[i] = -1;
        if (i < node->input_count && node->inputs[i] != KOV_VALUE_NONE)
            KOV_TRY(kov_plan_get_plain(p, node->inputs[i], &slots[i]));
    }
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[OUTPUT]));
    const kov_step_plan plan = {
        .run = run_coded,
        .kernel = kov_plan_kernel_name(p, g->integer ? "i8_" : "f32_", "coded_gemm"),
        .params = g,
        .inputs = KOV_CODED_INPUTS,
        .outputs = 1,
        .slots = slots,
        .workspace = kov_coded_gemm_workspace_bytes(p->context, g),
        .nodes = &index,
        .node_count = 1};
    *taken = true;
    return kov_plan_step(p, &plan);
}
