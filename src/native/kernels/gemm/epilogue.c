/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/epilogue.h"
#include "native/kernels/gemm/epilogue_row.h"

#include <math.h>

bool kov_epilogue_is_simple(const kov_epilogue *epilogue)
{
    return epilogue->activation <= KOV_ACTIVATION_CLIP &&
           !(epilogue->residual && epilogue->residual_after);
}

void kov_epilogue_bounds(const kov_epilogue *epilogue, float *low, float *high)
{
    bool simple = kov_epilogue_is_simple(epilogue);
    bool clip = simple && epilogue->activation == KOV_ACTIVATION_CLIP;
    bool relu = simple && epilogue->activation == KOV_ACTIVATION_RELU;
    *low = clip ? epilogue->low : relu ? 0.0F : -INFINITY;
    *high = clip ? epilogue->high : INFINITY;
}

static kov_epilogue_row_fn *row_function(kov_isa isa)
{
    static kov_epilogue_row_fn *const table[KOV_ISA_COUNT] = {
        f32_epilogue_row__baseline, f32_epilogue_row__avx2, f32_epilogue_row__avx512};
    return table[isa];
}

static float sigmoid(float x) { return 1.0F / (1.0F + expf(-x)); }

static float activate(const kov_epilogue *epilogue, float x)
{
    const float sqrt_half = 0.70710678118654752F, sqrt_2_over_pi = 0.79788456080286536F;
    switch (epilogue->activation) {
    case KOV_ACTIVATION_SIGMOID:
        return sigmoid(x);
    case KOV_ACTIVATION_SWISH:
        return x * sigmoid(x);
    case KOV_ACTIVATION_TANH:
        return tanhf(x);
    case KOV_ACTIVATION_GELU:
        return 0.5F * x * erfcf(-x * sqrt_half);
    case KOV_ACTIVATION_GELU_TANH:
        return 0.5F * x * (1.0F + tanhf(sqrt_2_over_pi * (x + 0.044715F * x * x * x)));
    case KOV_ACTIVATION_ELU:
        return x >= 0 ? x : epilogue->alpha * expm1f(x);
    default:
        return x;
    }
}

static void activate_row(kov_isa isa, const kov_epilogue *epilogue, float *y, int64_t columns)
{
    if (epilogue->activation >= KOV_ACTIVATION_SIGMOID) {
        if (epilogue->function)
            epilogue->function(y, y, (size_t)columns);
        else
            for (int64_t j = 0; j < columns; j++)
                y[j] = activate(epilogue, y[j]);
    } else if (epilogue->activation != KOV_ACTIVATION_NONE) {
        row_function(isa)(epilogue, y, columns);
    }
}

void kov_epilogue_finish(kov_isa isa, const kov_epilogue *epilogue, int64_t rows, int64_t columns,
                         float *y, int64_t y_row, const float *residual, int64_t residual_row)
{
    for (int64_t i = 0; i < rows; i++, y += y_row) {
        activate_row(isa, epilogue, y, columns);
        if (residual && epilogue->residual_after)
            for (int64_t j = 0; j < columns; j++)
                y[j] += residual[i * residual_row + j];
    }
}
