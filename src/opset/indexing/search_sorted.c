/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/threads.h"
#include "opset/element_block.h"
#include "opset/elements.h"
#include "opset/indexing/order.h"
#include "opset/indexing/sort_entries.h"

kov_status kov_infer_search_sorted(kov_infer *infer)
{
    const kov_infer_input *sorted = &infer->inputs[0], *values = &infer->inputs[1];
    kov_dim unused;
    KOV_TRY(kov_infer_rank(infer, 0, 1));
    KOV_TRY(kov_infer_same_dtype(infer, 0, 1));
    if (sorted->ndim > 1 && sorted->ndim != values->ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "sorted must have one dimension or as many as values");
    for (int i = 0; i < sorted->ndim - 1; i++)
        KOV_TRY(kov_infer_match(infer, "dimensions but the last", sorted->dims[i], values->dims[i],
                                &unused));
    kov_infer_set(infer, 0, infer->attrs[KOV_SEARCH_SORTED_OUTPUT_TYPE].u.dtype, values->ndim,
                  values->dims);
    return KOV_OK;
}

enum { TOGETHER = 4 };

/* For each of 4 keys wanted the first of `n` that is not below it; steps of all searches, which are
 * equally many, go side by side, each in a register of its own. n > 0. */
static void search(const uint64_t *keys, int64_t n, const uint64_t *wanted, int64_t *found)
{
    const uint64_t *a = keys, *b = keys, *c = keys, *d = keys;
    const uint64_t x = wanted[0], y = wanted[1], z = wanted[2], w = wanted[3];
    for (; n > 1; n -= n / 2) {
        int64_t half = n / 2;
        a += -(int64_t)(a[half - 1] < x) & half;
        b += -(int64_t)(b[half - 1] < y) & half;
        c += -(int64_t)(c[half - 1] < z) & half;
        d += -(int64_t)(d[half - 1] < w) & half;
    }
    found[0] = a - keys + (*a < x);
    found[1] = b - keys + (*b < y);
    found[2] = c - keys + (*c < z);
    found[3] = d - keys + (*d < w);
}

/* Blocks of values, whose places are stored in the output's dtype. With `right` a value's place is
 * that of the next greater key; the greatest has none, and all are before it. */
static void search_block(const kov_eval *eval, const uint64_t *keys, int64_t n, int64_t first,
                         int64_t count)
{
    const kov_view *values = &eval->inputs[1], *out = &eval->outputs[0];
    bool right = eval->attrs[KOV_SEARCH_SORTED_RIGHT_MODE].u.boolean;
    uint64_t wanted[KOV_BLOCK] = {0};
    for (int64_t at = 0; at < count; at += KOV_BLOCK) {
        int part = count - at < KOV_BLOCK ? (int)(count - at) : KOV_BLOCK;
        bool all_before[KOV_BLOCK];
        kov_block found = {.i = {0}};
        kov_order_keys(values->dtype, values->data, first + at, 1, part, wanted);
        for (int i = 0; i < part; i++) {
            all_before[i] = right && wanted[i] == UINT64_MAX;
            wanted[i] += right;
        }
        for (int i = 0; i < part && n > 0; i += TOGETHER)
            search(keys, n, wanted + i, found.i + i);
        for (int i = 0; i < part; i++)
            found.i[i] = all_before[i] ? n : found.i[i];
        kov_block_store(out->dtype, out->data, first + at, 1, part, &found);
    }
}

enum { TASK_VALUES = 4096 };

/* A row of values, searched in the same keys. */
typedef struct search_row {
    const kov_eval *eval;
    const uint64_t *keys;
    int64_t key_count, first, count;
} search_row;

static void search_task(void *arg, int64_t index, int worker)
{
    const search_row *row = arg;
    int64_t begin = index * TASK_VALUES, left = row->count - begin;
    (void)worker;
    search_block(row->eval, row->keys, row->key_count, row->first + begin,
                 left < TASK_VALUES ? left : TASK_VALUES);
}

/* Complex numbers have no keys: they are compared. */
static kov_status search_complex(const kov_eval *eval, int64_t n, int64_t row)
{
    const kov_view *sorted = &eval->inputs[0], *values = &eval->inputs[1], *out = eval->outputs;
    bool right = eval->attrs[KOV_SEARCH_SORTED_RIGHT_MODE].u.boolean;
    kov_ordered in = {0}, wanted = {0};
    kov_status status = kov_ordered_load(eval, sorted, &in);
    if (status == KOV_OK)
        status = kov_ordered_load(eval, values, &wanted);
    for (int64_t i = 0; i < values->count && status == KOV_OK; i++) {
        int64_t start = i / row * n, low = 0, high = n;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            int order = kov_ordered_compare(&in, start + middle, &wanted, i);
            if (right ? order <= 0 : order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        kov_block found = {.i = {low}};
        kov_block_store(out->dtype, out->data, i, 1, 1, &found);
    }
    kov_free(eval->context, in.at);
    kov_free(eval->context, wanted.at);
    return status;
}

kov_status kov_eval_search_sorted(kov_eval *eval)
{
    const kov_view *sorted = &eval->inputs[0], *values = &eval->inputs[1];
    int64_t n = sorted->dims[sorted->ndim - 1];
    int64_t row = sorted->ndim > 1 ? values->dims[values->ndim - 1] : values->count;
    if (values->count == 0)
        return KOV_OK;
    if (kov_dtype_is_complex(sorted->dtype))
        return search_complex(eval, n, row);
    if (kov_wide_of(sorted->dtype) == KOV_WIDE_NONE)
        return kov_eval_no_dtype(eval, sorted->dtype);
    uint64_t *keys = kov_alloc(eval->context, (size_t)n * sizeof *keys);
    if (!keys)
        return KOV_OUT_OF_MEMORY;
    for (int64_t first = 0; first < values->count; first += row) {
        kov_order_keys(sorted->dtype, sorted->data, first / row * n, 1, n, keys);
        search_row task = {eval, keys, n, first, row};
        kov_parallel(eval->context, (row + TASK_VALUES - 1) / TASK_VALUES, search_task, &task);
    }
    kov_free(eval->context, keys);
    return KOV_OK;
}
