/* SPDX-License-Identifier: Apache-2.0 */
/* If, and While as Loop. A Loop's first round is not optional in IR's practice, so it stands in an
 * If on the condition asked before it. */
#include "formats/ir_layer.h"

#include "base/status.h"

#include <string.h>

static kov_status text_failure(void)
{
    return kov_fail(KOV_OUT_OF_MEMORY, "no memory for the text of an IR");
}

/* ---- bodies ---- */

typedef struct body {
    kov_ir_scope scope;
    kov_ir_wire *parameters, *results; /* one block */
    int parameter_count, result_count;
    int *result_ids;
} body;

static kov_status body_begin(body *body, kov_ir_writer *writer, int parameters, int results)
{
    memset(body, 0, sizeof *body);
    kov_ir_scope_init(&body->scope, writer);
    body->parameter_count = parameters;
    body->result_count = results;
    size_t n = (size_t)parameters + (size_t)results + 1;
    body->parameters = kov_alloc_zero(writer->context, n * sizeof *body->parameters);
    body->result_ids = kov_alloc_zero(writer->context, ((size_t)results + 1) * sizeof(int));
    if (!body->parameters || !body->result_ids)
        return KOV_OUT_OF_MEMORY;
    body->results = body->parameters + parameters;
    return KOV_OK;
}

static void body_end(body *body)
{
    kov_context *context = body->scope.writer->context;
    kov_free(context, body->parameters);
    kov_free(context, body->result_ids);
    kov_ir_scope_free(&body->scope);
}

/* The types of the body's parameters stand in `parameters`. */
static kov_status body_parameters(body *body)
{
    for (int i = 0; i < body->parameter_count; i++)
        KOV_TRY(kov_ir_parameter_add(&body->scope, "Parameter", &body->parameters[i]));
    return KOV_OK;
}

static kov_status body_results(body *body)
{
    for (int i = 0; i < body->result_count; i++)
        KOV_TRY(kov_ir_result_add(&body->scope, "Result", &body->results[i], &body->result_ids[i]));
    return KOV_OK;
}

/* A branch of If: input i of the body is input first + i of the node. */
static void print_branch(kov_text *text, const body *body, const char *tag, int first,
                         int input_count)
{
    kov_text_add(text, "<%s_port_map>\n", tag);
    for (int i = 0; i < body->parameter_count; i++)
        kov_text_add(text, "<input external_port_id=\"%d\" internal_layer_id=\"%d\"/>\n", first + i,
                     i);
    for (int i = 0; i < body->result_count; i++)
        kov_text_add(text, "<output external_port_id=\"%d\" internal_layer_id=\"%d\"/>\n",
                     input_count + i, body->result_ids[i]);
    kov_text_add(text, "</%s_port_map>\n<%s_body>\n", tag, tag);
    kov_ir_scope_print(&body->scope, text);
    kov_text_add(text, "</%s_body>\n", tag);
}

/* ---- conditions ---- */

/* A condition may have any rank with one element; If and Loop take scalars. */
static kov_status as_scalar(kov_ir_scope *scope, kov_ir_wire *wire)
{
    if (wire->ndim == 0)
        return KOV_OK;
    const int64_t none = 0;
    kov_tensor *shape;
    kov_ir_wire inputs[2] = {*wire};
    kov_ir_wire scalar = {.dtype = wire->dtype};
    KOV_TRY(kov_tensor_create(scope->writer->context, KOV_DTYPE_I64, 1, &none, &shape));
    kov_status status = kov_ir_constant_add(scope, "scalar_shape", shape, &inputs[1]);
    inputs[1].dims = &none;
    kov_tensor_release(shape);
    KOV_TRY(status);
    kov_ir_layer layer = {.name = "scalar",
                          .type = "Reshape",
                          .version = "opset1",
                          .data = " special_zero=\"false\"",
                          .inputs = inputs,
                          .input_count = 2,
                          .outputs = &scalar,
                          .output_count = 1};
    status = kov_ir_layer_add(scope, &layer, NULL);
    *wire = scalar;
    return status;
}

static kov_status scalar_constant(kov_ir_scope *scope, kov_dtype dtype, const void *element,
                                  const char *name, kov_ir_wire *wire)
{
    kov_tensor *tensor;
    KOV_TRY(kov_tensor_from_data(scope->writer->context, dtype, 0, NULL, element, &tensor));
    kov_status status = kov_ir_constant_add(scope, name, tensor, wire);
    kov_tensor_release(tensor);
    return status;
}

/* ---- If ---- */

static kov_status branch_of(body *body, const kov_graph *graph)
{
    for (int i = 0; i < graph->parameters.n; i++)
        body->parameters[i] = kov_ir_wire_of(kov_graph_value(graph, graph->parameters.at[i].value));
    KOV_TRY(body_parameters(body));
    KOV_TRY(kov_ir_graph_add(&body->scope, graph, body->parameters, body->results));
    return body_results(body);
}

static kov_status add_if(kov_ir_scope *scope, const char *name, const kov_ir_wire *inputs,
                         int input_count, const body *branches, kov_ir_wire *outputs)
{
    kov_text inner = {0};
    print_branch(&inner, &branches[0], "then", 1, input_count);
    print_branch(&inner, &branches[1], "else", 1 + branches[0].parameter_count, input_count);
    kov_ir_layer layer = {.name = name,
                          .type = "If",
                          .version = "opset8",
                          .inner = inner.at,
                          .inputs = inputs,
                          .input_count = input_count,
                          .outputs = outputs,
                          .output_count = branches[0].result_count};
    kov_status status = inner.failed ? text_failure() : kov_ir_layer_add(scope, &layer, NULL);
    kov_text_free(inner.at);
    return status;
}

kov_status kov_ir_if_add(kov_ir_scope *scope, const kov_node *node, const char *name,
                         const kov_ir_wire *inputs, kov_ir_wire *outputs)
{
    const kov_graph *graphs[2] = {node->attrs[KOV_IF_THEN_BODY].u.body,
                                  node->attrs[KOV_IF_ELSE_BODY].u.body};
    kov_context *context = scope->writer->context;
    body branches[2] = {0};
    kov_ir_wire *wires = kov_alloc(context, sizeof *wires * (size_t)node->input_count);
    kov_status status = wires ? KOV_OK : KOV_OUT_OF_MEMORY;
    for (int i = 0; i < 2; i++) {
        kov_status begun =
            body_begin(&branches[i], scope->writer, graphs[i]->parameters.n, graphs[i]->results.n);
        status = status == KOV_OK ? begun : status;
    }
    if (status != KOV_OK)
        goto fail;
    memcpy(wires, inputs, sizeof *wires * (size_t)node->input_count);
    status = as_scalar(scope, &wires[0]);
    for (int i = 0; i < 2 && status == KOV_OK; i++)
        status = branch_of(&branches[i], graphs[i]);
    if (status == KOV_OK)
        status = add_if(scope, name, wires, node->input_count, branches, outputs);
fail:
    kov_free(context, wires);
    body_end(&branches[0]);
    body_end(&branches[1]);
    return status;
}

/* ---- While ---- */

/* The inputs of While, sorted out. The loop's state keeps the types of the node's outputs, in which
 * dimensions that a round changes are free. */
typedef struct loop {
    const kov_graph *condition, *body;
    int state_count;
    int condition_captures, body_captures;
    const kov_ir_wire *maximum; /* NULL: none */
    const kov_ir_wire *states, *condition_wires, *body_wires;
    const kov_ir_wire *outputs; /* for their types */
} loop;

static loop loop_of(const kov_node *node, const kov_ir_wire *inputs, const kov_ir_wire *outputs)
{
    loop loop = {.condition = node->attrs[KOV_WHILE_CONDITION].u.body,
                 .body = node->attrs[KOV_WHILE_BODY].u.body,
                 .state_count = (int)node->attrs[KOV_WHILE_STATE_COUNT].u.integer,
                 .outputs = outputs};
    if (node->attrs[KOV_WHILE_HAS_MAXIMUM].u.boolean)
        loop.maximum = inputs++;
    loop.states = inputs;
    loop.condition_captures = loop.condition->parameters.n - loop.state_count;
    loop.body_captures = loop.body->parameters.n - loop.state_count;
    loop.condition_wires = inputs + loop.state_count;
    loop.body_wires = loop.condition_wires + loop.condition_captures;
    return loop;
}

/* The condition of these states, asked in a scope that has the captured values as `captures`. */
static kov_status ask(kov_ir_scope *scope, const loop *loop, const kov_ir_wire *states,
                      const kov_ir_wire *captures, kov_ir_wire *out)
{
    kov_context *context = scope->writer->context;
    int n = loop->condition->parameters.n;
    kov_ir_wire *wires = kov_alloc(context, sizeof *wires * ((size_t)n + 1));
    if (!wires)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < n; i++)
        wires[i] = i < loop->state_count ? states[i] : captures[i - loop->state_count];
    kov_status status = kov_ir_graph_add(scope, loop->condition, wires, out);
    kov_free(context, wires);
    return status == KOV_OK ? as_scalar(scope, out) : status;
}

/* One round: parameters are the states, what the body captured, what the condition captured;
 * results are the next states and whether to go on. */
static kov_status round_of(body *round, const loop *loop)
{
    int states = loop->state_count, steps = loop->body->parameters.n;
    for (int i = 0; i < states; i++)
        round->parameters[i] = loop->outputs[i];
    for (int i = 0; i < loop->body_captures; i++)
        round->parameters[states + i] = loop->body_wires[i];
    for (int i = 0; i < loop->condition_captures; i++)
        round->parameters[steps + i] = loop->condition_wires[i];
    KOV_TRY(body_parameters(round));
    KOV_TRY(kov_ir_graph_add(&round->scope, loop->body, round->parameters, round->results));
    KOV_TRY(ask(&round->scope, loop, round->results, round->parameters + steps,
                &round->results[states]));
    return body_results(round);
}

static void print_loop(kov_text *text, const body *round, const loop *loop)
{
    int external = 2 + round->parameter_count;
    kov_text_add(text, "<port_map>\n");
    for (int i = 0; i < round->parameter_count; i++)
        kov_text_add(text, "<input external_port_id=\"%d\" internal_layer_id=\"%d\"/>\n", 2 + i, i);
    for (int i = 0; i < loop->state_count; i++)
        kov_text_add(text, "<output external_port_id=\"%d\" internal_layer_id=\"%d\"/>\n",
                     external + i, round->result_ids[i]);
    kov_text_add(text,
                 "<output external_port_id=\"-1\" internal_layer_id=\"%d\" "
                 "purpose=\"execution_condition\"/>\n</port_map>\n<back_edges>\n",
                 round->result_ids[loop->state_count]);
    for (int i = 0; i < loop->state_count; i++)
        kov_text_add(text, "<edge from-layer=\"%d\" to-layer=\"%d\"/>\n", round->result_ids[i], i);
    kov_text_add(text, "</back_edges>\n<body>\n");
    kov_ir_scope_print(&round->scope, text);
    kov_text_add(text, "</body>\n");
}

/* The Loop layer; wires: trips, condition, states, what body and condition captured. */
static kov_status add_loop(kov_ir_scope *scope, const char *name, const loop *loop,
                           const kov_ir_wire *wires, kov_ir_wire *outputs)
{
    body round;
    kov_text inner = {0};
    kov_status status =
        body_begin(&round, scope->writer, loop->body->parameters.n + loop->condition_captures,
                   loop->state_count + 1);
    if (status == KOV_OK)
        status = round_of(&round, loop);
    if (status != KOV_OK)
        goto fail;
    print_loop(&inner, &round, loop);
    kov_ir_layer layer = {.name = name,
                          .type = "Loop",
                          .version = "opset5",
                          .inner = inner.at,
                          .inputs = wires,
                          .input_count = 2 + round.parameter_count,
                          .outputs = outputs,
                          .output_count = loop->state_count};
    status = inner.failed ? text_failure() : kov_ir_layer_add(scope, &layer, NULL);
fail:
    kov_text_free(inner.at);
    body_end(&round);
    return status;
}

/* maximum as scalar i64; -1 is "no limit". */
static kov_status trip_count(kov_ir_scope *scope, const loop *loop, kov_ir_wire *out)
{
    const int64_t endless = -1;
    if (!loop->maximum)
        return scalar_constant(scope, KOV_DTYPE_I64, &endless, "no_maximum", out);
    *out = *loop->maximum;
    KOV_TRY(as_scalar(scope, out));
    kov_ir_wire wide = {.dtype = KOV_DTYPE_I64};
    kov_ir_layer layer = {.name = "maximum",
                          .type = "Convert",
                          .version = "opset1",
                          .data = " destination_type=\"i64\"",
                          .inputs = out,
                          .input_count = 1,
                          .outputs = &wide,
                          .output_count = 1};
    KOV_TRY(kov_ir_layer_add(scope, &layer, NULL));
    *out = wide;
    return KOV_OK;
}

/* Whether there is a first round: the condition, and a maximum above 0. */
static kov_status first_round(kov_ir_scope *scope, const loop *loop, const kov_ir_wire *trips,
                              kov_ir_wire *condition)
{
    const int64_t zero = 0;
    kov_ir_wire inputs[2], some = {.dtype = KOV_DTYPE_BOOL}, both = {.dtype = KOV_DTYPE_BOOL};
    KOV_TRY(ask(scope, loop, loop->states, loop->condition_wires, condition));
    if (!loop->maximum)
        return KOV_OK;
    inputs[0] = *trips;
    KOV_TRY(scalar_constant(scope, KOV_DTYPE_I64, &zero, "zero", &inputs[1]));
    kov_ir_layer greater = {.name = "some_rounds",
                            .type = "Greater",
                            .version = "opset1",
                            .data = " auto_broadcast=\"numpy\"",
                            .inputs = inputs,
                            .input_count = 2,
                            .outputs = &some,
                            .output_count = 1};
    KOV_TRY(kov_ir_layer_add(scope, &greater, NULL));
    inputs[0] = *condition;
    inputs[1] = some;
    kov_ir_layer logical_and = {.name = "first_round",
                                .type = "LogicalAnd",
                                .version = "opset1",
                                .data = " auto_broadcast=\"numpy\"",
                                .inputs = inputs,
                                .input_count = 2,
                                .outputs = &both,
                                .output_count = 1};
    KOV_TRY(kov_ir_layer_add(scope, &logical_and, NULL));
    *condition = both;
    return KOV_OK;
}

/* then: the Loop; else: the states as they are. */
static kov_status fill_branches(body *branches, const loop *loop, const char *name,
                                const kov_ir_wire *wires)
{
    const bool yes = true;
    int n = branches[0].parameter_count;
    kov_ir_wire *inner =
        kov_alloc(branches[0].scope.writer->context, sizeof *inner * (size_t)(n + 2));
    if (!inner)
        return KOV_OUT_OF_MEMORY;
    memcpy(branches[0].parameters, wires, sizeof *wires * (size_t)n);
    kov_status status = body_parameters(&branches[0]);
    if (status == KOV_OK)
        status = scalar_constant(&branches[0].scope, KOV_DTYPE_BOOL, &yes, "asked", &inner[1]);
    if (status != KOV_OK)
        goto fail;
    inner[0] = branches[0].parameters[0];
    memcpy(inner + 2, branches[0].parameters + 1, sizeof *inner * (size_t)(n - 1));
    memcpy(branches[0].results, loop->outputs, sizeof *inner * (size_t)loop->state_count);
    status = add_loop(&branches[0].scope, name, loop, inner, branches[0].results);
    if (status == KOV_OK)
        status = body_results(&branches[0]);
    if (status != KOV_OK)
        goto fail;
    memcpy(branches[1].parameters, loop->states, sizeof *inner * (size_t)loop->state_count);
    status = body_parameters(&branches[1]);
    memcpy(branches[1].results, branches[1].parameters, sizeof *inner * (size_t)loop->state_count);
    if (status == KOV_OK)
        status = body_results(&branches[1]);
fail:
    kov_free(branches[0].scope.writer->context, inner);
    return status;
}

kov_status kov_ir_while_add(kov_ir_scope *scope, const kov_node *node, const char *name,
                            const kov_ir_wire *inputs, kov_ir_wire *outputs)
{
    const loop loop = loop_of(node, inputs, outputs);
    kov_context *context = scope->writer->context;
    int states = loop.state_count, n = 1 + loop.body->parameters.n + loop.condition_captures;
    body branches[2] = {0};
    /* The inputs of the If: condition, then trips, states and captures for the one branch, states
     * for the other. */
    kov_ir_wire *wires = kov_alloc(context, sizeof *wires * (size_t)(1 + n + states));
    kov_status status = wires ? KOV_OK : KOV_OUT_OF_MEMORY;
    kov_status begun[2] = {body_begin(&branches[0], scope->writer, n, states),
                           body_begin(&branches[1], scope->writer, states, states)};
    status = status != KOV_OK ? status : begun[0] != KOV_OK ? begun[0] : begun[1];
    if (status == KOV_OK)
        status = trip_count(scope, &loop, &wires[1]);
    if (status == KOV_OK)
        status = first_round(scope, &loop, &wires[1], &wires[0]);
    if (status != KOV_OK)
        goto fail;
    for (int i = 0; i < states; i++)
        wires[2 + i] = wires[1 + n + i] = loop.states[i];
    for (int i = 0; i < loop.body_captures; i++)
        wires[2 + states + i] = loop.body_wires[i];
    for (int i = 0; i < loop.condition_captures; i++)
        wires[2 + loop.body->parameters.n + i] = loop.condition_wires[i];
    status = fill_branches(branches, &loop, name, wires + 1);
    if (status == KOV_OK)
        status = add_if(scope, name, wires, 1 + n + states, branches, outputs);
fail:
    kov_free(context, wires);
    body_end(&branches[0]);
    body_end(&branches[1]);
    return status;
}
