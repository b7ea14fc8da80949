/* SPDX-License-Identifier: Apache-2.0 */
/* A tensor: dtype, shape and a reference to a dense row-major buffer. Immutable once shared. */
#ifndef KOV_TENSOR_H
#define KOV_TENSOR_H

#include <kov/context.h>
#include <kov/dtype.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KOV_MAX_NDIM 16

typedef struct kov_tensor kov_tensor;

/* Uninitialised. dims has ndim entries >= 0; KOV_INVALID_ARGUMENT on negative or overflowing sizes.
 */
KOV_API kov_status kov_tensor_create(kov_context *context, kov_dtype dtype, int ndim,
                                     const int64_t *dims, kov_tensor **out);
/* Copies dense data; data may be NULL only for an empty tensor. */
KOV_API kov_status kov_tensor_from_data(kov_context *context, kov_dtype dtype, int ndim,
                                        const int64_t *dims, const void *data, kov_tensor **out);
/* Copies strided data; byte_strides as in NumPy (may be negative or 0). */
KOV_API kov_status kov_tensor_from_strided(kov_context *context, kov_dtype dtype, int ndim,
                                           const int64_t *dims, const int64_t *byte_strides,
                                           const void *data, kov_tensor **out);
/* Borrows the caller's dense memory, which is only read; done(user) is called when nobody holds it
 * any more (not if the call fails). KOV_INVALID_ARGUMENT unless data is aligned to an element. */
KOV_API kov_status kov_tensor_wrap(kov_context *context, kov_dtype dtype, int ndim,
                                   const int64_t *dims, void *data, void (*done)(void *user),
                                   void *user, kov_tensor **out);
/* The same bytes under another shape of equally many elements (no copy). */
KOV_API kov_status kov_tensor_view(kov_tensor *tensor, int ndim, const int64_t *dims,
                                   kov_tensor **out);
KOV_API void kov_tensor_retain(kov_tensor *tensor);
KOV_API void kov_tensor_release(kov_tensor *tensor); /* NULL is fine */

KOV_API kov_dtype kov_tensor_dtype(const kov_tensor *tensor);
KOV_API int kov_tensor_ndim(const kov_tensor *tensor);
KOV_API const int64_t *kov_tensor_dims(const kov_tensor *tensor);
KOV_API int64_t kov_tensor_count(const kov_tensor *tensor); /* elements */
KOV_API size_t kov_tensor_bytes(const kov_tensor *tensor);
KOV_API const void *kov_tensor_data(const kov_tensor *tensor);
/* For the sole owner to fill or change; NULL if the tensor or its buffer is shared, or borrowed.
 * The tensor gets a new id: ask again for every change that others are to notice. */
KOV_API void *kov_tensor_data_mut(kov_tensor *tensor);
/* A number that no other tensor of this process has or had, and that changes with the content;
 * plans key packed weights on it. */
KOV_API uint64_t kov_tensor_id(const kov_tensor *tensor);

#ifdef __cplusplus
}
#endif
#endif
