/* SPDX-License-Identifier: Apache-2.0 */
/* What depends on constants alone, or has content that shape inference knows, becomes a constant.
 */
#include "base/status.h"
#include "opset/interpret.h"
#include "passes/passes.h"

#define MAX_INPUTS 64
#define MAX_OUTPUTS 64
#define MAX_GROWTH_BYTES                                                                           \
    ((size_t)1 << 20) /* a constant is not blown up into a larger one past this */

static bool may_fold(const kov_node *node)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    return !op->data_shape && node->input_count > 0 && node->input_count <= MAX_INPUTS &&
           node->output_count <= MAX_OUTPUTS;
}

/* The new graph's constants behind all inputs; false if one is none. */
static bool constant_inputs(const kov_rewrite *r, const kov_node *node, kov_tensor **inputs,
                            size_t *bytes)
{
    *bytes = 0;
    for (int i = 0; i < node->input_count; i++) {
        kov_value v = kov_rewrite_input(r, node, i);
        inputs[i] = NULL;
        if (v == KOV_VALUE_NONE)
            continue;
        inputs[i] = (kov_tensor *)kov_graph_constant(kov_rewrite_new(r), v);
        if (!inputs[i])
            return false;
        *bytes += kov_tensor_bytes(inputs[i]);
    }
    return true;
}

static size_t static_bytes(const kov_graph *graph, const kov_node *node)
{
    size_t total = 0;
    for (int i = 0; i < node->output_count; i++) {
        const kov_value_info *v = kov_graph_value(graph, node->first_output + (kov_value)i);
        size_t bytes = (size_t)kov_dtype_bits(v->dtype) / 8;
        for (int j = 0; j < v->ndim; j++) {
            if (v->dims[j] < 0 || !kov_size_mul(bytes, (size_t)v->dims[j], &bytes))
                return SIZE_MAX;
        }
        if (!kov_size_add(total, bytes, &total))
            return SIZE_MAX;
    }
    return total;
}

static bool fold_evaluated(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_tensor *inputs[MAX_INPUTS], *outputs[MAX_OUTPUTS] = {0};
    size_t bytes, made = static_bytes(r->from, node);
    if (!may_fold(node) || !constant_inputs(r, node, inputs, &bytes))
        return false;
    if (made > bytes && made > MAX_GROWTH_BYTES)
        return false;
    kov_status status =
        kov_interpret_node(r->from->context, r->from, node, inputs, outputs, NULL, NULL);
    if (status == KOV_NOT_IMPLEMENTED)
        return false;
    if (status != KOV_OK) {
        kov_builder_adopt(r->b, status);
        return true;
    }
    for (int i = 0; i < node->output_count; i++) {
        outs[i] = kov_builder_add_constant(r->b, outputs[i], KOV_WEAK_NONE);
        kov_tensor_release(outputs[i]);
    }
    return true;
}

/* A small integer value whose elements are all known numbers. */
static bool fold_content(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->output_count != 1)
        return false;
    const kov_value_info *v = kov_graph_value(r->from, node->first_output);
    if (!v->content || v->ndim > 1 || v->content->n > KOV_MAX_NDIM || !kov_value_is_static(v))
        return false;
    if (v->ndim == 1 && v->dtype != KOV_DTYPE_I64) /* rare, and evaluation may still fold it */
        return false;
    int64_t numbers[KOV_MAX_NDIM];
    for (int i = 0; i < v->content->n; i++) {
        const kov_content_element *e = &v->content->at[i];
        if (!e->known || e->dim < 0)
            return false;
        numbers[i] = e->negative ? -e->dim : e->dim;
    }
    if (v->ndim == 0)
        outs[0] = kov_constant_int(r->b, v->dtype, numbers[0]);
    else
        outs[0] = kov_constant_i64(r->b, numbers, v->content->n);
    return true;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->op == KOV_OP_CONSTANT)
        return false;
    return fold_content(r, node, outs) || fold_evaluated(r, node, outs);
}

kov_status kov_pass_fold(const kov_graph *graph, const kov_pass_options *options, kov_graph **out)
{
    (void)options;
    return kov_rewrite_graph(graph, rule, NULL, out);
}
