/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels behind reduce.h: f32_reduce_sum_line__avx2 and so on. Private to reduce*.c. */
#ifndef KOV_NATIVE_REDUCE_KERNELS_H
#define KOV_NATIVE_REDUCE_KERNELS_H

#include "base/isa.h"
#include "native/kernels/reduce/reduce.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The tree of reduce.h: partial results of a leaf, elements of a leaf, leaves of a chunk. A chunk
 * is a subtree, so chunks may be computed apart. */
enum { KOV_REDUCE_LANES = 16, KOV_REDUCE_LEAF = 512, KOV_REDUCE_CHUNK_LEAVES = 64 };
enum { KOV_REDUCE_CHUNK = KOV_REDUCE_LEAF * KOV_REDUCE_CHUNK_LEAVES };
/* Most columns that a columns kernel takes. */
enum { KOV_REDUCE_WIDTH = 64 };

/* *y = reduction of n >= 1 contiguous elements, n <= KOV_REDUCE_CHUNK for floats. */
typedef void kov_reduce_line(const void *x, size_t n, void *y);
/* y[c] = reduction over r < n of x[r * stride + c], for c < width. The same bits as a line of each.
 */
typedef void kov_reduce_columns(const void *x, size_t n, size_t stride, size_t width, void *y);

#define KOV_REDUCE_FOLD_ROWS(X, type)                                                              \
    X(type, sum)                                                                                   \
    X(type, prod)                                                                                  \
    X(type, max)                                                                                   \
    X(type, min)                                                                                   \
    X(type, sum_abs)                                                                               \
    X(type, sum_square)                                                                            \
    X(type, any)                                                                                   \
    X(type, all)                                                                                   \
    X(type, argmax)                                                                                \
    X(type, argmin)

#define KOV_REDUCE_TYPE_ROWS(X)                                                                    \
    X(i8, I8)                                                                                      \
    X(i16, I16)                                                                                    \
    X(i32, I32)                                                                                    \
    X(i64, I64)                                                                                    \
    X(u8, U8)                                                                                      \
    X(u16, U16)                                                                                    \
    X(u32, U32)                                                                                    \
    X(u64, U64)                                                                                    \
    X(f32, F32)                                                                                    \
    X(f64, F64)

/* Sums of squares of float32 in double; y is of doubles. */
KOV_ISA_DECLARE(kov_reduce_line, f32_reduce_length_line);
KOV_ISA_DECLARE(kov_reduce_columns, f32_reduce_length_columns);

#define KOV_REDUCE_DECLARE(type, name)                                                             \
    KOV_ISA_DECLARE(kov_reduce_line, type##_reduce_##name##_line);                                 \
    KOV_ISA_DECLARE(kov_reduce_columns, type##_reduce_##name##_columns);
#define KOV_REDUCE_DECLARE_TYPE(type, constant) KOV_REDUCE_FOLD_ROWS(KOV_REDUCE_DECLARE, type)
KOV_REDUCE_TYPE_ROWS(KOV_REDUCE_DECLARE_TYPE)

/* kov_reduce of one contiguous line on the calling thread, with the same bits. op is SUM or
 * SUM_SQUARE, dtype float32 or float64, n >= 1. */
void kov_reduce_one_line(kov_reduce_op op, kov_dtype dtype, const void *x, size_t n, void *y);

#endif
