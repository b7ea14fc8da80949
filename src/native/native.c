/* SPDX-License-Identifier: Apache-2.0 */
#include "native/native.h"

#include "native/composites.h"
#include "native/executable.h"

#include <stdio.h>
#include <string.h>

static bool supports(const kov_graph *graph, const kov_node *node, char *why, size_t why_size)
{
    (void)graph;
    if (node->op != KOV_OP_FOREIGN)
        return true;
    snprintf(why, why_size, "operation %s of %s is not known",
             node->attrs[KOV_FOREIGN_TYPE].u.string, node->attrs[KOV_FOREIGN_VERSION].u.string);
    return false;
}

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

const kov_engine kov_native_engine = {"native", supports, compile, run, text, bytes, release};

bool kov_native_keeps_composite(const kov_graph *graph, const kov_node *node)
{
    bool largest;
    int axis;
    return kov_composite_kernel(graph, node) != KOV_ELEMENTWISE_COUNT ||
           kov_composite_is_arg(graph, node, &largest, &axis);
}
