/* SPDX-License-Identifier: Apache-2.0 */
/* CodedMatMul: data (..., K) times a matrix of weights (K, N) that is kept as small integers:
 *     w[k, n] = (code[k, n] - zero[g, n]) * scale[g, n]    or  / scale[g, n],   g = groups[k].
 * data: float32, the result too; or int8, with neither zero nor scale, and the result is the exact
 * int32. zero: int8 or uint8 (G, N); scale: float32 (G, N); groups: int32 (K), absent where G is 1.
 * codes, by layout:
 *     bytes    (K, N) int8 or uint8
 *     columns  (K, (N + 1) / 2) bytes of two 4-bit codes each: columns 2 j (low) and 2 j + 1
 *     rows     ((K + 1) / 2, N) bytes: rows 2 i (low) and 2 i + 1
 * code_type is int8, uint8, int4 or uint4, and columns is N. */
#ifndef KOV_OPSET_CODED_MAT_MUL_H
#define KOV_OPSET_CODED_MAT_MUL_H

#include <kov/dtype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KOV_CODED_DATA,
    KOV_CODED_CODES,
    KOV_CODED_ZERO,
    KOV_CODED_SCALE,
    KOV_CODED_GROUPS,
    KOV_CODED_INPUTS
};

typedef enum kov_code_layout { KOV_CODE_BYTES, KOV_CODE_COLUMNS, KOV_CODE_ROWS } kov_code_layout;

/* Weights as they lie in memory; nothing is owned. */
typedef struct kov_coded {
    kov_code_layout layout;
    kov_dtype type; /* of a code */
    int64_t k, n;
    const uint8_t *codes;
    kov_dtype zero_type; /* int8 or uint8 */
    const void *zero;    /* or NULL */
    const float *scale;  /* or NULL */
    bool divide;
    const int32_t *groups; /* or NULL */
    int64_t group_count;   /* rows of zero and scale */
} kov_coded;

/* Bytes from one row of the codes to the next. */
static inline int64_t kov_coded_stride(const kov_coded *w)
{
    return w->layout == KOV_CODE_COLUMNS ? (w->n + 1) / 2 : w->n;
}

/* Row k of the weights, columns first to first + count. */
void kov_coded_row(const kov_coded *w, int64_t k, int64_t first, int64_t count, float *out);

/* Whether each of the groups has its row. They are data: a variable's content. */
bool kov_coded_groups_fit(const kov_coded *w);

/* The layout of that name. */
kov_code_layout kov_code_layout_of(const char *name);

#endif
