/* SPDX-License-Identifier: Apache-2.0 */
/* Module linalg: powers of matrices. */
#include "keras/helpers.h"
#include "keras_functions.h"

static kov_value identity_like(kov_builder *b, kov_value x)
{
    int ndim = kov_ndim(b, x);
    kov_value rows = kov_dim_value(b, x, ndim - 2), columns = kov_dim_value(b, x, ndim - 1);
    kov_value one = kov_eye(b, rows, columns, kov_constant_i64_scalar(b, 0), kov_dtype_of(b, x));
    return kov_broadcast_to(b, one, kov_shape_value(b, x));
}

kov_value kov_linalg_matrix_power(kov_builder *b, kov_value x, int64_t n)
{
    x = kov_strong(b, x);
    if (b->status == KOV_OK && kov_ndim(b, x) < 2)
        return kov_builder_fail(
            b, KOV_INVALID_ARGUMENT,
            "matrix_power: Expected input to have rank >= 2. It has %d dimensions", kov_ndim(b, x));
    if (n < 0)
        x = kov_linalg_inv(b, x);
    kov_dtype dtype = kov_dtype_of(b, x);
    if (n == 0)
        return identity_like(b, x);

    /* x^n is the product of the squarings x, x^2, x^4, ... that n's binary digits name. */
    kov_value squaring = kov_widen(b, x), power = KOV_VALUE_NONE;
    for (uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;;) {
        if (left & 1)
            power = power == KOV_VALUE_NONE ? squaring : kov_numpy_matmul(b, power, squaring);
        left >>= 1;
        if (left == 0)
            return kov_narrow(b, power, dtype);
        squaring = kov_numpy_matmul(b, squaring, squaring);
    }
}
