/* SPDX-License-Identifier: Apache-2.0 */
/* Derivatives of graphs, as more graph. An operation's rule is named in its row of opset.def and
 * emits the tangents of its outputs from those of its inputs. What a rule emits is linear in the
 * tangents, node by node (sums, products with a value of the graph, moves): reverse mode needs no
 * rules of its own for the operations, only the transposes of those linear ones. */
#ifndef KOV_AUTODIFF_JVP_H
#define KOV_AUTODIFF_JVP_H

#include "graph/builder.h"

typedef struct kov_jvp { /* a node, of which some input has a tangent */
    kov_builder *b;
    const kov_node *node; /* of the graph that is differentiated: operation and attributes */
    const kov_value *in;  /* its inputs in the builder */
    const kov_value *dx;  /* their tangents, of their types and shapes; KOV_VALUE_NONE: zero */
    const kov_value *out; /* its outputs in the builder */
    kov_value *dy;        /* to be set; they are KOV_VALUE_NONE, zero, before */
} kov_jvp;

typedef void (*kov_jvp_rule)(const kov_jvp *at);
kov_jvp_rule kov_jvp_rule_of(int op); /* NULL: the table names none; generated */

/* Emits graph on inputs, and its derivative along the tangents (KOV_VALUE_NONE: zero) of them.
 * result_tangents[i] is KOV_VALUE_NONE where result i does not depend on a tangent. An operation
 * without a rule is a (sticky) KOV_NOT_IMPLEMENTED that names it. */
void kov_jvp_graph(kov_builder *b, const kov_graph *graph, const kov_value *inputs,
                   const kov_value *tangents, kov_value *results, kov_value *result_tangents);

/* ---- for rules ---- */

bool kov_jvp_has_tangents(kov_dtype dtype); /* floats and complex numbers */
kov_value kov_jvp_zeros_like(kov_builder *b, kov_value x);
/* The tangent of input i, zeros where there is none. */
kov_value kov_jvp_dense(const kov_jvp *at, int i);
/* a + b where either may be KOV_VALUE_NONE. */
kov_value kov_jvp_sum(kov_builder *b, kov_value a, kov_value c);
/* t broadcast to the shape of x. */
kov_value kov_jvp_spread(kov_builder *b, kov_value t, kov_value x);
/* The node again with other inputs; its first output. */
kov_value kov_jvp_again(const kov_jvp *at, const kov_value *inputs);
/* Fails: the operation has no derivative here, because. */
kov_value kov_jvp_refuse(const kov_jvp *at, const char *why);

#endif
