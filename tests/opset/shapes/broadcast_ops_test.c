/* SPDX-License-Identifier: Apache-2.0 */
/* Broadcast and Tile; expected elements from numpy.broadcast_to and numpy.tile. */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const double x[] = {1, 2, 3, 4, 5, 6};

static void test_modes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    op_check(test,
             kov_broadcast(test->b, op_reals(test, KOV_DTYPE_I8, DIMS(2, 1), x),
                           INTS(test, 2, 2, 2), KOV_VALUE_NONE, "numpy"),
             KOV_DTYPE_I8, DIMS(2, 2, 2), (const double[]){1, 1, 2, 2, 1, 1, 2, 2});
    op_check(test,
             kov_broadcast(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(2, 1), x),
                           INTS(test, 1, 1, 3), KOV_VALUE_NONE, "bidirectional"),
             KOV_DTYPE_F64, DIMS(1, 2, 3), (const double[]){1, 1, 1, 2, 2, 2});
    op_check(test,
             kov_broadcast(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x), INTS(test, 2, 3),
                           INTS(test, 0), "explicit"),
             KOV_DTYPE_F32, DIMS(2, 3), (const double[]){1, 1, 1, 2, 2, 2});
    op_check(test,
             kov_broadcast(test->b, op_reals(test, KOV_DTYPE_F32, DIMS0, x), INTS(test, 0, 3),
                           KOV_VALUE_NONE, "numpy"),
             KOV_DTYPE_F32, DIMS(0, 3), NULL);
    assert_int_equal(
        op_failure(test, kov_broadcast(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x),
                                       INTS(test, 3), KOV_VALUE_NONE, "numpy")),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(
        op_failure(test, kov_broadcast(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 1), x),
                                       INTS(test, 3), KOV_VALUE_NONE, "numpy")),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

static void test_tile(void **state)
{
    (void)state;
    op_case *test = op_begin();
    op_check(test,
             kov_tile(test->b, op_reals(test, KOV_DTYPE_I16, DIMS(2, 2), x), INTS(test, 2, 2)),
             KOV_DTYPE_I16, DIMS(4, 4),
             (const double[]){1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4});
    op_check(test,
             kov_tile(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2), x), INTS(test, 2, 1, 2)),
             KOV_DTYPE_F32, DIMS(2, 1, 4), (const double[]){1, 2, 1, 2, 1, 2, 1, 2});
    op_check(test,
             kov_tile(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(1, 2, 1), x), INTS(test, 2)),
             KOV_DTYPE_F64, DIMS(1, 2, 2), (const double[]){1, 1, 2, 2});
    op_check(test, kov_tile(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(2), x), INTS(test, 0)),
             KOV_DTYPE_F64, DIMS(0), NULL);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_tile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
