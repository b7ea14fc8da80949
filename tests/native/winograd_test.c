/* SPDX-License-Identifier: Apache-2.0 */
#include "gemm_test_support.h"

#include "native/kernels/conv/conv_nhwc.h"

#include <math.h>

typedef struct winograd_case {
    int64_t batch, height, width, pad, in, out;
} winograd_case;

static kov_conv describe(const winograd_case *t, kov_isa isa, kov_conv_algorithm algorithm)
{
    kov_conv conv;
    kov_conv_init(&conv, 2);
    conv.isa = isa;
    conv.algorithm = algorithm;
    conv.input[0] = t->height;
    conv.input[1] = t->width;
    conv.channels_in = t->in;
    conv.channels_out = t->out;
    for (int d = 0; d < 2; d++) {
        conv.kernel[d] = 3;
        conv.pad_before[d] = t->pad;
        conv.output[d] = conv.input[d] + 2 * t->pad - 2;
    }
    return conv;
}

static float *run(kov_context *context, const kov_conv *conv, int64_t batch, const float *input,
                  const float *weights, const kov_epilogue *epilogue)
{
    assert_int_equal(kov_conv_check(conv), KOV_OK);
    float *packed = test_aligned(kov_conv_packed_bytes(conv));
    assert_int_equal(kov_conv_pack(context, conv, weights, packed), KOV_OK);
    void *workspace = test_aligned(kov_conv_workspace_bytes(context, conv, batch));
    int64_t pixel = conv->output_pixel ? conv->output_pixel : conv->channels_out;
    float *output =
        test_aligned((size_t)(batch * conv->output[0] * conv->output[1] * pixel) * sizeof(float));
    assert_int_equal(kov_conv_run(context, conv, batch, input, packed, epilogue, output, workspace),
                     KOV_OK);
    free(packed);
    free(workspace);
    return output;
}

static double reference(const winograd_case *t, const float *image, const float *weights, int64_t y,
                        int64_t x, int64_t channel)
{
    double sum = 0;
    for (int64_t i = 0; i < 3; i++) {
        for (int64_t j = 0; j < 3; j++) {
            int64_t from_y = y - t->pad + i, from_x = x - t->pad + j;
            if (from_y < 0 || from_y >= t->height || from_x < 0 || from_x >= t->width)
                continue;
            for (int64_t c = 0; c < t->in; c++)
                sum += (double)image[(from_y * t->width + from_x) * t->in + c] *
                       (double)weights[((i * 3 + j) * t->in + c) * t->out + channel];
        }
    }
    return sum;
}

/* Inputs of -1, 0, 1 and weights 576 times that: the transforms divide by 576 at most, so all stays
 * whole and below 2^24, and results must be equal. */
static void check_exact(kov_context *context, const winograd_case *t, kov_isa isa, int variant)
{
    kov_conv conv = describe(t, isa, KOV_CONV_WINOGRAD);
    int64_t image = t->height * t->width * t->in, pixels = conv.output[0] * conv.output[1];
    test_array input = test_array_make(t->batch * image);
    test_array weights = test_array_make(9 * t->in * t->out);
    test_array bias = test_array_values(t->out, 3), scale = test_array_values(t->out, 4);
    test_array residual = test_array_values(t->batch * pixels * t->out, 5);
    for (int64_t i = 0; i < t->batch * image; i++)
        input.at[i] = (float)((int)(test_value((uint64_t)i) + 4) % 3 - 1);
    for (int64_t i = 0; i < 9 * t->in * t->out; i++)
        weights.at[i] = 576 * (float)((int)(test_value(7777 + (uint64_t)i) + 4) % 3 - 1);
    kov_epilogue epilogue = {.bias = bias.at};
    if (variant == 1)
        epilogue = (kov_epilogue){
            .scale = scale.at, .residual = residual.at, .activation = KOV_ACTIVATION_RELU};
    if (variant == 2)
        epilogue = (kov_epilogue){.residual = residual.at,
                                  .residual_after = true,
                                  .activation = KOV_ACTIVATION_LEAKY_RELU,
                                  .alpha = 0.5F};
    float *output = run(context, &conv, t->batch, input.at, weights.at, &epilogue);
    for (int64_t i = 0; i < t->batch * pixels; i++) {
        const float *from = input.at + i / pixels * image;
        for (int64_t c = 0; c < t->out; c++) {
            double want =
                reference(t, from, weights.at, i % pixels / conv.output[1], i % conv.output[1], c);
            double extra = (double)residual.at[i * t->out + c];
            if (variant == 0)
                want += (double)bias.at[c];
            if (variant == 1)
                want = fmax(want * (double)scale.at[c] + extra, 0);
            if (variant == 2)
                want = (want < 0 ? want / 2 : want) + extra;
            if ((double)output[i * t->out + c] != want)
                fail_msg("%s %lld x %lld: pixel %lld, channel %lld: %g, not %g", kov_isa_name(isa),
                         (long long)t->height, (long long)t->width, (long long)i, (long long)c,
                         (double)output[i * t->out + c], want);
        }
    }
    free(output);
    test_array_free(&input);
    test_array_free(&weights);
    test_array_free(&bias);
    test_array_free(&scale);
    test_array_free(&residual);
}

static void test_exact(void **state)
{
    (void)state;
    const winograd_case cases[] = {
        {1, 4, 4, 1, 1, 1},   {1, 6, 6, 0, 2, 33},   {2, 7, 9, 1, 3, 18}, {1, 3, 3, 0, 3, 5},
        {1, 1, 1, 1, 2, 2},   {3, 14, 14, 1, 3, 40}, {1, 5, 30, 2, 2, 8}, {2, 13, 3, 1, 3, 64},
        {0, 13, 3, 1, 3, 64}, {1, 8, 8, 1, 0, 3},
    };
    for (int threads = 1; threads <= 2; threads++) {
        kov_context *context = test_context(threads);
        for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++)
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                for (int variant = 0; variant < 3; variant++)
                    check_exact(context, &cases[i], isa, variant);
        kov_context_release(context);
    }
}

/* Fractions: the stated bound, and the same bits for 1 and 2 threads, alone or in a batch. */
static void test_fractions(void **state)
{
    (void)state;
    const winograd_case t = {2, 15, 14, 1, 70, 48};
    int64_t image = t.height * t.width * t.in;
    test_array input = test_array_make(t.batch * image),
               weights = test_array_make(9 * t.in * t.out);
    for (int64_t i = 0; i < t.batch * image; i++)
        input.at[i] = test_fraction((uint64_t)i);
    for (int64_t i = 0; i < 9 * t.in * t.out; i++)
        weights.at[i] = test_fraction(500000 + (uint64_t)i);
    kov_context *one = test_context(1), *two = test_context(2);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++) {
        kov_conv conv = describe(&t, isa, KOV_CONV_WINOGRAD);
        size_t pixels = (size_t)(conv.output[0] * conv.output[1]), floats = pixels * (size_t)t.out;
        float *a = run(one, &conv, 2, input.at, weights.at, NULL);
        float *b = run(two, &conv, 2, input.at, weights.at, NULL);
        float *c = run(two, &conv, 1, input.at + image, weights.at, NULL);
        assert_memory_equal(a, b, 2 * floats * sizeof(float));
        assert_memory_equal(a + floats, c, floats * sizeof(float));
        double worst = 0;
        for (size_t i = 0; i < 2 * floats; i++) {
            int64_t pixel = (int64_t)(i / (size_t)t.out % pixels);
            const float *from = input.at + (int64_t)(i / floats) * image;
            double want = reference(&t, from, weights.at, pixel / conv.output[1],
                                    pixel % conv.output[1], (int64_t)(i % (size_t)t.out));
            worst = fmax(worst, fabs((double)a[i] - want));
        }
        /* What kov_conv_choose states, of a largest output near 40. */
        assert_true(worst <= 40 * 1.6e-5);
        free(a);
        free(b);
        free(c);
    }
    kov_context_release(one);
    kov_context_release(two);
    test_array_free(&input);
    test_array_free(&weights);
}

static void test_choice(void **state)
{
    (void)state;
    const winograd_case t = {1, 56, 56, 1, 64, 64};
    kov_conv conv = describe(&t, kov_cpu_isa(), KOV_CONV_DIRECT);
    assert_int_equal(kov_conv_choose(&conv, 1, false), KOV_CONV_DIRECT);
    assert_int_equal(kov_conv_choose(&conv, 1, true), KOV_CONV_WINOGRAD);
    conv.stride[0] = 2;
    assert_int_equal(kov_conv_choose(&conv, 1, true), KOV_CONV_DIRECT);
    conv.algorithm = KOV_CONV_WINOGRAD;
    assert_int_equal(kov_conv_check(&conv), KOV_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_fractions),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
