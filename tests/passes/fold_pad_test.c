/* SPDX-License-Identifier: Apache-2.0 */
#include "passes/pass_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { CHANNELS = 2 };

struct pad_case {
    const char *mode, *auto_pad;
    double value;
    int64_t begin[4], end[4]; /* in the order of the padded tensor's axes */
    int64_t own;              /* padding of the convolution itself */
    bool channels_last, grouped, folds;
};

static const struct pad_case cases[] = {
    {"constant", "explicit", 0, {0, 0, 1, 2}, {0, 0, 0, 1}, 0, false, false, true},
    {"constant", "explicit", 0, {0, 0, 1, 2}, {0, 0, 0, 1}, 1, false, false, true},
    {"constant", "valid", 0, {0, 0, 1, 2}, {0, 0, 0, 1}, 1, false, false, true},
    {"constant", "explicit", 0, {0, 1, 2, 0}, {0, 2, 0, 0}, 0, true, false, true},
    {"constant", "explicit", 0, {0, 1, 2, 0}, {0, 2, 0, 0}, 1, true, true, true},
    {"constant", "explicit", 0, {0, 0, 1, 2}, {0, 0, 0, 1}, 0, false, true, true},
    {"constant", "explicit", 0.5, {0, 0, 1, 2}, {0, 0, 0, 1}, 0, false, false, false},
    {"reflect", "explicit", 0, {0, 0, 1, 2}, {0, 0, 0, 1}, 0, false, false, false},
    {"edge", "explicit", 0, {0, 0, 1, 2}, {0, 0, 0, 1}, 0, false, false, false},
    {"constant", "explicit", 0, {0, 0, -1, 2}, {0, 0, 0, 1}, 0, false, false, false},
    {"constant", "explicit", 0, {1, 0, 1, 2}, {0, 0, 0, 1}, 0, false, false, false},
    {"constant", "explicit", 0, {0, 1, 0, 0}, {0, 0, 0, 0}, 0, false, false, false},
    {"constant", "same_upper", 0, {0, 0, 1, 2}, {0, 0, 0, 1}, 0, false, false, false},
};

static kov_value build(native_case *test, const struct pad_case *c)
{
    kov_builder *b = test->b;
    const int64_t first[] = {2, CHANNELS, 5, 6}, last[] = {2, 5, 6, CHANNELS},
                  order[] = {0, 3, 1, 2};
    const int64_t strides[] = {2, 1}, pads[] = {c->own, c->own}, ones[] = {1, 1};
    kov_value x =
        native_input(test, KOV_DTYPE_F32, 4, c->channels_last ? last : first, KOV_ROLE_INPUT);
    kov_value value = kov_constant_number(b, KOV_DTYPE_F32, c->value);
    kov_value y = kov_pad(b, x, kov_constant_i64(b, c->begin, 4), kov_constant_i64(b, c->end, 4),
                          strcmp(c->mode, "constant") == 0 ? value : KOV_VALUE_NONE, c->mode);
    if (c->channels_last)
        y = pass_transpose(test, y, 4, order);
    int64_t channels = kov_builder_dim(b, y, 1);
    const kov_ints stride = {strides, 2}, pad = {pads, 2}, one = {ones, 2};
    if (c->grouped) {
        kov_value w =
            native_input(test, KOV_DTYPE_F32, DIMS(channels, 3, 1, 3, 2), KOV_ROLE_VARIABLE);
        return kov_group_convolution(b, y, w, stride, pad, pad, one, c->auto_pad);
    }
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(4, channels, 3, 2), KOV_ROLE_VARIABLE);
    return kov_convolution(b, y, w, stride, pad, pad, one, c->auto_pad);
}

static void pads(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kov_value y = build(test, &cases[i]);
        kov_graph *g = pass_check(test, kov_pass_fold_pad, &y, 1, PASS_BITS);
        if (pass_count(g, KOV_OP_PAD) != !cases[i].folds)
            fail_msg("case %d", (int)i);
        assert_int_equal(pass_count(g, KOV_OP_TRANSPOSE), cases[i].channels_last);
        kov_graph_release(g);
        pass_again(test);
    }
    native_end(test);
}

/* The padded tensor stays where something else needs it. */
static void pad_with_other_uses(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(1, 2, 4, 4), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(3, 2, 3, 3), KOV_ROLE_VARIABLE);
    kov_value padded = kov_pad(b, x, INTS(test, 0, 0, 1, 1), INTS(test, 0, 0, 1, 1),
                               kov_constant_number(b, KOV_DTYPE_F32, 0), "constant");
    const kov_value results[] = {pass_convolution(test, padded, w, 2, 0), padded};
    kov_graph *g = pass_check(test, kov_pass_fold_pad, results, 2, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_PAD), 1);
    kov_graph_release(g);
    native_end(test);
}

/* Pads that are known only at run time cannot be attributes. */
static void pads_that_are_data(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(1, 2, 4, 4), KOV_ROLE_INPUT);
    kov_value w = native_input(test, KOV_DTYPE_F32, DIMS(3, 2, 3, 3), KOV_ROLE_VARIABLE);
    kov_value around = native_numbers(test, 4, (const int64_t[]){0, 0, 1, 1});
    kov_value padded =
        kov_pad(b, x, around, around, kov_constant_number(b, KOV_DTYPE_F32, 0), "constant");
    padded = kov_reshape(b, padded, INTS(test, 1, 2, 6, 6), false);
    kov_value y = pass_convolution(test, padded, w, 2, 0);
    kov_graph *g = pass_check(test, kov_pass_fold_pad, &y, 1, PASS_BITS);
    assert_int_equal(pass_count(g, KOV_OP_PAD), 1);
    kov_graph_release(g);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pads),
        cmocka_unit_test(pad_with_other_uses),
        cmocka_unit_test(pads_that_are_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
