/* SPDX-License-Identifier: Apache-2.0 */
/* Reshape, Squeeze, Unsqueeze: the same elements under another shape. */
#include "opset/content_math.h"
#include "opset/element_block.h"

#include "tensor/shape.h"

#include <string.h>

/* ---- Reshape ---- */

enum { FACTORS = 128 };

/* A product as a number and factors that are not numbers; zeros are counted, so that they cancel.
 */
typedef struct product {
    int64_t number;
    int zeros, n;
    kov_dim factors[FACTORS];
    bool overflow;
} product;

static void multiply(const kov_dims *dims, product *all, kov_dim dim)
{
    if (dim == 0) {
        all->zeros++;
    } else if (dim > 0) {
        all->overflow |= __builtin_mul_overflow(all->number, dim, &all->number);
    } else {
        const kov_dim_expr *expr = kov_dim_expr_of(dims, dim);
        if (expr->kind == KOV_DIM_MUL) {
            multiply(dims, all, expr->left);
            multiply(dims, all, expr->right);
        } else if (all->n < FACTORS) {
            all->factors[all->n++] = dim;
        } else {
            all->overflow = true;
        }
    }
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Takes out of both what they share. */
static void cancel(product *a, product *b)
{
    int64_t divisor = common_divisor(a->number, b->number);
    a->number /= divisor;
    b->number /= divisor;
    int zeros = a->zeros < b->zeros ? a->zeros : b->zeros;
    a->zeros -= zeros;
    b->zeros -= zeros;
    for (int i = 0; i < a->n; i++) {
        for (int j = 0; j < b->n; j++) {
            if (a->factors[i] == b->factors[j]) {
                a->factors[i--] = a->factors[--a->n];
                b->factors[j] = b->factors[--b->n];
                break;
            }
        }
    }
}

/* True if they are different numbers for certain; uses both up. */
static bool differ(product *a, product *b)
{
    if (a->zeros > 0 && b->zeros > 0)
        return false;
    cancel(a, b);
    if (a->n > 0 || b->n > 0) /* a free dimension may be 0, or what is missing */
        return false;
    return a->zeros != b->zeros || (a->zeros == 0 && a->number != b->number);
}

static kov_dim product_dim(kov_dims *dims, const product *all)
{
    kov_dim result = all->zeros ? 0 : all->number;
    for (int i = 0; i < all->n && result != 0; i++)
        result = kov_dim_mul(dims, result, all->factors[i]);
    return result;
}

/* Element i of the target shape: what it says alone. *inferred: it is -1; *known is false if
 * nothing is known of it. */
static kov_status target_dim(kov_infer *infer, int i, kov_dim *dim, bool *inferred, bool *known)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_content_element e = kov_infer_element(infer, 1, i);
    int64_t number;
    *inferred = false;
    *known = e.known && !(e.negative && e.dim < 0);
    *dim = e.dim;
    if (!*known || !kov_content_number(e, &number))
        return KOV_OK;
    *inferred = number == -1;
    if (number < -1)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "dimension %d is %lld", i,
                              (long long)number);
    if (number != 0 || !infer->attrs[KOV_RESHAPE_SPECIAL_ZERO].u.boolean)
        return KOV_OK;
    if (i >= data->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "0 copies dimension %d, which data does not have", i);
    *dim = data->dims[i];
    return KOV_OK;
}

/* The dimension that makes both shapes of one size. */
static kov_status missing_dim(kov_infer *infer, product *in, product *out, kov_dim *dim)
{
    cancel(in, out);
    if (out->n == 0 && out->zeros == 0 && in->zeros == 0 && in->number % out->number != 0 &&
        in->n == 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "the size of data is no multiple of the other dimensions");
    if (out->zeros > 0 && in->n == 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "-1 stands for any number beside a dimension of 0");
    *dim = out->zeros > 0 ? kov_dim_unknown(infer->dims)
                          : kov_dim_floor_div(infer->dims, product_dim(infer->dims, in),
                                              product_dim(infer->dims, out));
    return KOV_OK;
}

kov_status kov_infer_reshape(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t count = kov_infer_count(infer, 1);
    kov_dim dims[KOV_MAX_NDIM];
    product in = {.number = 1}, out = {.number = 1};
    int open = -1, inferred_count = 0, unknown_count = 0;
    if (infer->inputs[1].ndim > 1 || count < 0 || count > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "shape must be a list of at most %d integers", KOV_MAX_NDIM);
    for (int i = 0; i < (int)count; i++) {
        bool inferred, known;
        KOV_TRY(target_dim(infer, i, &dims[i], &inferred, &known));
        inferred_count += inferred;
        unknown_count += !known;
        if (inferred)
            open = i;
        else if (!known)
            dims[i] = kov_dim_unknown(infer->dims);
        else
            multiply(infer->dims, &out, dims[i]);
        if (!known && inferred_count == 0)
            open = i;
    }
    for (int axis = 0; axis < data->ndim; axis++)
        multiply(infer->dims, &in, data->dims[axis]);
    if (inferred_count > 1)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "more than one dimension is -1");
    if (in.overflow || out.overflow)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "the shape is too large");
    if (inferred_count + unknown_count == 1) {
        KOV_TRY(missing_dim(infer, &in, &out, &dims[open]));
    } else if (unknown_count > 0) {
        dims[open] = kov_dim_unknown(infer->dims);
    } else if (differ(&in, &out)) {
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "data has not as many elements as the shape asks for");
    }
    kov_infer_set(infer, 0, data->dtype, (int)count, dims);
    return kov_content_forward(infer, 0, 0);
}

/* ---- Squeeze, Unsqueeze ---- */

static kov_status squeeze_all(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    int ndim = 0;
    for (int axis = 0; axis < data->ndim; axis++) {
        kov_dim dim = data->dims[axis];
        if (kov_dim_lower(infer->dims, dim) <= 1 && kov_dim_upper(infer->dims, dim) >= 1 &&
            dim != 1 && !kov_dim_is_number(dim))
            return kov_infer_fail(infer, KOV_UNKNOWN_DIMENSION,
                                  "dimension %d is free and may be 1; say which axes to remove",
                                  axis);
        if (dim != 1)
            dims[ndim++] = dim;
    }
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    return kov_content_forward(infer, 0, 0);
}

kov_status kov_infer_squeeze(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t axes[2 * KOV_MAX_NDIM];
    bool removed[KOV_MAX_NDIM] = {false};
    kov_dim dims[KOV_MAX_NDIM];
    int count, ndim = 0;
    if (infer->input_count < 2 || infer->inputs[1].ndim < 0)
        return squeeze_all(infer);
    KOV_TRY(kov_infer_ints(infer, 1, axes, 2 * KOV_MAX_NDIM, &count));
    if (count == 0)
        return squeeze_all(infer);
    for (int i = 0; i < count; i++) {
        int axis;
        KOV_TRY(kov_infer_axis(infer, axes[i], data->ndim, &axis));
        if (kov_dim_is_number(data->dims[axis]) && data->dims[axis] != 1)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "axis %d cannot be removed: its size is %lld", axis,
                                  (long long)data->dims[axis]);
        removed[axis] = true;
    }
    for (int axis = 0; axis < data->ndim; axis++)
        if (!removed[axis])
            dims[ndim++] = data->dims[axis];
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    return kov_content_forward(infer, 0, 0);
}

kov_status kov_infer_unsqueeze(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int64_t axes[KOV_MAX_NDIM];
    bool added[KOV_MAX_NDIM] = {false};
    kov_dim dims[KOV_MAX_NDIM];
    int count, from = 0;
    KOV_TRY(kov_infer_ints(infer, 1, axes, KOV_MAX_NDIM, &count));
    int ndim = data->ndim + count;
    if (ndim > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "more than %d dimensions", KOV_MAX_NDIM);
    for (int i = 0; i < count; i++) {
        int axis;
        KOV_TRY(kov_infer_axis(infer, axes[i], ndim, &axis));
        if (added[axis])
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "axis %d is given twice", axis);
        added[axis] = true;
    }
    for (int axis = 0; axis < ndim; axis++)
        dims[axis] = added[axis] ? 1 : data->dims[from++];
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    return kov_content_forward(infer, 0, 0);
}

kov_status kov_eval_copy(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    size_t bytes;
    if (!kov_dtype_bytes(data->dtype, data->count, &bytes))
        return kov_eval_no_dtype(eval, data->dtype);
    if (bytes > 0)
        memcpy(out->data, data->data, bytes);
    return KOV_OK;
}
