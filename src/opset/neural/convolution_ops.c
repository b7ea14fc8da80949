/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution, GroupConvolution and both ...BackpropData. data: N, C, spatial; filters: O, I,
 * spatial (transposed: I, O, spatial), with G in front where grouped. */
#include "opset/elements.h"
#include "opset/neural/window.h"

#include <string.h>

typedef struct form {
    bool grouped, transposed;
    kov_window_attrs where;
    int auto_pad;
} form;

static const form plain = {false,
                           false,
                           {KOV_CONVOLUTION_STRIDES, KOV_CONVOLUTION_DILATIONS,
                            KOV_CONVOLUTION_PADS_BEGIN, KOV_CONVOLUTION_PADS_END, -1, -1},
                           KOV_CONVOLUTION_AUTO_PAD};
static const form grouped = {true,
                             false,
                             {KOV_GROUP_CONVOLUTION_STRIDES, KOV_GROUP_CONVOLUTION_DILATIONS,
                              KOV_GROUP_CONVOLUTION_PADS_BEGIN, KOV_GROUP_CONVOLUTION_PADS_END, -1,
                              -1},
                             KOV_GROUP_CONVOLUTION_AUTO_PAD};
static const form transposed = {
    false,
    true,
    {KOV_CONVOLUTION_BACKPROP_DATA_STRIDES, KOV_CONVOLUTION_BACKPROP_DATA_DILATIONS,
     KOV_CONVOLUTION_BACKPROP_DATA_PADS_BEGIN, KOV_CONVOLUTION_BACKPROP_DATA_PADS_END, -1,
     KOV_CONVOLUTION_BACKPROP_DATA_OUTPUT_PADDING},
    KOV_CONVOLUTION_BACKPROP_DATA_AUTO_PAD};
static const form grouped_transposed = {
    true,
    true,
    {KOV_GROUP_CONVOLUTION_BACKPROP_DATA_STRIDES, KOV_GROUP_CONVOLUTION_BACKPROP_DATA_DILATIONS,
     KOV_GROUP_CONVOLUTION_BACKPROP_DATA_PADS_BEGIN, KOV_GROUP_CONVOLUTION_BACKPROP_DATA_PADS_END,
     -1, KOV_GROUP_CONVOLUTION_BACKPROP_DATA_OUTPUT_PADDING},
    KOV_GROUP_CONVOLUTION_BACKPROP_DATA_AUTO_PAD};

static bool has_output_shape(int input_count, int ndim)
{
    return input_count > 2 && ndim >= 0;
}

static kov_status infer_output_shape(kov_infer *infer, int spatial, kov_dim *out)
{
    const kov_infer_input *shape = &infer->inputs[2];
    KOV_TRY(kov_infer_integer(infer, 2));
    if (shape->ndim != 1 || shape->dims[0] != spatial)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "output_shape must have %d numbers",
                              spatial);
    for (int i = 0; i < spatial; i++) {
        kov_content_element e = kov_infer_element(infer, 2, i);
        if (e.known && e.negative)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "output_shape must not be negative");
        out[i] = e.known ? e.dim : kov_dim_unknown(infer->dims);
    }
    return KOV_OK;
}

static kov_status infer_channels(kov_infer *infer, const form *form, kov_dim *out)
{
    const kov_infer_input *data = &infer->inputs[0], *filters = &infer->inputs[1];
    int g = form->grouped ? 1 : 0;
    kov_dim groups = g ? filters->dims[0] : 1;
    kov_dim in = filters->dims[form->transposed ? g : g + 1];
    kov_dim unused;
    KOV_TRY(kov_infer_match(infer, "channels of data and of filters", data->dims[1],
                            kov_dim_mul(infer->dims, groups, in), &unused));
    *out = kov_dim_mul(infer->dims, groups, filters->dims[form->transposed ? g + 1 : g]);
    return KOV_OK;
}

static kov_status infer_form(kov_infer *infer, const form *form)
{
    const kov_infer_input *data = &infer->inputs[0], *filters = &infer->inputs[1];
    int g = form->grouped ? 1 : 0, spatial = data->ndim - 2;
    KOV_TRY(kov_infer_rank(infer, 0, 3));
    KOV_TRY(kov_infer_same_dtype(infer, 0, 1));
    if (!kov_dtype_is_float(data->dtype) && !kov_dtype_is_integer(data->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "data must hold real numbers");
    if (filters->ndim != data->ndim + g)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "filters must have %d dimensions",
                              data->ndim + g);
    kov_window windows[KOV_MAX_NDIM];
    kov_dim dims[KOV_MAX_NDIM] = {data->dims[0]};
    const char *auto_pad = infer->attrs[form->auto_pad].u.string;
    KOV_TRY(kov_windows_infer(infer, &form->where, spatial, windows));
    KOV_TRY(infer_channels(infer, form, &dims[1]));
    for (int i = 0; i < spatial; i++) {
        kov_dim in = data->dims[2 + i], *out = &dims[2 + i];
        windows[i].size = filters->dims[2 + g + i];
        if (form->transposed)
            KOV_TRY(kov_window_backward(infer, &windows[i], auto_pad, in, out));
        else
            KOV_TRY(kov_window_forward(infer, &windows[i], auto_pad, "floor", in, out));
    }
    if (form->transposed && has_output_shape(infer->input_count, infer->inputs[2].ndim))
        KOV_TRY(infer_output_shape(infer, spatial, dims + 2));
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

/* Sizes of one convolution; filter_* are strides in planes of kernel elements. */
typedef struct convolution {
    int64_t batch, groups, in, out; /* in, out: channels of a group */
    int64_t in_plane, out_plane, kernel;
    int64_t filter_in, filter_out;
} convolution;

/* One output position of all images and channels, from the taps that it sees. */
#define DEFINE_POSITION(name, type)                                                                \
    static void name(const convolution *c, const kov_tap *taps, int64_t n, const type *data,       \
                     const type *filters, type *out)                                               \
    {                                                                                              \
        for (int64_t row = 0; row < c->batch * c->groups * c->out; row++) {                        \
            int64_t image = row / c->out, group = image % c->groups, o = row % c->out;             \
            const type *filter =                                                                   \
                filters + (group * c->in * c->out + o * c->filter_out) * c->kernel;                \
            type sum = 0;                                                                          \
            for (int64_t i = 0; i < c->in; i++) {                                                  \
                const type *plane = data + (image * c->in + i) * c->in_plane;                      \
                const type *weights = filter + i * c->filter_in * c->kernel;                       \
                for (int64_t t = 0; t < n; t++)                                                    \
                    sum += plane[taps[t].data] * weights[taps[t].kernel];                          \
            }                                                                                      \
            out[row * c->out_plane] = sum;                                                         \
        }                                                                                          \
    }

DEFINE_POSITION(position_real, double)
DEFINE_POSITION(position_integer, uint64_t)

static void convolve(const convolution *c, const kov_windows *windows, bool real, kov_tap *taps,
                     const void *data, const void *filters, void *out)
{
    int64_t index[KOV_MAX_NDIM] = {0}, at = 0;
    do {
        int64_t n = kov_windows_taps(windows, index, taps);
        if (real)
            position_real(c, taps, n, data, filters, (double *)out + at);
        else
            position_integer(c, taps, n, data, filters, (uint64_t *)out + at);
        at++;
    } while (kov_index_next(windows->spatial, windows->out, index));
}

static kov_status eval_form(kov_eval *eval, const form *form)
{
    const kov_view *data = &eval->inputs[0], *filters = &eval->inputs[1];
    const kov_view *output = &eval->outputs[0];
    int g = form->grouped ? 1 : 0, spatial = data->ndim - 2;
    const char *auto_pad = eval->attrs[form->auto_pad].u.string;
    bool shaped = form->transposed && has_output_shape(eval->input_count, eval->inputs[2].ndim);
    kov_window at[KOV_MAX_NDIM];
    kov_windows windows = {spatial, at, data->dims + 2, output->dims + 2, form->transposed};
    kov_windows_eval(eval, &form->where, spatial, at);
    for (int i = 0; i < spatial; i++) {
        at[i].size = filters->dims[2 + g + i];
        if (form->transposed)
            kov_window_pad_backward(&at[i], auto_pad, shaped, windows.in[i], windows.out[i]);
        else
            kov_window_pad(&at[i], auto_pad, windows.in[i], windows.out[i]);
    }
    int64_t first = filters->dims[g], second = filters->dims[g + 1];
    convolution c = {.batch = data->dims[0],
                     .groups = g ? filters->dims[0] : 1,
                     .in = form->transposed ? first : second,
                     .out = form->transposed ? second : first,
                     .in_plane = kov_dims_product(data->dims, 2, data->ndim),
                     .out_plane = kov_dims_product(output->dims, 2, output->ndim),
                     .kernel = kov_windows_size(&windows),
                     .filter_in = form->transposed ? second : 1,
                     .filter_out = form->transposed ? 1 : second};
    if (output->count == 0)
        return KOV_OK;
    kov_dtype wide = kov_elements_wide(data->dtype);
    void *in = NULL, *weights = NULL;
    kov_tap *taps = kov_alloc(eval->context, (size_t)c.kernel * sizeof *taps);
    void *out = kov_alloc(eval->context, (size_t)output->count * 8);
    kov_status status = taps && out ? KOV_OK : KOV_OUT_OF_MEMORY;
    if (status == KOV_OK)
        status = kov_elements_load(eval, data, wide, &in);
    if (status == KOV_OK)
        status = kov_elements_load(eval, filters, wide, &weights);
    if (status == KOV_OK) {
        convolve(&c, &windows, wide == KOV_DTYPE_F64, taps, in, weights, out);
        status = kov_elements_store(output, wide, out);
    }
    kov_free(eval->context, in);
    kov_free(eval->context, weights);
    kov_free(eval->context, out);
    kov_free(eval->context, taps);
    return status;
}

kov_status kov_infer_convolution(kov_infer *infer)
{
    return infer_form(infer, &plain);
}

kov_status kov_eval_convolution(kov_eval *eval)
{
    return eval_form(eval, &plain);
}

kov_status kov_infer_group_convolution(kov_infer *infer)
{
    return infer_form(infer, &grouped);
}

kov_status kov_eval_group_convolution(kov_eval *eval)
{
    return eval_form(eval, &grouped);
}

kov_status kov_infer_convolution_backprop(kov_infer *infer)
{
    return infer_form(infer, &transposed);
}

kov_status kov_eval_convolution_backprop(kov_eval *eval)
{
    return eval_form(eval, &transposed);
}

kov_status kov_infer_group_convolution_backprop(kov_infer *infer)
{
    return infer_form(infer, &grouped_transposed);
}

kov_status kov_eval_group_convolution_backprop(kov_eval *eval)
{
    return eval_form(eval, &grouped_transposed);
}
