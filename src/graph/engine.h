/* SPDX-License-Identifier: Apache-2.0 */
/* What every engine offers; src/runtime alone knows them all. */
#ifndef KOV_GRAPH_ENGINE_H
#define KOV_GRAPH_ENGINE_H

#include "graph/print.h"

typedef struct kov_engine_options {
    const char *device;            /* OpenVINO's name for it; NATIVE for the native engine */
    const char *const *properties; /* "KEY=VALUE", NULL-terminated; may be NULL */
    const char *passes_off;        /* names of passes to leave out, comma separated; may be NULL */
    bool eager;                    /* a small graph that is compiled often: spend little on it */
} kov_engine_options;

typedef struct kov_engine {
    const char *name; /* "native", "openvino" */

    /* Whether the engine computes this node, as exactly as `evaluate` does; if not, why says why.
     */
    bool (*supports)(const kov_graph *graph, const kov_node *node, char *why, size_t why_size);

    /* Makes the graph ready. Composites may be kept where the engine has a kernel. The graph is
     * retained as needed. Parameters of role VARIABLE change seldom (their kov_tensor_id says
     * when). */
    kov_status (*compile)(kov_graph *graph, const kov_engine_options *options, void **executable);

    /* One tensor per parameter; results are new references, one per result of the graph. Any number
     * of threads at a time. */
    kov_status (*run)(void *executable, kov_tensor *const *inputs, kov_tensor **results);

    /* One line per step: node, engine, kernel, precision, why. */
    void (*text)(void *executable, kov_text *text);
    size_t (*bytes)(const void *executable); /* memory it holds */
    void (*release)(void *executable);
} kov_engine;

#endif
