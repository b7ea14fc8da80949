/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

/* shape[i] and shape[[i, j]] stay numbers and dimension expressions. */
static void content_is_followed(void **state)
{
    (void)state;
    op_case *test = op_begin();
    kov_builder *b = test->b;
    const int64_t dims[] = {KOV_DIM_FREE, 7, 9};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 3, dims, NULL, KOV_ROLE_INPUT);
    kov_value shape = kov_shape_of(b, x, KOV_DTYPE_I64), axis = op_int(test, 0);
    kov_value last = kov_gather(b, shape, op_int(test, -1), axis, 0);
    kov_value two = kov_gather(b, shape, INTS(test, 2, 0), axis, 0);
    const kov_content *content = kov_builder_value(b, last)->content;
    assert_non_null(content);
    assert_int_equal(content->n, 1);
    assert_true(content->at[0].known && !content->at[0].negative);
    assert_int_equal(content->at[0].dim, 9);
    content = kov_builder_value(b, two)->content;
    assert_int_equal(content->n, 2);
    assert_int_equal(content->at[0].dim, 9);
    assert_int_equal(content->at[1].dim, kov_builder_value(b, x)->dims[0]);
    assert_true(kov_gather(b, shape, op_int(test, 3), axis, 0) == KOV_VALUE_ERROR);
    assert_int_equal(kov_builder_status(b), KOV_INVALID_ARGUMENT);
    op_end(test);
}

/* Elements of every width move as they are, NaN payloads too. */
static void every_width(void **state)
{
    (void)state;
    const kov_dtype dtypes[] = {KOV_DTYPE_BOOL, KOV_DTYPE_I16, KOV_DTYPE_BF16, KOV_DTYPE_F32,
                                KOV_DTYPE_U64,  KOV_DTYPE_F64, KOV_DTYPE_C64,  KOV_DTYPE_C128};
    unsigned char data[4 * 16];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 37 + 201);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        op_case *test = op_begin();
        size_t size = (size_t)kov_dtype_bits(dtypes[i]) / 8;
        kov_value x = op_data(test, dtypes[i], DIMS(4), data);
        const kov_tensor *out =
            op_result(test, kov_gather(test->b, x, INTS(test, 3, -4, 1), op_int(test, 0), 0));
        const unsigned char *at = kov_tensor_data(out);
        assert_memory_equal(at, data + 3 * size, size);
        assert_memory_equal(at + size, data, size);
        assert_memory_equal(at + 2 * size, data + size, size);
        op_end(test);
    }
}

static void out_of_range(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double data[] = {1, 2, 3};
    for (int64_t index = -5; index <= 4; index++) {
        kov_value x = op_reals(test, KOV_DTYPE_F32, DIMS(3), data), at = INTS(test, index);
        kov_status expected = index < -3 || index > 2 ? KOV_INVALID_ARGUMENT : KOV_OK;
        assert_int_equal(op_failure(test, kov_gather(test->b, x, at, op_int(test, 0), 0)),
                         expected);
        x = op_reals(test, KOV_DTYPE_F32, DIMS(3), data), at = INTS(test, index);
        assert_int_equal(op_failure(test, kov_gather_elements(test->b, x, at, 0)), expected);
        x = op_reals(test, KOV_DTYPE_F32, DIMS(3), data), at = INTS(test, index);
        assert_int_equal(op_failure(test, kov_gather_nd(test->b, x, at, 0)), expected);
    }
    op_end(test);
}

static void wrong_shapes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double data[6] = {0};
    kov_value x = op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), data);
    assert_int_equal(op_failure(test, kov_gather(test->b, x, INTS(test, 0), op_int(test, 2), 0)),
                     KOV_INVALID_ARGUMENT);
    x = op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), data);
    kov_value real_index = op_reals(test, KOV_DTYPE_F32, DIMS(1), data);
    assert_int_equal(op_failure(test, kov_gather(test->b, x, real_index, op_int(test, 0), 0)),
                     KOV_TYPE_ERROR);
    x = op_reals(test, KOV_DTYPE_F32, DIMS(2, 3), data);
    assert_int_equal(op_failure(test, kov_gather_nd(test->b, x, INTS(test, 0, 0, 0), 0)),
                     KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "(2, 3)"));
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_followed),
        cmocka_unit_test(every_width),
        cmocka_unit_test(out_of_range),
        cmocka_unit_test(wrong_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
