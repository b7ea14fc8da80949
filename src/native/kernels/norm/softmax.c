/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/norm/softmax.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/norm/softmax_kernels.h"
#include "tensor/convert.h"

#include <string.h>

/* Columns gathered into lines at a time, and elements of a work item. */
enum { COLUMNS = 16, ITEM = 8192 };

typedef struct lines {
    kov_softmax_line *kernel;
    const char *x;
    char *y, *scratch;
    size_t outer, length, inner, size, results; /* results of one line: length or 1 */
    size_t units, units_per_item;
} lines;

static void copy_columns(char *y, size_t y_row, size_t y_column, const char *x, size_t x_row,
                         size_t x_column, size_t rows, size_t columns, size_t size)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            memcpy(y + (r * y_row + c * y_column) * size, x + (r * x_row + c * x_column) * size,
                   size);
}

/* Up to COLUMNS neighbouring columns, transposed into lines and back. */
static void run_columns(const lines *l, size_t outer, size_t column, char *scratch)
{
    size_t left = l->inner - column, width = left < COLUMNS ? left : COLUMNS;
    const char *x = l->x + (outer * l->length * l->inner + column) * l->size;
    char *y = l->y + (outer * l->results * l->inner + column) * l->size;
    copy_columns(scratch, 1, l->length, x, l->inner, 1, l->length, width, l->size);
    for (size_t c = 0; c < width; c++) {
        char *line = scratch + c * l->length * l->size;
        l->kernel(line, line, l->length);
    }
    copy_columns(y, l->inner, 1, scratch, 1, l->length, l->results, width, l->size);
}

static void run_item(void *arg, int64_t index, int worker)
{
    const lines *l = arg;
    size_t blocks = (l->inner - 1) / COLUMNS + 1;
    char *scratch = l->scratch ? l->scratch + (size_t)worker * COLUMNS * l->length * l->size : NULL;
    size_t first = (size_t)index * l->units_per_item, end = first + l->units_per_item;
    for (size_t unit = first; unit < end && unit < l->units; unit++) {
        if (l->inner == 1)
            l->kernel(l->x + unit * l->length * l->size, l->y + unit * l->results * l->size,
                      l->length);
        else
            run_columns(l, unit / blocks, unit % blocks * COLUMNS, scratch);
    }
}

kov_status kov_softmax_lines(kov_context *context, int kind, kov_dtype dtype, const void *x,
                             void *y, size_t outer, size_t length, size_t inner)
{
    static kov_softmax_line *const kernels[2][KOV_SOFTMAX_KINDS][KOV_ISA_COUNT] = {
        {KOV_ISA_TABLE(f32_softmax), KOV_ISA_TABLE(f32_log_softmax), KOV_ISA_TABLE(f32_logsumexp)},
        {KOV_ISA_TABLE(f64_softmax), KOV_ISA_TABLE(f64_log_softmax), KOV_ISA_TABLE(f64_logsumexp)}};
    bool wide = dtype == KOV_DTYPE_F64;
    if (outer == 0 || length == 0 || inner == 0)
        return KOV_OK;
    lines l = {.kernel = kernels[wide][kind][kov_cpu_isa()],
               .x = x,
               .y = y,
               .outer = outer,
               .length = length,
               .inner = inner,
               .size = wide ? sizeof(double) : sizeof(float),
               .results = kind == KOV_SOFTMAX_LOGSUMEXP ? 1 : length};
    size_t columns = inner < COLUMNS ? inner : COLUMNS, work = columns * length;
    l.units = outer * ((inner - 1) / COLUMNS + 1);
    l.units_per_item = work < ITEM ? ITEM / work : 1;
    size_t items = (l.units - 1) / l.units_per_item + 1;
    if (inner > 1) {
        size_t width = items > 1 ? (size_t)kov_parallel_width(context) : 1;
        l.scratch = kov_alloc(context, width * COLUMNS * length * l.size);
        if (!l.scratch)
            return KOV_OUT_OF_MEMORY;
    }
    if (items == 1)
        run_item(&l, 0, 0);
    else
        kov_parallel(context, (int64_t)items, run_item, &l);
    kov_free(context, l.scratch);
    return KOV_OK;
}

/* float16 and bfloat16 in place in a float32 copy. */
static kov_status softmax_half(kov_context *context, kov_softmax_kind kind, kov_dtype dtype,
                               const void *x, void *y, size_t outer, size_t length, size_t inner)
{
    size_t count = outer * length * inner;
    float *wide = kov_alloc(context, count * sizeof *wide);
    if (!wide)
        return KOV_OUT_OF_MEMORY;
    kov_status status = kov_convert(dtype, x, KOV_DTYPE_F32, wide, (int64_t)count);
    if (status == KOV_OK)
        status =
            kov_softmax_lines(context, (int)kind, KOV_DTYPE_F32, wide, wide, outer, length, inner);
    if (status == KOV_OK)
        status = kov_convert(KOV_DTYPE_F32, wide, dtype, y, (int64_t)count);
    kov_free(context, wide);
    return status;
}

kov_status kov_softmax(kov_context *context, kov_softmax_kind kind, kov_dtype dtype, const void *x,
                       void *y, size_t outer, size_t length, size_t inner)
{
    if (dtype == KOV_DTYPE_F32 || dtype == KOV_DTYPE_F64)
        return kov_softmax_lines(context, (int)kind, dtype, x, y, outer, length, inner);
    if (dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16)
        return softmax_half(context, kind, dtype, x, y, outer, length, inner);
    return kov_fail(KOV_TYPE_ERROR, "softmax does not take %s", kov_dtype_keras_name(dtype));
}

float kov_softmax_row_f32(const float *x, const float *mask, float scale, float *y, size_t n,
                          float *sum)
{
    static kov_softmax_attention *const rows[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_softmax_row);
    return rows[kov_cpu_isa()](x, mask, scale, y, n, sum);
}
