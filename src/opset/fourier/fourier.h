/* SPDX-License-Identifier: Apache-2.0 */
/* The evaluation of DFT, IDFT, RDFT and IRDFT, for engines that transform several lines at once. */
#ifndef KOV_OPSET_FOURIER_H
#define KOV_OPSET_FOURIER_H

#include "graph/eval.h"
#include "opset/fourier/fft_plan.h"

/* As the operation's `evaluate`; lanes: NULL, or what transforms 8 lines. */
kov_status kov_fourier_evaluate(kov_eval *eval, kov_fft_lanes_run *lanes);

#endif
