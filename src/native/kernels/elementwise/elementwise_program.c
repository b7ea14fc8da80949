/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/elementwise/elementwise_program.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/elementwise/elementwise_steps.h"

/* Tiles of one work item: enough to outweigh handing it out. */
enum { ITEM_TILES = 16 };

static bool is_half(kov_dtype dtype) { return dtype == KOV_DTYPE_F16 || dtype == KOV_DTYPE_BF16; }

static bool is_computable(kov_dtype dtype)
{
    int bits = kov_dtype_bits(dtype);
    return (bits == 8 || bits == 16 || bits == 32 || bits == 64) && !kov_dtype_is_complex(dtype) &&
           dtype != KOV_DTYPE_F8E4M3 && dtype != KOV_DTYPE_F8E5M2;
}

/* What registers hold: complex numbers are computed where there are kernels, not converted. */
static bool is_held(kov_dtype dtype) { return kov_dtype_is_complex(dtype) || is_computable(dtype); }

/* Looks the kernel up; false if the operation does not take the dtype. */
static bool find_kernel(kov_elementwise_op op, kov_dtype dtype, kov_program_step *step)
{
    step->dtype = dtype;
    step->result = kov_elementwise_result(op, dtype);
    step->unary = NULL;
    step->binary = NULL;
    step->ternary = NULL;
    step->half = is_half(dtype) && op != KOV_ELEMENTWISE_SELECT && op != KOV_ELEMENTWISE_CONVERT;
    if (step->half)
        step->dtype = KOV_DTYPE_F32;
    switch (kov_elementwise_arity(op)) {
    case 1:
        if (op == KOV_ELEMENTWISE_CONVERT)
            return is_computable(dtype);
        step->unary = kov_elementwise_unary(op, step->dtype);
        return step->unary != NULL;
    case 2:
        step->binary = kov_elementwise_binary(op, step->dtype);
        return step->binary != NULL;
    case 3:
        step->ternary = kov_elementwise_ternary(op, step->dtype);
        return step->ternary != NULL;
    default:
        return false;
    }
}

static kov_status check_operand(int at, const char *which, int reg, kov_dtype have, kov_dtype want)
{
    if (have == KOV_DTYPE_NONE)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "elementwise program: instruction %d reads register %d (%s), which nothing "
                        "has written",
                        at, reg, which);
    if (want != KOV_DTYPE_NONE && have != want)
        return kov_fail(KOV_TYPE_ERROR,
                        "elementwise program: instruction %d wants %s for operand %s, register %d "
                        "holds %s",
                        at, kov_dtype_keras_name(want), which, reg, kov_dtype_keras_name(have));
    return KOV_OK;
}

static kov_status check_instruction(const kov_elementwise_program *program, int at,
                                    kov_dtype *dtypes)
{
    const kov_program_instruction *code = &program->code[at];
    kov_elementwise_op op = (kov_elementwise_op)code->op;
    kov_dtype dtype = (kov_dtype)code->dtype;
    kov_program_step step;
    int arity = kov_elementwise_arity(op);
    const uint8_t operands[3] = {code->a, code->b, code->c};
    static const char *const letters[3] = {"a", "b", "c"};
    if (code->y >= program->registers || dtypes[code->y] != KOV_DTYPE_NONE)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "elementwise program: instruction %d writes register %d, which is %s", at,
                        code->y,
                        code->y >= program->registers ? "past the last" : "written before");
    if (!find_kernel(op, dtype, &step))
        return kov_fail(KOV_TYPE_ERROR, "elementwise program: instruction %d: %s does not take %s",
                        at, kov_elementwise_name(op), kov_dtype_keras_name(dtype));
    for (int i = 0; i < arity; i++) {
        kov_dtype want = dtype;
        if (op == KOV_ELEMENTWISE_CONVERT)
            want = KOV_DTYPE_NONE;
        else if (op == KOV_ELEMENTWISE_SELECT && i == 0)
            want = KOV_DTYPE_BOOL;
        kov_dtype have = operands[i] < program->registers ? dtypes[operands[i]] : KOV_DTYPE_NONE;
        KOV_TRY(check_operand(at, letters[i], operands[i], have, want));
    }
    dtypes[code->y] = step.result;
    return KOV_OK;
}

static kov_status check_program(const kov_elementwise_program *program, kov_dtype *dtypes)
{
    if (program->inputs > KOV_PROGRAM_INPUTS || program->outputs > KOV_PROGRAM_OUTPUTS ||
        program->instructions > KOV_PROGRAM_INSTRUCTIONS ||
        program->registers > KOV_PROGRAM_REGISTERS || program->inputs > program->registers)
        return kov_fail(KOV_INVALID_ARGUMENT,
                        "elementwise program: %d inputs, %d outputs, %d instructions, %d registers",
                        program->inputs, program->outputs, program->instructions,
                        program->registers);
    for (int i = 0; i < KOV_PROGRAM_REGISTERS; i++)
        dtypes[i] = KOV_DTYPE_NONE;
    for (int i = 0; i < program->inputs; i++) {
        dtypes[i] = program->input[i].dtype;
        if (!is_held(dtypes[i]) || (unsigned)program->input[i].access > KOV_PROGRAM_OFFSETS)
            return kov_fail(KOV_TYPE_ERROR, "elementwise program: input %d has dtype %s, access %d",
                            i, kov_dtype_keras_name(dtypes[i]), (int)program->input[i].access);
    }
    for (int i = 0; i < program->instructions; i++)
        KOV_TRY(check_instruction(program, i, dtypes));
    for (int i = 0; i < program->outputs; i++)
        if (program->output[i] >= program->registers ||
            dtypes[program->output[i]] == KOV_DTYPE_NONE)
            return kov_fail(KOV_INVALID_ARGUMENT,
                            "elementwise program: output %d is register %d, which nothing has "
                            "written",
                            i, program->output[i]);
    return KOV_OK;
}

kov_status kov_elementwise_program_check(const kov_elementwise_program *program)
{
    kov_dtype dtypes[KOV_PROGRAM_REGISTERS];
    return check_program(program, dtypes);
}

kov_dtype kov_elementwise_program_dtype(const kov_elementwise_program *program, int reg)
{
    kov_dtype dtype = KOV_DTYPE_NONE;
    if (reg >= 0 && reg < program->inputs)
        return program->input[reg].dtype;
    for (int i = 0; i < program->instructions; i++)
        if (program->code[i].y == reg)
            dtype = kov_elementwise_result((kov_elementwise_op)program->code[i].op,
                                           (kov_dtype)program->code[i].dtype);
    return dtype;
}

/* A single row or a row of one element make some kinds of access others, which cost less; with only
 * full and scalar ones all rows are one. */
static void simplify_access(kov_program_run *run)
{
    bool flat = true;
    for (int i = 0; i < run->program->inputs; i++) {
        kov_program_access access = run->program->input[i].access;
        if (run->rows == 1 && access == KOV_PROGRAM_ROW)
            access = KOV_PROGRAM_FULL;
        else if (run->rows == 1 && access == KOV_PROGRAM_COLUMN)
            access = KOV_PROGRAM_SCALAR;
        else if (run->row_length == 1 && access == KOV_PROGRAM_ROW)
            access = KOV_PROGRAM_SCALAR;
        else if (run->row_length == 1 && access == KOV_PROGRAM_COLUMN)
            access = KOV_PROGRAM_FULL;
        run->access[i] = access;
        flat = flat && (access == KOV_PROGRAM_FULL || access == KOV_PROGRAM_SCALAR);
    }
    if (flat) {
        run->row_length *= run->rows;
        run->rows = 1;
    }
}

static void choose_tiles(kov_program_run *run)
{
    simplify_access(run);
    if (run->row_length <= KOV_TILE / 2 && run->rows > 1) {
        run->tile_rows = KOV_TILE / run->row_length;
        run->tiles = (run->rows - 1) / run->tile_rows + 1;
    } else {
        run->pieces = (run->row_length - 1) / KOV_TILE + 1;
        run->piece = (run->row_length - 1) / run->pieces + 1;
        run->piece = run->pieces > 1 ? (run->piece + 15) / 16 * 16 : run->piece;
        run->pieces = (run->row_length - 1) / run->piece + 1;
        run->tiles = run->rows * run->pieces;
    }
    size_t share = run->tiles / 64 + 1;
    run->tiles_per_item = share < ITEM_TILES ? share : ITEM_TILES;
}

/* Whether an operand that `step` reads at instruction `at` is register reg. */
static bool reads(const kov_program_instruction *code, int reg)
{
    int arity = kov_elementwise_arity((kov_elementwise_op)code->op);
    return (arity > 0 && code->a == reg) || (arity > 1 && code->b == reg) ||
           (arity > 2 && code->c == reg);
}

static int last_use(const kov_elementwise_program *program, int reg)
{
    int last = -1;
    for (int i = 0; i < program->instructions; i++)
        if (reads(&program->code[i], reg))
            last = i;
    for (int i = 0; i < program->outputs; i++)
        if (program->output[i] == reg)
            last = program->instructions;
    return last;
}

/* Whether instruction `at` may write straight to the output: not where that is the array of an
 * input which is read later, or which the instruction cannot overwrite element by element. */
static bool may_write(const kov_program_run *run, int at, int output)
{
    const kov_elementwise_program *program = run->program;
    size_t size = run->sizes[program->output[output]];
    bool plain = program->code[at].op != KOV_ELEMENTWISE_CONVERT && !run->steps[at].half;
    for (int i = 0; i < program->inputs; i++) {
        if (run->bindings[i].data != run->outputs[output])
            continue;
        int last = last_use(program, i);
        if (last > at || (last == at && !(plain && run->sizes[i] == size)))
            return false;
    }
    return true;
}

/* Gives registers places: an output's own memory where possible, else scratch tiles, which are used
 * again when their register has been read for the last time. */
static void place_registers(kov_program_run *run)
{
    const kov_elementwise_program *program = run->program;
    int owner[KOV_PROGRAM_REGISTERS + 1]; /* by slot: the instruction after which it is free */
    run->slots = 0;
    for (int i = 0; i < program->inputs; i++) {
        bool gathered = run->tile_rows != 0 && run->access[i] != KOV_PROGRAM_FULL &&
                        run->access[i] != KOV_PROGRAM_SCALAR;
        run->input_slots[i] = gathered ? run->slots : -1;
        if (gathered)
            owner[run->slots++] = program->instructions;
    }
    for (int i = 0; i < program->outputs; i++)
        run->direct[i] = 0;
    for (int i = 0; i < program->instructions; i++) {
        kov_program_step *step = &run->steps[i];
        step->slot = -1;
        step->output = -1;
        for (int k = 0; k < program->outputs && step->output < 0; k++)
            if (program->output[k] == step->y && may_write(run, i, k))
                step->output = k;
        if (step->output >= 0) {
            run->direct[step->output] = 1;
            continue;
        }
        int slot = 0;
        while (slot < run->slots && owner[slot] >= i)
            slot++;
        if (slot == run->slots)
            run->slots++;
        owner[slot] = last_use(program, step->y);
        step->slot = slot;
    }
}

static void prepare_steps(kov_program_run *run)
{
    const kov_elementwise_program *program = run->program;
    for (int i = 0; i < program->inputs; i++)
        run->dtypes[i] = program->input[i].dtype;
    for (int i = 0; i < program->instructions; i++) {
        const kov_program_instruction *code = &program->code[i];
        kov_program_step *step = &run->steps[i];
        find_kernel((kov_elementwise_op)code->op, (kov_dtype)code->dtype, step);
        step->y = code->y;
        step->a = code->a;
        step->b = code->b;
        step->c = code->c;
        run->dtypes[code->y] = step->result;
        run->half = run->half || step->half;
    }
    for (int i = 0; i < program->registers; i++)
        run->sizes[i] = (size_t)kov_dtype_bits(run->dtypes[i]) / 8;
}

void kov_program_prepare(kov_program_run *run)
{
    prepare_steps(run);
    choose_tiles(run);
    place_registers(run);
    run->scratch_bytes = (size_t)(run->slots + (run->half ? 4 : 0)) * KOV_TILE_BYTES;
}

kov_status kov_program_take_scratch(kov_context *context, kov_program_run *run, size_t workers)
{
    if (run->scratch_bytes == 0)
        return KOV_OK;
    run->scratch = kov_alloc(context, run->scratch_bytes * workers);
    return run->scratch ? KOV_OK : KOV_OUT_OF_MEMORY;
}

kov_status kov_elementwise_program_run(kov_context *context, const kov_elementwise_program *program,
                                       size_t rows, size_t row_length,
                                       const kov_program_binding *inputs, void *const *outputs)
{
    if (rows == 0 || row_length == 0)
        return KOV_OK;
    kov_program_run run = {.program = program,
                           .bindings = inputs,
                           .outputs = outputs,
                           .rows = rows,
                           .row_length = row_length};
    kov_program_prepare(&run);
    size_t items = (run.tiles - 1) / run.tiles_per_item + 1;
    size_t width = items > 1 ? (size_t)kov_parallel_width(context) : 1;
    KOV_TRY(kov_program_take_scratch(context, &run, width));
    if (items == 1)
        kov_program_run_item(&run, 0, 0);
    else
        kov_parallel(context, (int64_t)items, kov_program_run_item, &run);
    kov_free(context, run.scratch);
    return KOV_OK;
}
