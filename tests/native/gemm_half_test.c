/* SPDX-License-Identifier: Apache-2.0 */
/* Products of few rows with B of 16 bits against kov_gemm_run with B in float32: the same bits,
 * whatever sizes, layout and threads; and what is not taken. */
#include "native/kernels/gemm/gemm_half.h"
#include "native/math_every_isa.h"
#include "tensor/narrow_float.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 12345;

static float random_number(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(int32_t)seed * 0x1p-31f;
}

static kov_gemm product(int64_t m, int64_t n, int64_t k, bool turned)
{
    kov_gemm gemm;
    kov_gemm_init(&gemm, m, n, k);
    if (turned) {
        gemm.b_row = 1;
        gemm.b_column = k;
    }
    return gemm;
}

static void check(kov_context *context, const kov_gemm *gemm, kov_dtype dtype)
{
    const int64_t m = gemm->m, n = gemm->n, k = gemm->k;
    float *a = malloc(sizeof *a * (size_t)(m * k)), *b = malloc(sizeof *b * (size_t)(k * n));
    float *c = malloc(sizeof *c * (size_t)(m * n)), *want = malloc(sizeof *c * (size_t)(m * n));
    uint16_t *half = malloc(sizeof *half * (size_t)(k * n));
    size_t bytes = kov_gemm_workspace_bytes(context, gemm);
    void *workspace = aligned_alloc(64, (bytes + 64) / 64 * 64);
    assert_true(a && b && c && want && half && workspace);
    for (int64_t i = 0; i < m * k; i++)
        a[i] = random_number();
    for (int64_t i = 0; i < k * n; i++) {
        float x = random_number();
        half[i] = dtype == KOV_DTYPE_F16 ? kov_f32_to_f16(x) : kov_f32_to_bf16(x);
        b[i] = dtype == KOV_DTYPE_F16 ? kov_f16_to_f32(half[i]) : kov_bf16_to_f32(half[i]);
    }
    memset(c, 0x7f, sizeof *c * (size_t)(m * n));
    kov_gemm_half_run(context, gemm, dtype, a, half, c);
    assert_int_equal(kov_gemm_run(context, gemm, a, b, want, workspace), KOV_OK);
    assert_memory_equal(c, want, sizeof *c * (size_t)(m * n));
    free(a);
    free(b);
    free(c);
    free(want);
    free(half);
    free(workspace);
}

static void test_bits(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{1, 64, 1},    {1, 513, 17},   {2, 700, 333}, {3, 64, 5},
                                       {8, 1030, 66}, {4, 2048, 515}, {1, 70, 9000}};
    for (int threads = 1; threads <= 2; threads++) {
        kov_context *context;
        kov_context_options options = {.threads = threads};
        assert_int_equal(kov_context_create(&options, &context), KOV_OK);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] * 4; i++) {
            const int64_t *size = sizes[i / 4];
            kov_gemm gemm = product(size[0], size[1], size[2], i % 2);
            bool lines = gemm.b_column == 1; /* a column turned is a column */
            bool dots = !lines && size[2] >= 16 && size[0] <= 4;
            assert_int_equal(kov_gemm_half_accepts(&gemm), lines || dots);
            if (kov_gemm_half_accepts(&gemm))
                check(context, &gemm, i / 2 % 2 ? KOV_DTYPE_F16 : KOV_DTYPE_BF16);
        }
        kov_context_release(context);
    }
}

static void test_what_is_not_taken(void **state)
{
    (void)state;
    kov_gemm gemm = product(9, 64, 64, false);
    assert_false(kov_gemm_half_accepts(&gemm));
    gemm = product(1, 63, 64, false);
    assert_false(kov_gemm_half_accepts(&gemm));
    gemm = product(1, 64, 20000, true);
    assert_false(kov_gemm_half_accepts(&gemm));
    gemm = product(1, 64, 64, false);
    gemm.batch[0] = 2;
    assert_false(kov_gemm_half_accepts(&gemm));
    gemm = product(1, 64, 0, false);
    assert_false(kov_gemm_half_accepts(&gemm));
}

static int run_all(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_what_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run_all);
}
