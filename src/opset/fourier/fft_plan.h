/* SPDX-License-Identifier: Apache-2.0 */
/* Discrete Fourier transforms of one length, in double: lengths with small prime factors by mixed
 * radix, others by Bluestein's convolution. The error grows with the logarithm of the length. */
#ifndef KOV_OPSET_FOURIER_FFT_PLAN_H
#define KOV_OPSET_FOURIER_FFT_PLAN_H

#include "opset/element_block.h"

enum { KOV_FFT_MAX_PRIME = 17 }; /* larger factors cost more than Bluestein's three transforms */

typedef struct kov_fft_plan {
    kov_context *context;
    int64_t n;
    int factors[64], count; /* of n, none above KOV_FFT_MAX_PRIME; unused where `inner` is */
    kov_complex *roots;     /* exp(-2 pi i k / n); for Bluestein exp(-pi i k^2 / n) */
    /* Bluestein's: transforms of a power of two, and that of the convolution's other side. */
    struct kov_fft_plan *inner;
    kov_complex *filter;
} kov_fft_plan;

/* One number of each of 8 lines, which are transformed together. */
enum { KOV_FFT_LANES = 8 };
typedef struct kov_fft_lanes {
    double re[KOV_FFT_LANES], im[KOV_FFT_LANES];
} kov_fft_lanes;

/* kov_fft_plan_run, not inverse, of 8 lines; scratch of as many elements. */
typedef void kov_fft_lanes_run(const kov_fft_plan *plan, kov_fft_lanes *x, kov_fft_lanes *scratch);

/* n >= 1. KOV_OUT_OF_MEMORY with the text set; the plan is read only afterwards. */
kov_status kov_fft_plan_create(kov_context *context, int64_t n, kov_fft_plan **out);
void kov_fft_plan_release(kov_fft_plan *plan); /* NULL is fine */
/* exp(-2 pi i k / n) for 0 <= k < n. */
kov_complex kov_fft_root(int64_t k, int64_t n);
/* Numbers of scratch that a transform needs. */
int64_t kov_fft_plan_scratch(const kov_fft_plan *plan);
/* In place, unscaled: sum of x[j] exp(-2 pi i j k / n); `inverse`: with +. */
void kov_fft_plan_run(const kov_fft_plan *plan, bool inverse, kov_complex *x, kov_complex *scratch);

#endif
