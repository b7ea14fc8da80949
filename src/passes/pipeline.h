/* SPDX-License-Identifier: Apache-2.0 */
/* The passes, in order. Each makes a new graph that computes the same. */
#ifndef KOV_PASSES_PIPELINE_H
#define KOV_PASSES_PIPELINE_H

#include "graph/graph.h"

typedef struct kov_pass_options {
    const char
        *off; /* comma-separated names to leave out, "all" for every optional one; may be NULL */
    bool for_openvino; /* what is made will run there: passes of its own join in */
    /* Whether a composite stays whole (an engine has a kernel for it); NULL: all are inlined. */
    bool (*keep_composite)(const kov_graph *graph, const kov_node *node);
} kov_pass_options;

typedef struct kov_pass_info {
    const char *name;
    const char *promise; /* "keeps bits", or the bound within which it reassociates */
    bool optional;
} kov_pass_info;

int kov_pass_count(void);
const kov_pass_info *kov_pass_at(int index);

kov_status kov_passes_run(kov_graph *graph, const kov_pass_options *options, kov_graph **out);

#endif
