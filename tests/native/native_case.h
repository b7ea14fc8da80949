/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs computed natively and by the reference interpreter, and compared. */
#ifndef KOV_TESTS_NATIVE_CASE_H
#define KOV_TESTS_NATIVE_CASE_H

#include "base/status.h"
#include "graph/builder.h"
#include "native/executable.h"
#include "opset_build.h"

enum { NATIVE_CASE_INPUTS = 32, NATIVE_CASE_RESULTS = 32 };

typedef struct native_case {
    kov_context *context;
    kov_builder *b;
    kov_tensor *inputs[NATIVE_CASE_INPUTS];
    int input_count;
    uint64_t seed;
} native_case;

native_case *native_begin(int threads);
void native_end(native_case *test); /* and checks that all memory is free */

/* A parameter with random data: floats in [-1, 1), integers in [-8, 8), bools. */
kov_value native_input(native_case *test, kov_dtype dtype, int ndim, const int64_t *dims,
                       kov_parameter_role role);
kov_value native_constant(native_case *test, kov_dtype dtype, int ndim, const int64_t *dims);
/* An i64 parameter with these numbers. */
kov_value native_numbers(native_case *test, int n, const int64_t *at);
double native_random(native_case *test); /* in [0, 1) */
int native_below(native_case *test, int n);
kov_tensor *native_tensor(native_case *test, kov_dtype dtype, int ndim, const int64_t *dims);

#define DIMS(...)                                                                                  \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[])                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define INTS(test, ...)                                                                            \
    kov_constant_i64((test)->b, (const int64_t[]){__VA_ARGS__},                                    \
                     (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))

/* Ends the graph with these results. */
kov_graph *native_finish(native_case *test, const kov_value *results, int n);
/* Finishes, runs natively (twice) and by the interpreter, and compares: |a - b| <= tolerance *
 * (1 + |b|) for floats, equal otherwise. Returns the executable's steps. */
int native_check(native_case *test, const kov_value *results, int n, double tolerance);
/* Compares two tensors so. */
void native_compare(const kov_tensor *have, const kov_tensor *want, double tolerance);

#endif
