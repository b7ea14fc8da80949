/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions of the middle axis of (outer, length, inner) arrays to (outer, inner).
 *
 * Sums and products follow one tree, which depends on `length` alone (not on outer, inner, threads
 * or blocking): leaves of 512 elements, in a leaf 16 partial sums of every 16th element, added
 * pairwise, then leaves added pairwise. So |error| <= (36 + ceil(log2(length / 512))) u sum|x_i| to
 * first order, u = 2^-24 for float32. Products likewise, relative. */
#ifndef KOV_NATIVE_REDUCE_H
#define KOV_NATIVE_REDUCE_H

#include <kov/context.h>
#include <kov/dtype.h>

typedef enum kov_reduce_op {
    KOV_REDUCE_SUM,
    KOV_REDUCE_MEAN, /* floats */
    KOV_REDUCE_PROD,
    KOV_REDUCE_MAX, /* NaN wins; of nothing: -infinity or the least integer */
    KOV_REDUCE_MIN,
    KOV_REDUCE_SUM_ABS,
    KOV_REDUCE_SUM_SQUARE,
    KOV_REDUCE_ANY, /* any dtype, nonzero is true; gives bool */
    KOV_REDUCE_ALL,
    KOV_REDUCE_ARGMAX, /* gives int64: the first index; the first NaN wins */
    KOV_REDUCE_ARGMIN,
    KOV_REDUCE_LOGSUMEXP, /* floats; of nothing or of all -infinity: -infinity */
    /* float32: square root of the sum of squares, all in double, rounded once: nothing overflows
     * or vanishes on the way */
    KOV_REDUCE_LENGTH,
    KOV_REDUCE_COUNT
} kov_reduce_op;

/* dtypes: bool (sum, prod, max, min, any, all, argmax, argmin: or, and, or, and, ...), all integers
 * (wrapping), float16 and bfloat16 (computed in float32, rounded once), float32, float64. Result:
 * dtype, but for any/all (bool) and argmax/argmin (int64).
 * KOV_TYPE_ERROR: dtype not taken. KOV_INVALID_ARGUMENT: argmax of nothing. KOV_OUT_OF_MEMORY. */
kov_status kov_reduce(kov_context *context, kov_reduce_op op, kov_dtype dtype, const void *x,
                      void *y, size_t outer, size_t length, size_t inner);

/* An array that is made block by block, each on the thread that reduces it. */
typedef struct kov_reduce_source {
    /* Writes elements from .. from + n of the flat array to y; worker: below the context's width.
     */
    void (*make)(void *arg, size_t from, size_t n, void *y, int worker);
    void *arg;
} kov_reduce_source;

/* kov_reduce of a source's (outer, length) array, none of them 0, with the same bits; y must not be
 * read by the source. Not LOGSUMEXP, LENGTH, ARGMAX, ARGMIN; not float16, bfloat16. */
kov_status kov_reduce_made(kov_context *context, kov_reduce_op op, kov_dtype dtype,
                           const kov_reduce_source *source, void *y, size_t outer, size_t length);

typedef enum kov_scan_op { KOV_SCAN_SUM, KOV_SCAN_PROD, KOV_SCAN_MAX, KOV_SCAN_MIN } kov_scan_op;

/* Running sums (and so on) along the middle axis, in order, in the array's own dtype (float16 and
 * bfloat16: in float32). exclusive: element i leaves out x[i]; reverse: from the end. */
kov_status kov_scan(kov_context *context, kov_scan_op op, kov_dtype dtype, const void *x, void *y,
                    size_t outer, size_t length, size_t inner, bool exclusive, bool reverse);

#endif
