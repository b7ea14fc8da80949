/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/weights.h"
#include "base/status.h"

kov_status kov_weights_create(const kov_partition *partition, int variable_count, kov_weights **out)
{
    kov_context *context = partition->context;
    kov_weights *w = kov_alloc_zero(context, sizeof *w);
    if (!w)
        return KOV_OUT_OF_MEMORY;
    w->refs = 1;
    w->context = context;
    w->variable_count = variable_count;
    w->slot_count = partition->slot_count;
    w->part_count = partition->part_count;
    w->ids = kov_alloc_zero(context, sizeof *w->ids * (size_t)(variable_count + 1));
    w->slots = kov_alloc_zero(context, sizeof *w->slots * (size_t)(w->slot_count + 1));
    w->bound = kov_alloc_zero(context, sizeof *w->bound * (size_t)(w->part_count + 1));
    if (!w->ids || !w->slots || !w->bound) {
        kov_weights_release(w, partition);
        return KOV_OUT_OF_MEMORY;
    }
    *out = w;
    return KOV_OK;
}

void kov_weights_release(kov_weights *w, const kov_partition *partition)
{
    if (!w || __atomic_sub_fetch(&w->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (int i = 0; w->slots && i < w->slot_count; i++)
        kov_tensor_release(w->slots[i]);
    for (int i = 0; w->bound && i < w->part_count; i++) {
        if (w->bound[i])
            partition->parts[i].engine->release(w->bound[i]);
    }
    kov_free(w->context, w->ids);
    kov_free(w->context, w->slots);
    kov_free(w->context, w->bound);
    kov_free(w->context, w);
}
