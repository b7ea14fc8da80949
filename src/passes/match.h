/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns in the graph that a pass reads: the operands of nodes of a given kind. */
#ifndef KOV_PASSES_MATCH_H
#define KOV_PASSES_MATCH_H

#include "passes/rewrite.h"

/* The node that makes v, if it is of this operation; else NULL. */
const kov_node *kov_match(const kov_rewrite *r, kov_value v, int op);
/* The same, if nothing else uses v. */
const kov_node *kov_match_once(const kov_rewrite *r, kov_value v, int op);
/* Of a node of two inputs: the other one, if one of them is v; else NONE. */
kov_value kov_match_other(const kov_node *node, kov_value v);
/* The number of a constant of equal elements. */
bool kov_match_number(const kov_rewrite *r, kov_value v, double *out);
bool kov_match_is_number(const kov_rewrite *r, kov_value v, double number);
/* Whether both values have one type and the same dimensions. */
bool kov_match_same_shape(const kov_rewrite *r, kov_value a, kov_value b);
/* Whether `to` has the dimensions of `from` but for the last, and several numbers above 0 in its
 * place, whose product it is. */
bool kov_match_splits_last(const kov_value_info *from, const kov_value_info *to);

#endif
