/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/content_math.h"
#include "opset/element_block.h"

#include "tensor/convert.h"

kov_status kov_infer_shape_of(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dtype dtype = infer->attrs[KOV_SHAPE_OF_OUTPUT_TYPE].u.dtype;
    if (dtype != KOV_DTYPE_I32 && dtype != KOV_DTYPE_I64)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "output_type must be i32 or i64");
    kov_dim ndim = data->ndim;
    kov_infer_set(infer, 0, dtype, 1, &ndim);
    kov_content_element elements[KOV_MAX_NDIM];
    for (int axis = 0; axis < data->ndim; axis++)
        elements[axis] = kov_content_of_dim(infer->dims, data->dims[axis]);
    return kov_content_set(infer, 0, dtype, data->ndim, elements);
}

kov_status kov_eval_shape_of(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    return kov_convert(KOV_DTYPE_I64, data->dims, out->dtype, out->data, data->ndim);
}
