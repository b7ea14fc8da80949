/* SPDX-License-Identifier: Apache-2.0 */
/* One function per pass; pipeline.c lists them in order with name and promise. */
#ifndef KOV_PASSES_PASSES_H
#define KOV_PASSES_PASSES_H

#include "passes/pipeline.h"
#include "passes/rewrite.h"

kov_status kov_pass_inline(const kov_graph *graph, const kov_pass_options *options,
                           kov_graph **out);
kov_status kov_pass_fold(const kov_graph *graph, const kov_pass_options *options, kov_graph **out);
kov_status kov_pass_keep_codes(const kov_graph *graph, const kov_pass_options *options,
                               kov_graph **out);
kov_status kov_pass_hoist_stable(const kov_graph *graph, const kov_pass_options *options,
                                 kov_graph **out);
kov_status kov_pass_simplify(const kov_graph *graph, const kov_pass_options *options,
                             kov_graph **out);
kov_status kov_pass_sink_transpose(const kov_graph *graph, const kov_pass_options *options,
                                   kov_graph **out);
kov_status kov_pass_fold_pad(const kov_graph *graph, const kov_pass_options *options,
                             kov_graph **out);
kov_status kov_pass_fold_scale(const kov_graph *graph, const kov_pass_options *options,
                               kov_graph **out);
kov_status kov_pass_hoist_bias(const kov_graph *graph, const kov_pass_options *options,
                               kov_graph **out);
kov_status kov_pass_fuse_norm(const kov_graph *graph, const kov_pass_options *options,
                              kov_graph **out);
kov_status kov_pass_fuse_attention(const kov_graph *graph, const kov_pass_options *options,
                                   kov_graph **out);
kov_status kov_pass_split_heads(const kov_graph *graph, const kov_pass_options *options,
                                kov_graph **out);

/* No pass of the pipeline: for an engine that asks for it when variables have become constants.
 * What bodies of If and While capture of constants becomes theirs, through any depth, so that a
 * lowering sees it where it is used. */
kov_status kov_pass_sink_constants(const kov_graph *graph, const kov_pass_options *options,
                                   kov_graph **out);

#endif
