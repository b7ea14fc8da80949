/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/pool/pool_nhwc.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/pool/pool_block.h"

#define SERIAL_WORK 5e4 /* elements read below which one thread is as fast */
#define CHANNEL_BLOCK 256

/* One dimension; the ones that the descriptor lacks are outermost and of size 1. */
typedef struct pool_axis {
    int64_t input, window, output, stride, dilation, before, after;
} pool_axis;

typedef struct pool_job {
    const kov_pool *pool;
    const float *input;
    float *output;
    pool_axis axes[3];
    int64_t pixels, blocks,
        channel_blocks; /* output pixels of an image, and how they are shared out */
} pool_job;

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t max_i64(int64_t a, int64_t b) { return a > b ? a : b; }

/* Taps inside [low, high) of the window that starts at `start`: the first one, and how many. */
static int64_t taps_inside(const pool_axis *axis, int64_t start, int64_t low, int64_t high,
                           int64_t *first)
{
    *first = start < low ? (low - start + axis->dilation - 1) / axis->dilation : 0;
    int64_t room = high - start;
    int64_t end = room <= 0 ? 0 : (room + axis->dilation - 1) / axis->dilation;
    return max_i64(0, min_i64(end, axis->window) - *first);
}

static void run_pixel(const pool_job *job, int64_t image, int64_t pixel, int64_t channel,
                      int64_t channels)
{
    static kov_pool_window_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_pool_window);
    const kov_pool *pool = job->pool;
    int64_t at[3], rest = pixel, step = pool->channels, index = 0, image_size = pool->channels;
    for (int d = 2; d >= 0; d--) {
        at[d] = rest % job->axes[d].output;
        rest /= job->axes[d].output;
        image_size *= job->axes[d].input;
    }
    kov_pool_window window = {.channels = channels, .maximum = pool->kind == KOV_POOL_MAX};
    double divisor = 1;
    for (int d = 2; d >= 0; d--) {
        const pool_axis *axis = &job->axes[d];
        int64_t start = at[d] * axis->stride - axis->before, first, unused;
        window.taps[d] = taps_inside(axis, start, 0, axis->input, &first);
        window.step[d] = step * axis->dilation;
        index += window.taps[d] > 0 ? (start + first * axis->dilation) * step : 0;
        step *= axis->input;
        divisor *= (double)(pool->kind == KOV_POOL_AVERAGE
                                ? window.taps[d]
                                : taps_inside(axis, start, -axis->before, axis->input + axis->after,
                                              &unused));
    }
    window.input = job->input + image * image_size + index + channel;
    window.output = job->output + (image * job->pixels + pixel) * pool->channels + channel;
    window.divisor = divisor > 0 ? (float)divisor : 1.0F;
    table[pool->isa](&window);
}

static void run_task(void *arg, int64_t index, int worker)
{
    (void)worker;
    const pool_job *job = arg;
    int64_t channel = index % job->channel_blocks * CHANNEL_BLOCK;
    int64_t block = index / job->channel_blocks % job->blocks;
    int64_t image = index / job->channel_blocks / job->blocks;
    int64_t channels = min_i64(job->pool->channels - channel, CHANNEL_BLOCK);
    int64_t end = (block + 1) * job->pixels / job->blocks;
    for (int64_t pixel = block * job->pixels / job->blocks; pixel < end; pixel++)
        run_pixel(job, image, pixel, channel, channels);
}

void kov_pool_init(kov_pool *pool, kov_pool_kind kind, int spatial)
{
    *pool = (kov_pool){.kind = kind, .spatial = spatial, .isa = kov_cpu_isa()};
    for (int d = 0; d < 3; d++) {
        pool->window[d] = 1;
        pool->stride[d] = 1;
        pool->dilation[d] = 1;
    }
}

kov_status kov_pool_check(const kov_pool *pool)
{
    const int64_t largest = INT32_MAX;
    if (pool->spatial < 1 || pool->spatial > 3)
        return kov_fail(KOV_INVALID_ARGUMENT, "pooling: %d spatial dimensions, not 1 to 3",
                        pool->spatial);
    size_t in = sizeof(float), out = sizeof(float);
    bool fits = pool->channels >= 0 && kov_size_mul(in, (size_t)pool->channels, &in) &&
                kov_size_mul(out, (size_t)pool->channels, &out);
    for (int d = 0; d < pool->spatial && fits; d++)
        fits = pool->input[d] >= 0 && pool->output[d] >= 0 && pool->window[d] >= 1 &&
               pool->stride[d] >= 1 && pool->dilation[d] >= 1 && pool->input[d] <= largest &&
               pool->output[d] <= largest && pool->window[d] <= largest &&
               pool->stride[d] <= largest && pool->dilation[d] <= largest &&
               pool->pad_before[d] >= 0 && pool->pad_before[d] <= largest &&
               pool->pad_after[d] >= 0 && pool->pad_after[d] <= largest &&
               kov_size_mul(in, (size_t)pool->input[d], &in) &&
               kov_size_mul(out, (size_t)pool->output[d], &out);
    if (!fits || in > INT64_MAX / 4 || out > INT64_MAX / 4)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "pooling: window, stride, dilation, padding or sizes make no sense");
    return KOV_OK;
}

kov_status kov_pool_run(kov_context *context, const kov_pool *pool, int64_t batch,
                        const float *input, float *output)
{
    if (batch < 0)
        return kov_fail(KOV_INVALID_ARGUMENT, "pooling: batch %lld", (long long)batch);
    pool_job job = {.pool = pool, .input = input, .output = output, .pixels = 1};
    double work = (double)batch * (double)pool->channels;
    for (int d = 0; d < 3; d++) {
        int from = d + pool->spatial - 3;
        job.axes[d] = (pool_axis){1, 1, 1, 1, 1, 0, 0};
        if (from >= 0)
            job.axes[d] =
                (pool_axis){pool->input[from],    pool->window[from],   pool->output[from],
                            pool->stride[from],   pool->dilation[from], pool->pad_before[from],
                            pool->pad_after[from]};
        job.pixels *= job.axes[d].output;
        work *= (double)job.axes[d].output * (double)job.axes[d].window;
    }
    if (batch == 0 || job.pixels == 0 || pool->channels == 0)
        return KOV_OK;
    job.channel_blocks = (pool->channels + CHANNEL_BLOCK - 1) / CHANNEL_BLOCK;
    int64_t wanted = work > SERIAL_WORK ? 4 * (int64_t)kov_parallel_width(context) : 1;
    job.blocks = min_i64(job.pixels, (wanted - 1) / (batch * job.channel_blocks) + 1);
    kov_parallel(context, batch * job.blocks * job.channel_blocks, run_task, &job);
    return KOV_OK;
}
