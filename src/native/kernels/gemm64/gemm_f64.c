/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm64/gemm_f64.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/gemm/gemm_batch.h"
#include "native/kernels/gemm64/gemm_f64_kernels.h"

enum { BLOCK_ROWS = 64 };

/* Multiply-adds below which one thread is as fast. */
static const double serial_work = 2e5;

typedef struct job {
    const kov_gemm *gemm;
    kov_f64_gemm_panel *multiply;
    const double *a, *b;
    double *c, *panels; /* k x KOV_F64_PANEL for each worker */
    int64_t panel_count, row_blocks;
} job;

/* Columns that B does not have are zeros. */
static void pack(const kov_gemm *g, const double *b, int64_t columns, double *panel)
{
    for (int64_t k = 0; k < g->k; k++, panel += KOV_F64_PANEL) {
        for (int64_t j = 0; j < columns; j++)
            panel[j] = b[k * g->b_row + j * g->b_column];
        for (int64_t j = columns; j < KOV_F64_PANEL; j++)
            panel[j] = 0;
    }
}

/* A panel of B is packed by each block of rows that reads it: the fewer the rows, the fewer. */
static void run_item(void *arg, int64_t index, int worker)
{
    const job *j = arg;
    const kov_gemm *g = j->gemm;
    int64_t block = index % j->row_blocks, panel = index / j->row_blocks % j->panel_count;
    int64_t batch = index / j->row_blocks / j->panel_count, first = panel * KOV_F64_PANEL;
    int64_t row = block * g->m / j->row_blocks, left = g->n - first;
    double *packed = j->panels + (int64_t)worker * g->k * KOV_F64_PANEL;
    const kov_f64_block tile = {
        .rows = (block + 1) * g->m / j->row_blocks - row,
        .columns = left < KOV_F64_PANEL ? left : KOV_F64_PANEL,
        .k = g->k,
        .a = j->a + kov_gemm_batch_offset(g, g->a_batch, batch) + row * g->a_row,
        .a_row = g->a_row,
        .a_column = g->a_column,
        .panel = packed,
        .c = j->c + kov_gemm_batch_offset(g, g->c_batch, batch) + row * g->c_row + first,
        .c_row = g->c_row};
    pack(g, j->b + kov_gemm_batch_offset(g, g->b_batch, batch) + first * g->b_column, tile.columns,
         packed);
    j->multiply(&tile);
}

kov_status kov_gemm_f64_run(kov_context *context, const kov_gemm *gemm, const double *a,
                            const double *b, double *c)
{
    static kov_f64_gemm_panel *const kernels[] = KOV_ISA_TABLE(f64_gemm_panel);
    int64_t batches = kov_gemm_batch_count(gemm);
    if (gemm->m == 0 || gemm->n == 0 || batches == 0)
        return KOV_OK;
    double work = (double)gemm->m * (double)gemm->n * (double)gemm->k * (double)batches;
    int width = work < serial_work ? 1 : kov_parallel_width(context);
    job j = {.gemm = gemm,
             .multiply = kernels[gemm->isa],
             .a = a,
             .b = b,
             .c = c,
             .panel_count = (gemm->n - 1) / KOV_F64_PANEL + 1,
             .row_blocks = 1};
    size_t bytes;
    if (width > 1 && j.panel_count * batches < 4 * (int64_t)width)
        j.row_blocks = (gemm->m - 1) / BLOCK_ROWS + 1;
    if (!kov_size_mul((size_t)gemm->k * KOV_F64_PANEL * sizeof(double), (size_t)width, &bytes))
        return kov_fail(KOV_OUT_OF_MEMORY, "matrix product: too large");
    j.panels = kov_alloc(context, bytes);
    if (!j.panels)
        return KOV_OUT_OF_MEMORY;
    kov_parallel_upto(context, width, batches * j.panel_count * j.row_blocks, run_item, &j);
    kov_free(context, j.panels);
    return KOV_OK;
}
