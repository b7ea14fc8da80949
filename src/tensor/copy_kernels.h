/* SPDX-License-Identifier: Apache-2.0 */
/* Loops of copy_strided.c for each instruction set. Only copy_*.c include this. */
#ifndef KOV_TENSOR_COPY_KERNELS_H
#define KOV_TENSOR_COPY_KERNELS_H

#include "base/isa.h"

#include <stddef.h>
#include <stdint.h>

/* n items of item_size bytes (1, 2, 4 or 8), `last` being the last in the source and the first in
 * the target. Any alignment. */
typedef void kov_copy_reversed_kernel(void *dst, const void *last, size_t item_size, int64_t n);
KOV_ISA_DECLARE(kov_copy_reversed_kernel, copy_reversed);

#endif
