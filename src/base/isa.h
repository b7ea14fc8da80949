/* SPDX-License-Identifier: Apache-2.0 */
/* One kernel source per instruction set: every `*.isa.c` is compiled once for each, with KOV_ISA
 * set to baseline, avx2 or avx512. KOV_ISA_NAME(f32_exp) is then f32_exp__avx2 and so on. */
#ifndef KOV_BASE_ISA_H
#define KOV_BASE_ISA_H

#define KOV_ISA_JOIN2(name, isa) name##__##isa
#define KOV_ISA_JOIN(name, isa) KOV_ISA_JOIN2(name, isa)
#define KOV_ISA_NAME(name) KOV_ISA_JOIN(name, KOV_ISA)

/* Declares the function for every instruction set; `type` is a function type. */
#define KOV_ISA_DECLARE(type, name) type name##__baseline, name##__avx2, name##__avx512
/* An initialiser of `type *table[KOV_ISA_COUNT]`. */
#define KOV_ISA_TABLE(name) {name##__baseline, name##__avx2, name##__avx512}

#endif
