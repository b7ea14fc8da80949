/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elementwise/complex_math.h"

#include <complex.h>
#include <math.h>

/* C gives a complex number the memory of its two parts. */
typedef union number {
    kov_complex parts;
    double complex whole;
} number;

static double complex to_c(kov_complex z)
{
    return (number){.parts = z}.whole;
}

static kov_complex from_c(double complex z)
{
    return (number){.whole = z}.parts;
}

#define FROM_LIBM(name, function)                                                                  \
    static kov_complex name(kov_complex z)                                                         \
    {                                                                                              \
        return from_c(function(to_c(z)));                                                          \
    }
FROM_LIBM(arc_cosine, cacos)
FROM_LIBM(arc_cosine_hyperbolic, cacosh)
FROM_LIBM(arc_sine, casin)
FROM_LIBM(arc_sine_hyperbolic, casinh)
FROM_LIBM(arc_tangent, catan)
FROM_LIBM(arc_tangent_hyperbolic, catanh)
FROM_LIBM(cosine, ccos)
FROM_LIBM(cosine_hyperbolic, ccosh)
FROM_LIBM(exponential, cexp)
FROM_LIBM(logarithm, clog)
FROM_LIBM(sine, csin)
FROM_LIBM(sine_hyperbolic, csinh)
FROM_LIBM(square_root, csqrt)
FROM_LIBM(tangent, ctan)
FROM_LIBM(tangent_hyperbolic, ctanh)

bool kov_complex_is_nan(kov_complex z)
{
    return isnan(z.re) || isnan(z.im);
}

int kov_complex_compare(kov_complex a, kov_complex b)
{
    return a.re != b.re ? (a.re > b.re) - (a.re < b.re) : (a.im > b.im) - (a.im < b.im);
}

static kov_complex negative(kov_complex z)
{
    return (kov_complex){-z.re, -z.im};
}

/* The number of size 1 in the direction of z. */
static kov_complex sign(kov_complex z)
{
    double size = hypot(z.re, z.im);
    if (kov_complex_is_nan(z))
        return (kov_complex){NAN, NAN};
    return size == 0 ? (kov_complex){0, 0} : (kov_complex){z.re / size, z.im / size};
}

static kov_complex add(kov_complex a, kov_complex b)
{
    return (kov_complex){a.re + b.re, a.im + b.im};
}

static kov_complex subtract(kov_complex a, kov_complex b)
{
    return (kov_complex){a.re - b.re, a.im - b.im};
}

static kov_complex multiply(kov_complex a, kov_complex b)
{
    return (kov_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* Smith's way: scaled by the larger part of the divisor, so that its square is never needed. */
static kov_complex divide(kov_complex a, kov_complex b)
{
    if (fabs(b.re) >= fabs(b.im)) {
        if (b.re == 0 && b.im == 0)
            return (kov_complex){a.re / fabs(b.re), a.im / fabs(b.re)};
        double ratio = b.im / b.re, scale = b.re + b.im * ratio;
        return (kov_complex){(a.re + a.im * ratio) / scale, (a.im - a.re * ratio) / scale};
    }
    double ratio = b.re / b.im, scale = b.re * ratio + b.im;
    return (kov_complex){(a.re * ratio + a.im) / scale, (a.im * ratio - a.re) / scale};
}

/* The power of exp with the smaller size, so that nothing overflows. */
static kov_complex sigmoid(kov_complex z)
{
    const kov_complex one = {1, 0};
    kov_complex power = exponential(z.re > 0 ? negative(z) : z);
    return divide(z.re > 0 ? one : power, add(one, power));
}

static kov_complex whole_power(kov_complex base, int exponent)
{
    kov_complex result = {1, 0};
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 != 0)
            result = multiply(result, base);
        if (exponent > 1)
            base = multiply(base, base);
    }
    return result;
}

/* Small whole powers by products, which are exact where the numbers are; the others by exp and log,
 * whose error grows with the exponent. */
static kov_complex power(kov_complex a, kov_complex b)
{
    const kov_complex one = {1, 0};
    const double most = 64;
    if (b.im == 0 && fabs(b.re) <= most && b.re == rint(b.re)) {
        kov_complex y = whole_power(a, (int)fabs(b.re));
        return b.re < 0 ? divide(one, y) : y;
    }
    if (a.re == 0 && a.im == 0 && b.re > 0)
        return (kov_complex){0, 0};
    return from_c(cpow(to_c(a), to_c(b)));
}

static kov_complex maximum(kov_complex a, kov_complex b)
{
    if (kov_complex_is_nan(a) || kov_complex_is_nan(b))
        return kov_complex_is_nan(a) ? a : b;
    return kov_complex_compare(a, b) >= 0 ? a : b;
}

static kov_complex minimum(kov_complex a, kov_complex b)
{
    if (kov_complex_is_nan(a) || kov_complex_is_nan(b))
        return kov_complex_is_nan(a) ? a : b;
    return kov_complex_compare(a, b) <= 0 ? a : b;
}

kov_complex_unary *kov_complex_unary_of(int op)
{
    static kov_complex_unary *const functions[KOV_OP_COUNT] = {
        [KOV_OP_ACOS] = arc_cosine,
        [KOV_OP_ACOSH] = arc_cosine_hyperbolic,
        [KOV_OP_ASIN] = arc_sine,
        [KOV_OP_ASINH] = arc_sine_hyperbolic,
        [KOV_OP_ATAN] = arc_tangent,
        [KOV_OP_ATANH] = arc_tangent_hyperbolic,
        [KOV_OP_COS] = cosine,
        [KOV_OP_COSH] = cosine_hyperbolic,
        [KOV_OP_EXP] = exponential,
        [KOV_OP_LOG] = logarithm,
        [KOV_OP_NEGATIVE] = negative,
        [KOV_OP_SIGN] = sign,
        [KOV_OP_SIN] = sine,
        [KOV_OP_SINH] = sine_hyperbolic,
        [KOV_OP_SQRT] = square_root,
        [KOV_OP_TAN] = tangent,
        [KOV_OP_TANH] = tangent_hyperbolic,
        [KOV_OP_SIGMOID] = sigmoid,
    };
    return functions[op];
}

kov_complex_binary *kov_complex_binary_of(int op)
{
    static kov_complex_binary *const functions[KOV_OP_COUNT] = {
        [KOV_OP_ADD] = add,         [KOV_OP_SUBTRACT] = subtract, [KOV_OP_MULTIPLY] = multiply,
        [KOV_OP_DIVIDE] = divide,   [KOV_OP_POWER] = power,       [KOV_OP_MAXIMUM] = maximum,
        [KOV_OP_MINIMUM] = minimum,
    };
    return functions[op];
}
