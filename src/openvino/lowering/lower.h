/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenVINO would not compute exactly, said in operations that it does. */
#ifndef KOV_OPENVINO_LOWER_H
#define KOV_OPENVINO_LOWER_H

#include "graph/graph.h"

/* A new graph that computes the same; nodes that cannot be said otherwise stay. Keeps the bits of
 * integers; running products of floats are reassociated. */
kov_status kov_openvino_lower(const kov_graph *graph, kov_graph **out);

#endif
