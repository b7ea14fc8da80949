/* SPDX-License-Identifier: Apache-2.0 */
/* Select: elements of one of two operands. */
#include "opset/content_math.h"
#include "opset/element_block.h"
#include "opset/elementwise/pair_infer.h"

#include <string.h>

static kov_content_element content_one(const kov_infer *infer, int i)
{
    int64_t chosen;
    kov_content_element a = kov_content_at(infer, 1, i), b = kov_content_at(infer, 2, i);
    if (kov_content_number(kov_content_at(infer, 0, i), &chosen))
        return chosen ? a : b;
    bool same = a.known && b.known && a.negative == b.negative && a.dim == b.dim;
    return same ? a : (kov_content_element){0};
}

kov_status kov_infer_select(kov_infer *infer)
{
    kov_dtype dtype = infer->inputs[1].dtype;
    if (infer->inputs[0].dtype != KOV_DTYPE_BOOL)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "the condition must be bool, not %s",
                              kov_dtype_keras_name(infer->inputs[0].dtype));
    if (dtype != infer->inputs[2].dtype)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "operands must have one dtype, not %s and %s",
                              kov_dtype_keras_name(dtype),
                              kov_dtype_keras_name(infer->inputs[2].dtype));
    kov_dim dims[KOV_MAX_NDIM], all[KOV_MAX_NDIM];
    int ndim, all_ndim;
    KOV_TRY(kov_infer_join(infer, KOV_SELECT_AUTO_BROADCAST, 1, 2, &ndim, dims));
    KOV_TRY(kov_infer_broadcast(infer, infer->inputs[0].ndim, infer->inputs[0].dims, ndim, dims,
                                &all_ndim, all));
    kov_infer_set(infer, 0, dtype, all_ndim, all);
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if (!kov_content_follows(dtype, all_ndim, all, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = content_one(infer, i);
    return kov_content_set(infer, 0, dtype, n, elements);
}

static inline void select_row(const kov_walk *walk, const kov_view *operands, size_t size)
{
    const uint8_t *condition = (const uint8_t *)operands[1].data + walk->offset[1];
    const char *a = (const char *)operands[2].data + walk->offset[2] * (int64_t)size;
    const char *b = (const char *)operands[3].data + walk->offset[3] * (int64_t)size;
    char *out = (char *)operands[0].data + walk->offset[0] * (int64_t)size;
    for (int64_t k = 0; k < walk->row; k++) {
        const char *from = condition[k * walk->step[1]] ? a + k * walk->step[2] * (int64_t)size
                                                        : b + k * walk->step[3] * (int64_t)size;
        memcpy(out + k * (int64_t)size, from, size);
    }
}

kov_status kov_eval_select(kov_eval *eval)
{
    const kov_view operands[4] = {eval->outputs[0], eval->inputs[0], eval->inputs[1],
                                  eval->inputs[2]};
    size_t size = kov_item_size(operands[0].dtype);
    if (size == 0)
        return kov_eval_no_dtype(eval, operands[0].dtype);
    kov_walk walk;
    kov_walk_broadcast(&walk, operands[0].ndim, operands[0].dims, 4, operands);
    if (walk.empty)
        return KOV_OK;
    do { /* constant sizes let the compiler make plain moves of memcpy */
        if (size == 1)
            select_row(&walk, operands, 1);
        else if (size == 2)
            select_row(&walk, operands, 2);
        else if (size == 4)
            select_row(&walk, operands, 4);
        else if (size == 8)
            select_row(&walk, operands, 8);
        else
            select_row(&walk, operands, size);
    } while (kov_walk_next(&walk));
    return KOV_OK;
}
