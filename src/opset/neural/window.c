/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/neural/window.h"

#include "base/status.h"

#include <string.h>

static int64_t entry(const kov_attr *attrs, int attr, int axis, int64_t otherwise)
{
    if (attr < 0 || attrs[attr].u.ints.n <= axis)
        return otherwise;
    return attrs[attr].u.ints.at[axis];
}

static void windows_of(const kov_attr *attrs, const kov_window_attrs *where, int spatial,
                       kov_window *out)
{
    for (int i = 0; i < spatial; i++)
        out[i] = (kov_window){.size = entry(attrs, where->kernel, i, 0),
                              .stride = entry(attrs, where->strides, i, 1),
                              .dilation = entry(attrs, where->dilations, i, 1),
                              .pad_begin = entry(attrs, where->pads_begin, i, 0),
                              .pad_end = entry(attrs, where->pads_end, i, 0),
                              .output_padding = entry(attrs, where->output_padding, i, 0)};
}

/* Attribute lengths and ranges; numbers stay small enough for sums and products of three. */
static kov_status check_attr(const kov_infer *infer, int attr, int spatial, int64_t least,
                             bool required)
{
    const int64_t most = INT64_C(1) << 31;
    if (attr < 0)
        return KOV_OK;
    kov_ints ints = infer->attrs[attr].u.ints;
    if (ints.n != spatial && (ints.n != 0 || required))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "%s must have %d numbers, it has %d",
                              infer->op->attrs[attr].name, spatial, ints.n);
    for (int i = 0; i < ints.n; i++) {
        if (ints.at[i] < least || ints.at[i] > most)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "%s must be at least %lld, not %lld",
                                  infer->op->attrs[attr].name, (long long)least,
                                  (long long)ints.at[i]);
    }
    return KOV_OK;
}

static bool is_same(const char *auto_pad)
{
    return strcmp(auto_pad, "same_upper") == 0 || strcmp(auto_pad, "same_lower") == 0;
}

static kov_status check_auto_pad(const kov_infer *infer, const char *auto_pad)
{
    if (is_same(auto_pad) || strcmp(auto_pad, "explicit") == 0 || strcmp(auto_pad, "valid") == 0 ||
        strcmp(auto_pad, "notset") == 0)
        return KOV_OK;
    return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "there is no auto_pad \"%s\"", auto_pad);
}

kov_status kov_windows_infer(const kov_infer *infer, const kov_window_attrs *where, int spatial,
                             kov_window *out)
{
    KOV_TRY(check_attr(infer, where->strides, spatial, 1, false));
    KOV_TRY(check_attr(infer, where->dilations, spatial, 1, false));
    KOV_TRY(check_attr(infer, where->pads_begin, spatial, -(INT64_C(1) << 31), false));
    KOV_TRY(check_attr(infer, where->pads_end, spatial, -(INT64_C(1) << 31), false));
    KOV_TRY(check_attr(infer, where->output_padding, spatial, 0, false));
    KOV_TRY(check_attr(infer, where->kernel, spatial, 1, true));
    windows_of(infer->attrs, where, spatial, out);
    return KOV_OK;
}

void kov_windows_eval(const kov_eval *eval, const kov_window_attrs *where, int spatial,
                      kov_window *out)
{
    windows_of(eval->attrs, where, spatial, out);
}

/* in + padding - extent of the window, all plus `more`. */
static kov_dim room_of(kov_dims *dims, const kov_window *window, int64_t padding, kov_dim in,
                       int64_t more)
{
    int64_t least = padding + window->dilation - 1 + more;
    if (kov_dim_is_number(in) && in + least < 0)
        return kov_dim_unknown(dims);
    if (kov_dim_is_number(window->size))
        return kov_dim_add_number(dims, in,
                                  padding - window->dilation * (window->size - 1) - 1 + more);
    kov_dim kernel = kov_dim_mul(dims, window->size, window->dilation);
    return kov_dim_sub(dims, kov_dim_add_number(dims, in, least), kernel);
}

static kov_status forward_number(const kov_infer *infer, const kov_window *window, int64_t padding,
                                 int64_t pad_begin, const char *rounding, int64_t in, int64_t *out)
{
    int64_t extent, room;
    if (__builtin_mul_overflow(window->dilation, window->size - 1, &extent) ||
        __builtin_sub_overflow(in + padding, ++extent, &room) || room < 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "a window of %lld does not fit %lld inputs with padding of %lld",
                              (long long)extent, (long long)in, (long long)padding);
    bool ceil = strcmp(rounding, "floor") != 0;
    *out = (room + (ceil ? window->stride - 1 : 0)) / window->stride + 1;
    if (strcmp(rounding, "ceil_torch") == 0 && (*out - 1) * window->stride >= in + pad_begin)
        --*out;
    return KOV_OK;
}

kov_status kov_window_forward(const kov_infer *infer, const kov_window *window,
                              const char *auto_pad, const char *rounding, kov_dim in, kov_dim *out)
{
    kov_dims *dims = infer->dims;
    KOV_TRY(check_auto_pad(infer, auto_pad));
    if (is_same(auto_pad)) {
        *out = kov_dim_ceil_div(dims, in, window->stride);
        return KOV_OK;
    }
    bool valid = strcmp(auto_pad, "valid") == 0;
    int64_t padding = valid ? 0 : window->pad_begin + window->pad_end;
    if (kov_dim_is_number(in) && kov_dim_is_number(window->size))
        return forward_number(infer, window, padding, valid ? 0 : window->pad_begin, rounding, in,
                              out);
    kov_dim room = room_of(dims, window, padding, in, window->stride);
    if (strcmp(rounding, "floor") == 0) {
        *out = kov_dim_floor_div(dims, room, window->stride);
        return KOV_OK;
    }
    *out = kov_dim_ceil_div(dims, room, window->stride);
    if (strcmp(rounding, "ceil_torch") == 0) {
        kov_dim starts = kov_dim_add_number(dims, in, valid ? 0 : window->pad_begin);
        *out = kov_dim_min(dims, *out, kov_dim_ceil_div(dims, starts, window->stride));
    }
    return KOV_OK;
}

kov_status kov_window_backward(const kov_infer *infer, const kov_window *window,
                               const char *auto_pad, kov_dim in, kov_dim *out)
{
    kov_dims *dims = infer->dims;
    KOV_TRY(check_auto_pad(infer, auto_pad));
    bool padded = strcmp(auto_pad, "explicit") == 0 || strcmp(auto_pad, "notset") == 0;
    int64_t padding = padded ? window->pad_begin + window->pad_end : 0;
    int64_t more = window->output_padding - padding - window->stride + 1 - window->dilation;
    if (kov_dim_is_number(in) && kov_dim_is_number(window->size)) {
        int64_t spread, kernel, size;
        if (__builtin_mul_overflow(in, window->stride, &spread) ||
            __builtin_mul_overflow(window->dilation, window->size, &kernel) ||
            __builtin_add_overflow(spread, kernel + more, &size) || size < 0)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "padding of %lld leaves no output of %lld inputs",
                                  (long long)padding, (long long)in);
        *out = size;
        return KOV_OK;
    }
    kov_dim spread = kov_dim_mul(dims, in, window->stride);
    kov_dim kernel = kov_dim_mul(dims, window->size, window->dilation);
    *out = kov_dim_add_number(dims, kov_dim_add(dims, spread, kernel), more);
    return KOV_OK;
}

void kov_window_pad(kov_window *window, const char *auto_pad, int64_t in, int64_t out)
{
    if (strcmp(auto_pad, "valid") == 0)
        window->pad_begin = window->pad_end = 0;
    if (!is_same(auto_pad))
        return;
    int64_t total = (out - 1) * window->stride + window->dilation * (window->size - 1) + 1 - in;
    total = total > 0 ? total : 0;
    bool upper = strcmp(auto_pad, "same_upper") == 0;
    window->pad_begin = upper ? total / 2 : total - total / 2;
    window->pad_end = total - window->pad_begin;
}

void kov_window_pad_backward(kov_window *window, const char *auto_pad, bool has_output_shape,
                             int64_t in, int64_t out)
{
    bool padded = strcmp(auto_pad, "explicit") == 0 || strcmp(auto_pad, "notset") == 0;
    if (!padded)
        window->pad_begin = window->pad_end = 0;
    if (!has_output_shape || !is_same(auto_pad))
        return;
    int64_t total = (in - 1) * window->stride + window->dilation * (window->size - 1) + 1 +
                    window->output_padding - out;
    total = total > 0 ? total : 0;
    /* The larger half is cut off in front: the other way round than a convolution pads. */
    bool upper = strcmp(auto_pad, "same_upper") == 0;
    window->pad_begin = upper ? total - total / 2 : total / 2;
    window->pad_end = total - window->pad_begin;
}

int64_t kov_windows_size(const kov_windows *windows)
{
    int64_t size = 1;
    for (int i = 0; i < windows->spatial; i++)
        size *= windows->at[i].size;
    return size;
}

bool kov_index_next(int ndim, const int64_t *dims, int64_t *index)
{
    for (int i = ndim - 1; i >= 0; i--) {
        if (++index[i] < dims[i])
            return true;
        index[i] = 0;
    }
    return false;
}

/* The input that kernel element k of output o meets along one axis; false if there is none. */
static bool meet(const kov_windows *windows, int axis, int64_t o, int64_t k, int64_t *in)
{
    const kov_window *window = &windows->at[axis];
    if (windows->transposed) {
        int64_t spread = o + window->pad_begin - k * window->dilation;
        if (spread < 0 || spread % window->stride != 0)
            return false;
        *in = spread / window->stride;
    } else {
        *in = o * window->stride + k * window->dilation - window->pad_begin;
    }
    return *in >= 0 && *in < windows->in[axis];
}

int64_t kov_windows_taps(const kov_windows *windows, const int64_t *index, kov_tap *taps)
{
    int64_t sizes[KOV_MAX_NDIM], k[KOV_MAX_NDIM] = {0};
    for (int i = 0; i < windows->spatial; i++)
        sizes[i] = windows->at[i].size;
    int64_t n = 0, kernel = 0;
    if (kov_windows_size(windows) == 0)
        return 0;
    do {
        int64_t data = 0, in = 0;
        int axis = 0;
        for (; axis < windows->spatial && meet(windows, axis, index[axis], k[axis], &in); axis++)
            data = data * windows->in[axis] + in;
        if (axis == windows->spatial)
            taps[n++] = (kov_tap){data, kernel};
        kernel++;
    } while (kov_index_next(windows->spatial, sizes, k));
    return n;
}
