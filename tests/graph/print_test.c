/* SPDX-License-Identifier: Apache-2.0 */
#include "native/native_case.h"

#include "graph/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void whole_graph(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    const int64_t dims[] = {kov_builder_symbol(b, "batch"), 3};
    kov_value x = kov_builder_parameter(b, KOV_DTYPE_F32, 2, dims, "x", KOV_ROLE_INPUT);
    kov_value y = kov_clamp(b, x, -1, 0.5);
    kov_value begin = INTS(test, 0, 1), end = INTS(test, 0, 2);
    y = kov_pad(b, y, begin, end, KOV_VALUE_NONE, "reflect");
    y = kov_reduce_sum(b, y, INTS(test, 1), true);
    kov_builder_name(b, y, "sum");
    kov_graph *graph = native_finish(test, &y, 1);
    char *text;
    assert_int_equal(kov_graph_text(graph, &text), KOV_OK);
    assert_string_equal(text, "%1:f32(batch, 3) = Parameter() {element_type=f32}  \"x\"\n"
                              "%2:f32(batch, 3) = Clamp(%1) {min=-1 max=0.5}\n"
                              "%3:i64(2,) = Constant() {value=[0, 1]}\n"
                              "%4:i64(2,) = Constant() {value=[0, 2]}\n"
                              "%5:f32(batch, 6) = Pad(%2, %3, %4, -) {pad_mode=reflect}\n"
                              "%6:i64(1,) = Constant() {value=[1]}\n"
                              "%7:f32(batch, 1) = ReduceSum(%5, %6) {keep_dims=true}  \"sum\"\n"
                              "return %7\n");
    kov_text_free(text);
    kov_graph_release(graph);
    native_end(test);
}

static void text_grows(void **state)
{
    (void)state;
    kov_text text = {0};
    char *out, *want = calloc(1, 100001);
    assert_non_null(want);
    for (int i = 0; i < 10000; i++) {
        kov_text_add(&text, "%d-%05d,%s", i % 10, i, "ab");
        snprintf(want + (size_t)i * 10, 11, "%d-%05d,%s", i % 10, i, "ab");
    }
    assert_int_equal(kov_text_finish(&text, &out), KOV_OK);
    assert_string_equal(out, want);
    kov_text_free(out);
    free(want);
    kov_text empty = {0};
    assert_int_equal(kov_text_finish(&empty, &out), KOV_OK);
    assert_string_equal(out, "");
    kov_text_free(out);
    kov_text_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_graph),
        cmocka_unit_test(text_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
