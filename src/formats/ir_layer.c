/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ir_layer.h"

#include "base/status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void kov_ir_scope_init(kov_ir_scope *scope, kov_ir_writer *writer)
{
    *scope = (kov_ir_scope){.writer = writer};
}

void kov_ir_scope_free(kov_ir_scope *scope)
{
    kov_text_free(scope->layers.at);
    kov_text_free(scope->edges.at);
    kov_free(scope->writer->context, scope->ports.at);
}

void kov_ir_scope_print(const kov_ir_scope *scope, kov_text *text)
{
    text->failed = text->failed || scope->layers.failed || scope->edges.failed;
    kov_text_add(text, "<layers>\n%s</layers>\n<edges>\n%s</edges>\n",
                 scope->layers.at ? scope->layers.at : "", scope->edges.at ? scope->edges.at : "");
}

kov_ir_wire kov_ir_wire_of(const kov_value_info *value)
{
    return (kov_ir_wire){
        .layer = -1, .dtype = value->dtype, .ndim = value->ndim, .dims = value->dims};
}

/* ---- one layer ---- */

static void print_port(kov_text *text, int port, const kov_ir_wire *wire, size_t *names_at)
{
    kov_text_add(text, "<port id=\"%d\" precision=\"%s\"", port, kov_ir_precision(wire->dtype));
    if (names_at)
        *names_at = text->size;
    kov_text_add(text, ">");
    for (int i = 0; i < wire->ndim; i++)
        kov_text_add(text, "<dim>%" PRId64 "</dim>", wire->dims[i] < 0 ? -1 : wire->dims[i]);
    kov_text_add(text, "</port>\n");
}

static kov_status print_outputs(kov_ir_scope *scope, kov_ir_layer *layer, int id)
{
    kov_text *text = &scope->layers;
    if (layer->output_count == 0)
        return KOV_OK;
    kov_text_add(text, "<output>\n");
    for (int i = 0; i < layer->output_count; i++) {
        kov_ir_port port = {id, layer->input_count + i, 0};
        print_port(text, port.port, &layer->outputs[i], &port.offset);
        layer->outputs[i].layer = id;
        layer->outputs[i].port = port.port;
        if (!KOV_PUSH(scope->writer->context, scope->ports, port))
            return KOV_OUT_OF_MEMORY;
    }
    kov_text_add(text, "</output>\n");
    return KOV_OK;
}

kov_status kov_ir_layer_add(kov_ir_scope *scope, kov_ir_layer *layer, int *id)
{
    kov_text *text = &scope->layers;
    int number = scope->next++;
    const char *name = kov_ir_unique(&scope->writer->names, layer->name);
    if (!name)
        return KOV_OUT_OF_MEMORY;
    kov_text_add(text, "<layer id=\"%d\" name=\"", number);
    kov_ir_escape(text, name);
    kov_text_add(text, "\" type=\"");
    kov_ir_escape(text, layer->type);
    kov_text_add(text, "\" version=\"");
    kov_ir_escape(text, layer->version);
    kov_text_add(text, "\">\n");
    if (layer->data)
        kov_text_add(text, "<data%s/>\n", layer->data);
    if (layer->input_count > 0)
        kov_text_add(text, "<input>\n");
    for (int i = 0; i < layer->input_count; i++) {
        const kov_ir_wire *in = &layer->inputs[i];
        print_port(text, i, in, NULL);
        kov_text_add(&scope->edges,
                     "<edge from-layer=\"%d\" from-port=\"%d\" to-layer=\"%d\" to-port=\"%d\"/>\n",
                     in->layer, in->port, number, i);
    }
    if (layer->input_count > 0)
        kov_text_add(text, "</input>\n");
    KOV_TRY(print_outputs(scope, layer, number));
    kov_text_add(text, "%s</layer>\n", layer->inner ? layer->inner : "");
    if (id)
        *id = number;
    if (text->failed || scope->edges.failed)
        return kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR");
    return KOV_OK;
}

/* A dimension as in the attribute `shape`: "3", "?", "1..8". */
static void print_dim(kov_text *text, const kov_dims *dims, kov_dim dim)
{
    int64_t upper = dim < 0 ? kov_dim_upper(dims, dim) : dim;
    if (dim >= 0)
        kov_text_add(text, "%" PRId64, dim);
    else if (upper < INT64_MAX)
        kov_text_add(text, "%" PRId64 "..%" PRId64, kov_dim_lower(dims, dim), upper);
    else
        kov_text_add(text, "?");
}

kov_status kov_ir_parameter_add(kov_ir_scope *scope, const char *name, kov_ir_wire *wire)
{
    kov_text data = {0};
    kov_text_add(&data, " shape=\"");
    for (int i = 0; i < wire->ndim; i++) {
        kov_text_add(&data, "%s", i > 0 ? "," : "");
        print_dim(&data, scope->writer->dims, wire->dims[i]);
    }
    kov_text_add(&data, "\" element_type=\"%s\"", kov_dtype_ov_name(wire->dtype));
    kov_ir_layer layer = {.name = name,
                          .type = "Parameter",
                          .version = "opset1",
                          .data = data.at,
                          .outputs = wire,
                          .output_count = 1};
    kov_status status = data.failed ? kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR")
                                    : kov_ir_layer_add(scope, &layer, NULL);
    kov_text_free(data.at);
    return status;
}

kov_status kov_ir_constant_add(kov_ir_scope *scope, const char *name, kov_tensor *tensor,
                               kov_ir_wire *wire)
{
    size_t offset, bytes = kov_tensor_bytes(tensor);
    KOV_TRY(kov_ir_constants_add(&scope->writer->constants, tensor, &offset));
    kov_text data = {0};
    kov_text_add(&data, " element_type=\"%s\" shape=\"",
                 kov_dtype_ov_name(kov_tensor_dtype(tensor)));
    for (int i = 0; i < kov_tensor_ndim(tensor); i++)
        kov_text_add(&data, "%s%" PRId64, i > 0 ? ", " : "", kov_tensor_dims(tensor)[i]);
    kov_text_add(&data, "\" offset=\"%zu\" size=\"%zu\"", offset, bytes > 0 ? bytes : 1);
    *wire = (kov_ir_wire){.dtype = kov_tensor_dtype(tensor),
                          .ndim = kov_tensor_ndim(tensor),
                          .dims = kov_tensor_dims(tensor)};
    kov_ir_layer layer = {.name = name,
                          .type = "Const",
                          .version = "opset1",
                          .data = data.at,
                          .outputs = wire,
                          .output_count = 1};
    kov_status status = data.failed ? kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR")
                                    : kov_ir_layer_add(scope, &layer, NULL);
    kov_text_free(data.at);
    return status;
}

kov_status kov_ir_result_add(kov_ir_scope *scope, const char *name, const kov_ir_wire *from,
                             int *id)
{
    kov_ir_layer layer = {
        .name = name, .type = "Result", .version = "opset1", .inputs = from, .input_count = 1};
    return kov_ir_layer_add(scope, &layer, id);
}

/* ---- nodes ---- */

static void print_attr(kov_text *text, const kov_attr_info *info, const kov_attr *attr)
{
    if (attr->kind == KOV_ATTR_INTS && attr->u.ints.n == 0 && info->default_text)
        return; /* not given */
    kov_text_add(text, " %s=\"", info->name);
    switch (attr->kind) {
    case KOV_ATTR_INT:
        kov_text_add(text, "%" PRId64, attr->u.integer);
        break;
    case KOV_ATTR_FLOAT:
        kov_ir_number(text, attr->u.real);
        break;
    case KOV_ATTR_BOOL:
        kov_text_add(text, "%s", attr->u.boolean ? "true" : "false");
        break;
    case KOV_ATTR_INTS:
        for (int i = 0; i < attr->u.ints.n; i++)
            kov_text_add(text, "%s%" PRId64, i > 0 ? ", " : "", attr->u.ints.at[i]);
        break;
    case KOV_ATTR_ENUM:
    case KOV_ATTR_STRING:
        kov_ir_escape(text, attr->u.string);
        break;
    case KOV_ATTR_DTYPE:
        kov_text_add(text, "%s", kov_dtype_ov_name(attr->u.dtype));
        break;
    case KOV_ATTR_TENSOR:
    case KOV_ATTR_BODY:
        break;
    }
    kov_text_add(text, "\"");
}

/* A node's friendly name is its scope; the operation's name is put behind it, once. */
static void print_name(kov_text *text, const kov_node *node)
{
    const char *type = node->op == KOV_OP_FOREIGN ? node->attrs[KOV_FOREIGN_TYPE].u.string
                                                  : kov_op_info_of(node->op)->name;
    const char *last = node->name ? strrchr(node->name, '/') : NULL;
    if (!node->name)
        kov_text_add(text, "%s", type);
    else if (last && strncmp(last + 1, type, strlen(type)) == 0)
        kov_text_add(text, "%s", node->name);
    else
        kov_text_add(text, "%s/%s", node->name, type);
}

/* Inputs that are given; IR has no gaps, so one in the middle needs a stand-in. */
static kov_status given_inputs(kov_ir_scope *scope, const kov_node *node, const kov_ir_wire *map,
                               kov_ir_wire *inputs, int *count)
{
    int n = node->input_count;
    while (n > 0 && node->inputs[n - 1] == KOV_VALUE_NONE)
        n--;
    for (int i = 0; i < n; i++) {
        if (node->inputs[i] != KOV_VALUE_NONE) {
            inputs[i] = map[node->inputs[i]];
            continue;
        }
        /* The set's attention takes a scalar zero for "no mask"; nothing else has such a gap. */
        if (node->op != KOV_OP_SCALED_DOT_PRODUCT_ATTENTION)
            return kov_fail(KOV_NOT_IMPLEMENTED, "IR: %s without input %d but with a later one",
                            kov_op_info_of(node->op)->name, i);
        kov_tensor *zero;
        KOV_TRY(kov_tensor_create(scope->writer->context, inputs[0].dtype, 0, NULL, &zero));
        memset(kov_tensor_data_mut(zero), 0, kov_tensor_bytes(zero));
        kov_status status = kov_ir_constant_add(scope, "no_mask", zero, &inputs[i]);
        kov_tensor_release(zero); /* kept by the constants: its dims stay readable */
        KOV_TRY(status);
    }
    *count = n;
    return KOV_OK;
}

/* OpenVINO's CPU plugin makes false of the smallest int32 when it converts to boolean; comparing
 * with 0 is right for all. */
static bool is_test_for_zero(const kov_node *node, const kov_ir_wire *inputs)
{
    return node->op == KOV_OP_CONVERT &&
           node->attrs[KOV_CONVERT_DESTINATION_TYPE].u.dtype == KOV_DTYPE_BOOL &&
           kov_dtype_is_integer(inputs[0].dtype) && kov_dtype_bits(inputs[0].dtype) >= 32;
}

static kov_status add_test_for_zero(kov_ir_scope *scope, const char *name, const kov_ir_wire *input,
                                    kov_ir_wire *output)
{
    kov_tensor *zero;
    kov_ir_wire inputs[2] = {*input};
    KOV_TRY(kov_tensor_create(scope->writer->context, input->dtype, 0, NULL, &zero));
    memset(kov_tensor_data_mut(zero), 0, kov_tensor_bytes(zero));
    kov_status status = kov_ir_constant_add(scope, "zero", zero, &inputs[1]);
    kov_tensor_release(zero);
    KOV_TRY(status);
    kov_ir_layer layer = {.name = name,
                          .type = "NotEqual",
                          .version = "opset1",
                          .data = " auto_broadcast=\"numpy\"",
                          .inputs = inputs,
                          .input_count = 2,
                          .outputs = output,
                          .output_count = 1};
    return kov_ir_layer_add(scope, &layer, NULL);
}

static kov_status add_plain(kov_ir_scope *scope, const kov_node *node, const char *name,
                            const kov_ir_wire *inputs, int input_count, kov_ir_wire *outputs)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    kov_text data = {0};
    for (int i = 0; i < op->attr_count; i++)
        print_attr(&data, &op->attrs[i], &node->attrs[i]);
    kov_ir_layer layer = {.name = name,
                          .type = kov_ir_type_name(op->name),
                          .version = op->version,
                          .data = data.at,
                          .inputs = inputs,
                          .input_count = input_count,
                          .outputs = outputs,
                          .output_count = node->output_count};
    kov_status status = data.failed ? kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR")
                                    : kov_ir_layer_add(scope, &layer, NULL);
    kov_text_free(data.at);
    return status;
}

/* OpenVINO's CPU plugin takes "greater" for "not less or equal", which NaN is: of floats it is said
 * as less, the other way round. */
static bool is_greater(const kov_node *node, const kov_ir_wire *inputs)
{
    return (node->op == KOV_OP_GREATER || node->op == KOV_OP_GREATER_EQUAL) &&
           kov_dtype_is_float(inputs[0].dtype);
}

static kov_status add_greater(kov_ir_scope *scope, const kov_node *node, const char *name,
                              const kov_ir_wire *inputs, kov_ir_wire *output)
{
    const kov_ir_wire turned[] = {inputs[1], inputs[0]};
    kov_node less = *node;
    less.op = node->op == KOV_OP_GREATER ? KOV_OP_LESS : KOV_OP_LESS_EQUAL;
    return add_plain(scope, &less, name, turned, 2, output);
}

/* Raw attributes: name, 0x1f, value, 0x1e, ... */
static void print_raw(kov_text *text, const char *raw, char *word)
{
    while (*raw) {
        size_t name = strcspn(raw, "\x1f");
        size_t value = raw[name] ? strcspn(raw + name + 1, "\x1e") : 0;
        kov_text_add(text, " %.*s=\"", (int)name, raw);
        raw += name + (raw[name] != 0);
        memcpy(word, raw, value);
        word[value] = 0;
        kov_ir_escape(text, word);
        kov_text_add(text, "\"");
        raw += value + (raw[value] != 0);
    }
}

static kov_status add_opaque(kov_ir_scope *scope, const kov_node *node, const char *name,
                             const kov_ir_wire *inputs, int input_count, kov_ir_wire *outputs)
{
    const char *raw = node->attrs[KOV_FOREIGN_ATTRIBUTES].u.string;
    char *word = kov_alloc(scope->writer->context, strlen(raw) + 1);
    kov_text data = {0};
    if (!word)
        return KOV_OUT_OF_MEMORY;
    print_raw(&data, raw, word);
    kov_free(scope->writer->context, word);
    kov_ir_layer layer = {.name = name,
                          .type = node->attrs[KOV_FOREIGN_TYPE].u.string,
                          .version = node->attrs[KOV_FOREIGN_VERSION].u.string,
                          .data = data.at,
                          .inputs = inputs,
                          .input_count = input_count,
                          .outputs = outputs,
                          .output_count = node->output_count};
    kov_status status = data.failed ? kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR")
                                    : kov_ir_layer_add(scope, &layer, NULL);
    kov_text_free(data.at);
    return status;
}

static kov_status add_node(kov_ir_scope *scope, const kov_graph *graph, const kov_node *node,
                           kov_ir_wire *map)
{
    kov_ir_wire *outputs = &map[node->first_output];
    kov_ir_wire few[16], *inputs = few;
    kov_text name = {0};
    int count = 0;
    kov_status status = KOV_OUT_OF_MEMORY;
    if (node->op == KOV_OP_PARAMETER)
        return KOV_OK;
    for (int i = 0; i < node->output_count; i++)
        outputs[i] = kov_ir_wire_of(kov_graph_value(graph, node->first_output + (kov_value)i));
    print_name(&name, node);
    if (name.failed)
        goto fail;
    if (node->input_count > 16 &&
        !(inputs = kov_alloc(scope->writer->context, sizeof *inputs * (size_t)node->input_count)))
        goto fail;
    status = given_inputs(scope, node, map, inputs, &count);
    if (status != KOV_OK)
        goto fail;
    if (node->op == KOV_OP_CONSTANT)
        status = kov_ir_constant_add(scope, name.at, node->attrs[0].u.tensor, outputs);
    else if (node->op == KOV_OP_COMPOSITE)
        status = kov_ir_graph_add(scope, node->attrs[0].u.body, inputs, outputs);
    else if (node->op == KOV_OP_IF)
        status = kov_ir_if_add(scope, node, name.at, inputs, outputs);
    else if (node->op == KOV_OP_WHILE)
        status = kov_ir_while_add(scope, node, name.at, inputs, outputs);
    else if (node->op == KOV_OP_FOREIGN)
        status = add_opaque(scope, node, name.at, inputs, count, outputs);
    else if (is_test_for_zero(node, inputs))
        status = add_test_for_zero(scope, name.at, inputs, outputs);
    else if (is_greater(node, inputs))
        status = add_greater(scope, node, name.at, inputs, outputs);
    else
        status = add_plain(scope, node, name.at, inputs, count, outputs);
fail:
    if (inputs && inputs != few)
        kov_free(scope->writer->context, inputs);
    kov_text_free(name.at);
    return status;
}

kov_status kov_ir_graph_add(kov_ir_scope *scope, const kov_graph *graph,
                            const kov_ir_wire *parameters, kov_ir_wire *results)
{
    kov_context *context = scope->writer->context;
    kov_ir_wire *map = kov_alloc(context, sizeof *map * (size_t)graph->values.n);
    kov_status status = KOV_OK;
    if (!map)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < graph->parameters.n; i++)
        map[graph->parameters.at[i].value] = parameters[i];
    for (int i = 0; i < graph->nodes.n && status == KOV_OK; i++)
        status = add_node(scope, graph, &graph->nodes.at[i], map);
    for (int i = 0; i < graph->results.n && status == KOV_OK; i++)
        results[i] = map[graph->results.at[i].value];
    kov_free(context, map);
    return status;
}
