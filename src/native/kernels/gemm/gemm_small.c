/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/gemm_small.h"

#include "base/threads.h"
#include "native/kernels/gemm/gemm_batch.h"
#include "native/kernels/gemm/gemm_block.h"

#define FEW 4 /* rows or columns that are taken by dot products */
#define COLUMNS_AT_ONCE                                                                            \
    64 /* of B, or rows of A, that stay in the cache for the other operand's few */

/* An item is a range of columns of one product, or of rows where there are more of them. */
typedef struct small_job {
    const kov_gemm *gemm;
    const float *a, *b;
    float *c;
    bool by_dots, by_rows; /* by_rows: items are ranges of rows */
    int64_t blocks;        /* of one product */
} small_job;

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

/* Both operands run along k, and one has few vectors. */
static bool takes_dots(const kov_gemm *gemm)
{
    bool along_k = gemm->a_column == 1 && gemm->b_row == 1;
    return along_k && gemm->k >= 16 && (gemm->m <= FEW || gemm->n <= FEW);
}

/* B is read once or twice, line by line, as it lies in memory. */
static bool takes_rows(const kov_gemm *gemm)
{
    return gemm->b_column == 1 && gemm->m <= 2 && gemm->n >= 64;
}

/* What the tile kernel's store would have done, by tiles with nothing to sum. */
static void finish(const kov_gemm *gemm, int64_t row0, int64_t row1, int64_t column0,
                   int64_t column1, int64_t c_offset, float *c)
{
    const kov_epilogue *epilogue = &gemm->epilogue;
    const kov_gemm_kernels *kernels = kov_gemm_kernels_for(gemm->isa);
    int64_t residual_row = epilogue->residual_row ? epilogue->residual_row : gemm->c_row;
    kov_gemm_block block = {.kernels = kernels,
                            .rows = row1 - row0,
                            .a_row = 1,
                            .c_row = gemm->c_row,
                            .load = true,
                            .finish = true};
    const float *residual = epilogue->residual;
    if (residual)
        residual += c_offset + row0 * residual_row;
    c += c_offset + row0 * gemm->c_row;
    for (int64_t j = column0; j < column1; j += kernels->panel) {
        block.columns = min_i64(column1 - j, kernels->panel);
        block.c = c + j;
        kov_gemm_block_set_epilogue(&block, epilogue, j, residual ? residual + j : NULL,
                                    residual_row);
        kov_gemm_block_run(&block);
    }
    if (!kov_epilogue_is_simple(epilogue))
        kov_epilogue_finish(gemm->isa, epilogue, row1 - row0, column1 - column0, c + column0,
                            gemm->c_row, residual ? residual + column0 : NULL, residual_row);
}

static void dots(const small_job *job, const float *a, const float *b, float *c, int64_t row0,
                 int64_t row1, int64_t column0, int64_t column1)
{
    static kov_gemm_dots_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_gemm_dots);
    const kov_gemm *g = job->gemm;
    kov_gemm_dots_fn *run = table[g->isa];
    if (job->by_rows) { /* few columns: each against many rows of A */
        for (int64_t i = row0; i < row1; i += COLUMNS_AT_ONCE)
            for (int64_t j = column0; j < column1; j++)
                run(b + j * g->b_column, a + i * g->a_row, g->a_row, g->k,
                    min_i64(row1 - i, COLUMNS_AT_ONCE), g->accumulate, c + i * g->c_row + j,
                    g->c_row);
    } else {
        for (int64_t j = column0; j < column1; j += COLUMNS_AT_ONCE)
            for (int64_t i = row0; i < row1; i++)
                run(a + i * g->a_row, b + j * g->b_column, g->b_column, g->k,
                    min_i64(column1 - j, COLUMNS_AT_ONCE), g->accumulate, c + i * g->c_row + j, 1);
    }
}

static void rows(const small_job *job, const float *a, const float *b, float *c, int64_t column0,
                 int64_t column1)
{
    static kov_gemm_row_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_gemm_row);
    const kov_gemm *g = job->gemm;
    for (int64_t i = 0; i < g->m; i++)
        table[g->isa](a + i * g->a_row, g->a_column, b + column0, g->b_row, g->k, column1 - column0,
                      g->accumulate, c + i * g->c_row + column0);
}

static void run_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    const small_job *job = arg;
    const kov_gemm *g = job->gemm;
    int64_t batch = index / job->blocks, block = index % job->blocks;
    int64_t many = job->by_rows ? g->m : g->n;
    int64_t first = block * many / job->blocks, end = (block + 1) * many / job->blocks;
    int64_t row0 = job->by_rows ? first : 0, row1 = job->by_rows ? end : g->m;
    int64_t column0 = job->by_rows ? 0 : first, column1 = job->by_rows ? g->n : end;
    const float *a = job->a + kov_gemm_batch_offset(g, g->a_batch, batch);
    const float *b = job->b + kov_gemm_batch_offset(g, g->b_batch, batch);
    int64_t c_offset = kov_gemm_batch_offset(g, g->c_batch, batch);
    if (job->by_dots)
        dots(job, a, b, job->c + c_offset, row0, row1, column0, column1);
    else
        rows(job, a, b, job->c + c_offset, column0, column1);
    const kov_epilogue *e = &g->epilogue;
    if (e->scale || e->bias || e->residual || e->activation != KOV_ACTIVATION_NONE)
        finish(g, row0, row1, column0, column1, c_offset, job->c);
}

bool kov_gemm_small_accepts(const kov_gemm *gemm)
{
    /* Partial sums would overwrite a residual that is C itself. */
    bool residual = gemm->epilogue.residual && !gemm->epilogue.residual_after;
    return !gemm->b_packed && !residual && gemm->k > 0 && (takes_dots(gemm) || takes_rows(gemm));
}

void kov_gemm_small_run(kov_context *context, const kov_gemm *gemm, const float *a, const float *b,
                        float *c)
{
    small_job job = {
        .gemm = gemm, .a = a, .b = b, .c = c, .by_dots = takes_dots(gemm), .blocks = 1};
    job.by_rows = job.by_dots && gemm->m > gemm->n;
    int64_t batches = kov_gemm_batch_count(gemm), many = job.by_rows ? gemm->m : gemm->n;
    int64_t wanted = 4 * (int64_t)kov_parallel_width(context);
    double work = (double)batches * (double)gemm->m * (double)gemm->n * (double)gemm->k;
    if (work > KOV_GEMM_SERIAL_WORK / 4 && batches < wanted) /* memory bound: 4 times as long */
        job.blocks = min_i64((wanted - 1) / batches + 1, (many + 63) / 64);
    kov_parallel(context, batches * job.blocks, run_task, &job);
}
