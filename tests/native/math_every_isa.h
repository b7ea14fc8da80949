/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a test program's tests once for each instruction set. */
#ifndef KOV_TESTS_MATH_EVERY_ISA_H
#define KOV_TESTS_MATH_EVERY_ISA_H

/* Calls run() in a child process for each of baseline, avx2, avx512 (as far as the CPU has them),
 * with KOV_ISA set. Returns the exit status for main: 0 if all returned 0. */
int every_isa(int (*run)(void));

#endif
