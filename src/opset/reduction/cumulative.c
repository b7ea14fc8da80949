/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums, products, maxima and minima along an axis. */
#include "graph/infer.h"
#include "opset/reduction/lines.h"

#include "tensor/shape.h"

#include <math.h>
#include <string.h>

typedef enum scan { SCAN_SUM, SCAN_PROD, SCAN_MAX, SCAN_MIN, SCAN_NONE } scan;

static scan scan_of(int op, const kov_attr *attrs)
{
    if (op == KOV_OP_CUM_SUM)
        return SCAN_SUM;
    const char *mode = attrs[KOV_CUMULATIVE_REDUCE_MODE].u.string;
    return strcmp(mode, "prod") == 0  ? SCAN_PROD
           : strcmp(mode, "max") == 0 ? SCAN_MAX
           : strcmp(mode, "min") == 0 ? SCAN_MIN
                                      : SCAN_NONE;
}

static bool takes(scan kind, kov_dtype dtype)
{
    kov_wide wide = kov_wide_of(dtype);
    if (wide == KOV_WIDE_COMPLEX)
        return kind == SCAN_SUM || kind == SCAN_PROD;
    return wide != KOV_WIDE_NONE && (dtype != KOV_DTYPE_BOOL || kind != SCAN_SUM);
}

kov_status kov_infer_cumulative(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    scan kind = scan_of((int)(infer->op - kov_op_info_of(0)), infer->attrs);
    if (kind == SCAN_NONE)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "unknown mode \"%s\"",
                              infer->attrs[KOV_CUMULATIVE_REDUCE_MODE].u.string);
    if (!takes(kind, data->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "it is not defined for %s",
                              kov_dtype_keras_name(data->dtype));
    kov_content_element axis = kov_infer_element(infer, 1, 0);
    int unused;
    if (axis.known && kov_dim_is_number(axis.dim))
        KOV_TRY(kov_infer_axis(infer, axis.negative ? -axis.dim : axis.dim, data->ndim, &unused));
    kov_infer_set(infer, 0, data->dtype, data->ndim, data->dims);
    return KOV_OK;
}

typedef union running {
    int64_t i;
    uint64_t u;
    long double r;
    struct {
        long double re, im;
    } c;
} running;

static running join_real(scan kind, running all, double x)
{
    switch (kind) {
    case SCAN_SUM:
        all.r += x;
        break;
    case SCAN_PROD:
        all.r *= x;
        break;
    case SCAN_MAX:
        all.r = isnan(all.r) || all.r >= x ? all.r : x;
        break;
    default:
        all.r = isnan(all.r) || all.r <= x ? all.r : x;
        break;
    }
    return all;
}

static running join_signed(scan kind, running all, int64_t x)
{
    switch (kind) {
    case SCAN_SUM:
        all.u += (uint64_t)x;
        break;
    case SCAN_PROD:
        all.u *= (uint64_t)x;
        break;
    case SCAN_MAX:
        all.i = all.i > x ? all.i : x;
        break;
    default:
        all.i = all.i < x ? all.i : x;
        break;
    }
    return all;
}

static running join_unsigned(scan kind, running all, uint64_t x)
{
    switch (kind) {
    case SCAN_SUM:
        all.u += x;
        break;
    case SCAN_PROD:
        all.u *= x;
        break;
    case SCAN_MAX:
        all.u = all.u > x ? all.u : x;
        break;
    default:
        all.u = all.u < x ? all.u : x;
        break;
    }
    return all;
}

static running join_complex(scan kind, running all, kov_complex x)
{
    long double re = all.c.re, im = all.c.im;
    if (kind == SCAN_SUM) {
        all.c.re = re + x.re;
        all.c.im = im + x.im;
    } else {
        all.c.re = re * x.re - im * x.im;
        all.c.im = re * x.im + im * x.re;
    }
    return all;
}

static running join(scan kind, kov_wide wide, running all, const kov_block *x, int k)
{
    switch (wide) {
    case KOV_WIDE_REAL:
        return join_real(kind, all, x->r[k]);
    case KOV_WIDE_SIGNED:
        return join_signed(kind, all, x->i[k]);
    case KOV_WIDE_UNSIGNED:
        return join_unsigned(kind, all, x->u[k]);
    default:
        return join_complex(kind, all, x->c[k]);
    }
}

/* What joins the first element to itself. */
static running start(scan kind, kov_wide wide, const kov_block *first)
{
    running all;
    memset(&all, 0, sizeof all);
    bool extreme = kind == SCAN_MAX || kind == SCAN_MIN;
    if (wide == KOV_WIDE_REAL)
        all.r = extreme ? first->r[0] : kind == SCAN_PROD;
    else if (wide == KOV_WIDE_COMPLEX)
        all.c.re = kind == SCAN_PROD;
    else
        all.u = extreme ? first->u[0] : kind == SCAN_PROD;
    return all;
}

static void put(kov_wide wide, running all, kov_block *out, int k)
{
    if (wide == KOV_WIDE_REAL)
        out->r[k] = (double)all.r;
    else if (wide == KOV_WIDE_COMPLEX)
        out->c[k] = (kov_complex){(double)all.c.re, (double)all.c.im};
    else
        out->u[k] = all.u;
}

typedef struct scan_line {
    scan kind;
    bool exclusive;
    int64_t first, step, length;
} scan_line;

static void run_line(const kov_view *data, const kov_view *out, const scan_line *line)
{
    kov_wide wide = kov_wide_of(data->dtype);
    running all;
    for (int64_t at = 0; at < line->length; at += KOV_BLOCK) {
        int n = line->length - at < KOV_BLOCK ? (int)(line->length - at) : KOV_BLOCK;
        int64_t offset = line->first + at * line->step;
        kov_block x, y;
        kov_block_load(data->dtype, data->data, offset, line->step, n, &x);
        if (at == 0)
            all = start(line->kind, wide, &x);
        for (int k = 0; k < n; k++) {
            running before = all;
            all = join(line->kind, wide, all, &x, k);
            put(wide, line->exclusive ? before : all, &y, k);
        }
        kov_block_store(out->dtype, out->data, offset, line->step, n, &y);
    }
}

kov_status kov_eval_cumulative(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    int op = kov_eval_op(eval), count, axis;
    bool is_sum = op == KOV_OP_CUM_SUM;
    bool reverse =
        eval->attrs[is_sum ? KOV_CUM_SUM_REVERSE : KOV_CUMULATIVE_REDUCE_REVERSE].u.boolean;
    scan_line line = {.kind = scan_of(op, eval->attrs),
                      .exclusive = is_sum && eval->attrs[KOV_CUM_SUM_EXCLUSIVE].u.boolean};
    int64_t number;
    if (!takes(line.kind, data->dtype))
        return kov_eval_no_dtype(eval, data->dtype);
    if (!kov_view_ints(&eval->inputs[1], &number, 1, &count) || count != 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "axis must be one integer");
    KOV_TRY(kov_axis_normalize(eval->op->name, number, data->ndim, &axis));
    kov_lines lines = kov_lines_along(data->ndim, data->dims, axis);
    if (data->count == 0)
        return KOV_OK;
    line.length = lines.length;
    line.step = reverse ? -lines.inner : lines.inner;
    for (int64_t o = 0; o < lines.outer; o++) {
        for (int64_t i = 0; i < lines.inner; i++) {
            line.first = (o * lines.length + (reverse ? lines.length - 1 : 0)) * lines.inner + i;
            run_line(data, out, &line);
        }
    }
    return KOV_OK;
}
