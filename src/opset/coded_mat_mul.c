/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/coded_mat_mul.h"
#include "base/memory.h"
#include "graph/eval.h"
#include "graph/infer.h"
#include "opset/elements.h"

#include <string.h>

kov_code_layout kov_code_layout_of(const char *name)
{
    if (strcmp(name, "columns") == 0)
        return KOV_CODE_COLUMNS;
    return strcmp(name, "rows") == 0 ? KOV_CODE_ROWS : KOV_CODE_BYTES;
}

static int code_at(const kov_coded *w, int64_t k, int64_t n)
{
    int64_t stride = kov_coded_stride(w);
    if (w->layout == KOV_CODE_BYTES) {
        uint8_t byte = w->codes[k * stride + n];
        return w->type == KOV_DTYPE_I8 ? (int8_t)byte : byte;
    }
    bool rows = w->layout == KOV_CODE_ROWS;
    uint8_t byte = w->codes[(rows ? k / 2 : k) * stride + (rows ? n : n / 2)];
    int code = ((rows ? k : n) % 2 ? byte >> 4 : byte) & 15;
    return w->type == KOV_DTYPE_I4 ? (code ^ 8) - 8 : code;
}

void kov_coded_row(const kov_coded *w, int64_t k, int64_t first, int64_t count, float *out)
{
    const int64_t group = w->groups ? w->groups[k] : 0;
    for (int64_t j = 0; j < count; j++) {
        const int64_t n = first + j, at = group * w->n + n;
        float value = (float)code_at(w, k, n);
        if (w->zero)
            value -= w->zero_type == KOV_DTYPE_I8 ? (float)((const int8_t *)w->zero)[at]
                                                  : (float)((const uint8_t *)w->zero)[at];
        if (w->scale)
            value = w->divide ? value / w->scale[at] : value * w->scale[at];
        out[j] = value;
    }
}

bool kov_coded_groups_fit(const kov_coded *w)
{
    for (int64_t k = 0; w->groups && k < w->k; k++) {
        if (w->groups[k] < 0 || w->groups[k] >= w->group_count)
            return false;
    }
    return true;
}

/* ---- inference ---- */

static bool given(const kov_infer *infer, int input)
{
    return infer->input_count > input && infer->inputs[input].ndim >= 0;
}

static bool is_byte(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_I8 || dtype == KOV_DTYPE_U8;
}

static bool is_matrix(const kov_infer_input *x)
{
    return x->ndim == 2 && kov_dim_is_number(x->dims[0]) && kov_dim_is_number(x->dims[1]);
}

static kov_status check_types(const kov_infer *infer)
{
    const kov_infer_input *in = infer->inputs;
    bool integer = in[KOV_CODED_DATA].dtype == KOV_DTYPE_I8;
    bool zero = given(infer, KOV_CODED_ZERO), scale = given(infer, KOV_CODED_SCALE);
    if ((!integer && in[KOV_CODED_DATA].dtype != KOV_DTYPE_F32) ||
        !is_byte(in[KOV_CODED_CODES].dtype) || (zero && !is_byte(in[KOV_CODED_ZERO].dtype)) ||
        (scale && in[KOV_CODED_SCALE].dtype != KOV_DTYPE_F32) ||
        (given(infer, KOV_CODED_GROUPS) && in[KOV_CODED_GROUPS].dtype != KOV_DTYPE_I32))
        return kov_infer_fail(infer, KOV_TYPE_ERROR,
                              "data must be float32 or int8, codes and zero bytes, scale float32, "
                              "groups int32");
    if (integer && (zero || scale))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "int8 data takes neither zero nor scale");
    return KOV_OK;
}

/* zero and scale are (G, N), G being 1 without groups. */
static kov_status check_scaling(const kov_infer *infer, int64_t k, int64_t n)
{
    const bool grouped = given(infer, KOV_CODED_GROUPS);
    for (int i = KOV_CODED_ZERO; i <= KOV_CODED_SCALE; i++) {
        const kov_infer_input *x = &infer->inputs[i];
        if (given(infer, i) &&
            (!is_matrix(x) || x->dims[1] != n || x->dims[0] < 1 || (!grouped && x->dims[0] != 1)))
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "zero and scale must have a row for each group and %lld columns",
                                  (long long)n);
    }
    if (grouped &&
        (infer->inputs[KOV_CODED_GROUPS].ndim != 1 || infer->inputs[KOV_CODED_GROUPS].dims[0] != k))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "groups must be %lld numbers",
                              (long long)k);
    return KOV_OK;
}

kov_status kov_infer_coded_mat_mul(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[KOV_CODED_DATA];
    const kov_infer_input *codes = &infer->inputs[KOV_CODED_CODES];
    kov_code_layout layout = kov_code_layout_of(infer->attrs[KOV_CODED_MAT_MUL_LAYOUT].u.string);
    int64_t n = kov_infer_int(infer, KOV_CODED_MAT_MUL_COLUMNS);
    KOV_TRY(check_types(infer));
    if (data->ndim < 1 || !is_matrix(codes) || !kov_dim_is_number(data->dims[data->ndim - 1]))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "codes must be a matrix and data have rows of known length");
    int64_t k = data->dims[data->ndim - 1];
    int64_t rows = layout == KOV_CODE_ROWS ? k / 2 + k % 2 : k;
    int64_t columns = layout == KOV_CODE_COLUMNS ? n / 2 + n % 2 : n;
    if (n < 0 || codes->dims[0] != rows || codes->dims[1] != columns)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "codes must be %lld by %lld",
                              (long long)rows, (long long)columns);
    KOV_TRY(check_scaling(infer, k, n));
    kov_dim dims[KOV_MAX_NDIM];
    memcpy(dims, data->dims, sizeof *dims * (size_t)data->ndim);
    dims[data->ndim - 1] = n;
    kov_infer_set(infer, 0, data->dtype == KOV_DTYPE_I8 ? KOV_DTYPE_I32 : KOV_DTYPE_F32, data->ndim,
                  dims);
    return KOV_OK;
}

/* ---- evaluate ---- */

static const void *data_of(const kov_eval *eval, int input)
{
    return eval->input_count > input && eval->inputs[input].ndim >= 0 ? eval->inputs[input].data
                                                                      : NULL;
}

static int64_t group_count(const kov_eval *eval)
{
    int64_t rows = INT64_MAX;
    for (int i = KOV_CODED_ZERO; i <= KOV_CODED_SCALE; i++) {
        if (data_of(eval, i) && eval->inputs[i].dims[0] < rows)
            rows = eval->inputs[i].dims[0];
    }
    return rows;
}

/* Sums in double: of int8 exact, of float32 the reference that kernels are measured against. */
kov_status kov_eval_coded_mat_mul(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[KOV_CODED_DATA], *out = &eval->outputs[0];
    const kov_coded w = {
        .layout = kov_code_layout_of(eval->attrs[KOV_CODED_MAT_MUL_LAYOUT].u.string),
        .type = eval->attrs[KOV_CODED_MAT_MUL_CODE_TYPE].u.dtype,
        .k = data->dims[data->ndim - 1],
        .n = eval->attrs[KOV_CODED_MAT_MUL_COLUMNS].u.integer,
        .codes = data_of(eval, KOV_CODED_CODES),
        .zero_type =
            data_of(eval, KOV_CODED_ZERO) ? eval->inputs[KOV_CODED_ZERO].dtype : KOV_DTYPE_I8,
        .zero = data_of(eval, KOV_CODED_ZERO),
        .scale = data_of(eval, KOV_CODED_SCALE),
        .divide = eval->attrs[KOV_CODED_MAT_MUL_DIVIDE].u.boolean,
        .groups = data_of(eval, KOV_CODED_GROUPS),
        .group_count = group_count(eval),
    };
    if (out->count == 0)
        return KOV_OK;
    if (!kov_coded_groups_fit(&w))
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "a group has no row of zero and scale");
    const int64_t rows = out->count / w.n;
    double *sums = kov_alloc(eval->context, sizeof *sums * (size_t)out->count);
    float *row = kov_alloc(eval->context, sizeof *row * (size_t)w.n);
    kov_status status = sums && row ? KOV_OK : KOV_OUT_OF_MEMORY;
    if (status != KOV_OK)
        goto fail;
    memset(sums, 0, sizeof *sums * (size_t)out->count);
    for (int64_t k = 0; k < w.k; k++) {
        kov_coded_row(&w, k, 0, w.n, row);
        for (int64_t i = 0; i < rows; i++) {
            double x = data->dtype == KOV_DTYPE_I8 ? ((const int8_t *)data->data)[i * w.k + k]
                                                   : ((const float *)data->data)[i * w.k + k];
            for (int64_t j = 0; j < w.n; j++)
                sums[i * w.n + j] += x * row[j];
        }
    }
    for (int64_t i = 0; i < out->count; i++) {
        if (out->dtype == KOV_DTYPE_I32)
            ((int32_t *)out->data)[i] = (int32_t)(uint32_t)(int64_t)sums[i];
        else
            ((float *)out->data)[i] = (float)sums[i];
    }
fail:
    kov_free(eval->context, sums);
    kov_free(eval->context, row);
    return status;
}
