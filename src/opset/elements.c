/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elements.h"

#include "tensor/convert.h"

kov_status kov_element_size(const kov_eval *eval, kov_dtype dtype, size_t *size)
{
    int bits = kov_dtype_bits(dtype);
    if (bits < 8)
        return kov_eval_fail(eval, KOV_NOT_IMPLEMENTED, "elements of %s are not addressable",
                             kov_dtype_keras_name(dtype));
    *size = (size_t)bits / 8;
    return KOV_OK;
}

kov_status kov_elements_load(const kov_eval *eval, const kov_view *view, kov_dtype as, void **out)
{
    size_t item = (size_t)kov_dtype_bits(as) / 8;
    void *elements = kov_alloc(eval->context, (size_t)view->count * item);
    if (!elements)
        return KOV_OUT_OF_MEMORY;
    kov_status status = KOV_OK;
    if (view->count > 0)
        status = kov_convert(view->dtype, view->data, as, elements, view->count);
    if (status != KOV_OK) {
        kov_free(eval->context, elements);
        return status;
    }
    *out = elements;
    return KOV_OK;
}

kov_status kov_elements_store(const kov_view *view, kov_dtype from, const void *elements)
{
    if (view->count == 0)
        return KOV_OK;
    return kov_convert(from, elements, view->dtype, view->data, view->count);
}

kov_dtype kov_elements_wide(kov_dtype dtype)
{
    return kov_dtype_is_complex(dtype) ? KOV_DTYPE_C128
           : kov_dtype_is_float(dtype) ? KOV_DTYPE_F64
                                       : KOV_DTYPE_I64;
}

kov_status kov_element_index(const kov_eval *eval, int64_t index, int64_t dim, int64_t *out)
{
    if (index < -dim || index >= dim)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT,
                             "index %lld is out of range for a dimension of %lld", (long long)index,
                             (long long)dim);
    *out = index < 0 ? index + dim : index;
    return KOV_OK;
}

kov_status kov_elements_indices(const kov_eval *eval, int input, int64_t dim, int64_t **out)
{
    const kov_view *view = &eval->inputs[input];
    void *loaded;
    KOV_TRY(kov_elements_load(eval, view, KOV_DTYPE_I64, &loaded));
    int64_t *indices = loaded;
    for (int64_t i = 0; i < view->count; i++) {
        kov_status status = kov_element_index(eval, indices[i], dim, &indices[i]);
        if (status != KOV_OK) {
            kov_free(eval->context, loaded);
            return status;
        }
    }
    *out = indices;
    return KOV_OK;
}

kov_status kov_element_axis(const kov_eval *eval, int input, int ndim, int *axis)
{
    const kov_view *view = &eval->inputs[input];
    int64_t value = 0;
    if (view->count != 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the axis must be one number");
    KOV_TRY(kov_convert(view->dtype, view->data, KOV_DTYPE_I64, &value, 1));
    if (value < -ndim || value >= ndim)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "axis %lld is out of range",
                             (long long)value);
    *axis = (int)(value < 0 ? value + ndim : value);
    return KOV_OK;
}

int64_t kov_dims_product(const int64_t *dims, int from, int to)
{
    int64_t product = 1;
    for (int i = from; i < to; i++)
        product *= dims[i];
    return product;
}

kov_status kov_infer_match(const kov_infer *infer, const char *what, kov_dim a, kov_dim b,
                           kov_dim *out)
{
    if (kov_dim_is_number(a) && kov_dim_is_number(b) && a != b)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "%s must be equal, they are %lld and %lld", what, (long long)a,
                              (long long)b);
    *out = kov_dim_is_number(b) ? b : a;
    return KOV_OK;
}

kov_status kov_infer_integer(const kov_infer *infer, int input)
{
    if (kov_dtype_is_integer(infer->inputs[input].dtype))
        return KOV_OK;
    return kov_infer_fail(infer, KOV_TYPE_ERROR, "input %s must hold integers",
                          infer->op->input_names[input]);
}

kov_status kov_infer_same_dtype(const kov_infer *infer, int a, int b)
{
    if (infer->inputs[a].dtype == infer->inputs[b].dtype)
        return KOV_OK;
    return kov_infer_fail(infer, KOV_TYPE_ERROR, "inputs %s and %s must have one dtype",
                          infer->op->input_names[a], infer->op->input_names[b]);
}

kov_status kov_infer_rank(const kov_infer *infer, int input, int least)
{
    if (infer->inputs[input].ndim >= least)
        return KOV_OK;
    return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "input %s needs at least %d dimensions",
                          infer->op->input_names[input], least);
}

kov_status kov_infer_axis_input(const kov_infer *infer, int input, int ndim, int *axis)
{
    int64_t value;
    int count;
    KOV_TRY(kov_infer_ints(infer, input, &value, 1, &count));
    if (count != 1)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "the axis must be one number");
    return kov_infer_axis(infer, value, ndim, axis);
}
