/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_coded.h"
#include "base/memory.h"
#include "opset/coded_mat_mul.h"
#include "passes/rewrite.h"

#include <string.h>

/* Products of int8 whose sum float32 counts exactly. */
enum { EXACT = 1024 };

/* OpenVINO's kernels for packed weights compute something else where groups are not of whole
 * blocks.
 */
enum { BLOCK = 8 };

static kov_value input_of(const kov_node *node, int i)
{
    return i < node->input_count ? node->inputs[i] : KOV_VALUE_NONE;
}

static const kov_tensor *constant_of(const kov_rewrite *r, const kov_node *node, int i)
{
    kov_value v = input_of(node, i);
    return v == KOV_VALUE_NONE ? NULL : kov_graph_constant(r->from, v);
}

static const void *data_of(const kov_tensor *tensor)
{
    return tensor ? kov_tensor_data(tensor) : NULL;
}

/* Whether all that makes the weights is constant and their groups are equal runs of rows; *groups
 * is how many. Sets what w says of sizes in any case. */
static bool constant_weights(const kov_rewrite *r, const kov_node *node, kov_coded *w,
                             int64_t *groups)
{
    const kov_value_info *data = kov_graph_value(r->from, node->inputs[KOV_CODED_DATA]);
    const kov_tensor *at[KOV_CODED_INPUTS];
    bool constant = true;
    for (int i = KOV_CODED_CODES; i < KOV_CODED_INPUTS; i++) {
        at[i] = constant_of(r, node, i);
        constant = constant && (at[i] || input_of(node, i) == KOV_VALUE_NONE);
    }
    const kov_tensor *zero = at[KOV_CODED_ZERO], *scale = at[KOV_CODED_SCALE];
    *w = (kov_coded){
        .layout = kov_code_layout_of(node->attrs[KOV_CODED_MAT_MUL_LAYOUT].u.string),
        .type = node->attrs[KOV_CODED_MAT_MUL_CODE_TYPE].u.dtype,
        .k = data->dims[data->ndim - 1],
        .n = node->attrs[KOV_CODED_MAT_MUL_COLUMNS].u.integer,
        .codes = data_of(at[KOV_CODED_CODES]),
        .zero_type = zero ? kov_tensor_dtype(zero) : KOV_DTYPE_I8,
        .zero = data_of(zero),
        .scale = data_of(scale),
        .divide = node->attrs[KOV_CODED_MAT_MUL_DIVIDE].u.boolean,
    };
    const kov_tensor *table = scale ? scale : zero;
    const int32_t *numbers = data_of(at[KOV_CODED_GROUPS]);
    *groups = table ? kov_tensor_dims(table)[0] : 1;
    if (!constant || w->k == 0 || w->n == 0 || w->k % *groups != 0 ||
        (*groups > 1 && w->k / *groups % BLOCK != 0) ||
        (zero && kov_tensor_dims(zero)[0] != *groups))
        return false;
    for (int64_t k = 0; numbers && k < w->k; k++) {
        if (numbers[k] != k / (w->k / *groups))
            return false;
    }
    return true;
}

static kov_value add(kov_rewrite *r, kov_status status, kov_tensor *tensor)
{
    kov_value v = status == KOV_OK ? kov_builder_add_constant(r->b, tensor, 0)
                                   : kov_builder_adopt(r->b, status);
    kov_tensor_release(tensor);
    return v;
}

static bool is_signed(kov_dtype type)
{
    return type == KOV_DTYPE_I8 || type == KOV_DTYPE_I4;
}

/* Codes of rows first to first + count, turned: (N, groups, count / groups), or (N, count) where
 * there is one group. Rows that would not begin on a byte, which OpenVINO's kernels read wrong,
 * take a byte for each code. */
static kov_value codes_of(kov_rewrite *r, const kov_coded *w, int64_t first, int64_t count,
                          int64_t groups)
{
    const int64_t dims[] = {w->n, groups == 1 ? count : groups, count / groups};
    kov_coded plain = *w;
    plain.zero = plain.scale = NULL;
    kov_tensor *tensor = NULL;
    float *row = kov_alloc(r->b->context, sizeof *row * (size_t)w->n);
    const bool bytes = count % 2 != 0 || w->layout == KOV_CODE_BYTES;
    const kov_dtype type = !bytes ? w->type : is_signed(w->type) ? KOV_DTYPE_I8 : KOV_DTYPE_U8;
    kov_status status =
        row ? kov_tensor_create(r->b->context, type, groups == 1 ? 2 : 3, dims, &tensor)
            : KOV_OUT_OF_MEMORY;
    uint8_t *to = status == KOV_OK ? kov_tensor_data_mut(tensor) : NULL;
    if (to)
        memset(to, 0, kov_tensor_bytes(tensor));
    for (int64_t k = 0; to && k < count; k++) {
        kov_coded_row(&plain, first + k, 0, w->n, row);
        for (int64_t n = 0; n < w->n; n++) {
            const int64_t at = n * count + k;
            const unsigned code = (unsigned)(int)row[n];
            if (bytes)
                to[at] = (uint8_t)code;
            else
                to[at / 2] = (uint8_t)(to[at / 2] | (code & 15) << (at % 2 * 4));
        }
    }
    kov_free(r->b->context, row);
    return add(r, status, tensor);
}

/* zero (as it is) or scale (a factor), turned: (N, groups, 1) or (N, 1). */
static kov_value table_of(kov_rewrite *r, const kov_coded *w, bool zero, int64_t groups)
{
    const int64_t dims[] = {w->n, groups == 1 ? 1 : groups, 1};
    kov_tensor *tensor = NULL;
    kov_status status = kov_tensor_create(r->b->context, zero ? w->zero_type : KOV_DTYPE_F32,
                                          groups == 1 ? 2 : 3, dims, &tensor);
    for (int64_t n = 0; status == KOV_OK && n < w->n; n++) {
        for (int64_t g = 0; g < groups; g++) {
            const int64_t from = g * w->n + n, to = n * groups + g;
            if (zero)
                ((uint8_t *)kov_tensor_data_mut(tensor))[to] = ((const uint8_t *)w->zero)[from];
            else
                ((float *)kov_tensor_data_mut(tensor))[to] = !w->scale   ? 1.0F
                                                             : w->divide ? 1.0F / w->scale[from]
                                                                         : w->scale[from];
        }
    }
    return add(r, status, tensor);
}

/* Rows first to first + count of the weights, turned. OpenVINO knows packed weights by a factor,
 * which is 1 where there is none. */
static kov_value packed(kov_rewrite *r, const kov_coded *w, int64_t first, int64_t count,
                        int64_t groups)
{
    kov_builder *b = r->b;
    kov_value x = kov_cast(b, codes_of(r, w, first, count, groups), KOV_DTYPE_F32);
    if (w->zero)
        x = kov_subtract(b, x, kov_cast(b, table_of(r, w, true, groups), KOV_DTYPE_F32));
    x = kov_multiply(b, x, table_of(r, w, false, groups));
    const int64_t dims[] = {w->n, count};
    return groups == 1 ? x : kov_reshape_to(b, x, dims, 2);
}

/* ---- weights that are inputs, or whose groups are irregular ---- */

static kov_value number(kov_builder *b, int64_t x)
{
    return kov_constant_int(b, KOV_DTYPE_I32, x);
}

static kov_value slice(kov_builder *b, kov_value x, int axis, int64_t first, int64_t end)
{
    const int64_t at[] = {first, end, 1, axis};
    return kov_slice(b, x, kov_constant_i64(b, &at[0], 1), kov_constant_i64(b, &at[1], 1),
                     kov_constant_i64(b, &at[2], 1), kov_constant_i64(b, &at[3], 1));
}

/* (K, N) int32. */
static kov_value nibbles(kov_rewrite *r, const kov_coded *w, kov_value codes)
{
    kov_builder *b = r->b;
    const int axis = w->layout == KOV_CODE_COLUMNS;
    const int64_t between = axis + 1, halves = (axis ? w->n + 1 : w->k + 1) / 2 * 2;
    const int64_t dims[] = {axis ? w->k : halves, axis ? halves : w->n};
    kov_value bytes = kov_cast(b, codes, KOV_DTYPE_I32), half[2];
    for (int i = 0; i < 2; i++) {
        half[i] = i ? kov_bitwise_right_shift(b, bytes, number(b, 4)) : bytes;
        half[i] = kov_bitwise_and(b, half[i], number(b, 15));
        if (w->type == KOV_DTYPE_I4)
            half[i] = kov_subtract(b, kov_bitwise_xor(b, half[i], number(b, 8)), number(b, 8));
        half[i] = kov_unsqueeze(b, half[i], kov_constant_i64(b, &between, 1));
    }
    kov_value x = kov_reshape_to(b, kov_concat(b, half, 2, between), dims, 2);
    return slice(b, x, axis, 0, axis ? w->n : w->k);
}

/* A row of zero or scale for each k. */
static kov_value spread(kov_rewrite *r, const kov_node *node, int i)
{
    kov_value table = kov_rewrite_input(r, node, i);
    kov_value groups = kov_rewrite_input(r, node, KOV_CODED_GROUPS);
    return groups == KOV_VALUE_NONE
               ? table
               : kov_gather(r->b, table, groups, kov_constant_i64_scalar(r->b, 0), 0);
}

/* (K, N) float32. */
static kov_value unpacked(kov_rewrite *r, const kov_node *node, const kov_coded *w)
{
    kov_builder *b = r->b;
    kov_value x = kov_rewrite_input(r, node, KOV_CODED_CODES);
    if (w->layout != KOV_CODE_BYTES)
        x = nibbles(r, w, x);
    x = kov_cast(b, x, KOV_DTYPE_F32);
    if (input_of(node, KOV_CODED_ZERO) != KOV_VALUE_NONE)
        x = kov_subtract(b, x, kov_cast(b, spread(r, node, KOV_CODED_ZERO), KOV_DTYPE_F32));
    if (input_of(node, KOV_CODED_SCALE) == KOV_VALUE_NONE)
        return x;
    kov_value scale = spread(r, node, KOV_CODED_SCALE);
    return w->divide ? kov_divide(b, x, scale) : kov_multiply(b, x, scale);
}

/* ---- the product ---- */

static kov_value integer_product(kov_rewrite *r, const kov_node *node, const kov_coded *w,
                                 bool constant)
{
    kov_builder *b = r->b;
    const int axis = kov_graph_value(r->from, node->inputs[KOV_CODED_DATA])->ndim - 1;
    kov_value data = kov_cast(b, kov_rewrite_input(r, node, KOV_CODED_DATA), KOV_DTYPE_F32);
    kov_value weights = constant ? KOV_VALUE_NONE : unpacked(r, node, w), sum = KOV_VALUE_NONE;
    for (int64_t k = 0; k < w->k; k += EXACT) {
        const int64_t end = w->k - k < EXACT ? w->k : k + EXACT;
        const bool whole = end - k == w->k;
        kov_value x = whole ? data : slice(b, data, axis, k, end);
        kov_value y = constant ? packed(r, w, k, end - k, 1)
                      : whole  ? weights
                               : slice(b, weights, 0, k, end);
        kov_value part = kov_cast(b, kov_mat_mul(b, x, y, false, constant), KOV_DTYPE_I32);
        sum = k == 0 ? part : kov_add(b, sum, part);
    }
    return sum;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    kov_coded w;
    int64_t groups;
    if (node->op != KOV_OP_CODED_MAT_MUL)
        return false;
    const bool constant = constant_weights(r, node, &w, &groups);
    if (kov_graph_value(r->from, node->first_output)->dtype == KOV_DTYPE_I32)
        outs[0] = integer_product(r, node, &w, constant);
    else
        outs[0] = kov_mat_mul(r->b, kov_rewrite_input(r, node, KOV_CODED_DATA),
                              constant ? packed(r, &w, 0, w.k, groups) : unpacked(r, node, &w),
                              false, constant);
    return true;
}

kov_status kov_openvino_lower_coded(const kov_graph *graph, kov_graph **out)
{
    return kov_rewrite_graph(graph, rule, NULL, out);
}
