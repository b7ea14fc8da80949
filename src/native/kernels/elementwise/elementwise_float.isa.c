/* SPDX-License-Identifier: Apache-2.0 */
/* Binary and ternary float32 and float64 kernels. */
#include "native/kernels/elementwise/elementwise_template.h"
#include "native/kernels/math/math_double.h"

/* Two operands, the second where neither is greater or less, a NaN of either. */
#define KOV_GREATER(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define KOV_LESSER(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))

#define KOV_FLOAT_KERNELS(type, T)                                                                 \
    KOV_BINARY_KERNEL(type, add, T, T, a + b)                                                      \
    KOV_BINARY_KERNEL(type, subtract, T, T, a - b)                                                 \
    KOV_BINARY_KERNEL(type, multiply, T, T, a *b)                                                  \
    KOV_BINARY_KERNEL(type, divide, T, T, a / b)                                                   \
    KOV_BINARY_KERNEL(type, maximum, T, T, KOV_GREATER(a, b))                                      \
    KOV_BINARY_KERNEL(type, minimum, T, T, KOV_LESSER(a, b))                                       \
    KOV_BINARY_KERNEL(type, squared_difference, T, T, (a - b) * (a - b))                           \
    KOV_BINARY_KERNEL(type, prelu, T, T, a < 0 ? a * b : a)                                        \
    KOV_COMPARE_KERNELS(type, T)                                                                   \
    KOV_TERNARY_KERNEL(type, clip, T, T, KOV_LESSER(KOV_GREATER(a, b), c))

KOV_FLOAT_KERNELS(f32, float)
KOV_FLOAT_KERNELS(f64, double)

KOV_INLINE double f64_floor_mod_of(double a, double b)
{
    double r = fmod(a, b);
    if (r == 0)
        return copysign(0, b);
    return (r < 0) != (b < 0) ? r + b : r;
}

/* As NumPy: the quotient of what fmod leaves, which is whole but for rounding. */
KOV_INLINE double f64_floor_divide_of(double a, double b)
{
    if (b == 0)
        return a / b;
    double r = fmod(a, b), q = (a - r) / b;
    if (r != 0 && (r < 0) != (b < 0))
        q -= 1;
    if (q == 0)
        return copysign(0, a / b);
    double whole = floor(q);
    return q - whole > 0.5 ? whole + 1 : whole;
}

KOV_BINARY_KERNEL(f64, floor_divide, double, double, f64_floor_divide_of(a, b))
KOV_BINARY_KERNEL(f64, floor_mod, double, double, f64_floor_mod_of(a, b))
KOV_BINARY_KERNEL(f64, trunc_mod, double, double, fmod(a, b))
KOV_BINARY_KERNEL(f64, power, double, double, pow(a, b))
KOV_BINARY_KERNEL(f64, atan2, double, double, atan2(a, b))

/* a 2^b for whole b. Past 400 nothing of a float32 is left, nor of its exponents' sum: the one
 * rounding is that to float32. */
KOV_INLINE float f32_ldexp_of(float a, float b)
{
    float above = b < 400 ? b : 400, limited = above > -400 ? above : -400;
    int64_t bits = ((int64_t)(int32_t)limited + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return (float)((double)a * power);
}

KOV_INLINE double f64_ldexp_of(double a, double b)
{
    return ldexp(a, (int)(b > 5000 ? 5000 : b < -5000 ? -5000 : b));
}

#if defined(__AVX512F__)
/* The instruction rounds once, as the expression does. */
void KOV_ISA_NAME(f32_ldexp)(const void *a_data, size_t a_step, const void *b_data, size_t b_step,
                             void *y_data, size_t n)
{
    const float *as = a_data, *bs = b_data;
    float *y = y_data;
    if (n == 0)
        return;
    vf a = vf_set(*as), b = vf_set(*bs);
    for (size_t i = 0; i < n; i += KOV_VF) {
        size_t part = n - i < KOV_VF ? n - i : KOV_VF;
        if (a_step)
            a = vf_load_part(as + i, part, 1);
        if (b_step)
            b = vf_load_part(bs + i, part, 1);
        vf_store_part(y + i, _mm512_scalef_ps(a, b), part);
    }
}
#else
KOV_BINARY_KERNEL(f32, ldexp, float, float, f32_ldexp_of(a, b))
#endif
KOV_BINARY_KERNEL(f64, ldexp, double, double, f64_ldexp_of(a, b))

/* Functions of two float32 by way of double, an operand being an array or a scalar. */
#define KOV_F32_PAIR(name)                                                                         \
    void KOV_ISA_NAME(f32_##name)(const void *a_data, size_t a_step, const void *b_data,           \
                                  size_t b_step, void *y_data, size_t n)                           \
    {                                                                                              \
        const float *as = a_data, *bs = b_data;                                                    \
        float *y = y_data;                                                                         \
        if (n == 0)                                                                                \
            return;                                                                                \
        vf a = vf_set(*as), b = vf_set(*bs);                                                       \
        for (size_t i = 0; i < n; i += KOV_VF) {                                                   \
            size_t part = n - i < KOV_VF ? n - i : KOV_VF;                                         \
            if (a_step)                                                                            \
                a = part == KOV_VF ? vf_load(as + i) : vf_load_part(as + i, part, 1);              \
            if (b_step)                                                                            \
                b = part == KOV_VF ? vf_load(bs + i) : vf_load_part(bs + i, part, 1);              \
            vf r = vf_join(vd_##name(vf_low(a), vf_low(b)), vd_##name(vf_high(a), vf_high(b)));    \
            if (part == KOV_VF)                                                                    \
                vf_store(y + i, r);                                                                \
            else                                                                                   \
                vf_store_part(y + i, r, part);                                                     \
        }                                                                                          \
    }

KOV_F32_PAIR(power)
KOV_F32_PAIR(atan2)
KOV_F32_PAIR(floor_divide)
KOV_F32_PAIR(floor_mod)
KOV_F32_PAIR(trunc_mod)
