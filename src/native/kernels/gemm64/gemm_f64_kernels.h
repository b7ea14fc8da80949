/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels behind gemm_f64.h. Private to this folder. */
#ifndef KOV_NATIVE_GEMM_F64_KERNELS_H
#define KOV_NATIVE_GEMM_F64_KERNELS_H

#include "base/isa.h"

#include <stdint.h>

/* Rows of A times a panel of B, whose rows of 16 columns follow each other. */
enum { KOV_F64_PANEL = 16 };

typedef struct kov_f64_block {
    int64_t rows, columns, k; /* columns <= KOV_F64_PANEL are stored */
    const double *a;
    int64_t a_row, a_column;
    const double *panel;
    double *c;
    int64_t c_row;
} kov_f64_block;

typedef void kov_f64_gemm_panel(const kov_f64_block *block);
KOV_ISA_DECLARE(kov_f64_gemm_panel, f64_gemm_panel);

#endif
