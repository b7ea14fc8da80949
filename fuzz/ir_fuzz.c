/* SPDX-License-Identifier: Apache-2.0 */
/* IR from anyone: reading it, printing it, writing it again and computing it must not crash, leak
 * or run away, whatever it says. Input: XML, a zero byte, the binary (fuzz/make_ir_corpus.py). */
#include "opset/interpret.h"
#include "tensor/shape.h"

#include <kov/ir.h>

#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT (64u << 20)
#define MAX_PARAMETERS 8
#define MAX_SIZE 4 /* of a free dimension */
#define MAX_ELEMENTS 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static kov_tensor *make_input(kov_context *context, const kov_value_info *info)
{
    int64_t dims[KOV_MAX_NDIM], count;
    kov_tensor *tensor = NULL;
    for (int i = 0; i < info->ndim; i++)
        dims[i] = info->dims[i] < 0 ? 1 + i % MAX_SIZE : info->dims[i];
    if (kov_shape_count(info->ndim, dims, &count) != KOV_OK || count > MAX_ELEMENTS ||
        kov_tensor_create(context, info->dtype, info->ndim, dims, &tensor) != KOV_OK)
        return NULL;
    memset(kov_tensor_data_mut(tensor), 0, kov_tensor_bytes(tensor));
    return tensor;
}

/* A loop of the file's choosing may never end: only graphs without one are computed, and of those
 * only where every value is small. */
static bool is_computable(const kov_graph *graph)
{
    for (int i = 0; i < graph->nodes.n; i++) {
        const kov_op_info *op = kov_op_info_of(graph->nodes.at[i].op);
        for (int j = 0; j < op->attr_count; j++) {
            if (op->attrs[j].kind == KOV_ATTR_BODY)
                return false;
        }
    }
    for (int i = 1; i < graph->values.n; i++) {
        const kov_value_info *v = &graph->values.at[i];
        int64_t count;
        if (kov_value_is_static(v) &&
            (kov_shape_count(v->ndim, v->dims, &count) != KOV_OK || count > MAX_ELEMENTS))
            return false;
    }
    return graph->parameters.n <= MAX_PARAMETERS && graph->results.n <= MAX_PARAMETERS &&
           graph->nodes.n <= 64;
}

static void compute(kov_context *context, kov_graph *graph)
{
    kov_tensor *inputs[MAX_PARAMETERS] = {0}, *results[MAX_PARAMETERS] = {0};
    bool ready = true;
    for (int i = 0; i < graph->parameters.n && ready; i++) {
        inputs[i] = make_input(context, kov_graph_value(graph, graph->parameters.at[i].value));
        ready = inputs[i] != NULL;
    }
    if (ready && kov_interpret(graph, inputs, graph->parameters.n, results) == KOV_OK) {
        for (int i = 0; i < graph->results.n; i++)
            kov_tensor_release(results[i]);
    }
    for (int i = 0; i < graph->parameters.n; i++)
        kov_tensor_release(inputs[i]);
}

static void write_again(kov_graph *graph)
{
    kov_bytes xml, bin;
    char *text;
    if (kov_graph_text(graph, &text) == KOV_OK)
        kov_text_free(text);
    if (kov_graph_to_ir(graph, NULL, &xml, &bin) != KOV_OK)
        return;
    kov_graph *second;
    if (kov_graph_from_ir(graph->context, xml.data, xml.size, bin.data, bin.size, &second) ==
        KOV_OK)
        kov_graph_release(second);
    kov_bytes_free(&xml);
    kov_bytes_free(&bin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const kov_context_options options = {.byte_limit = MEMORY_LIMIT, .threads = 1};
    kov_context *context;
    kov_graph *graph;
    const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
    size_t xml_size = zero ? (size_t)(zero - data) : size;
    const uint8_t *bin = zero ? zero + 1 : data + size;
    if (kov_context_create(&options, &context) != KOV_OK)
        return 0;
    if (kov_graph_from_ir(context, data, xml_size, bin, (size_t)(data + size - bin), &graph) ==
        KOV_OK) {
        if (kov_graph_verify(graph) == KOV_INTERNAL)
            abort();
        write_again(graph);
        if (is_computable(graph))
            compute(context, graph);
        kov_graph_release(graph);
    }
    if (kov_context_bytes_in_use(context) != 0)
        abort();
    kov_context_release(context);
    return 0;
}
