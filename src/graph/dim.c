/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/dim.h"
#include "base/context.h"
#include "base/status.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_FACTORS 32 /* of a product, or a broadcast, that is kept in order */

static kov_dim dim_of_index(int index)
{
    return -(kov_dim)(index + 2); /* -1 stays free: it means "unknown" in public shapes */
}

const kov_dim_expr *kov_dim_expr_of(const kov_dims *dims, kov_dim dim)
{
    return &dims->exprs.at[-dim - 2];
}

kov_dims *kov_dims_create(kov_context *context)
{
    kov_dims *dims = kov_alloc_zero(context, sizeof *dims);
    if (!dims)
        return NULL;
    dims->context = context;
    dims->refs = 1;
    pthread_mutexattr_t again;
    pthread_mutexattr_init(&again);
    pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&dims->lock, &again);
    pthread_mutexattr_destroy(&again);
    kov_arena_init(&dims->arena, context);
    kov_hash_map_init(&dims->map, context);
    kov_context_hold(context);
    return dims;
}

void kov_dims_retain(kov_dims *dims)
{
    __atomic_fetch_add(&dims->refs, 1, __ATOMIC_RELAXED);
}

void kov_dims_release(kov_dims *dims)
{
    if (!dims || __atomic_sub_fetch(&dims->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    kov_context *context = dims->context;
    kov_arena_free(&dims->arena);
    kov_hash_map_free(&dims->map);
    kov_free(context, dims->exprs.at);
    pthread_mutex_destroy(&dims->lock);
    kov_free(context, dims);
    kov_context_drop(context);
}

void kov_dims_lock(kov_dims *dims)
{
    pthread_mutex_lock(&dims->lock);
}

void kov_dims_unlock(kov_dims *dims)
{
    pthread_mutex_unlock(&dims->lock);
}

int64_t kov_dim_lower(const kov_dims *dims, kov_dim dim)
{
    return dim >= 0 ? dim : kov_dim_expr_of(dims, dim)->lower;
}

int64_t kov_dim_upper(const kov_dims *dims, kov_dim dim)
{
    return dim >= 0 ? dim : kov_dim_expr_of(dims, dim)->upper;
}

static kov_dim append(kov_dims *dims, const kov_dim_expr *expr)
{
    int index = dims->exprs.n;
    if (!KOV_PUSH(dims->context, dims->exprs, *expr)) {
        dims->failed = true;
        return 0;
    }
    return dim_of_index(index);
}

kov_dim kov_dim_symbol(kov_dims *dims, const char *name, int64_t lower, int64_t upper, int64_t hint)
{
    kov_dim_expr expr = {.kind = KOV_DIM_SYMBOL, .lower = lower, .upper = upper, .hint = hint};
    expr.name = name ? kov_arena_strdup(&dims->arena, name) : NULL;
    if (name && !expr.name) {
        dims->failed = true;
        return 0;
    }
    return append(dims, &expr);
}

kov_dim kov_dim_unknown(kov_dims *dims)
{
    return kov_dim_symbol(dims, NULL, 0, INT64_MAX, KOV_DIM_NO_HINT);
}

struct lookup {
    const kov_dims *dims;
    kov_dim_kind kind;
    kov_dim left, right;
};

static bool same_expr(void *user, int payload)
{
    const struct lookup *want = user;
    const kov_dim_expr *have = &want->dims->exprs.at[payload];
    return have->kind == want->kind && have->left == want->left && have->right == want->right;
}

/* INT64_MIN and INT64_MAX are the infinities of bounds, and where numbers stop. */
static int64_t clamped_add(int64_t a, int64_t b)
{
    int64_t r;
    if (!__builtin_add_overflow(a, b, &r))
        return r;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

static int64_t clamped_mul(int64_t a, int64_t b)
{
    int64_t r;
    if (!__builtin_mul_overflow(a, b, &r))
        return r;
    return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

static int64_t upper_sum(int64_t a, int64_t b)
{
    return a == INT64_MAX || b == INT64_MAX ? INT64_MAX : clamped_add(a, b);
}

static int64_t lower_sum(int64_t a, int64_t b)
{
    return a == INT64_MIN || b == INT64_MIN ? INT64_MIN : clamped_add(a, b);
}

struct range {
    int64_t lower, upper;
};

/* A product of intervals lies between the products of their ends. */
static struct range range_mul(struct range a, struct range b)
{
    const int64_t ends[4] = {clamped_mul(a.lower, b.lower), clamped_mul(a.lower, b.upper),
                             clamped_mul(a.upper, b.lower), clamped_mul(a.upper, b.upper)};
    struct range out = {ends[0], ends[0]};
    for (int i = 1; i < 4; i++) {
        out.lower = ends[i] < out.lower ? ends[i] : out.lower;
        out.upper = ends[i] > out.upper ? ends[i] : out.upper;
    }
    return out;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    if (b == -1)
        return a == INT64_MIN ? INT64_MAX : -a;
    int64_t q = a / b;
    return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    int64_t floor = floor_div(a, b);
    return b != -1 && a % b != 0 ? floor + 1 : floor;
}

/* A summand of an addition may be any number, negative ones included; it stands as the right
 * operand's raw value in a node of kind KOV_DIM_NUMBER. */
static int64_t raw_number(const kov_dims *dims, kov_dim dim)
{
    return dim >= 0 ? dim : kov_dim_expr_of(dims, dim)->left;
}

static bool is_raw_number(const kov_dims *dims, kov_dim dim)
{
    return dim >= 0 || kov_dim_expr_of(dims, dim)->kind == KOV_DIM_NUMBER;
}

static kov_dim intern(kov_dims *dims, kov_dim_kind kind, kov_dim left, kov_dim right, int64_t lower,
                      int64_t upper)
{
    struct lookup want = {dims, kind, left, right};
    uint64_t hash = kov_hash_mix(kov_hash_mix((uint64_t)kind, (uint64_t)left), (uint64_t)right);
    int found = kov_hash_map_find(&dims->map, hash, same_expr, &want);
    if (found >= 0)
        return dim_of_index(found);
    kov_dim_expr expr = {.kind = kind,
                         .left = left,
                         .right = right,
                         .lower = lower,
                         .upper = upper,
                         .hint = KOV_DIM_NO_HINT};
    kov_dim dim = append(dims, &expr);
    if (!dims->failed && kov_hash_map_add(&dims->map, hash, dims->exprs.n - 1) != KOV_OK)
        dims->failed = true;
    return dim;
}

static struct range range_of(const kov_dims *dims, kov_dim dim)
{
    return (struct range){kov_dim_lower(dims, dim), kov_dim_upper(dims, dim)};
}

static kov_dim number_node(kov_dims *dims, int64_t number)
{
    if (number >= 0)
        return number;
    return intern(dims, KOV_DIM_NUMBER, number, 0, number, number);
}

kov_dim kov_dim_add_number(kov_dims *dims, kov_dim a, int64_t number)
{
    if (is_raw_number(dims, a)) {
        int64_t sum = clamped_add(raw_number(dims, a), number);
        return number_node(dims, sum);
    }
    if (number == 0)
        return a;
    const kov_dim_expr e = *kov_dim_expr_of(dims, a); /* interning may move the table */
    if (e.kind == KOV_DIM_ADD && is_raw_number(dims, e.right))
        return kov_dim_add_number(dims, e.left, clamped_add(number, raw_number(dims, e.right)));
    return intern(dims, KOV_DIM_ADD, a, number_node(dims, number), lower_sum(e.lower, number),
                  upper_sum(e.upper, number));
}

/* Coefficient and base of a term: 3*N -> (3, N). */
static kov_dim term_base(const kov_dims *dims, kov_dim term, int64_t *coefficient)
{
    *coefficient = 1;
    if (term < 0) {
        const kov_dim_expr *e = kov_dim_expr_of(dims, term);
        if (e->kind == KOV_DIM_MUL && is_raw_number(dims, e->right)) {
            *coefficient = raw_number(dims, e->right);
            return e->left;
        }
    }
    return term;
}

static kov_dim scale(kov_dims *dims, kov_dim a, int64_t factor);

/* Adds coefficient * base (base not a number) into a sum that is a left-leaning chain of terms. */
static kov_dim add_term(kov_dims *dims, kov_dim sum, kov_dim base, int64_t coefficient)
{
    if (coefficient == 0)
        return sum;
    if (is_raw_number(dims, sum)) {
        return kov_dim_add_number(dims, scale(dims, base, coefficient), raw_number(dims, sum));
    }
    const kov_dim_expr e = *kov_dim_expr_of(dims, sum);
    if (e.kind == KOV_DIM_ADD && is_raw_number(dims, e.right))
        return kov_dim_add_number(dims, add_term(dims, e.left, base, coefficient),
                                  raw_number(dims, e.right));
    int64_t have;
    kov_dim last = e.kind == KOV_DIM_ADD ? e.right : sum;
    kov_dim rest = e.kind == KOV_DIM_ADD ? e.left : 0;
    kov_dim last_base = term_base(dims, last, &have);
    if (last_base == base) {
        int64_t together = clamped_add(have, coefficient);
        kov_dim merged = together == 0 ? 0 : scale(dims, base, together);
        if (rest == 0)
            return merged;
        if (merged == 0)
            return rest;
        return intern(dims, KOV_DIM_ADD, rest, merged,
                      lower_sum(kov_dim_lower(dims, rest), kov_dim_lower(dims, merged)),
                      upper_sum(kov_dim_upper(dims, rest), kov_dim_upper(dims, merged)));
    }
    kov_dim term = scale(dims, base, coefficient);
    if (last_base > base) { /* ordered by age, so equal sums are equal nodes */
        int64_t upper = upper_sum(kov_dim_upper(dims, sum), kov_dim_upper(dims, term));
        int64_t lower = lower_sum(kov_dim_lower(dims, sum), kov_dim_lower(dims, term));
        return intern(dims, KOV_DIM_ADD, sum, term, lower, upper);
    }
    kov_dim lower_part = rest == 0 ? term : add_term(dims, rest, base, coefficient);
    if (lower_part == 0)
        return last;
    int64_t upper = upper_sum(kov_dim_upper(dims, lower_part), kov_dim_upper(dims, last));
    int64_t lower = lower_sum(kov_dim_lower(dims, lower_part), kov_dim_lower(dims, last));
    return intern(dims, KOV_DIM_ADD, lower_part, last, lower, upper);
}

static kov_dim add_all(kov_dims *dims, kov_dim sum, kov_dim other, int64_t factor)
{
    if (is_raw_number(dims, other))
        return kov_dim_add_number(dims, sum, clamped_mul(raw_number(dims, other), factor));
    const kov_dim_expr e = *kov_dim_expr_of(dims, other);
    if (e.kind == KOV_DIM_ADD)
        return add_all(dims, add_all(dims, sum, e.left, factor), e.right, factor);
    int64_t coefficient;
    kov_dim base = term_base(dims, other, &coefficient);
    return add_term(dims, sum, base, clamped_mul(coefficient, factor));
}

kov_dim kov_dim_add(kov_dims *dims, kov_dim a, kov_dim b)
{
    return add_all(dims, a, b, 1);
}

kov_dim kov_dim_sub(kov_dims *dims, kov_dim a, kov_dim b)
{
    if (a == b)
        return 0;
    return add_all(dims, a, b, -1);
}

static kov_dim scale(kov_dims *dims, kov_dim a, int64_t factor)
{
    if (factor == 1)
        return a;
    if (is_raw_number(dims, a))
        return number_node(dims, clamped_mul(raw_number(dims, a), factor));
    if (factor == 0)
        return 0;
    const kov_dim_expr e = *kov_dim_expr_of(dims, a);
    if (e.kind == KOV_DIM_ADD)
        return add_all(dims, scale(dims, e.left, factor), scale(dims, e.right, factor), 1);
    int64_t coefficient;
    kov_dim base = term_base(dims, a, &coefficient);
    coefficient = clamped_mul(coefficient, factor);
    if (coefficient == 1)
        return base;
    struct range out = range_mul(range_of(dims, base), (struct range){coefficient, coefficient});
    return intern(dims, KOV_DIM_MUL, base, number_node(dims, coefficient), out.lower, out.upper);
}

/* The operands of a tree of one kind, for a product one that has no number in it; -1 if there are
 * more than capacity. */
static int list_operands(const kov_dims *dims, kov_dim_kind kind, kov_dim a, kov_dim *out, int n,
                         int capacity)
{
    const kov_dim_expr *e = a < 0 ? kov_dim_expr_of(dims, a) : NULL;
    if (e && e->kind == kind) {
        n = list_operands(dims, kind, e->left, out, n, capacity);
        return n < 0 ? n : list_operands(dims, kind, e->right, out, n, capacity);
    }
    if (n == capacity)
        return -1;
    int at = n;
    for (; at > 0 && out[at - 1] < a; at--) /* by age, so equal trees are equal nodes */
        out[at] = out[at - 1];
    out[at] = a;
    return n + 1;
}

static kov_dim intern_product(kov_dims *dims, kov_dim a, kov_dim b)
{
    struct range out = range_mul(range_of(dims, a), range_of(dims, b));
    return intern(dims, KOV_DIM_MUL, a, b, out.lower, out.upper);
}

kov_dim kov_dim_mul(kov_dims *dims, kov_dim a, kov_dim b)
{
    if (is_raw_number(dims, b))
        return scale(dims, a, raw_number(dims, b));
    if (is_raw_number(dims, a))
        return scale(dims, b, raw_number(dims, a));
    int64_t ca, cb;
    kov_dim factors[MAX_FACTORS];
    kov_dim base_a = term_base(dims, a, &ca), base_b = term_base(dims, b, &cb), product;
    int n = list_operands(dims, KOV_DIM_MUL, base_a, factors, 0, MAX_FACTORS);
    n = n < 0 ? n : list_operands(dims, KOV_DIM_MUL, base_b, factors, n, MAX_FACTORS);
    if (n < 0) {
        product = intern_product(dims, base_a, base_b);
    } else {
        product = factors[0];
        for (int i = 1; i < n; i++)
            product = intern_product(dims, product, factors[i]);
    }
    return scale(dims, product, clamped_mul(ca, cb));
}

/* a / divisor exactly, if every term of a is divisible by it. */
static bool divide_exactly(kov_dims *dims, kov_dim a, int64_t divisor, kov_dim *out)
{
    if (is_raw_number(dims, a)) {
        if (raw_number(dims, a) % divisor != 0)
            return false;
        *out = number_node(dims, raw_number(dims, a) / divisor);
        return true;
    }
    const kov_dim_expr e = *kov_dim_expr_of(dims, a);
    if (e.kind == KOV_DIM_ADD) {
        kov_dim left, right;
        if (!divide_exactly(dims, e.left, divisor, &left) ||
            !divide_exactly(dims, e.right, divisor, &right))
            return false;
        *out = kov_dim_add(dims, left, right);
        return true;
    }
    int64_t coefficient;
    kov_dim base = term_base(dims, a, &coefficient);
    if (coefficient % divisor != 0)
        return false;
    *out = scale(dims, base, coefficient / divisor);
    return true;
}

/* Takes factor out of the product a, if it is one of its factors. */
static bool remove_factor(kov_dims *dims, kov_dim a, kov_dim factor, kov_dim *out)
{
    int64_t coefficient;
    kov_dim base = term_base(dims, a, &coefficient);
    if (base == factor) {
        *out = number_node(dims, coefficient);
        return true;
    }
    if (base >= 0)
        return false;
    const kov_dim_expr e = *kov_dim_expr_of(dims, base);
    if (e.kind != KOV_DIM_MUL)
        return false;
    kov_dim rest;
    if (remove_factor(dims, e.left, factor, &rest))
        *out = scale(dims, kov_dim_mul(dims, rest, e.right), coefficient);
    else if (remove_factor(dims, e.right, factor, &rest))
        *out = scale(dims, kov_dim_mul(dims, e.left, rest), coefficient);
    else
        return false;
    return true;
}

static kov_dim divide(kov_dims *dims, kov_dim a, kov_dim b, kov_dim_kind kind)
{
    if (a == b && a != 0)
        return 1;
    if (is_raw_number(dims, b)) {
        int64_t d = raw_number(dims, b);
        kov_dim exact;
        if (d == 0)
            return 0;
        if (d == 1 || d == -1)
            return scale(dims, a, d);
        if (divide_exactly(dims, a, d, &exact))
            return exact;
        if (is_raw_number(dims, a)) {
            int64_t n = raw_number(dims, a);
            return number_node(dims, kind == KOV_DIM_FLOOR_DIV ? floor_div(n, d) : ceil_div(n, d));
        }
    } else {
        int64_t coefficient;
        kov_dim base = term_base(dims, b, &coefficient), rest;
        if (base < 0 && kov_dim_expr_of(dims, base)->kind == KOV_DIM_MUL) {
            const kov_dim_expr e = *kov_dim_expr_of(dims, base);
            if (remove_factor(dims, a, e.left, &rest))
                return divide(dims, rest, scale(dims, e.right, coefficient), kind);
        }
        if (base < 0 && remove_factor(dims, a, base, &rest))
            return divide(dims, rest, number_node(dims, coefficient), kind);
    }
    int64_t low = kov_dim_lower(dims, a), high = kov_dim_upper(dims, a);
    int64_t divisor = kov_dim_lower(dims, b);
    if (divisor < 0)
        return intern(dims, kind, a, b, INT64_MIN, INT64_MAX);
    if (high > 0 && high != INT64_MAX && divisor > 1)
        high = ceil_div(high, divisor);
    return intern(dims, kind, a, b, low < 0 ? low : 0, high > 0 ? high : 0);
}

kov_dim kov_dim_floor_div(kov_dims *dims, kov_dim a, kov_dim b)
{
    return divide(dims, a, b, KOV_DIM_FLOOR_DIV);
}

kov_dim kov_dim_ceil_div(kov_dims *dims, kov_dim a, kov_dim b)
{
    return divide(dims, a, b, KOV_DIM_CEIL_DIV);
}

static kov_dim extreme(kov_dims *dims, kov_dim a, kov_dim b, kov_dim_kind kind)
{
    bool max = kind == KOV_DIM_MAX;
    if (a == b)
        return a;
    int64_t al = kov_dim_lower(dims, a), au = kov_dim_upper(dims, a);
    int64_t bl = kov_dim_lower(dims, b), bu = kov_dim_upper(dims, b);
    if (al >= bu)
        return max ? a : b;
    if (bl >= au)
        return max ? b : a;
    if (a < b) {
        kov_dim swap = a;
        a = b;
        b = swap;
    }
    int64_t lower = max ? (al > bl ? al : bl) : (al < bl ? al : bl);
    int64_t upper = max ? (au > bu ? au : bu) : (au < bu ? au : bu);
    return intern(dims, kind, a, b, lower, upper);
}

kov_dim kov_dim_min(kov_dims *dims, kov_dim a, kov_dim b)
{
    return extreme(dims, a, b, KOV_DIM_MIN);
}

kov_dim kov_dim_max(kov_dims *dims, kov_dim a, kov_dim b)
{
    return extreme(dims, a, b, KOV_DIM_MAX);
}

/* From 2 upward only 1 can stand beside a dimension, or itself; 0 beside 1 is 0. */
static kov_dim intern_broadcast(kov_dims *dims, kov_dim a, kov_dim b)
{
    struct range x = range_of(dims, a), y = range_of(dims, b);
    int64_t larger = x.lower > y.lower ? x.lower : y.lower;
    int64_t smaller = x.lower > y.lower ? y.lower : x.lower;
    return intern(dims, KOV_DIM_BROADCAST, a, b, larger > 1 ? larger : smaller,
                  x.upper > y.upper ? x.upper : y.upper);
}

kov_dim kov_dim_broadcast(kov_dims *dims, kov_dim a, kov_dim b)
{
    if (a == b || b == 1)
        return a;
    if (a == 1)
        return b;
    if (is_raw_number(dims, a) || is_raw_number(dims, b))
        return is_raw_number(dims, a) ? a : b; /* the other must turn out equal or 1 */
    kov_dim operands[MAX_FACTORS];
    int n = list_operands(dims, KOV_DIM_BROADCAST, a, operands, 0, MAX_FACTORS);
    n = n < 0 ? n : list_operands(dims, KOV_DIM_BROADCAST, b, operands, n, MAX_FACTORS);
    if (n < 0)
        return intern_broadcast(dims, a, b);
    kov_dim joined = operands[0];
    for (int i = 1; i < n; i++) {
        if (operands[i] != operands[i - 1])
            joined = intern_broadcast(dims, joined, operands[i]);
    }
    return joined;
}

struct binding {
    const kov_dim *symbols;
    const int64_t *values;
    int n; /* -1: hints */
};

static bool evaluate(const kov_dims *dims, kov_dim dim, const struct binding *bind, int64_t *out)
{
    if (dim >= 0) {
        *out = dim;
        return true;
    }
    const kov_dim_expr *e = kov_dim_expr_of(dims, dim);
    if (e->kind == KOV_DIM_NUMBER) {
        *out = e->left;
        return true;
    }
    if (e->kind == KOV_DIM_SYMBOL) {
        if (bind->n < 0) {
            *out = e->hint;
            return e->hint != KOV_DIM_NO_HINT;
        }
        for (int i = 0; i < bind->n; i++) {
            if (bind->symbols[i] == dim) {
                *out = bind->values[i];
                return true;
            }
        }
        return false;
    }
    int64_t a, b;
    if (!evaluate(dims, e->left, bind, &a) || !evaluate(dims, e->right, bind, &b))
        return false;
    switch (e->kind) {
    case KOV_DIM_ADD:
        return !__builtin_add_overflow(a, b, out);
    case KOV_DIM_MUL:
        return !__builtin_mul_overflow(a, b, out);
    case KOV_DIM_FLOOR_DIV:
        *out = b ? floor_div(a, b) : 0;
        return true;
    case KOV_DIM_CEIL_DIV:
        *out = b ? ceil_div(a, b) : 0;
        return true;
    case KOV_DIM_MIN:
        *out = a < b ? a : b;
        return true;
    case KOV_DIM_MAX:
        *out = a > b ? a : b;
        return true;
    case KOV_DIM_BROADCAST:
        *out = a == 1 ? b : a;
        return a == b || a == 1 || b == 1;
    default:
        return false;
    }
}

bool kov_dim_hint(const kov_dims *dims, kov_dim dim, int64_t *out)
{
    struct binding hints = {.n = -1};
    return evaluate(dims, dim, &hints, out);
}

bool kov_dim_evaluate(const kov_dims *dims, kov_dim dim, const kov_dim *symbols,
                      const int64_t *values, int n, int64_t *out)
{
    struct binding bind = {symbols, values, n};
    return evaluate(dims, dim, &bind, out);
}

/* In parentheses where it would be read wrongly: a sum in a product, a product in a divisor. */
static void print_operand(const kov_dims *dims, kov_dim dim, bool in_product, bool in_divisor,
                          char *out, size_t size)
{
    kov_dim_kind kind = dim < 0 ? kov_dim_expr_of(dims, dim)->kind : KOV_DIM_NUMBER;
    char bare[92];
    if ((kind == KOV_DIM_ADD && in_product) || (kind == KOV_DIM_MUL && in_divisor)) {
        kov_dim_print(dims, dim, bare, sizeof bare);
        snprintf(out, size, "(%s)", bare);
    } else {
        kov_dim_print(dims, dim, out, size);
    }
}

int kov_dim_print(const kov_dims *dims, kov_dim dim, char *out, size_t size)
{
    if (dim >= 0)
        return snprintf(out, size, "%" PRId64, dim);
    const kov_dim_expr *e = kov_dim_expr_of(dims, dim);
    if (e->kind == KOV_DIM_NUMBER)
        return snprintf(out, size, "%" PRId64, e->left);
    if (e->kind == KOV_DIM_SYMBOL)
        return e->name ? snprintf(out, size, "%s", e->name)
                       : snprintf(out, size, "?%" PRId64, -dim - 2);
    char left[96], right[96];
    bool product = e->kind == KOV_DIM_MUL;
    bool quotient = e->kind == KOV_DIM_FLOOR_DIV || e->kind == KOV_DIM_CEIL_DIV;
    print_operand(dims, e->left, product || quotient, false, left, sizeof left);
    print_operand(dims, e->right, product || quotient, quotient, right, sizeof right);
    switch (e->kind) {
    case KOV_DIM_ADD:
        return snprintf(out, size, right[0] == '-' ? "%s%s" : "%s+%s", left, right);
    case KOV_DIM_MUL:
        return snprintf(out, size, "%s*%s", right, left);
    case KOV_DIM_FLOOR_DIV:
        return snprintf(out, size, "floor(%s/%s)", left, right);
    case KOV_DIM_CEIL_DIV:
        return snprintf(out, size, "ceil(%s/%s)", left, right);
    case KOV_DIM_MIN:
        return snprintf(out, size, "min(%s,%s)", left, right);
    case KOV_DIM_BROADCAST:
        return snprintf(out, size, "broadcast(%s,%s)", left, right);
    default:
        return snprintf(out, size, "max(%s,%s)", left, right);
    }
}

kov_dim *kov_dims_copy(kov_arena *arena, int ndim, const kov_dim *at)
{
    kov_dim *copy = kov_arena_alloc(arena, sizeof *copy * (size_t)(ndim > 0 ? ndim : 1));
    if (copy && ndim > 0)
        memcpy(copy, at, sizeof *copy * (size_t)ndim);
    return copy;
}

int kov_dims_print(const kov_dims *dims, int ndim, const kov_dim *at, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "(");
    for (int i = 0; i < ndim && used + 2 < size; i++) {
        if (i > 0)
            used += (size_t)snprintf(out + used, size - used, ", ");
        if (used < size)
            used += (size_t)kov_dim_print(dims, at[i], out + used, size - used);
    }
    if (used < size)
        used += (size_t)snprintf(out + used, size - used, ndim == 1 ? ",)" : ")");
    return (int)used;
}

bool kov_dims_equal_but_ones(int a_ndim, const kov_dim *a, int b_ndim, const kov_dim *b)
{
    int i = 0, j = 0;
    for (;;) {
        while (i < a_ndim && a[i] == 1)
            i++;
        while (j < b_ndim && b[j] == 1)
            j++;
        if (i == a_ndim || j == b_ndim)
            return i == a_ndim && j == b_ndim;
        if (a[i++] != b[j++])
            return false;
    }
}
