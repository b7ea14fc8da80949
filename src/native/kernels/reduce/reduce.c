/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/reduce/reduce.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/norm/softmax_kernels.h"
#include "native/kernels/reduce/reduce_kernels.h"
#include "tensor/convert.h"

#include <math.h>
#include <string.h>

/* Elements of a work item: enough to outweigh handing it out. */
enum { ITEM = 16384 };
/* Elements of a block that a source makes at once, if its lines are shorter: two or three such
 * blocks stay in the first-level cache. */
enum { BLOCK = 2048 };

typedef struct kernel_pair {
    kov_reduce_line *line[KOV_ISA_COUNT];
    kov_reduce_columns *columns[KOV_ISA_COUNT];
} kernel_pair;

#define PAIR(type, name)                                                                           \
    {KOV_ISA_TABLE(type##_reduce_##name##_line), KOV_ISA_TABLE(type##_reduce_##name##_columns)}
#define TYPE_ROW(type, constant)                                                                   \
    [KOV_DTYPE_##constant] = {[KOV_REDUCE_SUM] = PAIR(type, sum),                                  \
                              [KOV_REDUCE_MEAN] = PAIR(type, sum),                                 \
                              [KOV_REDUCE_PROD] = PAIR(type, prod),                                \
                              [KOV_REDUCE_MAX] = PAIR(type, max),                                  \
                              [KOV_REDUCE_MIN] = PAIR(type, min),                                  \
                              [KOV_REDUCE_SUM_ABS] = PAIR(type, sum_abs),                          \
                              [KOV_REDUCE_SUM_SQUARE] = PAIR(type, sum_square),                    \
                              [KOV_REDUCE_ANY] = PAIR(type, any),                                  \
                              [KOV_REDUCE_ALL] = PAIR(type, all),                                  \
                              [KOV_REDUCE_ARGMAX] = PAIR(type, argmax),                            \
                              [KOV_REDUCE_ARGMIN] = PAIR(type, argmin)},

static const kernel_pair kernels[KOV_DTYPE_COUNT][KOV_REDUCE_COUNT] = {
    KOV_REDUCE_TYPE_ROWS(TYPE_ROW)};
static const kernel_pair length_kernels = PAIR(f32, length);

typedef struct reduction {
    kov_reduce_line *line;
    kov_reduce_columns *columns;
    const char *x;
    char *y; /* (outer, chunks, inner) */
    size_t outer, length, inner, chunk, chunks, blocks, units, units_per_item;
    size_t x_size, y_size;
    const kov_reduce_source *source; /* NULL: x is there */
    size_t units_per_block;          /* of the source */
    char *scratch;                   /* a block for each worker */
    size_t scratch_bytes;
} reduction;

/* Where a unit begins in the flat array, if inner is 1. */
static size_t unit_start(const reduction *r, size_t unit)
{
    return unit / r->chunks * r->length + unit % r->chunks * r->chunk;
}

static void run_made(void *arg, int64_t index, int worker)
{
    const reduction *r = arg;
    char *block = r->scratch + (size_t)worker * r->scratch_bytes;
    size_t unit = (size_t)index * r->units_per_item, end = unit + r->units_per_item;
    end = end < r->units ? end : r->units;
    while (unit < end) {
        size_t next = unit + r->units_per_block < end ? unit + r->units_per_block : end;
        size_t first = unit_start(r, unit);
        r->source->make(r->source->arg, first, unit_start(r, next) - first, block, worker);
        for (; unit < next; unit++) {
            size_t from = unit_start(r, unit);
            r->line(block + (from - first) * r->x_size, unit_start(r, unit + 1) - from,
                    r->y + unit * r->y_size);
        }
    }
}

static void run_item(void *arg, int64_t index, int worker)
{
    const reduction *r = arg;
    (void)worker;
    size_t first = (size_t)index * r->units_per_item, end = first + r->units_per_item;
    for (size_t unit = first; unit < end && unit < r->units; unit++) {
        size_t block = unit % r->blocks, at = unit / r->blocks;
        size_t chunk = at % r->chunks, outer = at / r->chunks;
        size_t from = chunk * r->chunk, column = block * KOV_REDUCE_WIDTH;
        size_t n = r->length - from < r->chunk ? r->length - from : r->chunk;
        const char *x = r->x + ((outer * r->length + from) * r->inner + column) * r->x_size;
        char *y = r->y + (at * r->inner + column) * r->y_size;
        if (r->inner == 1) {
            r->line(x, n, y);
        } else {
            size_t left = r->inner - column;
            r->columns(x, n, r->inner, left < KOV_REDUCE_WIDTH ? left : KOV_REDUCE_WIDTH, y);
        }
    }
}

static void run_units(kov_context *context, reduction *r)
{
    size_t width = r->inner < KOV_REDUCE_WIDTH ? r->inner : KOV_REDUCE_WIDTH;
    size_t work = width * (r->length < r->chunk ? r->length : r->chunk);
    r->blocks = (r->inner - 1) / KOV_REDUCE_WIDTH + 1;
    r->units = r->outer * r->chunks * r->blocks;
    r->units_per_item = work < ITEM ? ITEM / work : 1;
    size_t items = (r->units - 1) / r->units_per_item + 1;
    kov_task run = r->source ? run_made : run_item;
    if (items == 1)
        run(r, 0, 0);
    else
        kov_parallel(context, (int64_t)items, run, r);
}

/* Memory for the blocks of a source. */
static kov_status make_blocks(kov_context *context, reduction *r)
{
    size_t line = r->length < r->chunk ? r->length : r->chunk, bytes;
    r->units_per_block = line < BLOCK ? BLOCK / line : 1;
    r->scratch_bytes = r->units_per_block * line * r->x_size;
    if (!kov_size_mul(r->scratch_bytes, (size_t)kov_parallel_width(context), &bytes))
        return kov_fail(KOV_OUT_OF_MEMORY, "reduction: too many threads");
    r->scratch = kov_alloc(context, bytes);
    return r->scratch ? KOV_OK : KOV_OUT_OF_MEMORY;
}

/* Combines the chunks of each outer index pairwise, as leaves are, by reductions of two. */
static void join_chunks(const reduction *r, kov_reduce_columns *join, char *y)
{
    size_t row = r->inner * r->y_size;
    for (size_t outer = 0; outer < r->outer; outer++) {
        char *nodes = r->y + outer * r->chunks * row;
        for (size_t count = r->chunks; count > 1; count = (count + 1) / 2) {
            for (size_t i = 0; i + 1 < count; i += 2) {
                for (size_t c = 0; c < r->inner; c += KOV_REDUCE_WIDTH) {
                    size_t width = r->inner - c;
                    width = width < KOV_REDUCE_WIDTH ? width : KOV_REDUCE_WIDTH;
                    join(nodes + i * row + c * r->y_size, 2, r->inner, width,
                         nodes + i / 2 * row + c * r->y_size);
                }
            }
            if (count % 2)
                memmove(nodes + count / 2 * row, nodes + (count - 1) * row, row);
        }
        memcpy(y + outer * row, nodes, row);
    }
}

void kov_reduce_one_line(kov_reduce_op op, kov_dtype dtype, const void *x, size_t n, void *y)
{
    kov_isa isa = kov_cpu_isa();
    kov_reduce_line *line = kernels[dtype][op].line[isa];
    kov_reduce_columns *join = kernels[dtype][KOV_REDUCE_SUM].columns[isa];
    size_t size = (size_t)kov_dtype_bits(dtype) / 8, chunks = 0;
    double levels[64][2]; /* nodes of 2^level chunks, each with room for a right neighbour */
    double node;
    for (size_t from = 0; from < n; from += KOV_REDUCE_CHUNK, chunks++) {
        size_t part = n - from < KOV_REDUCE_CHUNK ? n - from : KOV_REDUCE_CHUNK;
        int bit = 0;
        line((const char *)x + from * size, part, &node);
        for (; chunks >> bit & 1; bit++) {
            memcpy((char *)levels[bit] + size, &node, size);
            join(levels[bit], 2, 1, 1, &node);
        }
        memcpy(levels[bit], &node, size);
    }
    bool have = false;
    for (int bit = 0; chunks >> bit; bit++) {
        if (!(chunks >> bit & 1))
            continue;
        if (have) {
            memcpy((char *)levels[bit] + size, &node, size);
            join(levels[bit], 2, 1, 1, &node);
        } else {
            memcpy(&node, levels[bit], size);
        }
        have = true;
    }
    memcpy(y, &node, size);
}

static bool is_arg(kov_reduce_op op) { return op == KOV_REDUCE_ARGMAX || op == KOV_REDUCE_ARGMIN; }

/* Of what a fold makes; a length is its root, rounded. */
static kov_dtype result_dtype(kov_reduce_op op, kov_dtype dtype)
{
    if (is_arg(op))
        return KOV_DTYPE_I64;
    if (op == KOV_REDUCE_LENGTH)
        return KOV_DTYPE_F64;
    return op == KOV_REDUCE_ANY || op == KOV_REDUCE_ALL ? KOV_DTYPE_BOOL : dtype;
}

/* dtype has kernels; outer, length, inner are at least 1. The array is x or made by a source. */
static kov_status fold(kov_context *context, kov_reduce_op op, kov_dtype dtype, const void *x,
                       const kov_reduce_source *source, void *y, size_t outer, size_t length,
                       size_t inner)
{
    kov_status status = KOV_OK;
    kov_isa isa = kov_cpu_isa();
    kov_dtype result = result_dtype(op, dtype);
    const kernel_pair *pair = op == KOV_REDUCE_LENGTH ? &length_kernels : &kernels[dtype][op];
    reduction r = {.line = pair->line[isa],
                   .columns = pair->columns[isa],
                   .x = x,
                   .y = y,
                   .outer = outer,
                   .length = length,
                   .inner = inner,
                   .source = source,
                   .x_size = (size_t)kov_dtype_bits(dtype) / 8,
                   .y_size = (size_t)kov_dtype_bits(result) / 8};
    r.chunk = is_arg(op) ? length : KOV_REDUCE_CHUNK;
    r.chunks = (length - 1) / r.chunk + 1;
    if (r.chunks > 1) {
        size_t bytes;
        if (!kov_size_mul(outer * inner, r.chunks * r.y_size, &bytes))
            return kov_fail(KOV_OUT_OF_MEMORY, "reduction of %zu elements: too large", length);
        r.y = kov_alloc(context, bytes);
        if (!r.y)
            return KOV_OUT_OF_MEMORY;
    }
    if (source)
        status = make_blocks(context, &r);
    if (status == KOV_OK) {
        run_units(context, &r);
        if (r.chunks > 1) {
            bool sum = op == KOV_REDUCE_MEAN || op == KOV_REDUCE_SUM_ABS ||
                       op == KOV_REDUCE_SUM_SQUARE || op == KOV_REDUCE_LENGTH;
            kov_dtype node = result == KOV_DTYPE_BOOL ? KOV_DTYPE_U8 : result;
            join_chunks(&r, kernels[node][sum ? KOV_REDUCE_SUM : op].columns[isa], y);
        }
    }
    kov_free(context, r.scratch);
    if (r.chunks > 1)
        kov_free(context, r.y);
    return status;
}

static void divide(kov_dtype dtype, void *y, size_t n, size_t by)
{
    float *y32 = y;
    double *y64 = y;
    for (size_t i = 0; i < n; i++) {
        if (dtype == KOV_DTYPE_F32)
            y32[i] /= (float)by;
        else
            y64[i] /= (double)by;
    }
}

/* What a reduction of nothing gives, as double; for the least and greatest integers see below. */
static double empty_value(kov_reduce_op op)
{
    switch (op) {
    case KOV_REDUCE_MEAN:
        return NAN;
    case KOV_REDUCE_PROD:
    case KOV_REDUCE_ALL:
        return 1;
    case KOV_REDUCE_MAX:
    case KOV_REDUCE_LOGSUMEXP:
        return -INFINITY;
    case KOV_REDUCE_MIN:
        return INFINITY;
    default:
        return 0;
    }
}

static kov_status reduce_length(kov_context *context, const float *x, float *y, size_t outer,
                                size_t length, size_t inner)
{
    size_t bytes;
    if (!kov_size_mul(outer * inner, sizeof(double), &bytes))
        return kov_fail(KOV_OUT_OF_MEMORY, "reduction to %zu lengths: too large", outer * inner);
    double *sums = kov_alloc(context, bytes);
    if (!sums)
        return KOV_OUT_OF_MEMORY;
    kov_status status =
        fold(context, KOV_REDUCE_LENGTH, KOV_DTYPE_F32, x, NULL, sums, outer, length, inner);
    for (size_t i = 0; i < outer * inner && status == KOV_OK; i++)
        y[i] = (float)sqrt(sums[i]);
    kov_free(context, sums);
    return status;
}

static void fill_empty(kov_reduce_op op, kov_dtype result, void *y, size_t n)
{
    double value = empty_value(op);
    size_t size = (size_t)kov_dtype_bits(result) / 8;
    unsigned char element[8] = {0};
    if (isinf(value) && !kov_dtype_is_float(result)) {
        bool is_signed = kov_dtype_is_signed(result), most = value > 0;
        /* little-endian: ff ... 7f, 00 ... 80, ff ... ff or 0 */
        memset(element, most ? 0xff : 0, size);
        if (is_signed)
            element[size - 1] = most ? 0x7f : 0x80;
        if (result == KOV_DTYPE_BOOL)
            element[0] = most;
    } else {
        kov_convert(KOV_DTYPE_F64, &value, result, element, 1);
    }
    for (size_t i = 0; i < n; i++)
        memcpy((char *)y + i * size, element, size);
}

static kov_status reduce_wide(kov_context *context, kov_reduce_op op, kov_dtype dtype,
                              const void *x, void *y, size_t outer, size_t length, size_t inner)
{
    if (op == KOV_REDUCE_LOGSUMEXP)
        return kov_softmax_lines(context, KOV_SOFTMAX_LOGSUMEXP, dtype, x, y, outer, length, inner);
    if (op == KOV_REDUCE_LENGTH)
        return reduce_length(context, x, y, outer, length, inner);
    KOV_TRY(fold(context, op, dtype, x, NULL, y, outer, length, inner));
    if (op == KOV_REDUCE_MEAN)
        divide(dtype, y, outer * inner, length);
    return KOV_OK;
}

/* float16 and bfloat16 by way of a float32 copy. */
static kov_status reduce_half(kov_context *context, kov_reduce_op op, kov_dtype dtype,
                              const void *x, void *y, size_t outer, size_t length, size_t inner)
{
    kov_dtype result = result_dtype(op, dtype);
    size_t count = outer * length * inner, results = outer * inner;
    float *wide = kov_alloc(context, (count + results) * sizeof(float));
    if (!wide)
        return KOV_OUT_OF_MEMORY;
    bool narrow = result == dtype;
    void *target = narrow ? wide + count : y;
    kov_status status = kov_convert(dtype, x, KOV_DTYPE_F32, wide, (int64_t)count);
    if (status == KOV_OK)
        status = reduce_wide(context, op, KOV_DTYPE_F32, wide, target, outer, length, inner);
    if (status == KOV_OK && narrow)
        status = kov_convert(KOV_DTYPE_F32, target, dtype, y, (int64_t)results);
    kov_free(context, wide);
    return status;
}

/* bool as uint8, 0 or 1: the largest for sums and any, the smallest for products and all. */
static kov_reduce_op bool_op(kov_reduce_op op)
{
    switch (op) {
    case KOV_REDUCE_SUM:
    case KOV_REDUCE_SUM_ABS:
    case KOV_REDUCE_SUM_SQUARE:
    case KOV_REDUCE_ANY:
        return KOV_REDUCE_MAX;
    case KOV_REDUCE_PROD:
    case KOV_REDUCE_ALL:
        return KOV_REDUCE_MIN;
    default:
        return op;
    }
}

kov_status kov_reduce(kov_context *context, kov_reduce_op op, kov_dtype dtype, const void *x,
                      void *y, size_t outer, size_t length, size_t inner)
{
    bool half = dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16;
    bool is_float = half || dtype == KOV_DTYPE_F32 || dtype == KOV_DTYPE_F64;
    bool taken = is_float || dtype == KOV_DTYPE_BOOL || kernels[dtype][KOV_REDUCE_SUM].line[0];
    bool needs_float = op == KOV_REDUCE_MEAN || op == KOV_REDUCE_LOGSUMEXP;
    if (op == KOV_REDUCE_LENGTH)
        taken = dtype == KOV_DTYPE_F32;
    if ((unsigned)op >= KOV_REDUCE_COUNT || !taken || (needs_float && !is_float))
        return kov_fail(KOV_TYPE_ERROR, "reduction %d does not take %s", (int)op,
                        kov_dtype_keras_name(dtype));
    if (outer == 0 || inner == 0)
        return KOV_OK;
    if (length == 0) {
        if (is_arg(op))
            return kov_fail(KOV_INVALID_ARGUMENT, "argmax or argmin of an empty axis");
        fill_empty(op, op == KOV_REDUCE_LENGTH ? dtype : result_dtype(op, dtype), y, outer * inner);
        return KOV_OK;
    }
    if (half)
        return reduce_half(context, op, dtype, x, y, outer, length, inner);
    if (dtype == KOV_DTYPE_BOOL)
        return reduce_wide(context, bool_op(op), KOV_DTYPE_U8, x, y, outer, length, inner);
    return reduce_wide(context, op, dtype, x, y, outer, length, inner);
}

kov_status kov_reduce_made(kov_context *context, kov_reduce_op op, kov_dtype dtype,
                           const kov_reduce_source *source, void *y, size_t outer, size_t length)
{
    if (dtype == KOV_DTYPE_BOOL) {
        op = bool_op(op);
        dtype = KOV_DTYPE_U8;
    }
    KOV_TRY(fold(context, op, dtype, NULL, source, y, outer, length, 1));
    if (op == KOV_REDUCE_MEAN)
        divide(dtype, y, outer, length);
    return KOV_OK;
}
