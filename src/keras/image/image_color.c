/* SPDX-License-Identifier: Apache-2.0 */
/* Module image: color spaces. */
#include "keras/image/image_layout.h"
#include "keras_functions.h"

kov_value kov_image_rgb_to_grayscale(kov_builder *b, kov_value images, const char *data_format)
{
    static const double weights[] = {0.2989, 0.5870, 0.1140};
    images = kov_strong(b, images);
    int axis = kov_image_channels(b, "rgb_to_grayscale", images, data_format);
    if (b->status != KOV_OK || kov_dim_is(b, images, axis, 1))
        return images;
    if (kov_dim_number(b, images, axis) != 3)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "rgb_to_grayscale: Invalid channel size: expected 3 (RGB) or 1 (Grayscale). "
            "Received %lld",
            (long long)kov_dim_number(b, images, axis));
    kov_dtype dtype = kov_dtype_of(b, images);
    kov_value x = kov_widen(b, kov_as_float(b, images)), sum = KOV_VALUE_ERROR;
    for (int i = 0; i < 3; i++) {
        kov_value plane = kov_slice_axis(b, x, axis, i, i + 1, 1);
        plane = kov_multiply(b, plane, kov_scalar_like(b, x, weights[i]));
        sum = i == 0 ? plane : kov_add(b, sum, plane);
    }
    return kov_cast(b, sum, dtype);
}

/* The three color planes, which keep their axis, in `planes`; false on failure. */
static bool split_planes(kov_builder *b, const char *function, kov_value images,
                         const char *data_format, int *axis, kov_value *planes)
{
    int count = 0;
    *axis = kov_image_channels(b, function, images, data_format);
    if (b->status == KOV_OK && !kov_is_float_value(b, images))
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Invalid images dtype: expected float dtype. Received: images.dtype=%s", function,
            kov_dtype_keras_name(kov_dtype_of(b, images)));
    if (b->status == KOV_OK && kov_dim_number(b, images, *axis) != 3)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: the channels must be 3; they are %lld",
                         function, (long long)kov_dim_number(b, images, *axis));
    if (b->status != KOV_OK)
        return false;
    kov_value first = kov_split(b, images, kov_constant_i64_scalar(b, *axis), 3, &count);
    for (int i = 0; i < 3; i++)
        planes[i] = kov_output(first, i);
    return b->status == KOV_OK;
}

/* (p - q) / (6 range) + turn */
static kov_value hue_from(kov_builder *b, kov_value norm, kov_value p, kov_value q, double turn)
{
    kov_value hue = kov_multiply(b, norm, kov_subtract(b, p, q));
    return turn > 0 ? kov_add(b, hue, kov_scalar_like(b, hue, turn)) : hue;
}

kov_value kov_image_rgb_to_hsv(kov_builder *b, kov_value images, const char *data_format)
{
    kov_value rgb[3], hsv[3];
    int axis;
    images = kov_strong(b, images);
    if (!split_planes(b, "rgb_to_hsv", images, data_format, &axis, rgb))
        return KOV_VALUE_ERROR;
    kov_value zero = kov_scalar_like(b, images, 0), one = kov_scalar_like(b, images, 1);
    kov_value least = kov_scalar_like(b, images, kov_machine_epsilon(kov_dtype_of(b, images)));
    for (int i = 0; i < 3; i++)
        rgb[i] = kov_select(b, kov_less(b, kov_abs(b, rgb[i]), least), zero, rgb[i]);
    kov_value value = kov_maximum(b, kov_maximum(b, rgb[0], rgb[1]), rgb[2]);
    kov_value low = kov_minimum(b, kov_minimum(b, rgb[0], rgb[1]), rgb[2]);
    kov_value range = kov_subtract(b, value, low);
    kov_value lit = kov_greater(b, value, zero), colored = kov_greater(b, range, zero);
    kov_value norm =
        kov_multiply(b, kov_select(b, colored, range, one), kov_scalar_like(b, images, 6));
    norm = kov_divide(b, one, norm);
    kov_value hue =
        kov_select(b, kov_equal(b, value, rgb[1]), hue_from(b, norm, rgb[2], rgb[0], 2.0 / 6),
                   hue_from(b, norm, rgb[0], rgb[1], 4.0 / 6));
    hue = kov_select(b, kov_equal(b, value, rgb[0]), hue_from(b, norm, rgb[1], rgb[2], 0), hue);
    hue = kov_select(b, colored, hue, zero);
    hsv[0] = kov_select(b, kov_less(b, hue, zero), kov_add(b, hue, one), hue);
    hsv[1] = kov_select(b, lit, kov_divide(b, range, kov_select(b, lit, value, one)), zero);
    hsv[2] = value;
    return kov_concat(b, hsv, 3, axis);
}

/* How much of a primary color a hue has: |6 hue - center| - 1, or 2 - that for a primary, kept in
 * [0, 1]. */
static kov_value primary(kov_builder *b, kov_value sextant, double center, bool far)
{
    kov_value away = kov_abs(b, kov_subtract(b, sextant, kov_scalar_like(b, sextant, center)));
    away = far ? kov_subtract(b, away, kov_scalar_like(b, sextant, 1))
               : kov_subtract(b, kov_scalar_like(b, sextant, 2), away);
    return kov_clamp(b, away, 0, 1);
}

kov_value kov_image_hsv_to_rgb(kov_builder *b, kov_value images, const char *data_format)
{
    kov_value hsv[3], rgb[3];
    int axis;
    images = kov_strong(b, images);
    if (!split_planes(b, "hsv_to_rgb", images, data_format, &axis, hsv))
        return KOV_VALUE_ERROR;
    kov_value one = kov_scalar_like(b, images, 1);
    kov_value turn = kov_subtract(b, hsv[0], kov_floor(b, hsv[0]));
    kov_value sextant = kov_multiply(b, turn, kov_scalar_like(b, images, 6));
    kov_value pale = kov_subtract(b, one, hsv[1]);
    for (int i = 0; i < 3; i++) {
        kov_value part = primary(b, sextant, i == 0 ? 3 : 2.0 * i, i == 0);
        rgb[i] = kov_multiply(b, hsv[2], kov_add(b, pale, kov_multiply(b, hsv[1], part)));
    }
    return kov_concat(b, rgb, 3, axis);
}
