/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void text_is_formatted(void **state)
{
    (void)state;
    assert_int_equal(kov_fail(KOV_TYPE_ERROR, "Add: %s and %d", "bool", 7), KOV_TYPE_ERROR);
    assert_string_equal(kov_error_text(), "Add: bool and 7");
    assert_int_equal(kov_fail_in(KOV_TYPE_ERROR, "layer %s", "dense_1"), KOV_TYPE_ERROR);
    assert_string_equal(kov_error_text(), "layer dense_1: Add: bool and 7");
}

static void text_may_quote_the_last(void **state)
{
    (void)state;
    kov_fail(KOV_IO_ERROR, "inner");
    kov_fail(KOV_BAD_FORMAT, "outer (%s)", kov_error_text());
    assert_string_equal(kov_error_text(), "outer (inner)");
}

static void long_text_is_cut(void **state)
{
    (void)state;
    char text[8000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    kov_fail(KOV_INVALID_ARGUMENT, "%s", text);
    assert_in_range(strlen(kov_error_text()), 1024, 4096);
    for (int i = 0; i < 20; i++)
        kov_fail_in(KOV_INVALID_ARGUMENT, "%.300s", text);
    assert_in_range(strlen(kov_error_text()), 1024, 4096);
}

/* "é" repeated after 0 to 3 letters: wherever the cut falls, no character may be halved. */
static void cut_keeps_whole_characters(void **state)
{
    (void)state;
    for (int letters = 0; letters < 4; letters++) {
        char text[6000];
        memset(text, 'a', (size_t)letters);
        for (size_t i = (size_t)letters; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xC3\xA9", 3);
        for (int nested = 0; nested < 2; nested++) {
            if (nested)
                kov_fail_in(KOV_BAD_FORMAT, "in");
            else
                kov_fail(KOV_BAD_FORMAT, "%s", text);
            const char *cut = kov_error_text();
            assert_int_equal((unsigned char)cut[strlen(cut) - 1], 0xA9);
        }
    }
}

static void *fail_elsewhere(void *argument)
{
    assert_string_equal(kov_error_text(), "");
    kov_fail(KOV_INTERNAL, "elsewhere");
    return argument;
}

static void text_is_the_threads_own(void **state)
{
    (void)state;
    pthread_t thread;
    kov_fail(KOV_INVALID_ARGUMENT, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    assert_string_equal(kov_error_text(), "here");
}

static void every_status_has_a_name(void **state)
{
    (void)state;
    for (int a = KOV_OK; a <= KOV_INTERNAL; a++)
        for (int b = KOV_OK; b < a; b++)
            assert_string_not_equal(kov_status_name((kov_status)a), kov_status_name((kov_status)b));
    assert_string_equal(kov_status_name((kov_status)12345), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_formatted),       cmocka_unit_test(text_may_quote_the_last),
        cmocka_unit_test(long_text_is_cut),        cmocka_unit_test(cut_keeps_whole_characters),
        cmocka_unit_test(text_is_the_threads_own), cmocka_unit_test(every_status_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
