/* SPDX-License-Identifier: Apache-2.0 */
/* Module core: what the Python face needs of a tensor: another dtype, a part of it. */
#include "keras/helpers.h"
#include "keras_functions.h"

/* OpenVINO's masks say which bounds are ignored; a key's say which are given. */
static kov_ints inverted(const kov_ints *flags, int64_t *storage)
{
    kov_ints out = {storage, flags->n};
    for (int i = 0; i < flags->n; i++)
        storage[i] = flags->at[i] == 0;
    return out;
}

kov_value kov_core_strided_slice(kov_builder *b, kov_value x, kov_value begin, kov_value end,
                                 kov_value step, kov_ints has_begin, kov_ints has_end,
                                 kov_ints new_axis, kov_ints shrink)
{
    enum { MAX_ITEMS = 2 * KOV_MAX_NDIM };
    int64_t no_begin[MAX_ITEMS], no_end[MAX_ITEMS];
    if (has_begin.n > MAX_ITEMS || has_end.n != has_begin.n || new_axis.n != has_begin.n ||
        shrink.n != has_begin.n)
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT,
                                "strided_slice: four masks of one length, at most %d; got %d, %d, "
                                "%d and %d",
                                MAX_ITEMS, has_begin.n, has_end.n, new_axis.n, shrink.n);
    kov_ints none = {NULL, 0};
    return kov_strided_slice(b, x, begin, end, step, inverted(&has_begin, no_begin),
                             inverted(&has_end, no_end), new_axis, shrink, none);
}

kov_value kov_core_cast(kov_builder *b, kov_value x, kov_dtype dtype)
{
    return kov_cast(b, x, dtype);
}
