/* SPDX-License-Identifier: Apache-2.0 */
#include "gemm_test_support.h"

#include "native/kernels/pool/pool_nhwc.h"

#include <math.h>

/* Coordinates of an index, outermost first. */
static void unravel(int spatial, const int64_t *sizes, int64_t index, int64_t *at)
{
    for (int d = spatial - 1; d >= 0; d--) {
        at[d] = index % sizes[d];
        index /= sizes[d];
    }
}

static int64_t product(int spatial, const int64_t *sizes)
{
    int64_t count = 1;
    for (int d = 0; d < spatial; d++)
        count *= sizes[d];
    return count;
}

static double reference(const kov_pool *p, const float *image, int64_t pixel, int64_t channel)
{
    int64_t at[3], tap[3];
    double largest = -INFINITY, sum = 0, inside = 0, padded = 0;
    unravel(p->spatial, p->output, pixel, at);
    for (int64_t t = 0; t < product(p->spatial, p->window); t++) {
        bool in_input = true, in_padded = true;
        int64_t index = 0;
        unravel(p->spatial, p->window, t, tap);
        for (int d = 0; d < p->spatial; d++) {
            int64_t i = at[d] * p->stride[d] - p->pad_before[d] + tap[d] * p->dilation[d];
            in_input = in_input && i >= 0 && i < p->input[d];
            in_padded = in_padded && i < p->input[d] + p->pad_after[d];
            index = index * p->input[d] + i;
        }
        padded += in_padded;
        if (!in_input)
            continue;
        double x = (double)image[index * p->channels + channel];
        largest = isnan(x) || isnan(largest) ? NAN : fmax(largest, x);
        sum += x;
        inside++;
    }
    if (p->kind == KOV_POOL_MAX)
        return largest;
    double divisor = p->kind == KOV_POOL_AVERAGE ? inside : padded;
    return divisor > 0 ? (double)((float)sum / (float)divisor) : 0;
}

static void check(kov_context *context, const kov_pool *p, int64_t batch, bool with_nan)
{
    int64_t in = product(p->spatial, p->input), out = product(p->spatial, p->output);
    test_array input = test_array_values(batch * in * p->channels, 1);
    for (int64_t i = 0; with_nan && i < batch * in * p->channels; i += 7)
        input.at[i] = NAN;
    test_array output = test_array_make(batch * out * p->channels);
    assert_int_equal(kov_pool_check(p), KOV_OK);
    assert_int_equal(kov_pool_run(context, p, batch, input.at, output.at), KOV_OK);
    for (int64_t i = 0; i < batch * out * p->channels; i++) {
        int64_t pixel = i / p->channels;
        const float *image = input.at + pixel / out * in * p->channels;
        double want = reference(p, image, pixel % out, i % p->channels);
        double got = (double)output.at[i];
        if (!(got == want || (isnan(got) && isnan(want))))
            fail_msg("kind %d, %s: element %lld: %g, not %g", (int)p->kind, kov_isa_name(p->isa),
                     (long long)i, got, want);
    }
    test_array_free(&input);
    test_array_free(&output);
}

static void test_shapes(void **state)
{
    (void)state;
    const int64_t channels[] = {1, 5, 16, 64, 75, 300};
    kov_context *contexts[] = {test_context(1), test_context(2)};
    int round = 0;
    for (int spatial = 1; spatial <= 3; spatial++) {
        for (int64_t size = 1; size <= 9; size += 2) {
            for (int64_t window = 1; window <= 4; window++) {
                for (int64_t stride = 1; stride <= 3; stride++, round++) {
                    kov_pool p;
                    kov_pool_init(&p, (kov_pool_kind)(round % 3), spatial);
                    p.channels = channels[round % 6];
                    p.isa = (kov_isa)(round / 3 % (1 + (int)kov_cpu_isa()));
                    for (int d = 0; d < spatial; d++) {
                        p.input[d] = size + d;
                        p.window[d] = window;
                        p.stride[d] = stride;
                        p.dilation[d] = p.kind == KOV_POOL_MAX ? 1 + round % 2 : 1;
                        p.pad_before[d] = round % 2 ? window / 2 : 0;
                        p.pad_after[d] = round % 5 < 3 ? window / 2 : 0;
                        p.output[d] = (size + d + stride - 1) / stride;
                    }
                    check(contexts[round % 2], &p, 1 + round % 2, round % 5 == 0);
                }
            }
        }
    }
    kov_context_release(contexts[0]);
    kov_context_release(contexts[1]);
}

static void test_global(void **state)
{
    (void)state;
    kov_context *context = test_context(2);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++) {
        for (int kind = 0; kind <= KOV_POOL_AVERAGE_INCLUDE_PAD; kind++) {
            kov_pool p;
            kov_pool_init(&p, (kov_pool_kind)kind, 2);
            p.isa = isa;
            p.channels = 1290;
            p.input[0] = p.window[0] = 7;
            p.input[1] = p.window[1] = 9;
            p.output[0] = p.output[1] = 1;
            check(context, &p, 2, false);
        }
    }
    kov_context_release(context);
}

static void test_empty_and_errors(void **state)
{
    (void)state;
    kov_context *context = test_context(1);
    kov_pool p;
    kov_pool_init(&p, KOV_POOL_MAX, 2);
    p.channels = 3;
    p.output[0] = p.output[1] = 2; /* of an input without pixels */
    p.pad_before[0] = p.pad_before[1] = 1;
    check(context, &p, 1, false);
    p.kind = KOV_POOL_AVERAGE;
    check(context, &p, 1, false);
    check(context, &p, 0, false);
    p.stride[0] = 0;
    assert_int_equal(kov_pool_check(&p), KOV_INVALID_ARGUMENT);
    kov_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_global),
        cmocka_unit_test(test_empty_and_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
