/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of connectionist temporal classification by beam search. */
#ifndef KOV_KERAS_NN_CTC_H
#define KOV_KERAS_NN_CTC_H

#include "keras/helpers.h"

/* logits: (batch, time, classes), float32 or float64; lengths: (batch) int64; blank: int32 class.
 * outs: the likeliest label sequences, filled up with -1, (top_paths, batch, time) int32, and the
 * logarithms of their chances, (batch, top_paths). Where there are fewer sequences, the rest are -1
 * with chance 0. */
void kov_ctc_beam_search(kov_builder *b, kov_value logits, kov_value lengths, kov_value blank,
                         int64_t beam_width, int64_t top_paths, kov_value *outs);

#endif
