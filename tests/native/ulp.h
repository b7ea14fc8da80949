/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of float32 functions in units in the last place, over ranges of bit patterns.
 *
 * The reference is the C library in double: its error, a few 2^-53, is below 2^-26 of a float32
 * ulp. ulp_reference_precise is the same in long double, to check that claim. */
#ifndef KOV_TESTS_ULP_H
#define KOV_TESTS_ULP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef double ulp_reference(double x);
typedef long double ulp_precise_reference(long double x);

/* NULL for an unknown name. Names are those of elementwise_ops.h: "log1p". */
ulp_reference *ulp_reference_find(const char *name);
ulp_precise_reference *ulp_reference_precise(const char *name);

/* The function under test: y[i] = f(x[i]). Called from several threads at once. */
typedef void ulp_function(void *user, const float *x, float *y, size_t n);

typedef struct ulp_result {
    double worst;        /* largest error in ulp; infinity for a wrong NaN, infinity or sign of 0 */
    uint32_t worst_bits; /* where: the argument's bits */
    float got;
    double wanted;
    uint64_t tested;
} ulp_result;

/* |got - wanted| in ulp of wanted as a float32 (subnormals: of the least one). Overflow counts as
 * 2^128. Infinity if only one is NaN or if wanted is 0 and got is not the same zero. */
double ulp_error(float got, double wanted);

/* Tests the patterns first, first + stride, ... below end (at most 2^32) on `threads` threads.
 * false: out of memory or threads. */
bool ulp_sweep(ulp_function *function, void *user, ulp_reference *reference, uint64_t first,
               uint64_t end, uint64_t stride, int threads, ulp_result *result);

/* Keeps the worse of the two and adds the counts. */
void ulp_result_merge(ulp_result *into, const ulp_result *from);

/* Sweeps every `stride`th pattern, and every pattern of the ranges where functions tend to go
 * wrong: around 0, the least normal, 1, -1, powers of two, pi / 2, overflow edges of exp, infinity.
 */
bool ulp_sweep_special(ulp_function *function, void *user, ulp_reference *reference,
                       uint64_t stride, int threads, ulp_result *result);

#endif
