/* SPDX-License-Identifier: Apache-2.0 */
#include "native/native.h"

#include "native/composites.h"
#include "native/executable.h"
#include "opset/interpret.h"

static kov_status compile(kov_graph *graph, const kov_engine_options *options, void **executable)
{
    kov_executable *made;
    kov_status status = kov_executable_create(graph, options && options->eager, &made);
    if (status == KOV_OK)
        *executable = made;
    return status;
}

static kov_status run(void *executable, kov_tensor *const *inputs, kov_tensor **results)
{
    return kov_executable_run(executable, inputs, results);
}

static void text(void *executable, kov_text *out)
{
    kov_executable_text(executable, out);
}

static size_t bytes(const void *executable)
{
    return kov_executable_bytes(executable);
}

static void release(void *executable)
{
    kov_executable_release(executable);
}

const kov_engine kov_native_engine = {"native", kov_interpret_supports, compile, run, text, bytes,
                                      release};

bool kov_native_keeps_composite(const kov_graph *graph, const kov_node *node)
{
    bool largest, keepdims, marked[KOV_MAX_NDIM] = {false};
    int axis;
    return kov_composite_kernel(graph, node) != KOV_ELEMENTWISE_COUNT ||
           kov_composite_is_arg(graph, node, &largest, &axis) ||
           kov_composite_is_length(graph, node, marked, &keepdims);
}
