/* SPDX-License-Identifier: Apache-2.0 */
/* Latency of eager calls through kov_eager_call: the functions that are called most, on 64x64
 * float32 and on small shapes that change from call to call.
 *
 *   eager_bench [rounds] */
#include <kov/kov.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check(kov_status status)
{
    if (status == KOV_OK)
        return;
    fprintf(stderr, "%s\n", kov_error_text());
    exit(1);
}

static kov_tensor *make(kov_context *context, int64_t rows, int64_t columns)
{
    kov_tensor *tensor;
    const int64_t dims[] = {rows, columns};
    check(kov_tensor_create(context, KOV_DTYPE_F32, 2, dims, &tensor));
    float *at = kov_tensor_data_mut(tensor);
    for (int64_t i = 0; i < rows * columns; i++)
        at[i] = (float)(i % 97) / 97.0f + 0.5f;
    return tensor;
}

typedef struct call {
    const char *module, *name;
    int tensors; /* leading arguments that are tensors; the others are left out */
} call;

static const call calls[] = {
    {"numpy", "add", 2},  {"numpy", "multiply", 2}, {"numpy", "log1p", 1},
    {"numpy", "exp", 1},  {"numpy", "matmul", 2},   {"numpy", "sum", 1},
    {"numpy", "mean", 1}, {"numpy", "maximum", 2},  {"numpy", "reshape", 1},
    {"nn", "relu", 1},    {"nn", "softmax", 1},     {"nn", "gelu", 1},
    {"nn", "silu", 1},    {"numpy", "square", 1},   {"numpy", "transpose", 1},
    {"numpy", "var", 1},
};

enum { SHAPES = 64 };

static void run(kov_context *context, const call *c, int rounds, kov_tensor **inputs, int shapes)
{
    int function = kov_function_find(c->module, c->name);
    const kov_function_info *info = function < 0 ? NULL : kov_function_at(function);
    kov_argument arguments[16];
    const int64_t flat[] = {-1};
    if (!info || info->parameter_count > 16) {
        printf("%-10s is not in the table\n", c->name);
        return;
    }
    double *times = malloc(sizeof *times * (size_t)rounds);
    if (!times)
        exit(1);
    for (int i = -50; i < rounds; i++) {
        memset(arguments, 0, sizeof arguments);
        for (int j = 0; j < c->tensors; j++) {
            arguments[j].kind = KOV_ARGUMENT_TENSOR;
            arguments[j].u.tensor = inputs[i < 0 ? 0 : i % shapes];
        }
        if (strcmp(c->name, "reshape") == 0)
            arguments[1] = (kov_argument){.kind = KOV_ARGUMENT_INTS, .count = 1, .u.ints = flat};
        if (strcmp(c->name, "softmax") == 0)
            arguments[1] = (kov_argument){.kind = KOV_ARGUMENT_INTS, .count = -1, .u.ints = flat};
        if (strcmp(c->name, "gelu") == 0)
            arguments[1] = (kov_argument){.kind = KOV_ARGUMENT_BOOL, .u.boolean = true};
        kov_tensor *out[2];
        int count = 2;
        double start = now();
        kov_status status = kov_eager_call(context, function, KOV_DTYPE_F32, arguments,
                                           info->parameter_count, out, &count);
        double stop = now();
        if (status != KOV_OK) {
            printf("%-10s %s\n", c->name, kov_error_text());
            free(times);
            return;
        }
        for (int k = 0; k < count; k++)
            kov_tensor_release(out[k]);
        if (i >= 0)
            times[i] = stop - start;
    }
    qsort(times, (size_t)rounds, sizeof *times, by_size);
    printf("%-10s %-8s %8.2f us  (p90 %.2f)\n", c->name, shapes == 1 ? "64x64" : "changing",
           times[rounds / 2], times[rounds * 9 / 10]);
    free(times);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 20000;
    kov_context *context;
    check(kov_context_create(NULL, &context));
    kov_tensor *same[] = {make(context, 64, 64)}, *changing[SHAPES];
    for (int i = 0; i < SHAPES; i++)
        changing[i] = make(context, 2 + i, 2 + i);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        run(context, &calls[i], rounds, same, 1);
        run(context, &calls[i], rounds, changing, SHAPES);
    }
    kov_tensor_release(same[0]);
    for (int i = 0; i < SHAPES; i++)
        kov_tensor_release(changing[i]);
    kov_context_release(context);
    return 0;
}
