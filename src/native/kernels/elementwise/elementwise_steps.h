/* SPDX-License-Identifier: Apache-2.0 */
/* A tile program made ready for one run: kernels looked up, registers given places. Private to
 * elementwise_program.c (which makes it), elementwise_tiles.c (which runs it) and reduce_program.c
 * (which takes it piecemeal). */
#ifndef KOV_NATIVE_ELEMENTWISE_STEPS_H
#define KOV_NATIVE_ELEMENTWISE_STEPS_H

#include "native/kernels/elementwise/elementwise_program.h"

/* Elements of a register: at 4 bytes, half a dozen of them stay in the first-level cache. The
 * largest are complex128. */
enum { KOV_TILE = 1024, KOV_TILE_BYTES = KOV_TILE * 16 };

typedef struct kov_program_step {
    kov_unary_kernel *unary; /* one of the three, or none: convert */
    kov_binary_kernel *binary;
    kov_ternary_kernel *ternary;
    kov_dtype dtype, result; /* of the operands as the kernel takes them, and of register y */
    bool half;               /* operands and result pass through float32 */
    uint8_t y, a, b, c;
    int slot;   /* where y lives: a scratch tile, or -1 */
    int output; /* where slot is -1: the output that y is written to */
} kov_program_step;

typedef struct kov_program_run {
    const kov_elementwise_program *program;
    const kov_program_binding *bindings;
    void *const *outputs;
    kov_program_step steps[KOV_PROGRAM_INSTRUCTIONS];
    kov_dtype dtypes[KOV_PROGRAM_REGISTERS];
    size_t sizes[KOV_PROGRAM_REGISTERS]; /* of an element in bytes */
    kov_program_access access[KOV_PROGRAM_INPUTS];
    int input_slots[KOV_PROGRAM_INPUTS]; /* -1 where read in place */
    int direct[KOV_PROGRAM_OUTPUTS];     /* its register was written straight to it */
    int slots;
    bool half; /* some step is, so three more tiles are needed */
    size_t rows, row_length;
    size_t tile_rows; /* whole rows of a tile, or 0: tiles are pieces of rows */
    size_t piece;     /* elements of a piece of a row */
    size_t pieces;    /* pieces of a row */
    size_t tiles;     /* of the whole run */
    size_t tiles_per_item;
    char *scratch;
    size_t scratch_bytes; /* of one worker */
} kov_program_run;

/* Fills in a run whose program, bindings, outputs, rows and row_length are set. */
void kov_program_prepare(kov_program_run *run);
/* The scratch of this many workers. KOV_OUT_OF_MEMORY. */
kov_status kov_program_take_scratch(kov_context *context, kov_program_run *run, size_t workers);

/* Runs all tiles of an item; a kov_task with a kov_program_run. */
void kov_program_run_item(void *arg, int64_t index, int worker);
/* Elements from .. from + n of the one output to y; make() of a kov_reduce_source. */
void kov_program_run_range(void *arg, size_t from, size_t n, void *y, int worker);

#endif
