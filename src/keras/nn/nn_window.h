/* SPDX-License-Identifier: Apache-2.0 */
/* What convolution and pooling of module nn share: data formats, windows, padding. */
#ifndef KOV_KERAS_NN_WINDOW_H
#define KOV_KERAS_NN_WINDOW_H

#include "keras/helpers.h"

#define KOV_MAX_SPATIAL 3

/* Numbers of a window parameter for each spatial dimension; a bare int stands for all. */
typedef struct kov_window {
    int64_t at[KOV_MAX_SPATIAL];
} kov_window;

/* Spatial dimensions of data of this rank (1 to 3); sticky failure names the function. */
int kov_spatial(kov_builder *b, const char *function, kov_value x);
bool kov_channels_first(kov_builder *b, const char *function, const char *data_format);
/* `count` numbers from one or as many; fallback where none is given. */
kov_window kov_window_of(kov_builder *b, const char *function, const char *name, kov_ints given,
                         int count, const kov_window *fallback);
static inline kov_ints kov_window_ints(const kov_window *window, int count)
{
    return (kov_ints){window->at, count};
}
/* "valid" or "same" as OpenVINO's auto_pad. */
const char *kov_auto_pad(kov_builder *b, const char *function, const char *padding);
/* Channels last to first, and back. */
kov_value kov_to_channels_first(kov_builder *b, kov_value x);
kov_value kov_to_channels_last(kov_builder *b, kov_value x);

#endif
