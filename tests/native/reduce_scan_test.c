/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums and so on against plain loops, in each direction and layout. */
#include "native/kernels/reduce/reduce.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OUTER = 3, LENGTH = 29, INNER = 70, N = OUTER * LENGTH * INNER };

static int32_t step(kov_scan_op op, int32_t y, int32_t x)
{
    switch (op) {
    case KOV_SCAN_SUM:
        return (int32_t)((uint32_t)y + (uint32_t)x);
    case KOV_SCAN_PROD:
        return (int32_t)((uint32_t)y * (uint32_t)x);
    case KOV_SCAN_MAX:
        return y > x ? y : x;
    default:
        return y < x ? y : x;
    }
}

static void integers(void **state)
{
    (void)state;
    static const int32_t starts[] = {0, 1, INT32_MIN, INT32_MAX};
    static int32_t x[N], y[N], z[N];
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    for (size_t i = 0; i < N; i++)
        x[i] = (int32_t)((uint32_t)i * 2654435761u);
    for (int trial = 0; trial < 16; trial++) {
        kov_scan_op op = (kov_scan_op)(trial / 4);
        bool exclusive = trial & 1, reverse = trial & 2;
        for (size_t line = 0; line < OUTER * INNER; line++) {
            size_t first = line / INNER * LENGTH * INNER + line % INNER;
            int32_t running = starts[op];
            for (size_t i = 0; i < LENGTH; i++) {
                size_t at = first + (reverse ? LENGTH - 1 - i : i) * INNER;
                int32_t next = step(op, running, x[at]);
                y[at] = exclusive ? running : next;
                running = next;
            }
        }
        assert_int_equal(
            kov_scan(context, op, KOV_DTYPE_I32, x, z, OUTER, LENGTH, INNER, exclusive, reverse),
            KOV_OK);
        assert_memory_equal(y, z, sizeof y);
        memcpy(z, x, sizeof z);
        kov_scan(context, op, KOV_DTYPE_I32, z, z, OUTER, LENGTH, INNER, exclusive, reverse);
        assert_memory_equal(y, z, sizeof y);
    }
    kov_context_release(context);
}

static void floats(void **state)
{
    (void)state;
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    float x[5] = {1, 0x1p-24f, 0x1p-24f, NAN, 2}, y[5];
    kov_scan(context, KOV_SCAN_SUM, KOV_DTYPE_F32, x, y, 1, 5, 1, false, false);
    assert_true(y[1] == 1 && y[2] == 1 + 0x1p-23f && isnan(y[3]) && isnan(y[4]));
    kov_scan(context, KOV_SCAN_MAX, KOV_DTYPE_F32, x, y, 1, 5, 1, false, false);
    assert_true(y[2] == 1 && isnan(y[3]) && isnan(y[4]));
    uint16_t half[3] = {0x6800, 0x3c00, 0x3c00}, sums[3]; /* 2048, 1, 1 */
    kov_scan(context, KOV_SCAN_SUM, KOV_DTYPE_F16, half, sums, 1, 3, 1, false, false);
    assert_int_equal(sums[1], 0x6800); /* 2049 rounds to even */
    assert_int_equal(sums[2], 0x6801); /* 2050, kept in float32 on the way */
    assert_int_equal(kov_scan(context, KOV_SCAN_SUM, KOV_DTYPE_BOOL, x, y, 1, 5, 1, false, false),
                     KOV_TYPE_ERROR);
    kov_context_release(context);
}

/* What is lost on the way does not grow with the line. */
static void long_lines(void **state)
{
    (void)state;
    enum { LONG = 100000, WIDE = 3 };
    static float x[LONG * WIDE], y[LONG * WIDE];
    kov_context *context;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    for (size_t i = 0; i < LONG * WIDE; i++)
        x[i] = (float)(((uint32_t)i * 2654435761u) >> 8) * 0x1p-24f;
    for (size_t inner = 1; inner <= WIDE; inner += WIDE - 1) {
        kov_scan(context, KOV_SCAN_SUM, KOV_DTYPE_F32, x, y, 1, LONG, inner, false, false);
        long double sum = 0;
        for (size_t i = 0; i < LONG; i++) {
            sum += x[i * inner];
            assert_true(fabsl(y[i * inner] - sum) <= 0x1.01p-24L * sum); /* rounded once */
        }
    }
    kov_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(floats),
        cmocka_unit_test(long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
