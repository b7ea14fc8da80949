/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <string.h>

enum { KOV_ARENA_ALIGNMENT = 16, KOV_ARENA_FIRST = 4096, KOV_ARENA_LARGEST = 1 << 20 };

struct kov_arena_block {
    struct kov_arena_block *next;
    size_t used, size; /* of the bytes behind the header */
};

static size_t header_size(void)
{
    size_t size = sizeof(struct kov_arena_block);
    return (size + KOV_ARENA_ALIGNMENT - 1) & ~(size_t)(KOV_ARENA_ALIGNMENT - 1);
}

static struct kov_arena_block *new_block(kov_arena *arena, size_t size)
{
    size_t bytes;
    if (!kov_size_add(size, header_size(), &bytes))
        bytes = SIZE_MAX; /* kov_alloc refuses it, with its text */
    struct kov_arena_block *block = kov_alloc(arena->context, bytes);
    if (block == NULL)
        return NULL;
    block->used = 0;
    block->size = size;
    return block;
}

void kov_arena_init(kov_arena *arena, kov_context *context)
{
    arena->context = context;
    arena->blocks = NULL;
}

void *kov_arena_alloc(kov_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return kov_alloc(arena->context, SIZE_MAX);
    size_t rounded = (size + KOV_ARENA_ALIGNMENT - 1) & ~(size_t)(KOV_ARENA_ALIGNMENT - 1);
    if (rounded == 0)
        rounded = KOV_ARENA_ALIGNMENT;
    struct kov_arena_block *first = arena->blocks;
    if (first == NULL || first->size - first->used < rounded) {
        size_t wanted = first == NULL ? KOV_ARENA_FIRST - header_size() : first->size * 2;
        if (wanted > KOV_ARENA_LARGEST)
            wanted = KOV_ARENA_LARGEST;
        struct kov_arena_block *block = new_block(arena, rounded > wanted ? rounded : wanted);
        if (block == NULL)
            return NULL;
        /* A block that one big request fills goes second, so the rest of the first is still used.
         */
        bool filled = rounded >= wanted && first != NULL;
        block->next = filled ? first->next : first;
        if (filled)
            first->next = block;
        else
            arena->blocks = block;
        first = block;
    }
    char *memory = (char *)first + header_size() + first->used;
    first->used += rounded;
    return memset(memory, 0, rounded);
}

char *kov_arena_strdup(kov_arena *arena, const char *text)
{
    return kov_arena_copy(arena, text, strlen(text) + 1);
}

void *kov_arena_copy(kov_arena *arena, const void *data, size_t size)
{
    void *memory = kov_arena_alloc(arena, size);
    if (memory != NULL && size != 0)
        memcpy(memory, data, size);
    return memory;
}

void kov_arena_free(kov_arena *arena)
{
    struct kov_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct kov_arena_block *next = block->next;
        kov_free(arena->context, block);
        block = next;
    }
    arena->blocks = NULL;
}
