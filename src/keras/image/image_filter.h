/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOV_KERAS_IMAGE_FILTER_H
#define KOV_KERAS_IMAGE_FILTER_H

#include "keras/helpers.h"

/* planes: (n, height, width) floats; sigma: two scalars of their dtype. The kernel has size[1] rows
 * and size[0] columns, as Keras has it; outside the planes there are zeros. */
kov_value kov_gaussian_filter(kov_builder *b, kov_value planes, const int64_t size[2],
                              const kov_value sigma[2]);

#endif
