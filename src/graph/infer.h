/* SPDX-License-Identifier: Apache-2.0 */
/* Shape and type inference of one node. The same function serves building (symbolic dimensions) and
 * running (all numbers, content of small tensors at hand). */
#ifndef KOV_GRAPH_INFER_H
#define KOV_GRAPH_INFER_H

#include "graph/graph.h"

typedef struct kov_infer_input {
    kov_dtype dtype;
    int ndim; /* -1: optional and not given */
    const kov_dim *dims;
    const kov_content *content; /* NULL: unknown */
    const kov_tensor *tensor;   /* the data, where it is known; NULL */
} kov_infer_input;

typedef struct kov_infer_output {
    kov_dtype dtype;
    int ndim;
    kov_dim dims[KOV_MAX_NDIM];
    const kov_content *content; /* optional: made with kov_infer_content */
} kov_infer_output;

typedef struct kov_infer {
    kov_context *context;
    kov_dims *dims;
    kov_arena *arena; /* for content */
    const kov_op_info *op;
    const kov_attr *attrs;
    int input_count;
    const kov_infer_input *inputs;
    int output_count; /* variadic operations set it (at most KOV_INFER_MAX_OUTPUTS) */
    kov_infer_output *outputs;
} kov_infer;

#define KOV_INFER_MAX_OUTPUTS 1024

/* kov_fail with "Op: " and the input shapes: infer functions report through it. */
kov_status kov_infer_fail(const kov_infer *infer, kov_status status, const char *format, ...)
    KOV_PRINTF(3, 4);

/* Elements of an integer scalar or 1-D input as C numbers: KOV_UNKNOWN_VALUE if one is not a known
 * number. capacity of out in, count out. */
kov_status kov_infer_ints(const kov_infer *infer, int input, int64_t *out, int capacity,
                          int *count);
/* Number of elements of input, where known: for 1-D the dimension; else -1. */
int64_t kov_infer_count(const kov_infer *infer, int input);
/* Element i of an integer input as content; known is false where nothing is known. */
kov_content_element kov_infer_element(const kov_infer *infer, int input, int i);
/* The same for the start or end of a slice, where INT64_MIN, which content does not have, means
 * what -INT64_MAX means. */
kov_content_element kov_infer_bound(const kov_infer *infer, int input, int i);
/* Element i of a scalar or 1-D number input of any dtype whose tensor is at hand. */
bool kov_infer_number(const kov_infer *infer, int input, int i, double *out);
/* Room for n elements of content of an output, all unknown. NULL on failure. */
kov_content_element *kov_infer_content(kov_infer *infer, int output, int n);
/* Axis in [-ndim, ndim) to [0, ndim). */
kov_status kov_infer_axis(const kov_infer *infer, int64_t axis, int ndim, int *out);
/* Sets an output. */
void kov_infer_set(kov_infer *infer, int output, kov_dtype dtype, int ndim, const kov_dim *dims);
/* NumPy broadcasting of two shapes; reports both shapes on failure. */
kov_status kov_infer_broadcast(kov_infer *infer, int a_ndim, const kov_dim *a, int b_ndim,
                               const kov_dim *b, int *ndim, kov_dim *out);

/* Typed access to attributes: by index in the row (generated enums are KOV_ATTR_<OP>_<NAME>) . */
static inline int64_t kov_infer_int(const kov_infer *infer, int attr)
{
    return infer->attrs[attr].u.integer;
}

#endif
