/* SPDX-License-Identifier: Apache-2.0 */
/* Binary and ternary kernels and integer unary ones, against 128-bit integers and the C library in
 * long double. The unary float functions are in elementwise_accuracy_test.c. */
#include "native/kernels/elementwise/elementwise.h"
#include "native/math_every_isa.h"
#include "native/ulp.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

__extension__ typedef __int128 wide;

static const kov_dtype integer_types[] = {KOV_DTYPE_I8,  KOV_DTYPE_I16, KOV_DTYPE_I32,
                                          KOV_DTYPE_I64, KOV_DTYPE_U8,  KOV_DTYPE_U16,
                                          KOV_DTYPE_U32, KOV_DTYPE_U64};
enum { INTEGER_TYPES = sizeof integer_types / sizeof integer_types[0] };

static wide load(kov_dtype dtype, const void *x, size_t i)
{
    switch (dtype) {
    case KOV_DTYPE_I8:
        return ((const int8_t *)x)[i];
    case KOV_DTYPE_I16:
        return ((const int16_t *)x)[i];
    case KOV_DTYPE_I32:
        return ((const int32_t *)x)[i];
    case KOV_DTYPE_I64:
        return ((const int64_t *)x)[i];
    case KOV_DTYPE_U8:
        return ((const uint8_t *)x)[i];
    case KOV_DTYPE_U16:
        return ((const uint16_t *)x)[i];
    case KOV_DTYPE_U32:
        return ((const uint32_t *)x)[i];
    default:
        return ((const uint64_t *)x)[i];
    }
}

static void store(kov_dtype dtype, void *x, size_t i, wide value)
{
    size_t size = (size_t)kov_dtype_bits(dtype) / 8;
    memcpy((char *)x + i * size, &value, size); /* little-endian: the low bytes */
}

/* value modulo 2^bits, as the type reads it. */
static wide wrap(kov_dtype dtype, wide value)
{
    uint64_t memory = 0;
    store(dtype, &memory, 0, value);
    return load(dtype, &memory, 0);
}

static wide floor_quotient(wide a, wide b)
{
    if (b == 0)
        return 0;
    wide q = a / b;
    while (q * b > a && b > 0)
        q--;
    while (q * b < a && b < 0)
        q--;
    return q;
}

static wide power(kov_dtype dtype, wide a, wide b)
{
    wide y = 1;
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;
    for (int bit = 63; bit >= 0; bit--) {
        y = wrap(dtype, (wide)((unsigned __int128)y * (unsigned __int128)y));
        if (b >> bit & 1)
            y = wrap(dtype, (wide)((unsigned __int128)y * (unsigned __int128)a));
    }
    return y;
}

static wide expected(kov_elementwise_op op, kov_dtype dtype, wide a, wide b)
{
    int bits = kov_dtype_bits(dtype);
    bool shifts = b >= 0 && b < bits;
    switch (op) {
    case KOV_ELEMENTWISE_ADD:
        return a + b;
    case KOV_ELEMENTWISE_SUBTRACT:
        return a - b;
    case KOV_ELEMENTWISE_MULTIPLY:
        return (wide)((unsigned __int128)a * (unsigned __int128)b);
    case KOV_ELEMENTWISE_DIVIDE:
        return b == 0 ? 0 : a / b;
    case KOV_ELEMENTWISE_FLOOR_DIVIDE:
        return floor_quotient(a, b);
    case KOV_ELEMENTWISE_FLOOR_MOD:
        return b == 0 ? 0 : a - floor_quotient(a, b) * b;
    case KOV_ELEMENTWISE_TRUNC_MOD:
        return b == 0 ? 0 : a % b;
    case KOV_ELEMENTWISE_POWER:
        return power(dtype, a, b);
    case KOV_ELEMENTWISE_MAXIMUM:
        return a > b ? a : b;
    case KOV_ELEMENTWISE_MINIMUM:
        return a > b ? b : a;
    case KOV_ELEMENTWISE_SQUARED_DIFFERENCE: {
        wide d = wrap(dtype, a - b);
        return (wide)((unsigned __int128)d * (unsigned __int128)d);
    }
    case KOV_ELEMENTWISE_EQUAL:
        return a == b;
    case KOV_ELEMENTWISE_NOT_EQUAL:
        return a != b;
    case KOV_ELEMENTWISE_LESS:
        return a < b;
    case KOV_ELEMENTWISE_LESS_EQUAL:
        return a <= b;
    case KOV_ELEMENTWISE_GREATER:
        return a > b;
    case KOV_ELEMENTWISE_GREATER_EQUAL:
        return a >= b;
    case KOV_ELEMENTWISE_LOGICAL_AND:
        return a != 0 && b != 0;
    case KOV_ELEMENTWISE_LOGICAL_OR:
        return a != 0 || b != 0;
    case KOV_ELEMENTWISE_LOGICAL_XOR:
        return !a != !b;
    case KOV_ELEMENTWISE_BITWISE_AND:
        return a & b;
    case KOV_ELEMENTWISE_BITWISE_OR:
        return a | b;
    case KOV_ELEMENTWISE_BITWISE_XOR:
        return a ^ b;
    case KOV_ELEMENTWISE_LEFT_SHIFT:
        return shifts ? (wide)((unsigned __int128)a << (int)b) : 0;
    case KOV_ELEMENTWISE_RIGHT_SHIFT:
        return shifts ? a >> (int)b : (a < 0 ? -1 : 0);
    default:
        fail_msg("no reference for %s", kov_elementwise_name(op));
        return 0;
    }
}

static wide expected_unary(kov_elementwise_op op, kov_dtype dtype, wide a)
{
    (void)dtype;
    switch (op) {
    case KOV_ELEMENTWISE_ABS:
        return a < 0 ? -a : a;
    case KOV_ELEMENTWISE_NEGATIVE:
        return -a;
    case KOV_ELEMENTWISE_SIGN:
        return (a > 0) - (a < 0);
    case KOV_ELEMENTWISE_SQUARE:
        return (wide)((unsigned __int128)a * (unsigned __int128)a);
    case KOV_ELEMENTWISE_RELU:
        return a < 0 ? 0 : a;
    case KOV_ELEMENTWISE_LOGICAL_NOT:
        return a == 0;
    case KOV_ELEMENTWISE_BITWISE_NOT:
        return ~a;
    default:
        fail_msg("no reference for %s", kov_elementwise_name(op));
        return 0;
    }
}

/* All 256 values of 8-bit types; edges and random numbers of the others. */
static size_t values_of(kov_dtype dtype, void *x)
{
    size_t n = 0, bits = (size_t)kov_dtype_bits(dtype);
    if (bits == 8) {
        for (; n < 256; n++)
            store(dtype, x, n, (wide)n);
        return n;
    }
    for (int i = -9; i <= 9; i++)
        store(dtype, x, n++, i);
    for (size_t bit = 3; bit < bits; bit++)
        for (int i = -1; i <= 1; i++)
            store(dtype, x, n++, ((wide)1 << bit) + i);
    uint64_t seed = 88172645463325252u;
    for (; n < 256; n++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        store(dtype, x, n, (wide)seed);
    }
    return n;
}

static void check_binary(kov_elementwise_op op, kov_dtype dtype)
{
    kov_binary_kernel *kernel = kov_elementwise_binary(op, dtype);
    if (!kernel) {
        assert_true(op == KOV_ELEMENTWISE_ATAN2 || op == KOV_ELEMENTWISE_PRELU ||
                    op == KOV_ELEMENTWISE_LDEXP);
        return;
    }
    uint64_t x[256], y[256], z[256];
    size_t n = values_of(dtype, x), size = (size_t)kov_dtype_bits(dtype) / 8;
    kov_dtype result = kov_elementwise_result(op, dtype);
    kov_dtype read = result == KOV_DTYPE_BOOL ? KOV_DTYPE_U8 : result;
    for (size_t k = 0; k < n; k++) {
        const char *scalar = (const char *)x + k * size;
        wide s = load(dtype, x, k);
        kernel(x, 1, scalar, 0, y, n);
        kernel(scalar, 0, x, 1, z, n);
        for (size_t i = 0; i < n; i++) {
            wide v = load(dtype, x, i);
            wide right = wrap(read, expected(op, dtype, v, s));
            wide left = wrap(read, expected(op, dtype, s, v));
            if (load(read, y, i) != right || load(read, z, i) != left)
                fail_msg("%s %s of %lld, %lld: %lld, wanted %lld; swapped %lld, wanted %lld",
                         kov_dtype_keras_name(dtype), kov_elementwise_name(op), (long long)v,
                         (long long)s, (long long)load(read, y, i), (long long)right,
                         (long long)load(read, z, i), (long long)left);
        }
    }
    /* vector with vector: y against a rotation of x, from each start near the end of a vector */
    for (size_t k = 1; k < 70; k++) {
        kernel((const char *)x + k * size, 1, x, 1, y, n - k);
        for (size_t i = 0; i < n - k; i++)
            assert_true(load(read, y, i) ==
                        wrap(read, expected(op, dtype, load(dtype, x, i + k), load(dtype, x, i))));
    }
}

static void integer_binary(void **state)
{
    (void)state;
    for (int op = 0; op < KOV_ELEMENTWISE_COUNT; op++)
        for (size_t t = 0; t < INTEGER_TYPES; t++)
            if (kov_elementwise_arity((kov_elementwise_op)op) == 2)
                check_binary((kov_elementwise_op)op, integer_types[t]);
}

static void integer_unary(void **state)
{
    (void)state;
    for (int op = 0; op < KOV_ELEMENTWISE_COUNT; op++) {
        for (size_t t = 0; t < INTEGER_TYPES; t++) {
            kov_dtype dtype = integer_types[t];
            kov_unary_kernel *kernel = kov_elementwise_unary((kov_elementwise_op)op, dtype);
            kov_dtype result = kov_elementwise_result((kov_elementwise_op)op, dtype);
            kov_dtype read = result == KOV_DTYPE_BOOL ? KOV_DTYPE_U8 : result;
            uint64_t x[256], y[256];
            size_t n = values_of(dtype, x);
            if (!kernel)
                continue;
            kernel(x, y, n);
            for (size_t i = 0; i < n; i++)
                assert_true(
                    load(read, y, i) ==
                    wrap(read, expected_unary((kov_elementwise_op)op, dtype, load(dtype, x, i))));
        }
    }
}

static long double python_mod(long double a, long double b)
{
    long double r = fmodl(a, b);
    if (r == 0)
        return copysignl(0, b);
    return (r < 0) != (b < 0) ? r + b : r;
}

/* Exact: from the exact remainder, which is all of a where b is infinite. */
static long double python_quotient(long double a, long double b)
{
    if (b == 0)
        return a / b;
    long double r = fmodl(a, b), q = rintl((a - r) / b);
    if (r != 0 && (r < 0) != (b < 0))
        q -= 1;
    return q == 0 ? copysignl(0, a / b) : q;
}

static long double float_reference(kov_elementwise_op op, long double a, long double b)
{
    switch (op) {
    case KOV_ELEMENTWISE_ADD:
        return a + b;
    case KOV_ELEMENTWISE_SUBTRACT:
        return a - b;
    case KOV_ELEMENTWISE_MULTIPLY:
        return a * b;
    case KOV_ELEMENTWISE_DIVIDE:
        return a / b;
    case KOV_ELEMENTWISE_FLOOR_DIVIDE:
        return python_quotient(a, b);
    case KOV_ELEMENTWISE_FLOOR_MOD:
        return python_mod(a, b);
    case KOV_ELEMENTWISE_TRUNC_MOD:
        return fmodl(a, b);
    case KOV_ELEMENTWISE_POWER:
        return powl(a, b);
    case KOV_ELEMENTWISE_ATAN2:
        return atan2l(a, b);
    case KOV_ELEMENTWISE_MAXIMUM:
        return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
    case KOV_ELEMENTWISE_MINIMUM:
        return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
    case KOV_ELEMENTWISE_PRELU:
        return a < 0 ? a * b : a;
    default:
        return NAN;
    }
}

/* Random bit patterns, and numbers where signs, zeros, infinities and whole exponents matter. */
static void float_values(float *x, size_t n, uint64_t seed)
{
    static const float special[] = {0.0f,        -0.0f,     1.0f,    -1.0f,  2.0f,    -2.0f,
                                    0.5f,        -0.5f,     3.0f,    -3.0f,  7.5f,    -7.5f,
                                    INFINITY,    -INFINITY, NAN,     1e-40f, -1e-40f, 16777216.f,
                                    3.4e38f,     -3.4e38f,  1e-38f,  33.0f,  -33.0f,  1.0000001f,
                                    0.99999994f, 127.5f,    -149.0f, 0.1f};
    const size_t specials = sizeof special / sizeof special[0];
    for (size_t i = 0; i < n; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        uint32_t bits = (uint32_t)(seed >> 16);
        memcpy(&x[i], &bits, sizeof bits);
        if (seed % 4 == 0)
            x[i] = special[(seed >> 8) % specials];
        else if (seed % 4 == 1)
            x[i] = (float)(int64_t)(seed >> 20) * 0x1p-38f - 32.0f;
    }
}

static void float_binary_f32(void **state)
{
    (void)state;
    static const struct {
        kov_elementwise_op op;
        double limit; /* in ulp; half is what rounding the exact result gives */
    } rows[] = {{KOV_ELEMENTWISE_ADD, 0.5},          {KOV_ELEMENTWISE_SUBTRACT, 0.5},
                {KOV_ELEMENTWISE_MULTIPLY, 0.5},     {KOV_ELEMENTWISE_DIVIDE, 0.5},
                {KOV_ELEMENTWISE_FLOOR_DIVIDE, 0.5}, {KOV_ELEMENTWISE_FLOOR_MOD, 0.5},
                {KOV_ELEMENTWISE_TRUNC_MOD, 0},      {KOV_ELEMENTWISE_POWER, 0.51},
                {KOV_ELEMENTWISE_ATAN2, 0.51},       {KOV_ELEMENTWISE_MAXIMUM, 0},
                {KOV_ELEMENTWISE_MINIMUM, 0},        {KOV_ELEMENTWISE_PRELU, 0.5}};
    enum { N = 400003 };
    float *a = malloc(3 * N * sizeof *a), *b = a + N, *y = b + N;
    assert_non_null(a);
    float_values(a, N, 1234567);
    float_values(b, N, 7654321);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        kov_elementwise_op op = rows[k].op;
        bool zero_sign = op != KOV_ELEMENTWISE_MAXIMUM && op != KOV_ELEMENTWISE_MINIMUM;
        kov_elementwise_binary(op, KOV_DTYPE_F32)(a, 1, b, 1, y, N);
        for (size_t i = 0; i < N; i++) {
            double wanted = (double)float_reference(op, a[i], b[i]);
            if (wanted == 0 && y[i] == 0 && !zero_sign)
                continue;
            /* a denormal double's sign and size are kept: both round to the same float32 zero */
            if (wanted != 0 && fabs(wanted) < 0x1p-160)
                wanted = copysign(0x1p-160, wanted);
            double error = ulp_error(y[i], wanted);
            if (!(error <= rows[k].limit + 1e-6))
                fail_msg("%s(%a, %a) = %a, wanted %a: %g ulp", kov_elementwise_name(op),
                         (double)a[i], (double)b[i], (double)y[i], wanted, error);
        }
    }
    free(a);
}

/* Exponents are whole; every one that leaves something of some float32, and some past those. */
static void ldexp_f32(void **state)
{
    (void)state;
    enum { N = 4096 };
    float a[N], b[N], y[N];
    float_values(a, N, 424242);
    for (int exponent = -420; exponent <= 420; exponent++) {
        float one = (float)exponent;
        for (size_t i = 0; i < N; i++)
            b[i] = one;
        for (int scalar = 0; scalar < 2; scalar++) {
            kov_elementwise_binary(KOV_ELEMENTWISE_LDEXP, KOV_DTYPE_F32)(a, 1, b, !scalar, y, N);
            for (size_t i = 0; i < N; i++) {
                float wanted = ldexpf(a[i], exponent);
                assert_true(isnan(wanted) ? isnan(y[i]) : memcmp(&wanted, &y[i], 4) == 0);
            }
        }
    }
    const float huge[] = {-1e30f, 1e30f}, ones[] = {1, 1};
    kov_elementwise_binary(KOV_ELEMENTWISE_LDEXP, KOV_DTYPE_F32)(ones, 1, huge, 1, y, 2);
    assert_true(y[0] == 0 && isinf(y[1]));
}

/* Float64 goes to the C library; what is around its calls is checked on float32 values. */
static void float_binary_f64(void **state)
{
    (void)state;
    enum { N = 50021 };
    static const kov_elementwise_op ops[] = {KOV_ELEMENTWISE_FLOOR_DIVIDE,
                                             KOV_ELEMENTWISE_FLOOR_MOD, KOV_ELEMENTWISE_TRUNC_MOD,
                                             KOV_ELEMENTWISE_POWER};
    float *a32 = malloc(2 * N * sizeof *a32), *b32 = a32 + N;
    double *a = malloc(3 * N * sizeof *a), *b = a + N, *y = b + N;
    assert_true(a32 && a);
    float_values(a32, N, 99991);
    float_values(b32, N, 31337);
    for (size_t i = 0; i < N; i++) {
        a[i] = (double)a32[i];
        b[i] = (double)b32[i];
    }
    for (size_t k = 0; k < sizeof ops / sizeof ops[0]; k++) {
        kov_elementwise_binary(ops[k], KOV_DTYPE_F64)(a, 1, b, 1, y, N);
        for (size_t i = 0; i < N; i++) {
            long double wanted = float_reference(ops[k], a[i], b[i]);
            bool same = isnan(wanted) ? isnan(y[i]) : (double)wanted == y[i];
            double allowed = fabs((double)wanted) * 0x1p-51;
            if (!same && !(fabs(y[i] - (double)wanted) <= allowed))
                fail_msg("%s(%a, %a) = %a, wanted %La", kov_elementwise_name(ops[k]), a[i], b[i],
                         y[i], wanted);
        }
    }
    free(a32);
    free(a);
}

static void scalar_operands_and_in_place(void **state)
{
    (void)state;
    enum { N = 131 };
    float a[N], b[N], all[N], y[N];
    float_values(a, N, 5);
    for (int op = 0; op < KOV_ELEMENTWISE_COUNT; op++) {
        kov_binary_kernel *kernel = kov_elementwise_binary((kov_elementwise_op)op, KOV_DTYPE_F32);
        bool to_bool =
            kov_elementwise_result((kov_elementwise_op)op, KOV_DTYPE_F32) == KOV_DTYPE_BOOL;
        size_t size = to_bool ? 1 : sizeof(float);
        if (!kernel)
            continue;
        for (size_t i = 0; i < N; i++)
            b[i] = 2.75f;
        kernel(a, 1, b, 1, all, N);
        kernel(a, 1, b, 0, y, N);
        assert_memory_equal(all, y, N * size);
        kernel(b, 1, a, 1, all, N);
        kernel(b, 0, a, 1, y, N);
        assert_memory_equal(all, y, N * size);
        if (!to_bool) {
            memcpy(y, a, sizeof y);
            kernel(b, 1, y, 1, y, N);
            assert_memory_equal(all, y, sizeof y);
        }
        kernel(a, 1, b, 1, y, 0);
    }
}

static void select_and_clip(void **state)
{
    (void)state;
    enum { N = 77 };
    bool c[N];
    double a[N], b[N], y[N];
    float x[N], z[N];
    const float low = -2.0f, high = 3.5f;
    for (size_t i = 0; i < N; i++) {
        c[i] = i % 3 == 0;
        a[i] = (double)i;
        b[i] = -(double)i;
        x[i] = (float)i / 4 - 8;
    }
    x[5] = NAN;
    kov_elementwise_ternary(KOV_ELEMENTWISE_SELECT, KOV_DTYPE_F64)(c, 1, a, 1, b, 1, y, N);
    for (size_t i = 0; i < N; i++)
        assert_true(y[i] == (i % 3 == 0 ? a[i] : b[i]));
    kov_elementwise_ternary(KOV_ELEMENTWISE_SELECT, KOV_DTYPE_F64)(c, 1, a, 0, b, 1, y, N);
    for (size_t i = 0; i < N; i++)
        assert_true(y[i] == (i % 3 == 0 ? a[0] : b[i]));
    kov_elementwise_ternary(KOV_ELEMENTWISE_CLIP, KOV_DTYPE_F32)(x, 1, &low, 0, &high, 0, z, N);
    for (size_t i = 0; i < N; i++)
        assert_true(i == 5 ? isnan(z[i]) : z[i] == (x[i] < low ? low : x[i] > high ? high : x[i]));
}

static void unknown_gives_null(void **state)
{
    (void)state;
    assert_null(kov_elementwise_unary(KOV_ELEMENTWISE_EXP, KOV_DTYPE_I32));
    assert_null(kov_elementwise_unary(KOV_ELEMENTWISE_ADD, KOV_DTYPE_F32));
    assert_null(kov_elementwise_unary(KOV_ELEMENTWISE_EXP, KOV_DTYPE_F16));
    assert_null(kov_elementwise_binary(KOV_ELEMENTWISE_LEFT_SHIFT, KOV_DTYPE_F32));
    assert_null(kov_elementwise_binary(KOV_ELEMENTWISE_ADD, KOV_DTYPE_STRING));
    assert_null(kov_elementwise_ternary(KOV_ELEMENTWISE_CLIP, KOV_DTYPE_BOOL));
    assert_int_equal(kov_elementwise_arity(KOV_ELEMENTWISE_CLIP), 3);
    assert_string_equal(kov_elementwise_name(KOV_ELEMENTWISE_LOG1P), "log1p");
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integer_binary),   cmocka_unit_test(integer_unary),
        cmocka_unit_test(float_binary_f32), cmocka_unit_test(ldexp_f32),
        cmocka_unit_test(float_binary_f64), cmocka_unit_test(scalar_operands_and_in_place),
        cmocka_unit_test(select_and_clip),  cmocka_unit_test(unknown_gives_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
