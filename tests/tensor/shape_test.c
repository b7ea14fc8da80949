/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void counts_and_overflow(void **state)
{
    (void)state;
    int64_t count;
    size_t bytes;
    const int64_t shape[] = {2, 3, 4};
    assert_int_equal(kov_shape_bytes(KOV_DTYPE_F32, 3, shape, &count, &bytes), KOV_OK);
    assert_int_equal(count, 24);
    assert_int_equal(bytes, 96);
    assert_int_equal(kov_shape_bytes(KOV_DTYPE_U1, 3, shape, NULL, &bytes), KOV_OK);
    assert_int_equal(bytes, 3);
    assert_int_equal(kov_shape_bytes(KOV_DTYPE_I4, 1, shape + 1, NULL, &bytes), KOV_OK);
    assert_int_equal(bytes, 2);
    assert_int_equal(kov_shape_bytes(KOV_DTYPE_F64, 0, NULL, &count, &bytes), KOV_OK);
    assert_int_equal(count, 1);
    const int64_t empty[] = {5, 0, 7};
    assert_int_equal(kov_shape_count(3, empty, &count), KOV_OK);
    assert_int_equal(count, 0);
    const int64_t negative[] = {2, -1};
    assert_int_equal(kov_shape_count(2, negative, &count), KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "(2, -1)"));
    const int64_t huge[] = {(int64_t)1 << 40, (int64_t)1 << 30};
    assert_int_equal(kov_shape_count(2, huge, &count), KOV_INVALID_ARGUMENT);
    const int64_t huge_empty[] = {(int64_t)1 << 40, 0, (int64_t)1 << 30};
    assert_int_equal(kov_shape_count(3, huge_empty, &count), KOV_INVALID_ARGUMENT);
    const int64_t long_line[] = {INT64_MAX / 4};
    assert_int_equal(kov_shape_bytes(KOV_DTYPE_F64, 1, long_line, &count, &bytes),
                     KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_shape_bytes(KOV_DTYPE_STRING, 1, shape, &count, &bytes), KOV_TYPE_ERROR);
    assert_int_equal(kov_shape_count(KOV_MAX_NDIM + 1, shape, &count), KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_shape_count(-1, shape, &count), KOV_INVALID_ARGUMENT);
}

static void printing(void **state)
{
    (void)state;
    char text[KOV_SHAPE_TEXT];
    const int64_t dims[] = {2, 3, -1};
    assert_string_equal(kov_shape_print(0, NULL, text, sizeof text), "()");
    assert_string_equal(kov_shape_print(1, dims, text, sizeof text), "(2,)");
    assert_string_equal(kov_shape_print(3, dims, text, sizeof text), "(2, 3, -1)");
    assert_string_equal(kov_shape_print(3, dims, text, 6), "(2, 3");
    int64_t longest[KOV_MAX_NDIM];
    for (int i = 0; i < KOV_MAX_NDIM; i++)
        longest[i] = INT64_MIN;
    kov_shape_print(KOV_MAX_NDIM, longest, text, sizeof text);
    assert_int_equal(text[strlen(text) - 1], ')');
}

static void broadcasting(void **state)
{
    (void)state;
    const int64_t a[] = {5, 1, 4}, b[] = {3, 1}, c[] = {0}, d[] = {2};
    int64_t out[KOV_MAX_NDIM];
    int ndim;
    assert_int_equal(kov_shape_broadcast(3, a, 2, b, &ndim, out), KOV_OK);
    const int64_t wanted[] = {5, 3, 4};
    assert_true(kov_shape_equal(ndim, out, 3, wanted));
    assert_int_equal(kov_shape_broadcast(0, NULL, 2, b, &ndim, out), KOV_OK);
    assert_true(kov_shape_equal(ndim, out, 2, b));
    assert_int_equal(kov_shape_broadcast(2, b, 1, c, &ndim, out), KOV_OK);
    const int64_t empty[] = {3, 0};
    assert_true(kov_shape_equal(ndim, out, 2, empty));
    assert_int_equal(kov_shape_broadcast(3, a, 1, d, &ndim, out), KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "(5, 1, 4) and (2,)"));
    assert_int_equal(kov_shape_broadcast(1, c, 1, d, &ndim, out), KOV_INVALID_ARGUMENT);
    /* out may be an input */
    int64_t in_place[KOV_MAX_NDIM] = {3, 1};
    assert_int_equal(kov_shape_broadcast(2, in_place, 3, a, &ndim, in_place), KOV_OK);
    assert_true(kov_shape_equal(ndim, in_place, 3, wanted));
    int64_t strides[3];
    kov_shape_broadcast_strides(2, b, 3, wanted, 4, strides);
    assert_true(strides[0] == 0 && strides[1] == 4 && strides[2] == 0);
    kov_shape_strides(3, wanted, 8, strides);
    assert_true(strides[0] == 96 && strides[1] == 32 && strides[2] == 8);
}

static void axes(void **state)
{
    (void)state;
    int axis;
    assert_int_equal(kov_axis_normalize("Sum", -1, 3, &axis), KOV_OK);
    assert_int_equal(axis, 2);
    assert_int_equal(kov_axis_normalize("Sum", 0, 3, &axis), KOV_OK);
    assert_int_equal(axis, 0);
    assert_int_equal(kov_axis_normalize("Sum", 3, 3, &axis), KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_axis_normalize("Sum", -4, 3, &axis), KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_axis_normalize("Sum", INT64_MIN, 3, &axis), KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_axis_normalize("Sum", 0, 0, &axis), KOV_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_overflow),
        cmocka_unit_test(printing),
        cmocka_unit_test(broadcasting),
        cmocka_unit_test(axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
