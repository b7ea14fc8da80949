/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/extract.h"
#include "base/status.h"
#include <string.h>

/* Marks nodes that outputs need, going backward until a value is mapped already. */
static void mark_needed(const kov_graph *from, const kov_value *map, const kov_value *outputs,
                        int output_count, bool *needed)
{
    for (int i = 0; i < output_count; i++) {
        if (map[outputs[i]] == KOV_VALUE_ERROR)
            needed[from->values.at[outputs[i]].node] = true;
    }
    for (int i = from->nodes.n - 1; i >= 0; i--) {
        const kov_node *node = &from->nodes.at[i];
        for (int j = 0; needed[i] && j < node->input_count; j++) {
            kov_value v = node->inputs[j];
            if (v != KOV_VALUE_NONE && map[v] == KOV_VALUE_ERROR)
                needed[from->values.at[v].node] = true;
        }
    }
}

static void add_inputs(kov_builder *b, const kov_graph *from, const kov_cut *inputs, int n,
                       kov_value *map)
{
    for (int i = 0; i < n; i++) {
        const kov_value_info *v = kov_graph_value(from, inputs[i].value);
        const char *name = kov_graph_producer(from, inputs[i].value)->name;
        if (inputs[i].constant)
            map[inputs[i].value] = kov_builder_add_constant(b, inputs[i].constant, v->weak);
        else
            map[inputs[i].value] = kov_builder_add_parameter(
                b, v->dtype, v->ndim, v->dims, v->content, v->weak, name, inputs[i].role);
    }
}

static kov_status copy_needed(kov_builder *b, const kov_graph *from, const bool *needed,
                              kov_value *map)
{
    for (int i = 0; i < from->nodes.n && b->status == KOV_OK; i++) {
        const kov_node *node = &from->nodes.at[i];
        if (!needed[i])
            continue;
        if (node->op == KOV_OP_PARAMETER)
            return kov_fail(KOV_INTERNAL, "extract: a parameter is needed that is no input");
        kov_value first = kov_copy_node(b, from, node, map);
        for (int j = 0; j < node->output_count; j++) {
            kov_value v = node->first_output + (kov_value)j;
            if (map[v] == KOV_VALUE_ERROR)
                map[v] = kov_output(first, j);
        }
    }
    return kov_builder_status(b);
}

static kov_status extract(const kov_graph *from, const kov_cut *inputs, int input_count,
                          const kov_value *outputs, int output_count, kov_graph **out)
{
    kov_builder *b;
    KOV_TRY(kov_builder_create_like(from, &b));
    kov_value *map = kov_alloc_zero(from->context, sizeof *map * (size_t)from->values.n);
    bool *needed = kov_alloc_zero(from->context, sizeof *needed * (size_t)(from->nodes.n + 1));
    kov_value *results = kov_alloc(from->context, sizeof *results * (size_t)(output_count + 1));
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!map || !needed || !results)
        goto fail;
    add_inputs(b, from, inputs, input_count, map);
    mark_needed(from, map, outputs, output_count, needed);
    status = copy_needed(b, from, needed, map);
    for (int i = 0; i < output_count; i++)
        results[i] = map[outputs[i]];
    if (status == KOV_OK)
        status = kov_builder_finish(b, results, output_count, NULL, out);
fail:
    kov_free(from->context, map);
    kov_free(from->context, needed);
    kov_free(from->context, results);
    kov_builder_release(b);
    return status;
}

kov_status kov_graph_extract(const kov_graph *from, const kov_cut *inputs, int input_count,
                             const kov_value *outputs, int output_count, kov_graph **out)
{
    kov_dims_lock(from->dims);
    from->dims->failed = false; /* memory that was short when this graph was last cut */
    kov_status status = extract(from, inputs, input_count, outputs, output_count, out);
    kov_dims_unlock(from->dims);
    return status;
}
