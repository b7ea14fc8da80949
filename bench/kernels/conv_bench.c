/* SPDX-License-Identifier: Apache-2.0 */
/* conv_bench [resnet50|mobilenetv2|vgg16] [batch] [threads] [rounds]
 * Times every different convolution of a network, best of many rounds, and sums up a whole pass. */
#include "base/threads.h"
#include "native/kernels/conv/conv_nhwc.h"
#include "native/kernels/conv/depthwise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LAYERS_MAX 64

typedef struct layer {
    int64_t size, in, out, kernel, stride;
    int count;
    bool depthwise, residual;
} layer;

typedef struct network {
    layer layers[LAYERS_MAX];
    int count;
} network;

static void add(network *net, layer l)
{
    for (int i = 0; i < net->count; i++) {
        layer *other = &net->layers[i];
        if (other->size == l.size && other->in == l.in && other->out == l.out &&
            other->kernel == l.kernel && other->stride == l.stride &&
            other->depthwise == l.depthwise && other->residual == l.residual) {
            other->count++;
            return;
        }
    }
    if (net->count == LAYERS_MAX)
        abort();
    l.count = 1;
    net->layers[net->count++] = l;
}

static void resnet50(network *net)
{
    const struct {
        int64_t size, width;
        int blocks;
    } stages[] = {{56, 64, 3}, {28, 128, 4}, {14, 256, 6}, {7, 512, 3}};
    add(net, (layer){.size = 224, .in = 3, .out = 64, .kernel = 7, .stride = 2});
    int64_t in = 64;
    for (int s = 0; s < 4; s++) {
        int64_t size = stages[s].size, width = stages[s].width;
        for (int b = 0; b < stages[s].blocks; b++) {
            int64_t stride = b == 0 && s > 0 ? 2 : 1;
            if (b == 0)
                add(net, (layer){size * stride, in, 4 * width, 1, stride, 0, false, false});
            add(net, (layer){size * stride, in, width, 1, stride, 0, false, false});
            add(net, (layer){size, width, width, 3, 1, 0, false, false});
            add(net, (layer){size, width, 4 * width, 1, 1, 0, false, true});
            in = 4 * width;
        }
    }
}

static void mobilenetv2(network *net)
{
    const struct {
        int64_t expansion, out;
        int blocks;
        int64_t stride;
    } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                  {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    add(net, (layer){.size = 224, .in = 3, .out = 32, .kernel = 3, .stride = 2});
    int64_t size = 112, in = 32;
    for (int s = 0; s < 7; s++) {
        for (int b = 0; b < stages[s].blocks; b++) {
            int64_t stride = b == 0 ? stages[s].stride : 1, wide = in * stages[s].expansion;
            if (stages[s].expansion > 1)
                add(net, (layer){size, in, wide, 1, 1, 0, false, false});
            add(net, (layer){size, wide, wide, 3, stride, 0, true, false});
            size /= stride;
            add(net, (layer){size, wide, stages[s].out, 1, 1, 0, false, b > 0});
            in = stages[s].out;
        }
    }
    add(net, (layer){size, in, 1280, 1, 1, 0, false, false});
}

static void vgg16(network *net)
{
    const int64_t widths[] = {64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512};
    const int64_t sizes[] = {224, 224, 112, 112, 56, 56, 56, 28, 28, 28, 14, 14, 14};
    int64_t in = 3;
    for (int i = 0; i < 13; i++) {
        add(net, (layer){.size = sizes[i], .in = in, .out = widths[i], .kernel = 3, .stride = 1});
        in = widths[i];
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *memory(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes / 64 + 2) * 64);
    if (!p)
        abort();
    memset(p, 0, bytes);
    return p;
}

static float *values(int64_t count)
{
    float *p = memory((size_t)count * sizeof(float));
    for (int64_t i = 0; i < count; i++)
        p[i] = (float)(i % 13) * 0.01F - 0.06F;
    return p;
}

/* Best seconds of one layer. */
static double measure(kov_context *context, const layer *l, int64_t batch, int rounds)
{
    int64_t out_size = (l->size + l->stride - 1) / l->stride;
    int64_t taps = l->kernel * l->kernel;
    kov_conv conv;
    kov_depthwise depthwise;
    kov_conv_init(&conv, 2);
    kov_depthwise_init(&depthwise, 2);
    for (int d = 0; d < 2; d++) {
        conv.input[d] = depthwise.input[d] = l->size;
        conv.kernel[d] = depthwise.kernel[d] = l->kernel;
        conv.stride[d] = depthwise.stride[d] = l->stride;
        conv.output[d] = depthwise.output[d] = out_size;
        conv.pad_before[d] = depthwise.pad_before[d] = l->kernel / 2;
    }
    conv.channels_in = depthwise.channels = l->in;
    conv.channels_out = l->out;
    conv.algorithm = kov_conv_choose(&conv, batch, getenv("WINOGRAD") != NULL);
    float *input = values(batch * l->size * l->size * l->in);
    float *output = values(batch * out_size * out_size * l->out);
    float *weights = values(taps * (l->depthwise ? 1 : l->in) * l->out);
    float *bias = values(l->out);
    kov_epilogue epilogue = {.bias = bias, .activation = KOV_ACTIVATION_CLIP, .high = 6};
    if (l->residual) {
        epilogue.residual = output;
        epilogue.activation = KOV_ACTIVATION_NONE;
    }
    float *packed = NULL;
    void *workspace = NULL;
    if (!l->depthwise) {
        packed = memory(kov_conv_packed_bytes(&conv));
        if (kov_conv_check(&conv) || kov_conv_pack(context, &conv, weights, packed))
            abort();
        workspace = memory(kov_conv_workspace_bytes(context, &conv, batch));
    }
    double best = 1e9;
    for (int i = 0; i < rounds; i++) {
        double start = now();
        kov_status status =
            l->depthwise
                ? kov_depthwise_run(context, &depthwise, batch, input, weights, &epilogue, output)
                : kov_conv_run(context, &conv, batch, input, packed, &epilogue, output, workspace);
        double time = now() - start;
        best = status == KOV_OK && time < best ? time : best;
    }
    free(input);
    free(output);
    free(weights);
    free(bias);
    free(packed);
    free(workspace);
    return best;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "resnet50";
    int64_t batch = argc > 2 ? atoll(argv[2]) : 1;
    kov_context_options options = {.threads = argc > 3 ? atoi(argv[3]) : 0};
    int rounds = argc > 4 ? atoi(argv[4]) : 30;
    kov_context *context = NULL;
    if (kov_context_create(&options, &context) != KOV_OK)
        return 1;
    network net = {.count = 0};
    if (strcmp(name, "mobilenetv2") == 0)
        mobilenetv2(&net);
    else if (strcmp(name, "vgg16") == 0)
        vgg16(&net);
    else
        resnet50(&net);
    double total = 0, total_flops = 0;
    printf("%s, batch %d, %d threads\n   size    in   out k s  times      ms  GFLOP/s  share ms\n",
           name, (int)batch, kov_context_threads(context));
    for (int i = 0; i < net.count; i++) {
        const layer *l = &net.layers[i];
        double out_size = (double)((l->size + l->stride - 1) / l->stride);
        double flops = 2.0 * (double)batch * out_size * out_size * (double)(l->kernel * l->kernel) *
                       (double)l->out * (double)(l->depthwise ? 1 : l->in);
        double time = measure(context, l, batch, rounds);
        printf("%c%6d %5d %5d %d %d  %5d %7.3f %8.1f %9.3f\n", l->depthwise ? 'd' : ' ',
               (int)l->size, (int)l->in, (int)l->out, (int)l->kernel, (int)l->stride, l->count,
               time * 1e3, flops / time * 1e-9, time * 1e3 * l->count);
        total += time * l->count;
        total_flops += flops * l->count;
    }
    printf("total %.2f ms, %.1f GFLOP/s\n", total * 1e3, total_flops / total * 1e-9);
    kov_context_release(context);
    return 0;
}
