/* SPDX-License-Identifier: Apache-2.0 */
/* Products with coded weights on every instruction set, against the weights one by one. */
#include "base/memory.h"
#include "native/kernels/coded/coded_gemm.h"
#include "native/kernels/coded/coded_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    kov_code_layout layout;
    kov_dtype type;
} forms[] = {{KOV_CODE_BYTES, KOV_DTYPE_I8},   {KOV_CODE_BYTES, KOV_DTYPE_U8},
             {KOV_CODE_COLUMNS, KOV_DTYPE_I4}, {KOV_CODE_COLUMNS, KOV_DTYPE_U4},
             {KOV_CODE_ROWS, KOV_DTYPE_I4},    {KOV_CODE_ROWS, KOV_DTYPE_U4}};
enum { FORMS = 6, GROUP = 6 };

typedef struct weights {
    kov_coded at;
    uint8_t *codes, *zero;
    float *scale;
    int32_t *groups;
} weights;

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static weights make(int form, int64_t k, int64_t n, bool scaled, uint32_t *seed)
{
    weights w = {.at = {.layout = forms[form].layout, .type = forms[form].type, .k = k, .n = n}};
    int64_t rows = w.at.layout == KOV_CODE_ROWS ? (k + 1) / 2 : k, groups = (k + GROUP - 1) / GROUP;
    size_t bytes = (size_t)(rows * kov_coded_stride(&w.at));
    w.codes = malloc(bytes);
    w.zero = malloc((size_t)(groups * n));
    w.scale = malloc(sizeof *w.scale * (size_t)(groups * n));
    w.groups = malloc(sizeof *w.groups * (size_t)k);
    for (size_t i = 0; i < bytes; i++)
        w.codes[i] = (uint8_t)next(seed);
    for (int64_t i = 0; i < groups * n; i++) {
        w.zero[i] = (uint8_t)next(seed);
        w.scale[i] = (float)(next(seed) % 1000 + 1) / 700.0f;
    }
    for (int64_t i = 0; i < k; i++)
        w.groups[i] = (int32_t)(i / GROUP);
    w.at.codes = w.codes;
    w.at.zero_type = form % 2 ? KOV_DTYPE_U8 : KOV_DTYPE_I8;
    w.at.group_count = groups;
    if (scaled) {
        w.at.zero = w.zero;
        w.at.scale = w.scale;
        w.at.groups = w.groups;
        w.at.divide = form == 2;
    }
    return w;
}

static void release(weights *w)
{
    free(w->codes);
    free(w->zero);
    free(w->scale);
    free(w->groups);
}

/* Bits of rows as floats are those of the plain function. */
static void rows_of_every_isa(void **state)
{
    (void)state;
    static kov_coded_rows_fn *const table[KOV_ISA_COUNT] = KOV_ISA_TABLE(f32_coded_rows);
    enum { N = 75, K = 9 };
    uint32_t seed = 1;
    float have[3 * N], want[N];
    for (int i = 0; i < FORMS * 2; i++) {
        weights w = make(i / 2, K, N, i % 2, &seed);
        for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++) {
            for (int64_t first = 0; first < 5; first += 2) {
                table[isa](&w.at, 4, 3, first, N - first, have, N);
                for (int64_t row = 0; row < 3; row++) {
                    kov_coded_row(&w.at, 4 + row, first, N - first, want);
                    assert_memory_equal(have + row * N, want, sizeof *want * (size_t)(N - first));
                }
            }
        }
        release(&w);
    }
}

static void run(kov_context *context, kov_coded_gemm *gemm, const void *a, void *c)
{
    size_t bytes = kov_coded_gemm_workspace_bytes(context, gemm);
    void *workspace = aligned_alloc(64, (bytes + 127) / 64 * 64);
    assert_int_equal(kov_coded_gemm_run(context, gemm, a, c, workspace), KOV_OK);
    free(workspace);
}

static const struct {
    int64_t m, k, n;
} sizes[] = {{1, 1, 1},     {1, 7, 130},   {3, 261, 67}, {8, 64, 1030},
             {9, 64, 1030}, {20, 261, 67}, {2, 2100, 9}, {11, 2100, 9}};

static void floats(kov_context *context, int size, int form, bool scaled, uint32_t *seed)
{
    const int64_t m = sizes[size].m, k = sizes[size].k, n = sizes[size].n;
    weights w = make(form, k, n, scaled, seed);
    float *a = malloc(sizeof *a * (size_t)(m * k)), *row = malloc(sizeof *row * (size_t)n);
    float *c = malloc(sizeof *c * (size_t)(m * n)), *first = malloc(sizeof *c * (size_t)n);
    double *want = calloc((size_t)(m * n), sizeof *want), *size_of = calloc((size_t)(m * n), 8);
    for (int64_t i = 0; i < m * k; i++)
        a[i] = (float)(next(seed) % 2001) / 1000.0f - 1;
    for (int64_t i = 0; i < k; i++) {
        kov_coded_row(&w.at, i, 0, n, row);
        for (int64_t j = 0; j < m * n; j++) {
            double term = (double)a[j / n * k + i] * (double)row[j % n];
            want[j] += term;
            size_of[j] += term < 0 ? -term : term;
        }
    }
    for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++) {
        kov_coded_gemm gemm = {.m = m, .weights = w.at, .isa = (kov_isa)isa, .width = 2};
        run(context, &gemm, a, c);
        for (int64_t j = 0; j < m * n; j++) /* a rounding per product, and one per sum */
            assert_true(((double)c[j] - want[j]) * (c[j] < want[j] ? -1 : 1) <=
                        2 * (double)k * 0x1p-24 * size_of[j]);
        gemm.m = 1; /* bits do not depend on how many rows there are */
        run(context, &gemm, a, first);
        assert_memory_equal(first, c, sizeof *c * (size_t)n);
    }
    free(a);
    free(row);
    free(c);
    free(first);
    free(want);
    free(size_of);
    release(&w);
}

static void products(void **state)
{
    uint32_t seed = 2;
    for (int size = 0; size < (int)(sizeof sizes / sizeof *sizes); size++)
        for (int i = 0; i < FORMS * 2; i++)
            floats(*state, size, i / 2, i % 2, &seed);
}

/* The largest products there are: every sum of 1024 is 2^24 or near it. */
static void integers(void **state)
{
    uint32_t seed = 3;
    for (int size = 0; size < (int)(sizeof sizes / sizeof *sizes); size++) {
        const int64_t m = sizes[size].m, k = sizes[size].k, n = sizes[size].n;
        weights w = make(0, k, n, false, &seed);
        int8_t *a = malloc((size_t)(m * k));
        int32_t *c = malloc(sizeof *c * (size_t)(m * n)), *want = calloc((size_t)(m * n), 4);
        for (int extreme = 0; extreme < 2; extreme++) {
            for (int64_t i = 0; i < m * k; i++)
                a[i] = extreme ? -128 : (int8_t)next(&seed);
            if (extreme)
                memset(w.codes, 0x80, (size_t)(k * n));
            memset(want, 0, sizeof *want * (size_t)(m * n));
            for (int64_t i = 0; i < k; i++)
                for (int64_t j = 0; j < m * n; j++)
                    want[j] += a[j / n * k + i] * (int8_t)w.codes[i * n + j % n];
            for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++) {
                kov_coded_gemm gemm = {
                    .m = m, .integer = true, .weights = w.at, .isa = (kov_isa)isa, .width = 2};
                run(*state, &gemm, a, c);
                assert_memory_equal(c, want, sizeof *c * (size_t)(m * n));
            }
        }
        free(a);
        free(c);
        free(want);
        release(&w);
    }
}

static void groups_are_checked(void **state)
{
    uint32_t seed = 4;
    weights w = make(0, 20, 30, true, &seed);
    float a[20] = {0}, c[30];
    kov_coded_gemm gemm = {.m = 1, .weights = w.at, .width = 1};
    w.groups[19] = (int32_t)w.at.group_count;
    assert_int_equal(kov_coded_gemm_run(*state, &gemm, a, c, NULL), KOV_INVALID_ARGUMENT);
    w.groups[19] = -1;
    assert_int_equal(kov_coded_gemm_run(*state, &gemm, a, c, NULL), KOV_INVALID_ARGUMENT);
    release(&w);
}

static int start(void **state)
{
    kov_context *context;
    if (kov_context_create(NULL, &context) != KOV_OK)
        return -1;
    kov_context_set_threads(context, 2);
    *state = context;
    return 0;
}

static int stop(void **state)
{
    kov_context_release(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_every_isa),
        cmocka_unit_test(products),
        cmocka_unit_test(integers),
        cmocka_unit_test(groups_are_checked),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
