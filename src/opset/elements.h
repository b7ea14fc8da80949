/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of views and matching of dimensions, for the operations that index, slide and scatter.
 */
#ifndef KOV_OPSET_ELEMENTS_H
#define KOV_OPSET_ELEMENTS_H

#include "graph/eval.h"
#include "graph/infer.h"

#include "base/status.h"

/* Bytes of one element; KOV_NOT_IMPLEMENTED for types that do not fill bytes. */
kov_status kov_element_size(const kov_eval *eval, kov_dtype dtype, size_t *size);

/* All elements of a view as F64, C128 or I64 (u64 keeps its bits); the caller frees *out with
 * kov_free. */
kov_status kov_elements_load(const kov_eval *eval, const kov_view *view, kov_dtype as, void **out);
/* Writes a view from F64 or I64 elements, converting as Convert does. */
kov_status kov_elements_store(const kov_view *view, kov_dtype from, const void *elements);

/* F64 for float types, I64 for integers and bool: what a reference computes in. */
kov_dtype kov_elements_wide(kov_dtype dtype);

/* Elements of an integer input as indices into `dim` items: from the end where negative,
 * KOV_INVALID_ARGUMENT out of range. The caller frees *out. */
kov_status kov_elements_indices(const kov_eval *eval, int input, int64_t dim, int64_t **out);
/* One such index. */
kov_status kov_element_index(const kov_eval *eval, int64_t index, int64_t dim, int64_t *out);
/* The scalar integer of an input, as an axis of ndim dimensions. */
kov_status kov_element_axis(const kov_eval *eval, int input, int ndim, int *axis);

/* Product of dims[from] to dims[to - 1]. */
int64_t kov_dims_product(const int64_t *dims, int from, int to);

/* Two dimensions that must be equal: the number if one is known. */
kov_status kov_infer_match(const kov_infer *infer, const char *what, kov_dim a, kov_dim b,
                           kov_dim *out);
/* KOV_TYPE_ERROR unless input holds integers (bool does not count). */
kov_status kov_infer_integer(const kov_infer *infer, int input);
/* KOV_TYPE_ERROR unless inputs a and b have one dtype. */
kov_status kov_infer_same_dtype(const kov_infer *infer, int a, int b);
/* KOV_INVALID_ARGUMENT unless `least` <= rank of input. */
kov_status kov_infer_rank(const kov_infer *infer, int input, int least);
/* The axis that an integer scalar input holds. */
kov_status kov_infer_axis_input(const kov_infer *infer, int input, int ndim, int *axis);

#endif
