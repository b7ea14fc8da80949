/* SPDX-License-Identifier: Apache-2.0 */
/* What a GEMM, convolution or depthwise kernel does to a result before it is stored. */
#ifndef KOV_NATIVE_EPILOGUE_H
#define KOV_NATIVE_EPILOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

typedef enum kov_activation {
    KOV_ACTIVATION_NONE = 0,
    KOV_ACTIVATION_RELU,
    KOV_ACTIVATION_CLIP,         /* min(max(x, low), high); relu6 is low 0, high 6 */
    KOV_ACTIVATION_LEAKY_RELU,   /* x >= 0 ? x : alpha * x */
    KOV_ACTIVATION_HARD_SIGMOID, /* clip(x / 6 + 0.5, 0, 1) */
    KOV_ACTIVATION_HARD_SWISH,   /* x * clip(x + 3, 0, 6) / 6 */
    KOV_ACTIVATION_SIGMOID,
    KOV_ACTIVATION_SWISH, /* x * sigmoid(x), also called silu */
    KOV_ACTIVATION_TANH,
    KOV_ACTIVATION_GELU,      /* x / 2 * (1 + erf(x / sqrt 2)) */
    KOV_ACTIVATION_GELU_TANH, /* the approximation by tanh */
    KOV_ACTIVATION_ELU,       /* x >= 0 ? x : alpha * (exp(x) - 1) */
    KOV_ACTIVATION_FUNCTION   /* any other element-wise function, given in `function` */
} kov_activation;

/* y[i] = f(x[i]) for i < count; x may be y. f(x) must not depend on i. */
typedef void (*kov_vector_fn)(const float *x, float *y, size_t count);

/* y = activation(scale * x + bias [+ residual]) [+ residual]; all zero: y = x.
 * NaN passes through every activation. */
typedef struct kov_epilogue {
    const float *scale;    /* one per column (output channel), or NULL */
    const float *bias;     /* one per column (output channel), or NULL */
    const float *residual; /* the size of the output, or NULL; before the activation it may be the
                            * output itself */
    int64_t residual_row;  /* elements from one row (pixel) of it to the next; 0: as the output */
    bool residual_after;   /* add it after the activation instead of before */
    kov_activation activation;
    float alpha, low, high;
    /* Takes the place of the built-in code of SIGMOID and below, which is libm's and slow. Applied
     * to whole rows of a finished tile, while it is in the cache. */
    kov_vector_fn function;
} kov_epilogue;

/* True if the store applies it in registers: no activation, relu or clip, residual before it. */
bool kov_epilogue_is_simple(const kov_epilogue *epilogue);

/* The bounds between which a simple epilogue clips (infinite where it does not). */
void kov_epilogue_bounds(const kov_epilogue *epilogue, float *low, float *high);

/* The part that is left where the store has applied scale, bias and a residual that goes before the
 * activation: activation, and a residual that goes after it, on `rows` rows of `columns` at y.
 * `residual` is at the same place as y. */
void kov_epilogue_finish(kov_isa isa, const kov_epilogue *epilogue, int64_t rows, int64_t columns,
                         float *y, int64_t y_row, const float *residual, int64_t residual_row);

#endif
