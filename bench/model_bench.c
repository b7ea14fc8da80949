/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of the operation set with random weights, run natively: milliseconds per run, median.
 *
 *   model_bench [mobilenet|resnet|all] [batch] [threads] [text]
 *
 * MobileNetV2 and ResNet50 as Keras builds them for 224x224x3, batch norms folded into weights and
 * bias (what the pass fold_scale makes of them), images channels last. "text" prints the plan. */
#include "graph/builder.h"
#include "opset_build.h"

#include <kov/kov.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_INPUTS = 256 };

typedef struct network {
    kov_context *context;
    kov_builder *b;
    kov_tensor *inputs[MAX_INPUTS];
    int n;
    uint32_t seed;
} network;

static void check(kov_status status)
{
    if (status == KOV_OK)
        return;
    fprintf(stderr, "%s\n", kov_error_text());
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static kov_value input(network *net, int ndim, const int64_t *dims, float scale,
                       kov_parameter_role role)
{
    kov_tensor *tensor;
    check(kov_tensor_create(net->context, KOV_DTYPE_F32, ndim, dims, &tensor));
    float *at = kov_tensor_data_mut(tensor);
    for (int64_t i = 0; i < kov_tensor_count(tensor); i++) {
        net->seed = net->seed * 1664525u + 1013904223u;
        at[i] = ((float)(net->seed >> 8) / 8388608.0f - 1.0f) * scale;
    }
    net->inputs[net->n++] = tensor;
    return kov_builder_parameter(net->b, KOV_DTYPE_F32, ndim, dims, NULL, role);
}

static int64_t channels(network *net, kov_value x)
{
    return kov_builder_dim(net->b, x, 1);
}

static kov_value bias(network *net, kov_value x)
{
    const int64_t dims[] = {1, channels(net, x), 1, 1};
    return kov_add(net->b, x, input(net, 4, dims, 0.1f, KOV_ROLE_VARIABLE));
}

static kov_value conv(network *net, kov_value x, int64_t out, int64_t kernel, int64_t stride)
{
    int64_t in = channels(net, x), pad = kernel / 2;
    const int64_t dims[] = {out, in, kernel, kernel}, s[] = {stride, stride}, p[] = {pad, pad};
    const int64_t one[] = {1, 1};
    float scale = 2.0f / (float)(in * kernel * kernel);
    kov_value w = input(net, 4, dims, scale, KOV_ROLE_VARIABLE);
    return bias(net, kov_convolution(net->b, x, w, (kov_ints){s, 2}, (kov_ints){p, 2},
                                     (kov_ints){p, 2}, (kov_ints){one, 2}, "explicit"));
}

static kov_value depthwise(network *net, kov_value x, int64_t stride)
{
    const int64_t dims[] = {channels(net, x), 1, 1, 3, 3}, s[] = {stride, stride}, one[] = {1, 1};
    kov_value w = input(net, 5, dims, 0.3f, KOV_ROLE_VARIABLE);
    return bias(net, kov_group_convolution(net->b, x, w, (kov_ints){s, 2}, (kov_ints){one, 2},
                                           (kov_ints){one, 2}, (kov_ints){one, 2}, "explicit"));
}

static kov_value head(network *net, kov_value x)
{
    const int64_t axes[] = {2, 3}, w[] = {channels(net, x), 1000}, u[] = {1000};
    kov_value y = kov_reduce_mean(net->b, x, kov_constant_i64(net->b, axes, 2), false);
    y = kov_mat_mul(net->b, y, input(net, 2, w, 0.05f, KOV_ROLE_VARIABLE), false, false);
    y = kov_add(net->b, y, input(net, 1, u, 0.1f, KOV_ROLE_VARIABLE));
    return kov_softmax(net->b, y, -1);
}

static kov_value images(network *net, int64_t batch)
{
    const int64_t dims[] = {batch, 224, 224, 3}, order[] = {0, 3, 1, 2};
    return kov_transpose(net->b, input(net, 4, dims, 1.0f, KOV_ROLE_INPUT),
                         kov_constant_i64(net->b, order, 4));
}

static kov_value relu6(network *net, kov_value x)
{
    return kov_clamp(net->b, x, 0, 6);
}

static kov_value mobilenet(network *net, int64_t batch)
{
    static const struct {
        int expand, out, repeat, stride;
    } rows[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    kov_value x = relu6(net, conv(net, images(net, batch), 32, 3, 2));
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (int i = 0; i < rows[r].repeat; i++) {
            int64_t in = channels(net, x);
            kov_value y = x;
            if (rows[r].expand > 1)
                y = relu6(net, conv(net, y, in * rows[r].expand, 1, 1));
            y = relu6(net, depthwise(net, y, i == 0 ? rows[r].stride : 1));
            y = conv(net, y, rows[r].out, 1, 1);
            x = i > 0 ? kov_add(net->b, x, y) : y;
        }
    }
    return head(net, relu6(net, conv(net, x, 1280, 1, 1)));
}

static kov_value resnet(network *net, int64_t batch)
{
    static const int depths[] = {3, 4, 6, 3};
    static const int64_t two[] = {2, 2}, one[] = {1, 1}, three[] = {3, 3};
    kov_value x = kov_relu(net->b, conv(net, images(net, batch), 64, 7, 2));
    x = kov_max_pool(net->b, x, (kov_ints){two, 2}, (kov_ints){one, 2}, (kov_ints){one, 2},
                     (kov_ints){one, 2}, (kov_ints){three, 2}, "floor", "explicit", KOV_DTYPE_I64,
                     0);
    for (int stage = 0; stage < 4; stage++) {
        int64_t width = INT64_C(64) << stage;
        for (int i = 0; i < depths[stage]; i++) {
            int64_t stride = i == 0 && stage > 0 ? 2 : 1;
            kov_value shortcut = i == 0 ? conv(net, x, 4 * width, 1, stride) : x;
            kov_value y = kov_relu(net->b, conv(net, x, width, 1, stride));
            y = kov_relu(net->b, conv(net, y, width, 3, 1));
            y = conv(net, y, 4 * width, 1, 1);
            x = kov_relu(net->b, kov_add(net->b, shortcut, y));
        }
    }
    return head(net, x);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, kov_value (*build)(network *, int64_t), int64_t batch,
                    int threads, bool text)
{
    enum { MOST = 200 };
    network net = {.seed = 1};
    const kov_context_options options = {.threads = threads};
    kov_graph *graph;
    kov_plan *plan;
    double times[MOST];
    int rounds = 0;
    check(kov_context_create(&options, &net.context));
    check(kov_builder_create(net.context, &net.b));
    kov_value result = build(&net, batch);
    check(kov_builder_finish(net.b, &result, 1, NULL, &graph));
    check(kov_plan_create(graph, &(kov_plan_options){.device = "NATIVE"}, &plan));
    double begin = now(), first = 0;
    while (rounds < 5 || (rounds < MOST && now() - begin < 4000)) {
        kov_tensor *out;
        double start = now();
        check(kov_plan_run(plan, net.inputs, net.n, &out, 1));
        times[rounds] = now() - start;
        first = rounds == 0 ? times[0] : first;
        rounds++;
        kov_tensor_release(out);
    }
    qsort(times, (size_t)rounds, sizeof *times, by_size);
    printf("%-10s batch %lld, %d threads: %.2f ms (best %.2f, first %.2f)\n", name,
           (long long)batch, kov_context_threads(net.context), times[rounds / 2], times[0], first);
    if (text) {
        char *lines;
        check(kov_plan_text(plan, &lines));
        printf("%s", lines);
        kov_text_free(lines);
    }
    kov_plan_release(plan);
    kov_graph_release(graph);
    kov_builder_release(net.b);
    for (int i = 0; i < net.n; i++)
        kov_tensor_release(net.inputs[i]);
    kov_context_release(net.context);
}

int main(int argc, char **argv)
{
    const char *which = argc > 1 ? argv[1] : "all";
    int64_t batch = argc > 2 ? atoi(argv[2]) : 1;
    int threads = argc > 3 ? atoi(argv[3]) : 0;
    bool text = argc > 4;
    if (strcmp(which, "resnet") != 0)
        measure("MobileNetV2", mobilenet, batch, threads, text);
    if (strcmp(which, "mobilenet") != 0)
        measure("ResNet50", resnet, batch, threads, text);
    return 0;
}
