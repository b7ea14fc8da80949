/* SPDX-License-Identifier: Apache-2.0 */
/* Weights in the layout of their kernel. They depend on the content of a variable or constant
 * alone, not on the shapes of a run, so they belong to the executable and are made once per
 * content. */
#ifndef KOV_NATIVE_PACKING_H
#define KOV_NATIVE_PACKING_H

#include "native/kernels/conv/conv_nhwc.h"
#include "native/kernels/gemm/gemm.h"

#include <kov/tensor.h>

typedef enum kov_pack_kind {
    KOV_PACK_GEMM, /* the second operand of a product */
    KOV_PACK_CONV,
    KOV_PACK_COPY /* another order of the axes */
} kov_pack_kind;

/* What to make of which tensor. Zeroed before it is filled: specs are compared as bytes. */
typedef struct kov_pack_spec {
    kov_pack_kind kind;
    int parameter;              /* of the graph; -1: `constant` */
    const kov_tensor *constant; /* borrowed from the graph */
    size_t bytes;
    union {
        kov_gemm gemm;
        kov_conv conv;
        struct {
            int ndim;
            size_t item;
            int64_t dims[8], byte_strides[8];
        } copy;
    } u;
} kov_pack_spec;

/* The packed form of one content; shared by sets. */
typedef struct kov_packed {
    int refs; /* under the executable's lock */
    uint64_t id;
    void *data;
} kov_packed;

/* All packs of an executable for the variables of a run. */
typedef struct kov_packed_set {
    int refs; /* under the executable's lock */
    int count;
    kov_packed **buffers;
    void **data; /* what kov_run.packed points to */
} kov_packed_set;

typedef struct kov_packs {
    struct {
        kov_pack_spec *at;
        int n, cap;
    } specs;
    kov_packed_set *latest;
} kov_packs;

/* Index of the pack, added if it is not there yet; -1: no memory. */
int kov_packs_add(kov_context *context, kov_packs *packs, const kov_pack_spec *spec);

/* The set for these inputs, with a reference for the caller; packs what is not packed yet. Under
 * the executable's lock, as kov_packed_set_release. */
kov_status kov_packs_acquire(kov_context *context, kov_packs *packs, kov_tensor *const *inputs,
                             kov_packed_set **out);
void kov_packed_set_release(kov_context *context, kov_packed_set *set);
void kov_packs_free(kov_context *context, kov_packs *packs);

/* Packs `spec` from data into memory of spec->bytes. */
kov_status kov_pack_run(kov_context *context, const kov_pack_spec *spec, const void *data,
                        void *packed);

#endif
