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

/* The products of two float32 are exact in double, so that it is all one whether the compiler,
 * which makes vectors of this loop and not of one over C's complex type, fuses them with the sums.
 */
#define KOV_C64_PRODUCTS(A, B)                                                                     \
    for (size_t i = 0; i < n; i++) {                                                               \
        const double ar = (double)a[A], ai = (double)a[A + 1];                                     \
        const double br = (double)b[B], bi = (double)b[B + 1];                                     \
        y[2 * i] = (float)(ar * br - ai * bi);                                                     \
        y[2 * i + 1] = (float)(ar * bi + ai * br);                                                 \
    }

void KOV_ISA_NAME(c64_multiply)(const void *a_data, size_t a_step, const void *b_data,
                                size_t b_step, void *y_data, size_t n)
{
    const float *a = a_data, *b = b_data;
    float *y = y_data;
    if (a_step && b_step) {
        KOV_IVDEP
        KOV_C64_PRODUCTS(2 * i, 2 * i)
        return;
    }
    if (n == 0)
        return;
    const float *one = a_step ? b : a; /* the product is the same either way */
    const float number[2] = {one[0], one[1]};
    a = a_step ? a : b;
    b = number;
    if (a_step || b_step) {
        KOV_IVDEP
        KOV_C64_PRODUCTS(2 * i, 0)
    } else {
        KOV_C64_PRODUCTS(0, 0)
    }
}

/* Squares of float32 neither overflow nor vanish in double; an infinite part counts before a NaN.
 */
void KOV_ISA_NAME(c64_abs)(const void *x_data, void *y_data, size_t n)
{
    const float *x = x_data;
    float *y = y_data;
    for (size_t i = 0; i < n; i++) {
        double re = (double)x[2 * i], im = (double)x[2 * i + 1];
        y[i] = (float)sqrt(re * re + im * im);
    }
    const uint32_t infinity = 0x7f800000u, *bits = x_data;
    uint32_t *size = y_data;
    for (size_t i = 0; i < n; i++) {
        uint32_t re = bits[2 * i] & INT32_MAX, im = bits[2 * i + 1] & INT32_MAX;
        size[i] = ((re == infinity) | (im == infinity)) ? infinity : size[i];
    }
}

void KOV_ISA_NAME(c128_abs)(const void *x_data, void *y_data, size_t n)
{
    const double *x = x_data;
    double *y = y_data;
    for (size_t i = 0; i < n; i++)
        y[i] = hypot(x[2 * i], x[2 * i + 1]);
}

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
    KOV_UNARY_KERNEL(type, negative, T, T, -a)                                                     \
    KOV_UNARY_KERNEL(type, isnan, T, bool, isnan(type##_open(a).re) | isnan(type##_open(a).im))    \
    KOV_UNARY_KERNEL(type, isinf, T, bool, isinf(type##_open(a).re) | isinf(type##_open(a).im))    \
    KOV_UNARY_KERNEL(type, isfinite, T, bool,                                                      \
                     isfinite(type##_open(a).re) & isfinite(type##_open(a).im))                    \
    KOV_BINARY_KERNEL(type, add, T, T, a + b)                                                      \
    KOV_BINARY_KERNEL(type, subtract, T, T, a - b)                                                 \
    KOV_BINARY_KERNEL(type, divide, T, T, type##_close(quotient(type##_open(a), type##_open(b))))  \
    KOV_BINARY_KERNEL(type, equal, T, bool, a == b)                                                \
    KOV_BINARY_KERNEL(type, not_equal, T, bool, a != b)

KOV_COMPLEX_KERNELS(c64, float _Complex, float)
KOV_COMPLEX_KERNELS(c128, double _Complex, double)

KOV_BINARY_KERNEL(c128, multiply, double _Complex, double _Complex,
                  c128_close(product(c128_open(a), c128_open(b))))

KOV_TERNARY_KERNEL(b128, select, uint8_t, double _Complex, a ? b : c)
