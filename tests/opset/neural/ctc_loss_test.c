/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/op_case.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TIME = 5, CLASSES = 3 };

/* Whether a path, runs merged and blanks left out, is these labels. */
static bool collapses(const int *path, int steps, int blank, const int *labels, int count)
{
    int n = 0;
    for (int t = 0; t < steps; t++) {
        if (path[t] == blank || (t > 0 && path[t] == path[t - 1]))
            continue;
        if (n == count || path[t] != labels[n])
            return false;
        n++;
    }
    return n == count;
}

/* Minus the logarithm of the sum over all paths. */
static double loss_of(const double *logits, int steps, int blank, const int *labels, int count)
{
    int paths = 1, path[TIME] = {0};
    long double total = 0;
    for (int t = 0; t < steps; t++)
        paths *= CLASSES;
    for (int p = 0; p < paths; p++) {
        long double chance = 1;
        for (int t = 0, rest = p; t < steps; t++, rest /= CLASSES) {
            long double sum = 0;
            for (int c = 0; c < CLASSES; c++)
                sum += expl(logits[t * CLASSES + c]);
            path[t] = rest % CLASSES;
            chance *= expl(logits[t * CLASSES + path[t]]) / sum;
        }
        total += collapses(path, steps, blank, labels, count) ? chance : 0;
    }
    return (double)-logl(total);
}

static void sum_over_all_paths(void **state)
{
    (void)state;
    static const int labels[4][TIME] = {{0, 1}, {1, 1}, {0}, {1, 0, 1}};
    static const double counts[] = {2, 2, 1, 3}, steps[] = {5, 4, 2, 5};
    op_case *test = op_begin();
    double logits[4 * TIME * CLASSES], targets[4 * TIME], want[4], blank = 2;
    for (int i = 0; i < 4 * TIME * CLASSES; i++)
        logits[i] = 2 * sin(1.0 + i * i);
    for (int i = 0; i < 4; i++) {
        for (int t = 0; t < TIME; t++)
            targets[i * TIME + t] = labels[i][t];
        want[i] = loss_of(logits + i * TIME * CLASSES, (int)steps[i], 2, labels[i], (int)counts[i]);
    }
    kov_value y =
        kov_ctc_loss(test->b, op_reals(test, KOV_DTYPE_F64, DIMS(4, TIME, CLASSES), logits),
                     op_reals(test, KOV_DTYPE_I32, DIMS(4), steps),
                     op_reals(test, KOV_DTYPE_I32, DIMS(4, TIME), targets),
                     op_reals(test, KOV_DTYPE_I32, DIMS(4), counts),
                     op_reals(test, KOV_DTYPE_I32, DIMS0, &blank), false, true, false);
    const kov_tensor *out = op_result(test, y);
    const double *have = kov_tensor_data(out);
    assert_int_equal(kov_tensor_count(out), 4);
    for (int i = 0; i < 4; i++) /* some ten logarithms and exponentials */
        assert_true(fabs(have[i] - want[i]) <= 64 * DBL_EPSILON * (1 + want[i]));
    op_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sum_over_all_paths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
