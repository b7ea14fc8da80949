/* SPDX-License-Identifier: Apache-2.0 */
/* A graph as text, one node a line: %5:f32(N, 10) = Add(%3, %4) {auto_broadcast=numpy}  "dense/add"
 */
#include "graph/print.h"
#include "base/status.h"
#include "graph/graph.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kov_text_add(kov_text *text, const char *format, ...)
{
    va_list list;
    if (text->failed)
        return;
    va_start(list, format);
    int need = vsnprintf(NULL, 0, format, list);
    va_end(list);
    size_t want = text->size + (size_t)need + 1;
    if (want > text->capacity) {
        size_t capacity = want * 2;
        char *grown = realloc(text->at, capacity);
        if (!grown) {
            text->failed = true;
            return;
        }
        text->at = grown;
        text->capacity = capacity;
    }
    va_start(list, format);
    vsnprintf(text->at + text->size, (size_t)need + 1, format, list);
    va_end(list);
    text->size += (size_t)need;
}

kov_status kov_text_finish(kov_text *text, char **out)
{
    kov_text_add(text, "%s", "");
    if (text->failed) {
        free(text->at);
        return kov_fail(KOV_OUT_OF_MEMORY, "no memory for a text of %zu bytes", text->size);
    }
    *out = text->at;
    return KOV_OK;
}

void kov_text_free(char *text)
{
    free(text);
}

static void print_tensor(kov_text *text, const kov_tensor *tensor)
{
    int64_t count = kov_tensor_count(tensor);
    kov_dtype dtype = kov_tensor_dtype(tensor);
    const void *data = kov_tensor_data(tensor);
    int64_t shown = count < 8 ? count : 8;
    kov_text_add(text, "[");
    for (int64_t i = 0; i < shown; i++) {
        const char *comma = i ? ", " : "";
        if (dtype == KOV_DTYPE_F32)
            kov_text_add(text, "%s%.9g", comma, (double)((const float *)data)[i]);
        else if (dtype == KOV_DTYPE_F64)
            kov_text_add(text, "%s%.17g", comma, ((const double *)data)[i]);
        else if (dtype == KOV_DTYPE_I64)
            kov_text_add(text, "%s%" PRId64, comma, ((const int64_t *)data)[i]);
        else if (dtype == KOV_DTYPE_I32)
            kov_text_add(text, "%s%" PRId32, comma, ((const int32_t *)data)[i]);
        else if (dtype == KOV_DTYPE_BOOL)
            kov_text_add(text, "%s%s", comma, ((const uint8_t *)data)[i] ? "true" : "false");
        else
            kov_text_add(text, "%s.", comma);
    }
    kov_text_add(text, shown < count ? ", ...]" : "]");
}

static void print_attr(kov_text *text, const kov_attr_info *info, const kov_attr *attr)
{
    kov_text_add(text, "%s=", info->name);
    switch (attr->kind) {
    case KOV_ATTR_INT:
        kov_text_add(text, "%" PRId64, attr->u.integer);
        break;
    case KOV_ATTR_FLOAT:
        kov_text_add(text, "%.9g", attr->u.real);
        break;
    case KOV_ATTR_BOOL:
        kov_text_add(text, attr->u.boolean ? "true" : "false");
        break;
    case KOV_ATTR_INTS:
        for (int i = 0; i < attr->u.ints.n; i++)
            kov_text_add(text, "%s%" PRId64, i ? "," : "", attr->u.ints.at[i]);
        break;
    case KOV_ATTR_ENUM:
    case KOV_ATTR_STRING:
        kov_text_add(text, "%s", attr->u.string);
        break;
    case KOV_ATTR_DTYPE:
        kov_text_add(text, "%s", kov_dtype_ov_name(attr->u.dtype));
        break;
    case KOV_ATTR_TENSOR:
        print_tensor(text, attr->u.tensor);
        break;
    case KOV_ATTR_BODY:
        kov_text_add(text, "{%d nodes}", attr->u.body->nodes.n);
        break;
    }
}

void kov_node_print(kov_text *text, const kov_graph *graph, const kov_node *node)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    for (int i = 0; i < node->output_count; i++) {
        const kov_value_info *v = kov_graph_value(graph, node->first_output + (kov_value)i);
        char shape[256];
        kov_dims_print(graph->dims, v->ndim, v->dims, shape, sizeof shape);
        kov_text_add(text, "%s%%%u:%s%s", i ? ", " : "", node->first_output + (unsigned)i,
                     kov_dtype_ov_name(v->dtype), shape);
    }
    kov_text_add(text, " = %s", op->name);
    if (node->function_name)
        kov_text_add(text, "<%s>", node->function_name);
    kov_text_add(text, "(");
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] == KOV_VALUE_NONE)
            kov_text_add(text, "%s-", i ? ", " : "");
        else
            kov_text_add(text, "%s%%%u", i ? ", " : "", node->inputs[i]);
    }
    kov_text_add(text, ")");
    for (int i = 0; i < op->attr_count; i++) {
        kov_text_add(text, i ? " " : " {");
        print_attr(text, &op->attrs[i], &node->attrs[i]);
        if (i == op->attr_count - 1)
            kov_text_add(text, "}");
    }
    if (node->name)
        kov_text_add(text, "  \"%s\"", node->name);
    kov_text_add(text, "\n");
}

kov_status kov_graph_text(const kov_graph *graph, char **out)
{
    kov_text text = {0};
    for (int i = 0; i < graph->nodes.n; i++)
        kov_node_print(&text, graph, &graph->nodes.at[i]);
    kov_text_add(&text, "return");
    for (int i = 0; i < graph->results.n; i++)
        kov_text_add(&text, "%s %%%u", i ? "," : "", graph->results.at[i].value);
    kov_text_add(&text, "\n");
    return kov_text_finish(&text, out);
}
