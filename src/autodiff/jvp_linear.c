/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that are linear in what has tangents: the same operation moves the tangents. */
#include "autodiff/jvp.h"

#include "opset_build.h"

#include <string.h>

/* The node's inputs, some of which will be replaced; NULL with a sticky failure. */
static kov_value *copy_inputs(const kov_jvp *at)
{
    size_t size = sizeof *at->in * (size_t)at->node->input_count;
    kov_value *inputs = kov_alloc(at->b->context, size);
    if (inputs)
        memcpy(inputs, at->in, size);
    else
        kov_builder_adopt(at->b, KOV_OUT_OF_MEMORY);
    return inputs;
}

/* Linear in the first input, whatever the others say. */
void kov_jvp_linear(const kov_jvp *at)
{
    for (int i = 1; i < at->node->input_count; i++) {
        if (at->dx[i] != KOV_VALUE_NONE) {
            kov_jvp_refuse(at, "in an input beside the first");
            return;
        }
    }
    kov_value *inputs = copy_inputs(at);
    if (!inputs)
        return;
    inputs[0] = at->dx[0];
    kov_value first = kov_jvp_again(at, inputs);
    for (int i = 0; i < at->node->output_count; i++) {
        if (kov_jvp_has_tangents(kov_dtype_of(at->b, at->out[i])))
            at->dy[i] = kov_output(first, i);
    }
    kov_free(at->b->context, inputs);
}

/* Linear in all inputs of a type that has tangents together. */
void kov_jvp_joined(const kov_jvp *at)
{
    kov_value *inputs = copy_inputs(at);
    for (int i = 0; inputs && i < at->node->input_count; i++) {
        if (kov_jvp_has_tangents(kov_dtype_of(at->b, at->in[i])))
            inputs[i] = kov_jvp_dense(at, i);
    }
    if (inputs)
        at->dy[0] = kov_jvp_again(at, inputs);
    kov_free(at->b->context, inputs);
}

/* Linear in data and padding value: of a mode that has no value, only in data. */
void kov_jvp_pad(const kov_jvp *at)
{
    kov_value inputs[4] = {kov_jvp_dense(at, 0), at->in[1], at->in[2], KOV_VALUE_NONE};
    if (at->node->input_count > 3 && at->in[3] != KOV_VALUE_NONE)
        inputs[3] = kov_jvp_dense(at, 3);
    at->dy[0] = kov_jvp_again(at, inputs);
}

/* Linear in data and updates, where these replace or are added. */
void kov_jvp_scatter(const kov_jvp *at)
{
    const kov_attr *reduction = kov_node_attr(at->node, "reduction");
    if (reduction && strcmp(reduction->u.string, "none") != 0 &&
        strcmp(reduction->u.string, "sum") != 0)
        kov_jvp_refuse(at, "with this reduction");
    else
        kov_jvp_joined(at);
}

/* Linear in each of the first two inputs: products and convolutions. */
void kov_jvp_bilinear(const kov_jvp *at)
{
    kov_value *inputs = copy_inputs(at);
    if (!inputs)
        return;
    for (int i = 0; i < 2; i++) {
        if (at->dx[i] == KOV_VALUE_NONE)
            continue;
        inputs[i] = at->dx[i];
        at->dy[0] = kov_jvp_sum(at->b, at->dy[0], kov_jvp_again(at, inputs));
        inputs[i] = at->in[i];
    }
    kov_free(at->b->context, inputs);
}

/* The tangents of what was chosen, by its indices. */
void kov_jvp_top_k(const kov_jvp *at)
{
    at->dy[0] = kov_gather_elements(at->b, at->dx[0], at->out[1],
                                    at->node->attrs[KOV_TOP_K_AXIS].u.integer);
}

/* Indices count the elements of data from `axis` on; those before it are their own. */
static kov_value gather_flat(const kov_jvp *at, int axis)
{
    kov_builder *b = at->b;
    kov_value any = kov_constant_i64(b, (const int64_t[]){-1}, 1);
    kov_value outer = kov_dims_value(b, at->in[0], 0, axis);
    const kov_value flat[] = {outer, any};
    kov_value shape = axis == 0 ? any : kov_join_dims(b, flat, 2);
    kov_value data = kov_reshape(b, at->dx[0], shape, false);
    kov_value index = kov_reshape(b, at->out[1], shape, false);
    kov_value y = kov_gather_elements(b, data, index, axis);
    return kov_reshape(b, y, kov_shape_value(b, at->out[0]), false);
}

void kov_jvp_max_pool(const kov_jvp *at)
{
    const kov_attr *axis = kov_node_attr(at->node, "axis");
    at->dy[0] = gather_flat(at, axis ? (int)axis->u.integer : 2);
}
