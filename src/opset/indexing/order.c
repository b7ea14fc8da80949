/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/indexing/order.h"

#include "opset/elements.h"

#include <math.h>

static int compare_real(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

kov_status kov_ordered_load(const kov_eval *eval, const kov_view *view, kov_ordered *out)
{
    out->wide = kov_dtype_is_complex(view->dtype)  ? KOV_DTYPE_C128
                : kov_dtype_is_float(view->dtype)  ? KOV_DTYPE_F64
                : kov_dtype_is_signed(view->dtype) ? KOV_DTYPE_I64
                                                   : KOV_DTYPE_U64;
    return kov_elements_load(eval, view, out->wide, &out->at);
}

int kov_ordered_compare(const kov_ordered *a, int64_t i, const kov_ordered *b, int64_t j)
{
    if (a->wide == KOV_DTYPE_F64)
        return compare_real(((const double *)a->at)[i], ((const double *)b->at)[j]);
    if (a->wide == KOV_DTYPE_I64) {
        int64_t x = ((const int64_t *)a->at)[i], y = ((const int64_t *)b->at)[j];
        return (x > y) - (x < y);
    }
    if (a->wide == KOV_DTYPE_U64) {
        uint64_t x = ((const uint64_t *)a->at)[i], y = ((const uint64_t *)b->at)[j];
        return (x > y) - (x < y);
    }
    const double *x = (const double *)a->at + 2 * i, *y = (const double *)b->at + 2 * j;
    int x_nan = 2 * isnan(x[0]) + isnan(x[1]), y_nan = 2 * isnan(y[0]) + isnan(y[1]);
    if (x_nan != y_nan)
        return x_nan < y_nan ? -1 : 1;
    int real = compare_real(x[0], y[0]);
    return real ? real : compare_real(x[1], y[1]);
}
