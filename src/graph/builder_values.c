/* SPDX-License-Identifier: Apache-2.0 */
/* Constants, types and shapes as values: what decompositions say most. */
#include "base/status.h"
#include "graph/builder.h"
#include "opset_build.h"
#include "tensor/convert.h"

/* ---- constants ---- */

static kov_value constant_of(kov_builder *b, kov_dtype dtype, int ndim, const int64_t *dims,
                             kov_dtype from, const void *data, int64_t n, uint8_t weak)
{
    kov_tensor *tensor;
    if (b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    kov_status status = kov_tensor_create(b->context, dtype, ndim, dims, &tensor);
    if (status != KOV_OK)
        return kov_builder_adopt(b, status);
    status = kov_convert(from, data, dtype, kov_tensor_data_mut(tensor), n);
    kov_value v = KOV_VALUE_ERROR;
    if (status != KOV_OK)
        kov_builder_adopt(b, status);
    else
        v = kov_builder_add_constant(b, tensor, weak);
    kov_tensor_release(tensor);
    return v;
}

kov_value kov_builder_constant(kov_builder *b, kov_tensor *tensor)
{
    return kov_builder_add_constant(b, tensor, KOV_WEAK_NONE);
}

kov_value kov_constant_number(kov_builder *b, kov_dtype dtype, double number)
{
    return constant_of(b, dtype, 0, NULL, KOV_DTYPE_F64, &number, 1, KOV_WEAK_NONE);
}

kov_value kov_constant_int(kov_builder *b, kov_dtype dtype, int64_t number)
{
    return constant_of(b, dtype, 0, NULL, KOV_DTYPE_I64, &number, 1, KOV_WEAK_NONE);
}

kov_value kov_constant_i64(kov_builder *b, const int64_t *at, int n)
{
    const int64_t dims[1] = {n};
    return constant_of(b, KOV_DTYPE_I64, 1, dims, KOV_DTYPE_I64, at, n, KOV_WEAK_NONE);
}

kov_value kov_constant_i64_scalar(kov_builder *b, int64_t number)
{
    return kov_constant_int(b, KOV_DTYPE_I64, number);
}

kov_value kov_weak_number(kov_builder *b, int weak, double real, int64_t integer)
{
    if (weak == KOV_WEAK_INT)
        return constant_of(b, KOV_DTYPE_I64, 0, NULL, KOV_DTYPE_I64, &integer, 1, KOV_WEAK_INT);
    return constant_of(b, KOV_DTYPE_F64, 0, NULL, KOV_DTYPE_F64, &real, 1, KOV_WEAK_FLOAT);
}

kov_value kov_weak_complex(kov_builder *b, const double parts[2])
{
    return constant_of(b, KOV_DTYPE_C128, 0, NULL, KOV_DTYPE_C128, parts, 1, KOV_WEAK_COMPLEX);
}

kov_value kov_scalar_like(kov_builder *b, kov_value v, double number)
{
    return v == KOV_VALUE_ERROR ? v : kov_constant_number(b, kov_dtype_of(b, v), number);
}

/* ---- reading ---- */

int kov_ndim(kov_builder *b, kov_value v)
{
    return kov_builder_value(b, v)->ndim;
}

kov_dtype kov_dtype_of(kov_builder *b, kov_value v)
{
    return kov_builder_value(b, v)->dtype;
}

/* The number behind a dimension, with a guard if only hints give it. */
static bool read_dim(kov_builder *b, kov_dim dim, int64_t *out)
{
    if (kov_dim_is_number(dim)) {
        *out = dim;
        return true;
    }
    if (!kov_dim_hint(b->dims, dim, out))
        return false;
    kov_guard guard = {dim, *out};
    if (!KOV_PUSH(b->context, b->guards, guard))
        kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    return true;
}

int64_t kov_dim_number(kov_builder *b, kov_value v, int axis)
{
    const kov_value_info *info = kov_builder_value(b, v);
    int64_t number = 1;
    if (info->ndim == 0 || v == KOV_VALUE_ERROR)
        return 1;
    if (!read_dim(b, info->dims[axis], &number)) {
        char shape[160];
        kov_dims_print(b->dims, info->ndim, info->dims, shape, sizeof shape);
        kov_builder_fail(
            b, KOV_UNKNOWN_DIMENSION,
            "the number of dimension %d of shape %s is needed but is free in this trace", axis,
            shape);
        return 1;
    }
    return number;
}

bool kov_dim_is(kov_builder *b, kov_value v, int axis, int64_t number)
{
    const kov_value_info *info = kov_builder_value(b, v);
    return axis < info->ndim && info->dims[axis] == number;
}

bool kov_dim_equals(kov_builder *b, kov_value v, int axis, int64_t number)
{
    const kov_value_info *info = kov_builder_value(b, v);
    if (v == KOV_VALUE_ERROR || axis >= info->ndim)
        return false;
    kov_dim dim = info->dims[axis];
    if (kov_dim_is_number(dim))
        return dim == number;
    /* The guard asks for no more than the answer: 0 where they are equal, else 1. */
    kov_dim over = kov_dim_max(b->dims, kov_dim_sub(b->dims, dim, number), 0);
    kov_dim under = kov_dim_max(b->dims, kov_dim_sub(b->dims, number, dim), 0);
    kov_dim apart = kov_dim_min(b->dims, kov_dim_add(b->dims, over, under), 1);
    int64_t differs;
    return read_dim(b, apart, &differs) && differs == 0;
}

bool kov_dim_agrees(kov_builder *b, kov_value x, int x_axis, kov_value y, int y_axis)
{
    if (x == KOV_VALUE_ERROR || y == KOV_VALUE_ERROR)
        return true;
    kov_dim one = kov_builder_value(b, x)->dims[x_axis],
            other = kov_builder_value(b, y)->dims[y_axis];
    if (one == other)
        return true;
    if (kov_dim_is_number(one) && kov_dim_is_number(other))
        return false;
    int64_t difference;
    return !read_dim(b, kov_dim_sub(b->dims, one, other), &difference) || difference == 0;
}

int kov_content_numbers(kov_builder *b, kov_value v, int64_t *out, int capacity)
{
    const kov_value_info *info = kov_builder_value(b, v);
    if (v == KOV_VALUE_ERROR)
        return 0;
    const kov_content *content = info->content;
    if (!content) {
        kov_builder_fail(b, KOV_UNKNOWN_VALUE,
                         "the content of a tensor is needed that is known only "
                         "when the graph runs");
        return 0;
    }
    if (content->n > capacity) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%d numbers given, at most %d taken", content->n,
                         capacity);
        return 0;
    }
    for (int i = 0; i < content->n; i++) {
        const kov_content_element *e = &content->at[i];
        if (!e->known || !read_dim(b, e->dim, &out[i])) {
            kov_builder_fail(b, KOV_UNKNOWN_VALUE,
                             "element %d of a shape is needed but is free in this trace", i);
            return 0;
        }
        if (e->negative)
            out[i] = -out[i];
    }
    return content->n;
}

/* Whether one dimension is more than another, if that can be read. */
static bool is_more(kov_builder *b, kov_dim one, kov_dim other)
{
    int64_t excess;
    if (kov_dim_is_number(one) && kov_dim_is_number(other))
        return one > other;
    return read_dim(b, kov_dim_max(b->dims, kov_dim_sub(b->dims, one, other), 0), &excess) &&
           excess > 0;
}

bool kov_content_above(kov_builder *b, kov_value v, int i, kov_dim bound)
{
    const kov_content *content = kov_builder_value(b, v)->content;
    return v != KOV_VALUE_ERROR && content && i < content->n && content->at[i].known &&
           !content->at[i].negative && is_more(b, content->at[i].dim, bound);
}

int kov_axis(kov_builder *b, const char *op, int64_t axis, int ndim)
{
    if (axis >= -ndim && axis < ndim)
        return (int)(axis < 0 ? axis + ndim : axis);
    kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: axis %lld is out of range for %d dimensions", op,
                     (long long)axis, ndim);
    return 0;
}

/* ---- shapes as values ---- */

kov_value kov_shape_value(kov_builder *b, kov_value v)
{
    const kov_value_info *info = kov_builder_value(b, v);
    if (v != KOV_VALUE_ERROR && kov_value_is_static(info))
        return kov_constant_i64(b, info->dims, info->ndim);
    return kov_shape_of(b, v, KOV_DTYPE_I64);
}

kov_value kov_dims_value(kov_builder *b, kov_value v, int from, int to)
{
    const kov_value_info *info = kov_builder_value(b, v);
    bool known = v != KOV_VALUE_ERROR && from >= 0 && to <= info->ndim;
    for (int i = from; known && i < to; i++)
        known = kov_dim_is_number(info->dims[i]);
    if (known)
        return kov_constant_i64(b, info->dims + from, to - from);
    const int64_t start = from, stop = to, one = 1, zero = 0;
    return kov_slice(b, kov_shape_value(b, v), kov_constant_i64(b, &start, 1),
                     kov_constant_i64(b, &stop, 1), kov_constant_i64(b, &one, 1),
                     kov_constant_i64(b, &zero, 1));
}

kov_value kov_dim_value(kov_builder *b, kov_value v, int axis)
{
    const kov_value_info *info = kov_builder_value(b, v);
    if (v == KOV_VALUE_ERROR)
        return v;
    if (kov_dim_is_number(info->dims[axis]))
        return kov_constant_i64_scalar(b, info->dims[axis]);
    return kov_gather(b, kov_shape_value(b, v), kov_constant_i64_scalar(b, axis),
                      kov_constant_i64_scalar(b, 0), 0);
}

kov_value kov_builder_dim_value(kov_builder *b, kov_value v, int axis)
{
    int at = kov_axis(b, "shape", axis, kov_ndim(b, v));
    return b->status == KOV_OK ? kov_cast(b, kov_dim_value(b, v, at), KOV_DTYPE_I32)
                               : KOV_VALUE_ERROR;
}

kov_value kov_join_dims(kov_builder *b, const kov_value *parts, int n)
{
    kov_value at[KOV_MAX_NDIM * 2];
    if (n > (int)(sizeof at / sizeof at[0]))
        return kov_builder_fail(b, KOV_INVALID_ARGUMENT, "a shape of %d parts", n);
    if (n == 0)
        return kov_constant_i64(b, NULL, 0);
    for (int i = 0; i < n; i++) {
        at[i] = kov_cast(b, parts[i], KOV_DTYPE_I64);
        if (kov_ndim(b, at[i]) == 0)
            at[i] = kov_unsqueeze(b, at[i], kov_constant_i64_scalar(b, 0));
    }
    return n == 1 ? at[0] : kov_concat(b, at, n, 0);
}

kov_value kov_reshape_to(kov_builder *b, kov_value v, const int64_t *dims, int n)
{
    return kov_reshape(b, v, kov_constant_i64(b, dims, n), false);
}

/* ---- types ---- */

kov_value kov_cast(kov_builder *b, kov_value v, kov_dtype dtype)
{
    const kov_value_info *info = kov_builder_value(b, v);
    if (v == KOV_VALUE_ERROR || b->status != KOV_OK)
        return KOV_VALUE_ERROR;
    if (info->dtype == dtype && info->weak == KOV_WEAK_NONE)
        return v;
    if (!kov_integer_class_fits(kov_builder_integer_class(b, v), dtype))
        return kov_builder_fail(b, KOV_OVERFLOW, "a Python int is outside the range of %s",
                                kov_dtype_keras_name(dtype));
    const kov_tensor *constant = kov_builder_constant_tensor(b, v);
    if (constant && kov_tensor_count(constant) == 1) /* a number: exact, and no node */
        return constant_of(b, dtype, info->ndim, kov_tensor_dims(constant), info->dtype,
                           kov_tensor_data(constant), 1, KOV_WEAK_NONE);
    const kov_attr attrs[] = {kov_attr_dtype(dtype)};
    return kov_emit(b, KOV_OP_CONVERT, &v, 1, attrs);
}

kov_value kov_as_float(kov_builder *b, kov_value v)
{
    const kov_value_info *info = kov_builder_value(b, v);
    if (v == KOV_VALUE_ERROR)
        return v;
    kov_dtype dtype = kov_promote_to_float(info->dtype, b->floatx);
    if (info->weak != KOV_WEAK_NONE) /* a Python complex has a type of its own, the others floatx */
        dtype = info->weak == KOV_WEAK_COMPLEX ? kov_result_type(b, &v, 1) : b->floatx;
    return kov_cast(b, v, dtype);
}

kov_dtype kov_result_type(kov_builder *b, const kov_value *vs, int n)
{
    kov_operand_type few[16], *types = few;
    kov_dtype result = KOV_DTYPE_F32;
    if (n > 16) {
        types = kov_alloc(b->context, sizeof *types * (size_t)n);
        if (!types) {
            kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
            return result;
        }
    }
    for (int i = 0; i < n; i++) {
        const kov_value_info *info = kov_builder_value(b, vs[i]);
        types[i] = (kov_operand_type){info->dtype, info->weak};
    }
    if (b->status == KOV_OK)
        kov_builder_adopt(b, kov_promote(types, n, b->floatx, &result));
    if (types != few)
        kov_free(b->context, types);
    return result;
}

void kov_promote_all(kov_builder *b, kov_value *vs, int n)
{
    kov_dtype dtype = kov_result_type(b, vs, n);
    for (int i = 0; i < n; i++)
        vs[i] = kov_cast(b, vs[i], dtype);
}

void kov_promote_pair(kov_builder *b, kov_value *x, kov_value *y)
{
    kov_value both[2] = {*x, *y};
    kov_promote_all(b, both, 2);
    *x = both[0];
    *y = both[1];
}

/* ---- public reading ---- */

kov_dtype kov_builder_dtype(const kov_builder *b, kov_value v)
{
    return kov_builder_value(b, v)->dtype;
}

int kov_builder_ndim(const kov_builder *b, kov_value v)
{
    return kov_builder_value(b, v)->ndim;
}

int64_t kov_builder_dim(const kov_builder *b, kov_value v, int axis)
{
    const kov_value_info *info = kov_builder_value(b, v);
    return axis >= 0 && axis < info->ndim ? info->dims[axis] : 0;
}
