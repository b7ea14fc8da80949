/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons and logic of two operands; results are bool. */
#include "opset/content_math.h"
#include "opset/elementwise/complex_math.h"
#include "opset/elementwise/pair_infer.h"
#include "opset/elementwise/pair_walk.h"

enum { LESS = 1, SAME = 2, MORE = 4, UNORDERED = 8 };

/* Which outcomes make the operation true. */
static int true_outcomes(int op)
{
    switch (op) {
    case KOV_OP_EQUAL:
        return SAME;
    case KOV_OP_NOT_EQUAL:
        return LESS | MORE | UNORDERED;
    case KOV_OP_GREATER:
        return MORE;
    case KOV_OP_GREATER_EQUAL:
        return MORE | SAME;
    case KOV_OP_LESS:
        return LESS;
    default: /* LessEqual */
        return LESS | SAME;
    }
}

static bool is_logical(int op)
{
    return op == KOV_OP_LOGICAL_AND || op == KOV_OP_LOGICAL_OR || op == KOV_OP_LOGICAL_XOR;
}

static bool logical_one(int op, bool a, bool b)
{
    return op == KOV_OP_LOGICAL_AND ? a && b : op == KOV_OP_LOGICAL_OR ? a || b : a != b;
}

/* The outcomes that are possible, from the bounds of a - b. */
static int possible_outcomes(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    kov_content_element difference = kov_content_sub(dims, a, b);
    if (!difference.known)
        return LESS | SAME | MORE;
    int64_t low = kov_dim_lower(dims, difference.dim), high = kov_dim_upper(dims, difference.dim);
    int mask = (low < 0 ? LESS : 0) | (high > 0 ? MORE : 0) | (low <= 0 && high >= 0 ? SAME : 0);
    if (difference.negative)
        mask = (mask & SAME) | (mask & LESS ? MORE : 0) | (mask & MORE ? LESS : 0);
    return mask;
}

static kov_content_element content_one(kov_infer *infer, int op, int i)
{
    const kov_content_element unknown = {0};
    kov_content_element a = kov_content_at(infer, 0, i), b = kov_content_at(infer, 1, i);
    int64_t x, y;
    if (is_logical(op)) {
        bool a_known = kov_content_number(a, &x), b_known = kov_content_number(b, &y);
        return a_known && b_known ? kov_content_of_number(logical_one(op, x != 0, y != 0))
                                  : unknown;
    }
    int possible = possible_outcomes(infer->dims, a, b), wanted = true_outcomes(op);
    if ((possible & ~wanted) == 0)
        return kov_content_of_number(1);
    return (possible & wanted) == 0 ? kov_content_of_number(0) : unknown;
}

kov_status kov_infer_compare(kov_infer *infer)
{
    int op = (int)(infer->op - kov_op_info_of(0));
    kov_dtype dtype = infer->inputs[0].dtype;
    kov_wide wide = kov_wide_of(dtype);
    KOV_TRY(kov_infer_pair(infer, 0, KOV_DTYPE_BOOL));
    if (wide == KOV_WIDE_NONE)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "it is not defined for %s",
                              kov_dtype_keras_name(dtype));
    const kov_infer_output *out = &infer->outputs[0];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if ((wide != KOV_WIDE_SIGNED && dtype != KOV_DTYPE_BOOL) ||
        !kov_content_follows(KOV_DTYPE_BOOL, out->ndim, out->dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = content_one(infer, op, i);
    return kov_content_set(infer, 0, KOV_DTYPE_BOOL, n, elements);
}

static int complex_outcome(kov_complex a, kov_complex b)
{
    if (kov_complex_is_nan(a) || kov_complex_is_nan(b))
        return UNORDERED;
    int order = kov_complex_compare(a, b);
    return order < 0 ? LESS : order > 0 ? MORE : SAME;
}

static int outcome(kov_wide wide, const kov_block *a, const kov_block *b, int k)
{
    switch (wide) {
    case KOV_WIDE_SIGNED:
        return a->i[k] < b->i[k] ? LESS : a->i[k] > b->i[k] ? MORE : SAME;
    case KOV_WIDE_UNSIGNED:
        return a->u[k] < b->u[k] ? LESS : a->u[k] > b->u[k] ? MORE : SAME;
    case KOV_WIDE_REAL:
        return a->r[k] < b->r[k]    ? LESS
               : a->r[k] > b->r[k]  ? MORE
               : a->r[k] == b->r[k] ? SAME
                                    : UNORDERED;
    default:
        return complex_outcome(a->c[k], b->c[k]);
    }
}

/* The result goes into a->u, whose element k lies at or before those that are still to be read. */
static kov_status compare(const kov_eval *eval, kov_wide wide, int n, kov_block *a,
                          const kov_block *b)
{
    int wanted = true_outcomes(kov_eval_op(eval));
    for (int k = 0; k < n; k++)
        a->u[k] = (outcome(wide, a, b, k) & wanted) != 0;
    return KOV_OK;
}

kov_status kov_eval_compare(kov_eval *eval)
{
    return kov_pair_walk(eval, compare);
}

static bool is_true(kov_wide wide, const kov_block *a, int k)
{
    if (wide == KOV_WIDE_REAL)
        return a->r[k] != 0;
    return wide == KOV_WIDE_COMPLEX ? a->c[k].re != 0 || a->c[k].im != 0 : a->u[k] != 0;
}

static kov_status logical(const kov_eval *eval, kov_wide wide, int n, kov_block *a,
                          const kov_block *b)
{
    for (int k = 0; k < n; k++)
        a->u[k] = logical_one(kov_eval_op(eval), is_true(wide, a, k), is_true(wide, b, k));
    return KOV_OK;
}

kov_status kov_eval_logical(kov_eval *eval)
{
    return kov_pair_walk(eval, logical);
}
