/* SPDX-License-Identifier: Apache-2.0 */
/* Inference over a whole graph with other inputs than it was built with: for composites and bodies,
 * and for the shapes of a run. */
#ifndef KOV_GRAPH_REINFER_H
#define KOV_GRAPH_REINFER_H

#include "graph/infer.h"

/* Types, shapes and content of all values of `graph` when its parameters are `inputs`. infos[v] is
 * filled for every value v (graph->values.n entries). Dimension expressions go to `dims`, content
 * and dims arrays to `arena`. */
kov_status kov_graph_reinfer(const kov_graph *graph, const kov_infer_input *inputs, kov_dims *dims,
                             kov_arena *arena, kov_infer_input *infos);

/* The same for the results alone: outputs has graph->results.n entries. */
kov_status kov_graph_reinfer_results(const kov_graph *graph, const kov_infer_input *inputs,
                                     kov_dims *dims, kov_arena *arena, kov_infer_output *outputs);

/* One node: inputs are infos of its inputs, in order. outputs: node->output_count entries. */
kov_status kov_node_reinfer(const kov_node *node, const kov_infer_input *inputs, kov_dims *dims,
                            kov_arena *arena, kov_infer_output *outputs);

#endif
