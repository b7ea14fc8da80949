/* SPDX-License-Identifier: Apache-2.0 */
/* Unary float64 kernels: of vectors where there is an algorithm, else the C library's functions and
 * formulas over them. Where the formula is one of plain arithmetic the compiler vectorises the
 * loop. */
#include "native/kernels/elementwise/elementwise_kernels.h"
#include "native/kernels/math/math_f64.h"
#include "opset/elementwise/selu.h"

#include <math.h>

/* What the kernel of a row calls, from a function of one number or of a vector. */
#define KOV_F64_LOOP(name)                                                                         \
    KOV_INLINE void f64_loop_##name(const double *x, double *y, size_t n)                          \
    {                                                                                              \
        KOV_IVDEP                                                                                  \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = f64_of_##name(x[i]);                                                            \
    }
#define KOV_F64_VECTOR_LOOP(name)                                                                  \
    KOV_INLINE void f64_loop_##name(const double *x, double *y, size_t n)                          \
    {                                                                                              \
        size_t i = 0;                                                                              \
        for (; i + KOV_VD <= n; i += KOV_VD)                                                       \
            vd_store(y + i, vd_of_##name(vd_load(x + i)));                                         \
        if (i == n)                                                                                \
            return;                                                                                \
        double part[KOV_VD] = {0};                                                                 \
        memcpy(part, x + i, (n - i) * sizeof *x);                                                  \
        vd_store(part, vd_of_##name(vd_load(part)));                                               \
        memcpy(y + i, part, (n - i) * sizeof *y);                                                  \
    }
#define KOV_F64_DEFINE(name, expression)                                                           \
    KOV_INLINE double f64_of_##name(double x) { return expression; }                               \
    KOV_F64_LOOP(name)
#define KOV_F64_VECTOR(name, expression)                                                           \
    KOV_INLINE vd vd_of_##name(vd x) { return expression; }                                        \
    KOV_F64_VECTOR_LOOP(name)

KOV_F64_VECTOR(exp, vd_exp_f64(x))
KOV_F64_DEFINE(exp2, exp2(x))
KOV_F64_VECTOR(expm1, vd_expm1_f64(x))
KOV_F64_VECTOR(log, vd_log_f64(x))
KOV_F64_VECTOR(log1p, vd_log1p_f64(x))
KOV_F64_DEFINE(log2, log2(x))
KOV_F64_DEFINE(log10, log10(x))
KOV_F64_DEFINE(sqrt, sqrt(x))
KOV_F64_DEFINE(rsqrt, 1 / sqrt(x))
KOV_F64_DEFINE(reciprocal, 1 / x)
KOV_F64_DEFINE(cbrt, cbrt(x))
KOV_F64_DEFINE(floor, floor(x))
KOV_F64_DEFINE(ceil, ceil(x))
KOV_F64_DEFINE(round, rint(x))
KOV_F64_DEFINE(trunc, trunc(x))
KOV_F64_DEFINE(sin, sin(x))
KOV_F64_DEFINE(cos, cos(x))
KOV_F64_DEFINE(tan, tan(x))
KOV_F64_DEFINE(asin, asin(x))
KOV_F64_DEFINE(acos, acos(x))
KOV_F64_DEFINE(atan, atan(x))
KOV_F64_DEFINE(sinh, sinh(x))
KOV_F64_DEFINE(cosh, cosh(x))
KOV_F64_DEFINE(tanh, tanh(x))
KOV_F64_DEFINE(asinh, asinh(x))
KOV_F64_DEFINE(acosh, acosh(x))
KOV_F64_DEFINE(atanh, atanh(x))
KOV_F64_DEFINE(erf, erf(x))
KOV_F64_DEFINE(erfc, erfc(x))
KOV_F64_VECTOR(softplus, vd_max(vd_set(0), x) + vd_softplus_tail(x))
KOV_F64_VECTOR(log_sigmoid, vd_negative(vd_max(vd_set(0), vd_negative(x)) + vd_softplus_tail(x)))
KOV_F64_DEFINE(softsign, isinf(x) ? copysign(1, x) : x / (1 + fabs(x)))
KOV_F64_DEFINE(relu6, x > 6 ? 6 : x < 0 ? 0 : x)
KOV_F64_DEFINE(hard_sigmoid, (x >= 3 ? 6 : x <= -3 ? 0 : x + 3) / 6)
KOV_F64_DEFINE(hard_swish, x *((x >= 3 ? 6 : x <= -3 ? 0 : x + 3) / 6))
KOV_F64_VECTOR(elu, vd_select(vd_lt(x, vd_set(0)), vd_expm1_f64(x), x))
KOV_F64_DEFINE(abs, fabs(x))
KOV_F64_DEFINE(negative, -x)
KOV_F64_DEFINE(sign, x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x)
KOV_F64_DEFINE(square, x *x)
KOV_F64_DEFINE(relu, x < 0 ? 0 : x)

KOV_F64_VECTOR(sigmoid, vd_sigmoid_f64(x))
KOV_F64_VECTOR(silu, vd_select(vd_lt(x, vd_set(-1000)), vd_set(-0.0), x *vd_sigmoid_f64(x)))

KOV_INLINE double f64_of_gelu(double x)
{
    return x < -100 ? -0.0 : 0.5 * x * erfc(x * -0.70710678118654752440);
}
KOV_F64_LOOP(gelu)

KOV_INLINE double f64_of_gelu_tanh(double x)
{
    const double twice_root = 1.5957691216057307117597842397375; /* 2 sqrt(2 / pi) */
    return x < -100 ? -0.0 : x / (1 + exp(-twice_root * (x + 0.044715 * x * x * x)));
}
KOV_F64_LOOP(gelu_tanh)

KOV_INLINE double f64_of_mish(double x)
{
    double e = exp(x > 60 ? 60 : x), up = e * (e + 2);
    return x < -1000 ? -0.0 : x * (up / (up + 2));
}
KOV_F64_LOOP(mish)

KOV_INLINE double f64_of_selu(double x)
{
    return x < 0 ? expm1(x) * (KOV_SELU_SCALE * KOV_SELU_ALPHA) : x * KOV_SELU_SCALE;
}
KOV_F64_LOOP(selu)

KOV_INLINE double f64_of_lgamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}
KOV_F64_LOOP(lgamma)

/* Winitzki's approximation, then Halley steps on erf, or on erfc where that keeps the digits of
 * 1 - |x|. Three steps of third order take 2e-3 to below an ulp. */
static double f64_of_erfinv(double x)
{
    double a = fabs(x), rest = 1 - a;
    if (!(a < 1))
        return a == 1 ? copysign(INFINITY, x) : NAN;
    if (a < 1e-9)
        return x * 0.88622692545275801364908374167057;
    double l = log(rest * (1 + a)), t = 4.3307467508 + l / 2;
    double y = sqrt(sqrt(t * t - l / 0.147) - t);
    for (int i = 0; i < 3; i++) {
        double miss = a < 0.5 ? erf(y) - a : rest - erfc(y);
        double step = miss * 0.88622692545275801364908374167057 * exp(y * y);
        y -= step / (1 + y * step);
    }
    return copysign(y, x);
}
KOV_F64_LOOP(erfinv)

#define KOV_F64_UNARY(constant, name)                                                              \
    void KOV_ISA_NAME(f64_##name)(const void *x_data, void *y_data, size_t n)                      \
    {                                                                                              \
        f64_loop_##name(x_data, y_data, n);                                                        \
    }

KOV_ELEMENTWISE_FLOAT_ROWS(KOV_F64_UNARY)
KOV_ELEMENTWISE_NUMBER_ROWS(KOV_F64_UNARY)

#define KOV_F64_TEST(name, expression)                                                             \
    void KOV_ISA_NAME(f64_##name)(const void *x_data, void *y_data, size_t n)                      \
    {                                                                                              \
        const uint64_t *x = x_data;                                                                \
        bool *y = y_data;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            uint64_t bits = x[i] << 1;                                                             \
            y[i] = expression;                                                                     \
        }                                                                                          \
    }

KOV_F64_TEST(isnan, bits > 0xffe0000000000000u)
KOV_F64_TEST(isinf, bits == 0xffe0000000000000u)
KOV_F64_TEST(isfinite, bits < 0xffe0000000000000u)
KOV_F64_TEST(logical_not, bits == 0)
