/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOV_PASSES_STABLE_H
#define KOV_PASSES_STABLE_H

#include "graph/graph.h"

/* Per value whether it depends on constants and variables alone: the prologue computes it, so work
 * moved there costs nothing per run. graph->values.n entries, to be freed; NULL on failure. */
bool *kov_graph_stable(const kov_graph *graph);

#endif
