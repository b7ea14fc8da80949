/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/conv/conv_nhwc.h"

#include "base/memory.h"
#include "base/status.h"
#include "native/kernels/conv/conv_direct.h"
#include "native/kernels/conv/winograd.h"
#include "native/kernels/gemm/gemm.h"

/* Each output pixel is one input pixel times a matrix: a product, with all pixels as rows. */
static bool is_product(const kov_conv *conv)
{
    for (int d = 0; d < conv->spatial; d++)
        if (conv->kernel[d] != 1 || conv->stride[d] != 1 || conv->pad_before[d] != 0 ||
            conv->output[d] != conv->input[d])
            return false;
    return conv->groups == 1;
}

static void product(const kov_conv *conv, int64_t batch, const kov_epilogue *epilogue,
                    kov_gemm *gemm)
{
    int64_t pixels = batch;
    for (int d = 0; d < conv->spatial; d++)
        pixels *= conv->input[d];
    kov_gemm_init(gemm, pixels, conv->channels_out, conv->channels_in);
    gemm->isa = conv->isa;
    gemm->b_packed = true;
    if (conv->input_pixel)
        gemm->a_row = conv->input_pixel;
    if (conv->output_pixel)
        gemm->c_row = conv->output_pixel;
    if (epilogue)
        gemm->epilogue = *epilogue;
}

static bool is_empty(const kov_conv *conv, int64_t batch)
{
    bool empty = batch == 0 || conv->channels_out == 0;
    for (int d = 0; d < conv->spatial; d++)
        empty = empty || conv->output[d] == 0;
    return empty;
}

/* The product of all sizes, so that later products of some of them cannot overflow. */
static bool size_fits(const int64_t *sizes, int count, int64_t first, int64_t second)
{
    size_t total = sizeof(float);
    bool fits = true;
    for (int d = 0; d < count; d++)
        fits = fits && kov_size_mul(total, (size_t)(sizes[d] > 0 ? sizes[d] : 1), &total);
    fits = fits && kov_size_mul(total, (size_t)(first > 0 ? first : 1), &total);
    fits = fits && kov_size_mul(total, (size_t)(second > 0 ? second : 1), &total);
    return fits && total <= (size_t)INT64_MAX / 4;
}

void kov_conv_init(kov_conv *conv, int spatial)
{
    *conv = (kov_conv){.spatial = spatial, .groups = 1, .isa = kov_cpu_isa()};
    for (int d = 0; d < 3; d++) {
        conv->kernel[d] = 1;
        conv->stride[d] = 1;
        conv->dilation[d] = 1;
    }
}

kov_status kov_conv_check(const kov_conv *conv)
{
    const char *name = conv->transposed ? "ConvolutionBackpropData" : "Convolution";
    if (conv->spatial < 1 || conv->spatial > 3)
        return kov_fail(KOV_INVALID_ARGUMENT, "%s: %d spatial dimensions, not 1 to 3", name,
                        conv->spatial);
    const int64_t largest = INT32_MAX; /* keeps every position computed from these in int64 */
    for (int d = 0; d < conv->spatial; d++)
        if (conv->input[d] < 0 || conv->output[d] < 0 || conv->kernel[d] < 1 ||
            conv->stride[d] < 1 || conv->dilation[d] < 1 || conv->input[d] > largest ||
            conv->output[d] > largest || conv->kernel[d] > largest || conv->stride[d] > largest ||
            conv->dilation[d] > largest || conv->pad_before[d] > largest ||
            conv->pad_before[d] < -largest)
            return kov_fail(KOV_INVALID_ARGUMENT,
                            "%s: dimension %d: input %lld, output %lld, kernel %lld, stride %lld, "
                            "dilation %lld, padding %lld",
                            name, d, (long long)conv->input[d], (long long)conv->output[d],
                            (long long)conv->kernel[d], (long long)conv->stride[d],
                            (long long)conv->dilation[d], (long long)conv->pad_before[d]);
    if (conv->groups < 1 || conv->channels_in < 0 || conv->channels_out < 0 ||
        conv->channels_in % conv->groups != 0 || conv->channels_out % conv->groups != 0)
        return kov_fail(
            KOV_INVALID_ARGUMENT, "%s: %lld input and %lld output channels in %lld groups", name,
            (long long)conv->channels_in, (long long)conv->channels_out, (long long)conv->groups);
    if (!size_fits(conv->input, conv->spatial, conv->channels_in, conv->input_pixel) ||
        !size_fits(conv->output, conv->spatial, conv->channels_out, conv->output_pixel) ||
        !size_fits(conv->kernel, conv->spatial, conv->channels_in, conv->channels_out))
        return kov_fail(KOV_INVALID_ARGUMENT, "%s: sizes overflow", name);
    if (conv->algorithm == KOV_CONV_WINOGRAD && !kov_winograd_accepts(conv))
        return kov_fail(KOV_INVALID_ARGUMENT, "%s: Winograd takes 3x3 kernels of stride 1 only",
                        name);
    return KOV_OK;
}

kov_conv_algorithm kov_conv_choose(const kov_conv *conv, int64_t batch, bool allow_winograd)
{
    bool faster = allow_winograd && kov_winograd_accepts(conv) && conv->channels_in >= 16 &&
                  conv->channels_out >= 16 &&
                  kov_winograd_cost(conv, batch) < 0.8 * kov_winograd_direct_cost(conv, batch);
    return faster ? KOV_CONV_WINOGRAD : KOV_CONV_DIRECT;
}

size_t kov_conv_packed_bytes(const kov_conv *conv)
{
    return conv->algorithm == KOV_CONV_WINOGRAD ? kov_winograd_packed_bytes(conv)
                                                : kov_conv_direct_packed_bytes(conv);
}

kov_status kov_conv_pack(kov_context *context, const kov_conv *conv, const float *weights,
                         float *packed)
{
    if (conv->algorithm == KOV_CONV_WINOGRAD)
        kov_winograd_pack(context, conv, weights, packed);
    else
        kov_conv_direct_pack(context, conv, weights, packed);
    return KOV_OK;
}

size_t kov_conv_workspace_bytes(kov_context *context, const kov_conv *conv, int64_t batch)
{
    if (is_empty(conv, batch))
        return 0;
    if (conv->algorithm == KOV_CONV_WINOGRAD)
        return kov_winograd_workspace_bytes(context, conv, batch);
    if (is_product(conv)) {
        kov_gemm gemm;
        product(conv, batch, NULL, &gemm);
        return kov_gemm_workspace_bytes(context, &gemm);
    }
    return kov_conv_direct_workspace_bytes(context, conv, batch);
}

kov_status kov_conv_run(kov_context *context, const kov_conv *conv, int64_t batch,
                        const float *input, const float *packed, const kov_epilogue *epilogue,
                        float *output, void *workspace)
{
    static const kov_epilogue none = {.activation = KOV_ACTIVATION_NONE};
    if (batch < 0)
        return kov_fail(KOV_INVALID_ARGUMENT, "Convolution: batch %lld", (long long)batch);
    if (is_empty(conv, batch))
        return KOV_OK;
    if (!epilogue)
        epilogue = &none;
    if (conv->algorithm == KOV_CONV_WINOGRAD) {
        kov_winograd_run(context, conv, batch, input, packed, epilogue, output, workspace);
        return KOV_OK;
    }
    if (is_product(conv)) {
        kov_gemm gemm;
        product(conv, batch, epilogue, &gemm);
        return kov_gemm_run(context, &gemm, input, packed, output, workspace);
    }
    kov_conv_direct_run(context, conv, batch, input, packed, epilogue, output, workspace);
    return KOV_OK;
}
