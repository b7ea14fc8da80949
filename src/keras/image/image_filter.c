/* SPDX-License-Identifier: Apache-2.0 */
/* Module image: filters of small kernels. Every channel of every image is a batch item of one
 * channel. */
#include "keras/image/image_filter.h"
#include "keras/image/image_layout.h"
#include "keras_functions.h"

static kov_value convolve(kov_builder *b, kov_value planes, kov_value kernels)
{
    static const int64_t ones[] = {1, 1}, zeros[] = {0, 0};
    kov_ints one = {ones, 2}, zero = {zeros, 2};
    return kov_convolution(b, kov_unsqueeze_at(b, planes, 1), kernels, one, zero, zero, one,
                           "same_upper");
}

/* exp(-(x / sigma)^2 / 2) around the middle, of sum 1. */
static kov_value bell(kov_builder *b, int64_t size, kov_value sigma)
{
    kov_value x = kov_iota(b, kov_constant_i64_scalar(b, size), kov_dtype_of(b, sigma));
    x = kov_subtract(b, x, kov_scalar_like(b, x, (double)(size - 1) / 2));
    x = kov_divide(b, x, sigma);
    kov_value y = kov_exp(b, kov_multiply(b, kov_multiply(b, x, x), kov_scalar_like(b, x, -0.5)));
    return kov_divide(b, y, kov_reduce_sum(b, y, kov_one_i64(b, 0), true));
}

kov_value kov_gaussian_filter(kov_builder *b, kov_value planes, const int64_t size[2],
                              const kov_value sigma[2])
{
    kov_value columns = bell(b, size[0], sigma[0]);
    kov_value rows = kov_unsqueeze_at(b, bell(b, size[1], sigma[1]), 1);
    const int64_t shape[] = {1, 1, size[1], size[0]};
    kov_value kernel = kov_reshape_to(b, kov_multiply(b, rows, columns), shape, 4);
    return kov_squeeze_at(b, convolve(b, planes, kernel), 1);
}

/* (n, h, w) of any images, and the shape to come back to: channels first. */
static kov_value planes_of(kov_builder *b, kov_value images, int channels, kov_value *first)
{
    int ndim = kov_ndim(b, images);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    *first = channels == ndim - 1 ? kov_move(b, images, ndim - 1, ndim - 3) : images;
    const kov_value shape[] = {kov_one_i64(b, -1), kov_dims_value(b, *first, ndim - 2, ndim)};
    return kov_reshape(b, *first, kov_join_dims(b, shape, 2), false);
}

kov_value kov_image_gaussian_blur(kov_builder *b, kov_value images, kov_ints kernel_size,
                                  kov_values sigma, const char *data_format)
{
    images = kov_as_float(b, images);
    int channels = kov_image_channels(b, "gaussian_blur", images, data_format),
        ndim = kov_ndim(b, images);
    kov_window size = kov_window_of(b, "gaussian_blur", "kernel_size", kernel_size, 2, NULL);
    kov_dtype dtype = kov_dtype_of(b, images);
    kov_value x = kov_widen(b, images), first = KOV_VALUE_ERROR, width[2];
    if (b->status == KOV_OK && sigma.n != 2 && sigma.n != 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "gaussian_blur: sigma has %d numbers; give 2", sigma.n);
    for (int i = 0; i < sigma.n && b->status == KOV_OK; i++) {
        if (kov_ndim(b, sigma.at[i]) != 0)
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                    "gaussian_blur: number %d of sigma has %d dimensions", i,
                                    kov_ndim(b, sigma.at[i]));
    }
    for (int i = 0; i < 2; i++)
        width[i] =
            sigma.n == 0 ? kov_scalar_like(b, x, 1) : kov_cast(b, sigma.at[i], kov_dtype_of(b, x));
    for (int i = 0; i < 2 && b->status == KOV_OK; i++) {
        if (size.at[i] < 1)
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                    "gaussian_blur: kernel_size is %lld; it must be at least 1",
                                    (long long)size.at[i]);
    }
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value planes = planes_of(b, x, channels, &first);
    kov_value y = kov_gaussian_filter(b, planes, size.at, width);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    y = kov_reshape(b, y, kov_shape_value(b, first), false);
    return kov_narrow(b, channels == ndim - 1 ? kov_move(b, y, ndim - 3, ndim - 1) : y, dtype);
}

/* Vertical and horizontal change, as a new last axis. */
kov_value kov_image_sobel_edges(kov_builder *b, kov_value images, const char *data_format)
{
    static const double kernels[] = {-1, -2, -1, 0, 0, 0, 1, 2, 1, -1, 0, 1, -2, 0, 2, -1, 0, 1};
    static const int64_t shape[] = {2, 1, 3, 3};
    images = kov_as_float(b, images);
    int channels = kov_image_channels(b, "sobel_edges", images, data_format),
        ndim = kov_ndim(b, images);
    kov_value first = KOV_VALUE_ERROR, planes = planes_of(b, images, channels, &first);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value both = kov_reshape_to(b, kov_numbers_like(b, images, kernels, 18), shape, 4);
    kov_value y = kov_move(b, convolve(b, planes, both), 1, 3); /* (n, h, w, 2) */
    const kov_value parts[] = {kov_shape_value(b, first), kov_one_i64(b, 2)};
    y = kov_reshape(b, y, kov_join_dims(b, parts, 2), false);
    return channels == ndim - 1 ? kov_move(b, y, ndim - 3, ndim - 1) : y;
}
