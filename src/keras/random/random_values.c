/* SPDX-License-Identifier: Apache-2.0 */
/* Module random: distributions as functions of Philox bits. The seed is Keras's: two 32-bit
 * integers. */
#include "keras/random/random_draws.h"
#include "keras_functions.h"
#include <math.h>

kov_value kov_random_uniform(kov_builder *b, kov_value shape, kov_value minval, kov_value maxval,
                             kov_dtype dtype, kov_value seed)
{
    kov_value key = kov_random_key(b, "uniform", seed);
    dtype = kov_random_float_dtype(b, "uniform", dtype);
    minval = kov_cast(b, minval, dtype);
    maxval = kov_cast(b, maxval, dtype);
    kov_value u = kov_random_unit(b, key, shape, dtype, 0);
    return kov_add(b, kov_multiply(b, u, kov_subtract(b, maxval, minval)), minval);
}

static kov_value scaled(kov_builder *b, kov_value z, kov_value mean, kov_value stddev,
                        kov_dtype dtype)
{
    kov_dtype wide = kov_dtype_of(b, z);
    kov_value y =
        kov_add(b, kov_multiply(b, z, kov_cast(b, stddev, wide)), kov_cast(b, mean, wide));
    return kov_narrow(b, y, dtype);
}

kov_value kov_random_normal(kov_builder *b, kov_value shape, kov_value mean, kov_value stddev,
                            kov_dtype dtype, kov_value seed)
{
    kov_value key = kov_random_key(b, "normal", seed);
    dtype = kov_random_float_dtype(b, "normal", dtype);
    return scaled(b, kov_random_gaussian(b, key, shape, kov_compute_dtype(dtype), 0), mean, stddev,
                  dtype);
}

/* Within two deviations, by the inverse of the distribution function: sqrt(2) erfinv(u), u uniform
 * in
 * (-erf(sqrt 2), erf(sqrt 2)). */
kov_value kov_random_truncated_normal(kov_builder *b, kov_value shape, kov_value mean,
                                      kov_value stddev, kov_dtype dtype, kov_value seed)
{
    kov_value key = kov_random_key(b, "truncated_normal", seed);
    dtype = kov_random_float_dtype(b, "truncated_normal", dtype);
    kov_value u = kov_random_unit(b, key, shape, kov_compute_dtype(dtype), 0);
    double limit = erf(sqrt(2.0));
    u = kov_subtract(b, kov_multiply(b, u, kov_scalar_like(b, u, 2 * limit)),
                     kov_scalar_like(b, u, limit));
    kov_value z = kov_multiply(b, kov_math_erfinv(b, u), kov_scalar_like(b, u, sqrt(2.0)));
    return scaled(b, kov_clamp(b, z, -2, 2), mean, stddev, dtype);
}

static kov_value shifted(kov_builder *b, kov_value x, int bits)
{
    return kov_bitwise_right_shift(b, x, kov_constant_int(b, kov_dtype_of(b, x), bits));
}

static kov_value low_half(kov_builder *b, kov_value x)
{
    return kov_bitwise_and(b, x, kov_constant_int(b, KOV_DTYPE_U32, 0xFFFF));
}

/* The upper 32 bits of x y for uint32, by halves: no engine needs 64 bits. */
static kov_value upper_product(kov_builder *b, kov_value x, kov_value y)
{
    kov_value x_low = low_half(b, x), x_high = shifted(b, x, 16);
    kov_value y_low = low_half(b, y), y_high = shifted(b, y, 16);
    kov_value middle =
        kov_add(b, kov_multiply(b, x_high, y_low), shifted(b, kov_multiply(b, x_low, y_low), 16));
    kov_value other = kov_add(b, kov_multiply(b, x_low, y_high), low_half(b, middle));
    kov_value top = kov_add(b, kov_multiply(b, x_high, y_high), shifted(b, middle, 16));
    return kov_add(b, top, shifted(b, other, 16));
}

/* 1 where x + y passes 2^32. */
static kov_value carry_of(kov_builder *b, kov_value x, kov_value y)
{
    kov_value sum = kov_add(b, x, y);
    kov_value either = kov_bitwise_and(b, kov_bitwise_or(b, x, y), kov_bitwise_not(b, sum));
    return shifted(b, kov_bitwise_or(b, kov_bitwise_and(b, x, y), either), 31);
}

/* Uniform below range, both uint32: a random number of [0, 1) with 64 bits times the range, rounded
 * down, whose bias is below 2^-32 (D. Lemire, "Fast random integer generation in an interval",
 * 2019). */
static kov_value below_range(kov_builder *b, kov_value key, kov_value shape, kov_value range)
{
    kov_value high = kov_random_bits(b, key, shape, 0), low = kov_random_bits(b, key, shape, 1);
    kov_value carried = upper_product(b, low, range);
    kov_value carry = carry_of(b, kov_multiply(b, high, range), carried);
    return kov_add(b, upper_product(b, high, range), carry);
}

/* A bound modulo 2^32. */
static kov_value as_word(kov_builder *b, kov_value x)
{
    kov_dtype dtype = kov_dtype_of(b, x);
    if (!kov_dtype_is_integer(dtype) || kov_dtype_bits(dtype) > 32)
        x = kov_cast(b, x, KOV_DTYPE_I64);
    return kov_cast(b, x, KOV_DTYPE_U32);
}

kov_value kov_random_randint(kov_builder *b, kov_value shape, kov_value minval, kov_value maxval,
                             kov_dtype dtype, kov_value seed)
{
    kov_value key = kov_random_key(b, "randint", seed);
    if (!kov_dtype_is_integer(dtype))
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "randint: dtype is %s; it must be an integer",
                                kov_dtype_keras_name(dtype));
    if (kov_dtype_bits(dtype) <= 32) {
        kov_value low = as_word(b, minval), range = kov_subtract(b, as_word(b, maxval), low);
        kov_value word = kov_add(b, below_range(b, key, shape, range), low);
        return kov_cast(b, dtype == KOV_DTYPE_U32 ? word : kov_cast(b, word, KOV_DTYPE_I32), dtype);
    }
    minval = kov_cast(b, minval, KOV_DTYPE_I64);
    kov_value range = kov_subtract(b, kov_cast(b, maxval, KOV_DTYPE_I64), minval);
    kov_value word = kov_random_wide_bits(
        b, key, shape, 0); /* 64 bits: the bias of the remainder is below 2^-31 */
    kov_value offset = kov_floor_mod(b, word, kov_cast(b, range, KOV_DTYPE_U64));
    return kov_cast(b, kov_add(b, kov_cast(b, offset, KOV_DTYPE_I64), minval), dtype);
}

/* The largest of logits plus Gumbel noise is distributed as softmax(logits). */
kov_value kov_random_categorical(kov_builder *b, kov_value logits, kov_value num_samples,
                                 kov_dtype dtype, kov_value seed)
{
    kov_value key = kov_random_key(b, "categorical", seed);
    logits = kov_as_float(b, logits);
    if (b->status == KOV_OK && kov_ndim(b, logits) != 2)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "categorical: logits have %d dimensions; (batch, classes) is taken",
                                kov_ndim(b, logits));
    kov_value wide = kov_widen(b, logits);
    const kov_value parts[] = {kov_dims_value(b, logits, 0, 1), num_samples,
                               kov_dims_value(b, logits, 1, 2)};
    kov_value u =
        kov_random_open_unit(b, key, kov_join_dims(b, parts, 3), kov_dtype_of(b, wide), 0);
    kov_value noise = kov_negative(b, kov_log(b, kov_negative(b, kov_log(b, u))));
    kov_value noisy = kov_add(b, kov_unsqueeze_at(b, wide, 1), noise);
    kov_value best =
        kov_top_k(b, noisy, kov_constant_i64_scalar(b, 1), 2, "max", "value", KOV_DTYPE_I32, true);
    return kov_cast(b, kov_squeeze_at(b, kov_output(best, 1), 2), dtype);
}

/* A stream that no other function draws from, so that noise and mask of one seed are unrelated. */
#define DROPOUT_STREAM 16

kov_value kov_random_dropout(kov_builder *b, kov_value inputs, kov_value rate,
                             kov_value noise_shape, kov_value seed)
{
    kov_value key = kov_random_key(b, "dropout", seed);
    inputs = kov_as_float(b, inputs);
    kov_dtype dtype = kov_dtype_of(b, inputs);
    kov_value keep =
        kov_subtract(b, kov_constant_number(b, KOV_DTYPE_F32, 1), kov_cast(b, rate, KOV_DTYPE_F32));
    kov_value shape = noise_shape == KOV_VALUE_NONE ? kov_shape_value(b, inputs) : noise_shape;
    kov_value kept =
        kov_less(b, kov_random_unit(b, key, shape, KOV_DTYPE_F32, DROPOUT_STREAM), keep);
    kov_value scale = kov_cast(b, keep, dtype);
    if (noise_shape != KOV_VALUE_NONE) /* it may not add to the shape of the inputs */
        kept = kov_broadcast_to(b, kept, kov_shape_value(b, inputs));
    return kov_select(b, kept, kov_divide(b, inputs, scale), kov_scalar_like(b, inputs, 0));
}

/* A random order: that in which 64 random bits per index are sorted, by their lower half and then,
 * keeping the order of equals, by their upper half. */
kov_value kov_random_shuffle(kov_builder *b, kov_value x, int64_t axis, kov_value seed)
{
    kov_value key = kov_random_key(b, "shuffle", seed), first, second;
    x = kov_strong(b, x);
    int at = kov_axis(b, "shuffle", axis, kov_ndim(b, x));
    kov_value n = kov_unsqueeze_at(b, kov_dim_value(b, x, at), 0);
    kov_value low = kov_cast(b, kov_random_bits(b, key, n, 0), KOV_DTYPE_I32);
    kov_value high = kov_cast(b, kov_random_bits(b, key, n, 1), KOV_DTYPE_I32);
    kov_value zero = kov_constant_i64_scalar(b, 0);
    kov_sort_last(b, low, &first);
    kov_sort_last(b, kov_gather(b, high, first, zero, 0), &second);
    kov_value order = kov_gather(b, first, second, zero, 0);
    return kov_gather(b, x, order, kov_constant_i64_scalar(b, at), 0);
}
