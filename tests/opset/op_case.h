/* SPDX-License-Identifier: Apache-2.0 */
/* Building one small graph and computing it with the reference interpreter. A failure of what is
 * not under test fails the test at once. */
#ifndef KOV_TESTS_OP_CASE_H
#define KOV_TESTS_OP_CASE_H

#include "base/status.h"
#include "graph/builder.h"
#include "opset_build.h"

enum { OP_CASE_TENSORS = 4096 };

typedef struct op_case {
    kov_context *context;
    kov_builder *b;
    kov_tensor *tensors[OP_CASE_TENSORS]; /* released at the end */
    int n;
} op_case;

op_case *op_begin(void);
void op_end(op_case *test); /* and checks that all memory is free */

/* A constant. DIMS(2, 3) stands for ndim and dims, DIMS0 for a scalar. */
#define DIMS(...)                                                                                  \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[])                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define DIMS0 0, NULL
kov_value op_data(op_case *test, kov_dtype dtype, int ndim, const int64_t *dims, const void *data);
/* Constants given as double and converted. */
kov_value op_reals(op_case *test, kov_dtype dtype, int ndim, const int64_t *dims,
                   const double *data);
kov_value op_ints_at(op_case *test, int n, const int64_t *at); /* 1-D i64 */
#define INTS(test, ...)                                                                            \
    op_ints_at((test), (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                  \
               (const int64_t[]){__VA_ARGS__})
kov_value op_int(op_case *test, int64_t number); /* scalar i64 */

/* The values, computed; borrowed until op_end. A new builder is opened: older kov_values end here.
 */
void op_results(op_case *test, const kov_value *values, int n, const kov_tensor **out);
const kov_tensor *op_result(op_case *test, kov_value value);
/* Emits, computes, and checks shape and elements, converted to double; NaN equals NaN. */
void op_check(op_case *test, kov_value value, kov_dtype dtype, int ndim, const int64_t *dims,
              const double *expected);
/* The status that computing the value fails with, when built or when run; a new builder is opened.
 */
kov_status op_failure(op_case *test, kov_value value);

#endif
