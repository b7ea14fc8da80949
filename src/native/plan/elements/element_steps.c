/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of element-wise nodes become steps: one instruction on whole arrays, a program in tiles,
 * or a program whose one value is reduced as it is made. */
#include "native/kernels/reduce/reduce_program.h"
#include "native/plan/planner.h"

#include <string.h>

typedef struct program_params {
    size_t rows, row_length;
    kov_unary_kernel *unary; /* a single instruction without tiles */
    kov_binary_kernel *binary;
    size_t a_step, b_step;
    kov_dtype dtype, result;
    size_t begin[KOV_PROGRAM_INPUTS]; /* of the inputs in their slots, in bytes */
    const int64_t *offsets[KOV_PROGRAM_INPUTS];
    uint8_t row_step[KOV_PROGRAM_INPUTS];
    /* The program runs once for each index of the outer axes; strides in bytes. */
    int outer;
    int64_t outer_dims[KOV_MAX_NDIM], outer_strides[KOV_PROGRAM_INPUTS][KOV_MAX_NDIM];
    size_t output_bytes[KOV_PROGRAM_OUTPUTS]; /* of one run */
    kov_elementwise_program program;
} program_params;

enum { MANY_ROWS = 8192 }; /* more are not listed in a table of offsets */

static void *input_at(const kov_step *step, const kov_run *run, int i)
{
    const program_params *e = step->params;
    return (char *)run->at[step->slots[i]] + e->begin[i];
}

static kov_status run_unary(const kov_step *step, const kov_run *run)
{
    const program_params *e = step->params;
    kov_elementwise_run_unary(run->context, e->unary, e->dtype, input_at(step, run, 0), e->result,
                              run->at[step->slots[1]], e->row_length);
    return KOV_OK;
}

static kov_status run_binary(const kov_step *step, const kov_run *run)
{
    const program_params *e = step->params;
    const void *b = input_at(step, run, step->inputs > 1 ? 1 : 0);
    kov_elementwise_run_binary(run->context, e->binary, e->dtype, input_at(step, run, 0), e->a_step,
                               b, e->b_step, e->result, run->at[step->slots[step->inputs]],
                               e->row_length);
    return KOV_OK;
}

static void bind_inputs(const kov_step *step, const kov_run *run, const program_params *e,
                        kov_program_binding *bindings)
{
    for (int i = 0; i < step->inputs; i++)
        bindings[i] = (kov_program_binding){(char *)run->at[step->slots[i]] + e->begin[i],
                                            e->offsets[i], e->row_step[i]};
}

static kov_status run_program(const kov_step *step, const kov_run *run)
{
    const program_params *e = step->params;
    kov_program_binding bindings[KOV_PROGRAM_INPUTS];
    void *outputs[KOV_PROGRAM_OUTPUTS];
    int64_t index[KOV_MAX_NDIM] = {0};
    bind_inputs(step, run, e, bindings);
    for (int i = 0; i < step->outputs; i++)
        outputs[i] = run->at[step->slots[step->inputs + i]];
    for (;;) {
        KOV_TRY(kov_elementwise_program_run(run->context, &e->program, e->rows, e->row_length,
                                            bindings, outputs));
        int axis = e->outer - 1;
        while (axis >= 0 && ++index[axis] == e->outer_dims[axis])
            index[axis--] = 0;
        if (axis < 0)
            return KOV_OK;
        for (int i = 0; i < step->inputs; i++) {
            int64_t offset = 0;
            for (int k = 0; k < e->outer; k++)
                offset += index[k] * e->outer_strides[i][k];
            bindings[i].data = (const char *)input_at(step, run, i) + offset;
        }
        for (int i = 0; i < step->outputs; i++)
            outputs[i] = (char *)outputs[i] + e->output_bytes[i];
    }
}

/* The axes of the group as they lie in memory, with those joined over which all operands move
 * alike. */
typedef struct walk {
    int n;
    int64_t dims[KOV_MAX_NDIM];
    int64_t strides[KOV_PROGRAM_INPUTS][KOV_MAX_NDIM];
} walk;

static void join_axes(const kov_group *g, walk *w)
{
    w->n = 0;
    for (int i = 0; i < g->ndim; i++) {
        int64_t dim = g->dims[g->order.at[i]];
        if (dim == 1)
            continue;
        bool joins = w->n > 0;
        for (int k = 0; k < g->input_count && joins; k++)
            joins = w->strides[k][w->n - 1] == g->inputs[k].strides[i] * dim;
        if (joins)
            w->dims[w->n - 1] *= dim;
        else
            w->dims[w->n++] = dim;
        for (int k = 0; k < g->input_count; k++)
            w->strides[k][w->n - 1] = g->inputs[k].strides[i];
    }
    if (w->n == 0) {
        w->dims[w->n++] = 1;
        for (int k = 0; k < g->input_count; k++)
            w->strides[k][0] = 0;
    }
}

/* The full one first: an operand of one element in a program of one element is full, too. */
static kov_program_access access_of(const walk *w, int k)
{
    const int64_t *s = w->strides[k];
    int last = w->n - 1;
    bool full = true, scalar = true, row = s[last] == 1, column = s[last] == 0;
    int64_t dense = 1, rows = 1;
    for (int i = last; i >= 0; i--) {
        full = full && s[i] == dense;
        scalar = scalar && s[i] == 0;
        dense *= w->dims[i];
        if (i == last)
            continue;
        row = row && s[i] == 0;
        column = column && s[i] == rows;
        rows *= w->dims[i];
    }
    return full     ? KOV_PROGRAM_FULL
           : scalar ? KOV_PROGRAM_SCALAR
           : row    ? KOV_PROGRAM_ROW
           : column ? KOV_PROGRAM_COLUMN
                    : KOV_PROGRAM_OFFSETS;
}

static int64_t rows_of(const walk *w)
{
    int64_t rows = 1;
    for (int i = 0; i + 1 < w->n; i++)
        rows *= w->dims[i];
    return rows;
}

/* Takes axes off the front as long as some operand needs a long table of offsets. */
static void peel_axes(const kov_group *g, walk *w, program_params *e)
{
    bool table = true;
    while (w->n > 2 && table && rows_of(w) > MANY_ROWS) {
        table = false;
        for (int k = 0; k < g->input_count; k++)
            table = table || access_of(w, k) == KOV_PROGRAM_OFFSETS;
        if (!table)
            return;
        w->n--;
        e->outer_dims[e->outer] = w->dims[0];
        memmove(w->dims, w->dims + 1, sizeof *w->dims * (size_t)w->n);
        for (int k = 0; k < g->input_count; k++) {
            e->outer_strides[k][e->outer] =
                w->strides[k][0] * (int64_t)kov_plan_item(g->inputs[k].dtype);
            memmove(w->strides[k], w->strides[k] + 1, sizeof **w->strides * (size_t)w->n);
        }
        e->outer++;
    }
}

static const int64_t *row_offsets(kov_planner *p, const walk *w, int k, int64_t rows)
{
    int64_t index[KOV_MAX_NDIM] = {0}, offset = 0;
    int64_t *at = kov_arena_alloc(p->arena, sizeof *at * (size_t)rows);
    for (int64_t row = 0; at && row < rows; row++) {
        at[row] = offset;
        for (int i = w->n - 2; i >= 0; i--) {
            offset += w->strides[k][i];
            if (++index[i] < w->dims[i])
                break;
            offset -= w->strides[k][i] * w->dims[i];
            index[i] = 0;
        }
    }
    return at;
}

static void write_code(const kov_group *g, kov_elementwise_program *program)
{
    program->inputs = (uint8_t)g->input_count;
    program->instructions = (uint8_t)g->code_count;
    program->registers = (uint8_t)(g->input_count + g->code_count);
    for (int i = 0; i < g->code_count; i++) {
        uint8_t reg[3];
        for (int j = 0; j < 3; j++) {
            int o = g->code[i].operand[j];
            reg[j] = (uint8_t)(o < 0 ? -1 - o : o + g->input_count);
        }
        program->code[i] = (kov_program_instruction){.op = g->code[i].op,
                                                     .dtype = g->code[i].dtype,
                                                     .y = (uint8_t)(g->input_count + i),
                                                     .a = reg[0],
                                                     .b = reg[1],
                                                     .c = reg[2]};
    }
}

/* One instruction on whole arrays and single elements needs no tiles. */
static kov_step_fn direct(const kov_group *g, const walk *w, program_params *e)
{
    const kov_group_code *code = &g->code[0];
    kov_dtype dtype = (kov_dtype)code->dtype;
    bool simple = g->code_count == 1 && w->n == 1 && e->outer == 0 && e->program.outputs == 1 &&
                  code->op != KOV_ELEMENTWISE_CONVERT && dtype != KOV_DTYPE_F16 &&
                  dtype != KOV_DTYPE_BF16;
    if (!simple)
        return run_program;
    e->dtype = dtype;
    e->result = kov_elementwise_result((kov_elementwise_op)code->op, dtype);
    int arity = kov_elementwise_arity((kov_elementwise_op)code->op);
    if (arity == 1 && w->strides[0][0] == 1) {
        e->unary = kov_elementwise_unary((kov_elementwise_op)code->op, dtype);
        return run_unary;
    }
    int a = -1 - code->operand[0], b = -1 - code->operand[1];
    if (arity != 2 || a != 0 || b != g->input_count - 1)
        return run_program;
    e->a_step = (size_t)w->strides[a][0];
    e->b_step = (size_t)w->strides[b][0];
    if (e->a_step == 0 && e->b_step == 0 && e->row_length > 1)
        return run_program;
    e->binary = kov_elementwise_binary((kov_elementwise_op)code->op, dtype);
    return run_binary;
}

static kov_status describe_inputs(kov_planner *p, const kov_group *g, const walk *w,
                                  program_params *e, uint32_t *in_place)
{
    for (int k = 0; k < g->input_count; k++) {
        kov_program_access access = access_of(w, k);
        e->program.input[k] = (kov_program_input){access, g->inputs[k].dtype};
        if (access == KOV_PROGRAM_OFFSETS) {
            e->row_step[k] = (uint8_t)w->strides[k][w->n - 1];
            e->offsets[k] = row_offsets(p, w, k, (int64_t)e->rows);
            if (!e->offsets[k])
                return KOV_OUT_OF_MEMORY;
        }
        e->begin[k] = (size_t)g->inputs[k].offset * kov_plan_item(g->inputs[k].dtype);
        bool alone = access == KOV_PROGRAM_FULL && !g->inputs[k].part;
        for (int j = 0; j < g->input_count && alone; j++)
            alone = j == k || g->inputs[j].slot != g->inputs[k].slot;
        if (alone)
            *in_place |= UINT32_C(1) << k;
    }
    return KOV_OK;
}

static const char *group_name(kov_planner *p, const kov_group *g)
{
    const char *prefix = g->code[0].dtype == KOV_DTYPE_F32 ? "f32_" : "";
    return g->code_count == 1
               ? kov_plan_kernel_name(p, prefix,
                                      kov_elementwise_name((kov_elementwise_op)g->code[0].op))
               : kov_plan_kernel_name(p, prefix, "element_program");
}

/* The program of a closed group but for its outputs; slots: of its inputs. */
static kov_status make_program(kov_planner *p, const kov_group *g, program_params *e, walk *w,
                               int *slots, uint32_t *in_place)
{
    join_axes(g, w);
    peel_axes(g, w, e);
    e->rows = (size_t)rows_of(w);
    e->row_length = (size_t)w->dims[w->n - 1];
    write_code(g, &e->program);
    for (int i = 0; i < g->input_count; i++)
        slots[i] = g->inputs[i].slot;
    return describe_inputs(p, g, w, e, in_place);
}

kov_status kov_plan_group_emit(kov_planner *p, int index)
{
    kov_group *g = p->groups.at[index];
    program_params *e = kov_arena_alloc(p->arena, sizeof *e);
    int slots[KOV_PROGRAM_INPUTS + KOV_PROGRAM_OUTPUTS];
    uint32_t in_place = 0;
    walk w;
    if (!e)
        return KOV_OUT_OF_MEMORY;
    g->open = false;
    KOV_TRY(make_program(p, g, e, &w, slots, &in_place));
    for (int i = 0; i < g->value_count; i++) {
        kov_planned *v = kov_plan_value(p, g->values[i].value);
        v->group = -1;
        if (v->uses <= g->values[i].inside)
            continue;
        KOV_TRY(kov_plan_make(p, g->values[i].value, &g->order,
                              &slots[g->input_count + e->program.outputs]));
        e->output_bytes[e->program.outputs] = e->rows * e->row_length * kov_plan_item(v->dtype);
        e->program.output[e->program.outputs++] = (uint8_t)(g->input_count + g->values[i].code);
    }
    const kov_step_plan plan = {.run = direct(g, &w, e),
                                .kernel = group_name(p, g),
                                .params = e,
                                .inputs = g->input_count,
                                .outputs = e->program.outputs,
                                .slots = slots,
                                .in_place = in_place,
                                .nodes = g->nodes,
                                .node_count = g->node_count};
    if (plan.run == run_program)
        KOV_TRY(kov_elementwise_program_check(&e->program));
    return kov_plan_step(p, &plan);
}

/* ---- reductions of a group ---- */

typedef struct reduced_params {
    program_params program;
    kov_group_reduction reduction;
} reduced_params;

static kov_status run_reduced(const kov_step *step, const kov_run *run)
{
    const reduced_params *c = step->params;
    const program_params *e = &c->program;
    kov_program_binding bindings[KOV_PROGRAM_INPUTS];
    void *y = run->at[step->slots[step->inputs]];
    bind_inputs(step, run, e, bindings);
    KOV_TRY(kov_reduce_program(run->context, (kov_reduce_op)c->reduction.op, &e->program, e->rows,
                               e->row_length, bindings, y, c->reduction.outer,
                               c->reduction.length));
    if (c->reduction.finish)
        c->reduction.finish(y, y, c->reduction.outer);
    return KOV_OK;
}

const kov_group *kov_plan_group_of(const kov_planner *p, kov_value value)
{
    const kov_planned *v = kov_plan_value(p, value);
    const kov_group *g = v->group >= 0 ? p->groups.at[v->group] : NULL;
    if (!g || !g->open || v->uses != 1)
        return NULL;
    for (int i = 0; i < g->value_count; i++) {
        bool outside = kov_plan_value(p, g->values[i].value)->uses > g->values[i].inside;
        if (outside != (g->values[i].value == value))
            return NULL;
    }
    return g;
}

kov_status kov_plan_group_reduce(kov_planner *p, const kov_node *node,
                                 const kov_group_reduction *reduction, const kov_order *order,
                                 bool *taken)
{
    kov_planned *v = kov_plan_value(p, node->inputs[0]);
    kov_group *g = p->groups.at[v->group];
    reduced_params *c = kov_arena_alloc(p->arena, sizeof *c);
    int slots[KOV_PROGRAM_INPUTS + 1], nodes[KOV_GROUP_NODES + 1];
    uint32_t in_place = 0;
    walk w;
    if (!c)
        return KOV_OUT_OF_MEMORY;
    c->reduction = *reduction;
    KOV_TRY(make_program(p, g, &c->program, &w, slots, &in_place));
    if (c->program.outer > 0)
        return KOV_OK;
    *taken = true;
    g->open = false;
    for (int i = 0; i < g->value_count; i++) {
        kov_plan_value(p, g->values[i].value)->group = -1;
        if (g->values[i].value == node->inputs[0])
            c->program.program.output[0] = (uint8_t)(g->input_count + g->values[i].code);
    }
    c->program.program.outputs = 1;
    KOV_TRY(kov_elementwise_program_check(&c->program.program));
    memcpy(nodes, g->nodes, sizeof *nodes * (size_t)g->node_count);
    nodes[g->node_count] = kov_plan_node_index(p, node);
    KOV_TRY(kov_plan_make(p, node->first_output, order, &slots[g->input_count]));
    const char *prefix = v->dtype == KOV_DTYPE_F32 ? "f32_" : "";
    const kov_step_plan plan = {.run = run_reduced,
                                .kernel = kov_plan_kernel_name(p, prefix, "element_reduce"),
                                .params = c,
                                .inputs = g->input_count,
                                .outputs = 1,
                                .slots = slots,
                                .nodes = nodes,
                                .node_count = g->node_count + 1};
    return kov_plan_step(p, &plan);
}
