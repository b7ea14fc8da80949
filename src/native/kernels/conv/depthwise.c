/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/conv/depthwise.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/conv/depthwise_block.h"

#define SERIAL_WORK 1e5 /* multiply-adds below which one thread is as fast */
#define CHANNEL_UNIT 16 /* one vector of the widest kind */
#define UNITS_PER_BLOCK 8

typedef struct depthwise_job {
    kov_isa isa;
    const kov_epilogue *epilogue;
    kov_depthwise_block block; /* of the first image */
    int64_t line_blocks, channel_blocks;
    int64_t image_in, image_out; /* elements of an image */
} depthwise_job;

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static void run_task(void *arg, int64_t index, int worker)
{
    static kov_depthwise_block_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_depthwise);
    (void)worker;
    const depthwise_job *job = arg;
    kov_depthwise_block block = job->block;
    int64_t outputs = block.channels * block.multiplier;
    int64_t channel_block = index % job->channel_blocks;
    int64_t line_block = index / job->channel_blocks % job->line_blocks;
    int64_t image = index / job->channel_blocks / job->line_blocks;
    block.line0 = line_block * block.output_size[0] / job->line_blocks;
    block.line1 = (line_block + 1) * block.output_size[0] / job->line_blocks;
    int64_t units = ceil_div(outputs, CHANNEL_UNIT);
    block.channel0 = channel_block * units / job->channel_blocks * CHANNEL_UNIT;
    block.channel1 = (channel_block + 1) * units / job->channel_blocks * CHANNEL_UNIT;
    if (block.channel1 > outputs)
        block.channel1 = outputs;
    block.input += image * job->image_in;
    block.output += image * job->image_out;
    int64_t pixels = block.output_size[0] * block.output_size[1];
    const float *residual = job->epilogue->residual;
    if (residual)
        residual += image * pixels * block.residual_pixel;
    block.residual = job->epilogue->residual_after ? NULL : residual;
    table[job->isa](&block);
    if (kov_epilogue_is_simple(job->epilogue))
        return;
    int64_t first = block.line0 * block.output_size[1];
    kov_epilogue_finish(job->isa, job->epilogue, (block.line1 - block.line0) * block.output_size[1],
                        block.channel1 - block.channel0,
                        block.output + first * outputs + block.channel0, outputs,
                        residual ? residual + first * block.residual_pixel + block.channel0 : NULL,
                        block.residual_pixel);
}

/* Output columns whose taps all lie inside: [first, end). */
static void inner_range(kov_depthwise_block *block)
{
    int64_t reach = (block->kernel[1] - 1) * block->dilation[1] + 1;
    int64_t room = block->input_size[1] + block->pad[1] - reach;
    int64_t first = block->pad[1] > 0 ? ceil_div(block->pad[1], block->stride[1]) : 0;
    int64_t end = room < 0 ? 0 : room / block->stride[1] + 1;
    block->inner0 = first < block->output_size[1] ? first : block->output_size[1];
    block->inner1 = end < block->output_size[1] ? end : block->output_size[1];
}

void kov_depthwise_init(kov_depthwise *depthwise, int spatial)
{
    *depthwise = (kov_depthwise){.spatial = spatial, .multiplier = 1, .isa = kov_cpu_isa()};
    for (int d = 0; d < 2; d++) {
        depthwise->kernel[d] = 1;
        depthwise->stride[d] = 1;
        depthwise->dilation[d] = 1;
    }
}

kov_status kov_depthwise_check(const kov_depthwise *depthwise)
{
    const int64_t largest = INT32_MAX;
    if (depthwise->spatial < 1 || depthwise->spatial > 2)
        return kov_fail(KOV_NOT_IMPLEMENTED,
                        "depthwise convolution: %d spatial dimensions, not 1 or 2",
                        depthwise->spatial);
    size_t in = sizeof(float), out = sizeof(float);
    bool fits = depthwise->channels >= 0 && depthwise->multiplier >= 1 &&
                kov_size_mul(in, (size_t)depthwise->channels, &in) &&
                kov_size_mul(out, (size_t)depthwise->channels, &out) &&
                kov_size_mul(out, (size_t)depthwise->multiplier, &out);
    for (int d = 0; d < depthwise->spatial && fits; d++)
        fits = depthwise->input[d] >= 0 && depthwise->output[d] >= 0 && depthwise->kernel[d] >= 1 &&
               depthwise->stride[d] >= 1 && depthwise->dilation[d] >= 1 &&
               depthwise->kernel[d] <= largest && depthwise->stride[d] <= largest &&
               depthwise->dilation[d] <= largest && depthwise->input[d] <= largest &&
               depthwise->output[d] <= largest && depthwise->pad_before[d] <= largest &&
               depthwise->pad_before[d] >= -largest &&
               kov_size_mul(in, (size_t)depthwise->input[d], &in) &&
               kov_size_mul(out, (size_t)depthwise->output[d], &out);
    if (!fits || in > INT64_MAX / 4 || out > INT64_MAX / 4)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "depthwise convolution: %lld channels times %lld, or its sizes, strides or "
                        "padding",
                        (long long)depthwise->channels, (long long)depthwise->multiplier);
    return KOV_OK;
}

kov_status kov_depthwise_run(kov_context *context, const kov_depthwise *depthwise, int64_t batch,
                             const float *input, const float *weights, const kov_epilogue *epilogue,
                             float *output)
{
    static const kov_epilogue none = {.activation = KOV_ACTIVATION_NONE};
    if (batch < 0)
        return kov_fail(KOV_INVALID_ARGUMENT, "depthwise convolution: batch %lld",
                        (long long)batch);
    depthwise_job job = {.isa = depthwise->isa, .epilogue = epilogue ? epilogue : &none};
    kov_depthwise_block *block = &job.block;
    *block = (kov_depthwise_block){.input_size = {1, 1},
                                   .kernel = {1, 1},
                                   .output_size = {1, 1},
                                   .stride = {1, 1},
                                   .dilation = {1, 1},
                                   .channels = depthwise->channels,
                                   .multiplier = depthwise->multiplier,
                                   .input = input,
                                   .weights = weights,
                                   .output = output,
                                   .scale = job.epilogue->scale,
                                   .bias = job.epilogue->bias};
    for (int d = 0; d < depthwise->spatial; d++) {
        int to = d + 2 - depthwise->spatial;
        block->input_size[to] = depthwise->input[d];
        block->kernel[to] = depthwise->kernel[d];
        block->output_size[to] = depthwise->output[d];
        block->stride[to] = depthwise->stride[d];
        block->dilation[to] = depthwise->dilation[d];
        block->pad[to] = depthwise->pad_before[d];
    }
    int64_t outputs = block->channels * block->multiplier;
    job.image_in = block->input_size[0] * block->input_size[1] * block->channels;
    job.image_out = block->output_size[0] * block->output_size[1] * outputs;
    if (batch == 0 || job.image_out == 0)
        return KOV_OK;
    block->residual_pixel = job.epilogue->residual_row ? job.epilogue->residual_row : outputs;
    inner_range(block);
    kov_epilogue_bounds(job.epilogue, &block->low, &block->high);
    job.channel_blocks = ceil_div(outputs, CHANNEL_UNIT * UNITS_PER_BLOCK);
    job.line_blocks = 1;
    int64_t wanted = 8 * (int64_t)kov_parallel_width(context);
    double work =
        (double)batch * (double)job.image_out * (double)(block->kernel[0] * block->kernel[1]);
    if (work > SERIAL_WORK && batch * job.channel_blocks < wanted) {
        job.line_blocks = ceil_div(wanted, batch * job.channel_blocks);
        if (job.line_blocks > block->output_size[0])
            job.line_blocks = block->output_size[0];
    }
    kov_parallel(context, batch * job.line_blocks * job.channel_blocks, run_task, &job);
    return KOV_OK;
}
