/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elements.h"
#include "opset/indexing/order.h"

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

/* The first of `n` items from `start` that is not before values[v], or with `right` is after it. */
static int64_t search(const kov_ordered *sorted, int64_t start, int64_t n,
                      const kov_ordered *values, int64_t v, bool right)
{
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int order = kov_ordered_compare(sorted, start + middle, values, v);
        if (right ? order <= 0 : order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

kov_status kov_eval_search_sorted(kov_eval *eval)
{
    const kov_view *sorted = &eval->inputs[0], *values = &eval->inputs[1];
    bool right = eval->attrs[KOV_SEARCH_SORTED_RIGHT_MODE].u.boolean;
    int64_t n = sorted->dims[sorted->ndim - 1];
    int64_t row = sorted->ndim > 1 ? values->dims[values->ndim - 1] : values->count;
    kov_ordered in = {0}, wanted = {0};
    int64_t *found = kov_alloc(eval->context, (size_t)values->count * sizeof *found);
    if (!found)
        return KOV_OUT_OF_MEMORY;
    kov_status status = kov_ordered_load(eval, sorted, &in);
    if (status == KOV_OK)
        status = kov_ordered_load(eval, values, &wanted);
    if (status != KOV_OK)
        goto fail;
    for (int64_t i = 0; i < values->count; i++)
        found[i] = search(&in, i / row * n, n, &wanted, i, right);
    status = kov_elements_store(&eval->outputs[0], KOV_DTYPE_I64, found);
fail:
    kov_free(eval->context, in.at);
    kov_free(eval->context, wanted.at);
    kov_free(eval->context, found);
    return status;
}
