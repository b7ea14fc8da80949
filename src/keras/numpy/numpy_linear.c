/* SPDX-License-Identifier: Apache-2.0 */
/* Module numpy: products of vectors and matrices. */
#include "keras/helpers.h"
#include "keras_functions.h"

/* Two bytes make a product that needs more: int8 by int8 is int32. */
static kov_value product(kov_builder *b, kov_value x, kov_value y)
{
    if (!kov_is_bool_value(b, x))
        return kov_matrix_product(b, x, y, false, false);
    x = kov_cast(b, x, KOV_DTYPE_I32);
    y = kov_cast(b, y, KOV_DTYPE_I32);
    return kov_cast(b, kov_mat_mul(b, x, y, false, false), KOV_DTYPE_BOOL);
}

kov_value kov_numpy_matmul(kov_builder *b, kov_value x1, kov_value x2)
{
    x1 = kov_strong(b, x1);
    x2 = kov_strong(b, x2);
    if (kov_ndim(b, x1) == 0 || kov_ndim(b, x2) == 0)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "matmul: operands of %d and %d dimensions; scalars have no matrix "
                                "product",
                                kov_ndim(b, x1), kov_ndim(b, x2));
    if (kov_dtype_of(b, x1) == KOV_DTYPE_I8 && kov_dtype_of(b, x2) == KOV_DTYPE_I8) {
        x1 = kov_cast(b, x1, KOV_DTYPE_I32);
        x2 = kov_cast(b, x2, KOV_DTYPE_I32);
    }
    kov_promote_pair(b, &x1, &x2);
    return product(b, x1, x2);
}

/* Sums over the listed axes of both, in their order; the others of x1 come before those of x2. */
static kov_value contracted(kov_builder *b, kov_value x1, kov_value x2, const int *axes1,
                            const int *axes2, int n)
{
    kov_value xs[] = {x1, x2}, rest[2];
    const int *axes[] = {axes1, axes2};
    for (int k = 0; k < 2; k++) {
        int order[KOV_MAX_NDIM], ndim = kov_ndim(b, xs[k]), kept = 0, place = k == 0 ? ndim - n : 0;
        bool summed[KOV_MAX_NDIM] = {false};
        for (int i = 0; i < n; i++)
            summed[axes[k][i]] = true;
        for (int i = 0; i < ndim; i++)
            if (!summed[i])
                order[(k == 0 ? 0 : n) + kept++] = i;
        for (int i = 0; i < n; i++)
            order[place + i] = axes[k][i];
        kov_value moved = kov_permute(b, xs[k], order, ndim), one = kov_constant_i64_scalar(b, 1);
        int from = k == 0 ? 0 : n;
        rest[k] = kov_dims_value(b, moved, from, from + kept);
        int kept_axes[KOV_MAX_NDIM];
        for (int i = 0; i < kept; i++)
            kept_axes[i] = from + i;
        int sum_axes[KOV_MAX_NDIM];
        for (int i = 0; i < n; i++)
            sum_axes[i] = place + i;
        kov_value outer = kept == 0 ? one : kov_count_along(b, moved, kept_axes, kept);
        kov_value inner = n == 0 ? one : kov_count_along(b, moved, sum_axes, n);
        const kov_value parts[] = {k == 0 ? outer : inner, k == 0 ? inner : outer};
        bool matrix = kept == 1 && n == 1;
        xs[k] = matrix ? moved : kov_reshape(b, moved, kov_join_dims(b, parts, 2), false);
    }
    kov_value y = product(b, xs[0], xs[1]);
    return kov_reshape(b, y, kov_join_dims(b, rest, 2), false);
}

kov_value kov_numpy_dot(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair(b, &x1, &x2);
    int n1 = kov_ndim(b, x1), n2 = kov_ndim(b, x2);
    if (n1 == 0 || n2 == 0)
        return kov_numpy_multiply(b, x1, x2);
    if (n2 <= 2)
        return product(b, x1, x2);
    int last = n1 - 1, before_last = n2 - 2;
    return contracted(b, x1, x2, &last, &before_last, 1);
}

kov_value kov_numpy_inner(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair(b, &x1, &x2);
    int last1 = kov_ndim(b, x1) - 1, last2 = kov_ndim(b, x2) - 1;
    if (last1 < 0 || last2 < 0)
        return kov_numpy_multiply(b, x1, x2);
    return contracted(b, x1, x2, &last1, &last2, 1);
}

kov_value kov_numpy_vdot(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair(b, &x1, &x2);
    return product(b, kov_flatten(b, kov_conjugate_of(b, x1)), kov_flatten(b, x2));
}

kov_value kov_numpy_outer(kov_builder *b, kov_value x1, kov_value x2)
{
    x1 = kov_unsqueeze_at(b, kov_flatten(b, x1), 1);
    return kov_numpy_multiply(b, x1, kov_flatten(b, x2));
}

kov_value kov_numpy_tensordot(kov_builder *b, kov_value x1, kov_value x2, kov_sections axes)
{
    kov_promote_pair(b, &x1, &x2);
    int n1 = kov_ndim(b, x1), n2 = kov_ndim(b, x2), list1[KOV_MAX_NDIM], list2[KOV_MAX_NDIM];
    int64_t n = axes.bare ? axes.at[0] : axes.n / 2;
    if (n < 0 || n > n1 || n > n2 || (!axes.bare && axes.n % 2 != 0))
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "tensordot: %lld axes of tensors with %d and %d dimensions",
                                (long long)n, n1, n2);
    for (int i = 0; i < (int)n; i++) {
        list1[i] = axes.bare ? n1 - (int)n + i : kov_axis(b, "tensordot", axes.at[i], n1);
        list2[i] = axes.bare ? i : kov_axis(b, "tensordot", axes.at[n + i], n2);
    }
    return b->status == KOV_OK ? contracted(b, x1, x2, list1, list2, (int)n) : KOV_VALUE_ERROR;
}

/* Every dimension of x1 is followed by that of x2, and each pair is merged. */
kov_value kov_numpy_kron(kov_builder *b, kov_value x1, kov_value x2)
{
    kov_promote_pair(b, &x1, &x2);
    int n1 = kov_ndim(b, x1), n2 = kov_ndim(b, x2), ndim = n1 > n2 ? n1 : n2;
    if (2 * ndim > KOV_MAX_NDIM)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "kron: more than %d dimensions",
                                KOV_MAX_NDIM / 2);
    x1 = kov_raise_to(b, x1, ndim);
    x2 = kov_raise_to(b, x2, ndim);
    int odd[KOV_MAX_NDIM], even[KOV_MAX_NDIM];
    kov_value dims[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++) {
        even[i] = 2 * i;
        odd[i] = 2 * i + 1;
        dims[i] = kov_multiply(b, kov_dim_value(b, x1, i), kov_dim_value(b, x2, i));
    }
    if (ndim == 0)
        return kov_numpy_multiply(b, x1, x2);
    x1 = kov_unsqueeze(b, x1, kov_axes_value(b, odd, ndim));
    x2 = kov_unsqueeze(b, x2, kov_axes_value(b, even, ndim));
    return kov_reshape(b, kov_numpy_multiply(b, x1, x2), kov_join_dims(b, dims, ndim), false);
}

/* Components of the last dimension, a missing third one as 0. */
static kov_value component(kov_builder *b, kov_value x, int64_t size, int64_t i)
{
    if (i < size)
        return kov_pick(b, x, kov_ndim(b, x) - 1, i);
    kov_value first = kov_pick(b, x, kov_ndim(b, x) - 1, 0);
    return kov_fill_like(b, kov_int_like(b, first, 0), first);
}

kov_value kov_numpy_cross(kov_builder *b, kov_value x1, kov_value x2, int64_t axisa, int64_t axisb,
                          int64_t axisc, kov_optional_int axis)
{
    kov_promote_pair(b, &x1, &x2);
    if (axis.given)
        axisa = axisb = axisc = axis.value;
    int n1 = kov_ndim(b, x1), n2 = kov_ndim(b, x2);
    x1 = kov_move(b, x1, kov_axis(b, "cross", axisa, n1), n1 - 1);
    x2 = kov_move(b, x2, kov_axis(b, "cross", axisb, n2), n2 - 1);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    int64_t size1 = kov_dim_number(b, x1, n1 - 1), size2 = kov_dim_number(b, x2, n2 - 1);
    if ((size1 != 2 && size1 != 3) || (size2 != 2 && size2 != 3))
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "cross: vectors of %lld and %lld elements; they have 2 or 3",
                                (long long)size1, (long long)size2);
    kov_value at1[3], at2[3], y[3];
    for (int i = 0; i < 3; i++) {
        at1[i] = component(b, x1, size1, i);
        at2[i] = component(b, x2, size2, i);
    }
    bool flat = size1 == 2 && size2 == 2;
    for (int i = flat ? 2 : 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        y[i] = kov_subtract(b, kov_multiply(b, at1[j], at2[k]), kov_multiply(b, at1[k], at2[j]));
    }
    if (flat)
        return y[2];
    int last = kov_ndim(b, y[0]);
    for (int i = 0; i < 3; i++)
        y[i] = kov_unsqueeze_at(b, y[i], last);
    return kov_move(b, kov_concat(b, y, 3, last), last, kov_axis(b, "cross", axisc, last + 1));
}

kov_value kov_numpy_vander(kov_builder *b, kov_value x, kov_optional_int N, bool increasing)
{
    x = kov_strong(b, x);
    if (kov_ndim(b, x) != 1)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "vander: x must have one dimension");
    kov_dtype dtype = kov_dtype_of(b, x);
    kov_value count = N.given ? kov_constant_i64_scalar(b, N.value) : kov_dim_value(b, x, 0);
    if (dtype == KOV_DTYPE_BOOL)
        x = kov_cast(b, x, KOV_DTYPE_I32);
    x = kov_widen(b, x);
    kov_value powers = kov_iota(b, count, kov_dtype_of(b, x));
    if (!increasing)
        powers = kov_reverse(b, powers, 0);
    return kov_cast(b, kov_power(b, kov_unsqueeze_at(b, x, 1), powers), dtype);
}
