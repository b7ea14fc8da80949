/* SPDX-License-Identifier: Apache-2.0 */
#include "base/threads.h"
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The first block of key 0, counter 0: a known answer of the generator's authors (Random123). */
static void known_answer(void **state)
{
    (void)state;
    static const uint32_t want[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                          key[2] = {0, 0};
    op_case *test = op_begin();
    kov_value k = op_data(test, KOV_DTYPE_U32, DIMS(2), key);
    const kov_tensor *bits = op_result(test, kov_random_bits(test->b, k, INTS(test, 4), 0));
    assert_memory_equal(kov_tensor_data(bits), want, sizeof want);
    op_end(test);
}

/* A longer result begins with the shorter one, whatever its shape; other streams and keys differ.
 */
static void prefixes_and_streams(void **state)
{
    (void)state;
    static const uint32_t keys[2][2] = {{7, 9}, {7, 10}};
    op_case *test = op_begin();
    kov_builder *b = test->b;
    kov_value one = op_data(test, KOV_DTYPE_U32, DIMS(2), keys[0]);
    kov_value other = op_data(test, KOV_DTYPE_U32, DIMS(2), keys[1]);
    const kov_value values[] = {kov_random_bits(b, one, INTS(test, 7), 0),
                                kov_random_bits(b, one, INTS(test, 300, 1000), 0),
                                kov_random_bits(b, one, INTS(test, 7), 1),
                                kov_random_bits(b, other, INTS(test, 7), 0),
                                kov_random_bits(b, one, INTS(test, 0, 3), 0)};
    const kov_tensor *out[5];
    op_results(test, values, 5, out);
    assert_memory_equal(kov_tensor_data(out[0]), kov_tensor_data(out[1]), 28);
    assert_memory_not_equal(kov_tensor_data(out[0]), kov_tensor_data(out[2]), 28);
    assert_memory_not_equal(kov_tensor_data(out[0]), kov_tensor_data(out[3]), 28);
    assert_int_equal(kov_tensor_count(out[4]), 0);
    kov_threads_stop(test->context); /* the pool counts as memory in use */
    op_end(test);
}

static void refusals(void **state)
{
    (void)state;
    static const uint32_t key[3] = {1, 2, 3};
    op_case *test = op_begin();
    kov_value three = op_data(test, KOV_DTYPE_U32, DIMS(3), key);
    kov_value bits = kov_random_bits(test->b, three, INTS(test, 4), 0);
    assert_int_equal(op_failure(test, bits), KOV_INVALID_ARGUMENT);
    kov_value two = op_data(test, KOV_DTYPE_U32, DIMS(2), key);
    bits = kov_random_bits(test->b, two, INTS(test, -4), 0);
    assert_int_equal(op_failure(test, bits), KOV_INVALID_ARGUMENT);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer),
        cmocka_unit_test(prefixes_and_streams),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
