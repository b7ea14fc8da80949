/* SPDX-License-Identifier: Apache-2.0 */
/* A While that counts: what lowerings of matrix factorisations are made of. */
#ifndef KOV_OPENVINO_LOWER_LOOP_H
#define KOV_OPENVINO_LOWER_LOOP_H

#include "graph/builder.h"

#define KOV_LOWER_STATES 4 /* at most */

/* Replaces the states by those after round `index` (a scalar int32), of the same types and shapes.
 * Values of the graph in `with` are captured. */
typedef void kov_lower_step(kov_builder *b, kov_value index, kov_value *state, const void *with);

/* `rounds` rounds from 0 on. state: the first states in, the last ones out. */
void kov_lower_repeat(kov_builder *b, int64_t rounds, kov_lower_step *step, const void *with,
                      kov_value *state, int count);

#endif
