/* SPDX-License-Identifier: Apache-2.0 */
/* The attention kernel against its formula in long double. */
#include "base/threads.h"
#include "native/gemm_test_support.h"
#include "native/kernels/attention/attention.h"

#include <math.h>

enum { BATCH = 2, HEADS = 3 };

typedef enum mask_kind { NO_MASK, PADDING, FULL, FLAGS, PER_QUERY, CAUSAL, MASK_KINDS } mask_kind;

typedef struct problem {
    kov_attention attention;
    kov_attention_data data;
    float *query, *key, *value, *output;
    float *mask;
    unsigned char *flags;
    float *factor;
} problem;

static float *fractions(int64_t n, uint64_t seed)
{
    float *x = malloc((size_t)n * sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++)
        x[i] = test_fraction(seed + (uint64_t)i);
    return x;
}

/* [batch, length, heads, size] in memory: heads are apart, as Keras has them. */
static void set_strides(int64_t *batch, int64_t *row, int64_t length, int64_t size)
{
    batch[0] = length * HEADS * size;
    batch[1] = size;
    *row = HEADS * size;
}

static void set_mask(problem *p, mask_kind kind)
{
    kov_attention *a = &p->attention;
    int64_t full = a->queries * a->keys;
    p->mask = fractions(BATCH * full, 99);
    p->flags = calloc((size_t)(BATCH * full), 1);
    assert_non_null(p->flags);
    for (int64_t i = 0; i < BATCH * full; i++) {
        p->flags[i] = i % a->keys == 0 || p->mask[i] > -0.2f;
        if (p->mask[i] < -0.5f && i % a->keys != 0)
            p->mask[i] = -INFINITY;
    }
    a->causal = kind == CAUSAL;
    a->mask_is_bool = kind == FLAGS;
    p->data.mask = kind == NO_MASK || kind == CAUSAL ? NULL : p->mask;
    a->mask_batch[0] = full;
    a->mask_row = kind == PADDING ? 0 : a->keys;
    a->mask_key = 1;
    if (kind == FLAGS)
        p->data.mask = p->flags;
    if (kind == PER_QUERY) {
        a->mask_key = 0;
        a->mask_row = 1;
        for (int64_t i = 0; i < BATCH * full; i++)
            p->mask[i] = p->mask[i] == -INFINITY ? 0 : p->mask[i];
    }
}

static void make(problem *p, kov_isa isa, int64_t queries, int64_t keys, int64_t depth,
                 int64_t width, mask_kind kind)
{
    *p = (problem){0};
    kov_attention *a = &p->attention;
    *a = (kov_attention){.queries = queries,
                         .keys = keys,
                         .depth = depth,
                         .width = width,
                         .batch_ndim = 2,
                         .batch = {BATCH, HEADS},
                         .scale = 1 / sqrtf((float)depth),
                         .isa = isa};
    set_strides(a->query_batch, &a->query_row, queries, depth);
    set_strides(a->key_batch, &a->key_row, keys, depth);
    set_strides(a->value_batch, &a->value_row, keys, width);
    set_strides(a->output_batch, &a->output_row, queries, width);
    p->data.query = p->query = fractions(BATCH * HEADS * queries * depth, 1);
    p->data.key = p->key = fractions(BATCH * HEADS * keys * depth, 2);
    p->data.value = p->value = fractions(BATCH * HEADS * keys * width, 3);
    p->data.output = p->output = fractions(BATCH * HEADS * queries * width, 4);
    set_mask(p, kind);
}

static void drop(problem *p)
{
    free(p->query);
    free(p->key);
    free(p->value);
    free(p->output);
    free(p->mask);
    free(p->flags);
    free(p->factor);
}

static void run(problem *p, int threads)
{
    kov_context *context = NULL;
    kov_context_options options = {.threads = threads};
    assert_int_equal(kov_context_create(&options, &context), KOV_OK);
    int width = kov_parallel_width(context);
    size_t bytes = kov_attention_workspace_bytes(&p->attention, width);
    void *workspace = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(workspace);
    kov_attention_run(context, width, &p->attention, &p->data, workspace);
    free(workspace);
    kov_context_release(context);
}

static long double added(const problem *p, int64_t batch, int64_t i, int64_t k)
{
    const kov_attention *a = &p->attention;
    int64_t at = batch * a->mask_batch[0] + i * a->mask_row + k * a->mask_key;
    if (a->causal)
        return k > i ? -INFINITY : 0;
    if (!p->data.mask)
        return 0;
    if (a->mask_is_bool)
        return p->flags[at] ? 0 : -INFINITY;
    return p->mask[at];
}

/* A score is a sum of `depth` products below 1: its error, twice (with the largest score's), is the
 * relative error of a weight; the sums over the keys round as often as there are keys. */
static double tolerance(const kov_attention *a)
{
    double depth = (double)a->depth;
    return (2 * (depth + 4) * depth * (double)a->scale + (double)a->keys + 48) * 0x1p-24;
}

static void check_query(const problem *p, int64_t batch, int64_t head, int64_t i, long double *w)
{
    const kov_attention *a = &p->attention;
    const float *q =
        p->query + batch * a->query_batch[0] + head * a->query_batch[1] + i * a->query_row;
    long double most = -INFINITY, sum = 0;
    for (int64_t k = 0; k < a->keys; k++) {
        const float *key =
            p->key + batch * a->key_batch[0] + head * a->key_batch[1] + k * a->key_row;
        w[k] = 0;
        for (int64_t e = 0; e < a->depth; e++)
            w[k] += (long double)q[e] * key[e];
        w[k] = w[k] * a->scale + added(p, batch, i, k);
        most = w[k] > most ? w[k] : most;
    }
    for (int64_t k = 0; k < a->keys; k++)
        sum += w[k] = expl(w[k] - most);
    for (int64_t v = 0; v < a->width; v++) {
        const float *value = p->value + batch * a->value_batch[0] + head * a->value_batch[1] + v;
        const float *have = p->output + batch * a->output_batch[0] + head * a->output_batch[1] +
                            i * a->output_row + v;
        long double want = 0;
        for (int64_t k = 0; k < a->keys; k++)
            want += w[k] / sum * value[k * a->value_row];
        if (p->data.factor)
            want *= p->data.factor[batch * a->factor_batch[0] + i];
        assert_true(fabsl(*have - want) <= tolerance(a));
    }
}

static void check(const problem *p)
{
    const kov_attention *a = &p->attention;
    long double *weights = malloc((size_t)a->keys * sizeof *weights);
    assert_non_null(weights);
    for (int64_t batch = 0; batch < BATCH; batch++)
        for (int64_t head = 0; head < HEADS; head++)
            for (int64_t i = 0; i < a->queries; i += 1 + i / 7)
                check_query(p, batch, head, i, weights);
    free(weights);
}

static void against_long_double(void **state)
{
    (void)state;
    static const int64_t sizes[][4] = {{1, 1, 1, 1},     {1, 300, 32, 32}, {3, 17, 8, 5},
                                       {4, 40, 64, 48},  {14, 16, 32, 32}, {37, 257, 20, 24},
                                       {300, 70, 16, 8}, {20, 600, 32, 64}};
    problem p;
    for (int isa = 0; isa <= (int)kov_cpu_isa(); isa++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int kind = 0; kind < MASK_KINDS; kind++) {
                make(&p, (kov_isa)isa, sizes[s][0], sizes[s][1], sizes[s][2], sizes[s][3],
                     (mask_kind)kind);
                run(&p, 1);
                check(&p);
                drop(&p);
            }
}

static void same_bits_for_threads(void **state)
{
    (void)state;
    problem one, two;
    for (int kind = 0; kind < MASK_KINDS; kind++) {
        make(&one, kov_cpu_isa(), 520, 300, 32, 32, (mask_kind)kind);
        make(&two, kov_cpu_isa(), 520, 300, 32, 32, (mask_kind)kind);
        run(&one, 1);
        run(&two, 2);
        assert_memory_equal(one.output, two.output, BATCH * HEADS * 520 * 32 * sizeof(float));
        drop(&one);
        drop(&two);
    }
}

static void factor_per_query(void **state)
{
    (void)state;
    problem p;
    make(&p, kov_cpu_isa(), 33, 50, 16, 16, FULL);
    p.data.factor = p.factor = fractions(BATCH * 33, 5);
    p.factor[7] = 0;
    p.attention.factor_batch[0] = 33;
    p.attention.factor_row = 1;
    run(&p, 1);
    check(&p);
    for (int k = 0; k < 50; k++) /* the first query sees no key */
        p.mask[k] = -INFINITY;
    run(&p, 1);
    assert_true(isnan(p.output[0]) && !isnan(p.output[p.attention.output_row]));
    drop(&p);
}

/* Scores that overflow an exponential, and NaN, which stays in its row. */
static void special_scores(void **state)
{
    (void)state;
    problem p;
    make(&p, kov_cpu_isa(), 20, 300, 16, 16, NO_MASK);
    for (int64_t i = 0; i < BATCH * HEADS * 20 * 16; i++)
        p.query[i] *= 1e4f;
    p.attention.scale = 1;
    p.query[0] = NAN;
    run(&p, 1);
    for (int64_t i = 0; i < 20; i++)
        assert_true(isnan(p.output[i * p.attention.output_row]) == (i == 0));
    drop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_long_double),
        cmocka_unit_test(same_bits_for_threads),
        cmocka_unit_test(factor_per_query),
        cmocka_unit_test(special_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
