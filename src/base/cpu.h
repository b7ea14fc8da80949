/* SPDX-License-Identifier: Apache-2.0 */
/* Instruction sets, in order: a kernel compiled for one runs on all above it. */
#ifndef KOV_BASE_CPU_H
#define KOV_BASE_CPU_H

typedef enum kov_isa { KOV_ISA_BASELINE = 0, KOV_ISA_AVX2, KOV_ISA_AVX512, KOV_ISA_COUNT } kov_isa;

/* The best that this CPU and system offer, lowered by the environment variable KOV_ISA
 * ("baseline", "avx2", "avx512"). Read once. AVX2 means AVX2+FMA+F16C; AVX512 means F, BW, DQ, VL.
 */
kov_isa kov_cpu_isa(void);
const char *kov_isa_name(kov_isa isa);

/* Bytes of the data caches as seen from one core; sane defaults where unknown. */
typedef struct kov_cpu_caches {
    unsigned l1d, l2, l3;
} kov_cpu_caches;
const kov_cpu_caches *kov_cpu_cache_sizes(void);

#endif
