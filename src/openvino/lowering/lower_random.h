/* SPDX-License-Identifier: Apache-2.0 */
/* Random bits and what is computed of uint32, in int32: OpenVINO has no generator that is a
 * function of a key, and its CPU plugin takes uint32 for int32. */
#ifndef KOV_OPENVINO_LOWER_RANDOM_H
#define KOV_OPENVINO_LOWER_RANDOM_H

#include "passes/rewrite.h"

/* The words of RandomBits for a key of two 32-bit integers: int32 of these dimensions, all known,
 * with the bits of `evaluate`. */
kov_value kov_lower_random_bits(kov_builder *b, kov_value key, int64_t stream, const kov_dim *dims,
                                int ndim);

/* A node that takes or gives uint32, on the same bits as int32. False: it cannot be said so. */
bool kov_lower_unsigned(kov_rewrite *r, const kov_node *node, kov_value *out);

#endif
