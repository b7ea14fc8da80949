/* SPDX-License-Identifier: Apache-2.0 */
#include "keras/image/image_layout.h"
#include <string.h>

int kov_image_channels(kov_builder *b, const char *function, kov_value images,
                       const char *data_format)
{
    bool first = kov_channels_first(b, function, data_format);
    int ndim = kov_ndim(b, images);
    if (b->status == KOV_OK && ndim != 3 && ndim != 4)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Invalid images rank: expected rank 3 (single image) or rank 4 (batch of "
            "images). Received %d dimensions",
            function, ndim);
    if (b->status != KOV_OK)
        return 0;
    return first ? ndim - 3 : ndim - 1;
}

kov_value kov_image_to_batch(kov_builder *b, kov_value images, int channels_axis)
{
    int ndim = kov_ndim(b, images);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (channels_axis != ndim - 1)
        images = kov_move(b, images, channels_axis, ndim - 1);
    return ndim == 3 ? kov_unsqueeze_at(b, images, 0) : images;
}

kov_value kov_image_from_batch(kov_builder *b, kov_value batch, kov_value images, int channels_axis)
{
    int ndim = kov_ndim(b, images);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (ndim == 3)
        batch = kov_squeeze_at(b, batch, 0);
    return channels_axis != ndim - 1 ? kov_move(b, batch, ndim - 1, channels_axis) : batch;
}

kov_sampling kov_sampling_of(kov_builder *b, const char *function, const char *interpolation,
                             const char *fill_mode, kov_value fill)
{
    static const char *const modes[] = {"constant", "nearest", "wrap", "mirror", "reflect"};
    kov_sampling how = {strcmp(interpolation, "bilinear") == 0, fill_mode, fill};
    bool known = false;
    if (b->status == KOV_OK && kov_ndim(b, fill) != 0)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: fill_value has %d dimension%s; it must be a scalar", function,
                         kov_ndim(b, fill), kov_ndim(b, fill) == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        known = known || strcmp(fill_mode, modes[i]) == 0;
    if (!how.linear && strcmp(interpolation, "nearest") != 0)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Invalid value for argument `interpolation`. Expected 'nearest' or 'bilinear'. "
            "Received: interpolation=%s",
            function, interpolation);
    if (!known)
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Invalid value for argument `fill_mode`. Expected 'constant', 'nearest', 'wrap', "
            "'mirror' or 'reflect'. Received: fill_mode=%s",
            function, fill_mode);
    return how;
}

/* Index in [0, 2 (size - 1)) folded at size - 1: 0 1 2 1 0 1 2 ... */
static kov_value mirrored(kov_builder *b, kov_value index, kov_value size)
{
    kov_value one = kov_constant_i64_scalar(b, 1), two = kov_constant_i64_scalar(b, 2);
    kov_value last = kov_maximum(b, kov_subtract(b, size, one), one);
    kov_value turned = kov_floor_mod(b, kov_add(b, index, last), kov_multiply(b, last, two));
    turned = kov_abs(b, kov_subtract(b, turned, last));
    return kov_minimum(b, turned, kov_subtract(b, size, one)); /* of one element: 0 */
}

/* An index of any size moved inside; *inside (or NONE) says where it was inside from the start. */
static kov_value folded(kov_builder *b, const char *mode, kov_value index, kov_value size,
                        kov_value *inside)
{
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    *inside = KOV_VALUE_NONE;
    if (strcmp(mode, "wrap") == 0)
        return kov_floor_mod(b, index, size);
    if (strcmp(mode, "mirror") == 0)
        return mirrored(b, index, size);
    if (strcmp(mode, "reflect") == 0) { /* 0 1 2 2 1 0 0 1 2: mirrored half steps */
        kov_value two = kov_constant_i64_scalar(b, 2);
        kov_value halves = kov_add(b, kov_multiply(b, index, two), one);
        halves = mirrored(b, halves, kov_add(b, kov_multiply(b, size, two), one));
        kov_value step = kov_divide(b, kov_subtract(b, halves, one), two);
        return kov_maximum(b, kov_minimum(b, step, kov_subtract(b, size, one)), zero);
    }
    kov_value kept = kov_maximum(b, kov_minimum(b, index, kov_subtract(b, size, one)), zero);
    if (strcmp(mode, "constant") == 0)
        *inside = kov_equal(b, kept, index);
    return kept;
}

/* The whole numbers around a coordinate that are read, and their weights. */
typedef struct reads {
    kov_value index[2], inside[2], weight[2];
} reads;

static reads reads_along(kov_builder *b, const kov_sampling *how, kov_value at, kov_value size)
{
    /* Farther out than any index, yet an integer. */
    kov_value far = kov_scalar_like(b, at, 1e9);
    at = kov_maximum(b, kov_minimum(b, at, far), kov_negative(b, far));
    reads r;
    if (how->linear) {
        kov_value low = kov_floor(b, at), one = kov_scalar_like(b, at, 1);
        kov_value index = kov_cast(b, low, KOV_DTYPE_I64);
        r.weight[1] = kov_subtract(b, at, low);
        r.weight[0] = kov_subtract(b, one, r.weight[1]);
        r.index[0] = folded(b, how->fill_mode, index, size, &r.inside[0]);
        index = kov_add(b, index, kov_constant_i64_scalar(b, 1));
        r.index[1] = folded(b, how->fill_mode, index, size, &r.inside[1]);
    } else {
        kov_value index = kov_cast(b, kov_round(b, at, "half_away_from_zero"), KOV_DTYPE_I64);
        r.index[0] = folded(b, how->fill_mode, index, size, &r.inside[0]);
        r.weight[0] = KOV_VALUE_NONE;
    }
    return r;
}

/* v with dimensions of size 1 behind it, until it lies beside rows that have `more` of them. */
static kov_value beside_rows(kov_builder *b, kov_value v, int more)
{
    for (int i = 0; i < more; i++)
        v = kov_unsqueeze_at(b, v, kov_ndim(b, v));
    return v;
}

kov_value kov_sample_rows(kov_builder *b, const kov_sampling *how, kov_value rows, kov_value base,
                          const kov_value *coordinates, const kov_value *sizes, int n)
{
    reads along[KOV_MAX_NDIM];
    int more = kov_ndim(b, rows) - 1;
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < n; i++)
        along[i] = reads_along(b, how, coordinates[i], sizes[i]);
    kov_value sum = KOV_VALUE_NONE, zero = kov_constant_i64_scalar(b, 0);
    int corners = how->linear ? 1 << n : 1;
    for (int corner = 0; corner < corners; corner++) {
        kov_value at = base, inside = KOV_VALUE_NONE, weight = KOV_VALUE_NONE;
        for (int i = 0; i < n; i++) {
            int side = (corner >> (n - 1 - i)) & 1;
            const reads *r = &along[i];
            kov_value index = r->index[side];
            at = at == KOV_VALUE_NONE ? index : kov_add(b, kov_multiply(b, at, sizes[i]), index);
            if (r->inside[side] != KOV_VALUE_NONE)
                inside = inside == KOV_VALUE_NONE ? r->inside[side]
                                                  : kov_logical_and(b, inside, r->inside[side]);
            if (how->linear)
                weight = weight == KOV_VALUE_NONE ? r->weight[side]
                                                  : kov_multiply(b, weight, r->weight[side]);
        }
        kov_value part = kov_gather(b, rows, at, zero, 0);
        if (inside != KOV_VALUE_NONE)
            part = kov_select(b, beside_rows(b, inside, more), part, how->fill);
        if (weight != KOV_VALUE_NONE)
            part = kov_multiply(b, part,
                                kov_cast(b, beside_rows(b, weight, more), kov_dtype_of(b, rows)));
        sum = sum == KOV_VALUE_NONE ? part : kov_add(b, sum, part);
    }
    return sum;
}
