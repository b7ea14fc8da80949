/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing of bytes, and an open-addressing map from 64-bit hash to an int payload. */
#ifndef KOV_BASE_HASH_H
#define KOV_BASE_HASH_H

#include "base/memory.h"

uint64_t kov_hash_bytes(const void *data, size_t size, uint64_t seed);
uint64_t kov_hash_mix(uint64_t a, uint64_t b);

/* The map stores (hash, payload) pairs; equal hashes may repeat, the caller compares. Hashes should
 * be mixed (kov_hash_mix): their low bits choose the slot. */
typedef struct kov_hash_map {
    kov_context *context;
    struct kov_hash_slot *slots;
    uint32_t capacity, used;
} kov_hash_map;

void kov_hash_map_init(kov_hash_map *map, kov_context *context);
void kov_hash_map_free(kov_hash_map *map);
kov_status kov_hash_map_add(kov_hash_map *map, uint64_t hash, int payload);
/* Calls same(user, payload) for entries of this hash; returns the first payload accepted, or -1. */
int kov_hash_map_find(const kov_hash_map *map, uint64_t hash, bool (*same)(void *user, int payload),
                      void *user);

#endif
