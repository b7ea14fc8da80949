/* SPDX-License-Identifier: Apache-2.0 */
/* Random tile programs against the same operations one after another over whole arrays, each input
 * broadcast in full: the same bits, whatever shape, kinds of access, dtypes and threads. So with
 * reductions of what a program computes. */
#include "native/kernels/elementwise/elementwise_program.h"
#include "native/kernels/reduce/reduce_program.h"
#include "native/math_every_isa.h"
#include "tensor/convert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ELEMENT = 8 };

static uint32_t seed = 2463534242u;

static uint32_t pick(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (seed >> 3) % below;
}

static size_t size_of(kov_dtype dtype)
{
    return (size_t)kov_dtype_bits(dtype) / 8;
}

/* Where element (row, column) of an input stands in its array. */
static size_t index_of(const kov_program_input *input, const kov_program_binding *binding,
                       size_t row, size_t column, size_t row_length)
{
    switch (input->access) {
    case KOV_PROGRAM_FULL:
        return row * row_length + column;
    case KOV_PROGRAM_ROW:
        return column;
    case KOV_PROGRAM_COLUMN:
        return row;
    case KOV_PROGRAM_OFFSETS:
        return (size_t)binding->row_offset[row] + column * binding->row_step;
    default:
        return 0;
    }
}

static size_t elements_of(const kov_program_input *input, size_t rows, size_t row_length)
{
    switch (input->access) {
    case KOV_PROGRAM_ROW:
        return row_length;
    case KOV_PROGRAM_COLUMN:
        return rows;
    case KOV_PROGRAM_SCALAR:
        return 1;
    default:
        return rows * row_length;
    }
}

/* Numbers of a few magnitudes, exact in every dtype used, as dtype. */
static void fill(kov_dtype dtype, void *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float value = (float)(int32_t)(pick(255)) - 127.0f;
        if (kov_dtype_is_float(dtype))
            value *= 0.0625f;
        kov_convert(KOV_DTYPE_F32, &value, dtype, (char *)x + i * size_of(dtype), 1);
    }
}

typedef struct trial {
    kov_elementwise_program program;
    kov_program_binding bindings[KOV_PROGRAM_INPUTS];
    void *outputs[KOV_PROGRAM_OUTPUTS];
    char *full[KOV_PROGRAM_REGISTERS]; /* the reference: every register in full */
    kov_dtype dtypes[KOV_PROGRAM_REGISTERS];
    int64_t *offsets;
    size_t rows, row_length, n;
} trial;

static void add_input(trial *t)
{
    static const kov_dtype dtypes[] = {KOV_DTYPE_F32,  KOV_DTYPE_F32, KOV_DTYPE_F32,
                                       KOV_DTYPE_F64,  KOV_DTYPE_I32, KOV_DTYPE_F16,
                                       KOV_DTYPE_BF16, KOV_DTYPE_BOOL};
    int i = t->program.inputs++;
    kov_program_input *input = &t->program.input[i];
    kov_program_binding *binding = &t->bindings[i];
    input->access = (kov_program_access)pick(5);
    input->dtype = dtypes[pick(8)];
    size_t size = size_of(input->dtype), elements = elements_of(input, t->rows, t->row_length);
    char *data = malloc(elements * size + 1);
    assert_non_null(data);
    fill(input->dtype, data, elements);
    binding->data = data;
    binding->row_offset = t->offsets;
    binding->row_step = pick(2);
    t->dtypes[i] = input->dtype;
    t->full[i] = malloc(t->n * size + 1);
    assert_non_null(t->full[i]);
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->row_length; c++)
            memcpy(t->full[i] + (r * t->row_length + c) * size,
                   data + index_of(input, binding, r, c, t->row_length) * size, size);
}

/* A register of the dtype, converting one if there is none. */
static uint8_t operand(trial *t, kov_dtype dtype);

static bool is_half(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16;
}

/* The operation over whole arrays; half types through float32 as the header says. */
static void apply(trial *t, const kov_program_instruction *code)
{
    kov_elementwise_op op = (kov_elementwise_op)code->op;
    kov_dtype dtype = (kov_dtype)code->dtype, result = kov_elementwise_result(op, dtype);
    char *y = malloc(t->n * MAX_ELEMENT + 1), *wide[3];
    const char *x[3] = {t->full[code->a], t->full[code->b], t->full[code->c]};
    bool half = is_half(dtype) && op != KOV_ELEMENTWISE_CONVERT && op != KOV_ELEMENTWISE_SELECT;
    kov_dtype in = half ? KOV_DTYPE_F32 : dtype;
    assert_non_null(y);
    for (int i = 0; i < 3; i++) {
        wide[i] = malloc(t->n * MAX_ELEMENT + 1);
        assert_non_null(wide[i]);
        if (half && i < kov_elementwise_arity(op)) {
            kov_convert(dtype, x[i], KOV_DTYPE_F32, wide[i], (int64_t)t->n);
            x[i] = wide[i];
        }
    }
    if (op == KOV_ELEMENTWISE_CONVERT)
        kov_convert(t->dtypes[code->a], x[0], dtype, y, (int64_t)t->n);
    else if (kov_elementwise_arity(op) == 1)
        kov_elementwise_unary(op, in)(x[0], y, t->n);
    else if (kov_elementwise_arity(op) == 2)
        kov_elementwise_binary(op, in)(x[0], 1, x[1], 1, y, t->n);
    else
        kov_elementwise_ternary(op, in)(x[0], 1, x[1], 1, x[2], 1, y, t->n);
    if (half && result == dtype) {
        kov_convert(KOV_DTYPE_F32, y, dtype, wide[0], (int64_t)t->n);
        memcpy(y, wide[0], t->n * size_of(dtype));
    }
    for (int i = 0; i < 3; i++)
        free(wide[i]);
    t->full[code->y] = y;
    t->dtypes[code->y] = result;
}

static uint8_t emit(trial *t, kov_elementwise_op op, kov_dtype dtype, uint8_t a, uint8_t b,
                    uint8_t c)
{
    kov_program_instruction *code = &t->program.code[t->program.instructions++];
    *code = (kov_program_instruction){.op = (uint8_t)op,
                                      .dtype = (uint8_t)dtype,
                                      .y = t->program.registers++,
                                      .a = a,
                                      .b = b,
                                      .c = c};
    apply(t, code);
    return code->y;
}

static uint8_t operand(trial *t, kov_dtype dtype)
{
    for (int attempt = 0; attempt < 4; attempt++) {
        uint8_t reg = (uint8_t)pick(t->program.registers);
        if (t->dtypes[reg] == dtype)
            return reg;
    }
    uint8_t from = (uint8_t)pick(t->program.registers);
    return emit(t, KOV_ELEMENTWISE_CONVERT, dtype, from, 0, 0);
}

static void add_instruction(trial *t)
{
    static const kov_elementwise_op unary[] = {KOV_ELEMENTWISE_ABS,   KOV_ELEMENTWISE_NEGATIVE,
                                               KOV_ELEMENTWISE_TANH,  KOV_ELEMENTWISE_SQUARE,
                                               KOV_ELEMENTWISE_ISNAN, KOV_ELEMENTWISE_SIGMOID};
    static const kov_elementwise_op binary[] = {KOV_ELEMENTWISE_ADD,      KOV_ELEMENTWISE_SUBTRACT,
                                                KOV_ELEMENTWISE_MULTIPLY, KOV_ELEMENTWISE_LESS,
                                                KOV_ELEMENTWISE_MAXIMUM,  KOV_ELEMENTWISE_FLOOR_MOD,
                                                KOV_ELEMENTWISE_EQUAL,    KOV_ELEMENTWISE_DIVIDE};
    static const kov_dtype floats[] = {KOV_DTYPE_F32, KOV_DTYPE_F32, KOV_DTYPE_F64, KOV_DTYPE_F16,
                                       KOV_DTYPE_BF16};
    kov_dtype dtype = floats[pick(5)];
    switch (pick(6)) {
    case 0:
    case 1:
        emit(t, unary[pick(6)], dtype, operand(t, dtype), 0, 0);
        break;
    case 2:
    case 3: {
        dtype = pick(5) == 0 ? KOV_DTYPE_I32 : dtype;
        uint8_t a = operand(t, dtype), b = operand(t, dtype);
        emit(t, binary[pick(8)], dtype, a, b, 0);
        break;
    }
    case 4: {
        uint8_t a = operand(t, KOV_DTYPE_BOOL), b = operand(t, dtype), c = operand(t, dtype);
        emit(t, KOV_ELEMENTWISE_SELECT, dtype, a, b, c);
        break;
    }
    default: {
        uint8_t a = operand(t, dtype), b = operand(t, dtype), c = operand(t, dtype);
        emit(t, KOV_ELEMENTWISE_CLIP, dtype, a, b, c);
    }
    }
}

static void free_trial(trial *t)
{
    for (int i = 0; i < t->program.registers; i++)
        free(t->full[i]);
    for (int i = 0; i < t->program.inputs; i++)
        free((void *)t->bindings[i].data);
    for (int i = 0; i < t->program.outputs; i++)
        free(t->outputs[i]);
    free(t->offsets);
    free(t);
}

static trial *make_trial(size_t rows, size_t row_length)
{
    trial *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->rows = rows;
    t->row_length = row_length;
    t->n = rows * row_length;
    t->offsets = malloc(rows * sizeof *t->offsets);
    assert_non_null(t->offsets);
    uint32_t kind = pick(3);
    for (size_t i = 0; i < rows; i++) {
        size_t row = kind == 0 ? (rows - 1 - i) / (1 + i % 3) : kind == 1 ? i : i / 24;
        t->offsets[i] = (int64_t)(row * row_length);
    }
    int inputs = 1 + (int)pick(5), instructions = 1 + (int)pick(7);
    for (int i = 0; i < inputs; i++)
        add_input(t);
    t->program.registers = t->program.inputs;
    for (int i = 0; i < instructions; i++)
        add_instruction(t);
    int outputs = 1 + (int)pick(3);
    for (int i = 0; i < outputs; i++) {
        uint8_t reg =
            i == 0 ? (uint8_t)(t->program.registers - 1) : (uint8_t)pick(t->program.registers);
        t->program.output[t->program.outputs] = reg;
        t->outputs[t->program.outputs++] = malloc(t->n * MAX_ELEMENT + 1);
        assert_non_null(t->outputs[i]);
    }
    return t;
}

/* The first output reduced along lines of `length` as it is made, and from the whole array. */
static void check_reduced(const trial *t, kov_context *context, size_t length)
{
    static const kov_reduce_op ops[] = {KOV_REDUCE_SUM, KOV_REDUCE_MAX,        KOV_REDUCE_MEAN,
                                        KOV_REDUCE_ANY, KOV_REDUCE_SUM_SQUARE, KOV_REDUCE_ALL};
    kov_elementwise_program program = t->program;
    int reg = program.output[0];
    kov_dtype dtype = t->dtypes[reg];
    size_t outer = t->n / length;
    kov_reduce_op op = ops[pick(6)];
    if (is_half(dtype) || (op == KOV_REDUCE_MEAN && !kov_dtype_is_float(dtype)))
        return;
    char *wanted = calloc(outer, MAX_ELEMENT), *got = calloc(outer, MAX_ELEMENT);
    assert_true(wanted && got);
    program.outputs = 1;
    assert_int_equal(kov_reduce(context, op, dtype, t->full[reg], wanted, outer, length, 1),
                     KOV_OK);
    assert_int_equal(kov_reduce_program(context, op, &program, t->rows, t->row_length, t->bindings,
                                        got, outer, length),
                     KOV_OK);
    assert_memory_equal(got, wanted, outer * MAX_ELEMENT);
    free(wanted);
    free(got);
}

static void random_programs(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{1, 1},    {1, 5000}, {7, 3},     {100, 64},
                                       {5, 1500}, {3000, 1}, {40, 513},  {3, 1024},
                                       {2, 2500}, {1, 17},   {300, 512}, {1, 70000}};
    kov_context *contexts[2];
    for (int i = 0; i < 2; i++) {
        kov_context_options options = {.threads = i + 1};
        assert_int_equal(kov_context_create(&options, &contexts[i]), KOV_OK);
    }
    for (int round = 0; round < 360; round++) {
        const size_t *shape = shapes[round % 12];
        trial *t = make_trial(shape[0], shape[1]);
        assert_int_equal(kov_elementwise_program_check(&t->program), KOV_OK);
        for (int threads = 0; threads < 2; threads++) {
            assert_int_equal(kov_elementwise_program_run(contexts[threads], &t->program, t->rows,
                                                         t->row_length, t->bindings, t->outputs),
                             KOV_OK);
            for (int i = 0; i < t->program.outputs; i++) {
                int reg = t->program.output[i];
                kov_dtype dtype = kov_elementwise_program_dtype(&t->program, reg);
                assert_int_equal(dtype, t->dtypes[reg]);
                assert_memory_equal(t->outputs[i], t->full[reg], t->n * size_of(dtype));
                memset(t->outputs[i], 0x5a, t->n * size_of(dtype));
            }
            check_reduced(t, contexts[threads], t->n);
            check_reduced(t, contexts[threads], t->row_length);
            if (t->row_length % 4 == 0)
                check_reduced(t, contexts[threads], t->row_length / 4);
            if (t->rows % 10 == 0)
                check_reduced(t, contexts[threads], t->row_length * 10);
        }
        free_trial(t);
    }
    kov_context_release(contexts[0]);
    kov_context_release(contexts[1]);
}

/* y = x * x + x, over x itself: the second read of x must not see the product. */
static void in_place(void **state)
{
    (void)state;
    enum { N = 5003 };
    static float x[N], wanted[N];
    kov_context *context;
    kov_elementwise_program program = {
        .inputs = 1,
        .outputs = 2,
        .instructions = 2,
        .registers = 3,
        .input = {{KOV_PROGRAM_FULL, KOV_DTYPE_F32}},
        .code = {{KOV_ELEMENTWISE_MULTIPLY, KOV_DTYPE_F32, 1, 0, 0, 0},
                 {KOV_ELEMENTWISE_ADD, KOV_DTYPE_F32, 2, 1, 0, 0}},
        .output = {1, 2}};
    static float sums[N];
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    for (size_t i = 0; i < N; i++) {
        x[i] = (float)i * 0.37f;
        wanted[i] = x[i] * x[i] + x[i];
    }
    kov_program_binding binding = {.data = x};
    void *outputs[2] = {x, sums};
    assert_int_equal(kov_elementwise_program_run(context, &program, 1, N, &binding, outputs),
                     KOV_OK);
    assert_memory_equal(sums, wanted, sizeof wanted);
    for (size_t i = 0; i < N; i++)
        assert_true(x[i] == (float)i * 0.37f * ((float)i * 0.37f));
    kov_context_release(context);
}

static void bad_programs_are_refused(void **state)
{
    (void)state;
    const kov_elementwise_program good = {
        .inputs = 2,
        .outputs = 1,
        .instructions = 1,
        .registers = 3,
        .input = {{KOV_PROGRAM_FULL, KOV_DTYPE_F32}, {KOV_PROGRAM_FULL, KOV_DTYPE_F32}},
        .code = {{KOV_ELEMENTWISE_ADD, KOV_DTYPE_F32, 2, 0, 1, 0}},
        .output = {2}};
    assert_int_equal(kov_elementwise_program_check(&good), KOV_OK);
    kov_elementwise_program bad = good;
    bad.code[0].b = 2;
    assert_int_equal(kov_elementwise_program_check(&bad), KOV_INVALID_ARGUMENT);
    bad = good;
    bad.code[0].y = 1;
    assert_int_equal(kov_elementwise_program_check(&bad), KOV_INVALID_ARGUMENT);
    bad = good;
    bad.code[0].dtype = KOV_DTYPE_F64;
    assert_int_equal(kov_elementwise_program_check(&bad), KOV_TYPE_ERROR);
    bad = good;
    bad.code[0].op = KOV_ELEMENTWISE_LEFT_SHIFT;
    assert_int_equal(kov_elementwise_program_check(&bad), KOV_TYPE_ERROR);
    bad = good;
    bad.input[0].dtype = KOV_DTYPE_STRING;
    assert_int_equal(kov_elementwise_program_check(&bad), KOV_TYPE_ERROR);
    bad = good;
    bad.output[0] = 40;
    assert_int_equal(kov_elementwise_program_check(&bad), KOV_INVALID_ARGUMENT);
    bad = good;
    bad.registers = 200;
    assert_int_equal(kov_elementwise_program_check(&bad), KOV_INVALID_ARGUMENT);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs),
        cmocka_unit_test(in_place),
        cmocka_unit_test(bad_programs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return every_isa(run);
}
