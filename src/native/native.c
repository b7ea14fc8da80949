/* SPDX-License-Identifier: Apache-2.0 */
#include "native/native.h"
#include "base/status.h"
#include "opset/interpret.h"

static bool supports(const kov_graph *graph, const kov_node *node, char *why, size_t why_size)
{
    (void)graph, (void)why, (void)why_size;
    return !node->opaque;
}

static kov_status compile(kov_graph *graph, const kov_engine_options *options, void **executable)
{
    (void)options;
    kov_graph_retain(graph);
    *executable = graph;
    return KOV_OK;
}

static kov_status run(void *executable, kov_tensor *const *inputs, kov_tensor **results)
{
    kov_graph *graph = executable;
    return kov_interpret(graph, inputs, graph->parameters.n, results);
}

static void text(void *executable, kov_text *out)
{
    const kov_graph *graph = executable;
    for (int i = 0; i < graph->nodes.n; i++)
        kov_node_print(out, graph, &graph->nodes.at[i]);
}

static size_t bytes(const void *executable)
{
    const kov_graph *graph = executable;
    return sizeof(kov_node) * (size_t)graph->nodes.n;
}

static void release(void *executable)
{
    kov_graph_release(executable);
}

const kov_engine kov_native_engine = {"native", supports, compile, run, text, bytes, release};

bool kov_native_keeps_composite(const kov_graph *graph, const kov_node *node)
{
    (void)graph, (void)node;
    return false;
}
