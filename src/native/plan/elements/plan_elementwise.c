/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise nodes of one shape grow into groups, which become one pass over memory each. A group
 * may grow until something outside of it needs one of its values; then it is a step. Bits are those
 * of the nodes one after another. */
#include "native/plan/elements/element_map.h"

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

/* The strides of v along the axes of the group as they lie in memory; axis: where a vector goes,
 * -1: the last axes as in NumPy. False if the fastest axis would be neither contiguous nor
 * repeated. */
static bool group_strides(const kov_planned *v, const int64_t *strides, const kov_group *g,
                          int axis, int64_t *out)
{
    int64_t logical[KOV_MAX_NDIM] = {0};
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

/* The index of an input like this one, which is added unless it is there. */
static int add_input(kov_group *g, const kov_group_input *input)
{
    for (int i = 0; i < g->input_count; i++) {
        if (g->inputs[i].slot == input->slot && g->inputs[i].dtype == input->dtype &&
            g->inputs[i].offset == input->offset &&
            memcmp(g->inputs[i].strides, input->strides,
                   sizeof *input->strides * (size_t)g->ndim) == 0)
            return i;
    }
    g->inputs[g->input_count] = *input;
    return g->input_count++;
}

/* A value from outside as an input of the group. */
static kov_status add_outside(kov_planner *p, kov_group *g, kov_value value, int axis, int *operand)
{
    int64_t strides[KOV_MAX_NDIM];
    const kov_planned *v = kov_plan_value(p, value);
    kov_group_input input = {.dtype = v->dtype};
    if (v->slot < 0 && v->view && group_strides(v, v->view->strides, g, axis, input.strides)) {
        input.slot = kov_plan_value(p, v->view->of)->slot;
        input.offset = v->view->offset;
        input.part = true;
        *operand = -1 - add_input(g, &input);
        return KOV_OK;
    }
    KOV_TRY(kov_plan_get(p, value, &input.slot));
    kov_plan_strides(v, strides);
    if (!group_strides(v, strides, g, axis, input.strides)) {
        kov_planned reordered = *v;
        reordered.order = order_within(v, g);
        KOV_TRY(kov_plan_get_ordered(p, value, &reordered.order, &input.slot));
        kov_plan_strides(&reordered, strides);
        group_strides(&reordered, strides, g, axis, input.strides);
    }
    *operand = -1 - add_input(g, &input);
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
        map[i] = add_input(g, &from->inputs[i]);
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
        if (!v->view)
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
    kov_group_input input = {.dtype = map->number_dtype};
    KOV_TRY(kov_plan_number(p, map->number_dtype, map->numbers[k], &input.slot));
    *operand = -1 - add_input(g, &input);
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
