/* SPDX-License-Identifier: Apache-2.0 */
/* Random bits: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", 2011). Word i of the result is word i % 4 of the block with counter (i / 4, stream). */
#include "base/threads.h"
#include "graph/eval.h"
#include "graph/infer.h"

#define ROUNDS 10
#define BLOCKS_PER_TASK 16384

kov_status kov_infer_random_bits(kov_infer *infer)
{
    const kov_infer_input *key = &infer->inputs[0], *shape = &infer->inputs[1];
    kov_dim dims[KOV_MAX_NDIM];
    if (key->ndim != 1 || kov_dtype_bits(key->dtype) != 32 || !kov_dtype_is_integer(key->dtype) ||
        (key->dims[0] >= 0 && key->dims[0] != 2))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "the key is two 32-bit integers");
    if (shape->ndim != 1 || shape->dims[0] < 0 || shape->dims[0] > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "the shape is a vector of at most %d numbers", KOV_MAX_NDIM);
    int ndim = (int)shape->dims[0];
    for (int i = 0; i < ndim; i++) {
        kov_content_element e = kov_infer_element(infer, 1, i);
        if (e.known && e.negative)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "dimension %d of the shape is negative", i);
        dims[i] = e.known ? e.dim : kov_dim_unknown(infer->dims);
    }
    kov_infer_set(infer, 0, KOV_DTYPE_U32, ndim, dims);
    return KOV_OK;
}

static void philox(uint64_t block, uint64_t stream, const uint32_t key[2], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                     (uint32_t)(stream >> 32)};
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[0] = n0;
        c[1] = (uint32_t)p1;
        c[2] = n2;
        c[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

struct job {
    uint32_t *out;
    int64_t count;
    const uint32_t *key;
    uint64_t stream;
};

static void fill_blocks(void *arg, int64_t index, int worker)
{
    const struct job *job = arg;
    (void)worker;
    int64_t first = index * BLOCKS_PER_TASK, last = first + BLOCKS_PER_TASK;
    for (int64_t block = first; block < last && block * 4 < job->count; block++) {
        uint32_t words[4];
        philox((uint64_t)block, job->stream, job->key, words);
        for (int i = 0; i < 4 && block * 4 + i < job->count; i++)
            job->out[block * 4 + i] = words[i];
    }
}

kov_status kov_eval_random_bits(kov_eval *eval)
{
    struct job job = {.out = eval->outputs[0].data,
                      .count = eval->outputs[0].count,
                      .key = eval->inputs[0].data,
                      .stream = (uint64_t)eval->attrs[KOV_RANDOM_BITS_STREAM].u.integer};
    int64_t blocks = (job.count + 3) / 4;
    kov_parallel(eval->context, (blocks + BLOCKS_PER_TASK - 1) / BLOCKS_PER_TASK, fill_blocks,
                 &job);
    return KOV_OK;
}
