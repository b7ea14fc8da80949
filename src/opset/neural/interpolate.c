/* SPDX-License-Identifier: Apache-2.0 */
/* Interpolate-11: axis after axis, in double; nearest moves elements as they are. */
#include "opset/elements.h"
#include "opset/neural/resample.h"

#include <math.h>
#include <string.h>

static bool by_scales(const kov_attr *attrs)
{
    return strcmp(attrs[KOV_INTERPOLATE_SHAPE_CALCULATION_MODE].u.string, "scales") == 0;
}

static int64_t pad_of(const kov_attr *attrs, int attr, int axis)
{
    kov_ints ints = attrs[attr].u.ints;
    return axis < ints.n ? ints.at[axis] : 0;
}

static int64_t padding_of(const kov_attr *attrs, int axis)
{
    return pad_of(attrs, KOV_INTERPOLATE_PADS_BEGIN, axis) +
           pad_of(attrs, KOV_INTERPOLATE_PADS_END, axis);
}

static kov_status check_attributes(const kov_infer *infer)
{
    const kov_attr *attrs = infer->attrs;
    const char *shape_mode = attrs[KOV_INTERPOLATE_SHAPE_CALCULATION_MODE].u.string;
    const char *mode = attrs[KOV_INTERPOLATE_MODE].u.string;
    const char *coordinate = attrs[KOV_INTERPOLATE_COORDINATE_TRANSFORMATION_MODE].u.string;
    const char *nearest = attrs[KOV_INTERPOLATE_NEAREST_MODE].u.string;
    const char *wrong = kov_resample_mode_find(mode) == KOV_RESAMPLE_MODES             ? mode
                        : kov_coordinate_mode_find(coordinate) == KOV_COORDINATE_MODES ? coordinate
                        : kov_nearest_mode_find(nearest) == KOV_NEAREST_MODES          ? nearest
                        : strcmp(shape_mode, "sizes") != 0 && !by_scales(attrs)        ? shape_mode
                                                                                       : NULL;
    if (wrong)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "there is no mode \"%s\"", wrong);
    for (int attr = KOV_INTERPOLATE_PADS_BEGIN; attr <= KOV_INTERPOLATE_PADS_END; attr++) {
        for (int i = 0; i < attrs[attr].u.ints.n; i++) {
            if (attrs[attr].u.ints.at[i] < 0 || attrs[attr].u.ints.at[i] > INT32_MAX)
                return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "padding must not be negative");
        }
    }
    return KOV_OK;
}

/* Which axis each entry of the sizes or scales is for. */
static kov_status infer_axes(const kov_infer *infer, int *axes, int *count)
{
    int ndim = infer->inputs[0].ndim;
    int64_t n = kov_infer_count(infer, 1), at[KOV_MAX_NDIM];
    if (infer->inputs[1].ndim != 1 || n < 0 || n > ndim)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "sizes or scales must have one number per axis");
    *count = (int)n;
    bool listed = infer->input_count > 2 && infer->inputs[2].ndim >= 0;
    int given = ndim;
    if (listed)
        KOV_TRY(kov_infer_ints(infer, 2, at, KOV_MAX_NDIM, &given));
    if (given != *count)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "%d axes, but %d sizes or scales", given,
                              *count);
    for (int i = 0; i < given; i++)
        KOV_TRY(kov_infer_axis(infer, listed ? at[i] : i, ndim, &axes[i]));
    return KOV_OK;
}

/* floor(dim * scale), symbolic where the scale is whole or one over a whole number. */
static kov_dim scaled(kov_dims *dims, kov_dim dim, double scale)
{
    if (kov_dim_is_number(dim))
        return (kov_dim)floor((double)dim * scale + 1e-6);
    double inverse = 1 / scale;
    if (scale == floor(scale) && scale < 1e9)
        return kov_dim_mul(dims, dim, (int64_t)scale);
    if (fabs(inverse - round(inverse)) < 1e-6 && inverse < 1e9)
        return kov_dim_floor_div(dims, dim, (int64_t)round(inverse));
    return kov_dim_unknown(dims);
}

static kov_status infer_dim(const kov_infer *infer, int i, kov_dim *dim)
{
    double scale;
    if (by_scales(infer->attrs)) {
        if (!kov_infer_number(infer, 1, i, &scale)) {
            *dim = kov_dim_unknown(infer->dims);
            return KOV_OK;
        }
        if (!(scale > 0) || !(scale < 1e12))
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "scales must be positive");
        *dim = scaled(infer->dims, *dim, scale);
        return KOV_OK;
    }
    kov_content_element e = kov_infer_element(infer, 1, i);
    if (e.known && e.negative)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "sizes must not be negative");
    *dim = e.known ? e.dim : kov_dim_unknown(infer->dims);
    return KOV_OK;
}

kov_status kov_infer_interpolate(kov_infer *infer)
{
    const kov_infer_input *data = &infer->inputs[0];
    kov_dim dims[KOV_MAX_NDIM];
    int axes[KOV_MAX_NDIM], count = 0;
    KOV_TRY(check_attributes(infer));
    if (!kov_dtype_is_float(data->dtype) && !kov_dtype_is_integer(data->dtype) &&
        data->dtype != KOV_DTYPE_BOOL)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "data must hold real numbers");
    KOV_TRY(infer_axes(infer, axes, &count));
    for (int i = 0; i < data->ndim; i++)
        dims[i] = kov_dim_add_number(infer->dims, data->dims[i], padding_of(infer->attrs, i));
    for (int i = 0; i < count; i++) {
        KOV_TRY(infer_dim(infer, i, &dims[axes[i]]));
        if (data->dims[axes[i]] == 0 && dims[axes[i]] != 0 &&
            padding_of(infer->attrs, axes[i]) == 0)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "data is empty along axis %d",
                                  axes[i]);
    }
    kov_infer_set(infer, 0, data->dtype, data->ndim, dims);
    return KOV_OK;
}

/* A tensor on its way through the axes. */
typedef struct stage {
    int ndim;
    int64_t dims[KOV_MAX_NDIM];
    size_t size;  /* bytes of an element */
    void *data;   /* owned */
    bool nearest; /* elements move as they are; else they are double */
} stage;

static int64_t stage_count(const stage *stage)
{
    return kov_dims_product(stage->dims, 0, stage->ndim);
}

static kov_status load_stage(const kov_eval *eval, bool nearest, stage *stage)
{
    const kov_view *data = &eval->inputs[0];
    stage->ndim = data->ndim;
    stage->nearest = nearest;
    memcpy(stage->dims, data->dims, (size_t)data->ndim * sizeof *stage->dims);
    stage->size = sizeof(double);
    if (!nearest)
        return kov_elements_load(eval, data, KOV_DTYPE_F64, &stage->data);
    KOV_TRY(kov_element_size(eval, data->dtype, &stage->size));
    stage->data = kov_alloc(eval->context, (size_t)data->count * stage->size);
    if (!stage->data)
        return KOV_OUT_OF_MEMORY;
    if (data->count > 0)
        memcpy(stage->data, data->data, (size_t)data->count * stage->size);
    return KOV_OK;
}

static kov_status pad_axis(kov_context *context, stage *stage, int axis, int64_t before,
                           int64_t after)
{
    int64_t outer = kov_dims_product(stage->dims, 0, axis), dim = stage->dims[axis];
    size_t row = (size_t)kov_dims_product(stage->dims, axis + 1, stage->ndim) * stage->size;
    size_t from_plane = (size_t)dim * row, to_plane = (size_t)(dim + before + after) * row;
    char *padded = kov_alloc_zero(context, (size_t)outer * to_plane);
    if (!padded)
        return KOV_OUT_OF_MEMORY;
    for (int64_t i = 0; i < outer && from_plane > 0; i++)
        memcpy(padded + (size_t)i * to_plane + (size_t)before * row,
               (const char *)stage->data + (size_t)i * from_plane, from_plane);
    kov_free(context, stage->data);
    stage->data = padded;
    stage->dims[axis] += before + after;
    return KOV_OK;
}

static void weigh_row(double *to, const double *plane, int64_t row, const kov_resample_table *table,
                      const kov_resample_taps *taps)
{
    for (int64_t j = 0; j < row; j++) {
        double sum = 0;
        for (int64_t t = taps->first; t < taps->first + taps->n; t++)
            sum += table->weight[t] * plane[table->at[t] * row + j];
        to[j] = sum;
    }
}

static kov_status resample_axis(kov_context *context, stage *stage, int axis,
                                const kov_resample *resample)
{
    int64_t outer = kov_dims_product(stage->dims, 0, axis);
    int64_t row = kov_dims_product(stage->dims, axis + 1, stage->ndim);
    kov_resample_table table;
    KOV_TRY(kov_resample_table_make(context, resample, &table));
    size_t bytes = (size_t)row * stage->size, plane = (size_t)resample->in * bytes;
    size_t size;
    char *made = NULL;
    if (kov_size_mul((size_t)outer * bytes, (size_t)resample->out, &size))
        made = kov_alloc(context, size);
    if (!made) {
        kov_resample_table_free(context, &table);
        return kov_fail(KOV_OUT_OF_MEMORY, "Interpolate: no memory for axis %d", axis);
    }
    char *to = made;
    for (int64_t i = 0; i < outer; i++) {
        const char *from = (const char *)stage->data + (size_t)i * plane;
        for (int64_t o = 0; o < resample->out; o++, to += bytes) {
            const kov_resample_taps *taps = &table.out[o];
            if (stage->nearest)
                memcpy(to, from + (size_t)table.at[taps->first] * bytes, bytes);
            else
                weigh_row((double *)(void *)to, (const double *)(const void *)from, row, &table,
                          taps);
        }
    }
    kov_resample_table_free(context, &table);
    kov_free(context, stage->data);
    stage->data = made;
    stage->dims[axis] = resample->out;
    return KOV_OK;
}

/* Scale of each axis; 0 for axes that are not resampled. */
static kov_status read_axes(const kov_eval *eval, double *scales)
{
    const kov_view *values = &eval->inputs[1];
    bool listed = eval->input_count > 2 && eval->inputs[2].ndim >= 0;
    int ndim = eval->inputs[0].ndim;
    int64_t *at = NULL;
    void *loaded;
    memset(scales, 0, KOV_MAX_NDIM * sizeof *scales);
    if (listed)
        KOV_TRY(kov_elements_indices(eval, 2, ndim, &at));
    kov_status status = kov_elements_load(eval, values, KOV_DTYPE_F64, &loaded);
    if (status == KOV_OK) {
        for (int64_t i = 0; i < values->count; i++)
            scales[listed ? at[i] : i] = ((const double *)loaded)[i];
        kov_free(eval->context, loaded);
    }
    kov_free(eval->context, at);
    return status;
}

static kov_status resample_all(const kov_eval *eval, stage *stage, kov_resample resample)
{
    double scales[KOV_MAX_NDIM];
    bool ratio = !by_scales(eval->attrs), shrinks = false;
    const int64_t *out = eval->outputs[0].dims;
    KOV_TRY(read_axes(eval, scales));
    for (int i = 0; i < stage->ndim; i++) {
        int64_t before = pad_of(eval->attrs, KOV_INTERPOLATE_PADS_BEGIN, i);
        int64_t after = pad_of(eval->attrs, KOV_INTERPOLATE_PADS_END, i);
        if (before + after > 0)
            KOV_TRY(pad_axis(eval->context, stage, i, before, after));
        if (ratio && scales[i] != 0)
            scales[i] = (double)out[i] / (double)stage->dims[i];
        shrinks = shrinks || (scales[i] != 0 && scales[i] < 1);
    }
    resample.antialias = resample.antialias && shrinks;
    /* From the last axis on, as Pillow does the rows first. */
    for (int i = stage->ndim - 1; i >= 0; i--) {
        resample.in = stage->dims[i];
        resample.out = out[i];
        resample.scale = scales[i];
        resample.scale_is_ratio = ratio;
        if (scales[i] != 0)
            KOV_TRY(resample_axis(eval->context, stage, i, &resample));
    }
    return KOV_OK;
}

/* Results of integer types round to nearest, ties to even, within the type. */
static void round_integers(double *at, int64_t n, kov_dtype dtype)
{
    int bits = kov_dtype_bits(dtype);
    bool is_signed = kov_dtype_is_signed(dtype);
    double most = ldexp(1, is_signed ? bits - 1 : bits) - 1;
    double least = is_signed ? -ldexp(1, bits - 1) : 0;
    for (int64_t i = 0; i < n; i++)
        at[i] = fmin(fmax(rint(at[i]), least), most);
}

kov_status kov_eval_interpolate(kov_eval *eval)
{
    const kov_attr *attrs = eval->attrs;
    kov_dtype dtype = eval->inputs[0].dtype;
    kov_resample resample = {
        .mode = kov_resample_mode_find(attrs[KOV_INTERPOLATE_MODE].u.string),
        .coordinate = kov_coordinate_mode_find(
            attrs[KOV_INTERPOLATE_COORDINATE_TRANSFORMATION_MODE].u.string),
        .nearest = kov_nearest_mode_find(attrs[KOV_INTERPOLATE_NEAREST_MODE].u.string),
        .antialias = attrs[KOV_INTERPOLATE_ANTIALIAS].u.boolean,
        .cube_coeff = attrs[KOV_INTERPOLATE_CUBE_COEFF].u.real};
    stage stage = {0};
    if (eval->outputs[0].count == 0)
        return KOV_OK;
    kov_status status = load_stage(eval, resample.mode == KOV_RESAMPLE_NEAREST, &stage);
    if (status == KOV_OK)
        status = resample_all(eval, &stage, resample);
    if (status == KOV_OK && stage.nearest) {
        memcpy(eval->outputs[0].data, stage.data, (size_t)stage_count(&stage) * stage.size);
    } else if (status == KOV_OK) {
        if (!kov_dtype_is_float(dtype))
            round_integers(stage.data, stage_count(&stage), dtype);
        status = kov_elements_store(&eval->outputs[0], KOV_DTYPE_F64, stage.data);
    }
    kov_free(eval->context, stage.data);
    return status;
}
