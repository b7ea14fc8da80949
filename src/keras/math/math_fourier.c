/* SPDX-License-Identifier: Apache-2.0 */
/* Module math: Fourier transforms. A complex tensor is a pair of its real and its imaginary part.
 */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <string.h>

#define TURN 6.283185307179586476925286766559

/* Both parts with a new last dimension of 2. */
static kov_value from_pair(kov_builder *b, const char *function, kov_values pair)
{
    if (pair.n != 2)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Input `x` should be a tuple of two tensors - real and imaginary", function);
    if (b->status == KOV_OK &&
        (!kov_is_float_value(b, pair.at[0]) || !kov_is_float_value(b, pair.at[1])))
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "%s: At least one tensor in input `x` is not of type float",
                                function);
    kov_value parts[] = {pair.at[0], pair.at[1]};
    kov_promote_all(b, parts, 2);
    int ndim = kov_ndim(b, parts[0]);
    bool same = kov_ndim(b, parts[1]) == ndim && ndim > 0;
    for (int i = 0; i < ndim && same; i++)
        same = kov_dim_agrees(b, parts[0], i, parts[1], i);
    if (b->status == KOV_OK && !same)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Both the real and imaginary parts should have the same shape, of rank >= 1",
            function);
    for (int i = 0; i < 2; i++)
        parts[i] = kov_unsqueeze_at(b, kov_widen(b, parts[i]), ndim);
    return kov_concat(b, parts, 2, ndim);
}

static void to_pair(kov_builder *b, kov_value x, kov_dtype dtype, kov_value *outs)
{
    int last = kov_ndim(b, x) - 1;
    for (int i = 0; i < 2; i++)
        outs[i] =
            b->status == KOV_OK ? kov_narrow(b, kov_pick(b, x, last, i), dtype) : KOV_VALUE_ERROR;
}

static kov_dtype dtype_of_pair(kov_builder *b, kov_values pair)
{
    return pair.n > 0 && b->status == KOV_OK ? kov_result_type(b, pair.at, pair.n) : KOV_DTYPE_F32;
}

/* The last `count` axes of complex numbers. */
static kov_value last_axes(kov_builder *b, const char *function, kov_value x, int count)
{
    int64_t axes[2];
    int ndim = kov_ndim(b, x) - 1;
    if (b->status == KOV_OK && ndim < count)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: Input should have rank >= %d",
                                function, count);
    for (int i = 0; i < count; i++)
        axes[i] = ndim - count + i;
    return kov_constant_i64(b, axes, count);
}

static void transform(kov_builder *b, const char *function, kov_values x, int axes, bool inverse,
                      kov_value *outs)
{
    kov_dtype dtype = dtype_of_pair(b, x);
    kov_value data = from_pair(b, function, x), over = last_axes(b, function, data, axes);
    data =
        inverse ? kov_idft(b, data, over, KOV_VALUE_NONE) : kov_dft(b, data, over, KOV_VALUE_NONE);
    to_pair(b, data, dtype, outs);
}

void kov_math_fft(kov_builder *b, kov_values x, kov_value *outs)
{
    transform(b, "fft", x, 1, false, outs);
}

void kov_math_fft2(kov_builder *b, kov_values x, kov_value *outs)
{
    transform(b, "fft2", x, 2, false, outs);
}

void kov_math_ifft2(kov_builder *b, kov_values x, kov_value *outs)
{
    transform(b, "ifft2", x, 2, true, outs);
}

static kov_value signal_size(kov_builder *b, const char *function, kov_optional_int length)
{
    if (length.given && length.value < 1)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: fft_length is %lld; it is at least 1",
                                function, (long long)length.value);
    return length.given ? kov_one_i64(b, length.value) : KOV_VALUE_NONE;
}

/* x with zeros behind the last axis where that has fewer than length elements: OpenVINO's RDFT only
 * cuts. */
static kov_value padded_to(kov_builder *b, kov_value x, int64_t length)
{
    int last = kov_ndim(b, x) - 1;
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_dim size = kov_builder_value(b, x)->dims[last];
    if (kov_dim_is_number(size) && size >= length)
        return x;
    const int64_t none[KOV_MAX_NDIM] = {0};
    kov_value zero = kov_constant_i64_scalar(b, 0);
    kov_value missing =
        kov_subtract(b, kov_constant_i64_scalar(b, length), kov_dim_value(b, x, last));
    kov_value ends[] = {kov_constant_i64(b, none, last), kov_maximum(b, missing, zero)};
    return kov_pad(b, x, kov_constant_i64(b, none, last + 1), kov_join_dims(b, ends, 2),
                   kov_scalar_like(b, x, 0), "constant");
}

void kov_math_rfft(kov_builder *b, kov_value x, kov_optional_int fft_length, kov_value *outs)
{
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    int ndim = kov_ndim(b, x);
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (b->status == KOV_OK && ndim < 1)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "rfft: Input should have rank >= 1");
    kov_value size = signal_size(b, "rfft", fft_length);
    x = kov_widen(b, x);
    if (fft_length.given)
        x = padded_to(b, x, fft_length.value);
    to_pair(b, kov_rdft(b, x, kov_one_i64(b, ndim - 1), size), dtype, outs);
}

/* The real signal of a spectrum (..., 2), with its own dtype. */
static kov_value to_signal(kov_builder *b, const char *function, kov_value spectrum,
                           kov_optional_int length)
{
    return kov_irdft(b, spectrum, last_axes(b, function, spectrum, 1),
                     signal_size(b, function, length));
}

kov_value kov_math_irfft(kov_builder *b, kov_values x, kov_optional_int fft_length)
{
    kov_dtype dtype = dtype_of_pair(b, x);
    return kov_narrow(b, to_signal(b, "irfft", from_pair(b, "irfft", x), fft_length), dtype);
}

/* ---- Short-time transforms ---- */

/* The periodic window of a name: a - (1 - a) cos(2 pi k / n). */
static kov_value named_window(kov_builder *b, const char *function, const char *name, int64_t n)
{
    bool hann = strcmp(name, "hann") == 0;
    if (!hann && strcmp(name, "hamming") != 0)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: If a string is passed to `window`, it must be one of `\"hann\"`, "
            "`\"hamming\"`. Received: window=%s",
            function, name);
    kov_value k = kov_iota(b, kov_constant_i64_scalar(b, n), KOV_DTYPE_F64);
    if (n == 1)
        return kov_add(b, k, kov_scalar_like(b, k, 1));
    double base = hann ? 0.5 : 0.54;
    kov_value wave = kov_cos(b, kov_multiply(b, k, kov_scalar_like(b, k, TURN / (double)n)));
    return kov_subtract(b, kov_scalar_like(b, k, base),
                        kov_multiply(b, wave, kov_scalar_like(b, k, 1 - base)));
}

typedef struct frames {
    int64_t length, stride, fft_length;
} frames;

static bool frames_fit(kov_builder *b, const char *function, const frames *f)
{
    if (f->stride < 1 || f->length < 1)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: `sequence_length` and `sequence_stride` must be a positive integer. "
                         "Received: %lld, "
                         "%lld",
                         function, (long long)f->length, (long long)f->stride);
    else if (f->fft_length < f->length)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: `fft_length` must equal or larger than `sequence_length`. Received: "
                         "sequence_length=%lld, fft_length=%lld",
                         function, (long long)f->length, (long long)f->fft_length);
    return b->status == KOV_OK;
}

/* The window in the middle of fft_length elements; KOV_VALUE_NONE without one. */
static kov_value window_of(kov_builder *b, const char *function, kov_named window, const frames *f,
                           kov_dtype dtype)
{
    kov_value w = window.value;
    if (window.name)
        w = named_window(b, function, window.name, f->length);
    if (w == KOV_VALUE_NONE || b->status != KOV_OK)
        return w;
    w = kov_cast(b, w, dtype);
    if (kov_ndim(b, w) != 1 || kov_dim_number(b, w, 0) != f->length)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "%s: The shape of `window` must be equal to [sequence_length].",
                                function);
    int64_t before = (f->fft_length - f->length) / 2;
    return kov_pad(b, w, kov_one_i64(b, before), kov_one_i64(b, f->fft_length - f->length - before),
                   kov_scalar_like(b, w, 0), "constant");
}

void kov_math_stft(kov_builder *b, kov_value x, int64_t sequence_length, int64_t sequence_stride,
                   int64_t fft_length, kov_named window, bool center, kov_value *outs)
{
    frames f = {sequence_length, sequence_stride, fft_length};
    x = kov_strong(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    int ndim = kov_ndim(b, x);
    outs[0] = outs[1] = KOV_VALUE_ERROR;
    if (b->status == KOV_OK && dtype != KOV_DTYPE_F32 && dtype != KOV_DTYPE_F64)
        kov_builder_fail(
            b, KOV_TYPE_ERROR,
            "stft: Invalid input type. Expected `float32` or `float64`. Received: input type=%s",
            kov_dtype_keras_name(dtype));
    if (b->status == KOV_OK && ndim < 1)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "stft: Input should have rank >= 1");
    if (!frames_fit(b, "stft", &f))
        return;
    kov_value w = window_of(b, "stft", window, &f, dtype);
    if (center) {
        int64_t around[KOV_MAX_NDIM] = {0};
        around[ndim - 1] = fft_length / 2;
        kov_value pads = kov_constant_i64(b, around, ndim);
        x = kov_pad(b, x, pads, pads, KOV_VALUE_NONE, "reflect");
    }
    kov_value parts = kov_math_extract_sequences(b, x, fft_length, sequence_stride);
    if (w != KOV_VALUE_NONE)
        parts = kov_multiply(b, parts, w);
    to_pair(b, kov_rdft(b, parts, kov_one_i64(b, ndim), KOV_VALUE_NONE), dtype, outs);
}

/* (..., count, length) to (..., stride * (count - 1) + length): frames added where they overlap. */
static kov_value overlap_add(kov_builder *b, kov_value x, const frames *f)
{
    int ndim = kov_ndim(b, x);
    kov_value length = kov_constant_i64_scalar(b, f->fft_length),
              stride = kov_constant_i64_scalar(b, f->stride);
    kov_value count = kov_dim_value(b, x, ndim - 2);
    kov_value starts = kov_multiply(b, kov_iota(b, count, KOV_DTYPE_I64), stride);
    kov_value at = kov_add(b, kov_unsqueeze_at(b, starts, 1), kov_iota(b, length, KOV_DTYPE_I64));
    at = kov_unsqueeze_at(b, kov_flatten(b, at), 1);
    kov_value one = kov_constant_i64_scalar(b, 1);
    kov_value total = kov_add(b, kov_multiply(b, kov_subtract(b, count, one), stride), length);
    kov_value rest = kov_dims_value(b, x, 0, ndim - 2), any = kov_one_i64(b, -1);
    const kov_value lanes[] = {any, kov_unsqueeze_at(b, kov_multiply(b, count, length), 0)};
    x = kov_swap(b, kov_reshape(b, x, kov_join_dims(b, lanes, 2), false), 0, 1);
    const kov_value sums[] = {kov_unsqueeze_at(b, total, 0), kov_dims_value(b, x, 1, 2)};
    kov_value zeros = kov_broadcast_to(b, kov_scalar_like(b, x, 0), kov_join_dims(b, sums, 2));
    x = kov_swap(b, kov_scatter_nd_update(b, zeros, at, x, "sum"), 0, 1);
    const kov_value shape[] = {rest, kov_unsqueeze_at(b, total, 0)};
    return kov_reshape(b, x, kov_join_dims(b, shape, 2), false);
}

/* With a window: the signal whose windowed frames are nearest to the given ones, sum(w frame) /
 * sum(w^2). Without: the sum of the frames. */
kov_value kov_math_istft(kov_builder *b, kov_values x, int64_t sequence_length,
                         int64_t sequence_stride, int64_t fft_length, kov_optional_int length,
                         kov_named window, bool center)
{
    frames f = {sequence_length, sequence_stride, fft_length};
    kov_dtype dtype = dtype_of_pair(b, x);
    kov_value spectrum = from_pair(b, "istft", x);
    if (b->status == KOV_OK && kov_ndim(b, spectrum) < 3)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "istft: Input `x` must have at least 2 dimensions");
    if (!frames_fit(b, "istft", &f))
        return KOV_VALUE_ERROR;
    kov_value parts = to_signal(b, "istft", spectrum, (kov_optional_int){true, fft_length});
    kov_value w = window_of(b, "istft", window, &f, kov_dtype_of(b, parts));
    kov_value y = overlap_add(b, w == KOV_VALUE_NONE ? parts : kov_multiply(b, parts, w), &f);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    int last = kov_ndim(b, y) - 1;
    if (w != KOV_VALUE_NONE) {
        const kov_value shape[] = {kov_dims_value(b, parts, last, last + 1),
                                   kov_one_i64(b, fft_length)};
        kov_value weights = kov_broadcast_to(b, kov_multiply(b, w, w), kov_join_dims(b, shape, 2));
        weights = overlap_add(b, weights, &f);
        kov_value enough = kov_greater(b, weights, kov_scalar_like(b, weights, 1e-10));
        y = kov_divide(b, y, kov_select(b, enough, weights, kov_scalar_like(b, weights, 1)));
    }
    int64_t start = center ? fft_length / 2 : 0, stop = center ? -(fft_length / 2) : INT64_MAX;
    if (length.given && length.value < 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "istft: length is %lld; it is at least 0",
                                (long long)length.value);
    if (length.given)
        stop = length.value > INT64_MAX - start ? INT64_MAX : start + length.value;
    if (!length.given && stop == 0)
        stop = INT64_MAX; /* fft_length is 1: nothing was added */
    return kov_narrow(b, kov_slice_axis(b, y, last, start, stop, 1), dtype);
}
