/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions over axes. An empty list of axes reduces nothing, as in OpenVINO. */
#include "opset/content_math.h"
#include "opset/element_block.h"
#include "opset/elementwise/complex_math.h"

#include "tensor/shape.h"

#include <math.h>

static bool is_logical(int op)
{
    return op == KOV_OP_REDUCE_LOGICAL_AND || op == KOV_OP_REDUCE_LOGICAL_OR;
}

static bool takes(int op, kov_dtype dtype)
{
    if (is_logical(op))
        return dtype == KOV_DTYPE_BOOL;
    bool is_extreme = op == KOV_OP_REDUCE_MAX || op == KOV_OP_REDUCE_MIN;
    switch (kov_wide_of(dtype)) {
    case KOV_WIDE_REAL:
        return true;
    case KOV_WIDE_SIGNED:
    case KOV_WIDE_UNSIGNED:
        return dtype != KOV_DTYPE_BOOL || is_extreme || op == KOV_OP_REDUCE_PROD;
    case KOV_WIDE_COMPLEX:
        return op != KOV_OP_REDUCE_L1 && op != KOV_OP_REDUCE_L2;
    default:
        return false;
    }
}

static kov_content_element fold_content(kov_infer *infer, int op, int n)
{
    kov_content_element all = {0};
    if (n == 0)
        return op == KOV_OP_REDUCE_SUM    ? kov_content_of_number(0)
               : op == KOV_OP_REDUCE_PROD ? kov_content_of_number(1)
                                          : all;
    all = kov_infer_element(infer, 0, 0);
    for (int i = 1; i < n; i++) {
        kov_content_element e = kov_infer_element(infer, 0, i);
        all = op == KOV_OP_REDUCE_SUM    ? kov_content_add(infer->dims, all, e)
              : op == KOV_OP_REDUCE_PROD ? kov_content_mul(infer->dims, all, e)
              : op == KOV_OP_REDUCE_MAX  ? kov_content_max(infer->dims, all, e)
                                         : kov_content_min(infer->dims, all, e);
    }
    return all;
}

static kov_status infer_content(kov_infer *infer, int op, int axis_count)
{
    const kov_infer_input *data = &infer->inputs[0];
    int n;
    bool folds = op == KOV_OP_REDUCE_SUM || op == KOV_OP_REDUCE_PROD || op == KOV_OP_REDUCE_MAX ||
                 op == KOV_OP_REDUCE_MIN;
    if (!folds || data->dtype == KOV_DTYPE_BOOL ||
        !kov_content_follows(data->dtype, data->ndim, data->dims, &n))
        return KOV_OK;
    if (data->ndim == 0 || axis_count == 0)
        return kov_content_forward(infer, 0, 0);
    kov_content_element all = fold_content(infer, op, n);
    return kov_content_set(infer, 0, data->dtype, 1, &all);
}

/* With unknown axes the rank is known only if it is kept. */
static kov_status infer_unknown_axes(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    for (int axis = 0; axis < data->ndim; axis++)
        dims[axis] = data->dims[axis] == 1 ? 1 : kov_dim_unknown(infer->dims);
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

kov_status kov_infer_reduce(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    int op = (int)(infer->op - kov_op_info_of(0));
    bool keep = infer->attrs[KOV_REDUCE_SUM_KEEP_DIMS].u.boolean;
    if (!takes(op, data->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "it is not defined for %s",
                              kov_dtype_keras_name(data->dtype));
    int64_t axes[KOV_MAX_NDIM];
    int count;
    kov_status status = kov_infer_ints(infer, 1, axes, KOV_MAX_NDIM, &count);
    if (status == KOV_UNKNOWN_VALUE && keep)
        return infer_unknown_axes(infer);
    KOV_TRY(status);
    bool reduced[KOV_MAX_NDIM] = {false};
    for (int i = 0; i < count; i++) {
        int axis;
        KOV_TRY(kov_infer_axis(infer, axes[i], data->ndim, &axis));
        if (reduced[axis])
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "axis %d is given twice", axis);
        reduced[axis] = true;
    }
    kov_dim dims[KOV_MAX_NDIM];
    int ndim = 0;
    for (int axis = 0; axis < data->ndim; axis++)
        if (!reduced[axis] || keep)
            dims[ndim++] = reduced[axis] ? 1 : data->dims[axis];
    kov_infer_set(infer, 0, data->dtype, ndim, dims);
    return infer_content(infer, op, count);
}

/* Floats are summed in long double where it is wider, so that the reference is right to its last
 * bit but in rare cases. */
typedef struct accumulator {
    int64_t count;
    long double real;
    struct {
        long double re, im;
    } complex;
    int64_t signed_;
    uint64_t unsigned_;
} accumulator;

static int64_t smallest(kov_dtype dtype)
{
    return INT64_MIN >> (64 - kov_dtype_bits(dtype));
}

static uint64_t largest_unsigned(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_BOOL ? 1 : UINT64_MAX >> (64 - kov_dtype_bits(dtype));
}

static accumulator start(int op, kov_dtype dtype)
{
    accumulator all = {0};
    kov_wide wide = kov_wide_of(dtype);
    switch (op) {
    case KOV_OP_REDUCE_PROD:
    case KOV_OP_REDUCE_LOGICAL_AND:
        all.real = all.complex.re = 1;
        all.signed_ = 1;
        all.unsigned_ = 1;
        break;
    case KOV_OP_REDUCE_MAX:
        all.real = all.complex.re = all.complex.im = -INFINITY;
        all.signed_ = wide == KOV_WIDE_SIGNED ? smallest(dtype) : 0;
        break;
    case KOV_OP_REDUCE_MIN:
        all.real = all.complex.re = all.complex.im = INFINITY;
        all.signed_ = wide == KOV_WIDE_SIGNED ? ~smallest(dtype) : 0;
        all.unsigned_ = wide == KOV_WIDE_UNSIGNED ? largest_unsigned(dtype) : 0;
        break;
    default:
        break;
    }
    return all;
}

static void fold_real(accumulator *all, int op, int n, const double *x)
{
    long double r = all->real;
    for (int k = 0; k < n; k++) {
        switch (op) {
        case KOV_OP_REDUCE_PROD:
            r *= x[k];
            break;
        case KOV_OP_REDUCE_MAX:
            r = isnan(r) || r >= x[k] ? r : x[k];
            break;
        case KOV_OP_REDUCE_MIN:
            r = isnan(r) || r <= x[k] ? r : x[k];
            break;
        case KOV_OP_REDUCE_L1:
            r += fabs(x[k]);
            break;
        case KOV_OP_REDUCE_L2:
            r += (long double)x[k] * x[k];
            break;
        default: /* Sum, Mean */
            r += x[k];
            break;
        }
    }
    all->real = r;
}

static void fold_signed(accumulator *all, int op, int n, const int64_t *x)
{
    for (int k = 0; k < n; k++) {
        uint64_t sum = (uint64_t)all->signed_, value = (uint64_t)x[k];
        switch (op) {
        case KOV_OP_REDUCE_PROD:
            all->signed_ = (int64_t)(sum * value);
            break;
        case KOV_OP_REDUCE_MAX:
            all->signed_ = all->signed_ > x[k] ? all->signed_ : x[k];
            break;
        case KOV_OP_REDUCE_MIN:
            all->signed_ = all->signed_ < x[k] ? all->signed_ : x[k];
            break;
        case KOV_OP_REDUCE_L1:
            all->signed_ = (int64_t)(sum + (x[k] < 0 ? 0 - value : value));
            break;
        case KOV_OP_REDUCE_L2:
            all->real += (long double)x[k] * (long double)x[k];
            break;
        default: /* Sum, Mean */
            all->signed_ = (int64_t)(sum + value);
            break;
        }
    }
}

static void fold_unsigned(accumulator *all, int op, int n, const uint64_t *x)
{
    for (int k = 0; k < n; k++) {
        switch (op) {
        case KOV_OP_REDUCE_PROD:
            all->unsigned_ *= x[k];
            break;
        case KOV_OP_REDUCE_MAX:
            all->unsigned_ = all->unsigned_ > x[k] ? all->unsigned_ : x[k];
            break;
        case KOV_OP_REDUCE_MIN:
            all->unsigned_ = all->unsigned_ < x[k] ? all->unsigned_ : x[k];
            break;
        case KOV_OP_REDUCE_LOGICAL_AND:
            all->unsigned_ &= x[k];
            break;
        case KOV_OP_REDUCE_LOGICAL_OR:
            all->unsigned_ |= x[k];
            break;
        case KOV_OP_REDUCE_L2:
            all->real += (long double)x[k] * (long double)x[k];
            break;
        default: /* Sum, Mean, L1 */
            all->unsigned_ += x[k];
            break;
        }
    }
}

static void fold_complex(accumulator *all, int op, int n, const kov_complex *x)
{
    bool is_max = op == KOV_OP_REDUCE_MAX, is_extreme = is_max || op == KOV_OP_REDUCE_MIN;
    kov_complex_binary *extreme = kov_complex_binary_of(is_max ? KOV_OP_MAXIMUM : KOV_OP_MINIMUM);
    for (int k = 0; k < n; k++) {
        long double re = all->complex.re, im = all->complex.im;
        if (is_extreme) {
            kov_complex found = extreme((kov_complex){(double)re, (double)im}, x[k]);
            all->complex.re = found.re;
            all->complex.im = found.im;
        } else if (op == KOV_OP_REDUCE_PROD) {
            all->complex.re = re * x[k].re - im * x[k].im;
            all->complex.im = re * x[k].im + im * x[k].re;
        } else {
            all->complex.re = re + x[k].re;
            all->complex.im = im + x[k].im;
        }
    }
}

static void fold(accumulator *all, int op, kov_wide wide, int n, const kov_block *x)
{
    all->count += n;
    if (wide == KOV_WIDE_REAL)
        fold_real(all, op, n, x->r);
    else if (wide == KOV_WIDE_SIGNED)
        fold_signed(all, op, n, x->i);
    else if (wide == KOV_WIDE_UNSIGNED)
        fold_unsigned(all, op, n, x->u);
    else
        fold_complex(all, op, n, x->c);
}

static void finish(const accumulator *all, int op, kov_wide wide, kov_block *out)
{
    bool is_mean = op == KOV_OP_REDUCE_MEAN, is_l2 = op == KOV_OP_REDUCE_L2;
    long double count = is_mean ? (long double)all->count : 1.0L;
    if (wide == KOV_WIDE_REAL)
        out->r[0] = (double)(is_l2 ? sqrtl(all->real) : all->real / count);
    else if (wide == KOV_WIDE_COMPLEX)
        out->c[0] =
            (kov_complex){(double)(all->complex.re / count), (double)(all->complex.im / count)};
    else if (is_l2)
        out->u[0] = (uint64_t)sqrtl(all->real);
    else if (is_mean && all->count == 0)
        out->u[0] = 0;
    else if (wide == KOV_WIDE_SIGNED)
        out->i[0] = is_mean ? all->signed_ / all->count : all->signed_;
    else
        out->u[0] = is_mean ? all->unsigned_ / (uint64_t)all->count : all->unsigned_;
}

static accumulator reduce_one(const kov_view *data, int op, int64_t offset, kov_walk *within)
{
    kov_wide wide = kov_wide_of(data->dtype);
    accumulator all = start(op, data->dtype);
    if (within->empty)
        return all;
    do { /* the walk ends where it began, ready for the next output element */
        for (int64_t at = 0; at < within->row; at += KOV_BLOCK) {
            int n = within->row - at < KOV_BLOCK ? (int)(within->row - at) : KOV_BLOCK;
            kov_block x;
            kov_block_load(data->dtype, data->data,
                           offset + within->offset[0] + at * within->step[0], within->step[0], n,
                           &x);
            fold(&all, op, wide, n, &x);
        }
    } while (kov_walk_next(within));
    return all;
}

/* Splits the axes of data into those kept and those reduced, as two walks over its elements. */
static kov_status start_walks(const kov_eval *eval, kov_walk *kept, kov_walk *within)
{
    const kov_view *data = &eval->inputs[0];
    int64_t axes[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
    int count = 0, ndim[2] = {0, 0};
    int64_t dims[2][KOV_MAX_NDIM], steps[2][1][KOV_MAX_NDIM];
    bool reduced[KOV_MAX_NDIM] = {false};
    if (!kov_view_ints(&eval->inputs[1], axes, KOV_MAX_NDIM, &count))
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "axes must be a list of integers");
    for (int i = 0; i < count; i++) {
        int axis;
        KOV_TRY(kov_axis_normalize(eval->op->name, axes[i], data->ndim, &axis));
        reduced[axis] = true;
    }
    kov_shape_strides(data->ndim, data->dims, 1, strides);
    for (int axis = 0; axis < data->ndim; axis++) {
        int which = reduced[axis] ? 1 : 0;
        dims[which][ndim[which]] = data->dims[axis];
        steps[which][0][ndim[which]++] = strides[axis];
    }
    kov_walk_start(kept, ndim[0], dims[0], 1, (const int64_t (*)[KOV_MAX_NDIM])steps[0]);
    kov_walk_start(within, ndim[1], dims[1], 1, (const int64_t (*)[KOV_MAX_NDIM])steps[1]);
    return KOV_OK;
}

kov_status kov_eval_reduce(kov_eval *eval)
{
    const kov_view *data = &eval->inputs[0], *out = &eval->outputs[0];
    int op = kov_eval_op(eval);
    kov_wide wide = kov_wide_of(data->dtype);
    if (!takes(op, data->dtype))
        return kov_eval_no_dtype(eval, data->dtype);
    kov_walk kept, within;
    KOV_TRY(start_walks(eval, &kept, &within));
    if (kept.empty)
        return KOV_OK;
    int64_t to = 0;
    do {
        for (int64_t k = 0; k < kept.row; k++) {
            accumulator all = reduce_one(data, op, kept.offset[0] + k * kept.step[0], &within);
            kov_block result;
            finish(&all, op, wide, &result);
            kov_block_store(out->dtype, out->data, to++, 1, 1, &result);
        }
    } while (kov_walk_next(&kept));
    return KOV_OK;
}
