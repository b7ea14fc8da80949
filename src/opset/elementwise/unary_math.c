/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elementwise/unary_math.h"

#include <math.h>

double kov_real_sign(double x)
{
    return x > 0 ? 1.0 : x < 0 ? -1.0 : x == 0 ? 0.0 : x;
}

double kov_real_relu(double x)
{
    return x > 0 || isnan(x) ? x : 0.0;
}

double kov_real_clamp(double x, double low, double high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

double kov_real_sigmoid(double x)
{
    if (x >= 0)
        return 1.0 / (1.0 + exp(-x));
    double e = exp(x);
    return e / (1.0 + e);
}

double kov_real_soft_plus(double x)
{
    return kov_real_relu(x) + log1p(exp(-fabs(x)));
}

double kov_real_soft_sign(double x)
{
    return isinf(x) ? copysign(1.0, x) : x / (1.0 + fabs(x));
}

double kov_real_mish(double x)
{
    return x < -1000.0 ? 0.0 : x * tanh(kov_real_soft_plus(x));
}

double kov_real_h_sigmoid(double x)
{
    return kov_real_clamp(x + 3.0, 0.0, 6.0) / 6.0;
}

double kov_real_h_swish(double x)
{
    return x < -3.0 ? -0.0 : x * kov_real_clamp(x + 3.0, 0.0, 6.0) / 6.0;
}

/* With erfc nothing cancels for negative x, as it does in 1 + erf. */
double kov_real_gelu_erf(double x)
{
    return 0.5 * x * erfc(-x * 0.70710678118654752440);
}

/* 0.5 (1 + tanh(t)) is sigmoid(2t), where nothing cancels. */
double kov_real_gelu_tanh(double x)
{
    double t = 0.79788456080286535588 * (x + 0.044715 * x * x * x);
    return x * kov_real_sigmoid(2.0 * t);
}

double kov_real_elu(double x, double alpha)
{
    return x > 0 ? x : alpha * expm1(x);
}
