/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs before and after a pass, compared. */
#ifndef KOV_TESTS_PASS_CASE_H
#define KOV_TESTS_PASS_CASE_H

#include "native/native_case.h"
#include "passes/passes.h"

typedef kov_status (*pass_function)(const kov_graph *graph, const kov_pass_options *options,
                                    kov_graph **out);

#define PASS_BITS 0.0 /* as tolerance: equal to the bit */

/* How many nodes of this operation there are. */
int pass_count(const kov_graph *graph, int op);
/* How many of them depend on what changes from run to run. */
int pass_run_time_count(const kov_graph *graph, int op);

/* Checks that both graphs are well formed and give the same for the case's inputs: to the bit, or
 * |a - b| <= tolerance * (1 + |b|). */
void pass_same(native_case *test, kov_graph *before, kov_graph *after, double tolerance);
/* Finishes the case's graph, runs the pass and compares. The new graph is the caller's. */
kov_graph *pass_check(native_case *test, pass_function pass, const kov_value *results, int n,
                      double tolerance);
/* Frees the inputs and gives the case a fresh builder. */
void pass_again(native_case *test);

/* Convolution of stride 1 with `pad` on every side of each of n spatial axes. */
kov_value pass_convolution(native_case *test, kov_value x, kov_value weights, int n, int64_t pad);
kov_value pass_transpose(native_case *test, kov_value x, int n, const int64_t *order);

#endif
