/* SPDX-License-Identifier: Apache-2.0 */
/* TopK along an axis. Equal elements keep their order; NaN counts as the greatest, as in NumPy's
 * sort. */
#include "base/memory.h"
#include "opset/content_math.h"
#include "opset/reduction/lines.h"

#include "tensor/shape.h"

#include <math.h>
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

typedef struct entry {
    union {
        int64_t i;
        uint64_t u;
        double r;
    } value;
    int64_t index;
} entry;

typedef struct order {
    kov_wide wide;
    bool descending;
    bool by_index;
} order;

/* Negative, 0, positive as a comes before, with or after b among ascending values. */
static int compare_values(kov_wide wide, const entry *a, const entry *b)
{
    if (wide == KOV_WIDE_SIGNED)
        return (a->value.i > b->value.i) - (a->value.i < b->value.i);
    if (wide == KOV_WIDE_UNSIGNED)
        return (a->value.u > b->value.u) - (a->value.u < b->value.u);
    bool a_nan = isnan(a->value.r), b_nan = isnan(b->value.r);
    if (a_nan || b_nan)
        return a_nan - b_nan;
    return (a->value.r > b->value.r) - (a->value.r < b->value.r);
}

static bool comes_after(const order *by, const entry *a, const entry *b)
{
    if (by->by_index)
        return a->index > b->index;
    int compared = compare_values(by->wide, a, b);
    return by->descending ? compared < 0 : compared > 0;
}

static void merge(const order *by, const entry *from, int64_t low, int64_t middle, int64_t high,
                  entry *to)
{
    int64_t a = low, b = middle;
    for (int64_t k = low; k < high; k++) {
        bool right = a >= middle || (b < high && comes_after(by, &from[a], &from[b]));
        to[k] = from[right ? b++ : a++];
    }
}

/* Merge sort, bottom up; the sorted entries end in one of the two arrays, which is returned. */
static entry *sort_entries(const order *by, int64_t n, entry *entries, entry *scratch)
{
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t low = 0; low < n; low += 2 * width) {
            int64_t middle = low + width < n ? low + width : n;
            int64_t high = low + 2 * width < n ? low + 2 * width : n;
            merge(by, entries, low, middle, high, scratch);
        }
        entry *swap = entries;
        entries = scratch;
        scratch = swap;
    }
    return entries;
}

static void load_line(const kov_view *data, int64_t first, const kov_lines *lines, entry *entries)
{
    for (int64_t at = 0; at < lines->length; at += KOV_BLOCK) {
        int n = lines->length - at < KOV_BLOCK ? (int)(lines->length - at) : KOV_BLOCK;
        kov_block x;
        kov_block_load(data->dtype, data->data, first + at * lines->inner, lines->inner, n, &x);
        for (int k = 0; k < n; k++) {
            entries[at + k].value.u = x.u[k];
            entries[at + k].index = at + k;
        }
    }
}

static void store_line(const kov_eval *eval, int64_t first, int64_t inner, int64_t k,
                       const entry *entries)
{
    const kov_view *values = &eval->outputs[0], *indices = &eval->outputs[1];
    for (int64_t i = 0; i < k; i++) {
        kov_block value, index;
        value.u[0] = entries[i].value.u;
        index.i[0] = entries[i].index;
        kov_block_store(values->dtype, values->data, first + i * inner, 1, 1, &value);
        kov_block_store(indices->dtype, indices->data, first + i * inner, 1, 1, &index);
    }
}

kov_status kov_eval_top_k(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0];
    order by = {.wide = kov_wide_of(data->dtype),
                .descending = strcmp(eval->attrs[KOV_TOP_K_MODE].u.string, "max") == 0};
    bool by_index = strcmp(eval->attrs[KOV_TOP_K_SORT].u.string, "index") == 0;
    int axis;
    if (by.wide == KOV_WIDE_NONE || by.wide == KOV_WIDE_COMPLEX)
        return kov_eval_no_dtype(eval, data->dtype);
    KOV_TRY(kov_axis_normalize(eval->op->name, eval->attrs[KOV_TOP_K_AXIS].u.integer, data->ndim,
                               &axis));
    kov_lines lines = kov_lines_along(data->ndim, data->dims, axis);
    int64_t k = eval->outputs[0].dims[axis];
    size_t bytes;
    if (!kov_size_mul((size_t)lines.length, 2 * sizeof(entry), &bytes))
        return kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "too many elements");
    entry *entries = kov_alloc(eval->context, bytes);
    if (!entries)
        return KOV_OUT_OF_MEMORY;
    for (int64_t o = 0; o < lines.outer; o++) {
        for (int64_t i = 0; i < lines.inner; i++) {
            load_line(data, o * lines.length * lines.inner + i, &lines, entries);
            entry *sorted = sort_entries(&by, lines.length, entries, entries + lines.length);
            entry *other = sorted == entries ? entries + lines.length : entries;
            if (by_index)
                sorted = sort_entries(&(order){.by_index = true}, k, sorted, other);
            store_line(eval, o * k * lines.inner + i, lines.inner, k, sorted);
        }
    }
    kov_free(eval->context, entries);
    return KOV_OK;
}
