/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/range.h"

#include "tensor/convert.h"

#include <math.h>

/* How far back a value is followed; a chain of shape arithmetic is short. */
#define MAX_DEPTH 24
#define MAX_CONSTANT 65536 /* elements of a constant that are looked at */
#define POSITION_MAX INT32_MAX

static const kov_bounds everything = {INT64_MIN, INT64_MAX};

static int64_t saturated(__int128 x)
{
    return x < INT64_MIN ? INT64_MIN : x > INT64_MAX ? INT64_MAX : (int64_t)x;
}

static bool is_everything(kov_bounds r)
{
    return r.low == INT64_MIN || r.high == INT64_MAX;
}

static kov_bounds joined(kov_bounds a, kov_bounds b)
{
    return (kov_bounds){a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}

static kov_bounds limited(kov_bounds r, kov_dtype dtype)
{
    const kov_bounds all = kov_dtype_range(dtype);
    /* What leaves the type wraps around, so nothing is known then. */
    return kov_range_within(r, all.low, all.high) ? r : all;
}

kov_bounds kov_dtype_range(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_BOOL:
    case KOV_DTYPE_U1:
        return (kov_bounds){0, 1};
    case KOV_DTYPE_I8:
        return (kov_bounds){INT8_MIN, INT8_MAX};
    case KOV_DTYPE_I16:
        return (kov_bounds){INT16_MIN, INT16_MAX};
    case KOV_DTYPE_I32:
        return (kov_bounds){INT32_MIN, INT32_MAX};
    case KOV_DTYPE_U8:
        return (kov_bounds){0, UINT8_MAX};
    case KOV_DTYPE_U16:
        return (kov_bounds){0, UINT16_MAX};
    case KOV_DTYPE_U32:
        return (kov_bounds){0, UINT32_MAX};
    case KOV_DTYPE_I4:
        return (kov_bounds){-8, 7};
    case KOV_DTYPE_U4:
        return (kov_bounds){0, 15};
    default:
        return everything;
    }
}

static kov_bounds constant_range(const kov_tensor *tensor)
{
    int64_t n = kov_tensor_count(tensor);
    kov_dtype dtype = kov_tensor_dtype(tensor);
    if (dtype != KOV_DTYPE_I64 && dtype != KOV_DTYPE_I32)
        return kov_dtype_range(dtype);
    if (n == 0 || n > MAX_CONSTANT)
        return n == 0 ? (kov_bounds){0, 0} : kov_dtype_range(dtype);
    kov_bounds r = {INT64_MAX, INT64_MIN};
    for (int64_t i = 0; i < n; i++) {
        int64_t x = dtype == KOV_DTYPE_I64 ? ((const int64_t *)kov_tensor_data(tensor))[i]
                                           : ((const int32_t *)kov_tensor_data(tensor))[i];
        r = joined(r, (kov_bounds){x, x});
    }
    return r;
}

static int64_t dim_upper(const kov_graph *graph, kov_dim dim)
{
    if (kov_dim_is_number(dim))
        return dim;
    const kov_dim_expr *expr = kov_dim_expr_of(graph->dims, dim);
    if (expr->kind == KOV_DIM_SYMBOL && expr->upper > KOV_SIZE_LIMIT)
        return KOV_SIZE_LIMIT;
    return expr->upper < POSITION_MAX ? expr->upper : POSITION_MAX;
}

/* The largest dimension; the number of elements. */
static int64_t largest_dim(const kov_graph *graph, kov_value value)
{
    const kov_value_info *info = kov_graph_value(graph, value);
    int64_t most = 0;
    for (int i = 0; i < info->ndim; i++) {
        int64_t upper = dim_upper(graph, info->dims[i]);
        most = upper > most ? upper : most;
    }
    return most;
}

static int64_t most_elements(const kov_graph *graph, kov_value value)
{
    const kov_value_info *info = kov_graph_value(graph, value);
    int64_t most = 1;
    for (int i = 0; i < info->ndim; i++)
        most = saturated((__int128)most * dim_upper(graph, info->dims[i]));
    return most;
}

/* Content made of dimensions. */
static bool content_range(const kov_graph *graph, const kov_value_info *info, kov_bounds *out)
{
    if (!info->content || info->content->n == 0)
        return false;
    kov_bounds r = {INT64_MAX, INT64_MIN};
    for (int i = 0; i < info->content->n; i++) {
        const kov_content_element *e = &info->content->at[i];
        if (!e->known)
            return false;
        int64_t low = kov_dim_is_number(e->dim) ? e->dim : kov_dim_lower(graph->dims, e->dim);
        int64_t high = dim_upper(graph, e->dim);
        r = joined(r, e->negative ? (kov_bounds){-high, -low} : (kov_bounds){low, high});
    }
    *out = r;
    return true;
}

static kov_bounds range_of(const kov_graph *graph, kov_value value, int depth);

static kov_bounds input(const kov_graph *graph, const kov_node *node, int i, int depth)
{
    return range_of(graph, node->inputs[i], depth - 1);
}

static kov_bounds product(kov_bounds a, kov_bounds b)
{
    if (is_everything(a) || is_everything(b))
        return everything;
    const __int128 corners[4] = {(__int128)a.low * b.low, (__int128)a.low * b.high,
                                 (__int128)a.high * b.low, (__int128)a.high * b.high};
    __int128 low = corners[0], high = corners[0];
    for (int i = 1; i < 4; i++) {
        low = corners[i] < low ? corners[i] : low;
        high = corners[i] > high ? corners[i] : high;
    }
    return (kov_bounds){saturated(low), saturated(high)};
}

static kov_bounds binary(int op, kov_bounds a, kov_bounds b)
{
    if (op == KOV_OP_MINIMUM)
        return (kov_bounds){a.low < b.low ? a.low : b.low, a.high < b.high ? a.high : b.high};
    if (op == KOV_OP_MAXIMUM)
        return (kov_bounds){a.low > b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
    if (is_everything(a) || is_everything(b))
        return everything;
    switch (op) {
    case KOV_OP_ADD:
        return (kov_bounds){saturated((__int128)a.low + b.low),
                            saturated((__int128)a.high + b.high)};
    case KOV_OP_SUBTRACT:
        return (kov_bounds){saturated((__int128)a.low - b.high),
                            saturated((__int128)a.high - b.low)};
    case KOV_OP_MULTIPLY:
        return product(a, b);
    case KOV_OP_DIVIDE: { /* never further from 0 than the dividend, but for floor(-1/2) = -1 */
        int64_t far = a.high > -a.low ? a.high : -a.low;
        return b.low > 0 ? (kov_bounds){a.low < 0 ? a.low : 0, a.high > 0 ? a.high : 0}
                         : (kov_bounds){-far, far};
    }
    default: { /* FloorMod, Mod: closer to 0 than the divisor */
        int64_t far = b.high > -b.low ? b.high : -b.low;
        bool positive = op == KOV_OP_FLOOR_MOD ? b.low > 0 : a.low >= 0;
        return (kov_bounds){positive ? 0 : -far, far};
    }
    }
}

/* The bits of x and y together; of numbers that are not negative they are less than both. */
static kov_bounds common_bits(kov_bounds a, kov_bounds b)
{
    if (a.low < 0 && b.low < 0)
        return everything;
    int64_t high = a.low < 0 ? b.high : b.low < 0 || a.high < b.high ? a.high : b.high;
    return (kov_bounds){0, high};
}

/* Elements of the output are elements of inputs from `first` on, one in `step`. */
static kov_bounds moved(const kov_graph *graph, const kov_node *node, int first, int last,
                        int depth)
{
    kov_bounds r = {INT64_MAX, INT64_MIN};
    for (int i = first; i <= last && i < node->input_count; i++)
        r = joined(r, input(graph, node, i, depth));
    return r.low > r.high ? everything : r;
}

static kov_bounds float_bound(double x)
{
    if (!(fabs(x) < 9e18))
        return everything;
    return (kov_bounds){(int64_t)floor(x), (int64_t)ceil(x)};
}

/* Whole numbers between which floats lie, as a clamp says. */
static kov_bounds float_range(const kov_graph *graph, kov_value value, int depth)
{
    double number;
    if (!kov_dtype_is_float(kov_graph_value(graph, value)->dtype))
        return range_of(graph, value, depth);
    if (kov_graph_constant_number(graph, value, &number))
        return float_bound(number);
    const kov_node *node = kov_graph_producer(graph, value);
    if (depth == 0)
        return everything;
    switch (node->op) {
    case KOV_OP_MINIMUM:
    case KOV_OP_MAXIMUM:
        return binary(node->op, float_range(graph, node->inputs[0], depth - 1),
                      float_range(graph, node->inputs[1], depth - 1));
    case KOV_OP_CLAMP:
        return (kov_bounds){float_bound(node->attrs[KOV_CLAMP_MIN].u.real).low,
                            float_bound(node->attrs[KOV_CLAMP_MAX].u.real).high};
    case KOV_OP_FLOOR:
    case KOV_OP_CEILING:
    case KOV_OP_ROUND:
    case KOV_OP_CONVERT:
        return float_range(graph, node->inputs[0], depth - 1);
    default:
        return everything;
    }
}

static kov_bounds node_range(const kov_graph *graph, const kov_node *node, int output,
                             const kov_value_info *info, int depth)
{
    switch (node->op) {
    case KOV_OP_SHAPE_OF:
    case KOV_OP_NON_ZERO:
    case KOV_OP_SEARCH_SORTED:
        return (kov_bounds){0, largest_dim(graph, node->inputs[0])};
    case KOV_OP_REDUCE_SUM:
        return product(input(graph, node, 0, depth),
                       (kov_bounds){0, most_elements(graph, node->inputs[0])});
    case KOV_OP_MAT_MUL: {
        const kov_value_info *x = kov_graph_value(graph, node->inputs[0]);
        int inner =
            x->ndim - (x->ndim > 1 && node->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean ? 2 : 1);
        kov_bounds one = product(input(graph, node, 0, depth), input(graph, node, 1, depth));
        return x->ndim == 0 ? one : product(one, (kov_bounds){0, dim_upper(graph, x->dims[inner])});
    }
    case KOV_OP_TOP_K:
    case KOV_OP_UNIQUE:
    case KOV_OP_MAX_POOL:
    case KOV_OP_ADAPTIVE_MAX_POOL:
        return output > 0 ? (kov_bounds){0, most_elements(graph, node->inputs[0])}
                          : moved(graph, node, 0, 0, depth);
    case KOV_OP_ADD:
    case KOV_OP_SUBTRACT:
    case KOV_OP_MULTIPLY:
    case KOV_OP_DIVIDE:
    case KOV_OP_FLOOR_MOD:
    case KOV_OP_MOD:
    case KOV_OP_MINIMUM:
    case KOV_OP_MAXIMUM:
        return binary(node->op, input(graph, node, 0, depth), input(graph, node, 1, depth));
    case KOV_OP_BITWISE_AND:
        return common_bits(input(graph, node, 0, depth), input(graph, node, 1, depth));
    case KOV_OP_BITWISE_NOT: /* -1 - x */
        return binary(KOV_OP_SUBTRACT, (kov_bounds){-1, -1}, input(graph, node, 0, depth));
    case KOV_OP_NEGATIVE:
        return binary(KOV_OP_SUBTRACT, (kov_bounds){0, 0}, input(graph, node, 0, depth));
    case KOV_OP_ABS: {
        kov_bounds r = input(graph, node, 0, depth);
        if (is_everything(r))
            return everything;
        return (kov_bounds){0, r.high > -r.low ? r.high : -r.low};
    }
    case KOV_OP_SIGN:
        return (kov_bounds){-1, 1};
    case KOV_OP_RELU:
        return binary(KOV_OP_MAXIMUM, (kov_bounds){0, 0}, input(graph, node, 0, depth));
    case KOV_OP_CONVERT:
        return float_range(graph, node->inputs[0], depth - 1);
    case KOV_OP_SELECT:
        return moved(graph, node, 1, 2, depth);
    case KOV_OP_CONCAT:
        return moved(graph, node, 0, node->input_count - 1, depth);
    case KOV_OP_ONE_HOT:
        return moved(graph, node, 2, 3, depth);
    case KOV_OP_RANGE: /* from start towards stop */
        return moved(graph, node, 0, 1, depth);
    case KOV_OP_EYE:
        return (kov_bounds){0, 1};
    case KOV_OP_REDUCE_MAX:
    case KOV_OP_REDUCE_MIN:
    case KOV_OP_RESHAPE:
    case KOV_OP_SQUEEZE:
    case KOV_OP_UNSQUEEZE:
    case KOV_OP_TRANSPOSE:
    case KOV_OP_BROADCAST:
    case KOV_OP_TILE:
    case KOV_OP_SPLIT:
    case KOV_OP_VARIADIC_SPLIT:
    case KOV_OP_SLICE:
    case KOV_OP_STRIDED_SLICE:
    case KOV_OP_ROLL:
    case KOV_OP_GATHER:
    case KOV_OP_GATHER_ND:
    case KOV_OP_GATHER_ELEMENTS:
        return moved(graph, node, 0, 0, depth);
    default:
        return kov_dtype_range(info->dtype);
    }
}

static kov_bounds range_of(const kov_graph *graph, kov_value value, int depth)
{
    const kov_value_info *info = kov_graph_value(graph, value);
    const kov_tensor *tensor = kov_graph_constant(graph, value);
    kov_bounds r;
    if (kov_dtype_is_float(info->dtype))
        return everything;
    if (tensor)
        return constant_range(tensor);
    if (content_range(graph, info, &r))
        return limited(r, info->dtype);
    if (depth == 0)
        return kov_dtype_range(info->dtype);
    const kov_node *node = kov_graph_producer(graph, value);
    return limited(node_range(graph, node, info->output, info, depth), info->dtype);
}

kov_bounds kov_value_range(const kov_graph *graph, kov_value value)
{
    return value == KOV_VALUE_ERROR ? everything : range_of(graph, value, MAX_DEPTH);
}
