/* SPDX-License-Identifier: Apache-2.0 */
/* The binary that goes with an IR: every content once, 64-byte aligned. */
#ifndef KOV_FORMATS_IR_CONSTANTS_H
#define KOV_FORMATS_IR_CONSTANTS_H

#include "base/hash.h"

#include <kov/ir.h>

typedef struct kov_ir_content {
    kov_tensor *tensor; /* retained */
    size_t offset;
} kov_ir_content;

typedef struct kov_ir_constants {
    kov_context *context;
    kov_hash_map map;
    size_t size; /* of the binary so far */
    struct {
        kov_ir_content *at;
        int n, cap;
    } contents;
} kov_ir_constants;

void kov_ir_constants_init(kov_ir_constants *constants, kov_context *context);
void kov_ir_constants_free(kov_ir_constants *constants);
/* Where the tensor's bytes will stand; equal bytes stand once. */
kov_status kov_ir_constants_add(kov_ir_constants *constants, kov_tensor *tensor, size_t *offset);
/* The binary, freed with kov_bytes_free. Never of size 0. */
kov_status kov_ir_constants_write(const kov_ir_constants *constants, kov_bytes *out);

/* Uninitialised bytes, freed with kov_bytes_free. */
kov_status kov_bytes_create(kov_context *context, size_t size, kov_bytes *out);

#endif
