/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting by integer keys in NumPy's order of elements. */
#ifndef KOV_OPSET_INDEXING_SORT_ENTRIES_H
#define KOV_OPSET_INDEXING_SORT_ENTRIES_H

#include <kov/dtype.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct kov_sort_entry {
    uint64_t key;
    int64_t index;
} kov_sort_entry;

/* keys[i] for element first + i * stride, i < n: unsigned integers in NumPy's order of elements,
 * NaNs being equal and the last, -0 equal to 0. dtype: any real number, not packed. */
void kov_order_keys(kov_dtype dtype, const void *data, int64_t first, int64_t stride, int64_t n,
                    uint64_t *keys);

/* The same keys with their i; descending: all bits inverted. */
void kov_sort_load(kov_dtype dtype, const void *data, int64_t first, int64_t stride, int64_t n,
                   bool descending, kov_sort_entry *entries);

/* By key, ascending; equal ones stay in order. The sorted entries end in one of the two arrays,
 * which is returned. */
kov_sort_entry *kov_sort_entries(kov_sort_entry *entries, kov_sort_entry *spare, int64_t n);

#endif
