/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of outputs: what inference says of a free dimension, evaluated at a number, is what it says
 * of that number. (That the numbers are right, opset_vectors_test.c compares with OpenVINO.) */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

typedef kov_value (*window_function)(kov_builder *b, kov_value x, kov_value filters, int64_t stride,
                                     int64_t dilation, const char *mode);

static kov_value convolve(kov_builder *b, kov_value x, kov_value filters, int64_t stride,
                          int64_t dilation, const char *mode)
{
    const int64_t one = 1, two = 2;
    return kov_convolution(b, x, filters, (kov_ints){&stride, 1}, (kov_ints){&one, 1},
                           (kov_ints){&two, 1}, (kov_ints){&dilation, 1}, mode);
}

static kov_value convolve_back(kov_builder *b, kov_value x, kov_value filters, int64_t stride,
                               int64_t dilation, const char *mode)
{
    const int64_t one = 1, zero = 0;
    return kov_convolution_backprop_data(b, x, filters, KOV_VALUE_NONE, (kov_ints){&stride, 1},
                                         (kov_ints){&one, 1}, (kov_ints){&one, 1},
                                         (kov_ints){&dilation, 1}, mode, (kov_ints){&zero, 1});
}

static kov_value pool(kov_builder *b, kov_value x, kov_value filters, int64_t stride,
                      int64_t dilation, const char *mode)
{
    const int64_t one = 1, three = 3;
    bool rounding = strncmp(mode, "ceil", 4) == 0;
    (void)filters;
    return kov_max_pool(b, x, (kov_ints){&stride, 1}, (kov_ints){&dilation, 1}, (kov_ints){&one, 1},
                        (kov_ints){&one, 1}, (kov_ints){&three, 1}, rounding ? mode : "floor",
                        rounding ? "explicit" : mode, KOV_DTYPE_I64, 0);
}

static kov_dim size_for(op_case *test, window_function function, int64_t size, int64_t stride,
                        int64_t dilation, const char *mode, kov_dim *symbol)
{
    const int64_t dims[] = {KOV_DIM_FREE, 2, size}, filter_dims[] = {2, 2, 3};
    kov_value x = kov_builder_parameter(test->b, KOV_DTYPE_F32, 3, dims, NULL, KOV_ROLE_INPUT);
    kov_value w =
        kov_builder_parameter(test->b, KOV_DTYPE_F32, 3, filter_dims, NULL, KOV_ROLE_INPUT);
    kov_value y = function(test->b, x, w, stride, dilation, mode);
    if (y == KOV_VALUE_ERROR)
        fail_msg("%s", kov_builder_status(test->b) == KOV_OK ? "" : kov_error_text());
    *symbol = kov_builder_value(test->b, x)->dims[2];
    assert_int_equal(kov_builder_value(test->b, y)->dims[0],
                     kov_builder_value(test->b, x)->dims[0]);
    return kov_builder_value(test->b, y)->dims[2];
}

static void check_sizes(window_function function, const char *mode)
{
    op_case *test = op_begin();
    for (int64_t stride = 1; stride <= 3; stride++) {
        for (int64_t dilation = 1; dilation <= 2; dilation++) {
            kov_dim symbol, unused;
            kov_dim free_size =
                size_for(test, function, KOV_DIM_FREE, stride, dilation, mode, &symbol);
            assert_true(free_size < 0);
            for (int64_t n = 5; n < 30; n++) {
                int64_t size;
                assert_true(kov_dim_evaluate(test->b->dims, free_size, &symbol, &n, 1, &size));
                assert_int_equal(size,
                                 size_for(test, function, n, stride, dilation, mode, &unused));
            }
        }
    }
    op_end(test);
}

static void free_sizes(void **state)
{
    (void)state;
    static const char *const pads[] = {"explicit", "valid", "same_upper", "same_lower"};
    for (int i = 0; i < 4; i++) {
        check_sizes(convolve, pads[i]);
        check_sizes(pool, pads[i]);
    }
    check_sizes(pool, "ceil");
    check_sizes(pool, "ceil_torch");
    check_sizes(convolve_back, "explicit");
    check_sizes(convolve_back, "valid");
}

static kov_status status_of(int64_t size, int64_t stride, const char *mode, int64_t channels)
{
    op_case *test = op_begin();
    const int64_t dims[] = {1, channels, size}, filter_dims[] = {2, 2, 3};
    kov_value x = kov_builder_parameter(test->b, KOV_DTYPE_F32, 3, dims, NULL, KOV_ROLE_INPUT);
    kov_value w =
        kov_builder_parameter(test->b, KOV_DTYPE_F32, 3, filter_dims, NULL, KOV_ROLE_INPUT);
    (void)convolve(test->b, x, w, stride, 1, mode);
    kov_status status = kov_builder_status(test->b);
    op_end(test);
    return status;
}

static void wrong_use(void **state)
{
    (void)state;
    assert_int_equal(status_of(5, 1, "valid", 2), KOV_OK);
    assert_int_equal(status_of(2, 1, "valid", 2), KOV_INVALID_ARGUMENT);
    assert_int_equal(status_of(5, 0, "valid", 2), KOV_INVALID_ARGUMENT);
    assert_int_equal(status_of(5, -1, "valid", 2), KOV_INVALID_ARGUMENT);
    assert_int_equal(status_of(5, INT64_MAX, "valid", 2), KOV_INVALID_ARGUMENT);
    assert_int_equal(status_of(5, 1, "sideways", 2), KOV_INVALID_ARGUMENT);
    assert_int_equal(status_of(5, 1, "valid", 3), KOV_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_sizes),
        cmocka_unit_test(wrong_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
