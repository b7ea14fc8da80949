/* SPDX-License-Identifier: Apache-2.0 */
/* Unary operations against libm in long double, and on the values where definitions differ. */
#include "opset/op_case.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static long double sigmoid(long double x)
{
    return 1.0L / (1.0L + expl(-x));
}
static long double soft_plus(long double x)
{
    return x > 50 ? x + expl(-x) : log1pl(expl(x));
}
static long double soft_sign(long double x)
{
    return x / (1.0L + fabsl(x));
}
static long double mish(long double x)
{
    return x * tanhl(soft_plus(x));
}
static long double h_swish(long double x)
{
    return x * fminl(fmaxl(x + 3.0L, 0.0L), 6.0L) / 6.0L;
}
static long double h_sigmoid(long double x)
{
    return fminl(fmaxl(x + 3.0L, 0.0L), 6.0L) / 6.0L;
}
static long double gelu_erf(long double x)
{
    return 0.5L * x * erfcl(-x / sqrtl(2.0L));
}
static long double gelu_tanh(long double x)
{
    long double t =
        sqrtl(2.0L / 3.14159265358979323846264338327950288L) * (x + 0.044715L * x * x * x);
    return x / (1.0L + expl(-2.0L * t));
}
static long double elu(long double x)
{
    return x > 0 ? x : 0.5L * expm1l(x);
}
static long double clamp(long double x)
{
    return fminl(fmaxl(x, -0.75L), 0.5L);
}
static long double relu(long double x)
{
    return fmaxl(x, 0.0L);
}
static long double sign(long double x)
{
    return (long double)((x > 0) - (x < 0));
}
static long double negative(long double x)
{
    return -x;
}

typedef struct function {
    int op;
    long double (*exact)(long double);
    double low, high; /* domain swept */
    double ulp64; /* of float64: the error of glibc's double function, plus that of the formula */
} function;

static const function functions[] = {
    {KOV_OP_ABS, fabsl, -9, 9, 0},
    {KOV_OP_ACOS, acosl, -1, 1, 1},
    {KOV_OP_ACOSH, acoshl, 1, 99, 2.5},
    {KOV_OP_ASIN, asinl, -1, 1, 1},
    {KOV_OP_ASINH, asinhl, -99, 99, 2.5},
    {KOV_OP_ATAN, atanl, -99, 99, 1},
    {KOV_OP_ATANH, atanhl, -0.999, 0.999, 2.5},
    {KOV_OP_CEILING, ceill, -9, 9, 0},
    {KOV_OP_COS, cosl, -99, 99, 1},
    {KOV_OP_COSH, coshl, -80, 80, 2},
    {KOV_OP_ERF, erfl, -5, 5, 1.5},
    {KOV_OP_EXP, expl, -80, 80, 1},
    {KOV_OP_FLOOR, floorl, -9, 9, 0},
    {KOV_OP_LOG, logl, 1e-9, 99, 1},
    {KOV_OP_LOG_GAMMA, lgammal, 0.1, 99, 5},
    {KOV_OP_NEGATIVE, negative, -9, 9, 0},
    {KOV_OP_SIGN, sign, -9, 9, 0},
    {KOV_OP_SIN, sinl, -99, 99, 1},
    {KOV_OP_SINH, sinhl, -80, 80, 2.5},
    {KOV_OP_SQRT, sqrtl, 0, 99, 0.5},
    {KOV_OP_TAN, tanl, -99, 99, 1},
    {KOV_OP_TANH, tanhl, -9, 9, 2.5},
    {KOV_OP_SIGMOID, sigmoid, -80, 40, 3},
    {KOV_OP_RELU, relu, -9, 9, 0},
    {KOV_OP_SOFT_PLUS, soft_plus, -80, 80, 3},
    {KOV_OP_SOFT_SIGN, soft_sign, -99, 99, 1.5},
    {KOV_OP_MISH, mish, -40, 40, 8},
    {KOV_OP_H_SIGMOID, h_sigmoid, -9, 9, 2},
    {KOV_OP_ELU, elu, -40, 9, 2},
    {KOV_OP_CLAMP, clamp, -2, 2, 0},
};

static const kov_attr *attrs_of(int op)
{
    static kov_attr attrs[2];
    attrs[0] = op == KOV_OP_ELU ? kov_attr_float(0.5) : kov_attr_float(-0.75);
    attrs[1] = kov_attr_float(0.5);
    return op == KOV_OP_ELU || op == KOV_OP_CLAMP ? attrs : NULL;
}

enum { POINTS = 3001 };

static void sweep(op_case *test, const kov_value value_of_x, const double *x, kov_dtype dtype,
                  long double (*exact)(long double), double ulp)
{
    const kov_tensor *y = op_result(test, value_of_x);
    for (int k = 0; k < POINTS; k++) {
        bool is_double = dtype == KOV_DTYPE_F64;
        double have = is_double ? ((const double *)kov_tensor_data(y))[k]
                                : ((const float *)kov_tensor_data(y))[k];
        long double wanted = exact(x[k]);
        long double step = is_double
                               ? nextafter(fabs((double)wanted), INFINITY) - fabs((double)wanted)
                               : nextafterf(fabsf((float)wanted), INFINITY) - fabsf((float)wanted);
        long double error = fabsl(have - wanted) / step;
        if (!(error <= ulp))
            fail_msg("%.17g gives %.17g, %.2Lf ulp from %.20Lg", x[k], have, error, wanted);
    }
}

static void check_function(op_case *test, int op, const kov_attr *attrs, const function *f)
{
    static double x[POINTS];
    static float narrow[POINTS];
    for (int k = 0; k < POINTS; k++)
        x[k] = narrow[k] = (float)(f->low + (f->high - f->low) * k / (POINTS - 1));
    x[POINTS - 1] = narrow[POINTS - 1] = (float)f->low;
    kov_value v = op_data(test, KOV_DTYPE_F64, DIMS(POINTS), x);
    sweep(test, kov_emit(test->b, op, &v, 1, attrs), x, KOV_DTYPE_F64, f->exact, f->ulp64);
    v = op_data(test, KOV_DTYPE_F32, DIMS(POINTS), narrow);
    /* Half an ulp, and what the double is off. */
    sweep(test, kov_emit(test->b, op, &v, 1, attrs), x, KOV_DTYPE_F32, f->exact, 0.5001);
}

static void test_real_functions(void **state)
{
    (void)state;
    op_case *test = op_begin();
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        check_function(test, functions[i].op, attrs_of(functions[i].op), &functions[i]);
    /* x / sqrt(2) is off by up to 2^-52, and erfc multiplies that by x * x: 144 at -12. */
    const function erf_mode = {KOV_OP_GELU, gelu_erf, -12, 9, 290};
    /* exp multiplies the three roundings of its argument by 2 |t|, 62 at -9. */
    const function tanh_mode = {KOV_OP_GELU, gelu_tanh, -9, 9, 190};
    const kov_attr erf_attr = kov_attr_enum("erf"), tanh_attr = kov_attr_enum("tanh");
    check_function(test, KOV_OP_GELU, &erf_attr, &erf_mode);
    check_function(test, KOV_OP_GELU, &tanh_attr, &tanh_mode);
    op_end(test);
}

static void test_h_swish_absolutely(void **state)
{
    (void)state;
    op_case *test = op_begin();
    double x[POINTS];
    for (int k = 0; k < POINTS; k++)
        x[k] = -9.0 + 18.0 * k / (POINTS - 1);
    const kov_tensor *y =
        op_result(test, kov_h_swish(test->b, op_data(test, KOV_DTYPE_F64, DIMS(POINTS), x)));
    for (int k = 0; k < POINTS; k++) /* x + 3 is off by 2^-53 of at most 12, times |x| / 6 */
        assert_true(fabsl(((const double *)kov_tensor_data(y))[k] - h_swish(x[k])) < 4e-15L);
    op_end(test);
}

static void check_special(op_case *test, kov_value v, int op, const kov_attr *attrs,
                          const double *wanted)
{
    op_check(test, kov_emit(test->b, op, &v, 1, attrs), KOV_DTYPE_F32, DIMS(6), wanted);
}

static void test_special_values(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {NAN, INFINITY, -INFINITY, -0.0, 2.5, -0.5};
    const struct {
        int op;
        double wanted[6];
    } rows[] = {
        {KOV_OP_RELU, {NAN, INFINITY, 0, 0, 2.5, 0}},
        {KOV_OP_SIGN, {NAN, 1, -1, 0, 1, -1}},
        {KOV_OP_CEILING, {NAN, INFINITY, -INFINITY, 0, 3, 0}},
        {KOV_OP_SOFT_SIGN, {NAN, 1, -1, 0, 2.5 / 3.5f, -0.5f / 1.5f}},
        {KOV_OP_SOFT_PLUS, {NAN, INFINITY, 0, 0, 0, 0}},
        {KOV_OP_SQRT, {NAN, INFINITY, NAN, 0, 0, NAN}},
        {KOV_OP_LOG, {NAN, INFINITY, NAN, -INFINITY, 0, NAN}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double wanted[6];
        memcpy(wanted, rows[i].wanted, sizeof wanted);
        if (rows[i].op == KOV_OP_SOFT_SIGN) {
            wanted[4] = (float)(2.5 / 3.5);
            wanted[5] = (float)(-0.5 / 1.5);
        } else if (rows[i].op == KOV_OP_SOFT_PLUS) {
            for (int k = 3; k < 6; k++)
                wanted[k] = (float)log1p(exp(x[k]));
        } else if (rows[i].op == KOV_OP_SQRT || rows[i].op == KOV_OP_LOG) {
            wanted[4] = (float)(rows[i].op == KOV_OP_SQRT ? sqrt(2.5) : log(2.5));
        }
        check_special(test, op_reals(test, KOV_DTYPE_F32, DIMS(6), x), rows[i].op, NULL, wanted);
    }
    const kov_attr bounds[] = {kov_attr_float(-0.25), kov_attr_float(1.0)};
    check_special(test, op_reals(test, KOV_DTYPE_F32, DIMS(6), x), KOV_OP_CLAMP, bounds,
                  (const double[]){NAN, 1, -0.25, 0, 1, -0.25});
    op_end(test);
}

static void test_round_modes(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double x[] = {0.5, 1.5, 2.5, -0.5, -2.5, 2.4999, NAN};
    const kov_dtype dtypes[] = {KOV_DTYPE_F16, KOV_DTYPE_BF16, KOV_DTYPE_F32, KOV_DTYPE_F64};
    for (size_t i = 0; i < 4; i++) {
        bool wide = i != 1; /* 2.4999 is 2.5 in bfloat16 */
        op_check(test, kov_round(test->b, op_reals(test, dtypes[i], DIMS(7), x), "half_to_even"),
                 dtypes[i], DIMS(7), (const double[]){0, 2, 2, 0, -2, 2, NAN});
        op_check(
            test, kov_round(test->b, op_reals(test, dtypes[i], DIMS(7), x), "half_away_from_zero"),
            dtypes[i], DIMS(7), (const double[]){1, 2, 3, -1, -3, wide && i != 0 ? 2 : 3, NAN});
    }
    op_end(test);
}

static void test_integers_wrap_and_bound(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const int8_t x[] = {-128, -1, 0, 127};
    op_check(test, kov_abs(test->b, op_data(test, KOV_DTYPE_I8, DIMS(4), x)), KOV_DTYPE_I8, DIMS(4),
             (const double[]){-128, 1, 0, 127});
    op_check(test, kov_negative(test->b, op_data(test, KOV_DTYPE_I8, DIMS(4), x)), KOV_DTYPE_I8,
             DIMS(4), (const double[]){-128, 1, 0, -127});
    op_check(test, kov_sign(test->b, op_data(test, KOV_DTYPE_I8, DIMS(4), x)), KOV_DTYPE_I8,
             DIMS(4), (const double[]){-1, -1, 0, 1});
    op_check(test, kov_relu(test->b, op_data(test, KOV_DTYPE_I8, DIMS(4), x)), KOV_DTYPE_I8,
             DIMS(4), (const double[]){0, 0, 0, 127});
    op_check(test, kov_clamp(test->b, op_data(test, KOV_DTYPE_I8, DIMS(4), x), -1.5, 99.5),
             KOV_DTYPE_I8, DIMS(4), (const double[]){-1, -1, 0, 99});
    const int64_t far[] = {INT64_MIN, INT64_MAX};
    const kov_tensor *y = op_result(
        test, kov_clamp(test->b, op_data(test, KOV_DTYPE_I64, DIMS(2), far), -1e30, 1e30));
    assert_memory_equal(kov_tensor_data(y), far, sizeof far);
    const uint8_t u[] = {0, 5, 255};
    op_check(test, kov_bitwise_not(test->b, op_data(test, KOV_DTYPE_U8, DIMS(3), u)), KOV_DTYPE_U8,
             DIMS(3), (const double[]){255, 250, 0});
    const uint8_t flags[] = {0, 1};
    op_check(test, kov_bitwise_not(test->b, op_data(test, KOV_DTYPE_BOOL, DIMS(2), flags)),
             KOV_DTYPE_BOOL, DIMS(2), (const double[]){1, 0});
    assert_int_equal(op_failure(test, kov_exp(test->b, op_data(test, KOV_DTYPE_I8, DIMS(4), x))),
                     KOV_TYPE_ERROR);
    op_end(test);
}

static void test_complex(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const float z[] = {3, 4, -5, 12};
    op_check(test, kov_abs(test->b, op_data(test, KOV_DTYPE_C64, DIMS(2), z)), KOV_DTYPE_F32,
             DIMS(2), (const double[]){5, 13});
    const kov_tensor *y =
        op_result(test, kov_negative(test->b, op_data(test, KOV_DTYPE_C64, DIMS(2), z)));
    assert_memory_equal(kov_tensor_data(y), ((const float[]){-3, -4, 5, -12}), sizeof z);
    assert_int_equal(op_failure(test, kov_floor(test->b, op_data(test, KOV_DTYPE_C64, DIMS(2), z))),
                     KOV_TYPE_ERROR);
    op_end(test);
}

static long double complex from_parts(const double *parts)
{
    const union {
        long double parts[2];
        long double complex whole;
    } number = {{parts[0], parts[1]}};
    return number.whole;
}

/* Against libm in long double. */
static void test_complex_functions(void **state)
{
    (void)state;
    op_case *test = op_begin();
    static kov_value (*const emit[])(kov_builder *, kov_value) = {
        kov_exp,  kov_log,  kov_sqrt, kov_sin,  kov_cos,   kov_tan,   kov_sinh, kov_cosh,
        kov_tanh, kov_asin, kov_acos, kov_atan, kov_asinh, kov_acosh, kov_atanh};
    static long double complex (*const wanted[])(long double complex) = {
        cexpl,
        clogl,
        csqrtl,
        csinl,
        ccosl,
        ctanl,
        csinhl,
        ccoshl,
        ctanhl,
        casinl,
        cacosl,
        catanl,
        casinhl,
        cacoshl,
        catanhl
    };
    const double z[] = {0.5, -0.25, -1.5, 2, 3, 0.125, -2, 0.0, -2, -0.0};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const kov_tensor *y =
            op_result(test, emit[i](test->b, op_data(test, KOV_DTYPE_C128, DIMS(5), z)));
        const double *have = kov_tensor_data(y);
        for (int k = 0; k < 5; k++) {
            long double complex want = wanted[i](from_parts(z + 2 * k));
            long double off = cabsl(from_parts(have + 2 * k) - want);
            assert_true(off <= 4 * DBL_EPSILON * cabsl(want)); /* a few ulp: libm's double */
        }
    }
    op_end(test);
}

static void test_empty_and_scalar(void **state)
{
    (void)state;
    op_case *test = op_begin();
    const double four = 4;
    op_check(test, kov_sqrt(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(0, 3), &four)),
             KOV_DTYPE_F32, DIMS(0, 3), NULL);
    op_check(test, kov_sqrt(test->b, op_reals(test, KOV_DTYPE_F32, DIMS0, &four)), KOV_DTYPE_F32,
             DIMS0, (const double[]){2});
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_functions),          cmocka_unit_test(test_h_swish_absolutely),
        cmocka_unit_test(test_special_values),          cmocka_unit_test(test_round_modes),
        cmocka_unit_test(test_integers_wrap_and_bound), cmocka_unit_test(test_complex),
        cmocka_unit_test(test_complex_functions),       cmocka_unit_test(test_empty_and_scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
