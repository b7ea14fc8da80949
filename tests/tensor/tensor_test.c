/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"

#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static kov_context *make_context(void)
{
    kov_context_options options = {.threads = 1};
    kov_context *context;
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    return context;
}

static const int64_t dims[] = {2, 3};
static const float values[] = {1, 2, 3, 4, 5, 6};

static void holds_what_was_given(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_tensor *t;
    assert_int_equal(kov_tensor_from_data(context, KOV_DTYPE_F32, 2, dims, values, &t), KOV_OK);
    assert_int_equal(kov_tensor_dtype(t), KOV_DTYPE_F32);
    assert_int_equal(kov_tensor_ndim(t), 2);
    assert_memory_equal(kov_tensor_dims(t), dims, sizeof dims);
    assert_int_equal(kov_tensor_count(t), 6);
    assert_int_equal(kov_tensor_bytes(t), 24);
    assert_int_equal((uintptr_t)kov_tensor_data(t) % 64, 0);
    assert_memory_equal(kov_tensor_data(t), values, sizeof values);
    kov_tensor_release(t);
    kov_tensor_release(NULL);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    const int64_t empty[] = {0, 3};
    assert_int_equal(kov_tensor_from_data(context, KOV_DTYPE_F32, 2, empty, NULL, &t), KOV_OK);
    assert_int_equal(kov_tensor_bytes(t), 0);
    kov_tensor_release(t);
    assert_int_equal(kov_tensor_from_data(context, KOV_DTYPE_F32, 2, dims, NULL, &t),
                     KOV_INVALID_ARGUMENT);
    assert_null(t);
    assert_int_equal(kov_tensor_create(context, KOV_DTYPE_STRING, 2, dims, &t), KOV_TYPE_ERROR);
    const int64_t negative[] = {-1};
    assert_int_equal(kov_tensor_create(context, KOV_DTYPE_F32, 1, negative, &t),
                     KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
}

static void strided_is_copied_dense(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_tensor *t;
    const int64_t strides[] = {4, 8}; /* the transpose of (3, 2) */
    assert_int_equal(kov_tensor_from_strided(context, KOV_DTYPE_F32, 2, dims, strides, values, &t),
                     KOV_OK);
    const float wanted[] = {1, 3, 5, 2, 4, 6};
    assert_memory_equal(kov_tensor_data(t), wanted, sizeof wanted);
    kov_tensor_release(t);
    assert_int_equal(kov_tensor_from_strided(context, KOV_DTYPE_I4, 2, dims, strides, values, &t),
                     KOV_TYPE_ERROR);
    kov_context_release(context);
}

static void only_the_sole_owner_writes(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_tensor *t, *view;
    assert_int_equal(kov_tensor_from_data(context, KOV_DTYPE_F32, 2, dims, values, &t), KOV_OK);
    uint64_t id = kov_tensor_id(t);
    assert_ptr_equal(kov_tensor_data_mut(t), kov_tensor_data(t));
    assert_true(kov_tensor_id(t) != id);
    kov_tensor_retain(t);
    id = kov_tensor_id(t);
    assert_null(kov_tensor_data_mut(t));
    assert_true(kov_tensor_id(t) == id);
    kov_tensor_release(t);
    const int64_t flat[] = {6};
    assert_int_equal(kov_tensor_view(t, 1, flat, &view), KOV_OK);
    assert_ptr_equal(kov_tensor_data(view), kov_tensor_data(t));
    assert_true(kov_tensor_id(view) != kov_tensor_id(t));
    assert_null(kov_tensor_data_mut(t));
    assert_null(kov_tensor_data_mut(view));
    kov_tensor_release(t);
    assert_non_null(kov_tensor_data_mut(view));
    const int64_t wrong[] = {7};
    assert_int_equal(kov_tensor_view(view, 1, wrong, &t), KOV_INVALID_ARGUMENT);
    assert_non_null(strstr(kov_error_text(), "(6,) as (7,)"));
    kov_tensor_release(view);
    kov_context_release(context);
}

static void count_call(void *user)
{
    ++*(int *)user;
}

static void borrowed_memory_is_given_back_once(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_tensor *t, *view;
    float own[6] = {1, 2, 3, 4, 5, 6};
    int calls = 0;
    assert_int_equal(kov_tensor_wrap(context, KOV_DTYPE_F32, 2, dims, own, count_call, &calls, &t),
                     KOV_OK);
    assert_ptr_equal(kov_tensor_data(t), own);
    assert_null(kov_tensor_data_mut(t));
    const int64_t flat[] = {3, 2};
    assert_int_equal(kov_tensor_view(t, 2, flat, &view), KOV_OK);
    kov_tensor_release(t);
    assert_int_equal(calls, 0);
    kov_tensor_release(view);
    assert_int_equal(calls, 1);
    assert_int_equal(
        kov_tensor_wrap(context, KOV_DTYPE_F32, 1, flat, (char *)own + 1, count_call, &calls, &t),
        KOV_INVALID_ARGUMENT);
    assert_int_equal(kov_tensor_wrap(context, KOV_DTYPE_F32, 1, flat, NULL, count_call, &calls, &t),
                     KOV_INVALID_ARGUMENT);
    assert_int_equal(calls, 1);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
}

static void a_tensor_keeps_its_context(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_tensor *t;
    const int32_t seven = 7;
    assert_int_equal(kov_tensor_scalar(context, KOV_DTYPE_I32, &seven, &t), KOV_OK);
    kov_context_release(context);
    assert_int_equal(*(const int32_t *)kov_tensor_data(t), 7);
    assert_int_equal(kov_tensor_ndim(t), 0);
    kov_tensor_release(t); /* AddressSanitizer sees whether this frees all, and in order */
}

static void converting(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_tensor *t, *converted;
    assert_int_equal(kov_tensor_from_data(context, KOV_DTYPE_F32, 2, dims, values, &t), KOV_OK);
    assert_int_equal(kov_tensor_convert(t, KOV_DTYPE_I64, &converted), KOV_OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(((const int64_t *)kov_tensor_data(converted))[i], i + 1);
    assert_memory_equal(kov_tensor_dims(converted), dims, sizeof dims);
    kov_tensor_release(converted);
    assert_int_equal(kov_tensor_convert(t, KOV_DTYPE_STRING, &converted), KOV_TYPE_ERROR);
    kov_tensor_release(t);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
}

/* Every allocation of the sequence fails once; nothing may leak or be lost. */
static kov_status sequence(kov_context *context)
{
    float own[6] = {0};
    kov_tensor *t = NULL, *view = NULL, *wrapped = NULL, *converted = NULL;
    const int64_t flat[] = {6};
    kov_status status = kov_tensor_from_data(context, KOV_DTYPE_F32, 2, dims, values, &t);
    if (status == KOV_OK)
        status = kov_tensor_view(t, 1, flat, &view);
    if (status == KOV_OK)
        status = kov_tensor_wrap(context, KOV_DTYPE_F32, 1, flat, own, NULL, NULL, &wrapped);
    if (status == KOV_OK)
        status = kov_tensor_convert(view, KOV_DTYPE_F16, &converted);
    kov_tensor_release(t);
    kov_tensor_release(view);
    kov_tensor_release(wrapped);
    kov_tensor_release(converted);
    return status;
}

static void short_memory(void **state)
{
    (void)state;
    kov_context *context = make_context();
    int n = 1;
    for (;; n++) {
        kov_memory_fail_after(context, n);
        kov_status status = sequence(context);
        assert_int_equal(status, kov_memory_failed(context) ? KOV_OUT_OF_MEMORY : KOV_OK);
        assert_int_equal(kov_context_bytes_in_use(context), 0);
        if (status == KOV_OK)
            break;
    }
    assert_int_equal(n, 8); /* seven allocations */
    kov_context_release(context);
}

static void *retain_and_release(void *argument)
{
    for (int i = 0; i < 20000; i++) {
        kov_tensor *view;
        const int64_t flat[] = {6};
        kov_tensor_retain(argument);
        if (kov_tensor_view(argument, 1, flat, &view) == KOV_OK)
            kov_tensor_release(view);
        kov_tensor_release(argument);
    }
    kov_tensor_release(argument);
    return NULL;
}

static void threads_share_a_tensor(void **state)
{
    (void)state;
    kov_context *context = make_context();
    kov_tensor *t;
    int calls = 0;
    float own[6] = {0};
    assert_int_equal(kov_tensor_wrap(context, KOV_DTYPE_F32, 2, dims, own, count_call, &calls, &t),
                     KOV_OK);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        kov_tensor_retain(t);
        assert_int_equal(pthread_create(&threads[i], NULL, retain_and_release, t), 0);
    }
    kov_tensor_release(t);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(calls, 1);
    assert_int_equal(kov_context_bytes_in_use(context), 0);
    kov_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_was_given),
        cmocka_unit_test(strided_is_copied_dense),
        cmocka_unit_test(only_the_sole_owner_writes),
        cmocka_unit_test(borrowed_memory_is_given_back_once),
        cmocka_unit_test(a_tensor_keeps_its_context),
        cmocka_unit_test(converting),
        cmocka_unit_test(short_memory),
        cmocka_unit_test(threads_share_a_tensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
