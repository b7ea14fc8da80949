/* SPDX-License-Identifier: Apache-2.0 */
/* Concrete shapes: sizes, broadcasting, strides, strided copies. */
#ifndef KOV_TENSOR_SHAPE_H
#define KOV_TENSOR_SHAPE_H

#include "base/status.h"

#include <kov/tensor.h>

/* Product of dims. KOV_INVALID_ARGUMENT if ndim is not 0 to KOV_MAX_NDIM, a dim is negative, or the
 * product of the dims that are not 0 overflows (so strides of empty shapes are safe, too). */
kov_status kov_shape_count(int ndim, const int64_t *dims, int64_t *count);

/* Bytes of `count` elements; sub-byte types are packed, the last byte filled up. False on overflow,
 * and for types without a size (string, none). */
bool kov_dtype_bytes(kov_dtype dtype, int64_t count, size_t *bytes);

/* Count and bytes at once; either output may be NULL. KOV_TYPE_ERROR for a type without a size. */
kov_status kov_shape_bytes(kov_dtype dtype, int ndim, const int64_t *dims, int64_t *count,
                           size_t *bytes);

bool kov_shape_equal(int a_ndim, const int64_t *a, int b_ndim, const int64_t *b);

/* NumPy's broadcast of two shapes. out holds KOV_MAX_NDIM entries and may be a or b.
 * KOV_INVALID_ARGUMENT names both shapes. */
kov_status kov_shape_broadcast(int a_ndim, const int64_t *a, int b_ndim, const int64_t *b,
                               int *out_ndim, int64_t *out);

/* Strides in elements of a dense row-major shape; times item_size for bytes. */
void kov_shape_strides(int ndim, const int64_t *dims, int64_t item_size, int64_t *strides);

/* Byte strides to read a dense tensor of shape `dims` as if broadcast to `to` (0 where it repeats).
 * The shapes must be compatible. */
void kov_shape_broadcast_strides(int ndim, const int64_t *dims, int to_ndim, const int64_t *to,
                                 int64_t item_size, int64_t *strides);

/* "(2, 3)", "(4,)", "()" into text, cut at size; returns text. */
enum { KOV_SHAPE_TEXT = 384 };
char *kov_shape_print(int ndim, const int64_t *dims, char *text, size_t size);

/* Axis in [-ndim, ndim) to [0, ndim). KOV_INVALID_ARGUMENT names `what` and the range. */
kov_status kov_axis_normalize(const char *what, int64_t axis, int ndim, int *out);

/* n items like the one given, one after another; it may be the first of dst. */
void kov_fill(void *dst, const void *item, size_t item_size, size_t n);

/* Rows of row_bytes each; strides in bytes. Any alignment. */
void kov_copy_rows(void *dst, int64_t dst_stride, const void *src, int64_t src_stride,
                   size_t row_bytes, int64_t rows);

/* Copies a strided source to dense row-major dst. byte_strides may be 0 or negative; src points at
 * the element with all indices 0. item_size is 1, 2, 4, 8 or 16. Transposes run in blocks over the
 * two axes that are fastest in source and destination. */
void kov_copy_strided(void *dst, const void *src, size_t item_size, int ndim, const int64_t *dims,
                      const int64_t *byte_strides);

#endif
