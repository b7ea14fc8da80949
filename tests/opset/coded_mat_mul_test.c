/* SPDX-License-Identifier: Apache-2.0 */
/* CodedMatMul against its sum over codes that the test knows, for all layouts. */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { M = 3, K = 5, N = 7, G = 2 };

static const char *const layouts[] = {"bytes", "columns", "rows"};

/* A code that uses the whole range of its type. */
static int code_at(kov_dtype type, int k, int n)
{
    int bits = type == KOV_DTYPE_I8 || type == KOV_DTYPE_U8 ? 8 : 4;
    int code = (k * 53 + n * 29 + k * n * 7) & ((1 << bits) - 1);
    bool is_signed = type == KOV_DTYPE_I8 || type == KOV_DTYPE_I4;
    return is_signed && code >> (bits - 1) ? code - (1 << bits) : code;
}

static kov_value codes(op_case *test, kov_dtype type, int layout)
{
    uint8_t bytes[(K + 1) * (N + 1)] = {0};
    int rows = layout == 2 ? (K + 1) / 2 : K, columns = layout == 1 ? (N + 1) / 2 : N;
    for (int k = 0; k < K; k++) {
        for (int n = 0; n < N; n++) {
            unsigned code = (unsigned)code_at(type, k, n);
            int at = (layout == 2 ? k / 2 : k) * columns + (layout == 1 ? n / 2 : n);
            int shift = layout == 0 ? 0 : (layout == 1 ? n : k) % 2 * 4;
            bytes[at] = (uint8_t)(bytes[at] | (code & (layout == 0 ? 255 : 15)) << shift);
        }
    }
    return op_data(test, type == KOV_DTYPE_U8 || type == KOV_DTYPE_U4 ? KOV_DTYPE_U8 : KOV_DTYPE_I8,
                   DIMS(rows, columns), bytes);
}

static int group_of(int k)
{
    return (k + 1) / 2 % G;
}

static void check(op_case *test, kov_dtype type, int layout, bool zero, int scale, bool groups)
{
    double data[M * K], wanted[M * N], zeros[G * N], scales[G * N];
    int32_t numbers[K];
    for (int i = 0; i < M * K; i++)
        data[i] = i % 7 - 3;
    for (int i = 0; i < G * N; i++) {
        zeros[i] = i % 5;
        scales[i] = i % 3 ? 0.5 : 2;
    }
    for (int k = 0; k < K; k++)
        numbers[k] = group_of(k);
    for (int i = 0; i < M; i++) {
        for (int n = 0; n < N; n++) {
            wanted[i * N + n] = 0;
            for (int k = 0; k < K; k++) {
                int at = (groups ? group_of(k) : 0) * N + n;
                double w = code_at(type, k, n) - (zero ? zeros[at] : 0);
                w = scale == 1 ? w * scales[at] : scale == 2 ? w / scales[at] : w;
                wanted[i * N + n] += data[i * K + k] * w;
            }
        }
    }
    int rows = groups ? G : 1;
    kov_value y = kov_coded_mat_mul(
        test->b, op_reals(test, KOV_DTYPE_F32, DIMS(M, K), data), codes(test, type, layout),
        zero ? op_reals(test, KOV_DTYPE_U8, DIMS(rows, N), zeros) : KOV_VALUE_NONE,
        scale ? op_reals(test, KOV_DTYPE_F32, DIMS(rows, N), scales) : KOV_VALUE_NONE,
        groups ? op_data(test, KOV_DTYPE_I32, DIMS(K), numbers) : KOV_VALUE_NONE, type,
        layouts[layout], N, scale == 2);
    op_check(test, y, KOV_DTYPE_F32, DIMS(M, N), wanted);
}

static void test_layouts_and_scalings(void **state)
{
    (void)state;
    const kov_dtype bytes[] = {KOV_DTYPE_I8, KOV_DTYPE_U8},
                    nibbles[] = {KOV_DTYPE_I4, KOV_DTYPE_U4};
    op_case *test = op_begin();
    for (int i = 0; i < 3 * 2 * 2 * 3 * 2; i++) {
        int layout = i % 3;
        check(test, (layout == 0 ? bytes : nibbles)[i / 3 % 2], layout, i / 6 % 2, i / 12 % 3,
              i / 36 % 2);
    }
    op_end(test);
}

static void test_integers_are_exact(void **state)
{
    (void)state;
    op_case *test = op_begin();
    double data[K], wanted[N];
    for (int k = 0; k < K; k++)
        data[k] = k * 50 - 128;
    for (int n = 0; n < N; n++) {
        wanted[n] = 0;
        for (int k = 0; k < K; k++)
            wanted[n] += data[k] * code_at(KOV_DTYPE_I8, k, n);
    }
    op_check(test,
             kov_coded_mat_mul(test->b, op_reals(test, KOV_DTYPE_I8, DIMS(K), data),
                               codes(test, KOV_DTYPE_I8, 0), KOV_VALUE_NONE, KOV_VALUE_NONE,
                               KOV_VALUE_NONE, KOV_DTYPE_I8, "bytes", N, false),
             KOV_DTYPE_I32, DIMS(N), wanted);
    op_end(test);
}

static void test_refusals(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[K] = {1, 2, 3, 4, 5}, one[N] = {1, 1, 1, 1, 1, 1, 1};
    const int32_t beyond[K] = {0, 0, 1, 0, 0};
    kov_value data = op_reals(test, KOV_DTYPE_F32, DIMS(K), x);
    kov_value scale = op_reals(test, KOV_DTYPE_F32, DIMS(1, N), one);
    assert_int_equal(op_failure(test, kov_coded_mat_mul(test->b, data, codes(test, KOV_DTYPE_I4, 1),
                                                        KOV_VALUE_NONE, scale, KOV_VALUE_NONE,
                                                        KOV_DTYPE_I4, "rows", N, false)),
                     KOV_INVALID_ARGUMENT);
    data = op_reals(test, KOV_DTYPE_F32, DIMS(K), x);
    scale = op_reals(test, KOV_DTYPE_F32, DIMS(1, N), one);
    kov_value groups = op_data(test, KOV_DTYPE_I32, DIMS(K), beyond);
    assert_int_equal(op_failure(test, kov_coded_mat_mul(test->b, data, codes(test, KOV_DTYPE_I8, 0),
                                                        KOV_VALUE_NONE, scale, groups, KOV_DTYPE_I8,
                                                        "bytes", N, false)),
                     KOV_INVALID_ARGUMENT);
    data = op_reals(test, KOV_DTYPE_I8, DIMS(K), x);
    scale = op_reals(test, KOV_DTYPE_F32, DIMS(1, N), one);
    assert_int_equal(op_failure(test, kov_coded_mat_mul(test->b, data, codes(test, KOV_DTYPE_I8, 0),
                                                        KOV_VALUE_NONE, scale, KOV_VALUE_NONE,
                                                        KOV_DTYPE_I8, "bytes", N, false)),
                     KOV_TYPE_ERROR);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_and_scalings),
        cmocka_unit_test(test_integers_are_exact),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
