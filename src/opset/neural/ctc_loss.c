/* SPDX-License-Identifier: Apache-2.0 */
/* CTCLoss: minus the logarithm of the probability of all paths that collapse to the labels (Graves,
 * Fernandez, Gomez and Schmidhuber, "Connectionist temporal classification", 2006). */
#include "base/memory.h"
#include "opset/elements.h"

#include <math.h>

enum { LOGITS, LOGIT_LENGTH, LABELS, LABEL_LENGTH, BLANK };

kov_status kov_infer_ctc_loss(kov_infer *infer)
{
    const kov_infer_input *in = infer->inputs;
    kov_dim batch;
    if (!kov_dtype_is_float(in[LOGITS].dtype) || in[LOGITS].ndim != 3)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "logits must be floating-point numbers, (batch, time, classes)");
    for (int i = LOGIT_LENGTH; i < infer->input_count; i++)
        KOV_TRY(kov_infer_integer(infer, i));
    if (in[LOGIT_LENGTH].ndim != 1 || in[LABELS].ndim != 2 || in[LABEL_LENGTH].ndim != 1 ||
        (infer->input_count > BLANK && in[BLANK].ndim > 0))
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                              "lengths are vectors, labels a matrix and the blank index a scalar");
    batch = in[LOGITS].dims[0];
    for (int i = LOGIT_LENGTH; i <= LABEL_LENGTH; i++)
        KOV_TRY(kov_infer_match(infer, "batch sizes", batch, in[i].dims[0], &batch));
    kov_dim time;
    KOV_TRY(kov_infer_match(infer, "steps of logits and of labels", in[LOGITS].dims[1],
                            in[LABELS].dims[1], &time));
    kov_infer_set(infer, 0, in[LOGITS].dtype, 1, &batch);
    return KOV_OK;
}

/* The labels of one sequence as they count: repeats merged or all repeats dropped, if asked for. */
static int64_t take_labels(const kov_eval *eval, const int64_t *given, int64_t n, int64_t *out)
{
    bool collapse = eval->attrs[KOV_CTC_LOSS_PREPROCESS_COLLAPSE_REPEATED].u.boolean;
    bool unique = eval->attrs[KOV_CTC_LOSS_UNIQUE].u.boolean;
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        bool seen = collapse && i > 0 && given[i] == given[i - 1];
        for (int64_t k = 0; unique && k < count && !seen; k++)
            seen = out[k] == given[i];
        if (!seen)
            out[count++] = given[i];
    }
    return count;
}

static double log_add(double a, double b)
{
    double high = a > b ? a : b, low = a > b ? b : a;
    return high == -INFINITY ? high : high + log1p(exp(low - high));
}

static double log_sum(const double *x, int64_t n)
{
    double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    if (!isfinite(most))
        most = 0;
    for (int64_t i = 0; i < n; i++)
        sum += exp(x[i] - most);
    return most + log(sum);
}

/* alpha[2 k] and alpha[2 k + 1]: paths that have emitted k labels and end in the blank after them,
 * or k + 1 and end in label k. */
static double sequence_loss(const double *logits, int64_t steps, int64_t classes,
                            const int64_t *labels, int64_t n, int64_t blank, bool merge,
                            double *alpha)
{
    for (int64_t s = 0; s <= 2 * n; s++)
        alpha[s] = -INFINITY;
    for (int64_t t = 0; t < steps; t++, logits += classes) {
        double all = log_sum(logits, classes);
        for (int64_t s = 2 * n; s >= 0; s--) {
            int64_t label = s % 2 ? labels[s / 2] : blank;
            bool stays = s % 2 == 0 || merge;
            bool skips = s >= 3 && s % 2 && (labels[s / 2] != labels[s / 2 - 1] || !merge);
            double from = t > 0 ? (stays ? alpha[s] : -INFINITY) : (s < 2 ? 0.0 : -INFINITY);
            if (t > 0 && s > 0)
                from = log_add(from, alpha[s - 1]);
            if (t > 0 && skips)
                from = log_add(from, alpha[s - 2]);
            alpha[s] = from + logits[label] - all;
        }
    }
    if (steps == 0)
        return n == 0 ? 0.0 : INFINITY;
    return -(n == 0 ? alpha[0] : log_add(alpha[2 * n], alpha[2 * n - 1]));
}

static kov_status run(const kov_eval *eval, const double *logits, const int64_t *steps,
                      const int64_t *labels, const int64_t *counts, int64_t blank, double *out)
{
    const int64_t *dims = eval->inputs[LOGITS].dims;
    int64_t time = dims[1], classes = dims[2];
    bool merge = eval->attrs[KOV_CTC_LOSS_CTC_MERGE_REPEATED].u.boolean;
    kov_status status = KOV_OK;
    size_t alpha_bytes, bytes;
    if (!kov_size_mul((size_t)time, 2 * sizeof(double), &alpha_bytes) ||
        !kov_size_mul((size_t)time, sizeof(int64_t), &bytes))
        return kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "too many steps");
    double *alpha = kov_alloc(eval->context, alpha_bytes + 2 * sizeof(double));
    int64_t *taken = kov_alloc(eval->context, bytes + sizeof(int64_t));
    if (!alpha || !taken)
        status = kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "no memory for the paths");
    for (int64_t i = 0; i < dims[0] && status == KOV_OK; i++) {
        if (steps[i] < 0 || steps[i] > time || counts[i] < 0 || counts[i] > time) {
            status = kov_eval_fail(
                eval, KOV_INVALID_ARGUMENT,
                "sequence %lld has %lld steps and %lld labels; there are %lld steps", (long long)i,
                (long long)steps[i], (long long)counts[i], (long long)time);
            break;
        }
        int64_t n = take_labels(eval, labels + i * time, counts[i], taken);
        for (int64_t k = 0; k < n && status == KOV_OK; k++) {
            if (taken[k] < 0 || taken[k] >= classes)
                status = kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "label %lld is no class",
                                       (long long)taken[k]);
        }
        if (status == KOV_OK)
            out[i] = sequence_loss(logits + i * time * classes, steps[i], classes, taken, n, blank,
                                   merge, alpha);
    }
    kov_free(eval->context, alpha);
    kov_free(eval->context, taken);
    return status;
}

kov_status kov_eval_ctc_loss(kov_eval *eval)
{
    void *loaded[BLANK + 1] = {0}, *out = NULL;
    int64_t blank = eval->inputs[LOGITS].dims[2] - 1;
    kov_status status =
        kov_elements_load(eval, &eval->inputs[LOGITS], KOV_DTYPE_F64, &loaded[LOGITS]);
    for (int i = LOGIT_LENGTH; i <= BLANK && status == KOV_OK; i++) {
        if (i < eval->input_count && eval->inputs[i].ndim >= 0)
            status = kov_elements_load(eval, &eval->inputs[i], KOV_DTYPE_I64, &loaded[i]);
    }
    if (status == KOV_OK && loaded[BLANK])
        blank = *(const int64_t *)loaded[BLANK];
    if (status == KOV_OK && (blank < 0 || blank >= eval->inputs[LOGITS].dims[2]))
        status = kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the blank index %lld is no class",
                               (long long)blank);
    if (status == KOV_OK) {
        out = kov_alloc(eval->context,
                        (size_t)eval->outputs[0].count * sizeof(double) + sizeof(double));
        if (!out)
            status = kov_eval_fail(eval, KOV_OUT_OF_MEMORY, "no memory for the result");
    }
    if (status == KOV_OK)
        status = run(eval, loaded[LOGITS], loaded[LOGIT_LENGTH], loaded[LABELS],
                     loaded[LABEL_LENGTH], blank, out);
    if (status == KOV_OK)
        status = kov_elements_store(&eval->outputs[0], KOV_DTYPE_F64, out);
    for (int i = 0; i <= BLANK; i++)
        kov_free(eval->context, loaded[i]);
    kov_free(eval->context, out);
    return status;
}
