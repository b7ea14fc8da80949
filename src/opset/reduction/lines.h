/* SPDX-License-Identifier: Apache-2.0 */
/* A tensor seen as lines along one axis. */
#ifndef KOV_OPSET_LINES_H
#define KOV_OPSET_LINES_H

#include "opset/element_block.h"

typedef struct kov_lines {
    int64_t outer, length, inner; /* element k of line (o, i) is at (o * length + k) * inner + i */
} kov_lines;

static inline kov_lines kov_lines_along(int ndim, const int64_t *dims, int axis)
{
    kov_lines lines = {1, 1, 1};
    for (int i = 0; i < ndim; i++)
        *(i < axis ? &lines.outer : i == axis ? &lines.length : &lines.inner) *= dims[i];
    return lines;
}

#endif
