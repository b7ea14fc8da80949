/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/norm/norm.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/elementwise/elementwise.h"
#include "native/kernels/norm/norm_kernels.h"
#include "native/kernels/reduce/reduce_kernels.h"
#include "tensor/convert.h"

#include <math.h>
#include <string.h>

/* Elements of a work item. */
enum { ITEM = 8192 };

typedef struct rows_run {
    const kov_norm *norm;
    kov_dtype dtype; /* computed in */
    kov_binary_kernel *add, *subtract;
    const char *x;
    char *y;
    const void *scale, *offset; /* in the dtype computed in */
    size_t rows, length, size;  /* size: bytes of an element in memory */
    size_t rows_per_item;
    char *scratch; /* of each worker: two float32 rows; only for float16 and bfloat16 */
} rows_run;

/* The sum along the tree of reduce.h, and of squares. */
static double row_sum(const rows_run *run, kov_reduce_op op, const void *row)
{
    if (run->dtype == KOV_DTYPE_F32) {
        float y;
        kov_reduce_one_line(op, run->dtype, row, run->length, &y);
        return (double)y;
    }
    double y;
    kov_reduce_one_line(op, run->dtype, row, run->length, &y);
    return y;
}

/* Takes the mean away if the norm says so, scales and shifts; from and to are in the dtype computed
 * in, and may be the same. */
static void normalise(const rows_run *run, const void *from, void *to)
{
    static kov_norm_apply_f32 *const apply_f32[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_norm_apply);
    static kov_norm_apply_f64 *const apply_f64[KOV_ISA_COUNT] = KOV_ISA_TABLE(f64_norm_apply);
    const kov_norm *norm = run->norm;
    bool single = run->dtype == KOV_DTYPE_F32;
    double n = (double)run->length;
    if (norm->kind == KOV_NORM_LAYER) {
        double mean = row_sum(run, KOV_REDUCE_SUM, from) / n;
        float mean_f32 = (float)mean;
        const void *shift = single ? (const void *)&mean_f32 : (const void *)&mean;
        run->subtract(from, 1, shift, 0, to, run->length);
        from = to;
    }
    double squares = row_sum(run, KOV_REDUCE_SUM_SQUARE, from);
    double under = squares / n + norm->epsilon;
    if (norm->kind == KOV_NORM_L2)
        under = squares < norm->epsilon ? norm->epsilon : squares;
    double factor = 1 / sqrt(under);
    kov_isa isa = kov_cpu_isa();
    if (single)
        apply_f32[isa](from, (float)factor, run->scale, run->offset, to, run->length);
    else
        apply_f64[isa](from, factor, run->scale, run->offset, to, run->length);
}

static void run_row(const rows_run *run, size_t row)
{
    const kov_norm *norm = run->norm;
    size_t at = row * run->length * run->size;
    const void *from = run->x + at;
    void *to = run->y + at;
    if (norm->residual) {
        void *sum = norm->sum ? (char *)norm->sum + at : to;
        run->add(from, 1, (const char *)norm->residual + at, 1, sum, run->length);
        from = sum;
    }
    normalise(run, from, to);
}

/* The residual sum is rounded to the narrow type only where it is stored. */
static void run_half_row(const rows_run *run, size_t row, float *scratch)
{
    const kov_norm *norm = run->norm;
    size_t at = row * run->length * run->size;
    int64_t n = (int64_t)run->length;
    float *other = scratch + run->length;
    kov_convert(norm->dtype, run->x + at, KOV_DTYPE_F32, scratch, n);
    if (norm->residual) {
        kov_convert(norm->dtype, (const char *)norm->residual + at, KOV_DTYPE_F32, other, n);
        run->add(scratch, 1, other, 1, scratch, run->length);
        if (norm->sum)
            kov_convert(KOV_DTYPE_F32, scratch, norm->dtype, (char *)norm->sum + at, n);
    }
    normalise(run, scratch, scratch);
    kov_convert(KOV_DTYPE_F32, scratch, norm->dtype, run->y + at, n);
}

static void run_item(void *arg, int64_t index, int worker)
{
    const rows_run *run = arg;
    size_t first = (size_t)index * run->rows_per_item, end = first + run->rows_per_item;
    for (size_t row = first; row < end && row < run->rows; row++) {
        if (run->scratch)
            run_half_row(run, row,
                         (float *)(void *)run->scratch + (size_t)worker * 2 * run->length);
        else
            run_row(run, row);
    }
}

static void run_rows(kov_context *context, rows_run *run)
{
    run->rows_per_item = run->length < ITEM ? ITEM / run->length : 1;
    size_t items = (run->rows - 1) / run->rows_per_item + 1;
    if (items == 1)
        run_item(run, 0, 0);
    else
        kov_parallel(context, (int64_t)items, run_item, run);
}

/* Scratch rows for every worker, then scale and offset in float32. */
static kov_status run_half(kov_context *context, rows_run *run)
{
    const kov_norm *norm = run->norm;
    size_t width = (size_t)kov_parallel_width(context), bytes;
    if (!kov_size_mul(run->length * sizeof(float), 2 * width + 2, &bytes))
        return kov_fail(KOV_OUT_OF_MEMORY, "normalisation of %zu elements: too large", run->length);
    float *wide = kov_alloc(context, bytes);
    if (!wide)
        return KOV_OUT_OF_MEMORY;
    float *scale = wide + 2 * width * run->length, *offset = scale + run->length;
    kov_status status = KOV_OK;
    run->scratch = (char *)wide;
    if (norm->scale) {
        status = kov_convert(norm->dtype, norm->scale, KOV_DTYPE_F32, scale, (int64_t)run->length);
        run->scale = scale;
    }
    if (norm->offset && status == KOV_OK) {
        status =
            kov_convert(norm->dtype, norm->offset, KOV_DTYPE_F32, offset, (int64_t)run->length);
        run->offset = offset;
    }
    if (status == KOV_OK)
        run_rows(context, run);
    kov_free(context, wide);
    return status;
}

kov_status kov_norm_rows(kov_context *context, const kov_norm *norm, const void *x, void *y,
                         size_t rows, size_t length)
{
    bool half = norm->dtype == KOV_DTYPE_F16 || norm->dtype == KOV_DTYPE_BF16;
    if (!half && norm->dtype != KOV_DTYPE_F32 && norm->dtype != KOV_DTYPE_F64)
        return kov_fail(KOV_TYPE_ERROR, "normalisation does not take %s",
                        kov_dtype_keras_name(norm->dtype));
    if (rows == 0 || length == 0)
        return KOV_OK;
    rows_run run = {.norm = norm,
                    .dtype = half ? KOV_DTYPE_F32 : norm->dtype,
                    .x = x,
                    .y = y,
                    .scale = norm->scale,
                    .offset = norm->offset,
                    .rows = rows,
                    .length = length,
                    .size = (size_t)kov_dtype_bits(norm->dtype) / 8};
    run.add = kov_elementwise_binary(KOV_ELEMENTWISE_ADD, run.dtype);
    run.subtract = kov_elementwise_binary(KOV_ELEMENTWISE_SUBTRACT, run.dtype);
    if (half)
        return run_half(context, &run);
    run_rows(context, &run);
    return KOV_OK;
}
