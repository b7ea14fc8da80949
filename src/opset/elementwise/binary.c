/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of two operands. Integers wrap; division by zero gives 0 and never traps. */
#include "opset/content_math.h"
#include "opset/elementwise/complex_math.h"
#include "opset/elementwise/gamma_math.h"
#include "opset/elementwise/pair_infer.h"
#include "opset/elementwise/pair_walk.h"

#include <math.h>

typedef kov_content_element (*content_function)(kov_dims *, kov_content_element,
                                                kov_content_element);

static content_function content_of(const kov_infer *infer, int op)
{
    switch (op) {
    case KOV_OP_ADD:
        return kov_content_add;
    case KOV_OP_SUBTRACT:
        return kov_content_sub;
    case KOV_OP_MULTIPLY:
        return kov_content_mul;
    case KOV_OP_DIVIDE:
        return infer->attrs[KOV_DIVIDE_M_PYTHONDIV].u.boolean ? kov_content_div : NULL;
    case KOV_OP_FLOOR_MOD:
        return kov_content_mod;
    case KOV_OP_MAXIMUM:
        return kov_content_max;
    case KOV_OP_MINIMUM:
        return kov_content_min;
    default:
        return NULL;
    }
}

static bool takes(int op, kov_dtype dtype)
{
    switch (kov_wide_of(dtype)) {
    case KOV_WIDE_REAL:
        return !(op >= KOV_OP_BITWISE_AND && op <= KOV_OP_BITWISE_RIGHT_SHIFT);
    case KOV_WIDE_COMPLEX:
        return kov_complex_binary_of(op) != NULL;
    case KOV_WIDE_SIGNED:
    case KOV_WIDE_UNSIGNED:
        return op != KOV_OP_GAMMA_INC;
    default:
        return false;
    }
}

kov_status kov_infer_binary(kov_infer *infer)
{
    int op = (int)(infer->op - kov_op_info_of(0));
    kov_dtype dtype = infer->inputs[0].dtype;
    KOV_TRY(kov_infer_pair(infer, 0, KOV_DTYPE_NONE));
    if (!takes(op, dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "it is not defined for %s",
                              kov_dtype_keras_name(dtype));
    content_function function = content_of(infer, op);
    const kov_infer_output *out = &infer->outputs[0];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if (!function || dtype == KOV_DTYPE_BOOL ||
        !kov_content_follows(dtype, out->ndim, out->dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] =
            function(infer->dims, kov_content_at(infer, 0, i), kov_content_at(infer, 1, i));
    return kov_content_set(infer, 0, dtype, n, elements);
}

static double floor_mod(double a, double b)
{
    double rest = fmod(a, b);
    if (rest == 0)
        return copysign(0.0, b);
    return (rest < 0) != (b < 0) ? rest + b : rest;
}

static double maximum(double a, double b)
{
    return a >= b || isnan(a) ? a : b;
}

static double minimum(double a, double b)
{
    return a <= b || isnan(a) ? a : b;
}

/* The difference is rounded to the type before it is squared. */
static double squared_difference(double a, double b, bool is_double)
{
    double difference = is_double ? a - b : (double)(float)(a - b);
    return difference * difference;
}

static void real_loop(double (*function)(double, double), int n, double *a, const double *b)
{
    for (int k = 0; k < n; k++)
        a[k] = function(a[k], b[k]);
}

static kov_status real_pair(const kov_eval *eval, int n, double *a, const double *b)
{
    bool is_double = eval->inputs[0].dtype == KOV_DTYPE_F64;
    switch (kov_eval_op(eval)) {
    case KOV_OP_ADD:
        for (int k = 0; k < n; k++)
            a[k] += b[k];
        return KOV_OK;
    case KOV_OP_SUBTRACT:
        for (int k = 0; k < n; k++)
            a[k] -= b[k];
        return KOV_OK;
    case KOV_OP_MULTIPLY:
        for (int k = 0; k < n; k++)
            a[k] *= b[k];
        return KOV_OK;
    case KOV_OP_DIVIDE:
        for (int k = 0; k < n; k++)
            a[k] /= b[k];
        return KOV_OK;
    case KOV_OP_FLOOR_MOD:
        real_loop(floor_mod, n, a, b);
        return KOV_OK;
    case KOV_OP_MOD:
        real_loop(fmod, n, a, b);
        return KOV_OK;
    case KOV_OP_POWER:
        real_loop(pow, n, a, b);
        return KOV_OK;
    case KOV_OP_GAMMA_INC:
        real_loop(kov_real_gamma_inc, n, a, b);
        return KOV_OK;
    case KOV_OP_MAXIMUM:
        real_loop(maximum, n, a, b);
        return KOV_OK;
    case KOV_OP_MINIMUM:
        real_loop(minimum, n, a, b);
        return KOV_OK;
    case KOV_OP_SQUARED_DIFFERENCE:
        for (int k = 0; k < n; k++)
            a[k] = squared_difference(a[k], b[k], is_double);
        return KOV_OK;
    default:
        return kov_eval_no_dtype(eval, eval->inputs[0].dtype);
    }
}

static int64_t signed_divide(int64_t a, int64_t b, bool floors)
{
    if (b == 0)
        return 0;
    if (b == -1) /* the smallest number has no positive counterpart */
        return (int64_t)(0 - (uint64_t)a);
    int64_t quotient = a / b;
    return floors && a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

static int64_t signed_mod(int64_t a, int64_t b, bool floors)
{
    if (b == 0 || b == -1)
        return 0;
    int64_t rest = a % b;
    return floors && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static uint64_t unsigned_power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent; exponent >>= 1, base *= base)
        if (exponent & 1)
            result *= base;
    return result;
}

/* A negative power is the reciprocal rounded toward 0. */
static int64_t signed_power(int64_t base, int64_t exponent)
{
    if (exponent >= 0)
        return (int64_t)unsigned_power((uint64_t)base, (uint64_t)exponent);
    return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
}

static int64_t signed_one(int op, int64_t a, int64_t b, bool floors)
{
    switch (op) {
    case KOV_OP_DIVIDE:
        return signed_divide(a, b, floors);
    case KOV_OP_FLOOR_MOD:
        return signed_mod(a, b, true);
    case KOV_OP_MOD:
        return signed_mod(a, b, false);
    case KOV_OP_POWER:
        return signed_power(a, b);
    case KOV_OP_MAXIMUM:
        return a > b ? a : b;
    default: /* Minimum */
        return a < b ? a : b;
    }
}

static uint64_t unsigned_one(int op, uint64_t a, uint64_t b)
{
    switch (op) {
    case KOV_OP_ADD:
        return a + b;
    case KOV_OP_SUBTRACT:
        return a - b;
    case KOV_OP_MULTIPLY:
        return a * b;
    case KOV_OP_SQUARED_DIFFERENCE:
        return (a - b) * (a - b);
    case KOV_OP_DIVIDE:
        return b ? a / b : 0;
    case KOV_OP_FLOOR_MOD:
    case KOV_OP_MOD:
        return b ? a % b : 0;
    case KOV_OP_POWER:
        return unsigned_power(a, b);
    case KOV_OP_MAXIMUM:
        return a > b ? a : b;
    default: /* Minimum */
        return a < b ? a : b;
    }
}

/* The low bits of a sum, difference or product do not depend on the sign. */
static bool ignores_sign(int op)
{
    return op == KOV_OP_ADD || op == KOV_OP_SUBTRACT || op == KOV_OP_MULTIPLY ||
           op == KOV_OP_SQUARED_DIFFERENCE;
}

static kov_status pair(const kov_eval *eval, kov_wide wide, int n, kov_block *a, const kov_block *b)
{
    int op = kov_eval_op(eval);
    if (wide == KOV_WIDE_REAL)
        return real_pair(eval, n, a->r, b->r);
    if (wide == KOV_WIDE_COMPLEX) {
        kov_complex_binary *function = kov_complex_binary_of(op);
        for (int k = 0; k < n; k++)
            a->c[k] = function(a->c[k], b->c[k]);
    } else if (wide == KOV_WIDE_UNSIGNED || ignores_sign(op)) {
        for (int k = 0; k < n; k++)
            a->u[k] = unsigned_one(op, a->u[k], b->u[k]);
    } else {
        bool floors = op == KOV_OP_DIVIDE && eval->attrs[KOV_DIVIDE_M_PYTHONDIV].u.boolean;
        for (int k = 0; k < n; k++)
            a->i[k] = signed_one(op, a->i[k], b->i[k], floors);
    }
    return KOV_OK;
}

kov_status kov_eval_binary(kov_eval *eval)
{
    if (!takes(kov_eval_op(eval), eval->inputs[0].dtype))
        return kov_eval_no_dtype(eval, eval->inputs[0].dtype);
    return kov_pair_walk(eval, pair);
}

static uint64_t bitwise_one(int op, uint64_t a, uint64_t b, bool is_signed)
{
    switch (op) {
    case KOV_OP_BITWISE_AND:
        return a & b;
    case KOV_OP_BITWISE_OR:
        return a | b;
    case KOV_OP_BITWISE_XOR:
        return a ^ b;
    case KOV_OP_BITWISE_LEFT_SHIFT:
        return b < 64 ? a << b : 0;
    default: /* BitwiseRightShift; a negative count is a huge unsigned one */
        if (is_signed && a >> 63)
            return b < 64 ? ~(~a >> b) : UINT64_MAX;
        return b < 64 ? a >> b : 0;
    }
}

static kov_status bitwise(const kov_eval *eval, kov_wide wide, int n, kov_block *a,
                          const kov_block *b)
{
    for (int k = 0; k < n; k++)
        a->u[k] = bitwise_one(kov_eval_op(eval), a->u[k], b->u[k], wide == KOV_WIDE_SIGNED);
    return KOV_OK;
}

kov_status kov_eval_bitwise(kov_eval *eval)
{
    if (!takes(kov_eval_op(eval), eval->inputs[0].dtype))
        return kov_eval_no_dtype(eval, eval->inputs[0].dtype);
    return kov_pair_walk(eval, bitwise);
}
