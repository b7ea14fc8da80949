/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels of complex64 and complex128, whose elements are C's. complex64 is computed in double and
 * rounded once; products and quotients are those of opset/elementwise/complex_math.c, whatever is
 * infinite: C's own operators would look for that after every product. */

/* gcc 12 makes a multiply-add of a product's difference beside a sum, contraction or not. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-slp-vectorize")
#endif

#include "native/kernels/elementwise/elementwise_template.h"

#include <math.h>

typedef union c64_number {
    float parts[2];
    float _Complex whole;
} c64_number;

typedef union c128_number {
    double parts[2];
    double _Complex whole;
} c128_number;

typedef struct two_parts {
    double re, im;
} two_parts;

KOV_INLINE two_parts product(two_parts a, two_parts b)
{
    return (two_parts){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

KOV_INLINE two_parts quotient(two_parts a, two_parts b)
{
    if (fabs(b.re) >= fabs(b.im)) {
        if (b.re == 0 && b.im == 0)
            return (two_parts){a.re / fabs(b.re), a.im / fabs(b.re)};
        double ratio = b.im / b.re, scale = b.re + b.im * ratio;
        return (two_parts){(a.re + a.im * ratio) / scale, (a.im - a.re * ratio) / scale};
    }
    double ratio = b.re / b.im, scale = b.re * ratio + b.im;
    return (two_parts){(a.re * ratio + a.im) / scale, (a.im * ratio - a.re) / scale};
}

/* Squares of float32 neither overflow nor vanish in double; an infinite part counts before a NaN.
 */
KOV_INLINE double c64_size(two_parts a)
{
    return isinf(a.re) || isinf(a.im) ? INFINITY : sqrt(a.re * a.re + a.im * a.im);
}

KOV_INLINE double c128_size(two_parts a) { return hypot(a.re, a.im); }

#define KOV_COMPLEX_KERNELS(type, T, R)                                                            \
    KOV_INLINE two_parts type##_open(T x)                                                          \
    {                                                                                              \
        const type##_number number = {.whole = x};                                                 \
        return (two_parts){number.parts[0], number.parts[1]};                                      \
    }                                                                                              \
    KOV_INLINE T type##_close(two_parts x)                                                         \
    {                                                                                              \
        return (type##_number){.parts = {(R)x.re, (R)x.im}}.whole;                                 \
    }                                                                                              \
    KOV_UNARY_KERNEL(type, abs, T, R, type##_size(type##_open(a)))                                 \
    KOV_UNARY_KERNEL(type, negative, T, T, -a)                                                     \
    KOV_UNARY_KERNEL(type, isnan, T, bool, isnan(type##_open(a).re) | isnan(type##_open(a).im))    \
    KOV_UNARY_KERNEL(type, isinf, T, bool, isinf(type##_open(a).re) | isinf(type##_open(a).im))    \
    KOV_UNARY_KERNEL(type, isfinite, T, bool,                                                      \
                     isfinite(type##_open(a).re) & isfinite(type##_open(a).im))                    \
    KOV_BINARY_KERNEL(type, add, T, T, a + b)                                                      \
    KOV_BINARY_KERNEL(type, subtract, T, T, a - b)                                                 \
    KOV_BINARY_KERNEL(type, multiply, T, T, type##_close(product(type##_open(a), type##_open(b)))) \
    KOV_BINARY_KERNEL(type, divide, T, T, type##_close(quotient(type##_open(a), type##_open(b))))  \
    KOV_BINARY_KERNEL(type, equal, T, bool, a == b)                                                \
    KOV_BINARY_KERNEL(type, not_equal, T, bool, a != b)

KOV_COMPLEX_KERNELS(c64, float _Complex, float)
KOV_COMPLEX_KERNELS(c128, double _Complex, double)

KOV_TERNARY_KERNEL(b128, select, uint8_t, double _Complex, a ? b : c)
