/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine computes which part of a graph. */
#ifndef KOV_RUNTIME_PARTITION_H
#define KOV_RUNTIME_PARTITION_H

#include "graph/engine.h"

/* A value travels between parts in a slot: parameters first, then what parts put out. */
typedef struct kov_part {
    const kov_engine *engine;
    kov_graph *graph;
    int input_count, output_count;
    int *input_slots;
    bool *input_stable; /* the slot holds a variable or a result of the prologue */
    int *output_slots;
} kov_part;

typedef struct kov_partition {
    kov_context *context;
    int part_count, slot_count, result_count;
    kov_part *parts; /* in an order in which they can run; part 0 may be the prologue */
    bool has_prologue;
    int *result_slots;
    kov_text why; /* lines for nodes that the wanted engine does not take */
} kov_partition;

/* Splits into the prologue (what depends on constants and variables alone, computed by `fallback`)
 * and as few convex parts as possible: `wanted` takes the nodes that it supports, `fallback` the
 * others. */
kov_status kov_partition_make(const kov_graph *graph, const kov_engine *wanted,
                              const kov_engine *fallback, kov_partition *out);
void kov_partition_free(kov_partition *partition);

#endif
