/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/exact.h"

#include "openvino/range.h"
#include "opset/content_math.h"

#include <stdio.h>
#include <string.h>

#define INT24 (INT64_C(1) << 24)
#define SMALL 2048 /* elements that an algorithm of quadratic time may have */

/* Inputs that say where, not what: a number past 2^31 would be out of range anyway. */
static bool is_position(int op, int input)
{
    switch (op) {
    case KOV_OP_GATHER:
    case KOV_OP_SCATTER_UPDATE:
        return input == 1 || input == 2 + (op == KOV_OP_SCATTER_UPDATE);
    case KOV_OP_GATHER_ND:
    case KOV_OP_GATHER_ELEMENTS:
    case KOV_OP_SCATTER_ND_UPDATE:
        return input == 1;
    case KOV_OP_SCATTER_ELEMENTS_UPDATE:
        return input == 1 || input == 3;
    case KOV_OP_ONE_HOT:
        return input <= 1;
    case KOV_OP_SLICE:
    case KOV_OP_STRIDED_SLICE: /* INT64_MAX as "to the end" becomes INT32_MAX */
        return input >= 1;
    default:
        return false;
    }
}

/* Whether the elements of integer outputs are computed, not only moved: then types that OpenVINO's
 * CPU plugin computes in a wider or saturating type are exact only where nothing leaves the type.
 */
static bool computes(int op)
{
    switch (op) {
    case KOV_OP_ADD:
    case KOV_OP_SUBTRACT:
    case KOV_OP_MULTIPLY:
    case KOV_OP_NEGATIVE:
    case KOV_OP_ABS:
    case KOV_OP_SQUARED_DIFFERENCE:
    case KOV_OP_POWER:
    case KOV_OP_REDUCE_SUM:
    case KOV_OP_REDUCE_PROD:
    case KOV_OP_REDUCE_L1:
    case KOV_OP_CUM_SUM:
    case KOV_OP_MAT_MUL:
    case KOV_OP_SCATTER_ND_UPDATE:
    case KOV_OP_SCATTER_ELEMENTS_UPDATE:
        return true;
    default:
        return false;
    }
}

static bool refuse(char *why, size_t size, const char *op, const char *text)
{
    snprintf(why, size, "%s: %s", op, text);
    return false;
}

/* A type OpenVINO has at all as its own, given what is known of the values. */
static bool takes_value(const kov_graph *graph, kov_value value, const kov_op_info *op,
                        bool position, char *why, size_t size)
{
    kov_dtype dtype = kov_graph_value(graph, value)->dtype;
    switch (dtype) {
    case KOV_DTYPE_BOOL:
    case KOV_DTYPE_I8:
    case KOV_DTYPE_I16:
    case KOV_DTYPE_I32:
    case KOV_DTYPE_U8:
    case KOV_DTYPE_U16:
    case KOV_DTYPE_F16:
    case KOV_DTYPE_BF16:
    case KOV_DTYPE_F32:
        return true;
    case KOV_DTYPE_I64:
    case KOV_DTYPE_U32:
    case KOV_DTYPE_U64:
        if (position || kov_range_within(kov_value_range(graph, value), INT32_MIN, INT32_MAX))
            return true;
        snprintf(why, size, "%s: %s that is not proven to fit int32, as which OpenVINO takes it",
                 op->name, kov_dtype_keras_name(dtype));
        return false;
    default:
        snprintf(why, size, "%s: OpenVINO does not compute in %s", op->name,
                 kov_dtype_keras_name(dtype));
        return false;
    }
}

/* Whether an integer value stays where float32 counts exactly. */
static bool within_float(const kov_graph *graph, kov_value value)
{
    kov_dtype dtype = kov_graph_value(graph, value)->dtype;
    if (!kov_dtype_is_integer(dtype))
        return true;
    if (kov_range_within(kov_value_range(graph, value), -INT24, INT24))
        return true;
    /* Shape arithmetic on free dimensions is taken to stay below. */
    const kov_content *content = kov_graph_value(graph, value)->content;
    for (int i = 0; content && i < content->n; i++) {
        if (!content->at[i].known)
            return false;
    }
    return content != NULL;
}

/* A comparison with a number that float32 counts, and its neighbours too, is right for all others.
 */
static bool compares_safely(const kov_graph *graph, const kov_node *node)
{
    switch (node->op) {
    case KOV_OP_EQUAL:
    case KOV_OP_NOT_EQUAL:
    case KOV_OP_GREATER:
    case KOV_OP_GREATER_EQUAL:
    case KOV_OP_LESS:
    case KOV_OP_LESS_EQUAL:
        return kov_range_within(kov_value_range(graph, node->inputs[0]), -INT24 + 1, INT24 - 1) ||
               kov_range_within(kov_value_range(graph, node->inputs[1]), -INT24 + 1, INT24 - 1);
    default:
        return false;
    }
}

static bool takes_integers(const kov_graph *graph, const kov_node *node, const kov_op_info *op,
                           char *why, size_t size)
{
    if (compares_safely(graph, node))
        return true;
    for (int i = 0; i < node->input_count + node->output_count; i++) {
        kov_value v = i < node->input_count
                          ? node->inputs[i]
                          : node->first_output + (kov_value)(i - node->input_count);
        if (v == KOV_VALUE_NONE)
            continue;
        kov_dtype dtype = kov_graph_value(graph, v)->dtype;
        if (op->exactness == KOV_EXACT_FLOAT && i == 0 && !kov_dtype_is_float(dtype))
            return refuse(why, size, op->name, "on integers OpenVINO differs");
        if (op->exactness == KOV_EXACT_INT24 && !is_position(node->op, i) &&
            !within_float(graph, v))
            return refuse(why, size, op->name,
                          "integers go through float32 and are not proven to be below 2^24");
    }
    return true;
}

static bool is_never_empty(const kov_graph *graph, kov_value value)
{
    const kov_value_info *info = kov_graph_value(graph, value);
    for (int i = 0; i < info->ndim; i++) {
        if (!kov_dim_is_number(info->dims[i]) || info->dims[i] == 0)
            return false;
    }
    return true;
}

static bool is_known_empty(const kov_graph *graph, kov_value value)
{
    const kov_value_info *info = kov_graph_value(graph, value);
    for (int i = 0; i < info->ndim; i++) {
        if (info->dims[i] == 0)
            return true;
    }
    return false;
}

static bool yields_nothing(const kov_graph *graph, const kov_node *node)
{
    for (int i = 0; i < node->output_count; i++) {
        if (!is_known_empty(graph, node->first_output + (kov_value)i))
            return false;
    }
    return true;
}

/* Roll divides by the sizes of the axes that it turns, and by the last. */
static bool rolls_something(const kov_graph *graph, const kov_node *node)
{
    const kov_value_info *data = kov_graph_value(graph, node->inputs[0]);
    const kov_content *axes = kov_graph_value(graph, node->inputs[2])->content;
    for (int i = 0; axes && i <= axes->n; i++) {
        int64_t axis = -1;
        if (data->ndim == 0 || (i < axes->n && !kov_content_number(axes->at[i], &axis)))
            return false;
        kov_dim size = data->dims[axis + (axis < 0 ? data->ndim : 0)];
        if (!kov_dim_is_number(size) || size == 0)
            return false;
    }
    return axes != NULL;
}

static bool is_small(const kov_graph *graph, kov_value value)
{
    const kov_value_info *info = kov_graph_value(graph, value);
    int64_t count = 1;
    for (int i = 0; i < info->ndim; i++) {
        if (!kov_dim_is_number(info->dims[i]) || info->dims[i] > SMALL)
            return false;
        count *= info->dims[i];
        if (count > SMALL)
            return false;
    }
    return true;
}

static bool is_convolution(int op)
{
    return op == KOV_OP_CONVOLUTION || op == KOV_OP_GROUP_CONVOLUTION ||
           op == KOV_OP_CONVOLUTION_BACKPROP_DATA || op == KOV_OP_GROUP_CONVOLUTION_BACKPROP_DATA;
}

static bool has_known_filters(const kov_graph *graph, const kov_node *node)
{
    const kov_value_info *filters = kov_graph_value(graph, node->inputs[1]);
    for (int i = 0; i < filters->ndim; i++) {
        if (!kov_dim_is_number(filters->dims[i]))
            return false;
    }
    return kov_dim_is_number(kov_graph_value(graph, node->inputs[0])->dims[1]);
}

/* Whether no sequence ends before the last step, as far as the graph says. */
static bool sequences_are_whole(const kov_graph *graph, const kov_node *node)
{
    kov_value lengths = node->inputs[node->op == KOV_OP_LSTM_SEQUENCE ? 3 : 2];
    kov_dim steps = kov_graph_value(graph, node->inputs[0])->dims[1];
    const kov_tensor *tensor = kov_graph_constant(graph, lengths);
    if (tensor) {
        kov_bounds range = kov_value_range(graph, lengths);
        return kov_dim_is_number(steps) && range.low == steps && range.high == steps;
    }
    const kov_node *maker = kov_graph_producer(graph, lengths);
    if (maker->op != KOV_OP_BROADCAST)
        return false;
    const kov_content *content = kov_graph_value(graph, maker->inputs[0])->content;
    return content && content->n == 1 && content->at[0].known && !content->at[0].negative &&
           content->at[0].dim == steps;
}

/* Whether a signal has at least as many elements as its transform is of. */
static bool signals_are_long(const kov_graph *graph, const kov_node *node)
{
    const kov_value_info *data = kov_graph_value(graph, node->inputs[0]);
    if (node->input_count < 3 || node->inputs[2] == KOV_VALUE_NONE)
        return true;
    const kov_content *axes = kov_graph_value(graph, node->inputs[1])->content;
    const kov_content *sizes = kov_graph_value(graph, node->inputs[2])->content;
    for (int i = 0; axes && sizes && i < axes->n && i < sizes->n; i++) {
        int64_t axis, size;
        if (!kov_content_number(axes->at[i], &axis) || !kov_content_number(sizes->at[i], &size))
            return false;
        axis += axis < 0 ? data->ndim : 0;
        if (size > kov_dim_lower(graph->dims, data->dims[axis]))
            return false;
    }
    return axes && sizes;
}

/* Whether the filters of a convolution are computed, and another convolution has them too. */
static bool shares_filters(const kov_graph *graph, const kov_node *node)
{
    kov_value filters = node->inputs[1];
    int maker = kov_graph_producer(graph, filters)->op;
    if (maker == KOV_OP_CONSTANT || maker == KOV_OP_PARAMETER)
        return false;
    for (int i = 0; i < graph->nodes.n; i++) {
        const kov_node *other = &graph->nodes.at[i];
        if (other != node && is_convolution(other->op) && other->inputs[1] == filters)
            return true;
    }
    return false;
}

/* Whether the data of GatherElements is a Slice along another axis. */
static bool gathers_slice(const kov_graph *graph, const kov_node *node)
{
    const kov_node *slice = kov_graph_producer(graph, node->inputs[0]);
    if (slice->op != KOV_OP_SLICE || slice->input_count < 5 || slice->inputs[4] == KOV_VALUE_NONE)
        return slice->op == KOV_OP_SLICE;
    int64_t axis = node->attrs[KOV_GATHER_ELEMENTS_AXIS].u.integer;
    int ndim = kov_graph_value(graph, node->inputs[0])->ndim;
    kov_bounds along = kov_value_range(graph, slice->inputs[4]);
    axis += axis < 0 ? ndim : 0;
    return along.low != along.high || along.low + (along.low < 0 ? ndim : 0) != axis;
}

/* Operations that OpenVINO's CPU plugin gets wrong, or not at all, for some values or attributes.
 */
static bool is_sound(const kov_graph *graph, const kov_node *node, char *why, size_t size)
{
    const kov_value_info *out = kov_graph_value(graph, node->first_output);
    if (node->input_count > 0 && yields_nothing(graph, node))
        return refuse(why, size, kov_op_info_of(node->op)->name,
                      "OpenVINO 2026.4 reads the first element of constants that have none");
    if (node->op == KOV_OP_DIVIDE && kov_dtype_is_integer(out->dtype) &&
        (kov_value_range(graph, node->inputs[0]).low < 0 ||
         kov_value_range(graph, node->inputs[1]).low < 1))
        return refuse(why, size, "Divide", "OpenVINO truncates quotients of negative integers");
    if ((node->op == KOV_OP_REDUCE_SUM || node->op == KOV_OP_REDUCE_MEAN) &&
        kov_graph_producer(graph, node->inputs[0])->op == KOV_OP_BITCAST)
        return refuse(why, size, kov_op_info_of(node->op)->name,
                      "OpenVINO adds the parts of complex numbers one after another; where they "
                      "are, they are summed in pairs");
    if (node->op == KOV_OP_GROUP_CONVOLUTION && shares_filters(graph, node))
        return refuse(why, size, "GroupConvolution",
                      "OpenVINO 2026.4 gets convolutions wrong that share computed filters");
    if (node->op == KOV_OP_GATHER && node->attrs[KOV_GATHER_BATCH_DIMS].u.integer != 0)
        return refuse(why, size, "Gather",
                      "with batch_dims, OpenVINO 2026.4 reads outside of its inputs");
    if (node->op == KOV_OP_SEARCH_SORTED && !is_small(graph, node->inputs[1]))
        return refuse(why, size, "SearchSorted",
                      "OpenVINO's time grows with the square of the number of values");
    if (node->op == KOV_OP_UNIQUE && !is_never_empty(graph, node->inputs[0]))
        return refuse(why, size, "Unique",
                      "OpenVINO 2026.4 divides by 0 where there is no element");
    if (node->op == KOV_OP_GATHER && is_known_empty(graph, node->inputs[0]))
        return refuse(why, size, "Gather",
                      "OpenVINO 2026.4 divides by 0 where there is no element");
    if (node->op == KOV_OP_ROLL && !rolls_something(graph, node))
        return refuse(why, size, "Roll", "OpenVINO 2026.4 divides by 0 where there is no element");
    if (node->op == KOV_OP_GATHER_ELEMENTS && gathers_slice(graph, node))
        return refuse(why, size, "GatherElements",
                      "OpenVINO 2026.4 takes a Slice before it away, along other axes too");
    if (node->op == KOV_OP_SCATTER_ND_UPDATE && kov_dtype_is_float(out->dtype) &&
        kov_dtype_bits(out->dtype) == 16 && strcmp(node->attrs[0].u.string, "none") != 0)
        return refuse(why, size, "ScatterNDUpdate", "OpenVINO rounds to 16 bits after each update");
    if (is_convolution(node->op) && !has_known_filters(graph, node))
        return refuse(why, size, kov_op_info_of(node->op)->name,
                      "OpenVINO needs the sizes of filters and the number of channels");
    if (node->op == KOV_OP_RDFT && !signals_are_long(graph, node))
        return refuse(why, size, "RDFT",
                      "OpenVINO does not extend a signal to the size of its transform");
    if (node->op == KOV_OP_ADAPTIVE_MAX_POOL && node->attrs[0].u.dtype != KOV_DTYPE_I32)
        return refuse(why, size, "AdaptiveMaxPool", "OpenVINO gives its indices as int32 only");
    if ((node->op == KOV_OP_LSTM_SEQUENCE || node->op == KOV_OP_GRU_SEQUENCE) &&
        !is_never_empty(graph, node->inputs[0]) && !sequences_are_whole(graph, node))
        return refuse(why, size, kov_op_info_of(node->op)->name,
                      "OpenVINO passes over the lengths of sequences where sizes are free");
    return true;
}

/* Small types wrap around in Keras; OpenVINO saturates or widens them. */
static bool keeps_type(const kov_graph *graph, const kov_node *node, char *why, size_t size)
{
    const kov_value_info *out = kov_graph_value(graph, node->first_output);
    if (!computes(node->op) || !kov_dtype_is_integer(out->dtype) || out->dtype == KOV_DTYPE_I32 ||
        out->dtype == KOV_DTYPE_I64)
        return true;
    snprintf(why, size, "%s: on overflow OpenVINO does not wrap %s around",
             kov_op_info_of(node->op)->name, kov_dtype_keras_name(out->dtype));
    return false;
}

static bool takes_bodies(const kov_node *node, const kov_op_info *op, char *why, size_t size)
{
    for (int i = 0; i < op->attr_count; i++) {
        if (op->attrs[i].kind != KOV_ATTR_BODY)
            continue;
        const kov_graph *body = node->attrs[i].u.body;
        for (int j = 0; j < body->nodes.n; j++) {
            const kov_node *inner = &body->nodes.at[j];
            bool leaf = inner->op == KOV_OP_PARAMETER || inner->op == KOV_OP_CONSTANT;
            if (!leaf && !kov_openvino_supports(body, inner, why, size))
                return false;
        }
    }
    return true;
}

/* OpenVINO's CPU plugin takes uint32 for int32, bits unchanged. */
static bool keeps_bits(const kov_graph *graph, const kov_node *node)
{
    if (node->op != KOV_OP_CONVERT)
        return false;
    kov_dtype from = kov_graph_value(graph, node->inputs[0])->dtype;
    kov_dtype to = kov_graph_value(graph, node->first_output)->dtype;
    return (from == KOV_DTYPE_U32 && to == KOV_DTYPE_I32) ||
           (from == KOV_DTYPE_I32 && to == KOV_DTYPE_U32);
}

bool kov_openvino_supports(const kov_graph *graph, const kov_node *node, char *why, size_t why_size)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    if (node->op == KOV_OP_FOREIGN || node->op == KOV_OP_CODED_MAT_MUL || keeps_bits(graph, node))
        return true; /* see lowering/lower_coded.h */
    if (op->exactness == KOV_EXACT_NEVER)
        return refuse(why, why_size, op->name,
                      op->domain == KOV_DOMAIN_KOV ? "OpenVINO has no such operation"
                                                   : "OpenVINO differs");
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] != KOV_VALUE_NONE &&
            !takes_value(graph, node->inputs[i], op, is_position(node->op, i), why, why_size))
            return false;
    }
    for (int i = 0; i < node->output_count; i++) {
        if (!takes_value(graph, node->first_output + (kov_value)i, op, false, why, why_size))
            return false;
    }
    return takes_integers(graph, node, op, why, why_size) &&
           keeps_type(graph, node, why, why_size) && is_sound(graph, node, why, why_size) &&
           takes_bodies(node, op, why, why_size);
}
