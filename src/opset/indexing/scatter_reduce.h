/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions of scattered updates, in double, pairs of doubles or 64-bit integers, rounded once at
 * the end. */
#ifndef KOV_OPSET_INDEXING_SCATTER_REDUCE_H
#define KOV_OPSET_INDEXING_SCATTER_REDUCE_H

#include "graph/eval.h"

typedef enum kov_scatter_reduction {
    KOV_SCATTER_NONE,
    KOV_SCATTER_SUM,
    KOV_SCATTER_SUB,
    KOV_SCATTER_PROD,
    KOV_SCATTER_MIN,
    KOV_SCATTER_MAX,
    KOV_SCATTER_MEAN
} kov_scatter_reduction;

/* By the name in IR; false if there is none. */
bool kov_scatter_reduction_find(const char *name, kov_scatter_reduction *out);
/* Whether elements of this type can be reduced so: numbers; bool by and (prod, min) and or (sum,
 * max). Complex numbers have NumPy's order. */
bool kov_scatter_reduction_takes(kov_scatter_reduction reduction, kov_dtype dtype);

typedef struct kov_scatter {
    const kov_eval *eval;
    kov_scatter_reduction reduction;
    kov_dtype dtype;
    kov_dtype wide; /* F64, C128 or I64 */
    void *data, *updates;
} kov_scatter;

/* Loads inputs 0 (data) and 2 (updates). */
kov_status kov_scatter_open(const kov_eval *eval, kov_scatter_reduction reduction,
                            kov_scatter *out);
/* data[place + j] becomes data[place + j] reduced with updates[update + j], for j < n. */
void kov_scatter_apply_row(kov_scatter *scatter, int64_t place, int64_t update, int64_t n);
/* For updates 0 .. n - 1 in order, each at its place. */
void kov_scatter_apply_all(kov_scatter *scatter, const int64_t *places, int64_t n);
/* data[place] becomes what the first update replaces. */
void kov_scatter_clear(kov_scatter *scatter, int64_t place);
/* The mean of `count` summed values; of integers rounded toward 0. */
void kov_scatter_divide(kov_scatter *scatter, int64_t place, int64_t count);
/* Writes output 0 if status is KOV_OK, and frees. Returns the first failure. */
kov_status kov_scatter_close(kov_scatter *scatter, kov_status status);

#endif
