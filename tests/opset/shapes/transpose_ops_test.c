/* SPDX-License-Identifier: Apache-2.0 */
/* Transpose, DepthToSpace and SpaceToDepth against index formulas. */
#include "opset/op_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_transpose(void **state)
{
    (void)state;
    op_case *test = op_begin();
    double x[24], wanted[24], reversed[24];
    for (int i = 0; i < 24; i++)
        x[i] = i;
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 3; b++)
            for (int c = 0; c < 4; c++) {
                wanted[(b * 4 + c) * 2 + a] = x[(a * 3 + b) * 4 + c];
                reversed[(c * 3 + b) * 2 + a] = x[(a * 3 + b) * 4 + c];
            }
    const kov_dtype dtypes[] = {KOV_DTYPE_U8, KOV_DTYPE_F16, KOV_DTYPE_F32, KOV_DTYPE_I64};
    for (int d = 0; d < 4; d++) {
        op_check(test,
                 kov_transpose(test->b, op_reals(test, dtypes[d], DIMS(2, 3, 4), x),
                               INTS(test, 1, 2, 0)),
                 dtypes[d], DIMS(3, 4, 2), wanted);
        op_check(test,
                 kov_transpose(test->b, op_reals(test, dtypes[d], DIMS(2, 3, 4), x),
                               op_ints_at(test, 0, NULL)),
                 dtypes[d], DIMS(4, 3, 2), reversed);
    }
    const int64_t bad[][3] = {{0, 1, 1}, {0, 1, 3}, {0, 1, -1}};
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            op_failure(test, kov_transpose(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(2, 3, 4), x),
                                           op_ints_at(test, 3, bad[i]))),
            KOV_INVALID_ARGUMENT);
    op_end(test);
}

enum { BLOCK = 2, DEPTH = 3, H = 2, W = 3, COUNT = DEPTH * BLOCK * BLOCK * H * W };

/* The specification's formula for images. */
static int channel_of(bool blocks_first, int depth, int by, int bx)
{
    int block = by * BLOCK + bx;
    return blocks_first ? block * DEPTH + depth : depth * BLOCK * BLOCK + block;
}

static void check_blocks(op_case *test, bool blocks_first)
{
    const char *mode = blocks_first ? "blocks_first" : "depth_first";
    double deep[COUNT], wide[COUNT];
    for (int i = 0; i < COUNT; i++)
        deep[i] = i;
    for (int d = 0; d < DEPTH; d++)
        for (int y = 0; y < H * BLOCK; y++)
            for (int x = 0; x < W * BLOCK; x++) {
                int channel = channel_of(blocks_first, d, y % BLOCK, x % BLOCK);
                wide[(d * H * BLOCK + y) * W * BLOCK + x] =
                    (channel * H + y / BLOCK) * W + x / BLOCK;
            }
    op_check(test,
             kov_depth_to_space(
                 test->b, op_reals(test, KOV_DTYPE_F32, DIMS(1, DEPTH * BLOCK * BLOCK, H, W), deep),
                 mode, BLOCK),
             KOV_DTYPE_F32, DIMS(1, DEPTH, H * BLOCK, W * BLOCK), wide);
    op_check(test,
             kov_space_to_depth(
                 test->b, op_reals(test, KOV_DTYPE_F32, DIMS(1, DEPTH, H * BLOCK, W * BLOCK), wide),
                 mode, BLOCK),
             KOV_DTYPE_F32, DIMS(1, DEPTH * BLOCK * BLOCK, H, W), deep);
}

static void test_blocks(void **state)
{
    (void)state;
    op_case *test = op_begin();
    check_blocks(test, true);
    check_blocks(test, false);
    const double x[12] = {0};
    assert_int_equal(
        op_failure(test,
                   kov_depth_to_space(test->b, op_reals(test, KOV_DTYPE_F32, DIMS(1, 3, 2, 2), x),
                                      "blocks_first", 2)),
        KOV_INVALID_ARGUMENT);
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
