/* SPDX-License-Identifier: Apache-2.0 */
/* LSTMSequence and GRUSequence, one direction or both. Past a sequence's length outputs are 0 and
 * the state stays. */
#include "opset/elements.h"
#include "opset/recurrent/recurrent_attributes.h"

#include <math.h>
#include <string.h>

/* ---- inference ---- */

/* data, lengths and what both cells have; `first` is the first of lengths, weights, recurrence,
 * bias. */
static kov_status infer_sequence(kov_infer *infer, int first, int gates, int bias_units)
{
    const kov_infer_input *in = infer->inputs;
    bool lstm = gates == 4;
    const char *direction =
        infer->attrs[lstm ? KOV_LSTM_SEQUENCE_DIRECTION : KOV_GRU_SEQUENCE_DIRECTION].u.string;
    int64_t units =
        infer->attrs[lstm ? KOV_LSTM_SEQUENCE_HIDDEN_SIZE : KOV_GRU_SEQUENCE_HIDDEN_SIZE].u.integer;
    static const int ranks[] = {3, 3, 3, 1, 3, 3, 2};
    kov_dim directions = strcmp(direction, "bidirectional") == 0 ? 2 : 1;
    for (int i = 0; i < infer->input_count; i++) {
        int wanted = ranks[lstm ? i : i < 2 ? i : i + 1];
        if (in[i].ndim != wanted)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "input %s must have %d dimensions",
                                  infer->op->input_names[i], wanted);
        if (i != first)
            KOV_TRY(kov_infer_same_dtype(infer, 0, i));
    }
    KOV_TRY(kov_infer_integer(infer, first));
    if (!kov_dtype_is_float(in[0].dtype) || units < 1)
        return kov_infer_fail(infer, KOV_TYPE_ERROR,
                              "data must hold floating-point numbers, hidden_size be positive");
    kov_dim batch = in[0].dims[0], unused;
    for (int i = 1; i < first; i++) {
        KOV_TRY(kov_infer_match(infer, "batch of data and state", batch, in[i].dims[0], &batch));
        KOV_TRY(kov_infer_match(infer, "directions", directions, in[i].dims[1], &unused));
        KOV_TRY(kov_infer_match(infer, "units of a state", units, in[i].dims[2], &unused));
    }
    KOV_TRY(kov_infer_match(infer, "batch of data and lengths", batch, in[first].dims[0], &batch));
    const kov_dim wanted[3][3] = {{directions, gates * units, in[0].dims[2]},
                                  {directions, gates * units, units},
                                  {directions, bias_units * units}};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < in[first + 1 + i].ndim; k++)
            KOV_TRY(kov_infer_match(infer, "dimensions of weights and data", wanted[i][k],
                                    in[first + 1 + i].dims[k], &unused));
    }
    const kov_dim out[] = {batch, directions, in[0].dims[1], units};
    const kov_dim state[] = {batch, directions, units};
    kov_infer_set(infer, 0, in[0].dtype, 4, out);
    for (int i = 1; i < first; i++)
        kov_infer_set(infer, i, in[0].dtype, 3, state);
    return KOV_OK;
}

kov_status kov_infer_lstm_sequence(kov_infer *infer)
{
    return infer_sequence(infer, 3, 4, 4);
}

kov_status kov_infer_gru_sequence(kov_infer *infer)
{
    bool after = infer->attrs[KOV_GRU_SEQUENCE_LINEAR_BEFORE_RESET].u.boolean;
    return infer_sequence(infer, 2, 3, after ? 4 : 3);
}

/* ---- evaluation ---- */

typedef struct sequence {
    const kov_eval *eval;
    bool lstm, after; /* after: the reset of a GRU comes after the product */
    int gates, bias_units, directions;
    bool reverse[2];
    int64_t batch, steps, inputs, units;
    kov_recurrent_activation activations[3];
    double clip; /* 0: none */
    const double *x, *state, *cell, *weights, *recurrence, *bias;
    const int64_t *lengths;
    double *y, *state_out, *cell_out;
    double *sums, *next; /* of one step: gates * units, units */
} sequence;

static double clipped(const sequence *s, double x)
{
    return s->clip > 0 ? fmin(fmax(x, -s->clip), s->clip) : x;
}

static double activated(const sequence *s, int which, double x)
{
    x = clipped(s, x);
    switch (s->activations[which]) {
    case KOV_RECURRENT_SIGMOID:
        return 1 / (1 + exp(-x));
    case KOV_RECURRENT_TANH:
        return tanh(x);
    default:
        return x > 0 || isnan(x) ? x : 0;
    }
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Row `gate * units + unit` of a matrix of one direction, times a vector. */
static double product(const double *matrix, int64_t row, const double *v, int64_t n)
{
    return dot(matrix + row * n, v, n);
}

static void step_lstm(const sequence *s, int d, const double *x, double *h, double *c)
{
    int64_t n = s->units, rows = 4 * n;
    const double *weights = s->weights + d * rows * s->inputs;
    const double *recurrence = s->recurrence + d * rows * n, *bias = s->bias + d * rows;
    for (int64_t i = 0; i < rows; i++)
        s->sums[i] = product(weights, i, x, s->inputs) + product(recurrence, i, h, n) + bias[i];
    for (int64_t i = 0; i < n; i++) {
        double forget = activated(s, 0, s->sums[i]), input = activated(s, 0, s->sums[n + i]);
        c[i] = forget * c[i] + input * activated(s, 1, s->sums[2 * n + i]);
        h[i] = activated(s, 0, s->sums[3 * n + i]) * activated(s, 2, c[i]);
    }
}

static void step_gru(const sequence *s, int d, const double *x, double *h)
{
    int64_t n = s->units, rows = 3 * n;
    const double *weights = s->weights + d * rows * s->inputs;
    const double *recurrence = s->recurrence + d * rows * n;
    const double *bias = s->bias + d * s->bias_units * n;
    double *update = s->sums, *reset = s->sums + n;
    for (int64_t i = 0; i < 2 * n; i++)
        s->sums[i] = activated(
            s, 0, product(weights, i, x, s->inputs) + product(recurrence, i, h, n) + bias[i]);
    for (int64_t i = 0; i < n; i++)
        s->next[i] = reset[i] * h[i];
    for (int64_t i = 0; i < n; i++) {
        int64_t row = 2 * n + i;
        double from_input = product(weights, row, x, s->inputs) + bias[row];
        double from_state = s->after ? reset[i] * (product(recurrence, row, h, n) + bias[3 * n + i])
                                     : product(recurrence, row, s->next, n);
        s->sums[row] = activated(s, 1, from_input + from_state);
    }
    for (int64_t i = 0; i < n; i++)
        h[i] = (1 - update[i]) * s->sums[2 * n + i] + update[i] * h[i];
}

static void run_sequence(const sequence *s, int64_t row, int d)
{
    int64_t at = row * s->directions + d, n = s->units, length = s->lengths[row];
    double *h = s->state_out + at * n, *c = s->cell_out ? s->cell_out + at * n : NULL;
    double *y = s->y + at * s->steps * n;
    memcpy(h, s->state + at * n, (size_t)n * sizeof *h);
    if (s->lstm)
        memcpy(c, s->cell + at * n, (size_t)n * sizeof *c);
    memset(y, 0, (size_t)(s->steps * n) * sizeof *y);
    for (int64_t i = 0; i < length; i++) {
        int64_t time = s->reverse[d] ? length - 1 - i : i;
        const double *x = s->x + (row * s->steps + time) * s->inputs;
        if (s->lstm)
            step_lstm(s, d, x, h, c);
        else
            step_gru(s, d, x, h);
        memcpy(y + time * n, h, (size_t)n * sizeof *h);
    }
}

static kov_status read_attributes(sequence *s)
{
    const kov_eval *eval = s->eval;
    const kov_attr *attrs = eval->attrs;
    const char *direction =
        attrs[s->lstm ? KOV_LSTM_SEQUENCE_DIRECTION : KOV_GRU_SEQUENCE_DIRECTION].u.string;
    const char *activations =
        attrs[s->lstm ? KOV_LSTM_SEQUENCE_ACTIVATIONS : KOV_GRU_SEQUENCE_ACTIVATIONS].u.string;
    s->clip = attrs[s->lstm ? KOV_LSTM_SEQUENCE_CLIP : KOV_GRU_SEQUENCE_CLIP].u.real;
    s->after = !s->lstm && attrs[KOV_GRU_SEQUENCE_LINEAR_BEFORE_RESET].u.boolean;
    s->reverse[0] = strcmp(direction, "reverse") == 0;
    s->reverse[1] = true;
    if (!kov_recurrent_activations(activations, s->lstm ? 3 : 2, s->activations))
        return kov_eval_fail(eval, KOV_NOT_IMPLEMENTED,
                             "activations %s: sigmoid, tanh and relu "
                             "are there",
                             activations);
    return KOV_OK;
}

static void set_sizes(sequence *s)
{
    const kov_view *in = s->eval->inputs;
    s->gates = s->lstm ? 4 : 3;
    s->bias_units = s->lstm || s->after ? 4 : 3;
    s->batch = in[0].dims[0];
    s->steps = in[0].dims[1];
    s->inputs = in[0].dims[2];
    s->directions = (int)in[1].dims[1];
    s->units = in[1].dims[2];
}

static kov_status check_lengths(const sequence *s)
{
    for (int64_t i = 0; i < s->batch; i++) {
        if (s->lengths[i] < 0 || s->lengths[i] > s->steps)
            return kov_eval_fail(s->eval, KOV_INVALID_ARGUMENT, "length %lld of %lld steps",
                                 (long long)s->lengths[i], (long long)s->steps);
    }
    return KOV_OK;
}

/* `first`: the input that holds lengths. */
static kov_status eval_sequence(kov_eval *eval, bool lstm, int first)
{
    enum { MOST = 7, OUTPUTS = 3 };
    sequence s = {.eval = eval, .lstm = lstm};
    void *loaded[MOST] = {0};
    double *made[OUTPUTS] = {0}, *scratch = NULL;
    kov_status status = read_attributes(&s);
    set_sizes(&s);
    for (int i = 0; i < eval->input_count && status == KOV_OK; i++)
        status = kov_elements_load(eval, &eval->inputs[i],
                                   i == first ? KOV_DTYPE_I64 : KOV_DTYPE_F64, &loaded[i]);
    s.lengths = loaded[first];
    if (status == KOV_OK)
        status = check_lengths(&s);
    if (status != KOV_OK)
        goto fail;
    status = KOV_OUT_OF_MEMORY;
    for (int i = 0; i < eval->output_count; i++) {
        made[i] = kov_alloc(eval->context, (size_t)eval->outputs[i].count * sizeof *made[i] + 1);
        if (!made[i])
            goto fail;
    }
    scratch = kov_alloc(eval->context, (size_t)(5 * s.units) * sizeof *scratch);
    if (!scratch)
        goto fail;
    s.x = loaded[0];
    s.state = loaded[1];
    s.cell = lstm ? loaded[2] : NULL;
    s.weights = loaded[first + 1];
    s.recurrence = loaded[first + 2];
    s.bias = loaded[first + 3];
    s.y = made[0];
    s.state_out = made[1];
    s.cell_out = made[2];
    s.sums = scratch;
    s.next = scratch + 4 * s.units;
    for (int64_t row = 0; row < s.batch; row++)
        for (int d = 0; d < s.directions; d++)
            run_sequence(&s, row, d);
    status = KOV_OK;
    for (int i = 0; i < eval->output_count && status == KOV_OK; i++)
        status = kov_elements_store(&eval->outputs[i], KOV_DTYPE_F64, made[i]);
fail:
    for (int i = 0; i < MOST; i++)
        kov_free(eval->context, loaded[i]);
    for (int i = 0; i < OUTPUTS; i++)
        kov_free(eval->context, made[i]);
    kov_free(eval->context, scratch);
    return status;
}

kov_status kov_eval_lstm_sequence(kov_eval *eval)
{
    return eval_sequence(eval, true, 3);
}

kov_status kov_eval_gru_sequence(kov_eval *eval)
{
    return eval_sequence(eval, false, 2);
}
