/* SPDX-License-Identifier: Apache-2.0 */
/* Module image: images read at moved coordinates. */
#include "keras/image/image_filter.h"
#include "keras/image/image_layout.h"
#include "keras/random/random_draws.h"
#include "keras_functions.h"

/* Whole numbers are sampled as a float that holds them and rounded, halves away from zero. */
static kov_value to_samples(kov_builder *b, kov_value x)
{
    bool wide = kov_dtype_bits(kov_dtype_of(b, x)) > 16;
    return kov_is_float_value(b, x) ? kov_widen(b, x)
                                    : kov_cast(b, x, wide ? KOV_DTYPE_F64 : KOV_DTYPE_F32);
}

static kov_value from_samples(kov_builder *b, kov_value y, kov_dtype dtype)
{
    if (!kov_dtype_is_float(dtype))
        y = kov_round(b, y, "half_away_from_zero");
    return kov_cast(b, y, dtype);
}

kov_value kov_image_map_coordinates(kov_builder *b, kov_value inputs, kov_value coordinates,
                                    int64_t order, const char *fill_mode, kov_value fill_value)
{
    kov_value at[KOV_MAX_NDIM], sizes[KOV_MAX_NDIM];
    inputs = kov_strong(b, inputs);
    coordinates = kov_widen(b, kov_as_float(b, coordinates));
    kov_dtype dtype = kov_dtype_of(b, inputs);
    int n = kov_ndim(b, inputs);
    if (order != 0 && order != 1)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "map_coordinates: Invalid value for argument `order`. Expected 0 or 1. Received: "
            "order=%lld",
            (long long)order);
    if (b->status == KOV_OK && kov_ndim(b, coordinates) < 2)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "map_coordinates: Invalid coordinates rank: expected at least rank 2. Received %d "
            "dimensions",
            kov_ndim(b, coordinates));
    if (b->status == KOV_OK && (n < 1 || kov_dim_number(b, coordinates, 0) != n))
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "map_coordinates: First dim of `coordinates` must be the same as the rank of "
            "`inputs`: it is %lld, inputs have %d dimensions",
            (long long)kov_dim_number(b, coordinates, 0), n);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_value rows = to_samples(b, kov_flatten(b, inputs));
    kov_value fill = kov_cast(b, kov_cast(b, fill_value, dtype), kov_dtype_of(b, rows));
    kov_sampling how =
        kov_sampling_of(b, "map_coordinates", order ? "bilinear" : "nearest", fill_mode, fill);
    for (int i = 0; i < n; i++) {
        at[i] = kov_pick(b, coordinates, 0, i);
        sizes[i] = kov_dim_value(b, inputs, i);
    }
    return from_samples(b, kov_sample_rows(b, &how, rows, KOV_VALUE_NONE, at, sizes, n), dtype);
}

/* Samples a batch, channels last, at coordinates (y, x), each (batch or 1, height, width). */
static kov_value sample_batch(kov_builder *b, const char *function, kov_value batch,
                              const kov_value at[2], const char *interpolation,
                              const char *fill_mode, kov_value fill_value)
{
    const kov_value sizes[] = {kov_dim_value(b, batch, 1), kov_dim_value(b, batch, 2)};
    kov_dtype dtype = kov_dtype_of(b, batch);
    const kov_value shape[] = {kov_one_i64(b, -1), kov_dims_value(b, batch, 3, 4)};
    kov_value rows = to_samples(b, kov_reshape(b, batch, kov_join_dims(b, shape, 2), false));
    kov_value fill = kov_cast(b, kov_cast(b, fill_value, dtype), kov_dtype_of(b, rows));
    kov_sampling how = kov_sampling_of(b, function, interpolation, fill_mode, fill);
    kov_value image = kov_iota(b, kov_dim_value(b, batch, 0), KOV_DTYPE_I64);
    image = kov_unsqueeze_at(b, kov_unsqueeze_at(b, image, 1), 2);
    return from_samples(b, kov_sample_rows(b, &how, rows, image, at, sizes, 2), dtype);
}

/* Pixel positions of a batch: y (height, 1) and x (width). */
static void pixels_of(kov_builder *b, kov_value batch, kov_dtype dtype, kov_value out[2])
{
    out[0] = kov_unsqueeze_at(b, kov_iota(b, kov_dim_value(b, batch, 1), dtype), 1);
    out[1] = kov_iota(b, kov_dim_value(b, batch, 2), dtype);
}

/* a x + b y + c, for coefficients first to first + 2 of transforms (n, 8): (n, height, width). */
static kov_value linear_form(kov_builder *b, kov_value transforms, int first, kov_value constant,
                             const kov_value pixels[2])
{
    kov_value of[3];
    for (int i = 0; i < 3; i++) {
        if (i == 2 && constant != KOV_VALUE_NONE) {
            of[i] = constant;
            break;
        }
        of[i] = kov_pick(b, transforms, 1, first + i);
        of[i] = kov_unsqueeze_at(b, kov_unsqueeze_at(b, of[i], 1), 2);
    }
    kov_value sum =
        kov_add(b, kov_multiply(b, of[0], pixels[1]), kov_multiply(b, of[1], pixels[0]));
    return kov_add(b, sum, of[2]);
}

/* Pixel (x, y) of the result is read at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) with
 * k = c0 x + c1 y + 1; a row of transforms is a0 a1 a2 b0 b1 b2 c0 c1. */
static kov_value project(kov_builder *b, const char *function, kov_value images, int channels,
                         kov_value transforms, const char *interpolation, const char *fill_mode,
                         kov_value fill_value)
{
    kov_value pixels[2], at[2], batch = kov_image_to_batch(b, images, channels);
    transforms = kov_widen(b, kov_as_float(b, transforms));
    if (b->status == KOV_OK && kov_ndim(b, transforms) == 1)
        transforms = kov_unsqueeze_at(b, transforms, 0);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    pixels_of(b, batch, kov_dtype_of(b, transforms), pixels);
    kov_value k = linear_form(b, transforms, 6, kov_scalar_like(b, transforms, 1), pixels);
    at[0] = kov_divide(b, linear_form(b, transforms, 3, KOV_VALUE_NONE, pixels), k);
    at[1] = kov_divide(b, linear_form(b, transforms, 0, KOV_VALUE_NONE, pixels), k);
    kov_value y = sample_batch(b, function, batch, at, interpolation, fill_mode, fill_value);
    return kov_image_from_batch(b, y, images, channels);
}

kov_value kov_image_affine_transform(kov_builder *b, kov_value images, kov_value transform,
                                     const char *interpolation, const char *fill_mode,
                                     kov_value fill_value, const char *data_format)
{
    images = kov_strong(b, images);
    int channels = kov_image_channels(b, "affine_transform", images, data_format);
    int rank = kov_ndim(b, transform);
    if (b->status == KOV_OK && rank != 1 && rank != 2)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "affine_transform: Invalid transform rank: expected rank 1 (single transform) "
            "or rank 2 (batch of transforms). Received %d dimensions",
            rank);
    if (b->status == KOV_OK && kov_dim_number(b, transform, rank - 1) != 8)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "affine_transform: a transform is 8 numbers, not %lld",
                                (long long)kov_dim_number(b, transform, rank - 1));
    return project(b, "affine_transform", images, channels, transform, interpolation, fill_mode,
                   fill_value);
}

/* ---- Perspective ---- */

static bool points_fit(kov_builder *b, const char *function, const char *name, kov_value points)
{
    int rank = kov_ndim(b, points);
    if (b->status == KOV_OK &&
        ((rank != 2 && rank != 3) || kov_dim_number(b, points, rank - 1) != 2 ||
         kov_dim_number(b, points, rank - 2) != 4))
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Invalid %s shape: expected (4,2) for a single image or (N,4,2) for a batch",
            function, name);
    return b->status == KOV_OK;
}

/* Four equations for one coordinate: (x, y, 1) of the end points beside three zeros, then minus the
 * start coordinate times (x, y). */
static kov_value equations(kov_builder *b, kov_value end, kov_value ones, kov_value start,
                           bool second)
{
    kov_value mapped = kov_concat(b, (const kov_value[]){end, ones}, 2, 2);
    kov_value zeros = kov_multiply(b, mapped, kov_scalar_like(b, mapped, 0));
    kov_value product = kov_negative(b, kov_multiply(b, start, end));
    const kov_value parts[] = {second ? zeros : mapped, second ? mapped : zeros, product};
    return kov_concat(b, parts, 3, 2);
}

/* The 8 coefficients that map end points to start points: (N, 8). */
static kov_value homography(kov_builder *b, const char *function, kov_value start, kov_value end)
{
    if (!points_fit(b, function, "start_points", start) ||
        !points_fit(b, function, "end_points", end))
        return KOV_VALUE_ERROR;
    kov_promote_pair_to_float(b, &start, &end);
    start = kov_widen(b, start);
    end = kov_widen(b, end);
    if (kov_ndim(b, start) == 2)
        start = kov_unsqueeze_at(b, start, 0);
    if (kov_ndim(b, end) == 2)
        end = kov_unsqueeze_at(b, end, 0);
    kov_value x = kov_slice_axis(b, start, 2, 0, 1, 1), y = kov_slice_axis(b, start, 2, 1, 2, 1);
    kov_value ones =
        kov_fill_like(b, kov_scalar_like(b, end, 1), kov_slice_axis(b, end, 2, 0, 1, 1));
    const kov_value rows[] = {equations(b, end, ones, x, false), equations(b, end, ones, y, true)};
    const kov_value right[] = {x, y};
    kov_value solved = kov_linalg_solve(b, kov_concat(b, rows, 2, 1), kov_concat(b, right, 2, 1));
    return kov_squeeze_at(b, solved, 2);
}

kov_value kov_image_compute_homography_matrix(kov_builder *b, kov_value start_points,
                                              kov_value end_points)
{
    return homography(b, "compute_homography_matrix", start_points, end_points);
}

kov_value kov_image_perspective_transform(kov_builder *b, kov_value images, kov_value start_points,
                                          kov_value end_points, const char *interpolation,
                                          kov_value fill_value, const char *data_format)
{
    images = kov_strong(b, images);
    int channels = kov_image_channels(b, "perspective_transform", images, data_format);
    kov_value matrix = homography(b, "perspective_transform", start_points, end_points);
    return project(b, "perspective_transform", images, channels, matrix, interpolation, "constant",
                   fill_value);
}

/* ---- Elastic deformation ---- */

#define WIDEST_SIGMA 1e8 /* the window's size is then far from the end of int64 */

/* Every pixel is read where a smoothed random field, scaled by alpha, has moved it. */
kov_value kov_image_elastic_transform(kov_builder *b, kov_value images, double alpha, double sigma,
                                      const char *interpolation, const char *fill_mode,
                                      kov_value fill_value, kov_value seed, const char *data_format)
{
    images = kov_strong(b, images);
    int channels = kov_image_channels(b, "elastic_transform", images, data_format);
    kov_value key = kov_random_key(b, "elastic_transform", seed);
    kov_value batch = kov_image_to_batch(b, images, channels), at[2];
    if (b->status == KOV_OK && !(sigma > 0 && sigma <= WIDEST_SIGMA))
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "elastic_transform: sigma is %g; it must be positive and at most %g, since the window "
            "of its Gaussian is 6 sigma wide",
            sigma, WIDEST_SIGMA);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_dtype dtype = kov_dtype_of(b, to_samples(b, batch));
    kov_value shape = kov_dims_value(b, batch, 0, 3), width = kov_constant_number(b, dtype, sigma);
    const kov_value widths[] = {width, width};
    const int64_t size = (int64_t)(6 * sigma) | 1, sizes[] = {size, size};
    pixels_of(b, batch, dtype, at);
    for (int i = 0; i < 2; i++) {
        kov_value field = kov_random_gaussian(b, key, shape, dtype, 4 * i);
        field = kov_gaussian_filter(b, kov_multiply(b, field, width), sizes, widths);
        at[i] = kov_add(b, at[i], kov_multiply(b, field, kov_scalar_like(b, field, alpha)));
    }
    kov_value y =
        sample_batch(b, "elastic_transform", batch, at, interpolation, fill_mode, fill_value);
    return kov_image_from_batch(b, y, images, channels);
}
