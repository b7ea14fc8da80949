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

/* A row that the scratch of an input repeats. */
typedef struct repeated_row {
    int64_t offset;
    size_t rows;
} repeated_row;

typedef struct tile {
    const kov_program_run *run;
    char *scratch;
    size_t row, column; /* of its first element */
    size_t n;
    bool rows;    /* whole rows; else a piece of one */
    char *target; /* of the only output; NULL: its own array */
    repeated_row repeated[KOV_PROGRAM_INPUTS];
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

/* The scratch of an input, with one row so often as the tile has rows. */
static char *repeat_row(tile *t, int input, int64_t offset)
{
    const kov_program_run *run = t->run;
    const size_t bytes = run->row_length * run->sizes[input], rows = t->n / run->row_length;
    const char *from =
        (const char *)run->bindings[input].data + (ptrdiff_t)offset * (ptrdiff_t)run->sizes[input];
    char *y = slot_memory(t, run->input_slots[input]);
    repeated_row *held = &t->repeated[input];
    if (held->offset != offset)
        *held = (repeated_row){offset, 0};
    for (; held->rows < rows; held->rows++)
        memcpy(y + held->rows * bytes, from, bytes);
    return y;
}

/* How far apart the rows of a tile begin, if that is the same for all; else -1. */
static int64_t row_distance(const int64_t *offsets, size_t rows)
{
    const int64_t distance = rows > 1 ? offsets[1] - offsets[0] : 0;
    for (size_t i = 2; i < rows; i++)
        if (offsets[i] - offsets[i - 1] != distance)
            return -1;
    return distance;
}

static place gather_rows(tile *t, int input)
{
    const kov_program_run *run = t->run;
    const kov_program_binding *binding = &run->bindings[input];
    const char *data = binding->data;
    const int64_t *offsets = binding->row_offset + t->row;
    size_t size = run->sizes[input], length = run->row_length, rows = t->n / length;
    if (binding->row_step) {
        const int64_t distance = row_distance(offsets, rows);
        if (distance == (int64_t)length || rows == 1)
            return (place){data + (ptrdiff_t)offsets[0] * (ptrdiff_t)size, 1};
        if (distance == 0)
            return (place){repeat_row(t, input, offsets[0]), 1};
    }
    char *y = slot_memory(t, run->input_slots[input]);
    t->repeated[input].rows = 0;
    for (size_t i = 0; i < rows; i++) {
        const char *from = data + (ptrdiff_t)offsets[i] * (ptrdiff_t)size;
        if (binding->row_step)
            memcpy(y + i * length * size, from, length * size);
        else
            kov_fill(y + i * length * size, from, size, length);
    }
    return (place){y, 1};
}

/* Inputs of tiles of several whole rows: what is not contiguous is gathered. */
static place place_rows(tile *t, int input)
{
    const kov_program_run *run = t->run;
    const char *data = run->bindings[input].data;
    size_t size = run->sizes[input], length = run->row_length, rows = t->n / length;
    switch (run->access[input]) {
    case KOV_PROGRAM_FULL:
        return (place){data + t->row * length * size, 1};
    case KOV_PROGRAM_SCALAR:
        return (place){data, 0};
    case KOV_PROGRAM_ROW:
        return (place){repeat_row(t, input, 0), 1};
    case KOV_PROGRAM_OFFSETS:
        return gather_rows(t, input);
    default: { /* KOV_PROGRAM_COLUMN */
        char *y = slot_memory(t, run->input_slots[input]);
        for (size_t i = 0; i < rows; i++)
            kov_fill(y + i * length * size, data + (t->row + i) * size, size, length);
        return (place){y, 1};
    }
    }
}

static char *output_memory(const tile *t, int output)
{
    const kov_program_run *run = t->run;
    if (t->target)
        return t->target;
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
        t->places[i] = t->rows ? place_rows(t, i) : place_in_row(t, i);
    for (int i = 0; i < run->program->instructions; i++)
        run_step(t, &run->steps[i]);
    store_outputs(t);
}

/* Sets what the tiles of a worker have in common. */
static void begin_tiles(tile *t, const kov_program_run *run, int worker)
{
    t->run = run;
    t->scratch = run->scratch ? run->scratch + (size_t)worker * run->scratch_bytes : NULL;
    t->row = t->column = 0;
    t->rows = run->tile_rows != 0;
    t->target = NULL;
    for (int i = 0; i < run->program->inputs; i++)
        t->repeated[i] = (repeated_row){0, 0};
}

void kov_program_run_item(void *arg, int64_t index, int worker)
{
    const kov_program_run *run = arg;
    tile t;
    begin_tiles(&t, run, worker);
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
    }
}

void kov_program_run_range(void *arg, size_t from, size_t n, void *y, int worker)
{
    const kov_program_run *run = arg;
    const size_t size = run->sizes[run->program->output[0]], length = run->row_length;
    tile t;
    begin_tiles(&t, run, worker);
    t.target = y;
    while (n > 0) {
        t.row = from / length;
        t.column = from % length;
        t.rows = run->tile_rows != 0 && t.column == 0 && n >= length;
        if (t.rows) {
            size_t rows = n / length < run->tile_rows ? n / length : run->tile_rows;
            t.n = rows * length;
        } else {
            t.n = length - t.column < KOV_TILE ? length - t.column : KOV_TILE;
            t.n = t.n < n ? t.n : n;
        }
        run_tile(&t);
        t.target += t.n * size;
        from += t.n;
        n -= t.n;
    }
}
