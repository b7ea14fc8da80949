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
    {"trunc", KOV_ELEMENTWISE_TRUNC},
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

/* Marks the axes that an argument names, of ndim; their number, or -1 where it names others. */
static int mark_axes(const kov_argument *a, int ndim, bool *marked)
{
    int count = a->kind == KOV_ARGUMENT_INT || a->count == -1 ? 1 : a->count;
    if (a->kind == KOV_ARGUMENT_NONE)
        count = ndim;
    else if (a->kind != KOV_ARGUMENT_INT && a->kind != KOV_ARGUMENT_INTS)
        return -1;
    for (int i = 0; i < count; i++) {
        int64_t at = a->kind == KOV_ARGUMENT_INT    ? a->u.integer
                     : a->kind == KOV_ARGUMENT_INTS ? a->u.ints[i]
                                                    : i;
        at = at < 0 ? at + ndim : at;
        if (at < 0 || at >= ndim || marked[at])
            return -1;
        marked[at] = true;
    }
    return count;
}

bool kov_composite_is_length(const kov_graph *graph, const kov_node *node, bool *marked,
                             bool *keepdims)
{
    enum { ORDER = 1, AXIS, KEEP_DIMS, ARGUMENTS };
    if (!is_called(node, "norm") || node->input_count != 1 || node->argument_count != ARGUMENTS)
        return false;
    const kov_value_info *x = kov_graph_value(graph, node->inputs[0]);
    const kov_argument *order = &node->arguments[ORDER], *axis = &node->arguments[AXIS];
    const kov_argument *keep = &node->arguments[KEEP_DIMS];
    if (x->dtype != KOV_DTYPE_F32)
        return false;
    *keepdims = keep->kind == KOV_ARGUMENT_BOOL && keep->u.boolean;
    int count = mark_axes(axis, x->ndim, marked);
    if (count < 1)
        return false;
    if (order->kind == KOV_ARGUMENT_NONE)
        return axis->kind == KOV_ARGUMENT_NONE || count <= 2;
    if (order->kind == KOV_ARGUMENT_STRING)
        return count == 2 && strcmp(order->u.string, "fro") == 0;
    bool two = (order->kind == KOV_ARGUMENT_INT && order->u.integer == 2) ||
               (order->kind == KOV_ARGUMENT_FLOAT && order->u.real == 2);
    return two && count == 1;
}
