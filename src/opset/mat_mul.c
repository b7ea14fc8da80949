/* SPDX-License-Identifier: Apache-2.0 */
/* MatMul: products of matrices with broadcast batch axes. A 1-D first operand is a row, a 1-D
 * second a column (transposes do not concern them); the axis they add leaves the result. */
#include "base/memory.h"
#include "opset/element_block.h"

#include "graph/infer.h"
#include "tensor/shape.h"

#include <string.h>

typedef struct operand {
    int ndim; /* of batch axes */
    kov_dim dims[KOV_MAX_NDIM];
    kov_dim rows, columns; /* after transposing */
    bool transposed, vector;
} operand;

static operand operand_of(int ndim, const int64_t *dims, bool transposed, bool is_first)
{
    operand x = {.vector = ndim == 1, .transposed = transposed && ndim > 1};
    if (x.vector) {
        x.rows = is_first ? 1 : dims[0];
        x.columns = is_first ? dims[0] : 1;
        return x;
    }
    x.ndim = ndim - 2;
    memcpy(x.dims, dims, sizeof *dims * (size_t)x.ndim);
    x.rows = dims[ndim - (x.transposed ? 1 : 2)];
    x.columns = dims[ndim - (x.transposed ? 2 : 1)];
    return x;
}

kov_status kov_infer_mat_mul(kov_infer *infer)
{
    const kov_infer_input *first = &infer->inputs[0], *second = &infer->inputs[1];
    if (first->dtype != second->dtype || kov_wide_of(first->dtype) == KOV_WIDE_NONE ||
        first->dtype == KOV_DTYPE_BOOL)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "operands must be of one number type");
    if (first->ndim == 0 || second->ndim == 0)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "operands must not be scalars");
    operand a =
        operand_of(first->ndim, first->dims, infer->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean, true);
    operand b = operand_of(second->ndim, second->dims,
                           infer->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean, false);
    if (kov_dim_is_number(a.columns) && kov_dim_is_number(b.rows) && a.columns != b.rows)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "the first operand has %lld columns, the second %lld rows",
                              (long long)a.columns, (long long)b.rows);
    kov_dim dims[KOV_MAX_NDIM];
    int ndim;
    KOV_TRY(kov_infer_broadcast(infer, a.ndim, a.dims, b.ndim, b.dims, &ndim, dims));
    if (!a.vector)
        dims[ndim++] = a.rows;
    if (!b.vector)
        dims[ndim++] = b.columns;
    kov_infer_set(infer, 0, first->dtype, ndim, dims);
    return KOV_OK;
}

/* A matrix in a wide type, row-major. */
static void pack(const kov_view *view, int64_t offset, const operand *x, void *out)
{
    size_t size = x->rows > 0 ? kov_item_size(kov_wide_dtype(kov_wide_of(view->dtype))) : 0;
    int64_t row_step = x->transposed ? 1 : x->columns, step = x->transposed ? x->rows : 1;
    char *to = out;
    for (int64_t row = 0; row < x->rows; row++) {
        for (int64_t at = 0; at < x->columns; at += KOV_BLOCK) {
            int n = x->columns - at < KOV_BLOCK ? (int)(x->columns - at) : KOV_BLOCK;
            kov_block block;
            kov_block_load(view->dtype, view->data, offset + row * row_step + at * step, step, n,
                           &block);
            memcpy(to, &block, (size_t)n * size);
            to += (size_t)n * size;
        }
    }
}

/* One row of the product; columns are added in order of k, so all elements round alike. */
static void multiply_row(kov_wide wide, int64_t inner, int64_t columns, const void *a,
                         const void *b, void *sum)
{
    memset(sum, 0, (size_t)columns * kov_item_size(kov_wide_dtype(wide)));
    for (int64_t k = 0; k < inner; k++) {
        if (wide == KOV_WIDE_REAL) {
            double x = ((const double *)a)[k], *to = sum;
            const double *row = (const double *)b + k * columns;
            for (int64_t j = 0; j < columns; j++)
                to[j] += x * row[j];
        } else if (wide == KOV_WIDE_COMPLEX) {
            kov_complex x = ((const kov_complex *)a)[k], *to = sum;
            const kov_complex *row = (const kov_complex *)b + k * columns;
            for (int64_t j = 0; j < columns; j++) {
                to[j].re += x.re * row[j].re - x.im * row[j].im;
                to[j].im += x.re * row[j].im + x.im * row[j].re;
            }
        } else {
            uint64_t x = ((const uint64_t *)a)[k], *to = sum;
            const uint64_t *row = (const uint64_t *)b + k * columns;
            for (int64_t j = 0; j < columns; j++)
                to[j] += x * row[j];
        }
    }
}

static void store_row(const kov_view *out, int64_t offset, int64_t columns, const void *sum)
{
    size_t size = kov_item_size(kov_wide_dtype(kov_wide_of(out->dtype)));
    for (int64_t at = 0; at < columns; at += KOV_BLOCK) {
        int n = columns - at < KOV_BLOCK ? (int)(columns - at) : KOV_BLOCK;
        kov_block block;
        memcpy(&block, (const char *)sum + (size_t)at * size, (size_t)n * size);
        kov_block_store(out->dtype, out->data, offset + at, 1, n, &block);
    }
}

static void multiply(const kov_view *out, int64_t offset, const operand *a, const operand *b,
                     const char *first, const char *second, void *sum)
{
    kov_wide wide = kov_wide_of(out->dtype);
    size_t size = kov_item_size(kov_wide_dtype(wide));
    for (int64_t i = 0; i < a->rows; i++) {
        multiply_row(wide, a->columns, b->columns, first + (size_t)(i * a->columns) * size, second,
                     sum);
        store_row(out, offset + i * b->columns, b->columns, sum);
    }
}

/* Elements of both matrices and a row of sums, which one allocation holds. */
static bool scratch_bytes(const operand *a, const operand *b, size_t size, size_t *bytes)
{
    size_t first, second, all;
    return kov_size_mul((size_t)a->rows, (size_t)a->columns, &first) &&
           kov_size_mul((size_t)b->rows, (size_t)b->columns, &second) &&
           kov_size_add(first, second, &all) && kov_size_add(all, (size_t)b->columns, &all) &&
           kov_size_mul(all, size, bytes);
}

kov_status kov_eval_mat_mul(kov_eval *eval)
{
    const kov_view *first = &eval->inputs[0], *second = &eval->inputs[1];
    const kov_view *out = &eval->outputs[0];
    kov_wide wide = kov_wide_of(out->dtype);
    operand a =
        operand_of(first->ndim, first->dims, eval->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean, true);
    operand b = operand_of(second->ndim, second->dims,
                           eval->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean, false);
    if (wide == KOV_WIDE_NONE)
        return kov_eval_no_dtype(eval, out->dtype);
    if (out->count == 0)
        return KOV_OK;
    size_t size = kov_item_size(kov_wide_dtype(wide)), bytes;
    if (!scratch_bytes(&a, &b, size, &bytes))
        return kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "the matrices are too large");
    char *scratch = kov_alloc(eval->context, bytes);
    if (!scratch)
        return KOV_OUT_OF_MEMORY;
    char *matrix = scratch + (size_t)(a.rows * a.columns) * size;
    char *sum = matrix + (size_t)(b.rows * b.columns) * size;

    int ndim;
    int64_t dims[KOV_MAX_NDIM], strides[2][KOV_MAX_NDIM], packed = -1, to = 0;
    kov_status status = kov_shape_broadcast(a.ndim, a.dims, b.ndim, b.dims, &ndim, dims);
    if (status != KOV_OK)
        goto fail;
    kov_shape_broadcast_strides(a.ndim, a.dims, ndim, dims, a.rows * a.columns, strides[0]);
    kov_shape_broadcast_strides(b.ndim, b.dims, ndim, dims, b.rows * b.columns, strides[1]);
    kov_walk walk;
    kov_walk_start(&walk, ndim, dims, 2, (const int64_t (*)[KOV_MAX_NDIM])strides);
    do {
        for (int64_t k = 0; k < walk.row; k++) {
            int64_t b_offset = walk.offset[1] + k * walk.step[1];
            pack(first, walk.offset[0] + k * walk.step[0], &a, scratch);
            if (b_offset != packed)
                pack(second, b_offset, &b, matrix);
            packed = b_offset;
            multiply(out, to, &a, &b, scratch, matrix, sum);
            to += a.rows * b.columns;
        }
    } while (kov_walk_next(&walk));
fail:
    kov_free(eval->context, scratch);
    return status;
}
