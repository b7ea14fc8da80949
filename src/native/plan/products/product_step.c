/* SPDX-License-Identifier: Apache-2.0 */
#include "native/plan/products/product_step.h"

#include <stdio.h>

bool kov_plan_is_stable(const kov_planner *p, kov_value value)
{
    if (kov_graph_constant(p->graph, value))
        return true;
    for (int i = 0; i < p->graph->parameters.n; i++) {
        if (p->graph->parameters.at[i].value == value)
            return p->graph->parameters.at[i].role == KOV_ROLE_VARIABLE;
    }
    return false;
}

/* The parameter or constant behind a value whose buffer is its own; false if there is none. */
static bool source_of(const kov_planner *p, kov_value value, kov_pack_spec *spec)
{
    int slot = kov_plan_value(p, value)->slot;
    spec->parameter = -1;
    spec->constant = NULL;
    for (int i = 0; i < p->graph->parameters.n; i++) {
        const kov_graph_parameter *parameter = &p->graph->parameters.at[i];
        if (parameter->role == KOV_ROLE_VARIABLE &&
            kov_plan_value(p, parameter->value)->slot == slot) {
            spec->parameter = i;
            return true;
        }
    }
    if (p->slots.at[slot].place != KOV_PLACE_CONSTANT)
        return false;
    for (int i = 0; i < p->graph->nodes.n; i++) {
        const kov_node *node = &p->graph->nodes.at[i];
        if (node->op == KOV_OP_CONSTANT && kov_plan_value(p, node->first_output)->slot == slot) {
            spec->constant = node->attrs[0].u.tensor;
            return true;
        }
    }
    return false;
}

kov_status kov_plan_weights(kov_planner *p, kov_value value, const kov_pack_spec *spec, int *slot,
                            kov_weights_plan *out)
{
    *out = (kov_weights_plan){.pack = -1, .spec = *spec};
    KOV_TRY(kov_plan_get(p, value, slot));
    if (source_of(p, value, &out->spec)) {
        out->pack = kov_packs_add(p->context, &p->executable->packs, &out->spec);
        *slot = -1;
        return out->pack < 0 ? KOV_OUT_OF_MEMORY : KOV_OK;
    }
    out->packing_bytes = (spec->bytes + 63) / 64 * 64;
    return KOV_OK;
}

kov_status kov_run_weights(const kov_step *step, const kov_run *run, const kov_weights_plan *plan,
                           const float **out)
{
    if (plan->pack >= 0) {
        *out = run->packed[plan->pack];
        return KOV_OK;
    }
    *out = run->workspace;
    return kov_pack_run(run->context, &plan->spec, run->at[step->slots[KOV_PRODUCT_WEIGHTS]],
                        run->workspace);
}

static const float *pointer(const kov_step *step, const kov_run *run, int which)
{
    return step->slots[which] < 0 ? NULL : run->at[step->slots[which]];
}

kov_epilogue kov_run_epilogue(const kov_step *step, const kov_run *run,
                              const kov_epilogue *epilogue)
{
    kov_epilogue e = *epilogue;
    e.scale = pointer(step, run, KOV_PRODUCT_SCALE);
    e.bias = pointer(step, run, KOV_PRODUCT_BIAS);
    e.residual = pointer(step, run, KOV_PRODUCT_RESIDUAL);
    return e;
}

kov_status kov_plan_product_step(kov_planner *p, const kov_product *product, kov_step_fn run,
                                 const char *kernel, const void *params, size_t workspace)
{
    int slots[] = {product->data, product->weights,  product->scale,
                   product->bias, product->residual, -1};
    KOV_TRY(kov_plan_make(p, product->value, &product->order, &slots[KOV_PRODUCT_OUTPUT]));
    bool in_place = product->residual >= 0 && !product->epilogue.residual_after &&
                    product->residual != product->data;
    const kov_step_plan plan = {.run = run,
                                .kernel = kov_plan_kernel_name(p, "f32_", kernel),
                                .in_place = in_place ? UINT32_C(1) << KOV_PRODUCT_RESIDUAL : 0,
                                .params = params,
                                .inputs = 5,
                                .outputs = 1,
                                .slots = slots,
                                .workspace = workspace,
                                .nodes = product->nodes,
                                .node_count = product->node_count};
    return kov_plan_step(p, &plan);
}
