/* SPDX-License-Identifier: Apache-2.0 */
/* If, While, Composite.
 *   If:    condition (bool scalar), then_count values captured by then_body, those of else_body.
 *   While: the maximum of rounds if has_maximum (integer scalar), state_count states, values
 * captured by condition, those of body. Both bodies take the states, then what they captured. The
 * condition is asked before every round, the first one too. Composite: the parameters of its body.
 */
#include "graph/reinfer.h"
#include "opset/elements.h"

#include "tensor/convert.h"

static kov_status body_results(kov_infer *infer, const kov_graph *body,
                               const kov_infer_input *inputs, kov_infer_output **out)
{
    size_t n = (size_t)body->results.n + 1;
    kov_infer_output *results = kov_alloc_zero(infer->context, n * sizeof *results);
    if (!results)
        return KOV_OUT_OF_MEMORY;
    kov_status status = kov_graph_reinfer_results(body, inputs, infer->dims, infer->arena, results);
    if (status != KOV_OK) {
        kov_free(infer->context, results);
        return kov_fail_in(status, "%s", infer->op->name);
    }
    *out = results;
    return KOV_OK;
}

static kov_status check_counts(const kov_infer *infer, int inputs, int results)
{
    if (infer->input_count != inputs)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "needs %d inputs, has %d", inputs,
                              infer->input_count);
    if (results > KOV_INFER_MAX_OUTPUTS)
        return kov_infer_fail(infer, KOV_NOT_IMPLEMENTED, "more than %d results",
                              KOV_INFER_MAX_OUTPUTS);
    return KOV_OK;
}

/* A bool scalar, or what has one element. */
static bool is_condition(kov_dtype dtype, int ndim, const kov_dim *dims)
{
    for (int i = 0; i < ndim; i++) {
        if (kov_dim_is_number(dims[i]) && dims[i] != 1)
            return false;
    }
    return dtype == KOV_DTYPE_BOOL;
}

/* Output i is one of two things: dimensions that differ are unknown. */
static kov_status join(kov_infer *infer, int i, const kov_infer_output *a,
                       const kov_infer_output *b)
{
    if (a->dtype != b->dtype || a->ndim != b->ndim)
        return kov_infer_fail(
            infer, KOV_TYPE_ERROR,
            "result %d is %s of %d dimensions in one branch, %s of %d in the other", i,
            kov_dtype_keras_name(a->dtype), a->ndim, kov_dtype_keras_name(b->dtype), b->ndim);
    kov_dim dims[KOV_MAX_NDIM];
    for (int axis = 0; axis < a->ndim; axis++)
        dims[axis] = a->dims[axis] == b->dims[axis] ? a->dims[axis] : kov_dim_unknown(infer->dims);
    kov_infer_set(infer, i, a->dtype, a->ndim, dims);
    return KOV_OK;
}

kov_status kov_infer_if(kov_infer *infer)
{
    const kov_graph *then_body = infer->attrs[KOV_IF_THEN_BODY].u.body;
    const kov_graph *else_body = infer->attrs[KOV_IF_ELSE_BODY].u.body;
    int then_count = then_body->parameters.n, count = then_body->results.n;
    if (then_count != infer->attrs[KOV_IF_THEN_COUNT].u.integer || else_body->results.n != count)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "the branches do not fit the node");
    KOV_TRY(check_counts(infer, 1 + then_count + else_body->parameters.n, count));
    const kov_infer_input *condition = &infer->inputs[0];
    if (!is_condition(condition->dtype, condition->ndim, condition->dims))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "the condition must be one bool");
    kov_infer_output *one = NULL, *other = NULL;
    kov_status status = body_results(infer, then_body, infer->inputs + 1, &one);
    if (status == KOV_OK)
        status = body_results(infer, else_body, infer->inputs + 1 + then_count, &other);
    for (int i = 0; i < count && status == KOV_OK; i++)
        status = join(infer, i, &one[i], &other[i]);
    infer->output_count = count;
    kov_free(infer->context, one);
    kov_free(infer->context, other);
    return status;
}

/* Inputs of a body of While: the states, then `captures` inputs of the node from `first`. */
static kov_infer_input *loop_inputs(kov_infer *infer, const kov_infer_output *states, int count,
                                    int first, int captures)
{
    kov_infer_input *inputs =
        kov_alloc_zero(infer->context, (size_t)(count + captures + 1) * sizeof *inputs);
    if (!inputs)
        return NULL;
    for (int i = 0; i < count; i++)
        inputs[i] = (kov_infer_input){
            .dtype = states[i].dtype, .ndim = states[i].ndim, .dims = states[i].dims};
    for (int i = 0; i < captures; i++)
        inputs[count + i] = infer->inputs[first + i];
    return inputs;
}

static kov_status check_loop_condition(kov_infer *infer, const kov_graph *condition, int count,
                                       int first)
{
    int captures = condition->parameters.n - count;
    kov_infer_input *inputs = loop_inputs(infer, infer->outputs, count, first, captures);
    if (!inputs)
        return KOV_OUT_OF_MEMORY;
    kov_infer_output *result = NULL;
    kov_status status = body_results(infer, condition, inputs, &result);
    if (status == KOV_OK &&
        (condition->results.n != 1 || !is_condition(result->dtype, result->ndim, result->dims)))
        status = kov_infer_fail(infer, KOV_TYPE_ERROR, "the condition must return one bool");
    kov_free(infer->context, result);
    kov_free(infer->context, inputs);
    return status;
}

/* Makes dimensions unknown that a round changes; widened[i] has a bit for each axis of state i that
 * is so already. *changed says whether there was a new one. */
static kov_status widen(kov_infer *infer, const kov_infer_output *results, int count,
                        uint32_t *widened, bool *changed)
{
    *changed = false;
    for (int i = 0; i < count; i++) {
        kov_infer_output *state = &infer->outputs[i];
        const kov_infer_output *result = &results[i];
        if (state->dtype != result->dtype || state->ndim != result->ndim)
            return kov_infer_fail(infer, KOV_TYPE_ERROR,
                                  "state %d starts as %s of %d dimensions and becomes %s of %d", i,
                                  kov_dtype_keras_name(state->dtype), state->ndim,
                                  kov_dtype_keras_name(result->dtype), result->ndim);
        for (int axis = 0; axis < state->ndim; axis++) {
            if (state->dims[axis] == result->dims[axis] || (widened[i] >> axis & 1) != 0)
                continue;
            state->dims[axis] = kov_dim_unknown(infer->dims);
            widened[i] |= UINT32_C(1) << axis;
            *changed = true;
        }
    }
    return KOV_OK;
}

/* Asks for the shapes after one round until they are those before it. */
static kov_status settle_states(kov_infer *infer, const kov_graph *body, int count, int first)
{
    uint32_t *widened = kov_alloc_zero(infer->context, (size_t)(count + 1) * sizeof *widened);
    if (!widened)
        return KOV_OUT_OF_MEMORY;
    kov_status status = KOV_OK;
    for (bool changed = true; changed && status == KOV_OK;) {
        kov_infer_output *results = NULL;
        kov_infer_input *inputs =
            loop_inputs(infer, infer->outputs, count, first, body->parameters.n - count);
        status = inputs ? body_results(infer, body, inputs, &results) : KOV_OUT_OF_MEMORY;
        if (status == KOV_OK)
            status = widen(infer, results, count, widened, &changed);
        kov_free(infer->context, results);
        kov_free(infer->context, inputs);
    }
    kov_free(infer->context, widened);
    return status;
}

kov_status kov_infer_while(kov_infer *infer)
{
    const kov_graph *condition = infer->attrs[KOV_WHILE_CONDITION].u.body;
    const kov_graph *body = infer->attrs[KOV_WHILE_BODY].u.body;
    int64_t states = infer->attrs[KOV_WHILE_STATE_COUNT].u.integer;
    int bound = infer->attrs[KOV_WHILE_HAS_MAXIMUM].u.boolean ? 1 : 0;
    if (states < 0 || states > condition->parameters.n || states > body->parameters.n ||
        states != body->results.n)
        return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "the bodies do not fit %lld states",
                              (long long)states);
    int count = (int)states, condition_captures = condition->parameters.n - count;
    KOV_TRY(
        check_counts(infer, bound + condition->parameters.n + body->parameters.n - count, count));
    if (bound && (!kov_dtype_is_integer(infer->inputs[0].dtype) || infer->inputs[0].ndim != 0))
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "the maximum must be an integer scalar");
    for (int i = 0; i < count; i++) {
        const kov_infer_input *state = &infer->inputs[bound + i];
        kov_infer_set(infer, i, state->dtype, state->ndim, state->dims);
    }
    infer->output_count = count;
    KOV_TRY(settle_states(infer, body, count, bound + count + condition_captures));
    return check_loop_condition(infer, condition, count, bound + count);
}

kov_status kov_infer_composite(kov_infer *infer)
{
    const kov_graph *body = infer->attrs[KOV_COMPOSITE_BODY].u.body;
    KOV_TRY(check_counts(infer, body->parameters.n, body->results.n));
    infer->output_count = body->results.n;
    return kov_graph_reinfer_results(body, infer->inputs, infer->dims, infer->arena,
                                     infer->outputs);
}

static kov_status read_bool(const kov_eval *eval, const kov_tensor *tensor, bool *out)
{
    if (kov_tensor_dtype(tensor) != KOV_DTYPE_BOOL || kov_tensor_count(tensor) != 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the condition must be one bool");
    *out = *(const unsigned char *)kov_tensor_data(tensor) != 0;
    return KOV_OK;
}

/* Hands a body's results over as the outputs. */
static kov_status give_all(kov_eval *eval, kov_tensor **results, int count)
{
    for (int i = 0; i < count; i++) {
        kov_status status = eval->give(eval, i, results[i]);
        if (status != KOV_OK) {
            for (int j = i + 1; j < count; j++)
                kov_tensor_release(results[j]);
            return status;
        }
    }
    return KOV_OK;
}

/* Runs a body on the inputs of the node from `first`; its results are the outputs. */
static kov_status run_as_outputs(kov_eval *eval, kov_graph *body, int first)
{
    int n = body->parameters.n, count = body->results.n;
    size_t room = (size_t)(n + count + 1);
    kov_tensor **inputs = kov_alloc_zero(eval->context, room * sizeof *inputs);
    if (!inputs)
        return KOV_OUT_OF_MEMORY;
    kov_tensor **results = inputs + n;
    for (int i = 0; i < n; i++)
        inputs[i] = eval->input_tensor(eval, first + i);
    kov_status status = eval->run_body(eval, body, inputs, results);
    if (status == KOV_OK)
        status = give_all(eval, results, count);
    kov_free(eval->context, inputs);
    return status;
}

kov_status kov_eval_if(kov_eval *eval)
{
    kov_graph *then_body = eval->attrs[KOV_IF_THEN_BODY].u.body;
    kov_graph *else_body = eval->attrs[KOV_IF_ELSE_BODY].u.body;
    bool taken;
    KOV_TRY(read_bool(eval, eval->input_tensor(eval, 0), &taken));
    if (taken)
        return run_as_outputs(eval, then_body, 1);
    return run_as_outputs(eval, else_body, 1 + then_body->parameters.n);
}

kov_status kov_eval_composite(kov_eval *eval)
{
    return run_as_outputs(eval, eval->attrs[KOV_COMPOSITE_BODY].u.body, 0);
}

typedef struct loop {
    kov_graph *condition, *body;
    int count;         /* states */
    int64_t maximum;   /* of rounds; -1: none */
    kov_tensor **ask;  /* inputs of the condition: states, captures */
    kov_tensor **step; /* inputs of the body: the same states, its captures */
    kov_tensor **next; /* results of a round */
} loop;

static kov_status ask_condition(kov_eval *eval, const loop *loop, bool *out)
{
    kov_tensor *answer;
    KOV_TRY(eval->run_body(eval, loop->condition, loop->ask, &answer));
    kov_status status = read_bool(eval, answer, out);
    kov_tensor_release(answer);
    return status;
}

/* The loop holds a reference to each state. */
static kov_status run_loop(kov_eval *eval, loop *loop)
{
    for (int64_t round = 0; loop->maximum < 0 || round < loop->maximum; round++) {
        bool more;
        KOV_TRY(ask_condition(eval, loop, &more));
        if (!more)
            return KOV_OK;
        KOV_TRY(eval->run_body(eval, loop->body, loop->step, loop->next));
        for (int i = 0; i < loop->count; i++) {
            kov_tensor_release(loop->step[i]);
            loop->step[i] = loop->ask[i] = loop->next[i];
        }
    }
    return KOV_OK;
}

static kov_status read_maximum(kov_eval *eval, int64_t *out)
{
    const kov_tensor *tensor = eval->input_tensor(eval, 0);
    if (kov_tensor_count(tensor) != 1)
        return kov_eval_fail(eval, KOV_INVALID_ARGUMENT, "the maximum must be an integer scalar");
    KOV_TRY(kov_convert(kov_tensor_dtype(tensor), kov_tensor_data(tensor), KOV_DTYPE_I64, out, 1));
    *out = *out < 0 ? 0 : *out;
    return KOV_OK;
}

kov_status kov_eval_while(kov_eval *eval)
{
    int bound = eval->attrs[KOV_WHILE_HAS_MAXIMUM].u.boolean ? 1 : 0;
    loop loop = {.condition = eval->attrs[KOV_WHILE_CONDITION].u.body,
                 .body = eval->attrs[KOV_WHILE_BODY].u.body,
                 .count = (int)eval->attrs[KOV_WHILE_STATE_COUNT].u.integer,
                 .maximum = -1};
    if (bound)
        KOV_TRY(read_maximum(eval, &loop.maximum));
    int asks = loop.condition->parameters.n, steps = loop.body->parameters.n;
    size_t room = (size_t)(asks + steps + loop.count + 1);
    loop.ask = kov_alloc_zero(eval->context, room * sizeof *loop.ask);
    if (!loop.ask)
        return KOV_OUT_OF_MEMORY;
    loop.step = loop.ask + asks;
    loop.next = loop.step + steps;
    for (int i = 0; i < asks; i++)
        loop.ask[i] = eval->input_tensor(eval, bound + i);
    for (int i = 0; i < steps; i++)
        loop.step[i] =
            i < loop.count ? loop.ask[i] : eval->input_tensor(eval, bound + asks + i - loop.count);
    for (int i = 0; i < loop.count; i++)
        kov_tensor_retain(loop.step[i]);
    kov_status status = run_loop(eval, &loop);
    if (status == KOV_OK)
        status = give_all(eval, loop.step, loop.count);
    else
        for (int i = 0; i < loop.count; i++)
            kov_tensor_release(loop.step[i]);
    kov_free(eval->context, loop.ask);
    return status;
}
