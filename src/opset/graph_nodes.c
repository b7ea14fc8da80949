/* SPDX-License-Identifier: Apache-2.0 */
/* Parameter and Constant: nodes that nothing evaluates. */
#include "opset/content_math.h"
#include "opset/element_block.h"

/* The shape of a parameter is its graph's to say: outputs[0] comes with it. */
kov_status kov_infer_parameter(kov_infer *infer)
{
    infer->outputs[0].dtype = infer->attrs[KOV_PARAMETER_ELEMENT_TYPE].u.dtype;
    return KOV_OK;
}

static kov_status constant_content(kov_infer *infer, const kov_tensor *tensor)
{
    const kov_infer_output *out = &infer->outputs[0];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if (!kov_content_follows(out->dtype, out->ndim, out->dims, &n))
        return KOV_OK;
    const void *data = kov_tensor_data(tensor);
    for (int i = 0; i < n; i++) {
        kov_block x;
        kov_block_load(out->dtype, data, i, 1, 1, &x);
        elements[i] = kov_content_of_number(x.i[0]);
    }
    return kov_content_set(infer, 0, out->dtype, n, elements);
}

kov_status kov_infer_constant(kov_infer *infer)
{
    const kov_tensor *tensor = infer->attrs[KOV_CONSTANT_VALUE].u.tensor;
    kov_infer_set(infer, 0, kov_tensor_dtype(tensor), kov_tensor_ndim(tensor),
                  kov_tensor_dims(tensor));
    return constant_content(infer, tensor);
}

kov_status kov_eval_none(kov_eval *eval)
{
    return kov_eval_fail(eval, KOV_INTERNAL, "its value is given, not computed");
}
