/* SPDX-License-Identifier: Apache-2.0 */
/* Concat, Split, Pad, Broadcast and Gather: elements copied to other places, in the order in which
 * the input lies; parts of a buffer where they lie one after the other. */
#include "native/plan/planner.h"

#include "tensor/convert.h"
#include "tensor/shape.h"

#include <string.h>

/* ---- Concat, Split ---- */

typedef struct slab_params {
    size_t outer, whole;
    size_t *parts;   /* bytes of one slab */
    size_t *offsets; /* of it in the whole */
} slab_params;

static kov_status run_concat(const kov_step *step, const kov_run *run)
{
    const slab_params *c = step->params;
    char *to = run->at[step->slots[step->inputs]];
    for (int k = 0; k < step->inputs; k++) {
        const char *from = run->at[step->slots[k]];
        kov_copy_rows(to + c->offsets[k], (int64_t)c->whole, from, (int64_t)c->parts[k],
                      c->parts[k], (int64_t)c->outer);
    }
    return KOV_OK;
}

static kov_status run_split(const kov_step *step, const kov_run *run)
{
    const slab_params *c = step->params;
    const char *from = run->at[step->slots[0]];
    for (int k = 0; k < step->outputs; k++) {
        char *to = run->at[step->slots[1 + k]];
        kov_copy_rows(to, (int64_t)c->parts[k], from + c->offsets[k], (int64_t)c->whole,
                      c->parts[k], (int64_t)c->outer);
    }
    return KOV_OK;
}

/* Of the whole value and its parts along an axis, all in this order. */
static slab_params *slabs_of(kov_planner *p, const kov_planned *whole, const kov_order *order,
                             int axis, const kov_value *parts, int count)
{
    slab_params *c = kov_arena_alloc(p->arena, sizeof *c);
    size_t *sizes = kov_arena_alloc(p->arena, sizeof *sizes * 2 * (size_t)(count + 1));
    if (!c || !sizes)
        return NULL;
    size_t inner = kov_plan_item(whole->dtype), at = 0;
    c->outer = 1;
    bool behind = false;
    for (int i = 0; i < whole->ndim; i++) {
        size_t dim = (size_t)whole->dims[order->at[i]];
        if (order->at[i] == axis)
            behind = true;
        else if (behind)
            inner *= dim;
        else
            c->outer *= dim;
    }
    c->parts = sizes;
    c->offsets = sizes + count;
    for (int k = 0; k < count; k++) {
        sizes[k] = (size_t)kov_plan_value(p, parts[k])->dims[axis] * inner;
        sizes[count + k] = at;
        at += sizes[k];
    }
    c->whole = (size_t)whole->dims[axis] * inner;
    return c;
}

static kov_status add_slabs(kov_planner *p, const kov_node *node, kov_step_fn run,
                            const slab_params *c, int inputs, int outputs, const int *slots,
                            const char *name)
{
    int index = kov_plan_node_index(p, node);
    const kov_step_plan plan = {.run = run,
                                .kernel = name,
                                .params = c,
                                .inputs = inputs,
                                .outputs = outputs,
                                .slots = slots,
                                .nodes = &index,
                                .node_count = 1};
    return kov_plan_step(p, &plan);
}

/* A buffer of this instance that is wanted in a whole is made there in the first place. */
static bool place_part(kov_planner *p, int whole, int part, size_t offset)
{
    kov_slot *slot = &p->slots.at[part];
    if (slot->place != KOV_PLACE_ARENA || slot->bytes == 0)
        return false;
    slot->place = KOV_PLACE_PART;
    slot->index = whole;
    slot->offset = offset;
    return true;
}

/* Of the parts of a whole that lie one after the other: how many are left to be copied. */
static int place_parts(kov_planner *p, slab_params *c, int *slots, int count)
{
    int left = 0, whole = slots[count];
    for (int k = 0; k < count; k++) {
        if (c->outer == 1 && place_part(p, whole, slots[k], c->offsets[k]))
            continue;
        slots[left] = slots[k];
        c->parts[left] = c->parts[k];
        c->offsets[left++] = c->offsets[k];
    }
    slots[left] = whole;
    return left;
}

kov_status kov_plan_concat(kov_planner *p, const kov_node *node, bool *taken)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    int64_t axis = node->attrs[KOV_CONCAT_AXIS].u.integer;
    axis = axis < 0 ? axis + out->ndim : axis;
    if (kov_plan_item(out->dtype) == 0 || axis < 0 || axis >= out->ndim)
        return KOV_OK;
    int *slots = kov_arena_alloc(&p->scratch, sizeof *slots * (size_t)(node->input_count + 1));
    if (!slots)
        return KOV_OUT_OF_MEMORY;
    kov_order order = kov_order_plain(out->ndim);
    for (int i = node->input_count - 1; i >= 0; i--) {
        KOV_TRY(kov_plan_get(p, node->inputs[i], NULL));
        const kov_planned *v = kov_plan_value(p, node->inputs[i]);
        if (!kov_plan_is_plain(v))
            order = v->order;
    }
    for (int i = 0; i < node->input_count; i++)
        KOV_TRY(kov_plan_get_ordered(p, node->inputs[i], &order, &slots[i]));
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[node->input_count]));
    slab_params *c = slabs_of(p, out, &order, (int)axis, node->inputs, node->input_count);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    *taken = true;
    int left = place_parts(p, c, slots, node->input_count);
    return left > 0 ? add_slabs(p, node, run_concat, c, left, 1, slots, "concat") : KOV_OK;
}

kov_status kov_plan_split(kov_planner *p, const kov_node *node, bool *taken)
{
    int64_t axis;
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    if (kov_plan_item(in->dtype) == 0 || kov_plan_numbers(p, node->inputs[1], &axis, 1) != 1)
        return KOV_OK;
    axis = axis < 0 ? axis + in->ndim : axis;
    size_t room = (size_t)node->output_count + 1;
    int *slots = kov_arena_alloc(&p->scratch, sizeof *slots * room);
    kov_value *outs = kov_arena_alloc(&p->scratch, sizeof *outs * room);
    if (!slots || !outs)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &slots[0]));
    const kov_order order = in->order;
    for (int i = 0; i < node->output_count; i++)
        outs[i] = node->first_output + (kov_value)i;
    slab_params *c = slabs_of(p, in, &order, (int)axis, outs, node->output_count);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    *taken = true;
    bool are_parts = c->outer == 1 && in->count > 0;
    for (int i = 0; i < node->output_count; i++) {
        if (are_parts)
            KOV_TRY(kov_plan_part(p, outs[i], slots[0], c->offsets[i], &order));
        else
            KOV_TRY(kov_plan_make(p, outs[i], &order, &slots[1 + i]));
    }
    return are_parts ? KOV_OK
                     : add_slabs(p, node, run_split, c, 1, node->output_count, slots, "split");
}

/* ---- Broadcast ---- */

kov_status kov_plan_broadcast(kov_planner *p, const kov_node *node, bool *taken)
{
    int64_t own[KOV_MAX_NDIM], strides[KOV_MAX_NDIM] = {0};
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    const char *mode = node->attrs[KOV_BROADCAST_MODE].u.string;
    int from;
    if (kov_plan_item(in->dtype) == 0 || in->ndim > out->ndim ||
        (strcmp(mode, "numpy") != 0 && strcmp(mode, "bidirectional") != 0))
        return KOV_OK;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &from));
    kov_plan_strides(in, own);
    for (int i = 0; i < in->ndim; i++)
        strides[i + out->ndim - in->ndim] = in->dims[i] == 1 ? 0 : own[i];
    *taken = true;
    const kov_order plain = kov_order_plain(out->ndim);
    return kov_plan_copy_first(p, node, from, 0, strides, &plain, "broadcast");
}

/* ---- Pad ---- */

typedef struct pad_params {
    size_t item, count;
    int ndim;
    int64_t dims[KOV_MAX_NDIM];            /* of the input, as it lies */
    int64_t rows;                          /* of its last axis */
    int64_t strides[KOV_MAX_NDIM], offset; /* in the output, in elements */
    unsigned char value[16];
} pad_params;

static kov_status run_pad(const kov_step *step, const kov_run *run)
{
    const pad_params *c = step->params;
    const char *from = run->at[step->slots[0]];
    char *to = run->at[step->slots[1]];
    int64_t index[KOV_MAX_NDIM] = {0}, at = c->offset;
    size_t row = c->item * (c->ndim > 0 ? (size_t)c->dims[c->ndim - 1] : 1);
    kov_fill(to, c->value, c->item, c->count);
    for (int64_t i = 0; i < c->rows && row > 0; i++, from += row) {
        memcpy(to + (size_t)at * c->item, from, row);
        for (int k = c->ndim - 2; k >= 0; k--) {
            at += c->strides[k];
            if (++index[k] < c->dims[k])
                break;
            at -= c->strides[k] * c->dims[k];
            index[k] = 0;
        }
    }
    return KOV_OK;
}

/* Zeros around the spatial axes of what one convolution alone reads: that convolution's own
 * padding. */
static bool goes_into_convolution(const kov_planner *p, const kov_node *node, const int64_t *begin,
                                  const int64_t *end, bool zero)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    if (!zero || out->dtype != KOV_DTYPE_F32 || out->uses != 1 || out->users[0] < 0 ||
        out->ndim < 3 || out->ndim > 4)
        return false;
    const kov_node *user = &p->graph->nodes.at[out->users[0]];
    if ((user->op != KOV_OP_CONVOLUTION && user->op != KOV_OP_GROUP_CONVOLUTION) ||
        user->inputs[0] != node->first_output ||
        kov_plan_value(p, user->inputs[1])->dtype != KOV_DTYPE_F32 ||
        kov_plan_value(p, user->inputs[1])->count == 0)
        return false;
    bool none = begin[0] == 0 && end[0] == 0 && begin[1] == 0 && end[1] == 0;
    for (int i = 2; i < out->ndim; i++)
        none =
            none && begin[i] >= 0 && end[i] >= 0 && kov_plan_value(p, node->inputs[0])->dims[i] > 0;
    return none && kov_plan_value(p, node->first_output)->count > 0;
}

static bool pad_value(const kov_planner *p, const kov_node *node, kov_dtype dtype,
                      unsigned char *value)
{
    memset(value, 0, 16);
    if (node->input_count < 4 || node->inputs[3] == KOV_VALUE_NONE)
        return true;
    const kov_tensor *tensor = kov_graph_constant(p->graph, node->inputs[3]);
    if (!tensor || kov_tensor_count(tensor) != 1 || kov_tensor_dtype(tensor) != dtype)
        return false;
    memcpy(value, kov_tensor_data(tensor), kov_plan_item(dtype));
    return true;
}

kov_status kov_plan_pad(kov_planner *p, const kov_node *node, bool *taken)
{
    int64_t begin[KOV_MAX_NDIM], end[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    kov_planned *out = kov_plan_value(p, node->first_output);
    pad_params *c = kov_arena_alloc(p->arena, sizeof *c);
    int slots[2], index = kov_plan_node_index(p, node);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    c->item = kov_plan_item(in->dtype);
    if (c->item == 0 || strcmp(node->attrs[KOV_PAD_PAD_MODE].u.string, "constant") != 0 ||
        !pad_value(p, node, in->dtype, c->value) ||
        kov_plan_numbers(p, node->inputs[1], begin, KOV_MAX_NDIM) != in->ndim ||
        kov_plan_numbers(p, node->inputs[2], end, KOV_MAX_NDIM) != in->ndim)
        return KOV_OK;
    for (int i = 0; i < in->ndim; i++) {
        if (begin[i] < 0 || end[i] < 0)
            return KOV_OK;
    }
    *taken = true;
    float zero;
    memcpy(&zero, c->value, sizeof zero);
    if (goes_into_convolution(p, node, begin, end, zero == 0.0f)) {
        out->pad_of = node->inputs[0];
        return KOV_OK;
    }
    KOV_TRY(kov_plan_get(p, node->inputs[0], &slots[0]));
    const kov_order order = in->order;
    KOV_TRY(kov_plan_make(p, node->first_output, &order, &slots[1]));
    kov_plan_strides(out, strides);
    c->count = (size_t)out->count;
    c->ndim = in->ndim;
    c->rows = in->count > 0 ? 1 : 0;
    for (int i = 0; i < in->ndim; i++) {
        int axis = order.at[i];
        c->dims[i] = in->dims[axis];
        c->strides[i] = strides[axis];
        c->offset += begin[axis] * strides[axis];
        if (i + 1 < in->ndim)
            c->rows *= in->dims[axis];
    }
    const kov_step_plan plan = {.run = run_pad,
                                .kernel = "pad",
                                .params = c,
                                .inputs = 1,
                                .outputs = 1,
                                .slots = slots,
                                .nodes = &index,
                                .node_count = 1};
    return kov_plan_step(p, &plan);
}

/* ---- Gather ---- */

typedef struct gather_params {
    kov_dtype dtype; /* of the indices */
    int64_t outer, dim, count;
    size_t row; /* bytes */
} gather_params;

static kov_status out_of_range(int64_t index, int64_t dim)
{
    return kov_fail(KOV_INVALID_ARGUMENT, "Gather: index %lld is out of range for %lld items",
                    (long long)index, (long long)dim);
}

/* A row has `bytes`: a constant in all uses but one, so that copies of it need no call. */
#define GATHER(index_type, bytes)                                                                  \
    static kov_status gather_##index_type##_##bytes(const gather_params *c, const char *from,      \
                                                    const void *indices, char *to)                 \
    {                                                                                              \
        const index_type *at = indices;                                                            \
        size_t row = (bytes) ? (size_t)(bytes) : c->row;                                           \
        for (int64_t o = 0; o < c->outer; o++, from += (size_t)c->dim * row) {                     \
            for (int64_t i = 0; i < c->count; i++, to += row) {                                    \
                int64_t place = at[i] < 0 ? at[i] + c->dim : at[i];                                \
                if (place < 0 || place >= c->dim)                                                  \
                    return out_of_range(at[i], c->dim);                                            \
                memcpy(to, from + (size_t)place * row, row);                                       \
            }                                                                                      \
        }                                                                                          \
        return KOV_OK;                                                                             \
    }

#define GATHERS(index_type)                                                                        \
    GATHER(index_type, 0)                                                                          \
    GATHER(index_type, 1)                                                                          \
    GATHER(index_type, 4)                                                                          \
    GATHER(index_type, 8)                                                                          \
    static kov_status gather_##index_type(const gather_params *c, const char *from,                \
                                          const void *indices, char *to)                           \
    {                                                                                              \
        switch (c->row) {                                                                          \
        case 1:                                                                                    \
            return gather_##index_type##_1(c, from, indices, to);                                  \
        case 4:                                                                                    \
            return gather_##index_type##_4(c, from, indices, to);                                  \
        case 8:                                                                                    \
            return gather_##index_type##_8(c, from, indices, to);                                  \
        default:                                                                                   \
            return gather_##index_type##_0(c, from, indices, to);                                  \
        }                                                                                          \
    }
GATHERS(int32_t)
GATHERS(int64_t)

static kov_status run_gather(const kov_step *step, const kov_run *run)
{
    const gather_params *c = step->params;
    const char *from = run->at[step->slots[0]];
    const void *indices = run->at[step->slots[1]];
    char *to = run->at[step->slots[2]];
    return c->dtype == KOV_DTYPE_I64 ? gather_int64_t(c, from, indices, to)
                                     : gather_int32_t(c, from, indices, to);
}

/* One index that is known: a slice, in whatever order the data lies. */
static kov_status plan_pick(kov_planner *p, const kov_node *node, int axis, int64_t at, bool *taken)
{
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    int lead = kov_plan_value(p, node->inputs[1])->ndim, from; /* axes of size 1 instead of one */
    int64_t own[KOV_MAX_NDIM], strides[KOV_MAX_NDIM] = {0},
                               place = at < 0 ? at + in->dims[axis] : at;
    if (place < 0 || place >= in->dims[axis])
        return KOV_OK;
    KOV_TRY(kov_plan_get(p, node->inputs[0], &from));
    kov_plan_strides(in, own);
    for (int i = 0; i < in->ndim; i++) {
        if (i != axis)
            strides[i < axis ? i : i + lead - 1] = own[i];
    }
    *taken = true;
    const kov_order plain = kov_order_plain(out->ndim);
    if (out->count > 0 && own[axis] == out->count && kov_plan_is_plain(in))
        return kov_plan_part(p, node->first_output, from,
                             (size_t)(place * own[axis]) * kov_plan_item(out->dtype), &plain);
    return kov_plan_copy_first(p, node, from, place * own[axis], strides, &plain, "pick");
}

kov_status kov_plan_gather(kov_planner *p, const kov_node *node, bool *taken)
{
    int64_t axis;
    int slots[3], index = kov_plan_node_index(p, node);
    const kov_planned *in = kov_plan_value(p, node->inputs[0]);
    const kov_planned *indices = kov_plan_value(p, node->inputs[1]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    if (kov_plan_item(in->dtype) == 0 || kov_plan_numbers(p, node->inputs[2], &axis, 1) != 1 ||
        node->attrs[KOV_GATHER_BATCH_DIMS].u.integer != 0 || out->count == 0 ||
        (indices->dtype != KOV_DTYPE_I64 && indices->dtype != KOV_DTYPE_I32))
        return KOV_OK;
    axis = axis < 0 ? axis + in->ndim : axis;
    int64_t at;
    if (indices->count == 1 && kov_plan_numbers(p, node->inputs[1], &at, 1) == 1)
        KOV_TRY(plan_pick(p, node, (int)axis, at, taken));
    if (*taken)
        return KOV_OK;
    gather_params *c = kov_arena_alloc(p->arena, sizeof *c);
    if (!c)
        return KOV_OUT_OF_MEMORY;
    KOV_TRY(kov_plan_get_plain(p, node->inputs[0], &slots[0]));
    KOV_TRY(kov_plan_get_plain(p, node->inputs[1], &slots[1]));
    const kov_order plain = kov_order_plain(out->ndim);
    KOV_TRY(kov_plan_make(p, node->first_output, &plain, &slots[2]));
    *c = (gather_params){.dtype = indices->dtype,
                         .outer = 1,
                         .dim = in->dims[axis],
                         .count = indices->count,
                         .row = kov_plan_item(in->dtype)};
    for (int i = 0; i < in->ndim; i++) {
        if (i < axis)
            c->outer *= in->dims[i];
        else if (i > axis)
            c->row *= (size_t)in->dims[i];
    }
    const kov_step_plan plan = {.run = run_gather,
                                .kernel = "gather",
                                .params = c,
                                .inputs = 2,
                                .outputs = 1,
                                .slots = slots,
                                .nodes = &index,
                                .node_count = 1};
    *taken = true;
    return kov_plan_step(p, &plan);
}
