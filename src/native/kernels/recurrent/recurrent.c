/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/recurrent/recurrent.h"

#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/gemm/gemm_block.h"
#include "native/kernels/recurrent/recurrent_cell.h"

#include <string.h>

typedef struct recurrent_job {
    const kov_recurrent *recurrent;
    const kov_recurrent_data *data;
    kov_context *context;
    kov_lstm_cell *lstm;
    kov_gru_cell *gru;
    kov_gru_reset *reset;
    int64_t row_blocks; /* ranges of the batch, which are worked on at the same time */
    float *projected;   /* [directions, batch, steps, gates * units] */
    float *gates;       /* [directions, batch, gates * units]: of a step */
    float *state, *cell, *reset_state, *candidate; /* [directions, batch, units] each */
    kov_status *status;                            /* per item */
} recurrent_job;

int kov_recurrent_gates(const kov_recurrent *recurrent)
{
    return recurrent->kind == KOV_RECURRENT_LSTM ? 4 : 3;
}

int kov_recurrent_bias_units(const kov_recurrent *recurrent)
{
    return recurrent->kind == KOV_RECURRENT_LSTM || !recurrent->reset_before ? 4 : 3;
}

void kov_recurrent_product(const kov_recurrent *r, kov_recurrent_matrix matrix, kov_gemm *gemm,
                           int64_t *offset)
{
    int64_t gates = kov_recurrent_gates(r), columns = r->units;
    *offset = 0;
    switch (matrix) {
    case KOV_RECURRENT_WEIGHTS:
        kov_gemm_init(gemm, r->batch * r->steps, gates * r->units, r->inputs);
        columns = r->inputs;
        break;
    case KOV_RECURRENT_RECURRENCE:
        kov_gemm_init(gemm, r->batch, (gates - (r->reset_before ? 1 : 0)) * r->units, r->units);
        break;
    default:
        kov_gemm_init(gemm, r->batch, r->units, r->units);
        *offset = (gates - 1) * r->units * r->units;
        break;
    }
    gemm->b_row = 1;
    gemm->b_column = columns;
    gemm->b_packed = true;
    gemm->isa = r->isa;
}

static kov_status multiply(const recurrent_job *job, kov_recurrent_matrix matrix, int64_t rows,
                           const float *a, const float *packed, const float *bias, int64_t c_row,
                           float *c)
{
    kov_gemm gemm;
    int64_t unused;
    kov_recurrent_product(job->recurrent, matrix, &gemm, &unused);
    gemm.m = rows;
    gemm.c_row = c_row;
    gemm.epilogue.bias = bias;
    return kov_gemm_run(job->context, &gemm, a, packed, c, NULL);
}

/* The cell's part of a step, for one row of the batch. */
static void run_cell(const recurrent_job *job, int direction, int64_t row, int64_t step)
{
    const kov_recurrent *r = job->recurrent;
    int64_t at = direction * r->batch + row, wide = kov_recurrent_gates(r) * r->units;
    const float *h = job->gates + at * wide;
    float *state = job->state + at * r->units, *cell = job->cell + at * r->units;
    int64_t length = job->data->lengths[row];
    float *y = job->data->y + (row * r->directions + direction) * r->steps * r->units;
    if (step >= length) {
        memset(y + step * r->units, 0, (size_t)r->units * sizeof *y);
        return;
    }
    int64_t time = r->reverse[direction] ? length - 1 - step : step;
    const float *x = job->projected + (at * r->steps + time) * wide;
    y += time * r->units;
    size_t n = (size_t)r->units;
    if (r->kind == KOV_RECURRENT_LSTM)
        job->lstm(x, h, cell, state, y, n);
    else if (r->reset_before)
        job->gru(x, h, job->candidate + at * r->units, NULL, state, y, n);
    else
        job->gru(x, h, h + 2 * n, job->data->bias + (direction * 4 + 3) * r->units, state, y, n);
}

static kov_status run_step(const recurrent_job *job, int direction, int64_t row0, int64_t row1,
                           int64_t step)
{
    const kov_recurrent *r = job->recurrent;
    int64_t at = direction * r->batch + row0, wide = kov_recurrent_gates(r) * r->units;
    KOV_TRY(multiply(job, KOV_RECURRENT_RECURRENCE, row1 - row0, job->state + at * r->units,
                     job->data->recurrence[direction], NULL, wide, job->gates + at * wide));
    if (r->reset_before) {
        for (int64_t row = row0; row < row1; row++) {
            int64_t i = direction * r->batch + row, length = job->data->lengths[row];
            int64_t time = r->reverse[direction] ? length - 1 - step : step;
            if (step < length)
                job->reset(job->projected + (i * r->steps + time) * wide, job->gates + i * wide,
                           job->state + i * r->units, job->reset_state + i * r->units,
                           (size_t)r->units);
        }
        KOV_TRY(multiply(job, KOV_RECURRENT_CANDIDATE, row1 - row0,
                         job->reset_state + at * r->units, job->data->candidate[direction], NULL,
                         r->units, job->candidate + at * r->units));
    }
    for (int64_t row = row0; row < row1; row++)
        run_cell(job, direction, row, step);
    return KOV_OK;
}

/* Some rows of one direction, all steps. */
static void run_item(void *arg, int64_t index, int worker)
{
    (void)worker;
    const recurrent_job *job = arg;
    const kov_recurrent *r = job->recurrent;
    int direction = (int)(index / job->row_blocks);
    int64_t block = index % job->row_blocks, longest = 0;
    int64_t row0 = block * r->batch / job->row_blocks;
    int64_t row1 = (block + 1) * r->batch / job->row_blocks;
    kov_status status = KOV_OK;
    for (int64_t row = row0; row < row1; row++)
        longest = job->data->lengths[row] > longest ? job->data->lengths[row] : longest;
    for (int64_t step = 0; step < longest && status == KOV_OK; step++)
        status = run_step(job, direction, row0, row1, step);
    for (int64_t row = row0; row < row1; row++) { /* what no step has written */
        float *y = job->data->y + (row * r->directions + direction) * r->steps * r->units;
        memset(y + longest * r->units, 0, (size_t)((r->steps - longest) * r->units) * sizeof *y);
    }
    job->status[index] = status;
}

/* [batch, directions, units] to or from [directions, batch, units]. */
static void swap_directions(const kov_recurrent *r, const float *from, float *to, bool back)
{
    size_t bytes = (size_t)r->units * sizeof *to;
    for (int64_t row = 0; row < r->batch; row++) {
        for (int d = 0; d < r->directions; d++) {
            int64_t outer = (row * r->directions + d) * r->units;
            int64_t inner = (d * r->batch + row) * r->units;
            memcpy(to + (back ? outer : inner), from + (back ? inner : outer), bytes);
        }
    }
}

static int64_t round_to_line(int64_t floats) { return (floats + 15) / 16 * 16; }

/* The parts of the workspace; returns their size in floats. */
static int64_t set_workspace(recurrent_job *job, float *memory)
{
    const kov_recurrent *r = job->recurrent;
    int64_t rows = r->directions * r->batch, wide = kov_recurrent_gates(r) * r->units;
    float **parts[] = {&job->projected, &job->gates,       &job->state,
                       &job->cell,      &job->reset_state, &job->candidate};
    const int64_t sizes[] = {rows * r->steps * wide, rows * wide,     rows * r->units,
                             rows * r->units,        rows * r->units, rows * r->units};
    int64_t at = 0;
    for (int i = 0; i < 6; i++) {
        if (memory)
            *parts[i] = memory + at;
        at += round_to_line(sizes[i]);
    }
    job->status = memory ? (kov_status *)(void *)(memory + at) : NULL;
    return at + round_to_line(rows * (int64_t)(sizeof(kov_status) / sizeof(float) + 1));
}

size_t kov_recurrent_workspace_bytes(const kov_recurrent *recurrent)
{
    recurrent_job job = {.recurrent = recurrent};
    return (size_t)set_workspace(&job, NULL) * sizeof(float);
}

kov_status kov_recurrent_run(kov_context *context, const kov_recurrent *recurrent,
                             const kov_recurrent_data *data, void *workspace)
{
    static kov_lstm_cell *const lstm[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_lstm_cell);
    static kov_gru_cell *const gru[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_gru_cell);
    static kov_gru_reset *const reset[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_gru_reset);
    const kov_recurrent *r = recurrent;
    recurrent_job job = {.recurrent = r,
                         .data = data,
                         .context = context,
                         .lstm = lstm[r->isa],
                         .gru = gru[r->isa],
                         .reset = reset[r->isa],
                         .row_blocks = 1};
    set_workspace(&job, workspace);
    int64_t wide = kov_recurrent_gates(r) * r->units, rows = r->batch * r->steps;
    for (int d = 0; d < r->directions; d++)
        KOV_TRY(multiply(&job, KOV_RECURRENT_WEIGHTS, rows, data->x, data->weights[d],
                         data->bias + d * kov_recurrent_bias_units(r) * r->units, wide,
                         job.projected + d * rows * wide));
    swap_directions(r, data->state, job.state, false);
    if (r->kind == KOV_RECURRENT_LSTM)
        swap_directions(r, data->cell, job.cell, false);
    memset(job.reset_state, 0, (size_t)(r->directions * r->batch * r->units) * sizeof(float));
    int64_t width = kov_parallel_width(context);
    double work = (double)rows * (double)wide * (double)r->units;
    if (work > KOV_GEMM_SERIAL_WORK)
        job.row_blocks = r->batch < width ? r->batch : width;
    kov_parallel(context, r->directions * job.row_blocks, run_item, &job);
    for (int64_t i = 0; i < r->directions * job.row_blocks; i++)
        KOV_TRY(job.status[i]);
    swap_directions(r, job.state, data->state_out, true);
    if (r->kind == KOV_RECURRENT_LSTM)
        swap_directions(r, job.cell, data->cell_out, true);
    return KOV_OK;
}
