/* SPDX-License-Identifier: Apache-2.0 */
/* Merge exchange (Batcher; Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M), which
 * sorts any number of keys by comparisons whose places do not depend on them: so one instruction
 * compares a pair of every lane. */
#include "native/kernels/math/math_vector.h"
#include "native/kernels/sort/sort_kernels.h"

#include <stdint.h>

#define SORT_LANES(type, T)                                                                        \
    KOV_INLINE void type##_exchange(T *restrict low, T *restrict high)                             \
    {                                                                                              \
        for (size_t l = 0; l < KOV_SORT_LANES; l++) {                                              \
            T a = low[l], b = high[l];                                                             \
            low[l] = a < b ? a : b;                                                                \
            high[l] = a < b ? b : a;                                                               \
        }                                                                                          \
    }                                                                                              \
    void KOV_ISA_NAME(type##_sort_lanes)(void *data, size_t n)                                     \
    {                                                                                              \
        T *keys = data;                                                                            \
        size_t top = 1;                                                                            \
        while (top * 2 < n)                                                                        \
            top *= 2;                                                                              \
        for (size_t p = top; p > 0; p /= 2) {                                                      \
            size_t r = 0, d = p;                                                                   \
            for (size_t q = top;; q /= 2) {                                                        \
                for (size_t from = r; from + d < n; from += 2 * p) {                               \
                    size_t end = from + p < n - d ? from + p : n - d;                              \
                    for (size_t i = from; i < end; i++)                                            \
                        type##_exchange(keys + i * KOV_SORT_LANES,                                 \
                                        keys + (i + d) * KOV_SORT_LANES);                          \
                }                                                                                  \
                if (q == p)                                                                        \
                    break;                                                                         \
                d = q - p;                                                                         \
                r = p;                                                                             \
            }                                                                                      \
        }                                                                                          \
    }

SORT_LANES(i32, int32_t)
SORT_LANES(i64, int64_t)

/* T: the integer of a float's width; infinity: its bits. */
#define SORT_FLOATS(type, T, most, least, infinity)                                                \
    void KOV_ISA_NAME(type##_sort_keys)(void *data, size_t n, int *odd)                            \
    {                                                                                              \
        T *x = data;                                                                               \
        T found = 0;                                                                               \
        for (size_t i = 0; i < n * KOV_SORT_LANES; i++) {                                          \
            T bits = x[i], magnitude = bits & most;                                                \
            T nan = magnitude > infinity, zero = bits == least;                                    \
            T key = bits ^ ((bits >> (8 * sizeof(T) - 1)) & most);                                 \
            found |= nan | zero;                                                                   \
            x[i] = nan ? most : zero ? 0 : key;                                                    \
        }                                                                                          \
        *odd = found != 0;                                                                         \
    }                                                                                              \
    void KOV_ISA_NAME(type##_sort_values)(void *keys, size_t n)                                    \
    {                                                                                              \
        T *x = keys;                                                                               \
        for (size_t i = 0; i < n * KOV_SORT_LANES; i++)                                            \
            x[i] ^= (x[i] >> (8 * sizeof(T) - 1)) & most;                                          \
    }

SORT_FLOATS(f32, int32_t, INT32_MAX, INT32_MIN, 0x7f800000)
SORT_FLOATS(f64, int64_t, INT64_MAX, INT64_MIN, INT64_C(0x7ff0000000000000))
