/* SPDX-License-Identifier: Apache-2.0 */
/* Transpose, DepthToSpace, SpaceToDepth: the elements in another order of axes. */
#include "opset/element_block.h"

#include "graph/infer.h"
#include "tensor/shape.h"

#include <string.h>

/* An empty order reverses the axes. */
static int order_of(int ndim, int64_t *order, int count)
{
    if (count == 0)
        for (int axis = 0; axis < ndim; axis++)
            order[axis] = ndim - 1 - axis;
    return count == 0 ? ndim : count;
}

static bool is_permutation(int ndim, const int64_t *order, int count)
{
    bool seen[KOV_MAX_NDIM] = {false};
    if (count != ndim)
        return false;
    for (int i = 0; i < count; i++) {
        if (order[i] < 0 || order[i] >= ndim || seen[order[i]])
            return false;
        seen[order[i]] = true;
    }
    return true;
}

kov_status kov_infer_transpose(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t order[KOV_MAX_NDIM];
    int count;
    kov_dim dims[KOV_MAX_NDIM];
    KOV_TRY(kov_infer_ints(infer, 1, order, KOV_MAX_NDIM, &count));
    count = order_of(data->ndim, order, count);
    if (!is_permutation(data->ndim, order, count))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "order must hold each axis of data once");
    for (int axis = 0; axis < data->ndim; axis++)
        dims[axis] = data->dims[order[axis]];
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

/* Copies the data, seen under shape dims, with its axes in the given order. */
static kov_status permute(kov_eval *eval, int ndim, const int64_t *dims, const int64_t *order)
{
    const kov_view *data = &eval->inputs[0];
    size_t size = kov_item_size(data->dtype);
    int64_t strides[KOV_MAX_NDIM], to_dims[KOV_MAX_NDIM], to_strides[KOV_MAX_NDIM];
    if (size == 0)
        return kov_eval_no_dtype(eval, data->dtype);
    kov_shape_strides(ndim, dims, (int64_t)size, strides);
    for (int axis = 0; axis < ndim; axis++) {
        to_dims[axis] = dims[order[axis]];
        to_strides[axis] = strides[order[axis]];
    }
    kov_copy_strided(eval->outputs[0].data, data->data, size, ndim, to_dims, to_strides);
    return KOV_OK;
}

kov_status kov_eval_transpose(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int64_t order[KOV_MAX_NDIM];
    int count;
    if (!kov_view_ints(&eval->inputs[1], order, KOV_MAX_NDIM, &count))
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "order must be a list of integers");
    count = order_of(data->ndim, order, count);
    if (!is_permutation(data->ndim, order, count))
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "order must hold each axis of data once");
    return permute(eval, data->ndim, data->dims, order);
}

/* ---- DepthToSpace, SpaceToDepth: data is N, C, spatial ---- */

enum { MAX_SPATIAL = (KOV_MAX_NDIM - 2) / 2 };

static kov_status check_blocks(kov_infer *infer, int64_t *block, kov_dim *blocks)
{
    const kov_infer_input *data = &infer->inputs[0];
    const char *mode = infer->attrs[KOV_DEPTH_TO_SPACE_MODE].u.string;
    *block = kov_infer_int(infer, KOV_DEPTH_TO_SPACE_BLOCK_SIZE);
    if (data->ndim < 3 || data->ndim - 2 > MAX_SPATIAL)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "data must have 3 to %d dimensions",
                              MAX_SPATIAL + 2);
    if (strcmp(mode, "blocks_first") != 0 && strcmp(mode, "depth_first") != 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "unknown mode \"%s\"", mode);
    if (*block < 1)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "block_size must be positive");
    *blocks = 1;
    for (int axis = 2; axis < data->ndim; axis++)
        if (__builtin_mul_overflow(*blocks, *block, blocks))
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "block_size is too large");
    return KOV_OK;
}

static kov_status divide(kov_infer *infer, int axis, kov_dim divisor, kov_dim *out)
{
    kov_dim dim = infer->inputs[0].dims[axis];
    if (kov_dim_is_number(dim) && dim % divisor != 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "axis %d is no multiple of %lld", axis,
                              (long long)divisor);
    *out = kov_dim_floor_div(infer->dims, dim, divisor);
    return KOV_OK;
}

kov_status kov_infer_depth_to_space(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t block;
    kov_dim blocks, dims[KOV_MAX_NDIM];
    KOV_TRY(check_blocks(infer, &block, &blocks));
    dims[0] = data->dims[0];
    KOV_TRY(divide(infer, 1, blocks, &dims[1]));
    for (int axis = 2; axis < data->ndim; axis++)
        dims[axis] = kov_dim_mul(infer->dims, data->dims[axis], block);
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

kov_status kov_infer_space_to_depth(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t block;
    kov_dim blocks, dims[KOV_MAX_NDIM];
    KOV_TRY(check_blocks(infer, &block, &blocks));
    dims[0] = data->dims[0];
    dims[1] = kov_dim_mul(infer->dims, data->dims[1], blocks);
    for (int axis = 2; axis < data->ndim; axis++)
        KOV_TRY(divide(infer, axis, block, &dims[axis]));
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

static bool is_blocks_first(const kov_eval *eval)
{
    return strcmp(eval->attrs[KOV_DEPTH_TO_SPACE_MODE].u.string, "blocks_first") == 0;
}

/* N, C, d... is N, b..., C', d... (or N, C', b..., d...); the blocks go beside their axes. */
kov_status kov_eval_depth_to_space(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    int64_t block = eval->attrs[KOV_DEPTH_TO_SPACE_BLOCK_SIZE].u.integer;
    int spatial = data->ndim - 2;
    bool first = is_blocks_first(eval);
    int64_t dims[KOV_MAX_NDIM], order[KOV_MAX_NDIM] = {0};
    int depth = first ? 1 + spatial : 1, blocks = first ? 1 : 2;
    dims[0] = data->dims[0];
    dims[depth] = out->dims[1];
    order[1] = depth;
    for (int k = 0; k < spatial; k++) {
        dims[blocks + k] = block;
        dims[2 + spatial + k] = data->dims[2 + k];
        order[2 + 2 * k] = 2 + spatial + k;
        order[3 + 2 * k] = blocks + k;
    }
    return permute(eval, 2 + 2 * spatial, dims, order);
}

kov_status kov_eval_space_to_depth(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    int64_t block = eval->attrs[KOV_SPACE_TO_DEPTH_BLOCK_SIZE].u.integer;
    int spatial = data->ndim - 2;
    bool first = is_blocks_first(eval);
    int64_t dims[KOV_MAX_NDIM], order[KOV_MAX_NDIM] = {0};
    dims[0] = data->dims[0];
    dims[1] = data->dims[1];
    order[first ? 1 + spatial : 1] = 1;
    for (int k = 0; k < spatial; k++) {
        dims[2 + 2 * k] = out->dims[2 + k];
        dims[3 + 2 * k] = block;
        order[(first ? 1 : 2) + k] = 3 + 2 * k;
        order[2 + spatial + k] = 2 + 2 * k;
    }
    return permute(eval, 2 + 2 * spatial, dims, order);
}
