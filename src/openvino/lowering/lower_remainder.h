/* SPDX-License-Identifier: Apache-2.0 */
/* Remainders of floats. OpenVINO's CPU plugin computes x - floor(x / y) * y with every step
 * rounded: off by as much as the quotient is large, and NaN where y is infinite. */
#ifndef KOV_OPENVINO_LOWER_REMAINDER_H
#define KOV_OPENVINO_LOWER_REMAINDER_H

#include "passes/rewrite.h"

/* Mod and FloorMod of floats of 32 and 16 bits by steps that are exact; false for other nodes.
 * Where the divisor is below 2^-126 and the dividend above 2^87, OpenVINO's flushing makes the
 * result NaN. */
bool kov_lower_float_remainder(kov_rewrite *r, const kov_node *node, kov_value *out);

#endif
