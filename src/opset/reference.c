/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/reference.h"

#include "opset/interpret.h"

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
    for (int i = 0; i < graph->nodes.n; i++) {
        kov_text_add(out, "reference evaluate: ");
        kov_node_print(out, graph, &graph->nodes.at[i]);
    }
}

static size_t bytes(const void *executable)
{
    (void)executable;
    return 0;
}

static void release(void *executable)
{
    kov_graph_release(executable);
}

const kov_engine kov_reference_engine = {
    "reference", kov_interpret_supports, compile, run, text, bytes, release};
