/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* The interpreter sums in double, both forms alike: what is left is the order of their roundings.
 */
#define BOUND 0x1p-20

enum { K = 11, N = 9, G = 3 };

static kov_value bytes(native_case *test, int64_t rows, int64_t columns)
{
    return native_input(test, KOV_DTYPE_I8, DIMS(rows, columns), KOV_ROLE_VARIABLE);
}

static kov_value number(native_case *test, int64_t x)
{
    return kov_constant_int(test->b, KOV_DTYPE_I8, x);
}

static kov_value turn(native_case *test, kov_value x)
{
    return pass_transpose(test, x, 2, (const int64_t[]){1, 0});
}

/* As Keras unpacks rows of a matrix of bytes. */
static kov_value unpack_rows(native_case *test, kov_value packed, int64_t rows, int64_t columns,
                             int64_t count)
{
    kov_builder *b = test->b;
    kov_value half[2];
    for (int i = 0; i < 2; i++) {
        half[i] = i ? kov_bitwise_right_shift(b, packed, number(test, 4)) : packed;
        half[i] = kov_bitwise_and(b, half[i], number(test, 15));
        half[i] = kov_subtract(b, kov_bitwise_xor(b, half[i], number(test, 8)), number(test, 8));
        half[i] = kov_unsqueeze(b, half[i], INTS(test, 1));
    }
    kov_value x = kov_reshape(b, kov_concat(b, half, 2, 1), INTS(test, 2 * rows, columns), false);
    const int64_t mask[] = {1, 1}, end[] = {0, 1}, none[] = {0, 0};
    const kov_ints begin_mask = {mask, 2}, end_mask = {end, 2}, no = {none, 2}, empty = {NULL, 0};
    return kov_strided_slice(b, x, INTS(test, 0, 0), INTS(test, count, 0), INTS(test, 1, 1),
                             begin_mask, end_mask, no, no, empty);
}

static kov_value unpack_columns(native_case *test, kov_value packed)
{
    return turn(test, unpack_rows(test, turn(test, packed), (N + 1) / 2, K, N));
}

static kov_value data(native_case *test, kov_dtype dtype)
{
    return native_input(test, dtype, DIMS(2, 4, K), KOV_ROLE_INPUT);
}

static kov_value groups(native_case *test, int64_t n)
{
    kov_value spread =
        kov_constant_i64(test->b, (const int64_t[]){0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2}, (int)n);
    return kov_cast(test->b, spread, KOV_DTYPE_I32);
}

/* Checks the pass on one product: how many CodedMatMul come of it, and no product of floats. */
static void check(native_case *test, kov_value y, int coded)
{
    kov_graph *g = pass_check(test, kov_pass_keep_codes, &y, 1, BOUND);
    assert_int_equal(pass_count(g, KOV_OP_CODED_MAT_MUL), coded);
    assert_int_equal(pass_count(g, KOV_OP_MAT_MUL), 1 - coded);
    kov_graph_release(g);
    pass_again(test);
}

static kov_value f32(native_case *test, kov_value x)
{
    return kov_cast(test->b, x, KOV_DTYPE_F32);
}

static void plain_codes(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    check(test,
          kov_mat_mul(b, data(test, KOV_DTYPE_F32), f32(test, bytes(test, K, N)), false, false), 1);
    b = test->b;
    check(test,
          kov_mat_mul(b, data(test, KOV_DTYPE_F32), f32(test, bytes(test, N, K)), false, true), 1);
    b = test->b;
    check(test,
          kov_mat_mul(b, data(test, KOV_DTYPE_F32), turn(test, f32(test, bytes(test, N, K))), false,
                      false),
          1);
    b = test->b;
    kov_value scale = native_input(test, KOV_DTYPE_F32, DIMS(N), KOV_ROLE_VARIABLE);
    scale = kov_add(b, kov_abs(b, scale), kov_scalar_like(b, scale, 1));
    check(test,
          kov_mat_mul(b, data(test, KOV_DTYPE_F32),
                      kov_divide(b, f32(test, bytes(test, K, N)), scale), false, false),
          1);
    b = test->b; /* one number per row is not taken */
    scale = native_input(test, KOV_DTYPE_F32, DIMS(K, 1), KOV_ROLE_VARIABLE);
    check(test,
          kov_mat_mul(b, data(test, KOV_DTYPE_F32),
                      kov_multiply(b, f32(test, bytes(test, K, N)), scale), false, false),
          0);
    b = test->b; /* weights that change in each run are not either */
    kov_value inputs = native_input(test, KOV_DTYPE_I8, DIMS(K, N), KOV_ROLE_INPUT);
    check(test, kov_mat_mul(b, data(test, KOV_DTYPE_F32), f32(test, inputs), false, false), 0);
    native_end(test);
}

static void integers(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int moved = 0; moved < 2; moved++) {
        kov_builder *b = test->b;
        kov_value x = kov_cast(b, data(test, KOV_DTYPE_I8), KOV_DTYPE_I32), w;
        if (moved) {
            x = kov_reshape(b, x, INTS(test, 8, K), false);
            w = native_input(test, KOV_DTYPE_I8, DIMS(K, 3, 3), KOV_ROLE_VARIABLE);
            w = kov_reshape(b, kov_cast(b, w, KOV_DTYPE_I32), INTS(test, K, N), false);
        } else {
            w = kov_cast(b, bytes(test, K, N), KOV_DTYPE_I32);
        }
        check(test, kov_mat_mul(b, x, w, false, false), 1);
    }
    native_end(test);
}

static void nibbles(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int i = 0; i < 8; i++) {
        kov_builder *b = test->b;
        bool by_rows = i & 1, grouped = i & 2, turned = i & 4;
        kov_value w = by_rows ? unpack_rows(test, bytes(test, (K + 1) / 2, N), (K + 1) / 2, N, K)
                              : unpack_columns(test, bytes(test, K, (N + 1) / 2));
        w = f32(test, w);
        if (grouped) {
            kov_value axis = kov_constant_i64_scalar(b, 0), at = groups(test, K);
            kov_value zero = kov_gather(b, bytes(test, G, N), at, axis, 0);
            kov_value scale = native_input(test, KOV_DTYPE_F32, DIMS(G, N), KOV_ROLE_VARIABLE);
            w = kov_multiply(b, kov_subtract(b, w, f32(test, zero)),
                             kov_gather(b, scale, at, axis, 0));
        }
        if (turned) /* there and back by Reshape */
            w = kov_reshape(b, kov_reshape(b, w, INTS(test, K, 3, 3), false), INTS(test, K, N),
                            false);
        check(test, kov_mat_mul(b, data(test, KOV_DTYPE_F32), w, false, false), 1);
    }
    native_end(test);
}

/* GPTQ and AWQ keep (N, K), packed along N, with numbers per row and group. */
static void turned_codes(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value w = f32(test, unpack_rows(test, bytes(test, (N + 1) / 2, K), (N + 1) / 2, K, N));
    kov_value axis = kov_constant_i64_scalar(b, 1), at = groups(test, K);
    kov_value zero = kov_gather(b, bytes(test, N, G), at, axis, 0);
    kov_value scale = native_input(test, KOV_DTYPE_F32, DIMS(N, G), KOV_ROLE_VARIABLE);
    w = kov_multiply(b, kov_subtract(b, w, f32(test, zero)), kov_gather(b, scale, at, axis, 0));
    check(test, kov_mat_mul(b, data(test, KOV_DTYPE_F32), turn(test, w), false, false), 1);
    native_end(test);
}

/* What is looked up in a table of 4 bits is unpacked in the run, not the table. */
static void tables(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int i = 0; i < 2; i++) {
        kov_value table = unpack_columns(test, bytes(test, K, (N + 1) / 2));
        kov_value ids = i ? native_numbers(test, 2, (const int64_t[]){10, 3})
                          : native_numbers(test, 6, (const int64_t[]){0, 10, 3, 3, 1, 7});
        if (!i)
            ids = kov_reshape(test->b, ids, INTS(test, 2, 3), false);
        kov_value y = kov_gather(test->b, table, ids, kov_constant_i64_scalar(test->b, 0), 0);
        kov_graph *g = pass_check(test, kov_pass_keep_codes, &y, 1, PASS_BITS);
        assert_int_equal(pass_run_time_count(g, KOV_OP_BITWISE_AND), 2);
        assert_int_equal(pass_count(g, KOV_OP_TRANSPOSE), 0);
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_codes),  cmocka_unit_test(integers), cmocka_unit_test(nibbles),
        cmocka_unit_test(turned_codes), cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
