/* SPDX-License-Identifier: Apache-2.0 */
/* ScaledDotProductAttention: softmax(query key^T scale + bias) value. */
#include "opset/elements.h"
#include "opset/neural/window.h"

#include "tensor/convert.h"

#include <math.h>

enum { QUERY, KEY, VALUE, MASK, SCALE };

static bool given(int input_count, int input, int ndim)
{
    return input_count > input && ndim >= 0;
}

static kov_status check_mask(kov_infer *infer, int ndim, const kov_dim *scores)
{
    if (!given(infer->input_count, MASK, infer->input_count > MASK ? infer->inputs[MASK].ndim : -1))
        return KOV_OK;
    const kov_infer_input *mask = &infer->inputs[MASK];
    if (mask->dtype != KOV_DTYPE_BOOL)
        KOV_TRY(kov_infer_same_dtype(infer, QUERY, MASK));
    if (mask->ndim > ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "the mask has more dimensions than query and key");
    for (int i = 0; i < mask->ndim; i++) {
        kov_dim dim = mask->dims[i], score = scores[ndim - mask->ndim + i];
        if (kov_dim_is_number(dim) && kov_dim_is_number(score) && dim != 1 && dim != score)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "the mask does not broadcast to the scores");
    }
    return KOV_OK;
}

kov_status kov_infer_sdpa(kov_infer *infer)
{
    const kov_infer_input *query = &infer->inputs[QUERY], *key = &infer->inputs[KEY];
    const kov_infer_input *value = &infer->inputs[VALUE];
    for (int i = QUERY; i <= VALUE; i++) {
        KOV_TRY(kov_infer_rank(infer, i, 2));
        KOV_TRY(kov_infer_same_dtype(infer, QUERY, i));
    }
    if (!kov_dtype_is_float(query->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "query must hold floating-point numbers");
    kov_dim unused, dims[KOV_MAX_NDIM];
    KOV_TRY(kov_infer_match(infer, "depths of query and key", query->dims[query->ndim - 1],
                            key->dims[key->ndim - 1], &unused));
    KOV_TRY(kov_infer_match(infer, "lengths of key and value", key->dims[key->ndim - 2],
                            value->dims[value->ndim - 2], &unused));
    int batch;
    KOV_TRY(kov_infer_broadcast(infer, query->ndim - 2, query->dims, key->ndim - 2, key->dims,
                                &batch, dims));
    KOV_TRY(kov_infer_broadcast(infer, batch, dims, value->ndim - 2, value->dims, &batch, dims));
    dims[batch] = query->dims[query->ndim - 2];
    dims[batch + 1] = key->dims[key->ndim - 2];
    KOV_TRY(check_mask(infer, batch + 2, dims));
    dims[batch + 1] = value->dims[value->ndim - 1];
    kov_infer_set(infer, 0, query->dtype, batch + 2, dims);
    return KOV_OK;
}

typedef struct attention {
    int64_t queries, keys, depth, width; /* L, S, E, Ev */
    int batch_ndim;
    const int64_t *batch;
    double scale;
    bool causal;
    int mask_ndim; /* -1: none */
    const int64_t *mask_dims;
    const double *mask; /* what is added to the scores */
    double *row;        /* scores of one query */
} attention;

/* Offset of the batch `index` in a view whose batch dimensions broadcast, in planes. */
static int64_t plane_of(const kov_view *view, int batch_ndim, const int64_t *index)
{
    int n = view->ndim - 2;
    int64_t plane = 0;
    for (int i = 0; i < n; i++)
        plane = plane * view->dims[i] + (view->dims[i] == 1 ? 0 : index[batch_ndim - n + i]);
    return plane;
}

static double bias_of(const attention *a, const int64_t *batch, int64_t l, int64_t s)
{
    if (a->causal)
        return s > l ? -INFINITY : 0;
    if (a->mask_ndim < 0)
        return 0;
    int64_t offset = 0;
    for (int i = 0; i < a->mask_ndim; i++) {
        int axis = a->batch_ndim + 2 - a->mask_ndim + i;
        int64_t index = axis < a->batch_ndim ? batch[axis] : axis == a->batch_ndim ? l : s;
        offset = offset * a->mask_dims[i] + (a->mask_dims[i] == 1 ? 0 : index);
    }
    return a->mask[offset];
}

static void attend(const attention *a, const int64_t *batch, int64_t l, const double *query,
                   const double *keys, const double *values, double *out)
{
    double most = -INFINITY, total = 0;
    for (int64_t s = 0; s < a->keys; s++) {
        double score = 0;
        for (int64_t e = 0; e < a->depth; e++)
            score += query[e] * keys[s * a->depth + e];
        a->row[s] = score * a->scale + bias_of(a, batch, l, s);
        most = isnan(a->row[s]) || a->row[s] > most ? a->row[s] : most;
    }
    for (int64_t s = 0; s < a->keys; s++) {
        a->row[s] = exp(a->row[s] - most);
        total += a->row[s];
    }
    for (int64_t v = 0; v < a->width; v++) {
        double sum = 0;
        for (int64_t s = 0; s < a->keys; s++)
            sum += a->row[s] / total * values[s * a->width + v];
        out[v] = sum;
    }
}

static void attend_all(const kov_eval *eval, const attention *a, double *const *loaded, double *out)
{
    int64_t index[KOV_MAX_NDIM] = {0};
    do {
        const double *query = loaded[QUERY] + plane_of(&eval->inputs[QUERY], a->batch_ndim, index) *
                                                  a->queries * a->depth;
        const double *keys =
            loaded[KEY] + plane_of(&eval->inputs[KEY], a->batch_ndim, index) * a->keys * a->depth;
        const double *values =
            loaded[VALUE] +
            plane_of(&eval->inputs[VALUE], a->batch_ndim, index) * a->keys * a->width;
        for (int64_t l = 0; l < a->queries; l++, out += a->width)
            attend(a, index, l, query + l * a->depth, keys, values, out);
    } while (kov_index_next(a->batch_ndim, a->batch, index));
}

/* False in a bool mask forbids: it adds minus infinity. */
static void mask_to_bias(double *mask, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        mask[i] = mask[i] != 0 ? 0 : -INFINITY;
}

static kov_status read_scale(const kov_eval *eval, double *scale)
{
    if (!given(eval->input_count, SCALE, eval->input_count > SCALE ? eval->inputs[SCALE].ndim : -1))
        return KOV_OK;
    const kov_view *view = &eval->inputs[SCALE];
    if (view->count != 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the scale must be one number");
    return kov_convert(view->dtype, view->data, KOV_DTYPE_F64, scale, 1);
}

kov_status kov_eval_sdpa(kov_eval *eval)
{
    const kov_view *query = &eval->inputs[QUERY], *key = &eval->inputs[KEY];
    const kov_view *output = &eval->outputs[0];
    attention a = {.queries = query->dims[query->ndim - 2],
                   .keys = key->dims[key->ndim - 2],
                   .depth = query->dims[query->ndim - 1],
                   .width = output->dims[output->ndim - 1],
                   .batch_ndim = output->ndim - 2,
                   .batch = output->dims,
                   .causal = eval->attrs[KOV_SCALED_DOT_PRODUCT_ATTENTION_CAUSAL].u.boolean,
                   .mask_ndim = -1};
    a.scale = 1 / sqrt((double)a.depth);
    KOV_TRY(read_scale(eval, &a.scale));
    if (output->count == 0)
        return KOV_OK;
    int loads = VALUE + 1;
    if (given(eval->input_count, MASK, eval->input_count > MASK ? eval->inputs[MASK].ndim : -1))
        loads = MASK + 1;
    void *loaded[MASK + 1] = {0};
    double *out = kov_alloc(eval->context, (size_t)output->count * sizeof *out);
    a.row = kov_alloc(eval->context, (size_t)a.keys * sizeof *a.row);
    kov_status status = out && a.row ? KOV_OK : KOV_OUT_OF_MEMORY;
    for (int i = 0; i < loads && status == KOV_OK; i++)
        status = kov_elements_load(eval, &eval->inputs[i], KOV_DTYPE_F64, &loaded[i]);
    if (status == KOV_OK) {
        if (loads > MASK) {
            a.mask = loaded[MASK];
            a.mask_ndim = eval->inputs[MASK].ndim;
            a.mask_dims = eval->inputs[MASK].dims;
            if (eval->inputs[MASK].dtype == KOV_DTYPE_BOOL)
                mask_to_bias(loaded[MASK], eval->inputs[MASK].count);
        }
        double *const tensors[] = {loaded[QUERY], loaded[KEY], loaded[VALUE]};
        attend_all(eval, &a, tensors, out);
        status = kov_elements_store(output, KOV_DTYPE_F64, out);
    }
    for (int i = 0; i < loads; i++)
        kov_free(eval->context, loaded[i]);
    kov_free(eval->context, a.row);
    kov_free(eval->context, out);
    return status;
}
