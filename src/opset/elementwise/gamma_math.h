/* SPDX-License-Identifier: Apache-2.0 */
/* The gamma family in double, behind the reference of LogGamma and GammaInc. */
#ifndef KOV_OPSET_GAMMA_MATH_H
#define KOV_OPSET_GAMMA_MATH_H

/* ln|gamma(x)|; infinite at 0 and the negative integers. */
double kov_real_log_gamma(double x);
/* The regularised lower incomplete gamma function P(a, x), relative error below 1e-12; NaN for
 * negative a or x, and where both are 0 or both infinite. */
double kov_real_gamma_inc(double a, double x);

#endif
