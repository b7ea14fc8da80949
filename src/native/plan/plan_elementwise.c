/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise nodes of one shape grow into groups, which become one pass over memory each. A group
 * may grow until something outside of it needs one of its values; then it is a step. Bits are those
 * of the nodes one after another. */
#include "native/plan/element_map.h"

#include <string.h>

/* ---- groups ---- */

static int find_value(const kov_group *g, kov_value value)
{
    for (int i = 0; i < g->value_count; i++) {
        if (g->values[i].value == value)
            return i;
    }
    return -1;
}

/* Values that something outside still uses. */
static int outputs_of(const kov_planner *p, const kov_group *g)
{
    int n = 0;
    for (int i = 0; i < g->value_count; i++)
        n += kov_plan_value(p, g->values[i].value)->uses > g->values[i].inside;
    return n;
}

static bool same_dims(const kov_planned *v, const kov_group *g)
{
    return v->ndim == g->ndim &&
           (v->ndim == 0 || memcmp(v->dims, g->dims, sizeof *v->dims * (size_t)v->ndim) == 0);
}

static kov_group *group_at(const kov_planner *p, int index)
{
    return index >= 0 && p->groups.at[index]->open ? p->groups.at[index] : NULL;
}

/* Strides of v along the axes of the group as they lie in memory; axis: where a vector goes, -1:
 * the last axes as in NumPy. False if the fastest axis would be neither contiguous nor repeated. */
static bool group_strides(const kov_planned *v, const kov_group *g, int axis, int64_t *out)
{
    int64_t strides[KOV_MAX_NDIM], logical[KOV_MAX_NDIM] = {0};
    kov_plan_strides(v, strides);
    for (int i = 0; i < v->ndim; i++) {
        int at = axis >= 0 ? axis : i + g->ndim - v->ndim;
        logical[at] = v->dims[i] == 1 ? 0 : strides[i];
    }
    int64_t fastest = 0;
    for (int i = 0; i < g->ndim; i++) {
        out[i] = logical[g->order.at[i]];
        if (g->dims[g->order.at[i]] != 1)
            fastest = out[i];
    }
    return fastest == 0 || fastest == 1;
}

/* The order of v's own axes that goes with the group's. */
static kov_order order_within(const kov_planned *v, const kov_group *g)
{
    kov_order order = {{0}};
    int n = 0, lead = g->ndim - v->ndim;
    for (int i = 0; i < g->ndim; i++) {
        if (g->order.at[i] >= lead)
            order.at[n++] = (uint8_t)(g->order.at[i] - lead);
    }
    return order;
}

static int find_input(const kov_group *g, int slot, const int64_t *strides)
{
    for (int i = 0; i < g->input_count; i++) {
        if (g->inputs[i].slot == slot &&
            memcmp(g->inputs[i].strides, strides, sizeof *strides * (size_t)g->ndim) == 0)
            return i;
    }
    return -1;
}

static int add_input(kov_group *g, int slot, kov_dtype dtype, const int64_t *strides)
{
    int at = find_input(g, slot, strides);
    if (at >= 0)
        return at;
    kov_group_input *input = &g->inputs[g->input_count];
    input->slot = slot;
    input->dtype = dtype;
    memcpy(input->strides, strides, sizeof *strides * (size_t)g->ndim);
    return g->input_count++;
}

/* A value from outside as an input of the group. */
static kov_status add_outside(kov_planner *p, kov_group *g, kov_value value, int axis, int *operand)
{
    int64_t strides[KOV_MAX_NDIM];
    int slot;
    KOV_TRY(kov_plan_get(p, value, &slot));
    const kov_planned *v = kov_plan_value(p, value);
    if (!group_strides(v, g, axis, strides)) {
        kov_planned reordered = *v;
        reordered.order = order_within(v, g);
        KOV_TRY(kov_plan_get_ordered(p, value, &reordered.order, &slot));
        group_strides(&reordered, g, axis, strides);
    }
    *operand = -1 - add_input(g, slot, v->dtype, strides);
    return KOV_OK;
}

static bool fits(const kov_group *g, int inputs, int code)
{
    return g->input_count + inputs <= KOV_PROGRAM_INPUTS &&
           g->code_count + code <= KOV_PROGRAM_INSTRUCTIONS &&
           g->input_count + inputs + g->code_count + code <= KOV_PROGRAM_REGISTERS &&
           g->node_count < KOV_GROUP_NODES && g->value_count < KOV_GROUP_VALUES;
}

/* Appends `from`, whose nodes come to be computed with those of `g`. */
static void merge(kov_planner *p, kov_group *g, int into, kov_group *from)
{
    int map[KOV_PROGRAM_INPUTS], base = g->code_count;
    for (int i = 0; i < from->input_count; i++)
        map[i] = add_input(g, from->inputs[i].slot, from->inputs[i].dtype, from->inputs[i].strides);
    for (int i = 0; i < from->code_count; i++) {
        kov_group_code code = from->code[i];
        for (int j = 0; j < 3; j++)
            code.operand[j] = (int16_t)(code.operand[j] < 0 ? -1 - map[-1 - code.operand[j]]
                                                            : code.operand[j] + base);
        g->code[g->code_count++] = code;
    }
    for (int i = 0; i < from->value_count; i++) {
        g->values[g->value_count] = from->values[i];
        g->values[g->value_count++].code += base;
        kov_plan_value(p, from->values[i].value)->group = into;
    }
    for (int i = 0; i < from->node_count; i++)
        g->nodes[g->node_count++] = from->nodes[i];
    from->open = false;
}

static bool can_merge(const kov_planner *p, const kov_group *a, const kov_group *b)
{
    for (int i = 0; i < a->ndim; i++) {
        if (a->order.at[i] != b->order.at[i])
            return false;
    }
    return fits(a, b->input_count + 3, b->code_count + KOV_ELEMENT_CODE) &&
           a->node_count + b->node_count < KOV_GROUP_NODES &&
           a->value_count + b->value_count < KOV_GROUP_VALUES &&
           outputs_of(p, a) + outputs_of(p, b) < KOV_PROGRAM_OUTPUTS;
}

/* The order in which a new group runs: that of a full operand, one that is not the plain order
 * first. */
static kov_status choose_order(kov_planner *p, const kov_node *node, int inputs, kov_group *g)
{
    g->order = kov_order_plain(g->ndim);
    for (int i = 0; i < inputs; i++) {
        const kov_planned *v = kov_plan_value(p, node->inputs[i]);
        if (!same_dims(v, g))
            continue;
        KOV_TRY(kov_plan_get(p, node->inputs[i], NULL));
        if (!kov_plan_is_plain(v)) {
            g->order = v->order;
            return KOV_OK;
        }
    }
    return KOV_OK;
}

static kov_status new_group(kov_planner *p, const kov_node *node, int inputs, int *index)
{
    kov_group *g = kov_arena_alloc(&p->scratch, sizeof *g);
    if (!g || !KOV_PUSH(p->context, p->groups, g))
        return KOV_OUT_OF_MEMORY;
    *index = p->groups.n - 1;
    const kov_planned *out = kov_plan_value(p, node->first_output);
    g->open = true;
    g->ndim = out->ndim;
    g->dims = out->dims;
    return choose_order(p, node, inputs, g);
}

/* The open group that the node joins: one that makes an operand, others being merged into it. */
static kov_status find_group(kov_planner *p, const kov_node *node, const kov_element_map *map,
                             int *index)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    *index = -1;
    for (int i = 0; i < map->input_count; i++) {
        if (node->inputs[i] == KOV_VALUE_NONE)
            continue;
        int at = kov_plan_value(p, node->inputs[i])->group;
        kov_group *g = group_at(p, at);
        if (!g || at == *index || !same_dims(out, g))
            continue;
        if (*index < 0) {
            if (fits(g, map->input_count + map->number_count, map->count) &&
                outputs_of(p, g) < KOV_PROGRAM_OUTPUTS)
                *index = at;
        } else if (can_merge(p, p->groups.at[*index], g)) {
            merge(p, p->groups.at[*index], *index, g);
        }
    }
    return *index < 0 ? new_group(p, node, map->input_count, index) : KOV_OK;
}

static kov_status add_number(kov_planner *p, kov_group *g, const kov_element_map *map, int k,
                             int *operand)
{
    const int64_t strides[KOV_MAX_NDIM] = {0};
    int slot;
    KOV_TRY(kov_plan_number(p, map->number_dtype, map->numbers[k], &slot));
    *operand = -1 - add_input(g, slot, map->number_dtype, strides);
    return KOV_OK;
}

static kov_status join(kov_planner *p, const kov_node *node, const kov_element_map *map, int index)
{
    kov_group *g = p->groups.at[index];
    int operands[16], numbers[KOV_ELEMENT_NUMBERS];
    for (int i = 0; i < map->input_count; i++) {
        int at = find_value(g, node->inputs[i]);
        if (at >= 0) {
            operands[i] = g->values[at].code;
            g->values[at].inside++;
        } else {
            int axis = map->channel_slope && i == 1 ? 1 : -1;
            KOV_TRY(add_outside(p, g, node->inputs[i], axis, &operands[i]));
        }
    }
    for (int k = 0; k < map->number_count; k++)
        KOV_TRY(add_number(p, g, map, k, &numbers[k]));
    int base = g->code_count;
    for (int i = 0; i < map->count; i++) {
        kov_group_code *code = &g->code[g->code_count++];
        code->op = map->code[i].op;
        code->dtype = map->code[i].dtype;
        int arity = kov_elementwise_arity((kov_elementwise_op)code->op);
        for (int j = 0; j < 3; j++) {
            int o = j < arity ? map->code[i].operand[j] : map->code[i].operand[0];
            code->operand[j] = (int16_t)(o < 0                     ? base - 1 - o
                                         : o >= KOV_ELEMENT_NUMBER ? numbers[o - KOV_ELEMENT_NUMBER]
                                                                   : operands[o]);
        }
    }
    g->nodes[g->node_count++] = kov_plan_node_index(p, node);
    g->values[g->value_count].value = node->first_output;
    g->values[g->value_count].inside = 0;
    g->values[g->value_count++].code = g->code_count - 1;
    kov_plan_value(p, node->first_output)->group = index;
    return KOV_OK;
}

kov_status kov_plan_elementwise(kov_planner *p, const kov_node *node, bool *taken)
{
    kov_element_map map;
    int index;
    if (node->input_count > 3 || node->output_count != 1)
        return KOV_OK;
    KOV_TRY(kov_plan_absorb(p, node, taken));
    if (*taken || !kov_element_map_node(p, node, &map))
        return KOV_OK;
    *taken = true;
    KOV_TRY(find_group(p, node, &map, &index));
    return join(p, node, &map, index);
}

/* ---- steps ---- */

typedef struct program_params {
    size_t rows, row_length;
    kov_unary_kernel *unary; /* a single instruction without tiles */
    kov_binary_kernel *binary;
    size_t a_step, b_step;
    kov_dtype dtype, result;
    const int64_t *offsets[KOV_PROGRAM_INPUTS];
    uint8_t row_step[KOV_PROGRAM_INPUTS];
    /* The program runs once for each index of the outer axes; strides in bytes. */
    int outer;
    int64_t outer_dims[KOV_MAX_NDIM], outer_strides[KOV_PROGRAM_INPUTS][KOV_MAX_NDIM];
    size_t output_bytes[KOV_PROGRAM_OUTPUTS]; /* of one run */
    kov_elementwise_program program;
} program_params;

enum { MANY_ROWS = 8192 }; /* more are not listed in a table of offsets */

static kov_status run_unary(const kov_step *step, const kov_run *run)
{
    const program_params *e = step->params;
    kov_elementwise_run_unary(run->context, e->unary, e->dtype, run->at[step->slots[0]], e->result,
                              run->at[step->slots[1]], e->row_length);
    return KOV_OK;
}

static kov_status run_binary(const kov_step *step, const kov_run *run)
{
    const program_params *e = step->params;
    void *const *at = run->at;
    const int *slots = step->slots;
    const void *b = at[step->inputs > 1 ? slots[1] : slots[0]];
    kov_elementwise_run_binary(run->context, e->binary, e->dtype, at[slots[0]], e->a_step, b,
                               e->b_step, e->result, at[slots[step->inputs]], e->row_length);
    return KOV_OK;
}

static kov_status run_program(const kov_step *step, const kov_run *run)
{
    const program_params *e = step->params;
    kov_program_binding bindings[KOV_PROGRAM_INPUTS];
    void *outputs[KOV_PROGRAM_OUTPUTS];
    int64_t index[KOV_MAX_NDIM] = {0};
    for (int i = 0; i < step->inputs; i++)
        bindings[i] = (kov_program_binding){run->at[step->slots[i]], e->offsets[i], e->row_step[i]};
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
            bindings[i].data = (const char *)run->at[step->slots[i]] + offset;
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
        bool alone = access == KOV_PROGRAM_FULL;
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
    join_axes(g, &w);
    peel_axes(g, &w, e);
    e->rows = (size_t)rows_of(&w);
    e->row_length = (size_t)w.dims[w.n - 1];
    write_code(g, &e->program);
    for (int i = 0; i < g->input_count; i++)
        slots[i] = g->inputs[i].slot;
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
    KOV_TRY(describe_inputs(p, g, &w, e, &in_place));
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
