/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/linalg/matrix_stack.h"

#include "base/memory.h"

#include <string.h>

kov_status kov_matrix_stack_load(const kov_eval *eval, int input, kov_matrix_stack *out)
{
    const kov_view *view = &eval->inputs[input];
    void *at = NULL;
    *out = (kov_matrix_stack){.count = kov_dims_product(view->dims, 0, view->ndim - 2),
                              .rows = view->dims[view->ndim - 2],
                              .columns = view->dims[view->ndim - 1],
                              .is_complex = kov_dtype_is_complex(view->dtype)};
    KOV_TRY(kov_elements_load(eval, view, out->is_complex ? KOV_DTYPE_C128 : KOV_DTYPE_F64, &at));
    out->at = at;
    return KOV_OK;
}

double *kov_matrix_scratch(const kov_eval *eval, int64_t rows, int64_t columns)
{
    size_t count, bytes;
    double *at = NULL;
    if (kov_size_mul((size_t)rows, (size_t)columns, &count) &&
        kov_size_mul(count ? count : 1, sizeof *at, &bytes))
        at = kov_alloc(eval->context, bytes);
    if (!at) {
        kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "no memory for the matrices");
        return NULL;
    }
    memset(at, 0, bytes);
    return at;
}

kov_status kov_matrix_stack_create(const kov_eval *eval, int output, bool vectors,
                                   kov_matrix_stack *out)
{
    const kov_view *view = &eval->outputs[output];
    int matrix = vectors ? 1 : 2;
    *out = (kov_matrix_stack){.count = kov_dims_product(view->dims, 0, view->ndim - matrix),
                              .rows = vectors ? 1 : view->dims[view->ndim - 2],
                              .columns = view->dims[view->ndim - 1],
                              .is_complex = kov_dtype_is_complex(view->dtype)};
    out->at = kov_matrix_scratch(eval, view->count, out->is_complex ? 2 : 1);
    return out->at ? KOV_OK : KOV_OUT_OF_MEMORY;
}

kov_status kov_matrix_stack_store(const kov_eval *eval, int output, const kov_matrix_stack *stack)
{
    kov_dtype dtype = stack->is_complex ? KOV_DTYPE_C128 : KOV_DTYPE_F64;
    return kov_elements_store(&eval->outputs[output], dtype, stack->at);
}

void kov_matrix_stack_drop(const kov_eval *eval, kov_matrix_stack *stack)
{
    kov_free(eval->context, stack->at);
    stack->at = NULL;
}

kov_dtype kov_matrix_size_dtype(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_C64 ? KOV_DTYPE_F32 : dtype == KOV_DTYPE_C128 ? KOV_DTYPE_F64 : dtype;
}

kov_status kov_infer_matrices(const kov_infer *infer, int input, bool square, kov_dim *dims)
{
    const kov_infer_input *in = &infer->inputs[input];
    if (!kov_dtype_is_float(in->dtype) && !kov_dtype_is_complex(in->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR,
                              "matrices must hold floating-point or complex numbers, not %s",
                              kov_dtype_keras_name(in->dtype));
    KOV_TRY(kov_infer_rank(infer, input, 2));
    memcpy(dims, in->dims, sizeof *dims * (size_t)in->ndim);
    if (!square)
        return KOV_OK;
    kov_dim n;
    KOV_TRY(kov_infer_match(infer, "rows and columns of a square matrix", dims[in->ndim - 2],
                            dims[in->ndim - 1], &n));
    dims[in->ndim - 2] = dims[in->ndim - 1] = n;
    return KOV_OK;
}
