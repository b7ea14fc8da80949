/* SPDX-License-Identifier: Apache-2.0 */
/* What the distributions of module random are made of. A draw is a function of the key, its shape
 * and the streams it takes: draws that must be independent take different ones. */
#ifndef KOV_KERAS_RANDOM_DRAWS_H
#define KOV_KERAS_RANDOM_DRAWS_H

#include "keras/helpers.h"

/* The key of a seed: any integer tensor of two elements, its low 32 bits. */
kov_value kov_random_key(kov_builder *b, const char *function, kov_value seed);

/* 64 random bits, uint64. Takes streams `stream` and `stream` + 1. */
kov_value kov_random_wide_bits(kov_builder *b, kov_value key, kov_value shape, int stream);

/* Uniform in [0, 1), every value a multiple of 2^-significand. Takes streams `stream` and `stream`
 * + 1. */
kov_value kov_random_unit(kov_builder *b, kov_value key, kov_value shape, kov_dtype dtype,
                          int stream);

/* Uniform in (0, 1]: its logarithm is finite, and the least value 2^-33. dtype: float32 or float64.
 * Takes one stream. */
kov_value kov_random_open_unit(kov_builder *b, kov_value key, kov_value shape, kov_dtype dtype,
                               int stream);

/* Standard normal of dtype float32 or float64. Takes streams `stream` to `stream` + 3. */
kov_value kov_random_gaussian(kov_builder *b, kov_value key, kov_value shape, kov_dtype dtype,
                              int stream);

/* The dtype argument of a distribution: floatx for none; sticky failure for one that is no float.
 */
kov_dtype kov_random_float_dtype(kov_builder *b, const char *function, kov_dtype dtype);

#endif
