/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on what is known of the elements of small integer tensors, so that shapes which a
 * graph computes stay numbers and dimension expressions. Unknown operands give unknown results. */
#ifndef KOV_OPSET_CONTENT_MATH_H
#define KOV_OPSET_CONTENT_MATH_H

#include "base/status.h"
#include "graph/infer.h"

enum { KOV_CONTENT_LIMIT = 64 }; /* elements of a tensor whose content is followed */

/* INT64_MIN, which has no counterpart, is unknown. */
kov_content_element kov_content_of_number(int64_t number);
kov_content_element kov_content_of_dim(const kov_dims *dims, kov_dim dim);
/* True, with the number, if the element is a known number. */
bool kov_content_number(kov_content_element e, int64_t *out);
/* True if the element is known, and at least 0 in every run. */
bool kov_content_is_dim(const kov_dims *dims, kov_content_element e);

kov_content_element kov_content_negate(kov_content_element a);
kov_content_element kov_content_add(kov_dims *dims, kov_content_element a, kov_content_element b);
kov_content_element kov_content_sub(kov_dims *dims, kov_content_element a, kov_content_element b);
kov_content_element kov_content_mul(kov_dims *dims, kov_content_element a, kov_content_element b);
/* Floor division and its remainder; by 0: 0. */
kov_content_element kov_content_div(kov_dims *dims, kov_content_element a, kov_content_element b);
kov_content_element kov_content_mod(kov_dims *dims, kov_content_element a, kov_content_element b);
kov_content_element kov_content_max(kov_dims *dims, kov_content_element a, kov_content_element b);
kov_content_element kov_content_min(kov_dims *dims, kov_content_element a, kov_content_element b);

/* True if output content is followed: i32, i64 or bool, at most 1-D, of a known count (into *n) of
 * at most KOV_CONTENT_LIMIT. */
bool kov_content_follows(kov_dtype dtype, int ndim, const kov_dim *dims, int *n);
/* Gives output its content if any element is known; numbers out of the range of dtype are unknown.
 */
kov_status kov_content_set(kov_infer *infer, int output, kov_dtype dtype, int n,
                           const kov_content_element *elements);
/* kov_content_follows and kov_content_set for an output whose elements are those of input `input`,
 * in order. */
kov_status kov_content_forward(kov_infer *infer, int output, int input);

/* Element i of an input, the only element of one with a single one. */
kov_content_element kov_content_at(const kov_infer *infer, int input, int i);

#endif
