/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels behind elementwise.h, by their own names: f32_exp__avx2, i64_add__avx512, f64_exp.
 * Only elementwise*.c includes this. */
#ifndef KOV_NATIVE_ELEMENTWISE_KERNELS_H
#define KOV_NATIVE_ELEMENTWISE_KERNELS_H

#include "base/isa.h"
#include "native/kernels/elementwise/elementwise.h"

#define KOV_INTEGER_TYPES(X)                                                                       \
    X(i8, int8_t, uint8_t, I8)                                                                     \
    X(i16, int16_t, uint16_t, I16)                                                                 \
    X(i32, int32_t, uint32_t, I32)                                                                 \
    X(i64, int64_t, uint64_t, I64)                                                                 \
    X(u8, uint8_t, uint8_t, U8)                                                                    \
    X(u16, uint16_t, uint16_t, U16)                                                                \
    X(u32, uint32_t, uint32_t, U32)                                                                \
    X(u64, uint64_t, uint64_t, U64)

#define KOV_DECLARE_F32_UNARY(constant, name) KOV_ISA_DECLARE(kov_unary_kernel, f32_##name);
#define KOV_DECLARE_F32_BINARY(constant, name) KOV_ISA_DECLARE(kov_binary_kernel, f32_##name);
KOV_ELEMENTWISE_FLOAT_ROWS(KOV_DECLARE_F32_UNARY)
KOV_ELEMENTWISE_NUMBER_ROWS(KOV_DECLARE_F32_UNARY)
KOV_ELEMENTWISE_TEST_ROWS(KOV_DECLARE_F32_UNARY)
KOV_ELEMENTWISE_ARITHMETIC_ROWS(KOV_DECLARE_F32_BINARY)
KOV_ELEMENTWISE_FLOAT_PAIR_ROWS(KOV_DECLARE_F32_BINARY)
KOV_ELEMENTWISE_COMPARE_ROWS(KOV_DECLARE_F32_BINARY)
KOV_DECLARE_F32_UNARY(LOGICAL_NOT, logical_not)

#define KOV_DECLARE_F64_UNARY(constant, name) KOV_ISA_DECLARE(kov_unary_kernel, f64_##name);
#define KOV_DECLARE_F64_BINARY(constant, name) KOV_ISA_DECLARE(kov_binary_kernel, f64_##name);
KOV_ELEMENTWISE_FLOAT_ROWS(KOV_DECLARE_F64_UNARY)
KOV_ELEMENTWISE_NUMBER_ROWS(KOV_DECLARE_F64_UNARY)
KOV_ELEMENTWISE_TEST_ROWS(KOV_DECLARE_F64_UNARY)
KOV_ELEMENTWISE_ARITHMETIC_ROWS(KOV_DECLARE_F64_BINARY)
KOV_ELEMENTWISE_FLOAT_PAIR_ROWS(KOV_DECLARE_F64_BINARY)
KOV_ELEMENTWISE_COMPARE_ROWS(KOV_DECLARE_F64_BINARY)
KOV_DECLARE_F64_UNARY(LOGICAL_NOT, logical_not)

#define KOV_DECLARE_INTEGER_ROW(type, name) KOV_ISA_DECLARE(kov_binary_kernel, type##_##name);
#define KOV_DECLARE_INTEGER(type, c_type, c_unsigned, constant)                                    \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_abs);                                                 \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_negative);                                            \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_sign);                                                \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_square);                                              \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_relu);                                                \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_logical_not);                                         \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_bitwise_not);                                         \
    KOV_ISA_DECLARE(kov_ternary_kernel, type##_clip);                                              \
    KOV_DECLARE_INTEGER_ROW(type, add)                                                             \
    KOV_DECLARE_INTEGER_ROW(type, subtract)                                                        \
    KOV_DECLARE_INTEGER_ROW(type, multiply)                                                        \
    KOV_DECLARE_INTEGER_ROW(type, divide)                                                          \
    KOV_DECLARE_INTEGER_ROW(type, floor_divide)                                                    \
    KOV_DECLARE_INTEGER_ROW(type, floor_mod)                                                       \
    KOV_DECLARE_INTEGER_ROW(type, trunc_mod)                                                       \
    KOV_DECLARE_INTEGER_ROW(type, power)                                                           \
    KOV_DECLARE_INTEGER_ROW(type, maximum)                                                         \
    KOV_DECLARE_INTEGER_ROW(type, minimum)                                                         \
    KOV_DECLARE_INTEGER_ROW(type, squared_difference)                                              \
    KOV_DECLARE_INTEGER_ROW(type, equal)                                                           \
    KOV_DECLARE_INTEGER_ROW(type, not_equal)                                                       \
    KOV_DECLARE_INTEGER_ROW(type, less)                                                            \
    KOV_DECLARE_INTEGER_ROW(type, less_equal)                                                      \
    KOV_DECLARE_INTEGER_ROW(type, greater)                                                         \
    KOV_DECLARE_INTEGER_ROW(type, greater_equal)                                                   \
    KOV_DECLARE_INTEGER_ROW(type, logical_and)                                                     \
    KOV_DECLARE_INTEGER_ROW(type, logical_or)                                                      \
    KOV_DECLARE_INTEGER_ROW(type, logical_xor)                                                     \
    KOV_DECLARE_INTEGER_ROW(type, bitwise_and)                                                     \
    KOV_DECLARE_INTEGER_ROW(type, bitwise_or)                                                      \
    KOV_DECLARE_INTEGER_ROW(type, bitwise_xor)                                                     \
    KOV_DECLARE_INTEGER_ROW(type, left_shift)                                                      \
    KOV_DECLARE_INTEGER_ROW(type, right_shift)
KOV_INTEGER_TYPES(KOV_DECLARE_INTEGER)

#define KOV_DECLARE_COMPLEX(type)                                                                  \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_abs);                                                 \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_negative);                                            \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_isnan);                                               \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_isinf);                                               \
    KOV_ISA_DECLARE(kov_unary_kernel, type##_isfinite);                                            \
    KOV_ISA_DECLARE(kov_binary_kernel, type##_add);                                                \
    KOV_ISA_DECLARE(kov_binary_kernel, type##_subtract);                                           \
    KOV_ISA_DECLARE(kov_binary_kernel, type##_multiply);                                           \
    KOV_ISA_DECLARE(kov_binary_kernel, type##_divide);                                             \
    KOV_ISA_DECLARE(kov_binary_kernel, type##_equal);                                              \
    KOV_ISA_DECLARE(kov_binary_kernel, type##_not_equal);
KOV_DECLARE_COMPLEX(c64)
KOV_DECLARE_COMPLEX(c128)

KOV_ISA_DECLARE(kov_ternary_kernel, f32_clip);
KOV_ISA_DECLARE(kov_ternary_kernel, f64_clip);
/* By the size of the elements selected. */
KOV_ISA_DECLARE(kov_ternary_kernel, b8_select);
KOV_ISA_DECLARE(kov_ternary_kernel, b16_select);
KOV_ISA_DECLARE(kov_ternary_kernel, b32_select);
KOV_ISA_DECLARE(kov_ternary_kernel, b64_select);
KOV_ISA_DECLARE(kov_ternary_kernel, b128_select);

#endif
