/* SPDX-License-Identifier: Apache-2.0 */
/* What many decompositions say: types, constants, axes and moves of dimensions. */
#ifndef KOV_KERAS_HELPERS_H
#define KOV_KERAS_HELPERS_H

#include "keras/arguments.h"

/* ---- Types ---- */

/* A Python number becomes a tensor of the dtype that Keras gives it alone; others stay. */
kov_value kov_strong(kov_builder *b, kov_value x);
/* Result type of the values and a Python float, or a given dtype. */
kov_dtype kov_result_type_with_float(kov_builder *b, const kov_value *xs, int n);
kov_dtype kov_result_type_with(kov_builder *b, const kov_value *xs, int n, kov_dtype dtype);
/* Both cast to the result type of them and a Python float. */
void kov_promote_pair_to_float(kov_builder *b, kov_value *x, kov_value *y);
/* float32 for 16-bit floats, in which formulas of several steps are computed; else itself. */
kov_dtype kov_compute_dtype(kov_dtype dtype);
/* x cast so, and a result cast back: `y = kov_narrow(b, f(kov_widen(b, x)), dtype of x)`. */
kov_value kov_widen(kov_builder *b, kov_value x);
kov_value kov_narrow(kov_builder *b, kov_value y, kov_dtype dtype);
/* What sums and products of small integers are computed in: int32, uint32; else itself. */
kov_dtype kov_sum_dtype(kov_dtype dtype);
bool kov_is_float_value(kov_builder *b, kov_value x);
bool kov_is_bool_value(kov_builder *b, kov_value x);
/* Largest finite number, smallest normal one and bits of the fraction of a float dtype. */
double kov_float_max(kov_dtype dtype);

/* ---- Complex numbers ---- */

bool kov_is_complex_value(kov_builder *b, kov_value x);
bool kov_is_inexact_value(kov_builder *b, kov_value x); /* float or complex: may be NaN */
/* float32 or float64 for complex; else itself. */
kov_dtype kov_part_dtype(kov_dtype dtype);
/* Of a complex x: its real (0) or imaginary (1) part. */
kov_value kov_complex_part(kov_builder *b, kov_value x, int part);
/* From two parts of one shape, float32 or float64. */
kov_value kov_complex_join(kov_builder *b, kov_value real, kov_value imaginary);
/* The conjugate of complex numbers; real ones are their own. */
kov_value kov_conjugate_of(kov_builder *b, kov_value x);
/* Complex numbers as their parts along a new last dimension of 2, and back. */
kov_value kov_complex_open(kov_builder *b, kov_value x);
kov_value kov_complex_close(kov_builder *b, kov_value parts);
/* A function that is linear in both operands, of complex ones: four calls on their parts. */
typedef kov_value kov_bilinear(kov_builder *b, const void *how, kov_value x, kov_value y);
kov_value kov_complex_bilinear(kov_builder *b, kov_bilinear *function, const void *how, kov_value x,
                               kov_value y);
/* MatMul; of complex matrices by their parts, for which engines have kernels. */
kov_value kov_matrix_product(kov_builder *b, kov_value x, kov_value y, bool transpose_x,
                             bool transpose_y);
/* |x|^2, which is real. */
kov_value kov_square_of_size(kov_builder *b, kov_value x);

/* ---- Constants ---- */

kov_value kov_one_i64(kov_builder *b, int64_t number);               /* 1-D, one element */
kov_value kov_int_like(kov_builder *b, kov_value v, int64_t number); /* scalar, exact */
kov_value kov_numbers_like(kov_builder *b, kov_value v, const double *at, int n); /* 1-D */
kov_value kov_bool_constant(kov_builder *b, bool value);
/* A scalar spread over the shape of like. */
kov_value kov_fill_like(kov_builder *b, kov_value scalar, kov_value like);
/* 0, 1 ... count - 1; count: scalar int64. */
kov_value kov_iota(kov_builder *b, kov_value count, kov_dtype dtype);

/* At most 2^31 - 2: a number of rows, of which no tensor has more, for engines that count in 32
 * bits. */
kov_value kov_countable(kov_builder *b, kov_value count);

/* ---- Axes ---- */

/* The axes as distinct numbers in [0, ndim), ascending; None is all. Returns how many. */
int kov_axes_list(kov_builder *b, const char *function, const kov_axes *axes, int ndim, int *out);
/* The one axis of `axes`; sticky failure if there are several. */
int kov_axis_one(kov_builder *b, const char *function, const kov_axes *axes, int ndim);
kov_value kov_axes_value(kov_builder *b, const int *axes, int n);
/* The number of a dimension, if it is known or hinted (then guarded); false without failing else.
 */
bool kov_dim_known(kov_builder *b, kov_value x, int axis, int64_t *out);

/* ---- Moves ---- */

kov_value kov_flatten(kov_builder *b, kov_value x); /* to 1-D */
kov_value kov_permute(kov_builder *b, kov_value x, const int *order, int n);
kov_value kov_swap(kov_builder *b, kov_value x, int from, int to); /* swaps two dimensions */
kov_value kov_move(kov_builder *b, kov_value x, int from, int to); /* moves one dimension */
kov_value kov_unsqueeze_at(kov_builder *b, kov_value x, int axis);
kov_value kov_squeeze_at(kov_builder *b, kov_value x, int axis);
/* Scalar becomes 1-D; others stay. */
kov_value kov_at_least_1d(kov_builder *b, kov_value x);
/* Leading dimensions of size 1 until the rank is n. */
kov_value kov_raise_to(kov_builder *b, kov_value x, int n);
/* x[..., start:stop:step, ...] along one axis, bounds as in Python; INT64_MAX for the end. */
kov_value kov_slice_axis(kov_builder *b, kov_value x, int axis, int64_t start, int64_t stop,
                         int64_t step);
/* Element `index` of one axis, which goes away. */
kov_value kov_pick(kov_builder *b, kov_value x, int axis, int64_t index);
/* Reverses one axis. */
kov_value kov_reverse(kov_builder *b, kov_value x, int axis);
/* The listed axes moved to the end and merged into one; *rest is the shape of the others. */
kov_value kov_merge_last(kov_builder *b, kov_value x, const int *axes, int n, kov_value *rest);
/* Number of elements along the listed axes: scalar int64. */
kov_value kov_count_along(kov_builder *b, kov_value x, const int *axes, int n);
/* The shape of x with 1 in the listed axes, for a reduced result that keeps its dimensions. */
kov_value kov_kept_shape(kov_builder *b, kov_value x, const int *axes, int n);
kov_value kov_broadcast_to(kov_builder *b, kov_value x, kov_value shape);

/* Distance from 1 to the next number of a floating type. */
double kov_machine_epsilon(kov_dtype dtype);

/* ---- Steps ---- */

kov_value kov_sum_over(kov_builder *b, kov_value x, const int *axes, int n, bool keep);
kov_value kov_is_negative_zero_or_less(kov_builder *b, kov_value x); /* the sign bit; not of NaN */
/* Sorted along the last axis, ascending, NaN last; order (or NULL) gets the int32 indices, stable.
 */
kov_value kov_sort_last(kov_builder *b, kov_value x, kov_value *order);
kov_value kov_abs_of(kov_builder *b, kov_value x); /* of any type, unsigned and bool too */

#endif
