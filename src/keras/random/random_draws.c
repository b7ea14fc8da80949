/* SPDX-License-Identifier: Apache-2.0 */
#include "keras/random/random_draws.h"
#include <math.h>

kov_value kov_random_key(kov_builder *b, const char *function, kov_value seed)
{
    if (seed == KOV_VALUE_NONE)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "%s: no seed; draw one with keras.random.SeedGenerator", function);
    if (kov_dtype_of(b, seed) != KOV_DTYPE_U32 && kov_dtype_of(b, seed) != KOV_DTYPE_I32)
        seed = kov_cast(b, seed, KOV_DTYPE_U32);
    return seed;
}

/* Integers that are exact in dtype: as many random bits as its significand holds. */
static int significand_bits(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_F16:
        return 11;
    case KOV_DTYPE_BF16:
        return 8;
    case KOV_DTYPE_F64:
        return 53;
    default:
        return 24;
    }
}

static kov_value shift_right(kov_builder *b, kov_value x, int bits)
{
    return kov_bitwise_right_shift(b, x, kov_constant_int(b, kov_dtype_of(b, x), bits));
}

kov_value kov_random_wide_bits(kov_builder *b, kov_value key, kov_value shape, int stream)
{
    kov_value high = kov_cast(b, kov_random_bits(b, key, shape, stream), KOV_DTYPE_U64);
    kov_value low = kov_cast(b, kov_random_bits(b, key, shape, stream + 1), KOV_DTYPE_U64);
    high = kov_bitwise_left_shift(b, high, kov_constant_int(b, KOV_DTYPE_U64, 32));
    return kov_bitwise_or(b, high, low);
}

kov_value kov_random_unit(kov_builder *b, kov_value key, kov_value shape, kov_dtype dtype,
                          int stream)
{
    int bits = significand_bits(dtype);
    kov_value word = bits > 32 ? kov_random_wide_bits(b, key, shape, stream)
                               : kov_random_bits(b, key, shape, stream);
    kov_value number = kov_cast(b, shift_right(b, word, (bits > 32 ? 64 : 32) - bits), dtype);
    return kov_multiply(b, number, kov_scalar_like(b, number, ldexp(1, -bits)));
}

kov_value kov_random_open_unit(kov_builder *b, kov_value key, kov_value shape, kov_dtype dtype,
                               int stream)
{
    kov_value word = kov_cast(b, kov_random_bits(b, key, shape, stream), dtype);
    return kov_add(b, kov_multiply(b, word, kov_scalar_like(b, word, ldexp(1, -32))),
                   kov_scalar_like(b, word, ldexp(1, -33)));
}

/* By Box and Muller; the radius takes all 32 bits, so tails reach 6.6 deviations. */
kov_value kov_random_gaussian(kov_builder *b, kov_value key, kov_value shape, kov_dtype dtype,
                              int stream)
{
    kov_value u = kov_random_open_unit(b, key, shape, dtype, stream);
    kov_value radius = kov_sqrt(b, kov_multiply(b, kov_log(b, u), kov_scalar_like(b, u, -2)));
    kov_value turn = kov_random_unit(b, key, shape, dtype, stream + 2);
    kov_value angle =
        kov_multiply(b, turn, kov_scalar_like(b, turn, 6.283185307179586476925286766559));
    return kov_multiply(b, radius, kov_cos(b, angle));
}

kov_dtype kov_random_float_dtype(kov_builder *b, const char *function, kov_dtype dtype)
{
    if (dtype == KOV_DTYPE_NONE)
        return b->floatx;
    if (!kov_dtype_is_float(dtype))
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: dtype is %s; it must be a float", function,
                         kov_dtype_keras_name(dtype));
    return dtype;
}
