/* SPDX-License-Identifier: Apache-2.0 */
/* The one ABI call behind every Keras function. */
#include "keras/call.h"
#include "base/status.h"
#include <string.h>

/* Composites whose arguments are more than this many tensors are inlined. */
#define MAX_COMPOSITE_INPUTS 32

static void call_row(kov_builder *b, int function, const kov_argument *arguments, kov_outputs *out)
{
    const kov_function_info *info = kov_function_at(function);
    kov_function_call(function)(b, info, arguments, out);
    if (b->status == KOV_OK && out->count > out->capacity)
        kov_builder_fail(b, KOV_INTERNAL, "%s.%s: %d results, room for %d", info->module,
                         info->name, out->count, out->capacity);
}

static bool is_data(kov_parameter_kind kind)
{
    return kind == KOV_PARAMETER_TENSOR || kind == KOV_PARAMETER_SHAPE ||
           kind == KOV_PARAMETER_INDEX;
}

/* The value of an argument that is data, at the level outside the composite; NONE if not given. */
static kov_value outer_value(kov_builder *b, const kov_function_info *f, int i,
                             const kov_argument *a)
{
    const kov_parameter_info *p = &f->parameters[i];
    if (a->kind == KOV_ARGUMENT_NONE)
        return KOV_VALUE_NONE;
    if (p->kind == KOV_PARAMETER_TENSOR)
        return kov_argument_tensor(b, f, a, p->name, p->optional);
    if (p->kind == KOV_PARAMETER_SHAPE)
        return kov_argument_shape(b, f, a, p->name, p->optional);
    return kov_argument_index(b, f, a, p->name, p->optional);
}

struct composite {
    kov_value inputs[MAX_COMPOSITE_INPUTS]; /* outside */
    int input_count;
    kov_argument arguments[MAX_COMPOSITE_INPUTS]; /* for the body: inputs are its parameters */
};

static void prepare(kov_builder *b, const kov_function_info *f, const kov_argument *arguments,
                    struct composite *c)
{
    for (int i = 0; i < f->parameter_count; i++) {
        c->arguments[i] = arguments[i];
        if (!is_data(f->parameters[i].kind))
            continue;
        c->inputs[c->input_count] = outer_value(b, f, i, &arguments[i]);
        c->arguments[i].u.value = c->inputs[c->input_count];
        c->arguments[i].kind =
            c->inputs[c->input_count] == KOV_VALUE_NONE ? KOV_ARGUMENT_NONE : KOV_ARGUMENT_VALUE;
        c->input_count++;
    }
}

/* Calls the row in a level of its own, so that its nodes become a body. */
static kov_status trace_body(kov_builder *b, int function, struct composite *c, kov_outputs *out,
                             kov_graph **body)
{
    const kov_function_info *f = kov_function_at(function);
    KOV_TRY(kov_level_open(b));
    for (int i = 0; i < f->parameter_count; i++) {
        if (!is_data(f->parameters[i].kind) || c->arguments[i].kind == KOV_ARGUMENT_NONE)
            continue;
        kov_value outer = c->arguments[i].u.value;
        const kov_value_info info = *kov_builder_value(b, outer);
        uint8_t integer_class = kov_builder_integer_class(b, outer);
        kov_value v = kov_builder_add_parameter(b, info.dtype, info.ndim, info.dims, info.content,
                                                info.weak, f->parameters[i].name, KOV_ROLE_INPUT);
        kov_builder_set_integer_class(b, v, integer_class);
        c->arguments[i].u.value = v;
    }
    b->composite_depth++;
    call_row(b, function, c->arguments, out);
    b->composite_depth--;
    kov_status status = b->status;
    if (status == KOV_OK)
        status = kov_level_finish(b, out->at, out->count, NULL, body);
    kov_level_close(b);
    return status;
}

static void call_composite(kov_builder *b, int function, const kov_argument *arguments,
                           kov_outputs *out)
{
    const kov_function_info *f = kov_function_at(function);
    struct composite c = {.input_count = 0};
    prepare(b, f, arguments, &c);
    if (b->status != KOV_OK)
        return;
    kov_value given[MAX_COMPOSITE_INPUTS];
    int count = 0, outputs = 0;
    for (int i = 0; i < c.input_count; i++) {
        if (c.inputs[i] != KOV_VALUE_NONE)
            given[count++] = c.inputs[i];
    }
    kov_graph *body = NULL;
    kov_status status = trace_body(b, function, &c, out, &body);
    if (status != KOV_OK) {
        kov_builder_adopt(b, status);
        return;
    }
    const kov_attr attr = kov_attr_body(body);
    int before = kov_builder_node_count(b);
    kov_value first = kov_emit_many(b, KOV_OP_COMPOSITE, given, count, &attr, &outputs);
    kov_graph_release(body);
    for (int i = 0; i < outputs; i++)
        out->at[i] = kov_output(first, i);
    if (kov_builder_node_count(b) > before) {
        kov_node like = {.function = function,
                         .function_name = f->name,
                         .name = b->scope,
                         .argument_count = f->parameter_count,
                         .arguments = arguments};
        kov_builder_annotate(b, first, &like);
    }
}

kov_status kov_function_failed(const kov_function_info *info, kov_status status)
{
    return strstr(kov_error_text(), info->name) ? status : kov_fail_in(status, "%s", info->name);
}

kov_status kov_call(kov_builder *b, int function, const kov_argument *arguments, int argument_count,
                    kov_value *outs, int *count)
{
    const kov_function_info *info = kov_function_at(function);
    kov_outputs out = {outs, *count, 0};
    *count = 0;
    KOV_TRY(kov_builder_status(b));
    if (!info)
        return kov_fail(KOV_INVALID_ARGUMENT, "there is no function number %d", function);
    if (argument_count != info->parameter_count)
        return kov_fail(KOV_INVALID_ARGUMENT, "%s.%s: %d arguments given, %d taken", info->module,
                        info->name, argument_count, info->parameter_count);
    bool whole = info->composite && !b->inline_composites && b->composite_depth == 0 &&
                 info->parameter_count <= MAX_COMPOSITE_INPUTS;
    if (whole)
        call_composite(b, function, arguments, &out);
    else
        call_row(b, function, arguments, &out);
    if (b->status != KOV_OK)
        return kov_function_failed(info, kov_builder_status(b));
    *count = out.count;
    for (int i = 0; i < out.count; i++) {
        if (outs[i] == KOV_VALUE_ERROR)
            return kov_fail(KOV_INTERNAL, "%s.%s: a result is missing", info->module, info->name);
    }
    return KOV_OK;
}
