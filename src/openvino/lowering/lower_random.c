/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/lowering/lower_random.h"

#include "openvino/range.h"

#define ROUNDS 10
#define HALF 16
#define LOW_HALF 0xFFFF
#define MOST_WORDS (INT64_C(1) << 26) /* beyond, native is the better place */

/* ---- arithmetic of words: 32 bits, as int32 ---- */

static kov_value number(kov_builder *b, int64_t n)
{
    return kov_constant_int(b, KOV_DTYPE_I32, n);
}

static kov_value shifted_right(kov_builder *b, kov_value x, int bits)
{
    kov_value y = kov_bitwise_right_shift(b, x, number(b, bits)); /* brings the sign along */
    return bits == 0 ? x : kov_bitwise_and(b, y, number(b, INT64_C(0xFFFFFFFF) >> bits));
}

static kov_value low_half(kov_builder *b, kov_value x)
{
    return kov_bitwise_and(b, x, number(b, LOW_HALF));
}

static kov_value high_half(kov_builder *b, kov_value x)
{
    return shifted_right(b, x, HALF);
}

/* Numbers with these bits, 32 of each. */
static kov_value words(kov_builder *b, const uint32_t *at, int64_t rows)
{
    int32_t numbers[4];
    kov_tensor *tensor;
    const int64_t shape[] = {rows, 1};
    for (int64_t i = 0; i < rows; i++)
        numbers[i] = (int32_t)at[i];
    kov_status status = kov_tensor_from_data(b->context, KOV_DTYPE_I32, 2, shape, numbers, &tensor);
    if (status != KOV_OK)
        return kov_builder_adopt(b, status);
    kov_value v = kov_builder_add_constant(b, tensor, KOV_WEAK_NONE);
    kov_tensor_release(tensor);
    return v;
}

/* The upper 32 bits of the product of words, by its four products of halves. */
static kov_value upper_product(kov_builder *b, kov_value x, const uint32_t by[2])
{
    const uint32_t low_by[] = {by[0] & LOW_HALF, by[1] & LOW_HALF};
    const uint32_t high_by[] = {by[0] >> HALF, by[1] >> HALF};
    kov_value low = words(b, low_by, 2), high = words(b, high_by, 2);
    kov_value x_low = low_half(b, x), x_high = high_half(b, x);
    kov_value middle =
        kov_add(b, kov_multiply(b, x_high, low), high_half(b, kov_multiply(b, x_low, low)));
    kov_value other = kov_add(b, kov_multiply(b, x_low, high), low_half(b, middle));
    kov_value top = kov_add(b, kov_multiply(b, x_high, high), high_half(b, middle));
    return kov_add(b, top, high_half(b, other));
}

/* ---- Philox 4x32-10 ---- */

static kov_value rows_swapped(kov_builder *b, kov_value x)
{
    const int64_t order[] = {1, 0};
    return kov_gather(b, x, kov_constant_i64(b, order, 2), kov_constant_i64_scalar(b, 0), 0);
}

static kov_value row_of(kov_builder *b, kov_value x, int64_t blocks)
{
    const int64_t shape[] = {1, blocks};
    return kov_broadcast(b, x, kov_constant_i64(b, shape, 2), KOV_VALUE_NONE, "numpy");
}

/* Of a block's counter c0 c1 c2 c3 the words c0, c2 stand in `even` and c1, c3 in `odd`, each a row
 * for all blocks. */
static void rounds(kov_builder *b, kov_value key, kov_value *even, kov_value *odd)
{
    const uint32_t factors[] = {0xD2511F53u, 0xCD9E8D57u};
    kov_value factor = words(b, factors, 2);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        const uint32_t weyl[] = {i * 0x9E3779B9u, i * 0xBB67AE85u};
        kov_value upper = rows_swapped(b, upper_product(b, *even, factors));
        kov_value lower = rows_swapped(b, kov_multiply(b, *even, factor));
        kov_value now = kov_add(b, key, words(b, weyl, 2));
        *even = kov_bitwise_xor(b, kov_bitwise_xor(b, upper, *odd), now);
        *odd = lower;
    }
}

kov_value kov_lower_random_bits(kov_builder *b, kov_value key, int64_t stream, const kov_dim *dims,
                                int ndim)
{
    int64_t count = 1;
    for (int i = 0; i < ndim; i++)
        count *= dims[i];
    const int64_t blocks = (count + 3) / 4, column[] = {2, 1}, all[] = {4 * blocks}, pair[] = {2};
    const int64_t order[] = {1, 0, 2};
    const uint32_t streams[] = {0, (uint32_t)((uint64_t)stream >> 32)};
    kov_value zero = kov_constant_i64_scalar(b, 0), one = kov_constant_i64_scalar(b, 1);
    kov_value block = kov_range(b, zero, kov_constant_i64_scalar(b, blocks), one, KOV_DTYPE_I32);
    kov_value first[] = {row_of(b, block, blocks),
                         row_of(b, number(b, (int32_t)(uint32_t)stream), blocks)};
    kov_value even = kov_concat(b, first, 2, 0), odd = words(b, streams, 2);
    key = kov_reshape(b, kov_cast(b, key, KOV_DTYPE_I32), kov_constant_i64(b, column, 2), false);
    rounds(b, key, &even, &odd);
    kov_value last = kov_constant_i64(b, pair, 1);
    kov_value both[] = {kov_unsqueeze(b, even, last), kov_unsqueeze(b, odd, last)};
    kov_value y = kov_transpose(b, kov_concat(b, both, 2, 2), kov_constant_i64(b, order, 3));
    y = kov_reshape(b, y, kov_constant_i64(b, all, 1), false);
    const int64_t start[] = {0}, stop[] = {count}, step[] = {1};
    if (count != 4 * blocks)
        y = kov_slice(b, y, kov_constant_i64(b, start, 1), kov_constant_i64(b, stop, 1),
                      kov_constant_i64(b, step, 1), kov_constant_i64(b, start, 1));
    return kov_reshape_to(b, y, dims, ndim);
}

static bool lower_bits(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    const kov_value_info *info = kov_graph_value(r->from, node->first_output);
    int64_t count = 1;
    for (int i = 0; i < info->ndim; i++) {
        if (info->dims[i] < 0 || (count > 0 && info->dims[i] > MOST_WORDS / count))
            return false;
        count *= info->dims[i];
    }
    if (count == 0) {
        kov_value shape = kov_constant_i64(r->b, info->dims, info->ndim);
        *out = kov_broadcast(r->b, number(r->b, 0), shape, KOV_VALUE_NONE, "numpy");
        return true;
    }
    if (r->stable[node->first_output]) /* of the prologue, which is native */
        return false;
    *out = kov_lower_random_bits(r->b, kov_rewrite_input(r, node, 0),
                                 node->attrs[KOV_RANDOM_BITS_STREAM].u.integer, info->dims,
                                 info->ndim);
    return true;
}

/* ---- uint32 ---- */

/* The bits of a word as int32. */
static kov_value bits_of(kov_rewrite *r, kov_value v)
{
    if (kov_rewrite_is(r, v, KOV_OP_CONVERT)) {
        kov_value from = kov_rewrite_producer(r, v)->inputs[0];
        if (kov_dtype_of(r->b, from) == KOV_DTYPE_I32)
            return from;
    }
    return kov_cast(r->b, v, KOV_DTYPE_I32);
}

/* In halves: the number is one rounding of their sum. */
static kov_value as_float(kov_rewrite *r, kov_value bits)
{
    kov_builder *b = r->b;
    if (kov_value_range(kov_rewrite_new(r), bits).low >= 0)
        return kov_cast(b, bits, KOV_DTYPE_F32);
    kov_value high = kov_cast(b, high_half(b, bits), KOV_DTYPE_F32);
    kov_value low = kov_cast(b, low_half(b, bits), KOV_DTYPE_F32);
    return kov_add(b, kov_multiply(b, high, kov_scalar_like(b, high, LOW_HALF + 1)), low);
}

static bool shift_right(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    int64_t bits;
    if (kov_rewrite_ints(r, kov_rewrite_input(r, node, 1), &bits, 1) != 1 || bits < 0 || bits > 31)
        return false;
    *out = shifted_right(r->b, bits_of(r, kov_rewrite_input(r, node, 0)), (int)bits);
    return true;
}

/* What does the same to bits whatever their sign: the node on int32. */
static bool on_bits(kov_rewrite *r, const kov_node *node, int inputs, kov_value *out)
{
    kov_value changed[8];
    if (node->input_count > 8)
        return false;
    for (int i = 0; i < node->input_count; i++) {
        changed[i] = kov_rewrite_input(r, node, i);
        if (i < inputs)
            changed[i] = bits_of(r, changed[i]);
    }
    *out = kov_emit(r->b, node->op, changed, node->input_count, node->attrs);
    return true;
}

static bool lower_to_bits(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    switch (node->op) {
    case KOV_OP_RANDOM_BITS:
        return lower_bits(r, node, out);
    case KOV_OP_BITWISE_RIGHT_SHIFT:
        return shift_right(r, node, out);
    case KOV_OP_ADD:
    case KOV_OP_SUBTRACT:
    case KOV_OP_MULTIPLY:
    case KOV_OP_BITWISE_AND:
    case KOV_OP_BITWISE_OR:
    case KOV_OP_BITWISE_XOR:
        return on_bits(r, node, 2, out);
    case KOV_OP_BITWISE_NOT:
    case KOV_OP_RESHAPE:
    case KOV_OP_SQUEEZE:
    case KOV_OP_UNSQUEEZE:
    case KOV_OP_TRANSPOSE:
    case KOV_OP_BROADCAST:
    case KOV_OP_SLICE:
    case KOV_OP_GATHER:
        return on_bits(r, node, 1, out);
    default:
        return false;
    }
}

bool kov_lower_unsigned(kov_rewrite *r, const kov_node *node, kov_value *out)
{
    kov_dtype to = kov_graph_value(r->from, node->first_output)->dtype;
    bool reads = node->input_count > 0 && node->inputs[0] != KOV_VALUE_NONE &&
                 kov_graph_value(r->from, node->inputs[0])->dtype == KOV_DTYPE_U32;
    if (node->op == KOV_OP_CONVERT && reads && (to == KOV_DTYPE_F32 || to == KOV_DTYPE_I32)) {
        kov_value bits = bits_of(r, kov_rewrite_input(r, node, 0));
        *out = to == KOV_DTYPE_F32 ? as_float(r, bits) : bits;
        return true;
    }
    if (to != KOV_DTYPE_U32 || !lower_to_bits(r, node, out))
        return false;
    *out = kov_cast(r->b, *out, KOV_DTYPE_U32);
    return true;
}
