/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elements.h"

#include "tensor/convert.h"

/* A scalar counts as one element of one dimension, as in OpenVINO's CPU plugin. */
static int rows_of(int ndim)
{
    return ndim > 0 ? ndim : 1;
}

kov_status kov_infer_non_zero(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[] = {rows_of(data->ndim), kov_dim_unknown(infer->dims)};
    kov_infer_set(infer, 0, infer->attrs[KOV_NON_ZERO_OUTPUT_TYPE].u.dtype, 2, dims);
    return KOV_OK;
}

kov_status kov_eval_non_zero(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int64_t count = 0;
    int64_t *found = NULL;
    bool *set = kov_alloc(eval->context, (size_t)data->count + 1);
    if (!set)
        return KOV_OUT_OF_MEMORY;
    kov_status status = KOV_OK;
    if (data->count > 0)
        status = kov_convert(data->dtype, data->data, KOV_DTYPE_BOOL, set, data->count);
    if (status != KOV_OK)
        goto fail;
    for (int64_t i = 0; i < data->count; i++)
        count += set[i];
    const int64_t dims[] = {rows_of(data->ndim), count};
    status = eval->allocate(eval, 0, 2, dims);
    if (status != KOV_OK)
        goto fail;
    found = kov_alloc_zero(eval->context, (size_t)(count * dims[0]) * sizeof *found);
    if (!found) {
        status = KOV_OUT_OF_MEMORY;
        goto fail;
    }
    for (int64_t i = 0, k = 0; i < data->count; i++) {
        if (!set[i])
            continue;
        int64_t rest = i;
        for (int axis = data->ndim - 1; axis >= 0; axis--) {
            found[axis * count + k] = rest % data->dims[axis];
            rest /= data->dims[axis];
        }
        k++;
    }
    status = kov_elements_store(&eval->outputs[0], KOV_DTYPE_I64, found);
fail:
    kov_free(eval->context, found);
    kov_free(eval->context, set);
    return status;
}
