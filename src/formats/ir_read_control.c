/* SPDX-License-Identifier: Apache-2.0 */
/* If, Loop and TensorIterator: bodies whose parameters stand for values around them. */
#include "base/status.h"
#include "formats/ir_read.h"
#include "opset_build.h"

#include <string.h>

/* One line of a port map. */
typedef struct mapping {
    int64_t external; /* the layer's port, -1: none */
    int internal;     /* index of the body's layer */
    const char *purpose;
    const kov_xml *element;
} mapping;

static kov_status read_mapping(const kov_ir_read_layer *layer, const kov_ir_read_scope *body,
                               const kov_xml *element, mapping *out)
{
    const char *external = kov_xml_attr_of(element, "external_port_id");
    const char *internal = kov_xml_attr_of(element, "internal_layer_id");
    int64_t id;
    *out = (mapping){.purpose = kov_xml_attr_of(element, "purpose"), .element = element};
    if (!external || !internal || !kov_xml_integer(external, &out->external) ||
        !kov_xml_integer(internal, &id) || (out->internal = kov_ir_read_find(body, id)) < 0)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "its port map names what is not there");
    const char *want = strcmp(element->tag, "input") == 0 ? "Parameter" : "Result";
    if (strcmp(body->layers[out->internal].type, want) != 0)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "its port map names a layer that is no %s",
                                want);
    return KOV_OK;
}

static int port_index(const int64_t *ids, int n, int64_t id)
{
    for (int i = 0; i < n; i++) {
        if (ids[i] == id)
            return i;
    }
    return -1;
}

static kov_value *new_values(const kov_ir_read_scope *scope, int n)
{
    return kov_arena_alloc(scope->arena, sizeof(kov_value) * (size_t)(n + 1));
}

/* ---- If ---- */

/* The body's parameters stand for the layer's inputs. results: per output of the layer. */
static kov_status read_branch(kov_ir_read_scope *scope, kov_ir_read_layer *layer,
                              const kov_xml *map, const kov_xml *element, kov_body **out)
{
    kov_ir_read_scope body;
    mapping m;
    KOV_TRY(kov_ir_read_body(scope, element, &body));
    kov_value *given = new_values(scope, body.layer_count);
    kov_value *results = new_values(scope, layer->output_count);
    if (!given || !results)
        return KOV_OUT_OF_MEMORY;
    for (const kov_xml *i = kov_xml_child(map, "input"); i; i = kov_xml_next(i)) {
        KOV_TRY(read_mapping(layer, &body, i, &m));
        int index = port_index(layer->input_ids, layer->input_count, m.external);
        if (index < 0)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "its port map names a missing input");
        given[m.internal] = layer->inputs[index];
    }
    body.given = given;
    KOV_TRY(kov_body_begin(scope->b));
    kov_status status = kov_ir_read_emit(&body);
    for (const kov_xml *o = kov_xml_child(map, "output"); o && status == KOV_OK;
         o = kov_xml_next(o)) {
        status = read_mapping(layer, &body, o, &m);
        int index = port_index(layer->output_ids, layer->output_count, m.external);
        if (status == KOV_OK && index < 0)
            status = kov_ir_read_fail(layer, KOV_BAD_FORMAT, "its port map names a missing output");
        if (status == KOV_OK)
            results[index] = body.layers[m.internal].inputs[0];
    }
    for (int i = 0; i < layer->output_count && status == KOV_OK; i++) {
        if (results[i] == KOV_VALUE_ERROR)
            status = kov_ir_read_fail(layer, KOV_BAD_FORMAT, "a branch gives no output %d", i);
    }
    if (status == KOV_OK)
        return kov_body_end(scope->b, results, layer->output_count, out);
    kov_body_abandon(scope->b);
    return status;
}

kov_status kov_ir_read_if(kov_ir_read_scope *scope, kov_ir_read_layer *layer)
{
    const kov_xml *e = layer->element;
    kov_body *then_body = NULL, *else_body = NULL;
    if (layer->input_count < 1 || layer->output_count < 1)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "no condition or no output");
    KOV_TRY(read_branch(scope, layer, kov_xml_child(e, "then_port_map"),
                        kov_xml_child(e, "then_body"), &then_body));
    kov_status status = read_branch(scope, layer, kov_xml_child(e, "else_port_map"),
                                    kov_xml_child(e, "else_body"), &else_body);
    if (status != KOV_OK) {
        kov_body_release(then_body);
        return status;
    }
    KOV_TRY(kov_builder_if(scope->b, layer->inputs[0], then_body, else_body, layer->outputs));
    kov_builder_name(scope->b, layer->outputs[0], layer->name);
    return kov_builder_status(scope->b);
}

/* ---- Loop ---- */

/* A Loop is a While whose state is what goes round, then the round's number (i64), then whether to
 * go on. TensorIterator has no condition. */
typedef struct loop {
    kov_ir_read_scope body;
    int state_count;                       /* what goes round */
    int *state_parameters, *state_results; /* layer indices in the body, per state */
    int *state_of_output;                  /* per output of the layer */
    kov_value *given;   /* per layer of the body: what its Parameters stand for */
    kov_value *initial; /* states, number, condition */
    int condition_result, number_parameter; /* layer indices; -1: none */
} loop;

static kov_status unsupported(const kov_ir_read_layer *layer, const char *what)
{
    return kov_ir_read_fail(layer, KOV_NOT_IMPLEMENTED, "%s", what);
}

static kov_status read_loop_inputs(const kov_ir_read_layer *layer, loop *loop, const kov_xml *map)
{
    mapping m;
    for (const kov_xml *i = kov_xml_child(map, "input"); i; i = kov_xml_next(i)) {
        KOV_TRY(read_mapping(layer, &loop->body, i, &m));
        if (m.purpose && strcmp(m.purpose, "current_iteration") == 0) {
            loop->number_parameter = m.internal;
            continue;
        }
        if (kov_xml_attr_of(i, "axis"))
            return unsupported(layer, "an input that is sliced by round");
        int index = port_index(layer->input_ids, layer->input_count, m.external);
        if (index < 0)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "its port map names a missing input");
        loop->given[m.internal] = layer->inputs[index];
    }
    return KOV_OK;
}

static kov_status read_back_edges(const kov_ir_read_layer *layer, loop *loop, const kov_xml *edges)
{
    for (const kov_xml *e = kov_xml_child(edges, "edge"); e; e = kov_xml_next(e)) {
        const char *from_text = kov_xml_attr_of(e, "from-layer");
        const char *to_text = kov_xml_attr_of(e, "to-layer");
        int64_t from_id, to_id;
        if (!from_text || !to_text || !kov_xml_integer(from_text, &from_id) ||
            !kov_xml_integer(to_text, &to_id))
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "a bad back edge");
        int from = kov_ir_read_find(&loop->body, from_id),
            to = kov_ir_read_find(&loop->body, to_id);
        if (from < 0 || to < 0 || strcmp(loop->body.layers[from].type, "Result") != 0 ||
            strcmp(loop->body.layers[to].type, "Parameter") != 0 ||
            loop->given[to] == KOV_VALUE_ERROR)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "a bad back edge");
        for (int i = 0; i < loop->state_count; i++) {
            if (loop->state_parameters[i] == to)
                return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "two back edges to one Parameter");
        }
        loop->state_parameters[loop->state_count] = to;
        loop->state_results[loop->state_count] = from;
        loop->initial[loop->state_count++] = loop->given[to];
    }
    return KOV_OK;
}

static kov_status read_loop_outputs(const kov_ir_read_layer *layer, loop *loop, const kov_xml *map)
{
    mapping m;
    for (int i = 0; i < layer->output_count; i++)
        loop->state_of_output[i] = -1;
    for (const kov_xml *o = kov_xml_child(map, "output"); o; o = kov_xml_next(o)) {
        KOV_TRY(read_mapping(layer, &loop->body, o, &m));
        if (m.purpose && strcmp(m.purpose, "execution_condition") == 0) {
            loop->condition_result = m.internal;
            if (m.external < 0)
                continue;
        }
        if (kov_xml_attr_of(o, "axis"))
            return unsupported(layer, "an output that is put together from all rounds");
        int index = port_index(layer->output_ids, layer->output_count, m.external);
        if (index < 0)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "its port map names a missing output");
        for (int i = 0; i < loop->state_count; i++) {
            /* Two states may be fed by results of one value: any of them has it at the end. */
            const kov_ir_read_layer *a = &loop->body.layers[loop->state_results[i]];
            const kov_ir_read_layer *b = &loop->body.layers[m.internal];
            if (a == b || (a->sources[0].layer == b->sources[0].layer &&
                           a->sources[0].output == b->sources[0].output))
                loop->state_of_output[index] = i;
        }
        if (loop->state_of_output[index] < 0)
            return unsupported(layer, "an output of the last round that does not go round");
    }
    for (int i = 0; i < layer->output_count; i++) {
        if (loop->state_of_output[i] < 0)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "nothing gives output %d", i);
    }
    return KOV_OK;
}

static kov_status read_loop(kov_ir_read_scope *scope, const kov_ir_read_layer *layer, loop *loop)
{
    const kov_xml *map = kov_xml_child(layer->element, "port_map");
    const kov_xml *edges = kov_xml_child(layer->element, "back_edges");
    loop->condition_result = loop->number_parameter = -1;
    KOV_TRY(kov_ir_read_body(scope, kov_xml_child(layer->element, "body"), &loop->body));
    size_t n = (size_t)loop->body.layer_count + 1;
    loop->given = new_values(scope, loop->body.layer_count);
    loop->initial = new_values(scope, loop->body.layer_count + 2);
    loop->state_parameters = kov_arena_alloc(scope->arena, sizeof(int) * n);
    loop->state_results = kov_arena_alloc(scope->arena, sizeof(int) * n);
    loop->state_of_output =
        kov_arena_alloc(scope->arena, sizeof(int) * ((size_t)layer->output_count + 1));
    if (!loop->given || !loop->initial || !loop->state_parameters || !loop->state_results ||
        !loop->state_of_output)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(read_loop_inputs(layer, loop, map));
    KOV_TRY(read_back_edges(layer, loop, edges));
    return read_loop_outputs(layer, loop, map);
}

/* Makes the parameters of an open body: states as they enter, the number, the condition. */
static kov_status state_parameters(kov_ir_read_scope *scope, const loop *loop, kov_value *out)
{
    for (int i = 0; i < loop->state_count + 2; i++) {
        const kov_value_info info = *kov_builder_value(scope->b, loop->initial[i]);
        kov_dim dims[KOV_MAX_NDIM];
        for (int j = 0; j < info.ndim; j++)
            dims[j] = info.dims[j];
        out[i] = kov_builder_add_parameter(scope->b, info.dtype, info.ndim, dims, NULL,
                                           KOV_WEAK_NONE, NULL, KOV_ROLE_INPUT);
    }
    return kov_builder_status(scope->b);
}

static kov_status make_condition(kov_ir_read_scope *scope, const loop *loop, kov_value *values,
                                 kov_body **out)
{
    KOV_TRY(kov_body_begin(scope->b));
    kov_status status = state_parameters(scope, loop, values);
    if (status == KOV_OK)
        return kov_body_end(scope->b, &values[loop->state_count + 1], 1, out);
    kov_body_abandon(scope->b);
    return status;
}

static kov_status fill_body(kov_ir_read_scope *scope, loop *loop, kov_value *values)
{
    kov_builder *b = scope->b;
    int n = loop->state_count;
    KOV_TRY(state_parameters(scope, loop, values));
    for (int i = 0; i < n; i++)
        loop->given[loop->state_parameters[i]] = values[i];
    if (loop->number_parameter >= 0)
        loop->given[loop->number_parameter] = values[n];
    loop->body.given = loop->given;
    KOV_TRY(kov_ir_read_emit(&loop->body));
    const kov_value number = values[n];
    for (int i = 0; i < n; i++)
        values[i] = loop->body.layers[loop->state_results[i]].inputs[0];
    values[n] = kov_add(b, number, kov_constant_i64_scalar(b, 1));
    if (loop->condition_result >= 0) {
        values[n + 1] = loop->body.layers[loop->condition_result].inputs[0];
        if (kov_ndim(b, values[n + 1]) > 0)
            values[n + 1] = kov_reshape_to(b, values[n + 1], NULL, 0);
    }
    return kov_builder_status(b);
}

/* The most rounds: KOV_VALUE_NONE for a trip count of -1. */
static kov_value trip_count(kov_builder *b, kov_value trips)
{
    const kov_tensor *constant = kov_builder_constant_tensor(b, trips);
    if (kov_ndim(b, trips) > 0)
        trips = kov_reshape_to(b, trips, NULL, 0);
    kov_value wide = kov_cast(b, trips, KOV_DTYPE_I64);
    const kov_tensor *scalar = kov_builder_constant_tensor(b, wide);
    if (scalar || constant) {
        const kov_tensor *t = scalar ? scalar : constant;
        int64_t number = 0;
        if (kov_tensor_count(t) == 1 && kov_tensor_dtype(t) == KOV_DTYPE_I64)
            number = *(const int64_t *)kov_tensor_data(t);
        else if (kov_tensor_count(t) == 1 && kov_tensor_dtype(t) == KOV_DTYPE_I32)
            number = *(const int32_t *)kov_tensor_data(t);
        if (number < 0)
            return KOV_VALUE_NONE;
    }
    kov_value endless = kov_constant_i64_scalar(b, INT64_MAX);
    kov_value negative = kov_less(b, wide, kov_constant_i64_scalar(b, 0));
    return kov_select(b, negative, endless, wide);
}

static kov_status emit_loop(kov_ir_read_scope *scope, kov_ir_read_layer *layer, loop *loop)
{
    kov_builder *b = scope->b;
    int n = loop->state_count;
    kov_body *condition = NULL, *body = NULL;
    kov_value *values = new_values(scope, n + 2);
    kov_value *outs = new_values(scope, n + 2);
    if (!values || !outs)
        return KOV_OUT_OF_MEMORY;
    kov_value maximum = trip_count(b, layer->inputs[0]);
    loop->initial[n] = kov_constant_i64_scalar(b, 0);
    loop->initial[n + 1] = layer->inputs[1];
    if (kov_ndim(b, layer->inputs[1]) > 0)
        loop->initial[n + 1] = kov_reshape_to(b, layer->inputs[1], NULL, 0);
    KOV_TRY(kov_builder_status(b));
    KOV_TRY(make_condition(scope, loop, values, &condition));
    kov_status status = kov_body_begin(b);
    if (status == KOV_OK) {
        status = fill_body(scope, loop, values);
        if (status == KOV_OK)
            status = kov_body_end(b, values, n + 2, &body);
        else
            kov_body_abandon(b);
    }
    if (status != KOV_OK) {
        kov_body_release(condition);
        return status;
    }
    KOV_TRY(kov_builder_while(b, condition, body, loop->initial, n + 2, maximum, outs));
    for (int i = 0; i < layer->output_count; i++)
        layer->outputs[i] = outs[loop->state_of_output[i]];
    kov_builder_name(b, outs[0], layer->name);
    return kov_builder_status(b);
}

kov_status kov_ir_read_loop(kov_ir_read_scope *scope, kov_ir_read_layer *layer)
{
    loop loop = {0};
    if (strcmp(layer->type, "Loop") != 0)
        return unsupported(layer, "kov reads If and Loop, not yet TensorIterator");
    if (layer->input_count < 2 || layer->output_count < 1)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "no trip count, condition or output");
    KOV_TRY(read_loop(scope, layer, &loop));
    return emit_loop(scope, layer, &loop);
}
