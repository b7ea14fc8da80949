/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/coded/coded_gemm.h"

#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/coded/coded_rows.h"
#include "native/kernels/gemm/gemm.h"
#include "native/kernels/gemm/gemm_small.h"

enum {
    FEW = 8,       /* rows of A that meet the weights on their way; more go through GEMM */
    ROWS = 4,      /* of weights that are float32 at a time for few rows of A: as many as a row */
    TILE = 512,    /* of C goes through together; and their columns */
    BLOCK_N = 512, /* weights that are float32 at a time for many rows */
    BLOCK_K = 256,
    EXACT = 1024,    /* products of int8 whose sum float32 counts; a multiple of both heights */
    SERIAL = 1 << 16 /* weights below which threads do not pay */
};

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

static kov_coded_rows_fn *rows_of(kov_isa isa)
{
    static kov_coded_rows_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_coded_rows);
    return table[isa];
}

static size_t round_to_line(int64_t floats) { return ((size_t)floats + 15) / 16 * 16; }

/* c (+)= sums, as int32 that wraps. */
static void add_sums(const float *sums, int64_t count, bool first, int32_t *c)
{
    for (int64_t j = 0; j < count; j++) {
        uint32_t sum = (uint32_t)(int32_t)sums[j];
        c[j] = (int32_t)(first ? sum : (uint32_t)c[j] + sum);
    }
}

/* ---- few rows ---- */

typedef struct few_job {
    const kov_coded_gemm *gemm;
    const float *a;
    float *c;         /* the result, or sums of up to EXACT products */
    int32_t *integer; /* the result of integers */
    int64_t blocks;
} few_job;

static void few_rows(const few_job *job, int64_t k, int64_t rows, bool first, int64_t column0,
                     int64_t column1)
{
    static kov_gemm_row_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_gemm_row);
    const kov_coded_gemm *g = job->gemm;
    const kov_coded *w = &g->weights;
    _Alignas(64) float weights[ROWS * TILE];
    for (int64_t j = column0; j < column1; j += TILE) {
        int64_t count = min_i64(column1 - j, TILE);
        rows_of(g->isa)(w, k, rows, j, count, weights, TILE);
        for (int64_t i = 0; i < g->m; i++)
            table[g->isa](job->a + i * w->k + k, 1, weights, TILE, rows, count, !first,
                          job->c + i * w->n + j);
    }
}

static void few_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    const few_job *job = arg;
    const kov_coded *w = &job->gemm->weights;
    const int64_t pairs = (w->n + 1) / 2;
    int64_t column0 = index * pairs / job->blocks * 2;
    int64_t column1 = min_i64((index + 1) * pairs / job->blocks * 2, w->n);
    for (int64_t k = 0; k < w->k; k += ROWS) {
        const int64_t in_chunk = job->integer ? k % EXACT : k;
        const int64_t end = min_i64(k + ROWS, w->k);
        few_rows(job, k, end - k, in_chunk == 0, column0, column1);
        if (!job->integer || (end < w->k && end % EXACT != 0))
            continue;
        for (int64_t i = 0; i < job->gemm->m; i++)
            add_sums(job->c + i * w->n + column0, column1 - column0, end <= EXACT,
                     job->integer + i * w->n + column0);
    }
}

static void run_few(kov_context *context, const kov_coded_gemm *gemm, const float *a, void *c,
                    float *sums)
{
    few_job job = {.gemm = gemm,
                   .a = a,
                   .c = gemm->integer ? sums : c,
                   .integer = gemm->integer ? c : NULL,
                   .blocks = 1};
    const kov_coded *w = &gemm->weights;
    if (w->k * w->n > SERIAL)
        job.blocks = min_i64(gemm->width, (w->n + 63) / 64);
    kov_parallel_upto(context, gemm->width, job.blocks, few_task, &job);
}

/* ---- many rows ---- */

typedef struct unpack_job {
    const kov_coded_gemm *gemm;
    int64_t k, rows, first, count;
    float *to;
} unpack_job;

static void unpack_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    const unpack_job *job = arg;
    int64_t row = index * 16;
    rows_of(job->gemm->isa)(&job->gemm->weights, job->k + row, min_i64(16, job->rows - row),
                            job->first, job->count, job->to + row * BLOCK_N, BLOCK_N);
}

static kov_gemm block_gemm(const kov_coded_gemm *gemm, int64_t n, int64_t k)
{
    kov_gemm g;
    kov_gemm_init(&g, gemm->m, n, k);
    g.isa = gemm->isa;
    g.width = gemm->width;
    g.a_row = gemm->weights.k;
    g.b_row = BLOCK_N;
    g.c_row = gemm->integer ? BLOCK_N : gemm->weights.n;
    return g;
}

/* Scratch in floats: A (of integers), sums (of integers), a block of weights, GEMM's own. */
typedef struct scratch {
    size_t a, sums, weights;
} scratch;

static scratch scratch_of(const kov_coded_gemm *gemm)
{
    const bool few = gemm->m <= FEW;
    scratch s = {.weights = few ? 0 : (size_t)BLOCK_K * BLOCK_N};
    if (gemm->integer) {
        s.a = round_to_line(gemm->m * gemm->weights.k);
        s.sums = round_to_line(gemm->m * (few ? gemm->weights.n : BLOCK_N));
    }
    return s;
}

/* One block of columns of C, in ascending k. */
static kov_status run_columns(kov_context *context, const kov_coded_gemm *gemm, const float *a,
                              void *c, int64_t first, float *sums, float *weights, void *workspace)
{
    const kov_coded *w = &gemm->weights;
    const int64_t n = min_i64(BLOCK_N, w->n - first);
    for (int64_t k = 0; k < w->k; k += BLOCK_K) {
        const int64_t end = min_i64(k + BLOCK_K, w->k);
        unpack_job job = {gemm, k, end - k, first, n, weights};
        kov_parallel_upto(context, gemm->width, (end - k + 15) / 16, unpack_task, &job);
        kov_gemm g = block_gemm(gemm, n, end - k);
        g.accumulate = gemm->integer ? k % EXACT != 0 : k != 0;
        KOV_TRY(kov_gemm_run(context, &g, a + k, weights, gemm->integer ? sums : (float *)c + first,
                             workspace));
        if (!gemm->integer || (end < w->k && end % EXACT != 0))
            continue;
        for (int64_t i = 0; i < gemm->m; i++)
            add_sums(sums + i * BLOCK_N, n, end <= EXACT, (int32_t *)c + i * w->n + first);
    }
    return KOV_OK;
}

size_t kov_coded_gemm_workspace_bytes(kov_context *context, const kov_coded_gemm *gemm)
{
    const scratch s = scratch_of(gemm);
    const kov_gemm g = block_gemm(gemm, BLOCK_N, BLOCK_K);
    return (s.a + s.sums + s.weights) * sizeof(float) +
           (gemm->m <= FEW ? 0 : kov_gemm_workspace_bytes(context, &g));
}

kov_status kov_coded_gemm_run(kov_context *context, const kov_coded_gemm *gemm, const void *a,
                              void *c, void *workspace)
{
    const kov_coded *w = &gemm->weights;
    const scratch s = scratch_of(gemm);
    float *wide = workspace, *sums = NULL, *weights = NULL;
    if (wide) { /* few rows of float32 need none */
        sums = wide + s.a;
        weights = sums + s.sums;
    }
    if (!kov_coded_groups_fit(w))
        return kov_fail(KOV_INVALID_ARGUMENT, "CodedMatMul: a group has no row of zero and scale");
    for (int64_t i = 0; gemm->integer && i < gemm->m * w->k; i++)
        wide[i] = ((const int8_t *)a)[i];
    const float *rows = gemm->integer ? wide : a;
    if (gemm->m <= FEW) {
        run_few(context, gemm, rows, c, sums);
        return KOV_OK;
    }
    for (int64_t first = 0; first < w->n; first += BLOCK_N)
        KOV_TRY(run_columns(context, gemm, rows, c, first, sums, weights, weights + s.weights));
    return KOV_OK;
}
