/* SPDX-License-Identifier: Apache-2.0 */
/* Binary arithmetic: all pairs of 8-bit integers against definitions in wider arithmetic, and
 * hand-made cases of broadcasting, NaN and content. */
#include "opset/op_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ALL = 256 };

/* The exact result as a real number, from which the low 8 bits are taken. */
static double integer_result(int op, double a, double b)
{
    switch (op) {
    case KOV_OP_ADD:
        return a + b;
    case KOV_OP_SUBTRACT:
        return a - b;
    case KOV_OP_MULTIPLY:
        return a * b;
    case KOV_OP_DIVIDE:
        return b == 0 ? 0 : floor(a / b);
    case KOV_OP_FLOOR_MOD:
        return b == 0 ? 0 : a - b * floor(a / b);
    case KOV_OP_MOD:
        return b == 0 ? 0 : a - b * trunc(a / b);
    case KOV_OP_MAXIMUM:
        return a > b ? a : b;
    case KOV_OP_MINIMUM:
        return a < b ? a : b;
    default: /* SquaredDifference */
        return (a - b) * (a - b);
    }
}

static kov_value emit_pair(op_case *test, int op, kov_value a, kov_value b)
{
    const kov_attr attrs[] = {kov_attr_enum("numpy"), kov_attr_bool(true)};
    return kov_emit(test->b, op, (kov_value[]){a, b}, 2, attrs);
}

static void check_all_pairs(op_case *test, int op, kov_dtype dtype)
{
    uint8_t numbers[ALL];
    for (int k = 0; k < ALL; k++)
        numbers[k] = (uint8_t)k;
    kov_value a = op_data(test, dtype, DIMS(ALL, 1), numbers);
    kov_value b = op_data(test, dtype, DIMS(ALL), numbers);
    const kov_tensor *y = op_result(test, emit_pair(test, op, a, b));
    const uint8_t *have = kov_tensor_data(y);
    assert_int_equal(kov_tensor_count(y), ALL * ALL);
    for (int i = 0; i < ALL; i++) {
        for (int j = 0; j < ALL; j++) {
            double x = dtype == KOV_DTYPE_I8 ? (int8_t)i : i,
                   z = dtype == KOV_DTYPE_I8 ? (int8_t)j : j;
            int wanted = (int)integer_result(op, x, z) & 0xFF;
            if (have[i * ALL + j] != wanted)
                fail_msg("operation %d of %g and %g: %d, not %d", op, x, z, have[i * ALL + j],
                         wanted);
        }
    }
}

static void test_all_pairs_of_bytes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const int ops[] = {KOV_OP_ADD,     KOV_OP_SUBTRACT,  KOV_OP_MULTIPLY,
                       KOV_OP_DIVIDE,  KOV_OP_FLOOR_MOD, KOV_OP_MOD,
                       KOV_OP_MAXIMUM, KOV_OP_MINIMUM,   KOV_OP_SQUARED_DIFFERENCE};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        check_all_pairs(test, ops[i], KOV_DTYPE_I8);
        check_all_pairs(test, ops[i], KOV_DTYPE_U8);
    }
    op_end(test);
}

static void test_wide_integers(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const int64_t a[] = {INT64_MIN, INT64_MIN, INT64_MAX, (INT64_C(1) << 53) + 1, -7};
    const int64_t b[] = {-1, 0, 2, 1, 2};
    const struct {
        int op;
        int64_t wanted[5];
    } rows[] = {
        {KOV_OP_DIVIDE, {INT64_MIN, 0, INT64_MAX / 2, (INT64_C(1) << 53) + 1, -4}},
        {KOV_OP_FLOOR_MOD, {0, 0, 1, 0, 1}},
        {KOV_OP_MOD, {0, 0, 1, 0, -1}},
        {KOV_OP_ADD, {INT64_MAX, INT64_MIN, INT64_MIN + 1, (INT64_C(1) << 53) + 2, -5}},
        {KOV_OP_POWER, {0, 1, 1, (INT64_C(1) << 53) + 1, 49}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kov_value x = op_data(test, KOV_DTYPE_I64, DIMS(5), a);
        kov_value y = op_data(test, KOV_DTYPE_I64, DIMS(5), b);
        const kov_tensor *z = op_result(test, emit_pair(test, rows[i].op, x, y));
        assert_memory_equal(kov_tensor_data(z), rows[i].wanted, sizeof rows[i].wanted);
    }
    const uint64_t big[] = {UINT64_MAX, UINT64_MAX}, by[] = {10, 3};
    const kov_tensor *z =
        op_result(test, emit_pair(test, KOV_OP_DIVIDE, op_data(test, KOV_DTYPE_U64, DIMS(2), big),
                                  op_data(test, KOV_DTYPE_U64, DIMS(2), by)));
    assert_memory_equal(kov_tensor_data(z), ((const uint64_t[]){UINT64_MAX / 10, UINT64_MAX / 3}),
                        16);
    const kov_attr truncating[] = {kov_attr_enum("numpy"), kov_attr_bool(false)};
    kov_value pair[] = {op_int(test, -7), op_int(test, 2)};
    op_check(test, kov_emit(test->b, KOV_OP_DIVIDE, pair, 2, truncating), KOV_DTYPE_I64, DIMS0,
             (const double[]){-3});
    op_end(test);
}

static void test_powers_of_integers(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double base[] = {2, -3, 1, -1, -1, 5, 0, 3}, exponent[] = {10, 3, -5, -5, -4, -1, 0, 40};
    double wanted[8];
    for (int k = 0; k < 8; k++)
        wanted[k] = trunc(pow(base[k], exponent[k]));
    wanted[7] = 689956897; /* 3^40 modulo 2^32, from Python; below 2^31 */
    op_check(test,
             emit_pair(test, KOV_OP_POWER, op_reals(test, KOV_DTYPE_I32, DIMS(8), base),
                       op_reals(test, KOV_DTYPE_I32, DIMS(8), exponent)),
             KOV_DTYPE_I32, DIMS(8), wanted);
    op_end(test);
}

/* Python's float % float, tried with CPython: its results, not its formula. */
static void test_real_remainders(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double a[] = {5.5, -5.5, 5.5, -5.5, -1, 1, INFINITY, NAN, 6, 1};
    const double b[] = {2, 2, -2, -2, INFINITY, -INFINITY, 2, 1, -3, 0};
    const double floor_mod[] = {1.5, 0.5, -0.5, -1.5, INFINITY, -INFINITY, NAN, NAN, 0, NAN};
    const double mod[] = {1.5, -1.5, 1.5, -1.5, -1, 1, NAN, NAN, 0, NAN};
    const kov_dtype dtypes[] = {KOV_DTYPE_F16, KOV_DTYPE_BF16, KOV_DTYPE_F32, KOV_DTYPE_F64};
    for (int i = 0; i < 4; i++) {
        op_check(test,
                 emit_pair(test, KOV_OP_FLOOR_MOD, op_reals(test, dtypes[i], DIMS(10), a),
                           op_reals(test, dtypes[i], DIMS(10), b)),
                 dtypes[i], DIMS(10), floor_mod);
        op_check(test,
                 emit_pair(test, KOV_OP_MOD, op_reals(test, dtypes[i], DIMS(10), a),
                           op_reals(test, dtypes[i], DIMS(10), b)),
                 dtypes[i], DIMS(10), mod);
    }
    const kov_tensor *y = op_result(test, emit_pair(test, KOV_OP_FLOOR_MOD,
                                                    op_reals(test, KOV_DTYPE_F64, DIMS(1), a + 8),
                                                    op_reals(test, KOV_DTYPE_F64, DIMS(1), b + 8)));
    assert_true(signbit(*(const double *)kov_tensor_data(y)));
    op_end(test);
}

static void test_extremes_keep_nan(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double a[] = {NAN, 1, 3, NAN}, b[] = {1, NAN, 2, NAN};
    const double most[] = {NAN, NAN, 3, NAN}, least[] = {NAN, NAN, 2, NAN};
    op_check(test,
             emit_pair(test, KOV_OP_MAXIMUM, op_reals(test, KOV_DTYPE_F32, DIMS(4), a),
                       op_reals(test, KOV_DTYPE_F32, DIMS(4), b)),
             KOV_DTYPE_F32, DIMS(4), most);
    op_check(test,
             emit_pair(test, KOV_OP_MINIMUM, op_reals(test, KOV_DTYPE_F32, DIMS(4), a),
                       op_reals(test, KOV_DTYPE_F32, DIMS(4), b)),
             KOV_DTYPE_F32, DIMS(4), least);
    op_end(test);
}

/* float32 must round as float32 arithmetic does, subnormals included. */
static void test_float32_rounds_once(void **state)
{
    (void)state;
    enum { N = 4096 };
    op_case *test = op_begin();
    static float a[N], b[N];
    uint32_t seed = 12345;
    for (int k = 0; k < N; k++) {
        uint32_t bits[2];
        for (int i = 0; i < 2; i++)
            bits[i] = seed = seed * 1664525u + 1013904223u;
        bits[0] &= 0xBFFFFFFFu; /* no infinity or NaN */
        bits[1] &= 0xBFFFFFFFu;
        memcpy(&a[k], &bits[0], 4);
        memcpy(&b[k], &bits[1], 4);
    }
    for (int op = 0; op < 4; op++) {
        const int ops[] = {KOV_OP_ADD, KOV_OP_SUBTRACT, KOV_OP_MULTIPLY, KOV_OP_DIVIDE};
        const kov_tensor *y =
            op_result(test, emit_pair(test, ops[op], op_data(test, KOV_DTYPE_F32, DIMS(N), a),
                                      op_data(test, KOV_DTYPE_F32, DIMS(N), b)));
        for (int k = 0; k < N; k++) {
            volatile float wanted = op == 0   ? a[k] + b[k]
                                    : op == 1 ? a[k] - b[k]
                                    : op == 2 ? a[k] * b[k]
                                              : a[k] / b[k];
            float have = ((const float *)kov_tensor_data(y))[k];
            assert_true(have == wanted || (isnan(have) && isnan(wanted)));
        }
    }
    op_end(test);
}

static void test_broadcasts(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double a[] = {10, 20}, b[] = {1, 2, 3};
    op_check(test,
             emit_pair(test, KOV_OP_ADD, op_reals(test, KOV_DTYPE_F32, DIMS(2, 1), a),
                       op_reals(test, KOV_DTYPE_F32, DIMS(3), b)),
             KOV_DTYPE_F32, DIMS(2, 3), (const double[]){11, 12, 13, 21, 22, 23});
    op_check(test,
             emit_pair(test, KOV_OP_ADD, op_reals(test, KOV_DTYPE_I16, DIMS0, a),
                       op_reals(test, KOV_DTYPE_I16, DIMS(1, 3, 1), b)),
             KOV_DTYPE_I16, DIMS(1, 3, 1), (const double[]){11, 12, 13});
    op_check(test,
             emit_pair(test, KOV_OP_ADD, op_reals(test, KOV_DTYPE_I16, DIMS(2, 1), a),
                       op_reals(test, KOV_DTYPE_I16, DIMS(0), b)),
             KOV_DTYPE_I16, DIMS(2, 0), NULL);
    assert_int_equal(
        op_failure(test, emit_pair(test, KOV_OP_ADD, op_reals(test, KOV_DTYPE_F32, DIMS(2), a),
                                   op_reals(test, KOV_DTYPE_F32, DIMS(3), b))),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, emit_pair(test, KOV_OP_ADD, op_reals(test, KOV_DTYPE_F32, DIMS(2), a),
                                   op_reals(test, KOV_DTYPE_F64, DIMS(2), a))),
        KOV_TYPE_ERROR);
    op_end(test);
}

static void test_complex(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double a[] = {1, 2}, b[] = {3, -1};
    const struct {
        int op;
        double wanted[2];
    } rows[] = {{KOV_OP_ADD, {4, 1}},
                {KOV_OP_SUBTRACT, {-2, 3}},
                {KOV_OP_MULTIPLY, {5, 5}},
                {KOV_OP_DIVIDE, {0.1, 0.7}},
                {KOV_OP_MAXIMUM, {3, -1}},
                {KOV_OP_MINIMUM, {1, 2}},
                /* exp((3 - i) log(1 + 2i)) */
                {KOV_OP_POWER, {-27.436381991606050504, 19.789310365010697857}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const kov_tensor *y =
            op_result(test, emit_pair(test, rows[i].op, op_data(test, KOV_DTYPE_C128, DIMS(1), a),
                                      op_data(test, KOV_DTYPE_C128, DIMS(1), b)));
        const double *have = kov_tensor_data(y);
        double size = fabs(rows[i].wanted[0]) + fabs(rows[i].wanted[1]);
        assert_true(fabs(have[0] - rows[i].wanted[0]) < 1e-15 * size);
        assert_true(fabs(have[1] - rows[i].wanted[1]) < 1e-15 * size);
    }
    op_end(test);
}

/* Whole powers are products: of Gaussian integers they are exact. */
static void test_whole_powers_of_complex(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double a[] = {1, 2, 1, 2, 1, 1, 0, 0, 0, 0}, b[] = {5, 0, 0, 0, -2, 0, 2.5, 0, 0, 0};
    const double wanted[] = {41, -38, 1, 0, 0, -0.5, 0, 0, 1, 0};
    const kov_tensor *y =
        op_result(test, emit_pair(test, KOV_OP_POWER, op_data(test, KOV_DTYPE_C128, DIMS(5), a),
                                  op_data(test, KOV_DTYPE_C128, DIMS(5), b)));
    const double *have = kov_tensor_data(y);
    for (int k = 0; k < 10; k++)
        assert_true(have[k] == wanted[k]);
    op_end(test);
}

static void test_bits(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double a[] = {-128, 93, -1, 64}, b[] = {1, 3, 9, 1};
    const struct {
        int op;
        double wanted[4];
    } rows[] = {{KOV_OP_BITWISE_AND, {0, 1, 9, 0}},
                {KOV_OP_BITWISE_OR, {-127, 95, -1, 65}},
                {KOV_OP_BITWISE_XOR, {-127, 94, -10, 65}},
                {KOV_OP_BITWISE_LEFT_SHIFT, {0, -24, 0, -128}},
                {KOV_OP_BITWISE_RIGHT_SHIFT, {-64, 11, -1, 32}}};
    for (int i = 0; i < 5; i++)
        op_check(test,
                 emit_pair(test, rows[i].op, op_reals(test, KOV_DTYPE_I8, DIMS(4), a),
                           op_reals(test, KOV_DTYPE_I8, DIMS(4), b)),
                 KOV_DTYPE_I8, DIMS(4), rows[i].wanted);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pairs_of_bytes),
        cmocka_unit_test(test_wide_integers),
        cmocka_unit_test(test_powers_of_integers),
        cmocka_unit_test(test_real_remainders),
        cmocka_unit_test(test_extremes_keep_nan),
        cmocka_unit_test(test_float32_rounds_once),
        cmocka_unit_test(test_broadcasts),
        cmocka_unit_test(test_complex),
        cmocka_unit_test(test_whole_powers_of_complex),
        cmocka_unit_test(test_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
