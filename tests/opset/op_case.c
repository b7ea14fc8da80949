/* SPDX-License-Identifier: Apache-2.0 */
#include "op_case.h"

#include "opset/interpret.h"
#include "tensor/convert.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

op_case *op_begin(void)
{
    op_case *test = calloc(1, sizeof *test);
    assert_non_null(test);
    assert_int_equal(kov_context_create(NULL, &test->context), KOV_OK);
    assert_int_equal(kov_builder_create(test->context, &test->b), KOV_OK);
    return test;
}

void op_end(op_case *test)
{
    kov_builder_release(test->b);
    for (int i = 0; i < test->n; i++)
        kov_tensor_release(test->tensors[i]);
    assert_int_equal(kov_context_bytes_in_use(test->context), 0);
    kov_context_release(test->context);
    free(test);
}

static void keep(op_case *test, kov_tensor *tensor)
{
    assert_true(test->n < OP_CASE_TENSORS);
    test->tensors[test->n++] = tensor;
}

kov_value op_data(op_case *test, kov_dtype dtype, int ndim, const int64_t *dims, const void *data)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_from_data(test->context, dtype, ndim, dims, data, &tensor), KOV_OK);
    keep(test, tensor);
    return kov_builder_constant(test->b, tensor);
}

kov_value op_reals(op_case *test, kov_dtype dtype, int ndim, const int64_t *dims,
                   const double *data)
{
    kov_tensor *tensor;
    assert_int_equal(kov_tensor_create(test->context, dtype, ndim, dims, &tensor), KOV_OK);
    keep(test, tensor);
    assert_int_equal(kov_convert(KOV_DTYPE_F64, data, dtype, kov_tensor_data_mut(tensor),
                                 kov_tensor_count(tensor)),
                     KOV_OK);
    return kov_builder_constant(test->b, tensor);
}

kov_value op_ints_at(op_case *test, int n, const int64_t *at)
{
    return op_data(test, KOV_DTYPE_I64, 1, (const int64_t[]){n}, at);
}

kov_value op_int(op_case *test, int64_t number)
{
    return op_data(test, KOV_DTYPE_I64, DIMS0, &number);
}

static kov_status compute(op_case *test, const kov_value *values, int n, kov_tensor **out)
{
    kov_graph *graph = NULL;
    kov_status status = kov_builder_finish(test->b, values, n, NULL, &graph);
    if (status == KOV_OK)
        status = kov_interpret(graph, NULL, 0, out);
    kov_graph_release(graph);
    kov_builder_release(test->b);
    assert_int_equal(kov_builder_create(test->context, &test->b), KOV_OK);
    return status;
}

void op_results(op_case *test, const kov_value *values, int n, const kov_tensor **out)
{
    kov_tensor *tensors[16] = {NULL};
    assert_true(n <= 16);
    if (compute(test, values, n, tensors) != KOV_OK)
        fail_msg("%s", kov_error_text());
    for (int i = 0; i < n; i++) {
        keep(test, tensors[i]);
        out[i] = tensors[i];
    }
}

const kov_tensor *op_result(op_case *test, kov_value value)
{
    const kov_tensor *tensor;
    op_results(test, &value, 1, &tensor);
    return tensor;
}

kov_status op_failure(op_case *test, kov_value value)
{
    kov_tensor *tensor = NULL;
    kov_status status = compute(test, &value, 1, &tensor);
    kov_tensor_release(tensor);
    return status;
}

void op_check(op_case *test, kov_value value, kov_dtype dtype, int ndim, const int64_t *dims,
              const double *expected)
{
    const kov_tensor *tensor = op_result(test, value);
    assert_int_equal(kov_tensor_dtype(tensor), dtype);
    assert_int_equal(kov_tensor_ndim(tensor), ndim);
    for (int axis = 0; axis < ndim; axis++)
        assert_int_equal(kov_tensor_dims(tensor)[axis], dims[axis]);
    size_t size = (size_t)kov_dtype_bits(dtype) / 8;
    for (int64_t k = 0; k < kov_tensor_count(tensor); k++) {
        double have;
        const char *at = (const char *)kov_tensor_data(tensor) + (size_t)k * size;
        assert_int_equal(kov_convert(dtype, at, KOV_DTYPE_F64, &have, 1), KOV_OK);
        if (!(have == expected[k] || (isnan(have) && isnan(expected[k]))))
            fail_msg("element %lld is %.17g, not %.17g", (long long)k, have, expected[k]);
    }
}
