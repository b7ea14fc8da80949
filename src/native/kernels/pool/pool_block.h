/* SPDX-License-Identifier: Apache-2.0 */
/* One output pixel of a pooling: all its channels. */
#ifndef KOV_NATIVE_POOL_BLOCK_H
#define KOV_NATIVE_POOL_BLOCK_H

#include "base/isa.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct kov_pool_window {
    const float *input; /* the window's first pixel inside the input */
    int64_t taps[3];    /* pixels inside the input along each dimension */
    int64_t step[3];    /* elements between them */
    int64_t channels;
    bool maximum;  /* else the sum */
    float divisor; /* of a sum */
    float *output; /* channels */
} kov_pool_window;

typedef void kov_pool_window_fn(const kov_pool_window *window);

KOV_ISA_DECLARE(kov_pool_window_fn, f32_pool_window);

#endif
