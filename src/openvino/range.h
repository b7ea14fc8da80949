/* SPDX-License-Identifier: Apache-2.0 */
/* Interval analysis of integer values: between which bounds every element lies, in every run. */
#ifndef KOV_OPENVINO_RANGE_H
#define KOV_OPENVINO_RANGE_H

#include "graph/graph.h"

/* Inclusive; [INT64_MIN, INT64_MAX] where nothing is known. */
typedef struct kov_bounds {
    int64_t low, high;
} kov_bounds;

/* A free dimension is taken to be at most KOV_SIZE_LIMIT, which the engine checks of its inputs,
 * and what is computed of several below 2^31. Anything else is proven. Meaningless for floats; of
 * the error value nothing is known. */
#define KOV_SIZE_LIMIT (INT64_C(1) << 24)
kov_bounds kov_value_range(const kov_graph *graph, kov_value value);

/* The bounds of a type; of bool 0 and 1. */
kov_bounds kov_dtype_range(kov_dtype dtype);

static inline bool kov_range_within(kov_bounds range, int64_t low, int64_t high)
{
    return range.low >= low && range.high <= high;
}

#endif
