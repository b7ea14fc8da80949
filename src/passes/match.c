/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/match.h"
#include <string.h>

const kov_node *kov_match(const kov_rewrite *r, kov_value v, int op)
{
    if (v == KOV_VALUE_NONE)
        return NULL;
    const kov_node *node = kov_graph_producer(r->from, v);
    return node->op == op ? node : NULL;
}

const kov_node *kov_match_once(const kov_rewrite *r, kov_value v, int op)
{
    return v != KOV_VALUE_NONE && r->uses[v] == 1 ? kov_match(r, v, op) : NULL;
}

kov_value kov_match_other(const kov_node *node, kov_value v)
{
    if (node->inputs[0] == v)
        return node->inputs[1];
    return node->inputs[1] == v ? node->inputs[0] : KOV_VALUE_NONE;
}

bool kov_match_number(const kov_rewrite *r, kov_value v, double *out)
{
    return kov_graph_constant_number(r->from, v, out);
}

bool kov_match_is_number(const kov_rewrite *r, kov_value v, double number)
{
    double found;
    return kov_match_number(r, v, &found) && found == number;
}

bool kov_match_same_shape(const kov_rewrite *r, kov_value a, kov_value b)
{
    const kov_value_info *x = kov_graph_value(r->from, a), *y = kov_graph_value(r->from, b);
    return x->dtype == y->dtype && x->ndim == y->ndim &&
           (x->ndim == 0 || memcmp(x->dims, y->dims, sizeof *x->dims * (size_t)x->ndim) == 0);
}

bool kov_match_splits_last(const kov_value_info *from, const kov_value_info *to)
{
    int keep = from->ndim - 1;
    if (keep < 1 || to->ndim <= from->ndim || !kov_dim_is_number(from->dims[keep]))
        return false;
    int64_t count = 1;
    for (int i = 0; i < to->ndim; i++) {
        if (i < keep && to->dims[i] != from->dims[i])
            return false;
        if (i >= keep && (!kov_dim_is_number(to->dims[i]) || to->dims[i] == 0))
            return false;
        count *= i >= keep ? to->dims[i] : 1;
    }
    return count == from->dims[keep];
}
