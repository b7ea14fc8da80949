/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: convolutions. Keras's kernels are spatial, in, out; OpenVINO's filters out, in,
 * spatial. */
#include "keras/nn/nn_window.h"
#include "keras_functions.h"

static const kov_window zeros;

/* Moves the last two axes of a kernel to the front, in this order. */
static kov_value filters_of(kov_builder *b, kov_value kernel, int n, int first, int second)
{
    int order[KOV_MAX_SPATIAL + 2] = {first, second};
    for (int i = 0; i < n; i++)
        order[i + 2] = i;
    return kov_permute(b, kernel, order, n + 2);
}

/* Filters O, I, spatial as G, O / G, I, spatial. */
static kov_value grouped(kov_builder *b, kov_value filters, int n, int64_t groups)
{
    int64_t dims[KOV_MAX_SPATIAL + 3] = {groups};
    int64_t outputs = kov_dim_number(b, filters, 0);
    if (outputs % groups != 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "conv: %lld filters do not divide into %lld groups",
                                (long long)outputs, (long long)groups);
    dims[1] = outputs / groups;
    for (int i = 0; i <= n; i++)
        dims[i + 2] = kov_dim_number(b, filters, i + 1);
    return kov_reshape_to(b, filters, dims, n + 3);
}

struct plan { /* what every convolution reads of its arguments */
    int n;
    bool first;
    kov_window strides, dilation;
    const char *auto_pad;
};

static struct plan plan_of(kov_builder *b, const char *function, kov_value *inputs,
                           kov_value *kernel, kov_ints strides, const char *padding,
                           const char *data_format, kov_ints dilation_rate)
{
    struct plan p = {.n = kov_spatial(b, function, *inputs)};
    p.first = kov_channels_first(b, function, data_format);
    p.strides = kov_window_of(b, function, "strides", strides, p.n, NULL);
    p.dilation = kov_window_of(b, function, "dilation_rate", dilation_rate, p.n, NULL);
    p.auto_pad = kov_auto_pad(b, function, padding);
    if (b->status == KOV_OK && kov_ndim(b, *kernel) != p.n + 2)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: inputs have %d dimensions and the kernel %d",
                         function, p.n + 2, kov_ndim(b, *kernel));
    kov_promote_pair(b, inputs, kernel);
    if (!p.first)
        *inputs = kov_to_channels_first(b, *inputs);
    return p;
}

static kov_value finish(kov_builder *b, const struct plan *p, kov_value y)
{
    return p->first ? y : kov_to_channels_last(b, y);
}

/* What convolutions of complex numbers pass on to those of their parts. */
struct convolution {
    enum { PLAIN, DEPTHWISE, TRANSPOSED } kind;
    kov_ints strides, output_padding, dilation;
    const char *padding, *data_format;
};

static kov_value convolve_parts(kov_builder *b, const void *how, kov_value x, kov_value kernel)
{
    const struct convolution *c = how;
    switch (c->kind) {
    case PLAIN:
        return kov_nn_conv(b, x, kernel, c->strides, c->padding, c->data_format, c->dilation);
    case DEPTHWISE:
        return kov_nn_depthwise_conv(b, x, kernel, c->strides, c->padding, c->data_format,
                                     c->dilation);
    default:
        return kov_nn_conv_transpose(b, x, kernel, c->strides, c->padding, c->output_padding,
                                     c->data_format, c->dilation);
    }
}

static bool any_complex(kov_builder *b, kov_value x, kov_value kernel)
{
    return kov_is_complex_value(b, x) || kov_is_complex_value(b, kernel);
}

static kov_value complex_convolution(kov_builder *b, const struct convolution *c, kov_value x,
                                     kov_value kernel)
{
    kov_promote_pair(b, &x, &kernel);
    return kov_complex_bilinear(b, convolve_parts, c, x, kernel);
}

kov_value kov_nn_conv(kov_builder *b, kov_value inputs, kov_value kernel, kov_ints strides,
                      const char *padding, const char *data_format, kov_ints dilation_rate)
{
    const struct convolution c = {PLAIN, strides, {NULL, 0}, dilation_rate, padding, data_format};
    if (any_complex(b, inputs, kernel))
        return complex_convolution(b, &c, inputs, kernel);
    struct plan p =
        plan_of(b, "conv", &inputs, &kernel, strides, padding, data_format, dilation_rate);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    int64_t channels = kov_dim_number(b, inputs, 1), taken = kov_dim_number(b, kernel, p.n);
    if (taken < 1 || channels < 1 || channels % taken != 0)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "conv: inputs have %lld channels, which %lld input channels of the kernel "
            "do not divide",
            (long long)channels, (long long)taken);
    kov_value filters = filters_of(b, kernel, p.n, p.n + 1, p.n), y;
    kov_ints pads = kov_window_ints(&zeros, p.n), steps = kov_window_ints(&p.strides, p.n);
    kov_ints dilation = kov_window_ints(&p.dilation, p.n);
    if (channels == taken)
        y = kov_convolution(b, inputs, filters, steps, pads, pads, dilation, p.auto_pad);
    else
        y = kov_group_convolution(b, inputs, grouped(b, filters, p.n, channels / taken), steps,
                                  pads, pads, dilation, p.auto_pad);
    return finish(b, &p, y);
}

/* The kernel is spatial, channels, multiplier; channel c gives outputs c * multiplier ... */
kov_value kov_nn_depthwise_conv(kov_builder *b, kov_value inputs, kov_value kernel,
                                kov_ints strides, const char *padding, const char *data_format,
                                kov_ints dilation_rate)
{
    const struct convolution c = {DEPTHWISE,     strides, {NULL, 0},
                                  dilation_rate, padding, data_format};
    if (any_complex(b, inputs, kernel))
        return complex_convolution(b, &c, inputs, kernel);
    struct plan p = plan_of(b, "depthwise_conv", &inputs, &kernel, strides, padding, data_format,
                            dilation_rate);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value filters = kov_unsqueeze_at(b, filters_of(b, kernel, p.n, p.n, p.n + 1), 2);
    kov_ints pads = kov_window_ints(&zeros, p.n);
    kov_value y = kov_group_convolution(b, inputs, filters, kov_window_ints(&p.strides, p.n), pads,
                                        pads, kov_window_ints(&p.dilation, p.n), p.auto_pad);
    return finish(b, &p, y);
}

kov_value kov_nn_separable_conv(kov_builder *b, kov_value inputs, kov_value depthwise_kernel,
                                kov_value pointwise_kernel, kov_ints strides, const char *padding,
                                const char *data_format, kov_ints dilation_rate)
{
    const int64_t one = 1;
    kov_ints ones = {&one, 1};
    kov_value y = kov_nn_depthwise_conv(b, inputs, depthwise_kernel, strides, padding, data_format,
                                        dilation_rate);
    bool is_point = true; /* a kernel of several places is dilated, too */
    for (int i = 0; i < kov_ndim(b, pointwise_kernel) - 2; i++)
        is_point = is_point && kov_dim_number(b, pointwise_kernel, i) == 1;
    return kov_nn_conv(b, y, pointwise_kernel, ones, "valid", data_format,
                       is_point ? ones : dilation_rate);
}

static bool is_moderate(int64_t number)
{
    return number >= -INT32_MAX && number <= INT32_MAX;
}

/* Keras's transposed convolution inserts stride - 1 zeros, pads by `left` and `right` and convolves
 * with the flipped kernel; OpenVINO cuts pads off the full result and may add zeros at its end. */
static void transposed_pads(int64_t kernel, int64_t stride, bool same,
                            const int64_t *output_padding, int64_t *begin, int64_t *end,
                            int64_t *extra)
{
    int64_t left, right;
    if (same) {
        int64_t all =
            output_padding ? kernel + kernel % 2 - 2 + *output_padding : kernel + stride - 2;
        left = all / 2 + all % 2 < kernel - 1 ? all / 2 + all % 2 : kernel - 1;
        right = all - left;
    } else {
        int64_t more =
            output_padding ? *output_padding : (kernel > stride ? kernel : stride) - kernel;
        left = kernel - 1;
        right = kernel - 1 + more;
    }
    *begin = kernel - 1 - left;
    *end = right > kernel - 1 ? 0 : kernel - 1 - right;
    *extra = right > kernel - 1 ? right - (kernel - 1) : 0;
}

kov_value kov_nn_conv_transpose(kov_builder *b, kov_value inputs, kov_value kernel,
                                kov_ints strides, const char *padding, kov_ints output_padding,
                                const char *data_format, kov_ints dilation_rate)
{
    const struct convolution c = {TRANSPOSED,    strides, output_padding,
                                  dilation_rate, padding, data_format};
    if (any_complex(b, inputs, kernel))
        return complex_convolution(b, &c, inputs, kernel);
    struct plan p = plan_of(b, "conv_transpose", &inputs, &kernel, strides, padding, data_format,
                            dilation_rate);
    kov_window begin, end, extra;
    if (output_padding.n > 1 && output_padding.n != p.n)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "conv_transpose: output_padding has %d numbers; give "
                         "one or %d",
                         output_padding.n, p.n);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < p.n; i++) {
        int64_t size;
        const int64_t *more =
            output_padding.n == 0 ? NULL : &output_padding.at[output_padding.n == 1 ? 0 : i];
        if (__builtin_mul_overflow(kov_dim_number(b, kernel, i) - 1, p.dilation.at[i], &size) ||
            !is_moderate(size) || !is_moderate(p.strides.at[i]) || (more && !is_moderate(*more)))
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                    "conv_transpose: strides, dilation or output_padding of "
                                    "dimension %d are too large",
                                    i);
        transposed_pads(size + 1, p.strides.at[i], p.auto_pad[0] == 's', more, &begin.at[i],
                        &end.at[i], &extra.at[i]);
    }
    kov_value filters = filters_of(b, kernel, p.n, p.n + 1, p.n); /* in, out, spatial */
    kov_value y = kov_convolution_backprop_data(
        b, inputs, filters, KOV_VALUE_NONE, kov_window_ints(&p.strides, p.n),
        kov_window_ints(&begin, p.n), kov_window_ints(&end, p.n), kov_window_ints(&p.dilation, p.n),
        "explicit", kov_window_ints(&extra, p.n));
    return finish(b, &p, y);
}
