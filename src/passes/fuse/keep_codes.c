/* SPDX-License-Identifier: Apache-2.0 */
/* Products with weights that are variables of 8 or 4 bits, which Keras's quantised layers write out
 * as MatMul(x, (Convert(codes) - Convert(zero)) * scale)    or  Convert(codes) / scale, or neither,
 * zero and scale perhaps gathered by group, and codes of 4 bits unpacked by masks and shifts,
 * become CodedMatMul, so that the prologue does not make float32 weights of them. A product of int8
 * with int8 that is widened to int32 becomes one, too. */
#include "passes/match.h"
#include "passes/passes.h"

#include "opset/coded_mat_mul.h"

/* What is found; values are of the old graph but for those that a Transpose is emitted for. */
typedef struct found {
    kov_code_layout layout;
    kov_dtype type;
    kov_value codes, zero, scale, groups; /* zero, scale, groups: of the old graph or NONE */
    bool divide, turned; /* turned: all of them are of the transposed matrix, (N, K) */
    bool grouped_zero, grouped_scale;
    int64_t rows, columns; /* of the matrix as found */
} found;

static const kov_value_info *info_of(const kov_rewrite *r, kov_value v)
{
    return kov_graph_value(r->from, v);
}

/* Whether v may be weights: they are known before a run, or are the same for many rounds of a loop,
 * in whose body nobody can tell. */
static bool may_be_weights(const kov_rewrite *r, kov_value v)
{
    return r->stable[v] || r->from != r->user;
}

static bool is_byte(const kov_rewrite *r, kov_value v)
{
    kov_dtype dtype = info_of(r, v)->dtype;
    return dtype == KOV_DTYPE_I8 || dtype == KOV_DTYPE_U8;
}

static bool is_matrix(const kov_rewrite *r, kov_value v)
{
    const kov_value_info *x = info_of(r, v);
    return x->ndim == 2 && kov_dim_is_number(x->dims[0]) && kov_dim_is_number(x->dims[1]) &&
           x->dims[0] > 0 && x->dims[1] > 0;
}

static bool has_dims(const kov_rewrite *r, kov_value v, int64_t rows, int64_t columns)
{
    const kov_value_info *x = info_of(r, v);
    return x->ndim == 2 && x->dims[0] == rows && x->dims[1] == columns;
}

/* ---- codes of 4 bits ---- */

/* Integers of a constant of the old graph; -1 if it is none. */
static int ints_of(const kov_rewrite *r, kov_value v, int64_t *out, int capacity)
{
    return v == KOV_VALUE_NONE ? -1 : kov_rewrite_ints(r, r->map[v], out, capacity);
}

static const kov_node *match_turn(const kov_rewrite *r, kov_value v)
{
    const kov_node *node = kov_match(r, v, KOV_OP_TRANSPOSE);
    int64_t order[2];
    return node && info_of(r, v)->ndim == 2 && ints_of(r, node->inputs[1], order, 2) == 2 &&
                   order[0] == 1 && order[1] == 0
               ? node
               : NULL;
}

static kov_value match_binary(const kov_rewrite *r, kov_value v, int op, double number)
{
    const kov_node *node = kov_match(r, v, op);
    return node && kov_match_is_number(r, node->inputs[1], number) ? node->inputs[0]
                                                                   : KOV_VALUE_NONE;
}

/* The bytes whose low (or high) nibble v is; `is_signed` says how it is read. */
static kov_value match_nibble(const kov_rewrite *r, kov_value v, bool high, bool *is_signed)
{
    kov_value off = match_binary(r, v, KOV_OP_SUBTRACT, 8);
    *is_signed = off != KOV_VALUE_NONE;
    if (*is_signed)
        v = match_binary(r, off, KOV_OP_BITWISE_XOR, 8);
    v = match_binary(r, v, KOV_OP_BITWISE_AND, 15);
    return high ? match_binary(r, v, KOV_OP_BITWISE_RIGHT_SHIFT, 4) : v;
}

static kov_value match_unsqueeze(const kov_rewrite *r, kov_value v)
{
    const kov_node *node = kov_match(r, v, KOV_OP_UNSQUEEZE);
    int64_t axis;
    return node && ints_of(r, node->inputs[1], &axis, 1) == 1 && axis == 1 ? node->inputs[0]
                                                                           : KOV_VALUE_NONE;
}

/* Rows from the first on, as many as v has, of the matrix that is returned. */
static kov_value match_first_rows(const kov_rewrite *r, kov_value v)
{
    const kov_node *node = kov_match(r, v, KOV_OP_STRIDED_SLICE);
    int64_t begin[2], step[2];
    if (!node)
        return v;
    bool from_start = ints_of(r, node->inputs[1], begin, 2) == 2 && begin[0] == 0 &&
                      begin[1] == 0 && node->input_count == 4 &&
                      ints_of(r, node->inputs[3], step, 2) == 2 && step[0] == 1 && step[1] == 1;
    const kov_value_info *from = info_of(r, node->inputs[0]), *to = info_of(r, v);
    return from_start && from->ndim == 2 && to->ndim == 2 && from->dims[1] == to->dims[1]
               ? node->inputs[0]
               : KOV_VALUE_NONE;
}

/* Low and high nibbles of a matrix of bytes in turns, as Keras's unpack_int4 has it. */
static bool match_nibbles(const kov_rewrite *r, kov_value v, found *f)
{
    const kov_node *turn = match_turn(r, v);
    kov_value rows = match_first_rows(r, turn ? turn->inputs[0] : v);
    const kov_node *reshape = kov_match(r, rows, KOV_OP_RESHAPE);
    const kov_node *concat = reshape ? kov_match(r, reshape->inputs[0], KOV_OP_CONCAT) : NULL;
    if (!concat || concat->input_count != 2 || concat->attrs[KOV_CONCAT_AXIS].u.integer != 1)
        return false;
    bool low_signed, high_signed;
    kov_value low = match_nibble(r, match_unsqueeze(r, concat->inputs[0]), false, &low_signed);
    kov_value high = match_nibble(r, match_unsqueeze(r, concat->inputs[1]), true, &high_signed);
    if (low == KOV_VALUE_NONE || low != high || low_signed != high_signed || !is_byte(r, low) ||
        !is_matrix(r, low) || !is_matrix(r, v) ||
        !has_dims(r, rows, 2 * info_of(r, low)->dims[0], info_of(r, low)->dims[1]))
        return false;
    const kov_node *packed = turn ? match_turn(r, low) : NULL;
    if (turn && !packed)
        return false;
    f->codes = packed ? packed->inputs[0] : low;
    f->layout = packed ? KOV_CODE_COLUMNS : KOV_CODE_ROWS;
    f->type = low_signed ? KOV_DTYPE_I4 : KOV_DTYPE_U4;
    int64_t half = info_of(r, v)->dims[packed ? 1 : 0];
    return info_of(r, f->codes)->dims[packed ? 1 : 0] == half / 2 + half % 2;
}

/* ---- their scaling ---- */

/* Codes made float32 or int32. */
static bool match_codes(const kov_rewrite *r, kov_value v, found *f)
{
    const kov_node *convert = kov_match(r, v, KOV_OP_CONVERT);
    kov_value codes = convert ? convert->inputs[0] : KOV_VALUE_NONE;
    if (!convert || !may_be_weights(r, v) || !is_byte(r, codes) || !is_matrix(r, codes))
        return false;
    f->rows = info_of(r, codes)->dims[0];
    f->columns = info_of(r, codes)->dims[1];
    if (match_nibbles(r, codes, f))
        return true;
    f->layout = KOV_CODE_BYTES;
    f->type = info_of(r, codes)->dtype;
    f->codes = codes;
    return true;
}

/* A row per group gathered along `axis`: the table; sets or checks f->groups. */
static kov_value match_gather(const kov_rewrite *r, kov_value v, int axis, found *f)
{
    const kov_node *node = kov_match(r, v, KOV_OP_GATHER);
    int64_t at;
    if (!node || node->attrs[KOV_GATHER_BATCH_DIMS].u.integer != 0 ||
        ints_of(r, node->inputs[2], &at, 1) != 1 || (at != axis && at + 2 != axis) ||
        !is_matrix(r, node->inputs[0]) || info_of(r, node->inputs[1])->ndim != 1 ||
        info_of(r, node->inputs[1])->dtype != KOV_DTYPE_I32 ||
        (f->groups != KOV_VALUE_NONE && f->groups != node->inputs[1]))
        return KOV_VALUE_NONE;
    f->groups = node->inputs[1];
    return node->inputs[0];
}

/* One number per column of the weights, or per group and column. */
static bool match_table(const kov_rewrite *r, kov_value v, found *f, bool *grouped, kov_value *out)
{
    if (!may_be_weights(r, v))
        return false;
    for (int axis = 0; axis < 2; axis++) {
        const kov_value groups = f->groups;
        kov_value table = match_gather(r, v, axis, f);
        if (table == KOV_VALUE_NONE || !has_dims(r, v, f->rows, f->columns)) {
            f->groups = groups;
            continue;
        }
        bool turned = axis == 1;
        if (groups != KOV_VALUE_NONE && turned != f->turned)
            return false;
        f->turned = turned;
        *grouped = true;
        *out = table;
        return true;
    }
    const kov_value_info *x = info_of(r, v);
    *grouped = false;
    *out = v;
    return (x->ndim == 1 && x->dims[0] == f->columns) || has_dims(r, v, 1, f->columns);
}

/* The weights as a matrix (f->rows, f->columns). */
static bool match_weights(const kov_rewrite *r, kov_value v, found *f)
{
    *f = (found){.zero = KOV_VALUE_NONE, .scale = KOV_VALUE_NONE, .groups = KOV_VALUE_NONE};
    const kov_node *scaled = kov_match(r, v, KOV_OP_MULTIPLY);
    const kov_node *divided = kov_match(r, v, KOV_OP_DIVIDE);
    if (!scaled && !divided)
        return match_codes(r, v, f);
    const kov_node *outer = scaled ? scaled : divided;
    const kov_node *off = kov_match(r, outer->inputs[0], KOV_OP_SUBTRACT);
    f->divide = divided != NULL;
    if (!match_codes(r, off ? off->inputs[0] : outer->inputs[0], f) ||
        info_of(r, v)->dtype != KOV_DTYPE_F32 ||
        !match_table(r, outer->inputs[1], f, &f->grouped_scale, &f->scale))
        return false;
    if (!off)
        return true;
    const kov_node *zero = kov_match(r, off->inputs[1], KOV_OP_CONVERT);
    return zero && is_byte(r, zero->inputs[0]) &&
           match_table(r, zero->inputs[0], f, &f->grouped_zero, &f->zero);
}

/* ---- what stands around the weights ---- */

/* Weights that are reshaped, there and back, and perhaps turned. */
static bool match_operand(const kov_rewrite *r, kov_value v, bool transposed, found *f)
{
    const kov_value_info *x = info_of(r, v);
    if (x->ndim != 2 || !may_be_weights(r, v))
        return false;
    kov_value inner = v;
    for (const kov_node *node; (node = kov_match(r, inner, KOV_OP_RESHAPE)) != NULL;)
        inner = node->inputs[0];
    const kov_node *turn = inner == v ? match_turn(r, v) : NULL;
    if (turn)
        inner = turn->inputs[0];
    bool turned = transposed != (turn != NULL);
    if (!match_weights(r, inner, f) || (!turn && !has_dims(r, v, f->rows, f->columns)))
        return false;
    bool grouped = f->groups != KOV_VALUE_NONE;
    if (grouped ? f->turned != turned : (turned && f->scale != KOV_VALUE_NONE))
        return false; /* the numbers are not one per column of the product */
    f->turned = turned;
    return true;
}

/* A value of int32 that is int8 widened, and then moved: the same moves of the int8 value. */
static kov_value narrow(kov_rewrite *r, kov_value v, int depth)
{
    const kov_node *node = kov_graph_producer(r->from, v);
    kov_value inner;
    switch (node->op) {
    case KOV_OP_CONVERT:
        return info_of(r, node->inputs[0])->dtype == KOV_DTYPE_I8 ? r->map[node->inputs[0]]
                                                                  : KOV_VALUE_NONE;
    case KOV_OP_RESHAPE:
    case KOV_OP_TRANSPOSE:
        inner = depth > 0 ? narrow(r, node->inputs[0], depth - 1) : KOV_VALUE_NONE;
        if (inner == KOV_VALUE_NONE)
            return inner;
        return node->op == KOV_OP_RESHAPE
                   ? kov_reshape(r->b, inner, r->map[node->inputs[1]],
                                 node->attrs[KOV_RESHAPE_SPECIAL_ZERO].u.boolean)
                   : kov_transpose(r->b, inner, r->map[node->inputs[1]]);
    default:
        return KOV_VALUE_NONE;
    }
}

static kov_value turn(kov_rewrite *r, kov_value v)
{
    static const int64_t order[] = {1, 0};
    return kov_transpose(r->b, v, kov_constant_i64(r->b, order, 2));
}

/* zero or scale as (G, N). */
static kov_value table_of(kov_rewrite *r, const found *f, kov_value v, bool grouped)
{
    if (v == KOV_VALUE_NONE)
        return v;
    const int64_t n = f->turned ? f->rows : f->columns, row[] = {1, n};
    if (!grouped)
        return kov_reshape_to(r->b, r->map[v], row, 2);
    return f->turned ? turn(r, r->map[v]) : r->map[v];
}

static kov_value emit(kov_rewrite *r, const found *f, kov_value data, kov_value codes)
{
    static const char *const names[] = {"bytes", "columns", "rows"};
    kov_code_layout layout = f->layout;
    if (f->turned) {
        codes = turn(r, codes);
        layout = layout == KOV_CODE_ROWS      ? KOV_CODE_COLUMNS
                 : layout == KOV_CODE_COLUMNS ? KOV_CODE_ROWS
                                              : layout;
    }
    return kov_coded_mat_mul(r->b, data, codes, table_of(r, f, f->zero, f->grouped_zero),
                             table_of(r, f, f->scale, f->grouped_scale),
                             f->groups == KOV_VALUE_NONE ? KOV_VALUE_NONE : r->map[f->groups],
                             f->type, names[layout], f->turned ? f->rows : f->columns, f->divide);
}

/* int8 that is moved after it was widened. */
static bool match_moved(kov_rewrite *r, kov_value v, bool transposed, found *f, kov_value *codes)
{
    if (!may_be_weights(r, v) || !is_matrix(r, v))
        return false;
    *codes = narrow(r, v, 4);
    const kov_value_info *x = info_of(r, v);
    *f = (found){.layout = KOV_CODE_BYTES,
                 .type = KOV_DTYPE_I8,
                 .zero = KOV_VALUE_NONE,
                 .scale = KOV_VALUE_NONE,
                 .groups = KOV_VALUE_NONE,
                 .turned = transposed,
                 .rows = x->dims[0],
                 .columns = x->dims[1]};
    return *codes != KOV_VALUE_NONE;
}

/* ---- rows of a table of 4 bits ---- */

/* Bytes of two codes each along the last axis: `columns` codes. */
static kov_value unpack(kov_rewrite *r, const found *f, kov_value bytes)
{
    kov_builder *b = r->b;
    const int ndim = kov_ndim(b, bytes);
    const int64_t last = ndim, zero = 0, one = 1, axis = ndim - 1;
    int64_t dims[KOV_MAX_NDIM] = {0}; /* 0: as it is */
    kov_value half[2];
    if (b->status != KOV_OK || ndim < 1 || ndim >= KOV_MAX_NDIM)
        return bytes;
    for (int i = 0; i < 2; i++) {
        half[i] = i ? kov_bitwise_right_shift(b, bytes, kov_scalar_like(b, bytes, 4)) : bytes;
        half[i] = kov_bitwise_and(b, half[i], kov_scalar_like(b, bytes, 15));
        if (f->type == KOV_DTYPE_I4) {
            kov_value eight = kov_scalar_like(b, bytes, 8);
            half[i] = kov_subtract(b, kov_bitwise_xor(b, half[i], eight), eight);
        }
        half[i] = kov_unsqueeze(b, half[i], kov_constant_i64(b, &last, 1));
    }
    dims[axis] = 2 * ((f->columns + 1) / 2);
    kov_value x =
        kov_reshape(b, kov_concat(b, half, 2, ndim), kov_constant_i64(b, dims, ndim), true);
    return kov_slice(b, x, kov_constant_i64(b, &zero, 1), kov_constant_i64(b, &f->columns, 1),
                     kov_constant_i64(b, &one, 1), kov_constant_i64(b, &axis, 1));
}

/* What is looked up is unpacked, instead of the table. */
static bool rewrite_gather(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    found f = {0};
    int64_t axis;
    kov_value table = node->inputs[0];
    if (node->attrs[KOV_GATHER_BATCH_DIMS].u.integer != 0 ||
        ints_of(r, node->inputs[2], &axis, 1) != 1 || axis != 0 || !is_byte(r, table) ||
        !is_matrix(r, table) || r->stable[node->inputs[1]] ||
        info_of(r, node->first_output)->ndim >= KOV_MAX_NDIM || !match_nibbles(r, table, &f) ||
        f.layout != KOV_CODE_COLUMNS)
        return false;
    f.columns = info_of(r, table)->dims[1];
    outs[0] = unpack(
        r, &f,
        kov_gather(r->b, r->map[f.codes], r->map[node->inputs[1]], r->map[node->inputs[2]], 0));
    return true;
}

static bool products(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    if (node->op != KOV_OP_MAT_MUL || node->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean)
        return false;
    const kov_value_info *out = info_of(r, node->first_output), *x = info_of(r, node->inputs[0]);
    if ((out->dtype != KOV_DTYPE_F32 && out->dtype != KOV_DTYPE_I32) || x->ndim < 1 ||
        !kov_dim_is_number(x->dims[x->ndim - 1]) || r->stable[node->inputs[0]])
        return false;
    bool transposed = node->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean;
    found f;
    kov_value codes, data = r->map[node->inputs[0]];
    bool direct = match_operand(r, node->inputs[1], transposed, &f);
    if (direct)
        codes = r->map[f.codes];
    else if (!match_moved(r, node->inputs[1], transposed, &f, &codes))
        return false;
    if (out->dtype == KOV_DTYPE_I32) {
        data = f.type == KOV_DTYPE_U8 || f.type == KOV_DTYPE_U4 ? KOV_VALUE_NONE
                                                                : narrow(r, node->inputs[0], 4);
        if (data == KOV_VALUE_NONE)
            return false;
    }
    outs[0] = emit(r, &f, data, codes);
    return true;
}

static bool rule(kov_rewrite *r, const kov_node *node, kov_value *outs)
{
    return node->op == KOV_OP_GATHER ? rewrite_gather(r, node, outs) : products(r, node, outs);
}

/* Arithmetic of bytes is native's alone: for OpenVINO the prologue unpacks tables. */
kov_status kov_pass_keep_codes(const kov_graph *graph, const kov_pass_options *options,
                               kov_graph **out)
{
    return kov_rewrite_graph(graph, options && options->for_openvino ? products : rule,
                             (void *)graph, out);
}
