/* SPDX-License-Identifier: Apache-2.0 */
/* ln(1 + exp(x)): OpenVINO's SoftPlus, which it also makes of a Log of 1 + Exp, loses what is small
 * beside 1; at x = -16 no digit is left. */
#ifndef KOV_OPENVINO_LOWER_LOGARITHM_H
#define KOV_OPENVINO_LOWER_LOGARITHM_H

#include "passes/rewrite.h"

/* A SoftPlus of float32 by logarithms that keep small numbers, or a Log of 1 + Exp said so that it
 * stays one. False: the node is neither. */
bool kov_lower_logarithm(kov_rewrite *r, const kov_node *node, kov_value *out);

#endif
