/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/shape.h"

#include <string.h>

/* Side of a transposed block in items: two blocks of the largest item stay in a small L1 cache. */
enum { BLOCK = 32 };

typedef struct axis {
    int64_t dim, src_stride, dst_stride; /* strides in bytes */
} axis;

typedef struct item16 {
    uint64_t half[2];
} item16;

/* memcpy of a constant size compiles to one load and store, and allows any alignment. */
#define DEFINE_PLANE(name, type)                                                                   \
    static void name(char *dst, const char *src, const axis *rows, const axis *columns)            \
    {                                                                                              \
        for (int64_t j = 0; j < columns->dim; j++) {                                               \
            const char *from = src + j * columns->src_stride;                                      \
            char *to = dst + j * columns->dst_stride;                                              \
            for (int64_t i = 0; i < rows->dim; i++) {                                              \
                type item;                                                                         \
                memcpy(&item, from + i * rows->src_stride, sizeof item);                           \
                memcpy(to + i * rows->dst_stride, &item, sizeof item);                             \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_PLANE(copy_plane_1, uint8_t)
DEFINE_PLANE(copy_plane_2, uint16_t)
DEFINE_PLANE(copy_plane_4, uint32_t)
DEFINE_PLANE(copy_plane_8, uint64_t)
DEFINE_PLANE(copy_plane_16, item16)

/* Copies dim x dim items; `rows` is the inner loop. */
typedef void (*plane_function)(char *dst, const char *src, const axis *rows, const axis *columns);

static plane_function plane_for(size_t item_size)
{
    switch (item_size) {
    case 1:
        return copy_plane_1;
    case 2:
        return copy_plane_2;
    case 4:
        return copy_plane_4;
    case 8:
        return copy_plane_8;
    default:
        return copy_plane_16;
    }
}

/* Drops axes of one item and joins neighbours that the source walks as one. Returns their number.
 */
static int simplify(int ndim, const int64_t *dims, const int64_t *strides, size_t item_size,
                    axis *axes)
{
    int n = 0;
    for (int i = 0; i < ndim; i++) {
        if (dims[i] == 1)
            continue;
        if (n > 0 && axes[n - 1].src_stride == strides[i] * dims[i]) {
            axes[n - 1].dim *= dims[i];
            axes[n - 1].src_stride = strides[i];
        } else {
            axes[n++] = (axis){.dim = dims[i], .src_stride = strides[i]};
        }
    }
    int64_t step = (int64_t)item_size;
    for (int i = n - 1; i >= 0; i--) {
        axes[i].dst_stride = step;
        step *= axes[i].dim;
    }
    return n;
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* The axis that is fastest in the source, if that is not the last one; else -1. */
static int fastest_other(const axis *axes, int n)
{
    int best = n - 1;
    for (int i = n - 2; i >= 0; i--)
        if (axes[i].src_stride != 0 &&
            magnitude(axes[i].src_stride) < magnitude(axes[best].src_stride))
            best = i;
    return best == n - 1 || axes[n - 1].src_stride == 0 ? -1 : best;
}

static void copy_blocked(char *dst, const char *src, plane_function plane, const axis *last,
                         const axis *other)
{
    for (int64_t j = 0; j < other->dim; j += BLOCK) {
        axis columns = *other;
        columns.dim = other->dim - j < BLOCK ? other->dim - j : BLOCK;
        for (int64_t i = 0; i < last->dim; i += BLOCK) {
            axis rows = *last;
            rows.dim = last->dim - i < BLOCK ? last->dim - i : BLOCK;
            plane(dst + i * rows.dst_stride + j * columns.dst_stride,
                  src + i * rows.src_stride + j * columns.src_stride, &rows, &columns);
        }
    }
}

/* Moves to the next index of the first `n` axes; false after the last. */
static bool advance(int64_t *index, const axis *axes, int n, char **dst, const char **src)
{
    for (int i = n - 1; i >= 0; i--) {
        *dst += axes[i].dst_stride;
        *src += axes[i].src_stride;
        if (++index[i] < axes[i].dim)
            return true;
        *dst -= axes[i].dim * axes[i].dst_stride;
        *src -= axes[i].dim * axes[i].src_stride;
        index[i] = 0;
    }
    return false;
}

void kov_copy_strided(void *dst, const void *src, size_t item_size, int ndim, const int64_t *dims,
                      const int64_t *byte_strides)
{
    for (int i = 0; i < ndim; i++)
        if (dims[i] == 0)
            return;
    axis axes[KOV_MAX_NDIM + 2];
    int n = simplify(ndim, dims, byte_strides, item_size, axes);
    if (n == 0) {
        memcpy(dst, src, item_size);
        return;
    }
    char *to = dst;
    const char *from = src;
    int64_t index[KOV_MAX_NDIM] = {0};
    if (axes[n - 1].src_stride == (int64_t)item_size) {
        size_t row = (size_t)axes[n - 1].dim * item_size;
        do
            memcpy(to, from, row);
        while (advance(index, axes, n - 1, &to, &from));
        return;
    }
    axis last = axes[n - 1], other = {.dim = 1};
    int fastest = fastest_other(axes, n);
    int outer = n - 1;
    if (fastest >= 0) {
        other = axes[fastest];
        for (int i = fastest; i < n - 2; i++)
            axes[i] = axes[i + 1];
        outer = n - 2;
    }
    plane_function plane = plane_for(item_size);
    do {
        if (fastest >= 0)
            copy_blocked(to, from, plane, &last, &other);
        else
            plane(to, from, &last, &other);
    } while (advance(index, axes, outer, &to, &from));
}
