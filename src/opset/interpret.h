/* SPDX-License-Identifier: Apache-2.0 */
/* The reference interpreter: every node by its `evaluate`, one after the other. Constant folding,
 * differential tests and engines without a kernel for a node use it. */
#ifndef KOV_OPSET_INTERPRET_H
#define KOV_OPSET_INTERPRET_H

#include "graph/graph.h"

/* Runs a graph. inputs: one tensor per parameter, of its dtype and rank; sizes may differ from
 * those the graph was built with. results: one new reference per result of the graph, untouched on
 * failure. Any number of threads may interpret one graph. */
kov_status kov_interpret(kov_graph *graph, kov_tensor *const *inputs, int n, kov_tensor **results);

/* An engine's `supports` for one that interprets what it has no kernel for: all but operations of
 * an IR that have no row in the table. */
bool kov_interpret_supports(const kov_graph *graph, const kov_node *node, char *why,
                            size_t why_size);

/* Runs a body of If, While or a composite: one new reference per result, untouched on failure. */
typedef kov_status kov_body_run(void *user, kov_graph *body, kov_tensor *const *inputs,
                                kov_tensor **results);

/* Runs one node: infers its shapes where they do not depend on data, allocates and evaluates.
 * inputs: one per input of the node, NULL for an optional one that is not given. outputs:
 * node->output_count new references, all NULL on failure. run_body: NULL, or what runs bodies
 * instead of kov_interpret. A Constant gives its tensor; a Parameter has no evaluation
 * (KOV_INVALID_ARGUMENT). */
kov_status kov_interpret_node(kov_context *context, const kov_graph *graph, const kov_node *node,
                              kov_tensor *const *inputs, kov_tensor **outputs,
                              kov_body_run *run_body, void *user);

#endif
