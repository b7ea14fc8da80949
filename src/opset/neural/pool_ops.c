/* SPDX-License-Identifier: Apache-2.0 */
/* MaxPool, AvgPool, AdaptiveMaxPool, AdaptiveAvgPool; data: N, C, spatial. */
#include "opset/elements.h"
#include "opset/neural/window.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const kov_window_attrs max_attrs = {KOV_MAX_POOL_STRIDES,    KOV_MAX_POOL_DILATIONS,
                                           KOV_MAX_POOL_PADS_BEGIN, KOV_MAX_POOL_PADS_END,
                                           KOV_MAX_POOL_KERNEL,     -1};
static const kov_window_attrs avg_attrs = {KOV_AVG_POOL_STRIDES,    -1,
                                           KOV_AVG_POOL_PADS_BEGIN, KOV_AVG_POOL_PADS_END,
                                           KOV_AVG_POOL_KERNEL,     -1};

static kov_status check_data(const kov_infer *infer)
{
    kov_dtype dtype = infer->inputs[0].dtype;
    KOV_TRY(kov_infer_rank(infer, 0, 3));
    if (!kov_dtype_is_float(dtype) && !kov_dtype_is_integer(dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "data must hold real numbers");
    return KOV_OK;
}

static kov_status infer_pool(kov_infer *infer, const kov_window_attrs *where, const char *rounding,
                             const char *auto_pad, kov_dim *dims)
{
    const kov_infer_input *data = &infer->inputs[0];
    int spatial = data->ndim - 2;
    kov_window windows[KOV_MAX_NDIM];
    KOV_TRY(check_data(infer));
    KOV_TRY(kov_windows_infer(infer, where, spatial, windows));
    if (strcmp(rounding, "floor") != 0 && strcmp(rounding, "ceil") != 0 &&
        strcmp(rounding, "ceil_torch") != 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "there is no rounding_type \"%s\"",
                              rounding);
    dims[0] = data->dims[0];
    dims[1] = data->dims[1];
    for (int i = 0; i < spatial; i++)
        KOV_TRY(kov_window_forward(infer, &windows[i], auto_pad, rounding, data->dims[2 + i],
                                   &dims[2 + i]));
    return KOV_OK;
}

kov_status kov_infer_max_pool(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    int axis;
    KOV_TRY(infer_pool(infer, &max_attrs, infer->attrs[KOV_MAX_POOL_ROUNDING_TYPE].u.string,
                       infer->attrs[KOV_MAX_POOL_AUTO_PAD].u.string, dims));
    KOV_TRY(kov_infer_axis(infer, infer->attrs[KOV_MAX_POOL_AXIS].u.integer, data->ndim, &axis));
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    kov_infer_set(infer, 1, infer->attrs[KOV_MAX_POOL_INDEX_ELEMENT_TYPE].u.dtype, data->ndim,
                  dims);
    return KOV_OK;
}

kov_status kov_infer_avg_pool(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    KOV_TRY(infer_pool(infer, &avg_attrs, infer->attrs[KOV_AVG_POOL_ROUNDING_TYPE].u.string,
                       infer->attrs[KOV_AVG_POOL_AUTO_PAD].u.string, dims));
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

kov_status kov_infer_adaptive_pool(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *shape = &infer->inputs[1];
    KOV_TRY(check_data(infer));
    KOV_TRY(kov_infer_integer(infer, 1));
    if (shape->ndim != 1 || shape->dims[0] != data->ndim - 2)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "output_shape must have %d numbers",
                              data->ndim - 2);
    kov_dim dims[KOV_MAX_NDIM] = {data->dims[0], data->dims[1]};
    for (int i = 2; i < data->ndim; i++) {
        kov_content_element e = kov_infer_element(infer, 1, i - 2);
        if (e.known && e.negative)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "output_shape must not be negative");
        dims[i] = e.known ? e.dim : kov_dim_unknown(infer->dims);
        if (data->dims[i] == 0)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "data has no elements to pool");
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    if (infer->op->outputs > 1)
        kov_infer_set(infer, 1, infer->attrs[KOV_ADAPTIVE_MAX_POOL_INDEX_ELEMENT_TYPE].u.dtype,
                      data->ndim, dims);
    return KOV_OK;
}

/* A pooling being computed: planes of data in, planes of results out. */
typedef struct pool {
    bool real, is_signed;
    int64_t planes, in_plane, out_plane;
    int64_t index_modulus; /* elements from the axis on that indices count from */
    const void *data;
    void *out;
    int64_t *indices; /* NULL for averages */
} pool;

/* Whether element b of the plane replaces a as the largest: the first one stays, NaN is the
 * largest. */
static bool exceeds(const pool *pool, int64_t b, int64_t a)
{
    if (pool->real) {
        const double *at = pool->data;
        return at[b] > at[a] || (isnan(at[b]) && !isnan(at[a]));
    }
    if (pool->is_signed)
        return ((const int64_t *)pool->data)[b] > ((const int64_t *)pool->data)[a];
    return ((const uint64_t *)pool->data)[b] > ((const uint64_t *)pool->data)[a];
}

static double least_real(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_F16:
        return -65504;
    case KOV_DTYPE_BF16:
        return -0x1.fep127;
    case KOV_DTYPE_F32:
        return -FLT_MAX;
    case KOV_DTYPE_F64:
        return -DBL_MAX;
    case KOV_DTYPE_F8E4M3:
        return -448;
    default:
        return -57344;
    }
}

/* A window without an input gives the least finite number of its type, at index 0. */
static void put_least(const pool *pool, int64_t place, kov_dtype dtype)
{
    if (pool->real) {
        ((double *)pool->out)[place] = least_real(dtype);
    } else {
        int bits = kov_dtype_bits(dtype);
        int64_t least = bits == 64 ? INT64_MIN : -(INT64_C(1) << (bits - 1));
        ((int64_t *)pool->out)[place] = pool->is_signed ? least : 0;
    }
    pool->indices[place] = 0;
}

/* One output position of every plane. */
static void largest(const pool *pool, int64_t position, const kov_tap *taps, int64_t n,
                    kov_dtype dtype)
{
    for (int64_t plane = 0; plane < pool->planes; plane++) {
        int64_t place = plane * pool->out_plane + position;
        if (n == 0) {
            put_least(pool, place, dtype);
            continue;
        }
        int64_t best = plane * pool->in_plane + taps[0].data;
        for (int64_t t = 1; t < n; t++) {
            int64_t at = plane * pool->in_plane + taps[t].data;
            if (exceeds(pool, at, best))
                best = at;
        }
        if (pool->real)
            ((double *)pool->out)[place] = ((const double *)pool->data)[best];
        else
            ((int64_t *)pool->out)[place] = ((const int64_t *)pool->data)[best];
        pool->indices[place] = best % pool->index_modulus;
    }
}

/* Integers are rounded to nearest, ties to even. */
static void average(const pool *pool, int64_t position, const kov_tap *taps, int64_t n,
                    int64_t divisor)
{
    for (int64_t plane = 0; plane < pool->planes; plane++) {
        int64_t place = plane * pool->out_plane + position, first = plane * pool->in_plane;
        double sum = 0;
        for (int64_t t = 0; t < n; t++) {
            int64_t at = first + taps[t].data;
            sum += pool->real        ? ((const double *)pool->data)[at]
                   : pool->is_signed ? (double)((const int64_t *)pool->data)[at]
                                     : (double)((const uint64_t *)pool->data)[at];
        }
        double mean = divisor > 0 ? sum / (double)divisor : 0;
        if (pool->real)
            ((double *)pool->out)[place] = mean;
        else if (pool->is_signed)
            ((int64_t *)pool->out)[place] = (int64_t)rint(mean);
        else
            ((uint64_t *)pool->out)[place] = (uint64_t)rint(mean);
    }
}

static kov_status open_pool(const kov_eval *eval, bool with_indices, pool *pool)
{
    const kov_view *data = &eval->inputs[0], *output = &eval->outputs[0];
    kov_dtype wide = kov_elements_wide(data->dtype);
    void *loaded = NULL;
    pool->real = wide == KOV_DTYPE_F64;
    pool->is_signed = kov_dtype_is_signed(data->dtype);
    pool->planes = data->dims[0] * data->dims[1];
    pool->in_plane = kov_dims_product(data->dims, 2, data->ndim);
    pool->out_plane = kov_dims_product(output->dims, 2, output->ndim);
    pool->index_modulus = pool->in_plane;
    pool->out = kov_alloc(eval->context, (size_t)output->count * 8);
    if (with_indices)
        pool->indices = kov_alloc(eval->context, (size_t)output->count * sizeof(int64_t));
    if (!pool->out || (with_indices && !pool->indices))
        return KOV_OUT_OF_MEMORY;
    kov_status status = kov_elements_load(eval, data, wide, &loaded);
    pool->data = loaded;
    return status;
}

static kov_status close_pool(const kov_eval *eval, pool *pool, kov_status status)
{
    kov_dtype wide = pool->real ? KOV_DTYPE_F64 : KOV_DTYPE_I64;
    if (status == KOV_OK)
        status = kov_elements_store(&eval->outputs[0], wide, pool->out);
    if (status == KOV_OK && pool->indices)
        status = kov_elements_store(&eval->outputs[1], KOV_DTYPE_I64, pool->indices);
    kov_free(eval->context, (void *)pool->data);
    kov_free(eval->context, pool->out);
    kov_free(eval->context, pool->indices);
    return status;
}

/* A window may end beyond the padding, by rounding_type. What is there counts in averages as
 * padding does, as in OpenVINO's CPU plugin; but not if there is no padding, nor for ceil_torch. */
static bool counts_beyond(const kov_eval *eval, const kov_windows *windows)
{
    if (strcmp(eval->attrs[KOV_AVG_POOL_ROUNDING_TYPE].u.string, "ceil_torch") == 0)
        return false;
    for (int i = 0; i < windows->spatial; i++) {
        if (windows->at[i].pad_begin != 0 || windows->at[i].pad_end != 0)
            return true;
    }
    return false;
}

/* What a sum over the window at `index` is divided by when padding counts. */
static int64_t padded_count(const kov_windows *windows, const int64_t *index, bool beyond)
{
    if (beyond)
        return kov_windows_size(windows);
    int64_t count = 1;
    for (int i = 0; i < windows->spatial; i++) {
        const kov_window *window = &windows->at[i];
        int64_t start = index[i] * window->stride - window->pad_begin;
        int64_t end = start + window->size, last = windows->in[i] + window->pad_end;
        count *= (end < last ? end : last) - start;
    }
    return count;
}

static void slide(const kov_eval *eval, const pool *pool, const kov_windows *windows, kov_tap *taps)
{
    int64_t index[KOV_MAX_NDIM] = {0}, position = 0;
    bool exclude = !pool->indices && eval->attrs[KOV_AVG_POOL_EXCLUDE_PAD].u.boolean;
    bool beyond = !pool->indices && counts_beyond(eval, windows);
    do {
        int64_t n = kov_windows_taps(windows, index, taps);
        if (pool->indices)
            largest(pool, position, taps, n, eval->inputs[0].dtype);
        else
            average(pool, position, taps, n, exclude ? n : padded_count(windows, index, beyond));
        position++;
    } while (kov_index_next(windows->spatial, windows->out, index));
}

static kov_status eval_pool(kov_eval *eval, const kov_window_attrs *where, const char *auto_pad,
                            bool with_indices, int index_axis)
{
    const kov_view *data = &eval->inputs[0], *output = &eval->outputs[0];
    kov_window at[KOV_MAX_NDIM];
    kov_windows windows = {data->ndim - 2, at, data->dims + 2, output->dims + 2, false};
    if (output->count == 0)
        return KOV_OK;
    kov_windows_eval(eval, where, windows.spatial, at);
    for (int i = 0; i < windows.spatial; i++)
        kov_window_pad(&at[i], auto_pad, windows.in[i], windows.out[i]);
    pool pool = {0};
    kov_tap *taps = kov_alloc(eval->context, (size_t)kov_windows_size(&windows) * sizeof *taps);
    kov_status status = taps ? open_pool(eval, with_indices, &pool) : KOV_OUT_OF_MEMORY;
    pool.index_modulus = kov_dims_product(data->dims, index_axis, data->ndim);
    if (status == KOV_OK)
        slide(eval, &pool, &windows, taps);
    kov_free(eval->context, taps);
    return close_pool(eval, &pool, status);
}

kov_status kov_eval_max_pool(kov_eval *eval)
{
    int64_t axis = eval->attrs[KOV_MAX_POOL_AXIS].u.integer;
    return eval_pool(eval, &max_attrs, eval->attrs[KOV_MAX_POOL_AUTO_PAD].u.string, true,
                     (int)(axis < 0 ? axis + eval->inputs[0].ndim : axis));
}

kov_status kov_eval_avg_pool(kov_eval *eval)
{
    return eval_pool(eval, &avg_attrs, eval->attrs[KOV_AVG_POOL_AUTO_PAD].u.string, false, 2);
}

/* The inputs that adaptive output position `index` covers: from floor(i in / out) to
 * ceil((i + 1) in / out) along each axis. */
static int64_t adaptive_taps(int spatial, const int64_t *in, const int64_t *out,
                             const int64_t *index, kov_tap *taps)
{
    int64_t sizes[KOV_MAX_NDIM], starts[KOV_MAX_NDIM], k[KOV_MAX_NDIM] = {0}, n = 0;
    for (int i = 0; i < spatial; i++) {
        starts[i] = index[i] * in[i] / out[i];
        sizes[i] = ((index[i] + 1) * in[i] + out[i] - 1) / out[i] - starts[i];
    }
    do {
        int64_t at = 0;
        for (int i = 0; i < spatial; i++)
            at = at * in[i] + starts[i] + k[i];
        taps[n++] = (kov_tap){at, 0};
    } while (kov_index_next(spatial, sizes, k));
    return n;
}

static kov_status eval_adaptive(kov_eval *eval, bool with_indices)
{
    const kov_view *data = &eval->inputs[0], *output = &eval->outputs[0];
    int spatial = data->ndim - 2;
    if (output->count == 0)
        return KOV_OK;
    pool pool = {0};
    kov_status status = open_pool(eval, with_indices, &pool);
    kov_tap *taps = kov_alloc(eval->context, (size_t)pool.in_plane * sizeof *taps);
    if (!taps)
        status = KOV_OUT_OF_MEMORY;
    int64_t index[KOV_MAX_NDIM] = {0}, position = 0;
    while (status == KOV_OK) {
        int64_t n = adaptive_taps(spatial, data->dims + 2, output->dims + 2, index, taps);
        if (with_indices)
            largest(&pool, position, taps, n, data->dtype);
        else
            average(&pool, position, taps, n, n);
        position++;
        if (!kov_index_next(spatial, output->dims + 2, index))
            break;
    }
    kov_free(eval->context, taps);
    return close_pool(eval, &pool, status);
}

kov_status kov_eval_adaptive_avg_pool(kov_eval *eval)
{
    return eval_adaptive(eval, false);
}

kov_status kov_eval_adaptive_max_pool(kov_eval *eval)
{
    return eval_adaptive(eval, true);
}
