/* SPDX-License-Identifier: Apache-2.0 */
/* One step of a recurrent cell for one row, one function for each instruction set. Private to
 * recurrent*.c. */
#ifndef KOV_NATIVE_RECURRENT_CELL_H
#define KOV_NATIVE_RECURRENT_CELL_H

#include "base/isa.h"

#include <stddef.h>

/* Gates f, i, c, o of n units each: x is their input's part with the bias, h the state's part.
 * cell and state are read and written; y gets the state too. */
typedef void kov_lstm_cell(const float *x, const float *h, float *cell, float *state, float *y,
                           size_t n);
KOV_ISA_DECLARE(kov_lstm_cell, f32_lstm_cell);

/* Gates z, r, h. candidate: what the state gives the last one where r multiplies it there, h + 2 n
 * plus `bias` (the reset comes after the product); or, bias being NULL, what r * state has given.
 */
typedef void kov_gru_cell(const float *x, const float *h, const float *candidate, const float *bias,
                          float *state, float *y, size_t n);
KOV_ISA_DECLARE(kov_gru_cell, f32_gru_cell);

/* out = sigmoid(x r-gate + h r-gate) * state: for a reset before the product. */
typedef void kov_gru_reset(const float *x, const float *h, const float *state, float *out,
                           size_t n);
KOV_ISA_DECLARE(kov_gru_reset, f32_gru_reset);

#endif
