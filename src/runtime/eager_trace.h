/* SPDX-License-Identifier: Apache-2.0 */
/* From the arguments of an eager call to a compiled plan. */
#ifndef KOV_RUNTIME_EAGER_TRACE_H
#define KOV_RUNTIME_EAGER_TRACE_H

#include "graph/builder.h"
#include "runtime/eager_key.h"

typedef enum kov_eager_mode {
    KOV_EAGER_FREE,   /* dimensions are symbols, numbers are inputs: serves other shapes too */
    KOV_EAGER_SHAPED, /* dimensions and shape arguments are numbers: serves these alone */
    KOV_EAGER_VALUED  /* small integer tensors are constants as well: serves this call alone */
} kov_eager_mode;

/* A guard compares a dimension expression with a number. */
typedef struct kov_eager_plan {
    int refs;
    kov_eager_mode mode;
    void *executable; /* of the native engine */
    kov_context *context;
    kov_dims *dims;
    int result_count;
    int symbol_count; /* FREE: the symbol of each number of the key, 0 where there is none */
    kov_dim *symbols;
    int guard_count;
    kov_guard *guards;
    int number_count; /* SHAPED: the numbers it serves */
    int64_t *numbers;
    size_t bytes;
    struct kov_eager_plan *next; /* of the same key */
} kov_eager_plan;

/* Whether a VALUED trace takes this tensor as a constant. */
bool kov_eager_is_small(const kov_tensor *tensor);

kov_status kov_eager_trace(kov_context *context, int function, kov_dtype floatx,
                           const kov_argument *arguments, const kov_eager_call_key *key,
                           kov_eager_mode mode, kov_eager_plan **out);
/* Whether the plan serves a call with these numbers. */
bool kov_eager_plan_serves(const kov_eager_plan *plan, const kov_eager_call_key *key);
void kov_eager_plan_release(kov_eager_plan *plan);

#endif
