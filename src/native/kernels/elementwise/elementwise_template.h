/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels from an expression over a, b (and c), which the compiler vectorises: one loop for each
 * use of the operands as arrays or scalars. Only elementwise_*.isa.c include this. */
#ifndef KOV_NATIVE_ELEMENTWISE_TEMPLATE_H
#define KOV_NATIVE_ELEMENTWISE_TEMPLATE_H

#include "native/kernels/elementwise/elementwise_kernels.h"
#include "native/kernels/math/math_vector.h"

#define KOV_UNARY_KERNEL(type, name, T, R, expression)                                             \
    void KOV_ISA_NAME(type##_##name)(const void *x_data, void *y_data, size_t n)                   \
    {                                                                                              \
        const T *x = x_data;                                                                       \
        R *y = y_data;                                                                             \
        KOV_IVDEP                                                                                  \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T a = x[i];                                                                      \
            y[i] = (R)(expression);                                                                \
        }                                                                                          \
    }

#define KOV_BINARY_KERNEL(type, name, T, R, expression)                                            \
    void KOV_ISA_NAME(type##_##name)(const void *a_data, size_t a_step, const void *b_data,        \
                                     size_t b_step, void *y_data, size_t n)                        \
    {                                                                                              \
        const T *as = a_data, *bs = b_data;                                                        \
        R *y = y_data;                                                                             \
        if (n == 0)                                                                                \
            return;                                                                                \
        if (a_step && b_step) {                                                                    \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T a = as[i], b = bs[i];                                                      \
                y[i] = (R)(expression);                                                            \
            }                                                                                      \
        } else if (a_step) {                                                                       \
            const T b = *bs;                                                                       \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T a = as[i];                                                                 \
                y[i] = (R)(expression);                                                            \
            }                                                                                      \
        } else {                                                                                   \
            const T a = *as;                                                                       \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const T b = bs[i * b_step];                                                        \
                y[i] = (R)(expression);                                                            \
            }                                                                                      \
        }                                                                                          \
    }

/* The last two operands as arrays or scalars, and any mixture. */
#define KOV_TERNARY_KERNEL(type, name, A, T, expression)                                           \
    void KOV_ISA_NAME(type##_##name)(const void *a_data, size_t a_step, const void *b_data,        \
                                     size_t b_step, const void *c_data, size_t c_step,             \
                                     void *y_data, size_t n)                                       \
    {                                                                                              \
        const A *as = a_data;                                                                      \
        const T *bs = b_data, *cs = c_data;                                                        \
        T *y = y_data;                                                                             \
        if (n == 0)                                                                                \
            return;                                                                                \
        if (a_step && b_step && c_step) {                                                          \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const A a = as[i];                                                                 \
                const T b = bs[i], c = cs[i];                                                      \
                y[i] = (T)(expression);                                                            \
            }                                                                                      \
        } else if (a_step && !b_step && !c_step) {                                                 \
            const T b = *bs, c = *cs;                                                              \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const A a = as[i];                                                                 \
                y[i] = (T)(expression);                                                            \
            }                                                                                      \
        } else if (a_step && b_step) {                                                             \
            const T c = *cs;                                                                       \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const A a = as[i];                                                                 \
                const T b = bs[i];                                                                 \
                y[i] = (T)(expression);                                                            \
            }                                                                                      \
        } else if (a_step && c_step) {                                                             \
            const T b = *bs;                                                                       \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const A a = as[i];                                                                 \
                const T c = cs[i];                                                                 \
                y[i] = (T)(expression);                                                            \
            }                                                                                      \
        } else {                                                                                   \
            KOV_IVDEP                                                                              \
            for (size_t i = 0; i < n; i++) {                                                       \
                const A a = as[i * a_step];                                                        \
                const T b = bs[i * b_step], c = cs[i * c_step];                                    \
                y[i] = (T)(expression);                                                            \
            }                                                                                      \
        }                                                                                          \
    }

#define KOV_COMPARE_KERNELS(type, T)                                                               \
    KOV_BINARY_KERNEL(type, equal, T, bool, a == b)                                                \
    KOV_BINARY_KERNEL(type, not_equal, T, bool, a != b)                                            \
    KOV_BINARY_KERNEL(type, less, T, bool, a < b)                                                  \
    KOV_BINARY_KERNEL(type, less_equal, T, bool, a <= b)                                           \
    KOV_BINARY_KERNEL(type, greater, T, bool, a > b)                                               \
    KOV_BINARY_KERNEL(type, greater_equal, T, bool, a >= b)                                        \
    KOV_BINARY_KERNEL(type, logical_and, T, bool, (a != 0) & (b != 0))                             \
    KOV_BINARY_KERNEL(type, logical_or, T, bool, (a != 0) | (b != 0))                              \
    KOV_BINARY_KERNEL(type, logical_xor, T, bool, (a != 0) ^ (b != 0))

#endif
