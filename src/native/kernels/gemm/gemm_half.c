/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/gemm_half.h"

#include "base/threads.h"
#include "native/kernels/gemm/gemm_block.h"
#include "native/kernels/gemm/gemm_small.h"
#include "tensor/narrow_float.h"

enum {
    FEW = 8,       /* rows of A that meet B on its way */
    FEW_DOTS = 4,  /* the same where both run along k: as many as kov_gemm_small_run takes */
    MOST_ROWS = 4, /* of B that are float32 at a time, where they run along n */
    PIECE = 4096,  /* elements of B that are float32 at a time */
    MOST_K = 16384 /* so long may such a row be, of which one at least is float32 */
};

typedef struct half_job {
    const kov_gemm *gemm;
    kov_dtype dtype;
    const float *a;
    const uint16_t *b;
    float *c;
    int64_t blocks; /* of columns of C */
} half_job;

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

static bool along_k(const kov_gemm *gemm) { return gemm->b_row == 1 && gemm->k >= 16; }

/* B runs along n: each row is added to those of C. As much of a row is taken at a time as the cache
 * holds: pieces of many rows would cost a walk of the page table each. */
static void rows(const half_job *job, int64_t column0, int64_t column1)
{
    static kov_gemm_row_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_gemm_row);
    const kov_gemm *g = job->gemm;
    _Alignas(64) float wide[PIECE];
    for (int64_t j = column0; j < column1; j += PIECE) {
        const int64_t n = min_i64(column1 - j, PIECE), at_once = min_i64(PIECE / n, MOST_ROWS);
        for (int64_t k = 0; k < g->k; k += at_once) {
            const int64_t count = min_i64(g->k - k, at_once);
            for (int64_t i = 0; i < count; i++)
                kov_narrow_to_f32(job->dtype, job->b + (k + i) * g->b_row + j, wide + i * n, n);
            for (int64_t i = 0; i < g->m; i++)
                table[g->isa](job->a + i * g->a_row + k, 1, wide, n, count, n, k > 0,
                              job->c + i * g->c_row + j);
        }
    }
}

/* B runs along k: each element of C is a dot product. */
static void dots(const half_job *job, int64_t column0, int64_t column1)
{
    static kov_gemm_dots_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_gemm_dots);
    const kov_gemm *g = job->gemm;
    _Alignas(64) float wide[MOST_K];
    const int64_t at_once = g->k < PIECE ? PIECE / g->k : 1;
    for (int64_t j = column0; j < column1; j += at_once) {
        const int64_t count = min_i64(column1 - j, at_once);
        for (int64_t i = 0; i < count; i++)
            kov_narrow_to_f32(job->dtype, job->b + (j + i) * g->b_column, wide + i * g->k, g->k);
        for (int64_t i = 0; i < g->m; i++)
            table[g->isa](job->a + i * g->a_row, wide, g->k, g->k, count, false,
                          job->c + i * g->c_row + j, 1);
    }
}

static void run_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    const half_job *job = arg;
    const int64_t n = job->gemm->n;
    const int64_t first = index * n / job->blocks, end = (index + 1) * n / job->blocks;
    if (along_k(job->gemm))
        dots(job, first, end);
    else
        rows(job, first, end);
}

bool kov_gemm_half_accepts(const kov_gemm *gemm)
{
    const kov_epilogue *e = &gemm->epilogue;
    const bool plain =
        !e->scale && !e->bias && !e->residual && e->activation == KOV_ACTIVATION_NONE;
    bool single = true;
    for (int i = 0; i < KOV_GEMM_BATCH_DIMS; i++)
        single = single && gemm->batch[i] <= 1;
    if (!plain || !single || gemm->accumulate || gemm->a_column != 1 || gemm->m < 1 ||
        gemm->k < 1 || gemm->n < 1)
        return false;
    if (along_k(gemm))
        return gemm->m <= FEW_DOTS && gemm->k <= MOST_K;
    return gemm->b_column == 1 && gemm->m <= FEW && gemm->n >= 64;
}

void kov_gemm_half_run(kov_context *context, const kov_gemm *gemm, kov_dtype dtype, const float *a,
                       const uint16_t *b, float *c)
{
    half_job job = {.gemm = gemm, .dtype = dtype, .a = a, .b = b, .c = c, .blocks = 1};
    const double work = (double)gemm->m * (double)gemm->n * (double)gemm->k;
    /* Memory bound: 4 times as long. Few blocks, so that what is read of a row is long. */
    if (work > KOV_GEMM_SERIAL_WORK / 4)
        job.blocks = min_i64((int64_t)kov_parallel_width(context), (gemm->n + 63) / 64);
    kov_parallel(context, job.blocks, run_task, &job);
}
