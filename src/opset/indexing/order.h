/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy's order of elements: NaN is equal to itself and after all numbers. Complex numbers compare
 * by their real part first; behind all others come those with a NaN for imaginary part, for real
 * part, for both. */
#ifndef KOV_OPSET_INDEXING_ORDER_H
#define KOV_OPSET_INDEXING_ORDER_H

#include "graph/eval.h"

typedef struct kov_ordered {
    kov_dtype wide; /* I64, U64, F64, C128 */
    void *at;       /* kov_free it */
} kov_ordered;

kov_status kov_ordered_load(const kov_eval *eval, const kov_view *view, kov_ordered *out);
/* -1, 0 or 1 for a[i] before, equal to, after b[j], which have one dtype. */
int kov_ordered_compare(const kov_ordered *a, int64_t i, const kov_ordered *b, int64_t j);

#endif
