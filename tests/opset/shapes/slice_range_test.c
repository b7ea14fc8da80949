/* SPDX-License-Identifier: Apache-2.0 */
/* Slices of an axis against a loop over its indices, and free dimensions against numbers. */
#include "opset/shapes/slice_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Python's rule, said as: index from the end, stop outside, and collect. */
static int64_t count_by_loop(int64_t size, int64_t start, int64_t stop, int64_t step,
                             int64_t *first)
{
    int64_t count = 0;
    if (start < 0)
        start += size;
    if (stop < 0)
        stop += size;
    for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
        int64_t at = i;
        if (step > 0 && count == 0 && i < 0)
            at = i = 0;
        if (step < 0 && count == 0 && i >= size)
            at = i = size - 1;
        if (at < 0 || at >= size || (step > 0 ? at >= stop : at <= stop))
            break;
        if (count++ == 0)
            *first = at;
    }
    return count;
}

static void test_numbers(void **state)
{
    (void)state;
    for (int64_t size = 0; size < 6; size++)
        for (int64_t start = -8; start <= 8; start++)
            for (int64_t stop = -8; stop <= 8; stop++)
                for (int64_t step = -3; step <= 3; step++) {
                    int64_t first = -9, count, wanted_first = -9;
                    if (step == 0)
                        continue;
                    int64_t wanted = count_by_loop(size, start, stop, step, &wanted_first);
                    kov_slice_range(size, start, stop, step, &first, &count);
                    if (count != wanted || (count > 0 && first != wanted_first))
                        fail_msg("%lld[%lld:%lld:%lld]: %lld from %lld, not %lld from %lld",
                                 (long long)size, (long long)start, (long long)stop,
                                 (long long)step, (long long)count, (long long)first,
                                 (long long)wanted, (long long)wanted_first);
                }
}

static void test_far_ends(void **state)
{
    (void)state;
    int64_t first, count;
    kov_slice_range(5, 0, INT64_MAX, 1, &first, &count);
    assert_int_equal(count, 5);
    kov_slice_range(5, INT64_MAX, INT64_MIN, -1, &first, &count);
    assert_int_equal(first, 4);
    assert_int_equal(count, 5);
    kov_slice_range(5, INT64_MIN, INT64_MAX, INT64_MAX, &first, &count);
    assert_int_equal(first, 0);
    assert_int_equal(count, 1);
    kov_slice_range(5, -1, INT64_MIN, INT64_MIN, &first, &count);
    assert_int_equal(first, 4);
    assert_int_equal(count, 1);
}

typedef struct dims_case {
    kov_context *context;
    kov_dims *dims;
    kov_dim size;
} dims_case;

static dims_case begin(int64_t lower)
{
    dims_case test = {0};
    assert_int_equal(kov_context_create(NULL, &test.context), KOV_OK);
    test.dims = kov_dims_create(test.context);
    assert_non_null(test.dims);
    test.size = kov_dim_symbol(test.dims, "N", lower, INT64_MAX, -1);
    return test;
}

static void end(dims_case *test)
{
    kov_dims_release(test->dims);
    kov_context_release(test->context);
}

/* What is said of a free dimension must hold for every number it takes. */
static void test_free_sizes_agree_with_numbers(void **state)
{
    (void)state;
    dims_case test = begin(0);
    for (int64_t start = -8; start <= 8; start++)
        for (int64_t stop = -8; stop <= 8; stop++)
            for (int64_t step = -3; step <= 3; step++) {
                if (step == 0)
                    continue;
                int64_t s = start == 8 ? INT64_MAX : start;
                int64_t e = stop == 8 ? INT64_MAX : stop == -8 ? -INT64_MAX : stop;
                kov_dim dim = kov_slice_dim(test.dims, test.size, kov_content_of_number(s),
                                            kov_content_of_number(e), kov_content_of_number(step));
                for (int64_t size = 0; size < 7; size++) {
                    int64_t have, first, wanted;
                    assert_true(kov_dim_evaluate(test.dims, dim, &test.size, &size, 1, &have));
                    kov_slice_range(size, s, e, step, &first, &wanted);
                    if (have != wanted)
                        fail_msg("%lld[%lld:%lld:%lld] has %lld elements, not %lld",
                                 (long long)size, (long long)s, (long long)e, (long long)step,
                                 (long long)wanted, (long long)have);
                }
            }
    end(&test);
}

static void test_what_shapes_need_stays_simple(void **state)
{
    (void)state;
    dims_case test = begin(1);
    kov_content_element zero = kov_content_of_number(0), one = kov_content_of_number(1);
    kov_content_element far = kov_content_of_number(INT64_MAX),
                        n = kov_content_of_dim(test.dims, test.size);
    kov_dim less = kov_dim_add_number(test.dims, test.size, -1);
    assert_true(kov_slice_dim(test.dims, test.size, zero, far, one) == test.size);
    assert_true(kov_slice_dim(test.dims, test.size, zero, n, one) == test.size);
    assert_true(kov_slice_dim(test.dims, test.size, one, far, one) == less);
    assert_true(kov_slice_dim(test.dims, test.size, zero, kov_content_of_number(-1), one) == less);
    assert_true(kov_slice_dim(test.dims, test.size, far, kov_content_of_number(-INT64_MAX),
                              kov_content_of_number(-1)) == test.size);
    assert_true(kov_slice_dim(test.dims, test.size, zero, one, one) == 1);
    assert_true(kov_slice_dim(test.dims, test.size, kov_content_of_number(-1), far, one) == 1);
    end(&test);
}

static void test_symbolic_ends_agree_with_numbers(void **state)
{
    (void)state;
    dims_case test = begin(0);
    kov_dim end_symbol = kov_dim_symbol(test.dims, "M", 0, INT64_MAX, -1);
    const kov_dim symbols[] = {test.size, end_symbol};
    for (int64_t start = -4; start <= 4; start++)
        for (int sign = -1; sign <= 1; sign += 2) {
            kov_content_element stop = kov_content_of_dim(test.dims, end_symbol);
            if (sign < 0)
                stop = kov_content_negate(stop);
            kov_dim dim = kov_slice_dim(test.dims, test.size, kov_content_of_number(start), stop,
                                        kov_content_of_number(2));
            for (int64_t size = 0; size < 6; size++)
                for (int64_t m = 0; m < 7; m++) {
                    int64_t have, first, wanted, values[] = {size, m};
                    if (sign < 0 && m == 0)
                        continue; /* -0 is 0, which no expression of M can tell from -M */
                    assert_true(kov_dim_evaluate(test.dims, dim, symbols, values, 2, &have));
                    kov_slice_range(size, start, sign * m, 2, &first, &wanted);
                    assert_int_equal(have, wanted);
                }
        }
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_far_ends),
        cmocka_unit_test(test_free_sizes_agree_with_numbers),
        cmocka_unit_test(test_what_shapes_need_stays_simple),
        cmocka_unit_test(test_symbolic_ends_agree_with_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
