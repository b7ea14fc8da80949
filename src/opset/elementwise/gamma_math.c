/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elementwise/gamma_math.h"

#include <float.h>
#include <math.h>

#define TWO_PI 6.28318530717958647693
enum { MOST_TERMS = 5000 };

/* lgamma_r, since lgamma writes a global. */
double kov_real_log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* m - ln(1 + m) >= 0 for m = ratio - 1, which is exact only near 0. With r = m / (2 + m),
 * ln(1 + m) = 2 (r + r^3/3 + r^5/5 ...), and 2 r = m - m r: nothing cancels. */
static double excess(double m, double log_ratio)
{
    if (fabs(m) > 0.5)
        return m - log_ratio;
    double r = m / (2 + m), square = r * r, sum = 0;
    for (int k = 35; k >= 3; k -= 2)
        sum = sum * square + 1.0 / k;
    return m * r - 2 * r * square * sum;
}

/* ln of gamma(a + 1) / (sqrt(2 pi a) (a / e)^a): Stirling's series, for a >= 10. */
static double stirling_rest(double a)
{
    double inverse = 1 / a, square = inverse * inverse;
    double sum = 1.0 / 156;
    sum = sum * square - 691.0 / 360360;
    sum = sum * square + 1.0 / 1188;
    sum = sum * square - 1.0 / 1680;
    sum = sum * square + 1.0 / 1260;
    sum = sum * square - 1.0 / 360;
    return (sum * square + 1.0 / 12) * inverse;
}

/* x^a exp(-x) / gamma(a + 1) */
static double leading(double a, double x)
{
    if (a < 10)
        return exp(a * log(x) - x - kov_real_log_gamma(a + 1));
    double off = excess((x - a) / a, log(x) - log(a));
    return exp(-a * off - stirling_rest(a)) / sqrt(TWO_PI * a);
}

/* P = leading (1 + x / (a + 1) + x^2 / ((a + 1)(a + 2)) ...), for x below a + 1. */
static double by_series(double a, double x)
{
    double term = 1, sum = 1;
    for (int n = 1; n < MOST_TERMS && term > sum * (DBL_EPSILON / 4); n++) {
        term *= x / (a + n);
        sum += term;
    }
    return leading(a, x) * sum;
}

/* 1 - P by Legendre's continued fraction, evaluated forwards (Lentz), for x from a + 1 on. */
static double by_fraction(double a, double x)
{
    double b = x + 1 - a, c = DBL_MAX, d = 1 / b, y = d;
    for (int n = 1; n < MOST_TERMS; n++) {
        double numerator = n * (a - n);
        b += 2;
        d = 1 / (numerator * d + b);
        c = b + numerator / c;
        y *= c * d;
        if (fabs(c * d - 1) <= DBL_EPSILON)
            break;
    }
    return leading(a, x) * a * y;
}

/* The uniform expansion for large a (N. Temme, SIAM Journal on Mathematical Analysis 10, 1979):
 * with eta^2 / 2 = m - ln(1 + m) and the sign of m = x / a - 1, P = erfc(-eta sqrt(a / 2)) / 2 -
 * exp(-a eta^2 / 2) / sqrt(2 pi a) (C0 + C1 / a + C2 / a^2 ...), C0 = 1 / m - 1 / eta, and the
 * others by their Taylor series: for a >= 10^4 what is left out is below 10^-15 of the sum. */
static double by_expansion(double a, double x)
{
    static const double c0[] = {-1.0 / 3,   1.0 / 12,        -2.0 / 135,  1.0 / 864,
                                1.0 / 2835, -139.0 / 777600, 1.0 / 25515, -571.0 / 261273600};
    static const double c1[] = {-1.0 / 540, -1.0 / 288, 1.0 / 378, -77.0 / 77760, 1.0 / 4860};
    static const double c2[] = {25.0 / 6048, -139.0 / 51840, 1.0 / 1296};
    double m = (x - a) / a, off = excess(m, log(x) - log(a));
    if (a * off > 800) /* beyond the smallest double */
        return m > 0 ? 1 : 0;
    double eta = copysign(sqrt(2 * off), m), first = 0, second = 0, third = 0;
    for (int i = 7; i >= 0; i--)
        first = first * eta + c0[i];
    if (fabs(eta) > 0.05)
        first = 1 / m - 1 / eta;
    for (int i = 4; i >= 0; i--)
        second = second * eta + c1[i];
    for (int i = 2; i >= 0; i--)
        third = third * eta + c2[i];
    double rest = first + (second + third / a) / a;
    return erfc(-eta * sqrt(a / 2)) / 2 - exp(-a * off) / sqrt(TWO_PI * a) * rest;
}

double kov_real_gamma_inc(double a, double x)
{
    if (isnan(a) || isnan(x) || a < 0 || x < 0 || (a == 0 && x == 0) || (isinf(a) && isinf(x)))
        return NAN;
    if (x == 0 || isinf(a))
        return 0;
    if (a == 0 || isinf(x))
        return 1;
    if (a >= 1e4)
        return by_expansion(a, x);
    return x < a + 1 ? by_series(a, x) : 1 - by_fraction(a, x);
}
