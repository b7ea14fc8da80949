/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"
#include "passes/passes.h"
#include <stdlib.h>
#include <string.h>

typedef kov_status (*pass_fn)(const kov_graph *graph, const kov_pass_options *options,
                              kov_graph **out);

static const struct {
    kov_pass_info info;
    pass_fn run;
    bool for_openvino; /* alone */
} passes[] = {
    {{"inline", "keeps bits", false}, kov_pass_inline, false},
    {{"fold", "keeps bits", true}, kov_pass_fold, false},
    {{"keep_codes", "keeps products and the order in which they are added", true},
     kov_pass_keep_codes,
     false},
    {{"hoist_stable", "keeps bits", true}, kov_pass_hoist_stable, false},
    {{"simplify", "keeps bits", true}, kov_pass_simplify, false},
    {{"sink_transpose", "keeps bits, but for the order in which a reduction adds", true},
     kov_pass_sink_transpose,
     false},
    {{"fold_pad", "keeps bits for finite weights", true}, kov_pass_fold_pad, false},
    {{"fold_scale", "reassociates within K + 4 roundings of a sum of K products", true},
     kov_pass_fold_scale,
     false},
    {{"hoist_bias", "keeps bits", true}, kov_pass_hoist_bias, false},
    {{"fuse_norm",
      "reassociates: within 16 roundings of the largest of |x - mean| / deviation, scale and shift",
      true},
     kov_pass_fuse_norm,
     false},
    {{"fuse_attention",
      "reassociates: scores within K + 4 roundings of a sum of K products, weights within 8", true},
     kov_pass_fuse_attention,
     false},
    {{"clean", "keeps bits", true}, kov_pass_simplify, false},
    {{"split_heads", "keeps products; an engine may add them in another order", true},
     kov_pass_split_heads,
     true},
};

enum { PASS_COUNT = sizeof passes / sizeof passes[0] };

int kov_pass_count(void)
{
    return PASS_COUNT;
}

const kov_pass_info *kov_pass_at(int index)
{
    return index >= 0 && index < PASS_COUNT ? &passes[index].info : NULL;
}

static bool is_off(const char *off, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = off; at && *at;) {
        const char *end = strchr(at, ',');
        size_t n = end ? (size_t)(end - at) : strlen(at);
        if ((n == length && strncmp(at, name, n) == 0) || (n == 3 && strncmp(at, "all", 3) == 0))
            return true;
        at = end ? end + 1 : at + n;
    }
    return false;
}

/* Runs a pass; with KOV_VERIFY in the environment what it made is checked. */
static kov_status run_pass(int index, const kov_graph *graph, const kov_pass_options *options,
                           kov_graph **out)
{
    kov_status status = passes[index].run(graph, options, out);
    if (status != KOV_OK || !getenv("KOV_VERIFY"))
        return status;
    status = kov_graph_verify(*out);
    if (status != KOV_OK)
        kov_graph_release(*out);
    return status;
}

kov_status kov_passes_run(kov_graph *graph, const kov_pass_options *options, kov_graph **out)
{
    kov_graph *current = graph;
    kov_graph_retain(current);
    for (int i = 0; i < PASS_COUNT; i++) {
        kov_graph *next;
        if ((passes[i].for_openvino && !options->for_openvino) ||
            (passes[i].info.optional && is_off(options->off, passes[i].info.name)))
            continue;
        kov_status status = run_pass(i, current, options, &next);
        kov_graph_release(current);
        if (status != KOV_OK)
            return kov_fail_in(status, "pass %s", passes[i].info.name);
        current = next;
    }
    *out = current;
    return KOV_OK;
}
