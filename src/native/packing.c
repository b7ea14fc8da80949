/* SPDX-License-Identifier: Apache-2.0 */
#include "native/packing.h"

#include "base/memory.h"
#include "base/status.h"
#include "tensor/shape.h"

#include <string.h>

int kov_packs_add(kov_context *context, kov_packs *packs, const kov_pack_spec *spec)
{
    for (int i = 0; i < packs->specs.n; i++) {
        if (memcmp(&packs->specs.at[i], spec, sizeof *spec) == 0)
            return i;
    }
    return KOV_PUSH(context, packs->specs, *spec) ? packs->specs.n - 1 : -1;
}

kov_status kov_pack_run(kov_context *context, const kov_pack_spec *spec, const void *data,
                        void *packed)
{
    switch (spec->kind) {
    case KOV_PACK_GEMM:
        kov_gemm_pack(context, &spec->u.gemm, data, packed);
        return KOV_OK;
    case KOV_PACK_CONV:
        return kov_conv_pack(context, &spec->u.conv, data, packed);
    default:
        kov_copy_strided(packed, data, spec->u.copy.item, spec->u.copy.ndim, spec->u.copy.dims,
                         spec->u.copy.byte_strides);
        return KOV_OK;
    }
}

static void release_packed(kov_context *context, kov_packed *packed)
{
    if (!packed || --packed->refs > 0)
        return;
    kov_free(context, packed->data);
    kov_free(context, packed);
}

static const kov_tensor *source(const kov_pack_spec *spec, kov_tensor *const *inputs)
{
    return spec->parameter < 0 ? spec->constant : inputs[spec->parameter];
}

static bool serves(const kov_packed_set *set, const kov_packs *packs, kov_tensor *const *inputs)
{
    if (set->count != packs->specs.n)
        return false;
    for (int i = 0; i < set->count; i++) {
        const kov_pack_spec *spec = &packs->specs.at[i];
        if (spec->parameter >= 0 && set->buffers[i]->id != kov_tensor_id(inputs[spec->parameter]))
            return false;
    }
    return true;
}

static kov_status make_packed(kov_context *context, const kov_pack_spec *spec,
                              const kov_tensor *tensor, kov_packed **out)
{
    kov_packed *packed = kov_alloc_zero(context, sizeof *packed);
    if (!packed)
        return KOV_OUT_OF_MEMORY;
    packed->refs = 1;
    packed->id = kov_tensor_id(tensor);
    packed->data = kov_alloc(context, spec->bytes);
    kov_status status = KOV_OUT_OF_MEMORY;
    if (packed->data)
        status = kov_pack_run(context, spec, kov_tensor_data(tensor), packed->data);
    if (status != KOV_OK) {
        release_packed(context, packed);
        return status;
    }
    *out = packed;
    return KOV_OK;
}

static kov_status make_set(kov_context *context, const kov_packs *packs, kov_tensor *const *inputs,
                           kov_packed_set **out)
{
    const kov_packed_set *old = packs->latest;
    size_t n = (size_t)packs->specs.n;
    kov_packed_set *set = kov_alloc_zero(context, sizeof *set);
    if (!set)
        return KOV_OUT_OF_MEMORY;
    set->refs = 1;
    set->count = packs->specs.n;
    set->buffers = kov_alloc_zero(context, n * sizeof *set->buffers);
    set->data = kov_alloc_zero(context, n * sizeof *set->data);
    kov_status status = set->buffers && set->data ? KOV_OK : KOV_OUT_OF_MEMORY;
    for (int i = 0; i < packs->specs.n && status == KOV_OK; i++) {
        const kov_pack_spec *spec = &packs->specs.at[i];
        const kov_tensor *tensor = source(spec, inputs);
        if (old && i < old->count && old->buffers[i]->id == kov_tensor_id(tensor)) {
            set->buffers[i] = old->buffers[i];
            set->buffers[i]->refs++;
        } else {
            status = make_packed(context, spec, tensor, &set->buffers[i]);
        }
        if (status == KOV_OK)
            set->data[i] = set->buffers[i]->data;
    }
    if (status != KOV_OK) {
        kov_packed_set_release(context, set);
        return status;
    }
    *out = set;
    return KOV_OK;
}

kov_status kov_packs_acquire(kov_context *context, kov_packs *packs, kov_tensor *const *inputs,
                             kov_packed_set **out)
{
    *out = NULL;
    if (packs->specs.n == 0)
        return KOV_OK;
    if (!packs->latest || !serves(packs->latest, packs, inputs)) {
        kov_packed_set *set;
        KOV_TRY(make_set(context, packs, inputs, &set));
        kov_packed_set_release(context, packs->latest);
        packs->latest = set;
    }
    packs->latest->refs++;
    *out = packs->latest;
    return KOV_OK;
}

void kov_packed_set_release(kov_context *context, kov_packed_set *set)
{
    if (!set || --set->refs > 0)
        return;
    for (int i = 0; set->buffers && i < set->count; i++)
        release_packed(context, set->buffers[i]);
    kov_free(context, set->buffers);
    kov_free(context, set->data);
    kov_free(context, set);
}

void kov_packs_free(kov_context *context, kov_packs *packs)
{
    kov_packed_set_release(context, packs->latest);
    kov_free(context, packs->specs.at);
    *packs = (kov_packs){0};
}
