/* SPDX-License-Identifier: Apache-2.0 */
/* Moves Transposes down the graph, past what does not mind the order of the axes, until they meet
 * their inverse. Keras computes channels last, the operation set channels first: a network of Keras
 * layers is full of pairs that this brings together. Keeps bits, but where a reduction over several
 * axes adds them in another order. */
#include "passes/passes.h"

struct sunk { /* a new value seen as Transpose(x, order) */
    kov_value x;
    int n;
    int64_t order[KOV_MAX_NDIM];
};

static bool sunk_of(const kov_rewrite *r, kov_value v, struct sunk *out)
{
    if (!kov_rewrite_is(r, v, KOV_OP_TRANSPOSE))
        return false;
    const kov_node *node = kov_rewrite_producer(r, v);
    out->x = node->inputs[0];
    out->n = kov_rewrite_ints(r, node->inputs[1], out->order, KOV_MAX_NDIM);
    return out->n > 0;
}

static bool same_order(const struct sunk *a, const struct sunk *b)
{
    for (int i = 0; i < a->n; i++) {
        if (a->n != b->n || a->order[i] != b->order[i])
            return false;
    }
    return true;
}

static kov_value rise(kov_rewrite *r, kov_value x, const int64_t *order, int n)
{
    bool identity = true;
    for (int i = 0; i < n; i++)
        identity = identity && order[i] == i;
    return identity ? x : kov_transpose(r->b, x, kov_constant_i64(r->b, order, n));
}

/* v, which broadcasts against the transposed value, in the order before the Transpose. */
static kov_value lower(kov_rewrite *r, kov_value v, const struct sunk *s)
{
    int64_t inverse[KOV_MAX_NDIM], missing[KOV_MAX_NDIM];
    int ndim = kov_ndim(r->b, v);
    if (ndim == 0)
        return v;
    for (int i = 0; i < s->n; i++)
        inverse[s->order[i]] = i;
    for (int i = 0; i < s->n - ndim; i++)
        missing[i] = i;
    if (ndim < s->n)
        v = kov_unsqueeze(r->b, v, kov_constant_i64(r->b, missing, s->n - ndim));
    return rise(r, v, inverse, s->n);
}

/* An operand that can go under the Transpose without a Transpose of run-time data being made. */
static bool goes_under(const kov_rewrite *r, kov_value old, kov_value v, const struct sunk *s)
{
    struct sunk other;
    const kov_value_info *info = kov_graph_value(kov_rewrite_new(r), v);
    if (info->ndim > s->n)
        return false;
    if (r->stable[old] || info->ndim == 0)
        return true;
    if (sunk_of(r, v, &other))
        return same_order(s, &other);
    int wide = 0; /* a vector along one axis: its Transpose moves no data */
    for (int i = 0; i < info->ndim; i++)
        wide += info->dims[i] != 1;
    return wide == 0;
}

static bool elementwise(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    struct sunk s = {0}, t;
    kov_value inputs[3];
    int chosen = -1;
    if (node->input_count > 3 || node->output_count != 1)
        return false;
    for (int i = 0; i < node->input_count; i++) {
        inputs[i] = kov_rewrite_input(r, node, i);
        if (chosen < 0 && inputs[i] != KOV_VALUE_NONE && sunk_of(r, inputs[i], &t)) {
            s = t;
            chosen = i;
        }
    }
    if (chosen < 0)
        return false;
    for (int i = 0; i < node->input_count; i++) {
        if (inputs[i] != KOV_VALUE_NONE && !goes_under(r, node->inputs[i], inputs[i], &s))
            return false;
    }
    for (int i = 0; i < node->input_count; i++) {
        if (inputs[i] != KOV_VALUE_NONE)
            inputs[i] =
                sunk_of(r, inputs[i], &t) && same_order(&s, &t) ? t.x : lower(r, inputs[i], &s);
    }
    kov_value y = kov_emit(r->b, node->op, inputs, node->input_count, node->attrs);
    outs[0] = rise(r, y, s.order, s.n);
    return true;
}

static bool concat(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    struct sunk s, t;
    kov_value inputs[64];
    if (node->input_count > 64 || !sunk_of(r, kov_rewrite_input(r, node, 0), &s))
        return false;
    for (int i = 0; i < node->input_count; i++) {
        if (!sunk_of(r, kov_rewrite_input(r, node, i), &t) || !same_order(&s, &t))
            return false;
        inputs[i] = t.x;
    }
    int64_t axis = node->attrs[KOV_CONCAT_AXIS].u.integer;
    if (axis < 0)
        axis += s.n;
    outs[0] = rise(r, kov_concat(r->b, inputs, node->input_count, s.order[axis]), s.order, s.n);
    return true;
}

static bool pad(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    struct sunk s;
    int64_t begin[KOV_MAX_NDIM], end[KOV_MAX_NDIM], under_begin[KOV_MAX_NDIM],
        under_end[KOV_MAX_NDIM];
    if (!sunk_of(r, kov_rewrite_input(r, node, 0), &s) ||
        kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), begin, KOV_MAX_NDIM) != s.n ||
        kov_rewrite_ints(r, kov_rewrite_input(r, node, 2), end, KOV_MAX_NDIM) != s.n)
        return false;
    for (int i = 0; i < s.n; i++) {
        under_begin[s.order[i]] = begin[i];
        under_end[s.order[i]] = end[i];
    }
    const kov_value inputs[] = {s.x, kov_constant_i64(r->b, under_begin, s.n),
                                kov_constant_i64(r->b, under_end, s.n),
                                kov_rewrite_input(r, node, 3)};
    int count = inputs[3] == KOV_VALUE_NONE ? 3 : 4;
    outs[0] = rise(r, kov_emit(r->b, node->op, inputs, count, node->attrs), s.order, s.n);
    return true;
}

static bool reduce(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    struct sunk s;
    int64_t axes[KOV_MAX_NDIM], kept[KOV_MAX_NDIM];
    bool gone[KOV_MAX_NDIM] = {0};
    if (!sunk_of(r, kov_rewrite_input(r, node, 0), &s))
        return false;
    int n = kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), axes, KOV_MAX_NDIM);
    if (n < 0)
        return false;
    for (int i = 0; i < n; i++) {
        axes[i] = s.order[axes[i] < 0 ? axes[i] + s.n : axes[i]];
        gone[axes[i]] = true;
    }
    const kov_value inputs[] = {s.x, kov_constant_i64(r->b, axes, n)};
    kov_value y = kov_emit(r->b, node->op, inputs, 2, node->attrs);
    if (node->attrs[KOV_REDUCE_SUM_KEEP_DIMS].u.boolean) {
        outs[0] = rise(r, y, s.order, s.n);
        return true;
    }
    int count = 0;
    for (int i = 0; i < s.n;
         i++) { /* the remaining axes, numbered as they stand after the reduction */
        if (gone[s.order[i]])
            continue;
        int64_t before = 0;
        for (int64_t j = 0; j < s.order[i]; j++)
            before += !gone[j];
        kept[count++] = before;
    }
    outs[0] = rise(r, y, kept, count);
    return true;
}

static bool softmax(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    struct sunk s;
    if (!sunk_of(r, kov_rewrite_input(r, node, 0), &s))
        return false;
    int64_t axis = node->attrs[KOV_SOFTMAX_AXIS].u.integer;
    const kov_attr attr = kov_attr_int(s.order[axis < 0 ? axis + s.n : axis]);
    outs[0] = rise(r, kov_emit(r->b, node->op, &s.x, 1, &attr), s.order, s.n);
    return true;
}

/* Squeeze of axes that are 1: what is left keeps its order if the Transpose moved nothing else. */
static bool squeeze(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    struct sunk s;
    int64_t axes[KOV_MAX_NDIM], left[KOV_MAX_NDIM];
    bool gone[KOV_MAX_NDIM] = {0};
    if (node->input_count < 2 || !sunk_of(r, kov_rewrite_input(r, node, 0), &s))
        return false;
    int n = kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), axes, KOV_MAX_NDIM), count = 0;
    if (n <= 0)
        return false;
    for (int i = 0; i < n; i++) {
        axes[i] = s.order[axes[i] < 0 ? axes[i] + s.n : axes[i]];
        gone[axes[i]] = true;
    }
    for (int i = 0; i < s.n; i++) {
        if (!gone[s.order[i]])
            left[count++] = s.order[i];
    }
    for (int i = 1; i < count; i++) {
        if (left[i] < left[i - 1])
            return false;
    }
    outs[0] = kov_squeeze(r->b, s.x, kov_constant_i64(r->b, axes, n));
    return true;
}

/* Transpose of an Unsqueeze that keeps the order of the other axes: the same Unsqueeze elsewhere.
 */
static bool transpose_of_unsqueeze(kov_rewrite *r, kov_value x, const int64_t *order, int n,
                                   kov_value *out)
{
    int64_t axes[KOV_MAX_NDIM], moved[KOV_MAX_NDIM], last = -1;
    bool added[KOV_MAX_NDIM] = {0};
    if (!kov_rewrite_is(r, x, KOV_OP_UNSQUEEZE))
        return false;
    const kov_node *node = kov_rewrite_producer(r, x);
    int count = kov_rewrite_ints(r, node->inputs[1], axes, KOV_MAX_NDIM), at = 0;
    for (int i = 0; i < count; i++)
        added[axes[i] < 0 ? axes[i] + n : axes[i]] = true;
    for (int i = 0; i < n; i++) {
        if (added[order[i]]) {
            moved[at++] = i;
        } else if (order[i] < last) {
            return false;
        } else {
            last = order[i];
        }
    }
    if (count <= 0 || at != count)
        return false;
    *out = kov_unsqueeze(r->b, node->inputs[0], kov_constant_i64(r->b, moved, count));
    return true;
}

/* Two Transposes in a row are one. */
static bool transpose(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    struct sunk s;
    int64_t order[KOV_MAX_NDIM], both[KOV_MAX_NDIM];
    kov_value x = kov_rewrite_input(r, node, 0);
    int n = kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), order, KOV_MAX_NDIM);
    if (n <= 0)
        return false;
    if (transpose_of_unsqueeze(r, x, order, n, outs))
        return true;
    if (!sunk_of(r, x, &s) || s.n != n)
        return false;
    for (int i = 0; i < n; i++)
        both[i] = s.order[order[i]];
    outs[0] = rise(r, s.x, both, n);
    return true;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    if (node->op >= KOV_OP_ABS && node->op <= KOV_OP_SELECT && op->domain == KOV_DOMAIN_OV &&
        node->op != KOV_OP_P_RELU && node->op != KOV_OP_SELU && node->op != KOV_OP_HARD_SIGMOID)
        return elementwise(r, node, outs);
    if (node->op >= KOV_OP_REDUCE_SUM && node->op <= KOV_OP_REDUCE_L2)
        return reduce(r, node, outs);
    switch (node->op) {
    case KOV_OP_CONCAT:
        return concat(r, node, outs);
    case KOV_OP_PAD:
        return pad(r, node, outs);
    case KOV_OP_SOFTMAX:
    case KOV_OP_LOG_SOFTMAX:
        return softmax(r, node, outs);
    case KOV_OP_SQUEEZE:
        return squeeze(r, node, outs);
    case KOV_OP_TRANSPOSE:
        return transpose(r, node, outs);
    default:
        return false;
    }
}

kov_status kov_pass_sink_transpose(const kov_graph *graph, const kov_pass_options *options,
                                   kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
