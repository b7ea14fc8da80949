/* SPDX-License-Identifier: Apache-2.0 */
/* Block-wise evaluation of operations of two broadcast operands of one dtype. */
#ifndef KOV_OPSET_PAIR_WALK_H
#define KOV_OPSET_PAIR_WALK_H

#include "opset/element_block.h"

/* Computes n elements of a (result) and b. */
typedef kov_status (*kov_pair_function)(const kov_eval *eval, kov_wide wide, int n, kov_block *a,
                                        const kov_block *b);

/* Applies the function to inputs 0 and 1, broadcast to output 0. */
kov_status kov_pair_walk(kov_eval *eval, kov_pair_function function);

#endif
