/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a kov_tensor. Engines read the fields; only tensor.c and whoever fills a new
 * tensor write them. */
#ifndef KOV_TENSOR_TENSOR_H
#define KOV_TENSOR_TENSOR_H

#include "base/context.h"

#include <kov/tensor.h>

/* Bytes that tensors share. Own bytes follow the struct in one block; borrowed ones are the
 * caller's. */
typedef struct kov_buffer {
    atomic_size_t references;
    kov_context *context; /* retained */
    void *data;
    size_t bytes;
    bool borrowed;
    void (*done)(void *user); /* NULL, or called once when the last reference goes */
    void *user;
} kov_buffer;

struct kov_tensor {
    atomic_size_t references;
    kov_buffer *buffer; /* holds one reference */
    kov_dtype dtype;
    int ndim;
    int64_t count;
    size_t bytes;
    uint64_t id;
    int64_t dims[]; /* ndim entries */
};

/* Whether the caller's reference is the only one to the tensor and its buffer, and the buffer is
 * the library's own: then a kernel may write its result into it. */
bool kov_tensor_is_sole(const kov_tensor *tensor);

/* The scalar tensor (ndim 0) of one element. */
kov_status kov_tensor_scalar(kov_context *context, kov_dtype dtype, const void *element,
                             kov_tensor **out);

/* A new tensor of the elements converted; KOV_TYPE_ERROR as in kov_convert. */
kov_status kov_tensor_convert(kov_tensor *tensor, kov_dtype dtype, kov_tensor **out);

#endif
