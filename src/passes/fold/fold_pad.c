/* SPDX-License-Identifier: Apache-2.0 */
/* A Pad of zeros before a convolution becomes the convolution's own padding. Keeps bits
 * for finite weights: products with the zeros, which engines then leave out, are zeros. */
#include "passes/passes.h"
#include <string.h>

/* The pads of a Pad with zeros, per axis of its output; false if it pads otherwise. */
static bool zero_pads(const kov_rewrite *r, const kov_node *pad, int64_t *begin, int64_t *end,
                      int *ndim)
{
    double number;
    if (strcmp(pad->attrs[KOV_PAD_PAD_MODE].u.string, "constant") != 0)
        return false;
    if (pad->input_count > 3 && pad->inputs[3] != KOV_VALUE_NONE &&
        (!kov_rewrite_number(r, pad->inputs[3], &number) || number != 0))
        return false;
    *ndim = kov_rewrite_ints(r, pad->inputs[1], begin, KOV_MAX_NDIM);
    if (*ndim < 3 || kov_rewrite_ints(r, pad->inputs[2], end, KOV_MAX_NDIM) != *ndim)
        return false;
    return true;
}

/* The value that x pads, its axes in x's order, and the pads; KOV_VALUE_NONE if x is no Pad of the
 * spatial axes, nor a Transpose of one. */
static kov_value unpadded(kov_rewrite *r, kov_value x, int64_t *begin, int64_t *end, int *ndim)
{
    int64_t order[KOV_MAX_NDIM], at_begin[KOV_MAX_NDIM], at_end[KOV_MAX_NDIM];
    bool transposed = kov_rewrite_is(r, x, KOV_OP_TRANSPOSE);
    kov_value axes = transposed ? kov_rewrite_producer(r, x)->inputs[1] : KOV_VALUE_NONE;
    kov_value padded = transposed ? kov_rewrite_producer(r, x)->inputs[0] : x;
    if (!kov_rewrite_is(r, padded, KOV_OP_PAD) ||
        !zero_pads(r, kov_rewrite_producer(r, padded), at_begin, at_end, ndim) ||
        (transposed && kov_rewrite_ints(r, axes, order, KOV_MAX_NDIM) != *ndim))
        return KOV_VALUE_NONE;
    for (int i = 0; i < *ndim; i++) {
        begin[i] = at_begin[transposed ? order[i] : i];
        end[i] = at_end[transposed ? order[i] : i];
        if (begin[i] < 0 || end[i] < 0 || (i < 2 && (begin[i] || end[i])))
            return KOV_VALUE_NONE;
    }
    x = kov_rewrite_producer(r, padded)->inputs[0];
    return transposed ? kov_transpose(r->b, x, axes) : x;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    enum { STRIDES, PADS_BEGIN, PADS_END, DILATIONS, AUTO_PAD };
    int64_t begin[KOV_MAX_NDIM], end[KOV_MAX_NDIM];
    int ndim;
    if (node->op != KOV_OP_CONVOLUTION && node->op != KOV_OP_GROUP_CONVOLUTION)
        return false;
    kov_value x = kov_rewrite_input(r, node, 0);
    const char *auto_pad = node->attrs[AUTO_PAD].u.string;
    bool valid = strcmp(auto_pad, "valid") == 0;
    if (!valid && strcmp(auto_pad, "explicit") != 0)
        return false;
    x = unpadded(r, x, begin, end, &ndim);
    if (x == KOV_VALUE_NONE)
        return false;
    kov_ints own_begin = node->attrs[PADS_BEGIN].u.ints, own_end = node->attrs[PADS_END].u.ints;
    for (int i = 2; i < ndim && !valid; i++) {
        begin[i] += own_begin.at[i - 2];
        end[i] += own_end.at[i - 2];
    }
    kov_attr attrs[5];
    memcpy(attrs, node->attrs, sizeof attrs);
    attrs[PADS_BEGIN] = kov_attr_ints((kov_ints){begin + 2, ndim - 2});
    attrs[PADS_END] = kov_attr_ints((kov_ints){end + 2, ndim - 2});
    attrs[AUTO_PAD] = kov_attr_enum("explicit");
    const kov_value inputs[] = {x, kov_rewrite_input(r, node, 1)};
    outs[0] = kov_emit(r->b, node->op, inputs, 2, attrs);
    kov_builder_name(r->b, outs[0], node->name);
    return true;
}

kov_status kov_pass_fold_pad(const kov_graph *graph, const kov_pass_options *options,
                             kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
