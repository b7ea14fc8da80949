/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpu.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* Read once per process; pthread_once makes it safe from any thread. */
static pthread_once_t isa_once = PTHREAD_ONCE_INIT;
static kov_isa isa_found;
static pthread_once_t caches_once = PTHREAD_ONCE_INIT;
static kov_cpu_caches caches_found;

static const char *const isa_names[KOV_ISA_COUNT] = {"baseline", "avx2", "avx512"};

#if defined(__x86_64__)

/* Registers that the system saves on a context switch; without that an instruction set is unusable.
 */
static unsigned saved_state(void)
{
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static kov_isa detect_isa(void)
{
    enum { XMM_YMM = 0x6, MASKS_AND_ZMM = 0xE0 };
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return KOV_ISA_BASELINE;
    bool saves = (c & bit_OSXSAVE) != 0;
    bool fma = (c & bit_FMA) != 0 && (c & bit_F16C) != 0 && (c & bit_AVX) != 0;
    if (!saves || !fma || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return KOV_ISA_BASELINE;
    unsigned state = saved_state();
    if ((state & XMM_YMM) != XMM_YMM || (b & bit_AVX2) == 0)
        return KOV_ISA_BASELINE;
    const unsigned wide = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((state & MASKS_AND_ZMM) != MASKS_AND_ZMM || (b & wide) != wide)
        return KOV_ISA_AVX2;
    return KOV_ISA_AVX512;
}

static void read_cache_leaf(unsigned leaf, kov_cpu_caches *caches)
{
    enum { TYPE_NONE = 0, TYPE_INSTRUCTIONS = 2, SUBLEAVES = 16 };
    for (unsigned i = 0; i < SUBLEAVES; i++) {
        unsigned a, b, c, d;
        if (!__get_cpuid_count(leaf, i, &a, &b, &c, &d) || (a & 31u) == TYPE_NONE)
            return;
        if ((a & 31u) == TYPE_INSTRUCTIONS)
            continue;
        unsigned long long size = (unsigned long long)((b >> 22) + 1) * (((b >> 12) & 0x3FF) + 1) *
                                  ((b & 0xFFF) + 1) * ((unsigned long long)c + 1);
        if (size > 0xFFFFFFFFu)
            continue;
        unsigned level = (a >> 5) & 7;
        if (level == 1)
            caches->l1d = (unsigned)size;
        else if (level == 2)
            caches->l2 = (unsigned)size;
        else if (level == 3)
            caches->l3 = (unsigned)size;
    }
}

/* Intel's leaf and AMD's have the same layout, one subleaf per cache; the other's reads as empty.
 */
static void detect_caches_cpuid(kov_cpu_caches *caches)
{
    read_cache_leaf(4, caches);
    if (caches->l1d == 0)
        read_cache_leaf(0x8000001Du, caches);
}

#else

static kov_isa detect_isa(void)
{
    return KOV_ISA_BASELINE;
}

static void detect_caches_cpuid(kov_cpu_caches *caches)
{
    (void)caches;
}

#endif

static bool read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    bool read = fgets(line, size, file) != NULL;
    fclose(file);
    if (read)
        line[strcspn(line, "\n")] = '\0';
    return read;
}

static unsigned parse_size(const char *text)
{
    char *end;
    unsigned long long size = strtoull(text, &end, 10);
    if (*end == 'K')
        size <<= 10;
    else if (*end == 'M')
        size <<= 20;
    return size <= 0xFFFFFFFFu ? (unsigned)size : 0;
}

/* sysfs comes second: it costs file reads, and is often absent in containers. */
static void detect_caches_sysfs(kov_cpu_caches *caches)
{
    for (int i = 0; i < 8; i++) {
        char path[96], level[16], type[32], size[32];
        const char *base = "/sys/devices/system/cpu/cpu0/cache/index";
        snprintf(path, sizeof path, "%s%d/level", base, i);
        if (!read_line(path, level, sizeof level))
            return;
        snprintf(path, sizeof path, "%s%d/type", base, i);
        if (!read_line(path, type, sizeof type) || strcmp(type, "Instruction") == 0)
            continue;
        snprintf(path, sizeof path, "%s%d/size", base, i);
        if (!read_line(path, size, sizeof size))
            continue;
        unsigned bytes = parse_size(size);
        unsigned *field = level[0] == '1'   ? &caches->l1d
                          : level[0] == '2' ? &caches->l2
                          : level[0] == '3' ? &caches->l3
                                            : NULL;
        if (field != NULL && *field == 0)
            *field = bytes;
    }
}

static void find_caches(void)
{
    enum { DEFAULT_L1D = 32 << 10, DEFAULT_L2 = 512 << 10, DEFAULT_L3 = 4 << 20 };
    kov_cpu_caches caches = {0};
    detect_caches_cpuid(&caches);
    if (caches.l1d == 0 || caches.l2 == 0 || caches.l3 == 0)
        detect_caches_sysfs(&caches);
    caches_found.l1d = caches.l1d != 0 ? caches.l1d : DEFAULT_L1D;
    caches_found.l2 = caches.l2 != 0 ? caches.l2 : DEFAULT_L2;
    caches_found.l3 = caches.l3 != 0 ? caches.l3 : DEFAULT_L3;
}

static void find_isa(void)
{
    isa_found = detect_isa();
    const char *wanted = getenv("KOV_ISA");
    if (wanted == NULL)
        return;
    for (int i = 0; i < (int)isa_found; i++)
        if (strcmp(wanted, isa_names[i]) == 0)
            isa_found = (kov_isa)i;
}

kov_isa kov_cpu_isa(void)
{
    pthread_once(&isa_once, find_isa);
    return isa_found;
}

const char *kov_isa_name(kov_isa isa)
{
    return isa >= 0 && isa < KOV_ISA_COUNT ? isa_names[isa] : "unknown";
}

const kov_cpu_caches *kov_cpu_cache_sizes(void)
{
    pthread_once(&caches_once, find_caches);
    return &caches_found;
}
