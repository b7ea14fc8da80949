/* SPDX-License-Identifier: Apache-2.0 */
/* Keras functions that native computes whole, instead of by the nodes of their decomposition. */
#ifndef KOV_NATIVE_COMPOSITES_H
#define KOV_NATIVE_COMPOSITES_H

#include "graph/graph.h"
#include "native/kernels/elementwise/elementwise.h"

/* The kernel that computes an element-wise function of arrays of one float type, float32 or
 * float64, which is the result's too; of ldexp the second may be of integers.
 * KOV_ELEMENTWISE_COUNT: none. */
kov_elementwise_op kov_composite_kernel(const kov_graph *graph, const kov_node *node);

/* argmax or argmin: *axis is one of its input's, or -1 for all elements as one line. */
bool kov_composite_is_arg(const kov_graph *graph, const kov_node *node, bool *largest, int *axis);

/* norm of float32 that is a length, the root of a sum of squares: `marked` gets its axes, which are
 * those of its input. */
bool kov_composite_is_length(const kov_graph *graph, const kov_node *node, bool *marked,
                             bool *keepdims);

#endif
