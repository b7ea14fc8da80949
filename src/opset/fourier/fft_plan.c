/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/fourier/fft_plan.h"

#include "base/memory.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846264338327950288

static kov_complex product(kov_complex a, kov_complex b)
{
    return (kov_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* From an angle of at most an eighth turn. */
kov_complex kov_fft_root(int64_t k, int64_t n)
{
    bool lower = 2 * k > n, back, steep;
    if (lower)
        k = n - k;
    back = 4 * k > n;
    double position = back ? (double)(n - 2 * k) / 2 : (double)k; /* of n: within a quarter turn */
    steep = 8 * position > (double)n;
    double angle = 2 * PI * (steep ? ((double)n / 4 - position) : position) / (double)n;
    double c = steep ? sin(angle) : cos(angle), s = steep ? cos(angle) : sin(angle);
    return (kov_complex){back ? -c : c, lower ? s : -s};
}

/* The smallest factors first after fours; false if one is too large. */
static bool factorize(kov_fft_plan *plan)
{
    int64_t rest = plan->n;
    while (rest % 4 == 0) {
        plan->factors[plan->count++] = 4;
        rest /= 4;
    }
    for (int p = 2; p <= KOV_FFT_MAX_PRIME; p++) {
        while (rest % p == 0) {
            plan->factors[plan->count++] = p;
            rest /= p;
        }
    }
    return rest == 1;
}

static kov_complex *numbers(kov_context *context, int64_t n)
{
    size_t bytes;
    return kov_size_mul((size_t)n, sizeof(kov_complex), &bytes) ? kov_alloc(context, bytes) : NULL;
}

static kov_status make_bluestein(kov_fft_plan *plan)
{
    int64_t n = plan->n, m = 1;
    if (n > INT64_MAX / 8)
        return KOV_OUT_OF_MEMORY;
    while (m < 2 * n - 1)
        m *= 2;
    KOV_TRY(kov_fft_plan_create(plan->context, m, &plan->inner));
    plan->filter = numbers(plan->context, m);
    kov_complex *scratch = numbers(plan->context, kov_fft_plan_scratch(plan->inner));
    if (!plan->filter || !scratch) {
        kov_free(plan->context, scratch);
        return KOV_OUT_OF_MEMORY;
    }
    memset(plan->filter, 0, sizeof(kov_complex) * (size_t)m);
    int64_t square = 0; /* k^2 modulo 2 n */
    for (int64_t k = 0; k < n; k++) {
        plan->roots[k] = kov_fft_root(square, 2 * n);
        kov_complex conjugate = {plan->roots[k].re, -plan->roots[k].im};
        plan->filter[k] = conjugate;
        if (k > 0)
            plan->filter[m - k] = conjugate;
        square = (square + 2 * k + 1) % (2 * n);
    }
    kov_fft_plan_run(plan->inner, false, plan->filter, scratch);
    kov_free(plan->context, scratch);
    return KOV_OK;
}

kov_status kov_fft_plan_create(kov_context *context, int64_t n, kov_fft_plan **out)
{
    kov_fft_plan *plan = kov_alloc_zero(context, sizeof *plan);
    kov_status status = KOV_OK;
    *out = NULL;
    if (plan) {
        plan->context = context;
        plan->n = n;
        plan->roots = numbers(context, n);
    }
    if (!plan || !plan->roots)
        status = KOV_OUT_OF_MEMORY;
    else if (!factorize(plan))
        status = make_bluestein(plan);
    else
        for (int64_t k = 0; k < n; k++)
            plan->roots[k] = kov_fft_root(k, n);
    if (status != KOV_OK) {
        kov_fft_plan_release(plan);
        return kov_fail(status, "no memory for a Fourier transform of %lld elements", (long long)n);
    }
    *out = plan;
    return KOV_OK;
}

void kov_fft_plan_release(kov_fft_plan *plan)
{
    if (!plan)
        return;
    kov_fft_plan_release(plan->inner);
    kov_free(plan->context, plan->roots);
    kov_free(plan->context, plan->filter);
    kov_free(plan->context, plan);
}

int64_t kov_fft_plan_scratch(const kov_fft_plan *plan)
{
    return plan->inner ? plan->inner->n + kov_fft_plan_scratch(plan->inner) : plan->n;
}

/* b[k] = sum of a[r] exp(-2 pi i r k / p); step: distance of the p-th roots among the roots. */
static void small_transform(const kov_fft_plan *plan, int p, int64_t step, const kov_complex *a,
                            kov_complex *b)
{
    if (p == 2) {
        b[0] = (kov_complex){a[0].re + a[1].re, a[0].im + a[1].im};
        b[1] = (kov_complex){a[0].re - a[1].re, a[0].im - a[1].im};
        return;
    }
    if (p == 4) {
        kov_complex s = {a[0].re + a[2].re, a[0].im + a[2].im},
                    d = {a[0].re - a[2].re, a[0].im - a[2].im};
        kov_complex t = {a[1].re + a[3].re, a[1].im + a[3].im},
                    e = {a[1].re - a[3].re, a[1].im - a[3].im};
        b[0] = (kov_complex){s.re + t.re, s.im + t.im};
        b[1] = (kov_complex){d.re + e.im, d.im - e.re};
        b[2] = (kov_complex){s.re - t.re, s.im - t.im};
        b[3] = (kov_complex){d.re - e.im, d.im + e.re};
        return;
    }
    for (int k = 0; k < p; k++) {
        b[k] = a[0];
        for (int r = 1; r < p; r++) {
            kov_complex term = product(a[r], plan->roots[(int64_t)(r * k % p) * step]);
            b[k].re += term.re;
            b[k].im += term.im;
        }
    }
}

/* Stockham's order: a pass takes apart one factor and leaves its part of the result sorted. */
static void run_mixed(const kov_fft_plan *plan, kov_complex *x, kov_complex *scratch)
{
    int64_t n = plan->n, stride = 1, length = n;
    kov_complex *from = x, *to = scratch, a[KOV_FFT_MAX_PRIME], b[KOV_FFT_MAX_PRIME];
    for (int f = 0; f < plan->count; f++) {
        int p = plan->factors[f];
        int64_t m = length / p;
        for (int64_t j = 0; j < m; j++) {
            for (int64_t q = 0; q < stride; q++) {
                for (int r = 0; r < p; r++)
                    a[r] = from[q + stride * (j + m * r)];
                small_transform(plan, p, n / p, a, b);
                for (int k = 0; k < p; k++)
                    to[q + stride * (p * j + k)] =
                        j == 0 || k == 0 ? b[k] : product(b[k], plan->roots[j * k * stride]);
            }
        }
        kov_complex *swap = from;
        from = to;
        to = swap;
        stride *= p;
        length = m;
    }
    if (from != x)
        memcpy(x, from, sizeof *x * (size_t)n);
}

static void run_bluestein(const kov_fft_plan *plan, kov_complex *x, kov_complex *scratch)
{
    int64_t n = plan->n, m = plan->inner->n;
    kov_complex *y = scratch, *rest = scratch + m;
    memset(y, 0, sizeof *y * (size_t)m);
    for (int64_t k = 0; k < n; k++)
        y[k] = product(x[k], plan->roots[k]);
    kov_fft_plan_run(plan->inner, false, y, rest);
    for (int64_t k = 0; k < m; k++)
        y[k] = product(y[k], plan->filter[k]);
    kov_fft_plan_run(plan->inner, true, y, rest);
    for (int64_t k = 0; k < n; k++) {
        kov_complex scaled = {y[k].re / (double)m, y[k].im / (double)m};
        x[k] = product(scaled, plan->roots[k]);
    }
}

/* Real and imaginary parts change places on the way into and out of the inverse. */
static void swap_parts(kov_complex *x, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        x[k] = (kov_complex){x[k].im, x[k].re};
}

void kov_fft_plan_run(const kov_fft_plan *plan, bool inverse, kov_complex *x, kov_complex *scratch)
{
    if (inverse)
        swap_parts(x, plan->n);
    if (plan->inner)
        run_bluestein(plan, x, scratch);
    else
        run_mixed(plan, x, scratch);
    if (inverse)
        swap_parts(x, plan->n);
}
