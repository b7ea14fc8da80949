/* SPDX-License-Identifier: Apache-2.0 */
/* int32 operations that OpenVINO's CPU plugin takes through float32, said in operations that it
 * computes in int32: addition, multiplication, bits, comparison with 0, order, running sums. All
 * are exact, and wrap around where `evaluate` does. Values are int32 throughout. */
#ifndef KOV_OPENVINO_LOWER_INTEGER_H
#define KOV_OPENVINO_LOWER_INTEGER_H

#include "graph/builder.h"

kov_value kov_lower_select(kov_builder *b, kov_value condition, kov_value x, kov_value y);
kov_value kov_lower_minimum(kov_builder *b, kov_value x, kov_value y);
kov_value kov_lower_clamp(kov_builder *b, kov_value x, double low, double high);

/* op: one of the six comparisons. */
kov_value kov_lower_compare(kov_builder *b, int op, kov_value x, kov_value y);

/* Quotient rounded down, or towards 0; 0 for a divisor 0. */
kov_value kov_lower_divide(kov_builder *b, kov_value x, kov_value y, bool down);
/* x - y * quotient: the sign is the divisor's where rounded down, else the dividend's. */
kov_value kov_lower_remainder(kov_builder *b, kov_value x, kov_value y, bool down);

/* By squaring; a negative power is the reciprocal rounded towards 0. */
kov_value kov_lower_power(kov_builder *b, kov_value x, kov_value y);

/* op: ReduceSum, or ReduceMax or ReduceMin over axes of at least one element. */
kov_value kov_lower_reduce(kov_builder *b, int op, kov_value x, const int64_t *axes, int count,
                           bool keep_dims);

/* The running product (op Multiply), maximum or minimum, of float32 too, along an axis of `size`
 * elements. */
kov_value kov_lower_scan(kov_builder *b, int op, kov_value x, int axis, int64_t size, bool reverse);

/* x y for matrices whose inner dimension is `inner`. */
kov_value kov_lower_mat_mul(kov_builder *b, kov_value x, kov_value y, bool transpose_x,
                            bool transpose_y, int64_t inner);

#endif
