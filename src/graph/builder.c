/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a builder, its errors and levels, and emission of nodes. */
#include "graph/builder.h"
#include "base/context.h"
#include "base/status.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INDEX_MASK ((1u << KOV_SERIAL_SHIFT) - 1)
#define FIXED_OUTPUTS 8 /* more than any operation with a fixed number of outputs has */

/* ---- life and errors ---- */

/* Keras's fuzz factor is one number of the process, as keras.config.set_epsilon is. */
static double kov_epsilon = 1e-7;

void kov_set_epsilon(double epsilon)
{
    kov_epsilon = epsilon;
}

kov_status kov_level_open(kov_builder *b)
{
    kov_level level = {.serial = b->next_serial};
    if (b->next_serial >= (1u << KOV_SERIAL_BITS))
        return kov_fail(KOV_NOT_IMPLEMENTED, "more than %u control flow bodies in one graph",
                        (1u << KOV_SERIAL_BITS) - 1);
    KOV_TRY(kov_graph_create(b->context, b->dims, &level.graph));
    kov_hash_map_init(&level.seen, b->context);
    if (!KOV_PUSH(b->context, b->levels, level)) {
        kov_graph_release(level.graph);
        return KOV_OUT_OF_MEMORY;
    }
    b->next_serial++;
    return KOV_OK;
}

void kov_level_close(kov_builder *b)
{
    kov_level *level = &b->levels.at[--b->levels.n];
    kov_graph_release(level->graph);
    kov_hash_map_free(&level->seen);
    kov_free(b->context, level->captures.at);
    kov_free(b->context, level->captured.at);
}

static kov_status create(kov_context *context, kov_dims *dims, kov_builder **out)
{
    kov_builder *b = kov_alloc_zero(context, sizeof *b);
    if (!b)
        return KOV_OUT_OF_MEMORY;
    b->context = context;
    b->dims = dims;
    b->floatx = KOV_DTYPE_F32;
    b->epsilon = kov_epsilon;
    b->reuse = true;
    kov_context_hold(context);
    kov_dims_retain(dims);
    kov_status status = kov_level_open(b);
    if (status != KOV_OK) {
        kov_builder_release(b);
        return status;
    }
    *out = b;
    return KOV_OK;
}

kov_status kov_builder_create(kov_context *context, kov_builder **out)
{
    kov_dims *dims = kov_dims_create(context);
    if (!dims)
        return KOV_OUT_OF_MEMORY;
    kov_status status = create(context, dims, out);
    kov_dims_release(dims);
    return status;
}

kov_status kov_builder_create_like(const kov_graph *like, kov_builder **out)
{
    return create(like->context, like->dims, out);
}

void kov_builder_release(kov_builder *b)
{
    if (!b)
        return;
    kov_context *context = b->context;
    while (b->levels.n > 0)
        kov_level_close(b);
    kov_free(context, b->levels.at);
    kov_free(context, b->guards.at);
    kov_free(context, b->message);
    kov_free(context, (char *)b->scope);
    kov_dims_release(b->dims);
    kov_free(context, b);
    kov_context_drop(context);
}

void kov_builder_set_floatx(kov_builder *b, kov_dtype floatx)
{
    b->floatx = floatx;
}

void kov_builder_set_scope(kov_builder *b, const char *path)
{
    kov_free(b->context, (char *)b->scope);
    b->scope = NULL;
    if (!path)
        return;
    size_t size = strlen(path) + 1;
    char *copy = kov_alloc(b->context, size);
    if (!copy) {
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
        return;
    }
    memcpy(copy, path, size);
    b->scope = copy;
}

kov_value kov_builder_adopt(kov_builder *b, kov_status status)
{
    if (b->status != KOV_OK || status == KOV_OK)
        return KOV_VALUE_ERROR;
    if (b->dims->failed) /* a dimension that could not be made is 0, whatever was found then */
        status = kov_fail(KOV_OUT_OF_MEMORY, "out of memory for a dimension");
    b->status = status;
    const char *text = kov_error_text();
    size_t size = strlen(text) + 1;
    b->message = kov_alloc(b->context, size);
    if (b->message)
        memcpy(b->message, text, size);
    return KOV_VALUE_ERROR;
}

kov_value kov_builder_fail(kov_builder *b, kov_status status, const char *format, ...)
{
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return kov_builder_adopt(b, kov_fail(status, "%s", text));
}

kov_status kov_builder_status(const kov_builder *b)
{
    if (b->status == KOV_OK)
        return KOV_OK;
    return kov_fail(b->status, "%s", b->message ? b->message : kov_status_name(b->status));
}

/* ---- levels and values ---- */

static kov_level *current(const kov_builder *b)
{
    return &b->levels.at[b->levels.n - 1];
}

static kov_value global_value(const kov_level *level, kov_value index)
{
    return (level->serial << KOV_SERIAL_SHIFT) | index;
}

static int level_of(const kov_builder *b, kov_value v)
{
    uint32_t serial = v >> KOV_SERIAL_SHIFT;
    for (int i = b->levels.n - 1; i >= 0; i--) {
        if (b->levels.at[i].serial == serial)
            return i;
    }
    return -1;
}

const kov_value_info *kov_builder_value(const kov_builder *b, kov_value v)
{
    static const kov_value_info error = {.node = -1};
    if (v == KOV_VALUE_ERROR || v == KOV_VALUE_NONE)
        return &error;
    int level = level_of(b, v);
    kov_value index = v & INDEX_MASK;
    if (level < 0 || (int)index >= b->levels.at[level].graph->values.n)
        return &error;
    return kov_graph_value(b->levels.at[level].graph, index);
}

static uint64_t hash_attr(uint64_t hash, const kov_attr *attr)
{
    switch (attr->kind) {
    case KOV_ATTR_INTS:
        return kov_hash_bytes(attr->u.ints.at, sizeof(int64_t) * (size_t)attr->u.ints.n, hash);
    case KOV_ATTR_ENUM:
    case KOV_ATTR_STRING:
        return kov_hash_bytes(attr->u.string, strlen(attr->u.string), hash);
    case KOV_ATTR_BOOL:
        return kov_hash_mix(hash, attr->u.boolean);
    case KOV_ATTR_DTYPE:
        return kov_hash_mix(hash, (uint64_t)attr->u.dtype);
    case KOV_ATTR_TENSOR:
        return kov_hash_bytes(
            kov_tensor_data(attr->u.tensor),
            kov_tensor_bytes(attr->u.tensor) < 64 ? kov_tensor_bytes(attr->u.tensor) : 64,
            kov_hash_mix(hash, kov_tensor_bytes(attr->u.tensor)));
    default: {
        uint64_t bits;
        memcpy(&bits, &attr->u.integer, sizeof bits);
        return kov_hash_mix(hash, bits);
    }
    }
}

static bool same_tensor(const kov_tensor *a, const kov_tensor *b)
{
    if (a == b)
        return true;
    size_t bytes = kov_tensor_bytes(a);
    return bytes <= 64 && kov_tensor_dtype(a) == kov_tensor_dtype(b) &&
           kov_tensor_ndim(a) == kov_tensor_ndim(b) && bytes == kov_tensor_bytes(b) &&
           (kov_tensor_ndim(a) == 0 || memcmp(kov_tensor_dims(a), kov_tensor_dims(b),
                                              sizeof(int64_t) * (size_t)kov_tensor_ndim(a)) == 0) &&
           (bytes == 0 || memcmp(kov_tensor_data(a), kov_tensor_data(b), bytes) == 0);
}

static bool same_attr(const kov_attr *a, const kov_attr *b)
{
    switch (a->kind) {
    case KOV_ATTR_INTS:
        return a->u.ints.n == b->u.ints.n &&
               (a->u.ints.n == 0 ||
                memcmp(a->u.ints.at, b->u.ints.at, sizeof(int64_t) * (size_t)a->u.ints.n) == 0);
    case KOV_ATTR_ENUM:
    case KOV_ATTR_STRING:
        return strcmp(a->u.string, b->u.string) == 0;
    case KOV_ATTR_BOOL:
        return a->u.boolean == b->u.boolean;
    case KOV_ATTR_DTYPE:
        return a->u.dtype == b->u.dtype;
    case KOV_ATTR_TENSOR:
        return same_tensor(a->u.tensor, b->u.tensor);
    case KOV_ATTR_BODY:
        return a->u.body == b->u.body;
    default:
        return memcmp(&a->u.integer, &b->u.integer, sizeof a->u.integer) == 0;
    }
}

struct wanted {
    kov_graph *graph;
    int op, input_count, attr_count;
    const kov_value *inputs;
    const kov_attr *attrs;
    uint8_t weak;
};

static bool same_node(void *user, int payload)
{
    const struct wanted *want = user;
    const kov_node *have = &want->graph->nodes.at[payload];
    if (have->op != want->op || have->input_count != want->input_count ||
        kov_graph_value(want->graph, have->first_output)->weak != want->weak)
        return false;
    for (int i = 0; i < want->input_count; i++) {
        if (have->inputs[i] != want->inputs[i])
            return false;
    }
    for (int i = 0; i < want->attr_count; i++) {
        if (!same_attr(&have->attrs[i], &want->attrs[i]))
            return false;
    }
    return true;
}

static uint64_t hash_node(const struct wanted *want)
{
    uint64_t hash = kov_hash_bytes(want->inputs, sizeof(kov_value) * (size_t)want->input_count,
                                   (uint64_t)want->op);
    for (int i = 0; i < want->attr_count; i++)
        hash = hash_attr(hash, &want->attrs[i]);
    return hash;
}

/* ---- emission ---- */

static bool copy_attr(kov_graph *graph, const kov_attr *from, kov_attr *to)
{
    *to = *from;
    switch (from->kind) {
    case KOV_ATTR_INTS:
        if (from->u.ints.n == 0)
            return true;
        to->u.ints.at = kov_arena_copy(&graph->arena, from->u.ints.at,
                                       sizeof(int64_t) * (size_t)from->u.ints.n);
        return to->u.ints.at != NULL;
    case KOV_ATTR_ENUM:
    case KOV_ATTR_STRING:
        to->u.string = kov_arena_strdup(&graph->arena, from->u.string);
        return to->u.string != NULL;
    case KOV_ATTR_TENSOR:
        if (!KOV_PUSH(graph->context, graph->tensors, from->u.tensor))
            return false;
        kov_tensor_retain(from->u.tensor);
        return true;
    case KOV_ATTR_BODY:
        if (!KOV_PUSH(graph->context, graph->bodies, from->u.body))
            return false;
        kov_graph_retain(from->u.body);
        return true;
    default:
        return true;
    }
}

/* In the graph's own memory, since the graph that it was found in may go first; NULL of NULL. */
static kov_status copy_content(kov_graph *graph, const kov_content *content,
                               const kov_content **out)
{
    *out = NULL;
    if (!content)
        return KOV_OK;
    size_t size = sizeof *content->at * (size_t)content->n;
    kov_content *copy = kov_arena_alloc(&graph->arena, sizeof *copy);
    kov_content_element *at = kov_arena_alloc(&graph->arena, size + 1);
    if (!copy || !at)
        return KOV_OUT_OF_MEMORY;
    if (size > 0)
        memcpy(at, content->at, size);
    *copy = (kov_content){content->n, at};
    *out = copy;
    return KOV_OK;
}

static kov_status append_values(kov_graph *graph, const kov_infer_output *outputs, int count,
                                int node, uint8_t weak)
{
    for (int i = 0; i < count; i++) {
        const kov_infer_output *out = &outputs[i];
        kov_value_info info = {.dtype = out->dtype,
                               .ndim = out->ndim,
                               .content = out->content,
                               .node = node,
                               .output = i,
                               .weak = weak};
        info.dims = kov_dims_copy(&graph->arena, out->ndim, out->dims);
        if (!info.dims || !KOV_PUSH(graph->context, graph->values, info))
            return KOV_OUT_OF_MEMORY;
        if (graph->values.n > (int)INDEX_MASK)
            return kov_fail(KOV_NOT_IMPLEMENTED, "a graph of more than %u values", INDEX_MASK);
    }
    return KOV_OK;
}

static kov_status append_node(kov_builder *b, const struct wanted *want,
                              const kov_infer_output *outputs, int output_count)
{
    kov_graph *graph = want->graph;
    kov_node node = {.op = want->op,
                     .input_count = want->input_count,
                     .output_count = output_count,
                     .first_output = (kov_value)graph->values.n,
                     .function = -1};
    if (want->input_count > 0) {
        node.inputs = kov_arena_copy(&graph->arena, want->inputs,
                                     sizeof(kov_value) * (size_t)want->input_count);
        if (!node.inputs)
            return KOV_OUT_OF_MEMORY;
    }
    if (want->attr_count > 0) {
        kov_attr *attrs = kov_arena_alloc(&graph->arena, sizeof *attrs * (size_t)want->attr_count);
        if (!attrs)
            return KOV_OUT_OF_MEMORY;
        for (int i = 0; i < want->attr_count; i++) {
            if (!copy_attr(graph, &want->attrs[i], &attrs[i]))
                return KOV_OUT_OF_MEMORY;
        }
        node.attrs = attrs;
    }
    if (b->scope) {
        node.name = kov_arena_strdup(&graph->arena, b->scope);
        if (!node.name)
            return KOV_OUT_OF_MEMORY;
    }
    if (!KOV_PUSH(b->context, graph->nodes, node))
        return KOV_OUT_OF_MEMORY;
    return append_values(graph, outputs, output_count, graph->nodes.n - 1, want->weak);
}

static kov_value capture(kov_builder *b, int level, kov_value v);

/* The index, at `level`, of a value that belongs to it or to one around it; 0 and sticky otherwise.
 */
static kov_value resolve(kov_builder *b, int level, kov_value v)
{
    int owner = v == KOV_VALUE_ERROR ? -1 : level_of(b, v);
    kov_value index = v & INDEX_MASK;
    if (owner < 0 || owner > level || (int)index >= b->levels.at[owner].graph->values.n ||
        index == 0) {
        kov_builder_fail(b, KOV_INTERNAL,
                         "a value was used outside the body or graph it was made in");
        return 0;
    }
    return owner == level ? index : capture(b, level, v);
}

static kov_status add_constant(kov_builder *b, int level, kov_tensor *tensor, uint8_t weak,
                               kov_value *index);

static kov_value capture(kov_builder *b, int level, kov_value v)
{
    kov_level *at = &b->levels.at[level];
    for (int i = 0; i < at->captures.n; i++) {
        if (at->captures.at[i] == v)
            return at->captured.at[i];
    }
    const kov_value_info info = *kov_builder_value(b, v);
    const kov_graph *owner = b->levels.at[level_of(b, v)].graph;
    const kov_tensor *constant = kov_graph_constant(owner, v & INDEX_MASK);
    kov_value index = 0;
    if (constant) { /* constants are copied in, so bodies keep their static knowledge */
        kov_builder_adopt(b, add_constant(b, level, (kov_tensor *)constant, info.weak, &index));
        return index;
    }
    kov_graph *graph = at->graph;
    const kov_attr dtype = kov_attr_dtype(info.dtype);
    struct wanted want = {graph, KOV_OP_PARAMETER, 0, 1, NULL, &dtype, info.weak};
    kov_infer_output out = {.dtype = info.dtype, .ndim = info.ndim};
    memcpy(out.dims, info.dims, sizeof(kov_dim) * (size_t)info.ndim);
    kov_status status = copy_content(graph, info.content, &out.content);
    if (status == KOV_OK)
        status = append_node(b, &want, &out, 1);
    index = (kov_value)graph->values.n - 1;
    if (status == KOV_OK)
        graph->values.at[index].integer_class = info.integer_class;
    if (status == KOV_OK &&
        !(KOV_PUSH(b->context, at->captured, index) && KOV_PUSH(b->context, at->captures, v)))
        status = KOV_OUT_OF_MEMORY;
    kov_builder_adopt(b, status);
    return status == KOV_OK ? index : 0;
}

static kov_status infer_node(kov_builder *b, const struct wanted *want, kov_infer *infer)
{
    const kov_op_info *op = infer->op;
    if (want->input_count < op->min_inputs ||
        (op->max_inputs != KOV_VARIADIC && want->input_count > op->max_inputs))
        return kov_fail(KOV_INTERNAL, "%s: %d inputs given, %d to %d taken", op->name,
                        want->input_count, op->min_inputs, op->max_inputs);
    kov_infer_input few[FIXED_OUTPUTS], *inputs = few;
    if (want->input_count > FIXED_OUTPUTS) {
        inputs = kov_alloc(b->context, sizeof *inputs * (size_t)want->input_count);
        if (!inputs)
            return KOV_OUT_OF_MEMORY;
    }
    for (int i = 0; i < want->input_count; i++) {
        if (want->inputs[i] == KOV_VALUE_NONE) {
            inputs[i] = (kov_infer_input){.ndim = -1};
            continue;
        }
        const kov_value_info *v = kov_graph_value(want->graph, want->inputs[i]);
        inputs[i] = (kov_infer_input){v->dtype, v->ndim, v->dims, v->content,
                                      kov_graph_constant(want->graph, want->inputs[i])};
    }
    infer->inputs = inputs;
    infer->input_count = want->input_count;
    kov_status status = op->infer(infer);
    if (inputs != few)
        kov_free(b->context, inputs);
    infer->inputs = NULL;
    if (status == KOV_OK && b->dims->failed)
        status = KOV_OUT_OF_MEMORY;
    return status;
}

/* Emits at the innermost level, inputs already resolved. */
static kov_status emit_resolved(kov_builder *b, struct wanted *want, kov_value *first, int *count)
{
    kov_level *level = current(b);
    const kov_op_info *op = kov_op_info_of(want->op);
    uint64_t hash = b->reuse ? hash_node(want) : 0;
    if (b->reuse) {
        int found = kov_hash_map_find(&level->seen, hash, same_node, want);
        if (found >= 0) {
            *first = level->graph->nodes.at[found].first_output;
            *count = level->graph->nodes.at[found].output_count;
            return KOV_OK;
        }
    }
    kov_infer_output few[FIXED_OUTPUTS] = {0}, *outputs = few;
    kov_infer infer = {.context = b->context,
                       .dims = b->dims,
                       .arena = &level->graph->arena,
                       .op = op,
                       .attrs = want->attrs,
                       .output_count = op->outputs};
    if (op->outputs == KOV_VARIADIC) {
        outputs = kov_alloc_zero(b->context, sizeof *outputs * KOV_INFER_MAX_OUTPUTS);
        if (!outputs)
            return KOV_OUT_OF_MEMORY;
    }
    infer.outputs = outputs;
    kov_status status = infer_node(b, want, &infer);
    if (status == KOV_OK)
        status = append_node(b, want, outputs, infer.output_count);
    if (outputs != few)
        kov_free(b->context, outputs);
    if (status != KOV_OK)
        return status;
    kov_graph *graph = level->graph;
    *first = graph->nodes.at[graph->nodes.n - 1].first_output;
    *count = infer.output_count;
    return b->reuse ? kov_hash_map_add(&level->seen, hash, graph->nodes.n - 1) : KOV_OK;
}

static kov_status add_constant(kov_builder *b, int level, kov_tensor *tensor, uint8_t weak,
                               kov_value *index)
{
    const kov_attr attr = kov_attr_tensor(tensor);
    struct wanted want = {b->levels.at[level].graph, KOV_OP_CONSTANT, 0, 1, NULL, &attr, weak};
    int open = b->levels.n, count;
    b->levels.n = level + 1;
    kov_status status = emit_resolved(b, &want, index, &count);
    b->levels.n = open;
    return status;
}

kov_value kov_builder_add_constant(kov_builder *b, kov_tensor *tensor, uint8_t weak)
{
    kov_value index = 0;
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_status status = add_constant(b, b->levels.n - 1, tensor, weak, &index);
    if (status != KOV_OK)
        return kov_builder_adopt(b, status);
    return global_value(current(b), index);
}

kov_value kov_emit_many(kov_builder *b, int op, const kov_value *inputs, int input_count,
                        const kov_attr *attrs, int *count)
{
    kov_value few[FIXED_OUTPUTS], *resolved = few, first = 0;
    *count = 0;
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < input_count; i++) {
        if (inputs[i] == KOV_VALUE_ERROR)
            return kov_builder_fail(b, KOV_INTERNAL, "%s: input %d is missing",
                                    kov_op_info_of(op)->name, i);
    }
    if (input_count > FIXED_OUTPUTS) {
        resolved = kov_alloc(b->context, sizeof *resolved * (size_t)input_count);
        if (!resolved)
            return kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    }
    for (int i = 0; i < input_count; i++)
        resolved[i] =
            inputs[i] == KOV_VALUE_NONE ? inputs[i] : resolve(b, b->levels.n - 1, inputs[i]);
    kov_status status = b->status;
    if (status == KOV_OK) {
        struct wanted want = {
            current(b)->graph, op,    input_count,  kov_op_info_of(op)->attr_count,
            resolved,          attrs, KOV_WEAK_NONE};
        status = emit_resolved(b, &want, &first, count);
    }
    if (resolved != few)
        kov_free(b->context, resolved);
    if (status != KOV_OK)
        return kov_builder_adopt(b, status);
    return global_value(current(b), first);
}

kov_value kov_emit(kov_builder *b, int op, const kov_value *inputs, int input_count,
                   const kov_attr *attrs)
{
    int count;
    return kov_emit_many(b, op, inputs, input_count, attrs, &count);
}

void kov_builder_name(kov_builder *b, kov_value v, const char *name)
{
    int level = v == KOV_VALUE_ERROR ? -1 : level_of(b, v);
    if (level < 0 || !name)
        return;
    kov_graph *graph = b->levels.at[level].graph;
    char *copy = kov_arena_strdup(&graph->arena, name);
    if (!copy)
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    else
        graph->nodes.at[kov_graph_value(graph, v & INDEX_MASK)->node].name = copy;
}

int kov_builder_node_count(const kov_builder *b)
{
    return current(b)->graph->nodes.n;
}

static bool copy_argument(kov_graph *graph, const kov_argument *from, kov_argument *to)
{
    *to = *from;
    if (from->kind == KOV_ARGUMENT_INTS && from->count != 0) {
        int n = from->count < 0 ? 1 : from->count;
        to->u.ints = kov_arena_copy(&graph->arena, from->u.ints, sizeof(int64_t) * (size_t)n);
        return to->u.ints != NULL;
    }
    if (from->kind == KOV_ARGUMENT_STRING) {
        to->u.string = kov_arena_strdup(&graph->arena, from->u.string);
        return to->u.string != NULL;
    }
    if (from->kind == KOV_ARGUMENT_TENSOR || from->kind == KOV_ARGUMENT_LIST)
        *to = (kov_argument){.kind = KOV_ARGUMENT_VALUE}; /* given: one of the node's inputs */
    return true;
}

void kov_builder_annotate(kov_builder *b, kov_value v, const kov_node *from)
{
    int level = v == KOV_VALUE_ERROR ? -1 : level_of(b, v);
    if (level < 0)
        return;
    kov_graph *graph = b->levels.at[level].graph;
    kov_node *node = &graph->nodes.at[kov_graph_value(graph, v & INDEX_MASK)->node];
    bool ok = true;
    if (from->name)
        ok = (node->name = kov_arena_strdup(&graph->arena, from->name)) != NULL;
    node->function = from->function;
    node->function_name = from->function_name;
    if (ok && from->function >= 0 && from->arguments) {
        int n = from->argument_count;
        kov_argument *arguments =
            kov_arena_alloc(&graph->arena, sizeof *arguments * (size_t)(n + 1));
        ok = arguments != NULL;
        for (int i = 0; ok && i < n; i++)
            ok = copy_argument(graph, &from->arguments[i], &arguments[i]);
        node->arguments = arguments;
        node->argument_count = n;
    }
    if (!ok)
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
}

const kov_tensor *kov_builder_constant_tensor(const kov_builder *b, kov_value v)
{
    int level = v == KOV_VALUE_ERROR || v == KOV_VALUE_NONE ? -1 : level_of(b, v);
    return level < 0 ? NULL : kov_graph_constant(b->levels.at[level].graph, v & INDEX_MASK);
}

/* ---- parameters and results ---- */

kov_value kov_builder_add_parameter(kov_builder *b, kov_dtype dtype, int ndim, const kov_dim *dims,
                                    const kov_content *content, uint8_t weak, const char *name,
                                    kov_parameter_role role)
{
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_level *level = role == KOV_ROLE_VARIABLE ? &b->levels.at[0] : current(b);
    kov_graph *graph = level->graph;
    const kov_attr attr = kov_attr_dtype(dtype);
    struct wanted want = {graph, KOV_OP_PARAMETER, 0, 1, NULL, &attr, weak};
    kov_infer_output out = {.dtype = dtype, .ndim = ndim};
    for (int i = 0; i < ndim; i++)
        out.dims[i] = dims[i];
    kov_status status = copy_content(graph, content, &out.content);
    if (status == KOV_OK)
        status = append_node(b, &want, &out, 1);
    if (status != KOV_OK)
        return kov_builder_adopt(b, status);
    kov_graph_parameter parameter = {.value = (kov_value)graph->values.n - 1, .role = role};
    kov_node *node = &graph->nodes.at[graph->nodes.n - 1];
    if (name) {
        parameter.name = kov_arena_strdup(&graph->arena, name);
        node->name = parameter.name;
    }
    if ((name && !parameter.name) || !KOV_PUSH(b->context, graph->parameters, parameter))
        return kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    return global_value(level, parameter.value);
}

void kov_builder_set_integer_class(kov_builder *b, kov_value parameter, uint8_t integer_class)
{
    if (parameter == KOV_VALUE_ERROR)
        return;
    kov_graph *graph = b->levels.at[level_of(b, parameter)].graph;
    graph->values.at[parameter & INDEX_MASK].integer_class = integer_class;
}

uint8_t kov_builder_integer_class(kov_builder *b, kov_value v)
{
    const kov_value_info *info = kov_builder_value(b, v);
    if (v == KOV_VALUE_ERROR || info->weak != KOV_WEAK_INT)
        return 0;
    const kov_tensor *constant = kov_builder_constant_tensor(b, v);
    return constant ? kov_integer_class(*(const int64_t *)kov_tensor_data(constant))
                    : info->integer_class;
}

int64_t kov_builder_symbol(kov_builder *b, const char *name)
{
    return kov_dim_symbol(b->dims, name, 0, INT64_MAX, KOV_DIM_NO_HINT);
}

kov_value kov_builder_parameter(kov_builder *b, kov_dtype dtype, int ndim, const int64_t *dims,
                                const char *name, kov_parameter_role role)
{
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (ndim < 0 || ndim > KOV_MAX_NDIM)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "parameter %s: %d dimensions; at most %d",
                                name ? name : "", ndim, KOV_MAX_NDIM);
    if (dtype <= KOV_DTYPE_NONE || dtype >= KOV_DTYPE_COUNT)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "parameter %s: no dtype",
                                name ? name : "");
    kov_dim at[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++) {
        at[i] = dims[i] == KOV_DIM_FREE ? kov_dim_unknown(b->dims) : dims[i];
        if (at[i] < -(kov_dim)b->dims->exprs.n - 1)
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "parameter %s: dimension %d is %lld",
                                    name ? name : "", i, (long long)dims[i]);
    }
    return kov_builder_add_parameter(b, dtype, ndim, at, NULL, KOV_WEAK_NONE, name, role);
}

kov_status kov_level_finish(kov_builder *b, const kov_value *results, int count,
                            const char *const *names, kov_graph **out)
{
    kov_graph *graph = current(b)->graph;
    for (int i = 0; i < count && b->status == KOV_OK; i++) {
        kov_graph_result result = {.value = 0};
        if (results[i] == KOV_VALUE_ERROR)
            kov_builder_fail(b, KOV_INTERNAL, "result %d is missing", i);
        else
            result.value = resolve(b, b->levels.n - 1, results[i]);
        if (names && names[i])
            result.name = kov_arena_strdup(&graph->arena, names[i]);
        if (b->status == KOV_OK && !KOV_PUSH(b->context, graph->results, result))
            kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    }
    kov_level *level = current(b);
    for (int i = 0; i < level->captured.n && b->status == KOV_OK; i++) {
        kov_graph_parameter parameter = {.value = level->captured.at[i], .role = KOV_ROLE_INPUT};
        if (!KOV_PUSH(b->context, graph->parameters, parameter))
            kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    }
    KOV_TRY(kov_builder_status(b));
    kov_graph_retain(graph);
    *out = graph;
    return KOV_OK;
}

kov_status kov_builder_finish(kov_builder *b, const kov_value *results, int count,
                              const char *const *names, kov_graph **out)
{
    KOV_TRY(kov_builder_status(b));
    if (b->levels.n != 1)
        return kov_fail(KOV_INVALID_ARGUMENT, "a body of control flow is still open");
    if (b->levels.at[0].graph->results.n > 0)
        return kov_fail(KOV_INVALID_ARGUMENT, "this builder has made its graph already");
    return kov_level_finish(b, results, count, names, out);
}
