/* SPDX-License-Identifier: Apache-2.0 */
/* Real functions of one argument in double, behind the reference of the unary operations. */
#ifndef KOV_OPSET_UNARY_MATH_H
#define KOV_OPSET_UNARY_MATH_H

/* NaN gives NaN in all of them. */
double kov_real_sign(double x); /* 0 for both zeros */
double kov_real_relu(double x);
double kov_real_sigmoid(double x); /* without overflow; keeps its relative accuracy for x < 0 */
double kov_real_soft_plus(double x);
double kov_real_soft_sign(double x);
double kov_real_mish(double x);
double kov_real_h_swish(double x);
double kov_real_h_sigmoid(double x);
double kov_real_gelu_erf(double x);
double kov_real_gelu_tanh(double x);
double kov_real_elu(double x, double alpha);
double kov_real_clamp(double x, double low, double high); /* high wins if low > high */

#endif
