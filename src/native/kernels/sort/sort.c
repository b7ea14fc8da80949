/* SPDX-License-Identifier: Apache-2.0 */
/* Short lines go 16 at a time through a sorting network, one in each lane; long ones, and few, by
 * digits of their keys. Numbers of up to 32 bits are sorted as 32-bit keys: alone where only values
 * are asked for, else above their places in 64-bit ones. Wider ones go through a network where only
 * values are asked for. */
#include "native/kernels/sort/sort.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/sort/sort_kernels.h"
#include "opset/indexing/sort_entries.h"
#include "tensor/convert.h"

#include <string.h>

enum {
    LANES = KOV_SORT_LANES,
    MOST_IN_LANES = 1024, /* keys: the network grows by n log^2 n */
    FEWEST_LINES = 4
};

typedef struct job {
    const kov_sort *sort;
    const char *x;
    const uint32_t *words; /* x as 32-bit numbers of `word_dtype`; lanes only */
    kov_dtype word_dtype;
    char *values;
    void *indices;
    size_t item;
    char *scratch;
    size_t scratch_bytes; /* of a worker */
    kov_isa isa;
} job;

/* Of element 0 of a line, in the input and in the results. */
static size_t line_start(const kov_sort *s, size_t line, size_t length)
{
    return line / s->inner * length * s->inner + line % s->inner;
}

static void put_index(const job *j, size_t at, int64_t index)
{
    if (j->sort->index_dtype == KOV_DTYPE_I64)
        ((int64_t *)j->indices)[at] = index;
    else
        ((int32_t *)j->indices)[at] = (int32_t)index;
}

static void put(const job *j, size_t from, size_t to, size_t rank, int64_t index)
{
    size_t inner = j->sort->inner, at = to + rank * inner;
    if (j->indices)
        put_index(j, at, index);
    if (!j->values)
        return;
    const char *source = j->x + (from + (size_t)index * inner) * j->item;
    char *target = j->values + at * j->item;
    if (j->item == 4)
        memcpy(target, source, 4);
    else
        memcpy(target, source, j->item);
}

/* ---- by digits ---- */

static void sort_line(void *arg, int64_t line, int worker)
{
    const job *j = arg;
    const kov_sort *s = j->sort;
    kov_sort_entry *entries = (void *)(j->scratch + (size_t)worker * j->scratch_bytes);
    size_t from = line_start(s, (size_t)line, s->length), to = line_start(s, (size_t)line, s->k);
    int64_t n = (int64_t)s->length;
    kov_sort_load(s->dtype, j->x, (int64_t)from, (int64_t)s->inner, n, s->descending, entries);
    const kov_sort_entry *sorted = kov_sort_entries(entries, entries + n, n);
    for (size_t rank = 0; rank < s->k; rank++)
        put(j, from, to, rank, sorted[rank].index);
}

/* ---- in lanes ---- */

/* Lane l of the block gets line first + l; lanes without a line keep what they hold. */
static void load_lanes(const job *j, size_t first, size_t lines, uint32_t *block)
{
    const kov_sort *s = j->sort;
    size_t inner = s->inner;
    if (first % inner + LANES <= inner && lines == LANES) {
        const uint32_t *x = j->words + line_start(s, first, s->length);
        for (size_t i = 0; i < s->length; i++)
            memcpy(block + i * LANES, x + i * inner, LANES * sizeof *block);
        return;
    }
    for (size_t l = 0; l < lines; l++) {
        const uint32_t *x = j->words + line_start(s, first + l, s->length);
        for (size_t i = 0; i < s->length; i++)
            block[i * LANES + l] = x[i * inner];
    }
}

/* Words to keys; true if keys do not say all about their words. */
static bool make_keys(const job *j, uint32_t *block)
{
    static kov_sort_float_keys *const float_keys[] = KOV_ISA_TABLE(f32_sort_keys);
    size_t n = j->sort->length, count = n * LANES;
    uint32_t flip = j->word_dtype == KOV_DTYPE_U32 ? 0x80000000u : 0;
    int odd = 0;
    if (j->word_dtype == KOV_DTYPE_F32)
        float_keys[j->isa](block, n, &odd);
    if (j->sort->descending)
        flip = ~flip;
    for (size_t i = 0; i < count && flip; i++)
        block[i] ^= flip;
    return odd;
}

static void values_of_keys(const job *j, uint32_t *block)
{
    static kov_sort_float_values *const float_values[] = KOV_ISA_TABLE(f32_sort_values);
    uint32_t flip = j->word_dtype == KOV_DTYPE_U32 ? 0x80000000u : 0;
    if (j->sort->descending)
        flip = ~flip;
    for (size_t i = 0; i < j->sort->k * LANES && flip; i++)
        block[i] ^= flip;
    if (j->word_dtype == KOV_DTYPE_F32)
        float_values[j->isa](block, j->sort->k);
}

static void store_lanes(const job *j, size_t first, size_t lines, const uint32_t *block)
{
    const kov_sort *s = j->sort;
    for (size_t l = 0; l < lines; l++) {
        uint32_t *y = (uint32_t *)(void *)j->values + line_start(s, first + l, s->k);
        for (size_t rank = 0; rank < s->k; rank++)
            y[rank * s->inner] = block[rank * LANES + l];
    }
}

static void sort_lanes(void *arg, int64_t group, int worker)
{
    static kov_sort_lanes *const words[] = KOV_ISA_TABLE(i32_sort_lanes);
    static kov_sort_lanes *const pairs[] = KOV_ISA_TABLE(i64_sort_lanes);
    const job *j = arg;
    const kov_sort *s = j->sort;
    size_t n = s->length, first = (size_t)group * LANES, left = s->outer * s->inner - first;
    size_t lines = left < LANES ? left : LANES;
    uint32_t *block = (void *)(j->scratch + (size_t)worker * j->scratch_bytes);
    if (lines < LANES)
        memset(block, 0, n * LANES * sizeof *block);
    load_lanes(j, first, lines, block);
    bool odd = make_keys(j, block);
    if (!odd && !j->indices && j->word_dtype == s->dtype) {
        words[j->isa](block, n);
        values_of_keys(j, block);
        store_lanes(j, first, lines, block);
        return;
    }
    int64_t *both = (int64_t *)(void *)(block + n * LANES);
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < LANES; l++) {
            uint64_t key = block[i * LANES + l];
            both[i * LANES + l] = (int64_t)(key << 32 | i);
        }
    }
    pairs[j->isa](both, n);
    for (size_t l = 0; l < lines; l++) {
        size_t from = line_start(s, first + l, n), to = line_start(s, first + l, s->k);
        for (size_t rank = 0; rank < s->k; rank++)
            put(j, from, to, rank, both[rank * LANES + l] & UINT32_MAX);
    }
}

/* Values of 64 bits alone: their keys leave no room for places. Lines whose keys do not say all go
 * by digits. */
static void sort_wide_lanes(void *arg, int64_t group, int worker)
{
    static kov_sort_lanes *const network[] = KOV_ISA_TABLE(i64_sort_lanes);
    static kov_sort_float_keys *const float_keys[] = KOV_ISA_TABLE(f64_sort_keys);
    static kov_sort_float_values *const float_values[] = KOV_ISA_TABLE(f64_sort_values);
    const job *j = arg;
    const kov_sort *s = j->sort;
    size_t n = s->length, first = (size_t)group * LANES, left = s->outer * s->inner - first;
    size_t lines = left < LANES ? left : LANES;
    uint64_t *block = (void *)(j->scratch + (size_t)worker * j->scratch_bytes);
    uint64_t flip = s->dtype == KOV_DTYPE_U64 ? (uint64_t)1 << 63 : 0;
    bool is_float = s->dtype == KOV_DTYPE_F64;
    int odd = 0;
    if (lines < LANES)
        memset(block, 0, n * LANES * sizeof *block);
    for (size_t l = 0; l < lines; l++) {
        const char *x = j->x + line_start(s, first + l, n) * sizeof *block;
        for (size_t i = 0; i < n; i++)
            memcpy(&block[i * LANES + l], x + i * s->inner * sizeof *block, sizeof *block);
    }
    if (is_float)
        float_keys[j->isa](block, n, &odd);
    for (size_t l = 0; l < lines && odd; l++)
        sort_line(arg, (int64_t)(first + l), worker);
    if (odd)
        return;
    flip = s->descending ? ~flip : flip;
    for (size_t i = 0; i < n * LANES && flip; i++)
        block[i] ^= flip;
    network[j->isa](block, n);
    for (size_t i = 0; i < s->k * LANES && flip; i++)
        block[i] ^= flip;
    if (is_float)
        float_values[j->isa](block, s->k);
    for (size_t l = 0; l < lines; l++) {
        char *y = j->values + line_start(s, first + l, s->k) * sizeof *block;
        for (size_t rank = 0; rank < s->k; rank++)
            memcpy(y + rank * s->inner * sizeof *block, &block[rank * LANES + l], sizeof *block);
    }
}

/* The 32-bit type whose order is that of dtype; NONE for wider ones. */
static kov_dtype word_of(kov_dtype dtype)
{
    if (kov_dtype_bits(dtype) > 32)
        return KOV_DTYPE_NONE;
    if (kov_dtype_is_float(dtype))
        return KOV_DTYPE_F32;
    return dtype == KOV_DTYPE_U32 ? KOV_DTYPE_U32 : KOV_DTYPE_I32;
}

static kov_status run(kov_context *context, job *j, int64_t items, kov_task task)
{
    int width = items > 1 ? kov_parallel_width(context) : 1;
    size_t bytes;
    if (!kov_size_mul(j->scratch_bytes, (size_t)width, &bytes))
        return kov_fail(KOV_OUT_OF_MEMORY, "sorting lines of %zu elements: too large",
                        j->sort->length);
    j->scratch = kov_alloc(context, bytes);
    if (!j->scratch)
        return KOV_OUT_OF_MEMORY;
    kov_parallel_upto(context, width, items, task, j);
    kov_free(context, j->scratch);
    return KOV_OK;
}

kov_status kov_sort_lines(kov_context *context, const kov_sort *sort, const void *x, void *values,
                          void *indices)
{
    size_t lines = sort->outer * sort->inner;
    job j = {.sort = sort,
             .x = x,
             .words = x,
             .word_dtype = word_of(sort->dtype),
             .values = values,
             .indices = indices,
             .item = (size_t)kov_dtype_bits(sort->dtype) / 8,
             .isa = kov_cpu_isa()};
    if (lines == 0 || sort->k == 0)
        return KOV_OK;
    bool short_lines = sort->length <= MOST_IN_LANES && lines >= FEWEST_LINES;
    if (short_lines && j.item == sizeof(uint64_t) && !indices) {
        j.scratch_bytes = sort->length * LANES * sizeof(uint64_t); /* more than entries take */
        return run(context, &j, (int64_t)((lines + LANES - 1) / LANES), sort_wide_lanes);
    }
    if (j.word_dtype == KOV_DTYPE_NONE || !short_lines) {
        if (!kov_size_mul(sort->length, 2 * sizeof(kov_sort_entry), &j.scratch_bytes))
            return kov_fail(KOV_OUT_OF_MEMORY, "sorting lines of %zu elements: too large",
                            sort->length);
        return run(context, &j, (int64_t)lines, sort_line);
    }
    void *widened = NULL;
    kov_status status = KOV_OK;
    if (j.word_dtype != sort->dtype) {
        widened = kov_alloc(context, lines * sort->length * sizeof(uint32_t));
        if (!widened)
            return KOV_OUT_OF_MEMORY;
        status =
            kov_convert(sort->dtype, x, j.word_dtype, widened, (int64_t)(lines * sort->length));
        j.words = widened;
    }
    j.scratch_bytes = sort->length * LANES * (sizeof(int64_t) + sizeof(uint32_t));
    if (status == KOV_OK)
        status = run(context, &j, (int64_t)((lines + LANES - 1) / LANES), sort_lanes);
    kov_free(context, widened);
    return status;
}
