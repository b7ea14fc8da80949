/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes OpenVINO computes as exactly as `evaluate` does. */
#ifndef KOV_OPENVINO_EXACT_H
#define KOV_OPENVINO_EXACT_H

#include "graph/graph.h"

/* By the table's column, the types, and what can be proven of integer values (openvino/range.h). If
 * not, why says why. */
bool kov_openvino_supports(const kov_graph *graph, const kov_node *node, char *why,
                           size_t why_size);

#endif
