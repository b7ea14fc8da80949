/* SPDX-License-Identifier: Apache-2.0 */
/* Dimensions: a number (>= 0) or, negative, an interned expression. Equality is ==. */
#ifndef KOV_GRAPH_DIM_H
#define KOV_GRAPH_DIM_H

#include "base/hash.h"
#include <pthread.h>

typedef int64_t kov_dim;
#define KOV_DIM_NO_HINT INT64_MIN

typedef enum kov_dim_kind {
    KOV_DIM_SYMBOL,
    KOV_DIM_NUMBER, /* only inside expressions */
    KOV_DIM_ADD,
    KOV_DIM_MUL,
    KOV_DIM_FLOOR_DIV,
    KOV_DIM_CEIL_DIV,
    KOV_DIM_MIN,
    KOV_DIM_MAX,
    KOV_DIM_BROADCAST /* of two that are equal, or of which one is 1: the other */
} kov_dim_kind;

typedef struct kov_dim_expr {
    kov_dim_kind kind;
    kov_dim left, right;  /* operands */
    int64_t lower, upper; /* bounds, inclusive; upper INT64_MAX: none */
    int64_t hint; /* symbol: the number it stands for in an eager trace, KOV_DIM_NO_HINT: none */
    const char *name; /* symbol */
} kov_dim_expr;

/* The interning table. One per graph family: a graph, its bodies and what passes make of it share
 * it. */
typedef struct kov_dims {
    kov_context *context;
    kov_arena arena;
    kov_hash_map map;
    struct {
        kov_dim_expr *at;
        int n, cap;
    } exprs;
    int refs;
    bool failed;          /* an allocation failed; results are then 0 */
    pthread_mutex_t lock; /* see kov_dims_lock */
} kov_dims;

kov_dims *kov_dims_create(kov_context *context);
void kov_dims_retain(kov_dims *dims);
void kov_dims_release(kov_dims *dims);

/* A finished graph may be shared by threads, its table too: what adds expressions to the table of a
 * finished graph, or reads expressions while others may, holds this lock. The same thread may take
 * it again. A builder that has not finished is one thread's and needs none. */
void kov_dims_lock(kov_dims *dims);
void kov_dims_unlock(kov_dims *dims);

static inline bool kov_dim_is_number(kov_dim dim)
{
    return dim >= 0;
}
const kov_dim_expr *kov_dim_expr_of(const kov_dims *dims, kov_dim dim); /* dim < 0 */

kov_dim kov_dim_symbol(kov_dims *dims, const char *name, int64_t lower, int64_t upper,
                       int64_t hint);
kov_dim kov_dim_unknown(kov_dims *dims); /* a fresh symbol >= 0 without a name */
/* Arithmetic; numbers fold, sums and products are ordered. Content of shape tensors may be
 * negative: a negative number in arithmetic is given to the _number forms only. */
kov_dim kov_dim_add(kov_dims *dims, kov_dim a, kov_dim b);
kov_dim kov_dim_add_number(kov_dims *dims, kov_dim a, int64_t number);
kov_dim kov_dim_sub(kov_dims *dims, kov_dim a, kov_dim b);
kov_dim kov_dim_mul(kov_dims *dims, kov_dim a, kov_dim b);
kov_dim kov_dim_floor_div(kov_dims *dims, kov_dim a, kov_dim b);
kov_dim kov_dim_ceil_div(kov_dims *dims, kov_dim a, kov_dim b);
kov_dim kov_dim_min(kov_dims *dims, kov_dim a, kov_dim b);
kov_dim kov_dim_max(kov_dims *dims, kov_dim a, kov_dim b);
/* What a and b, both >= 0, broadcast to, if they do; whether they do is seen when a graph is run.
 */
kov_dim kov_dim_broadcast(kov_dims *dims, kov_dim a, kov_dim b);
int64_t kov_dim_lower(const kov_dims *dims, kov_dim dim);
int64_t kov_dim_upper(const kov_dims *dims, kov_dim dim); /* INT64_MAX: none */

/* Whether two shapes are the same, in order, but for dimensions of 1. */
bool kov_dims_equal_but_ones(int a_ndim, const kov_dim *a, int b_ndim, const kov_dim *b);

/* The number that hints of its symbols give; false if one has none, or they do not broadcast. */
bool kov_dim_hint(const kov_dims *dims, kov_dim dim, int64_t *out);
/* With values[i] the number of symbol symbols[i]; false if one is missing, or they do not
 * broadcast.
 */
bool kov_dim_evaluate(const kov_dims *dims, kov_dim dim, const kov_dim *symbols,
                      const int64_t *values, int n, int64_t *out);
/* "N", "2*N+1"; returns the length written as snprintf does. */
int kov_dim_print(const kov_dims *dims, kov_dim dim, char *out, size_t size);
/* A copy that is never NULL but on failure, also for ndim 0. */
kov_dim *kov_dims_copy(kov_arena *arena, int ndim, const kov_dim *at);
/* "(N, 3)". */
int kov_dims_print(const kov_dims *dims, int ndim, const kov_dim *at, char *out, size_t size);

#endif
