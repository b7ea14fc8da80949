/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax of a line: the largest element, the exponentials and their sum, then the division. The
 * float32 sum has two vectors of partial sums, added lane by lane at the end. */
#include "native/kernels/math/math_float.h"
#include "native/kernels/norm/softmax_kernels.h"

#include <math.h>

KOV_INLINE float join_sum(vf a)
{
    float lane[KOV_VF];
    vf_store(lane, a);
    for (int w = KOV_VF / 2; w > 0; w /= 2)
        for (int j = 0; j < w; j++)
            lane[j] += lane[j + w];
    return lane[0];
}

KOV_INLINE vf greater_of(vf a, vf b) { return vf_select(vf_isnan(a), a, vf_max(a, b)); }

KOV_INLINE float join_max(vf a)
{
    float lane[KOV_VF];
    vf_store(lane, a);
    float y = lane[0];
    for (int j = 1; j < KOV_VF; j++)
        y = y > lane[j] || y != y ? y : lane[j];
    return y;
}

/* The largest element; NaN if there is one. */
static float line_max(const float *x, size_t n)
{
    vf a = vf_set(-INFINITY), b = a;
    size_t i = 0;
    for (; i + 2 * KOV_VF <= n; i += 2 * KOV_VF) {
        a = greater_of(a, vf_load(x + i));
        b = greater_of(b, vf_load(x + i + KOV_VF));
    }
    for (; i < n; i += KOV_VF)
        a = greater_of(a, n - i < KOV_VF ? vf_load_part(x + i, n - i, -INFINITY) : vf_load(x + i));
    return join_max(greater_of(a, b));
}

/* y = e^(x - shift) where y is wanted; returns the sum. */
KOV_INLINE float line_exp(const float *x, float *y, size_t n, float shift)
{
    vf by = vf_set(shift), a = vf_set(0), b = a;
    size_t i = 0;
    for (; i + 2 * KOV_VF <= n; i += 2 * KOV_VF) {
        vf first = vf_exp(vf_load(x + i) - by), second = vf_exp(vf_load(x + i + KOV_VF) - by);
        if (y) {
            vf_store(y + i, first);
            vf_store(y + i + KOV_VF, second);
        }
        a += first;
        b += second;
    }
    for (; i < n; i += KOV_VF) {
        size_t part = n - i < KOV_VF ? n - i : KOV_VF;
        vf e = vf_exp(vf_load_part(x + i, part, -INFINITY) - by);
        if (y)
            vf_store_part(y + i, e, part);
        a += e;
    }
    return join_sum(a + b);
}

void KOV_ISA_NAME(f32_softmax)(const void *x_data, void *y_data, size_t n)
{
    const float *x = x_data;
    float *y = y_data;
    float sum = line_exp(x, y, n, line_max(x, n));
    KOV_IVDEP
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

void KOV_ISA_NAME(f32_log_softmax)(const void *x_data, void *y_data, size_t n)
{
    const float *x = x_data;
    float *y = y_data;
    float shift = line_max(x, n);
    float sum = (float)log((double)line_exp(x, NULL, n, shift));
    KOV_IVDEP
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] - shift - sum;
}

void KOV_ISA_NAME(f32_logsumexp)(const void *x, void *y, size_t n)
{
    float shift = line_max(x, n);
    if (isfinite(shift))
        shift = (float)((double)shift + log((double)line_exp(x, NULL, n, shift)));
    *(float *)y = shift;
}

float KOV_ISA_NAME(f32_softmax_row)(const float *x, const float *mask, float scale, float *y,
                                    size_t n, float *sum)
{
    vf a = vf_set(-INFINITY);
    for (size_t i = 0; i < n; i += KOV_VF) {
        size_t part = n - i < KOV_VF ? n - i : KOV_VF;
        vf v = vf_load_part(x + i, part, 0) * vf_set(scale);
        if (mask)
            v += vf_load_part(mask + i, part, 0);
        vf_store_part(y + i, v, part);
        a = greater_of(a, part < KOV_VF ? vf_load_part(y + i, part, -INFINITY) : v);
    }
    float most = join_max(a);
    if (most == -INFINITY) {
        memset(y, 0, n * sizeof *y);
        *sum = 0;
    } else {
        *sum = line_exp(y, y, n, most);
    }
    return most;
}

static double line_max_f64(const double *x, size_t n)
{
    double y = x[0];
    for (size_t i = 1; i < n; i++)
        y = y > x[i] || y != y ? y : x[i];
    return y;
}

static double line_sum_f64(const double *x, size_t n, double shift)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i] - shift);
    return sum;
}

void KOV_ISA_NAME(f64_softmax)(const void *x_data, void *y_data, size_t n)
{
    const double *x = x_data;
    double *y = y_data;
    double shift = line_max_f64(x, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += y[i] = exp(x[i] - shift);
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

void KOV_ISA_NAME(f64_log_softmax)(const void *x_data, void *y_data, size_t n)
{
    const double *x = x_data;
    double *y = y_data;
    double shift = line_max_f64(x, n), sum = log(line_sum_f64(x, n, shift));
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] - shift - sum;
}

void KOV_ISA_NAME(f64_logsumexp)(const void *x, void *y, size_t n)
{
    double shift = line_max_f64(x, n);
    if (isfinite(shift))
        shift += log(line_sum_f64(x, n, shift));
    *(double *)y = shift;
}
