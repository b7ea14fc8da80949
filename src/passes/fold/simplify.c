/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes that change nothing, and pairs that undo each other. Exact in IEEE arithmetic. */
#include "passes/passes.h"
#include <math.h>
#include <string.h>

static bool same_shape(const kov_value_info *a, const kov_value_info *b)
{
    return a->dtype == b->dtype && a->ndim == b->ndim &&
           (a->ndim == 0 || memcmp(a->dims, b->dims, sizeof(kov_dim) * (size_t)a->ndim) == 0);
}

/* The node's first input, if it has the type and shape of the output. */
static bool pass_through(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    const kov_value_info *in = kov_graph_value(r->from, node->inputs[0]);
    if (!same_shape(in, kov_graph_value(r->from, node->first_output)))
        return false;
    outs[0] = kov_rewrite_input(r, node, 0);
    return true;
}

static bool is_identity(const int64_t *order, int n)
{
    for (int i = 0; i < n; i++) {
        if (order[i] != i)
            return false;
    }
    return true;
}

static bool transpose(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    int64_t outer[KOV_MAX_NDIM], inner[KOV_MAX_NDIM], both[KOV_MAX_NDIM];
    kov_value x = kov_rewrite_input(r, node, 0);
    int n = kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), outer, KOV_MAX_NDIM);
    if (n <= 0)
        return false;
    if (is_identity(outer, n)) {
        outs[0] = x;
        return true;
    }
    if (!kov_rewrite_is(r, x, KOV_OP_TRANSPOSE))
        return false;
    const kov_node *before = kov_rewrite_producer(r, x);
    if (kov_rewrite_ints(r, before->inputs[1], inner, KOV_MAX_NDIM) != n)
        return false;
    for (int i = 0; i < n; i++)
        both[i] = inner[outer[i]];
    x = before->inputs[0];
    outs[0] = is_identity(both, n) ? x : kov_transpose(r->b, x, kov_constant_i64(r->b, both, n));
    return true;
}

/* The axes of v that are 1; returns how many. */
static int ones_of(const kov_value_info *v, int64_t *axes)
{
    int n = 0;
    for (int i = 0; i < v->ndim; i++) {
        if (v->dims[i] == 1)
            axes[n++] = i;
    }
    return n;
}

/* A Reshape that only adds or drops dimensions of 1 says so: no shape has to be computed for it. */
static bool reshape_of_ones(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    const kov_value_info *in = kov_graph_value(r->from, node->inputs[0]);
    const kov_value_info *out = kov_graph_value(r->from, node->first_output);
    int64_t dropped[KOV_MAX_NDIM], added[KOV_MAX_NDIM];
    if (!kov_dims_equal_but_ones(in->ndim, in->dims, out->ndim, out->dims))
        return false;
    int drop = ones_of(in, dropped), add = ones_of(out, added);
    kov_value x = kov_rewrite_input(r, node, 0);
    if (drop > 0)
        x = kov_squeeze(r->b, x, kov_constant_i64(r->b, dropped, drop));
    outs[0] = add > 0 ? kov_unsqueeze(r->b, x, kov_constant_i64(r->b, added, add)) : x;
    return true;
}

/* Unsqueeze of the axes that a reduction has dropped: the reduction keeps them. */
static bool unsqueeze(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    int64_t axes[KOV_MAX_NDIM], reduced[KOV_MAX_NDIM];
    kov_value x = kov_rewrite_input(r, node, 0);
    const kov_node *above = kov_rewrite_producer(r, x);
    if (above->op < KOV_OP_REDUCE_SUM || above->op > KOV_OP_REDUCE_L2 ||
        above->attrs[KOV_REDUCE_SUM_KEEP_DIMS].u.boolean)
        return false;
    int n = kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), axes, KOV_MAX_NDIM);
    if (n <= 0 || kov_rewrite_ints(r, above->inputs[1], reduced, KOV_MAX_NDIM) != n)
        return false;
    for (int i = 0; i < n; i++) {
        if (axes[i] < 0 || axes[i] != reduced[i])
            return false;
    }
    const kov_attr keep = kov_attr_bool(true);
    const kov_value inputs[] = {above->inputs[0], above->inputs[1]};
    outs[0] = kov_emit(r->b, above->op, inputs, 2, &keep);
    return true;
}

/* Reshape of a Reshape: only the last counts, unless it copies dimensions of its input. */
static bool reshape(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_value x = kov_rewrite_input(r, node, 0), shape = kov_rewrite_input(r, node, 1);
    if (pass_through(r, node, outs) || reshape_of_ones(r, node, outs))
        return true;
    if (!kov_rewrite_is(r, x, KOV_OP_RESHAPE) || node->attrs[KOV_RESHAPE_SPECIAL_ZERO].u.boolean)
        return false;
    outs[0] = kov_reshape(r->b, kov_rewrite_producer(r, x)->inputs[0], shape, false);
    return true;
}

static bool neutral_right(kov_rewrite *r, const kov_node *node, kov_value *outs, double neutral)
{
    double number;
    if (!kov_rewrite_number(r, kov_rewrite_input(r, node, 1), &number) || number != neutral ||
        signbit(number)) /* -0 - (-0) is +0 */
        return false;
    return pass_through(r, node, outs);
}

/* Parts without elements are left out; OpenVINO 2026.4 reads the first element of such a part of a
 * shape. */
static bool concat(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    enum { MOST = 64 };
    kov_value parts[MOST];
    int64_t axis = node->attrs[KOV_CONCAT_AXIS].u.integer;
    int n = 0;
    if (node->input_count > MOST)
        return false;
    for (int i = 0; i < node->input_count; i++) {
        const kov_value_info *part = kov_graph_value(r->from, node->inputs[i]);
        if (part->dims[axis < 0 ? axis + part->ndim : axis] != 0)
            parts[n++] = kov_rewrite_input(r, node, i);
    }
    if (n == 0 || (n == node->input_count && n > 1))
        return false;
    outs[0] = n == 1 ? parts[0] : kov_concat(r->b, parts, n, axis);
    return true;
}

static bool zero_pads(kov_rewrite *r, const kov_node *node)
{
    double before, after;
    return kov_rewrite_number(r, kov_rewrite_input(r, node, 1), &before) && before == 0 &&
           kov_rewrite_number(r, kov_rewrite_input(r, node, 2), &after) && after == 0;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    switch (node->op) {
    case KOV_OP_TRANSPOSE:
        return transpose(r, node, outs);
    case KOV_OP_RESHAPE:
        return reshape(r, node, outs);
    case KOV_OP_UNSQUEEZE:
        return unsqueeze(r, node, outs);
    case KOV_OP_CONVERT:
    case KOV_OP_BROADCAST:
    case KOV_OP_SQUEEZE:
        return pass_through(r, node, outs);
    case KOV_OP_CONCAT:
        return concat(r, node, outs);
    case KOV_OP_PAD:
        return zero_pads(r, node) && pass_through(r, node, outs);
    case KOV_OP_MULTIPLY:
    case KOV_OP_DIVIDE:
        return neutral_right(r, node, outs, 1.0);
    case KOV_OP_SUBTRACT:
        return neutral_right(r, node, outs, 0.0);
    default:
        return false;
    }
}

kov_status kov_pass_simplify(const kov_graph *graph, const kov_pass_options *options,
                             kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
