/* SPDX-License-Identifier: Apache-2.0 */
/* Unique values, or with an axis unique slices. NaNs are one value, the last. */
#include "opset/elements.h"
#include "opset/indexing/order.h"
#include "opset/indexing/sort_entries.h"

#include <string.h>

/* Data seen as [before, n, after]: item i is all elements [:, i, :]. Without an axis before and
 * after are 1. */
typedef struct items {
    kov_ordered data;
    int64_t before, n, after;
} items;

typedef struct groups {
    int64_t *order;   /* items, sorted; then of each group its first item */
    int64_t *spare;   /* of the merge */
    int64_t *inverse; /* group of each item */
    int64_t *count;   /* items of each group */
    int64_t n;
} groups;

static int compare(const items *items, int64_t i, int64_t j)
{
    for (int64_t b = 0; b < items->before; b++) {
        for (int64_t a = 0; a < items->after; a++) {
            int64_t row = b * items->n;
            int order = kov_ordered_compare(&items->data, (row + i) * items->after + a,
                                            &items->data, (row + j) * items->after + a);
            if (order)
                return order;
        }
    }
    return 0;
}

/* Stable, bottom up: equal items stay in the order of their indices. */
static void sort(const items *items, int64_t *order, int64_t *spare)
{
    int64_t n = items->n;
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t start = 0; start < n; start += 2 * width) {
            int64_t middle = start + width < n ? start + width : n;
            int64_t end = start + 2 * width < n ? start + 2 * width : n;
            int64_t i = start, j = middle;
            for (int64_t k = start; k < end; k++) {
                bool left = i < middle && (j >= end || compare(items, order[i], order[j]) <= 0);
                spare[k] = left ? order[i++] : order[j++];
            }
        }
        memcpy(order, spare, (size_t)n * sizeof *order);
    }
}

/* Adds the next item in sorted order to the last group, or to a new one that it is the first of. */
static void add_item(groups *groups, int64_t item, bool first)
{
    if (first) {
        groups->count[groups->n] = 0;
        groups->order[groups->n++] = item;
    }
    groups->count[groups->n - 1]++;
    groups->inverse[item] = groups->n - 1;
}

/* Groups of equal items in sorted order. */
static void group_sorted(const items *items, groups *groups)
{
    sort(items, groups->order, groups->spare);
    for (int64_t i = 0; i < items->n; i++) {
        int64_t item = groups->order[i];
        add_item(groups, item, i == 0 || compare(items, groups->order[groups->n - 1], item) != 0);
    }
}

/* The same for items of one real number each. */
static kov_status group_numbers(const kov_eval *eval, groups *groups)
{
    const kov_view *data = &eval->inputs[0];
    size_t bytes;
    if (!kov_size_mul((size_t)data->count + 1, 2 * sizeof(kov_sort_entry), &bytes))
        return kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "too many elements");
    kov_sort_entry *entries = kov_alloc(eval->context, bytes);
    if (!entries)
        return KOV_OUT_OF_MEMORY;
    kov_sort_load(data->dtype, data->data, 0, 1, data->count, false, entries);
    const kov_sort_entry *sorted = kov_sort_entries(entries, entries + data->count, data->count);
    for (int64_t i = 0; i < data->count; i++)
        add_item(groups, sorted[i].index, i == 0 || sorted[i].key != sorted[i - 1].key);
    kov_free(eval->context, entries);
    return KOV_OK;
}

/* Renumbers groups by their first item. */
static void order_by_appearance(const items *items, groups *groups)
{
    int64_t next = 0;
    int64_t *renamed = groups->spare; /* old group to new */
    for (int64_t g = 0; g < groups->n; g++)
        renamed[g] = -1;
    for (int64_t i = 0; i < items->n; i++) {
        int64_t old = groups->inverse[i];
        if (renamed[old] < 0) {
            groups->order[next] = i;
            renamed[old] = next++;
        }
        groups->inverse[i] = renamed[old];
    }
    for (int64_t g = 0; g < groups->n; g++)
        groups->count[g] = 0;
    for (int64_t i = 0; i < items->n; i++)
        groups->count[groups->inverse[i]]++;
}

kov_status kov_infer_unique(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dtype index_type = infer->attrs[KOV_UNIQUE_INDEX_ELEMENT_TYPE].u.dtype;
    kov_dtype count_type = infer->attrs[KOV_UNIQUE_COUNT_ELEMENT_TYPE].u.dtype;
    kov_dim found = kov_dim_unknown(infer->dims), items = 1;
    kov_dim dims[KOV_MAX_NDIM] = {found};
    int ndim = 1;
    if (infer->input_count > 1 && infer->inputs[1].ndim >= 0) {
        int axis;
        KOV_TRY(kov_infer_integer(infer, 1));
        KOV_TRY(kov_infer_axis_input(infer, 1, data->ndim, &axis));
        ndim = data->ndim;
        memcpy(dims, data->dims, (size_t)ndim * sizeof *dims);
        items = dims[axis];
        dims[axis] = found;
    } else {
        for (int i = 0; i < data->ndim; i++)
            items = kov_dim_mul(infer->dims, items, data->dims[i]);
    }
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    kov_infer_set(infer, 1, index_type, 1, &found);
    kov_infer_set(infer, 2, index_type, 1, &items);
    kov_infer_set(infer, 3, count_type, 1, &found);
    return KOV_OK;
}

static kov_status write_values(kov_eval *eval, const items *items, const groups *groups, int axis)
{
    const kov_view *data = &eval->inputs[0];
    int64_t dims[KOV_MAX_NDIM] = {groups->n};
    int ndim = axis < 0 ? 1 : data->ndim;
    size_t size;
    KOV_TRY(kov_element_size(eval, data->dtype, &size));
    if (axis >= 0) {
        memcpy(dims, data->dims, (size_t)ndim * sizeof *dims);
        dims[axis] = groups->n;
    }
    KOV_TRY(eval->allocate(eval, 0, ndim, dims));
    size_t row = (size_t)items->after * size;
    char *to = eval->outputs[0].data;
    for (int64_t b = 0; b < items->before; b++) {
        for (int64_t g = 0; g < groups->n && row > 0; g++, to += row)
            memcpy(to, (const char *)data->data + (size_t)(b * items->n + groups->order[g]) * row,
                   row);
    }
    return KOV_OK;
}

static kov_status write_numbers(kov_eval *eval, int output, int64_t n, const int64_t *numbers)
{
    KOV_TRY(eval->allocate(eval, output, 1, &n));
    return kov_elements_store(&eval->outputs[output], KOV_DTYPE_I64, numbers);
}

kov_status kov_eval_unique(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    int axis = -1;
    items items = {.before = 1, .n = data->count, .after = 1};
    if (eval->input_count > 1 && eval->inputs[1].ndim >= 0) {
        KOV_TRY(kov_element_axis(eval, 1, data->ndim, &axis));
        items.before = kov_dims_product(data->dims, 0, axis);
        items.n = data->dims[axis];
        items.after = kov_dims_product(data->dims, axis + 1, data->ndim);
    }
    size_t bytes = ((size_t)items.n + 1) * sizeof(int64_t);
    groups groups = {.order = kov_alloc(eval->context, bytes),
                     .spare = kov_alloc(eval->context, bytes),
                     .inverse = kov_alloc(eval->context, bytes),
                     .count = kov_alloc(eval->context, bytes)};
    kov_status status = KOV_OUT_OF_MEMORY;
    if (!groups.order || !groups.spare || !groups.inverse || !groups.count)
        goto fail;
    if (axis < 0 && !kov_dtype_is_complex(data->dtype)) {
        status = group_numbers(eval, &groups);
    } else {
        status = kov_ordered_load(eval, data, &items.data);
        if (status == KOV_OK)
            group_sorted(&items, &groups);
    }
    if (status != KOV_OK)
        goto fail;
    if (!eval->attrs[KOV_UNIQUE_SORTED].u.boolean)
        order_by_appearance(&items, &groups);
    status = write_values(eval, &items, &groups, axis);
    if (status == KOV_OK)
        status = write_numbers(eval, 1, groups.n, groups.order);
    if (status == KOV_OK)
        status = write_numbers(eval, 2, items.n, groups.inverse);
    if (status == KOV_OK)
        status = write_numbers(eval, 3, groups.n, groups.count);
fail:
    kov_free(eval->context, items.data.at);
    kov_free(eval->context, groups.order);
    kov_free(eval->context, groups.spare);
    kov_free(eval->context, groups.inverse);
    kov_free(eval->context, groups.count);
    return status;
}
