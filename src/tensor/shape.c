/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

kov_status kov_shape_count(int ndim, const int64_t *dims, int64_t *count)
{
    if (ndim < 0 || ndim > KOV_MAX_NDIM)
        return kov_fail(KOV_INVALID_ARGUMENT, "a shape has 0 to %d dimensions, not %d",
                        KOV_MAX_NDIM, ndim);
    int64_t product = 1;
    bool empty = false;
    for (int i = 0; i < ndim; i++) {
        char text[KOV_SHAPE_TEXT];
        if (dims[i] < 0)
            return kov_fail(KOV_INVALID_ARGUMENT, "shape %s has a negative dimension",
                            kov_shape_print(ndim, dims, text, sizeof text));
        empty = empty || dims[i] == 0;
        if (dims[i] != 0 && __builtin_mul_overflow(product, dims[i], &product))
            return kov_fail(KOV_INVALID_ARGUMENT, "shape %s has too many elements",
                            kov_shape_print(ndim, dims, text, sizeof text));
    }
    *count = empty ? 0 : product;
    return KOV_OK;
}

bool kov_dtype_bytes(kov_dtype dtype, int64_t count, size_t *bytes)
{
    /* Below this, no stride or offset in bytes leaves an int64_t. */
    const int64_t most = INT64_MAX / 2;
    int64_t bits = kov_dtype_bits(dtype);
    if (bits == 0 || count < 0)
        return false;
    if (bits < 8)
        *bytes = (size_t)(count / (8 / bits) + (count % (8 / bits) != 0));
    else if (count <= most / (bits / 8))
        *bytes = (size_t)count * (size_t)(bits / 8);
    else
        return false;
    return true;
}

kov_status kov_shape_bytes(kov_dtype dtype, int ndim, const int64_t *dims, int64_t *count,
                           size_t *bytes)
{
    int64_t elements;
    size_t size;
    KOV_TRY(kov_shape_count(ndim, dims, &elements));
    if (kov_dtype_bits(dtype) == 0)
        return kov_fail(KOV_TYPE_ERROR, "tensors of dtype %s have no size in bytes",
                        kov_dtype_keras_name(dtype));
    if (!kov_dtype_bytes(dtype, elements, &size)) {
        char text[KOV_SHAPE_TEXT];
        return kov_fail(KOV_INVALID_ARGUMENT, "shape %s of %s is too large",
                        kov_shape_print(ndim, dims, text, sizeof text),
                        kov_dtype_keras_name(dtype));
    }
    if (count != NULL)
        *count = elements;
    if (bytes != NULL)
        *bytes = size;
    return KOV_OK;
}

bool kov_shape_equal(int a_ndim, const int64_t *a, int b_ndim, const int64_t *b)
{
    if (a_ndim != b_ndim)
        return false;
    for (int i = 0; i < a_ndim; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

kov_status kov_shape_broadcast(int a_ndim, const int64_t *a, int b_ndim, const int64_t *b,
                               int *out_ndim, int64_t *out)
{
    int ndim = a_ndim > b_ndim ? a_ndim : b_ndim;
    int64_t found[KOV_MAX_NDIM];
    if (a_ndim < 0 || b_ndim < 0 || ndim > KOV_MAX_NDIM)
        return kov_fail(KOV_INVALID_ARGUMENT, "a shape has 0 to %d dimensions, not %d",
                        KOV_MAX_NDIM,
                        a_ndim < 0   ? a_ndim
                        : b_ndim < 0 ? b_ndim
                                     : ndim);
    for (int i = 0; i < ndim; i++) {
        int64_t from_a = i < ndim - a_ndim ? 1 : a[i - (ndim - a_ndim)];
        int64_t from_b = i < ndim - b_ndim ? 1 : b[i - (ndim - b_ndim)];
        if (from_a != from_b && from_a != 1 && from_b != 1) {
            char a_text[KOV_SHAPE_TEXT], b_text[KOV_SHAPE_TEXT];
            return kov_fail(KOV_INVALID_ARGUMENT, "shapes %s and %s do not broadcast",
                            kov_shape_print(a_ndim, a, a_text, sizeof a_text),
                            kov_shape_print(b_ndim, b, b_text, sizeof b_text));
        }
        found[i] = from_a == 1 ? from_b : from_a;
    }
    memcpy(out, found, (size_t)ndim * sizeof *out);
    *out_ndim = ndim;
    return KOV_OK;
}

void kov_shape_strides(int ndim, const int64_t *dims, int64_t item_size, int64_t *strides)
{
    int64_t step = item_size;
    for (int i = ndim - 1; i >= 0; i--) {
        strides[i] = step;
        step *= dims[i] != 0 ? dims[i] : 1;
    }
}

void kov_shape_broadcast_strides(int ndim, const int64_t *dims, int to_ndim, const int64_t *to,
                                 int64_t item_size, int64_t *strides)
{
    int64_t step = item_size;
    for (int i = to_ndim - 1; i >= 0; i--) {
        int at = i - (to_ndim - ndim);
        int64_t dim = at >= 0 ? dims[at] : 1;
        strides[i] = dim == 1 && to[i] != 1 ? 0 : step;
        step *= dim != 0 ? dim : 1;
    }
}

char *kov_shape_print(int ndim, const int64_t *dims, char *text, size_t size)
{
    size_t at = 0;
    if (size == 0)
        return text;
    text[0] = '\0';
    for (int i = 0; i <= ndim; i++) {
        int length;
        if (i < ndim)
            length = snprintf(text + at, size - at, "%s%" PRId64, i == 0 ? "(" : ", ", dims[i]);
        else
            length = snprintf(text + at, size - at, "%s",
                              ndim <= 0   ? "()"
                              : ndim == 1 ? ",)"
                                          : ")");
        if (length < 0 || (size_t)length >= size - at)
            break;
        at += (size_t)length;
    }
    return text;
}

kov_status kov_axis_normalize(const char *what, int64_t axis, int ndim, int *out)
{
    if (axis < -(int64_t)ndim || axis >= ndim)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "%s: axis %" PRId64 " is out of range for %d dimensions", what, axis, ndim);
    *out = (int)(axis < 0 ? axis + ndim : axis);
    return KOV_OK;
}
