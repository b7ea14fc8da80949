/* SPDX-License-Identifier: Apache-2.0 */
/* Module image: resize and scale_and_translate. */
#include "keras/image/image_layout.h"
#include "keras_functions.h"
#include <string.h>

/* (height, width) of the part of the images that has the proportions of `size`: int64 scalars.
 * Without `shrink` it is the smallest frame around the images. */
static void proportioned(kov_builder *b, const kov_value from[2], const int64_t size[2],
                         bool shrink, kov_value to[2])
{
    for (int i = 0; i < 2; i++) {
        kov_value product = kov_multiply(b, from[1 - i], kov_constant_i64_scalar(b, size[i]));
        kov_value fitting = kov_divide(b, product, kov_constant_i64_scalar(b, size[1 - i]));
        to[i] =
            shrink ? kov_maximum(b, kov_minimum(b, from[i], fitting), kov_constant_i64_scalar(b, 1))
                   : kov_maximum(b, from[i], fitting);
    }
}

static kov_value half_of(kov_builder *b, kov_value difference)
{
    return kov_divide(b, difference, kov_constant_i64_scalar(b, 2));
}

static kov_value crop(kov_builder *b, kov_value images, int axis, const int64_t size[2])
{
    const kov_value from[] = {kov_dim_value(b, images, axis), kov_dim_value(b, images, axis + 1)};
    kov_value to[2], start[2], stop[2];
    proportioned(b, from, size, true, to);
    for (int i = 0; i < 2; i++) {
        start[i] = half_of(b, kov_subtract(b, from[i], to[i]));
        stop[i] = kov_add(b, start[i], to[i]);
    }
    const int64_t axes[] = {axis, axis + 1}, ones[] = {1, 1};
    return kov_slice(b, images, kov_join_dims(b, start, 2), kov_join_dims(b, stop, 2),
                     kov_constant_i64(b, ones, 2), kov_constant_i64(b, axes, 2));
}

static kov_value frame(kov_builder *b, kov_value images, int axis, const int64_t size[2],
                       double fill)
{
    const kov_value from[] = {kov_dim_value(b, images, axis), kov_dim_value(b, images, axis + 1)};
    kov_value to[2], pads[KOV_MAX_NDIM];
    int ndim = kov_ndim(b, images);
    proportioned(b, from, size, false, to);
    for (int i = 0; i < ndim; i++) {
        int along = i - axis;
        pads[i] = along == 0 || along == 1 ? half_of(b, kov_subtract(b, to[along], from[along]))
                                           : kov_constant_i64_scalar(b, 0);
    }
    kov_value around = kov_join_dims(b, pads, ndim);
    return kov_pad(b, images, around, around, kov_scalar_like(b, images, fill), "constant");
}

/* Element floor((i + 1/2) in / out), in whole numbers. */
static kov_value nearest(kov_builder *b, kov_value x, int axis, int64_t out)
{
    kov_value size = kov_dim_value(b, x, axis),
              i = kov_iota(b, kov_constant_i64_scalar(b, out), KOV_DTYPE_I64);
    i = kov_add(b, kov_multiply(b, i, kov_constant_i64_scalar(b, 2)),
                kov_constant_i64_scalar(b, 1));
    i = kov_divide(b, kov_multiply(b, i, size), kov_constant_i64_scalar(b, 2 * out));
    return kov_gather(b, x, i, kov_constant_i64_scalar(b, axis), 0);
}

static kov_value resample(kov_builder *b, kov_value x, int axis, int64_t out,
                          const char *interpolation, bool antialias)
{
    if (kov_dim_equals(b, x, axis, out)) /* so that a NaN stays in its line */
        return x;
    kov_value in_size = kov_dim_value(b, x, axis), out_size = kov_constant_i64_scalar(b, out);
    kov_value scale =
        kov_divide(b, kov_cast(b, out_size, KOV_DTYPE_F64), kov_cast(b, in_size, KOV_DTYPE_F64));
    kov_value weights =
        kov_resample_weights(b, "resize", interpolation, antialias, in_size, out_size, scale,
                             kov_constant_number(b, KOV_DTYPE_F64, 0));
    return kov_resample_axis(b, x, axis, weights);
}

kov_value kov_image_resize(kov_builder *b, kov_value images, kov_ints size,
                           const char *interpolation, bool antialias, bool crop_to_aspect_ratio,
                           bool pad_to_aspect_ratio, const char *fill_mode, double fill_value,
                           const char *data_format)
{
    static const char *const kernels[] = {"bilinear", "bicubic", "lanczos3", "lanczos5"};
    images = kov_strong(b, images);
    int channels = kov_image_channels(b, "resize", images, data_format), ndim = kov_ndim(b, images);
    bool known = strcmp(interpolation, "nearest") == 0;
    for (int i = 0; i < 4; i++)
        known = known || strcmp(interpolation, kernels[i]) == 0;
    if (!known)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "resize: Invalid value for argument `interpolation`. Expected of one of 'bilinear', "
            "'nearest', 'bicubic', 'lanczos3' and 'lanczos5'. Received: interpolation=%s",
            interpolation);
    if (strcmp(fill_mode, "constant") != 0)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "resize: Invalid value for argument `fill_mode`. Only `'constant'` is supported. "
            "Received: fill_mode=%s",
            fill_mode);
    if (crop_to_aspect_ratio && pad_to_aspect_ratio)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "resize: Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.");
    if (size.n == 2 && (size.at[0] > INT32_MAX || size.at[1] > INT32_MAX))
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "resize: size is (%lld, %lld), at most 2^31 - 1",
                         (long long)size.at[0], (long long)size.at[1]);
    if (size.n != 2 || size.at[0] < 1 || size.at[1] < 1)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "resize: Argument `size` must be a tuple of two elements (height, width), both at "
            "least 1");
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    int axis = channels == ndim - 1 ? ndim - 3 : ndim - 2;
    if (crop_to_aspect_ratio)
        images = crop(b, images, axis, size.at);
    bool is_nearest = strcmp(interpolation, "nearest") == 0;
    if (!is_nearest) /* before the frame, whose elements need not be whole */
        images = kov_as_float(b, images);
    kov_dtype dtype = kov_dtype_of(b, images);
    if (!is_nearest)
        images = kov_widen(b, images);
    if (pad_to_aspect_ratio)
        images = frame(b, images, axis, size.at, fill_value);
    if (is_nearest)
        return nearest(b, nearest(b, images, axis, size.at[0]), axis + 1, size.at[1]);
    kov_value x = images;
    x = resample(b, x, axis, size.at[0], interpolation, antialias);
    x = resample(b, x, axis + 1, size.at[1], interpolation, antialias);
    return kov_narrow(b, x, dtype);
}

kov_value kov_image_scale_and_translate(kov_builder *b, kov_value images, kov_ints output_shape,
                                        kov_value scale, kov_value translation,
                                        kov_ints spatial_dims, const char *method, bool antialias)
{
    images = kov_as_float(b, images);
    int ndim = kov_ndim(b, images);
    scale = kov_at_least_1d(b, kov_cast(b, scale, KOV_DTYPE_F64));
    translation = kov_at_least_1d(b, kov_cast(b, translation, KOV_DTYPE_F64));
    if (b->status == KOV_OK && output_shape.n != ndim)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "scale_and_translate: output_shape has %d numbers, images have %d dimensions",
            output_shape.n, ndim);
    if (b->status == KOV_OK && (kov_ndim(b, scale) != 1 || kov_ndim(b, translation) != 1))
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "scale_and_translate: scale and translation hold one number for each of the "
            "spatial_dims");
    kov_dtype dtype = kov_dtype_of(b, images);
    kov_value x = kov_widen(b, images);
    for (int i = 0; i < spatial_dims.n && b->status == KOV_OK; i++) {
        int axis = kov_axis(b, "scale_and_translate", spatial_dims.at[i], ndim);
        kov_value weights = kov_resample_weights(
            b, "scale_and_translate", method, antialias, kov_dim_value(b, x, axis),
            kov_constant_i64_scalar(b, output_shape.at[axis]), kov_pick(b, scale, 0, i),
            kov_pick(b, translation, 0, i));
        x = kov_resample_axis(b, x, axis, weights);
    }
    return kov_narrow(b, x, dtype);
}
