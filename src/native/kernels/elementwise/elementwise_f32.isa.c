/* SPDX-License-Identifier: Apache-2.0 */
/* Unary float32 kernels. The last, incomplete vector takes the same path as the others. */
#include "native/kernels/elementwise/elementwise_kernels.h"
#include "native/kernels/math/math_double.h"
#include "native/kernels/math/math_float.h"

#include <float.h>
#include <math.h>

/* A function of a vector of float32 by way of two vectors of double. */
#define KOV_F32_BY_F64(name)                                                                       \
    KOV_INLINE vf vf_##name(vf x) { return vf_join(vd_##name(vf_low(x)), vd_##name(vf_high(x))); }

KOV_F32_BY_F64(exp2)
KOV_F32_BY_F64(expm1)
KOV_F32_BY_F64(log2)
KOV_F32_BY_F64(log10)
KOV_F32_BY_F64(rsqrt)
KOV_F32_BY_F64(cbrt)
KOV_F32_BY_F64(sin)
KOV_F32_BY_F64(cos)
KOV_F32_BY_F64(tan)
KOV_F32_BY_F64(asin)
KOV_F32_BY_F64(acos)
KOV_F32_BY_F64(atan)
KOV_F32_BY_F64(sinh)
KOV_F32_BY_F64(cosh)
KOV_F32_BY_F64(asinh)
KOV_F32_BY_F64(acosh)
KOV_F32_BY_F64(atanh)
KOV_F32_BY_F64(erf)
KOV_F32_BY_F64(erfc)
KOV_F32_BY_F64(erfinv)
KOV_F32_BY_F64(log_sigmoid)
KOV_F32_BY_F64(softplus)
KOV_F32_BY_F64(softsign)
KOV_F32_BY_F64(gelu)
KOV_F32_BY_F64(gelu_tanh)
KOV_F32_BY_F64(mish)
KOV_F32_BY_F64(hard_sigmoid)
KOV_F32_BY_F64(hard_swish)
KOV_F32_BY_F64(elu)
KOV_F32_BY_F64(selu)

/* No vector algorithm for the logarithm of gamma: the C library's, in double. lgamma_r, since
 * lgamma writes a global. */
KOV_INLINE vf vf_lgamma(vf x)
{
    float part[KOV_VF];
    int sign;
    vf_store(part, x);
    for (int i = 0; i < KOV_VF; i++)
        part[i] = (float)lgamma_r((double)part[i], &sign);
    return vf_load(part);
}

KOV_INLINE vf vf_reciprocal(vf x) { return vf_set(1) / x; }
KOV_INLINE vf vf_square(vf x) { return x * x; }
KOV_INLINE vf vf_relu(vf x) { return vf_max(vf_set(0), x); }
KOV_INLINE vf vf_relu6(vf x) { return vf_clamp(x, 0, 6); }

KOV_INLINE vf vf_sign(vf x)
{
    vf zero = vf_set(0), one = vf_set(1);
    vf y = vf_select(vf_lt(x, zero), vf_set(-1), vf_select(vf_eq(x, zero), zero, x));
    return vf_select(vf_lt(zero, x), one, y);
}

#define KOV_F32_UNARY(constant, name)                                                              \
    void KOV_ISA_NAME(f32_##name)(const void *x_data, void *y_data, size_t n)                      \
    {                                                                                              \
        const float *x = x_data;                                                                   \
        float *y = y_data;                                                                         \
        size_t i = 0;                                                                              \
        for (; i + KOV_VF <= n; i += KOV_VF)                                                       \
            vf_store(y + i, vf_##name(vf_load(x + i)));                                            \
        if (i < n)                                                                                 \
            vf_store_part(y + i, vf_##name(vf_load_part(x + i, n - i, 1)), n - i);                 \
    }

KOV_ELEMENTWISE_FLOAT_ROWS(KOV_F32_UNARY)
KOV_ELEMENTWISE_NUMBER_ROWS(KOV_F32_UNARY)

/* Tests of the bits with the sign shifted out; the compiler vectorises these. */
#define KOV_F32_TEST(name, expression)                                                             \
    void KOV_ISA_NAME(f32_##name)(const void *x_data, void *y_data, size_t n)                      \
    {                                                                                              \
        const uint32_t *x = x_data;                                                                \
        bool *y = y_data;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            uint32_t bits = x[i] << 1;                                                             \
            y[i] = expression;                                                                     \
        }                                                                                          \
    }

KOV_F32_TEST(isnan, bits > 0xff000000u)
KOV_F32_TEST(isinf, bits == 0xff000000u)
KOV_F32_TEST(isfinite, bits < 0xff000000u)
KOV_F32_TEST(logical_not, bits == 0)
