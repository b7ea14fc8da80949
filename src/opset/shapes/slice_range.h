/* SPDX-License-Identifier: Apache-2.0 */
/* Python's slices of one axis, on numbers and on dimension expressions. */
#ifndef KOV_OPSET_SLICE_RANGE_H
#define KOV_OPSET_SLICE_RANGE_H

#include "opset/content_math.h"

/* start:stop:step of an axis of `size`: the first index and how many. step is not 0. */
void kov_slice_range(int64_t size, int64_t start, int64_t stop, int64_t step, int64_t *first,
                     int64_t *count);

/* How many, where parts may be free; a fresh symbol where nothing can be said. Known stops of
 * INT32_MAX and beyond, either way, mean "to the end" of a free dimension. */
kov_dim kov_slice_dim(kov_dims *dims, kov_dim size, kov_content_element start,
                      kov_content_element stop, kov_content_element step);

#endif
