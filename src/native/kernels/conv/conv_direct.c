/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/conv/conv_direct.h"

#include "base/threads.h"
#include "native/kernels/conv/conv_axis.h"
#include "native/kernels/gemm/gemm_block.h"
#include "native/kernels/gemm/gemm_pack.h"

#include <string.h>

/* A convolution as it is run. An item is one image, group, phase and depth, a block of lines and
 * columns, and a range of panels; the sums of an output do not depend on how items are cut. */
typedef struct conv_job {
    const kov_conv *conv;
    const kov_epilogue *epilogue;
    const kov_gemm_kernels *kernels;
    const float *input, *packed;
    float *output;
    char *workspace;
    int64_t group_in, group_out, input_pixel, output_pixel, taps, group_packed;
    int64_t phases[3], depths; /* depths: of the largest phase */
    int64_t lines, columns;    /* of a block, in outputs of a phase */
    int64_t line_blocks, column_blocks, panels, panel_blocks, items;
    int64_t pair_bytes, copy_floats; /* of a worker's share of the workspace */
    float low, high;
} conv_job;

typedef struct conv_item {
    int64_t image, group, depth;
    kov_conv_axis axes[3];
    int64_t line0, line1, column0, column1, panel0, panel1;
    /* Where input lines are read: in place, or copied with zeros on both sides. */
    bool copied;
    bool merged;          /* taps of a line are one contiguous run of A */
    int64_t pixel;        /* elements between input pixels there */
    int64_t origin;       /* input column that a line starts at */
    int64_t first_line;   /* input line that the copy starts at */
    int64_t copied_lines; /* for each depth */
    int64_t line_floats;
    float *copy;
    kov_gemm_pair *pairs;
} conv_item;

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t max_i64(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t span(const kov_conv_axis *axis, int64_t outputs)
{
    return (outputs - 1) * axis->in_step + kov_conv_axis_high(axis) - kov_conv_axis_low(axis) + 1;
}

/* Phase 0 has the most outputs; taps differ by at most one. */
static void largest_axes(const kov_conv *conv, kov_conv_axis axes[3])
{
    for (int d = 0; d < 3; d++) {
        axes[d] = kov_conv_axis_phase(conv, d, 0);
        for (int64_t phase = 1; phase < kov_conv_axis_phases(conv, d); phase++) {
            kov_conv_axis other = kov_conv_axis_phase(conv, d, phase);
            if (other.taps > axes[d].taps) {
                other.count = axes[d].count;
                axes[d] = other;
            }
        }
    }
}

/* Blocks whose input lines stay in the second-level cache while all panels of an item pass over
 * them. Where items are too few for the workers, weights that fit the cache are better read by
 * several blocks of lines, and larger ones by several ranges of panels. */
static void plan_blocks(conv_job *job, int64_t batch, int width)
{
    kov_conv_axis axes[3];
    largest_axes(job->conv, axes);
    int64_t l2 = (int64_t)kov_cpu_cache_sizes()->l2 / (int64_t)sizeof(float);
    int64_t budget = l2 / 4, rows = job->kernels->rows;
    int64_t planes = max_i64(1, axes[0].taps), tall = span(&axes[1], 1);
    int64_t count_lines = max_i64(1, axes[1].count), count_columns = max_i64(1, axes[2].count);
    int64_t wide = budget / planes / max_i64(1, tall) / max_i64(1, job->group_in);
    int64_t columns = max_i64((wide - span(&axes[2], 1)) / axes[2].in_step, 2 * rows);
    job->column_blocks = ceil_div(count_columns, columns);
    job->columns = ceil_div(count_columns, job->column_blocks);
    int64_t line = span(&axes[2], job->columns) * job->group_in * planes;
    int64_t lines = (budget / max_i64(1, line) - tall) / axes[1].in_step + 1;
    job->line_blocks = ceil_div(count_lines, max_i64(1, lines));
    job->panels = kov_gemm_panel_count(job->kernels, job->group_out);
    job->panel_blocks = 1;
    job->depths = axes[0].count;
    int64_t others = batch * job->conv->groups * job->phases[0] * job->phases[1] * job->phases[2] *
                     job->depths * job->column_blocks;
    double work =
        (double)others * (double)count_lines * (double)job->columns * (double)job->group_packed;
    int64_t wanted = width > 1 && work > KOV_GEMM_SERIAL_WORK ? KOV_GEMM_ITEMS * (int64_t)width : 1;
    if (others * job->line_blocks < wanted && job->group_packed <= l2 / 3)
        job->line_blocks =
            min_i64(ceil_div(wanted, others), max_i64(1, count_lines * job->columns / rows));
    job->line_blocks = min_i64(job->line_blocks, count_lines);
    job->lines = ceil_div(count_lines, job->line_blocks);
    job->line_blocks = ceil_div(count_lines, job->lines);
    if (others * job->line_blocks < wanted)
        job->panel_blocks = min_i64(job->panels, ceil_div(wanted, others * job->line_blocks));
    job->items = others * job->line_blocks * job->panel_blocks;
    int64_t copy_lines = span(&axes[1], job->lines) * planes;
    job->copy_floats =
        max_i64(0, (copy_lines * span(&axes[2], job->columns) * job->group_in + 15) / 16 * 16);
    int64_t pairs = axes[0].taps * axes[1].taps * axes[2].taps;
    job->pair_bytes = (pairs * (int64_t)sizeof(kov_gemm_pair) + 63) / 64 * 64;
}

static void job_init(conv_job *job, const kov_conv *conv, int64_t batch, int width)
{
    memset(job, 0, sizeof *job);
    job->conv = conv;
    job->kernels = kov_gemm_kernels_for(conv->isa);
    job->group_in = conv->channels_in / conv->groups;
    job->group_out = conv->channels_out / conv->groups;
    job->input_pixel = conv->input_pixel ? conv->input_pixel : conv->channels_in;
    job->output_pixel = conv->output_pixel ? conv->output_pixel : conv->channels_out;
    job->taps = 1;
    for (int d = 0; d < conv->spatial; d++)
        job->taps *= conv->kernel[d];
    for (int d = 0; d < 3; d++)
        job->phases[d] = kov_conv_axis_phases(conv, d);
    job->group_packed =
        kov_gemm_packed_floats(job->kernels, job->taps * job->group_in, job->group_out);
    plan_blocks(job, batch, width);
}

/* False where the block lies past the end of its phase. */
static bool item_init(const conv_job *job, int64_t index, int worker, conv_item *item)
{
    const kov_conv *conv = job->conv;
    int64_t panel_block = index % job->panel_blocks;
    index /= job->panel_blocks;
    int64_t column_block = index % job->column_blocks;
    index /= job->column_blocks;
    int64_t line_block = index % job->line_blocks;
    index /= job->line_blocks;
    memset(item, 0, sizeof *item);
    item->depth = index % job->depths;
    index /= job->depths;
    for (int d = 2; d >= 0; d--) {
        item->axes[d] = kov_conv_axis_phase(conv, d, index % job->phases[d]);
        index /= job->phases[d];
    }
    item->group = index % conv->groups;
    item->image = index / conv->groups;
    item->line0 = line_block * job->lines;
    item->line1 = min_i64(item->line0 + job->lines, item->axes[1].count);
    item->column0 = column_block * job->columns;
    item->column1 = min_i64(item->column0 + job->columns, item->axes[2].count);
    item->panel0 = panel_block * job->panels / job->panel_blocks;
    item->panel1 = (panel_block + 1) * job->panels / job->panel_blocks;
    char *share = job->workspace + worker * (job->pair_bytes + job->copy_floats * 4);
    item->pairs = (kov_gemm_pair *)(void *)share;
    item->copy = (float *)(void *)(share + job->pair_bytes);
    return item->depth < item->axes[0].count && item->line0 < item->line1 &&
           item->column0 < item->column1;
}

/* Copies the part of an input line that the item reads, zeros where it lies outside of the input.
 */
static void copy_line(const conv_job *job, const conv_item *item, const float *line, float *out)
{
    const kov_conv_axis *axis = &item->axes[2];
    int64_t width = item->line_floats / job->group_in, channels = job->group_in;
    int64_t left = min_i64(max_i64(-item->origin, 0), width);
    int64_t right = max_i64(min_i64(axis->input - item->origin, width), left);
    memset(out, 0, (size_t)(left * channels) * sizeof *out);
    memset(out + right * channels, 0, (size_t)((width - right) * channels) * sizeof *out);
    line += (item->origin + left) * job->input_pixel;
    kov_gemm_copy_block(channels == job->input_pixel ? 1 : right - left,
                        channels == job->input_pixel ? (right - left) * channels : channels, line,
                        job->input_pixel, 1, out + left * channels, channels);
}

static const float *input_line(const conv_job *job, const conv_item *item, int64_t depth,
                               int64_t line)
{
    const kov_conv_axis *axes = item->axes;
    int64_t index = (item->image * axes[0].input + depth) * axes[1].input + line;
    return job->input + index * axes[2].input * job->input_pixel + item->group * job->group_in;
}

static int64_t tap_position(const kov_conv_axis *axis, int64_t output, int64_t tap)
{
    return output * axis->in_step + axis->offset_first + tap * axis->offset_step;
}

/* In place unless padding is touched, or taps could only so be merged into one run. */
static void item_find_input(const conv_job *job, conv_item *item)
{
    const kov_conv_axis *axes = item->axes;
    int64_t low = item->column0 * axes[2].in_step + kov_conv_axis_low(&axes[2]);
    int64_t high = (item->column1 - 1) * axes[2].in_step + kov_conv_axis_high(&axes[2]);
    bool mergeable = axes[2].taps > 1 && axes[2].offset_step == 1 && axes[2].tap_step == 1;
    bool inside = low >= 0 && high < axes[2].input;
    item->copied =
        axes[2].taps > 0 && (!inside || (mergeable && job->group_in != job->input_pixel));
    item->merged = mergeable && (item->copied || job->group_in == job->input_pixel);
    item->pixel = item->copied ? job->group_in : job->input_pixel;
    item->origin = item->copied ? low : 0;
    if (!item->copied)
        return;
    item->line_floats = (high - low + 1) * job->group_in;
    item->first_line = item->line0 * axes[1].in_step + kov_conv_axis_low(&axes[1]);
    item->copied_lines = span(&axes[1], item->line1 - item->line0);
    int64_t first = max_i64(item->first_line, 0);
    int64_t last = min_i64(item->first_line + item->copied_lines, axes[1].input);
    for (int64_t tap = 0; tap < axes[0].taps; tap++) {
        int64_t depth = tap_position(&axes[0], item->depth, tap);
        if (depth < 0 || depth >= axes[0].input)
            continue;
        for (int64_t line = first; line < last; line++)
            copy_line(job, item, input_line(job, item, depth, line),
                      item->copy +
                          (tap * item->copied_lines + line - item->first_line) * item->line_floats);
    }
}

/* The pairs of the tile that starts at a column of a line: A at the input pixel under each tap, B
 * at the tap's rows of the panel. Taps outside of the input are left out. */
static int64_t fill_pairs(const conv_job *job, const conv_item *item, int64_t line, int64_t column,
                          const float *panel, int64_t width)
{
    const kov_conv_axis *axes = item->axes;
    int64_t count = 0, tap_floats = job->group_in * width;
    int64_t runs = item->merged ? 1 : axes[2].taps;
    int64_t start = tap_position(&axes[2], column, 0) - item->origin;
    for (int64_t i = 0; i < axes[0].taps; i++) {
        int64_t depth = tap_position(&axes[0], item->depth, i);
        if (depth < 0 || depth >= axes[0].input)
            continue;
        int64_t depth_tap = axes[0].tap_first + i * axes[0].tap_step;
        for (int64_t j = 0; j < axes[1].taps; j++) {
            int64_t at = tap_position(&axes[1], line, j);
            if (at < 0 || at >= axes[1].input)
                continue;
            int64_t line_tap = axes[1].tap_first + j * axes[1].tap_step;
            int64_t row = depth_tap * axes[1].kernel + line_tap;
            const float *a = item->copied
                                 ? item->copy + (i * item->copied_lines + at - item->first_line) *
                                                    item->line_floats
                                 : input_line(job, item, depth, at);
            a += start * item->pixel;
            const float *b = panel + (row * axes[2].kernel + axes[2].tap_first) * tap_floats;
            for (int64_t k = 0; k < runs; k++)
                item->pairs[count++] = (kov_gemm_pair){a + k * axes[2].offset_step * item->pixel,
                                                       b + k * axes[2].tap_step * tap_floats};
        }
    }
    return count;
}

/* Index of the first output pixel of a line. */
static int64_t output_index(const conv_item *item, int64_t line, int64_t column)
{
    const kov_conv_axis *axes = item->axes;
    int64_t z = axes[0].out_first + item->depth * axes[0].out_step;
    int64_t y = axes[1].out_first + line * axes[1].out_step;
    int64_t x = axes[2].out_first + column * axes[2].out_step;
    return ((item->image * axes[0].output + z) * axes[1].output + y) * axes[2].output + x;
}

static int64_t residual_pixel(const conv_job *job)
{
    return job->epilogue->residual_row ? job->epilogue->residual_row : job->output_pixel;
}

static void run_panel(const conv_job *job, const conv_item *item, int64_t panel)
{
    const kov_gemm_kernels *kernels = job->kernels;
    const kov_epilogue *epilogue = job->epilogue;
    int64_t first = panel * kernels->panel;
    int64_t columns = min_i64(job->group_out - first, kernels->panel);
    int64_t width = kov_gemm_panel_width(kernels, columns);
    int64_t channel = item->group * job->group_out + first;
    const float *b =
        job->packed + item->group * job->group_packed + first * job->taps * job->group_in;
    int64_t out_step = item->axes[2].out_step;
    kov_gemm_tile tile = {.pairs = item->pairs,
                          .k = item->merged ? item->axes[2].taps * job->group_in : job->group_in,
                          .a_row = item->axes[2].in_step * item->pixel,
                          .b_row = width,
                          .c_row = out_step * job->output_pixel,
                          .columns = (int)columns,
                          .finish = true,
                          .scale = epilogue->scale ? epilogue->scale + channel : NULL,
                          .bias = epilogue->bias ? epilogue->bias + channel : NULL,
                          .residual_row = out_step * residual_pixel(job),
                          .low = job->low,
                          .high = job->high};
    int most = kov_gemm_tile_rows(kernels, tile.a_row);
    int64_t count = item->column1 - item->column0, tiles = ceil_div(count, most);
    for (int64_t line = item->line0; line < item->line1; line++) {
        for (int64_t i = 0; i < tiles; i++) {
            int64_t column = item->column0 + i * count / tiles;
            int64_t end = item->column0 + (i + 1) * count / tiles;
            int64_t at = output_index(item, line, column);
            tile.pair_count = fill_pairs(job, item, line, column, b, width);
            tile.c = job->output + at * job->output_pixel + channel;
            if (epilogue->residual && !epilogue->residual_after)
                tile.residual = epilogue->residual + at * residual_pixel(job) + channel;
            kov_gemm_tile_for(kernels, end - column, columns)(&tile);
        }
    }
}

static void finish_item(const conv_job *job, const conv_item *item)
{
    int64_t first = item->panel0 * job->kernels->panel;
    int64_t columns = min_i64(job->group_out, item->panel1 * job->kernels->panel) - first;
    int64_t channel = item->group * job->group_out + first, step = item->axes[2].out_step;
    for (int64_t line = item->line0; line < item->line1; line++) {
        int64_t at = output_index(item, line, item->column0);
        const float *residual = job->epilogue->residual;
        if (residual)
            residual += at * residual_pixel(job) + channel;
        kov_epilogue_finish(job->conv->isa, job->epilogue, item->column1 - item->column0, columns,
                            job->output + at * job->output_pixel + channel,
                            step * job->output_pixel, residual, step * residual_pixel(job));
    }
}

static void run_task(void *arg, int64_t index, int worker)
{
    const conv_job *job = arg;
    conv_item item;
    if (!item_init(job, index, worker, &item))
        return;
    item_find_input(job, &item);
    for (int64_t panel = item.panel0; panel < item.panel1; panel++)
        run_panel(job, &item, panel);
    if (!kov_epilogue_is_simple(job->epilogue))
        finish_item(job, &item);
}

/* Packing: which weights, and where to. */
typedef struct pack_job {
    const conv_job *job;
    const float *weights;
    float *packed;
    int64_t tap_stride[3], in_stride, out_stride, group_stride;
} pack_job;

static void pack_strides(pack_job *pack, const kov_conv *conv)
{
    int64_t tap = conv->channels_out * (conv->channels_in / conv->groups);
    bool given = conv->weight_in != 0 || conv->weight_out != 0;
    pack->in_stride = given ? conv->weight_in : conv->transposed ? 1 : conv->channels_out;
    pack->out_stride = given ? conv->weight_out : conv->transposed ? conv->channels_in : 1;
    pack->group_stride = given              ? conv->weight_group
                         : conv->transposed ? conv->channels_in / conv->groups
                                            : conv->channels_out / conv->groups;
    for (int d = conv->spatial - 1; d >= 0; d--) {
        pack->tap_stride[d] = given ? conv->weight_tap[d] : tap;
        tap *= conv->kernel[d];
    }
}

static void pack_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    const pack_job *pack = arg;
    const conv_job *job = pack->job;
    const kov_conv *conv = job->conv;
    int64_t panel = index % job->panels, group = index / job->panels;
    for (int64_t tap = 0; tap < job->taps; tap++) {
        const float *weights = pack->weights + group * pack->group_stride;
        int64_t rest = tap;
        for (int d = conv->spatial - 1; d >= 0; d--) {
            weights += rest % conv->kernel[d] * pack->tap_stride[d];
            rest /= conv->kernel[d];
        }
        kov_gemm_pack_panel(job->kernels, job->taps * job->group_in, job->group_out, panel,
                            tap * job->group_in, job->group_in, weights, pack->in_stride,
                            pack->out_stride, pack->packed + group * job->group_packed);
    }
}

size_t kov_conv_direct_packed_bytes(const kov_conv *conv)
{
    conv_job job;
    job_init(&job, conv, 1, 1);
    return (size_t)(job.group_packed * conv->groups) * sizeof(float);
}

void kov_conv_direct_pack(kov_context *context, const kov_conv *conv, const float *weights,
                          float *packed)
{
    conv_job job;
    job_init(&job, conv, 1, 1);
    pack_job pack = {.job = &job, .weights = weights, .packed = packed};
    pack_strides(&pack, conv);
    kov_parallel(context, job.panels * conv->groups, pack_task, &pack);
}

size_t kov_conv_direct_workspace_bytes(kov_context *context, const kov_conv *conv, int64_t batch)
{
    int width = kov_parallel_width(context);
    conv_job job;
    job_init(&job, conv, batch, width);
    return (size_t)(job.pair_bytes + job.copy_floats * (int64_t)sizeof(float)) * (size_t)width;
}

void kov_conv_direct_run(kov_context *context, const kov_conv *conv, int64_t batch,
                         const float *input, const float *packed, const kov_epilogue *epilogue,
                         float *output, void *workspace)
{
    conv_job job;
    job_init(&job, conv, batch, kov_parallel_width(context));
    job.epilogue = epilogue;
    job.input = input;
    job.packed = packed;
    job.output = output;
    job.workspace = workspace;
    kov_epilogue_bounds(epilogue, &job.low, &job.high);
    kov_parallel(context, job.items, run_task, &job);
}
