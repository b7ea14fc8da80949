/* SPDX-License-Identifier: Apache-2.0 */
/* Where the elements of a StridedSlice lie in its data. */
#ifndef KOV_OPSET_SLICE_REGION_H
#define KOV_OPSET_SLICE_REGION_H

#include "base/status.h"
#include "graph/attr.h"

/* In units of the strides that were given. */
typedef struct kov_slice_region {
    int ndim;
    int64_t dims[2 * KOV_MAX_NDIM], strides[2 * KOV_MAX_NDIM], offset;
} kov_slice_region;

/* The operation's inputs but the first; steps are 1 where it has none. */
typedef struct kov_slice_bounds {
    int count; /* of each; at most KOV_MAX_NDIM */
    int64_t begin[KOV_MAX_NDIM], end[KOV_MAX_NDIM], steps[KOV_MAX_NDIM];
} kov_slice_bounds;

/* Of data with these dimensions and strides (per axis, any unit), for a StridedSlice with these
 * attributes. Errors: KOV_INVALID_ARGUMENT where masks and bounds do not fit the data. */
kov_status kov_strided_slice_region(const kov_attr *attrs, const kov_slice_bounds *given, int ndim,
                                    const int64_t *dims, const int64_t *strides,
                                    kov_slice_region *out);

#endif
