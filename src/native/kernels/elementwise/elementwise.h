/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise kernels: plain functions on contiguous arrays, looked up by operation and dtype.
 *
 * Numbers. The bits of an element depend on its operands and the CPU alone, never on its position
 * or on n. float32 functions are within 2 ulp over all float32 (docs/accuracy.md), subnormals kept,
 * special values as C99 annex F (NumPy where that says nothing). maximum, minimum, clip, relu
 * propagate NaN. Integers wrap. Integer division, floor_divide and both remainders by 0 give 0, and
 * the most negative integer by -1 gives itself (remainder 0). divide truncates integers; floor_mod
 * has the sign of the divisor, trunc_mod that of the dividend. Integer power by squaring; a
 * negative exponent gives 0 except for the bases 1 and -1. Shifts by less than 0 or by the width
 * and more give 0 (-1 for a right shift of a negative number).
 *
 * Memory. Outputs may be the very array of an operand of the same element size (in place); any
 * other overlap is undefined. No alignment is needed beyond the element's. n may be 0. */
#ifndef KOV_NATIVE_ELEMENTWISE_H
#define KOV_NATIVE_ELEMENTWISE_H

#include "native/kernels/elementwise/elementwise_ops.h"

#include <kov/context.h>
#include <kov/dtype.h>

typedef void kov_unary_kernel(const void *x, void *y, size_t n);

/* A step is 1 (an array of n) or 0 (one element, used n times); not all may be 0 unless n <= 1. */
typedef void kov_binary_kernel(const void *a, size_t a_step, const void *b, size_t b_step, void *y,
                               size_t n);
typedef void kov_ternary_kernel(const void *a, size_t a_step, const void *b, size_t b_step,
                                const void *c, size_t c_step, void *y, size_t n);

/* The kernel for this CPU, or NULL where the operation does not take the dtype. `dtype` is that of
 * the operands (of select: of its last two). float16 and bfloat16 have none: tile programs convert
 * them to float32 and back. */
kov_unary_kernel *kov_elementwise_unary(kov_elementwise_op op, kov_dtype dtype);
kov_binary_kernel *kov_elementwise_binary(kov_elementwise_op op, kov_dtype dtype);
kov_ternary_kernel *kov_elementwise_ternary(kov_elementwise_op op, kov_dtype dtype);

/* Operands (1 to 3; 0 for an unknown operation) and the dtype of the result for operands of dtype.
 */
int kov_elementwise_arity(kov_elementwise_op op);
kov_dtype kov_elementwise_result(kov_elementwise_op op, kov_dtype dtype);
const char *kov_elementwise_name(kov_elementwise_op op); /* "log1p"; "?" if unknown */

/* As above with n large: the array in cache-sized pieces over the context's threads. */
void kov_elementwise_run_unary(kov_context *context, kov_unary_kernel *kernel, kov_dtype x_dtype,
                               const void *x, kov_dtype y_dtype, void *y, size_t n);
void kov_elementwise_run_binary(kov_context *context, kov_binary_kernel *kernel, kov_dtype dtype,
                                const void *a, size_t a_step, const void *b, size_t b_step,
                                kov_dtype y_dtype, void *y, size_t n);

#endif
