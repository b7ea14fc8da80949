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

double kov_complex_size_single(kov_complex z)
{
    return isinf(z.re) || isinf(z.im) ? INFINITY : sqrt(z.re * z.re + z.im * z.im);
}

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

/* The number of size 1 in the direction of z; two infinite parts have none. */
static kov_complex sign(kov_complex z)
{
    if (kov_complex_is_nan(z) || (isinf(z.re) && isinf(z.im)))
        return (kov_complex){NAN, NAN};
    if (isinf(z.re))
        return (kov_complex){copysign(1, z.re), 0};
    if (isinf(z.im))
        return (kov_complex){0, copysign(1, z.im)};
    double size = hypot(z.re, z.im);
    if (isinf(size))
        return sign((kov_complex){z.re / 2, z.im / 2});
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

/* ---- Activations ---- */

static const kov_complex zero = {0, 0};

static kov_complex scaled(kov_complex z, double factor)
{
    return (kov_complex){z.re * factor, z.im * factor};
}

kov_complex kov_complex_clamp(kov_complex z, double low, double high)
{
    return minimum(maximum(z, (kov_complex){low, 0}), (kov_complex){high, 0});
}

static kov_complex relu(kov_complex z)
{
    return maximum(z, zero);
}

static kov_complex hard_sigmoid(kov_complex z)
{
    return scaled(kov_complex_clamp((kov_complex){z.re + 3, z.im}, 0, 6), 1.0 / 6);
}

static kov_complex hard_swish(kov_complex z)
{
    return multiply(z, hard_sigmoid(z));
}

static kov_complex soft_sign(kov_complex z)
{
    return scaled(z, 1 / (1 + hypot(z.re, z.im)));
}

/* cos(y) - 1 is -2 sin(y / 2)^2, which does not cancel. */
static kov_complex exponential_less_one(kov_complex z)
{
    double half = sin(z.im / 2);
    return (kov_complex){expm1(z.re) * cos(z.im) - 2 * half * half, exp(z.re) * sin(z.im)};
}

kov_complex kov_complex_elu(kov_complex z, double alpha)
{
    bool is_above = !kov_complex_is_nan(z) && kov_complex_compare(z, zero) > 0;
    return is_above ? z : scaled(exponential_less_one(z), alpha);
}

/* log(exp(z) + 1) with the larger term taken out; the angle is brought back to [-pi, pi]. */
static kov_complex soft_plus(kov_complex z)
{
    const double turn = 6.283185307179586476925286766559;
    kov_complex larger = maximum(z, zero), smaller = minimum(z, zero);
    kov_complex rest = exponential(subtract(smaller, larger));
    double size = rest.re * (2 + rest.re) + rest.im * rest.im; /* |1 + rest|^2 - 1 */
    kov_complex y = add(larger, (kov_complex){log1p(size) / 2, atan2(rest.im, 1 + rest.re)});
    return (kov_complex){y.re, y.im - turn * rint(y.im / turn)};
}

/* z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2 */
kov_complex kov_complex_gelu_tanh(kov_complex z)
{
    kov_complex cube = multiply(multiply(z, z), z);
    kov_complex inner = scaled(add(z, scaled(cube, 0.044715)), 0.79788456080286535588);
    kov_complex rise = tangent_hyperbolic(inner);
    return scaled(multiply(z, (kov_complex){1 + rise.re, rise.im}), 0.5);
}

/* ---- By operation ---- */

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
        [KOV_OP_RELU] = relu,
        [KOV_OP_H_SIGMOID] = hard_sigmoid,
        [KOV_OP_H_SWISH] = hard_swish,
        [KOV_OP_SOFT_SIGN] = soft_sign,
        [KOV_OP_SOFT_PLUS] = soft_plus,
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
