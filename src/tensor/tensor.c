/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"

#include "base/context.h"
#include "base/memory.h"
#include "base/status.h"
#include "tensor/convert.h"
#include "tensor/shape.h"

#include <string.h>

enum { BUFFER_HEADER = 64 };
_Static_assert(sizeof(kov_buffer) <= BUFFER_HEADER, "the data behind it stay aligned to 64 bytes");

/* Numbers contents across contexts; 64 bits do not run out. */
static atomic_uint_least64_t last_id;

static uint64_t new_id(void)
{
    return atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
}

static kov_buffer *new_buffer(kov_context *context, size_t header, size_t bytes)
{
    size_t size;
    if (!kov_size_add(bytes, header, &size))
        size = SIZE_MAX; /* kov_alloc refuses it, with its text */
    kov_buffer *buffer = kov_alloc(context, size);
    if (buffer == NULL)
        return NULL;
    memset(buffer, 0, sizeof *buffer);
    atomic_init(&buffer->references, 1);
    buffer->context = context;
    buffer->bytes = bytes;
    kov_context_hold(context);
    return buffer;
}

static void retain_buffer(kov_buffer *buffer)
{
    atomic_fetch_add_explicit(&buffer->references, 1, memory_order_relaxed);
}

static void release_buffer(kov_buffer *buffer)
{
    if (atomic_fetch_sub_explicit(&buffer->references, 1, memory_order_acq_rel) != 1)
        return;
    kov_context *context = buffer->context;
    if (buffer->done != NULL)
        buffer->done(buffer->user);
    kov_free(context, buffer);
    kov_context_drop(context);
}

/* A tensor without a buffer, its shape checked. */
static kov_status new_tensor(kov_context *context, kov_dtype dtype, int ndim, const int64_t *dims,
                             kov_tensor **out)
{
    int64_t count;
    size_t bytes;
    *out = NULL;
    KOV_TRY(kov_shape_bytes(dtype, ndim, dims, &count, &bytes));
    kov_tensor *tensor = kov_alloc(context, sizeof *tensor + (size_t)ndim * sizeof tensor->dims[0]);
    if (tensor == NULL)
        return KOV_OUT_OF_MEMORY;
    memset(tensor, 0, sizeof *tensor);
    atomic_init(&tensor->references, 1);
    tensor->dtype = dtype;
    tensor->ndim = ndim;
    tensor->count = count;
    tensor->bytes = bytes;
    tensor->id = new_id();
    if (ndim > 0)
        memcpy(tensor->dims, dims, (size_t)ndim * sizeof tensor->dims[0]);
    *out = tensor;
    return KOV_OK;
}

kov_status kov_tensor_create(kov_context *context, kov_dtype dtype, int ndim, const int64_t *dims,
                             kov_tensor **out)
{
    KOV_TRY(new_tensor(context, dtype, ndim, dims, out));
    kov_tensor *tensor = *out;
    tensor->buffer = new_buffer(context, BUFFER_HEADER, tensor->bytes);
    if (tensor->buffer == NULL) {
        kov_free(context, tensor);
        *out = NULL;
        return KOV_OUT_OF_MEMORY;
    }
    tensor->buffer->data = (char *)tensor->buffer + BUFFER_HEADER;
    return KOV_OK;
}

kov_status kov_tensor_from_data(kov_context *context, kov_dtype dtype, int ndim,
                                const int64_t *dims, const void *data, kov_tensor **out)
{
    KOV_TRY(kov_tensor_create(context, dtype, ndim, dims, out));
    size_t bytes = (*out)->bytes;
    if (bytes == 0)
        return KOV_OK;
    if (data == NULL) {
        kov_tensor_release(*out);
        *out = NULL;
        return kov_fail(KOV_INVALID_ARGUMENT, "a tensor of %zu bytes needs data, not NULL", bytes);
    }
    memcpy((*out)->buffer->data, data, bytes);
    return KOV_OK;
}

kov_status kov_tensor_from_strided(kov_context *context, kov_dtype dtype, int ndim,
                                   const int64_t *dims, const int64_t *byte_strides,
                                   const void *data, kov_tensor **out)
{
    *out = NULL;
    int bits = kov_dtype_bits(dtype);
    if (bits % 8 != 0)
        return kov_fail(KOV_TYPE_ERROR, "packed elements of %s have no byte strides",
                        kov_dtype_keras_name(dtype));
    KOV_TRY(kov_tensor_create(context, dtype, ndim, dims, out));
    if ((*out)->count == 0)
        return KOV_OK;
    if (data == NULL) {
        kov_tensor_release(*out);
        *out = NULL;
        return kov_fail(KOV_INVALID_ARGUMENT, "a tensor that is not empty needs data, not NULL");
    }
    kov_copy_strided((*out)->buffer->data, data, (size_t)bits / 8, ndim, dims, byte_strides);
    return KOV_OK;
}

/* Kernels read whole elements: a part of a complex number, else the element, must be aligned. */
static uintptr_t alignment_of(kov_dtype dtype)
{
    int bits = kov_dtype_bits(dtype);
    if (kov_dtype_is_complex(dtype))
        bits /= 2;
    return bits < 8 ? 1 : (uintptr_t)bits / 8;
}

kov_status kov_tensor_wrap(kov_context *context, kov_dtype dtype, int ndim, const int64_t *dims,
                           void *data, void (*done)(void *user), void *user, kov_tensor **out)
{
    KOV_TRY(new_tensor(context, dtype, ndim, dims, out));
    kov_tensor *tensor = *out;
    kov_status status = KOV_OUT_OF_MEMORY;
    if (data == NULL && tensor->bytes != 0) {
        status = kov_fail(KOV_INVALID_ARGUMENT, "a tensor of %zu bytes needs data, not NULL",
                          tensor->bytes);
        goto fail;
    }
    if ((uintptr_t)data % alignment_of(dtype) != 0) {
        status = kov_fail(KOV_INVALID_ARGUMENT,
                          "memory to wrap is not aligned to an element of %s; copy it instead",
                          kov_dtype_keras_name(dtype));
        goto fail;
    }
    /* The header is the whole block here. */
    tensor->buffer = new_buffer(context, sizeof(kov_buffer), 0);
    if (tensor->buffer == NULL)
        goto fail;
    tensor->buffer->data = data;
    tensor->buffer->bytes = tensor->bytes;
    tensor->buffer->borrowed = true;
    tensor->buffer->done = done;
    tensor->buffer->user = user;
    return KOV_OK;
fail:
    kov_free(context, tensor);
    *out = NULL;
    return status;
}

kov_status kov_tensor_view(kov_tensor *tensor, int ndim, const int64_t *dims, kov_tensor **out)
{
    kov_context *context = tensor->buffer->context;
    KOV_TRY(new_tensor(context, tensor->dtype, ndim, dims, out));
    if ((*out)->count != tensor->count) {
        char from[KOV_SHAPE_TEXT], to[KOV_SHAPE_TEXT];
        kov_free(context, *out);
        *out = NULL;
        return kov_fail(KOV_INVALID_ARGUMENT, "cannot view shape %s as %s",
                        kov_shape_print(tensor->ndim, tensor->dims, from, sizeof from),
                        kov_shape_print(ndim, dims, to, sizeof to));
    }
    (*out)->buffer = tensor->buffer;
    retain_buffer(tensor->buffer);
    return KOV_OK;
}

void kov_tensor_retain(kov_tensor *tensor)
{
    atomic_fetch_add_explicit(&tensor->references, 1, memory_order_relaxed);
}

void kov_tensor_release(kov_tensor *tensor)
{
    if (tensor == NULL ||
        atomic_fetch_sub_explicit(&tensor->references, 1, memory_order_acq_rel) != 1)
        return;
    /* The buffer goes last: it may hold the last reference to the context that frees the tensor. */
    kov_buffer *buffer = tensor->buffer;
    kov_free(buffer->context, tensor);
    release_buffer(buffer);
}

kov_dtype kov_tensor_dtype(const kov_tensor *tensor)
{
    return tensor->dtype;
}

int kov_tensor_ndim(const kov_tensor *tensor)
{
    return tensor->ndim;
}

const int64_t *kov_tensor_dims(const kov_tensor *tensor)
{
    return tensor->dims;
}

int64_t kov_tensor_count(const kov_tensor *tensor)
{
    return tensor->count;
}

size_t kov_tensor_bytes(const kov_tensor *tensor)
{
    return tensor->bytes;
}

const void *kov_tensor_data(const kov_tensor *tensor)
{
    return tensor->buffer->data;
}

bool kov_tensor_is_sole(const kov_tensor *tensor)
{
    const kov_buffer *buffer = tensor->buffer;
    return !buffer->borrowed &&
           atomic_load_explicit(&tensor->references, memory_order_acquire) == 1 &&
           atomic_load_explicit(&buffer->references, memory_order_acquire) == 1;
}

void *kov_tensor_data_mut(kov_tensor *tensor)
{
    if (!kov_tensor_is_sole(tensor))
        return NULL;
    tensor->id = new_id();
    return tensor->buffer->data;
}

uint64_t kov_tensor_id(const kov_tensor *tensor)
{
    return tensor->id;
}

kov_status kov_tensor_scalar(kov_context *context, kov_dtype dtype, const void *element,
                             kov_tensor **out)
{
    return kov_tensor_from_data(context, dtype, 0, NULL, element, out);
}

kov_status kov_tensor_convert(kov_tensor *tensor, kov_dtype dtype, kov_tensor **out)
{
    KOV_TRY(kov_tensor_create(tensor->buffer->context, dtype, tensor->ndim, tensor->dims, out));
    kov_status status = kov_convert(tensor->dtype, tensor->buffer->data, dtype,
                                    (*out)->buffer->data, tensor->count);
    if (status != KOV_OK) {
        kov_tensor_release(*out);
        *out = NULL;
    }
    return status;
}
