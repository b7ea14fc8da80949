/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower.h"

#include "base/status.h"
#include "openvino/exact.h"
#include "openvino/lowering/lower_ctc.h"
#include "openvino/lowering/lower_integer.h"
#include "openvino/lowering/lower_logarithm.h"
#include "openvino/lowering/lower_matrix.h"
#include "openvino/lowering/lower_random.h"
#include "openvino/lowering/lower_remainder.h"
#include "openvino/range.h"
#include "passes/passes.h"

#include <math.h>
#include <string.h>

enum { MAX_INNER = 4096 }; /* of an integer matrix product; beyond, native is the better place */

static kov_dtype dtype_of(const kov_graph *graph, kov_value v)
{
    return kov_graph_value(graph, v)->dtype;
}

/* int32, or int64 whose numbers are proven to fit it. */
static bool fits_int32(const kov_graph *graph, kov_value v)
{
    kov_dtype dtype = dtype_of(graph, v);
    return dtype == KOV_DTYPE_I32 ||
           (dtype == KOV_DTYPE_I64 &&
            kov_range_within(kov_value_range(graph, v), INT32_MIN, INT32_MAX));
}

static kov_value as_int32(kov_rewrite *r, const kov_node *node, int i)
{
    return kov_cast(r->b, kov_rewrite_input(r, node, i), KOV_DTYPE_I32);
}

static bool lower_pair(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    if (!fits_int32(r->from, node->inputs[0]) || !fits_int32(r->from, node->inputs[1]))
        return false;
    kov_value x = as_int32(r, node, 0), y = as_int32(r, node, 1);
    switch (node->op) {
    case KOV_OP_DIVIDE:
        *out = kov_lower_divide(r->b, x, y, node->attrs[KOV_DIVIDE_M_PYTHONDIV].u.boolean);
        return true;
    case KOV_OP_FLOOR_MOD:
        *out = kov_lower_remainder(r->b, x, y, true);
        return true;
    case KOV_OP_MOD:
        *out = kov_lower_remainder(r->b, x, y, false);
        return true;
    case KOV_OP_MINIMUM:
        *out = kov_lower_minimum(r->b, x, y);
        return true;
    case KOV_OP_POWER:
        *out = kov_lower_power(r->b, x, y);
        return true;
    default:
        *out = kov_lower_compare(r->b, node->op, x, y);
        return true;
    }
}

static bool lower_select(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    if (!fits_int32(r->from, node->inputs[1]) || !fits_int32(r->from, node->inputs[2]))
        return false;
    *out = kov_lower_select(r->b, kov_rewrite_input(r, node, 0), as_int32(r, node, 1),
                            as_int32(r, node, 2));
    return true;
}

static bool lower_clamp(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    if (!fits_int32(r->from, node->inputs[0]))
        return false;
    bool clamp = node->op == KOV_OP_CLAMP;
    double low = clamp ? node->attrs[KOV_CLAMP_MIN].u.real : 0;
    double high = clamp ? node->attrs[KOV_CLAMP_MAX].u.real : INFINITY;
    *out = kov_lower_clamp(r->b, as_int32(r, node, 0), low, high);
    return true;
}

/* Axes counted from the front; -1 if they are not known, or if sizes along them, where these
 * matter, are not known or 0. */
static int known_axes(kov_rewrite *r, const kov_node *node, bool sizes, int64_t *axes)
{
    const kov_value_info *x = kov_graph_value(r->from, node->inputs[0]);
    int n = kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), axes, KOV_MAX_NDIM);
    for (int i = 0; i < n; i++) {
        axes[i] += axes[i] < 0 ? x->ndim : 0;
        if (axes[i] < 0 || axes[i] >= x->ndim || (sizes && x->dims[axes[i]] < 1))
            return -1;
    }
    return n;
}

static bool lower_reduce(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    int64_t axes[KOV_MAX_NDIM];
    int n = known_axes(r, node, node->op != KOV_OP_REDUCE_SUM, axes);
    if (n < 0 || !fits_int32(r->from, node->inputs[0]) || !fits_int32(r->from, node->first_output))
        return false;
    *out = kov_lower_reduce(r->b, node->op, as_int32(r, node, 0), axes, n,
                            node->attrs[KOV_REDUCE_SUM_KEEP_DIMS].u.boolean);
    return true;
}

static bool lower_scan(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    int64_t axis[KOV_MAX_NDIM];
    const kov_value_info *x = kov_graph_value(r->from, node->inputs[0]);
    const char *mode = node->attrs[KOV_CUMULATIVE_REDUCE_MODE].u.string;
    if ((x->dtype != KOV_DTYPE_I32 && x->dtype != KOV_DTYPE_F32) ||
        known_axes(r, node, true, axis) != 1)
        return false;
    int op = mode[0] == 'p'             ? KOV_OP_MULTIPLY
             : strcmp(mode, "max") == 0 ? KOV_OP_MAXIMUM
                                        : KOV_OP_MINIMUM;
    *out = kov_lower_scan(r->b, op, kov_rewrite_input(r, node, 0), (int)axis[0], x->dims[axis[0]],
                          node->attrs[KOV_CUMULATIVE_REDUCE_REVERSE].u.boolean);
    return true;
}

static bool lower_mat_mul(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    const kov_value_info *x = kov_graph_value(r->from, node->inputs[0]);
    const kov_value_info *y = kov_graph_value(r->from, node->inputs[1]);
    bool transpose_x = node->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean;
    bool transpose_y = node->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean;
    if (x->dtype != KOV_DTYPE_I32 || y->dtype != KOV_DTYPE_I32 || x->ndim < 1 || y->ndim < 1)
        return false;
    transpose_x = transpose_x && x->ndim > 1; /* a vector has one side */
    transpose_y = transpose_y && y->ndim > 1;
    kov_dim inner = x->dims[x->ndim - (transpose_x ? 2 : 1)];
    if (inner < 1 || inner > MAX_INNER)
        return false;
    *out = kov_lower_mat_mul(r->b, kov_rewrite_input(r, node, 0), kov_rewrite_input(r, node, 1),
                             transpose_x, transpose_y, inner);
    return true;
}

/* Indices for each row of a batch, which OpenVINO's own kernel reads wrongly: the rest of the row
 * is taken element by element. */
static bool lower_gather(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    int64_t batch = node->attrs[KOV_GATHER_BATCH_DIMS].u.integer, axis;
    int ndim = kov_graph_value(r->from, node->inputs[0])->ndim;
    if (batch < 1 || kov_graph_value(r->from, node->inputs[1])->ndim != batch + 1 ||
        kov_rewrite_ints(r, kov_rewrite_input(r, node, 2), &axis, 1) != 1 || axis != batch)
        return false;
    kov_value x = kov_rewrite_input(r, node, 0), at = kov_rewrite_input(r, node, 1);
    if (axis + 1 < ndim) {
        int64_t more[KOV_MAX_NDIM];
        for (int64_t i = axis + 1; i < ndim; i++)
            more[i - axis - 1] = i;
        const kov_value parts[] = {kov_shape_value(r->b, at),
                                   kov_dims_value(r->b, x, (int)axis + 1, ndim)};
        at = kov_unsqueeze(r->b, at, kov_constant_i64(r->b, more, ndim - (int)axis - 1));
        at = kov_broadcast(r->b, at, kov_join_dims(r->b, parts, 2), KOV_VALUE_NONE, "numpy");
    }
    *out = kov_gather_elements(r->b, x, at, axis);
    return true;
}

/* A float32 matrix of known dimensions, none of them 0. */
static bool is_matrix(const kov_graph *graph, kov_value x)
{
    const kov_value_info *info = kov_graph_value(graph, x);
    for (int i = 0; i < info->ndim; i++) {
        if (info->dims[i] < 1 || (i >= info->ndim - 2 && info->dims[i] > KOV_LOWER_COLUMNS))
            return false;
    }
    return info->dtype == KOV_DTYPE_F32;
}

static bool lower_matrix(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_value x = kov_rewrite_input(r, node, 0);
    for (int i = 0; i < node->input_count; i++) {
        if (!is_matrix(r->from, node->inputs[i]))
            return false;
    }
    if (r->stable[node->first_output]) /* of the prologue, which is native */
        return false;
    switch (node->op) {
    case KOV_OP_LU:
        kov_lower_lu(r->b, x, &outs[0], &outs[1], &outs[2]);
        return true;
    case KOV_OP_TRIANGULAR_SOLVE:
        outs[0] =
            kov_lower_triangular_solve(r->b, x, kov_rewrite_input(r, node, 1),
                                       node->attrs[KOV_TRIANGULAR_SOLVE_LOWER].u.boolean,
                                       node->attrs[KOV_TRIANGULAR_SOLVE_TRANSPOSE].u.boolean,
                                       node->attrs[KOV_TRIANGULAR_SOLVE_UNIT_DIAGONAL].u.boolean);
        return true;
    case KOV_OP_CHOLESKY:
        outs[0] = kov_lower_cholesky(r->b, x);
        return true;
    case KOV_OP_QR:
        kov_lower_qr(r->b, x, node->attrs[KOV_QR_COMPLETE].u.boolean, &outs[0], &outs[1]);
        return true;
    case KOV_OP_SVD:
        kov_lower_svd(r->b, x, node->attrs[KOV_SVD_FULL_MATRICES].u.boolean, &outs[0], &outs[1],
                      &outs[2]);
        return true;
    default:
        kov_lower_eigh(r->b, x, &outs[0], &outs[1]);
        return true;
    }
}

static bool is_factorisation(int op)
{
    return op == KOV_OP_LU || op == KOV_OP_TRIANGULAR_SOLVE || op == KOV_OP_CHOLESKY ||
           op == KOV_OP_QR || op == KOV_OP_SVD || op == KOV_OP_EIGH;
}

static bool lower_node(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    switch (node->op) {
    case KOV_OP_EQUAL:
    case KOV_OP_NOT_EQUAL:
    case KOV_OP_LESS:
    case KOV_OP_LESS_EQUAL:
    case KOV_OP_GREATER:
    case KOV_OP_GREATER_EQUAL:
    case KOV_OP_DIVIDE:
    case KOV_OP_FLOOR_MOD:
    case KOV_OP_MOD:
    case KOV_OP_MINIMUM:
    case KOV_OP_POWER:
        return lower_pair(r, node, out);
    case KOV_OP_SELECT:
        return lower_select(r, node, out);
    case KOV_OP_CLAMP:
    case KOV_OP_RELU:
        return lower_clamp(r, node, out);
    case KOV_OP_REDUCE_SUM:
    case KOV_OP_REDUCE_MAX:
    case KOV_OP_REDUCE_MIN:
        return lower_reduce(r, node, out);
    case KOV_OP_GATHER:
        return lower_gather(r, node, out);
    case KOV_OP_CUMULATIVE_REDUCE:
        return lower_scan(r, node, out);
    case KOV_OP_MAT_MUL:
        return lower_mat_mul(r, node, out);
    default:
        return false;
    }
}

/* What was proven of a wide value is proven of what stands for it: by a clamp, where the operations
 * of the lowering hide it. */
static kov_value with_range(kov_rewrite *r, const kov_node *node, kov_value y)
{
    kov_bounds range = kov_value_range(r->from, node->first_output);
    kov_bounds seen = kov_value_range(kov_rewrite_new(r), y);
    bool wide = dtype_of(r->from, node->first_output) == KOV_DTYPE_I64;
    if (!wide || r->b->status != KOV_OK || !kov_range_within(range, INT32_MIN, INT32_MAX) ||
        kov_range_within(seen, range.low, range.high))
        return y;
    return kov_lower_clamp(r->b, y, (double)range.low, (double)range.high);
}

/* OpenVINO leaves lines unsorted that hold NaN. Here NaN takes part as infinity, and the last
 * elements, or of the largest the first, become NaN, as many as there are. Where a line holds both,
 * an index may be that of an infinity in place of NaN's. */
static bool order_nan(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->op != KOV_OP_TOP_K || !kov_dtype_is_float(dtype_of(r->from, node->inputs[0])) ||
        strcmp(node->attrs[KOV_TOP_K_SORT].u.string, "value") != 0)
        return false;
    kov_builder *b = r->b;
    kov_value x = kov_rewrite_input(r, node, 0), k = kov_rewrite_input(r, node, 1);
    kov_dtype dtype = dtype_of(r->from, node->inputs[0]);
    int ndim = kov_ndim(b, x), axis = (int)node->attrs[KOV_TOP_K_AXIS].u.integer;
    const char *mode = node->attrs[KOV_TOP_K_MODE].u.string;
    int64_t behind[KOV_MAX_NDIM], along;
    axis += axis < 0 ? ndim : 0;
    along = axis;
    for (int i = axis + 1; i < ndim; i++)
        behind[i - axis - 1] = i - axis;
    bool last = strcmp(mode, "min") == 0;
    kov_value nan = kov_is_na_n(b, x);
    kov_value counted = kov_cast(b, last ? kov_logical_not(b, nan) : nan, KOV_DTYPE_F32);
    kov_value count = kov_reduce_sum(b, counted, kov_constant_i64(b, &along, 1), true);
    kov_value place = kov_range(b, kov_constant_i64_scalar(b, 0), kov_cast(b, k, KOV_DTYPE_I64),
                                kov_constant_i64_scalar(b, 1), KOV_DTYPE_F32);
    if (axis < ndim - 1)
        place = kov_unsqueeze(b, place, kov_constant_i64(b, behind, ndim - 1 - axis));
    kov_value data = kov_select(b, nan, kov_constant_number(b, dtype, INFINITY), x);
    kov_value top = kov_top_k(b, data, k, axis, mode, "value",
                              node->attrs[KOV_TOP_K_INDEX_ELEMENT_TYPE].u.dtype,
                              node->attrs[KOV_TOP_K_STABLE].u.boolean);
    kov_value is_nan = last ? kov_less_equal(b, count, place) : kov_less(b, place, count);
    outs[0] = kov_select(b, is_nan, kov_constant_number(b, dtype, NAN), kov_output(top, 0));
    outs[1] = kov_output(top, 1);
    return true;
}

static bool is_sum_with_number(const kov_graph *graph, kov_value v)
{
    const kov_node *node = kov_graph_producer(graph, v);
    double number;
    return (node->op == KOV_OP_ADD || node->op == KOV_OP_SUBTRACT) &&
           (kov_graph_constant_number(graph, node->inputs[0], &number) ||
            kov_graph_constant_number(graph, node->inputs[1], &number));
}

/* OpenVINO multiplies sums out and adds constants first: of `bias + (1 - mask) * -1e9` with a bias
 * that it knows it makes `mask * 1e9 + (bias - 1e9)`, in which float32 has lost the bias. It leaves
 * the larger of a number and itself alone. Below the limit what is lost is a few units in the last
 * place of numbers about 1. */
static bool keep_sum(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    const double limit = 64;
    double number;
    if (node->op != KOV_OP_MULTIPLY || !kov_dtype_is_float(dtype_of(r->from, node->inputs[0])))
        return false;
    for (int i = 0; i < 2; i++) {
        if (!kov_graph_constant_number(r->from, node->inputs[1 - i], &number) ||
            !(fabs(number) > limit) || !is_sum_with_number(r->from, node->inputs[i]))
            continue;
        kov_value sum = kov_rewrite_input(r, node, i);
        outs[0] =
            kov_multiply(r->b, kov_maximum(r->b, sum, sum), kov_rewrite_input(r, node, 1 - i));
        return true;
    }
    return false;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    char why[160];
    if (keep_sum(r, node, outs) || kov_lower_logarithm(r, node, outs) ||
        kov_lower_float_remainder(r, node, outs))
        return true;
    if (node->op == KOV_OP_CTC_LOSS && kov_openvino_supports(r->from, node, why, sizeof why))
        return kov_lower_ctc_loss(r, node, outs);
    if (node->op == KOV_OP_TOP_K && kov_openvino_supports(r->from, node, why, sizeof why))
        return order_nan(r, node, outs);
    if (node->op == KOV_OP_CONSTANT || kov_openvino_supports(r->from, node, why, sizeof why))
        return false;
    if (is_factorisation(node->op))
        return lower_matrix(r, node, outs);
    if (kov_lower_unsigned(r, node, outs))
        return true;
    if (!lower_node(r, node, outs))
        return false;
    outs[0] = kov_cast(r->b, with_range(r, node, outs[0]), dtype_of(r->from, node->first_output));
    return true;
}

kov_status kov_openvino_lower(const kov_graph *graph, kov_graph **out)
{
    kov_graph *lowered;
    const kov_pass_options none = {0};
    KOV_TRY(kov_rewrite_graph(graph, rule, NULL, &lowered));
    kov_status status = kov_pass_fold(lowered, &none, out);
    kov_graph_release(lowered);
    return status;
}
