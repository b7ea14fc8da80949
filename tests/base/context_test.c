/* SPDX-License-Identifier: Apache-2.0 */
#include "base/context.h"

#include "base/memory.h"
#include "base/threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void options_are_checked(void **state)
{
    (void)state;
    kov_context *context;
    kov_context_options bad = {.threads = -1};
    assert_int_equal(kov_context_create(&bad, &context), KOV_INVALID_ARGUMENT);
    assert_null(context);
    bad = (kov_context_options){.threads = 1 << 20};
    assert_int_equal(kov_context_create(&bad, &context), KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "threads"));
}

static void threads_are_settable(void **state)
{
    (void)state;
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    assert_int_equal(kov_context_threads(context), kov_cpu_count());
    assert_int_equal(kov_context_set_threads(context, 3), KOV_OK);
    assert_int_equal(kov_context_threads(context), 3);
    assert_int_equal(kov_context_set_threads(context, 0), KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_context_set_threads(context, -2), KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_context_threads(context), 3);
    kov_context_release(context);
}

static void *refuse(void *user, size_t size, size_t alignment)
{
    (void)user;
    (void)size;
    (void)alignment;
    return NULL;
}

static void take_back(void *user, void *memory, size_t size)
{
    (void)size;
    ++*(int *)user;
    free(memory);
}

static void *give(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, size) != 0)
        return NULL;
    --*(int *)user;
    return memory;
}

static void the_allocator_is_the_callers(void **state)
{
    (void)state;
    int balance = 0;
    kov_context *context;
    kov_context_options options = {.alloc = give, .alloc_user = &balance};
    assert_int_equal(kov_context_create(&options, &context), KOV_INVALID_ARGUMENT);
    options.alloc = refuse;
    options.release = take_back;
    assert_int_equal(kov_context_create(&options, &context), KOV_OUT_OF_MEMORY);
    assert_null(context);
    options.alloc = give;
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    kov_free(context, kov_alloc(context, 100000));
    assert_true(balance < 0);
    kov_context_retain(context);
    kov_context_release(context);
    assert_true(balance < 0);
    kov_context_release(context);
    assert_int_equal(balance, 0);
}

static void cancelling(void **state)
{
    (void)state;
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    assert_int_equal(kov_context_check_cancelled(context), KOV_OK);
    kov_context_cancel(context, true);
    assert_true(kov_context_is_cancelled(context));
    assert_int_equal(kov_context_check_cancelled(context), KOV_CANCELLED);
    kov_context_cancel(context, false);
    assert_int_equal(kov_context_check_cancelled(context), KOV_OK);
    kov_context_release(context);
}

static void keep_line(void *user, const char *line)
{
    strncat(user, line, 100);
}

static void log_lines_reach_the_callback(void **state)
{
    (void)state;
    char lines[4000] = "";
    kov_context_options options = {.log = keep_line, .log_user = lines};
    kov_context *context;
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    assert_true(kov_log_enabled(context));
    kov_log_line(context, "run %d", 7);
    assert_string_equal(lines, "run 7");
    kov_context_release(context);
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    assert_false(kov_log_enabled(context));
    kov_log_line(context, "nobody listens");
    kov_context_release(context);
    kov_context_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),          cmocka_unit_test(threads_are_settable),
        cmocka_unit_test(the_allocator_is_the_callers), cmocka_unit_test(cancelling),
        cmocka_unit_test(log_lines_reach_the_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
