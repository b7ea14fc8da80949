/* SPDX-License-Identifier: Apache-2.0 */
/* The first elements of lines in sorted order: lines along the middle axis of (outer, length,
 * inner) arrays. */
#ifndef KOV_NATIVE_SORT_H
#define KOV_NATIVE_SORT_H

#include <kov/context.h>
#include <kov/dtype.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct kov_sort {
    kov_dtype dtype;       /* a real number, not packed */
    kov_dtype index_dtype; /* I32 or I64 */
    bool descending;
    size_t outer, length, inner, k; /* k <= length */
} kov_sort;

/* Writes (outer, k, inner) elements to `values` and their places along the line to `indices`;
 * either may be NULL. Stable; NaN counts as the greatest and -0 as 0, as in NumPy.
 * KOV_OUT_OF_MEMORY. */
kov_status kov_sort_lines(kov_context *context, const kov_sort *sort, const void *x, void *values,
                          void *indices);

#endif
