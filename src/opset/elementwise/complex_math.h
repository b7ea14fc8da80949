/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations mean for complex numbers, in double: principal values with C's branch cuts,
 * and NumPy's order, by real part first. */
#ifndef KOV_OPSET_ELEMENTWISE_COMPLEX_MATH_H
#define KOV_OPSET_ELEMENTWISE_COMPLEX_MATH_H

#include "opset/element_block.h"

typedef kov_complex kov_complex_unary(kov_complex z);
typedef kov_complex kov_complex_binary(kov_complex a, kov_complex b);

/* The function of an operation without attributes whose result is complex; NULL where complex
 * numbers have none. Those that compare take NumPy's order. */
kov_complex_unary *kov_complex_unary_of(int op);
kov_complex_binary *kov_complex_binary_of(int op);

kov_complex kov_complex_clamp(kov_complex z, double low, double high);
kov_complex kov_complex_elu(kov_complex z, double alpha);
kov_complex kov_complex_gelu_tanh(kov_complex z);

/* The size of a number with parts of float32, whose squares neither overflow nor vanish in double.
 */
double kov_complex_size_single(kov_complex z);
bool kov_complex_is_nan(kov_complex z); /* either part */
/* Negative, 0, positive as a is below, equal to, above b; neither has a NaN. */
int kov_complex_compare(kov_complex a, kov_complex b);

#endif
