/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/shape.h"

#include "base/cpu.h"
#include "tensor/copy_kernels.h"

#include <string.h>

/* Side of a transposed block in items: two blocks of the largest item stay in a small L1 cache. */
enum {
    BLOCK = 32,
    SHORT = 16,     /* an axis that is not worth a loop of its own */
    ROW_BYTES = 64, /* that are worth a call of memcpy */
    FILL_BYTES = 4096
};

typedef struct axis {
    int64_t dim, src_stride, dst_stride; /* strides in bytes */
} axis;

typedef struct item16 {
    uint64_t half[2];
} item16;

/* memcpy of a constant size compiles to one load and store, and allows any alignment. The longer
 * axis is the inner loop where the other is short. */
#define DEFINE_PLANE(name, type)                                                                   \
    static void name(char *dst, const char *src, const axis *rows, const axis *columns)            \
    {                                                                                              \
        if (rows->dim < SHORT && columns->dim > rows->dim) {                                       \
            const axis *swap = rows;                                                               \
            rows = columns;                                                                        \
            columns = swap;                                                                        \
        }                                                                                          \
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

void kov_fill(void *dst, const void *item, size_t item_size, size_t n)
{
    char *to = dst;
    if (n == 0)
        return;
    if (item_size == 1) {
        memset(to, *(const unsigned char *)item, n);
        return;
    }
    size_t bytes = n * item_size, done = item_size, most = FILL_BYTES / item_size * item_size;
    memmove(to, item, item_size);
    while (done < bytes) {
        size_t more = done < most ? done : most;
        more = more < bytes - done ? more : bytes - done;
        memcpy(to + done, to, more);
        done += more;
    }
}

/* The largest item that a row is a whole number of. */
static size_t item_of(size_t row_bytes)
{
    size_t item = 16;
    while (row_bytes % item)
        item /= 2;
    return item;
}

void kov_copy_rows(void *dst, int64_t dst_stride, const void *src, int64_t src_stride,
                   size_t row_bytes, int64_t rows)
{
    char *to = dst;
    const char *from = src;
    if (row_bytes == 0)
        return;
    if (row_bytes >= ROW_BYTES) {
        for (int64_t i = 0; i < rows; i++)
            memcpy(to + i * dst_stride, from + i * src_stride, row_bytes);
        return;
    }
    int64_t item = (int64_t)item_of(row_bytes);
    const axis inner = {(int64_t)row_bytes / item, item, item};
    const axis outer = {rows, src_stride, dst_stride};
    plane_for((size_t)item)(to, from, &inner, &outer);
}

/* Copies along the last axis and one other. */
typedef void (*plane_copy)(char *dst, const char *src, size_t item_size, const axis *last,
                           const axis *other);

static void copy_items(char *dst, const char *src, size_t item_size, const axis *last,
                       const axis *other)
{
    plane_for(item_size)(dst, src, last, other);
}

static void copy_whole_rows(char *dst, const char *src, size_t item_size, const axis *last,
                            const axis *other)
{
    kov_copy_rows(dst, other->dst_stride, src, other->src_stride, (size_t)last->dim * item_size,
                  other->dim);
}

static void copy_repeated(char *dst, const char *src, size_t item_size, const axis *last,
                          const axis *other)
{
    for (int64_t i = 0; i < other->dim; i++)
        kov_fill(dst + i * other->dst_stride, src + i * other->src_stride, item_size,
                 (size_t)last->dim);
}

static void copy_reversed(char *dst, const char *src, size_t item_size, const axis *last,
                          const axis *other)
{
    static kov_copy_reversed_kernel *const kernels[KOV_ISA_COUNT] = KOV_ISA_TABLE(copy_reversed);
    for (int64_t i = 0; i < other->dim; i++)
        kernels[kov_cpu_isa()](dst + i * other->dst_stride, src + i * other->src_stride, item_size,
                               last->dim);
}

static void copy_transposed(char *dst, const char *src, size_t item_size, const axis *last,
                            const axis *other)
{
    copy_blocked(dst, src, plane_for(item_size), last, other);
}

/* How the last axis is copied, and in *other which axis goes with it; -1: none. */
static plane_copy choose_copy(const axis *axes, int n, size_t item_size, int *other)
{
    const axis *last = &axes[n - 1];
    *other = n - 2;
    if (last->src_stride == (int64_t)item_size)
        return copy_whole_rows;
    if (last->src_stride == -(int64_t)item_size && last->dim >= SHORT && item_size <= 8)
        return copy_reversed;
    if (last->src_stride == 0 && last->dim >= SHORT)
        return copy_repeated;
    int fastest = fastest_other(axes, n);
    if (fastest < 0)
        return copy_items;
    *other = fastest;
    return copy_transposed;
}

void kov_copy_strided(void *dst, const void *src, size_t item_size, int ndim, const int64_t *dims,
                      const int64_t *byte_strides)
{
    for (int i = 0; i < ndim; i++)
        if (dims[i] == 0)
            return;
    axis axes[KOV_MAX_NDIM + 2];
    int n = simplify(ndim, dims, byte_strides, item_size, axes), at;
    if (n == 0) {
        memcpy(dst, src, item_size);
        return;
    }
    char *to = dst;
    const char *from = src;
    int64_t index[KOV_MAX_NDIM] = {0};
    plane_copy copy = choose_copy(axes, n, item_size, &at);
    axis last = axes[n - 1], other = {.dim = 1};
    if (at >= 0) {
        other = axes[at];
        for (int i = at; i < n - 2; i++)
            axes[i] = axes[i + 1];
    }
    do
        copy(to, from, item_size, &last, &other);
    while (advance(index, axes, n - 2, &to, &from));
}
