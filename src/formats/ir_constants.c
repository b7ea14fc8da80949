/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ir_constants.h"

#include "base/context.h"
#include "base/status.h"

#include <string.h>

#define ALIGNMENT 64

/* In front of the bytes, so that kov_bytes_free finds whose they are. */
struct owner {
    kov_context *context;
};

kov_status kov_bytes_create(kov_context *context, size_t size, kov_bytes *out)
{
    size_t total;
    if (!kov_size_add(size, ALIGNMENT, &total))
        return kov_fail(KOV_OUT_OF_MEMORY, "%zu bytes", size);
    char *block = kov_alloc(context, total);
    if (!block)
        return KOV_OUT_OF_MEMORY;
    const struct owner owner = {context};
    memcpy(block, &owner, sizeof owner);
    kov_context_hold(context);
    *out = (kov_bytes){block + ALIGNMENT, size};
    return KOV_OK;
}

void kov_bytes_free(kov_bytes *bytes)
{
    if (!bytes || !bytes->data)
        return;
    struct owner owner;
    char *block = (char *)bytes->data - ALIGNMENT;
    memcpy(&owner, block, sizeof owner);
    kov_free(owner.context, block);
    kov_context_drop(owner.context);
    *bytes = (kov_bytes){0};
}

void kov_ir_constants_init(kov_ir_constants *constants, kov_context *context)
{
    memset(constants, 0, sizeof *constants);
    constants->context = context;
    kov_hash_map_init(&constants->map, context);
}

void kov_ir_constants_free(kov_ir_constants *constants)
{
    for (int i = 0; i < constants->contents.n; i++)
        kov_tensor_release(constants->contents.at[i].tensor);
    kov_free(constants->context, constants->contents.at);
    kov_hash_map_free(&constants->map);
}

struct wanted {
    const kov_ir_constants *constants;
    const kov_tensor *tensor;
};

static bool same_content(void *user, int payload)
{
    const struct wanted *wanted = user;
    const kov_tensor *have = wanted->constants->contents.at[payload].tensor;
    size_t size = kov_tensor_bytes(have);
    return have == wanted->tensor ||
           (size == kov_tensor_bytes(wanted->tensor) &&
            memcmp(kov_tensor_data(have), kov_tensor_data(wanted->tensor), size) == 0);
}

kov_status kov_ir_constants_add(kov_ir_constants *constants, kov_tensor *tensor, size_t *offset)
{
    size_t bytes = kov_tensor_bytes(tensor);
    if (bytes == 0) { /* OpenVINO wants one byte even of an empty constant */
        constants->size = constants->size > 0 ? constants->size : 1;
        *offset = 0;
        return KOV_OK;
    }
    struct wanted wanted = {constants, tensor};
    uint64_t hash = kov_hash_bytes(kov_tensor_data(tensor), bytes, bytes);
    int found = kov_hash_map_find(&constants->map, hash, same_content, &wanted);
    if (found >= 0) {
        *offset = constants->contents.at[found].offset;
        return KOV_OK;
    }
    size_t start, end;
    if (!kov_size_add(constants->size, ALIGNMENT - 1, &start) ||
        !kov_size_add(start & ~(size_t)(ALIGNMENT - 1), bytes, &end))
        return kov_fail(KOV_OUT_OF_MEMORY, "IR: the constants are too large");
    kov_ir_content content = {tensor, start & ~(size_t)(ALIGNMENT - 1)};
    if (!KOV_PUSH(constants->context, constants->contents, content))
        return KOV_OUT_OF_MEMORY;
    kov_tensor_retain(tensor);
    constants->size = end;
    *offset = content.offset;
    return kov_hash_map_add(&constants->map, hash, constants->contents.n - 1);
}

kov_status kov_ir_constants_write(const kov_ir_constants *constants, kov_bytes *out)
{
    size_t size = constants->size > 0 ? constants->size : 1;
    KOV_TRY(kov_bytes_create(constants->context, size, out));
    char *data = out->data;
    size_t end = 0;
    for (int i = 0; i < constants->contents.n; i++) {
        const kov_ir_content *content = &constants->contents.at[i];
        memset(data + end, 0, content->offset - end);
        memcpy(data + content->offset, kov_tensor_data(content->tensor),
               kov_tensor_bytes(content->tensor));
        end = content->offset + kov_tensor_bytes(content->tensor);
    }
    memset(data + end, 0, size - end);
    return KOV_OK;
}
