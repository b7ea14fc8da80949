/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/gemm/epilogue_row.h"
#include "native/kernels/gemm/gemm_vector.h"

KOV_INLINE vf clip(vf x, float low, float high)
{
    return vf_min(vf_set1(high), vf_max(vf_set1(low), x));
}

KOV_INLINE vf activate(kov_activation activation, const kov_epilogue *epilogue, vf x)
{
    switch (activation) {
    case KOV_ACTIVATION_RELU:
        return vf_max(vf_zero(), x);
    case KOV_ACTIVATION_CLIP:
        return clip(x, epilogue->low, epilogue->high);
    case KOV_ACTIVATION_LEAKY_RELU: /* one of the two terms is zero; NaN reaches both */
        return vf_fma(vf_set1(epilogue->alpha), vf_min(vf_zero(), x), vf_max(vf_zero(), x));
    case KOV_ACTIVATION_HARD_SIGMOID:
        return clip(vf_fma(x, vf_set1(1.0F / 6.0F), vf_set1(0.5F)), 0.0F, 1.0F);
    case KOV_ACTIVATION_HARD_SWISH:
        return vf_mul(vf_mul(x, clip(vf_add(x, vf_set1(3.0F)), 0.0F, 6.0F)), vf_set1(1.0F / 6.0F));
    default:
        return x;
    }
}

KOV_INLINE void activate_row(kov_activation activation, const kov_epilogue *epilogue, float *y,
                             int64_t columns)
{
    int64_t j = 0;
    for (; j + VF_LANES <= columns; j += VF_LANES)
        vf_store(y + j, activate(activation, epilogue, vf_load(y + j)));
    if (j < columns) {
        vf_mask mask = vf_mask_first(columns - j);
        vf_store_first(y + j, mask, activate(activation, epilogue, vf_load_first(y + j, mask)));
    }
}

void KOV_ISA_NAME(f32_epilogue_row)(const kov_epilogue *epilogue, float *y, int64_t columns)
{
    switch (epilogue->activation) {
    case KOV_ACTIVATION_RELU:
        activate_row(KOV_ACTIVATION_RELU, epilogue, y, columns);
        break;
    case KOV_ACTIVATION_CLIP:
        activate_row(KOV_ACTIVATION_CLIP, epilogue, y, columns);
        break;
    case KOV_ACTIVATION_LEAKY_RELU:
        activate_row(KOV_ACTIVATION_LEAKY_RELU, epilogue, y, columns);
        break;
    case KOV_ACTIVATION_HARD_SIGMOID:
        activate_row(KOV_ACTIVATION_HARD_SIGMOID, epilogue, y, columns);
        break;
    case KOV_ACTIVATION_HARD_SWISH:
        activate_row(KOV_ACTIVATION_HARD_SWISH, epilogue, y, columns);
        break;
    default:
        break;
    }
}
