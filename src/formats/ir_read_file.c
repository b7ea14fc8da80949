/* SPDX-License-Identifier: Apache-2.0 */
/* IR from files: model.xml, and model.bin beside it, whose bytes constants point into. */
#include "base/context.h"
#include "base/status.h"
#include "formats/ir_block.h"
#include "formats/ir_read.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct kov_ir_block {
    atomic_size_t references;
    kov_context *context;
    size_t size;
    _Alignas(64) unsigned char data[];
};

void kov_ir_block_retain(kov_ir_block *block)
{
    atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
}

void kov_ir_block_release(void *block_)
{
    kov_ir_block *block = block_;
    if (!block || atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel) != 1)
        return;
    kov_context *context = block->context;
    kov_free(context, block);
    kov_context_drop(context);
}

const unsigned char *kov_ir_block_data(const kov_ir_block *block)
{
    return block->data;
}

size_t kov_ir_block_size(const kov_ir_block *block)
{
    return block->size;
}

static kov_status read_file(kov_context *context, FILE *file, const char *path, kov_ir_block **out)
{
    struct stat info;
    size_t total;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode))
        return kov_fail(KOV_IO_ERROR, "%s: not a regular file", path);
    if (!kov_size_add((size_t)info.st_size, sizeof(kov_ir_block), &total))
        return kov_fail(KOV_OUT_OF_MEMORY, "%s: too large", path);
    kov_ir_block *block = kov_alloc(context, total);
    if (!block)
        return KOV_OUT_OF_MEMORY;
    atomic_init(&block->references, 1);
    block->context = context;
    block->size = (size_t)info.st_size;
    kov_context_hold(context);
    if (fread(block->data, 1, block->size, file) != block->size) {
        kov_ir_block_release(block);
        return kov_fail(KOV_IO_ERROR, "%s: cannot be read to its end", path);
    }
    *out = block;
    return KOV_OK;
}

kov_status kov_ir_block_read(kov_context *context, const char *path, kov_ir_block **out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return kov_fail(KOV_IO_ERROR, "%s: %s", path, strerror(errno));
    kov_status status = read_file(context, file, path, out);
    fclose(file);
    return status;
}

/* model.xml -> model.bin; false if the name does not end so. */
static bool binary_path(kov_context *context, const char *xml_path, char **out)
{
    size_t size = strlen(xml_path);
    if (size < 4 || strcmp(xml_path + size - 4, ".xml") != 0)
        return false;
    *out = kov_alloc(context, size + 1);
    if (*out)
        memcpy(*out, xml_path, size - 4), memcpy(*out + size - 4, ".bin", 5);
    return true;
}

kov_status kov_graph_from_ir_file(kov_context *context, const char *xml_path, kov_graph **out)
{
    kov_ir_block *xml = NULL, *bin = NULL;
    char *path = NULL;
    if (!binary_path(context, xml_path, &path))
        return kov_fail(KOV_INVALID_ARGUMENT, "%s: the name of an IR ends in .xml", xml_path);
    kov_status status = path ? kov_ir_block_read(context, xml_path, &xml) : KOV_OUT_OF_MEMORY;
    if (status != KOV_OK)
        goto fail;
    struct stat info;
    if (stat(path, &info) == 0) /* a model without constants needs none */
        status = kov_ir_block_read(context, path, &bin);
    if (status != KOV_OK)
        goto fail;
    const kov_ir_binary binary = {bin ? bin->data : NULL, bin ? bin->size : 0, bin};
    status = kov_ir_read_blocks(context, xml->data, xml->size, &binary, out);
    if (status != KOV_OK)
        kov_fail_in(status, "%s", xml_path);
fail:
    kov_ir_block_release(xml);
    kov_ir_block_release(bin);
    kov_free(context, path);
    return status;
}
