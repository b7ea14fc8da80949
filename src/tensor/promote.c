/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/promote.h"

/* Nodes of the lattice: dtypes under their own number, and two more for Python's int and float. */
enum { NODE_INT = KOV_DTYPE_COUNT, NODE_FLOAT, NODE_COUNT };
_Static_assert(NODE_COUNT <= 32, "a set of nodes is a 32-bit mask");

/* UP_x: the set of x and all that lies above it, that is, what x may be promoted to. */
#define BIT(node) ((uint32_t)1 << (node))
static const uint32_t up[NODE_COUNT] = {
#define UP_C128 BIT(KOV_DTYPE_C128)
#define UP_C64 (BIT(KOV_DTYPE_C64) | UP_C128)
#define UP_F64 (BIT(KOV_DTYPE_F64) | UP_C128)
#define UP_F32 (BIT(KOV_DTYPE_F32) | UP_F64 | UP_C64)
#define UP_F16 (BIT(KOV_DTYPE_F16) | UP_F32)
#define UP_BF16 (BIT(KOV_DTYPE_BF16) | UP_F32)
#define UP_FLOAT (BIT(NODE_FLOAT) | UP_F16 | UP_BF16)
#define UP_I64 (BIT(KOV_DTYPE_I64) | UP_FLOAT)
#define UP_I32 (BIT(KOV_DTYPE_I32) | UP_I64)
#define UP_I16 (BIT(KOV_DTYPE_I16) | UP_I32)
#define UP_I8 (BIT(KOV_DTYPE_I8) | UP_I16)
#define UP_U64 (BIT(KOV_DTYPE_U64) | UP_FLOAT)
#define UP_U32 (BIT(KOV_DTYPE_U32) | UP_U64 | UP_I64)
#define UP_U16 (BIT(KOV_DTYPE_U16) | UP_U32 | UP_I32)
#define UP_U8 (BIT(KOV_DTYPE_U8) | UP_U16 | UP_I16)
#define UP_INT (BIT(NODE_INT) | UP_U8 | UP_I8 | UP_C64)
#define UP_BOOL (BIT(KOV_DTYPE_BOOL) | UP_INT)
    [KOV_DTYPE_BOOL] = UP_BOOL, [KOV_DTYPE_I8] = UP_I8,   [KOV_DTYPE_I16] = UP_I16,
    [KOV_DTYPE_I32] = UP_I32,   [KOV_DTYPE_I64] = UP_I64, [KOV_DTYPE_U8] = UP_U8,
    [KOV_DTYPE_U16] = UP_U16,   [KOV_DTYPE_U32] = UP_U32, [KOV_DTYPE_U64] = UP_U64,
    [KOV_DTYPE_F16] = UP_F16,   [KOV_DTYPE_F32] = UP_F32, [KOV_DTYPE_F64] = UP_F64,
    [KOV_DTYPE_BF16] = UP_BF16, [KOV_DTYPE_C64] = UP_C64, [KOV_DTYPE_C128] = UP_C128,
    [NODE_INT] = UP_INT,        [NODE_FLOAT] = UP_FLOAT,
};

static int lowest(uint32_t set)
{
    return __builtin_ctz(set);
}

/* The element of `above` that all others of it lie above; -1 if there is none. */
static int least(uint32_t above)
{
    for (uint32_t rest = above; rest != 0; rest &= rest - 1)
        if ((above & ~up[lowest(rest)]) == 0)
            return lowest(rest);
    return -1;
}

static bool is_wide(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_I64 || dtype == KOV_DTYPE_U64 || dtype == KOV_DTYPE_F64 ||
           dtype == KOV_DTYPE_C128;
}

static kov_dtype halved(kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_I64:
        return KOV_DTYPE_I32;
    case KOV_DTYPE_U64:
        return KOV_DTYPE_U32;
    case KOV_DTYPE_F64:
        return KOV_DTYPE_F32;
    case KOV_DTYPE_C128:
        return KOV_DTYPE_C64;
    default:
        return dtype;
    }
}

/* Python's int alone has the width of floatx, as in Keras, and stays below 64 bits. */
static kov_dtype int_for(kov_dtype floatx)
{
    return kov_dtype_bits(floatx) == 16 ? KOV_DTYPE_I16 : KOV_DTYPE_I32;
}

static bool is_float8(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_F8E4M3 || dtype == KOV_DTYPE_F8E5M2;
}

/* The dtype that an operand counts as where only names are compared: Keras's "same dtype" case. */
static kov_dtype nominal(const kov_operand_type *type)
{
    switch (type->weak) {
    case KOV_WEAK_INT:
        return KOV_DTYPE_I32;
    case KOV_WEAK_FLOAT:
        return KOV_DTYPE_F32;
    case KOV_WEAK_COMPLEX:
        return KOV_DTYPE_C64;
    default:
        return type->dtype;
    }
}

static int node_of(const kov_operand_type *type)
{
    switch (type->weak) {
    case KOV_WEAK_INT:
        return NODE_INT;
    case KOV_WEAK_FLOAT:
        return NODE_FLOAT;
    default:
        return (int)nominal(type);
    }
}

static kov_status no_promotion(const kov_operand_type *a, const kov_operand_type *b)
{
    return kov_fail(KOV_TYPE_ERROR,
                    "dtypes %s and %s have no common type; cast one of them explicitly",
                    kov_dtype_keras_name(nominal(a)), kov_dtype_keras_name(nominal(b)));
}

static kov_status promote_different(const kov_operand_type *types, int n, kov_dtype floatx,
                                    kov_dtype *out)
{
    uint32_t above = ~(uint32_t)0, given = 0;
    bool wide = false;
    for (int i = 0; i < n; i++) {
        int node = node_of(&types[i]);
        if (up[node] == 0)
            return no_promotion(&types[i], &types[i == 0 ? 1 : 0]);
        above &= up[node];
        given |= BIT(node);
        wide = wide || (types[i].weak == KOV_WEAK_NONE && is_wide(types[i].dtype));
    }
    int node = (above & given) != 0 ? lowest(above & given) : least(above);
    if (node < 0)
        return kov_fail(KOV_INTERNAL, "promotion: no least upper bound");
    kov_dtype found = node == NODE_INT     ? int_for(floatx)
                      : node == NODE_FLOAT ? floatx
                                           : (kov_dtype)node;
    *out = wide || node == NODE_FLOAT ? found : halved(found);
    return KOV_OK;
}

kov_status kov_promote(const kov_operand_type *types, int n, kov_dtype floatx, kov_dtype *out)
{
    *out = floatx;
    bool same = true, strong = false;
    for (int i = 0; i < n; i++) {
        kov_dtype dtype = nominal(&types[i]);
        if (dtype <= KOV_DTYPE_NONE || dtype >= KOV_DTYPE_COUNT)
            return kov_fail(KOV_TYPE_ERROR, "promotion: %d is not a dtype", (int)dtype);
        if (is_float8(dtype))
            return kov_fail(KOV_TYPE_ERROR,
                            "there is no implicit conversion from %s to another dtype; cast it "
                            "explicitly",
                            kov_dtype_keras_name(dtype));
        same = same && dtype == nominal(&types[0]);
        strong = strong || types[i].weak == KOV_WEAK_NONE || types[i].weak == KOV_WEAK_COMPLEX;
    }
    if (n == 0)
        return KOV_OK;
    if (same && strong) {
        *out = nominal(&types[0]);
        return KOV_OK;
    }
    return promote_different(types, n, floatx, out);
}

kov_dtype kov_promote_to_float(kov_dtype dtype, kov_dtype floatx)
{
    return dtype == KOV_DTYPE_BOOL || kov_dtype_is_integer(dtype) ? floatx : dtype;
}

/* ---- Ranges of Python ints ---- */

enum { NEGATIVE = 0x80 }; /* beside the width: that of the narrowest type without its sign bit */

uint8_t kov_integer_class(int64_t number)
{
    if (number < 0)
        return NEGATIVE | (number >= INT8_MIN    ? 7
                           : number >= INT16_MIN ? 15
                           : number >= INT32_MIN ? 31
                                                 : 63);
    if (number <= UINT8_MAX)
        return number <= INT8_MAX ? 7 : 8;
    if (number <= UINT16_MAX)
        return number <= INT16_MAX ? 15 : 16;
    return number <= INT32_MAX ? 31 : number <= UINT32_MAX ? 32 : 63;
}

bool kov_integer_class_fits(uint8_t integer_class, kov_dtype dtype)
{
    if (!kov_dtype_is_integer(dtype))
        return true;
    int bits = (int)kov_dtype_bits(dtype), width = integer_class & ~NEGATIVE;
    if (kov_dtype_is_signed(dtype))
        return width <= bits - 1;
    return width <= bits && !(integer_class & NEGATIVE);
}
