/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions without a rounding to fix the order of: integer folds, any and all, argmax and argmin.
 * The compiler vectorises the loops. */
#include "native/kernels/math/math_vector.h"
#include "native/kernels/reduce/reduce_kernels.h"

#define FOLD(type, T, R, name, first, next)                                                        \
    void KOV_ISA_NAME(type##_reduce_##name##_line)(const void *x_data, size_t n, void *y_data)     \
    {                                                                                              \
        const T *x = x_data;                                                                       \
        T a = x[0];                                                                                \
        R y = (R)(first);                                                                          \
        for (size_t i = 1; i < n; i++) {                                                           \
            a = x[i];                                                                              \
            y = (R)(next);                                                                         \
        }                                                                                          \
        *(R *)y_data = y;                                                                          \
    }                                                                                              \
    void KOV_ISA_NAME(type##_reduce_##name##_columns)(const void *x_data, size_t n, size_t stride, \
                                                      size_t width, void *y_data)                  \
    {                                                                                              \
        const T *x = x_data;                                                                       \
        R *ys = y_data;                                                                            \
        for (size_t c = 0; c < width; c++) {                                                       \
            const T a = x[c];                                                                      \
            ys[c] = (R)(first);                                                                    \
        }                                                                                          \
        for (size_t r = 1; r < n; r++) {                                                           \
            const T *row = x + r * stride;                                                         \
            KOV_IVDEP                                                                              \
            for (size_t c = 0; c < width; c++) {                                                   \
                const T a = row[c];                                                                \
                const R y = ys[c];                                                                 \
                ys[c] = (R)(next);                                                                 \
            }                                                                                      \
        }                                                                                          \
    }

/* Elements that are looked at together in the search for the best one. */
enum { KOV_ARG_BLOCK = 64 };

/* The first index of the best element, NaN being better than all: the best value by the fold
 * `best`, then where it stands. BETTER(a, b): a replaces b. */
#define ARG(type, T, name, best, BETTER)                                                           \
    void KOV_ISA_NAME(type##_reduce_##name##_line)(const void *x_data, size_t n, void *y_data)     \
    {                                                                                              \
        const T *x = x_data;                                                                       \
        size_t at = 0, i = 0;                                                                      \
        T found = x[0];                                                                            \
        for (size_t from = 0; from < n; from += KOV_REDUCE_CHUNK) {                                \
            T one;                                                                                 \
            size_t part = n - from < KOV_REDUCE_CHUNK ? n - from : KOV_REDUCE_CHUNK;               \
            KOV_ISA_NAME(type##_reduce_##best##_line)(x + from, part, &one);                       \
            if (BETTER(one, found)) {                                                              \
                found = one;                                                                       \
                at = from;                                                                         \
            }                                                                                      \
        }                                                                                          \
        for (i = at; i + KOV_ARG_BLOCK <= n; i += KOV_ARG_BLOCK) {                                 \
            int hit = 0;                                                                           \
            for (size_t j = i; j < i + KOV_ARG_BLOCK; j++)                                         \
                hit |= (x[j] == found) | (x[j] != x[j]);                                           \
            if (hit)                                                                               \
                break;                                                                             \
        }                                                                                          \
        while (i < n && !(x[i] == found || x[i] != x[i]))                                          \
            i++;                                                                                   \
        *(int64_t *)y_data = (int64_t)i;                                                           \
    }                                                                                              \
    void KOV_ISA_NAME(type##_reduce_##name##_columns)(const void *x_data, size_t n, size_t stride, \
                                                      size_t width, void *y_data)                  \
    {                                                                                              \
        const T *x = x_data;                                                                       \
        int64_t *y = y_data;                                                                       \
        T found[KOV_REDUCE_WIDTH];                                                                 \
        for (size_t c = 0; c < width; c++) {                                                       \
            found[c] = x[c];                                                                       \
            y[c] = 0;                                                                              \
        }                                                                                          \
        for (size_t r = 1; r < n; r++) {                                                           \
            const T *row = x + r * stride;                                                         \
            for (size_t c = 0; c < width; c++) {                                                   \
                bool better = BETTER(row[c], found[c]);                                            \
                found[c] = better ? row[c] : found[c];                                             \
                y[c] = better ? (int64_t)r : y[c];                                                 \
            }                                                                                      \
        }                                                                                          \
    }

#define IS_GREATER(a, b) ((a) > (b) || ((a) != (a) && (b) == (b)))
#define IS_LESS(a, b) ((a) < (b) || ((a) != (a) && (b) == (b)))

/* U is unsigned, so that sums and products wrap; widened by `1u *` as in elementwise_integer.isa.c.
 */
#define INTEGER_FOLDS(type, T, U)                                                                  \
    FOLD(type, T, T, sum, a, (U)y + (U)a)                                                          \
    FOLD(type, T, T, prod, a, 1u * (U)y * (U)a)                                                    \
    FOLD(type, T, T, max, a, a > y ? a : y)                                                        \
    FOLD(type, T, T, min, a, a < y ? a : y)                                                        \
    FOLD(type, T, T, sum_abs, a < 1 ? 0u - (U)a : (U)a, (U)y + (a < 1 ? 0u - (U)a : (U)a))         \
    FOLD(type, T, T, sum_square, 1u * (U)a * (U)a, (U)y + 1u * (U)a * (U)a)

#define ANY_FOLDS(type, T)                                                                         \
    FOLD(type, T, bool, any, a != 0, y | (a != 0))                                                 \
    FOLD(type, T, bool, all, a != 0, y & (a != 0))                                                 \
    ARG(type, T, argmax, max, IS_GREATER)                                                          \
    ARG(type, T, argmin, min, IS_LESS)

#define INTEGERS(type, T, U)                                                                       \
    INTEGER_FOLDS(type, T, U)                                                                      \
    ANY_FOLDS(type, T)

INTEGERS(i8, int8_t, uint8_t)
INTEGERS(i16, int16_t, uint16_t)
INTEGERS(i32, int32_t, uint32_t)
INTEGERS(i64, int64_t, uint64_t)
INTEGERS(u8, uint8_t, uint8_t)
INTEGERS(u16, uint16_t, uint16_t)
INTEGERS(u32, uint32_t, uint32_t)
INTEGERS(u64, uint64_t, uint64_t)
ANY_FOLDS(f32, float)
ANY_FOLDS(f64, double)
