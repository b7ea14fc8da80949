/* SPDX-License-Identifier: Apache-2.0 */
/* Module core: slices and scatters. */
#include "keras/helpers.h"
#include "keras_functions.h"
#include <string.h>

/* int64 starts of which those below 0 are counted from the end, as NumPy and JAX do. Those far
 * outside are moved near first, so that the sums stay small. */
static kov_value counted_starts(kov_builder *b, kov_value x, kov_value starts)
{
    kov_value shape = kov_shape_value(b, x);
    starts = kov_minimum(b, kov_cast(b, starts, KOV_DTYPE_I64), shape);
    starts = kov_maximum(b, starts, kov_negative(b, shape));
    kov_value from_end = kov_add(b, starts, shape);
    return kov_select(b, kov_less(b, starts, kov_constant_i64_scalar(b, 0)), from_end, starts);
}

/* Counted starts moved so that a slice of `sizes` lies inside x, as JAX and TensorFlow's XLA do. */
static kov_value clamped_starts(kov_builder *b, kov_value x, kov_value starts, kov_value sizes)
{
    kov_value room = kov_subtract(b, kov_shape_value(b, x), sizes);
    return kov_maximum(b, kov_minimum(b, starts, room), kov_constant_i64_scalar(b, 0));
}

static bool starts_fit(kov_builder *b, const char *function, kov_value x, kov_value starts)
{
    if (b->status != KOV_OK)
        return false;
    if (kov_ndim(b, starts) == 1 && kov_builder_value(b, starts)->dims[0] == kov_ndim(b, x))
        return true;
    kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                     "%s: one start index for each of the %d dimensions is needed", function,
                     kov_ndim(b, x));
    return false;
}

kov_value kov_core_slice(kov_builder *b, kov_value inputs, kov_value start_indices, kov_value shape)
{
    int64_t axes[KOV_MAX_NDIM], ones[KOV_MAX_NDIM];
    inputs = kov_strong(b, inputs);
    if (!starts_fit(b, "slice", inputs, start_indices) || !starts_fit(b, "slice", inputs, shape))
        return KOV_VALUE_ERROR;
    int n = kov_ndim(b, inputs);
    for (int i = 0; i < n; i++) {
        axes[i] = i;
        ones[i] = 1;
        if (kov_content_above(b, shape, i, kov_builder_value(b, inputs)->dims[i]))
            return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                    "slice: shape asks for more than the inputs have along axis %d",
                                    i);
    }
    kov_value start = counted_starts(b, inputs, start_indices),
              minus = kov_constant_i64_scalar(b, -1);
    kov_value rest = kov_subtract(b, kov_shape_value(b, inputs), start);
    shape = kov_select(b, kov_equal(b, shape, minus), rest, shape);
    start = clamped_starts(b, inputs, start, shape);
    kov_value y = kov_slice(b, inputs, start, kov_add(b, start, shape),
                            kov_constant_i64(b, ones, n), kov_constant_i64(b, axes, n));
    return kov_reshape(b, y, shape, false); /* says the shape that start hides from inference */
}

/* Writes updates at starts, one axis at a time: where updates span all of an axis nothing is to be
 * done; else the touched part is taken out, updated along the other axes and put back. */
static kov_value update_axes(kov_builder *b, kov_value x, kov_value starts, kov_value updates,
                             int axis)
{
    int n = kov_ndim(b, x);
    while (axis < n &&
           kov_builder_value(b, x)->dims[axis] == kov_builder_value(b, updates)->dims[axis])
        axis++;
    if (b->status != KOV_OK || axis == n)
        return updates;
    kov_value at = kov_constant_i64_scalar(b, axis), zero = kov_constant_i64_scalar(b, 0);
    kov_value start = kov_gather(b, starts, at, zero, 0);
    kov_value rows = kov_add(b, kov_iota(b, kov_dim_value(b, updates, axis), KOV_DTYPE_I64), start);
    kov_value part = kov_gather(b, x, rows, at, 0);
    return kov_scatter_update(b, x, rows, update_axes(b, part, starts, updates, axis + 1), at);
}

kov_value kov_core_slice_update(kov_builder *b, kov_value inputs, kov_value start_indices,
                                kov_value updates)
{
    inputs = kov_strong(b, inputs);
    updates = kov_cast(b, updates, kov_dtype_of(b, inputs));
    if (!starts_fit(b, "slice_update", inputs, start_indices))
        return KOV_VALUE_ERROR;
    if (kov_ndim(b, updates) != kov_ndim(b, inputs))
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "slice_update: updates have %d dimensions and inputs %d; they must be equal",
            kov_ndim(b, updates), kov_ndim(b, inputs));
    kov_value starts = counted_starts(b, inputs, start_indices);
    starts = clamped_starts(b, inputs, starts, kov_shape_value(b, updates));
    return update_axes(b, inputs, starts, updates, 0);
}

kov_value kov_core_scatter(kov_builder *b, kov_value indices, kov_value values, kov_value shape)
{
    values = kov_strong(b, values);
    kov_value zeros = kov_broadcast_to(b, kov_scalar_like(b, values, 0), shape);
    return kov_scatter_nd_update(b, zeros, kov_strong(b, indices), values, "sum");
}

/* A reduction in the common type of inputs and updates, as NumPy and JAX have it: 7 times 0.5
 * is 3.5 before it is a whole number again. What no index touches stays as it is, however many
 * digits the common type has. */
static kov_value scatter_in_common_type(kov_builder *b, kov_value inputs, kov_value indices,
                                        kov_value updates, const char *reduction)
{
    kov_dtype dtype = kov_dtype_of(b, inputs);
    kov_value wide = inputs;
    kov_promote_pair(b, &wide, &updates);
    kov_value found = kov_scatter_nd_update(b, wide, indices, updates, reduction);
    kov_value untouched = kov_fill_like(b, kov_bool_constant(b, true), inputs);
    kov_value touch = kov_fill_like(b, kov_bool_constant(b, false), updates);
    untouched = kov_scatter_nd_update(b, untouched, indices, touch, "none");
    return kov_select(b, untouched, inputs, kov_cast(b, found, dtype));
}

kov_value kov_core_scatter_update(kov_builder *b, kov_value inputs, kov_value indices,
                                  kov_value updates, const char *reduction)
{
    static const char *const names[][2] = {
        {"add", "sum"}, {"mul", "prod"}, {"max", "max"}, {"min", "min"}};
    const char *found = reduction ? NULL : "none";
    for (size_t i = 0; reduction && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(reduction, names[i][0]) == 0)
            found = names[i][1];
    }
    if (!found)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "scatter_update: reduction is '%s'; it is None, 'add', 'max', 'min' or 'mul'",
            reduction);
    inputs = kov_strong(b, inputs);
    indices = kov_strong(b, indices);
    const kov_value both[] = {inputs, updates};
    kov_dtype dtype = kov_dtype_of(b, inputs);
    if (reduction && kov_result_type(b, both, 2) != dtype)
        return scatter_in_common_type(b, inputs, indices, updates, found);
    return kov_scatter_nd_update(b, inputs, indices, kov_cast(b, updates, dtype), found);
}

kov_value kov_core_stop_gradient(kov_builder *b, kov_value variable)
{
    return kov_strong(b, variable);
}

int kov_core_unstack(kov_builder *b, kov_value x, kov_optional_int num, int64_t axis,
                     kov_value *outs, int capacity)
{
    x = kov_strong(b, x);
    int at = kov_axis(b, "unstack", axis, kov_ndim(b, x)), count = 0;
    if (b->status != KOV_OK)
        return 0;
    int64_t n = kov_dim_number(b, x, at);
    if (num.given && num.value != n)
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "unstack: num is %lld, dimension %d is %lld",
                         (long long)num.value, at, (long long)n);
    if (n > capacity)
        kov_builder_fail(b, KOV_NOT_IMPLEMENTED, "unstack: %lld tensors; at most %d", (long long)n,
                         capacity);
    if (b->status != KOV_OK || n == 0)
        return 0;
    kov_value first = kov_split(b, x, kov_constant_i64_scalar(b, at), n, &count);
    for (int i = 0; i < count; i++)
        outs[i] = kov_squeeze_at(b, kov_output(first, i), at);
    return count;
}
