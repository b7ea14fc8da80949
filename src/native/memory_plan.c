/* SPDX-License-Identifier: Apache-2.0 */
#include "native/instance.h"

#include "base/status.h"

#include <string.h>

enum { LINE = 64 };

/* What of the arena is taken, in order of offset. */
typedef struct region {
    size_t offset, bytes;
    int last; /* the step after which it is free */
} region;

typedef struct regions {
    region *at;
    int n;
} regions;

/* Parts of parts become parts of what holds them all. */
static void flatten_parts(kov_instance *instance)
{
    for (int i = 0; i < instance->slot_count; i++) {
        kov_slot *slot = &instance->slots[i];
        if (slot->place != KOV_PLACE_PART)
            continue;
        instance->has_parts = true;
        for (const kov_slot *whole;
             whole = &instance->slots[slot->index], whole->place == KOV_PLACE_PART;) {
            slot->index = whole->index;
            slot->offset += whole->offset;
        }
    }
}

/* The slot whose memory a step touches; NULL where it has none. */
static kov_slot *slot_of(const kov_instance *instance, const kov_step *step, int operand)
{
    kov_slot *slot = step->slots[operand] < 0 ? NULL : &instance->slots[step->slots[operand]];
    return slot && slot->place == KOV_PLACE_PART ? &instance->slots[slot->index] : slot;
}

static void find_lives(kov_instance *instance)
{
    for (int i = 0; i < instance->slot_count; i++)
        instance->slots[i].made = instance->slots[i].last = -1;
    for (int i = 0; i < instance->step_count; i++) {
        const kov_step *step = &instance->steps[i];
        for (int j = 0; j < step->inputs + step->outputs; j++) {
            kov_slot *slot = slot_of(instance, step, j);
            if (!slot)
                continue;
            if (j >= step->inputs && slot->made < 0)
                slot->made = i;
            slot->last = i;
        }
    }
    for (int i = 0; i < instance->result_count; i++) { /* copied at the end, if it is a part */
        const kov_slot *slot = &instance->slots[instance->results[i].slot];
        if (slot->place == KOV_PLACE_PART)
            instance->slots[slot->index].last = instance->step_count;
    }
}

static void drop_dead(regions *r, int step)
{
    int kept = 0;
    for (int i = 0; i < r->n; i++) {
        if (r->at[i].last >= step)
            r->at[kept++] = r->at[i];
    }
    r->n = kept;
}

/* The lowest gap that is large enough. */
static size_t insert(regions *r, size_t bytes, int last)
{
    size_t offset = 0;
    int at = 0;
    while (at < r->n && r->at[at].offset - offset < bytes) {
        offset = r->at[at].offset + r->at[at].bytes;
        at++;
    }
    memmove(&r->at[at + 1], &r->at[at], sizeof *r->at * (size_t)(r->n - at));
    r->at[at] = (region){offset, bytes, last};
    r->n++;
    return offset;
}

/* Whether the step reads a part of a slot, too. */
static bool reads_part(const kov_instance *instance, const kov_step *step, int whole)
{
    for (int j = 0; j < step->inputs; j++) {
        const kov_slot *slot = step->slots[j] < 0 ? NULL : &instance->slots[step->slots[j]];
        if (slot && slot->place == KOV_PLACE_PART && slot->index == whole)
            return true;
    }
    return false;
}

static bool take_over(kov_instance *instance, regions *r, const kov_step *step, int index,
                      kov_slot *out)
{
    for (int j = 0; j < step->inputs; j++) {
        if (!(step->in_place >> j & 1) || step->slots[j] < 0 ||
            reads_part(instance, step, step->slots[j]))
            continue;
        const kov_slot *in = &instance->slots[step->slots[j]];
        if (in->place != KOV_PLACE_ARENA || in->last != index || in->bytes != out->bytes)
            continue;
        for (int i = 0; i < r->n; i++) {
            if (r->at[i].offset != in->offset || r->at[i].last != index)
                continue;
            r->at[i].last = out->last;
            out->offset = in->offset;
            return true;
        }
    }
    return false;
}

kov_status kov_instance_place(kov_instance *instance)
{
    flatten_parts(instance);
    find_lives(instance);
    int count = 0;
    for (int i = 0; i < instance->slot_count; i++)
        count += instance->slots[i].place == KOV_PLACE_ARENA;
    if (count == 0)
        return KOV_OK;
    regions r = {kov_alloc(instance->context, sizeof(region) * (size_t)(count + 1)), 0};
    if (!r.at)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < instance->step_count; i++) {
        const kov_step *step = &instance->steps[i];
        drop_dead(&r, i);
        for (int j = step->inputs; j < step->inputs + step->outputs; j++) {
            kov_slot *slot = slot_of(instance, step, j);
            if (!slot || slot->place != KOV_PLACE_ARENA || slot->made != i || slot->placed)
                continue;
            slot->placed = true;
            bool whole = slot == &instance->slots[step->slots[j]];
            if (j == step->inputs && whole && take_over(instance, &r, step, i, slot))
                continue;
            size_t bytes = (slot->bytes + LINE) / LINE * LINE; /* at least a line: none is empty */
            slot->offset = insert(&r, bytes, slot->last);
            if (slot->offset + bytes > instance->arena_bytes)
                instance->arena_bytes = slot->offset + bytes;
        }
    }
    kov_free(instance->context, r.at);
    return KOV_OK;
}
