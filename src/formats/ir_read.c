/* SPDX-License-Identifier: Apache-2.0 */
/* IR, versions 10 and 11, as a graph. */
#include "formats/ir_read.h"

#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LAYERS (1 << 20)

kov_status kov_ir_read_fail(const kov_ir_read_layer *layer, kov_status status, const char *format,
                            ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return kov_fail(status, "IR: %.80s (%.80s) \"%.200s\": %s", layer->type, layer->version,
                    layer->name, text);
}

/* ---- layers ---- */

static int compare_ids(const void *a, const void *b)
{
    const kov_ir_read_layer *x = *(kov_ir_read_layer *const *)a,
                            *y = *(kov_ir_read_layer *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static kov_status read_ports(kov_arena *arena, const kov_ir_read_layer *layer, const kov_xml *list,
                             int64_t **ids, int *count)
{
    int n = 0;
    for (const kov_xml *p = kov_xml_child(list, "port"); p; p = kov_xml_next(p))
        n++;
    int64_t *at = kov_arena_alloc(arena, sizeof *at * (size_t)(n + 1));
    if (!at)
        return KOV_OUT_OF_MEMORY;
    *count = n;
    *ids = at;
    for (const kov_xml *p = kov_xml_child(list, "port"); p; p = kov_xml_next(p)) {
        const char *id = kov_xml_attr_of(p, "id");
        if (!id || !kov_xml_integer(id, at++))
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "a port without a number");
    }
    return KOV_OK;
}

static kov_status read_layer(kov_arena *arena, const kov_xml *element, kov_ir_read_layer *layer)
{
    const char *id = kov_xml_attr_of(element, "id");
    layer->element = element;
    layer->name = kov_xml_attr_of(element, "name");
    layer->type = kov_xml_attr_of(element, "type");
    layer->version = kov_xml_attr_of(element, "version");
    if (!id || !kov_xml_integer(id, &layer->id) || !layer->type)
        return kov_fail(KOV_BAD_FORMAT, "IR: a layer without id or type");
    layer->name = layer->name ? layer->name : "";
    layer->version = layer->version ? layer->version : "";
    layer->data = kov_xml_child(element, "data");
    KOV_TRY(read_ports(arena, layer, kov_xml_child(element, "input"), &layer->input_ids,
                       &layer->input_count));
    KOV_TRY(read_ports(arena, layer, kov_xml_child(element, "output"), &layer->output_ids,
                       &layer->output_count));
    size_t in = (size_t)layer->input_count + 1, out = (size_t)layer->output_count + 1;
    layer->sources = kov_arena_alloc(arena, sizeof *layer->sources * in);
    layer->inputs = kov_arena_alloc(arena, sizeof(kov_value) * in);
    layer->outputs = kov_arena_alloc(arena, sizeof(kov_value) * out);
    if (!layer->sources || !layer->inputs || !layer->outputs)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < layer->input_count; i++)
        layer->sources[i].layer = -1;
    return KOV_OK;
}

int kov_ir_read_find(const kov_ir_read_scope *scope, int64_t id)
{
    int low = 0, high = scope->layer_count - 1;
    const int *by_id = scope->order + scope->layer_count;
    while (low <= high) {
        int middle = low + (high - low) / 2;
        int64_t have = scope->layers[by_id[middle]].id;
        if (have == id)
            return by_id[middle];
        if (have < id)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return -1;
}

/* order: room for the order, and behind it the indices sorted by id. */
static kov_status index_layers(kov_ir_read_scope *scope)
{
    size_t n = (size_t)scope->layer_count;
    kov_ir_read_layer **sorted =
        kov_arena_alloc(scope->arena, sizeof(kov_ir_read_layer *) * (n + 1));
    scope->order = kov_arena_alloc(scope->arena, sizeof(int) * (2 * n + 1));
    if (!scope->order || !sorted)
        return KOV_OUT_OF_MEMORY;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &scope->layers[i];
    qsort(sorted, n, sizeof *sorted, compare_ids);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && sorted[i]->id == sorted[i - 1]->id)
            return kov_ir_read_fail(sorted[i], KOV_BAD_FORMAT, "the id %" PRId64 " is not unique",
                                    sorted[i]->id);
        scope->order[n + i] = (int)(sorted[i] - scope->layers);
    }
    return KOV_OK;
}

static int find_port(const int64_t *ids, int n, const char *text)
{
    int64_t id;
    if (!text || !kov_xml_integer(text, &id))
        return -1;
    for (int i = 0; i < n; i++) {
        if (ids[i] == id)
            return i;
    }
    return -1;
}

static int find_layer(const kov_ir_read_scope *scope, const char *text)
{
    int64_t id;
    return text && kov_xml_integer(text, &id) ? kov_ir_read_find(scope, id) : -1;
}

static kov_status read_edge(kov_ir_read_scope *scope, const kov_xml *edge)
{
    int from = find_layer(scope, kov_xml_attr_of(edge, "from-layer"));
    int to = find_layer(scope, kov_xml_attr_of(edge, "to-layer"));
    if (from < 0 || to < 0)
        return kov_fail(KOV_BAD_FORMAT, "IR: an edge between layers that are not there");
    kov_ir_read_layer *a = &scope->layers[from], *b = &scope->layers[to];
    int output = find_port(a->output_ids, a->output_count, kov_xml_attr_of(edge, "from-port"));
    int input = find_port(b->input_ids, b->input_count, kov_xml_attr_of(edge, "to-port"));
    if (output < 0 || input < 0)
        return kov_ir_read_fail(b, KOV_BAD_FORMAT,
                                "an edge from \"%.100s\" between ports that are not "
                                "there",
                                a->name);
    if (b->sources[input].layer >= 0)
        return kov_ir_read_fail(b, KOV_BAD_FORMAT, "two edges end at input %d", input);
    b->sources[input] = (kov_ir_source){from, output};
    return KOV_OK;
}

/* Depth first without recursion: a layer is put after all that it reads. */
static kov_status order_layers(kov_ir_read_scope *scope)
{
    struct visit {
        int layer, next;
    } *stack = kov_alloc(scope->context, sizeof *stack * ((size_t)scope->layer_count + 1));
    kov_status status = KOV_OK;
    int done = 0;
    if (!stack)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < scope->layer_count && status == KOV_OK; i++) {
        int top = 0;
        if (scope->layers[i].state != 0)
            continue;
        stack[top++] = (struct visit){i, 0};
        scope->layers[i].state = 1;
        while (top > 0 && status == KOV_OK) {
            struct visit *at = &stack[top - 1];
            kov_ir_read_layer *layer = &scope->layers[at->layer];
            if (at->next == layer->input_count) {
                layer->state = 2;
                scope->order[done++] = at->layer;
                top--;
                continue;
            }
            int from = layer->sources[at->next++].layer;
            if (from < 0)
                status = kov_ir_read_fail(layer, KOV_BAD_FORMAT, "no edge ends at input %d",
                                          at->next - 1);
            else if (scope->layers[from].state == 1)
                status = kov_ir_read_fail(layer, KOV_BAD_FORMAT, "it is part of a cycle");
            else if (scope->layers[from].state == 0) {
                scope->layers[from].state = 1;
                stack[top++] = (struct visit){from, 0};
            }
        }
    }
    kov_free(scope->context, stack);
    return status;
}

kov_status kov_ir_read_layers(kov_ir_read_scope *scope, const kov_xml *element)
{
    const kov_xml *layers = kov_xml_child(element, "layers");
    const kov_xml *edges = kov_xml_child(element, "edges");
    int n = 0;
    for (const kov_xml *l = kov_xml_child(layers, "layer"); l; l = kov_xml_next(l))
        n++;
    if (n == 0 || n > MAX_LAYERS)
        return kov_fail(KOV_BAD_FORMAT, "IR: %d layers", n);
    scope->layers = kov_arena_alloc(scope->arena, sizeof *scope->layers * (size_t)n);
    if (!scope->layers)
        return KOV_OUT_OF_MEMORY;
    for (const kov_xml *l = kov_xml_child(layers, "layer"); l; l = kov_xml_next(l))
        KOV_TRY(read_layer(scope->arena, l, &scope->layers[scope->layer_count++]));
    KOV_TRY(index_layers(scope));
    for (const kov_xml *e = kov_xml_child(edges, "edge"); e; e = kov_xml_next(e))
        KOV_TRY(read_edge(scope, e));
    return order_layers(scope);
}

kov_status kov_ir_read_body(const kov_ir_read_scope *scope, const kov_xml *element,
                            kov_ir_read_scope *out)
{
    if (!element)
        return kov_fail(KOV_BAD_FORMAT, "IR: a body is missing");
    if (scope->depth >= KOV_IR_MAX_BODIES_DEEP)
        return kov_fail(KOV_NOT_IMPLEMENTED,
                        "IR: bodies of control flow are nested more than %d deep",
                        KOV_IR_MAX_BODIES_DEEP);
    *out = (kov_ir_read_scope){.context = scope->context,
                               .b = scope->b,
                               .arena = scope->arena,
                               .binary = scope->binary,
                               .depth = scope->depth + 1};
    return kov_ir_read_layers(out, element);
}

/* ---- emitting ---- */

const char *kov_ir_read_port_name(const kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                                  int output)
{
    const kov_xml *port = kov_xml_child(kov_xml_child(layer->element, "output"), "port");
    for (int i = 0; port && i < output; i++)
        port = kov_xml_next(port);
    const char *names = kov_xml_attr_of(port, "names");
    if (!names || !*names)
        return NULL;
    char *copy = kov_arena_strdup(scope->arena, names), *to = copy;
    for (const char *from = names; copy && *from && *from != ','; from++) {
        if (from[0] == '\\' && from[1] == ',')
            from++;
        *to++ = *from;
    }
    if (copy)
        *to = 0;
    return copy;
}

/* "?,3,1..8" */
static kov_status read_shape(kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                             kov_dim *dims, int *ndim)
{
    const char *text = kov_xml_attr_of(layer->data, "shape");
    *ndim = 0;
    if (!text)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "no shape");
    while (*text) {
        size_t size = strcspn(text, ",");
        char one[64];
        int64_t low = 0, high = INT64_MAX;
        if (size >= sizeof one || *ndim >= KOV_MAX_NDIM)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT,
                                    "bad shape, or of more than %d dimensions", KOV_MAX_NDIM);
        memcpy(one, text, size);
        one[size] = 0;
        char *word = one + strspn(one, " "), *range = strstr(word, "..");
        if (strcmp(word, "...") == 0)
            return kov_ir_read_fail(layer, KOV_NOT_IMPLEMENTED, "an input of unknown rank");
        bool ok = true;
        if (range) {
            *range = 0;
            ok = (!*word || kov_xml_integer(word, &low)) &&
                 (!range[2] || kov_xml_integer(range + 2, &high));
        } else if (strcmp(word, "?") != 0 && strcmp(word, "-1") != 0) {
            ok = kov_xml_integer(word, &low);
            high = low;
        }
        if (!ok || low < 0 || high < low)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "bad dimension in the shape \"%.100s\"",
                                    kov_xml_attr_of(layer->data, "shape"));
        dims[(*ndim)++] = low == high ? low
                          : low == 0 && high == INT64_MAX
                              ? kov_dim_unknown(scope->b->dims)
                              : kov_dim_symbol(scope->b->dims, NULL, low, high, KOV_DIM_NO_HINT);
        text += size + (text[size] == ',');
    }
    return KOV_OK;
}

static kov_status read_parameter(kov_ir_read_scope *scope, kov_ir_read_layer *layer)
{
    int index = (int)(layer - scope->layers), ndim;
    kov_dim dims[KOV_MAX_NDIM];
    if (layer->output_count != 1)
        return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "a Parameter has one output");
    if (scope->given) {
        if (scope->given[index] == KOV_VALUE_ERROR)
            return kov_ir_read_fail(layer, KOV_BAD_FORMAT, "the body gets no value for it");
        layer->outputs[0] = scope->given[index];
        return KOV_OK;
    }
    const char *type = kov_xml_attr_of(layer->data, "element_type");
    const char *name = kov_ir_read_port_name(scope, layer, 0);
    kov_dtype dtype = type ? kov_dtype_from_ov_name(type) : KOV_DTYPE_NONE;
    if (dtype == KOV_DTYPE_NONE || dtype == KOV_DTYPE_STRING)
        return kov_ir_read_fail(layer, KOV_NOT_IMPLEMENTED, "element type \"%.40s\"",
                                type ? type : "");
    KOV_TRY(read_shape(scope, layer, dims, &ndim));
    layer->outputs[0] = kov_builder_add_parameter(scope->b, dtype, ndim, dims, NULL, KOV_WEAK_NONE,
                                                  name ? name : layer->name, KOV_ROLE_INPUT);
    return kov_builder_status(scope->b);
}

static kov_status emit_layer(kov_ir_read_scope *scope, kov_ir_read_layer *layer)
{
    for (int i = 0; i < layer->input_count; i++)
        layer->inputs[i] = scope->layers[layer->sources[i].layer].outputs[layer->sources[i].output];
    if (strcmp(layer->type, "Parameter") == 0)
        return layer->outputs[0] != KOV_VALUE_ERROR ? KOV_OK : read_parameter(scope, layer);
    if (strcmp(layer->type, "Result") == 0)
        return layer->input_count == 1
                   ? KOV_OK
                   : kov_ir_read_fail(layer, KOV_BAD_FORMAT, "a Result has one input");
    if (strcmp(layer->type, "Const") == 0 || strcmp(layer->type, "Constant") == 0)
        return kov_ir_read_constant(scope, layer);
    if (strcmp(layer->type, "If") == 0)
        return kov_ir_read_if(scope, layer);
    if (strcmp(layer->type, "Loop") == 0 || strcmp(layer->type, "TensorIterator") == 0)
        return kov_ir_read_loop(scope, layer);
    return kov_ir_read_node(scope, layer);
}

kov_status kov_ir_read_emit(kov_ir_read_scope *scope)
{
    /* Parameters first, so that inputs have the order of the file. */
    for (int i = 0; i < scope->layer_count; i++) {
        if (strcmp(scope->layers[i].type, "Parameter") == 0)
            KOV_TRY(read_parameter(scope, &scope->layers[i]));
    }
    for (int i = 0; i < scope->layer_count; i++)
        KOV_TRY(emit_layer(scope, &scope->layers[scope->order[i]]));
    return KOV_OK;
}

/* ---- the model ---- */

static kov_status finish(kov_ir_read_scope *scope, kov_graph **out)
{
    int n = 0;
    kov_value *results =
        kov_arena_alloc(scope->arena, sizeof *results * (size_t)scope->layer_count);
    const char **names =
        kov_arena_alloc(scope->arena, sizeof(const char *) * (size_t)scope->layer_count);
    if (!results || !names)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < scope->layer_count; i++) {
        const kov_ir_read_layer *layer = &scope->layers[i];
        if (strcmp(layer->type, "Result") != 0)
            continue;
        const kov_ir_source from = layer->sources[0];
        names[n] = kov_ir_read_port_name(scope, &scope->layers[from.layer], from.output);
        results[n++] = layer->inputs[0];
    }
    if (n == 0)
        return kov_fail(KOV_BAD_FORMAT, "IR: no Result");
    if (scope->b->dims->failed)
        return kov_fail(KOV_OUT_OF_MEMORY, "IR: no memory for a dimension");
    return kov_builder_finish(scope->b, results, n, names, out);
}

static kov_status read_model(kov_ir_read_scope *scope, const void *xml, size_t xml_size,
                             kov_graph **out)
{
    kov_xml *root;
    int64_t version = 0;
    KOV_TRY(kov_xml_parse(scope->arena, xml, xml_size, &root));
    const char *text = kov_xml_attr_of(root, "version");
    if (strcmp(root->tag, "net") != 0)
        return kov_fail(KOV_BAD_FORMAT, "IR: the XML is a <%.60s>, not a <net>", root->tag);
    if (!text || !kov_xml_integer(text, &version) || version < 10 || version > 11)
        return kov_fail(KOV_NOT_IMPLEMENTED, "IR: version %.20s; 10 and 11 are read",
                        text ? text : "unknown");
    KOV_TRY(kov_ir_read_layers(scope, root));
    KOV_TRY(kov_ir_read_emit(scope));
    return finish(scope, out);
}

kov_status kov_ir_read_blocks(kov_context *context, const void *xml, size_t xml_size,
                              const kov_ir_binary *binary, kov_graph **out)
{
    kov_arena arena;
    kov_builder *b = NULL;
    if (!xml || xml_size == 0)
        return kov_fail(KOV_BAD_FORMAT, "IR: the XML is empty");
    kov_arena_init(&arena, context);
    kov_status status = kov_builder_create(context, &b);
    if (status == KOV_OK) {
        kov_ir_read_scope scope = {.context = context, .b = b, .arena = &arena, .binary = binary};
        status = read_model(&scope, xml, xml_size, out);
    }
    kov_builder_release(b);
    kov_arena_free(&arena);
    return status;
}

kov_status kov_graph_from_ir(kov_context *context, const void *xml, size_t xml_size,
                             const void *bin, size_t bin_size, kov_graph **out)
{
    const kov_ir_binary binary = {bin, bin ? bin_size : 0, NULL};
    return kov_ir_read_blocks(context, xml, xml_size, &binary, out);
}
