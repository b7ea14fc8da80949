/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/conv/winograd.h"

#include "base/threads.h"
#include "native/kernels/conv/winograd_transform.h"
#include "native/kernels/gemm/gemm_block.h"
#include "native/kernels/gemm/gemm_pack.h"

#include <string.h>

enum { OUT = KOV_WINOGRAD_OUT, IN = KOV_WINOGRAD_IN, VALUES = KOV_WINOGRAD_VALUES };

#define BATCH_BYTES (3 << 20) /* of transformed inputs that are made before they are used */

/* Tiles are taken some thousand at a time (a pass): transformed by all workers, then multiplied and
 * transformed back by all workers, a block of tiles and a range of panels to each item. */
typedef struct winograd_job {
    const kov_conv *conv;
    const kov_epilogue *epilogue;
    const kov_gemm_kernels *kernels;
    const float *input, *packed;
    float *output;
    float *values, *results; /* transformed inputs of a pass; a block's products, for each worker */
    int64_t input_pixel, output_pixel;
    int64_t tile_rows, tile_columns, tiles;
    int64_t pass_tiles, pass_first, pass_count;
    int64_t block_tiles, value_step, result_step, matrix_floats;
    int64_t panels, panel_blocks;
    float low, high;
} winograd_job;

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t max_i64(int64_t a, int64_t b) { return a > b ? a : b; }

/* An odd number of cache lines, so that the 36 streams fall into different cache sets. */
static int64_t spread(int64_t floats) { return (ceil_div(floats, 16) | 1) * 16; }

static void job_init(winograd_job *job, const kov_conv *conv, int64_t batch, int width)
{
    memset(job, 0, sizeof *job);
    job->conv = conv;
    job->kernels = kov_gemm_kernels_for(conv->isa);
    job->input_pixel = conv->input_pixel ? conv->input_pixel : conv->channels_in;
    job->output_pixel = conv->output_pixel ? conv->output_pixel : conv->channels_out;
    job->tile_rows = ceil_div(conv->output[0], OUT);
    job->tile_columns = ceil_div(conv->output[1], OUT);
    job->tiles = batch * job->tile_rows * job->tile_columns;
    int64_t tile_bytes = VALUES * max_i64(conv->channels_in, 1) * (int64_t)sizeof(float);
    int64_t share = (int64_t)kov_cpu_cache_sizes()->l2 * 3 / 5, rows = job->kernels->rows;
    job->block_tiles = max_i64(rows, share / tile_bytes);
    job->pass_tiles = min_i64(job->tiles, max_i64(job->block_tiles, BATCH_BYTES / tile_bytes));
    job->block_tiles = min_i64(job->block_tiles, 4 * rows);
    int64_t blocks = ceil_div(job->pass_tiles, job->block_tiles);
    job->block_tiles = ceil_div(job->pass_tiles, blocks);
    job->value_step = spread(job->pass_tiles * conv->channels_in);
    job->result_step = spread(job->block_tiles * job->kernels->panel);
    job->matrix_floats =
        kov_gemm_packed_floats(job->kernels, conv->channels_in, conv->channels_out);
    job->panels = kov_gemm_panel_count(job->kernels, conv->channels_out);
    int64_t wanted = width > 1 ? KOV_GEMM_ITEMS * (int64_t)width : 1;
    job->panel_blocks = min_i64(job->panels, max_i64(1, ceil_div(wanted, blocks)));
}

/* First output line and column of a tile, and its image. */
static void locate(const winograd_job *job, int64_t tile, int64_t *image, int64_t *y, int64_t *x)
{
    *x = tile % job->tile_columns * OUT;
    tile /= job->tile_columns;
    *y = tile % job->tile_rows * OUT;
    *image = tile / job->tile_rows;
}

static void input_task(void *arg, int64_t index, int worker)
{
    static kov_winograd_input_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_winograd_input);
    (void)worker;
    const winograd_job *job = arg;
    const kov_conv *conv = job->conv;
    int64_t end = min_i64((index + 1) * job->kernels->rows, job->pass_count);
    for (int64_t i = index * job->kernels->rows; i < end; i++) {
        int64_t image, y, x;
        locate(job, job->pass_first + i, &image, &y, &x);
        y -= conv->pad_before[0];
        x -= conv->pad_before[1];
        kov_winograd_input tile = {.image = job->input + image * conv->input[0] * conv->input[1] *
                                                             job->input_pixel,
                                   .offset = (y * conv->input[1] + x) * job->input_pixel,
                                   .row = conv->input[1] * job->input_pixel,
                                   .pixel = job->input_pixel,
                                   .row0 = (int)min_i64(max_i64(-y, 0), IN),
                                   .row1 = (int)max_i64(min_i64(conv->input[0] - y, IN), 0),
                                   .column0 = (int)min_i64(max_i64(-x, 0), IN),
                                   .column1 = (int)max_i64(min_i64(conv->input[1] - x, IN), 0),
                                   .channels = conv->channels_in,
                                   .values = job->values + i * conv->channels_in,
                                   .value_step = job->value_step};
        table[conv->isa](&tile);
    }
}

/* The 36 products of a block of tiles with one panel of the weights. */
static void multiply(const winograd_job *job, int64_t first, int64_t count, int64_t panel,
                     int64_t columns, float *results)
{
    int64_t channels = job->conv->channels_in, width = kov_gemm_panel_width(job->kernels, columns);
    kov_gemm_block block = {.kernels = job->kernels,
                            .rows = count,
                            .k = channels,
                            .columns = width,
                            .a_row = channels,
                            .b_row = width,
                            .c_row = width};
    for (int64_t v = 0; v < VALUES; v++) {
        block.a = job->values + v * job->value_step + first * channels;
        block.b = job->packed + v * job->matrix_floats + panel * job->kernels->panel * channels;
        block.c = results + v * job->result_step;
        kov_gemm_block_run(&block);
    }
}

static void store(const winograd_job *job, int64_t first, int64_t count, int64_t channel,
                  int64_t columns, const float *results)
{
    static kov_winograd_output_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_winograd_output);
    const kov_conv *conv = job->conv;
    const kov_epilogue *epilogue = job->epilogue;
    int64_t width = kov_gemm_panel_width(job->kernels, columns);
    int64_t residual_pixel = epilogue->residual_row ? epilogue->residual_row : job->output_pixel;
    kov_winograd_output tile = {.value_step = job->result_step,
                                .channels = columns,
                                .row = conv->output[1] * job->output_pixel,
                                .pixel = job->output_pixel,
                                .scale = epilogue->scale ? epilogue->scale + channel : NULL,
                                .bias = epilogue->bias ? epilogue->bias + channel : NULL,
                                .residual_line = conv->output[1] * residual_pixel,
                                .residual_pixel = residual_pixel,
                                .low = job->low,
                                .high = job->high};
    for (int64_t i = 0; i < count; i++) {
        int64_t image, y, x;
        locate(job, job->pass_first + first + i, &image, &y, &x);
        int64_t pixel = (image * conv->output[0] + y) * conv->output[1] + x;
        tile.values = results + i * width;
        tile.output = job->output + pixel * job->output_pixel + channel;
        if (epilogue->residual && !epilogue->residual_after)
            tile.residual = epilogue->residual + pixel * residual_pixel + channel;
        tile.rows = (int)min_i64(OUT, conv->output[0] - y);
        tile.columns = (int)min_i64(OUT, conv->output[1] - x);
        table[conv->isa](&tile);
    }
}

static void multiply_task(void *arg, int64_t index, int worker)
{
    const winograd_job *job = arg;
    int64_t panel_block = index % job->panel_blocks, block = index / job->panel_blocks;
    int64_t first = block * job->block_tiles;
    int64_t count = min_i64(job->block_tiles, job->pass_count - first);
    float *results = job->results + worker * VALUES * job->result_step;
    int64_t end = (panel_block + 1) * job->panels / job->panel_blocks;
    for (int64_t panel = panel_block * job->panels / job->panel_blocks; panel < end; panel++) {
        int64_t channel = panel * job->kernels->panel;
        int64_t columns = min_i64(job->kernels->panel, job->conv->channels_out - channel);
        multiply(job, first, count, panel, columns, results);
        store(job, first, count, channel, columns, results);
    }
}

static void finish_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    const winograd_job *job = arg;
    const kov_epilogue *epilogue = job->epilogue;
    int64_t width = job->conv->output[1], pixel = index * width;
    int64_t residual_pixel = epilogue->residual_row ? epilogue->residual_row : job->output_pixel;
    kov_epilogue_finish(job->conv->isa, epilogue, width, job->conv->channels_out,
                        job->output + pixel * job->output_pixel, job->output_pixel,
                        epilogue->residual ? epilogue->residual + pixel * residual_pixel : NULL,
                        residual_pixel);
}

typedef struct pack_job {
    const winograd_job *job;
    const float *weights;
    float *packed;
    int64_t row, column, in, out; /* strides of the weights */
} pack_job;

/* G times three values. */
static void filter_line(const double x[3], double y[IN])
{
    y[0] = x[0] / 4;
    y[1] = -(x[0] + x[1] + x[2]) / 6;
    y[2] = -(x[0] - x[1] + x[2]) / 6;
    y[3] = x[0] / 24 + x[1] / 12 + x[2] / 6;
    y[4] = x[0] / 24 - x[1] / 12 + x[2] / 6;
    y[5] = x[2];
}

/* In double, so that each transformed weight is rounded once. */
static void filter(const pack_job *pack, const float *weights, double values[VALUES])
{
    double lines[3][IN];
    for (int i = 0; i < 3; i++) {
        double x[3];
        for (int j = 0; j < 3; j++)
            x[j] = (double)weights[i * pack->row + j * pack->column];
        filter_line(x, lines[i]);
    }
    for (int j = 0; j < IN; j++) {
        double x[3] = {lines[0][j], lines[1][j], lines[2][j]}, y[IN];
        filter_line(x, y);
        for (int i = 0; i < IN; i++)
            values[i * IN + j] = y[i];
    }
}

static void pack_task(void *arg, int64_t panel, int worker)
{
    (void)worker;
    const pack_job *pack = arg;
    const winograd_job *job = pack->job;
    int64_t channels = job->conv->channels_in, first = panel * job->kernels->panel;
    int64_t columns = min_i64(job->kernels->panel, job->conv->channels_out - first);
    int64_t width = kov_gemm_panel_width(job->kernels, columns);
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t j = 0; j < width; j++) {
            double values[VALUES] = {0};
            if (j < columns)
                filter(pack, pack->weights + c * pack->in + (first + j) * pack->out, values);
            for (int64_t v = 0; v < VALUES; v++)
                pack->packed[v * job->matrix_floats + first * channels + c * width + j] =
                    (float)values[v];
        }
    }
}

bool kov_winograd_accepts(const kov_conv *conv)
{
    bool accepts = conv->spatial == 2 && conv->groups == 1 && !conv->transposed;
    for (int d = 0; d < 2 && accepts; d++)
        accepts = conv->kernel[d] == 3 && conv->stride[d] == 1 && conv->dilation[d] == 1;
    return accepts;
}

/* Multiply-adds of 16 a cycle; transforms, measured in cycles for 16 channels of a tile; and
 * weights that do not fit the second-level cache and come from the third at 8 bytes a cycle, or
 * from memory at 4. */
double kov_winograd_cost(const kov_conv *conv, int64_t batch)
{
    double tiles = (double)batch * (double)ceil_div(conv->output[0], OUT) *
                   (double)ceil_div(conv->output[1], OUT);
    double in = (double)conv->channels_in, out = (double)conv->channels_out;
    double bytes = VALUES * in * out * (double)sizeof(float);
    const kov_cpu_caches *caches = kov_cpu_cache_sizes();
    double rate = bytes > caches->l3 / 2 ? 4 : bytes > caches->l2 / 2 ? 8 : 32;
    return tiles * VALUES * in * out / 16 + tiles * (in + out) / 16 * 200 + bytes / rate;
}

double kov_winograd_direct_cost(const kov_conv *conv, int64_t batch)
{
    double in = (double)conv->channels_in, out = (double)conv->channels_out;
    return (double)batch * (double)conv->output[0] * (double)conv->output[1] * 9 * in * out / 16;
}

size_t kov_winograd_packed_bytes(const kov_conv *conv)
{
    winograd_job job;
    job_init(&job, conv, 1, 1);
    return (size_t)(VALUES * job.matrix_floats) * sizeof(float);
}

void kov_winograd_pack(kov_context *context, const kov_conv *conv, const float *weights,
                       float *packed)
{
    winograd_job job;
    job_init(&job, conv, 1, 1);
    pack_job pack = {.job = &job,
                     .weights = weights,
                     .packed = packed,
                     .row = 3 * conv->channels_in * conv->channels_out,
                     .column = conv->channels_in * conv->channels_out,
                     .in = conv->channels_out,
                     .out = 1};
    if (conv->weight_in != 0 || conv->weight_out != 0) {
        pack.row = conv->weight_tap[0];
        pack.column = conv->weight_tap[1];
        pack.in = conv->weight_in;
        pack.out = conv->weight_out;
    }
    kov_parallel(context, job.panels, pack_task, &pack);
}

size_t kov_winograd_workspace_bytes(kov_context *context, const kov_conv *conv, int64_t batch)
{
    int width = kov_parallel_width(context);
    winograd_job job;
    job_init(&job, conv, batch, width);
    return (size_t)(VALUES * (job.value_step + job.result_step * width)) * sizeof(float);
}

void kov_winograd_run(kov_context *context, const kov_conv *conv, int64_t batch, const float *input,
                      const float *packed, const kov_epilogue *epilogue, float *output,
                      void *workspace)
{
    winograd_job job;
    job_init(&job, conv, batch, kov_parallel_width(context));
    job.epilogue = epilogue;
    job.input = input;
    job.packed = packed;
    job.output = output;
    job.values = workspace;
    job.results = job.values + VALUES * job.value_step;
    kov_epilogue_bounds(epilogue, &job.low, &job.high);
    for (job.pass_first = 0; job.pass_first < job.tiles; job.pass_first += job.pass_tiles) {
        job.pass_count = min_i64(job.pass_tiles, job.tiles - job.pass_first);
        kov_parallel(context, ceil_div(job.pass_count, job.kernels->rows), input_task, &job);
        kov_parallel(context, ceil_div(job.pass_count, job.block_tiles) * job.panel_blocks,
                     multiply_task, &job);
    }
    if (!kov_epilogue_is_simple(epilogue))
        kov_parallel(context, batch * conv->output[0], finish_task, &job);
}
