/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes without a kernel: the operation's `evaluate`, on buffers in the graph's order of axes; or
 * that with a kernel within. */
#include "base/cpu.h"
#include "graph/eval.h"
#include "native/kernels/fourier/fft_lanes.h"
#include "native/plan/planner.h"
#include "opset/fourier/fourier.h"

#include <string.h>

typedef struct evaluate_params {
    kov_status (*evaluate)(kov_eval *eval);
    const kov_op_info *op;
    const kov_attr *attrs;
    const kov_view *views; /* inputs, then outputs; without data */
} evaluate_params;

static kov_status run_evaluate(const kov_step *step, const kov_run *run)
{
    enum { FEW = 12 };
    const evaluate_params *params = step->params;
    size_t n = (size_t)(step->inputs + step->outputs);
    kov_view few[FEW], *views = few;
    if (n > FEW && !(views = kov_alloc(run->context, n * sizeof *views)))
        return KOV_OUT_OF_MEMORY;
    memcpy(views, params->views, n * sizeof *views);
    for (size_t i = 0; i < n; i++)
        views[i].data = step->slots[i] < 0 ? NULL : run->at[step->slots[i]];
    kov_eval eval = {.context = run->context,
                     .op = params->op,
                     .attrs = params->attrs,
                     .input_count = step->inputs,
                     .inputs = views,
                     .output_count = step->outputs,
                     .outputs = views + step->inputs};
    kov_status status = params->evaluate(&eval);
    if (views != few)
        kov_free(run->context, views);
    return status;
}

static void set_view(const kov_planner *p, kov_value value, kov_view *view)
{
    const kov_planned *v = kov_plan_value(p, value);
    *view = (kov_view){.dtype = v->dtype, .ndim = v->ndim, .dims = v->dims, .count = v->count};
}

static kov_status plan_as(kov_planner *p, const kov_node *node, const char *kernel,
                          kov_status (*evaluate)(kov_eval *eval), bool *taken)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    if (op->data_shape)
        return kov_fail(KOV_INTERNAL, "native: %s is not a stage of its own", op->name);
    size_t n = (size_t)(node->input_count + node->output_count);
    evaluate_params *params = kov_arena_alloc(p->arena, sizeof *params);
    kov_view *views = kov_arena_alloc(p->arena, sizeof *views * n);
    int *slots = kov_arena_alloc(&p->scratch, sizeof *slots * n);
    if (!params || !views || !slots)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < node->input_count; i++) {
        slots[i] = -1;
        views[i].ndim = -1;
        if (node->inputs[i] == KOV_VALUE_NONE)
            continue;
        KOV_TRY(kov_plan_get_plain(p, node->inputs[i], &slots[i]));
        set_view(p, node->inputs[i], &views[i]);
    }
    for (int i = 0; i < node->output_count; i++) {
        kov_value value = node->first_output + (kov_value)i;
        const kov_order plain = kov_order_plain(kov_plan_value(p, value)->ndim);
        KOV_TRY(kov_plan_make(p, value, &plain, &slots[node->input_count + i]));
        set_view(p, value, &views[node->input_count + i]);
    }
    *params = (evaluate_params){evaluate, op, node->attrs, views};
    int index = kov_plan_node_index(p, node);
    const kov_step_plan plan = {.run = run_evaluate,
                                .kernel = kernel,
                                .params = params,
                                .inputs = node->input_count,
                                .outputs = node->output_count,
                                .slots = slots,
                                .nodes = &index,
                                .node_count = 1};
    *taken = true;
    return kov_plan_step(p, &plan);
}

kov_status kov_plan_evaluate(kov_planner *p, const kov_node *node, bool *taken)
{
    return plan_as(p, node, "evaluate", kov_op_info_of(node->op)->evaluate, taken);
}

static kov_status evaluate_fourier(kov_eval *eval)
{
    static kov_fft_lanes_run *const lanes[] = KOV_ISA_TABLE(f64_fft_lanes);
    return kov_fourier_evaluate(eval, lanes[kov_cpu_isa()]);
}

kov_status kov_plan_fourier(kov_planner *p, const kov_node *node, bool *taken)
{
    return plan_as(p, node, kov_plan_kernel_name(p, "f64_", "fft"), evaluate_fourier, taken);
}
