/* SPDX-License-Identifier: Apache-2.0 */
#include "native/plan/planner.h"

#include "base/cpu.h"
#include "tensor/convert.h"
#include "tensor/shape.h"

#include <stdio.h>
#include <string.h>

/* ---- values ---- */

int kov_plan_numbers(const kov_planner *p, kov_value value, int64_t *out, int capacity)
{
    if (value == KOV_VALUE_NONE)
        return -1;
    const kov_infer_input *info = &p->infos[value];
    int64_t n = 1;
    if (info->ndim > 1 || !(kov_dtype_is_integer(info->dtype) || info->dtype == KOV_DTYPE_BOOL))
        return -1;
    if (info->ndim == 1)
        n = info->dims[0];
    if (n < 0 || n > capacity)
        return -1;
    if (info->tensor)
        return kov_convert(info->dtype, kov_tensor_data(info->tensor), KOV_DTYPE_I64, out, n) ==
                       KOV_OK
                   ? (int)n
                   : -1;
    if (!info->content || info->content->n != n)
        return -1;
    for (int64_t i = 0; i < n; i++) {
        const kov_content_element *e = &info->content->at[i];
        if (!e->known || e->dim < 0)
            return -1;
        out[i] = e->negative ? -e->dim : e->dim;
    }
    return (int)n;
}

int kov_plan_mark_axes(const kov_planner *p, kov_value axes, int ndim, bool *marked)
{
    int64_t at[KOV_MAX_NDIM];
    int n = kov_plan_numbers(p, axes, at, KOV_MAX_NDIM);
    for (int i = 0; i < n; i++) {
        int64_t axis = at[i] < 0 ? at[i] + ndim : at[i];
        if (axis < 0 || axis >= ndim)
            return -1;
        marked[axis] = true;
    }
    return n;
}

bool kov_plan_is_known(const kov_planner *p, kov_value value)
{
    int64_t numbers[64];
    const kov_infer_input *info = &p->infos[value];
    return (info->tensor || info->content) && kov_plan_numbers(p, value, numbers, 64) >= 0;
}

bool kov_plan_scalar(const kov_planner *p, kov_value value, double *out)
{
    const kov_tensor *tensor = value == KOV_VALUE_NONE ? NULL : kov_graph_constant(p->graph, value);
    return tensor && kov_tensor_count(tensor) == 1 &&
           kov_convert(kov_tensor_dtype(tensor), kov_tensor_data(tensor), KOV_DTYPE_F64, out, 1) ==
               KOV_OK;
}

size_t kov_plan_item(kov_dtype dtype)
{
    int bits = kov_dtype_bits(dtype);
    return bits % 8 == 0 ? (size_t)bits / 8 : 0;
}

size_t kov_plan_bytes(const kov_planned *v)
{
    size_t bytes = 0;
    return kov_dtype_bytes(v->dtype, v->count, &bytes) ? bytes : 0;
}

/* ---- orders ---- */

kov_order kov_order_plain(int ndim)
{
    kov_order order = {{0}};
    for (int i = 0; i < ndim; i++)
        order.at[i] = (uint8_t)i;
    return order;
}

kov_order kov_order_channels_last(int ndim)
{
    kov_order order = kov_order_plain(ndim);
    for (int i = 1; i + 1 < ndim; i++)
        order.at[i] = (uint8_t)(i + 1);
    order.at[ndim - 1] = 1;
    return order;
}

bool kov_order_same(const kov_planned *v, const kov_order *a, const kov_order *b)
{
    int i = 0, j = 0;
    for (;;) {
        while (i < v->ndim && v->dims[a->at[i]] == 1)
            i++;
        while (j < v->ndim && v->dims[b->at[j]] == 1)
            j++;
        if (i == v->ndim || j == v->ndim)
            return i == v->ndim && j == v->ndim;
        if (a->at[i++] != b->at[j++])
            return false;
    }
}

bool kov_plan_is_plain(const kov_planned *v)
{
    int last = -1;
    for (int i = 0; i < v->ndim; i++) {
        if (v->dims[v->order.at[i]] == 1)
            continue;
        if (v->order.at[i] < last)
            return false;
        last = v->order.at[i];
    }
    return true;
}

void kov_plan_strides(const kov_planned *v, int64_t *strides)
{
    int64_t step = 1;
    for (int i = v->ndim - 1; i >= 0; i--) {
        strides[v->order.at[i]] = step;
        step *= v->dims[v->order.at[i]];
    }
}

const kov_node *kov_plan_sole_user(const kov_planner *p, kov_value value, int op)
{
    const kov_planned *v = kov_plan_value(p, value);
    if (v->uses != 1 || v->users[0] < 0)
        return NULL;
    const kov_node *user = &p->graph->nodes.at[v->users[0]];
    return user->op == op ? user : NULL;
}

bool kov_plan_precedes(const kov_planner *p, kov_value value, const kov_node *before)
{
    return p->graph->values.at[value].node < kov_plan_node_index(p, before);
}

kov_order kov_plan_result_order(const kov_planner *p, kov_value value)
{
    const kov_planned *out = kov_plan_value(p, value);
    kov_order plain = kov_order_plain(out->ndim), order = plain;
    int64_t axes[KOV_MAX_NDIM];
    const kov_node *user = kov_plan_sole_user(p, value, KOV_OP_TRANSPOSE);
    if (!user || out->ndim < 2 ||
        kov_plan_numbers(p, user->inputs[1], axes, KOV_MAX_NDIM) != out->ndim ||
        axes[out->ndim - 1] != out->ndim - 1)
        return plain;
    for (int i = 0; i < out->ndim; i++)
        order.at[i] = (uint8_t)axes[i];
    return order;
}

/* ---- buffers ---- */

static kov_status add_slot(kov_planner *p, const kov_slot *slot, int *out)
{
    if (!KOV_PUSH(p->context, p->slots, *slot))
        return KOV_OUT_OF_MEMORY;
    *out = p->slots.n - 1;
    return KOV_OK;
}

kov_status kov_plan_constant(kov_planner *p, const void *data, size_t bytes, int *slot)
{
    const kov_slot constant = {.place = KOV_PLACE_CONSTANT, .data = data, .bytes = bytes};
    return add_slot(p, &constant, slot);
}

kov_status kov_plan_number(kov_planner *p, kov_dtype dtype, double number, int *slot)
{
    size_t size = kov_plan_item(dtype);
    void *at = kov_arena_alloc(p->arena, 16);
    if (!at)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(kov_convert(KOV_DTYPE_F64, &number, dtype, at, 1));
    return kov_plan_constant(p, at, size, slot);
}

kov_status kov_plan_temporary(kov_planner *p, size_t bytes, int *slot)
{
    const kov_slot arena = {.place = KOV_PLACE_ARENA, .bytes = bytes};
    return add_slot(p, &arena, slot);
}

/* A value that inference knows, as a constant of the instance. */
static kov_status place_known(kov_planner *p, kov_value value, int *slot)
{
    int64_t numbers[64];
    kov_planned *v = kov_plan_value(p, value);
    int n = kov_plan_numbers(p, value, numbers, 64);
    size_t bytes = kov_plan_bytes(v);
    void *at = kov_arena_alloc(p->arena, bytes);
    if (n < 0)
        return kov_fail(KOV_INTERNAL, "native: value %u has no buffer", (unsigned)value);
    if (!at)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(kov_convert(KOV_DTYPE_I64, numbers, v->dtype, at, n));
    return kov_plan_constant(p, at, bytes, slot);
}

static int parameter_of(const kov_graph *graph, kov_value value)
{
    for (int i = 0; i < graph->parameters.n; i++) {
        if (graph->parameters.at[i].value == value)
            return i;
    }
    return -1;
}

static kov_status place_leaf(kov_planner *p, kov_value value)
{
    kov_planned *v = kov_plan_value(p, value);
    const kov_node *node = kov_graph_producer(p->graph, value);
    const kov_tensor *constant = kov_graph_constant(p->graph, value);
    kov_slot slot = {.bytes = kov_plan_bytes(v)};
    v->order = kov_order_plain(v->ndim);
    if (constant)
        return kov_plan_constant(p, kov_tensor_data(constant), slot.bytes, &v->slot);
    if (node->op == KOV_OP_PARAMETER) {
        slot.place = KOV_PLACE_INPUT;
        slot.index = parameter_of(p->graph, value);
        return add_slot(p, &slot, &v->slot);
    }
    return place_known(p, value, &v->slot);
}

kov_status kov_plan_get(kov_planner *p, kov_value value, int *slot)
{
    kov_planned *v = kov_plan_value(p, value);
    if (v->slot < 0 && v->group >= 0)
        KOV_TRY(kov_plan_group_emit(p, v->group));
    if (v->slot < 0 && v->product >= 0)
        KOV_TRY(kov_plan_product_emit(p, v->product));
    if (v->slot < 0 && v->view)
        KOV_TRY(kov_plan_copy_view(p, value));
    if (v->slot < 0)
        KOV_TRY(place_leaf(p, value));
    if (slot)
        *slot = v->slot;
    return KOV_OK;
}

/* How the elements of v, put into this order, lie in its buffer; axes of size 1 left out. */
static void describe_copy(const kov_planned *v, const kov_order *order, struct kov_reordered *out)
{
    int64_t strides[KOV_MAX_NDIM];
    kov_plan_strides(v, strides);
    *out = (struct kov_reordered){.from = v->slot, .to = -1};
    for (int i = 0; i < v->ndim; i++) {
        if (v->dims[order->at[i]] == 1)
            continue;
        out->dims[out->ndim] = v->dims[order->at[i]];
        out->strides[out->ndim++] = strides[order->at[i]];
    }
}

static int find_reordered(const kov_planner *p, const struct kov_reordered *wanted)
{
    for (int i = 0; i < p->reordered.n; i++) {
        const struct kov_reordered *r = &p->reordered.at[i];
        size_t bytes = sizeof *r->dims * (size_t)wanted->ndim;
        if (r->from == wanted->from && r->ndim == wanted->ndim &&
            memcmp(r->dims, wanted->dims, bytes) == 0 &&
            memcmp(r->strides, wanted->strides, bytes) == 0)
            return r->to;
    }
    return -1;
}

static kov_status reorder(kov_planner *p, kov_value value, struct kov_reordered *copy)
{
    const kov_planned *v = kov_plan_value(p, value);
    int64_t steps[KOV_MAX_NDIM];
    size_t item = kov_plan_item(v->dtype);
    int node = p->graph->values.at[value].node;
    if (item == 0)
        return kov_fail(KOV_NOT_IMPLEMENTED, "native: Transpose of %s",
                        kov_dtype_keras_name(v->dtype));
    for (int i = 0; i < copy->ndim; i++)
        steps[i] = copy->strides[i] * (int64_t)item;
    KOV_TRY(kov_plan_temporary(p, kov_plan_bytes(v), &copy->to));
    KOV_TRY(kov_plan_copy(p, copy->from, 0, copy->to, item, copy->ndim, copy->dims, steps, &node, 1,
                          "reorder"));
    return KOV_PUSH(p->context, p->reordered, *copy) ? KOV_OK : KOV_OUT_OF_MEMORY;
}

kov_status kov_plan_get_ordered(kov_planner *p, kov_value value, const kov_order *order, int *slot)
{
    KOV_TRY(kov_plan_get(p, value, slot));
    const kov_planned *v = kov_plan_value(p, value);
    struct kov_reordered copy;
    if (v->count <= 1 || kov_order_same(v, &v->order, order))
        return KOV_OK;
    describe_copy(v, order, &copy);
    *slot = find_reordered(p, &copy);
    if (*slot >= 0)
        return KOV_OK;
    KOV_TRY(reorder(p, value, &copy));
    *slot = copy.to;
    return KOV_OK;
}

kov_status kov_plan_get_plain(kov_planner *p, kov_value value, int *slot)
{
    const kov_order plain = kov_order_plain(kov_plan_value(p, value)->ndim);
    return kov_plan_get_ordered(p, value, &plain, slot);
}

kov_status kov_plan_make(kov_planner *p, kov_value value, const kov_order *order, int *slot)
{
    kov_planned *v = kov_plan_value(p, value);
    KOV_TRY(kov_plan_temporary(p, kov_plan_bytes(v), &v->slot));
    v->order = *order;
    *slot = v->slot;
    return KOV_OK;
}

void kov_plan_alias(kov_planner *p, kov_value value, int slot, const kov_order *order)
{
    kov_planned *v = kov_plan_value(p, value);
    v->slot = slot;
    v->order = *order;
}

kov_status kov_plan_part(kov_planner *p, kov_value value, int whole, size_t offset,
                         const kov_order *order)
{
    kov_planned *v = kov_plan_value(p, value);
    const kov_slot part = {
        .place = KOV_PLACE_PART, .index = whole, .offset = offset, .bytes = kov_plan_bytes(v)};
    v->order = *order;
    return add_slot(p, &part, &v->slot);
}

/* ---- steps ---- */

kov_status kov_plan_step(kov_planner *p, const kov_step_plan *plan)
{
    size_t slots = (size_t)(plan->inputs + plan->outputs);
    kov_step step = {.run = plan->run,
                     .params = plan->params,
                     .inputs = plan->inputs,
                     .outputs = plan->outputs,
                     .in_place = plan->in_place,
                     .workspace = plan->workspace,
                     .kernel = plan->kernel,
                     .node_count = plan->node_count};
    step.slots = kov_arena_copy(p->arena, plan->slots, sizeof(int) * slots);
    step.nodes = kov_arena_copy(p->arena, plan->nodes, sizeof(int) * (size_t)plan->node_count);
    if (!step.slots || !step.nodes || !step.kernel || !KOV_PUSH(p->context, p->steps, step))
        return KOV_OUT_OF_MEMORY;
    if (plan->workspace > p->instance->workspace_bytes)
        p->instance->workspace_bytes = plan->workspace;
    return KOV_OK;
}

const char *kov_plan_kernel_name(kov_planner *p, const char *prefix, const char *name)
{
    char text[96];
    if (p->executable->eager)
        return name;
    snprintf(text, sizeof text, "%s%s__%s", prefix, name, kov_isa_name(p->isa));
    return kov_arena_strdup(p->arena, text);
}

typedef struct copy_params {
    size_t offset, item;
    int ndim;
    int64_t dims[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
} copy_params;

static kov_status run_copy(const kov_step *step, const kov_run *run)
{
    const copy_params *c = step->params;
    for (int i = 0; i < c->ndim; i++) {
        if (c->dims[i] == 0)
            return KOV_OK;
    }
    kov_copy_strided(run->at[step->slots[1]], (const char *)run->at[step->slots[0]] + c->offset,
                     c->item, c->ndim, c->dims, c->strides);
    return KOV_OK;
}

kov_status kov_plan_copy(kov_planner *p, int from, size_t offset, int to, size_t item, int ndim,
                         const int64_t *dims, const int64_t *byte_strides, const int *nodes,
                         int node_count, const char *kernel)
{
    copy_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    c->offset = offset;
    c->item = item;
    c->ndim = ndim;
    for (int i = 0; i < ndim; i++) {
        c->dims[i] = dims[i];
        c->strides[i] = byte_strides[i];
    }
    const int slots[] = {from, to};
    const kov_step_plan plan = {.run = run_copy,
                                .kernel = kernel,
                                .params = c,
                                .inputs = 1,
                                .outputs = 1,
                                .slots = slots,
                                .nodes = nodes,
                                .node_count = node_count};
    return kov_plan_step(p, &plan);
}

kov_status kov_plan_copy_first(kov_planner *p, const kov_node *node, int from, int64_t first,
                               const int64_t *strides, const kov_order *order, const char *name)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    int64_t dims[KOV_MAX_NDIM], steps[KOV_MAX_NDIM];
    int64_t item = (int64_t)kov_plan_item(out->dtype);
    int to, index = kov_plan_node_index(p, node);
    for (int i = 0; i < out->ndim; i++) {
        dims[i] = out->dims[order->at[i]];
        steps[i] = strides[order->at[i]] * item;
    }
    KOV_TRY(kov_plan_make(p, node->first_output, order, &to));
    return kov_plan_copy(p, from, (size_t)(first * item), to, (size_t)item, out->ndim, dims, steps,
                         &index, 1, name);
}
