/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: einsum. Operands are contracted in pairs, the cheapest pair first; a pair with a
 * label to sum over is one MatMul of [batch, free, summed] by [batch, summed, free], any other is a
 * product. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <string.h>

#define LETTERS 128                     /* labels below are ASCII letters */
#define LABELS (LETTERS + KOV_MAX_NDIM) /* above: dimensions of "...", counted from the right */
#define MAX_OPERANDS 64

typedef struct kov_term {
    kov_value value;
    int labels[KOV_MAX_NDIM];
    int n;
} kov_term;

typedef struct kov_labels {
    int at[KOV_MAX_NDIM];
    int n;
} kov_labels;

static kov_value fail_in(kov_builder *b, const char *subscripts, const char *why)
{
    return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "einsum: \"%s\": %s", subscripts, why);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int index_of(const int *labels, int n, int label)
{
    for (int i = 0; i < n; i++)
        if (labels[i] == label)
            return i;
    return -1;
}

/* ---- Parsing ---- */

/* Reads labels up to a comma, an arrow or the end. ellipsis: how many dimensions "..." stands for,
 * or -1: what is left of ndim. */
static const char *read_term(kov_builder *b, const char *all, const char *p, int ndim, int ellipsis,
                             kov_labels *out)
{
    int letters = 0;
    for (const char *c = p; *c != '\0' && *c != ',' && *c != '-'; c++)
        letters += is_letter(*c);
    out->n = 0;
    while (*p != '\0' && *p != ',' && *p != '-') {
        int width = 1;
        if (*p == ' ') {
            p++;
            continue;
        }
        if (strncmp(p, "...", 3) == 0)
            width = ellipsis >= 0 ? ellipsis : ndim - letters;
        else if (!is_letter(*p))
            return fail_in(b, all, "a label is a letter"), NULL;
        if (width < 0 || out->n + width > KOV_MAX_NDIM)
            return fail_in(b, all, "an operand has another number of dimensions than labels"), NULL;
        if (*p != '.')
            out->at[out->n++] = *p++;
        else {
            for (int i = 0; i < width; i++)
                out->at[out->n++] = LETTERS + width - 1 - i;
            p += 3;
        }
    }
    return p;
}

/* Without an arrow: "..." and then, in order, the letters that stand once. */
static void implied_output(const int *uses, int ellipsis, kov_labels *out)
{
    out->n = 0;
    for (int i = ellipsis - 1; i >= 0; i--)
        out->at[out->n++] = LETTERS + i;
    for (int label = 0; label < LETTERS && out->n < KOV_MAX_NDIM; label++)
        if (uses[label] == 1)
            out->at[out->n++] = label;
}

static bool parse(kov_builder *b, const char *subscripts, const kov_value *operands, int n,
                  kov_term *terms, kov_labels *output)
{
    int uses[LABELS] = {0}, ellipsis = 0;
    const char *p = subscripts;
    for (int i = 0; i < n; i++) {
        kov_labels labels;
        int ndim = kov_ndim(b, operands[i]);
        p = read_term(b, subscripts, p, ndim, -1, &labels);
        if (p == NULL)
            return false;
        if (labels.n != ndim || (i + 1 < n && *p != ',')) {
            fail_in(b, subscripts, "labels and operands do not match");
            return false;
        }
        p += i + 1 < n;
        terms[i] = (kov_term){.value = operands[i], .n = labels.n};
        for (int k = 0; k < labels.n; k++) {
            terms[i].labels[k] = labels.at[k];
            uses[labels.at[k]]++;
            if (labels.at[k] >= LETTERS && labels.at[k] - LETTERS >= ellipsis)
                ellipsis = labels.at[k] - LETTERS + 1;
        }
    }
    if (*p == '\0') {
        implied_output(uses, ellipsis, output);
        return true;
    }
    if (strncmp(p, "->", 2) != 0) {
        fail_in(b, subscripts, "labels and operands do not match");
        return false;
    }
    p = read_term(b, subscripts, p + 2, 0, ellipsis, output);
    if (p == NULL || *p != '\0') {
        fail_in(b, subscripts, "the output is not one list of labels");
        return false;
    }
    for (int i = 0; i < output->n; i++)
        if (uses[output->at[i]] == 0 || index_of(output->at, i, output->at[i]) >= 0) {
            fail_in(b, subscripts, "an output label stands twice or in no operand");
            return false;
        }
    return true;
}

/* ---- One operand ---- */

/* A label that stands twice in an operand means its diagonal. */
static void take_diagonals(kov_builder *b, kov_term *t)
{
    for (int i = 0; i < t->n; i++) {
        int label = t->labels[i];
        int other = index_of(t->labels + i + 1, t->n - i - 1, label);
        if (other < 0)
            continue;
        other += i + 1;
        t->value = kov_numpy_diagonal(b, t->value, 0, i, other);
        int kept = 0;
        for (int k = 0; k < t->n; k++)
            if (k != i && k != other)
                t->labels[kept++] = t->labels[k];
        t->labels[kept++] = label;
        t->n = kept;
        i = -1;
    }
}

/* Sums over the labels that `kept` does not have. */
static void sum_out(kov_builder *b, kov_term *t, const bool *kept)
{
    int axes[KOV_MAX_NDIM], n = 0, left = 0;
    for (int i = 0; i < t->n; i++) {
        if (kept[t->labels[i]])
            t->labels[left++] = t->labels[i];
        else
            axes[n++] = i;
    }
    t->n = left;
    t->value = kov_sum_over(b, t->value, axes, n, false);
}

static kov_value permuted(kov_builder *b, const kov_term *t, const int *labels, int n)
{
    int order[KOV_MAX_NDIM];
    for (int i = 0; i < n; i++)
        order[i] = index_of(t->labels, t->n, labels[i]);
    return kov_permute(b, t->value, order, n);
}

/* Dimensions for `labels`, of size 1 for those that the operand lacks. */
static kov_value aligned(kov_builder *b, const kov_term *t, const kov_labels *labels)
{
    int own[KOV_MAX_NDIM] = {0}, missing[KOV_MAX_NDIM], n = 0, m = 0;
    for (int i = 0; i < labels->n; i++) {
        if (index_of(t->labels, t->n, labels->at[i]) >= 0)
            own[n++] = labels->at[i];
        else
            missing[m++] = i;
    }
    kov_value v = permuted(b, t, own, n);
    return m == 0 ? v : kov_unsqueeze(b, v, kov_axes_value(b, missing, m));
}

/* ---- Two operands ---- */

typedef struct kov_split_labels {
    kov_labels batch, summed, free[2];
} kov_split_labels;

static void add_label(kov_labels *labels, int label)
{
    if (labels->n < KOV_MAX_NDIM)
        labels->at[labels->n++] = label;
}

static kov_split_labels split_labels(const kov_term *x, const kov_term *y, const bool *kept)
{
    kov_split_labels s = {0};
    for (int i = 0; i < x->n; i++) {
        int label = x->labels[i];
        bool shared = index_of(y->labels, y->n, label) >= 0;
        add_label(!shared ? &s.free[0] : kept[label] ? &s.batch : &s.summed, label);
    }
    for (int i = 0; i < y->n; i++)
        if (index_of(x->labels, x->n, y->labels[i]) < 0)
            add_label(&s.free[1], y->labels[i]);
    return s;
}

static kov_labels concatenated(const kov_labels *x, const kov_labels *y, const kov_labels *z)
{
    kov_labels all = *x;
    for (int i = 0; i < y->n; i++)
        add_label(&all, y->at[i]);
    for (int i = 0; z != NULL && i < z->n; i++)
        add_label(&all, z->at[i]);
    return all;
}

static bool same_labels(const kov_term *t, const kov_labels *labels)
{
    return t->n == labels->n && memcmp(t->labels, labels->at, sizeof(int) * (size_t)labels->n) == 0;
}

/* Reshape that keeps the first `keep` dimensions and gives the others these. Where those are
 * numbers no shape has to be computed for it, whatever the first ones are. */
static kov_value reshape_behind(kov_builder *b, kov_value v, int keep, const kov_dim *dims, int n)
{
    int64_t shape[KOV_MAX_NDIM] = {0};
    bool known = b->status == KOV_OK && keep + n <= KOV_MAX_NDIM;
    for (int i = 0; i < n && known; i++) {
        shape[keep + i] = dims[i];
        known = kov_dim_is_number(dims[i]) && dims[i] > 0;
    }
    return known ? kov_reshape(b, v, kov_constant_i64(b, shape, keep + n), true) : KOV_VALUE_NONE;
}

/* Merges dimensions [from, from + n) into one. */
static kov_value merged(kov_builder *b, kov_value v, int from, int n)
{
    if (n == 1 || b->status != KOV_OK)
        return v;
    if (n == 0)
        return kov_unsqueeze_at(b, v, from);
    int axes[KOV_MAX_NDIM], ndim = kov_ndim(b, v), behind = ndim - from - n + 1;
    kov_dim dims[KOV_MAX_NDIM];
    memcpy(dims, kov_builder_value(b, v)->dims, sizeof *dims * (size_t)ndim);
    for (int i = 0; i < n; i++) {
        axes[i] = from + i;
        if (i > 0)
            dims[from] = kov_dim_mul(b->dims, dims[from], dims[from + i]);
    }
    memmove(dims + from + 1, dims + from + n, sizeof *dims * (size_t)(behind - 1));
    kov_value y = reshape_behind(b, v, from, dims + from, behind);
    if (y != KOV_VALUE_NONE)
        return y;
    const kov_value parts[] = {kov_dims_value(b, v, 0, from), kov_count_along(b, v, axes, n),
                               kov_dims_value(b, v, from + n, kov_ndim(b, v))};
    return kov_reshape(b, v, kov_join_dims(b, parts, 3), false);
}

/* Operand as a batch of matrices; *turned says that its last two dimensions stand the other way.
 * Which way needs no transposition is tried first. */
static kov_value as_matrices(kov_builder *b, const kov_term *t, const kov_split_labels *s, int side,
                             bool *turned, kov_value *free_dims)
{
    const kov_labels *rows = side == 0 ? &s->free[0] : &s->summed;
    const kov_labels *columns = side == 0 ? &s->summed : &s->free[1];
    kov_labels plain = concatenated(&s->batch, rows, columns);
    kov_labels other = concatenated(&s->batch, columns, rows);
    *turned = !same_labels(t, &plain) && same_labels(t, &other);
    const kov_labels *first = *turned ? columns : rows, *second = *turned ? rows : columns;
    kov_value v = permuted(b, t, *turned ? other.at : plain.at, plain.n);
    bool free_first = (side == 0) != *turned;
    int start = s->batch.n + (free_first ? 0 : first->n);
    *free_dims = kov_dims_value(b, v, start, start + s->free[side].n);
    v = merged(b, v, s->batch.n, first->n);
    return merged(b, v, s->batch.n + 1, second->n);
}

/* [free..., summed] by a matrix [summed, free...]: the product takes the first as it is. */
static bool rows_by_matrix(kov_builder *b, const kov_term *x, const kov_term *y,
                           const kov_split_labels *s, kov_term *out)
{
    kov_labels as_is = concatenated(&s->free[0], &s->summed, NULL);
    bool turned;
    kov_value unused;
    if (b->status != KOV_OK || s->batch.n > 0 || s->free[0].n < 2 || s->free[1].n < 1 ||
        !same_labels(x, &as_is))
        return false;
    kov_dim columns[KOV_MAX_NDIM];
    for (int i = 0; i < s->free[1].n; i++) {
        int at = index_of(y->labels, y->n, s->free[1].at[i]);
        columns[i] = kov_builder_value(b, y->value)->dims[at];
        if (!kov_dim_is_number(columns[i]) || columns[i] == 0)
            return false;
    }
    kov_value matrix = as_matrices(b, y, s, 1, &turned, &unused);
    kov_value v =
        kov_mat_mul(b, merged(b, x->value, s->free[0].n, s->summed.n), matrix, false, turned);
    if (s->free[1].n > 1)
        v = reshape_behind(b, v, s->free[0].n, columns, s->free[1].n);
    kov_labels all = concatenated(&s->free[0], &s->free[1], NULL);
    *out = (kov_term){.value = v, .n = all.n};
    memcpy(out->labels, all.at, sizeof all.at);
    return true;
}

static kov_term matrix_product(kov_builder *b, const kov_term *x, const kov_term *y,
                               const kov_split_labels *s)
{
    kov_term simple;
    if (rows_by_matrix(b, x, y, s, &simple))
        return simple;
    bool turned[2];
    kov_value free_dims[2];
    kov_value left = as_matrices(b, x, s, 0, &turned[0], &free_dims[0]);
    kov_value right = as_matrices(b, y, s, 1, &turned[1], &free_dims[1]);
    kov_value v = kov_matrix_product(b, left, right, turned[0], turned[1]);
    if (s->free[0].n != 1 || s->free[1].n != 1) {
        const kov_value parts[] = {kov_dims_value(b, v, 0, s->batch.n), free_dims[0], free_dims[1]};
        v = kov_reshape(b, v, kov_join_dims(b, parts, 3), false);
    }
    kov_labels all = concatenated(&s->batch, &s->free[0], &s->free[1]);
    kov_term result = {.value = v, .n = all.n};
    memcpy(result.labels, all.at, sizeof all.at);
    return result;
}

/* Labels in the order of the output, so that no transposition follows. */
static kov_term plain_product(kov_builder *b, const kov_term *x, const kov_term *y,
                              const kov_split_labels *s, const kov_labels *output)
{
    kov_labels all = concatenated(&s->batch, &s->free[0], &s->free[1]), sorted = {.n = 0};
    for (int i = 0; i < output->n; i++)
        if (index_of(all.at, all.n, output->at[i]) >= 0)
            add_label(&sorted, output->at[i]);
    for (int i = 0; i < all.n; i++)
        if (index_of(sorted.at, sorted.n, all.at[i]) < 0)
            add_label(&sorted, all.at[i]);
    kov_term result = {.n = sorted.n};
    result.value = kov_multiply(b, aligned(b, x, &sorted), aligned(b, y, &sorted));
    memcpy(result.labels, sorted.at, sizeof sorted.at);
    return result;
}

/* A label to sum over whose dimension is 1 in one operand only: that operand does not depend on it.
 */
static void drop_broadcast(kov_builder *b, kov_term *x, const kov_term *y, const bool *kept)
{
    for (int i = x->n - 1; i >= 0; i--) {
        int other = index_of(y->labels, y->n, x->labels[i]);
        if (kept[x->labels[i]] || other < 0 || !kov_dim_is(b, x->value, i, 1) ||
            kov_dim_is(b, y->value, other, 1))
            continue;
        x->value = kov_squeeze_at(b, x->value, i);
        for (int k = i; k + 1 < x->n; k++)
            x->labels[k] = x->labels[k + 1];
        x->n--;
    }
}

static void keep_own(bool *kept, const kov_term *t)
{
    for (int i = 0; i < t->n; i++)
        kept[t->labels[i]] = true;
}

/* Whether the output wants the labels that y alone has before those that x alone has. */
static bool wants_second_first(const kov_term *x, const kov_term *y, const kov_labels *output)
{
    int first = -1, last = -1;
    for (int i = 0; i < output->n; i++) {
        bool in_x = index_of(x->labels, x->n, output->at[i]) >= 0;
        bool in_y = index_of(y->labels, y->n, output->at[i]) >= 0;
        if (in_x && !in_y && first < 0)
            first = i;
        if (in_y && !in_x)
            last = i;
    }
    return first >= 0 && last >= 0 && last < first;
}

static kov_term contract_pair(kov_builder *b, kov_term x, kov_term y, const bool *kept,
                              const kov_labels *output)
{
    bool kept_x[LABELS], kept_y[LABELS];
    if (wants_second_first(&x, &y, output)) {
        kov_term first = x;
        x = y;
        y = first;
    }
    drop_broadcast(b, &x, &y, kept);
    drop_broadcast(b, &y, &x, kept);
    memcpy(kept_x, kept, sizeof kept_x);
    memcpy(kept_y, kept, sizeof kept_y);
    keep_own(kept_x, &y);
    keep_own(kept_y, &x);
    sum_out(b, &x, kept_x);
    sum_out(b, &y, kept_y);
    kov_split_labels s = split_labels(&x, &y, kept);
    if (s.batch.n + s.free[0].n + s.free[1].n > KOV_MAX_NDIM) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "einsum: more than %d dimensions", KOV_MAX_NDIM);
        return x;
    }
    return s.summed.n > 0 ? matrix_product(b, &x, &y, &s) : plain_product(b, &x, &y, &s, output);
}

/* ---- Order ---- */

/* Multiplications that a pair costs; a free dimension counts as 64. Only the order depends on it,
 * not the result, so hints are read without a guard. */
static double pair_cost(kov_builder *b, const kov_term *x, const kov_term *y)
{
    const kov_term *both[] = {x, y};
    bool counted[LABELS] = {false};
    double cost = 1.0;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < both[k]->n; i++) {
            int64_t size = 64;
            if (counted[both[k]->labels[i]])
                continue;
            counted[both[k]->labels[i]] = true;
            kov_dim dim = kov_builder_value(b, both[k]->value)->dims[i];
            if (kov_dim_is_number(dim))
                size = dim;
            else
                kov_dim_hint(b->dims, dim, &size);
            cost *= (double)size;
        }
    return cost;
}

static void cheapest_pair(kov_builder *b, const kov_term *terms, int n, int *first, int *second)
{
    double best = -1.0;
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n; k++) {
            double cost = n == 2 ? 0.0 : pair_cost(b, &terms[i], &terms[k]);
            if (best >= 0.0 && cost >= best)
                continue;
            best = cost;
            *first = i;
            *second = k;
        }
}

/* All bytes: int8 alone is summed in int32, bool as numbers. */
static kov_dtype compute_type(kov_builder *b, const kov_value *xs, int n, kov_dtype *result)
{
    bool all_i8 = true;
    for (int i = 0; i < n; i++)
        all_i8 = all_i8 && kov_dtype_of(b, xs[i]) == KOV_DTYPE_I8;
    *result = all_i8 ? KOV_DTYPE_I32 : kov_result_type(b, xs, n);
    return *result == KOV_DTYPE_BOOL ? KOV_DTYPE_I32 : *result;
}

kov_value kov_numpy_einsum(kov_builder *b, const char *subscripts, kov_values operands)
{
    kov_value xs[MAX_OPERANDS];
    kov_term terms[MAX_OPERANDS];
    kov_labels output;
    int n = operands.n;
    if (n < 1 || n > MAX_OPERANDS)
        return fail_in(b, subscripts, "it takes 1 to 64 operands");
    for (int i = 0; i < n; i++)
        xs[i] = kov_strong(b, operands.at[i]);
    kov_dtype result = KOV_DTYPE_F32, dtype = compute_type(b, xs, n, &result);
    for (int i = 0; i < n; i++)
        xs[i] = kov_cast(b, xs[i], dtype);
    if (b->status != KOV_OK || !parse(b, subscripts, xs, n, terms, &output))
        return KOV_VALUE_ERROR;
    for (int i = 0; i < n; i++)
        take_diagonals(b, &terms[i]);
    while (n > 1 && b->status == KOV_OK) {
        int first = 0, second = 1;
        cheapest_pair(b, terms, n, &first, &second);
        bool kept[LABELS] = {false};
        for (int i = 0; i < output.n; i++)
            kept[output.at[i]] = true;
        for (int i = 0; i < n; i++)
            if (i != first && i != second)
                keep_own(kept, &terms[i]);
        terms[first] = contract_pair(b, terms[first], terms[second], kept, &output);
        terms[second] = terms[--n];
    }
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    bool kept[LABELS] = {false};
    for (int i = 0; i < output.n; i++)
        kept[output.at[i]] = true;
    sum_out(b, &terms[0], kept);
    return kov_cast(b, permuted(b, &terms[0], output.at, output.n), result);
}
