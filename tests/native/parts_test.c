/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of buffers: slices, splits and concatenations that copy nothing. */
#include "native/native_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static kov_value rows(native_case *test, kov_value x, int64_t start, int64_t stop)
{
    return kov_slice(test->b, x, INTS(test, start), INTS(test, stop), INTS(test, 1), INTS(test, 0));
}

/* x[index], of an axis less. */
static kov_value row(native_case *test, kov_value x, int64_t index)
{
    const int64_t one = 1, zero = 0;
    const kov_ints on = {&one, 1}, off = {&zero, 1};
    return kov_strided_slice(test->b, x, INTS(test, index), INTS(test, index + 1), INTS(test, 1),
                             off, off, off, on, off);
}

static kov_value input(native_case *test, int64_t height, int64_t width)
{
    return native_input(test, KOV_DTYPE_F32, DIMS(height, width), KOV_ROLE_INPUT);
}

/* Groups of element-wise nodes end at a softmax: a step of its own. */
static kov_value step(native_case *test, kov_value x)
{
    return kov_softmax(test->b, x, 1);
}

static const double tolerance = 1e-5; /* of softmax, which the reference computes otherwise */

static void test_parts_of_an_input(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = input(test, 9, 20);
    const kov_value results[] = {step(test, rows(test, x, 2, 6)),
                                 kov_unsqueeze(test->b, row(test, x, 8), INTS(test, 0))};
    assert_int_equal(native_check(test, results, 2, tolerance), 1);
    native_end(test);
}

static void test_split_and_concat(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = step(test, input(test, 9, 20)), parts[3];
    int count = 0;
    kov_value first = kov_split(test->b, x, kov_constant_i64_scalar(test->b, 0), 3, &count);
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++)
        parts[2 - i] = step(test, first + (kov_value)i);
    kov_value whole = kov_concat(test->b, parts, 3, 0);
    assert_int_equal(native_check(test, &whole, 1, tolerance), 4);
    native_end(test);
}

/* A whole in a whole; one part that is a result, too, one that is wanted twice and one that no step
 * makes. */
static void test_wholes_in_wholes(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = input(test, 3, 20);
    const kov_value inner[] = {step(test, rows(test, x, 0, 1)), step(test, x)};
    kov_value within = kov_concat(test->b, inner, 2, 0);
    const kov_value outer[] = {inner[1], within, x, within, step(test, within)};
    const kov_value results[] = {kov_concat(test->b, outer, 5, 0), inner[1]};
    /* three softmaxes, and a copy of the inputs and repetitions */
    assert_int_equal(native_check(test, results, 2, tolerance), 4);
    native_end(test);
}

/* What takes the memory of an operand must not write over a part of it that is still to be read. */
static void test_parts_are_not_written_over(void **state)
{
    (void)state;
    for (int64_t at = 0; at < 9; at += 4) {
        native_case *test = native_begin(1);
        kov_value x = step(test, input(test, 9, 20));
        kov_value result = kov_subtract(test->b, x, rows(test, x, at, at + 1));
        native_check(test, &result, 1, tolerance);
        native_end(test);
    }
}

/* Results that are parts of what is not. */
static void test_results_that_are_parts(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = step(test, input(test, 4, 20));
    const kov_value early = rows(test, x, 1, 3);
    for (int i = 0; i < 4; i++)
        x = kov_transpose(test->b, step(test, x), INTS(test, 1, 0));
    const kov_value results[] = {early, x};
    native_check(test, results, 2, tolerance);
    native_end(test);
}

/* Each of many steps in one whole, whose memory others may take when it is read. */
static void test_lives_of_wholes(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    kov_value x = input(test, 4, 300);
    for (int i = 0; i < 6; i++) {
        kov_value halves[2];
        halves[0] = step(test, rows(test, x, 2, 4));
        halves[1] = kov_add(test->b, step(test, rows(test, x, 0, 2)), halves[0]);
        x = kov_concat(test->b, halves, 2, 0);
    }
    native_check(test, &x, 1, tolerance);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_of_an_input),
        cmocka_unit_test(test_split_and_concat),
        cmocka_unit_test(test_wholes_in_wholes),
        cmocka_unit_test(test_parts_are_not_written_over),
        cmocka_unit_test(test_results_that_are_parts),
        cmocka_unit_test(test_lives_of_wholes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
