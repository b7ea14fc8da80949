/* SPDX-License-Identifier: Apache-2.0 */
#include "native/composites.h"

#include <string.h>

static bool is_called(const kov_node *node, const char *name)
{
    return node->function_name && strcmp(node->function_name, name) == 0;
}

static const struct {
    const char *name;
    kov_elementwise_op op;
} kernels[] = {
    {"log1p", KOV_ELEMENTWISE_LOG1P}, {"exp2", KOV_ELEMENTWISE_EXP2},
    {"cbrt", KOV_ELEMENTWISE_CBRT},   {"arctan2", KOV_ELEMENTWISE_ATAN2},
    {"ldexp", KOV_ELEMENTWISE_LDEXP}, {"erf", KOV_ELEMENTWISE_ERF},
};

static bool takes_inputs(const kov_graph *graph, const kov_node *node, kov_elementwise_op op)
{
    kov_dtype out = kov_graph_value(graph, node->first_output)->dtype;
    if (out != KOV_DTYPE_F32 && out != KOV_DTYPE_F64)
        return false;
    for (int i = 0; i < node->input_count; i++) {
        kov_dtype in = kov_graph_value(graph, node->inputs[i])->dtype;
        bool exponent = i == 1 && op == KOV_ELEMENTWISE_LDEXP && kov_dtype_is_integer(in);
        if (in != out && !exponent)
            return false;
    }
    return true;
}

kov_elementwise_op kov_composite_kernel(const kov_graph *graph, const kov_node *node)
{
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels && node->output_count == 1; i++) {
        kov_elementwise_op op = kernels[i].op;
        if (is_called(node, kernels[i].name) && node->input_count == kov_elementwise_arity(op) &&
            takes_inputs(graph, node, op))
            return op;
    }
    return KOV_ELEMENTWISE_COUNT;
}

bool kov_composite_is_arg(const kov_graph *graph, const kov_node *node, bool *largest, int *axis)
{
    enum { AXIS = 1 };
    *largest = is_called(node, "argmax");
    if ((!*largest && !is_called(node, "argmin")) || node->input_count != 1 ||
        node->argument_count <= AXIS)
        return false;
    const kov_value_info *x = kov_graph_value(graph, node->inputs[0]);
    const kov_argument *a = &node->arguments[AXIS];
    int bits = kov_dtype_bits(x->dtype);
    int64_t at;
    if (a->kind == KOV_ARGUMENT_INT)
        at = a->u.integer;
    else if (a->kind == KOV_ARGUMENT_INTS && (a->count == 1 || a->count == -1))
        at = a->u.ints[0];
    else if (a->kind == KOV_ARGUMENT_NONE)
        at = -1 - x->ndim;
    else
        return false;
    if (at < 0)
        at += x->ndim;
    *axis = (int)at;
    return at >= -1 && at < x->ndim && bits >= 8 && bits <= 64 && !kov_dtype_is_complex(x->dtype) &&
           x->dtype != KOV_DTYPE_F8E4M3 && x->dtype != KOV_DTYPE_F8E5M2;
}
