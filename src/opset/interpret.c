/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/interpret.h"

#include "base/context.h"
#include "base/status.h"
#include "graph/eval.h"
#include "graph/reinfer.h"

#include <stdio.h>
#include <string.h>

enum { FEW = 8 };

/* One node being evaluated: what the callbacks of kov_eval work on. */
typedef struct frame {
    kov_tensor *const *inputs;
    kov_tensor **outputs;
    kov_body_run *run_body; /* NULL: interpreted */
    void *user;
} frame;

static void set_view(kov_view *view, kov_tensor *tensor)
{
    view->dtype = kov_tensor_dtype(tensor);
    view->ndim = kov_tensor_ndim(tensor);
    view->dims = kov_tensor_dims(tensor);
    view->count = kov_tensor_count(tensor);
    view->data = (void *)kov_tensor_data(tensor);
}

static kov_status put_output(kov_eval *eval, int output, kov_tensor *tensor)
{
    frame *frame = eval->user;
    kov_tensor_release(frame->outputs[output]);
    frame->outputs[output] = tensor;
    set_view(&eval->outputs[output], tensor);
    return KOV_OK;
}

static kov_status allocate_output(kov_eval *eval, int output, int ndim, const int64_t *dims)
{
    kov_tensor *tensor;
    KOV_TRY(kov_tensor_create(eval->context, eval->outputs[output].dtype, ndim, dims, &tensor));
    return put_output(eval, output, tensor);
}

static kov_tensor *input_tensor(kov_eval *eval, int input)
{
    const frame *frame = eval->user;
    return frame->inputs[input];
}

static kov_status run_body(kov_eval *eval, kov_graph *body, kov_tensor *const *inputs,
                           kov_tensor **results)
{
    const frame *frame = eval->user;
    if (frame->run_body)
        return frame->run_body(frame->user, body, inputs, results);
    return kov_interpret(body, inputs, body->parameters.n, results);
}

/* Allocates the outputs by inference on the concrete inputs. */
static kov_status allocate_inferred(kov_eval *eval, const kov_node *node, kov_dims *dims,
                                    kov_arena *arena, const kov_infer_input *inputs)
{
    kov_infer_output few[FEW] = {0}, *outputs = few;
    size_t room = kov_op_info_of(node->op)->outputs == KOV_VARIADIC ? KOV_INFER_MAX_OUTPUTS
                                                                    : (size_t)node->output_count;
    if (room > FEW) {
        outputs = kov_alloc_zero(eval->context, room * sizeof *outputs);
        if (!outputs)
            return KOV_OUT_OF_MEMORY;
    }
    kov_status status = kov_node_reinfer(node, inputs, dims, arena, outputs);
    for (int i = 0; i < node->output_count && status == KOV_OK; i++) {
        for (int axis = 0; axis < outputs[i].ndim && status == KOV_OK; axis++) {
            /* All inputs are known: what gives the dimension is a number that none can be. */
            if (!kov_dim_is_number(outputs[i].dims[axis]))
                status = kov_eval_fail(eval, KOV_INVALID_ARGUMENT,
                                       "dimension %d of output %d is outside the range of sizes",
                                       axis, i);
        }
        eval->outputs[i].dtype = outputs[i].dtype;
        if (status == KOV_OK)
            status = allocate_output(eval, i, outputs[i].ndim, outputs[i].dims);
    }
    if (outputs != few)
        kov_free(eval->context, outputs);
    return status;
}

static kov_status evaluate(kov_eval *eval, const kov_graph *graph, const kov_node *node,
                           kov_dims *dims, const kov_infer_input *inputs)
{
    for (int i = 0; i < node->output_count; i++)
        eval->outputs[i].dtype = kov_graph_value(graph, node->first_output + (kov_value)i)->dtype;
    if (!eval->op->data_shape) {
        kov_arena arena;
        kov_arena_init(&arena, eval->context);
        kov_status status = allocate_inferred(eval, node, dims, &arena, inputs);
        kov_arena_free(&arena);
        KOV_TRY(status);
    }
    kov_status status = eval->op->evaluate(eval);
    if (status != KOV_OK) /* inference names the node itself */
        return node->name ? kov_fail_in(status, "%s", node->name) : status;
    const frame *frame = eval->user;
    for (int i = 0; i < node->output_count; i++) {
        if (!frame->outputs[i])
            return kov_eval_fail(eval, KOV_INTERNAL, "output %d was not made", i);
    }
    return KOV_OK;
}

/* The frame has the node's tensors; dims: of the run. */
static kov_status interpret_node(kov_context *context, kov_dims *dims, const kov_graph *graph,
                                 const kov_node *node, frame *frame)
{
    kov_tensor *const *inputs = frame->inputs;
    kov_tensor **outputs = frame->outputs;
    memset(outputs, 0, sizeof *outputs * (size_t)node->output_count);
    if (node->op == KOV_OP_CONSTANT) {
        outputs[0] = node->attrs[0].u.tensor;
        kov_tensor_retain(outputs[0]);
        return KOV_OK;
    }
    if (node->op == KOV_OP_PARAMETER)
        return kov_fail(KOV_INVALID_ARGUMENT, "Parameter: its tensor must be given");
    kov_view few_views[2 * FEW] = {0}, *views = few_views;
    kov_infer_input few_infos[FEW] = {0}, *infos = few_infos;
    size_t ins = (size_t)node->input_count, outs = (size_t)node->output_count;
    kov_status status = KOV_OUT_OF_MEMORY;
    if (ins + outs > 2 * FEW && !(views = kov_alloc_zero(context, (ins + outs) * sizeof *views)))
        return status;
    if (ins > FEW && !(infos = kov_alloc_zero(context, ins * sizeof *infos)))
        goto fail;
    kov_eval eval = {.context = context,
                     .op = kov_op_info_of(node->op),
                     .attrs = node->attrs,
                     .input_count = node->input_count,
                     .inputs = views,
                     .output_count = node->output_count,
                     .outputs = views + ins,
                     .allocate = allocate_output,
                     .run_body = run_body,
                     .input_tensor = input_tensor,
                     .give = put_output,
                     .user = frame};
    for (size_t i = 0; i < ins; i++) {
        views[i].ndim = infos[i].ndim = -1;
        if (!inputs[i])
            continue;
        set_view(&views[i], inputs[i]);
        infos[i] = (kov_infer_input){.dtype = views[i].dtype,
                                     .ndim = views[i].ndim,
                                     .dims = views[i].dims,
                                     .tensor = inputs[i]};
    }
    status = evaluate(&eval, graph, node, dims, infos);
    for (size_t i = 0; i < outs && status != KOV_OK; i++) {
        kov_tensor_release(outputs[i]);
        outputs[i] = NULL;
    }
fail:
    if (views != few_views)
        kov_free(context, views);
    if (infos != few_infos)
        kov_free(context, infos);
    return status;
}

typedef struct run {
    const kov_graph *graph;
    kov_context *context;
    kov_dims *dims; /* of the run alone: threads share the graph */
    kov_tensor **values;
    int *uses;           /* that are still to come */
    kov_tensor **inputs; /* of one node */
} run;

static void drop(run *run, kov_value value)
{
    if (--run->uses[value] > 0)
        return;
    kov_tensor_release(run->values[value]);
    run->values[value] = NULL;
}

static kov_status run_node(run *run, const kov_node *node)
{
    KOV_TRY(kov_context_check_cancelled(run->context));
    for (int i = 0; i < node->input_count; i++)
        run->inputs[i] = node->inputs[i] == KOV_VALUE_NONE ? NULL : run->values[node->inputs[i]];
    frame frame = {.inputs = run->inputs, .outputs = &run->values[node->first_output]};
    KOV_TRY(interpret_node(run->context, run->dims, run->graph, node, &frame));
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] != KOV_VALUE_NONE)
            drop(run, node->inputs[i]);
    }
    for (int i = 0; i < node->output_count; i++) {
        kov_value value = node->first_output + (kov_value)i;
        run->uses[value]++;
        drop(run, value);
    }
    return KOV_OK;
}

static kov_status open_run(run *run, kov_graph *graph)
{
    int most = 0;
    for (int i = 0; i < graph->nodes.n; i++) {
        int n = graph->nodes.at[i].input_count;
        most = n > most ? n : most;
    }
    size_t values = (size_t)graph->values.n;
    run->graph = graph;
    run->context = graph->context;
    run->dims = kov_dims_create(run->context);
    run->values = kov_alloc_zero(run->context, values * sizeof *run->values);
    run->uses = kov_alloc_zero(run->context, values * sizeof *run->uses);
    run->inputs = kov_alloc_zero(run->context, (size_t)(most + 1) * sizeof *run->inputs);
    if (!run->dims || !run->values || !run->uses || !run->inputs)
        return KOV_OUT_OF_MEMORY;
    kov_graph_use_counts(graph, run->uses);
    return KOV_OK;
}

static void close_run(run *run)
{
    for (int i = 0; run->values && i < run->graph->values.n; i++)
        kov_tensor_release(run->values[i]);
    kov_free(run->context, run->values);
    kov_free(run->context, run->uses);
    kov_free(run->context, run->inputs);
    if (run->dims)
        kov_dims_release(run->dims);
}

static kov_status bind_inputs(run *run, kov_tensor *const *inputs, int n)
{
    const kov_graph *graph = run->graph;
    if (n != graph->parameters.n)
        return kov_fail(KOV_INVALID_ARGUMENT, "the graph has %d inputs, %d were given",
                        graph->parameters.n, n);
    for (int i = 0; i < n; i++) {
        kov_value value = graph->parameters.at[i].value;
        const kov_value_info *info = kov_graph_value(graph, value);
        if (kov_tensor_dtype(inputs[i]) != info->dtype || kov_tensor_ndim(inputs[i]) != info->ndim)
            return kov_fail(
                KOV_INVALID_ARGUMENT, "input %d (%s) is %s of %d dimensions, it must be %s of %d",
                i, graph->parameters.at[i].name ? graph->parameters.at[i].name : "unnamed",
                kov_dtype_keras_name(kov_tensor_dtype(inputs[i])), kov_tensor_ndim(inputs[i]),
                kov_dtype_keras_name(info->dtype), info->ndim);
        kov_tensor_retain(inputs[i]);
        run->values[value] = inputs[i];
    }
    return KOV_OK;
}

kov_status kov_interpret(kov_graph *graph, kov_tensor *const *inputs, int n, kov_tensor **results)
{
    run run = {0};
    kov_status status = open_run(&run, graph);
    if (status == KOV_OK)
        status = bind_inputs(&run, inputs, n);
    for (int i = 0; i < graph->nodes.n && status == KOV_OK; i++) {
        if (graph->nodes.at[i].op != KOV_OP_PARAMETER)
            status = run_node(&run, &graph->nodes.at[i]);
    }
    for (int i = 0; i < graph->results.n && status == KOV_OK; i++) {
        results[i] = run.values[graph->results.at[i].value];
        kov_tensor_retain(results[i]);
    }
    close_run(&run);
    return status;
}

kov_status kov_interpret_node(kov_context *context, const kov_graph *graph, const kov_node *node,
                              kov_tensor *const *inputs, kov_tensor **outputs,
                              kov_body_run *run_body, void *user)
{
    frame frame = {inputs, outputs, run_body, user};
    bool infers = !kov_op_info_of(node->op)->data_shape;
    kov_dims *dims = infers ? kov_dims_create(context) : NULL;
    if (infers && !dims) {
        memset(outputs, 0, sizeof *outputs * (size_t)node->output_count);
        return KOV_OUT_OF_MEMORY;
    }
    kov_status status = interpret_node(context, dims, graph, node, &frame);
    if (dims)
        kov_dims_release(dims);
    return status;
}

bool kov_interpret_supports(const kov_graph *graph, const kov_node *node, char *why,
                            size_t why_size)
{
    (void)graph;
    if (node->op != KOV_OP_FOREIGN)
        return true;
    snprintf(why, why_size, "operation %s of %s is not known",
             node->attrs[KOV_FOREIGN_TYPE].u.string, node->attrs[KOV_FOREIGN_VERSION].u.string);
    return false;
}
