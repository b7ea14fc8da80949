/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a part out of a graph as a graph of its own. */
#ifndef KOV_PASSES_EXTRACT_H
#define KOV_PASSES_EXTRACT_H

#include "graph/builder.h"

typedef struct kov_cut {
    kov_value value; /* of the graph that is cut */
    kov_parameter_role role;
    kov_tensor *constant; /* not NULL: the value becomes this constant instead of a parameter */
} kov_cut;

/* The nodes between `inputs`, which become parameters in this order, and `outputs`. Constants are
 * copied. Every path backward from an output must end at an input or a constant. */
kov_status kov_graph_extract(const kov_graph *from, const kov_cut *inputs, int input_count,
                             const kov_value *outputs, int output_count, kov_graph **out);

#endif
