/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion against NumPy's answers (convert_table.inc) and against 128-bit integer arithmetic. */
#include "tensor/convert.h"

#include "native/math_every_isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "convert_table.inc"

__extension__ typedef __int128 wide;

static const kov_dtype integers[] = {KOV_DTYPE_I8, KOV_DTYPE_I16, KOV_DTYPE_I32, KOV_DTYPE_I64,
                                     KOV_DTYPE_U8, KOV_DTYPE_U16, KOV_DTYPE_U32, KOV_DTYPE_U64};
enum { INTEGERS = sizeof integers / sizeof *integers };

static uint64_t low_bits(const void *at, int bits)
{
    uint64_t value = 0;
    memcpy(&value, at, (size_t)bits / 8);
    return value;
}

static void check_floats(kov_dtype from, const void *values, const uint64_t (*wanted)[VALUE_COUNT])
{
    size_t size = (size_t)kov_dtype_bits(from) / 8;
    for (int t = 0; t < INTEGERS; t++) {
        int bits = kov_dtype_bits(integers[t]);
        for (int i = 0; i < VALUE_COUNT; i++) {
            /* Once alone, once in a long array, where other instructions may run. */
            char many_in[100 * 8], many_out[100 * 8], one[8];
            for (size_t j = 0; j < 100; j++)
                memcpy(many_in + j * size, (const char *)values + (size_t)i * size, size);
            assert_int_equal(kov_convert(from, many_in, integers[t], one, 1), KOV_OK);
            assert_int_equal(kov_convert(from, many_in, integers[t], many_out, 100), KOV_OK);
            for (size_t j = 0; j < 100; j++)
                if (low_bits(many_out + j * (size_t)bits / 8, bits) != wanted[t][i])
                    fail_msg("%s from %s to %s", value_texts[i], kov_dtype_keras_name(from),
                             kov_dtype_keras_name(integers[t]));
            assert_int_equal(low_bits(one, bits), wanted[t][i]);
        }
    }
}

static void floats_to_integers_are_numpy(void **state)
{
    (void)state;
    float singles[VALUE_COUNT];
    double doubles[VALUE_COUNT];
    for (int i = 0; i < VALUE_COUNT; i++) {
        doubles[i] = strtod(value_texts[i], NULL);
        singles[i] = (float)doubles[i];
    }
    check_floats(KOV_DTYPE_F32, singles, from_float32);
    check_floats(KOV_DTYPE_F64, doubles, from_float64);
}

static wide value_of(kov_dtype dtype, uint64_t pattern)
{
    int bits = kov_dtype_bits(dtype);
    uint64_t value = bits == 64 ? pattern : pattern & (((uint64_t)1 << bits) - 1);
    if (kov_dtype_is_signed(dtype) && value >> (bits - 1) != 0)
        return (wide)value - ((wide)1 << bits);
    return (wide)value;
}

/* Every integer fits long double's 64 bits, so its rounding to float or double is the one wanted.
 */
static void integers_to_all(void **state)
{
    (void)state;
    uint64_t patterns[200];
    int64_t n = 0;
    for (int shift = 0; shift < 64; shift++)
        for (int delta = -1; delta <= 1; delta++)
            patterns[n++] = ((uint64_t)1 << shift) + (uint64_t)(int64_t)delta;
    patterns[n++] = 0xFFFFFFFFFFFFFFFFu;
    patterns[n++] = 0x123456789ABCDEF1u;
    for (int s = 0; s < INTEGERS; s++) {
        size_t size = (size_t)kov_dtype_bits(integers[s]) / 8;
        char source[200 * 8], target[200 * 8];
        for (int64_t i = 0; i < n; i++)
            memcpy(source + (size_t)i * size, &patterns[i], size);
        for (int t = 0; t < INTEGERS; t++) {
            int bits = kov_dtype_bits(integers[t]);
            kov_convert(integers[s], source, integers[t], target, n);
            for (int64_t i = 0; i < n; i++)
                assert_true(value_of(integers[t], low_bits(target + i * bits / 8, bits)) ==
                            value_of(integers[t], (uint64_t)value_of(integers[s], patterns[i])));
        }
        kov_convert(integers[s], source, KOV_DTYPE_F32, target, n);
        for (int64_t i = 0; i < n; i++)
            assert_true(((float *)(void *)target)[i] ==
                        (float)(long double)value_of(integers[s], patterns[i]));
        kov_convert(integers[s], source, KOV_DTYPE_F64, target, n);
        for (int64_t i = 0; i < n; i++)
            assert_true(((double *)(void *)target)[i] ==
                        (double)(long double)value_of(integers[s], patterns[i]));
        kov_convert(integers[s], source, KOV_DTYPE_BOOL, target, n);
        for (int64_t i = 0; i < n; i++)
            assert_int_equal(target[i], value_of(integers[s], patterns[i]) != 0);
    }
}

static const kov_dtype sized[] = {
    KOV_DTYPE_BOOL,   KOV_DTYPE_I8,  KOV_DTYPE_I16, KOV_DTYPE_I32, KOV_DTYPE_I64,
    KOV_DTYPE_U8,     KOV_DTYPE_U16, KOV_DTYPE_U32, KOV_DTYPE_U64, KOV_DTYPE_F16,
    KOV_DTYPE_BF16,   KOV_DTYPE_F32, KOV_DTYPE_F64, KOV_DTYPE_C64, KOV_DTYPE_C128,
    KOV_DTYPE_U1,     KOV_DTYPE_I4,  KOV_DTYPE_U4,  KOV_DTYPE_NF4, KOV_DTYPE_F8E4M3,
    KOV_DTYPE_F8E5M2,
};
enum { SIZED = sizeof sized / sizeof *sized, MANY = 1300 };

/* 0 and 1 are values of every type: any pair must carry them, at any length, and write nothing
 * else. */
static void zero_and_one_survive_every_pair(void **state)
{
    (void)state;
    static const int64_t lengths[] = {1, 7, 8, 63, 64, 65, 511, 512, 513, MANY};
    static uint8_t wanted[MANY], back[MANY];
    static char source[MANY * 16], target[MANY * 16 + 1];
    for (int i = 0; i < MANY; i++)
        wanted[i] = i % 3 == 0;
    for (int s = 0; s < SIZED; s++)
        for (int t = 0; t < SIZED; t++)
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
                int64_t n = lengths[l];
                size_t bytes = (size_t)((n * kov_dtype_bits(sized[t]) + 7) / 8);
                target[bytes] = 0x55;
                kov_convert(KOV_DTYPE_BOOL, wanted, sized[s], source, n);
                assert_int_equal(kov_convert(sized[s], source, sized[t], target, n), KOV_OK);
                assert_int_equal(target[bytes], 0x55);
                kov_convert(sized[t], target, KOV_DTYPE_BOOL, back, n);
                assert_memory_equal(back, wanted, (size_t)n);
            }
}

static void nan_and_fractions_to_bool(void **state)
{
    (void)state;
    const double values[] = {0.0, -0.0, NAN, 1e-300, -5};
    uint8_t out[5];
    kov_convert(KOV_DTYPE_F64, values, KOV_DTYPE_BOOL, out, 5);
    const uint8_t wanted[] = {0, 0, 1, 1, 1};
    assert_memory_equal(out, wanted, 5);
    const float complex_values[] = {0, 0, 0, 2, 3, 0};
    kov_convert(KOV_DTYPE_C64, complex_values, KOV_DTYPE_BOOL, out, 3);
    const uint8_t complex_wanted[] = {0, 1, 1};
    assert_memory_equal(out, complex_wanted, 3);
}

static void complex_parts(void **state)
{
    (void)state;
    const double values[] = {1.25, -2, 300.75, NAN};
    float single[4], real[2];
    uint8_t byte[2];
    kov_convert(KOV_DTYPE_C128, values, KOV_DTYPE_C64, single, 2);
    assert_true(single[0] == 1.25f && single[1] == -2 && single[2] == 300.75f && isnan(single[3]));
    kov_convert(KOV_DTYPE_C128, values, KOV_DTYPE_F32, real, 2);
    assert_true(real[0] == 1.25f && real[1] == 300.75f);
    kov_convert(KOV_DTYPE_C64, single, KOV_DTYPE_U8, byte, 2);
    assert_int_equal(byte[0], 1);
    assert_int_equal(byte[1], 44); /* 300 modulo 256 */
    const int32_t number = -7;
    double pair[2];
    kov_convert(KOV_DTYPE_I32, &number, KOV_DTYPE_C128, pair, 1);
    assert_true(pair[0] == -7 && pair[1] == 0);
}

/* The layout that OpenVINO's runtime reads (its Python helper pack_data has the other order for
 * four bits): u1 from the top of a byte, four bits low half first. */
static void packed_layout(void **state)
{
    (void)state;
    const int8_t bits[] = {1, 0, 0, 0, 0, 0, 1, 0, 1};
    uint8_t packed[3] = {0xFF, 0xFF, 0xFF};
    kov_convert(KOV_DTYPE_I8, bits, KOV_DTYPE_U1, packed, 9);
    assert_int_equal(packed[0], 0x82);
    assert_int_equal(packed[1], 0x80);
    const float values[] = {-8, 7, -1};
    kov_convert(KOV_DTYPE_F32, values, KOV_DTYPE_I4, packed, 3);
    assert_int_equal(packed[0], 0x78);
    assert_int_equal(packed[1], 0x0F);
    int32_t back[3];
    kov_convert(KOV_DTYPE_I4, packed, KOV_DTYPE_I32, back, 3);
    assert_true(back[0] == -8 && back[1] == 7 && back[2] == -1);
    const int64_t unsigned_values[] = {9, 15, 1};
    kov_convert(KOV_DTYPE_I64, unsigned_values, KOV_DTYPE_U4, packed, 3);
    assert_int_equal(packed[0], 0xF9);
    assert_int_equal(packed[1], 0x01);
}

static void nf4_takes_the_nearest(void **state)
{
    (void)state;
    float codes[16], back[16];
    uint8_t all[8], packed[8];
    for (int i = 0; i < 8; i++)
        all[i] = (uint8_t)(2 * i | (2 * i + 1) << 4);
    kov_convert(KOV_DTYPE_NF4, all, KOV_DTYPE_F32, codes, 16);
    assert_true(codes[0] == -1 && codes[7] == 0 && codes[15] == 1);
    kov_convert(KOV_DTYPE_F32, codes, KOV_DTYPE_NF4, packed, 16);
    assert_memory_equal(packed, all, 8);
    for (int step = -1200; step <= 1200; step++) {
        float value = (float)step / 1000;
        kov_convert(KOV_DTYPE_F32, &value, KOV_DTYPE_NF4, packed, 1);
        kov_convert(KOV_DTYPE_NF4, packed, KOV_DTYPE_F32, back, 1);
        for (int i = 0; i < 16; i++)
            assert_true(fabsf(back[0] - value) <= fabsf(codes[i] - value));
    }
}

static void refusals(void **state)
{
    (void)state;
    char a[16] = {0}, b[16];
    assert_int_equal(kov_convert(KOV_DTYPE_STRING, a, KOV_DTYPE_F32, b, 1), KOV_TYPE_ERROR);
    assert_int_equal(kov_convert(KOV_DTYPE_F32, a, KOV_DTYPE_NONE, b, 1), KOV_TYPE_ERROR);
    assert_int_equal(kov_convert(KOV_DTYPE_F32, NULL, KOV_DTYPE_F64, NULL, 0), KOV_OK);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_to_integers_are_numpy),
        cmocka_unit_test(integers_to_all),
        cmocka_unit_test(zero_and_one_survive_every_pair),
        cmocka_unit_test(nan_and_fractions_to_bool),
        cmocka_unit_test(complex_parts),
        cmocka_unit_test(packed_layout),
        cmocka_unit_test(nf4_takes_the_nearest),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
