/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/neural/resample.h"

#include "base/memory.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

static int find(const char *const *names, int n, const char *name)
{
    int i = 0;
    while (i < n && strcmp(names[i], name) != 0)
        i++;
    return i;
}

kov_resample_mode kov_resample_mode_find(const char *name)
{
    static const char *const names[] = {"nearest", "linear",          "linear_onnx",
                                        "cubic",   "bilinear_pillow", "bicubic_pillow"};
    return (kov_resample_mode)find(names, KOV_RESAMPLE_MODES, name);
}

kov_coordinate_mode kov_coordinate_mode_find(const char *name)
{
    static const char *const names[] = {"half_pixel", "pytorch_half_pixel", "asymmetric",
                                        "tf_half_pixel_for_nn", "align_corners"};
    return (kov_coordinate_mode)find(names, KOV_COORDINATE_MODES, name);
}

kov_nearest_mode kov_nearest_mode_find(const char *name)
{
    static const char *const names[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil",
                                        "simple"};
    return (kov_nearest_mode)find(names, KOV_NEAREST_MODES, name);
}

/* By the ratio of sizes where that is the scale: one rounding instead of two. */
static double unscale(const kov_resample *r, double x)
{
    return r->scale_is_ratio ? x * (double)r->in / (double)r->out : x / r->scale;
}

/* Where output i lies among the inputs. */
static double coordinate(const kov_resample *r, int64_t i)
{
    double x = (double)i;
    switch (r->coordinate) {
    case KOV_COORDINATE_PYTORCH_HALF_PIXEL:
        return r->out > 1 ? unscale(r, x + 0.5) - 0.5 : 0;
    case KOV_COORDINATE_ASYMMETRIC:
        return unscale(r, x);
    case KOV_COORDINATE_TF_HALF_PIXEL_FOR_NN:
        return unscale(r, x + 0.5);
    case KOV_COORDINATE_ALIGN_CORNERS:
        return r->out == 1 ? 0 : x * (double)(r->in - 1) / (double)(r->out - 1);
    default:
        return unscale(r, x + 0.5) - 0.5;
    }
}

static int64_t clamp(int64_t i, int64_t n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

static int64_t nearest(const kov_resample *r, double x)
{
    double low = floor(x);
    switch (r->nearest) {
    case KOV_NEAREST_ROUND_PREFER_FLOOR:
        return (int64_t)(x - low == 0.5 ? low : round(x));
    case KOV_NEAREST_ROUND_PREFER_CEIL:
        return (int64_t)(x - low == 0.5 ? ceil(x) : round(x));
    case KOV_NEAREST_FLOOR:
        return (int64_t)low;
    case KOV_NEAREST_CEIL:
        return (int64_t)ceil(x);
    default:
        return (int64_t)(r->scale < 1 ? ceil(x) : trunc(x));
    }
}

static double triangle(double x)
{
    return fmax(0, 1 - fabs(x));
}

/* Keys's kernel: a is the slope at 1. */
static double cubic(double x, double a)
{
    x = fabs(x);
    if (x <= 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

typedef struct taps {
    int64_t *at;
    double *weight;
    int n;
} taps;

static void add(taps *taps, int64_t at, double weight)
{
    taps->at[taps->n] = at;
    taps->weight[taps->n++] = weight;
}

static void normalize(taps *taps)
{
    double sum = 0;
    for (int i = 0; i < taps->n; i++)
        sum += taps->weight[i];
    for (int i = 0; i < taps->n; i++)
        taps->weight[i] = sum != 0 ? taps->weight[i] / sum : 0;
}

/* The triangle of OpenVINO's "linear": stretched when antialiasing, cut at the border. */
static void linear_taps(const kov_resample *r, double x, taps *taps)
{
    double a = r->antialias ? r->scale : 1;
    int64_t radius = r->scale > 1 ? 2 : (int64_t)ceil(2 / a), middle = (int64_t)round(x);
    int64_t first = middle - radius > 0 ? middle - radius : 0;
    int64_t last = middle + radius < r->in - 1 ? middle + radius : r->in - 1;
    for (int64_t i = first; i <= last; i++) {
        double weight = triangle(a * (x - (double)i));
        if (weight > 0)
            add(taps, i, weight);
    }
    normalize(taps);
}

static void linear_onnx_taps(const kov_resample *r, double x, taps *taps)
{
    x = fmax(0, fmin(x, (double)(r->in - 1)));
    int64_t low = clamp((int64_t)x, r->in), high = clamp(low + 1, r->in);
    double fraction = low == high ? 0 : x - (double)low;
    add(taps, low, 1 - fraction);
    add(taps, high, fraction);
}

static void cubic_taps(const kov_resample *r, double x, taps *taps)
{
    double low = floor(x);
    for (int k = -1; k <= 2; k++)
        add(taps, clamp((int64_t)low + k, r->in), cubic(x - low - k, r->cube_coeff));
}

/* Pillow's resize: the filter is stretched by the reduction, its support rounded to whole pixels.
 */
static void pillow_taps(const kov_resample *r, int64_t i, double support, taps *taps)
{
    bool linear = r->mode == KOV_RESAMPLE_BILINEAR_PILLOW;
    double step = unscale(r, 1), stretch = fmax(step, 1), reach = support * stretch;
    double center = unscale(r, (double)i + 0.5);
    int64_t first = (int64_t)fmax(center - reach + 0.5, 0);
    int64_t last = (int64_t)fmin(center + reach + 0.5, (double)r->in);
    for (int64_t k = first; k < last; k++) {
        double x = ((double)k - center + 0.5) / stretch;
        add(taps, k, linear ? triangle(x) : cubic(x, r->cube_coeff));
    }
    normalize(taps);
}

static void taps_of(const kov_resample *r, int64_t i, taps *taps)
{
    double x = coordinate(r, i);
    switch (r->mode) {
    case KOV_RESAMPLE_NEAREST:
        add(taps, clamp(nearest(r, x), r->in), 1);
        break;
    case KOV_RESAMPLE_LINEAR:
        linear_taps(r, x, taps);
        break;
    case KOV_RESAMPLE_LINEAR_ONNX:
        linear_onnx_taps(r, x, taps);
        break;
    case KOV_RESAMPLE_CUBIC:
        cubic_taps(r, x, taps);
        break;
    case KOV_RESAMPLE_BILINEAR_PILLOW:
        pillow_taps(r, i, 1, taps);
        break;
    default:
        pillow_taps(r, i, 2, taps);
        break;
    }
}

/* More taps than any output has. */
static int64_t most_taps(const kov_resample *r)
{
    double step = unscale(r, 1), stretch = fmax(step, 1);
    double most = 8 + 5 * stretch;
    return most < (double)r->in + 4 ? (int64_t)most : r->in + 4;
}

kov_status kov_resample_table_make(kov_context *context, const kov_resample *resample,
                                   kov_resample_table *table)
{
    int64_t most = most_taps(resample);
    size_t outs = (size_t)resample->out, room;
    *table = (kov_resample_table){0};
    if (!kov_size_mul(outs + 1, (size_t)most * sizeof(double), &room))
        return kov_fail(KOV_OUT_OF_MEMORY, "Interpolate: the table of weights is too large");
    table->out = kov_alloc(context, (outs + 1) * sizeof *table->out);
    table->at = kov_alloc(context, room);
    table->weight = kov_alloc(context, room);
    if (!table->out || !table->at || !table->weight) {
        kov_resample_table_free(context, table);
        return KOV_OUT_OF_MEMORY;
    }
    for (int64_t i = 0; i < resample->out; i++) {
        taps taps = {table->at + table->n, table->weight + table->n, 0};
        taps_of(resample, i, &taps);
        table->out[i] = (kov_resample_taps){table->n, taps.n};
        table->n += taps.n;
    }
    return KOV_OK;
}

void kov_resample_table_free(kov_context *context, kov_resample_table *table)
{
    kov_free(context, table->out);
    kov_free(context, table->at);
    kov_free(context, table->weight);
    *table = (kov_resample_table){0};
}
