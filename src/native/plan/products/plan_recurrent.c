/* SPDX-License-Identifier: Apache-2.0 */
/* LSTMSequence and GRUSequence with sigmoid and tanh, on dense float32. */
#include "native/kernels/recurrent/recurrent.h"
#include "native/plan/products/product_step.h"
#include "opset/recurrent/recurrent_attributes.h"
#include "tensor/convert.h"

#include <string.h>

/* A step's slots. */
enum { DATA, STATE, CELL, LENGTHS, WEIGHTS, RECURRENCE, BIAS, OUT, STATE_OUT, CELL_OUT, SLOTS };

enum { MATRICES = 3 };

typedef struct recurrent_params {
    kov_recurrent recurrent;
    kov_dtype lengths;
    /* Of each matrix: the pack of the executable, or -1: packed in every run, at these bytes of the
     * workspace, one direction after the other. */
    struct {
        int pack;
        kov_gemm product;
        int64_t first, stride; /* elements of the operand: where it starts, from one direction on */
        size_t at, bytes;
    } matrices[MATRICES];
    size_t lengths_at, run_at; /* of the workspace */
} recurrent_params;

static kov_status read_lengths(const recurrent_params *p, const void *from, int64_t *to)
{
    int64_t n = p->recurrent.batch;
    KOV_TRY(kov_convert(p->lengths, from, KOV_DTYPE_I64, to, n));
    for (int64_t i = 0; i < n; i++) {
        if (to[i] < 0 || to[i] > p->recurrent.steps)
            return kov_fail(KOV_INVALID_ARGUMENT, "sequence of length %lld among %lld steps",
                            (long long)to[i], (long long)p->recurrent.steps);
    }
    return KOV_OK;
}

static kov_status run_recurrent(const kov_step *step, const kov_run *run)
{
    const recurrent_params *p = step->params;
    char *workspace = run->workspace;
    void *at[SLOTS];
    for (int i = 0; i < SLOTS; i++)
        at[i] = step->slots[i] < 0 ? NULL : run->at[step->slots[i]];
    int64_t *lengths = (int64_t *)(void *)(workspace + p->lengths_at);
    kov_recurrent_data data = {.x = at[DATA],
                               .state = at[STATE],
                               .cell = at[CELL],
                               .lengths = lengths,
                               .bias = at[BIAS],
                               .y = at[OUT],
                               .state_out = at[STATE_OUT],
                               .cell_out = at[CELL_OUT]};
    const float **packed[MATRICES] = {data.weights, data.recurrence, data.candidate};
    const int slots[MATRICES] = {WEIGHTS, RECURRENCE, RECURRENCE};
    KOV_TRY(read_lengths(p, at[LENGTHS], lengths));
    for (int m = 0; m < MATRICES; m++) {
        for (int d = 0; d < p->recurrent.directions && p->matrices[m].bytes > 0; d++) {
            if (p->matrices[m].pack >= 0) {
                packed[m][d] = run->packed[p->matrices[m].pack];
                continue;
            }
            void *to = workspace + p->matrices[m].at + (size_t)d * p->matrices[m].bytes;
            const float *from = at[slots[m]];
            kov_gemm_pack(run->context, &p->matrices[m].product,
                          from + p->matrices[m].first + d * p->matrices[m].stride, to);
            packed[m][d] = to;
        }
    }
    return kov_recurrent_run(run->context, &p->recurrent, &data, workspace + p->run_at);
}

static size_t round_up(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Plans the packing of one matrix: beforehand where it is a whole operand that is stable. */
static kov_status plan_matrix(kov_planner *p, recurrent_params *params, int which, kov_value value,
                              int *slot, size_t *workspace)
{
    const kov_recurrent *r = &params->recurrent;
    kov_pack_spec spec;
    memset(&spec, 0, sizeof spec);
    spec.kind = KOV_PACK_GEMM;
    int64_t first;
    kov_gemm product;
    kov_recurrent_product(r, (kov_recurrent_matrix)which, &product, &first);
    const kov_planned *v = kov_plan_value(p, value);
    params->matrices[which].pack = -1;
    params->matrices[which].product = product;
    params->matrices[which].first = first;
    params->matrices[which].stride = v->count / r->directions;
    params->matrices[which].bytes = round_up(kov_gemm_packed_bytes(&product));
    KOV_TRY(kov_plan_get(p, value, NULL));
    if (r->directions == 1 && first == 0 && product.n * product.k == v->count &&
        kov_plan_is_stable(p, value)) {
        int64_t strides[KOV_MAX_NDIM];
        kov_weights_plan plan;
        kov_plan_strides(v, strides);
        spec.u.gemm.n = product.n;
        spec.u.gemm.k = product.k;
        spec.u.gemm.b_row = strides[2];
        spec.u.gemm.b_column = strides[1];
        spec.u.gemm.isa = product.isa;
        spec.bytes = kov_gemm_packed_bytes(&product);
        KOV_TRY(kov_plan_weights(p, value, &spec, slot, &plan));
        params->matrices[which].pack = plan.pack;
        if (plan.pack >= 0)
            return KOV_OK;
    }
    params->matrices[which].at = *workspace;
    *workspace += params->matrices[which].bytes * (size_t)r->directions;
    return kov_plan_get_plain(p, value, slot);
}

/* Fills what the attributes say; false where the kernel has no such form. */
static bool read_attributes(const kov_node *node, kov_recurrent *r)
{
    bool lstm = node->op == KOV_OP_LSTM_SEQUENCE;
    const kov_attr *attrs = node->attrs;
    const char *direction =
        attrs[lstm ? KOV_LSTM_SEQUENCE_DIRECTION : KOV_GRU_SEQUENCE_DIRECTION].u.string;
    const char *names =
        attrs[lstm ? KOV_LSTM_SEQUENCE_ACTIVATIONS : KOV_GRU_SEQUENCE_ACTIVATIONS].u.string;
    double clip = attrs[lstm ? KOV_LSTM_SEQUENCE_CLIP : KOV_GRU_SEQUENCE_CLIP].u.real;
    kov_recurrent_activation found[3];
    int count = lstm ? 3 : 2;
    if (clip > 0 || !kov_recurrent_activations(names, count, found))
        return false;
    for (int i = 0; i < count; i++) {
        if (found[i] != (i == 0 ? KOV_RECURRENT_SIGMOID : KOV_RECURRENT_TANH))
            return false;
    }
    r->kind = lstm ? KOV_RECURRENT_LSTM : KOV_RECURRENT_GRU;
    r->reset_before = !lstm && !attrs[KOV_GRU_SEQUENCE_LINEAR_BEFORE_RESET].u.boolean;
    r->directions = strcmp(direction, "bidirectional") == 0 ? 2 : 1;
    r->reverse[0] = strcmp(direction, "reverse") == 0;
    r->reverse[1] = true;
    return true;
}

kov_status kov_plan_recurrent(kov_planner *p, const kov_node *node, bool *taken)
{
    bool lstm = node->op == KOV_OP_LSTM_SEQUENCE;
    const kov_planned *x = kov_plan_value(p, node->inputs[0]);
    const kov_planned *out = kov_plan_value(p, node->first_output);
    int slots[SLOTS], index = kov_plan_node_index(p, node);
    if (x->dtype != KOV_DTYPE_F32 || x->count == 0 || out->count == 0)
        return KOV_OK;
    recurrent_params *params = kov_arena_alloc(p->arena, sizeof *params);
    if (!params)
        return KOV_OUT_OF_MEMORY;
    kov_recurrent *r = &params->recurrent;
    if (!read_attributes(node, r))
        return KOV_OK;
    r->batch = x->dims[0];
    r->steps = x->dims[1];
    r->inputs = x->dims[2];
    r->units = out->dims[3];
    r->isa = p->isa;
    for (int i = 0; i < SLOTS; i++)
        slots[i] = -1;
    /* The inputs of a GRU are those of an LSTM without the cell's state. */
    kov_value inputs[BIAS + 1];
    for (int i = 0, from = 0; i <= BIAS; i++)
        inputs[i] = !lstm && i == CELL ? KOV_VALUE_NONE : node->inputs[from++];
    params->lengths = kov_plan_value(p, inputs[LENGTHS])->dtype;
    size_t workspace = 0;
    for (int i = 0; i <= BIAS; i++) {
        if (i != WEIGHTS && i != RECURRENCE && inputs[i] != KOV_VALUE_NONE)
            KOV_TRY(kov_plan_get_plain(p, inputs[i], &slots[i]));
    }
    KOV_TRY(plan_matrix(p, params, KOV_RECURRENT_WEIGHTS, inputs[WEIGHTS], &slots[WEIGHTS],
                        &workspace));
    KOV_TRY(plan_matrix(p, params, KOV_RECURRENT_RECURRENCE, inputs[RECURRENCE], &slots[RECURRENCE],
                        &workspace));
    if (r->reset_before)
        KOV_TRY(plan_matrix(p, params, KOV_RECURRENT_CANDIDATE, inputs[RECURRENCE],
                            &slots[RECURRENCE], &workspace));
    params->lengths_at = workspace;
    params->run_at = workspace + round_up((size_t)r->batch * sizeof(int64_t));
    workspace = params->run_at + kov_recurrent_workspace_bytes(r);
    for (int i = 0; i < node->output_count; i++) {
        kov_value value = node->first_output + (kov_value)i;
        const kov_order plain = kov_order_plain(kov_plan_value(p, value)->ndim);
        KOV_TRY(kov_plan_make(p, value, &plain, &slots[OUT + i]));
    }
    const kov_step_plan plan = {.run = run_recurrent,
                                .kernel = kov_plan_kernel_name(p, "f32_", lstm ? "lstm" : "gru"),
                                .params = params,
                                .inputs = OUT,
                                .outputs = node->output_count,
                                .slots = slots,
                                .workspace = workspace,
                                .nodes = &index,
                                .node_count = 1};
    *taken = true;
    return kov_plan_step(p, &plan);
}
