/* SPDX-License-Identifier: Apache-2.0 */
#include "gemm_test_support.h"

#include "native/kernels/gemm/gemm.h"

#include <math.h>

typedef struct gemm_case {
    int64_t m, n, k;
    bool a_transposed, b_transposed, packed, accumulate;
    int64_t pad; /* added to every row stride */
    int64_t batch[2];
    bool b_broadcast; /* along the first batch dimension */
} gemm_case;

static const gemm_case cases[] = {
    {1, 1, 1, .packed = true},
    {1, 1, 1, .packed = false},
    {1, 1000, 64, .packed = true},
    {1, 100, 33, .packed = false},
    {3, 7, 5, .packed = true},
    {14, 32, 9, .packed = true},
    {15, 33, 17, .packed = true},
    {29, 16, 31, .packed = true},
    {29, 17, 31, .packed = true},
    {13, 47, 2, .packed = true, .accumulate = true},
    {13, 47, 3, .b_transposed = true, .packed = true},
    {31, 65, 40, .a_transposed = true, .packed = true},
    {31, 65, 40, .a_transposed = true, .b_transposed = true},
    {5, 70, 12, .pad = 3},
    {14, 64, 12, .pad = 1},
    {15, 50, 12, .b_transposed = true, .pad = 5, .accumulate = true},
    {40, 48, 1024, .packed = true},
    {9, 20, 4100, .packed = true, .accumulate = true},
    {9, 20, 2049, .a_transposed = true},
    {200, 96, 130, .packed = true},
    {200, 96, 130, .packed = false},
    {7, 9, 6, .batch = {3, 2}},
    {7, 40, 6, .batch = {3, 2}, .b_broadcast = true},
    {20, 40, 6, .batch = {3, 2}, .b_broadcast = true, .pad = 2},
    {20, 40, 16, .batch = {4, 1}, .b_transposed = true},
    {20, 17, 16, .batch = {2, 3}, .packed = true},
    {1, 70, 16, .b_transposed = true},
    {3, 150, 83, .b_transposed = true, .pad = 2, .accumulate = true},
    {4, 5, 32, .b_transposed = true, .batch = {3, 2}},
    {300, 1, 50, .packed = false},
    {100, 3, 47, .b_transposed = true, .pad = 1, .accumulate = true},
    {2, 200, 31, .pad = 3, .accumulate = true},
    {2, 65, 6, .a_transposed = true},
    {1, 3000, 100, .batch = {2, 1}, .b_broadcast = true},
    {0, 5, 3, .packed = true},
    {5, 0, 3, .packed = true},
    {5, 6, 0, .packed = true},
    {5, 6, 0, .packed = true, .accumulate = true},
    {5, 6, 0, .packed = false},
};

typedef struct operands {
    kov_gemm gemm;
    test_array a, b, c;
    int64_t b_count; /* 0: shared by the first batch dimension */
} operands;

static int64_t extent(int64_t size)
{
    return size > 1 ? size : 1;
}

static operands make(const gemm_case *t, kov_isa isa)
{
    operands o;
    kov_gemm *g = &o.gemm;
    kov_gemm_init(g, t->m, t->n, t->k);
    g->isa = isa;
    g->accumulate = t->accumulate;
    g->b_packed = t->packed;
    g->a_row = t->a_transposed ? 1 : t->k + t->pad;
    g->a_column = t->a_transposed ? t->m + t->pad : 1;
    g->b_row = t->b_transposed ? 1 : t->n + t->pad;
    g->b_column = t->b_transposed ? t->k + t->pad : 1;
    g->c_row = t->n + t->pad;
    int64_t a_size = t->a_transposed ? t->k * g->a_column : t->m * g->a_row;
    int64_t b_size = t->b_transposed ? t->n * g->b_column : t->k * g->b_row;
    int64_t c_size = t->m * g->c_row;
    int64_t outer = extent(t->batch[0]), inner = extent(t->batch[1]);
    g->batch[0] = outer;
    g->batch[1] = inner;
    g->a_batch[0] = a_size * inner;
    g->a_batch[1] = a_size;
    g->c_batch[0] = c_size * inner;
    g->c_batch[1] = c_size;
    if (!t->packed) {
        g->b_batch[0] = t->b_broadcast || outer == 1 ? 0 : b_size * inner;
        g->b_batch[1] = inner == 1 ? 0 : b_size;
    }
    o.a = test_array_values(a_size * outer * inner, 1);
    o.b = test_array_values(b_size * (t->packed ? 1 : outer * inner), 1000);
    o.c = test_array_values(c_size * outer * inner, 5000);
    return o;
}

static void release(operands *o)
{
    test_array_free(&o->a);
    test_array_free(&o->b);
    test_array_free(&o->c);
}

static void run(kov_context *context, const operands *o)
{
    const kov_gemm *g = &o->gemm;
    void *workspace = test_aligned(kov_gemm_workspace_bytes(context, g));
    float *packed = NULL;
    if (g->b_packed) {
        packed = test_aligned(kov_gemm_packed_bytes(g));
        kov_gemm_pack(context, g, o->b.at, packed);
    }
    assert_int_equal(
        kov_gemm_run(context, g, o->a.at, packed ? packed : o->b.at, o->c.at, workspace), KOV_OK);
    free(packed);
    free(workspace);
}

/* Of element (i, j) of product (p, q), by plain loops. */
static double reference(const kov_gemm *g, const float *a, const float *b, int64_t p, int64_t q,
                        int64_t i, int64_t j)
{
    double sum = 0;
    a += p * g->a_batch[0] + q * g->a_batch[1] + i * g->a_row;
    b += p * g->b_batch[0] + q * g->b_batch[1] + j * g->b_column;
    for (int64_t k = 0; k < g->k; k++)
        sum += (double)a[k * g->a_column] * (double)b[k * g->b_row];
    return sum;
}

static void check_case(kov_context *context, const gemm_case *t, kov_isa isa)
{
    operands o = make(t, isa);
    const kov_gemm *g = &o.gemm;
    int64_t outer = extent(t->batch[0]), inner = extent(t->batch[1]);
    int64_t size = t->m * g->c_row * outer * inner;
    float *before = test_aligned((size_t)size * sizeof(float));
    memcpy(before, o.c.at, (size_t)size * sizeof(float));
    run(context, &o);
    for (int64_t row = 0; row < outer * inner * t->m; row++) {
        int64_t i = row % test_max(t->m, 1), batch = row / test_max(t->m, 1);
        for (int64_t j = 0; j < g->c_row; j++) {
            int64_t at = row * g->c_row + j;
            double want = before[at];
            if (j < t->n)
                want = reference(g, o.a.at, o.b.at, batch / inner, batch % inner, i, j) +
                       (t->accumulate ? (double)before[at] : 0);
            if ((double)o.c.at[at] != want)
                fail_msg("%s %lld x %lld x %lld (%lld, %lld): %g, not %g", kov_isa_name(isa),
                         (long long)t->m, (long long)t->n, (long long)t->k, (long long)row,
                         (long long)j, (double)o.c.at[at], want);
        }
    }
    free(before);
    release(&o);
}

static void test_products(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        kov_context *context = test_context(threads);
        for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++)
            for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                check_case(context, &cases[i], isa);
        kov_context_release(context);
    }
}

/* Every size of tile, with every number of columns. */
static void test_tiles(void **state)
{
    (void)state;
    kov_context *context = test_context(1);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++)
        for (int64_t m = 1; m <= 15; m++)
            for (int64_t n = 1; n <= 34; n++)
                check_case(context, &(gemm_case){m, n, 3, .packed = true}, isa);
    kov_context_release(context);
}

/* Fractions: the error of a sum of k terms is at most k + 1 roundings of the sum of their sizes; 1
 * and 2 threads, packed and not, one row or many give the same bits. */
static void test_fractions(void **state)
{
    (void)state;
    enum { M = 100, N = 75, K = 300 };
    static float a[M * K], b[K * N], c[4][M * N];
    for (int i = 0; i < M * K; i++)
        a[i] = test_fraction((uint64_t)i);
    for (int i = 0; i < K * N; i++)
        b[i] = test_fraction(100000 + (uint64_t)i);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++) {
        for (int way = 0; way < 4; way++) {
            kov_context *context = test_context(1 + way % 2);
            kov_gemm g;
            kov_gemm_init(&g, way == 3 ? 1 : M, N, K);
            g.isa = isa;
            g.b_packed = way < 2;
            float *packed = test_aligned(kov_gemm_packed_bytes(&g));
            kov_gemm_pack(context, &g, b, packed);
            void *workspace = test_aligned(kov_gemm_workspace_bytes(context, &g));
            for (int64_t row = 0; row < M; row += g.m)
                assert_int_equal(kov_gemm_run(context, &g, a + row * K, g.b_packed ? packed : b,
                                              c[way] + row * N, workspace),
                                 KOV_OK);
            free(packed);
            free(workspace);
            kov_context_release(context);
            assert_memory_equal(c[way], c[0], sizeof c[0]);
        }
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < N; j++) {
                double sum = 0, size = 0;
                for (int k = 0; k < K; k++) {
                    double term = (double)a[i * K + k] * (double)b[k * N + j];
                    sum += term;
                    size += fabs(term);
                }
                assert_true(fabs((double)c[0][i * N + j] - sum) <= size * (K + 1) * 0x1p-24);
            }
        }
    }
}

static double activated(const kov_epilogue *e, double x)
{
    switch (e->activation) {
    case KOV_ACTIVATION_RELU:
        return fmax(x, 0);
    case KOV_ACTIVATION_CLIP:
        return fmin(fmax(x, (double)e->low), (double)e->high);
    case KOV_ACTIVATION_LEAKY_RELU:
        return x >= 0 ? x : (double)e->alpha * x;
    case KOV_ACTIVATION_HARD_SIGMOID:
        return fmin(fmax(x / 6 + 0.5, 0), 1);
    case KOV_ACTIVATION_HARD_SWISH:
        return x * fmin(fmax(x + 3, 0), 6) / 6;
    case KOV_ACTIVATION_SIGMOID:
        return 1 / (1 + exp(-x));
    case KOV_ACTIVATION_SWISH:
        return x / (1 + exp(-x));
    case KOV_ACTIVATION_TANH:
        return tanh(x);
    case KOV_ACTIVATION_GELU:
        return x / 2 * erfc(-x / sqrt(2));
    case KOV_ACTIVATION_GELU_TANH:
        return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case KOV_ACTIVATION_ELU:
        return x >= 0 ? x : (double)e->alpha * expm1(x);
    case KOV_ACTIVATION_FUNCTION:
        return x + 1;
    default:
        return x;
    }
}

static void add_one(const float *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] + 1;
}

/* `few`: B transposed and two rows only, which is done by dot products. */
static void check_epilogue(kov_context *context, kov_isa isa, kov_activation activation, int parts,
                           bool few)
{
    enum { M = 17, N = 45, K = 16, ROW = 50 };
    float a[M * K], b[K * N], scale[N], bias[N], residual[M * ROW], c[M * N];
    for (int i = 0; i < M * K; i++)
        a[i] = test_value((uint64_t)i) * 0.125F;
    for (int i = 0; i < K * N; i++)
        b[i] = test_value(1000 + (uint64_t)i);
    for (int j = 0; j < N; j++) {
        scale[j] = 0.5F + (float)(j % 3) * 0.25F;
        bias[j] = test_value(2000 + (uint64_t)j) * 0.25F;
    }
    for (int i = 0; i < M * ROW; i++)
        residual[i] = test_value(3000 + (uint64_t)i) * 0.5F;
    kov_gemm g;
    kov_gemm_init(&g, few ? 2 : M, N, K);
    g.isa = isa;
    if (few) {
        g.b_row = 1;
        g.b_column = K;
    }
    g.epilogue = (kov_epilogue){.scale = parts & 1 ? scale : NULL,
                                .bias = parts & 2 ? bias : NULL,
                                .residual = parts & 4 ? residual : NULL,
                                .residual_row = ROW,
                                .residual_after = (parts & 8) != 0,
                                .activation = activation,
                                .alpha = 0.25F,
                                .low = -1.5F,
                                .high = 2,
                                .function = activation == KOV_ACTIVATION_FUNCTION ? add_one : NULL};
    void *workspace = test_aligned(kov_gemm_workspace_bytes(context, &g));
    assert_int_equal(kov_gemm_run(context, &g, a, b, c, workspace), KOV_OK);
    free(workspace);
    for (int i = 0; i < g.m; i++) {
        for (int j = 0; j < N; j++) {
            double x = 0, extra = (double)residual[i * ROW + j];
            for (int k = 0; k < K; k++)
                x += (double)a[i * K + k] * (double)b[k * g.b_row + j * g.b_column];
            if (parts & 1)
                x *= (double)scale[j];
            if (parts & 2)
                x += (double)bias[j];
            x = (parts & 12) == 4 ? x + extra : x;
            x = activated(&g.epilogue, x);
            x = (parts & 12) == 12 ? x + extra : x;
            /* x is exact up to the activation, which is made of a few roundings */
            double tolerance = activation <= KOV_ACTIVATION_LEAKY_RELU ? 0 : 8 * 0x1p-24;
            assert_true(fabs((double)c[i * N + j] - x) <= tolerance * fmax(fabs(x), 1));
        }
    }
}

static void test_epilogues(void **state)
{
    (void)state;
    kov_context *context = test_context(2);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++)
        for (int activation = 0; activation <= KOV_ACTIVATION_FUNCTION; activation++)
            for (int parts = 0; parts < 16; parts++)
                for (int few = 0; few < 2; few++)
                    check_epilogue(context, isa, (kov_activation)activation, parts, few);
    kov_context_release(context);
}

/* NaN in an operand reaches its row and passes through the activations, and no other row. */
static void test_nan(void **state)
{
    (void)state;
    kov_context *context = test_context(1);
    for (kov_isa isa = KOV_ISA_BASELINE; isa <= kov_cpu_isa(); isa++) {
        for (int activation = 0; activation < KOV_ACTIVATION_FUNCTION; activation++) {
            float a[3 * 2] = {1, 2, NAN, 1, 3, 4}, b[2 * 5] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1},
                        c[3 * 5];
            kov_gemm g;
            kov_gemm_init(&g, 3, 5, 2);
            g.isa = isa;
            g.epilogue.activation = (kov_activation)activation;
            g.epilogue.high = 6;
            void *workspace = test_aligned(kov_gemm_workspace_bytes(context, &g));
            assert_int_equal(kov_gemm_run(context, &g, a, b, c, workspace), KOV_OK);
            free(workspace);
            for (int i = 0; i < 15; i++)
                assert_int_equal(isnan(c[i]) != 0, i / 5 == 1);
        }
    }
    kov_context_release(context);
}

static void test_errors(void **state)
{
    (void)state;
    kov_context *context = test_context(1);
    kov_gemm g;
    kov_gemm_init(&g, -1, 5, 2);
    assert_int_equal(kov_gemm_run(context, &g, NULL, NULL, NULL, NULL), KOV_INVALID_ARGUMENT);
    kov_gemm_init(&g, 2, 5, 2);
    g.c_row = 4;
    assert_int_equal(kov_gemm_run(context, &g, NULL, NULL, NULL, NULL), KOV_INVALID_ARGUMENT);
    kov_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),  cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_fractions), cmocka_unit_test(test_epilogues),
        cmocka_unit_test(test_nan),       cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
