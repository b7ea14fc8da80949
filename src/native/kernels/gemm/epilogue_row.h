/* SPDX-License-Identifier: Apache-2.0 */
/* Cheap activations on a row, one function for each instruction set. */
#ifndef KOV_NATIVE_EPILOGUE_ROW_H
#define KOV_NATIVE_EPILOGUE_ROW_H

#include "base/isa.h"
#include "native/kernels/gemm/epilogue.h"

/* y[j] = activation(y[j]) for the activations before SIGMOID. */
typedef void kov_epilogue_row_fn(const kov_epilogue *epilogue, float *y, int64_t columns);

KOV_ISA_DECLARE(kov_epilogue_row_fn, f32_epilogue_row);

#endif
