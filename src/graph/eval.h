/* SPDX-License-Identifier: Apache-2.0 */
/* `evaluate`: the plain reference of an operation on concrete dense tensors. Correct first; native
 * has kernels for speed and falls back here. */
#ifndef KOV_GRAPH_EVAL_H
#define KOV_GRAPH_EVAL_H

#include "graph/graph.h"

typedef struct kov_view {
    kov_dtype dtype;
    int ndim; /* -1: optional input that is not given */
    const int64_t *dims;
    int64_t count; /* elements */
    void *data;    /* inputs are not written */
} kov_view;

typedef struct kov_eval {
    kov_context *context;
    const kov_op_info *op;
    const kov_attr *attrs;
    int input_count;
    const kov_view *inputs;
    int output_count;
    kov_view *outputs; /* allocated, but for operations with data_shape */
    /* For data_shape: makes output i with these dims; then outputs[i].data may be written. */
    kov_status (*allocate)(struct kov_eval *eval, int output, int ndim, const int64_t *dims);
    /* For control flow: runs a body on tensors; results are the caller's to release. */
    kov_status (*run_body)(struct kov_eval *eval, kov_graph *body, kov_tensor *const *inputs,
                           kov_tensor **results);
    /* The tensor behind input i (retain to keep); for control flow. */
    kov_tensor *(*input_tensor)(struct kov_eval *eval, int input);
    /* Hands over a tensor as output i (data_shape operations and control flow). */
    kov_status (*give)(struct kov_eval *eval, int output, kov_tensor *tensor);
    void *user; /* the caller's */
} kov_eval;

/* kov_fail with "Op: " and the input shapes. */
kov_status kov_eval_fail(const kov_eval *eval, kov_status status, const char *format, ...)
    KOV_PRINTF(3, 4);

#endif
