/* SPDX-License-Identifier: Apache-2.0 */
#include "native/plan/elements/element_map.h"

#include "native/composites.h"
#include "opset/elementwise/selu.h"
#include "tensor/convert.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* Rows of the graph's operations that are one kernel; KOV_ELEMENTWISE_COUNT: none. Zero is EXP, so
 * all are stored plus one. */
#define IS(name) ((uint8_t)(KOV_ELEMENTWISE_##name + 1))
static const uint8_t plain[KOV_OP_COUNT] = {
    [KOV_OP_ABS] = IS(ABS),
    [KOV_OP_ACOS] = IS(ACOS),
    [KOV_OP_ACOSH] = IS(ACOSH),
    [KOV_OP_ASIN] = IS(ASIN),
    [KOV_OP_ASINH] = IS(ASINH),
    [KOV_OP_ATAN] = IS(ATAN),
    [KOV_OP_ATANH] = IS(ATANH),
    [KOV_OP_CEILING] = IS(CEIL),
    [KOV_OP_COS] = IS(COS),
    [KOV_OP_COSH] = IS(COSH),
    [KOV_OP_ERF] = IS(ERF),
    [KOV_OP_EXP] = IS(EXP),
    [KOV_OP_FLOOR] = IS(FLOOR),
    [KOV_OP_LOG] = IS(LOG),
    [KOV_OP_LOG_GAMMA] = IS(LGAMMA),
    [KOV_OP_NEGATIVE] = IS(NEGATIVE),
    [KOV_OP_SIGN] = IS(SIGN),
    [KOV_OP_SIN] = IS(SIN),
    [KOV_OP_SINH] = IS(SINH),
    [KOV_OP_SQRT] = IS(SQRT),
    [KOV_OP_TAN] = IS(TAN),
    [KOV_OP_TANH] = IS(TANH),
    [KOV_OP_SIGMOID] = IS(SIGMOID),
    [KOV_OP_RELU] = IS(RELU),
    [KOV_OP_SOFT_PLUS] = IS(SOFTPLUS),
    [KOV_OP_SOFT_SIGN] = IS(SOFTSIGN),
    [KOV_OP_MISH] = IS(MISH),
    [KOV_OP_H_SWISH] = IS(HARD_SWISH),
    [KOV_OP_H_SIGMOID] = IS(HARD_SIGMOID),
    [KOV_OP_LOGICAL_NOT] = IS(LOGICAL_NOT),
    [KOV_OP_BITWISE_NOT] = IS(BITWISE_NOT),
    [KOV_OP_IS_NA_N] = IS(ISNAN),
    [KOV_OP_IS_FINITE] = IS(ISFINITE),
    [KOV_OP_ADD] = IS(ADD),
    [KOV_OP_SUBTRACT] = IS(SUBTRACT),
    [KOV_OP_MULTIPLY] = IS(MULTIPLY),
    [KOV_OP_FLOOR_MOD] = IS(FLOOR_MOD),
    [KOV_OP_MOD] = IS(TRUNC_MOD),
    [KOV_OP_POWER] = IS(POWER),
    [KOV_OP_MAXIMUM] = IS(MAXIMUM),
    [KOV_OP_MINIMUM] = IS(MINIMUM),
    [KOV_OP_SQUARED_DIFFERENCE] = IS(SQUARED_DIFFERENCE),
    [KOV_OP_EQUAL] = IS(EQUAL),
    [KOV_OP_NOT_EQUAL] = IS(NOT_EQUAL),
    [KOV_OP_GREATER] = IS(GREATER),
    [KOV_OP_GREATER_EQUAL] = IS(GREATER_EQUAL),
    [KOV_OP_LESS] = IS(LESS),
    [KOV_OP_LESS_EQUAL] = IS(LESS_EQUAL),
    [KOV_OP_LOGICAL_AND] = IS(LOGICAL_AND),
    [KOV_OP_LOGICAL_OR] = IS(LOGICAL_OR),
    [KOV_OP_LOGICAL_XOR] = IS(LOGICAL_XOR),
    [KOV_OP_BITWISE_AND] = IS(BITWISE_AND),
    [KOV_OP_BITWISE_OR] = IS(BITWISE_OR),
    [KOV_OP_BITWISE_XOR] = IS(BITWISE_XOR),
    [KOV_OP_BITWISE_LEFT_SHIFT] = IS(LEFT_SHIFT),
    [KOV_OP_BITWISE_RIGHT_SHIFT] = IS(RIGHT_SHIFT),
    [KOV_OP_P_RELU] = IS(PRELU),
};
#undef IS

static bool is_half(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16;
}

/* Whether a kernel takes it; float16 and bfloat16 are computed in float32. */
static bool exists(kov_elementwise_op op, kov_dtype dtype)
{
    if (is_half(dtype))
        dtype = KOV_DTYPE_F32;
    switch (kov_elementwise_arity(op)) {
    case 1:
        return kov_elementwise_unary(op, dtype) != NULL;
    case 2:
        return kov_elementwise_binary(op, dtype) != NULL;
    default:
        return kov_elementwise_ternary(op, dtype) != NULL;
    }
}

static bool add(kov_element_map *map, kov_elementwise_op op, kov_dtype dtype, int a, int b, int c)
{
    if (!exists(op, dtype))
        return false;
    map->code[map->count++] = (kov_element_code){
        .op = (uint8_t)op, .dtype = (uint8_t)dtype, .operand = {(int8_t)a, (int8_t)b, (int8_t)c}};
    return true;
}

static int number(kov_element_map *map, kov_dtype dtype, double value)
{
    map->number_dtype = dtype;
    map->numbers[map->number_count] = value;
    return KOV_ELEMENT_NUMBER + map->number_count++;
}

static bool is_byte_sized(kov_dtype dtype)
{
    int bits = kov_dtype_bits(dtype);
    return bits >= 8 && bits <= 64 && !kov_dtype_is_complex(dtype) && dtype != KOV_DTYPE_F8E4M3 &&
           dtype != KOV_DTYPE_F8E5M2;
}

static bool map_clamp(const kov_node *node, kov_dtype dtype, kov_element_map *map)
{
    double low = node->attrs[KOV_CLAMP_MIN].u.real, high = node->attrs[KOV_CLAMP_MAX].u.real;
    if (!kov_dtype_is_float(dtype) || isnan(low) || isnan(high))
        return false;
    int a = number(map, dtype, low), b = number(map, dtype, high);
    return add(map, KOV_ELEMENTWISE_CLIP, dtype, 0, a, b);
}

static bool map_elu(const kov_node *node, kov_dtype dtype, kov_element_map *map)
{
    double alpha = node->attrs[KOV_ELU_ALPHA].u.real;
    if (alpha == 1.0)
        return add(map, KOV_ELEMENTWISE_ELU, dtype, 0, 0, 0);
    int zero = number(map, dtype, 0), scale = number(map, dtype, alpha);
    return add(map, KOV_ELEMENTWISE_GREATER, dtype, 0, zero, 0) &&
           add(map, KOV_ELEMENTWISE_EXPM1, dtype, 0, 0, 0) &&
           add(map, KOV_ELEMENTWISE_MULTIPLY, dtype, scale, -2, 0) &&
           add(map, KOV_ELEMENTWISE_SELECT, dtype, -1, 0, -3);
}

/* Whether a number of this dtype is this one, rounded to it. */
static bool is_rounded(double number, kov_dtype dtype, double exact)
{
    unsigned char rounded[16];
    double back;
    return kov_convert(KOV_DTYPE_F64, &exact, dtype, rounded, 1) == KOV_OK &&
           kov_convert(dtype, rounded, KOV_DTYPE_F64, &back, 1) == KOV_OK && back == number;
}

static bool map_selu(const kov_planner *p, const kov_node *node, kov_dtype dtype,
                     kov_element_map *map)
{
    double alpha, scale;
    if (!kov_plan_scalar(p, node->inputs[1], &alpha) ||
        !kov_plan_scalar(p, node->inputs[2], &scale))
        return false;
    map->input_count = 1;
    if (is_rounded(alpha, dtype, KOV_SELU_ALPHA) && is_rounded(scale, dtype, KOV_SELU_SCALE))
        return add(map, KOV_ELEMENTWISE_SELU, dtype, 0, 0, 0);
    int zero = number(map, dtype, 0), a = number(map, dtype, alpha), s = number(map, dtype, scale);
    return add(map, KOV_ELEMENTWISE_GREATER, dtype, 0, zero, 0) &&
           add(map, KOV_ELEMENTWISE_EXPM1, dtype, 0, 0, 0) &&
           add(map, KOV_ELEMENTWISE_MULTIPLY, dtype, a, -2, 0) &&
           add(map, KOV_ELEMENTWISE_SELECT, dtype, -1, 0, -3) &&
           add(map, KOV_ELEMENTWISE_MULTIPLY, dtype, s, -4, 0);
}

static bool map_hard_sigmoid(const kov_planner *p, const kov_node *node, kov_dtype dtype,
                             kov_element_map *map)
{
    double alpha, beta;
    if (!kov_plan_scalar(p, node->inputs[1], &alpha) || !kov_plan_scalar(p, node->inputs[2], &beta))
        return false;
    map->input_count = 1;
    int a = number(map, dtype, alpha), b = number(map, dtype, beta);
    int zero = number(map, dtype, 0), one = number(map, dtype, 1);
    return add(map, KOV_ELEMENTWISE_MULTIPLY, dtype, a, 0, 0) &&
           add(map, KOV_ELEMENTWISE_ADD, dtype, -1, b, 0) &&
           add(map, KOV_ELEMENTWISE_CLIP, dtype, -2, zero, one);
}

static bool map_is_inf(const kov_node *node, kov_dtype dtype, kov_element_map *map)
{
    bool negative = node->attrs[KOV_IS_INF_DETECT_NEGATIVE].u.boolean;
    bool positive = node->attrs[KOV_IS_INF_DETECT_POSITIVE].u.boolean;
    if (negative && positive)
        return add(map, KOV_ELEMENTWISE_ISINF, dtype, 0, 0, 0);
    if (negative == positive || !kov_dtype_is_float(dtype))
        return false;
    int infinity = number(map, dtype, positive ? INFINITY : -INFINITY);
    return add(map, KOV_ELEMENTWISE_EQUAL, dtype, 0, infinity, 0);
}

static bool map_composite(const kov_planner *p, const kov_node *node, kov_dtype dtype,
                          kov_element_map *map)
{
    kov_elementwise_op op = kov_composite_kernel(p->graph, node);
    if (op == KOV_ELEMENTWISE_COUNT)
        return false;
    if (op != KOV_ELEMENTWISE_LDEXP)
        return add(map, op, dtype, 0, 1, 0);
    map->code[map->count++] = (kov_element_code){
        .op = KOV_ELEMENTWISE_CONVERT, .dtype = (uint8_t)dtype, .operand = {1, 1, 1}};
    return add(map, op, dtype, 0, -1, 0);
}

static bool map_special(const kov_planner *p, const kov_node *node, kov_dtype dtype,
                        kov_element_map *map)
{
    kov_dtype out = kov_plan_value(p, node->first_output)->dtype;
    switch (node->op) {
    case KOV_OP_ROUND:
        return strcmp(node->attrs[KOV_ROUND_MODE].u.string, "half_to_even") == 0 &&
               add(map, KOV_ELEMENTWISE_ROUND, dtype, 0, 0, 0);
    case KOV_OP_GELU:
        return add(map,
                   strcasecmp(node->attrs[KOV_GELU_APPROXIMATION_MODE].u.string, "tanh") == 0
                       ? KOV_ELEMENTWISE_GELU_TANH
                       : KOV_ELEMENTWISE_GELU,
                   dtype, 0, 0, 0);
    case KOV_OP_ELU:
        return map_elu(node, dtype, map);
    case KOV_OP_CLAMP:
        return map_clamp(node, dtype, map);
    case KOV_OP_SWISH:
        if (node->input_count > 1 && node->inputs[1] != KOV_VALUE_NONE) {
            double beta;
            if (!kov_plan_scalar(p, node->inputs[1], &beta) || beta != 1.0)
                return false;
        }
        map->input_count = 1;
        return add(map, KOV_ELEMENTWISE_SILU, dtype, 0, 0, 0);
    case KOV_OP_SELU:
        return map_selu(p, node, dtype, map);
    case KOV_OP_HARD_SIGMOID:
        return map_hard_sigmoid(p, node, dtype, map);
    case KOV_OP_IS_INF:
        return map_is_inf(node, dtype, map);
    case KOV_OP_DIVIDE: {
        bool floors = kov_dtype_is_integer(dtype) && node->attrs[KOV_DIVIDE_M_PYTHONDIV].u.boolean;
        return add(map, floors ? KOV_ELEMENTWISE_FLOOR_DIVIDE : KOV_ELEMENTWISE_DIVIDE, dtype, 0, 1,
                   0);
    }
    case KOV_OP_SELECT:
        return add(map, KOV_ELEMENTWISE_SELECT, out, 0, 1, 2);
    case KOV_OP_CONVERT:
        if (!is_byte_sized(dtype) || !is_byte_sized(out))
            return false;
        map->code[map->count++] =
            (kov_element_code){.op = KOV_ELEMENTWISE_CONVERT, .dtype = (uint8_t)out};
        return true;
    case KOV_OP_COMPOSITE:
        return map_composite(p, node, dtype, map);
    default:
        return false;
    }
}

/* A 1-D slope of as many elements as there are channels goes along axis 1, not along the last. */
static bool has_channel_slope(const kov_planner *p, const kov_node *node)
{
    const kov_planned *x = kov_plan_value(p, node->inputs[0]),
                      *slope = kov_plan_value(p, node->inputs[1]);
    return slope->ndim == 1 && x->ndim > 1 && slope->dims[0] != 1 && slope->dims[0] == x->dims[1];
}

bool kov_element_map_node(const kov_planner *p, const kov_node *node, kov_element_map *map)
{
    kov_dtype dtype = kov_plan_value(p, node->inputs[0])->dtype;
    *map = (kov_element_map){.input_count = node->input_count};
    if (node->op == KOV_OP_P_RELU)
        map->channel_slope = has_channel_slope(p, node);
    if (plain[node->op])
        return add(map, (kov_elementwise_op)(plain[node->op] - 1), dtype, 0, 1, 0);
    return map_special(p, node, dtype, map);
}
