/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "base/status.h"

#include <string.h>

struct kov_hash_slot {
    uint64_t hash;
    int payload;
    bool used;
};

/* Odd constants with about half their bits set: 2^64 / golden ratio, and digits of sqrt 2 and 3. */
static const uint64_t golden = 0x9E3779B97F4A7C15u;
static const uint64_t root2 = 0x6A09E667F3BCC909u;
static const uint64_t root3 = 0xBB67AE8584CAA73Bu;

/* The 128-bit product folded to 64 bits: every input bit reaches about half of the output bits. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t read64(const unsigned char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

uint64_t kov_hash_bytes(const void *data, size_t size, uint64_t seed)
{
    const unsigned char *bytes = data;
    uint64_t a = seed ^ root2, b = seed + root3;
    size_t left = size;
    for (; left >= 16; left -= 16, bytes += 16) {
        /* Two chains, so that the multiplications overlap. The additions keep a zero factor in one
         * round from erasing what came before. */
        a = fold(a ^ read64(bytes), golden) + a;
        b = fold(b ^ read64(bytes + 8), root2) + b;
    }
    if (left >= 8) {
        a = fold(a ^ read64(bytes), golden) + a;
        left -= 8;
        bytes += 8;
    }
    uint64_t tail = 0;
    if (left > 0)
        memcpy(&tail, bytes, left);
    b = fold(b ^ tail, root3) + b;
    return kov_hash_mix(kov_hash_mix(a, b), (uint64_t)size);
}

uint64_t kov_hash_mix(uint64_t a, uint64_t b)
{
    uint64_t mixed = fold(a ^ golden, b ^ root2) + a + (b << 32 | b >> 32);
    return fold(mixed ^ root3, golden);
}

void kov_hash_map_init(kov_hash_map *map, kov_context *context)
{
    memset(map, 0, sizeof *map);
    map->context = context;
}

void kov_hash_map_free(kov_hash_map *map)
{
    kov_free(map->context, map->slots);
    kov_hash_map_init(map, map->context);
}

static void place(struct kov_hash_slot *slots, uint32_t capacity, uint64_t hash, int payload)
{
    uint32_t at = (uint32_t)hash & (capacity - 1);
    while (slots[at].used)
        at = (at + 1) & (capacity - 1);
    slots[at] = (struct kov_hash_slot){.hash = hash, .payload = payload, .used = true};
}

static kov_status grow(kov_hash_map *map)
{
    if (map->capacity >= (uint32_t)1 << 30)
        return kov_fail(KOV_OUT_OF_MEMORY, "out of memory: a hash map of %u entries", map->used);
    uint32_t capacity = map->capacity == 0 ? 16 : map->capacity * 2;
    struct kov_hash_slot *slots = kov_alloc_zero(map->context, capacity * sizeof *slots);
    if (slots == NULL)
        return KOV_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            place(slots, capacity, map->slots[i].hash, map->slots[i].payload);
    kov_free(map->context, map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return KOV_OK;
}

kov_status kov_hash_map_add(kov_hash_map *map, uint64_t hash, int payload)
{
    if (map->used >= map->capacity / 4 * 3)
        KOV_TRY(grow(map));
    place(map->slots, map->capacity, hash, payload);
    map->used++;
    return KOV_OK;
}

int kov_hash_map_find(const kov_hash_map *map, uint64_t hash, bool (*same)(void *user, int payload),
                      void *user)
{
    if (map->capacity == 0)
        return -1;
    uint32_t at = (uint32_t)hash & (map->capacity - 1);
    for (; map->slots[at].used; at = (at + 1) & (map->capacity - 1))
        if (map->slots[at].hash == hash && same(user, map->slots[at].payload))
            return map->slots[at].payload;
    return -1;
}
