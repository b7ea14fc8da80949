/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of products have in common: operands, packed weights, epilogue. */
#ifndef KOV_NATIVE_PRODUCT_STEP_H
#define KOV_NATIVE_PRODUCT_STEP_H

#include "native/plan/planner.h"

/* A step's slots: data, weights (-1: packed), scale, bias, residual; then the output. */
enum {
    KOV_PRODUCT_DATA,
    KOV_PRODUCT_WEIGHTS,
    KOV_PRODUCT_SCALE,
    KOV_PRODUCT_BIAS,
    KOV_PRODUCT_RESIDUAL,
    KOV_PRODUCT_OUTPUT
};

/* How a step gets its packed weights. */
typedef struct kov_weights_plan {
    int pack;             /* of the executable; -1: packed in every run, or not at all */
    size_t packing_bytes; /* at the start of the workspace, where they are packed in every run */
    kov_pack_spec spec;
} kov_weights_plan;

/* Plans packing `value` (with the spec filled but for its source): beforehand where it is a
 * variable or constant (then *slot is -1), else in every run. */
kov_status kov_plan_weights(kov_planner *p, kov_value value, const kov_pack_spec *spec, int *slot,
                            kov_weights_plan *out);
/* The packed weights of a run. */
kov_status kov_run_weights(const kov_step *step, const kov_run *run, const kov_weights_plan *plan,
                           const float **out);
/* The epilogue of a run: its pointers set. */
kov_epilogue kov_run_epilogue(const kov_step *step, const kov_run *run,
                              const kov_epilogue *epilogue);
/* Whether the value's content changes seldom and what is made of it may be kept. */
bool kov_plan_is_stable(const kov_planner *p, kov_value value);
/* The step of a product, with its result's buffer. */
kov_status kov_plan_product_step(kov_planner *p, const kov_product *product, kov_step_fn run,
                                 const char *kernel, const void *params, size_t workspace);

#endif
