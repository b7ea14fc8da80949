/* SPDX-License-Identifier: Apache-2.0 */
/* Reference functions as text, for a REAL type and a NAME(x) that ulp.c defines; included once for
 * double and once for long double. The C library through <tgmath.h>, and formulas over it that keep
 * their digits. */

#define DEFINE(name, expression)                                                                   \
    static REAL NAME(name)(REAL x)                                                                 \
    {                                                                                              \
        return expression;                                                                         \
    }

DEFINE(exp, exp(x))
DEFINE(exp2, exp2(x))
DEFINE(expm1, expm1(x))
DEFINE(log, log(x))
DEFINE(log1p, log1p(x))
DEFINE(log2, log2(x))
DEFINE(log10, log10(x))
DEFINE(sqrt, sqrt(x))
DEFINE(rsqrt, 1 / sqrt(x))
DEFINE(reciprocal, 1 / x)
DEFINE(cbrt, cbrt(x))
DEFINE(floor, floor(x))
DEFINE(ceil, ceil(x))
DEFINE(round, nearbyint(x))
DEFINE(trunc, trunc(x))
DEFINE(sin, sin(x))
DEFINE(cos, cos(x))
DEFINE(tan, tan(x))
DEFINE(asin, asin(x))
DEFINE(acos, acos(x))
DEFINE(atan, atan(x))
DEFINE(sinh, sinh(x))
DEFINE(cosh, cosh(x))
DEFINE(tanh, tanh(x))
DEFINE(asinh, asinh(x))
DEFINE(acosh, acosh(x))
DEFINE(atanh, atanh(x))
DEFINE(erf, erf(x))
DEFINE(erfc, erfc(x))
/* Always long double: the kernel itself calls the double function. */
DEFINE(lgamma, (REAL)lgammal(x))
DEFINE(sigmoid, x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)))
DEFINE(softplus, x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)))
DEFINE(log_sigmoid, x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x)))
DEFINE(softsign, isinf(x) ? copysign(1, x) : x / (1 + fabs(x)))
DEFINE(silu, x < -1000 ? -0.0f : x * NAME(sigmoid)(x))
DEFINE(gelu, x < -100 ? -0.0f : x / 2 * erfc(-x * (REAL)0.70710678118654752440084436210484904L))
DEFINE(gelu_tanh, x < -100 ? -0.0f
                           : x * NAME(sigmoid)((REAL)1.5957691216057307117597842397375L *
                                               (x + (REAL)0.044715L * x * x * x)))
DEFINE(mish, x < -1000 ? -0.0f
             : x > 100 ? x
                       : x * (exp(x) * (exp(x) + 2) / (exp(x) * (exp(x) + 2) + 2)))
DEFINE(hard_sigmoid, x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6)
DEFINE(hard_swish, x *NAME(hard_sigmoid)(x))
DEFINE(relu6, x < 0 ? 0 : x >= 6 ? 6 : x)
DEFINE(elu, x < 0 ? expm1(x) : x)
DEFINE(selu, (REAL)1.0507009873554804934193349852946L *
                 (x < 0 ? (REAL)1.6732632423543772848170429916717L * expm1(x) : x))
DEFINE(abs, fabs(x))
DEFINE(negative, -x)
DEFINE(sign, x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x)
DEFINE(square, x *x)
DEFINE(relu, x < 0 ? 0 : x)

/* Newton's method from a rough start, on erfc where 1 - |x| has the digits. */
static REAL NAME(erfinv)(REAL x)
{
    const REAL half_root_pi = (REAL)0.886226925452758013649083741670572591L;
    REAL a = fabs(x), rest = 1 - a;
    if (!(a < 1))
        return a == 1 ? copysign((REAL)INFINITY, x) : (REAL)NAN;
    if (a < (REAL)1e-12)
        return x * half_root_pi;
    REAL l = log(rest * (1 + a)), t = (REAL)4.33 + l / 2;
    REAL y = sqrt(sqrt(t * t - l / (REAL)0.147) - t);
    for (int i = 0; i < 5; i++)
        y -= (a < (REAL)0.5 ? erf(y) - a : rest - erfc(y)) * half_root_pi * exp(y * y);
    return copysign(y, x);
}

#undef DEFINE
