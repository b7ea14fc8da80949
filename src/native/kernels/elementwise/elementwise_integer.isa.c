/* SPDX-License-Identifier: Apache-2.0 */
/* Integer kernels. Arithmetic is done in the unsigned type, widened by `1u *` where C would promote
 * to int, so that it wraps. */
#include "native/kernels/elementwise/elementwise_template.h"

/* Quotients and remainders for every pair of operands: 0 for a divisor of 0, and by -1 without the
 * division that would trap. */
#define KOV_INTEGER_DIVISION(type, T, U)                                                           \
    KOV_INLINE bool type##_is_minus_one(T a) { return a < 1 && (U)a == (U) ~(U)0; }                \
    KOV_INLINE T type##_quotient(T a, T b)                                                         \
    {                                                                                              \
        if (b == 0)                                                                                \
            return 0;                                                                              \
        if (type##_is_minus_one(b))                                                                \
            return (T)(0u - (U)a);                                                                 \
        return (T)(a / b);                                                                         \
    }                                                                                              \
    KOV_INLINE T type##_remainder(T a, T b)                                                        \
    {                                                                                              \
        if (b == 0 || type##_is_minus_one(b))                                                      \
            return 0;                                                                              \
        return (T)(a % b);                                                                         \
    }                                                                                              \
    KOV_INLINE T type##_floor_quotient(T a, T b)                                                   \
    {                                                                                              \
        T q = type##_quotient(a, b), r = type##_remainder(a, b);                                   \
        return (T)((U)q - (U)(r != 0 && (r < 1) != (b < 1)));                                      \
    }                                                                                              \
    KOV_INLINE T type##_floor_remainder(T a, T b)                                                  \
    {                                                                                              \
        T r = type##_remainder(a, b);                                                              \
        if (r != 0 && (r < 1) != (b < 1))                                                          \
            r = (T)(r + b);                                                                        \
        return r;                                                                                  \
    }                                                                                              \
    KOV_INLINE T type##_power_of(T a, T b)                                                         \
    {                                                                                              \
        U base = (U)a, y = 1;                                                                      \
        if (b < 1 && b != 0) {                                                                     \
            if (a == 1 || (type##_is_minus_one(a) && b % 2 == 0))                                  \
                return 1;                                                                          \
            return type##_is_minus_one(a) ? a : (T)0;                                              \
        }                                                                                          \
        for (U e = (U)b; e != 0; e = (U)(e >> 1)) {                                                \
            if (e & 1)                                                                             \
                y = (U)(1u * y * base);                                                            \
            base = (U)(1u * base * base);                                                          \
        }                                                                                          \
        return (T)y;                                                                               \
    }

#define KOV_INTEGER_KERNELS(type, T, U, constant)                                                  \
    KOV_INTEGER_DIVISION(type, T, U)                                                               \
    KOV_UNARY_KERNEL(type, abs, T, T, a < 1 ? (T)(0u - (U)a) : a)                                  \
    KOV_UNARY_KERNEL(type, negative, T, T, 0u - (U)a)                                              \
    KOV_UNARY_KERNEL(type, sign, T, T, a == 0 ? 0 : a < 1 ? (T) - 1 : 1)                           \
    KOV_UNARY_KERNEL(type, square, T, T, 1u * (U)a * (U)a)                                         \
    KOV_UNARY_KERNEL(type, relu, T, T, a < 1 ? 0 : a)                                              \
    KOV_UNARY_KERNEL(type, logical_not, T, bool, a == 0)                                           \
    KOV_UNARY_KERNEL(type, bitwise_not, T, T, ~a)                                                  \
    KOV_BINARY_KERNEL(type, add, T, T, (U)a + (U)b)                                                \
    KOV_BINARY_KERNEL(type, subtract, T, T, (U)a - (U)b)                                           \
    KOV_BINARY_KERNEL(type, multiply, T, T, 1u * (U)a * (U)b)                                      \
    KOV_BINARY_KERNEL(type, divide, T, T, type##_quotient(a, b))                                   \
    KOV_BINARY_KERNEL(type, floor_divide, T, T, type##_floor_quotient(a, b))                       \
    KOV_BINARY_KERNEL(type, floor_mod, T, T, type##_floor_remainder(a, b))                         \
    KOV_BINARY_KERNEL(type, trunc_mod, T, T, type##_remainder(a, b))                               \
    KOV_BINARY_KERNEL(type, power, T, T, type##_power_of(a, b))                                    \
    KOV_BINARY_KERNEL(type, maximum, T, T, a > b ? a : b)                                          \
    KOV_BINARY_KERNEL(type, minimum, T, T, a < b ? a : b)                                          \
    KOV_BINARY_KERNEL(type, squared_difference, T, T, 1u * (U)((U)a - (U)b) * (U)((U)a - (U)b))    \
    KOV_COMPARE_KERNELS(type, T)                                                                   \
    KOV_BINARY_KERNEL(type, bitwise_and, T, T, a &b)                                               \
    KOV_BINARY_KERNEL(type, bitwise_or, T, T, a | b)                                               \
    KOV_BINARY_KERNEL(type, bitwise_xor, T, T, a ^ b)                                              \
    KOV_BINARY_KERNEL(type, left_shift, T, T, (U)b < 8 * sizeof(T) ? 1u * (U)a << (U)b : 0)        \
    KOV_BINARY_KERNEL(type, right_shift, T, T,                                                     \
                      (U)b < 8 * sizeof(T) ? a >> (U)b : (a < 1) * (a >> (8 * sizeof(T) - 1)))     \
    KOV_TERNARY_KERNEL(type, clip, T, T, (a > b ? a : b) < c ? (a > b ? a : b) : c)

KOV_INTEGER_TYPES(KOV_INTEGER_KERNELS)

KOV_TERNARY_KERNEL(b8, select, uint8_t, uint8_t, a ? b : c)
KOV_TERNARY_KERNEL(b16, select, uint8_t, uint16_t, a ? b : c)
KOV_TERNARY_KERNEL(b32, select, uint8_t, uint32_t, a ? b : c)
KOV_TERNARY_KERNEL(b64, select, uint8_t, uint64_t, a ? b : c)
