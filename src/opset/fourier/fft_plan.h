/* SPDX-License-Identifier: Apache-2.0 */
/* Discrete Fourier transforms of one length, in double: lengths with small prime factors by mixed
 * radix, others by Bluestein's convolution. The error grows with the logarithm of the length. */
#ifndef KOV_OPSET_FOURIER_FFT_PLAN_H
#define KOV_OPSET_FOURIER_FFT_PLAN_H

#include <kov/context.h>

typedef struct kov_complex {
    double re, im;
} kov_complex;

typedef struct kov_fft_plan kov_fft_plan;

/* n >= 1. KOV_OUT_OF_MEMORY with the text set; the plan is read only afterwards. */
kov_status kov_fft_plan_create(kov_context *context, int64_t n, kov_fft_plan **out);
void kov_fft_plan_release(kov_fft_plan *plan); /* NULL is fine */
/* Numbers of scratch that a transform needs. */
int64_t kov_fft_plan_scratch(const kov_fft_plan *plan);
/* In place, unscaled: sum of x[j] exp(-2 pi i j k / n); `inverse`: with +. */
void kov_fft_plan_run(const kov_fft_plan *plan, bool inverse, kov_complex *x, kov_complex *scratch);

#endif
