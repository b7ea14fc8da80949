/* SPDX-License-Identifier: Apache-2.0 */
/* The element-wise operations of the native kernels, as rows: X(CONSTANT, name). Everything that
 * enumerates operations (the enum, their names, the kernel tables, the accuracy sweep) reads these.
 */
#ifndef KOV_NATIVE_ELEMENTWISE_OPS_H
#define KOV_NATIVE_ELEMENTWISE_OPS_H

/* Of a real number, real result; float32 (vectorised) and float64. */
#define KOV_ELEMENTWISE_FLOAT_ROWS(X)                                                              \
    X(EXP, exp)                                                                                    \
    X(EXP2, exp2)                                                                                  \
    X(EXPM1, expm1)                                                                                \
    X(LOG, log)                                                                                    \
    X(LOG1P, log1p)                                                                                \
    X(LOG2, log2)                                                                                  \
    X(LOG10, log10)                                                                                \
    X(SQRT, sqrt)                                                                                  \
    X(RSQRT, rsqrt)                                                                                \
    X(RECIPROCAL, reciprocal)                                                                      \
    X(CBRT, cbrt)                                                                                  \
    X(FLOOR, floor)                                                                                \
    X(CEIL, ceil)                                                                                  \
    X(ROUND, round)                                                                                \
    X(TRUNC, trunc)                                                                                \
    X(SIN, sin)                                                                                    \
    X(COS, cos)                                                                                    \
    X(TAN, tan)                                                                                    \
    X(ASIN, asin)                                                                                  \
    X(ACOS, acos)                                                                                  \
    X(ATAN, atan)                                                                                  \
    X(SINH, sinh)                                                                                  \
    X(COSH, cosh)                                                                                  \
    X(TANH, tanh)                                                                                  \
    X(ASINH, asinh)                                                                                \
    X(ACOSH, acosh)                                                                                \
    X(ATANH, atanh)                                                                                \
    X(ERF, erf)                                                                                    \
    X(ERFC, erfc)                                                                                  \
    X(ERFINV, erfinv)                                                                              \
    X(LGAMMA, lgamma)                                                                              \
    X(SIGMOID, sigmoid)                                                                            \
    X(LOG_SIGMOID, log_sigmoid)                                                                    \
    X(SOFTPLUS, softplus)                                                                          \
    X(SOFTSIGN, softsign)                                                                          \
    X(SILU, silu)                                                                                  \
    X(GELU, gelu)                                                                                  \
    X(GELU_TANH, gelu_tanh)                                                                        \
    X(MISH, mish)                                                                                  \
    X(HARD_SIGMOID, hard_sigmoid)                                                                  \
    X(HARD_SWISH, hard_swish)                                                                      \
    X(RELU6, relu6)                                                                                \
    X(ELU, elu)                                                                                    \
    X(SELU, selu)

/* Of any number: also all integers. abs and negative wrap at the most negative integer. */
#define KOV_ELEMENTWISE_NUMBER_ROWS(X)                                                             \
    X(ABS, abs)                                                                                    \
    X(NEGATIVE, negative)                                                                          \
    X(SIGN, sign)                                                                                  \
    X(SQUARE, square)                                                                              \
    X(RELU, relu)

/* Of a float, giving bool. */
#define KOV_ELEMENTWISE_TEST_ROWS(X)                                                               \
    X(ISNAN, isnan)                                                                                \
    X(ISINF, isinf)                                                                                \
    X(ISFINITE, isfinite)

/* Of two numbers of one dtype, giving that dtype. */
#define KOV_ELEMENTWISE_ARITHMETIC_ROWS(X)                                                         \
    X(ADD, add)                                                                                    \
    X(SUBTRACT, subtract)                                                                          \
    X(MULTIPLY, multiply)                                                                          \
    X(DIVIDE, divide)                                                                              \
    X(FLOOR_DIVIDE, floor_divide)                                                                  \
    X(FLOOR_MOD, floor_mod)                                                                        \
    X(TRUNC_MOD, trunc_mod)                                                                        \
    X(POWER, power)                                                                                \
    X(MAXIMUM, maximum)                                                                            \
    X(MINIMUM, minimum)                                                                            \
    X(SQUARED_DIFFERENCE, squared_difference)

/* Of two floats of one dtype, giving that dtype. */
#define KOV_ELEMENTWISE_FLOAT_PAIR_ROWS(X)                                                         \
    X(ATAN2, atan2)                                                                                \
    X(LDEXP, ldexp)                                                                                \
    X(PRELU, prelu)

/* Of two numbers or bools of one dtype, giving bool; the logical ones take any nonzero as true. */
#define KOV_ELEMENTWISE_COMPARE_ROWS(X)                                                            \
    X(EQUAL, equal)                                                                                \
    X(NOT_EQUAL, not_equal)                                                                        \
    X(LESS, less)                                                                                  \
    X(LESS_EQUAL, less_equal)                                                                      \
    X(GREATER, greater)                                                                            \
    X(GREATER_EQUAL, greater_equal)                                                                \
    X(LOGICAL_AND, logical_and)                                                                    \
    X(LOGICAL_OR, logical_or)                                                                      \
    X(LOGICAL_XOR, logical_xor)

/* Of two integers (the first three: or bools) of one dtype, giving that dtype. */
#define KOV_ELEMENTWISE_BITWISE_ROWS(X)                                                            \
    X(BITWISE_AND, bitwise_and)                                                                    \
    X(BITWISE_OR, bitwise_or)                                                                      \
    X(BITWISE_XOR, bitwise_xor)

#define KOV_ELEMENTWISE_SHIFT_ROWS(X)                                                              \
    X(LEFT_SHIFT, left_shift)                                                                      \
    X(RIGHT_SHIFT, right_shift)

/* All with one operand, all with two. LOGICAL_NOT takes any dtype and gives bool; BITWISE_NOT takes
 * integers and (as the logical one) bool. */
#define KOV_ELEMENTWISE_UNARY_ROWS(X)                                                              \
    KOV_ELEMENTWISE_FLOAT_ROWS(X)                                                                  \
    KOV_ELEMENTWISE_NUMBER_ROWS(X)                                                                 \
    KOV_ELEMENTWISE_TEST_ROWS(X)                                                                   \
    X(LOGICAL_NOT, logical_not)                                                                    \
    X(BITWISE_NOT, bitwise_not)

#define KOV_ELEMENTWISE_BINARY_ROWS(X)                                                             \
    KOV_ELEMENTWISE_ARITHMETIC_ROWS(X)                                                             \
    KOV_ELEMENTWISE_FLOAT_PAIR_ROWS(X)                                                             \
    KOV_ELEMENTWISE_COMPARE_ROWS(X)                                                                \
    KOV_ELEMENTWISE_BITWISE_ROWS(X)                                                                \
    KOV_ELEMENTWISE_SHIFT_ROWS(X)

/* SELECT(condition bool, a, b); CLIP(x, low, high). */
#define KOV_ELEMENTWISE_TERNARY_ROWS(X)                                                            \
    X(SELECT, select)                                                                              \
    X(CLIP, clip)

typedef enum kov_elementwise_op {
#define KOV_ELEMENTWISE_CONSTANT(constant, name) KOV_ELEMENTWISE_##constant,
    KOV_ELEMENTWISE_UNARY_ROWS(KOV_ELEMENTWISE_CONSTANT)
        KOV_ELEMENTWISE_BINARY_ROWS(KOV_ELEMENTWISE_CONSTANT)
            KOV_ELEMENTWISE_TERNARY_ROWS(KOV_ELEMENTWISE_CONSTANT)
#undef KOV_ELEMENTWISE_CONSTANT
                KOV_ELEMENTWISE_CONVERT, /* to another dtype: in tile programs only */
    KOV_ELEMENTWISE_COUNT
} kov_elementwise_op;

#endif
