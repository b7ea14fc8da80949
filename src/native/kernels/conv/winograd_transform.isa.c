/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/conv/winograd_transform.h"
#include "native/kernels/gemm/gemm_vector.h"

#include <stdbool.h>

enum { OUT = KOV_WINOGRAD_OUT, IN = KOV_WINOGRAD_IN };

KOV_INLINE vf load_part(const float *p, bool whole, vf_mask mask)
{
    return whole ? vf_load(p) : vf_load_first(p, mask);
}

/* The rows of B transposed times six values: with points 0, 1, -1, 2, -2 and infinity. */
KOV_INLINE void input_line(const vf x[IN], vf y[IN])
{
    vf two = vf_set1(2.0F), four = vf_set1(4.0F), minus_five = vf_set1(-5.0F);
    vf even = vf_fma(vf_set1(-4.0F), x[2], x[4]), odd = vf_fma(vf_set1(-4.0F), x[1], x[3]);
    vf high = vf_sub(x[4], x[2]), low = vf_sub(x[3], x[1]);
    y[0] = vf_fma(four, x[0], vf_fma(minus_five, x[2], x[4]));
    y[1] = vf_add(even, odd);
    y[2] = vf_sub(even, odd);
    y[3] = vf_fma(two, low, high);
    y[4] = vf_fma(vf_set1(-2.0F), low, high);
    y[5] = vf_fma(four, x[1], vf_fma(minus_five, x[3], x[5]));
}

/* The rows of A transposed times six values. */
KOV_INLINE void output_line(const vf x[IN], vf y[OUT])
{
    vf sum1 = vf_add(x[1], x[2]), difference1 = vf_sub(x[1], x[2]);
    vf sum2 = vf_add(x[3], x[4]), difference2 = vf_sub(x[3], x[4]);
    y[0] = vf_add(vf_add(x[0], sum1), sum2);
    y[1] = vf_fma(vf_set1(2.0F), difference2, difference1);
    y[2] = vf_fma(vf_set1(4.0F), sum2, sum1);
    y[3] = vf_fma(vf_set1(8.0F), difference2, vf_add(difference1, x[5]));
}

KOV_INLINE void input_vector(const kov_winograd_input *t, int64_t channel, bool inside, bool whole,
                             vf_mask mask)
{
    vf rows[IN][IN]; /* transformed along lines */
    KOV_UNROLL
    for (int i = 0; i < IN; i++) {
        vf x[IN];
        KOV_UNROLL
        for (int j = 0; j < IN; j++) {
            bool here =
                inside || (i >= t->row0 && i < t->row1 && j >= t->column0 && j < t->column1);
            const float *p = t->image + (t->offset + i * t->row + j * t->pixel + channel);
            x[j] = here ? load_part(p, whole, mask) : vf_zero();
        }
        input_line(x, rows[i]);
    }
    KOV_UNROLL
    for (int j = 0; j < IN; j++) {
        vf x[IN], y[IN];
        KOV_UNROLL
        for (int i = 0; i < IN; i++)
            x[i] = rows[i][j];
        input_line(x, y);
        KOV_UNROLL
        for (int i = 0; i < IN; i++) {
            float *p = t->values + (i * IN + j) * t->value_step + channel;
            if (whole)
                vf_store(p, y[i]);
            else
                vf_store_first(p, mask, y[i]);
        }
    }
}

void KOV_ISA_NAME(f32_winograd_input)(const kov_winograd_input *t)
{
    bool inside = t->row0 == 0 && t->row1 == IN && t->column0 == 0 && t->column1 == IN;
    vf_mask all = vf_mask_first(VF_LANES);
    int64_t c = 0;
    for (; c + VF_LANES <= t->channels; c += VF_LANES) {
        if (inside)
            input_vector(t, c, true, true, all);
        else
            input_vector(t, c, false, true, all);
    }
    if (c < t->channels)
        input_vector(t, c, false, false, vf_mask_first(t->channels - c));
}

KOV_INLINE void output_vector(const kov_winograd_output *t, int64_t channel, bool whole,
                              vf_mask mask)
{
    vf columns[OUT][IN]; /* transformed along columns */
    KOV_UNROLL
    for (int j = 0; j < IN; j++) {
        vf x[IN], y[OUT];
        KOV_UNROLL
        for (int i = 0; i < IN; i++)
            x[i] = load_part(t->values + (i * IN + j) * t->value_step + channel, whole, mask);
        output_line(x, y);
        KOV_UNROLL
        for (int i = 0; i < OUT; i++)
            columns[i][j] = y[i];
    }
    vf scale = t->scale ? load_part(t->scale + channel, whole, mask) : vf_set1(1.0F);
    vf bias = t->bias ? load_part(t->bias + channel, whole, mask) : vf_zero();
    for (int i = 0; i < t->rows; i++) {
        vf y[OUT];
        output_line(columns[i], y);
        KOV_UNROLL
        for (int j = 0; j < OUT; j++) {
            if (j >= t->columns)
                break;
            vf sum = vf_add(vf_mul(y[j], scale), bias);
            if (t->residual)
                sum = vf_add(sum, load_part(t->residual + i * t->residual_line +
                                                j * t->residual_pixel + channel,
                                            whole, mask));
            sum = vf_min(vf_set1(t->high), vf_max(vf_set1(t->low), sum));
            float *p = t->output + i * t->row + j * t->pixel + channel;
            if (whole)
                vf_store(p, sum);
            else
                vf_store_first(p, mask, sum);
        }
    }
}

void KOV_ISA_NAME(f32_winograd_output)(const kov_winograd_output *t)
{
    int64_t c = 0;
    for (; c + VF_LANES <= t->channels; c += VF_LANES)
        output_vector(t, c, true, vf_mask_first(VF_LANES));
    if (c < t->channels)
        output_vector(t, c, false, vf_mask_first(t->channels - c));
}
