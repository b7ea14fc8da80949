/* SPDX-License-Identifier: Apache-2.0 */
/* What passes are made of: a walk over a graph that emits a new one. Nodes that nothing needs are
 * left out, equal nodes are made once. */
#ifndef KOV_PASSES_REWRITE_H
#define KOV_PASSES_REWRITE_H

#include "graph/builder.h"
#include "opset_build.h"

typedef struct kov_rewrite {
    const kov_graph *from;
    kov_builder *b;
    kov_value *map;     /* per value of `from`: the value of the new graph */
    const int *uses;    /* per value of `from`: how often a needed node or a result uses it */
    const bool *stable; /* per value of `from`: it depends on constants and variables alone */
    void *user;
} kov_rewrite;

/* Called for each needed node but parameters, its inputs already mapped. Emits what stands for it
 * and sets outs[0 .. output_count), returning true; or returns false, and the node is copied. */
typedef bool (*kov_rewrite_rule)(kov_rewrite *r, const kov_node *node, kov_value *outs);

/* Bodies of If and While are rewritten too. */
kov_status kov_rewrite_graph(const kov_graph *from, kov_rewrite_rule rule, void *user,
                             kov_graph **out);

/* ---- for rules: looking at the new graph ---- */

/* The new value of input i of an old node; KOV_VALUE_NONE if not given. */
static inline kov_value kov_rewrite_input(const kov_rewrite *r, const kov_node *node, int i)
{
    return i < node->input_count && node->inputs[i] != KOV_VALUE_NONE ? r->map[node->inputs[i]]
                                                                      : KOV_VALUE_NONE;
}
static inline const kov_graph *kov_rewrite_new(const kov_rewrite *r)
{
    return r->b->levels.at[0].graph;
}
/* The node of the new graph that makes v. */
static inline const kov_node *kov_rewrite_producer(const kov_rewrite *r, kov_value v)
{
    return kov_graph_producer(kov_rewrite_new(r), v);
}
static inline bool kov_rewrite_is(const kov_rewrite *r, kov_value v, int op)
{
    return v != KOV_VALUE_NONE && v != KOV_VALUE_ERROR && kov_rewrite_producer(r, v)->op == op;
}
/* How often the old graph uses what has become this new value. */
int kov_rewrite_uses(const kov_rewrite *r, kov_value v);
/* Integers of a constant scalar or 1-D value; -1 if it is none, else how many. */
int kov_rewrite_ints(const kov_rewrite *r, kov_value v, int64_t *out, int capacity);
/* The number of a constant of one element (or of equal elements); false if it is none. */
bool kov_rewrite_number(const kov_rewrite *r, kov_value v, double *out);

#endif
