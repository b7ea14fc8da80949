/* SPDX-License-Identifier: Apache-2.0 */
/* Copies whose source index along each axis depends on the destination index of that axis alone. */
#ifndef KOV_OPSET_COPY_MAPPED_H
#define KOV_OPSET_COPY_MAPPED_H

#include "opset/element_block.h"

/* The source index along `axis` for destination index `index`; negative: the fill element. */
typedef int64_t (*kov_axis_map)(const void *user, int axis, int64_t index);

/* Fills output 0 from input 0; both have the same rank. fill: one element, read where the map says
 * so. KOV_OUT_OF_MEMORY; KOV_NOT_IMPLEMENTED for packed types. */
kov_status kov_copy_mapped(kov_eval *eval, kov_axis_map map, const void *user, const void *fill);

#endif
