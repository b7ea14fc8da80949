/* SPDX-License-Identifier: Apache-2.0 */
/* TopK along an axis. Equal elements keep their order; NaN counts as the greatest, as in NumPy's
 * sort. */
#include "base/memory.h"
#include "opset/content_math.h"
#include "opset/indexing/sort_entries.h"
#include "opset/reduction/lines.h"
#include "tensor/shape.h"

#include <string.h>

kov_status kov_infer_top_k(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    const char *mode = infer->attrs[KOV_TOP_K_MODE].u.string;
    const char *sort = infer->attrs[KOV_TOP_K_SORT].u.string;
    kov_wide wide = kov_wide_of(data->dtype);
    int axis;
    if (wide == KOV_WIDE_NONE || wide == KOV_WIDE_COMPLEX)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "it is not defined for %s",
                              kov_dtype_keras_name(data->dtype));
    if (strcmp(mode, "max") != 0 && strcmp(mode, "min") != 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "unknown mode \"%s\"", mode);
    if (strcmp(sort, "value") != 0 && strcmp(sort, "index") != 0 && strcmp(sort, "none") != 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "unknown sort \"%s\"", sort);
    KOV_TRY(kov_infer_axis(infer, kov_infer_int(infer, KOV_TOP_K_AXIS), data->ndim, &axis));
    if (infer->inputs[1].ndim > 1)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "k must be one integer");
    kov_content_element k = kov_infer_element(infer, 1, 0);
    kov_dim dims[KOV_MAX_NDIM];
    memcpy(dims, data->dims, sizeof *dims * (size_t)data->ndim);
    int64_t number;
    if (kov_content_number(k, &number) &&
        (number < 0 || (kov_dim_is_number(dims[axis]) && number > dims[axis])))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "k is %lld, and must be between 0 and the size of axis %d",
                              (long long)number, axis);
    dims[axis] = k.known && !k.negative ? k.dim : kov_dim_unknown(infer->dims);
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    kov_infer_set(infer, 1, infer->attrs[KOV_TOP_K_INDEX_ELEMENT_TYPE].u.dtype, data->ndim, dims);
    return KOV_OK;
}

/* Copies the first k of a line to the outputs. */
static void store_line(const kov_eval *eval, int64_t from, int64_t to, int64_t inner, int64_t k,
                       const kov_sort_entry *entries)
{
    const kov_view *values = &eval->outputs[0], *indices = &eval->outputs[1];
    size_t size = kov_item_size(values->dtype);
    const char *x = eval->inputs[0].data;
    char *y = values->data;
    for (int64_t i = 0; i < k; i++) {
        kov_block index;
        int64_t place = to + i * inner;
        index.i[0] = entries[i].index;
        memcpy(y + (size_t)place * size, x + (size_t)(from + entries[i].index * inner) * size,
               size);
        kov_block_store(indices->dtype, indices->data, place, 1, 1, &index);
    }
}

kov_status kov_eval_top_k(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    kov_wide wide = kov_wide_of(data->dtype);
    bool descending = strcmp(eval->attrs[KOV_TOP_K_MODE].u.string, "max") == 0;
    bool by_index = strcmp(eval->attrs[KOV_TOP_K_SORT].u.string, "index") == 0;
    int axis;
    if (wide == KOV_WIDE_NONE || wide == KOV_WIDE_COMPLEX)
        return kov_eval_no_dtype(eval, data->dtype);
    KOV_TRY(kov_axis_normalize(eval->op->name, eval->attrs[KOV_TOP_K_AXIS].u.integer, data->ndim,
                               &axis));
    kov_lines lines = kov_lines_along(data->ndim, data->dims, axis);
    int64_t k = eval->outputs[0].dims[axis];
    size_t bytes;
    if (!kov_size_mul((size_t)lines.length, 2 * sizeof(kov_sort_entry), &bytes))
        return kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "too many elements");
    kov_sort_entry *entries = kov_alloc(eval->context, bytes);
    if (!entries)
        return KOV_OUT_OF_MEMORY;
    for (int64_t line = 0; line < lines.outer * lines.inner; line++) {
        int64_t o = line / lines.inner, i = line % lines.inner;
        int64_t first = o * lines.length * lines.inner + i;
        kov_sort_load(data->dtype, data->data, first, lines.inner, lines.length, descending,
                      entries);
        kov_sort_entry *sorted = kov_sort_entries(entries, entries + lines.length, lines.length);
        kov_sort_entry *other = sorted == entries ? entries + lines.length : entries;
        if (by_index) {
            for (int64_t j = 0; j < k; j++)
                sorted[j].key = (uint64_t)sorted[j].index;
            sorted = kov_sort_entries(sorted, other, k);
        }
        store_line(eval, first, o * k * lines.inner + i, lines.inner, k, sorted);
    }
    kov_free(eval->context, entries);
    return KOV_OK;
}
