/* SPDX-License-Identifier: Apache-2.0 */
/* float64 products of awkward sizes, transposed and batched, against sums in long double; and the
 * same bits for any number of threads. */
#include "native/kernels/gemm64/gemm_f64.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double *values(size_t n, uint64_t seed)
{
    double *at = malloc((n + 1) * sizeof *at);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        at[i] = (double)(int64_t)(seed >> 20) * 0x1p-43 - 1;
    }
    return at;
}

/* Two products share B where `broadcast`. */
static void check(int64_t m, int64_t n, int64_t k, bool a_turned, bool b_turned, bool broadcast)
{
    kov_gemm g;
    size_t c_count = (size_t)(2 * m * n);
    double *a = values((size_t)(2 * m * k), 1), *b = values((size_t)(2 * k * n), 2);
    double *c[] = {malloc((c_count + 1) * sizeof **c), malloc((c_count + 1) * sizeof **c)};
    kov_gemm_init(&g, m, n, k);
    g.a_row = a_turned ? 1 : k;
    g.a_column = a_turned ? m : 1;
    g.b_row = b_turned ? 1 : n;
    g.b_column = b_turned ? k : 1;
    g.batch[0] = 2;
    g.a_batch[0] = m * k;
    g.b_batch[0] = broadcast ? 0 : k * n;
    g.c_batch[0] = m * n;
    for (int threads = 1; threads < 3; threads++) {
        kov_context *context;
        const kov_context_options options = {.threads = threads};
        assert_int_equal(kov_context_create(&options, &context), KOV_OK);
        assert_int_equal(kov_gemm_f64_run(context, &g, a, b, c[threads - 1]), KOV_OK);
        kov_context_release(context);
    }
    assert_memory_equal(c[0], c[1], c_count * sizeof **c);
    for (int64_t batch = 0; batch < 2; batch++) {
        for (int64_t i = 0; i < m * n; i++) {
            long double sum = 0, size = 0;
            for (int64_t j = 0; j < k; j++) {
                double x = a[batch * g.a_batch[0] + i / n * g.a_row + j * g.a_column];
                double y = b[batch * g.b_batch[0] + j * g.b_row + i % n * g.b_column];
                sum += (long double)x * y;
                size += fabsl((long double)x * y);
            }
            /* a chain of k roundings, each of at most half an ulp of a partial sum */
            assert_true(fabsl(sum - c[0][batch * m * n + i]) <= (long double)k * 0x1p-53L * size);
        }
    }
    free(a);
    free(b);
    free(c[0]);
    free(c[1]);
}

static void test_sizes(void **state)
{
    static const int64_t sizes[] = {1, 2, 7, 8, 9, 16, 17, 33, 65};
    const int count = sizeof sizes / sizeof *sizes;
    (void)state;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++)
            check(sizes[i], sizes[j], sizes[(i + 2 * j) % count], i % 2, j % 2, (i + j) % 3 == 0);
    }
    check(150, 40, 200, false, true, false);
    check(3, 5, 0, false, false, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
