/* SPDX-License-Identifier: Apache-2.0 */
/* Fourier transforms of 8 lines at once, for this CPU. */
#ifndef KOV_NATIVE_FFT_LANES_H
#define KOV_NATIVE_FFT_LANES_H

#include "base/isa.h"
#include "opset/fourier/fft_plan.h"

KOV_ISA_DECLARE(kov_fft_lanes_run, f64_fft_lanes);

#endif
