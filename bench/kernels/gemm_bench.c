/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_bench [threads] [m n k [packed]]: GFLOP/s of float32 products, best of many rounds. With
 * sizes given: that product alone, one line "seconds gflops" for gemm_vs_openblas.py. */
#include "base/threads.h"
#include "native/kernels/gemm/gemm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *values(size_t bytes)
{
    float *p = aligned_alloc(64, (bytes / 64 + 2) * 64);
    if (!p)
        abort();
    for (size_t i = 0; i < bytes / sizeof(float); i++)
        p[i] = (float)(i % 13) * 0.01F - 0.06F;
    return p;
}

static double measure(kov_context *context, int64_t m, int64_t n, int64_t k, bool packed)
{
    kov_gemm gemm;
    kov_gemm_init(&gemm, m, n, k);
    gemm.b_packed = packed;
    float *a = values((size_t)(m * k) * sizeof(float)),
          *b = values((size_t)(k * n) * sizeof(float));
    float *c = values((size_t)(m * n) * sizeof(float)), *panels = NULL;
    if (packed) {
        panels = values(kov_gemm_packed_bytes(&gemm));
        kov_gemm_pack(context, &gemm, b, panels);
    }
    void *workspace = values(kov_gemm_workspace_bytes(context, &gemm));
    double best = 1e9, begin = now();
    for (int i = 0; i < 5 || (now() - begin < 0.5 && i < 10000); i++) {
        double start = now();
        if (kov_gemm_run(context, &gemm, a, packed ? panels : b, c, workspace) != KOV_OK)
            abort();
        double time = now() - start;
        best = time < best ? time : best;
    }
    free(a);
    free(b);
    free(c);
    free(panels);
    free(workspace);
    return best;
}

int main(int argc, char **argv)
{
    static const int64_t sizes[][3] = {
        {1024, 1024, 1024}, {2048, 2048, 2048}, {512, 512, 512},  {256, 256, 256}, {128, 128, 128},
        {64, 64, 64},       {1, 1000, 2048},    {8, 1000, 2048},  {1, 512, 512},   {128, 384, 384},
        {128, 1536, 384},   {128, 384, 1536},   {1, 4096, 25088}, {1000, 10, 300}};
    kov_context_options options = {.threads = argc > 1 ? atoi(argv[1]) : 0};
    kov_context *context = NULL;
    if (kov_context_create(&options, &context) != KOV_OK)
        return 1;
    if (argc > 4) {
        int64_t m = atoll(argv[2]), n = atoll(argv[3]), k = atoll(argv[4]);
        double time = measure(context, m, n, k, argc > 5 && strcmp(argv[5], "packed") == 0);
        printf("%.9f %.2f\n", time, 2e-9 * (double)m * (double)n * (double)k / time);
    } else {
        printf("%d threads\n    m     n     k    packed  unpacked GFLOP/s\n",
               kov_context_threads(context));
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            int64_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
            double flops = 2e-9 * (double)m * (double)n * (double)k;
            printf("%5d %5d %5d %9.1f %9.1f\n", (int)m, (int)n, (int)k,
                   flops / measure(context, m, n, k, true),
                   flops / measure(context, m, n, k, false));
        }
    }
    kov_context_release(context);
    return 0;
}
