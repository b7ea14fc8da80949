/* SPDX-License-Identifier: Apache-2.0 */
/* Type promotion: Keras's lattice (keras/src/backend/common/dtypes.py, there called result_type).
 */
#ifndef KOV_TENSOR_PROMOTE_H
#define KOV_TENSOR_PROMOTE_H

#include "base/status.h"

#include <kov/dtype.h>

/* Whether an operand is a Python number. A Python bool is strong; its dtype is BOOL. */
enum { KOV_WEAK_NONE = 0, KOV_WEAK_INT, KOV_WEAK_FLOAT, KOV_WEAK_COMPLEX };

typedef struct kov_operand_type {
    kov_dtype dtype; /* read only if weak is KOV_WEAK_NONE */
    uint8_t weak;
} kov_operand_type;

/* The common dtype of n operands, as Keras's result_type; floatx for n = 0. floatx is F16, BF16,
 * F32 or F64. It differs from Keras in that
 * - 64-bit results are kept if an operand is itself 64-bit (int64, uint64, float64, complex128, and
 *   not weak), as on Keras's TensorFlow backend; else they become 32-bit: uint32 x int32 is int32;
 * - a float type that floatx decides is floatx itself, also where Keras says float16 for bfloat16
 * and float32 for float64;
 * - a Python complex is weak: with float64 it gives complex128, else complex64.
 * KOV_TYPE_ERROR for float8 (as in Keras: they must be cast), for types without a common one
 * (string and a number) and for sub-byte types that are not all the same. */
kov_status kov_promote(const kov_operand_type *types, int n, kov_dtype floatx, kov_dtype *out);

/* What a function that computes in floating point makes of its operand: result_type(dtype, float).
 * bool and integers become floatx, floats and complex stay; so do types without a promotion. */
kov_dtype kov_promote_to_float(kov_dtype dtype, kov_dtype floatx);

/* What is kept of a Python int instead of the number: two of the same class are held by the same
 * integer types. 0 is none of them: that of a number of which nothing is known. */
uint8_t kov_integer_class(int64_t number);
/* Whether dtype holds the numbers of the class; true if dtype is no integer type, or nothing is
 * known. */
bool kov_integer_class_fits(uint8_t integer_class, kov_dtype dtype);

#endif
