/* SPDX-License-Identifier: Apache-2.0 */
/* LSTM and GRU over whole sequences in float32, with sigmoid and tanh: the inputs of all steps are
 * one matrix product, each step is a product of the state and the cell's element-wise part. */
#ifndef KOV_NATIVE_RECURRENT_H
#define KOV_NATIVE_RECURRENT_H

#include "native/kernels/gemm/gemm.h"

typedef enum kov_recurrent_kind { KOV_RECURRENT_LSTM, KOV_RECURRENT_GRU } kov_recurrent_kind;

enum { KOV_RECURRENT_DIRECTIONS = 2 };

typedef struct kov_recurrent {
    kov_recurrent_kind kind;
    int64_t batch, steps, inputs, units; /* all at least 1 */
    int directions;
    bool reverse[KOV_RECURRENT_DIRECTIONS]; /* from the last step of a sequence to its first */
    bool reset_before; /* of a GRU: r multiplies the state, not the product with it */
    kov_isa isa;
} kov_recurrent;

/* All row-major and dense, as LSTMSequence and GRUSequence of OpenVINO's operation set have them.
 */
typedef struct kov_recurrent_data {
    const float *x;                                    /* [batch, steps, inputs] */
    const float *state, *cell;                         /* [batch, directions, units] */
    const int64_t *lengths;                            /* [batch], 0 to steps */
    const float *weights[KOV_RECURRENT_DIRECTIONS];    /* packed: kov_recurrent_pack_spec */
    const float *recurrence[KOV_RECURRENT_DIRECTIONS]; /* likewise */
    const float *candidate[KOV_RECURRENT_DIRECTIONS];  /* likewise; only where reset_before */
    const float *bias;                                 /* [directions, bias_units * units] */
    float *y;                                          /* [batch, directions, steps, units] */
    float *state_out, *cell_out;                       /* as state */
} kov_recurrent_data;

/* The matrices of a direction, in the order in which they are packed. */
typedef enum kov_recurrent_matrix {
    KOV_RECURRENT_WEIGHTS,
    KOV_RECURRENT_RECURRENCE,
    KOV_RECURRENT_CANDIDATE
} kov_recurrent_matrix;

/* Gates of the cell, and units of bias per unit. */
int kov_recurrent_gates(const kov_recurrent *recurrent);
int kov_recurrent_bias_units(const kov_recurrent *recurrent);

/* The product that a matrix is packed for (kov_gemm_pack), of rows [gate units, columns] in memory;
 * *offset: of its first element from the start of the operand, in elements. */
void kov_recurrent_product(const kov_recurrent *recurrent, kov_recurrent_matrix matrix,
                           kov_gemm *gemm, int64_t *offset);

size_t kov_recurrent_workspace_bytes(const kov_recurrent *recurrent);

/* Outputs past a sequence's length are 0, its last state is that at its length. Rows of the batch
 * do not depend on each other, so bits depend neither on threads nor on the batch. */
kov_status kov_recurrent_run(kov_context *context, const kov_recurrent *recurrent,
                             const kov_recurrent_data *data, void *workspace);

#endif
