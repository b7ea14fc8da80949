/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/fourier/fft_lanes.h"
#include "native/kernels/math/math_vector.h"

/* Of vectors: the numbers of some lanes. */
typedef struct number {
    vd re, im;
} number;

enum { VECTORS = KOV_FFT_LANES / KOV_VD };

KOV_INLINE number load(const kov_fft_lanes *x, int v)
{
    return (number){vd_load(x->re + v * KOV_VD), vd_load(x->im + v * KOV_VD)};
}

KOV_INLINE void store(kov_fft_lanes *x, int v, number a)
{
    vd_store(x->re + v * KOV_VD, a.re);
    vd_store(x->im + v * KOV_VD, a.im);
}

KOV_INLINE number times(number a, kov_complex w)
{
    vd re = vd_set(w.re), im = vd_set(w.im);
    return (number){a.re * re - a.im * im, a.re * im + a.im * re};
}

KOV_INLINE number plus(number a, number b) { return (number){a.re + b.re, a.im + b.im}; }
KOV_INLINE number minus(number a, number b) { return (number){a.re - b.re, a.im - b.im}; }
/* -i a */
KOV_INLINE number turned(number a) { return (number){a.im, vd_set(0) - a.re}; }

/* One factor of a pass: element q of part r is from[q + r * part], result k is to[q + k * stride],
 * times w[k]. */
typedef struct step {
    int64_t stride, part;
    const kov_fft_lanes *from;
    kov_fft_lanes *to;
    kov_complex w[KOV_FFT_MAX_PRIME];
} step;

KOV_INLINE void by_two(const step *s)
{
    for (int64_t q = 0; q < s->stride; q++) {
        for (int v = 0; v < VECTORS; v++) {
            number a = load(s->from + q, v), b = load(s->from + q + s->part, v);
            store(s->to + q, v, plus(a, b));
            store(s->to + q + s->stride, v, times(minus(a, b), s->w[1]));
        }
    }
}

KOV_INLINE void by_four(const step *s)
{
    for (int64_t q = 0; q < s->stride; q++) {
        for (int v = 0; v < VECTORS; v++) {
            number a = load(s->from + q, v), b = load(s->from + q + s->part, v);
            number c = load(s->from + q + 2 * s->part, v), d = load(s->from + q + 3 * s->part, v);
            number even = plus(a, c), odd = plus(b, d);
            number left = minus(a, c), right = turned(minus(b, d));
            store(s->to + q, v, plus(even, odd));
            store(s->to + q + s->stride, v, times(plus(left, right), s->w[1]));
            store(s->to + q + 2 * s->stride, v, times(minus(even, odd), s->w[2]));
            store(s->to + q + 3 * s->stride, v, times(minus(left, right), s->w[3]));
        }
    }
}

/* roots: exp(-2 pi i k / p), k < p. Results k and p - k are sums and differences of the same two:
 * of the parts' sums by the roots' real parts, and of their differences by the imaginary ones. */
static void by_odd(const step *s, int p, const kov_complex *roots)
{
    enum { HALF = KOV_FFT_MAX_PRIME / 2 + 1 };
    int half = p / 2;
    for (int64_t q = 0; q < s->stride; q++) {
        for (int v = 0; v < VECTORS; v++) {
            number first = load(s->from + q, v), total = first, sum[HALF], difference[HALF];
            for (int r = 1; r <= half; r++) {
                number a = load(s->from + q + r * s->part, v);
                number b = load(s->from + q + (p - r) * s->part, v);
                sum[r] = plus(a, b);
                difference[r] = minus(a, b);
                total = plus(total, sum[r]);
            }
            store(s->to + q, v, total);
            for (int k = 1; k <= half; k++) {
                number even = first, odd = {vd_set(0), vd_set(0)};
                for (int r = 1, at = k; r <= half; r++, at = at + k < p ? at + k : at + k - p) {
                    vd re = vd_set(roots[at].re), im = vd_set(roots[at].im);
                    even.re = vd_fma(sum[r].re, re, even.re);
                    even.im = vd_fma(sum[r].im, re, even.im);
                    odd.re = vd_fma(difference[r].re, im, odd.re);
                    odd.im = vd_fma(difference[r].im, im, odd.im);
                }
                number turn = turned(odd); /* -i odd */
                store(s->to + q + k * s->stride, v, times(minus(even, turn), s->w[k]));
                store(s->to + q + (p - k) * s->stride, v, times(plus(even, turn), s->w[p - k]));
            }
        }
    }
}

static void run_mixed(const kov_fft_plan *plan, kov_fft_lanes *x, kov_fft_lanes *scratch)
{
    int64_t n = plan->n, length = n;
    kov_fft_lanes *from = x, *to = scratch;
    step s = {.stride = 1};
    s.w[0] = (kov_complex){1, 0};
    for (int f = 0; f < plan->count; f++) {
        int p = plan->factors[f];
        int64_t m = length / p;
        kov_complex roots[KOV_FFT_MAX_PRIME];
        for (int k = 0; k < p; k++)
            roots[k] = plan->roots[k * (n / p)];
        s.part = s.stride * m;
        for (int64_t j = 0; j < m; j++) {
            s.from = from + s.stride * j;
            s.to = to + s.stride * p * j;
            for (int k = 1; k < p; k++)
                s.w[k] = plan->roots[j * k * s.stride];
            if (p == 4)
                by_four(&s);
            else if (p == 2)
                by_two(&s);
            else
                by_odd(&s, p, roots);
        }
        kov_fft_lanes *swap = from;
        from = to;
        to = swap;
        s.stride *= p;
        length = m;
    }
    if (from != x)
        memcpy(x, from, sizeof *x * (size_t)n);
}

KOV_INLINE number exchanged(number a) { return (number){a.im, a.re}; }

/* The inverse transform within is a forward one with its parts exchanged. */
static void run_bluestein(const kov_fft_plan *plan, kov_fft_lanes *x, kov_fft_lanes *scratch)
{
    int64_t n = plan->n, m = plan->inner->n;
    kov_fft_lanes *y = scratch, *rest = scratch + m;
    vd scale = vd_set(1 / (double)m);
    memset(y, 0, sizeof *y * (size_t)m);
    for (int64_t k = 0; k < n; k++) {
        for (int v = 0; v < VECTORS; v++)
            store(y + k, v, times(load(x + k, v), plan->roots[k]));
    }
    run_mixed(plan->inner, y, rest);
    for (int64_t k = 0; k < m; k++) {
        for (int v = 0; v < VECTORS; v++)
            store(y + k, v, exchanged(times(load(y + k, v), plan->filter[k])));
    }
    run_mixed(plan->inner, y, rest);
    for (int64_t k = 0; k < n; k++) {
        for (int v = 0; v < VECTORS; v++) {
            number a = exchanged(load(y + k, v));
            store(x + k, v, times((number){a.re * scale, a.im * scale}, plan->roots[k]));
        }
    }
}

void KOV_ISA_NAME(f64_fft_lanes)(const kov_fft_plan *plan, kov_fft_lanes *x, kov_fft_lanes *scratch)
{
    if (plan->inner)
        run_bluestein(plan, x, scratch);
    else
        run_mixed(plan, x, scratch);
}
