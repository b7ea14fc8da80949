/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/infer.h"
#include "base/status.h"
#include "tensor/convert.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

kov_status kov_infer_fail(const kov_infer *infer, kov_status status, const char *format, ...)
{
    char reason[512], shapes[512] = "";
    va_list list;
    va_start(list, format);
    vsnprintf(reason, sizeof reason, format, list);
    va_end(list);
    size_t used = 0;
    for (int i = 0; i < infer->input_count && used + 4 < sizeof shapes; i++) {
        const kov_infer_input *input = &infer->inputs[i];
        if (input->ndim < 0)
            continue;
        char shape[160];
        kov_dims_print(infer->dims, input->ndim, input->dims, shape, sizeof shape);
        used += (size_t)snprintf(shapes + used, sizeof shapes - used, "%s%s%s", used ? ", " : "",
                                 kov_dtype_keras_name(input->dtype), shape);
    }
    return kov_fail(status, "%s: %s (inputs: %s)", infer->op->name, reason, used ? shapes : "none");
}

/* Integer element i of a tensor at hand. */
static bool tensor_integer(const kov_tensor *tensor, int i, int64_t *out)
{
    kov_dtype dtype = kov_tensor_dtype(tensor);
    if (!kov_dtype_is_integer(dtype) && dtype != KOV_DTYPE_BOOL)
        return false;
    size_t size = (size_t)kov_dtype_bits(dtype) / 8;
    const char *data = kov_tensor_data(tensor);
    return kov_convert(dtype, data + size * (size_t)i, KOV_DTYPE_I64, out, 1) == KOV_OK &&
           !(dtype == KOV_DTYPE_U64 && *out < 0); /* past INT64_MAX */
}

int64_t kov_infer_count(const kov_infer *infer, int input)
{
    const kov_infer_input *in = &infer->inputs[input];
    int64_t count = 1;
    for (int i = 0; i < in->ndim; i++) {
        if (!kov_dim_is_number(in->dims[i]))
            return -1;
        if (__builtin_mul_overflow(count, in->dims[i], &count))
            return -1;
    }
    return count;
}

/* Element i of a tensor at hand, INT64_MIN as `least`. */
static kov_content_element element(const kov_infer *infer, int input, int i,
                                   kov_content_element least)
{
    const kov_infer_input *in = &infer->inputs[input];
    kov_content_element unknown = {0};
    int64_t number;
    if (in->content && i < in->content->n && in->content->at[i].known)
        return in->content->at[i];
    if (!in->tensor || i >= kov_tensor_count(in->tensor) || !tensor_integer(in->tensor, i, &number))
        return unknown;
    return number == INT64_MIN
               ? least
               : (kov_content_element){true, number < 0, number < 0 ? -number : number};
}

kov_content_element kov_infer_element(const kov_infer *infer, int input, int i)
{
    return element(infer, input, i, (kov_content_element){0});
}

kov_content_element kov_infer_bound(const kov_infer *infer, int input, int i)
{
    return element(infer, input, i, (kov_content_element){true, true, INT64_MAX});
}

kov_status kov_infer_ints(const kov_infer *infer, int input, int64_t *out, int capacity, int *count)
{
    int64_t n = kov_infer_count(infer, input);
    const char *name = infer->op->input_names[input];
    if (infer->inputs[input].ndim > 1 || n < 0 || n > capacity)
        return kov_infer_fail(infer, KOV_UNKNOWN_VALUE,
                              "input %s must hold at most %d known numbers", name, capacity);
    for (int i = 0; i < (int)n; i++) {
        kov_content_element e = kov_infer_bound(infer, input, i);
        if (!e.known || !kov_dim_is_number(e.dim))
            return kov_infer_fail(infer, KOV_UNKNOWN_VALUE,
                                  "the content of input %s must be known when the graph is built",
                                  name);
        out[i] = e.negative ? -e.dim : e.dim;
    }
    *count = (int)n;
    return KOV_OK;
}

bool kov_infer_number(const kov_infer *infer, int input, int i, double *out)
{
    const kov_infer_input *in = &infer->inputs[input];
    if (in->tensor && i < kov_tensor_count(in->tensor)) {
        kov_dtype dtype = kov_tensor_dtype(in->tensor);
        size_t size = (size_t)kov_dtype_bits(dtype) / 8;
        const char *data = kov_tensor_data(in->tensor);
        return kov_convert(dtype, data + size * (size_t)i, KOV_DTYPE_F64, out, 1) == KOV_OK;
    }
    kov_content_element e = kov_infer_element(infer, input, i);
    if (!e.known || !kov_dim_is_number(e.dim))
        return false;
    *out = e.negative ? -(double)e.dim : (double)e.dim;
    return true;
}

kov_content_element *kov_infer_content(kov_infer *infer, int output, int n)
{
    kov_content *content = kov_arena_alloc(infer->arena, sizeof *content);
    kov_content_element *at = kov_arena_alloc(infer->arena, sizeof *at * (size_t)(n ? n : 1));
    if (!content || !at)
        return NULL;
    content->n = n;
    content->at = at;
    infer->outputs[output].content = content;
    return at;
}

kov_status kov_infer_axis(const kov_infer *infer, int64_t axis, int ndim, int *out)
{
    if (axis < -ndim || axis >= ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "axis %lld is out of range for %d dimensions; use %d to %d",
                              (long long)axis, ndim, -ndim, ndim - 1);
    *out = (int)(axis < 0 ? axis + ndim : axis);
    return KOV_OK;
}

void kov_infer_set(kov_infer *infer, int output, kov_dtype dtype, int ndim, const kov_dim *dims)
{
    kov_infer_output *out = &infer->outputs[output];
    out->dtype = dtype;
    out->ndim = ndim;
    if (ndim > 0)
        memmove(out->dims, dims, sizeof *dims * (size_t)ndim);
    out->content = NULL;
}

kov_status kov_infer_broadcast(kov_infer *infer, int a_ndim, const kov_dim *a, int b_ndim,
                               const kov_dim *b, int *ndim, kov_dim *out)
{
    int n = a_ndim > b_ndim ? a_ndim : b_ndim;
    kov_dim joined[KOV_MAX_NDIM];
    for (int i = 0; i < n; i++) {
        kov_dim x = i < n - a_ndim ? 1 : a[i - (n - a_ndim)];
        kov_dim y = i < n - b_ndim ? 1 : b[i - (n - b_ndim)];
        if (x >= 0 && y >= 0 && x != y && x != 1 && y != 1)
            return kov_infer_fail(
                infer, KOV_INVALID_ARGUMENT,
                "shapes do not broadcast: dimension %d is %lld and %lld; they must "
                "be equal or one of them 1",
                i - n, (long long)x, (long long)y);
        joined[i] = kov_dim_broadcast(infer->dims, x, y);
    }
    *ndim = n;
    memcpy(out, joined, sizeof *out * (size_t)n);
    return KOV_OK;
}
