/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/rewrite.h"
#include "base/status.h"
#include "passes/stable.h"
#include "tensor/convert.h"
#include <string.h>

static void mark_needed(const kov_graph *from, bool *needed, int *uses)
{
    for (int i = 0; i < from->results.n; i++) {
        needed[from->values.at[from->results.at[i].value].node] = true;
        uses[from->results.at[i].value]++;
    }
    for (int i = from->nodes.n - 1; i >= 0; i--) {
        const kov_node *node = &from->nodes.at[i];
        for (int j = 0; needed[i] && j < node->input_count; j++) {
            if (node->inputs[j] == KOV_VALUE_NONE)
                continue;
            needed[from->values.at[node->inputs[j]].node] = true;
            uses[node->inputs[j]]++;
        }
    }
}

static void add_parameters(kov_rewrite *r)
{
    const kov_graph *from = r->from;
    for (int i = 0; i < from->parameters.n; i++) {
        const kov_graph_parameter *p = &from->parameters.at[i];
        const kov_value_info *v = kov_graph_value(from, p->value);
        r->map[p->value] = kov_builder_add_parameter(r->b, v->dtype, v->ndim, v->dims, v->content,
                                                     v->weak, p->name, p->role);
    }
}

/* A node with bodies, its bodies rewritten. */
static kov_value copy_with_bodies(kov_rewrite *r, const kov_node *node, kov_rewrite_rule rule)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    kov_attr attrs[8];
    kov_node changed = *node;
    kov_graph *made[8] = {0};
    kov_status status = KOV_OK;
    for (int i = 0; i < op->attr_count && status == KOV_OK; i++) {
        attrs[i] = node->attrs[i];
        if (attrs[i].kind == KOV_ATTR_BODY) {
            status = kov_rewrite_graph(attrs[i].u.body, rule, r->user, &made[i]);
            attrs[i].u.body = made[i];
        }
    }
    changed.attrs = attrs;
    kov_value first = KOV_VALUE_ERROR;
    if (status == KOV_OK)
        first = kov_copy_node(r->b, r->from, &changed, r->map);
    else
        kov_builder_adopt(r->b, status);
    for (int i = 0; i < op->attr_count; i++)
        kov_graph_release(made[i]);
    return first;
}

static void rewrite_node(kov_rewrite *r, const kov_node *node, kov_rewrite_rule rule)
{
    kov_value *outs = r->map + node->first_output;
    if (rule(r, node, outs))
        return;
    bool bodies = node->op == KOV_OP_IF || node->op == KOV_OP_WHILE;
    kov_value first =
        bodies ? copy_with_bodies(r, node, rule) : kov_copy_node(r->b, r->from, node, r->map);
    for (int i = 0; i < node->output_count; i++)
        outs[i] = kov_output(first, i);
}

static kov_status finish(kov_rewrite *r, kov_graph **out)
{
    const kov_graph *from = r->from;
    kov_context *context = from->context;
    size_t n = (size_t)from->results.n + 1;
    kov_value *results = kov_alloc(context, sizeof *results * n);
    const char **names = kov_alloc(context, sizeof *names * n);
    kov_status status = KOV_OUT_OF_MEMORY;
    if (results && names) {
        for (int i = 0; i < from->results.n; i++) {
            results[i] = r->map[from->results.at[i].value];
            names[i] = from->results.at[i].name;
        }
        status = kov_builder_finish(r->b, results, from->results.n, names, out);
    }
    kov_free(context, results);
    kov_free(context, names);
    return status;
}

static kov_status rewrite(const kov_graph *from, kov_rewrite_rule rule, void *user, kov_graph **out)
{
    kov_context *context = from->context;
    kov_rewrite r = {.from = from, .user = user};
    KOV_TRY(kov_builder_create_like(from, &r.b));
    bool *needed = kov_alloc_zero(context, sizeof *needed * (size_t)(from->nodes.n + 1));
    int *uses = kov_alloc_zero(context, sizeof *uses * (size_t)from->values.n);
    r.map = kov_alloc_zero(context, sizeof *r.map * (size_t)from->values.n);
    bool *stable = kov_graph_stable(from);
    r.uses = uses;
    r.stable = stable;
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!needed || !uses || !r.map || !stable)
        goto fail;
    mark_needed(from, needed, uses);
    add_parameters(&r);
    for (int i = 0; i < from->nodes.n && r.b->status == KOV_OK; i++) {
        if (needed[i] && from->nodes.at[i].op != KOV_OP_PARAMETER)
            rewrite_node(&r, &from->nodes.at[i], rule);
    }
    status = kov_builder_status(r.b);
    if (status == KOV_OK)
        status = finish(&r, out);
fail:
    kov_free(context, needed);
    kov_free(context, uses);
    kov_free(context, stable);
    kov_free(context, r.map);
    kov_builder_release(r.b);
    return status;
}

static bool copy_rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    (void)r;
    (void)node;
    (void)outs;
    return false;
}

/* Rules leave nodes behind that what they emitted made needless. */
static kov_status sweep(kov_graph **graph)
{
    kov_graph *from = *graph, *swept = NULL;
    kov_context *context = from->context;
    bool *needed = kov_alloc_zero(context, sizeof *needed * (size_t)(from->nodes.n + 1));
    int *uses = kov_alloc_zero(context, sizeof *uses * (size_t)from->values.n);
    kov_status status = KOV_OUT_OF_MEMORY;
    bool all = true;
    if (needed && uses) {
        mark_needed(from, needed, uses);
        for (int i = 0; i < from->nodes.n && all; i++)
            all = needed[i] || from->nodes.at[i].op == KOV_OP_PARAMETER;
        status = all ? KOV_OK : rewrite(from, copy_rule, NULL, &swept);
    }
    kov_free(context, needed);
    kov_free(context, uses);
    if (status == KOV_OK && all)
        return status;
    kov_graph_release(from);
    *graph = swept;
    return status;
}

kov_status kov_rewrite_graph(const kov_graph *from, kov_rewrite_rule rule, void *user,
                             kov_graph **out)
{
    kov_dims *dims = from->dims;
    kov_graph *made = NULL;
    kov_dims_lock(dims);
    dims->failed = false; /* memory that was short when this graph was last rewritten */
    kov_status status = rewrite(from, rule, user, &made);
    if (status == KOV_OK)
        status = sweep(&made);
    kov_dims_unlock(dims);
    if (status == KOV_OK)
        *out = made;
    return status;
}

int kov_rewrite_uses(const kov_rewrite *r, kov_value v)
{
    int uses = 0;
    for (int i = 1; i < r->from->values.n; i++)
        uses += r->map[i] == v ? r->uses[i] : 0;
    return uses;
}

int kov_rewrite_ints(const kov_rewrite *r, kov_value v, int64_t *out, int capacity)
{
    if (v == KOV_VALUE_NONE || v == KOV_VALUE_ERROR)
        return -1;
    const kov_tensor *tensor = kov_graph_constant(kov_rewrite_new(r), v);
    if (!tensor || kov_tensor_ndim(tensor) > 1 || kov_tensor_count(tensor) > capacity ||
        !kov_dtype_is_integer(kov_tensor_dtype(tensor)))
        return -1;
    int64_t n = kov_tensor_count(tensor);
    if (kov_convert(kov_tensor_dtype(tensor), kov_tensor_data(tensor), KOV_DTYPE_I64, out, n) !=
        KOV_OK)
        return -1;
    return (int)n;
}

bool kov_rewrite_number(const kov_rewrite *r, kov_value v, double *out)
{
    return kov_graph_constant_number(kov_rewrite_new(r), v, out);
}
