/* SPDX-License-Identifier: Apache-2.0 */
/* The algebra of dimensions against plain integers: random expressions are built once as kov_dim
 * and once as a tree of its own, which is evaluated for many values of the symbols. */
#include "graph/dim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SYMBOLS = 3, TREES = 6000, DEPTH = 4 };

static const int64_t symbol_values[] = {1, 2, 3, 4, 5, 7, 12, 100, 1021};
enum { VALUES = sizeof symbol_values / sizeof symbol_values[0] };

typedef enum kind { SYMBOL, NUMBER, ADD, ADD_NUMBER, SUB, MUL, FLOOR, CEIL, MIN, MAX, KINDS } kind;

struct tree {
    kind kind;
    int64_t number; /* or index of the symbol */
    int left, right;
};

struct forest {
    struct tree at[256];
    kov_dim dim[256];
    int n;
    uint64_t seed;
};

static uint32_t draw(struct forest *f, uint32_t below)
{
    f->seed = f->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(f->seed >> 33) % below;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    while (q * b > a)
        q--;
    return q;
}

/* False where the value is not defined (a divisor below 1) or large. */
static bool value_of(const struct forest *f, int i, const int64_t *symbols, int64_t *out)
{
    const struct tree *t = &f->at[i];
    int64_t a = 0, b = 0;
    if (t->kind == SYMBOL || t->kind == NUMBER) {
        *out = t->kind == SYMBOL ? symbols[t->number] : t->number;
        return true;
    }
    if (!value_of(f, t->left, symbols, &a))
        return false;
    if (t->kind == ADD_NUMBER)
        b = t->number;
    else if (!value_of(f, t->right, symbols, &b))
        return false;
    if (a > INT32_MAX || a < INT32_MIN || b > INT32_MAX || b < INT32_MIN)
        return false;
    switch (t->kind) {
    case ADD:
    case ADD_NUMBER:
        *out = a + b;
        return true;
    case SUB:
        *out = a - b;
        return true;
    case MUL:
        *out = a * b;
        return true;
    case MIN:
        *out = a < b ? a : b;
        return true;
    case MAX:
        *out = a > b ? a : b;
        return true;
    case FLOOR:
    case CEIL:
        if (b < 1)
            return false;
        *out = t->kind == FLOOR ? floor_div(a, b) : floor_div(a + b - 1, b);
        return true;
    default:
        return false;
    }
}

static kov_dim dim_of(kov_dims *dims, const struct forest *f, const struct tree *t,
                      const kov_dim *symbols)
{
    kov_dim a = f->dim[t->left], b = f->dim[t->right];
    switch (t->kind) {
    case SYMBOL:
        return symbols[t->number];
    case NUMBER:
        return t->number;
    case ADD:
        return kov_dim_add(dims, a, b);
    case ADD_NUMBER:
        return kov_dim_add_number(dims, a, t->number);
    case SUB:
        return kov_dim_sub(dims, a, b);
    case MUL:
        return kov_dim_mul(dims, a, b);
    case FLOOR:
        return kov_dim_floor_div(dims, a, b);
    case CEIL:
        return kov_dim_ceil_div(dims, a, b);
    case MIN:
        return kov_dim_min(dims, a, b);
    default:
        return kov_dim_max(dims, a, b);
    }
}

static int grow(kov_dims *dims, struct forest *f, const kov_dim *symbols, int depth)
{
    struct tree t = {.kind = SYMBOL};
    if (depth == 0 || draw(f, 6) == 0) {
        t.kind = draw(f, 3) ? SYMBOL : NUMBER;
        t.number = t.kind == SYMBOL ? draw(f, SYMBOLS) : draw(f, 9);
    } else {
        t.kind = (kind)(ADD + draw(f, KINDS - ADD));
        t.number = (int64_t)draw(f, 21) - 10;
        t.left = grow(dims, f, symbols, depth - 1);
        if (t.kind == FLOOR || t.kind == CEIL) { /* divisors that can be 0 are no dimensions' */
            f->at[f->n] = (struct tree){.kind = draw(f, 3) ? NUMBER : SYMBOL};
            f->at[f->n].number = f->at[f->n].kind == SYMBOL ? draw(f, SYMBOLS) : 1 + draw(f, 6);
            f->dim[f->n] = dim_of(dims, f, &f->at[f->n], symbols);
            t.right = f->n++;
        } else {
            t.right = t.kind == ADD_NUMBER ? 0 : grow(dims, f, symbols, depth - 1);
        }
    }
    f->at[f->n] = t;
    f->dim[f->n] = dim_of(dims, f, &t, symbols);
    return f->n++;
}

struct world {
    kov_context *context;
    kov_dims *dims;
    kov_dim symbols[SYMBOLS];
};

static void begin(struct world *w)
{
    assert_int_equal(kov_context_create(NULL, &w->context), KOV_OK);
    w->dims = kov_dims_create(w->context);
    assert_non_null(w->dims);
    const char *const names[SYMBOLS] = {"N", "M", "K"};
    for (int i = 0; i < SYMBOLS; i++)
        w->symbols[i] = kov_dim_symbol(w->dims, names[i], 1, INT64_MAX, KOV_DIM_NO_HINT);
}

static void end(struct world *w)
{
    assert_false(w->dims->failed);
    kov_dims_release(w->dims);
    assert_int_equal(kov_context_bytes_in_use(w->context), 0);
    kov_context_release(w->context);
}

static void check_everywhere(struct world *w, const struct forest *f, int root)
{
    for (int i = 0; i < VALUES * VALUES * VALUES; i++) {
        const int64_t at[SYMBOLS] = {symbol_values[i % VALUES], symbol_values[i / VALUES % VALUES],
                                     symbol_values[i / VALUES / VALUES]};
        int64_t want, have;
        if (!value_of(f, root, at, &want))
            continue;
        bool ok = kov_dim_evaluate(w->dims, f->dim[root], w->symbols, at, SYMBOLS, &have);
        if (!ok || have != want || kov_dim_lower(w->dims, f->dim[root]) > want ||
            kov_dim_upper(w->dims, f->dim[root]) < want) {
            char text[256];
            kov_dim_print(w->dims, f->dim[root], text, sizeof text);
            fail_msg("%s at N=%lld M=%lld K=%lld: %lld, want %lld; bounds %lld to %lld", text,
                     (long long)at[0], (long long)at[1], (long long)at[2], (long long)have,
                     (long long)want, (long long)kov_dim_lower(w->dims, f->dim[root]),
                     (long long)kov_dim_upper(w->dims, f->dim[root]));
        }
    }
}

static void random_expressions(void **state)
{
    (void)state;
    struct world w;
    static struct forest f;
    for (int round = 0; round < TREES / 100; round++) {
        begin(&w);
        f.seed = (uint64_t)round + 1;
        for (int i = 0; i < 100; i++) {
            f.n = 0;
            int root = grow(w.dims, &f, w.symbols, DEPTH);
            check_everywhere(&w, &f, root);
        }
        end(&w);
    }
}

/* Expressions over a symbol with bounds: what they may be lies in the bounds that are derived. */
static void bounds_of_bounded_symbols(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_dims *d = w.dims;
    for (int64_t low = -6; low <= 2; low++) {
        for (int64_t high = low; high <= 4; high++) {
            for (int64_t factor = -3; factor <= 3; factor++) {
                kov_dim n = kov_dim_symbol(d, "n", low, high, KOV_DIM_NO_HINT);
                kov_dim m = kov_dim_symbol(d, "m", -2, 3, KOV_DIM_NO_HINT);
                kov_dim scaled = kov_dim_mul(d, n, kov_dim_add_number(d, 0, factor));
                kov_dim product = kov_dim_mul(d, n, m);
                kov_dim half = kov_dim_floor_div(d, n, 2), less = kov_dim_ceil_div(d, n, 3);
                for (int64_t x = low; x <= high; x++) {
                    assert_in_range(x * factor - kov_dim_lower(d, scaled), 0, 1000);
                    assert_in_range(kov_dim_upper(d, scaled) - x * factor, 0, 1000);
                    assert_true(kov_dim_lower(d, half) <= floor_div(x, 2));
                    assert_true(kov_dim_upper(d, half) >= floor_div(x, 2));
                    assert_true(kov_dim_lower(d, less) <= floor_div(x + 2, 3));
                    assert_true(kov_dim_upper(d, less) >= floor_div(x + 2, 3));
                    for (int64_t y = -2; y <= 3; y++) {
                        assert_true(kov_dim_lower(d, product) <= x * y);
                        assert_true(kov_dim_upper(d, product) >= x * y);
                    }
                }
            }
        }
    }
    end(&w);
}

/* A negative multiple of something that may be negative: min(N-2, 3) is -1 where N is 1. */
static void negative_multiple_of_negative(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_dim base = kov_dim_min(w.dims, kov_dim_add_number(w.dims, w.symbols[0], -2), 3);
    assert_int_equal(kov_dim_lower(w.dims, base), -1);
    assert_int_equal(kov_dim_upper(w.dims, base), 3);
    kov_dim negated = kov_dim_sub(w.dims, 0, base);
    assert_int_equal(kov_dim_lower(w.dims, negated), -3);
    assert_int_equal(kov_dim_upper(w.dims, negated), 1);
    end(&w);
}

static void equal_expressions_are_equal_handles(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_dims *d = w.dims;
    const kov_dim n = w.symbols[0], m = w.symbols[1], k = w.symbols[2];
    assert_int_equal(kov_dim_add(d, n, m), kov_dim_add(d, m, n));
    assert_int_equal(kov_dim_add(d, kov_dim_add(d, n, m), k),
                     kov_dim_add(d, n, kov_dim_add(d, k, m)));
    assert_int_equal(kov_dim_mul(d, n, m), kov_dim_mul(d, m, n));
    assert_int_equal(kov_dim_mul(d, kov_dim_mul(d, n, m), k),
                     kov_dim_mul(d, n, kov_dim_mul(d, k, m)));
    assert_int_equal(kov_dim_mul(d, 6, n),
                     kov_dim_add(d, kov_dim_mul(d, n, 2), kov_dim_mul(d, 4, n)));
    assert_int_equal(kov_dim_add(d, n, n), kov_dim_mul(d, n, 2));
    assert_int_equal(kov_dim_sub(d, n, n), 0);
    assert_int_equal(kov_dim_sub(d, kov_dim_add(d, n, m), n), m);
    assert_int_equal(kov_dim_add_number(d, kov_dim_add_number(d, n, 5), -5), n);
    assert_int_equal(kov_dim_mul(d, kov_dim_add_number(d, n, 1), 2),
                     kov_dim_add_number(d, kov_dim_mul(d, n, 2), 2));
    assert_int_equal(kov_dim_floor_div(d, kov_dim_mul(d, n, 6), 3), kov_dim_mul(d, n, 2));
    assert_int_equal(kov_dim_floor_div(d, kov_dim_mul(d, n, m), n), m);
    assert_int_equal(
        kov_dim_ceil_div(d, kov_dim_mul(d, kov_dim_mul(d, n, m), 4), kov_dim_mul(d, m, 4)), n);
    assert_int_equal(kov_dim_floor_div(d, n, n), 1);
    assert_int_equal(kov_dim_min(d, n, m), kov_dim_min(d, m, n));
    assert_int_equal(kov_dim_max(d, n, 0), n);
    assert_int_equal(kov_dim_max(d, n, 1), n);
    assert_int_equal(kov_dim_min(d, n, 1), 1);
    assert_int_not_equal(kov_dim_max(d, n, 2), n);
    assert_int_not_equal(n, m);
    assert_int_not_equal(kov_dim_unknown(d), kov_dim_unknown(d));
    end(&w);
}

static void hints_and_missing_symbols(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    int64_t out = 0;
    kov_dim hinted = kov_dim_symbol(w.dims, "h", 0, INT64_MAX, 7);
    kov_dim sum = kov_dim_add_number(w.dims, kov_dim_mul(w.dims, hinted, 3), -1);
    assert_true(kov_dim_hint(w.dims, sum, &out));
    assert_int_equal(out, 20);
    assert_false(kov_dim_hint(w.dims, kov_dim_add(w.dims, sum, w.symbols[0]), &out));
    const int64_t five = 5;
    assert_true(kov_dim_evaluate(w.dims, sum, &hinted, &five, 1, &out));
    assert_int_equal(out, 14);
    assert_false(kov_dim_evaluate(w.dims, sum, w.symbols, &five, 1, &out));
    end(&w);
}

/* Numbers past int64 stop at its ends and are never wrapped. */
static void out_of_range(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_dims *d = w.dims;
    int64_t out = 0;
    assert_int_equal(kov_dim_add(d, INT64_MAX, 5), INT64_MAX);
    assert_int_equal(kov_dim_mul(d, INT64_MAX / 2, 3), INT64_MAX);
    kov_dim least = kov_dim_add_number(d, kov_dim_add_number(d, 0, INT64_MIN + 1), -7);
    assert_true(kov_dim_evaluate(d, least, NULL, NULL, 0, &out));
    assert_true(out == INT64_MIN);
    kov_dim huge = kov_dim_mul(d, w.symbols[0], INT64_MAX);
    assert_true(kov_dim_upper(d, huge) == INT64_MAX);
    const int64_t two[SYMBOLS] = {2, 2, 2};
    assert_false(kov_dim_evaluate(d, huge, w.symbols, two, SYMBOLS, &out));
    kov_dim far = kov_dim_add_number(d, w.symbols[0], INT64_MAX);
    assert_false(kov_dim_evaluate(d, far, w.symbols, two, SYMBOLS, &out));
    kov_dim_mul(d, kov_dim_mul(d, w.symbols[0], INT64_MAX), 3);
    kov_dim_floor_div(d, huge, -1);
    assert_int_equal(kov_dim_floor_div(d, w.symbols[0], 0), 0);
    end(&w);
}

/* Whatever two dimensions broadcast to, 0 beside 1 included, however many are joined in what order;
 * no number where they do not. */
static void broadcasting(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    kov_dims *d = w.dims;
    kov_dim symbols[3];
    for (int i = 0; i < 3; i++)
        symbols[i] = kov_dim_unknown(d);
    const kov_dim n = symbols[0], m = symbols[1], k = symbols[2];
    kov_dim nm = kov_dim_broadcast(d, n, m), all = kov_dim_broadcast(d, nm, k);
    assert_int_equal(nm, kov_dim_broadcast(d, m, n));
    assert_int_equal(nm, kov_dim_broadcast(d, nm, n));
    assert_int_equal(all, kov_dim_broadcast(d, n, kov_dim_broadcast(d, k, m)));
    assert_int_equal(all, kov_dim_broadcast(d, all, nm));
    assert_int_equal(kov_dim_broadcast(d, n, 1), n);
    assert_int_equal(kov_dim_broadcast(d, 1, n), n);
    assert_int_equal(kov_dim_broadcast(d, n, 7), 7);
    assert_int_equal(kov_dim_broadcast(d, 0, n), 0);
    assert_int_equal(kov_dim_lower(d, all), 0);
    kov_dim at_least_5 = kov_dim_symbol(d, NULL, 5, 9, KOV_DIM_NO_HINT);
    assert_int_equal(kov_dim_lower(d, kov_dim_broadcast(d, n, at_least_5)), 5);
    for (int i = 0; i < 4 * 4 * 4; i++) {
        const int64_t values[] = {i % 4, i / 4 % 4, i / 16};
        int64_t want = 1, got;
        bool fits = true;
        for (int j = 0; j < 3; j++) {
            fits = fits && (values[j] == 1 || want == 1 || values[j] == want);
            want = values[j] == 1 ? want : values[j];
        }
        assert_int_equal(kov_dim_evaluate(d, all, symbols, values, 3, &got), fits);
        if (fits)
            assert_int_equal(got, want);
    }
    end(&w);
}

static void check_print(struct world *w, kov_dim dim, const char *want)
{
    char text[128];
    assert_int_equal(kov_dim_print(w->dims, dim, text, sizeof text), strlen(want));
    assert_string_equal(text, want);
}

static void print(void **state)
{
    (void)state;
    struct world w;
    char text[64];
    begin(&w);
    kov_dims *d = w.dims;
    const kov_dim n = w.symbols[0], m = w.symbols[1], k = w.symbols[2];
    check_print(&w, 12, "12");
    check_print(&w, n, "N");
    check_print(&w, kov_dim_add_number(d, kov_dim_mul(d, n, 2), 1), "2*N+1");
    check_print(&w, kov_dim_add_number(d, n, -2), "N-2");
    check_print(&w, kov_dim_sub(d, n, m), "N-1*M");
    check_print(&w, kov_dim_floor_div(d, kov_dim_add_number(d, n, 1), 2), "floor((N+1)/2)");
    check_print(&w, kov_dim_ceil_div(d, n, m), "ceil(N/M)");
    check_print(&w, kov_dim_min(d, n, m), "min(N,M)");
    check_print(&w, kov_dim_max(d, kov_dim_add_number(d, n, 3), m), "max(M,N+3)");
    check_print(&w, kov_dim_broadcast(d, n, m), "broadcast(N,M)");
    kov_dim product = kov_dim_mul(d, kov_dim_add_number(d, n, 1), m);
    kov_dim_print(d, product, text, sizeof text);
    assert_non_null(strstr(text, "(N+1)"));
    kov_dim_print(d, kov_dim_floor_div(d, n, kov_dim_mul(d, m, k)), text, sizeof text);
    assert_string_equal(text, "floor(N/(K*M))");
    const kov_dim shape[] = {n, 3};
    assert_int_equal(kov_dims_print(d, 2, shape, text, sizeof text), 6);
    assert_string_equal(text, "(N, 3)");
    kov_dims_print(d, 1, shape, text, sizeof text);
    assert_string_equal(text, "(N,)");
    kov_dims_print(d, 0, shape, text, sizeof text);
    assert_string_equal(text, "()");
    kov_dims_print(d, 2, shape, text, 4); /* cut off, never past the end */
    assert_int_equal(strlen(text), 3);
    end(&w);
}

static void memory_runs_out(void **state)
{
    (void)state;
    struct world w;
    for (int64_t n = 1;; n++) {
        begin(&w);
        size_t before = kov_context_bytes_in_use(w.context);
        kov_memory_fail_after(w.context, n);
        kov_dim sum = w.symbols[0];
        for (int i = 1; i < 200; i++)
            sum = kov_dim_max(w.dims, kov_dim_add_number(w.dims, sum, i), w.symbols[1]);
        bool failed = kov_memory_failed(w.context);
        kov_memory_fail_after(w.context, 0);
        assert_int_equal(w.dims->failed, failed);
        assert_true(kov_context_bytes_in_use(w.context) >= before);
        w.dims->failed = false;
        end(&w);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_expressions),
        cmocka_unit_test(bounds_of_bounded_symbols),
        cmocka_unit_test(negative_multiple_of_negative),
        cmocka_unit_test(equal_expressions_are_equal_handles),
        cmocka_unit_test(hints_and_missing_symbols),
        cmocka_unit_test(broadcasting),
        cmocka_unit_test(out_of_range),
        cmocka_unit_test(print),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
