/* SPDX-License-Identifier: Apache-2.0 */
/* DFT, IDFT, RDFT and IRDFT over several axes, one after the other. Complex numbers are a last
 * dimension of 2. */
#include "opset/fourier/fourier.h"

#include "base/memory.h"
#include "base/threads.h"
#include "opset/element_block.h"
#include "opset/elements.h"

#include <string.h>

enum { DATA, AXES, SIGNAL_SIZE };

static bool has_sizes(int input_count, int ndim)
{
    return input_count > SIGNAL_SIZE && ndim >= 0;
}

/* The size of a transformed axis: given, or what it is in the data. */
static kov_status transformed_size(kov_infer *infer, int i, kov_dim from, kov_dim *out)
{
    *out = from;
    if (!has_sizes(infer->input_count, infer->inputs[infer->input_count - 1].ndim))
        return KOV_OK;
    kov_content_element e = kov_infer_element(infer, SIGNAL_SIZE, i);
    if (!e.known)
        *out = kov_dim_unknown(infer->dims);
    else if (!e.negative)
        *out = e.dim;
    return KOV_OK;
}

/* complex_in, complex_out: whether the last dimension is a complex number's. real_axis: the last of
 * the axes is halved or doubled. */
static kov_status infer_transform(kov_infer *infer, bool complex_in, bool complex_out)
{
    const kov_infer_input *data = &infer->inputs[DATA];
    int64_t axes[KOV_MAX_NDIM];
    int count, ndim = data->ndim - (complex_in ? 1 : 0);
    kov_dim dims[KOV_MAX_NDIM];
    if (!kov_dtype_is_float(data->dtype))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "data must be floating-point numbers");
    KOV_TRY(kov_infer_integer(infer, AXES));
    if (ndim < 1 || ndim + (complex_out ? 1 : 0) > KOV_MAX_NDIM)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "data has too few or too many dimensions");
    if (complex_in && kov_dim_is_number(data->dims[ndim]) && data->dims[ndim] != 2)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "the last dimension of complex numbers is 2");
    KOV_TRY(kov_infer_ints(infer, AXES, axes, KOV_MAX_NDIM, &count));
    memcpy(dims, data->dims, sizeof *dims * (size_t)ndim);
    for (int i = 0; i < count; i++) {
        int axis;
        KOV_TRY(kov_infer_axis(infer, axes[i], ndim, &axis));
        bool last = i == count - 1;
        kov_dim size = dims[axis];
        if (last && complex_in && !complex_out)
            size = kov_dim_mul(infer->dims, kov_dim_add_number(infer->dims, size, -1), 2);
        KOV_TRY(transformed_size(infer, i, size, &size));
        if (kov_dim_is_number(size) && size < 1)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "axis %d has no elements to transform", axis);
        if (last && !complex_in)
            size = kov_dim_add_number(infer->dims, kov_dim_floor_div(infer->dims, size, 2), 1);
        dims[axis] = size;
    }
    if (complex_out)
        dims[ndim] = 2;
    kov_infer_set(infer, 0, data->dtype, ndim + (complex_out ? 1 : 0), dims);
    return KOV_OK;
}

kov_status kov_infer_dft(kov_infer *infer)
{
    return infer_transform(infer, true, true);
}

kov_status kov_infer_rdft(kov_infer *infer)
{
    return infer_transform(infer, false, true);
}

kov_status kov_infer_irdft(kov_infer *infer)
{
    return infer_transform(infer, true, false);
}

/* ---- Running ---- */

typedef enum line_kind { FORWARD, INVERSE, FROM_REAL, TO_REAL } line_kind;

/* One axis of an array (outer, length, inner) becomes (outer, result, inner). */
typedef struct pass {
    const kov_fft_plan *plan;
    line_kind kind;
    int64_t outer, length, inner, n, result;
    const kov_complex *from;
    kov_complex *to;
    kov_fft_lanes_run *lanes;
    /* A real signal of even length, as the parts of a complex one of half the length: then the
     * roots exp(-2 pi i k / n) for k <= n / 2, else NULL. */
    kov_complex *twist;
    kov_complex *scratch; /* for each worker */
    int64_t per_worker;
} pass;

/* n elements of a line: cut, filled with zeros, or the missing half of a real signal's spectrum
 * added. */
static void load_line(const pass *p, const kov_complex *from, kov_complex *line)
{
    int64_t have = p->kind == TO_REAL ? p->n / 2 + 1 : p->n;
    for (int64_t k = 0; k < have; k++)
        line[k] = k < p->length ? from[k * p->inner] : (kov_complex){0, 0};
    if (p->kind != TO_REAL)
        return;
    line[0].im = 0;
    if (p->n % 2 == 0)
        line[p->n / 2].im = 0;
    for (int64_t k = have; k < p->n && !p->twist; k++)
        line[k] = (kov_complex){line[p->n - k].re, -line[p->n - k].im};
}

static bool is_inverse(const pass *p)
{
    return p->kind == INVERSE || p->kind == TO_REAL;
}

static const kov_complex *line_of(const pass *p, int64_t index)
{
    return p->from + index / p->inner * p->length * p->inner + index % p->inner;
}

static void run_line(void *arg, int64_t index, int worker)
{
    const pass *p = arg;
    kov_complex *line = p->scratch + worker * p->per_worker;
    bool inverse = is_inverse(p);
    double scale = inverse ? (double)p->n : 1;
    int64_t outer = index / p->inner, inner = index % p->inner;
    load_line(p, line_of(p, index), line);
    kov_fft_plan_run(p->plan, inverse, line, line + p->n);
    kov_complex *to = p->to + outer * p->result * p->inner + inner;
    for (int64_t k = 0; k < p->result; k++)
        to[k * p->inner] = (kov_complex){line[k].re / scale, line[k].im / scale};
}

/* The spectrum whose inverse is the even elements and, as imaginary parts, the odd ones. */
static kov_complex folded(const pass *p, const kov_complex *line, int64_t k)
{
    kov_complex a = line[k], b = line[p->n / 2 - k], w = p->twist[k];
    double re = a.re - b.re, im = a.im + b.im;
    kov_complex odd = {re * w.re + im * w.im, im * w.re - re * w.im};
    return (kov_complex){a.re + b.re - odd.im, a.im - b.im + odd.re};
}

/* An inverse transform is a forward one with the parts exchanged on the way in and out. */
static void load_lanes(const pass *p, int64_t first, int lanes, kov_complex *line, kov_fft_lanes *x)
{
    int64_t count = p->twist ? p->n / 2 : p->n;
    bool inverse = is_inverse(p);
    if (p->kind != TO_REAL && !p->twist && p->length >= p->n) { /* neighbours lie side by side */
        const kov_complex *from[KOV_FFT_LANES];
        for (int l = 0; l < lanes; l++)
            from[l] = line_of(p, first + l);
        for (int64_t k = 0; k < count; k++) {
            for (int l = 0; l < lanes; l++) {
                kov_complex a = from[l][k * p->inner];
                x[k].re[l] = inverse ? a.im : a.re;
                x[k].im[l] = inverse ? a.re : a.im;
            }
        }
        return;
    }
    for (int l = 0; l < lanes; l++) {
        load_line(p, line_of(p, first + l), line);
        for (int64_t k = 0; k < count; k++) {
            kov_complex a = !p->twist ? line[k]
                            : p->kind == FROM_REAL
                                ? (kov_complex){line[2 * k].re, line[2 * k + 1].re}
                                : folded(p, line, k);
            x[k].re[l] = inverse ? a.im : a.re;
            x[k].im[l] = inverse ? a.re : a.im;
        }
    }
}

/* Element k of the spectrum of a real signal, from that of its even and odd elements. */
static kov_complex unfolded(const pass *p, const kov_fft_lanes *x, int l, int64_t k)
{
    int64_t half = p->n / 2, i = k < half ? k : 0, j = k > 0 ? half - k : 0;
    double even_re = (x[i].re[l] + x[j].re[l]) / 2, even_im = (x[i].im[l] - x[j].im[l]) / 2;
    double odd_re = (x[i].im[l] + x[j].im[l]) / 2, odd_im = (x[j].re[l] - x[i].re[l]) / 2;
    kov_complex w = p->twist[k];
    return (kov_complex){even_re + odd_re * w.re - odd_im * w.im,
                         even_im + odd_re * w.im + odd_im * w.re};
}

static kov_complex result_of(const pass *p, const kov_fft_lanes *x, int l, int64_t k)
{
    double scale = 1 / (double)p->n; /* within an ulp of dividing, which takes most of the time */
    if (p->twist && p->kind == FROM_REAL)
        return unfolded(p, x, l, k);
    if (p->twist) /* the parts are still exchanged */
        return (kov_complex){(k % 2 ? x[k / 2].re[l] : x[k / 2].im[l]) * scale, 0};
    if (is_inverse(p))
        return (kov_complex){x[k].im[l] * scale, x[k].re[l] * scale};
    return (kov_complex){x[k].re[l], x[k].im[l]};
}

/* Lanes beyond the last line are zeros. */
static void run_lanes(void *arg, int64_t index, int worker)
{
    const pass *p = arg;
    int64_t first = index * KOV_FFT_LANES, left = p->outer * p->inner - first;
    int lanes = left < KOV_FFT_LANES ? (int)left : KOV_FFT_LANES;
    kov_complex *line = p->scratch + worker * p->per_worker;
    kov_fft_lanes *x = (void *)(line + p->n);
    if (lanes < KOV_FFT_LANES)
        memset(x, 0, sizeof *x * (size_t)p->n);
    load_lanes(p, first, lanes, line, x);
    p->lanes(p->plan, x, x + p->n);
    kov_complex *to[KOV_FFT_LANES];
    for (int l = 0; l < lanes; l++) {
        int64_t i = first + l;
        to[l] = p->to + i / p->inner * p->result * p->inner + i % p->inner;
    }
    for (int64_t k = 0; k < p->result; k++) {
        for (int l = 0; l < lanes; l++)
            to[l][k * p->inner] = result_of(p, x, l, k);
    }
}

/* The array in work, which each pass replaces by a new one. */
typedef struct spectrum {
    int ndim;
    int64_t dims[KOV_MAX_NDIM];
    kov_complex *at;
    kov_fft_lanes_run *lanes; /* NULL: line by line */
} spectrum;

static kov_complex *room_for(const kov_eval *eval, int64_t a, int64_t b)
{
    size_t count, bytes;
    kov_complex *at = NULL;
    if (kov_size_mul((size_t)a, (size_t)b, &count) && kov_size_mul(count + 1, sizeof *at, &bytes))
        at = kov_alloc(eval->context, bytes);
    if (!at)
        kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "no memory for the transform");
    return at;
}

static kov_status run_pass(const kov_eval *eval, spectrum *x, int axis, int64_t n, line_kind kind)
{
    if (n < 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "axis %d has no elements to transform",
                             axis);
    pass p = {.kind = kind,
              .outer = kov_dims_product(x->dims, 0, axis),
              .length = x->dims[axis],
              .inner = kov_dims_product(x->dims, axis + 1, x->ndim),
              .n = n,
              .result = kind == FROM_REAL ? n / 2 + 1 : n,
              .from = x->at,
              .lanes = x->lanes};
    int workers = kov_parallel_width(eval->context);
    bool halved = p.lanes && n % 2 == 0 && (kind == FROM_REAL || kind == TO_REAL);
    kov_fft_plan *plan;
    KOV_TRY(kov_fft_plan_create(eval->context, halved ? n / 2 : n, &plan));
    p.plan = plan;
    int64_t lines = p.outer * p.inner, each = n + kov_fft_plan_scratch(plan);
    p.per_worker = p.lanes ? n + each * KOV_FFT_LANES : each;
    p.scratch = room_for(eval, p.per_worker, workers);
    p.twist = p.scratch && halved ? room_for(eval, n / 2, 1) : NULL;
    p.to = p.scratch && (p.twist || !halved) ? room_for(eval, lines, p.result) : NULL;
    for (int64_t k = 0; p.twist && k <= n / 2; k++)
        p.twist[k] = kov_fft_root(k, n);
    if (p.to) {
        if (p.lanes)
            kov_parallel_upto(eval->context, workers, (lines + KOV_FFT_LANES - 1) / KOV_FFT_LANES,
                              run_lanes, &p);
        else
            kov_parallel_upto(eval->context, workers, lines, run_line, &p);
        kov_free(eval->context, x->at);
        x->at = p.to;
        x->dims[axis] = p.result;
    }
    kov_free(eval->context, p.scratch);
    kov_free(eval->context, p.twist);
    kov_fft_plan_release(plan);
    return p.to ? KOV_OK : KOV_OUT_OF_MEMORY;
}

static kov_status load(const kov_eval *eval, bool complex_in, spectrum *x)
{
    const kov_view *data = &eval->inputs[DATA];
    void *numbers;
    x->ndim = data->ndim - (complex_in ? 1 : 0);
    memcpy(x->dims, data->dims, sizeof *x->dims * (size_t)x->ndim);
    KOV_TRY(kov_elements_load(eval, data, KOV_DTYPE_F64, &numbers));
    if (complex_in) { /* pairs of doubles are kov_complex */
        x->at = numbers;
        return KOV_OK;
    }
    const double *real = numbers;
    x->at = room_for(eval, data->count, 1);
    for (int64_t i = 0; i < data->count && x->at; i++)
        x->at[i] = (kov_complex){real[i], 0};
    kov_free(eval->context, numbers);
    return x->at ? KOV_OK : KOV_OUT_OF_MEMORY;
}

static kov_status store(const kov_eval *eval, bool complex_out, const spectrum *x)
{
    const kov_view *out = &eval->outputs[0];
    if (complex_out)
        return kov_elements_store(out, KOV_DTYPE_F64, x->at);
    double *numbers = (double *)room_for(eval, out->count, 1);
    if (!numbers)
        return KOV_OUT_OF_MEMORY;
    for (int64_t i = 0; i < out->count; i++)
        numbers[i] = x->at[i].re;
    kov_status status = kov_elements_store(out, KOV_DTYPE_F64, numbers);
    kov_free(eval->context, numbers);
    return status;
}

/* Axis i of the list; a real signal's axis is the last of them. */
static kov_status transform_axis(const kov_eval *eval, spectrum *x, const int64_t *axes,
                                 const int64_t *sizes, int64_t i, line_kind kind)
{
    int64_t n = x->dims[axes[i]];
    if (kind == TO_REAL)
        n = 2 * (n - 1);
    if (sizes && sizes[i] >= 0)
        n = sizes[i];
    return run_pass(eval, x, (int)axes[i], n, kind);
}

static kov_status transform(kov_eval *eval, bool complex_in, bool complex_out, bool inverse,
                            kov_fft_lanes_run *lanes)
{
    spectrum x = {.lanes = lanes};
    int64_t *axes = NULL;
    void *sizes = NULL;
    int64_t count = eval->inputs[AXES].count;
    line_kind kind = inverse ? INVERSE : FORWARD;
    KOV_TRY(load(eval, complex_in, &x));
    kov_status status = kov_elements_indices(eval, AXES, x.ndim, &axes);
    if (status == KOV_OK && has_sizes(eval->input_count, eval->inputs[eval->input_count - 1].ndim))
        status = kov_elements_load(eval, &eval->inputs[SIGNAL_SIZE], KOV_DTYPE_I64, &sizes);
    if (status == KOV_OK && count > 0 && !complex_in)
        status = transform_axis(eval, &x, axes, sizes, count - 1, FROM_REAL);
    int64_t plain = complex_in && complex_out ? count : count - 1;
    for (int64_t i = 0; i < plain && status == KOV_OK; i++)
        status = transform_axis(eval, &x, axes, sizes, i, kind);
    if (status == KOV_OK && count > 0 && !complex_out)
        status = transform_axis(eval, &x, axes, sizes, count - 1, TO_REAL);
    if (status == KOV_OK)
        status = store(eval, complex_out, &x);
    kov_free(eval->context, axes);
    kov_free(eval->context, sizes);
    kov_free(eval->context, x.at);
    return status;
}

kov_status kov_fourier_evaluate(kov_eval *eval, kov_fft_lanes_run *lanes)
{
    int op = kov_eval_op(eval);
    bool inverse = op == KOV_OP_IDFT || op == KOV_OP_IRDFT;
    return transform(eval, op != KOV_OP_RDFT, op != KOV_OP_IRDFT, inverse, lanes);
}

kov_status kov_eval_fourier(kov_eval *eval)
{
    return kov_fourier_evaluate(eval, NULL);
}
