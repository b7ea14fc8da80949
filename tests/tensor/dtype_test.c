/* SPDX-License-Identifier: Apache-2.0 */
#include <kov/dtype.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void names_come_back(void **state)
{
    (void)state;
    for (int i = 1; i < KOV_DTYPE_COUNT; i++) {
        kov_dtype dtype = (kov_dtype)i;
        assert_int_equal(kov_dtype_from_keras_name(kov_dtype_keras_name(dtype)), dtype);
        assert_int_equal(kov_dtype_from_ov_name(kov_dtype_ov_name(dtype)), dtype);
    }
    assert_int_equal(kov_dtype_from_keras_name("float31"), KOV_DTYPE_NONE);
    assert_int_equal(kov_dtype_from_keras_name(kov_dtype_keras_name(KOV_DTYPE_NONE)),
                     KOV_DTYPE_NONE);
    assert_int_equal(kov_dtype_from_keras_name(NULL), KOV_DTYPE_NONE);
    assert_int_equal(kov_dtype_from_ov_name(""), KOV_DTYPE_NONE);
    assert_int_equal(kov_dtype_from_ov_name(NULL), KOV_DTYPE_NONE);
    assert_string_equal(kov_dtype_keras_name(KOV_DTYPE_F8E4M3), "float8_e4m3fn");
    assert_string_equal(kov_dtype_ov_name(KOV_DTYPE_BOOL), "boolean");
    assert_non_null(kov_dtype_keras_name((kov_dtype)999));
}

/* A type's name says its size and kind: int16, u4, f8e5m2, complex128. */
static void names_agree_with_properties(void **state)
{
    (void)state;
    for (int i = 1; i < KOV_DTYPE_COUNT; i++) {
        kov_dtype dtype = (kov_dtype)i;
        const char *name = kov_dtype_keras_name(dtype);
        size_t digit = strcspn(name, "0123456789");
        int bits = 0;
        for (const char *at = name + digit; *at >= '0' && *at <= '9'; at++)
            bits = bits * 10 + (*at - '0');
        if (dtype == KOV_DTYPE_BOOL)
            bits = 8;
        assert_int_equal(kov_dtype_bits(dtype), bits);
        assert_int_equal(kov_dtype_is_float(dtype), strstr(name, "float") != NULL);
        assert_int_equal(kov_dtype_is_integer(dtype), strstr(name, "int") != NULL);
        assert_int_equal(kov_dtype_is_signed(dtype), strncmp(name, "int", 3) == 0);
        assert_int_equal(kov_dtype_is_complex(dtype), strstr(name, "complex") != NULL);
    }
    assert_int_equal(kov_dtype_bits(KOV_DTYPE_NONE), 0);
    assert_int_equal(kov_dtype_bits((kov_dtype)999), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(names_agree_with_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
