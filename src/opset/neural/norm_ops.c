/* SPDX-License-Identifier: Apache-2.0 */
/* BatchNormInference, MVN, NormalizeL2. */
#include "opset/elements.h"
#include "opset/neural/window.h"

#include <math.h>
#include <string.h>

static kov_status check_float(const kov_infer *infer, int input)
{
    if (kov_dtype_is_float(infer->inputs[input].dtype))
        return KOV_OK;
    return kov_infer_fail(infer, KOV_TYPE_ERROR, "input %s must hold floating-point numbers",
                          infer->op->input_names[input]);
}

kov_status kov_infer_batch_norm(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    KOV_TRY(check_float(infer, 0));
    KOV_TRY(kov_infer_rank(infer, 0, 2));
    kov_dim dims[KOV_MAX_NDIM];
    memcpy(dims, data->dims, (size_t)data->ndim * sizeof *dims);
    for (int i = 1; i < 5; i++) {
        KOV_TRY(kov_infer_same_dtype(infer, 0, i));
        if (infer->inputs[i].ndim != 1)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "input %s must have one dimension",
                                  infer->op->input_names[i]);
        KOV_TRY(kov_infer_match(infer, "channels of data and of its parameters", dims[1],
                                infer->inputs[i].dims[0], &dims[1]));
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

kov_status kov_eval_batch_norm(kov_eval *eval)
{
    enum { DATA, GAMMA, BETA, MEAN, VARIANCE, INPUTS };
    const kov_view *data = &eval->inputs[0];
    double epsilon = eval->attrs[KOV_BATCH_NORM_INFERENCE_EPSILON].u.real;
    void *loaded[INPUTS] = {0};
    kov_status status = KOV_OK;
    for (int i = 0; i < INPUTS && status == KOV_OK; i++)
        status = kov_elements_load(eval, &eval->inputs[i], KOV_DTYPE_F64, &loaded[i]);
    if (status == KOV_OK) {
        double *x = loaded[DATA];
        const double *gamma = loaded[GAMMA], *beta = loaded[BETA];
        const double *mean = loaded[MEAN], *variance = loaded[VARIANCE];
        int64_t channels = data->dims[1], plane = kov_dims_product(data->dims, 2, data->ndim);
        for (int64_t i = 0; i < data->count; i++) {
            int64_t c = i / plane % channels;
            x[i] = (x[i] - mean[c]) / sqrt(variance[c] + epsilon) * gamma[c] + beta[c];
        }
        status = kov_elements_store(&eval->outputs[0], KOV_DTYPE_F64, x);
    }
    for (int i = 0; i < INPUTS; i++)
        kov_free(eval->context, loaded[i]);
    return status;
}

kov_status kov_infer_mvn(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0], *axes = &infer->inputs[1];
    KOV_TRY(check_float(infer, 0));
    KOV_TRY(kov_infer_integer(infer, 1));
    if (axes->ndim > 1)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "axes must have one dimension");
    int64_t count = kov_infer_count(infer, 1);
    for (int i = 0; i < (int)(count < KOV_MAX_NDIM ? count : KOV_MAX_NDIM); i++) {
        kov_content_element e = kov_infer_element(infer, 1, i);
        int axis;
        if (e.known && kov_dim_is_number(e.dim))
            KOV_TRY(kov_infer_axis(infer, e.negative ? -e.dim : e.dim, data->ndim, &axis));
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, data->dims);
    return KOV_OK;
}

/* Data in double, walked group by group: a group is what the axes span. */
typedef struct grouped {
    double *x;
    int outer_ndim, inner_ndim;
    int64_t outer[KOV_MAX_NDIM], inner[KOV_MAX_NDIM];
    int64_t outer_stride[KOV_MAX_NDIM], inner_stride[KOV_MAX_NDIM];
    int64_t inner_count;
} grouped;

static kov_status open_groups(const kov_eval *eval, grouped *out)
{
    const kov_view *data = &eval->inputs[0], *axes = &eval->inputs[1];
    bool reduced[KOV_MAX_NDIM] = {false};
    int64_t *at;
    void *x;
    KOV_TRY(kov_elements_indices(eval, 1, data->ndim, &at));
    for (int64_t i = 0; i < axes->count; i++)
        reduced[at[i]] = true;
    kov_free(eval->context, at);
    *out = (grouped){.inner_count = 1};
    int64_t stride = 1;
    for (int i = data->ndim - 1; i >= 0; i--) {
        if (reduced[i]) {
            out->inner[out->inner_ndim] = data->dims[i];
            out->inner_stride[out->inner_ndim++] = stride;
            out->inner_count *= data->dims[i];
        } else {
            out->outer[out->outer_ndim] = data->dims[i];
            out->outer_stride[out->outer_ndim++] = stride;
        }
        stride *= data->dims[i];
    }
    KOV_TRY(kov_elements_load(eval, data, KOV_DTYPE_F64, &x));
    out->x = x;
    return KOV_OK;
}

static int64_t offset_of(int ndim, const int64_t *index, const int64_t *strides)
{
    int64_t offset = 0;
    for (int i = 0; i < ndim; i++)
        offset += index[i] * strides[i];
    return offset;
}

/* The sum over the group at x of (element - center) to the power of 1 or 2. */
static double group_sum(const grouped *g, const double *x, double center, bool squared)
{
    int64_t index[KOV_MAX_NDIM] = {0};
    double sum = 0;
    do {
        double d = x[offset_of(g->inner_ndim, index, g->inner_stride)] - center;
        sum += squared ? d * d : d;
    } while (kov_index_next(g->inner_ndim, g->inner, index));
    return sum;
}

/* Every element of the group becomes (element - center) / divisor. */
static void group_scale(const grouped *g, double *x, double center, double divisor)
{
    int64_t index[KOV_MAX_NDIM] = {0};
    do {
        double *at = &x[offset_of(g->inner_ndim, index, g->inner_stride)];
        *at = (*at - center) / divisor;
    } while (kov_index_next(g->inner_ndim, g->inner, index));
}

typedef void (*group_function)(const kov_eval *eval, const grouped *g, double *x);

static void normalize_mean_variance(const kov_eval *eval, const grouped *g, double *x)
{
    double n = (double)g->inner_count, eps = eval->attrs[KOV_MVN_EPS].u.real, divisor = 1;
    bool inside = strcmp(eval->attrs[KOV_MVN_EPS_MODE].u.string, "inside_sqrt") == 0;
    double mean = group_sum(g, x, 0, false) / n;
    if (eval->attrs[KOV_MVN_NORMALIZE_VARIANCE].u.boolean) {
        double variance = group_sum(g, x, mean, true) / n;
        divisor = inside ? sqrt(variance + eps) : sqrt(variance) + eps;
    }
    group_scale(g, x, mean, divisor);
}

static void normalize_length(const kov_eval *eval, const grouped *g, double *x)
{
    double eps = eval->attrs[KOV_NORMALIZE_L2_EPS].u.real, sum = group_sum(g, x, 0, true);
    bool add = strcmp(eval->attrs[KOV_NORMALIZE_L2_EPS_MODE].u.string, "add") == 0;
    group_scale(g, x, 0, sqrt(add ? sum + eps : fmax(sum, eps)));
}

static kov_status eval_groups(kov_eval *eval, group_function function)
{
    grouped g;
    if (eval->outputs[0].count == 0)
        return KOV_OK;
    KOV_TRY(open_groups(eval, &g));
    int64_t index[KOV_MAX_NDIM] = {0};
    do
        function(eval, &g, g.x + offset_of(g.outer_ndim, index, g.outer_stride));
    while (kov_index_next(g.outer_ndim, g.outer, index));
    kov_status status = kov_elements_store(&eval->outputs[0], KOV_DTYPE_F64, g.x);
    kov_free(eval->context, g.x);
    return status;
}

kov_status kov_eval_mvn(kov_eval *eval)
{
    return eval_groups(eval, normalize_mean_variance);
}

kov_status kov_eval_normalize_l2(kov_eval *eval)
{
    return eval_groups(eval, normalize_length);
}
