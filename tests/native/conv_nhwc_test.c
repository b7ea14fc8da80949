/* SPDX-License-Identifier: Apache-2.0 */
#include "gemm_test_support.h"

#include "native/kernels/conv/conv_nhwc.h"

#include <math.h>

typedef struct conv_case {
    int spatial;
    int64_t batch, input[3], kernel[3], output[3], stride[3], dilation[3], pad[3];
    int64_t channels_in, channels_out, groups;
    bool transposed;
} conv_case;

/* Missing strides, dilations and groups are 1; a missing output is what the padding implies on both
 * sides alike. */
static const conv_case cases[] = {
    {2, 1, {5, 6}, {1, 1}, .channels_in = 7, .channels_out = 9},
    {2, 2, {7, 7}, {1, 1}, .stride = {2, 2}, .channels_in = 5, .channels_out = 40},
    {2, 1, {8, 9}, {3, 3}, .pad = {1, 1}, .channels_in = 4, .channels_out = 33},
    {2, 2, {30, 31}, {3, 3}, .pad = {1, 1}, .channels_in = 3, .channels_out = 8},
    {2, 1, {31, 33}, {7, 7}, .stride = {2, 2}, .pad = {3, 3}, .channels_in = 3, .channels_out = 64},
    {2, 1, {8, 8}, {3, 3}, .output = {4, 4}, .stride = {2, 2}, .channels_in = 3, .channels_out = 5},
    {2,
     1,
     {9, 40},
     {3, 5},
     .dilation = {2, 3},
     .pad = {2, 6},
     .channels_in = 6,
     .channels_out = 20},
    {2, 1, {4, 4}, {3, 3}, .pad = {2, 2}, .channels_in = 2, .channels_out = 3},
    {2, 1, {3, 3}, {5, 5}, .pad = {2, 2}, .channels_in = 2, .channels_out = 3},
    {2, 2, {9, 10}, {3, 3}, .pad = {1, 1}, .channels_in = 12, .channels_out = 8, .groups = 4},
    {2, 1, {9, 10}, {3, 3}, .channels_in = 12, .channels_out = 48, .groups = 2},
    {2, 1, {9, 10}, {1, 1}, .channels_in = 12, .channels_out = 48, .groups = 3},
    {2, 1, {56, 56}, {3, 3}, .pad = {1, 1}, .channels_in = 64, .channels_out = 32},
    {2, 1, {14, 14}, {3, 3}, .pad = {1, 1}, .channels_in = 256, .channels_out = 96},
    {2, 1, {6, 6}, {3, 3}, .pad = {1, 1}, .channels_in = 1024, .channels_out = 16},
    {2, 1, {4, 300}, {2, 3}, .pad = {0, 1}, .channels_in = 200, .channels_out = 17},
    {1, 2, {50}, {3}, .pad = {1}, .channels_in = 5, .channels_out = 6},
    {1, 1, {3000}, {9}, .stride = {3}, .pad = {4}, .channels_in = 20, .channels_out = 35},
    {1,
     1,
     {40},
     {4},
     .dilation = {3},
     .pad = {9},
     .output = {40},
     .channels_in = 3,
     .channels_out = 3},
    {3, 2, {4, 5, 6}, {3, 3, 3}, .pad = {1, 1, 1}, .channels_in = 3, .channels_out = 18},
    {3,
     1,
     {5, 6, 7},
     {2, 1, 3},
     .stride = {2, 1, 2},
     .dilation = {2, 1, 1},
     .pad = {1, 0, 2},
     .channels_in = 4,
     .channels_out = 4,
     .groups = 2},
    {2,
     1,
     {5, 6},
     {3, 3},
     .output = {11, 13},
     .stride = {2, 2},
     .channels_in = 4,
     .channels_out = 6,
     .transposed = true},
    {2,
     2,
     {5, 6},
     {4, 4},
     .output = {10, 12},
     .stride = {2, 2},
     .pad = {1, 1},
     .channels_in = 9,
     .channels_out = 35,
     .transposed = true},
    {2,
     1,
     {4, 4},
     {2, 2},
     .output = {12, 12},
     .stride = {3, 3},
     .channels_in = 3,
     .channels_out = 4,
     .transposed = true},
    {2,
     1,
     {5, 4},
     {3, 2},
     .output = {17, 14},
     .stride = {3, 2},
     .dilation = {2, 4},
     .pad = {1, 0},
     .channels_in = 3,
     .channels_out = 4,
     .transposed = true},
    {2,
     1,
     {7, 9},
     {3, 3},
     .output = {7, 9},
     .pad = {1, 1},
     .channels_in = 6,
     .channels_out = 10,
     .groups = 2,
     .transposed = true},
    {2,
     1,
     {7, 9},
     {3, 3},
     .output = {13, 17},
     .stride = {2, 2},
     .dilation = {2, 2},
     .pad = {2, 2},
     .channels_in = 6,
     .channels_out = 10,
     .transposed = true},
    {1,
     1,
     {9},
     {5},
     .output = {36},
     .stride = {4},
     .pad = {1},
     .channels_in = 6,
     .channels_out = 3,
     .transposed = true},
    {3,
     1,
     {2, 3, 4},
     {3, 2, 3},
     .output = {5, 6, 8},
     .stride = {2, 2, 2},
     .channels_in = 2,
     .channels_out = 3,
     .transposed = true},
    {2, 0, {5, 6}, {3, 3}, .channels_in = 3, .channels_out = 3},
    {2, 1, {5, 6}, {3, 3}, .channels_in = 0, .channels_out = 3},
    {2, 1, {5, 6}, {3, 3}, .channels_in = 3, .channels_out = 0},
    {2, 1, {0, 6}, {3, 3}, .output = {2, 4}, .pad = {2, 0}, .channels_in = 3, .channels_out = 2},
    {2, 1, {2, 6}, {3, 3}, .channels_in = 3, .channels_out = 2},
};

static kov_conv describe(const conv_case *t, kov_isa isa)
{
    kov_conv conv;
    kov_conv_init(&conv, t->spatial);
    conv.isa = isa;
    conv.channels_in = t->channels_in;
    conv.channels_out = t->channels_out;
    conv.groups = t->groups ? t->groups : 1;
    conv.transposed = t->transposed;
    for (int d = 0; d < t->spatial; d++) {
        conv.input[d] = t->input[d];
        conv.kernel[d] = t->kernel[d];
        conv.stride[d] = t->stride[d] ? t->stride[d] : 1;
        conv.dilation[d] = t->dilation[d] ? t->dilation[d] : 1;
        conv.pad_before[d] = t->pad[d];
        int64_t reach = (conv.kernel[d] - 1) * conv.dilation[d] + 1;
        int64_t room = conv.input[d] + 2 * conv.pad_before[d] - reach;
        conv.output[d] = t->output[0] ? t->output[d] : room < 0 ? 0 : room / conv.stride[d] + 1;
    }
    return conv;
}

static int64_t pixels(const kov_conv *conv, const int64_t *sizes)
{
    int64_t count = 1;
    for (int d = 0; d < conv->spatial; d++)
        count *= sizes[d];
    return count;
}

/* Splits an index into coordinates, outermost first. */
static void unravel(const kov_conv *conv, const int64_t *sizes, int64_t index, int64_t *at)
{
    for (int d = conv->spatial - 1; d >= 0; d--) {
        at[d] = index % sizes[d];
        index /= sizes[d];
    }
}

/* The input position that tap `tap` of output `out` reads, as an index; -1 if there is none. */
static int64_t source(const kov_conv *conv, int64_t out, int64_t tap)
{
    int64_t o[3], k[3], index = 0;
    unravel(conv, conv->output, out, o);
    unravel(conv, conv->kernel, tap, k);
    for (int d = 0; d < conv->spatial; d++) {
        int64_t i;
        if (conv->transposed) { /* o = i * stride + k * dilation - pad */
            int64_t scaled = o[d] + conv->pad_before[d] - k[d] * conv->dilation[d];
            if (scaled < 0 || scaled % conv->stride[d] != 0)
                return -1;
            i = scaled / conv->stride[d];
        } else {
            i = o[d] * conv->stride[d] + k[d] * conv->dilation[d] - conv->pad_before[d];
        }
        if (i < 0 || i >= conv->input[d])
            return -1;
        index = index * conv->input[d] + i;
    }
    return index;
}

static int64_t weight_index(const kov_conv *conv, int64_t tap, int64_t group, int64_t in,
                            int64_t out)
{
    int64_t group_in = conv->channels_in / conv->groups,
            group_out = conv->channels_out / conv->groups;
    if (conv->transposed) /* [tap, out in group, in] */
        return (tap * group_out + out) * conv->channels_in + group * group_in + in;
    return (tap * group_in + in) * conv->channels_out + group * group_out + out;
}

/* All outputs of one pixel, in sums of one size so that the test is fast enough. */
static void reference_pixel(const kov_conv *conv, const float *image, const float *weights,
                            int64_t out, double *sums)
{
    int64_t group_in = conv->channels_in / conv->groups,
            group_out = conv->channels_out / conv->groups;
    memset(sums, 0, (size_t)conv->channels_out * sizeof *sums);
    for (int64_t tap = 0; tap < pixels(conv, conv->kernel); tap++) {
        int64_t at = source(conv, out, tap);
        if (at < 0)
            continue;
        for (int64_t c = 0; c < conv->channels_in; c++) {
            double x = (double)image[at * conv->channels_in + c];
            int64_t group = c / group_in;
            for (int64_t j = 0; j < group_out; j++)
                sums[group * group_out + j] +=
                    x * (double)weights[weight_index(conv, tap, group, c % group_in, j)];
        }
    }
}

static float *run(kov_context *context, const kov_conv *conv, int64_t batch, const float *input,
                  const float *weights, const kov_epilogue *epilogue, int64_t output_floats)
{
    assert_int_equal(kov_conv_check(conv), KOV_OK);
    float *packed = test_aligned(kov_conv_packed_bytes(conv));
    assert_int_equal(kov_conv_pack(context, conv, weights, packed), KOV_OK);
    void *workspace = test_aligned(kov_conv_workspace_bytes(context, conv, batch));
    float *output = test_aligned((size_t)output_floats * sizeof(float));
    assert_int_equal(kov_conv_run(context, conv, batch, input, packed, epilogue, output, workspace),
                     KOV_OK);
    free(packed);
    free(workspace);
    return output;
}

static void check_case(kov_context *context, const conv_case *t, kov_isa isa)
{
    kov_conv conv = describe(t, isa);
    int64_t in_pixels = pixels(&conv, conv.input), out_pixels = pixels(&conv, conv.output);
    int64_t out_count = conv.channels_out;
    test_array input = test_array_values(t->batch * in_pixels * conv.channels_in, 1);
    test_array weights = test_array_values(
        pixels(&conv, conv.kernel) * conv.channels_in / conv.groups * conv.channels_out, 77);
    test_array bias = test_array_values(out_count, 5);
    kov_epilogue epilogue = {.bias = bias.at};
    float *output = run(context, &conv, t->batch, input.at, weights.at, &epilogue,
                        t->batch * out_pixels * out_count);
    double *sums = test_aligned((size_t)out_count * sizeof(double));
    for (int64_t i = 0; i < t->batch * out_pixels; i++) {
        reference_pixel(&conv, input.at + i / out_pixels * in_pixels * conv.channels_in, weights.at,
                        i % out_pixels, sums);
        for (int64_t j = 0; j < out_count; j++)
            if ((double)output[i * out_count + j] != sums[j] + (double)bias.at[j])
                fail_msg("case %d, %s: pixel %lld, channel %lld: %g, not %g", (int)(t - cases),
                         kov_isa_name(isa), (long long)i, (long long)j,
                         (double)output[i * out_count + j], sums[j] + (double)bias.at[j]);
    }
    free(sums);
    free(output);
    test_array_free(&input);
    test_array_free(&weights);
    test_array_free(&bias);
}

static void test_cases(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        kov_context *context = test_context(threads);
        for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++)
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                check_case(context, &cases[i], isa);
        kov_context_release(context);
    }
}

/* Sizes drawn at random, small enough that every combination of edges comes up. */
static void test_random(void **state)
{
    (void)state;
    kov_context *context = test_context(2);
    uint64_t seed = 0;
    for (int round = 0; round < 300; round++) {
        conv_case t = {
            .spatial = 1 + round % 3, .batch = 1 + round % 2, .transposed = round % 5 < 2};
        for (int d = 0; d < t.spatial; d++) {
            int64_t draw[5];
            for (int i = 0; i < 5; i++)
                draw[i] = (int64_t)test_value(seed++) + 4; /* 0 to 8 */
            t.input[d] = draw[0] + 1;
            t.kernel[d] = draw[1] % 4 + 1;
            t.stride[d] = draw[2] % 3 + 1;
            t.dilation[d] = draw[3] % 3 + 1;
            t.pad[d] = draw[4] % 4;
            t.output[d] = 1 + (int64_t)(seed % 7) + draw[0];
        }
        t.groups = round % 4 == 0 ? 2 : 1;
        t.channels_in = t.groups * (1 + (int64_t)(seed % 5));
        t.channels_out = t.groups * (1 + (int64_t)(seed % 37));
        check_case(context, &t, (kov_isa)(round % (1 + (int)kov_cpu_isa())));
    }
    kov_context_release(context);
}

static void reverse_sign(const float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = -x[i];
}

/* Scale, bias, residual (in place too) and activations, into a slice of a wider output and from a
 * slice of a wider input. */
static void test_epilogue_and_slices(void **state)
{
    (void)state;
    enum { SIZE = 13, IN = 5, OUT = 37, IN_PIXEL = 8, OUT_PIXEL = 50 };
    kov_context *context = test_context(2);
    for (int variant = 0; variant < 8; variant++) {
        kov_conv conv;
        kov_conv_init(&conv, 2);
        int kernel = variant & 1 ? 3 : 1;
        for (int d = 0; d < 2; d++) {
            conv.input[d] = conv.output[d] = SIZE;
            conv.kernel[d] = kernel;
            conv.pad_before[d] = kernel / 2;
        }
        conv.channels_in = IN;
        conv.channels_out = OUT;
        conv.input_pixel = IN_PIXEL;
        conv.output_pixel = OUT_PIXEL;
        test_array input = test_array_values(SIZE * SIZE * IN_PIXEL - (IN_PIXEL - IN), 1);
        test_array weights = test_array_values(kernel * kernel * IN * OUT, 2);
        test_array scale = test_array_values(OUT, 3), bias = test_array_values(OUT, 4);
        test_array output = test_array_values(SIZE * SIZE * OUT_PIXEL - (OUT_PIXEL - OUT), 5);
        test_array before = test_array_values(SIZE * SIZE * OUT_PIXEL - (OUT_PIXEL - OUT), 5);
        kov_epilogue epilogue = {.scale = scale.at,
                                 .bias = bias.at,
                                 .residual = output.at,
                                 .residual_after = (variant & 2) != 0,
                                 .activation = KOV_ACTIVATION_RELU};
        if (variant & 4) {
            epilogue.activation = KOV_ACTIVATION_FUNCTION;
            epilogue.function = reverse_sign;
        }
        if (epilogue.residual_after) /* the output is written before it is read then */
            epilogue.residual = before.at;
        assert_int_equal(kov_conv_check(&conv), KOV_OK);
        float *packed = test_aligned(kov_conv_packed_bytes(&conv));
        assert_int_equal(kov_conv_pack(context, &conv, weights.at, packed), KOV_OK);
        void *workspace = test_aligned(kov_conv_workspace_bytes(context, &conv, 1));
        assert_int_equal(
            kov_conv_run(context, &conv, 1, input.at, packed, &epilogue, output.at, workspace),
            KOV_OK);
        float compact[SIZE * SIZE * IN];
        for (int i = 0; i < SIZE * SIZE; i++)
            memcpy(compact + i * IN, input.at + i * IN_PIXEL, IN * sizeof(float));
        for (int i = 0; i < SIZE * SIZE; i++) {
            double sums[OUT];
            reference_pixel(&conv, compact, weights.at, i, sums);
            for (int j = 0; j < OUT; j++) {
                double x = sums[j] * (double)scale.at[j] + (double)bias.at[j];
                double extra = (double)before.at[i * OUT_PIXEL + j];
                x = epilogue.residual_after ? x : x + extra;
                x = variant & 4 ? -x : x > 0 ? x : 0;
                x = epilogue.residual_after ? x + extra : x;
                assert_true((double)output.at[i * OUT_PIXEL + j] == x);
            }
            for (int j = OUT; i + 1 < SIZE * SIZE && j < OUT_PIXEL; j++)
                assert_true(output.at[i * OUT_PIXEL + j] == before.at[i * OUT_PIXEL + j]);
        }
        free(packed);
        free(workspace);
        test_array_free(&input);
        test_array_free(&weights);
        test_array_free(&scale);
        test_array_free(&bias);
        test_array_free(&output);
        test_array_free(&before);
    }
    kov_context_release(context);
}

/* Weights in another order of axes: OIHW, as OpenVINO has them. */
static void test_weight_strides(void **state)
{
    (void)state;
    enum { IN = 6, OUT = 10, K = 3, SIZE = 7 };
    kov_context *context = test_context(1);
    float hwio[K * K * IN * OUT], oihw[K * K * IN * OUT], input[SIZE * SIZE * IN];
    for (int i = 0; i < K * K * IN * OUT; i++)
        hwio[i] = test_value((uint64_t)i);
    for (int i = 0; i < SIZE * SIZE * IN; i++)
        input[i] = test_value(1000 + (uint64_t)i);
    for (int t = 0; t < K * K; t++)
        for (int i = 0; i < IN; i++)
            for (int o = 0; o < OUT; o++)
                oihw[(o * IN + i) * K * K + t] = hwio[(t * IN + i) * OUT + o];
    kov_conv conv;
    kov_conv_init(&conv, 2);
    conv.channels_in = IN;
    conv.channels_out = OUT;
    for (int d = 0; d < 2; d++) {
        conv.input[d] = SIZE;
        conv.kernel[d] = K;
        conv.output[d] = SIZE - K + 1;
    }
    int64_t count = pixels(&conv, conv.output) * OUT;
    float *one = run(context, &conv, 1, input, hwio, NULL, count);
    conv.weight_tap[0] = K;
    conv.weight_tap[1] = 1;
    conv.weight_in = K * K;
    conv.weight_out = K * K * IN;
    float *other = run(context, &conv, 1, input, oihw, NULL, count);
    assert_memory_equal(one, other, (size_t)count * sizeof(float));
    free(one);
    free(other);
    kov_context_release(context);
}

/* Fractions: bits are the same for 1 and 2 threads and for an image alone or in a batch. */
static void test_same_bits(void **state)
{
    (void)state;
    const conv_case shapes[] = {
        {2, 3, {28, 28}, {3, 3}, .pad = {1, 1}, .channels_in = 40, .channels_out = 72},
        {2,
         3,
         {29, 29},
         {5, 5},
         .stride = {2, 2},
         .pad = {2, 2},
         .channels_in = 3,
         .channels_out = 30},
        {2, 3, {14, 14}, {1, 1}, .channels_in = 100, .channels_out = 130},
        {2,
         3,
         {9, 9},
         {3, 3},
         .output = {18, 18},
         .stride = {2, 2},
         .channels_in = 33,
         .channels_out = 65,
         .transposed = true},
    };
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            const conv_case *t = &shapes[s];
            kov_conv conv = describe(t, isa);
            int64_t image = pixels(&conv, conv.input) * conv.channels_in;
            int64_t result = pixels(&conv, conv.output) * conv.channels_out;
            test_array input = test_array_make(t->batch * image);
            test_array weights =
                test_array_make(pixels(&conv, conv.kernel) * conv.channels_in * conv.channels_out);
            for (int64_t i = 0; i < t->batch * image; i++)
                input.at[i] = test_fraction((uint64_t)i);
            for (int64_t i = 0;
                 i < pixels(&conv, conv.kernel) * conv.channels_in * conv.channels_out; i++)
                weights.at[i] = test_fraction(900000 + (uint64_t)i);
            kov_context *one = test_context(1), *two = test_context(2);
            float *a = run(one, &conv, t->batch, input.at, weights.at, NULL, t->batch * result);
            float *b = run(two, &conv, t->batch, input.at, weights.at, NULL, t->batch * result);
            float *c = run(two, &conv, 1, input.at + image, weights.at, NULL, result);
            assert_memory_equal(a, b, (size_t)(t->batch * result) * sizeof(float));
            assert_memory_equal(a + result, c, (size_t)result * sizeof(float));
            free(a);
            free(b);
            free(c);
            kov_context_release(one);
            kov_context_release(two);
            test_array_free(&input);
            test_array_free(&weights);
        }
    }
}

static void test_errors(void **state)
{
    (void)state;
    kov_conv conv;
    kov_conv_init(&conv, 4);
    assert_int_equal(kov_conv_check(&conv), KOV_INVALID_ARGUMENT);
    kov_conv_init(&conv, 2);
    conv.channels_in = 3;
    conv.channels_out = 4;
    conv.groups = 2;
    assert_int_equal(kov_conv_check(&conv), KOV_INVALID_ARGUMENT);
    conv.groups = 1;
    assert_int_equal(kov_conv_check(&conv), KOV_OK);
    conv.stride[1] = 0;
    assert_int_equal(kov_conv_check(&conv), KOV_INVALID_ARGUMENT);
    conv.stride[1] = 1;
    conv.input[0] = conv.input[1] = 1 << 30;
    conv.channels_in = 1 << 20;
    assert_int_equal(kov_conv_check(&conv), KOV_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_epilogue_and_slices),
        cmocka_unit_test(test_weight_strides),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
