/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/elementwise/elementwise_steps.h"
#include "tensor/convert.h"
#include "tensor/shape.h"

#include <string.h>

/* Where a register's elements are for the present tile; step 0: one element for all. */
typedef struct place {
    const char *at;
    size_t step;
} place;

typedef struct tile {
    const kov_program_run *run;
    char *scratch;
    size_t row, column; /* of its first element */
    size_t n;
    bool rows_repeated; /* the scratch of ROW inputs is filled already */
    place places[KOV_PROGRAM_REGISTERS];
} tile;

static char *slot_memory(const tile *t, int slot)
{
    return t->scratch + (size_t)slot * KOV_TILE_BYTES;
}

/* Inputs of tiles that are pieces of one row. */
static place place_in_row(const tile *t, int input)
{
    const kov_program_run *run = t->run;
    const kov_program_binding *binding = &run->bindings[input];
    const char *data = binding->data;
    size_t size = run->sizes[input];
    switch (run->access[input]) {
    case KOV_PROGRAM_FULL:
        return (place){data + (t->row * run->row_length + t->column) * size, 1};
    case KOV_PROGRAM_ROW:
        return (place){data + t->column * size, 1};
    case KOV_PROGRAM_COLUMN:
        return (place){data + t->row * size, 0};
    case KOV_PROGRAM_OFFSETS: {
        ptrdiff_t offset = (ptrdiff_t)binding->row_offset[t->row];
        return (place){data + offset * (ptrdiff_t)size + t->column * binding->row_step * size,
                       binding->row_step};
    }
    default:
        return (place){data, 0};
    }
}

/* Inputs of tiles of several whole rows: what is not contiguous is gathered. */
static place place_rows(const tile *t, int input)
{
    const kov_program_run *run = t->run;
    const kov_program_binding *binding = &run->bindings[input];
    const char *data = binding->data;
    size_t size = run->sizes[input], length = run->row_length, rows = t->n / length;
    kov_program_access access = run->access[input];
    if (access == KOV_PROGRAM_FULL)
        return (place){data + t->row * length * size, 1};
    if (access == KOV_PROGRAM_SCALAR)
        return (place){data, 0};
    char *y = slot_memory(t, run->input_slots[input]);
    if (access == KOV_PROGRAM_ROW) {
        for (size_t i = 0; i < rows && !t->rows_repeated; i++)
            memcpy(y + i * length * size, data, length * size);
        return (place){y, 1};
    }
    for (size_t i = 0; i < rows; i++) {
        char *row = y + i * length * size;
        if (access == KOV_PROGRAM_COLUMN) {
            kov_fill(row, data + (t->row + i) * size, size, length);
            continue;
        }
        const char *from = data + (ptrdiff_t)binding->row_offset[t->row + i] * (ptrdiff_t)size;
        if (binding->row_step)
            memcpy(row, from, length * size);
        else
            kov_fill(row, from, size, length);
    }
    return (place){y, 1};
}

static char *output_memory(const tile *t, int output)
{
    const kov_program_run *run = t->run;
    size_t first = t->row * run->row_length + t->column;
    return (char *)run->outputs[output] + first * run->sizes[run->program->output[output]];
}

/* A float16 or bfloat16 operand as float32 in one of the spare tiles. */
static place widen(const tile *t, place x, kov_dtype dtype, int spare, size_t n)
{
    char *y = slot_memory(t, t->run->slots + spare);
    kov_convert(dtype, x.at, KOV_DTYPE_F32, y, (int64_t)(x.step ? n : 1));
    return (place){y, x.step};
}

static void run_step(tile *t, const kov_program_step *step)
{
    const kov_program_run *run = t->run;
    place a = t->places[step->a], b = t->places[step->b], c = t->places[step->c];
    bool scalar = !a.step && (step->unary || !(step->binary || step->ternary) || !b.step) &&
                  (!step->ternary || !c.step);
    size_t n = scalar ? 1 : t->n;
    char *y = step->slot >= 0 ? slot_memory(t, step->slot) : output_memory(t, step->output);
    t->places[step->y] = (place){y, !scalar};
    char *target = y;
    kov_dtype narrow = run->dtypes[step->a];
    if (step->half) {
        a = widen(t, a, narrow, 0, n);
        if (!step->unary)
            b = widen(t, b, narrow, 1, n);
        if (step->ternary)
            c = widen(t, c, narrow, 2, n);
        if (step->result != KOV_DTYPE_BOOL)
            target = slot_memory(t, run->slots + 3);
    }
    if (step->unary)
        step->unary(a.at, target, n);
    else if (step->binary)
        step->binary(a.at, a.step, b.at, b.step, target, n);
    else if (step->ternary)
        step->ternary(a.at, a.step, b.at, b.step, c.at, c.step, target, n);
    else
        kov_convert(narrow, a.at, step->dtype, target, (int64_t)n);
    if (target != y)
        kov_convert(KOV_DTYPE_F32, target, step->result, y, (int64_t)n);
}

static void store_outputs(tile *t)
{
    const kov_program_run *run = t->run;
    for (int i = 0; i < run->program->outputs; i++) {
        int reg = run->program->output[i];
        place from = t->places[reg];
        char *y = output_memory(t, i);
        if (!from.step)
            kov_fill(y, from.at, run->sizes[reg], t->n);
        else if (!run->direct[i] && from.at != y)
            memcpy(y, from.at, t->n * run->sizes[reg]);
    }
}

static void run_tile(tile *t)
{
    const kov_program_run *run = t->run;
    for (int i = 0; i < run->program->inputs; i++)
        t->places[i] = run->tile_rows ? place_rows(t, i) : place_in_row(t, i);
    for (int i = 0; i < run->program->instructions; i++)
        run_step(t, &run->steps[i]);
    store_outputs(t);
}

void kov_program_run_item(void *arg, int64_t index, int worker)
{
    const kov_program_run *run = arg;
    tile t = {.run = run};
    if (run->scratch)
        t.scratch = run->scratch + (size_t)worker * run->scratch_bytes;
    size_t first = (size_t)index * run->tiles_per_item, end = first + run->tiles_per_item;
    for (size_t i = first; i < end && i < run->tiles; i++) {
        if (run->tile_rows) {
            t.row = i * run->tile_rows;
            size_t rows = run->rows - t.row < run->tile_rows ? run->rows - t.row : run->tile_rows;
            t.n = rows * run->row_length;
        } else {
            t.row = i / run->pieces;
            t.column = i % run->pieces * run->piece;
            size_t left = run->row_length - t.column;
            t.n = left < run->piece ? left : run->piece;
        }
        run_tile(&t);
        t.rows_repeated = true;
    }
}
