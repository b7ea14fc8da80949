/* SPDX-License-Identifier: Apache-2.0 */
/* Module nn: pooling, and moves between depth and space. */
#include "keras/nn/nn_window.h"
#include "keras_functions.h"

static const kov_window zeros, ones = {{1, 1, 1}};

/* Keras has no use for where a maximum was; OpenVINO has positions in int32 alone. */
static const kov_dtype position_dtype = KOV_DTYPE_I32;

static kov_value pool(kov_builder *b, const char *function, kov_value inputs, kov_ints pool_size,
                      kov_ints strides, const char *padding, const char *data_format, bool max)
{
    inputs = max ? kov_strong(b, inputs) : kov_as_float(b, inputs);
    int n = kov_spatial(b, function, inputs);
    bool first = kov_channels_first(b, function, data_format);
    kov_window size = kov_window_of(b, function, "pool_size", pool_size, n, NULL);
    kov_window step = kov_window_of(b, function, "strides", strides, n, &size);
    const char *auto_pad = kov_auto_pad(b, function, padding);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (!first)
        inputs = kov_to_channels_first(b, inputs);
    kov_ints pads = kov_window_ints(&zeros, n), kernel = kov_window_ints(&size, n);
    kov_ints steps = kov_window_ints(&step, n);
    kov_value y = max ? kov_max_pool(b, inputs, steps, kov_window_ints(&ones, n), pads, pads,
                                     kernel, "floor", auto_pad, position_dtype, 0)
                      : kov_avg_pool(b, inputs, steps, pads, pads, kernel, true, "floor", auto_pad);
    return first ? y : kov_to_channels_last(b, y);
}

kov_value kov_nn_max_pool(kov_builder *b, kov_value inputs, kov_ints pool_size, kov_ints strides,
                          const char *padding, const char *data_format)
{
    return pool(b, "max_pool", inputs, pool_size, strides, padding, data_format, true);
}

kov_value kov_nn_average_pool(kov_builder *b, kov_value inputs, kov_ints pool_size,
                              kov_ints strides, const char *padding, const char *data_format)
{
    return pool(b, "average_pool", inputs, pool_size, strides, padding, data_format, false);
}

static kov_value adaptive(kov_builder *b, const char *function, kov_value inputs,
                          kov_ints output_size, const char *data_format, bool max)
{
    inputs = kov_as_float(b, inputs);
    int n = kov_spatial(b, function, inputs);
    bool first = kov_channels_first(b, function, data_format);
    kov_window size = kov_window_of(b, function, "output_size", output_size, n, NULL);
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (!first)
        inputs = kov_to_channels_first(b, inputs);
    kov_value shape = kov_constant_i64(b, size.at, n);
    kov_value y = max ? kov_adaptive_max_pool(b, inputs, shape, position_dtype)
                      : kov_adaptive_avg_pool(b, inputs, shape);
    return first ? y : kov_to_channels_last(b, y);
}

kov_value kov_nn_adaptive_average_pool(kov_builder *b, kov_value inputs, kov_ints output_size,
                                       const char *data_format)
{
    return adaptive(b, "adaptive_average_pool", inputs, output_size, data_format, false);
}

kov_value kov_nn_adaptive_max_pool(kov_builder *b, kov_value inputs, kov_ints output_size,
                                   const char *data_format)
{
    return adaptive(b, "adaptive_max_pool", inputs, output_size, data_format, true);
}

kov_value kov_nn_depth_to_space(kov_builder *b, kov_value x, int64_t block_size,
                                const char *data_format)
{
    bool first = kov_channels_first(b, "depth_to_space", data_format);
    x = kov_strong(b, x);
    if (first) /* the parts of a block behind their channel, as NumPy's, JAX's and torch's backends
                */
        return kov_depth_to_space(b, x, "depth_first", block_size);
    return kov_to_channels_last(
        b, kov_depth_to_space(b, kov_to_channels_first(b, x), "blocks_first", block_size));
}

kov_value kov_nn_space_to_depth(kov_builder *b, kov_value x, int64_t block_size,
                                const char *data_format)
{
    bool first = kov_channels_first(b, "space_to_depth", data_format);
    x = kov_strong(b, x);
    if (first)
        return kov_space_to_depth(b, x, "depth_first", block_size);
    return kov_to_channels_last(
        b, kov_space_to_depth(b, kov_to_channels_first(b, x), "blocks_first", block_size));
}
