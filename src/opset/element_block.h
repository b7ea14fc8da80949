/* SPDX-License-Identifier: Apache-2.0 */
/* Element access for `evaluate`: elements of any dtype are read into blocks of one of four wide
 * types, computed there, and rounded or wrapped when stored. For + - * / and sqrt of float32,
 * float16 and bfloat16 that gives what computing in the type itself gives, since double has more
 * than twice their bits; other functions are then within half an ulp and the error of libm's
 * double. */
#ifndef KOV_OPSET_ELEMENT_BLOCK_H
#define KOV_OPSET_ELEMENT_BLOCK_H

#include "base/status.h"
#include "graph/eval.h"

enum { KOV_BLOCK = 256 };

typedef enum kov_wide {
    KOV_WIDE_NONE,     /* string, packed types: no arithmetic */
    KOV_WIDE_SIGNED,   /* i8 ... i64 */
    KOV_WIDE_UNSIGNED, /* u8 ... u64; bool, whose results become "is not 0" */
    KOV_WIDE_REAL,     /* f16, bf16, f32, f64, float8 */
    KOV_WIDE_COMPLEX
} kov_wide;

typedef struct kov_complex {
    double re, im;
} kov_complex;

typedef union kov_block {
    int64_t i[KOV_BLOCK];
    uint64_t u[KOV_BLOCK];
    double r[KOV_BLOCK];
    kov_complex c[KOV_BLOCK];
} kov_block;

kov_wide kov_wide_of(kov_dtype dtype);
/* I64, U64, F64 or C128. */
kov_dtype kov_wide_dtype(kov_wide wide);
/* Bytes of one element; 0 for packed types and strings. */
size_t kov_item_size(kov_dtype dtype);

/* Elements base[offset + k * stride], k < n <= KOV_BLOCK, of a dtype whose kov_wide is not NONE. */
void kov_block_load(kov_dtype dtype, const void *base, int64_t offset, int64_t stride, int n,
                    kov_block *out);
/* Stores n elements at base[offset + k * stride]. */
void kov_block_store(kov_dtype dtype, void *base, int64_t offset, int64_t stride, int n,
                     const kov_block *in);

enum { KOV_WALK_OPERANDS = 4 };

/* A walk over the elements of a shape in row-major order with, for each operand, the offset of its
 * element under broadcasting. It stops at rows: `row` elements, operand k moving by step[k]. */
typedef struct kov_walk {
    int operands, ndim; /* ndim: axes outside the row */
    int64_t dims[KOV_MAX_NDIM], index[KOV_MAX_NDIM];
    int64_t strides[KOV_WALK_OPERANDS][KOV_MAX_NDIM];
    int64_t offset[KOV_WALK_OPERANDS];
    int64_t row, step[KOV_WALK_OPERANDS];
    bool empty;
} kov_walk;

/* Axes over which all operands move alike are joined, so that rows are long. strides: in elements.
 */
void kov_walk_start(kov_walk *walk, int ndim, const int64_t *dims, int operands,
                    const int64_t (*strides)[KOV_MAX_NDIM]);
/* Operands broadcast to the shape. */
void kov_walk_broadcast(kov_walk *walk, int ndim, const int64_t *dims, int operands,
                        const kov_view *views);
bool kov_walk_next(kov_walk *walk); /* to the next row; false after the last */

/* The id of the operation in opset_ids.h. */
static inline int kov_eval_op(const kov_eval *eval)
{
    return (int)(eval->op - kov_op_info_of(0));
}

/* An integer scalar or 1-D view as numbers; false if it has not at most `capacity` elements. */
bool kov_view_ints(const kov_view *view, int64_t *out, int capacity, int *count);

/* The failure for a dtype that evaluate has no arithmetic for. */
kov_status kov_eval_no_dtype(const kov_eval *eval, kov_dtype dtype);

#endif
