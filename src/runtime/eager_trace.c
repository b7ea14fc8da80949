/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/eager_trace.h"
#include "base/status.h"
#include "native/native.h"
#include <string.h>

#define MAX_RESULTS 1024
#define SMALL_TENSOR 64 /* elements that a VALUED trace takes as constants */

struct trace {
    kov_builder *b;
    kov_eager_mode mode;
    const kov_eager_call_key *key;
    int next_input;
    kov_dim *symbols; /* per number of the key */
    kov_arena arena;  /* rewritten arguments, what is known of them */
};

bool kov_eager_is_small(const kov_tensor *tensor)
{
    return kov_tensor_count(tensor) <= SMALL_TENSOR &&
           !kov_dtype_is_float(kov_tensor_dtype(tensor));
}

static kov_dim number_as_dim(struct trace *t, int index)
{
    int64_t number = t->key->numbers[index];
    if (t->mode != KOV_EAGER_FREE)
        return number;
    t->symbols[index] = kov_dim_symbol(t->b->dims, NULL, 0, INT64_MAX, number);
    return t->symbols[index];
}

static kov_value tensor_value(struct trace *t, const kov_eager_input *input)
{
    kov_tensor *tensor = input->argument->u.tensor;
    kov_dim dims[KOV_MAX_NDIM];
    int ndim = kov_tensor_ndim(tensor);
    if (t->mode == KOV_EAGER_VALUED && kov_eager_is_small(tensor))
        return kov_builder_constant(t->b, tensor);
    for (int i = 0; i < ndim; i++)
        dims[i] = number_as_dim(t, input->first_number + i);
    return kov_builder_add_parameter(t->b, kov_tensor_dtype(tensor), ndim, dims, NULL,
                                     KOV_WEAK_NONE, NULL, KOV_ROLE_INPUT);
}

static kov_value number_value(struct trace *t, const kov_argument *a)
{
    kov_builder *b = t->b;
    if (t->mode == KOV_EAGER_VALUED && a->kind == KOV_ARGUMENT_INT)
        return kov_weak_number(b, KOV_WEAK_INT, 0, a->u.integer);
    if (a->kind == KOV_ARGUMENT_BOOL)
        return kov_builder_add_parameter(b, KOV_DTYPE_BOOL, 0, NULL, NULL, KOV_WEAK_NONE, NULL,
                                         KOV_ROLE_INPUT);
    if (a->kind == KOV_ARGUMENT_COMPLEX)
        return kov_builder_add_parameter(b, KOV_DTYPE_C128, 0, NULL, NULL, KOV_WEAK_COMPLEX, NULL,
                                         KOV_ROLE_INPUT);
    if (a->kind != KOV_ARGUMENT_INT)
        return kov_builder_add_parameter(b, KOV_DTYPE_F64, 0, NULL, NULL, KOV_WEAK_FLOAT, NULL,
                                         KOV_ROLE_INPUT);
    kov_value v = kov_builder_add_parameter(b, KOV_DTYPE_I64, 0, NULL, NULL, KOV_WEAK_INT, NULL,
                                            KOV_ROLE_INPUT);
    kov_builder_set_integer_class(b, v, kov_integer_class(a->u.integer));
    return v;
}

/* A shape or index: int64 scalar or 1-D, its elements known as symbols so that the dimensions they
 * make are related; negative ones stay unknown, since what they mean depends on the data. */
static kov_value ints_value(struct trace *t, const kov_eager_input *input)
{
    const kov_argument *a = input->argument;
    kov_builder *b = t->b;
    int n = a->count < 0 ? 1 : a->count;
    if (t->mode != KOV_EAGER_FREE)
        return a->count < 0 ? kov_constant_i64_scalar(b, a->u.ints[0])
                            : kov_constant_i64(b, a->u.ints, n);
    kov_content *content = kov_arena_alloc(&t->arena, sizeof *content);
    kov_content_element *at = kov_arena_alloc(&t->arena, sizeof *at * (size_t)(n + 1));
    if (!content || !at)
        return kov_builder_adopt(b, KOV_OUT_OF_MEMORY);
    for (int i = 0; i < n; i++) {
        if (a->u.ints[i] >= 0)
            at[i] = (kov_content_element){true, false, number_as_dim(t, input->first_number + i)};
    }
    *content = (kov_content){n, at};
    const kov_dim length = n;
    return kov_builder_add_parameter(b, KOV_DTYPE_I64, a->count < 0 ? 0 : 1, &length, content,
                                     KOV_WEAK_NONE, NULL, KOV_ROLE_INPUT);
}

/* The argument with every input in it replaced by its value; inputs come in the key's order. */
static kov_status rewrite(struct trace *t, const kov_argument *from, kov_argument *to)
{
    *to = *from;
    if (from->kind == KOV_ARGUMENT_LIST) {
        kov_argument *list = kov_arena_alloc(&t->arena, sizeof *list * (size_t)(from->count + 1));
        if (!list)
            return KOV_OUT_OF_MEMORY;
        for (int i = 0; i < from->count; i++)
            KOV_TRY(rewrite(t, &from->u.list[i], &list[i]));
        to->u.list = list;
        return KOV_OK;
    }
    if (from->kind == KOV_ARGUMENT_NONE || from->kind == KOV_ARGUMENT_STRING)
        return KOV_OK;
    const kov_eager_input *input = &t->key->inputs[t->next_input++];
    to->kind = KOV_ARGUMENT_VALUE;
    switch (input->source) {
    case KOV_EAGER_TENSOR:
        to->u.value = tensor_value(t, input);
        break;
    case KOV_EAGER_NUMBER:
        to->u.value = number_value(t, input->argument);
        break;
    case KOV_EAGER_INTS:
        to->u.value = ints_value(t, input);
        break;
    }
    return kov_builder_status(t->b);
}

static kov_status trace_graph(struct trace *t, int function, const kov_argument *arguments,
                              kov_graph **out)
{
    const kov_function_info *info = kov_function_at(function);
    kov_context *context = t->b->context;
    size_t room = sizeof(kov_argument) * (size_t)(info->parameter_count + 1);
    kov_argument *rewritten = kov_arena_alloc(&t->arena, room);
    kov_value few[4], *outs = few;
    int count = info->returns < 0 ? MAX_RESULTS : info->returns;
    if (!rewritten)
        return KOV_OUT_OF_MEMORY;
    for (int i = 0; i < info->parameter_count; i++) {
        if (info->parameters[i].kind <= KOV_PARAMETER_INDEX)
            KOV_TRY(rewrite(t, &arguments[i], &rewritten[i]));
        else
            rewritten[i] = arguments[i];
    }
    if (count > 4 && !(outs = kov_alloc(context, sizeof *outs * (size_t)count)))
        return KOV_OUT_OF_MEMORY;
    kov_status status = kov_call(t->b, function, rewritten, info->parameter_count, outs, &count);
    if (status == KOV_OK)
        status = kov_builder_finish(t->b, outs, count, NULL, out);
    if (outs != few)
        kov_free(context, outs);
    return status;
}

static kov_status fill_plan(struct trace *t, kov_graph *graph, kov_eager_plan *plan)
{
    kov_context *context = t->b->context;
    const kov_engine_options options = {.device = "NATIVE", .eager = true};
    int numbers = t->key->number_count;
    plan->mode = t->mode;
    plan->result_count = graph->results.n;
    plan->dims = graph->dims;
    kov_dims_retain(plan->dims);
    if (t->mode == KOV_EAGER_SHAPED && numbers > 0) {
        plan->numbers = kov_alloc(context, sizeof *plan->numbers * (size_t)numbers);
        if (!plan->numbers)
            return KOV_OUT_OF_MEMORY;
        memcpy(plan->numbers, t->key->numbers, sizeof *plan->numbers * (size_t)numbers);
        plan->number_count = numbers;
    }
    if (t->mode == KOV_EAGER_FREE) {
        plan->symbols = t->symbols;
        plan->symbol_count = numbers;
        t->symbols = NULL;
        plan->guards = t->b->guards.at;
        plan->guard_count = t->b->guards.n;
        t->b->guards.at = NULL;
        t->b->guards.n = t->b->guards.cap = 0;
    }
    KOV_TRY(kov_native_engine.compile(graph, &options, &plan->executable));
    plan->bytes = sizeof *plan + kov_native_engine.bytes(plan->executable);
    return KOV_OK;
}

kov_status kov_eager_trace(kov_context *context, int function, kov_dtype floatx,
                           const kov_argument *arguments, const kov_eager_call_key *key,
                           kov_eager_mode mode, kov_eager_plan **out)
{
    struct trace t = {.mode = mode, .key = key};
    kov_graph *graph = NULL;
    kov_eager_plan *plan = NULL;
    KOV_TRY(kov_builder_create(context, &t.b));
    kov_builder_set_floatx(t.b, floatx);
    kov_arena_init(&t.arena, context);
    kov_status status = KOV_OUT_OF_MEMORY;
    t.symbols = kov_alloc_zero(context, sizeof *t.symbols * (size_t)(key->number_count + 1));
    if (!t.symbols)
        goto fail;
    status = trace_graph(&t, function, arguments, &graph);
    if (status != KOV_OK)
        goto fail;
    status = KOV_OUT_OF_MEMORY;
    plan = kov_alloc_zero(context, sizeof *plan);
    if (!plan)
        goto fail;
    plan->refs = 1;
    plan->context = context;
    status = fill_plan(&t, graph, plan);
    if (status == KOV_OK) {
        *out = plan;
        plan = NULL;
    }
fail:
    kov_eager_plan_release(plan);
    kov_graph_release(graph);
    kov_free(context, t.symbols);
    kov_arena_free(&t.arena);
    kov_builder_release(t.b);
    return status;
}

bool kov_eager_plan_serves(const kov_eager_plan *plan, const kov_eager_call_key *key)
{
    if (plan->mode == KOV_EAGER_SHAPED)
        return plan->number_count == key->number_count &&
               (plan->number_count == 0 ||
                memcmp(plan->numbers, key->numbers, sizeof(int64_t) * (size_t)key->number_count) ==
                    0);
    /* A number without a symbol was negative when traced, and must be so again; and the other way.
     */
    for (int i = 0; i < plan->symbol_count; i++) {
        if ((plan->symbols[i] == 0) != (key->numbers[i] < 0))
            return false;
    }
    for (int i = 0; i < plan->guard_count; i++) {
        int64_t number;
        if (!kov_dim_evaluate(plan->dims, plan->guards[i].dim, plan->symbols, key->numbers,
                              plan->symbol_count, &number) ||
            number != plan->guards[i].number)
            return false;
    }
    return true;
}

void kov_eager_plan_release(kov_eager_plan *plan)
{
    if (!plan || __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    kov_context *context = plan->context;
    if (plan->executable)
        kov_native_engine.release(plan->executable);
    kov_dims_release(plan->dims);
    kov_free(context, plan->symbols);
    kov_free(context, plan->guards);
    kov_free(context, plan->numbers);
    kov_free(context, plan);
}
