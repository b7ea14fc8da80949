/* SPDX-License-Identifier: Apache-2.0 */
/* Content arithmetic: whatever is said of expressions must hold for every number of their symbols.
 */
#include "opset/content_math.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ELEMENTS = 13, MOST = 5 };

typedef struct content_case {
    kov_context *context;
    kov_dims *dims;
    kov_dim symbols[2];
    kov_content_element at[ELEMENTS];
} content_case;

static void begin(content_case *test)
{
    assert_int_equal(kov_context_create(NULL, &test->context), KOV_OK);
    test->dims = kov_dims_create(test->context);
    assert_non_null(test->dims);
    kov_dim n = test->symbols[0] = kov_dim_symbol(test->dims, "N", 0, INT64_MAX, -1);
    kov_dim m = test->symbols[1] = kov_dim_symbol(test->dims, "M", 1, INT64_MAX, -1);
    int k = 0;
    for (int64_t number = -3; number <= 3; number++)
        test->at[k++] = kov_content_of_number(number);
    test->at[k++] = kov_content_of_dim(test->dims, n);
    test->at[k++] = kov_content_of_dim(test->dims, m);
    test->at[k++] = kov_content_negate(test->at[7]);
    test->at[k++] = kov_content_of_dim(test->dims, kov_dim_add(test->dims, n, m));
    test->at[k++] = kov_content_of_dim(test->dims, kov_dim_mul(test->dims, m, 2));
    test->at[k++] = kov_content_of_dim(test->dims, kov_dim_add_number(test->dims, n, -2));
}

static void end(content_case *test)
{
    kov_dims_release(test->dims);
    kov_context_release(test->context);
}

static int64_t value_of(const content_case *test, kov_content_element e, const int64_t *values)
{
    int64_t number;
    assert_true(e.known);
    assert_true(kov_dim_evaluate(test->dims, e.dim, test->symbols, values, 2, &number));
    return e.negative ? -number : number;
}

static int64_t floor_of(int64_t a, int64_t b)
{
    return (int64_t)floor((double)a / (double)b);
}

static int64_t exact(int op, int64_t a, int64_t b)
{
    switch (op) {
    case 0:
        return a + b;
    case 1:
        return a - b;
    case 2:
        return a * b;
    case 3:
        return b == 0 ? 0 : floor_of(a, b);
    case 4:
        return b == 0 ? 0 : a - b * floor_of(a, b);
    case 5:
        return a > b ? a : b;
    default:
        return a < b ? a : b;
    }
}

static void test_all_pairs(void **state)
{
    (void)state;
    kov_content_element (*const functions[])(kov_dims *, kov_content_element,
                                             kov_content_element) = {
        kov_content_add, kov_content_sub, kov_content_mul, kov_content_div,
        kov_content_mod, kov_content_max, kov_content_min};
    content_case test;
    begin(&test);
    int known = 0;
    for (int op = 0; op < 7; op++)
        for (int i = 0; i < ELEMENTS; i++)
            for (int j = 0; j < ELEMENTS; j++) {
                kov_content_element e = functions[op](test.dims, test.at[i], test.at[j]);
                known += e.known;
                for (int64_t k = 0; k < MOST * MOST && e.known; k++) {
                    const int64_t values[] = {k / MOST, k % MOST + 1};
                    int64_t a = value_of(&test, test.at[i], values);
                    int64_t b = value_of(&test, test.at[j], values);
                    int64_t have = value_of(&test, e, values);
                    if ((op == 3 || op == 4) && b == 0)
                        continue; /* what an expression that is 0 divides has no elements */
                    if (have != exact(op, a, b))
                        fail_msg("operation %d of %d, %d at N=%d, M=%d: %d", op, (int)a, (int)b,
                                 (int)values[0], (int)values[1], (int)have);
                }
            }
    assert_true(known > 7 * ELEMENTS * ELEMENTS * 9 / 10);
    end(&test);
}

static void test_unknown_stays_unknown(void **state)
{
    (void)state;
    content_case test;
    begin(&test);
    const kov_content_element unknown = {0};
    for (int i = 0; i < ELEMENTS; i++) {
        assert_false(kov_content_add(test.dims, test.at[i], unknown).known);
        assert_false(kov_content_sub(test.dims, unknown, test.at[i]).known);
        assert_false(kov_content_mul(test.dims, test.at[i], unknown).known);
        assert_false(kov_content_max(test.dims, test.at[i], unknown).known);
        assert_false(kov_content_min(test.dims, unknown, test.at[i]).known);
        assert_false(kov_content_div(test.dims, unknown, test.at[9]).known);
    }
    kov_content_element far = kov_content_of_number(INT64_MAX);
    assert_false(kov_content_add(test.dims, far, far).known);
    assert_false(kov_content_mul(test.dims, far, far).known);
    end(&test);
}

static void test_what_cancels(void **state)
{
    (void)state;
    content_case test;
    begin(&test);
    kov_content_element n = test.at[7], two = kov_content_of_number(2);
    int64_t number;
    assert_true(kov_content_number(kov_content_sub(test.dims, n, n), &number) && number == 0);
    kov_content_element more = kov_content_add(test.dims, n, two);
    assert_true(kov_content_number(kov_content_sub(test.dims, n, more), &number) && number == -2);
    assert_true(kov_content_div(test.dims, kov_content_mul(test.dims, n, two), two).dim == n.dim);
    assert_true(kov_content_negate(kov_content_negate(n)).dim == n.dim);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pairs),
        cmocka_unit_test(test_unknown_stays_unknown),
        cmocka_unit_test(test_what_cancels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
