/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of element-wise operations in one pass over cache-sized tiles: a small register program.
 *
 * The output is (rows, row_length), contiguous. Registers: inputs first (0 .. inputs-1), then
 * whatever the instructions write; each is written once at most by an instruction and has one
 * dtype. Results have the same bits as the operations one after another, whatever the threads and
 * tiles. */
#ifndef KOV_NATIVE_ELEMENTWISE_PROGRAM_H
#define KOV_NATIVE_ELEMENTWISE_PROGRAM_H

#include "native/kernels/elementwise/elementwise.h"

#define KOV_PROGRAM_REGISTERS 48
#define KOV_PROGRAM_INPUTS 24
#define KOV_PROGRAM_OUTPUTS 8
#define KOV_PROGRAM_INSTRUCTIONS 64

typedef enum kov_program_access {
    KOV_PROGRAM_FULL,   /* an element for each of the output, in its order */
    KOV_PROGRAM_SCALAR, /* one element */
    KOV_PROGRAM_ROW,    /* one row of row_length elements, the same for all rows */
    KOV_PROGRAM_COLUMN, /* one element for each row */
    /* Row i starts at element row_offset[i] and goes on by row_step (0 or 1) elements: any
     * broadcast or view whose last axis is contiguous or repeated. */
    KOV_PROGRAM_OFFSETS
} kov_program_access;

typedef struct kov_program_input {
    kov_program_access access;
    kov_dtype dtype;
} kov_program_input;

/* registers[y] = op(registers[a], registers[b], registers[c]), all of `dtype` (select: a is bool).
 * KOV_ELEMENTWISE_CONVERT takes a of any dtype and gives `dtype`. For float16 and bfloat16 each
 * operation converts to float32 and rounds its result: convert once and compute in float32 to round
 * at the boundary of a function only. */
typedef struct kov_program_instruction {
    uint8_t op; /* kov_elementwise_op */
    uint8_t dtype;
    uint8_t y, a, b, c; /* unused operands are 0 */
} kov_program_instruction;

/* Plain data: may be copied and saved. */
typedef struct kov_elementwise_program {
    uint8_t inputs, outputs, instructions, registers;
    kov_program_input input[KOV_PROGRAM_INPUTS];
    kov_program_instruction code[KOV_PROGRAM_INSTRUCTIONS];
    uint8_t output[KOV_PROGRAM_OUTPUTS]; /* registers; may be inputs */
} kov_elementwise_program;

/* What an input is bound to in a run. The arrays must outlive it. */
typedef struct kov_program_binding {
    const void *data;
    const int64_t *row_offset; /* KOV_PROGRAM_OFFSETS: `rows` offsets in elements; else NULL */
    size_t row_step;           /* KOV_PROGRAM_OFFSETS: 0 or 1 */
} kov_program_binding;

/* Checks registers, dtypes and kernels. KOV_INVALID_ARGUMENT or KOV_TYPE_ERROR tells which
 * instruction. The other functions take checked programs. */
kov_status kov_elementwise_program_check(const kov_elementwise_program *program);

/* The dtype of a register after the program; KOV_DTYPE_NONE if it is never written. */
kov_dtype kov_elementwise_program_dtype(const kov_elementwise_program *program, int reg);

/* Runs over the context's threads. An output may be the array of a FULL input of the same dtype
 * size if nothing else reads that array. KOV_OUT_OF_MEMORY: the tiles' scratch. */
kov_status kov_elementwise_program_run(kov_context *context, const kov_elementwise_program *program,
                                       size_t rows, size_t row_length,
                                       const kov_program_binding *inputs, void *const *outputs);

#endif
