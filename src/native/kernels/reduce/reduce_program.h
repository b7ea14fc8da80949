/* SPDX-License-Identifier: Apache-2.0 */
/* A reduction of what an element-wise program computes, which is never in memory as a whole. */
#ifndef KOV_NATIVE_REDUCE_PROGRAM_H
#define KOV_NATIVE_REDUCE_PROGRAM_H

#include "native/kernels/elementwise/elementwise_program.h"
#include "native/kernels/reduce/reduce.h"

/* kov_reduce_made of the one output of a checked program over (rows, row_length), which is taken as
 * (outer, length) with as many elements. The same bits as the program and the reduction apart.
 * KOV_OUT_OF_MEMORY. */
kov_status kov_reduce_program(kov_context *context, kov_reduce_op op,
                              const kov_elementwise_program *program, size_t rows,
                              size_t row_length, const kov_program_binding *inputs, void *y,
                              size_t outer, size_t length);

#endif
