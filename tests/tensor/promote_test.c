/* SPDX-License-Identifier: Apache-2.0 */
/* Promotion against Keras's own answers (promote_table.inc). */
#include "tensor/promote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "promote_table.inc"

enum { TYPES = sizeof keras_types - 1 };

static const struct {
    char letter;
    kov_dtype dtype;
    uint8_t weak;
} letters[] = {
    {'b', KOV_DTYPE_BOOL, 0},
    {'1', KOV_DTYPE_I8, 0},
    {'2', KOV_DTYPE_I16, 0},
    {'4', KOV_DTYPE_I32, 0},
    {'8', KOV_DTYPE_I64, 0},
    {'a', KOV_DTYPE_U8, 0},
    {'c', KOV_DTYPE_U16, 0},
    {'e', KOV_DTYPE_U32, 0},
    {'g', KOV_DTYPE_U64, 0},
    {'h', KOV_DTYPE_F16, 0},
    {'m', KOV_DTYPE_BF16, 0},
    {'f', KOV_DTYPE_F32, 0},
    {'d', KOV_DTYPE_F64, 0},
    {'p', KOV_DTYPE_C64, 0},
    {'q', KOV_DTYPE_C128, 0},
    {'I', KOV_DTYPE_NONE, KOV_WEAK_INT},
    {'F', KOV_DTYPE_NONE, KOV_WEAK_FLOAT},
};

static kov_operand_type operand(char letter)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].letter == letter)
            return (kov_operand_type){letters[i].dtype, letters[i].weak};
    fail_msg("letter %c", letter);
    return (kov_operand_type){0};
}

static bool has(const char *types, int n, const char *any_of)
{
    for (int i = 0; i < n; i++)
        if (strchr(any_of, types[i]) != NULL)
            return true;
    return false;
}

/* The rules of promote.h by which we differ from Keras, applied to Keras's answers. */
static kov_dtype expected(const char *types, int n, kov_dtype floatx, char reduced, char kept)
{
    if (floatx == KOV_DTYPE_BF16 && reduced == 'h' && !has(types, n, "h"))
        return floatx;
    if (floatx == KOV_DTYPE_F64 && kept == 'd')
        return floatx;
    return operand(has(types, n, "8gdq") ? kept : reduced).dtype;
}

static void check(const char *types, int n, kov_dtype floatx, char reduced, char kept)
{
    kov_operand_type operands[3];
    for (int i = 0; i < n; i++)
        operands[i] = operand(types[i]);
    kov_dtype found, wanted = expected(types, n, floatx, reduced, kept);
    assert_int_equal(kov_promote(operands, n, floatx, &found), KOV_OK);
    if (found != wanted)
        fail_msg("%.*s with floatx %s: %s, expected %s", n, types, kov_dtype_keras_name(floatx),
                 kov_dtype_keras_name(found), kov_dtype_keras_name(wanted));
}

static void check_pairs(const char *const *reduced, const char *const *kept, kov_dtype floatx)
{
    for (int i = 0; i < TYPES; i++)
        for (int j = 0; j < TYPES; j++) {
            const char types[2] = {keras_types[i], keras_types[j]};
            check(types, 2, floatx, reduced[i][j], kept[i][j]);
        }
}

static void pairs_are_keras(void **state)
{
    (void)state;
    check_pairs(pairs_float32_reduced, pairs_float32_kept, KOV_DTYPE_F32);
    check_pairs(pairs_float16_reduced, pairs_float16_kept, KOV_DTYPE_F16);
    check_pairs(pairs_bfloat16_reduced, pairs_bfloat16_kept, KOV_DTYPE_BF16);
    check_pairs(pairs_float64_reduced, pairs_float64_kept, KOV_DTYPE_F64);
}

static void triples_are_keras(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof triples / sizeof *triples; i++)
        check(triples[i], 3, KOV_DTYPE_F32, triples_reduced[i], triples_kept[i]);
}

/* The sentences of the design, spelled out once more by hand. */
static void design_examples(void **state)
{
    (void)state;
    static const struct {
        const char *types;
        kov_dtype wanted;
    } rows[] = {
        {"8I", KOV_DTYPE_I64}, {"dF", KOV_DTYPE_F64}, {"e4", KOV_DTYPE_I32}, {"8f", KOV_DTYPE_F32},
        {"8F", KOV_DTYPE_F32}, {"8g", KOV_DTYPE_F32}, {"ge", KOV_DTYPE_U64}, {"8e", KOV_DTYPE_I64},
        {"hF", KOV_DTYPE_F16}, {"mh", KOV_DTYPE_F32}, {"1I", KOV_DTYPE_I8},  {"dp", KOV_DTYPE_C128},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kov_operand_type operands[2] = {operand(rows[i].types[0]), operand(rows[i].types[1])};
        kov_dtype found;
        assert_int_equal(kov_promote(operands, 2, KOV_DTYPE_F32, &found), KOV_OK);
        assert_int_equal(found, rows[i].wanted);
    }
}

static void none_and_one(void **state)
{
    (void)state;
    kov_dtype found;
    assert_int_equal(kov_promote(NULL, 0, KOV_DTYPE_F16, &found), KOV_OK);
    assert_int_equal(found, KOV_DTYPE_F16);
    for (int i = 0; i < TYPES; i++) {
        kov_operand_type one = operand(keras_types[i]);
        assert_int_equal(kov_promote(&one, 1, KOV_DTYPE_F32, &found), KOV_OK);
        assert_int_equal(found, one.weak == KOV_WEAK_INT     ? KOV_DTYPE_I32
                                : one.weak == KOV_WEAK_FLOAT ? KOV_DTYPE_F32
                                                             : one.dtype);
    }
    kov_operand_type text[2] = {{KOV_DTYPE_STRING, 0}, {KOV_DTYPE_STRING, 0}};
    assert_int_equal(kov_promote(text, 2, KOV_DTYPE_F32, &found), KOV_OK);
    assert_int_equal(found, KOV_DTYPE_STRING);
}

static void python_complex(void **state)
{
    (void)state;
    kov_operand_type operands[2] = {{KOV_DTYPE_NONE, KOV_WEAK_COMPLEX}, {KOV_DTYPE_F32, 0}};
    kov_dtype found;
    assert_int_equal(kov_promote(operands, 2, KOV_DTYPE_F32, &found), KOV_OK);
    assert_int_equal(found, KOV_DTYPE_C64);
    operands[1].dtype = KOV_DTYPE_F64;
    assert_int_equal(kov_promote(operands, 2, KOV_DTYPE_F32, &found), KOV_OK);
    assert_int_equal(found, KOV_DTYPE_C128);
    operands[1] = (kov_operand_type){KOV_DTYPE_NONE, KOV_WEAK_FLOAT};
    assert_int_equal(kov_promote(operands, 2, KOV_DTYPE_F32, &found), KOV_OK);
    assert_int_equal(found, KOV_DTYPE_C64);
}

static void refusals(void **state)
{
    (void)state;
    static const kov_dtype bad[][2] = {
        {KOV_DTYPE_F8E4M3, KOV_DTYPE_F8E4M3}, {KOV_DTYPE_F8E5M2, KOV_DTYPE_F32},
        {KOV_DTYPE_STRING, KOV_DTYPE_F32},    {KOV_DTYPE_I32, KOV_DTYPE_STRING},
        {KOV_DTYPE_I4, KOV_DTYPE_I8},         {KOV_DTYPE_NONE, KOV_DTYPE_I8},
        {KOV_DTYPE_COUNT, KOV_DTYPE_I8},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kov_operand_type operands[2] = {{bad[i][0], 0}, {bad[i][1], 0}};
        kov_dtype found;
        assert_int_equal(kov_promote(operands, 2, KOV_DTYPE_F32, &found), KOV_TYPE_ERROR);
        assert_true(strlen(kov_error_text()) > 0);
    }
}

static void to_float(void **state)
{
    (void)state;
    assert_int_equal(kov_promote_to_float(KOV_DTYPE_BOOL, KOV_DTYPE_F32), KOV_DTYPE_F32);
    assert_int_equal(kov_promote_to_float(KOV_DTYPE_I64, KOV_DTYPE_F16), KOV_DTYPE_F16);
    assert_int_equal(kov_promote_to_float(KOV_DTYPE_U8, KOV_DTYPE_BF16), KOV_DTYPE_BF16);
    assert_int_equal(kov_promote_to_float(KOV_DTYPE_F16, KOV_DTYPE_F32), KOV_DTYPE_F16);
    assert_int_equal(kov_promote_to_float(KOV_DTYPE_F64, KOV_DTYPE_F32), KOV_DTYPE_F64);
    assert_int_equal(kov_promote_to_float(KOV_DTYPE_C64, KOV_DTYPE_F32), KOV_DTYPE_C64);
}

/* Two numbers of a class are held by the same types. */
static void classes_of_integers(void **state)
{
    (void)state;
    static const int edges[] = {0, 7, 8, 15, 16, 31, 32, 62};
    const kov_dtype types[] = {KOV_DTYPE_I8,  KOV_DTYPE_I16, KOV_DTYPE_I32, KOV_DTYPE_I64,
                               KOV_DTYPE_U8,  KOV_DTYPE_U16, KOV_DTYPE_U32, KOV_DTYPE_U64,
                               KOV_DTYPE_F16, KOV_DTYPE_BOOL};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        for (int step = -1; step <= 1; step++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                int64_t number = sign * ((INT64_C(1) << edges[i]) + step);
                for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
                    int bits = (int)kov_dtype_bits(types[t]);
                    bool is_signed = kov_dtype_is_signed(types[t]), holds = true;
                    if (kov_dtype_is_integer(types[t])) {
                        __int128 high = ((__int128)1 << (is_signed ? bits - 1 : bits)) - 1;
                        holds = number <= high && number >= (is_signed ? -high - 1 : 0);
                    }
                    assert_int_equal(kov_integer_class_fits(kov_integer_class(number), types[t]),
                                     holds);
                    assert_true(kov_integer_class_fits(0, types[t]));
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_keras), cmocka_unit_test(triples_are_keras),
        cmocka_unit_test(design_examples), cmocka_unit_test(none_and_one),
        cmocka_unit_test(python_complex),  cmocka_unit_test(refusals),
        cmocka_unit_test(to_float),        cmocka_unit_test(classes_of_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
