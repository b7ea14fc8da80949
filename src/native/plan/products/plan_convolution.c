/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions, forward and transposed, on channels-last buffers; weights in whatever order they
 * lie. */
#include "native/kernels/conv/depthwise.h"
#include "native/plan/products/product_step.h"
#include "opset/neural/window.h"

#include <string.h>

typedef struct form {
    bool grouped, transposed;
    int strides, dilations, pads_begin, pads_end, auto_pad, output_padding;
} form;

static bool form_of(int op, form *f)
{
    switch (op) {
    case KOV_OP_CONVOLUTION:
        *f = (form){false,
                    false,
                    KOV_CONVOLUTION_STRIDES,
                    KOV_CONVOLUTION_DILATIONS,
                    KOV_CONVOLUTION_PADS_BEGIN,
                    KOV_CONVOLUTION_PADS_END,
                    KOV_CONVOLUTION_AUTO_PAD,
                    -1};
        return true;
    case KOV_OP_GROUP_CONVOLUTION:
        *f = (form){true,
                    false,
                    KOV_GROUP_CONVOLUTION_STRIDES,
                    KOV_GROUP_CONVOLUTION_DILATIONS,
                    KOV_GROUP_CONVOLUTION_PADS_BEGIN,
                    KOV_GROUP_CONVOLUTION_PADS_END,
                    KOV_GROUP_CONVOLUTION_AUTO_PAD,
                    -1};
        return true;
    case KOV_OP_CONVOLUTION_BACKPROP_DATA:
        *f = (form){false,
                    true,
                    KOV_CONVOLUTION_BACKPROP_DATA_STRIDES,
                    KOV_CONVOLUTION_BACKPROP_DATA_DILATIONS,
                    KOV_CONVOLUTION_BACKPROP_DATA_PADS_BEGIN,
                    KOV_CONVOLUTION_BACKPROP_DATA_PADS_END,
                    KOV_CONVOLUTION_BACKPROP_DATA_AUTO_PAD,
                    KOV_CONVOLUTION_BACKPROP_DATA_OUTPUT_PADDING};
        return true;
    case KOV_OP_GROUP_CONVOLUTION_BACKPROP_DATA:
        *f = (form){true,
                    true,
                    KOV_GROUP_CONVOLUTION_BACKPROP_DATA_STRIDES,
                    KOV_GROUP_CONVOLUTION_BACKPROP_DATA_DILATIONS,
                    KOV_GROUP_CONVOLUTION_BACKPROP_DATA_PADS_BEGIN,
                    KOV_GROUP_CONVOLUTION_BACKPROP_DATA_PADS_END,
                    KOV_GROUP_CONVOLUTION_BACKPROP_DATA_AUTO_PAD,
                    KOV_GROUP_CONVOLUTION_BACKPROP_DATA_OUTPUT_PADDING};
        return true;
    default:
        return false;
    }
}

static int64_t entry(const kov_node *node, int attr, int axis, int64_t otherwise)
{
    return attr < 0 || node->attrs[attr].u.ints.n <= axis ? otherwise
                                                          : node->attrs[attr].u.ints.at[axis];
}

/* The window along one spatial axis, its padding worked out. */
static kov_window window_at(const kov_planner *p, const kov_node *node, const form *f, int d)
{
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    const char *auto_pad = node->attrs[f->auto_pad].u.string;
    kov_window w = {.size = kov_plan_value(p, node->inputs[1])->dims[2 + (f->grouped ? 1 : 0) + d],
                    .stride = entry(node, f->strides, d, 1),
                    .dilation = entry(node, f->dilations, d, 1),
                    .pad_begin = entry(node, f->pads_begin, d, 0),
                    .pad_end = entry(node, f->pads_end, d, 0),
                    .output_padding = entry(node, f->output_padding, d, 0)};
    bool shaped = node->input_count > 2 && node->inputs[2] != KOV_VALUE_NONE;
    if (f->transposed)
        kov_window_pad_backward(&w, auto_pad, shaped, in->dims[2 + d], out->dims[2 + d]);
    else
        kov_window_pad(&w, auto_pad, in->dims[2 + d], out->dims[2 + d]);
    return w;
}

static bool takes(const kov_planner *p, const kov_node *node, int most)
{
    const kov_planned *in = kov_plan_value(p, node->inputs[0]),
                      *w = kov_plan_value(p, node->inputs[1]);
    int spatial = in->ndim - 2;
    return in->dtype == KOV_DTYPE_F32 && w->dtype == KOV_DTYPE_F32 && spatial >= 1 &&
           spatial <= most && w->count > 0;
}

/* Zero padding before the convolution becomes the convolution's own. */
static kov_value unpadded(const kov_planner *p, kov_value data, const form *f, int64_t *pads)
{
    const kov_planned *v = kov_plan_value(p, data);
    int64_t begin[KOV_MAX_NDIM];
    for (int i = 0; i < v->ndim; i++)
        pads[i] = 0;
    if (v->pad_of == KOV_VALUE_NONE || v->pad_of == 0 || f->transposed)
        return data;
    const kov_node *pad = kov_graph_producer(p->graph, data);
    kov_plan_numbers(p, pad->inputs[1], begin, KOV_MAX_NDIM);
    for (int i = 0; i < v->ndim; i++)
        pads[i] = begin[i];
    return v->pad_of;
}

typedef struct conv_params {
    kov_conv conv;
    int64_t batch;
    kov_epilogue epilogue;
    kov_weights_plan weights;
} conv_params;

static kov_status run_conv(const kov_step *step, const kov_run *run)
{
    const conv_params *c = step->params;
    const float *packed;
    KOV_TRY(kov_run_weights(step, run, &c->weights, &packed));
    kov_epilogue epilogue = kov_run_epilogue(step, run, &c->epilogue);
    char *workspace = run->workspace; /* NULL where nothing is packed and nothing computed */
    return kov_conv_run(run->context, &c->conv, c->batch, run->at[step->slots[KOV_PRODUCT_DATA]],
                        packed, &epilogue, run->at[step->slots[KOV_PRODUCT_OUTPUT]],
                        workspace ? workspace + c->weights.packing_bytes : NULL);
}

static kov_status emit_conv(kov_planner *p, kov_product *product)
{
    conv_params *c = product->params;
    c->epilogue = product->epilogue;
    size_t workspace =
        kov_conv_workspace_bytes(p->context, &c->conv, c->batch) + c->weights.packing_bytes;
    const char *name = c->conv.algorithm == KOV_CONV_WINOGRAD ? "conv_winograd"
                       : c->conv.transposed                   ? "conv_transposed"
                                                              : "conv";
    return kov_plan_product_step(p, product, run_conv, name, c, workspace);
}

static void set_weights(const kov_planner *p, const kov_node *node, const form *f, kov_conv *conv)
{
    const kov_planned *w = kov_plan_value(p, node->inputs[1]);
    int64_t strides[KOV_MAX_NDIM];
    int g = f->grouped ? 1 : 0;
    kov_plan_strides(w, strides);
    int in = f->transposed ? g : g + 1, out = f->transposed ? g + 1 : g;
    conv->groups = g ? w->dims[0] : 1;
    conv->channels_in = conv->groups * w->dims[in];
    conv->channels_out = conv->groups * w->dims[out];
    conv->weight_in = strides[in];
    conv->weight_out = strides[out];
    conv->weight_group = g ? strides[0] : 0;
    for (int d = 0; d < conv->spatial; d++)
        conv->weight_tap[d] = strides[2 + g + d];
}

/* What the packed weights depend on, so that shapes share them. */
static void set_pack(const kov_conv *conv, kov_pack_spec *spec)
{
    memset(spec, 0, sizeof *spec);
    spec->kind = KOV_PACK_CONV;
    spec->bytes = kov_conv_packed_bytes(conv);
    kov_conv *to = &spec->u.conv;
    *to = *conv;
    to->input_pixel = to->output_pixel = 0;
    for (int d = 0; d < 3; d++) {
        to->input[d] = to->output[d] = conv->kernel[d];
        to->pad_before[d] = 0;
    }
}

kov_status kov_plan_convolution(kov_planner *p, const kov_node *node, bool *taken)
{
    form f;
    int64_t pads[KOV_MAX_NDIM];
    if (!form_of(node->op, &f) || !takes(p, node, 3))
        return KOV_OK;
    conv_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    kov_value data = unpadded(p, node->inputs[0], &f, pads);
    const kov_planned *in = kov_plan_value(p, data), *out = kov_plan_value(p, node->first_output);
    KOV_TRY(kov_plan_get(p, node->inputs[1], NULL));
    kov_conv_init(&c->conv, in->ndim - 2);
    c->conv.transposed = f.transposed;
    c->batch = in->dims[0];
    set_weights(p, node, &f, &c->conv);
    for (int d = 0; d < c->conv.spatial; d++) {
        kov_window w = window_at(p, node, &f, d);
        c->conv.input[d] = in->dims[2 + d];
        c->conv.output[d] = out->dims[2 + d];
        c->conv.kernel[d] = w.size;
        c->conv.stride[d] = w.stride;
        c->conv.dilation[d] = w.dilation;
        c->conv.pad_before[d] = w.pad_begin + pads[2 + d];
    }
    if (kov_conv_check(&c->conv) != KOV_OK)
        return KOV_OK;
    c->conv.algorithm = kov_conv_choose(&c->conv, c->batch, kov_plan_is_stable(p, node->inputs[1]));
    kov_product product = {.order = kov_order_channels_last(out->ndim),
                           .channel_axis = 1,
                           .emit = emit_conv,
                           .params = c};
    kov_pack_spec spec;
    set_pack(&c->conv, &spec);
    KOV_TRY(kov_plan_get_ordered(p, data, &product.order, &product.data));
    KOV_TRY(kov_plan_weights(p, node->inputs[1], &spec, &product.weights, &c->weights));
    *taken = true;
    return kov_plan_product_add(p, &product, node);
}

/* ---- depthwise ---- */

typedef struct depthwise_params {
    kov_depthwise depthwise;
    int64_t batch;
    kov_epilogue epilogue;
    kov_weights_plan weights;
} depthwise_params;

static kov_status run_depthwise(const kov_step *step, const kov_run *run)
{
    const depthwise_params *c = step->params;
    const float *weights;
    KOV_TRY(kov_run_weights(step, run, &c->weights, &weights));
    kov_epilogue epilogue = kov_run_epilogue(step, run, &c->epilogue);
    return kov_depthwise_run(run->context, &c->depthwise, c->batch,
                             run->at[step->slots[KOV_PRODUCT_DATA]], weights, &epilogue,
                             run->at[step->slots[KOV_PRODUCT_OUTPUT]]);
}

static kov_status emit_depthwise(kov_planner *p, kov_product *product)
{
    depthwise_params *c = product->params;
    c->epilogue = product->epilogue;
    return kov_plan_product_step(p, product, run_depthwise, "depthwise", c,
                                 c->weights.packing_bytes);
}

/* Weights G, O, 1, spatial as spatial, G, O. */
static void set_depthwise_pack(const kov_planned *w, int spatial, kov_pack_spec *spec)
{
    int64_t strides[KOV_MAX_NDIM];
    memset(spec, 0, sizeof *spec);
    kov_plan_strides(w, strides);
    spec->kind = KOV_PACK_COPY;
    spec->bytes = kov_plan_bytes(w);
    spec->u.copy.item = sizeof(float);
    spec->u.copy.ndim = spatial + 2;
    for (int i = 0; i < spatial + 2; i++) {
        int axis = i < spatial ? 3 + i : i - spatial;
        spec->u.copy.dims[i] = w->dims[axis];
        spec->u.copy.byte_strides[i] = strides[axis] * (int64_t)sizeof(float);
    }
}

kov_status kov_plan_depthwise(kov_planner *p, const kov_node *node, bool *taken)
{
    form f;
    int64_t pads[KOV_MAX_NDIM];
    if (!form_of(node->op, &f) || !takes(p, node, 2) ||
        kov_plan_value(p, node->inputs[1])->dims[2] != 1)
        return KOV_OK;
    depthwise_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    kov_value data = unpadded(p, node->inputs[0], &f, pads);
    const kov_planned *in = kov_plan_value(p, data), *out = kov_plan_value(p, node->first_output);
    KOV_TRY(kov_plan_get(p, node->inputs[1], NULL));
    const kov_planned *w = kov_plan_value(p, node->inputs[1]);
    kov_depthwise *depthwise = &c->depthwise;
    kov_depthwise_init(depthwise, in->ndim - 2);
    depthwise->channels = w->dims[0];
    depthwise->multiplier = w->dims[1];
    c->batch = in->dims[0];
    for (int d = 0; d < depthwise->spatial; d++) {
        kov_window window = window_at(p, node, &f, d);
        depthwise->input[d] = in->dims[2 + d];
        depthwise->output[d] = out->dims[2 + d];
        depthwise->kernel[d] = window.size;
        depthwise->stride[d] = window.stride;
        depthwise->dilation[d] = window.dilation;
        depthwise->pad_before[d] = window.pad_begin + pads[2 + d];
    }
    if (kov_depthwise_check(depthwise) != KOV_OK)
        return KOV_OK;
    kov_product product = {.order = kov_order_channels_last(out->ndim),
                           .channel_axis = 1,
                           .emit = emit_depthwise,
                           .params = c};
    kov_pack_spec spec;
    set_depthwise_pack(w, depthwise->spatial, &spec);
    KOV_TRY(kov_plan_get_ordered(p, data, &product.order, &product.data));
    KOV_TRY(kov_plan_weights(p, node->inputs[1], &spec, &product.weights, &c->weights));
    *taken = true;
    return kov_plan_product_add(p, &product, node);
}
