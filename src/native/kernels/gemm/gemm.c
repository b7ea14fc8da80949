/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/gemm.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/gemm/gemm_batch.h"
#include "native/kernels/gemm/gemm_block.h"
#include "native/kernels/gemm/gemm_pack.h"
#include "native/kernels/gemm/gemm_small.h"

#include <string.h>

/* A product as it is run: blocking, and where the operands are. */
typedef struct gemm_job {
    const kov_gemm *gemm;
    const kov_gemm_kernels *kernels;
    const float *a, *b;
    float *c;
    const float *packed; /* all packed B's, or NULL where B is read in place */
    float *packing;      /* the same, while they are being packed */
    float *a_scratch;    /* a_scratch_floats for each worker */
    int64_t a_scratch_floats;
    int64_t packed_floats; /* of one B */
    int64_t panels, row_blocks, panel_blocks, block_rows, block_k;
    int64_t batches, b_count; /* products; different B's */
} gemm_job;

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

/* Which of the different B's a product uses: broadcast dimensions do not count. */
static int64_t b_index(const kov_gemm *gemm, int64_t index)
{
    int64_t result = 0, step = 1;
    for (int d = KOV_GEMM_BATCH_DIMS - 1; d >= 0; d--) {
        int64_t size = gemm->batch[d];
        if (gemm->b_batch[d] != 0) {
            result += index % size * step;
            step *= size;
        }
        index /= size;
    }
    return result;
}

static int64_t b_batch_offset(const kov_gemm *gemm, int64_t b_number)
{
    int64_t offset = 0;
    for (int d = KOV_GEMM_BATCH_DIMS - 1; d >= 0; d--) {
        if (gemm->b_batch[d] == 0)
            continue;
        offset += b_number % gemm->batch[d] * gemm->b_batch[d];
        b_number /= gemm->batch[d];
    }
    return offset;
}

/* Packing B writes and reads it once more than the product does; that pays when rows of tiles share
 * it. */
static bool reads_b_in_place(const kov_gemm *gemm, const kov_gemm_kernels *kernels)
{
    return !gemm->b_packed && gemm->b_column == 1 && gemm->m <= kernels->rows;
}

/* A wide product in whose A a row is not contiguous is copied block by block. */
static bool copies_a(const kov_gemm *gemm) { return gemm->a_column != 1 && gemm->k > 1; }

/* Blocks: A's share of the second-level cache, next to a panel of B. Where these are too few for
 * the workers, a B that the cache holds is better read by several blocks of rows, and a larger one
 * by several ranges of panels. Nothing of this moves a bit of the result. */
static void plan_blocks(gemm_job *job, int width)
{
    const kov_gemm *g = job->gemm;
    job->panels = kov_gemm_panel_count(job->kernels, g->n);
    /* Partial sums in C would overwrite a residual that is C itself. */
    int64_t longest = g->epilogue.residual && !g->epilogue.residual_after ? g->k : KOV_GEMM_LONGEST;
    kov_gemm_block_shape shape = kov_gemm_block_shape_for(job->kernels, g->m, g->k, longest);
    job->block_rows = shape.rows;
    job->block_k = shape.k;
    job->row_blocks = ceil_div(g->m, job->block_rows);
    job->panel_blocks = 1;
    if (width == 1)
        return;
    int64_t wanted = KOV_GEMM_ITEMS * (int64_t)width;
    int64_t tiles = ceil_div(g->m, job->kernels->rows), l2 = (int64_t)kov_cpu_cache_sizes()->l2;
    bool small = job->packed_floats * (int64_t)sizeof(float) < l2 / 3;
    if (small && job->batches * job->row_blocks < wanted)
        job->row_blocks = min_i64(tiles, ceil_div(wanted, job->batches));
    if (job->batches * job->row_blocks < wanted)
        job->panel_blocks = min_i64(job->panels, ceil_div(wanted, job->batches * job->row_blocks));
    if (job->batches * job->row_blocks * job->panel_blocks < wanted)
        job->row_blocks = min_i64(tiles, ceil_div(wanted, job->batches * job->panel_blocks));
}

static void job_init(gemm_job *job, const kov_gemm *gemm, int width)
{
    memset(job, 0, sizeof *job);
    job->gemm = gemm;
    job->kernels = kov_gemm_kernels_for(gemm->isa);
    job->batches = kov_gemm_batch_count(gemm);
    job->b_count = 1;
    for (int d = 0; d < KOV_GEMM_BATCH_DIMS; d++)
        if (gemm->b_batch[d] != 0)
            job->b_count *= gemm->batch[d];
    job->packed_floats = kov_gemm_packed_floats(job->kernels, gemm->k, gemm->n);
    if (gemm->m > 0 && gemm->n > 0)
        plan_blocks(job, width);
    if (copies_a(gemm))
        job->a_scratch_floats = job->block_rows * kov_gemm_copy_row(job->block_k);
}

/* Only the last, partial panel needs packing where B is read in place: whole vectors are read. */
static int64_t packed_panels_from(const gemm_job *job)
{
    if (!reads_b_in_place(job->gemm, job->kernels))
        return 0;
    return job->gemm->n % job->kernels->lanes == 0 ? job->panels : job->panels - 1;
}

static void pack_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    gemm_job *job = arg;
    const kov_gemm *g = job->gemm;
    int64_t first = packed_panels_from(job), count = job->panels - first;
    int64_t number = index / count, panel = first + index % count;
    kov_gemm_pack_panel(job->kernels, g->k, g->n, panel, 0, g->k,
                        job->b + b_batch_offset(g, number), g->b_row, g->b_column,
                        job->packing + number * job->packed_floats);
}

/* The block of B that starts at row k0 of a panel. */
static void set_b(const gemm_job *job, int64_t batch, int64_t panel, int64_t k0,
                  kov_gemm_block *block)
{
    const kov_gemm *g = job->gemm;
    int64_t first = panel * job->kernels->panel;
    int64_t columns = min_i64(g->n - first, job->kernels->panel);
    if (panel < packed_panels_from(job)) {
        block->b = job->b + kov_gemm_batch_offset(g, g->b_batch, batch) + first + k0 * g->b_row;
        block->b_row = g->b_row;
    } else {
        int64_t width = kov_gemm_panel_width(job->kernels, columns);
        block->b = job->packed + b_index(g, batch) * job->packed_floats + first * g->k + k0 * width;
        block->b_row = width;
    }
    block->columns = columns;
}

static void run_task(void *arg, int64_t index, int worker)
{
    const gemm_job *job = arg;
    const kov_gemm *g = job->gemm;
    int64_t row_block = index % job->row_blocks;
    int64_t panel_block = index / job->row_blocks % job->panel_blocks;
    int64_t batch = index / job->row_blocks / job->panel_blocks;
    int64_t row0 = row_block * g->m / job->row_blocks;
    int64_t row1 = (row_block + 1) * g->m / job->row_blocks;
    int64_t panel0 = panel_block * job->panels / job->panel_blocks;
    int64_t panel1 = (panel_block + 1) * job->panels / job->panel_blocks;
    const float *a = job->a + kov_gemm_batch_offset(g, g->a_batch, batch) + row0 * g->a_row;
    int64_t c_offset = kov_gemm_batch_offset(g, g->c_batch, batch);
    int64_t residual_row = g->epilogue.residual_row ? g->epilogue.residual_row : g->c_row;
    const float *residual =
        g->epilogue.residual ? g->epilogue.residual + c_offset + row0 * residual_row : NULL;
    float *c = job->c + c_offset + row0 * g->c_row;
    kov_gemm_block block = {.kernels = job->kernels, .rows = row1 - row0, .c_row = g->c_row};
    int64_t k0 = 0;
    do { /* once even for k = 0: the epilogue of 0 */
        block.k = min_i64(g->k - k0, job->block_k);
        block.a = a + k0 * g->a_column;
        block.a_row = g->a_row;
        if (job->a_scratch_floats > 0) {
            float *scratch = job->a_scratch + worker * job->a_scratch_floats;
            block.a_row = kov_gemm_copy_row(block.k);
            kov_gemm_copy_block(block.rows, block.k, block.a, g->a_row, g->a_column, scratch,
                                block.a_row);
            block.a = scratch;
        }
        block.load = g->accumulate || k0 > 0;
        block.finish = k0 + block.k == g->k;
        for (int64_t panel = panel0; panel < panel1; panel++) {
            int64_t first = panel * job->kernels->panel;
            set_b(job, batch, panel, k0, &block);
            block.c = c + first;
            kov_gemm_block_set_epilogue(&block, &g->epilogue, first,
                                        residual ? residual + first : NULL, residual_row);
            kov_gemm_block_run(&block);
        }
        k0 += block.k;
    } while (k0 < g->k);
    if (!kov_epilogue_is_simple(&g->epilogue)) {
        int64_t first = panel0 * job->kernels->panel;
        int64_t columns = min_i64(g->n, panel1 * job->kernels->panel) - first;
        kov_epilogue_finish(g->isa, &g->epilogue, row1 - row0, columns, c + first, g->c_row,
                            residual ? residual + first : NULL, residual_row);
    }
}

/* Workers of a product: one where it is too small to share. */
static int width_of(const kov_context *context, const kov_gemm *g)
{
    double work = (double)g->m * (double)g->n * (double)g->k * (double)kov_gemm_batch_count(g);
    if (work < KOV_GEMM_SERIAL_WORK)
        return 1;
    return g->width > 0 ? g->width : kov_parallel_width(context);
}

static int64_t round_to_line(int64_t floats) { return (floats + 15) / 16 * 16; }

void kov_gemm_init(kov_gemm *gemm, int64_t m, int64_t n, int64_t k)
{
    *gemm = (kov_gemm){.m = m,
                       .n = n,
                       .k = k,
                       .a_row = k,
                       .a_column = 1,
                       .b_row = n,
                       .b_column = 1,
                       .c_row = n,
                       .isa = kov_cpu_isa()};
    for (int d = 0; d < KOV_GEMM_BATCH_DIMS; d++)
        gemm->batch[d] = 1;
}

size_t kov_gemm_packed_bytes(const kov_gemm *gemm)
{
    return (size_t)kov_gemm_packed_floats(kov_gemm_kernels_for(gemm->isa), gemm->k, gemm->n) *
           sizeof(float);
}

void kov_gemm_pack(kov_context *context, const kov_gemm *gemm, const float *b, float *packed)
{
    kov_gemm one = *gemm;
    memset(one.b_batch, 0, sizeof one.b_batch);
    one.m = INT64_MAX / 4; /* more than any B is read in place for */
    one.b_packed = false;
    gemm_job job = {.gemm = &one,
                    .kernels = kov_gemm_kernels_for(gemm->isa),
                    .b = b,
                    .packing = packed,
                    .b_count = 1};
    job.panels = kov_gemm_panel_count(job.kernels, gemm->n);
    kov_parallel(context, job.panels, pack_task, &job);
}

size_t kov_gemm_workspace_bytes(kov_context *context, const kov_gemm *gemm)
{
    if (kov_gemm_small_accepts(gemm))
        return 0;
    int width = width_of(context, gemm);
    gemm_job job;
    job_init(&job, gemm, width);
    int64_t floats = round_to_line(job.a_scratch_floats) * width;
    if (!gemm->b_packed)
        floats += round_to_line(job.packed_floats) * job.b_count;
    /* Never none: where k is 0 the job's buffers are empty, but still places in the workspace. */
    return (size_t)round_to_line(floats > 0 ? floats : 1) * sizeof(float);
}

kov_status kov_gemm_run(kov_context *context, const kov_gemm *gemm, const float *a, const float *b,
                        float *c, void *workspace)
{
    if (gemm->m < 0 || gemm->n < 0 || gemm->k < 0 || (gemm->m > 1 && gemm->c_row < gemm->n))
        return kov_fail(KOV_INVALID_ARGUMENT, "gemm: m %lld, n %lld, k %lld, row of C %lld",
                        (long long)gemm->m, (long long)gemm->n, (long long)gemm->k,
                        (long long)gemm->c_row);
    for (int d = 0; d < KOV_GEMM_BATCH_DIMS; d++)
        if (gemm->batch[d] < 0)
            return kov_fail(KOV_INVALID_ARGUMENT, "gemm: batch %lld", (long long)gemm->batch[d]);
    if (gemm->m == 0 || gemm->n == 0 || kov_gemm_batch_count(gemm) == 0)
        return KOV_OK;
    if (kov_gemm_small_accepts(gemm)) {
        kov_gemm_small_run(context, gemm, a, b, c);
        return KOV_OK;
    }
    int width = width_of(context, gemm);
    gemm_job job;
    job_init(&job, gemm, width);
    job.a = a;
    job.b = b;
    job.c = c;
    job.packed = b;
    job.a_scratch = workspace;
    job.a_scratch_floats = round_to_line(job.a_scratch_floats);
    if (!gemm->b_packed) {
        job.packing = job.a_scratch + job.a_scratch_floats * width;
        job.packed_floats = round_to_line(job.packed_floats);
        job.packed = job.packing;
        kov_parallel_upto(context, width, (job.panels - packed_panels_from(&job)) * job.b_count,
                          pack_task, &job);
    }
    kov_parallel_upto(context, width, job.batches * job.row_blocks * job.panel_blocks, run_task,
                      &job);
    return KOV_OK;
}
