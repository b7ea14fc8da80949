/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums, products, largest and smallest. In order by definition, so parallel only over the
 * other axes. */
#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/reduce/reduce.h"
#include "tensor/convert.h"

#include <math.h>

/* Columns of a work item, and elements of one of contiguous lines. */
enum { WIDTH = 64, ITEM = 16384 };

typedef struct scan scan;
typedef void scan_kernel(const scan *s, size_t outer, size_t column, size_t width);

struct scan {
    scan_kernel *kernel;
    const void *x;
    void *y;
    size_t outer, length, inner, units, units_per_item;
    bool exclusive, reverse;
};

#define NEXT_SUM(T, U, y, a) ((T)((U)(y) + (U)(a)))
#define NEXT_PROD(T, U, y, a) ((T)(1u * (U)(y) * (U)(a)))
#define NEXT_SUM_FLOAT(T, U, y, a) ((y) + (a))
#define NEXT_PROD_FLOAT(T, U, y, a) ((y) * (a))
#define NEXT_MAX(T, U, y, a) ((y) > (a) || (y) != (y) ? (y) : (a))
#define NEXT_MIN(T, U, y, a) ((y) < (a) || (y) != (y) ? (y) : (a))

/* The running value of each column, of type W (of floats: double, so that errors do not grow with
 * the line), goes into the result before (exclusive) or after x is taken in. x is read before y is
 * written, so that in place works. */
#define SCAN(type, T, W, U, name, first, next)                                                     \
    static void type##_scan_##name(const scan *s, size_t outer, size_t column, size_t width)       \
    {                                                                                              \
        const T *x = (const T *)s->x + outer * s->length * s->inner + column;                      \
        T *y = (T *)s->y + outer * s->length * s->inner + column;                                  \
        if (s->inner == 1) {                                                                       \
            W one = (W)(first);                                                                    \
            ptrdiff_t step = s->reverse ? -1 : 1;                                                  \
            x += s->reverse ? s->length - 1 : 0;                                                   \
            y += s->reverse ? s->length - 1 : 0;                                                   \
            for (size_t i = 0; i < s->length; i++, x += step, y += step) {                         \
                const W before = one;                                                              \
                one = next(W, U, before, *x);                                                      \
                *y = (T)(s->exclusive ? before : one);                                             \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        W running[WIDTH];                                                                          \
        for (size_t c = 0; c < width; c++)                                                         \
            running[c] = (W)(first);                                                               \
        for (size_t i = 0; i < s->length; i++) {                                                   \
            size_t at = (s->reverse ? s->length - 1 - i : i) * s->inner;                           \
            for (size_t c = 0; c < width; c++) {                                                   \
                const W before = running[c], a = x[at + c];                                        \
                running[c] = next(W, U, before, a);                                                \
                y[at + c] = (T)(s->exclusive ? before : running[c]);                               \
            }                                                                                      \
        }                                                                                          \
    }

#define INTEGER_SCANS(type, T, U, least, most)                                                     \
    SCAN(type, T, T, U, sum, 0, NEXT_SUM)                                                          \
    SCAN(type, T, T, U, prod, 1, NEXT_PROD)                                                        \
    SCAN(type, T, T, U, max, least, NEXT_MAX)                                                      \
    SCAN(type, T, T, U, min, most, NEXT_MIN)

#define FLOAT_SCANS(type, T)                                                                       \
    SCAN(type, T, double, T, sum, 0, NEXT_SUM_FLOAT)                                               \
    SCAN(type, T, double, T, prod, 1, NEXT_PROD_FLOAT)                                             \
    SCAN(type, T, T, T, max, -INFINITY, NEXT_MAX)                                                  \
    SCAN(type, T, T, T, min, INFINITY, NEXT_MIN)

INTEGER_SCANS(i8, int8_t, uint8_t, INT8_MIN, INT8_MAX)
INTEGER_SCANS(i16, int16_t, uint16_t, INT16_MIN, INT16_MAX)
INTEGER_SCANS(i32, int32_t, uint32_t, INT32_MIN, INT32_MAX)
INTEGER_SCANS(i64, int64_t, uint64_t, INT64_MIN, INT64_MAX)
INTEGER_SCANS(u8, uint8_t, uint8_t, 0, UINT8_MAX)
INTEGER_SCANS(u16, uint16_t, uint16_t, 0, UINT16_MAX)
INTEGER_SCANS(u32, uint32_t, uint32_t, 0, UINT32_MAX)
INTEGER_SCANS(u64, uint64_t, uint64_t, 0, UINT64_MAX)
FLOAT_SCANS(f32, float)
FLOAT_SCANS(f64, double)

#define KERNELS(type, constant)                                                                    \
    [KOV_DTYPE_##constant] = {[KOV_SCAN_SUM] = type##_scan_sum,                                    \
                              [KOV_SCAN_PROD] = type##_scan_prod,                                  \
                              [KOV_SCAN_MAX] = type##_scan_max,                                    \
                              [KOV_SCAN_MIN] = type##_scan_min},

static scan_kernel *const kernels[KOV_DTYPE_COUNT][4] = {
    KERNELS(i8, I8) KERNELS(i16, I16) KERNELS(i32, I32) KERNELS(i64, I64) KERNELS(u8, U8)
        KERNELS(u16, U16) KERNELS(u32, U32) KERNELS(u64, U64) KERNELS(f32, F32) KERNELS(f64, F64)};

static void run_item(void *arg, int64_t index, int worker)
{
    const scan *s = arg;
    (void)worker;
    size_t blocks = (s->inner - 1) / WIDTH + 1;
    size_t first = (size_t)index * s->units_per_item, end = first + s->units_per_item;
    for (size_t unit = first; unit < end && unit < s->units; unit++) {
        size_t column = unit % blocks * WIDTH, left = s->inner - column;
        s->kernel(s, unit / blocks, column, left < WIDTH ? left : WIDTH);
    }
}

static void run_scan(kov_context *context, scan *s)
{
    size_t width = s->inner < WIDTH ? s->inner : WIDTH, work = width * s->length;
    s->units = s->outer * ((s->inner - 1) / WIDTH + 1);
    s->units_per_item = work < ITEM ? ITEM / work : 1;
    size_t items = (s->units - 1) / s->units_per_item + 1;
    if (items == 1)
        run_item(s, 0, 0);
    else
        kov_parallel(context, (int64_t)items, run_item, s);
}

static kov_status scan_half(kov_context *context, scan *s, kov_dtype dtype)
{
    size_t count = s->outer * s->length * s->inner;
    const void *x = s->x;
    void *y = s->y;
    float *wide = kov_alloc(context, count * sizeof *wide);
    if (!wide)
        return KOV_OUT_OF_MEMORY;
    kov_status status = kov_convert(dtype, x, KOV_DTYPE_F32, wide, (int64_t)count);
    s->x = wide;
    s->y = wide;
    if (status == KOV_OK) {
        run_scan(context, s);
        status = kov_convert(KOV_DTYPE_F32, wide, dtype, y, (int64_t)count);
    }
    kov_free(context, wide);
    return status;
}

kov_status kov_scan(kov_context *context, kov_scan_op op, kov_dtype dtype, const void *x, void *y,
                    size_t outer, size_t length, size_t inner, bool exclusive, bool reverse)
{
    bool half = dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16;
    scan s = {.kernel = kernels[half ? KOV_DTYPE_F32 : dtype][op],
              .x = x,
              .y = y,
              .outer = outer,
              .length = length,
              .inner = inner,
              .exclusive = exclusive,
              .reverse = reverse};
    if (!s.kernel)
        return kov_fail(KOV_TYPE_ERROR, "cumulative operation %d does not take %s", (int)op,
                        kov_dtype_keras_name(dtype));
    if (outer == 0 || length == 0 || inner == 0)
        return KOV_OK;
    if (half)
        return scan_half(context, &s, dtype);
    run_scan(context, &s);
    return KOV_OK;
}
