/* SPDX-License-Identifier: Apache-2.0 */
/* Narrow floats against a decoder in long double and a search for the nearest value. */
#include "tensor/convert.h"
#include "tensor/narrow_float.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct format {
    kov_dtype dtype;
    int exponent_bits, fraction_bits;
    unsigned largest; /* code of the largest finite value */
    bool infinity;
} format;

static const format formats[] = {
    {KOV_DTYPE_F16, 5, 10, 0x7BFF, true},
    {KOV_DTYPE_BF16, 8, 7, 0x7F7F, true},
    {KOV_DTYPE_F8E4M3, 4, 3, 0x7E, false},
    {KOV_DTYPE_F8E5M2, 5, 2, 0x7B, true},
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* The value of a code below 2^(exponent_bits + fraction_bits) as if the format had no infinity. */
static long double value_of(const format *f, unsigned code)
{
    int bias = (1 << (f->exponent_bits - 1)) - 1;
    unsigned fraction = code & ((1u << f->fraction_bits) - 1);
    int exponent = (int)(code >> f->fraction_bits);
    if (exponent == 0)
        return ldexpl(fraction, 1 - bias - f->fraction_bits);
    return ldexpl((long double)fraction + (1u << f->fraction_bits),
                  exponent - bias - f->fraction_bits);
}

/* The code of the value nearest to |value|; of two equally near, the even one. */
static unsigned nearest(const format *f, long double value)
{
    unsigned low = 0, high = f->largest + 1;
    value = fabsl(value);
    if (value >= value_of(f, high))
        return f->largest + 1;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (value_of(f, middle) <= value)
            low = middle;
        else
            high = middle;
    }
    long double below = value - value_of(f, low), above = value_of(f, high) - value;
    if (below != above)
        return below < above ? low : high;
    return low % 2 == 0 ? low : high;
}

static unsigned sign_bit(const format *f)
{
    return 1u << (f->exponent_bits + f->fraction_bits);
}

static unsigned code_at(const format *f, const void *codes, int64_t i)
{
    return sign_bit(f) == 0x80 ? ((const uint8_t *)codes)[i] : ((const uint16_t *)codes)[i];
}

static bool is_nan(const format *f, unsigned code)
{
    unsigned magnitude = code & (sign_bit(f) - 1);
    return magnitude > f->largest + (f->infinity ? 1 : 0);
}

static void every_code_decodes(void **state)
{
    (void)state;
    static uint8_t codes8[256];
    static uint16_t codes16[65536];
    static float values[65536];
    for (unsigned i = 0; i < 256; i++)
        codes8[i] = (uint8_t)i;
    for (unsigned i = 0; i < 65536; i++)
        codes16[i] = (uint16_t)i;
    for (int k = 0; k < FORMATS; k++) {
        const format *f = &formats[k];
        unsigned n = sign_bit(f) * 2;
        const void *codes = n == 256 ? (const void *)codes8 : codes16;
        assert_int_equal(kov_convert(f->dtype, codes, KOV_DTYPE_F32, values, n), KOV_OK);
        for (unsigned i = 0; i < n; i++) {
            unsigned magnitude = i & (sign_bit(f) - 1);
            assert_int_equal(signbit(values[i]) != 0, i >= sign_bit(f));
            if (is_nan(f, i))
                assert_true(isnan(values[i]));
            else if (magnitude > f->largest)
                assert_true(isinf(values[i]));
            else
                assert_true(fabsl((long double)values[i]) == value_of(f, magnitude));
        }
        /* And back; signalling NaNs come back quiet. */
        static uint16_t back[65536];
        assert_int_equal(kov_convert(KOV_DTYPE_F32, values, f->dtype, back, n), KOV_OK);
        for (unsigned i = 0; i < n; i++)
            if (is_nan(f, i))
                assert_true(is_nan(f, code_at(f, back, i)));
            else
                assert_int_equal(code_at(f, back, i), i);
    }
}

static void check_f32(const format *f, float *values, int64_t n)
{
    uint16_t codes[512];
    kov_f32_to_narrow(f->dtype, values, codes, n);
    for (int64_t i = 0; i < n; i++) {
        unsigned code = code_at(f, codes, i);
        if (isnan(values[i])) {
            assert_true(is_nan(f, code));
            continue;
        }
        unsigned wanted = nearest(f, values[i]) | (signbit(values[i]) ? sign_bit(f) : 0);
        if (code != wanted)
            fail_msg("%a to %s: %#x, expected %#x", (double)values[i],
                     kov_dtype_keras_name(f->dtype), code, wanted);
    }
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Patterns from all over float32 (the step is odd, so all low bits occur). 500 at a time, so that
 * both the vector loop and its tail are met. */
static void samples_of_float32_round(void **state)
{
    (void)state;
    for (int k = 0; k < FORMATS; k++) {
        float values[500];
        int64_t n = 0;
        for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += 40009) {
            values[n++] = float_of((uint32_t)bits);
            if (n == 500) {
                check_f32(&formats[k], values, n);
                n = 0;
            }
        }
        check_f32(&formats[k], values, n);
    }
}

/* The middles between neighbours, and what lies just beside them: exact in float32, since all four
 * formats have at least 13 bits less (bfloat16's subnormals too). */
static void ties_go_to_even(void **state)
{
    (void)state;
    for (int k = 0; k < FORMATS; k++) {
        const format *f = &formats[k];
        for (unsigned code = 0; code <= f->largest; code++) {
            float middle = (float)((value_of(f, code) + value_of(f, code + 1)) / 2);
            if (isinf(middle))
                continue;
            float values[12];
            for (int i = 0; i < 6; i++) {
                values[2 * i] = i < 2   ? middle
                                : i < 4 ? nextafterf(middle, INFINITY)
                                        : nextafterf(middle, 0);
                values[2 * i + 1] = -values[2 * i];
            }
            check_f32(f, values, 12);
        }
    }
}

/* Rounding to float32 first would turn these near-ties into ties. */
static void doubles_round_once(void **state)
{
    (void)state;
    for (int k = 0; k < FORMATS; k++) {
        const format *f = &formats[k];
        for (unsigned code = 0; code <= f->largest; code += k < 2 ? 7 : 1) {
            double middle = (double)((value_of(f, code) + value_of(f, code + 1)) / 2);
            double values[6] = {middle, nextafter(middle, INFINITY), nextafter(middle, 0)};
            uint16_t codes[6];
            for (int i = 0; i < 3; i++)
                values[3 + i] = -values[i];
            assert_int_equal(kov_convert(KOV_DTYPE_F64, values, f->dtype, codes, 6), KOV_OK);
            for (int i = 0; i < 6; i++)
                assert_int_equal(code_at(f, codes, i),
                                 nearest(f, values[i]) | (i < 3 ? 0 : sign_bit(f)));
        }
    }
}

static void large_integers_round_once(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        /* 8 significant bits, then a tie, then at most one bit far below. */
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int shift = 10 + (int)(seed >> 33) % 45;
        uint64_t value = ((seed >> 56 | 0x80) * 2 + 1) << (shift - 1);
        value += round % 3 == 0 ? 0 : round % 3 == 1 ? 1 : (uint64_t)-1;
        int64_t negative = -(int64_t)(value >> 1);
        for (int k = 0; k < 2; k++) {
            const format *f = &formats[k];
            uint16_t code;
            kov_convert(KOV_DTYPE_U64, &value, f->dtype, &code, 1);
            assert_int_equal(code, nearest(f, (long double)value));
            kov_convert(KOV_DTYPE_I64, &negative, f->dtype, &code, 1);
            assert_int_equal(code, nearest(f, (long double)negative) | 0x8000);
        }
    }
}

static void odd_rounding(void **state)
{
    (void)state;
    assert_true(kov_f64_to_f32_odd(1.5) == 1.5f);
    assert_true(kov_f64_to_f32_odd(1.0 + 0x1p-40) == 1.0f + 0x1p-23f);
    assert_true(kov_f64_to_f32_odd(1.0 - 0x1p-40) == 1.0f - 0x1p-24f);
    assert_true(kov_f64_to_f32_odd(-0x1p300) == -0x1.fffffep127f);
    assert_true(kov_f64_to_f32_odd(0x1p-300) == 0x1p-149f);
    assert_true(isinf(kov_f64_to_f32_odd(INFINITY)));
    assert_true(isnan(kov_f64_to_f32_odd(NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_decodes),        cmocka_unit_test(samples_of_float32_round),
        cmocka_unit_test(ties_go_to_even),           cmocka_unit_test(doubles_round_once),
        cmocka_unit_test(large_integers_round_once), cmocka_unit_test(odd_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
