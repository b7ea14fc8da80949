/* SPDX-License-Identifier: Apache-2.0 */
#include "gemm_test_support.h"

#include "native/kernels/conv/depthwise.h"

/* Height and width of a case; a height of 0 stands for a case of one spatial dimension. */
typedef struct depthwise_case {
    int64_t batch, input[2], kernel[2], output[2], stride[2], dilation[2], pad[2];
    int64_t channels, multiplier;
} depthwise_case;

static int64_t source(const depthwise_case *t, int d, int64_t out, int64_t tap)
{
    int64_t at = out * t->stride[d] - t->pad[d] + tap * t->dilation[d];
    return at < 0 || at >= t->input[d] ? -1 : at;
}

static double reference(const depthwise_case *t, const float *image, const float *weights,
                        int64_t y, int64_t x, int64_t channel)
{
    double sum = 0;
    int64_t outputs = t->channels * t->multiplier;
    for (int64_t i = 0; i < t->kernel[0]; i++) {
        for (int64_t j = 0; j < t->kernel[1]; j++) {
            int64_t from_y = source(t, 0, y, i), from_x = source(t, 1, x, j);
            if (from_y < 0 || from_x < 0)
                continue;
            int64_t pixel = from_y * t->input[1] + from_x;
            sum += (double)image[pixel * t->channels + channel / t->multiplier] *
                   (double)weights[(i * t->kernel[1] + j) * outputs + channel];
        }
    }
    return sum;
}

static float *run(kov_context *context, const depthwise_case *t, kov_isa isa, const float *input,
                  const float *weights, const kov_epilogue *epilogue)
{
    int spatial = t->kernel[0] == 1 && t->input[0] == 1 ? 1 : 2;
    kov_depthwise d;
    kov_depthwise_init(&d, spatial);
    for (int i = 0; i < spatial; i++) {
        int from = i + 2 - spatial;
        d.input[i] = t->input[from];
        d.kernel[i] = t->kernel[from];
        d.output[i] = t->output[from];
        d.stride[i] = t->stride[from];
        d.dilation[i] = t->dilation[from];
        d.pad_before[i] = t->pad[from];
    }
    d.channels = t->channels;
    d.multiplier = t->multiplier;
    d.isa = isa;
    int64_t size = t->batch * t->output[0] * t->output[1] * t->channels * t->multiplier;
    float *output = test_aligned((size_t)size * sizeof(float));
    assert_int_equal(kov_depthwise_check(&d), KOV_OK);
    assert_int_equal(kov_depthwise_run(context, &d, t->batch, input, weights, epilogue, output),
                     KOV_OK);
    return output;
}

static void twice(const float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = 2 * x[i];
}

static void check_case(kov_context *context, const depthwise_case *t, kov_isa isa, int variant)
{
    int64_t outputs = t->channels * t->multiplier, image = t->input[0] * t->input[1] * t->channels;
    int64_t count = t->batch * t->output[0] * t->output[1];
    test_array input = test_array_values(t->batch * image, 1);
    test_array weights = test_array_values(t->kernel[0] * t->kernel[1] * outputs, 2);
    test_array scale = test_array_values(outputs, 3), bias = test_array_values(outputs, 4);
    test_array residual = test_array_values(count * outputs, 5);
    kov_epilogue epilogue = {.bias = bias.at};
    if (variant == 1)
        epilogue = (kov_epilogue){.scale = scale.at,
                                  .activation = KOV_ACTIVATION_CLIP,
                                  .high = 6,
                                  .residual = residual.at};
    if (variant == 2)
        epilogue = (kov_epilogue){.residual = residual.at,
                                  .residual_after = true,
                                  .activation = KOV_ACTIVATION_FUNCTION,
                                  .function = twice};
    float *output = run(context, t, isa, input.at, weights.at, &epilogue);
    for (int64_t i = 0; i < count; i++) {
        int64_t pixel = i % (t->output[0] * t->output[1]);
        const float *from = input.at + i / (t->output[0] * t->output[1]) * image;
        for (int64_t c = 0; c < outputs; c++) {
            double want =
                reference(t, from, weights.at, pixel / t->output[1], pixel % t->output[1], c);
            double extra = (double)residual.at[i * outputs + c];
            if (variant == 0)
                want += (double)bias.at[c];
            if (variant == 1) {
                want = want * (double)scale.at[c] + extra;
                want = want < 0 ? 0 : want > 6 ? 6 : want;
            }
            if (variant == 2)
                want = 2 * want + extra;
            if ((double)output[i * outputs + c] != want)
                fail_msg("%s, kernel %lld x %lld: pixel %lld, channel %lld: %g, not %g",
                         kov_isa_name(isa), (long long)t->kernel[0], (long long)t->kernel[1],
                         (long long)i, (long long)c, (double)output[i * outputs + c], want);
        }
    }
    free(output);
    test_array_free(&input);
    test_array_free(&weights);
    test_array_free(&scale);
    test_array_free(&bias);
    test_array_free(&residual);
}

/* Kernel sizes, strides and dilations that have code of their own and others, with all borders. */
static void test_shapes(void **state)
{
    (void)state;
    const int64_t channels[] = {1, 3, 16, 23, 32, 150};
    for (int threads = 1; threads <= 2; threads++) {
        kov_context *context = test_context(threads);
        int round = 0;
        for (int64_t kernel = 1; kernel <= 5; kernel++) {
            for (int64_t stride = 1; stride <= 3; stride++) {
                for (int64_t dilation = 1; dilation <= 2; dilation++) {
                    for (int64_t size = 1; size <= 17; size += 4, round++) {
                        int64_t pad = (kernel - 1) * dilation / 2;
                        int64_t height = kernel == 1 ? 1 : size;
                        depthwise_case t = {
                            .batch = 1 + round % 2,
                            .input = {height, size + 1},
                            .kernel = {kernel, kernel},
                            .output = {(height + stride - 1) / stride, (size + stride) / stride},
                            .stride = {stride, stride},
                            .dilation = {dilation, dilation},
                            .pad = {pad, pad},
                            .channels = channels[round % 6],
                            .multiplier = round % 7 == 0 ? 3 : 1};
                        for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++)
                            check_case(context, &t, isa, round % 3);
                    }
                }
            }
        }
        kov_context_release(context);
    }
}

static void test_odd_shapes(void **state)
{
    (void)state;
    const depthwise_case cases[] = {
        {1, {9, 40}, {3, 5}, {7, 40}, {1, 1}, {1, 1}, {0, 2}, 20, 1},
        {1, {1, 100}, {1, 31}, {1, 100}, {1, 1}, {1, 1}, {0, 15}, 17, 1},
        {2, {8, 8}, {3, 3}, {4, 4}, {2, 2}, {1, 1}, {0, 0}, 32, 1}, /* Keras's "same", stride 2 */
        {1, {2, 2}, {5, 5}, {6, 6}, {1, 1}, {1, 1}, {4, 4}, 18, 1}, /* more padding than input */
        {1, {3, 3}, {3, 3}, {9, 9}, {1, 1}, {1, 1}, {5, 5}, 16, 1}, /* outputs that see padding only
                                                                     */
        {1, {5, 5}, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {-1, -1}, 16, 1}, /* cropped */
        {0, {5, 5}, {3, 3}, {3, 3}, {1, 1}, {1, 1}, {0, 0}, 16, 1},
        {1, {5, 5}, {3, 3}, {0, 3}, {1, 1}, {1, 1}, {0, 0}, 16, 1},
        {1, {5, 5}, {3, 3}, {3, 3}, {1, 1}, {1, 1}, {0, 0}, 0, 1},
        {1, {56, 56}, {3, 3}, {56, 56}, {1, 1}, {1, 1}, {1, 1}, 144, 1},
    };
    kov_context *context = test_context(2);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            for (int variant = 0; variant < 3; variant++)
                check_case(context, &cases[i], isa, variant);
    kov_context_release(context);
}

static void test_same_bits(void **state)
{
    (void)state;
    const depthwise_case t = {2, {30, 31}, {3, 3}, {30, 31}, {1, 1}, {1, 1}, {1, 1}, 70, 1};
    int64_t count = t.batch * t.input[0] * t.input[1] * t.channels;
    test_array input = test_array_make(count), weights = test_array_make(9 * t.channels);
    for (int64_t i = 0; i < count; i++)
        input.at[i] = test_fraction((uint64_t)i);
    for (int64_t i = 0; i < 9 * t.channels; i++)
        weights.at[i] = test_fraction(900000 + (uint64_t)i);
    kov_context *one = test_context(1), *two = test_context(2);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++) {
        float *a = run(one, &t, isa, input.at, weights.at, NULL);
        float *b = run(two, &t, isa, input.at, weights.at, NULL);
        assert_memory_equal(a, b, (size_t)count * sizeof(float));
        free(a);
        free(b);
    }
    kov_context_release(one);
    kov_context_release(two);
    test_array_free(&input);
    test_array_free(&weights);
}

static void test_errors(void **state)
{
    (void)state;
    kov_depthwise d;
    kov_depthwise_init(&d, 3);
    assert_int_equal(kov_depthwise_check(&d), KOV_NOT_IMPLEMENTED);
    kov_depthwise_init(&d, 2);
    assert_int_equal(kov_depthwise_check(&d), KOV_OK);
    d.dilation[1] = 0;
    assert_int_equal(kov_depthwise_check(&d), KOV_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_odd_shapes),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
