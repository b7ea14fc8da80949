/* SPDX-License-Identifier: Apache-2.0 */
/* softmax(scale Q K^T + mask) V in float32, blocked over queries and keys: no matrix of all scores
 * is made. The softmax runs along (online): maxima and sums of the blocks of keys so far are kept,
 * and what they weighted is scaled again when a later block has a larger score.
 *
 * Source: Rabe and Staats, "Self-attention does not need O(n^2) memory", 2021. */
#ifndef KOV_NATIVE_ATTENTION_H
#define KOV_NATIVE_ATTENTION_H

#include "base/cpu.h"
#include <kov/context.h>
#include <kov/graph.h>

/* Strides in elements; those of the last axis of query, key, value and output are 1. A stride of 0
 * broadcasts. */
typedef struct kov_attention {
    int64_t queries, keys, depth, width; /* width: of a value; all at least 1 */
    int batch_ndim;
    int64_t batch[KOV_MAX_NDIM];
    int64_t query_batch[KOV_MAX_NDIM], key_batch[KOV_MAX_NDIM], value_batch[KOV_MAX_NDIM];
    int64_t output_batch[KOV_MAX_NDIM], mask_batch[KOV_MAX_NDIM], factor_batch[KOV_MAX_NDIM];
    int64_t query_row, key_row, value_row, output_row;
    int64_t mask_row, mask_key;
    int64_t factor_row;
    bool mask_is_bool; /* false forbids the key; else float32, added to the scores */
    bool causal;       /* query i sees keys 0 .. i */
    float scale;
    kov_isa isa; /* kov_cpu_isa(), or a lower one to test it */
} kov_attention;

/* What a run reads and writes. */
typedef struct kov_attention_data {
    const float *query, *key, *value;
    const void *mask;    /* or NULL */
    const float *factor; /* or NULL; per query: multiplies its output */
    float *output;
} kov_attention_data;

/* Scratch of run for `width` workers, 64-byte aligned. */
size_t kov_attention_workspace_bytes(const kov_attention *attention, int width);

/* A query without an allowed key gives NaN. Sums are chains of
 * multiply-adds in ascending order within blocks of keys of fixed size, so bits depend neither on
 * threads nor on the batch. The output must not overlap an input. */
void kov_attention_run(kov_context *context, int width, const kov_attention *attention,
                       const kov_attention_data *data, void *workspace);

#endif
