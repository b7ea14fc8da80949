/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/content_math.h"

static const kov_content_element unknown = {0};

kov_content_element kov_content_of_number(int64_t number)
{
    if (number == INT64_MIN)
        return unknown;
    return (kov_content_element){
        .known = true, .negative = number < 0, .dim = number < 0 ? -number : number};
}

kov_content_element kov_content_of_dim(const kov_dims *dims, kov_dim dim)
{
    if (dim < 0) {
        const kov_dim_expr *expr = kov_dim_expr_of(dims, dim);
        if (expr->kind == KOV_DIM_NUMBER)
            return kov_content_of_number(expr->left);
    }
    return (kov_content_element){.known = true, .dim = dim};
}

bool kov_content_number(kov_content_element e, int64_t *out)
{
    if (!e.known || e.dim < 0)
        return false;
    *out = e.negative ? -e.dim : e.dim;
    return true;
}

bool kov_content_is_dim(const kov_dims *dims, kov_content_element e)
{
    return e.known && (e.negative ? e.dim == 0 : kov_dim_lower(dims, e.dim) >= 0);
}

kov_content_element kov_content_negate(kov_content_element a)
{
    a.negative = a.known && !a.negative && a.dim != 0;
    return a;
}

kov_content_element kov_content_add(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    int64_t x, y, sum;
    if (!a.known || !b.known)
        return unknown;
    bool a_number = kov_content_number(a, &x), b_number = kov_content_number(b, &y);
    if (a_number && b_number)
        return __builtin_add_overflow(x, y, &sum) ? unknown : kov_content_of_number(sum);
    if (a.negative && b.negative)
        return kov_content_negate(
            kov_content_add(dims, kov_content_negate(a), kov_content_negate(b)));
    if (!a.negative && b_number)
        return kov_content_of_dim(dims, kov_dim_add_number(dims, a.dim, y));
    if (!b.negative && a_number)
        return kov_content_of_dim(dims, kov_dim_add_number(dims, b.dim, x));
    if (a.negative)
        return kov_content_of_dim(dims, kov_dim_sub(dims, b.dim, a.dim));
    if (b.negative)
        return kov_content_of_dim(dims, kov_dim_sub(dims, a.dim, b.dim));
    return kov_content_of_dim(dims, kov_dim_add(dims, a.dim, b.dim));
}

kov_content_element kov_content_sub(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    return kov_content_add(dims, a, kov_content_negate(b));
}

kov_content_element kov_content_mul(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    int64_t x, y, product;
    if (!a.known || !b.known)
        return unknown;
    if (kov_content_number(a, &x) && kov_content_number(b, &y))
        return __builtin_mul_overflow(x, y, &product) ? unknown : kov_content_of_number(product);
    kov_content_element e = kov_content_of_dim(dims, kov_dim_mul(dims, a.dim, b.dim));
    return a.negative != b.negative ? kov_content_negate(e) : e;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

kov_content_element kov_content_div(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    int64_t x, y;
    if (!a.known || !b.known)
        return unknown;
    bool b_number = kov_content_number(b, &y);
    if (b_number && y == 0)
        return kov_content_of_number(0);
    if (kov_content_number(a, &x) && b_number)
        return kov_content_of_number(floor_div(x, y));
    if (a.negative == b.negative)
        return kov_content_of_dim(dims, kov_dim_floor_div(dims, a.dim, b.dim));
    return kov_content_negate(kov_content_of_dim(dims, kov_dim_ceil_div(dims, a.dim, b.dim)));
}

kov_content_element kov_content_mod(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    int64_t y;
    if (kov_content_number(b, &y) && y == 0)
        return kov_content_of_number(0);
    return kov_content_sub(dims, a, kov_content_mul(dims, b, kov_content_div(dims, a, b)));
}

kov_content_element kov_content_max(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    int64_t x, y;
    if (!a.known || !b.known)
        return unknown;
    bool a_number = kov_content_number(a, &x), b_number = kov_content_number(b, &y);
    if (a_number && b_number)
        return x > y ? a : b;
    if (!a.negative && !b.negative)
        return kov_content_of_dim(dims, kov_dim_max(dims, a.dim, b.dim));
    if (a.negative && b.negative)
        return kov_content_negate(kov_content_of_dim(dims, kov_dim_min(dims, a.dim, b.dim)));
    kov_content_element positive = a.negative ? b : a, other = a.negative ? a : b;
    if (kov_dim_lower(dims, positive.dim) >= 0 && kov_dim_lower(dims, other.dim) >= 0)
        return positive;
    return unknown;
}

kov_content_element kov_content_min(kov_dims *dims, kov_content_element a, kov_content_element b)
{
    return kov_content_negate(kov_content_max(dims, kov_content_negate(a), kov_content_negate(b)));
}

bool kov_content_follows(kov_dtype dtype, int ndim, const kov_dim *dims, int *n)
{
    if (ndim > 1 || (dtype != KOV_DTYPE_I32 && dtype != KOV_DTYPE_I64 && dtype != KOV_DTYPE_BOOL))
        return false;
    if (ndim == 1 && (dims[0] < 0 || dims[0] > KOV_CONTENT_LIMIT))
        return false;
    *n = ndim == 0 ? 1 : (int)dims[0];
    return true;
}

static bool fits(kov_dtype dtype, kov_content_element e)
{
    int64_t number;
    return !kov_content_number(e, &number) || dtype != KOV_DTYPE_I32 ||
           (number >= INT32_MIN && number <= INT32_MAX);
}

kov_status kov_content_set(kov_infer *infer, int output, kov_dtype dtype, int n,
                           const kov_content_element *elements)
{
    bool any = false;
    for (int i = 0; i < n; i++)
        any = any || (elements[i].known && fits(dtype, elements[i]));
    if (!any && n > 0)
        return KOV_OK;
    kov_content_element *at = kov_infer_content(infer, output, n);
    if (!at)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < n; i++)
        at[i] = fits(dtype, elements[i]) ? elements[i] : unknown;
    return KOV_OK;
}

kov_status kov_content_forward(kov_infer *infer, int output, int input)
{
    const kov_infer_output *out = &infer->outputs[output];
    kov_content_element elements[KOV_CONTENT_LIMIT];
    int n;
    if (!kov_content_follows(out->dtype, out->ndim, out->dims, &n))
        return KOV_OK;
    for (int i = 0; i < n; i++)
        elements[i] = kov_infer_element(infer, input, i);
    return kov_content_set(infer, output, out->dtype, n, elements);
}

kov_content_element kov_content_at(const kov_infer *infer, int input, int i)
{
    return kov_infer_element(infer, input, kov_infer_count(infer, input) == 1 ? 0 : i);
}
