/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: shapes: what moves elements and computes nothing. */
#include "keras/helpers.h"
#include "keras_functions.h"

/* ---- Rank and order ---- */

kov_value kov_numpy_reshape(kov_builder *b, kov_value x, kov_value newshape)
{
    return kov_reshape(b, kov_strong(b, x), newshape, false);
}

kov_value kov_numpy_ravel(kov_builder *b, kov_value x)
{
    return kov_flatten(b, kov_strong(b, x));
}

kov_value kov_numpy_transpose(kov_builder *b, kov_value x, kov_ints axes)
{
    x = kov_strong(b, x);
    int order[KOV_MAX_NDIM], ndim = kov_ndim(b, x);
    if (axes.n != 0 && axes.n != ndim)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "transpose: %d axes for %d dimensions",
                                axes.n, ndim);
    for (int i = 0; i < ndim; i++)
        order[i] = axes.n == 0 ? ndim - 1 - i : kov_axis(b, "transpose", axes.at[i], ndim);
    return kov_permute(b, x, order, ndim);
}

kov_value kov_numpy_swapaxes(kov_builder *b, kov_value x, int64_t axis1, int64_t axis2)
{
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    int from = kov_axis(b, "swapaxes", axis1, ndim), to = kov_axis(b, "swapaxes", axis2, ndim);
    return kov_swap(b, x, from, to);
}

kov_value kov_numpy_moveaxis(kov_builder *b, kov_value x, kov_ints source, kov_ints destination)
{
    x = kov_strong(b, x);
    int order[KOV_MAX_NDIM], ndim = kov_ndim(b, x);
    bool moved[KOV_MAX_NDIM] = {false};
    if (source.n != destination.n)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "moveaxis: %d axes are moved to %d destinations", source.n,
                                destination.n);
    for (int i = 0; i < ndim; i++)
        order[i] = -1;
    for (int i = 0; i < source.n; i++) {
        int from = kov_axis(b, "moveaxis", source.at[i], ndim);
        int to = kov_axis(b, "moveaxis", destination.at[i], ndim);
        if (b->status != KOV_OK)
            return KOV_VALUE_ERROR;
        if (moved[from] || order[to] >= 0)
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "moveaxis: an axis stands twice");
        moved[from] = true;
        order[to] = from;
    }
    for (int i = 0, next = 0; i < ndim; i++) {
        if (order[i] >= 0)
            continue;
        while (moved[next])
            next++;
        order[i] = next++;
    }
    return kov_permute(b, x, order, ndim);
}

kov_value kov_numpy_expand_dims(kov_builder *b, kov_value x, const kov_axes *axis)
{
    int axes[KOV_MAX_NDIM];
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x) + axis->n;
    if (ndim > KOV_MAX_NDIM)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "expand_dims: more than %d dimensions",
                                KOV_MAX_NDIM);
    int n = kov_axes_list(b, "expand_dims", axis, ndim, axes);
    return n == 0 ? x : kov_unsqueeze(b, x, kov_axes_value(b, axes, n));
}

kov_value kov_numpy_squeeze(kov_builder *b, kov_value x, const kov_axes *axis)
{
    x = kov_strong(b, x);
    int axes[KOV_MAX_NDIM], n = 0, ndim = kov_ndim(b, x);
    if (axis->given) {
        n = kov_axes_list(b, "squeeze", axis, ndim, axes);
    } else {
        /* A size must be known: whether it is 1 decides the rank. */
        for (int i = 0; i < ndim && b->status == KOV_OK; i++) {
            if (kov_dim_number(b, x, i) == 1)
                axes[n++] = i;
        }
    }
    for (int i = 0; axis->given && i < n; i++) {
        int64_t number = 0;
        if (kov_dim_known(b, x, axes[i], &number) && number != 1)
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                    "squeeze: dimension %d has %lld elements, not 1", axes[i],
                                    (long long)number);
    }
    return n == 0 ? x : kov_squeeze(b, x, kov_axes_value(b, axes, n));
}

kov_value kov_numpy_broadcast_to(kov_builder *b, kov_value x, kov_value shape)
{
    return kov_broadcast_to(b, kov_strong(b, x), shape);
}

/* ---- Reversal ---- */

kov_value kov_numpy_flip(kov_builder *b, kov_value x, const kov_axes *axis)
{
    int axes[KOV_MAX_NDIM];
    x = kov_strong(b, x);
    int n = kov_axes_list(b, "flip", axis, kov_ndim(b, x), axes);
    for (int i = 0; i < n; i++)
        x = kov_reverse(b, x, axes[i]);
    return x;
}

kov_value kov_numpy_flipud(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    return kov_reverse(b, x, kov_axis(b, "flipud", 0, kov_ndim(b, x)));
}

kov_value kov_numpy_fliplr(kov_builder *b, kov_value x)
{
    x = kov_strong(b, x);
    return kov_reverse(b, x, kov_axis(b, "fliplr", 1, kov_ndim(b, x)));
}

kov_value kov_numpy_rot90(kov_builder *b, kov_value array, int64_t k, kov_ints axes)
{
    array = kov_strong(b, array);
    int ndim = kov_ndim(b, array);
    if (ndim < 2 || axes.n != 2)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "rot90: %d axes of an array with %d dimensions; two are turned",
                                axes.n, ndim);
    int from = kov_axis(b, "rot90", axes.at[0], ndim), to = kov_axis(b, "rot90", axes.at[1], ndim);
    if (from == to)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "rot90: the axes must differ, both are %d",
                                from);
    switch ((k % 4 + 4) % 4) {
    case 0:
        return array;
    case 1:
        return kov_swap(b, kov_reverse(b, array, to), from, to);
    case 2:
        return kov_reverse(b, kov_reverse(b, array, from), to);
    default:
        return kov_reverse(b, kov_swap(b, array, from, to), to);
    }
}

kov_value kov_numpy_roll(kov_builder *b, kov_value x, kov_value shift, const kov_axes *axis)
{
    int64_t axes[KOV_MAX_NDIM];
    x = kov_strong(b, x);
    int ndim = kov_ndim(b, x);
    if (!axis->given) {
        kov_value whole = kov_broadcast_to(b, shift, kov_one_i64(b, 1));
        kov_value flat = kov_roll(b, kov_flatten(b, x), whole, kov_one_i64(b, 0));
        return ndim == 1 ? flat : kov_reshape(b, flat, kov_shape_value(b, x), false);
    }
    for (int i = 0; i < axis->n; i++)
        axes[i] = kov_axis(b, "roll", axis->at[i], ndim);
    if (b->status == KOV_OK && kov_ndim(b, shift) == 1 && !kov_dim_is(b, shift, 0, 1) &&
        kov_dim_number(b, shift, 0) != axis->n)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "roll: shift has %lld numbers and axis %d; they must be as many, or "
            "shift one",
            (long long)kov_dim_number(b, shift, 0), axis->n);
    kov_value steps = kov_broadcast_to(b, shift, kov_one_i64(b, axis->n));
    return kov_roll(b, x, steps, kov_constant_i64(b, axes, axis->n));
}

/* ---- Repetition ---- */

kov_value kov_numpy_tile(kov_builder *b, kov_value x, kov_value repeats)
{
    return kov_tile(b, kov_strong(b, x), kov_at_least_1d(b, repeats));
}

/* repeats times each element: a new dimension behind the axis is spread and merged with it. */
static kov_value repeat_equally(kov_builder *b, kov_value x, kov_value repeats, int axis)
{
    int ndim = kov_ndim(b, x);
    kov_value count = kov_dim_value(b, x, axis);
    kov_value before = kov_dims_value(b, x, 0, axis);
    kov_value behind = kov_dims_value(b, x, axis + 1, ndim);
    const kov_value spread[] = {before, count, repeats, behind};
    const kov_value merged[] = {before, kov_multiply(b, count, repeats), behind};
    kov_value y = kov_unsqueeze_at(b, x, axis + 1);
    y = kov_broadcast_to(b, y, kov_join_dims(b, spread, 4));
    return kov_reshape(b, y, kov_join_dims(b, merged, 3), false);
}

kov_value kov_numpy_repeat(kov_builder *b, kov_value x, kov_value repeats, const kov_axes *axis)
{
    x = kov_strong(b, x);
    if (!axis->given)
        x = kov_flatten(b, x);
    int at = axis->given ? kov_axis_one(b, "repeat", axis, kov_ndim(b, x)) : 0;
    if (kov_ndim(b, repeats) == 1 && kov_dim_is(b, repeats, 0, 1))
        repeats = kov_squeeze_at(b, repeats, 0);
    if (kov_ndim(b, repeats) == 0)
        return repeat_equally(b, x, repeats, at);
    /* Output element i comes from the first input whose running total exceeds i. */
    kov_value ends = kov_cum_sum(b, repeats, kov_constant_i64_scalar(b, 0), false, false);
    kov_value total = kov_reduce_sum(b, repeats, kov_one_i64(b, 0), false);
    kov_value from =
        kov_search_sorted(b, ends, kov_iota(b, total, KOV_DTYPE_I64), true, KOV_DTYPE_I64);
    return kov_gather(b, x, from, kov_constant_i64_scalar(b, at), 0);
}

/* ---- Joining ---- */

static kov_value joined(kov_builder *b, const char *function, kov_value *xs, int n, int64_t axis)
{
    if (n == 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: at least one tensor is needed",
                                function);
    kov_promote_all(b, xs, n);
    int at = kov_axis(b, function, axis, kov_ndim(b, xs[0]));
    return n == 1 ? xs[0] : kov_concat(b, xs, n, at);
}

/* A copy of the sequence that may be changed; NULL on failure. */
static kov_value *copied(kov_builder *b, kov_values xs)
{
    kov_value *at = kov_alloc(b->context, sizeof *at * (size_t)(xs.n + 1));
    if (at == NULL) {
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
        return NULL;
    }
    for (int i = 0; i < xs.n; i++)
        at[i] = xs.at[i];
    return at;
}

static kov_value join_all(kov_builder *b, const char *function, kov_values xs, int64_t axis,
                          int at_least, bool at_front)
{
    kov_value *at = copied(b, xs);
    if (at == NULL)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < xs.n; i++) {
        int ndim = kov_ndim(b, at[i]);
        if (ndim >= at_least)
            continue;
        if (at_front) {
            at[i] = kov_raise_to(b, at[i], at_least);
        } else { /* as in dstack: (n) becomes (1, n, 1), (m, n) becomes (m, n, 1) */
            at[i] = kov_raise_to(b, kov_at_least_1d(b, at[i]), at_least - 1);
            at[i] = kov_unsqueeze_at(b, at[i], at_least - 1);
        }
    }
    kov_value y = joined(b, function, at, xs.n, axis);
    kov_free(b->context, at);
    return y;
}

kov_value kov_numpy_concatenate(kov_builder *b, kov_values xs, const kov_axes *axis)
{
    if (axis->given && axis->n == 1)
        return join_all(b, "concatenate", xs, axis->at[0], 1, true);
    kov_value *at = copied(b, xs);
    if (at == NULL)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < xs.n; i++)
        at[i] = kov_flatten(b, at[i]);
    kov_value y = joined(b, "concatenate", at, xs.n, 0);
    kov_free(b->context, at);
    return y;
}

kov_value kov_numpy_append(kov_builder *b, kov_value x1, kov_value x2, const kov_axes *axis)
{
    kov_value both[] = {x1, x2};
    if (axis->given)
        return joined(b, "append", both, 2, axis->at[0]);
    both[0] = kov_flatten(b, x1);
    both[1] = kov_flatten(b, x2);
    return joined(b, "append", both, 2, 0);
}

kov_value kov_numpy_stack(kov_builder *b, kov_values x, int64_t axis)
{
    kov_value *at = copied(b, x);
    if (at == NULL)
        return KOV_VALUE_ERROR;
    int place = x.n == 0 ? 0 : kov_axis(b, "stack", axis, kov_ndim(b, at[0]) + 1);
    for (int i = 0; i < x.n; i++)
        at[i] = kov_unsqueeze_at(b, at[i], place);
    kov_value y = joined(b, "stack", at, x.n, place);
    kov_free(b->context, at);
    return y;
}

kov_value kov_numpy_vstack(kov_builder *b, kov_values xs)
{
    return join_all(b, "vstack", xs, 0, 2, true);
}

kov_value kov_numpy_hstack(kov_builder *b, kov_values xs)
{
    bool flat = xs.n > 0 && kov_ndim(b, xs.at[0]) < 2;
    return join_all(b, "hstack", xs, flat ? 0 : 1, 1, true);
}

kov_value kov_numpy_dstack(kov_builder *b, kov_values xs)
{
    return join_all(b, "dstack", xs, 2, 3, false);
}

kov_value kov_numpy_column_stack(kov_builder *b, kov_values xs)
{
    kov_value *at = copied(b, xs);
    if (at == NULL)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < xs.n; i++) {
        at[i] = kov_at_least_1d(b, at[i]);
        if (kov_ndim(b, at[i]) == 1)
            at[i] = kov_unsqueeze_at(b, at[i], 1);
    }
    kov_value y = joined(b, "column_stack", at, xs.n, 1);
    kov_free(b->context, at);
    return y;
}

/* ---- Splitting ---- */

/* Pieces between the cuts; a negative cut counts from the end, as a slice's bound does. */
static int split_at(kov_builder *b, kov_value x, const int64_t *cuts, int n, int axis,
                    kov_value *outs, int capacity)
{
    if (n + 1 > capacity) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "split: more than %d pieces", capacity);
        return 0;
    }
    for (int i = 0; i <= n; i++)
        outs[i] =
            kov_slice_axis(b, x, axis, i == 0 ? 0 : cuts[i - 1], i == n ? INT64_MAX : cuts[i], 1);
    return n + 1;
}

static int outputs_of(kov_value first, int count, kov_value *outs)
{
    for (int i = 0; i < count; i++)
        outs[i] = kov_output(first, i);
    return count;
}

/* Piece i of L elements in s pieces has (L - i + s - 1) / s: the first ones are one longer where it
 * does not come out. */
static int split_unevenly(kov_builder *b, kov_value x, int64_t sections, int axis, kov_value *outs)
{
    kov_value count = kov_constant_i64_scalar(b, sections), one = kov_constant_i64_scalar(b, 1);
    kov_value top = kov_add(b, kov_dim_value(b, x, axis), kov_constant_i64_scalar(b, sections - 1));
    kov_value lengths[KOV_MAX_NDIM * 2], start = kov_constant_i64_scalar(b, 0);
    bool few = sections <= KOV_MAX_NDIM * 2;
    for (int64_t i = 0; i < sections; i++) {
        kov_value offset = kov_subtract(b, top, kov_constant_i64_scalar(b, i));
        kov_value length = kov_divide(b, offset, count);
        if (few) {
            lengths[i] = length;
            continue;
        }
        kov_value stop = kov_add(b, start, length);
        outs[i] = kov_slice(b, x, kov_join_dims(b, &start, 1), kov_join_dims(b, &stop, 1),
                            kov_join_dims(b, &one, 1), kov_one_i64(b, axis));
        start = stop;
    }
    if (!few)
        return (int)sections;
    int n = 0;
    kov_value first = kov_variadic_split(b, x, kov_constant_i64_scalar(b, axis),
                                         kov_join_dims(b, lengths, (int)sections), &n);
    return outputs_of(first, n, outs);
}

static int split_into(kov_builder *b, const char *function, kov_value x, int64_t sections, int axis,
                      bool uneven, kov_value *outs, int capacity)
{
    if (sections <= 0 || sections > capacity) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: %lld pieces", function, (long long)sections);
        return 0;
    }
    int64_t length = 0;
    bool known = kov_dim_is_number(kov_builder_value(b, x)->dims[axis]) &&
                 kov_dim_known(b, x, axis, &length);
    if (uneven && !(known && length % sections == 0))
        return split_unevenly(b, x, sections, axis, outs);
    if (known && length % sections != 0) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                         "%s: %lld elements along axis %d do not make %lld equal pieces", function,
                         (long long)length, axis, (long long)sections);
        return 0;
    }
    int count = 0;
    kov_value first = kov_split(b, x, kov_constant_i64_scalar(b, axis), sections, &count);
    return outputs_of(first, count, outs);
}

static int pieces(kov_builder *b, const char *function, kov_value x, kov_sections cuts,
                  int64_t axis, bool uneven, kov_value *outs, int capacity)
{
    x = kov_strong(b, x);
    int at = kov_axis(b, function, axis, kov_ndim(b, x));
    if (b->status != KOV_OK)
        return 0;
    if (cuts.bare)
        return split_into(b, function, x, cuts.at[0], at, uneven, outs, capacity);
    return split_at(b, x, cuts.at, cuts.n, at, outs, capacity);
}

int kov_numpy_split(kov_builder *b, kov_value x, kov_sections indices_or_sections, int64_t axis,
                    kov_value *outs, int capacity)
{
    return pieces(b, "split", x, indices_or_sections, axis, false, outs, capacity);
}

int kov_numpy_array_split(kov_builder *b, kov_value x, kov_sections indices_or_sections,
                          int64_t axis, kov_value *outs, int capacity)
{
    return pieces(b, "array_split", x, indices_or_sections, axis, true, outs, capacity);
}

int kov_numpy_hsplit(kov_builder *b, kov_value x, kov_sections indices_or_sections, kov_value *outs,
                     int capacity)
{
    int axis = kov_ndim(b, x) > 1 ? 1 : 0;
    return pieces(b, "hsplit", x, indices_or_sections, axis, false, outs, capacity);
}

int kov_numpy_vsplit(kov_builder *b, kov_value x, kov_sections indices_or_sections, kov_value *outs,
                     int capacity)
{
    return pieces(b, "vsplit", x, indices_or_sections, 0, false, outs, capacity);
}

int kov_numpy_dsplit(kov_builder *b, kov_value x, kov_sections indices_or_sections, kov_value *outs,
                     int capacity)
{
    return pieces(b, "dsplit", x, indices_or_sections, 2, false, outs, capacity);
}

int kov_numpy_meshgrid(kov_builder *b, kov_values x, const char *indexing, kov_value *outs,
                       int capacity)
{
    if (x.n > capacity || x.n > KOV_MAX_NDIM) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "meshgrid: %d tensors", x.n);
        return 0;
    }
    bool swapped = indexing[0] == 'x' && x.n > 1; /* xy: the first two trade places */
    kov_value sizes[KOV_MAX_NDIM] = {KOV_VALUE_ERROR};
    for (int i = 0; i < x.n; i++) {
        int at = swapped && i < 2 ? 1 - i : i, axes[KOV_MAX_NDIM], n = 0;
        kov_value flat = kov_flatten(b, kov_strong(b, x.at[i]));
        sizes[at] = kov_dim_value(b, flat, 0);
        for (int k = 0; k < x.n; k++)
            if (k != at)
                axes[n++] = k;
        outs[i] = n == 0 ? flat : kov_unsqueeze(b, flat, kov_axes_value(b, axes, n));
    }
    kov_value shape = kov_join_dims(b, sizes, x.n);
    for (int i = 0; i < x.n; i++)
        outs[i] = kov_broadcast_to(b, outs[i], shape);
    return x.n;
}
