/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/indexing/scatter_reduce.h"

#include "opset/elements.h"
#include "opset/elementwise/complex_math.h"

#include <math.h>
#include <string.h>

static double reduce_real(kov_scatter_reduction reduction, double a, double b)
{
    switch (reduction) {
    case KOV_SCATTER_MEAN:
    case KOV_SCATTER_SUM:
        return a + b;
    case KOV_SCATTER_SUB:
        return a - b;
    case KOV_SCATTER_PROD:
        return a * b;
    case KOV_SCATTER_MIN:
        return isnan(a) || a < b ? a : b;
    case KOV_SCATTER_MAX:
        return isnan(a) || a > b ? a : b;
    default:
        return b;
    }
}

static kov_complex reduce_complex(kov_scatter_reduction reduction, kov_complex a, kov_complex b)
{
    static const int ops[] = {
        [KOV_SCATTER_SUM] = KOV_OP_ADD,       [KOV_SCATTER_SUB] = KOV_OP_SUBTRACT,
        [KOV_SCATTER_PROD] = KOV_OP_MULTIPLY, [KOV_SCATTER_MIN] = KOV_OP_MINIMUM,
        [KOV_SCATTER_MAX] = KOV_OP_MAXIMUM,   [KOV_SCATTER_MEAN] = KOV_OP_ADD,
    };
    return reduction == KOV_SCATTER_NONE ? b : kov_complex_binary_of(ops[reduction])(a, b);
}

/* In unsigned arithmetic, which wraps as every narrower integer type does. */
static uint64_t reduce_integer(kov_scatter_reduction reduction, bool is_signed, uint64_t a,
                               uint64_t b)
{
    bool less = is_signed ? (int64_t)a < (int64_t)b : a < b;
    switch (reduction) {
    case KOV_SCATTER_MEAN:
    case KOV_SCATTER_SUM:
        return a + b;
    case KOV_SCATTER_SUB:
        return a - b;
    case KOV_SCATTER_PROD:
        return a * b;
    case KOV_SCATTER_MIN:
        return less ? a : b;
    case KOV_SCATTER_MAX:
        return less ? b : a;
    default:
        return b;
    }
}

bool kov_scatter_reduction_find(const char *name, kov_scatter_reduction *out)
{
    static const char *const names[] = {"none", "sum", "sub", "prod", "min", "max", "mean"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (kov_scatter_reduction)i;
            return true;
        }
    }
    return false;
}

bool kov_scatter_reduction_takes(kov_scatter_reduction reduction, kov_dtype dtype)
{
    if (reduction == KOV_SCATTER_NONE)
        return true;
    if (dtype == KOV_DTYPE_BOOL)
        return reduction != KOV_SCATTER_SUB && reduction != KOV_SCATTER_MEAN;
    return kov_dtype_is_float(dtype) || kov_dtype_is_integer(dtype) || kov_dtype_is_complex(dtype);
}

kov_status kov_scatter_open(const kov_eval *eval, kov_scatter_reduction reduction, kov_scatter *out)
{
    kov_dtype dtype = eval->inputs[0].dtype, wide = kov_elements_wide(dtype);
    *out = (kov_scatter){.eval = eval, .reduction = reduction, .dtype = dtype, .wide = wide};
    KOV_TRY(kov_elements_load(eval, &eval->inputs[0], wide, &out->data));
    kov_status status = kov_elements_load(eval, &eval->inputs[2], wide, &out->updates);
    if (status != KOV_OK) {
        kov_free(eval->context, out->data);
        out->data = NULL;
    }
    return status;
}

static void apply(kov_scatter *scatter, int64_t place, int64_t update)
{
    if (scatter->wide == KOV_DTYPE_F64) {
        double *at = (double *)scatter->data + place;
        *at = reduce_real(scatter->reduction, *at, ((const double *)scatter->updates)[update]);
    } else if (scatter->wide == KOV_DTYPE_C128) {
        kov_complex *at = (kov_complex *)scatter->data + place;
        *at = reduce_complex(scatter->reduction, *at,
                             ((const kov_complex *)scatter->updates)[update]);
    } else {
        uint64_t *at = (uint64_t *)scatter->data + place;
        *at = reduce_integer(scatter->reduction, kov_dtype_is_signed(scatter->dtype), *at,
                             ((const uint64_t *)scatter->updates)[update]);
    }
}

/* Sums, the commonest, in loops of their own. */
void kov_scatter_apply_row(kov_scatter *scatter, int64_t place, int64_t update, int64_t n)
{
    bool sum = scatter->reduction == KOV_SCATTER_SUM;
    if (sum && scatter->wide == KOV_DTYPE_F64) {
        double *data = (double *)scatter->data + place;
        const double *updates = (const double *)scatter->updates + update;
        for (int64_t k = 0; k < n; k++)
            data[k] += updates[k];
    } else if (sum && scatter->wide == KOV_DTYPE_I64) {
        uint64_t *data = (uint64_t *)scatter->data + place;
        const uint64_t *updates = (const uint64_t *)scatter->updates + update;
        for (int64_t k = 0; k < n; k++)
            data[k] += updates[k];
    } else {
        for (int64_t k = 0; k < n; k++)
            apply(scatter, place + k, update + k);
    }
}

void kov_scatter_apply_all(kov_scatter *scatter, const int64_t *places, int64_t n)
{
    bool sum = scatter->reduction == KOV_SCATTER_SUM;
    if (sum && scatter->wide == KOV_DTYPE_F64) {
        double *data = scatter->data;
        const double *updates = scatter->updates;
        for (int64_t k = 0; k < n; k++)
            data[places[k]] += updates[k];
    } else if (sum && scatter->wide == KOV_DTYPE_I64) {
        uint64_t *data = scatter->data;
        const uint64_t *updates = scatter->updates;
        for (int64_t k = 0; k < n; k++)
            data[places[k]] += updates[k];
    } else {
        for (int64_t k = 0; k < n; k++)
            apply(scatter, places[k], k);
    }
}

void kov_scatter_clear(kov_scatter *scatter, int64_t place)
{
    bool is_signed = kov_dtype_is_signed(scatter->dtype);
    double real = 0;
    uint64_t integer = 0;
    switch (scatter->reduction) {
    case KOV_SCATTER_PROD:
        real = 1, integer = 1;
        break;
    case KOV_SCATTER_MIN:
        real = INFINITY;
        integer = is_signed ? (uint64_t)INT64_MAX : UINT64_MAX;
        break;
    case KOV_SCATTER_MAX:
        real = -INFINITY;
        integer = is_signed ? (uint64_t)INT64_MIN : 0;
        break;
    default:
        break;
    }
    bool is_extreme =
        scatter->reduction == KOV_SCATTER_MIN || scatter->reduction == KOV_SCATTER_MAX;
    if (scatter->wide == KOV_DTYPE_F64)
        ((double *)scatter->data)[place] = real;
    else if (scatter->wide == KOV_DTYPE_C128)
        ((kov_complex *)scatter->data)[place] = (kov_complex){real, is_extreme ? real : 0};
    else
        ((uint64_t *)scatter->data)[place] = integer;
}

void kov_scatter_divide(kov_scatter *scatter, int64_t place, int64_t count)
{
    if (scatter->wide == KOV_DTYPE_F64) {
        ((double *)scatter->data)[place] /= (double)count;
    } else if (scatter->wide == KOV_DTYPE_C128) {
        kov_complex *at = (kov_complex *)scatter->data + place;
        *at = (kov_complex){at->re / (double)count, at->im / (double)count};
    } else if (!kov_dtype_is_signed(scatter->dtype)) {
        ((uint64_t *)scatter->data)[place] /= (uint64_t)count;
    } else {
        ((int64_t *)scatter->data)[place] /= count;
    }
}

kov_status kov_scatter_close(kov_scatter *scatter, kov_status status)
{
    if (status == KOV_OK)
        status = kov_elements_store(&scatter->eval->outputs[0], scatter->wide, scatter->data);
    kov_free(scatter->eval->context, scatter->data);
    kov_free(scatter->eval->context, scatter->updates);
    return status;
}
