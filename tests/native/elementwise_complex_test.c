/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels of complex numbers against the operations' `evaluate`, bit for bit: alone, broadcast and
 * fused into one pass. What both compute is held against 80-bit numbers in complex_test.py. */
#include "native/native_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static kov_dtype complex_of(kov_dtype part)
{
    return part == KOV_DTYPE_F32 ? KOV_DTYPE_C64 : KOV_DTYPE_C128;
}

/* A complex input, made of a real one with a last dimension of 2. */
static kov_value complex_input(native_case *test, kov_dtype part, int ndim, const int64_t *dims)
{
    int64_t parts[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        parts[i] = dims[i];
    parts[ndim] = 2;
    kov_value x = native_input(test, part, ndim + 1, parts, KOV_ROLE_INPUT);
    return kov_squeeze(test->b, kov_bitcast(test->b, x, complex_of(part)), INTS(test, ndim));
}

/* As real parts, which are compared. */
static kov_value parts_of(native_case *test, kov_value x, kov_dtype part)
{
    int ndim = kov_ndim(test->b, x);
    return kov_bitcast(test->b, kov_unsqueeze(test->b, x, INTS(test, ndim)), part);
}

static void one_by_one(void **state)
{
    (void)state;
    static const kov_dtype parts[] = {KOV_DTYPE_F32, KOV_DTYPE_F64};
    static kov_value (*const pairs[])(kov_builder *, kov_value, kov_value) = {
        kov_add, kov_subtract, kov_multiply, kov_divide};
    for (int i = 0; i < 2; i++) {
        for (int broadcast = 0; broadcast < 3; broadcast++) {
            native_case *test = native_begin(2);
            const int64_t dims[] = {5, 1500},
                          other[] = {broadcast == 2 ? 1 : 5, broadcast == 1 ? 1 : 1500};
            kov_value x = complex_input(test, parts[i], 2, dims);
            kov_value y = complex_input(test, parts[i], 2, other);
            kov_value above = kov_greater(test->b, kov_abs(test->b, x),
                                          kov_constant_number(test->b, parts[i], 0.5));
            kov_value results[12];
            int n = 0;
            for (int k = 0; k < 4; k++)
                results[n++] = parts_of(test, pairs[k](test->b, x, y), parts[i]);
            results[n++] = parts_of(test, kov_negative(test->b, x), parts[i]);
            results[n++] = parts_of(test, kov_select(test->b, above, x, y), parts[i]);
            results[n++] = kov_abs(test->b, y);
            results[n++] = kov_equal(test->b, x, y);
            results[n++] = kov_not_equal(test->b, y, y);
            results[n++] = kov_is_na_n(test->b, x);
            results[n++] = kov_is_finite(test->b, x);
            results[n++] = kov_is_inf(test->b, x, true, true);
            native_check(test, results, n, 0);
            native_end(test);
        }
    }
}

static void in_a_chain(void **state)
{
    (void)state;
    native_case *test = native_begin(2);
    kov_builder *b = test->b;
    const int64_t dims[] = {7, 33}, row[] = {33};
    kov_value x = complex_input(test, KOV_DTYPE_F32, 2, dims);
    kov_value y = complex_input(test, KOV_DTYPE_F32, 1, row);
    kov_value z = kov_divide(b, kov_add(b, kov_multiply(b, x, y), x), kov_subtract(b, y, x));
    kov_value size = kov_sqrt(b, kov_abs(b, kov_negative(b, z)));
    kov_value same = kov_logical_and(b, kov_equal(b, x, x), kov_is_finite(b, z));
    const kov_value results[] = {parts_of(test, z, KOV_DTYPE_F32),
                                 kov_select(b, same, size, kov_abs(b, x))};
    native_check(test, results, 2, 0);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_by_one),
        cmocka_unit_test(in_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
