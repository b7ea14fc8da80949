/* SPDX-License-Identifier: Apache-2.0 */
/* Sliding windows of convolution and pooling: sizes of outputs, padding, and which inputs an output
 * sees. Formulas are those of OpenVINO's operation set (Convolution-1, ConvolutionBackpropData-1,
 * MaxPool-8, AvgPool-1). */
#ifndef KOV_OPSET_NEURAL_WINDOW_H
#define KOV_OPSET_NEURAL_WINDOW_H

#include "graph/eval.h"
#include "graph/infer.h"

typedef struct kov_window {
    kov_dim size; /* of the kernel, along one axis */
    int64_t stride, dilation, pad_begin, pad_end;
    int64_t output_padding; /* of transposed convolutions */
} kov_window;

/* Where an operation's attributes stand in its row; -1: it has none of that kind. */
typedef struct kov_window_attrs {
    int strides, dilations, pads_begin, pads_end, kernel, output_padding;
} kov_window_attrs;

/* The windows of `spatial` axes. Attributes are empty (then 1, or 0 for padding) or one number per
 * axis; sizes come from `kernel`, or are left 0. */
kov_status kov_windows_infer(const kov_infer *infer, const kov_window_attrs *where, int spatial,
                             kov_window *out);
void kov_windows_eval(const kov_eval *eval, const kov_window_attrs *where, int spatial,
                      kov_window *out);

/* Dimension of the output. auto_pad: explicit, valid, same_upper, same_lower; rounding: floor,
 * ceil, ceil_torch. */
kov_status kov_window_forward(const kov_infer *infer, const kov_window *window,
                              const char *auto_pad, const char *rounding, kov_dim in, kov_dim *out);
/* The same for a transposed convolution without output_shape. */
kov_status kov_window_backward(const kov_infer *infer, const kov_window *window,
                               const char *auto_pad, kov_dim in, kov_dim *out);

/* Replaces pad_begin and pad_end by what auto_pad means for sizes in and out. */
void kov_window_pad(kov_window *window, const char *auto_pad, int64_t in, int64_t out);
void kov_window_pad_backward(kov_window *window, const char *auto_pad, bool has_output_shape,
                             int64_t in, int64_t out);

/* One input that a window sees: offsets into the spatial planes of data and kernel. */
typedef struct kov_tap {
    int64_t data, kernel;
} kov_tap;

typedef struct kov_windows {
    int spatial;
    const kov_window *at;
    const int64_t *in, *out; /* spatial dims */
    bool transposed;
} kov_windows;

/* The taps of the output position `index`, in the order of the kernel; returns their number. `taps`
 * has room for the kernel's elements. */
int64_t kov_windows_taps(const kov_windows *windows, const int64_t *index, kov_tap *taps);
/* Elements of the kernel. */
int64_t kov_windows_size(const kov_windows *windows);
/* To the next index of a shape, row-major; false after the last. */
bool kov_index_next(int ndim, const int64_t *dims, int64_t *index);

#endif
