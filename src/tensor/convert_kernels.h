/* SPDX-License-Identifier: Apache-2.0 */
/* kov_convert_direct for each instruction set. Only convert*.c includes this. */
#ifndef KOV_TENSOR_CONVERT_KERNELS_H
#define KOV_TENSOR_CONVERT_KERNELS_H

#include "base/isa.h"
#include "tensor/convert.h"

typedef void kov_convert_kernel(kov_dtype from, const void *src, kov_dtype to, void *dst,
                                int64_t n);
KOV_ISA_DECLARE(kov_convert_kernel, convert_direct);

#endif
