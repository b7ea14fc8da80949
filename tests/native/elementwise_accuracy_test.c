/* SPDX-License-Identifier: Apache-2.0 */
/* Every float32 function against the C library in higher precision. Without arguments a test: each
 * function over every 257th pattern and the special ranges on each instruction set, log1p over all
 * patterns.
 *
 * With arguments the driver of tools/accuracy.py: `list` prints the functions;
 * `sweep NAME FIRST END STRIDE THREADS` prints one line: worst-ulp worst-bits got wanted tested. */
#include "base/cpu.h"
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

enum { TEST_THREADS = 2, TEST_STRIDE = 257 };

/* Largest errors allowed, in ulp. What rounds a double once is within 0.51. */
typedef struct accuracy_row {
    kov_elementwise_op op;
    double limit;
} accuracy_row;

#define ROW(constant, name) {KOV_ELEMENTWISE_##constant, 2.0},
static const accuracy_row rows[] = {KOV_ELEMENTWISE_FLOAT_ROWS(ROW)
                                        KOV_ELEMENTWISE_NUMBER_ROWS(ROW)};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void call_kernel(void *user, const float *x, float *y, size_t n)
{
    kov_unary_kernel *const *kernel = user;
    (*kernel)(x, y, n);
}

static void check_row(const accuracy_row *row, uint64_t stride)
{
    kov_unary_kernel *kernel = kov_elementwise_unary(row->op, KOV_DTYPE_F32);
    ulp_reference *reference = ulp_reference_find(kov_elementwise_name(row->op));
    assert_non_null(kernel);
    assert_non_null(reference);
    ulp_result result = {0};
    assert_true(ulp_sweep_special(call_kernel, &kernel, reference, stride, TEST_THREADS, &result));
    if (!(result.worst <= row->limit))
        fail_msg("%s: %g ulp at bits %08x: got %a, wanted %a", kov_elementwise_name(row->op),
                 result.worst, (unsigned)result.worst_bits, (double)result.got, result.wanted);
}

static void functions_within_two_ulp(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        check_row(&rows[i], TEST_STRIDE);
}

static void log1p_over_all_patterns(void **state)
{
    (void)state;
    const accuracy_row row = {KOV_ELEMENTWISE_LOG1P, 2.0};
    check_row(&row, 1);
}

/* The claim of ulp.h about the reference, on 2^17 patterns of each function. */
static void reference_is_accurate(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const char *name = kov_elementwise_name(rows[i].op);
        ulp_reference *reference = ulp_reference_find(name);
        ulp_precise_reference *precise = ulp_reference_precise(name);
        for (uint64_t at = 0; at < UINT64_C(1) << 32; at += 32771) {
            uint32_t bits = (uint32_t)at;
            float x;
            memcpy(&x, &bits, sizeof x);
            long double wanted = precise((long double)x);
            double got = reference((double)x);
            bool same = isnan(wanted) ? isnan(got) : (long double)got == wanted;
            /* beyond these both are the same float32, zero or infinity */
            bool beyond = fabsl(wanted) < 0x1p-160L || fabsl(wanted) > 0x1p200L;
            if (!same && !beyond && !(fabsl((long double)got - wanted) <= fabsl(wanted) * 0x1p-44L))
                fail_msg("%s: reference %a, precise %La at bits %08x", name, got, wanted,
                         (unsigned)bits);
        }
    }
}

/* An element's bits do not depend on where it stands or on how many there are. */
static void position_changes_nothing(void **state)
{
    (void)state;
    enum { N = 67 };
    float x[N], whole[N], part[N];
    for (size_t i = 0; i < ROWS; i++) {
        kov_unary_kernel *kernel = kov_elementwise_unary(rows[i].op, KOV_DTYPE_F32);
        for (uint32_t k = 0; k < N; k++) {
            uint32_t bits = k * 64123411u + 12345u;
            memcpy(&x[k], &bits, sizeof bits);
        }
        kernel(x, whole, N);
        for (size_t first = 0; first < N; first++) {
            for (size_t n = 0; first + n <= N; n++) {
                memset(part, 0x55, sizeof part);
                kernel(x + first, part, n);
                assert_memory_equal(part, whole + first, n * sizeof(float));
                if (n < N) {
                    uint32_t after;
                    memcpy(&after, &part[n], sizeof after);
                    assert_int_equal(after, 0x55555555);
                }
            }
        }
        memcpy(part, x, sizeof part);
        kernel(part, part, N);
        assert_memory_equal(part, whole, sizeof whole);
    }
}

static int drive(int count, char **arguments)
{
    if (strcmp(arguments[1], "list") == 0) {
        for (size_t i = 0; i < ROWS; i++)
            puts(kov_elementwise_name(rows[i].op));
        printf("# %s\n", kov_isa_name(kov_cpu_isa()));
        return 0;
    }
    if (count != 7 || strcmp(arguments[1], "sweep") != 0) {
        fprintf(stderr, "usage: %s [list | sweep NAME FIRST END STRIDE THREADS]\n", arguments[0]);
        return 2;
    }
    kov_unary_kernel *kernel = NULL;
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(kov_elementwise_name(rows[i].op), arguments[2]) == 0)
            kernel = kov_elementwise_unary(rows[i].op, KOV_DTYPE_F32);
    ulp_reference *reference = ulp_reference_find(arguments[2]);
    uint64_t first = strtoull(arguments[3], NULL, 0), end = strtoull(arguments[4], NULL, 0);
    uint64_t stride = strtoull(arguments[5], NULL, 0);
    ulp_result result = {0};
    if (!kernel || !reference || stride == 0 || end > UINT64_C(1) << 32) {
        fprintf(stderr, "%s: no such function or range\n", arguments[2]);
        return 2;
    }
    if (!ulp_sweep(call_kernel, &kernel, reference, first, end, stride, atoi(arguments[6]),
                   &result))
        return 1;
    printf("%.6g %08x %a %a %llu\n", result.worst, (unsigned)result.worst_bits, (double)result.got,
           result.wanted, (unsigned long long)result.tested);
    return 0;
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(position_changes_nothing),
        cmocka_unit_test(functions_within_two_ulp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What takes longest, or does not depend on the instruction set, runs on the best one alone. */
static int run_once(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_accurate),
        cmocka_unit_test(log1p_over_all_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int count, char **arguments)
{
    if (count > 1)
        return drive(count, arguments);
    int status = every_isa(run);
    return run_once() != 0 || status != 0;
}
