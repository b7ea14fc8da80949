/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: one-hot forms and cross-entropies. */
#include "keras/helpers.h"
#include "keras_functions.h"

kov_value kov_nn_one_hot(kov_builder *b, kov_value x, kov_value num_classes, int64_t axis,
                         kov_dtype dtype, bool sparse)
{
    if (sparse)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "one_hot: sparse=True is not supported");
    x = kov_strong(b, x);
    if (kov_is_float_value(b, x) || kov_is_bool_value(b, x))
        x = kov_cast(b, x, KOV_DTYPE_I32);
    int ndim = kov_ndim(b, x) + 1, at = kov_axis(b, "one_hot", axis, ndim);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    int64_t shape[KOV_MAX_NDIM];
    for (int i = 0; i < ndim; i++)
        shape[i] = i == at ? -1 : 1;
    kov_value classes = kov_iota(b, kov_cast(b, num_classes, KOV_DTYPE_I64), kov_dtype_of(b, x));
    kov_value hit =
        kov_equal(b, kov_unsqueeze_at(b, x, at), kov_reshape_to(b, classes, shape, ndim));
    return kov_cast(b, hit, dtype == KOV_DTYPE_NONE ? b->floatx : dtype);
}

kov_value kov_nn_multi_hot(kov_builder *b, kov_value inputs, kov_value num_classes, int64_t axis,
                           kov_dtype dtype, bool sparse)
{
    if (sparse)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "multi_hot: sparse=True is not supported");
    int reduced = kov_ndim(b, inputs) > 1 ? 1 : 0;
    kov_value hot = kov_nn_one_hot(b, kov_cast(b, inputs, KOV_DTYPE_I32), num_classes, axis,
                                   KOV_DTYPE_F32, false);
    hot = kov_reduce_max(b, hot, kov_one_i64(b, reduced), false);
    return kov_cast(b, hot, dtype == KOV_DTYPE_NONE ? b->floatx : dtype);
}

/* log(p) along axis: from logits, or from probabilities that are first made to sum to 1. Of 16
 * bits, among which there is no 1 - epsilon, in float32. */
static kov_value log_probability(kov_builder *b, const char *function, kov_value output,
                                 bool from_logits, int64_t axis)
{
    int at = kov_axis(b, function, axis, kov_ndim(b, output));
    output = kov_widen(b, output);
    if (from_logits)
        return kov_log_softmax(b, output, at);
    kov_value sum = kov_reduce_sum(b, output, kov_one_i64(b, at), true);
    output = kov_divide(b, output, sum);
    return kov_log(b, kov_clamp(b, output, b->epsilon, 1.0 - b->epsilon));
}

/* target as the losses multiply with it: a float of output's dtype, or complex where it is so. */
static kov_value as_target(kov_builder *b, kov_value target, kov_value output)
{
    const kov_value both[] = {target, output};
    bool is_complex = kov_is_complex_value(b, target);
    return kov_cast(b, target, is_complex ? kov_result_type(b, both, 2) : kov_dtype_of(b, output));
}

/* target * log_p in target's dtype. */
static kov_value weighed(kov_builder *b, kov_value target, kov_value log_p)
{
    return kov_multiply(b, target, kov_cast(b, log_p, kov_dtype_of(b, target)));
}

/* Sticky failure unless target has the shape of output. */
static bool same_shape(kov_builder *b, const char *function, kov_value target, kov_value output)
{
    if (b->status != KOV_OK)
        return false;
    bool same = kov_ndim(b, target) == kov_ndim(b, output);
    for (int i = 0; same && i < kov_ndim(b, target); i++)
        same = kov_dim_agrees(b, target, i, output, i);
    if (!same) {
        char shapes[2][160];
        const kov_value both[] = {target, output};
        for (int i = 0; i < 2; i++)
            kov_dims_print(b->dims, kov_ndim(b, both[i]), kov_builder_value(b, both[i])->dims,
                           shapes[i], sizeof shapes[i]);
        kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "%s: Arguments `target` and `output` must have the same shape. Received: %s and %s",
            function, shapes[0], shapes[1]);
    }
    return b->status == KOV_OK;
}

kov_value kov_nn_categorical_crossentropy(kov_builder *b, kov_value target, kov_value output,
                                          bool from_logits, int64_t axis)
{
    output = kov_as_float(b, output);
    target = as_target(b, target, output);
    if (!same_shape(b, "categorical_crossentropy", target, output))
        return KOV_VALUE_ERROR;
    if (kov_ndim(b, target) == 0)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "categorical_crossentropy: target and output must be at least rank 1");
    int at = kov_axis(b, "categorical_crossentropy", axis, kov_ndim(b, output));
    kov_value log_p = log_probability(b, "categorical_crossentropy", output, from_logits, axis);
    kov_dtype dtype = kov_dtype_of(b, target);
    target = kov_widen(b, target);
    kov_value sum = kov_reduce_sum(b, weighed(b, target, log_p), kov_one_i64(b, at), false);
    return kov_narrow(b, kov_negative(b, sum), dtype);
}

kov_value kov_nn_sparse_categorical_crossentropy(kov_builder *b, kov_value target, kov_value output,
                                                 bool from_logits, int64_t axis)
{
    static const char name[] = "sparse_categorical_crossentropy";
    output = kov_as_float(b, output);
    target = kov_cast(b, target, KOV_DTYPE_I32);
    if (b->status == KOV_OK && kov_ndim(b, output) < 1)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: output has no dimensions", name);
    int ndim = kov_ndim(b, output), at = kov_axis(b, name, axis, ndim);
    if (kov_ndim(b, target) == ndim && kov_dim_number(b, target, ndim - 1) == 1)
        target = kov_squeeze_at(b, target, ndim - 1);
    if (b->status == KOV_OK && kov_ndim(b, target) != ndim - 1)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "%s: target has %d dimensions and output %d; target has one less",
                                name, kov_ndim(b, target), ndim);
    for (int i = 0; b->status == KOV_OK && i < ndim - 1; i++) {
        if (!kov_dim_agrees(b, target, i, output, i < at ? i : i + 1))
            return kov_builder_fail(
                b, KOV_INVALID_ARGUMENT,
                "%s: Arguments `target` and `output` must have the same shape but for "
                "the classes; dimension %d of target differs",
                name, i);
    }
    kov_value log_p = log_probability(b, name, output, from_logits, axis);
    kov_value hot =
        kov_nn_one_hot(b, target, kov_dim_value(b, output, at), at, kov_dtype_of(b, log_p), false);
    kov_value sum = kov_reduce_sum(b, kov_multiply(b, hot, log_p), kov_one_i64(b, at), false);
    return kov_narrow(b, kov_negative(b, sum), kov_dtype_of(b, output));
}

kov_value kov_nn_binary_crossentropy(kov_builder *b, kov_value target, kov_value output,
                                     bool from_logits)
{
    output = kov_as_float(b, output);
    target = as_target(b, target, output);
    if (!same_shape(b, "binary_crossentropy", target, output))
        return KOV_VALUE_ERROR;
    if (from_logits) { /* -log(sigmoid(x)) is softplus(-x): exact where the sigmoid is 0 or 1 */
        kov_value off = kov_subtract(b, kov_scalar_like(b, target, 1), target);
        kov_value as_hit = weighed(b, target, kov_soft_plus(b, kov_negative(b, output)));
        return kov_add(b, as_hit, weighed(b, off, kov_soft_plus(b, output)));
    }
    kov_dtype dtype = kov_dtype_of(b, target);
    target = kov_widen(b, target);
    output = kov_clamp(b, kov_widen(b, output), b->epsilon, 1.0 - b->epsilon); /* no 1 in 16 bits */
    kov_value one = kov_scalar_like(b, output, 1);
    kov_value hit = weighed(b, target, kov_log(b, output));
    kov_value rest = weighed(b, kov_subtract(b, kov_scalar_like(b, target, 1), target),
                             kov_log(b, kov_subtract(b, one, output)));
    return kov_narrow(b, kov_negative(b, kov_add(b, hit, rest)), dtype);
}
