/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/indexing/sort_entries.h"

#include "opset/element_block.h"

#include <string.h>

enum {
    INSERTION = 24,   /* entries at most that are sorted by insertion */
    FEW = 2048,       /* entries at most for which counting wide digits costs more than it saves */
    NARROW_DIGIT = 8, /* bits */
    WIDE_DIGIT = 11
};

static const uint64_t top_bit = (uint64_t)1 << 63;

static uint64_t real_key(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        return UINT64_MAX;
    if (value == 0)
        return top_bit;
    return bits & top_bit ? ~bits : bits | top_bit;
}

void kov_order_keys(kov_dtype dtype, const void *data, int64_t first, int64_t stride, int64_t n,
                    uint64_t *keys)
{
    kov_wide wide = kov_wide_of(dtype);
    for (int64_t at = 0; at < n; at += KOV_BLOCK) {
        int count = n - at < KOV_BLOCK ? (int)(n - at) : KOV_BLOCK;
        kov_block block;
        kov_block_load(dtype, data, first + at * stride, stride, count, &block);
        for (int i = 0; i < count; i++)
            keys[at + i] = wide == KOV_WIDE_REAL     ? real_key(block.r[i])
                           : wide == KOV_WIDE_SIGNED ? block.u[i] ^ top_bit
                                                     : block.u[i];
    }
}

void kov_sort_load(kov_dtype dtype, const void *data, int64_t first, int64_t stride, int64_t n,
                   bool descending, kov_sort_entry *entries)
{
    uint64_t keys[KOV_BLOCK];
    for (int64_t at = 0; at < n; at += KOV_BLOCK) {
        int64_t count = n - at < KOV_BLOCK ? n - at : KOV_BLOCK;
        kov_order_keys(dtype, data, first + at * stride, stride, count, keys);
        for (int64_t i = 0; i < count; i++)
            entries[at + i] = (kov_sort_entry){descending ? ~keys[i] : keys[i], at + i};
    }
}

static void sort_by_insertion(kov_sort_entry *entries, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        kov_sort_entry entry = entries[i];
        int64_t j = i;
        for (; j > 0 && entries[j - 1].key > entry.key; j--)
            entries[j] = entries[j - 1];
        entries[j] = entry;
    }
}

/* One stable pass by the digit of `bits` bits at `shift`. */
static void sort_by_digit(const kov_sort_entry *from, kov_sort_entry *to, int64_t n, int shift,
                          int bits)
{
    int64_t next[1 << WIDE_DIGIT];
    size_t digits = (size_t)1 << bits;
    uint64_t mask = digits - 1;
    int64_t sum = 0;
    memset(next, 0, digits * sizeof *next);
    for (int64_t i = 0; i < n; i++)
        next[from[i].key >> shift & mask]++;
    for (size_t d = 0; d < digits; d++) {
        int64_t count = next[d];
        next[d] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < n; i++)
        to[next[from[i].key >> shift & mask]++] = from[i];
}

/* Digits from the lowest up; bits in which all keys agree are left out. */
kov_sort_entry *kov_sort_entries(kov_sort_entry *entries, kov_sort_entry *spare, int64_t n)
{
    if (n <= INSERTION) {
        sort_by_insertion(entries, n);
        return entries;
    }
    int bits = n <= FEW ? NARROW_DIGIT : WIDE_DIGIT;
    uint64_t differ = 0;
    for (int64_t i = 1; i < n; i++)
        differ |= entries[i].key ^ entries[0].key;
    for (int shift = 0; differ;) {
        int skip = __builtin_ctzll(differ);
        shift += skip;
        sort_by_digit(entries, spare, n, shift, bits);
        kov_sort_entry *swap = entries;
        entries = spare;
        spare = swap;
        differ >>= skip;
        differ >>= bits;
        shift += bits;
    }
    return entries;
}
