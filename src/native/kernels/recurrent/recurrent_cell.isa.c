/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/recurrent/recurrent_cell.h"
#include "native/kernels/math/math_float.h"

/* Vectors of n units; the last, incomplete one takes the same path as the others. */
KOV_INLINE size_t part_of(size_t i, size_t n) { return n - i < KOV_VF ? n - i : KOV_VF; }

KOV_INLINE vf gate(const float *x, const float *h, size_t at, size_t part)
{
    return vf_load_part(x + at, part, 0) + vf_load_part(h + at, part, 0);
}

void KOV_ISA_NAME(f32_lstm_cell)(const float *x, const float *h, float *cell, float *state,
                                 float *y, size_t n)
{
    for (size_t i = 0; i < n; i += KOV_VF) {
        size_t part = part_of(i, n);
        vf forget = vf_sigmoid(gate(x, h, i, part));
        vf input = vf_sigmoid(gate(x, h, n + i, part));
        vf fresh = vf_tanh(gate(x, h, 2 * n + i, part));
        vf output = vf_sigmoid(gate(x, h, 3 * n + i, part));
        vf kept = vf_load_part(cell + i, part, 0) * forget + input * fresh;
        vf made = output * vf_tanh(kept);
        vf_store_part(cell + i, kept, part);
        vf_store_part(state + i, made, part);
        vf_store_part(y + i, made, part);
    }
}

void KOV_ISA_NAME(f32_gru_cell)(const float *x, const float *h, const float *candidate,
                                const float *bias, float *state, float *y, size_t n)
{
    vf one = vf_set(1);
    for (size_t i = 0; i < n; i += KOV_VF) {
        size_t part = part_of(i, n);
        vf update = vf_sigmoid(gate(x, h, i, part));
        vf other = vf_load_part(candidate + i, part, 0);
        if (bias) {
            vf reset = vf_sigmoid(gate(x, h, n + i, part));
            other = reset * (other + vf_load_part(bias + i, part, 0));
        }
        vf fresh = vf_tanh(vf_load_part(x + 2 * n + i, part, 0) + other);
        vf made = update * vf_load_part(state + i, part, 0) + (one - update) * fresh;
        vf_store_part(state + i, made, part);
        vf_store_part(y + i, made, part);
    }
}

void KOV_ISA_NAME(f32_gru_reset)(const float *x, const float *h, const float *state, float *out,
                                 size_t n)
{
    for (size_t i = 0; i < n; i += KOV_VF) {
        size_t part = part_of(i, n);
        vf reset = vf_sigmoid(gate(x, h, n + i, part));
        vf_store_part(out + i, reset * vf_load_part(state + i, part, 0), part);
    }
}
