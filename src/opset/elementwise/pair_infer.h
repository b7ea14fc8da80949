/* SPDX-License-Identifier: Apache-2.0 */
/* What inference of all operations of two operands shares. */
#ifndef KOV_OPSET_PAIR_INFER_H
#define KOV_OPSET_PAIR_INFER_H

#include "graph/infer.h"

/* Joins the shapes of inputs `a` and `b` as attribute `broadcast` says ("numpy" or "none"). */
kov_status kov_infer_join(kov_infer *infer, int broadcast, int a, int b, int *ndim, kov_dim *out);
/* The same for inputs 0 and 1, which must have one dtype; sets output 0 to that shape and `dtype`,
 * NONE: theirs. */
kov_status kov_infer_pair(kov_infer *infer, int broadcast, kov_dtype dtype);

#endif
