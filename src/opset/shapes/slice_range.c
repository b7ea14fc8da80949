/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/shapes/slice_range.h"

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* size is at least 0, so a negative index cannot underflow. */
static int64_t from_end(int64_t index, int64_t size)
{
    return index < 0 ? index + size : index;
}

void kov_slice_range(int64_t size, int64_t start, int64_t stop, int64_t step, int64_t *first,
                     int64_t *count)
{
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    int64_t begin = clamp(from_end(start, size), low, high);
    int64_t end = clamp(from_end(stop, size), low, high);
    uint64_t span = step > 0 ? (end > begin ? (uint64_t)(end - begin) : 0)
                             : (begin > end ? (uint64_t)(begin - end) : 0);
    uint64_t pace = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    *first = begin;
    *count = (int64_t)(span / pace + (span % pace != 0));
}

static bool is_far(kov_content_element e)
{
    return e.known && e.dim >= INT32_MAX;
}

/* A bound in [0, size]; `shift` is 1 where indices are counted from -1, as for negative steps. */
static kov_content_element bound(kov_dims *dims, kov_dim size, kov_content_element e, int shift,
                                 bool clamps_high)
{
    kov_content_element whole = kov_content_of_dim(dims, size);
    kov_content_element zero = kov_content_of_number(0), plus = kov_content_of_number(shift);
    if (is_far(e))
        return e.negative ? zero : whole;
    if (e.known && e.negative)
        return kov_content_max(dims, kov_content_add(dims, kov_content_add(dims, whole, e), plus),
                               zero);
    if (!kov_content_is_dim(dims, e))
        return (kov_content_element){0};
    e = kov_content_add(dims, e, plus);
    return clamps_high ? kov_content_min(dims, e, whole) : e;
}

/* x[-k:] of a free dimension has min(k, size) elements; the general rule would not see that. */
static bool is_tail(kov_content_element start, kov_content_element stop, int64_t step)
{
    return step == 1 && start.known && start.negative && !is_far(start) && is_far(stop) &&
           !stop.negative;
}

kov_dim kov_slice_dim(kov_dims *dims, kov_dim size, kov_content_element start,
                      kov_content_element stop, kov_content_element step)
{
    int64_t a, b, pace, first, count;
    if (!kov_content_number(step, &pace))
        return kov_dim_unknown(dims);
    if (kov_dim_is_number(size) && kov_content_number(start, &a) && kov_content_number(stop, &b)) {
        kov_slice_range(size, a, b, pace, &first, &count);
        return count;
    }
    if (is_tail(start, stop, pace))
        return kov_dim_min(dims, start.dim, size);
    bool forward = pace > 0;
    kov_content_element begin = bound(dims, size, start, forward ? 0 : 1, !forward);
    kov_content_element end = bound(dims, size, stop, forward ? 0 : 1, forward);
    kov_content_element span =
        forward ? kov_content_sub(dims, end, begin) : kov_content_sub(dims, begin, end);
    if (!span.known)
        return kov_dim_unknown(dims);
    if (span.negative)
        return 0;
    return kov_dim_ceil_div(dims, kov_dim_max(dims, span.dim, 0), forward ? pace : -pace);
}
