/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/element_block.h"

#include "tensor/convert.h"
#include "tensor/shape.h"

#include <string.h>

enum { LARGEST_ITEM = 16 };

kov_wide kov_wide_of(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_I8:
    case KOV_DTYPE_I16:
    case KOV_DTYPE_I32:
    case KOV_DTYPE_I64:
        return KOV_WIDE_SIGNED;
    case KOV_DTYPE_BOOL:
    case KOV_DTYPE_U8:
    case KOV_DTYPE_U16:
    case KOV_DTYPE_U32:
    case KOV_DTYPE_U64:
        return KOV_WIDE_UNSIGNED;
    case KOV_DTYPE_F16:
    case KOV_DTYPE_BF16:
    case KOV_DTYPE_F32:
    case KOV_DTYPE_F64:
    case KOV_DTYPE_F8E4M3:
    case KOV_DTYPE_F8E5M2:
        return KOV_WIDE_REAL;
    case KOV_DTYPE_C64:
    case KOV_DTYPE_C128:
        return KOV_WIDE_COMPLEX;
    default:
        return KOV_WIDE_NONE;
    }
}

kov_dtype kov_wide_dtype(kov_wide wide)
{
    static const kov_dtype dtypes[] = {
        [KOV_WIDE_NONE] = KOV_DTYPE_NONE,    [KOV_WIDE_SIGNED] = KOV_DTYPE_I64,
        [KOV_WIDE_UNSIGNED] = KOV_DTYPE_U64, [KOV_WIDE_REAL] = KOV_DTYPE_F64,
        [KOV_WIDE_COMPLEX] = KOV_DTYPE_C128,
    };
    return dtypes[wide];
}

size_t kov_item_size(kov_dtype dtype)
{
    int bits = kov_dtype_bits(dtype);
    return bits >= 8 ? (size_t)bits / 8 : 0;
}

static void fill(kov_wide wide, int n, kov_block *out)
{
    if (wide == KOV_WIDE_COMPLEX) {
        for (int k = 1; k < n; k++)
            out->c[k] = out->c[0];
    } else {
        for (int k = 1; k < n; k++)
            out->u[k] = out->u[0];
    }
}

/* The dtypes are numbers, so kov_convert does not fail. */
static void convert(kov_dtype from, const void *src, kov_dtype to, void *dst, int n)
{
    (void)kov_convert(from, src, to, dst, n);
}

void kov_block_load(kov_dtype dtype, const void *base, int64_t offset, int64_t stride, int n,
                    kov_block *out)
{
    size_t size = kov_item_size(dtype);
    const char *src = (const char *)base + offset * (int64_t)size;
    kov_wide wide = kov_wide_of(dtype);
    if (stride == 1) {
        convert(dtype, src, kov_wide_dtype(wide), out, n);
    } else if (stride == 0) {
        convert(dtype, src, kov_wide_dtype(wide), out, 1);
        fill(wide, n, out);
    } else {
        _Alignas(LARGEST_ITEM) char dense[KOV_BLOCK * LARGEST_ITEM];
        int64_t count = n, bytes = stride * (int64_t)size;
        kov_copy_strided(dense, src, size, 1, &count, &bytes);
        convert(dtype, dense, kov_wide_dtype(wide), out, n);
    }
}

void kov_block_store(kov_dtype dtype, void *base, int64_t offset, int64_t stride, int n,
                     const kov_block *in)
{
    size_t size = kov_item_size(dtype);
    char *dst = (char *)base + offset * (int64_t)size;
    kov_dtype from = kov_wide_dtype(kov_wide_of(dtype));
    if (stride == 1) {
        convert(from, in, dtype, dst, n);
        return;
    }
    _Alignas(LARGEST_ITEM) char dense[KOV_BLOCK * LARGEST_ITEM];
    convert(from, in, dtype, dense, n);
    for (int k = 0; k < n; k++)
        memcpy(dst + k * stride * (int64_t)size, dense + (size_t)k * size, size);
}

void kov_walk_start(kov_walk *walk, int ndim, const int64_t *dims, int operands,
                    const int64_t (*strides)[KOV_MAX_NDIM])
{
    memset(walk, 0, sizeof *walk);
    walk->operands = operands;
    int n = 0;
    for (int axis = 0; axis < ndim; axis++) {
        walk->empty = walk->empty || dims[axis] == 0;
        if (dims[axis] == 1)
            continue;
        bool joins = n > 0;
        for (int k = 0; k < operands && joins; k++)
            joins = walk->strides[k][n - 1] == strides[k][axis] * dims[axis];
        if (joins) {
            walk->dims[n - 1] *= dims[axis];
        } else {
            walk->dims[n++] = dims[axis];
        }
        for (int k = 0; k < operands; k++)
            walk->strides[k][n - 1] = strides[k][axis];
    }
    walk->ndim = n > 0 ? n - 1 : 0;
    walk->row = n > 0 ? walk->dims[n - 1] : 1;
    for (int k = 0; k < operands; k++)
        walk->step[k] = n > 0 ? walk->strides[k][n - 1] : 1;
}

void kov_walk_broadcast(kov_walk *walk, int ndim, const int64_t *dims, int operands,
                        const kov_view *views)
{
    int64_t strides[KOV_WALK_OPERANDS][KOV_MAX_NDIM];
    for (int k = 0; k < operands; k++)
        kov_shape_broadcast_strides(views[k].ndim, views[k].dims, ndim, dims, 1, strides[k]);
    kov_walk_start(walk, ndim, dims, operands, (const int64_t (*)[KOV_MAX_NDIM])strides);
}

bool kov_walk_next(kov_walk *walk)
{
    for (int axis = walk->ndim - 1; axis >= 0; axis--) {
        for (int k = 0; k < walk->operands; k++)
            walk->offset[k] += walk->strides[k][axis];
        if (++walk->index[axis] < walk->dims[axis])
            return true;
        for (int k = 0; k < walk->operands; k++)
            walk->offset[k] -= walk->dims[axis] * walk->strides[k][axis];
        walk->index[axis] = 0;
    }
    return false;
}

bool kov_view_ints(const kov_view *view, int64_t *out, int capacity, int *count)
{
    if (view->ndim > 1 || view->count > capacity || !kov_dtype_is_integer(view->dtype))
        return false;
    *count = (int)view->count;
    return kov_convert(view->dtype, view->data, KOV_DTYPE_I64, out, view->count) == KOV_OK;
}

kov_status kov_eval_no_dtype(const kov_eval *eval, kov_dtype dtype)
{
    return kov_eval_fail(eval, KOV_NOT_IMPLEMENTED, "no arithmetic on %s",
                         kov_dtype_keras_name(dtype));
}
