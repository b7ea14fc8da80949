/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/elementwise/elementwise.h"

#include "base/cpu.h"
#include "base/threads.h"
#include "native/kernels/elementwise/elementwise_kernels.h"

/* Elements per work item of the parallel loops: enough to outweigh handing it out. */
enum { PIECE = 16384 };

typedef kov_unary_kernel *unary_row[KOV_ISA_COUNT];
typedef kov_binary_kernel *binary_row[KOV_ISA_COUNT];
typedef kov_ternary_kernel *ternary_row[KOV_ISA_COUNT];

#define KERNEL(type, name, constant) [KOV_ELEMENTWISE_##constant] = KOV_ISA_TABLE(type##_##name),
#define F32(constant, name) KERNEL(f32, name, constant)
#define F64(constant, name) KERNEL(f64, name, constant)

static const unary_row unary_f32[KOV_ELEMENTWISE_COUNT] = {
    KOV_ELEMENTWISE_FLOAT_ROWS(F32) KOV_ELEMENTWISE_NUMBER_ROWS(F32) KOV_ELEMENTWISE_TEST_ROWS(F32)
        F32(LOGICAL_NOT, logical_not)};
static const unary_row unary_f64[KOV_ELEMENTWISE_COUNT] = {
    KOV_ELEMENTWISE_FLOAT_ROWS(F64) KOV_ELEMENTWISE_NUMBER_ROWS(F64) KOV_ELEMENTWISE_TEST_ROWS(F64)
        F64(LOGICAL_NOT, logical_not)};
static const binary_row binary_f32[KOV_ELEMENTWISE_COUNT] = {KOV_ELEMENTWISE_ARITHMETIC_ROWS(
    F32) KOV_ELEMENTWISE_FLOAT_PAIR_ROWS(F32) KOV_ELEMENTWISE_COMPARE_ROWS(F32)};
static const binary_row binary_f64[KOV_ELEMENTWISE_COUNT] = {KOV_ELEMENTWISE_ARITHMETIC_ROWS(
    F64) KOV_ELEMENTWISE_FLOAT_PAIR_ROWS(F64) KOV_ELEMENTWISE_COMPARE_ROWS(F64)};

#define INTEGER_UNARY(type)                                                                        \
    KERNEL(type, abs, ABS)                                                                         \
    KERNEL(type, negative, NEGATIVE)                                                               \
    KERNEL(type, sign, SIGN)                                                                       \
    KERNEL(type, square, SQUARE)                                                                   \
    KERNEL(type, relu, RELU)                                                                       \
    KERNEL(type, logical_not, LOGICAL_NOT)                                                         \
    KERNEL(type, bitwise_not, BITWISE_NOT)

#define INTEGER_BINARY(type)                                                                       \
    KERNEL(type, add, ADD)                                                                         \
    KERNEL(type, subtract, SUBTRACT)                                                               \
    KERNEL(type, multiply, MULTIPLY)                                                               \
    KERNEL(type, divide, DIVIDE)                                                                   \
    KERNEL(type, floor_divide, FLOOR_DIVIDE)                                                       \
    KERNEL(type, floor_mod, FLOOR_MOD)                                                             \
    KERNEL(type, trunc_mod, TRUNC_MOD)                                                             \
    KERNEL(type, power, POWER)                                                                     \
    KERNEL(type, maximum, MAXIMUM)                                                                 \
    KERNEL(type, minimum, MINIMUM)                                                                 \
    KERNEL(type, squared_difference, SQUARED_DIFFERENCE)                                           \
    KERNEL(type, equal, EQUAL)                                                                     \
    KERNEL(type, not_equal, NOT_EQUAL)                                                             \
    KERNEL(type, less, LESS)                                                                       \
    KERNEL(type, less_equal, LESS_EQUAL)                                                           \
    KERNEL(type, greater, GREATER)                                                                 \
    KERNEL(type, greater_equal, GREATER_EQUAL)                                                     \
    KERNEL(type, logical_and, LOGICAL_AND)                                                         \
    KERNEL(type, logical_or, LOGICAL_OR)                                                           \
    KERNEL(type, logical_xor, LOGICAL_XOR)                                                         \
    KERNEL(type, bitwise_and, BITWISE_AND)                                                         \
    KERNEL(type, bitwise_or, BITWISE_OR)                                                           \
    KERNEL(type, bitwise_xor, BITWISE_XOR)                                                         \
    KERNEL(type, left_shift, LEFT_SHIFT)                                                           \
    KERNEL(type, right_shift, RIGHT_SHIFT)

#define INTEGER_TABLES(type, T, U, constant)                                                       \
    static const unary_row unary_##type[KOV_ELEMENTWISE_COUNT] = {INTEGER_UNARY(type)};            \
    static const binary_row binary_##type[KOV_ELEMENTWISE_COUNT] = {INTEGER_BINARY(type)};
KOV_INTEGER_TYPES(INTEGER_TABLES)

#define COMPLEX_TABLES(type)                                                                       \
    static const unary_row unary_##type[KOV_ELEMENTWISE_COUNT] = {                                 \
        KERNEL(type, abs, ABS) KERNEL(type, negative, NEGATIVE) KERNEL(type, isnan, ISNAN)         \
            KERNEL(type, isinf, ISINF) KERNEL(type, isfinite, ISFINITE)};                          \
    static const binary_row binary_##type[KOV_ELEMENTWISE_COUNT] = {                               \
        KERNEL(type, add, ADD) KERNEL(type, subtract, SUBTRACT) KERNEL(type, multiply, MULTIPLY)   \
            KERNEL(type, divide, DIVIDE) KERNEL(type, equal, EQUAL)                                \
                KERNEL(type, not_equal, NOT_EQUAL)};
COMPLEX_TABLES(c64)
COMPLEX_TABLES(c128)

/* A bool is 0 or 1: where uint8's kernel keeps it so, it serves. */
static const unary_row unary_bool[KOV_ELEMENTWISE_COUNT] = {
    KERNEL(u8, logical_not, LOGICAL_NOT) KERNEL(u8, logical_not, BITWISE_NOT)};
static const binary_row binary_bool[KOV_ELEMENTWISE_COUNT] = {
    KERNEL(u8, maximum, MAXIMUM) KERNEL(u8, minimum, MINIMUM) KERNEL(u8, equal, EQUAL)
        KERNEL(u8, not_equal, NOT_EQUAL) KERNEL(u8, less, LESS) KERNEL(u8, less_equal, LESS_EQUAL)
            KERNEL(u8, greater, GREATER) KERNEL(u8, greater_equal, GREATER_EQUAL)
                KERNEL(u8, logical_and, LOGICAL_AND) KERNEL(u8, logical_or, LOGICAL_OR)
                    KERNEL(u8, logical_xor, LOGICAL_XOR) KERNEL(u8, bitwise_and, BITWISE_AND)
                        KERNEL(u8, bitwise_or, BITWISE_OR) KERNEL(u8, bitwise_xor, BITWISE_XOR)};

#define UNARY_TABLE(type, T, U, constant) [KOV_DTYPE_##constant] = unary_##type,
#define BINARY_TABLE(type, T, U, constant) [KOV_DTYPE_##constant] = binary_##type,
#define CLIP_ROW(type, T, U, constant) [KOV_DTYPE_##constant] = KOV_ISA_TABLE(type##_clip),

static const unary_row *const unary_tables[KOV_DTYPE_COUNT] = {
    [KOV_DTYPE_F32] = unary_f32, [KOV_DTYPE_F64] = unary_f64,   [KOV_DTYPE_BOOL] = unary_bool,
    [KOV_DTYPE_C64] = unary_c64, [KOV_DTYPE_C128] = unary_c128, KOV_INTEGER_TYPES(UNARY_TABLE)};
static const binary_row *const binary_tables[KOV_DTYPE_COUNT] = {
    [KOV_DTYPE_F32] = binary_f32, [KOV_DTYPE_F64] = binary_f64,   [KOV_DTYPE_BOOL] = binary_bool,
    [KOV_DTYPE_C64] = binary_c64, [KOV_DTYPE_C128] = binary_c128, KOV_INTEGER_TYPES(BINARY_TABLE)};
static const ternary_row clip_rows[KOV_DTYPE_COUNT] = {[KOV_DTYPE_F32] = KOV_ISA_TABLE(f32_clip),
                                                       [KOV_DTYPE_F64] = KOV_ISA_TABLE(f64_clip),
                                                       KOV_INTEGER_TYPES(CLIP_ROW)};

#define NAME_ROW(constant, name) [KOV_ELEMENTWISE_##constant] = #name,
static const char *const names[KOV_ELEMENTWISE_COUNT] = {
    KOV_ELEMENTWISE_UNARY_ROWS(NAME_ROW) KOV_ELEMENTWISE_BINARY_ROWS(NAME_ROW)
        KOV_ELEMENTWISE_TERNARY_ROWS(NAME_ROW)[KOV_ELEMENTWISE_CONVERT] = "convert"};

#define ARITY_1(constant, name) [KOV_ELEMENTWISE_##constant] = 1,
#define ARITY_2(constant, name) [KOV_ELEMENTWISE_##constant] = 2,
#define ARITY_3(constant, name) [KOV_ELEMENTWISE_##constant] = 3,
static const uint8_t arities[KOV_ELEMENTWISE_COUNT] = {
    KOV_ELEMENTWISE_UNARY_ROWS(ARITY_1) KOV_ELEMENTWISE_BINARY_ROWS(ARITY_2)
        KOV_ELEMENTWISE_TERNARY_ROWS(ARITY_3)[KOV_ELEMENTWISE_CONVERT] = 1};

#define TRUTH(constant, name) [KOV_ELEMENTWISE_##constant] = true,
static const bool gives_bool[KOV_ELEMENTWISE_COUNT] = {
    KOV_ELEMENTWISE_TEST_ROWS(TRUTH) KOV_ELEMENTWISE_COMPARE_ROWS(TRUTH) TRUTH(LOGICAL_NOT, _)};

static bool known(kov_elementwise_op op, kov_dtype dtype)
{
    return (unsigned)op < KOV_ELEMENTWISE_COUNT && (unsigned)dtype < KOV_DTYPE_COUNT;
}

kov_unary_kernel *kov_elementwise_unary(kov_elementwise_op op, kov_dtype dtype)
{
    if (!known(op, dtype) || !unary_tables[dtype])
        return NULL;
    return unary_tables[dtype][op][kov_cpu_isa()];
}

kov_binary_kernel *kov_elementwise_binary(kov_elementwise_op op, kov_dtype dtype)
{
    if (!known(op, dtype) || !binary_tables[dtype])
        return NULL;
    return binary_tables[dtype][op][kov_cpu_isa()];
}

kov_ternary_kernel *kov_elementwise_ternary(kov_elementwise_op op, kov_dtype dtype)
{
    static const ternary_row select_rows[5] = {KOV_ISA_TABLE(b8_select), KOV_ISA_TABLE(b16_select),
                                               KOV_ISA_TABLE(b32_select), KOV_ISA_TABLE(b64_select),
                                               KOV_ISA_TABLE(b128_select)};
    kov_isa isa = kov_cpu_isa();
    if (!known(op, dtype))
        return NULL;
    if (op == KOV_ELEMENTWISE_CLIP)
        return clip_rows[dtype][isa];
    if (op != KOV_ELEMENTWISE_SELECT)
        return NULL;
    switch (kov_dtype_bits(dtype)) {
    case 8:
        return select_rows[0][isa];
    case 16:
        return select_rows[1][isa];
    case 32:
        return select_rows[2][isa];
    case 64:
        return select_rows[3][isa];
    case 128:
        return select_rows[4][isa];
    default:
        return NULL;
    }
}

int kov_elementwise_arity(kov_elementwise_op op)
{
    return known(op, KOV_DTYPE_NONE) ? arities[op] : 0;
}

kov_dtype kov_elementwise_result(kov_elementwise_op op, kov_dtype dtype)
{
    if (known(op, dtype) && gives_bool[op])
        return KOV_DTYPE_BOOL;
    if (op == KOV_ELEMENTWISE_ABS && kov_dtype_is_complex(dtype))
        return dtype == KOV_DTYPE_C64 ? KOV_DTYPE_F32 : KOV_DTYPE_F64;
    return dtype;
}

const char *kov_elementwise_name(kov_elementwise_op op)
{
    return known(op, KOV_DTYPE_NONE) ? names[op] : "?";
}

typedef struct pieces {
    kov_unary_kernel *unary;
    kov_binary_kernel *binary;
    const char *a, *b;
    char *y;
    size_t a_step, b_step, a_size, y_size, n;
} pieces;

static void run_piece(void *arg, int64_t index, int worker)
{
    const pieces *p = arg;
    (void)worker;
    size_t first = (size_t)index * PIECE;
    size_t n = p->n - first < PIECE ? p->n - first : PIECE;
    const char *a = p->a + first * p->a_step * p->a_size;
    char *y = p->y + first * p->y_size;
    if (p->unary)
        p->unary(a, y, n);
    else
        p->binary(a, p->a_step, p->b + first * p->b_step * p->a_size, p->b_step, y, n);
}

static void run_pieces(kov_context *context, pieces *p)
{
    kov_parallel(context, (int64_t)((p->n + PIECE - 1) / PIECE), run_piece, p);
}

void kov_elementwise_run_unary(kov_context *context, kov_unary_kernel *kernel, kov_dtype x_dtype,
                               const void *x, kov_dtype y_dtype, void *y, size_t n)
{
    pieces p = {.unary = kernel, .a = x, .a_step = 1, .y = y, .n = n};
    p.a_size = (size_t)kov_dtype_bits(x_dtype) / 8;
    p.y_size = (size_t)kov_dtype_bits(y_dtype) / 8;
    if (n <= PIECE)
        kernel(x, y, n);
    else
        run_pieces(context, &p);
}

void kov_elementwise_run_binary(kov_context *context, kov_binary_kernel *kernel, kov_dtype dtype,
                                const void *a, size_t a_step, const void *b, size_t b_step,
                                kov_dtype y_dtype, void *y, size_t n)
{
    pieces p = {
        .binary = kernel, .a = a, .b = b, .y = y, .a_step = a_step, .b_step = b_step, .n = n};
    p.a_size = (size_t)kov_dtype_bits(dtype) / 8;
    p.y_size = (size_t)kov_dtype_bits(y_dtype) / 8;
    if (n <= PIECE)
        kernel(a, a_step, b, b_step, y, n);
    else
        run_pieces(context, &p);
}
