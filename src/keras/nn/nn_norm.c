/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: normalisation and attention. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <math.h>

/* A vector of statistics as it broadcasts against x along `axis`. */
static kov_value along_axis(kov_builder *b, kov_value vector, int ndim, int axis, kov_dtype dtype)
{
    int64_t shape[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        shape[i] = i == axis ? -1 : 1;
    return kov_reshape_to(b, kov_cast(b, vector, dtype), shape, ndim);
}

kov_value kov_nn_batch_normalization(kov_builder *b, kov_value x, kov_value mean,
                                     kov_value variance, int64_t axis, kov_value offset,
                                     kov_value scale, double epsilon)
{
    x = kov_as_float(b, x);
    int ndim = kov_ndim(b, x), at = kov_axis(b, "batch_normalization", axis, ndim);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    mean = kov_as_float(b, mean);
    variance = kov_widen(b, kov_as_float(b, variance));
    const kov_value others[] = {mean, variance, offset, scale};
    for (int i = 0; i < 4; i++) { /* one that is complex makes the result so */
        const kov_value both[] = {x, others[i]};
        if (others[i] != KOV_VALUE_NONE && kov_is_complex_value(b, others[i]))
            x = kov_cast(b, x, kov_result_type(b, both, 2));
    }
    kov_dtype dtype = kov_dtype_of(b, x);
    kov_value deviation = kov_sqrt(b, kov_add(b, variance, kov_scalar_like(b, variance, epsilon)));
    kov_value factor = kov_divide(b, kov_scalar_like(b, deviation, 1), deviation);
    if (kov_is_complex_value(b, x)) /* the root of a real variance is a real one, or no number */
        factor = kov_cast(b, factor, dtype);
    if (scale != KOV_VALUE_NONE)
        factor = kov_multiply(b, factor, kov_cast(b, scale, kov_dtype_of(b, factor)));
    kov_value shift =
        kov_negative(b, kov_multiply(b, kov_cast(b, mean, kov_dtype_of(b, factor)), factor));
    if (offset != KOV_VALUE_NONE)
        shift = kov_add(b, shift, kov_cast(b, offset, kov_dtype_of(b, factor)));
    kov_dtype wide = kov_compute_dtype(dtype);
    kov_value y = kov_multiply(b, kov_widen(b, x), along_axis(b, factor, ndim, at, wide));
    return kov_narrow(b, kov_add(b, y, along_axis(b, shift, ndim, at, wide)), dtype);
}

void kov_nn_moments(kov_builder *b, kov_value x, const kov_axes *axes, bool keepdims,
                    bool synchronized, kov_value *outs)
{
    int list[KOV_MAX_NDIM];
    if (synchronized)
        kov_builder_fail(b, KOV_NOT_IMPLEMENTED,
                         "moments: synchronized=True needs several devices, kov computes on one");
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    kov_value wide = kov_widen(b, x);
    int n = kov_axes_list(b, "moments", axes, kov_ndim(b, x), list);
    kov_value at = kov_axes_value(b, list, n), mean = kov_reduce_mean(b, wide, at, true);
    kov_value off = kov_subtract(b, wide, mean);
    kov_value variance = kov_reduce_mean(b, kov_square_of_size(b, off), at, keepdims);
    if (!keepdims && n > 0) /* no axes at all would mean every one of size 1 */
        mean = kov_squeeze(b, mean, at);
    if (dtype == KOV_DTYPE_F16) { /* finite as on Keras's other backends */
        double largest = kov_float_max(dtype);
        mean = kov_clamp(b, mean, -largest, largest);
        variance = kov_clamp(b, variance, -largest, largest);
    }
    outs[0] = kov_narrow(b, mean, dtype);
    outs[1] = kov_narrow(b, variance, kov_part_dtype(dtype));
}

/* A factor or offset of the normalised axes alone, as it broadcasts against x. Keras says nothing
 * of one with more dimensions than axes: it takes the elements in their order, but leaves it as it
 * is where the axis is the last one, counted from the front. */
static kov_value along_axes(kov_builder *b, kov_value vector, kov_value x, const kov_axes *axis,
                            const int *axes, int n)
{
    int ndim = kov_ndim(b, x), own = kov_ndim(b, vector);
    bool is_last = n == 1 && axes[0] == ndim - 1;
    vector = kov_cast(b, vector, kov_dtype_of(b, x));
    if (b->status != KOV_OK || own == ndim || (is_last && (own < 2 || axis->at[0] >= 0)))
        return vector;
    kov_value parts[KOV_MAX_NDIM];
    for (int i = 0, k = 0; i < ndim; i++) {
        bool is_normalised = k < n && axes[k] == i;
        k += is_normalised;
        parts[i] = is_normalised ? kov_dims_value(b, x, i, i + 1) : kov_one_i64(b, 1);
    }
    return kov_reshape(b, vector, kov_join_dims(b, parts, ndim), false);
}

static double norm_epsilon(const kov_builder *b, kov_optional_float epsilon)
{
    return epsilon.given ? epsilon.value : b->epsilon;
}

/* (x - mean) / sqrt(variance + epsilon), whose factor is not merged with the mean: that would lose
 * the offset where the mean is large. */
kov_value kov_nn_layer_normalization(kov_builder *b, kov_value x, kov_value gamma, kov_value beta,
                                     const kov_axes *axis, kov_optional_float epsilon)
{
    int axes[KOV_MAX_NDIM];
    x = kov_as_float(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    int n = kov_axes_list(b, "layer_normalization", axis, kov_ndim(b, x), axes);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    double added = norm_epsilon(b, epsilon);
    kov_value at = kov_axes_value(b, axes, n), y;
    if (kov_is_complex_value(b, x)) {
        kov_value off = kov_subtract(b, x, kov_reduce_mean(b, x, at, true));
        kov_value variance = kov_reduce_mean(b, kov_square_of_size(b, off), at, true);
        variance = kov_add(b, variance, kov_scalar_like(b, variance, added));
        y = kov_divide(b, off, kov_cast(b, kov_sqrt(b, variance), dtype));
    } else {
        y = kov_mvn(b, x, at, true, added, "inside_sqrt");
    }
    if (gamma != KOV_VALUE_NONE)
        y = kov_multiply(b, y, along_axes(b, gamma, x, axis, axes, n));
    if (beta != KOV_VALUE_NONE)
        y = kov_add(b, y, along_axes(b, beta, x, axis, axes, n));
    return kov_narrow(b, y, dtype);
}

/* A scalar is one element, and comes back as such. */
kov_value kov_nn_rms_normalization(kov_builder *b, kov_value x, kov_value scale,
                                   const kov_axes *axis, kov_optional_float epsilon)
{
    int axes[KOV_MAX_NDIM];
    x = kov_at_least_1d(b, kov_as_float(b, x));
    kov_dtype dtype = kov_dtype_of(b, x);
    x = kov_widen(b, x);
    int n = kov_axes_list(b, "rms_normalization", axis, kov_ndim(b, x), axes);
    kov_value square = kov_multiply(b, x, x);
    kov_value mean = kov_reduce_mean(b, square, kov_axes_value(b, axes, n), true);
    mean = kov_add(b, mean, kov_scalar_like(b, mean, norm_epsilon(b, epsilon)));
    kov_value y = kov_multiply(b, x, kov_math_rsqrt(b, mean));
    if (scale != KOV_VALUE_NONE)
        y = kov_multiply(b, y, kov_cast(b, scale, kov_dtype_of(b, y)));
    return kov_narrow(b, y, dtype);
}

/* (B, T, N, H) to (B, N, T, H). */
static kov_value heads_first(kov_builder *b, kov_value x)
{
    static const int order[] = {0, 2, 1, 3};
    return kov_permute(b, x, order, 4);
}

/* Repeats each of the K heads of (B, K, S, H) until there are N: grouped-query attention. */
static kov_value repeat_heads(kov_builder *b, kov_value x, int64_t heads)
{
    int64_t have = kov_dim_number(b, x, 1);
    if (b->status != KOV_OK || have == heads)
        return x;
    if (have < 1 || heads % have != 0)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "dot_product_attention: %lld query heads, which %lld key heads do not divide",
            (long long)heads, (long long)have);
    kov_value groups = kov_one_i64(b, heads / have), wide = kov_unsqueeze_at(b, x, 2);
    const kov_value parts[] = {kov_dims_value(b, x, 0, 2), groups, kov_dims_value(b, x, 2, 4)};
    wide = kov_broadcast_to(b, wide, kov_join_dims(b, parts, 3));
    const kov_value merged[] = {kov_dims_value(b, x, 0, 1), kov_one_i64(b, heads),
                                kov_dims_value(b, x, 2, 4)};
    return kov_reshape(b, wide, kov_join_dims(b, merged, 3), false);
}

/* Whether query i may look at key j <= i: (T, S). */
static kov_value causal_mask(kov_builder *b, kov_value query, kov_value key)
{
    kov_value rows = kov_iota(b, kov_dim_value(b, query, 2), KOV_DTYPE_I32);
    kov_value columns = kov_iota(b, kov_dim_value(b, key, 2), KOV_DTYPE_I32);
    return kov_greater_equal(b, kov_unsqueeze_at(b, rows, 1), columns);
}

static kov_value attention_mask(kov_builder *b, kov_value mask, kov_value query, kov_value key,
                                bool is_causal)
{
    if (mask != KOV_VALUE_NONE)
        mask = kov_cast(b, mask, KOV_DTYPE_BOOL);
    if (!is_causal)
        return mask;
    kov_value causal = causal_mask(b, query, key);
    return mask == KOV_VALUE_NONE ? causal : kov_logical_and(b, mask, causal);
}

kov_value kov_nn_dot_product_attention(kov_builder *b, kov_value query, kov_value key,
                                       kov_value value, kov_value bias, kov_value mask,
                                       kov_optional_float scale, bool is_causal,
                                       kov_optional_bool flash_attention,
                                       kov_optional_float attn_logits_soft_cap)
{
    (void)flash_attention; /* how it is computed, not what: every engine has one way */
    kov_value all[3] = {query, key, value};
    kov_promote_all(b, all, 3);
    kov_dtype dtype = kov_dtype_of(b, kov_as_float(b, all[0]));
    for (int i = 0; i < 3; i++) {
        all[i] = kov_widen(b, kov_as_float(b, all[i]));
        if (b->status == KOV_OK && kov_ndim(b, all[i]) != 4)
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                    "dot_product_attention: query, key and value have 4 dimensions "
                                    "(batch, length, heads, size), not %d",
                                    kov_ndim(b, all[i]));
        all[i] = heads_first(b, all[i]);
    }
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    int64_t heads = kov_dim_number(b, all[0], 1);
    all[1] = repeat_heads(b, all[1], heads);
    all[2] = repeat_heads(b, all[2], heads);
    double factor = scale.given ? scale.value : 1.0 / sqrt((double)kov_dim_number(b, all[0], 3));
    kov_value logits = kov_mat_mul(b, all[0], all[1], false, true);
    logits = kov_multiply(b, logits, kov_scalar_like(b, logits, factor));
    if (attn_logits_soft_cap.given) {
        kov_value cap = kov_scalar_like(b, logits, attn_logits_soft_cap.value);
        logits = kov_multiply(b, kov_tanh(b, kov_divide(b, logits, cap)), cap);
    }
    if (bias != KOV_VALUE_NONE)
        logits = kov_add(b, logits, kov_cast(b, bias, kov_dtype_of(b, logits)));
    mask = attention_mask(b, mask, all[0], all[1], is_causal);
    if (mask != KOV_VALUE_NONE) {
        double lowest = -0.7 * kov_float_max(kov_dtype_of(b, logits));
        logits = kov_select(b, mask, logits, kov_scalar_like(b, logits, lowest));
    }
    /* Keras rounds the weights to the operands' type before they meet the values. */
    kov_value weights = kov_widen(b, kov_narrow(b, kov_softmax(b, logits, 3), dtype));
    kov_value y = kov_mat_mul(b, weights, all[2], false, false);
    return kov_narrow(b, heads_first(b, y), dtype);
}

kov_value kov_nn_psnr(kov_builder *b, kov_value x1, kov_value x2, kov_value max_val)
{
    kov_promote_pair_to_float(b, &x1, &x2);
    kov_dtype dtype = kov_dtype_of(b, x1);
    int list[KOV_MAX_NDIM], n = kov_ndim(b, x1);
    for (int i = 0; i < n; i++)
        list[i] = i;
    x1 = kov_widen(b, x1);
    kov_value off = kov_subtract(b, x1, kov_widen(b, x2));
    kov_value error =
        kov_reduce_mean(b, kov_multiply(b, off, off), kov_axes_value(b, list, n), false);
    kov_value peak = kov_log(b, kov_widen(b, kov_cast(b, max_val, dtype)));
    kov_value ratio =
        kov_subtract(b, kov_multiply(b, kov_scalar_like(b, peak, 2), peak), kov_log(b, error));
    ratio = kov_multiply(b, ratio, kov_scalar_like(b, ratio, 10.0 / log(10.0)));
    return kov_narrow(b, ratio, dtype);
}
