/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/attention/attention.h"

#include "base/threads.h"
#include "native/kernels/gemm/gemm_block.h"
#include "native/kernels/gemm/gemm_pack.h"
#include "native/kernels/gemm/gemm_small.h"
#include "native/kernels/norm/softmax.h"

#include <math.h>
#include <string.h>

/* Keys of a block, queries of a work item. A block of keys and values in packed form stays in the
 * second-level cache. KEYS decides how sums are split, so it depends on nothing. */
enum { KEYS = 256, QUERIES = 256, FEW_QUERIES = 4 };

typedef struct attention_job {
    const kov_attention *attention;
    const kov_attention_data *data;
    const kov_gemm_kernels *kernels;
    kov_context *context;
    float *scratch;
    int64_t scratch_floats; /* of a worker */
    int64_t query_blocks;
    int64_t block_keys, score_row; /* keys of a whole block; floats of a row of scores */
} attention_job;

/* One work item: some queries of one batch entry. */
typedef struct attention_item {
    const attention_job *job;
    int64_t first, count; /* queries */
    const float *query, *key, *value;
    float *output;
    const char *mask;
    const float *factor;
    float *keys, *values, *scores, *mask_line, *most, *sum; /* scratch */
    const float *block_values; /* of the block of keys at hand: packed or in place */
    int64_t value_row;         /* in place; 0: packed */
    bool mask_is_set;          /* mask_line holds the mask that all queries share */
} attention_item;

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t round_to_line(int64_t floats) { return (floats + 15) / 16 * 16; }

/* Few queries read keys and values once: packing would cost more than it saves. */
static bool reads_keys_in_place(const kov_attention *a)
{
    return a->queries <= FEW_QUERIES && a->depth >= 16;
}

static bool reads_values_in_place(const kov_attention *a, const kov_gemm_kernels *kernels)
{
    return a->queries <= FEW_QUERIES && a->width % kernels->lanes == 0;
}

static int64_t packed_keys_floats(const attention_job *job)
{
    return round_to_line(
        kov_gemm_packed_floats(job->kernels, job->attention->depth, job->block_keys));
}

static int64_t packed_values_floats(const attention_job *job)
{
    return round_to_line(
        kov_gemm_packed_floats(job->kernels, job->block_keys, job->attention->width));
}

static void job_init(attention_job *job, const kov_attention *attention)
{
    *job = (attention_job){.attention = attention,
                           .kernels = kov_gemm_kernels_for(attention->isa),
                           .block_keys = min_i64(attention->keys, KEYS),
                           .query_blocks = (attention->queries - 1) / QUERIES + 1};
    job->score_row = kov_gemm_copy_row(job->block_keys);
    job->scratch_floats = packed_keys_floats(job) + packed_values_floats(job) +
                          round_to_line(job->kernels->rows * job->score_row) +
                          round_to_line(job->block_keys) + 2 * QUERIES;
}

/* ---- blocks ---- */

static void pack_block(attention_item *item, int64_t key0, int64_t count)
{
    const attention_job *job = item->job;
    const kov_attention *a = job->attention;
    const float *values = item->value + key0 * a->value_row;
    if (!reads_keys_in_place(a)) {
        for (int64_t p = 0; p < kov_gemm_panel_count(job->kernels, count); p++)
            kov_gemm_pack_panel(job->kernels, a->depth, count, p, 0, a->depth,
                                item->key + key0 * a->key_row, 1, a->key_row, item->keys);
    }
    if (reads_values_in_place(a, job->kernels)) {
        item->block_values = values;
        item->value_row = a->value_row;
        return;
    }
    item->block_values = item->values;
    item->value_row = 0;
    for (int64_t p = 0; p < kov_gemm_panel_count(job->kernels, a->width); p++)
        kov_gemm_pack_panel(job->kernels, count, a->width, p, 0, count, values, a->value_row, 1,
                            item->values);
}

/* rows x columns of C (+)= A B, B packed, or in place with `b_row` floats between its rows. */
static void multiply(const attention_job *job, int64_t rows, int64_t columns, int64_t k,
                     const float *a, int64_t a_row, const float *b, int64_t b_row, float *c,
                     int64_t c_row, bool load)
{
    kov_gemm_pair pair = {.a = a};
    kov_gemm_tile tile = {
        .pairs = &pair, .pair_count = 1, .k = k, .a_row = a_row, .c_row = c_row, .load = load};
    for (int64_t first = 0; first < columns; first += job->kernels->panel) {
        int64_t width = min_i64(columns - first, job->kernels->panel);
        tile.columns = (int)width;
        tile.b_row = b_row ? b_row : kov_gemm_panel_width(job->kernels, width);
        pair.b = b_row ? b + first : b + first * k;
        tile.c = c + first;
        kov_gemm_tile_for(job->kernels, rows, width)(&tile);
    }
}

static void score(const attention_item *item, int64_t row, int64_t rows, int64_t key0,
                  int64_t count)
{
    const attention_job *job = item->job;
    const kov_attention *a = job->attention;
    const float *query = item->query + row * a->query_row;
    if (!reads_keys_in_place(a)) {
        multiply(job, rows, count, a->depth, query, a->query_row, item->keys, 0, item->scores,
                 job->score_row, false);
        return;
    }
    kov_gemm gemm;
    kov_gemm_init(&gemm, rows, count, a->depth);
    gemm.a_row = a->query_row;
    gemm.b_row = 1;
    gemm.b_column = a->key_row;
    gemm.c_row = job->score_row;
    gemm.isa = a->isa;
    kov_gemm_small_run(job->context, &gemm, query, item->key + key0 * a->key_row, item->scores);
}

/* The mask of a query's scores with a block of keys, as numbers to add; NULL: none. */
static const float *mask_row(attention_item *item, int64_t row, int64_t key0, int64_t count)
{
    const kov_attention *a = item->job->attention;
    int64_t at = row * a->mask_row + key0 * a->mask_key;
    if (!item->mask)
        return NULL;
    if (!a->mask_is_bool && a->mask_key == 1)
        return (const float *)(const void *)item->mask + at;
    if (item->mask_is_set)
        return item->mask_line;
    item->mask_is_set = a->mask_row == 0;
    for (int64_t i = 0; i < count; i++, at += a->mask_key) {
        if (a->mask_is_bool)
            item->mask_line[i] = ((const unsigned char *)item->mask)[at] ? 0.0f : -INFINITY;
        else
            item->mask_line[i] = ((const float *)(const void *)item->mask)[at];
    }
    return item->mask_line;
}

static void scale_row(float *x, int64_t n, float factor)
{
    for (int64_t i = 0; i < n; i++)
        x[i] *= factor;
}

/* Scores of a query with a block of keys become weights; what the blocks before gave is scaled to
 * the largest score so far. */
static void weigh(attention_item *item, int64_t row, float *scores, int64_t key0, int64_t count)
{
    const kov_attention *a = item->job->attention;
    float *most = &item->most[row], *sum = &item->sum[row], block_sum = 0, factor;
    int64_t seen = count;
    if (a->causal)
        seen = min_i64(count, item->first + row - key0 + 1);
    if (seen < count)
        memset(scores + (seen > 0 ? seen : 0), 0,
               (size_t)(count - (seen > 0 ? seen : 0)) * sizeof *scores);
    float largest = -INFINITY;
    if (seen > 0)
        largest = kov_softmax_row_f32(scores, mask_row(item, row, key0, count), a->scale, scores,
                                      (size_t)seen, &block_sum);
    if (key0 == 0 || *sum == 0.0f) { /* nothing has weight yet */
        *most = largest;
        *sum = block_sum;
    } else if (largest == -INFINITY) {
        return;
    } else if (largest > *most || largest != largest) {
        factor = expf(*most - largest);
        scale_row(item->output + row * a->output_row, a->width, factor);
        *sum = *sum * factor + block_sum;
        *most = largest;
    } else {
        factor = expf(largest - *most);
        scale_row(scores, seen, factor);
        *sum += block_sum * factor;
    }
}

static void run_block(attention_item *item, int64_t key0, int64_t count)
{
    const attention_job *job = item->job;
    const kov_attention *a = job->attention;
    int64_t most = kov_gemm_tile_rows(job->kernels, a->query_row);
    item->mask_is_set = false;
    pack_block(item, key0, count);
    for (int64_t row = 0; row < item->count; row += most) {
        int64_t rows = min_i64(item->count - row, most);
        if (a->causal && item->first + row + rows <= key0)
            continue;
        score(item, row, rows, key0, count);
        for (int64_t i = 0; i < rows; i++)
            weigh(item, row + i, item->scores + i * job->score_row, key0, count);
        multiply(job, rows, a->width, count, item->scores, job->score_row, item->block_values,
                 item->value_row, item->output + row * a->output_row, a->output_row, key0 > 0);
    }
}

static void finish(const attention_item *item)
{
    const kov_attention *a = item->job->attention;
    for (int64_t row = 0; row < item->count; row++) {
        float *output = item->output + row * a->output_row;
        float factor = item->factor ? item->factor[row * a->factor_row] : 1;
        scale_row(output, a->width, item->sum[row] == 0.0f ? NAN : factor / item->sum[row]);
    }
}

static int64_t offset_of(const kov_attention *a, const int64_t *strides, int64_t index)
{
    int64_t offset = 0;
    for (int d = a->batch_ndim - 1; d >= 0; d--) {
        offset += index % a->batch[d] * strides[d];
        index /= a->batch[d];
    }
    return offset;
}

static void set_scratch(attention_item *item, int worker)
{
    const attention_job *job = item->job;
    item->keys = job->scratch + worker * job->scratch_floats;
    item->values = item->keys + packed_keys_floats(job);
    item->scores = item->values + packed_values_floats(job);
    item->mask_line = item->scores + round_to_line(job->kernels->rows * job->score_row);
    item->most = item->mask_line + round_to_line(job->block_keys);
    item->sum = item->most + QUERIES;
}

static void run_item(void *arg, int64_t index, int worker)
{
    const attention_job *job = arg;
    const kov_attention *a = job->attention;
    const kov_attention_data *data = job->data;
    int64_t batch = index / job->query_blocks, block = index % job->query_blocks;
    attention_item item = {.job = job, .first = block * a->queries / job->query_blocks};
    item.count = (block + 1) * a->queries / job->query_blocks - item.first;
    item.query = data->query + offset_of(a, a->query_batch, batch) + item.first * a->query_row;
    item.key = data->key + offset_of(a, a->key_batch, batch);
    item.value = data->value + offset_of(a, a->value_batch, batch);
    item.output = data->output + offset_of(a, a->output_batch, batch) + item.first * a->output_row;
    if (data->mask) {
        int64_t at = offset_of(a, a->mask_batch, batch) + item.first * a->mask_row;
        item.mask = (const char *)data->mask + at * (a->mask_is_bool ? 1 : (int64_t)sizeof(float));
    }
    if (data->factor)
        item.factor =
            data->factor + offset_of(a, a->factor_batch, batch) + item.first * a->factor_row;
    set_scratch(&item, worker);
    for (int64_t key0 = 0; key0 < a->keys; key0 += KEYS) {
        if (a->causal && key0 >= item.first + item.count)
            break;
        run_block(&item, key0, min_i64(a->keys - key0, KEYS));
    }
    finish(&item);
}

size_t kov_attention_workspace_bytes(const kov_attention *attention, int width)
{
    attention_job job;
    job_init(&job, attention);
    return (size_t)job.scratch_floats * (size_t)width * sizeof(float);
}

void kov_attention_run(kov_context *context, int width, const kov_attention *attention,
                       const kov_attention_data *data, void *workspace)
{
    attention_job job;
    int64_t batches = 1;
    job_init(&job, attention);
    job.data = data;
    job.context = context;
    job.scratch = workspace;
    for (int d = 0; d < attention->batch_ndim; d++)
        batches *= attention->batch[d];
    kov_parallel_upto(context, width, batches * job.query_blocks, run_item, &job);
}
