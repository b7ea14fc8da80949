/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of CodedMatMul as float32, a few rows at a time. */
#ifndef KOV_NATIVE_CODED_ROWS_H
#define KOV_NATIVE_CODED_ROWS_H

#include "base/isa.h"
#include "opset/coded_mat_mul.h"

/* out[i * out_row + j] = w[k + i, first + j] for i < rows and j < count, the bits of kov_coded_row.
 * `first` is even. */
typedef void kov_coded_rows_fn(const kov_coded *w, int64_t k, int64_t rows, int64_t first,
                               int64_t count, float *out, int64_t out_row);

KOV_ISA_DECLARE(kov_coded_rows_fn, f32_coded_rows);

#endif
