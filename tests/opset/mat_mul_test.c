/* SPDX-License-Identifier: Apache-2.0 */
/* MatMul against its sum over indices, for all ranks and transposes. */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { M = 3, K = 5, N = 4 };

static double a_at(int batch, int i, int k)
{
    return (batch * 31 + i * 7 + k * 3) % 11 - 5;
}

static double b_at(int batch, int k, int j)
{
    return (batch * 17 + k * 5 + j * 2) % 13 - 6;
}

static void check(op_case *test, kov_dtype dtype, bool transpose_a, bool transpose_b, int a_batch,
                  int b_batch)
{
    double a[2 * M * K], b[2 * K * N], wanted[2 * M * N];
    int batch = a_batch > b_batch ? a_batch : b_batch;
    for (int o = 0; o < 2; o++) {
        for (int i = 0; i < M; i++)
            for (int k = 0; k < K; k++)
                a[o * M * K + (transpose_a ? k * M + i : i * K + k)] = a_at(o, i, k);
        for (int k = 0; k < K; k++)
            for (int j = 0; j < N; j++)
                b[o * K * N + (transpose_b ? j * K + k : k * N + j)] = b_at(o, k, j);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++) {
                double sum = 0;
                for (int k = 0; k < K; k++)
                    sum += a_at(a_batch == 1 ? 0 : o, i, k) * b_at(b_batch == 1 ? 0 : o, k, j);
                wanted[(o * M + i) * N + j] = sum;
            }
    }
    kov_value x = op_reals(test, dtype, DIMS(a_batch, transpose_a ? K : M, transpose_a ? M : K), a);
    kov_value y =
        op_reals(test, dtype, DIMS(b_batch, 1, transpose_b ? N : K, transpose_b ? K : N), b);
    /* b has one axis more: the result is (b_batch, a_batch, M, N) unless they are made to meet. */
    y = kov_reshape(test->b, y, INTS(test, b_batch, transpose_b ? N : K, transpose_b ? K : N),
                    false);
    op_check(test, kov_mat_mul(test->b, x, y, transpose_a, transpose_b), dtype, DIMS(batch, M, N),
             wanted);
}

static void test_transposes_and_batches(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const kov_dtype dtypes[] = {KOV_DTYPE_F16, KOV_DTYPE_F32, KOV_DTYPE_F64, KOV_DTYPE_I16,
                                KOV_DTYPE_I64};
    for (int d = 0; d < 5; d++)
        for (int flags = 0; flags < 4; flags++)
            for (int batches = 0; batches < 4; batches++)
                check(test, dtypes[d], flags & 1, flags & 2, batches & 1 ? 2 : 1,
                      batches & 2 ? 2 : 1);
    op_end(test);
}

static void test_vectors(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double v[] = {1, 2}, m[] = {1, 2, 3, 4, 5, 6};
    op_check(test,
             kov_mat_mul(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), v),
                         op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), m), true, false),
             KOV_DTYPE_F32, DIMS(3), (const double[]){9, 12, 15});
    op_check(test,
             kov_mat_mul(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(3, 2), m),
                         op_reals(test, KOV_DTYPE_F32, DIMS(2), v), false, true),
             KOV_DTYPE_F32, DIMS(3), (const double[]){5, 11, 17});
    op_check(test,
             kov_mat_mul(test->b, op_reals(test, KOV_DTYPE_I32, DIMS(2), v),
                         op_reals(test, KOV_DTYPE_I32, DIMS(2), v), false, false),
             KOV_DTYPE_I32, DIMS0, (const double[]){5});
    op_check(test,
             kov_mat_mul(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 1, 1, 2), m),
                         op_reals(test, KOV_DTYPE_F32, DIMS(1, 3, 2, 1), m), false, false),
             KOV_DTYPE_F32, DIMS(2, 3, 1, 1), (const double[]){5, 11, 17, 11, 25, 39});
    op_end(test);
}

static void test_empty_and_exact(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double m[6] = {0};
    op_check(test,
             kov_mat_mul(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 0), m),
                         op_reals(test, KOV_DTYPE_F32, DIMS(0, 3), m), false, false),
             KOV_DTYPE_F32, DIMS(2, 3), m);
    const int64_t big[] = {(INT64_C(1) << 53) + 1, INT64_MAX}, ones[] = {1, 1};
    const kov_tensor *y =
        op_result(test, kov_mat_mul(test->b, op_data(test, KOV_DTYPE_I64, DIMS(2), big),
                                    op_data(test, KOV_DTYPE_I64, DIMS(2), ones), false, false));
    assert_true(*(const int64_t *)kov_tensor_data(y) == INT64_MIN + (INT64_C(1) << 53));
    const double z[] = {1, 2}, w[] = {3, -1};
    y = op_result(test, kov_mat_mul(test->b, op_data(test, KOV_DTYPE_C128, DIMS(1, 1), z),
                                    op_data(test, KOV_DTYPE_C128, DIMS(1, 1), w), false, false));
    assert_memory_equal(kov_tensor_data(y), ((const double[]){5, 5}), 16);
    op_end(test);
}

static void test_refusals(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double m[6] = {0};
    assert_int_equal(
        op_failure(test, kov_mat_mul(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), m),
                                     op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), m), false, false)),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_mat_mul(test->b, op_reals(test, KOV_DTYPE_F32, DIMS0, m),
                                     op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), m), false, false)),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transposes_and_batches),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_empty_and_exact),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
