/* SPDX-License-Identifier: Apache-2.0 */
/* A file's bytes in memory, kept as long as a constant points into them. */
#ifndef KOV_FORMATS_IR_BLOCK_H
#define KOV_FORMATS_IR_BLOCK_H

#include "base/memory.h"

typedef struct kov_ir_block kov_ir_block;

/* KOV_IO_ERROR names the file. The first reference is the caller's. */
kov_status kov_ir_block_read(kov_context *context, const char *path, kov_ir_block **out);
void kov_ir_block_retain(kov_ir_block *block);
void kov_ir_block_release(void *block); /* NULL is fine */
const unsigned char *kov_ir_block_data(const kov_ir_block *block);
size_t kov_ir_block_size(const kov_ir_block *block);

#endif
