/* SPDX-License-Identifier: Apache-2.0 */
/* A graph as OpenVINO IR, version 11. */
#include "formats/ir_layer.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

/* ---- what IR cannot express ---- */

static const char *inexpressible(const kov_graph *graph, const kov_node *node)
{
    const kov_op_info *op = kov_op_info_of(node->op);
    bool expanded =
        node->op == KOV_OP_COMPOSITE || node->op == KOV_OP_WHILE || node->op == KOV_OP_FOREIGN;
    if (op->domain == KOV_DOMAIN_KOV && !expanded)
        return "has no operation in OpenVINO's set";
    for (int i = 0; i < node->output_count; i++) {
        kov_dtype dtype = kov_graph_value(graph, node->first_output + (kov_value)i)->dtype;
        if (!kov_ir_precision(dtype))
            return "has a type that OpenVINO lacks";
    }
    return NULL;
}

/* Lists the nodes of the graph and its bodies that IR cannot express. */
static void list_inexpressible(const kov_graph *graph, kov_text *text)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        const kov_node *node = &graph->nodes.at[i];
        const kov_op_info *op = kov_op_info_of(node->op);
        const char *why = inexpressible(graph, node);
        if (why)
            kov_text_add(text, "%s%s%s%s%s %s", text->size > 0 ? "; " : "", op->name,
                         node->name ? " \"" : "", node->name ? node->name : "",
                         node->name ? "\"" : "", why);
        for (int j = 0; j < op->attr_count; j++) {
            if (op->attrs[j].kind == KOV_ATTR_BODY)
                list_inexpressible(node->attrs[j].u.body, text);
        }
    }
}

static kov_status check_expressible(const kov_graph *graph)
{
    kov_text text = {0};
    kov_status status = KOV_OK;
    list_inexpressible(graph, &text);
    if (text.failed)
        status = kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR");
    else if (text.size > 0)
        status = kov_fail(KOV_NOT_IMPLEMENTED, "IR cannot express: %s", text.at);
    kov_text_free(text.at);
    return status;
}

/* ---- the model ---- */

/* Tensor names of the model's ports. */
typedef struct port_name {
    int layer, port;
    size_t offset; /* in the text of the layers */
    const char *name;
} port_name;

typedef struct model {
    const kov_graph *graph;
    kov_tensor *const *variables;
    kov_ir_writer writer;
    kov_ir_scope scope;
    kov_ir_wire *parameters, *results;
    kov_ir_names tensor_names;
    struct {
        port_name *at;
        int n, cap;
    } names;
} model;

static kov_status name_port(model *model, const kov_ir_wire *wire, const char *wanted)
{
    port_name entry = {wire->layer, wire->port, 0, kov_ir_unique(&model->tensor_names, wanted)};
    for (int i = model->scope.ports.n - 1; i >= 0; i--) {
        const kov_ir_port *port = &model->scope.ports.at[i];
        if (port->layer == wire->layer && port->port == wire->port) {
            entry.offset = port->offset;
            break;
        }
    }
    if (!entry.name || !KOV_PUSH(model->graph->context, model->names, entry))
        return KOV_OUT_OF_MEMORY;
    return KOV_OK;
}

static kov_status add_parameters(model *model)
{
    const kov_graph *graph = model->graph;
    for (int i = 0; i < graph->parameters.n; i++) {
        const kov_graph_parameter *p = &graph->parameters.at[i];
        kov_ir_wire *wire = &model->parameters[i];
        const char *name = p->name ? p->name : "Parameter";
        kov_tensor *bound = model->variables ? model->variables[i] : NULL;
        *wire = kov_ir_wire_of(kov_graph_value(graph, p->value));
        if (bound) {
            if (kov_tensor_dtype(bound) != wire->dtype || kov_tensor_ndim(bound) != wire->ndim)
                return kov_fail(KOV_INVALID_ARGUMENT,
                                "IR: the variable \"%s\" has another type than its parameter",
                                name);
            KOV_TRY(kov_ir_constant_add(&model->scope, name, bound, wire));
            continue;
        }
        KOV_TRY(kov_ir_parameter_add(&model->scope, name, wire));
        if (p->name)
            KOV_TRY(name_port(model, wire, p->name));
    }
    return KOV_OK;
}

static kov_status add_results(model *model)
{
    const kov_graph *graph = model->graph;
    for (int i = 0; i < graph->results.n; i++) {
        const char *name = graph->results.at[i].name;
        KOV_TRY(kov_ir_result_add(&model->scope, name ? name : "Result", &model->results[i], NULL));
        if (name)
            KOV_TRY(name_port(model, &model->results[i], name));
    }
    return KOV_OK;
}

static int compare_names(const void *a, const void *b)
{
    size_t x = ((const port_name *)a)->offset, y = ((const port_name *)b)->offset;
    return x < y ? -1 : x > y;
}

/* The layers with the tensor names put in where their ports are. */
static void print_layers(const model *model, kov_text *text)
{
    const char *layers = model->scope.layers.at;
    size_t done = 0;
    for (int i = 0; i < model->names.n;) {
        size_t offset = model->names.at[i].offset;
        kov_text_add(text, "%.*s names=\"", (int)(offset - done), layers + done);
        for (int first = i; i < model->names.n && model->names.at[i].offset == offset; i++) {
            kov_text_add(text, "%s", i > first ? "," : "");
            kov_ir_escape_entry(text, model->names.at[i].name);
        }
        kov_text_add(text, "\"");
        done = offset;
    }
    kov_text_add(text, "%s", layers ? layers + done : "");
}

static kov_status print_model(model *model, kov_bytes *xml)
{
    kov_text text = {0};
    if (model->names.n > 1)
        qsort(model->names.at, (size_t)model->names.n, sizeof *model->names.at, compare_names);
    kov_text_add(&text, "<?xml version=\"1.0\"?>\n<net name=\"kov\" version=\"11\">\n<layers>\n");
    print_layers(model, &text);
    kov_text_add(&text, "</layers>\n<edges>\n%s</edges>\n<rt_info/>\n</net>\n",
                 model->scope.edges.at ? model->scope.edges.at : "");
    kov_status status = text.failed || model->scope.layers.failed || model->scope.edges.failed
                            ? kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR")
                            : kov_bytes_create(model->graph->context, text.size, xml);
    if (status == KOV_OK)
        memcpy(xml->data, text.at, text.size);
    kov_text_free(text.at);
    return status;
}

static kov_status write_model(model *model, kov_bytes *xml, kov_bytes *bin)
{
    KOV_TRY(add_parameters(model));
    KOV_TRY(kov_ir_graph_add(&model->scope, model->graph, model->parameters, model->results));
    KOV_TRY(add_results(model));
    KOV_TRY(print_model(model, xml));
    return kov_ir_constants_write(&model->writer.constants, bin);
}

kov_status kov_graph_to_ir(kov_graph *graph, kov_tensor *const *variables, kov_bytes *xml,
                           kov_bytes *bin)
{
    kov_context *context = graph->context;
    size_t wires = (size_t)graph->parameters.n + (size_t)graph->results.n + 1;
    model model = {.graph = graph, .variables = variables};
    kov_bytes text = {0}, binary = {0};
    KOV_TRY(check_expressible(graph));
    model.writer = (kov_ir_writer){.context = context, .dims = graph->dims};
    kov_ir_constants_init(&model.writer.constants, context);
    kov_ir_names_init(&model.writer.names, context);
    kov_ir_names_init(&model.tensor_names, context);
    kov_ir_scope_init(&model.scope, &model.writer);
    model.parameters = kov_alloc_zero(context, wires * sizeof *model.parameters);
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!model.parameters)
        goto fail;
    model.results = model.parameters + graph->parameters.n;
    status = write_model(&model, &text, &binary);
fail:
    kov_free(context, model.parameters);
    kov_free(context, model.names.at);
    kov_ir_scope_free(&model.scope);
    kov_ir_names_free(&model.tensor_names);
    kov_ir_names_free(&model.writer.names);
    kov_ir_constants_free(&model.writer.constants);
    if (status == KOV_OK) {
        *xml = text;
        *bin = binary;
    } else {
        kov_bytes_free(&text);
        kov_bytes_free(&binary);
    }
    return status;
}
