/* SPDX-License-Identifier: Apache-2.0 */
/* MatMul. Operands are read through strides, so Transposes before it cost nothing, and its result
 * is written in the order in which the Transpose behind it, if there is one, wants it. */
#include "base/threads.h"
#include "native/kernels/gemm/gemm_half.h"
#include "native/kernels/gemm64/gemm_f64.h"
#include "native/plan/products/product_step.h"
#include "tensor/convert.h"

#include <string.h>

typedef struct mat_mul_params {
    kov_gemm gemm;
    kov_weights_plan weights;
} mat_mul_params;

static kov_status run_mat_mul(const kov_step *step, const kov_run *run)
{
    const mat_mul_params *m = step->params;
    const float *b =
        m->gemm.b_packed ? run->packed[m->weights.pack] : run->at[step->slots[KOV_PRODUCT_WEIGHTS]];
    kov_gemm gemm = m->gemm;
    gemm.epilogue = kov_run_epilogue(step, run, &m->gemm.epilogue);
    return kov_gemm_run(run->context, &gemm, run->at[step->slots[KOV_PRODUCT_DATA]], b,
                        run->at[step->slots[KOV_PRODUCT_OUTPUT]], run->workspace);
}

static kov_status emit_mat_mul(kov_planner *p, kov_product *product)
{
    static const float somewhere = 0; /* stands for a residual, whose place only a run knows */
    mat_mul_params *m = product->params;
    m->gemm.epilogue = product->epilogue;
    kov_gemm as_run = m->gemm; /* with a residual blocks are others */
    as_run.epilogue.residual = product->residual < 0 ? NULL : &somewhere;
    return kov_plan_product_step(p, product, run_mat_mul, m->gemm.b_packed ? "gemm_packed" : "gemm",
                                 m, kov_gemm_workspace_bytes(p->context, &as_run));
}

/* An operand or the result as matrices: sizes and element strides. */
typedef struct matrix {
    int64_t rows, columns, row, column;
    int batch_ndim;
    int64_t dims[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
} matrix;

static matrix matrix_of(const kov_planned *v, bool transposed, bool is_first)
{
    int64_t strides[KOV_MAX_NDIM];
    matrix m = {.rows = 1, .columns = 1};
    kov_plan_strides(v, strides);
    if (v->ndim == 1) {
        *(is_first ? &m.columns : &m.rows) = v->dims[0];
        m.row = is_first ? 0 : 1;
        m.column = is_first ? 1 : 0;
        return m;
    }
    int r = v->ndim - (transposed ? 1 : 2), c = v->ndim - (transposed ? 2 : 1);
    m.rows = v->dims[r];
    m.columns = v->dims[c];
    m.row = strides[r];
    m.column = strides[c];
    m.batch_ndim = v->ndim - 2;
    memcpy(m.dims, v->dims, sizeof *m.dims * (size_t)m.batch_ndim);
    memcpy(m.strides, strides, sizeof *m.strides * (size_t)m.batch_ndim);
    return m;
}

static int64_t batch_stride(const matrix *m, int axis, int ndim)
{
    int at = axis - (ndim - m->batch_ndim);
    return at < 0 || m->dims[at] == 1 ? 0 : m->strides[at];
}

/* Batch axes with their strides, those joined over which all three move alike. */
typedef struct batches {
    int n;
    int64_t dims[KOV_MAX_NDIM], a[KOV_MAX_NDIM], b[KOV_MAX_NDIM], c[KOV_MAX_NDIM];
} batches;

static void join_batches(const matrix *a, const matrix *b, const matrix *c, batches *out)
{
    out->n = 0;
    for (int i = 0; i < c->batch_ndim; i++) {
        int64_t dim = c->dims[i], as = batch_stride(a, i, c->batch_ndim),
                bs = batch_stride(b, i, c->batch_ndim), cs = c->strides[i];
        if (dim == 1)
            continue;
        int last = out->n - 1;
        if (last >= 0 && out->a[last] == as * dim && out->b[last] == bs * dim &&
            out->c[last] == cs * dim) {
            out->dims[last] *= dim;
            out->a[last] = as;
            out->b[last] = bs;
            out->c[last] = cs;
            continue;
        }
        out->dims[out->n] = dim;
        out->a[out->n] = as;
        out->b[out->n] = bs;
        out->c[out->n++] = cs;
    }
}

/* Rows of products that share B are rows of one product. */
static void join_rows(batches *at, matrix *a, matrix *c)
{
    if (at->n == 0 || at->b[at->n - 1] != 0)
        return;
    int last = at->n - 1;
    bool single = a->rows == 1;
    bool follows = at->a[last] == a->row * a->rows && at->c[last] == c->row * c->rows;
    if (!single && !follows)
        return;
    if (single) {
        a->row = at->a[last];
        c->row = at->c[last];
    }
    a->rows *= at->dims[last];
    c->rows = a->rows;
    at->n--;
}

static bool set_batches(const batches *at, kov_gemm *gemm)
{
    if (at->n > KOV_GEMM_BATCH_DIMS)
        return false;
    for (int i = 0; i < at->n; i++) {
        gemm->batch[i] = at->dims[i];
        gemm->a_batch[i] = at->a[i];
        gemm->b_batch[i] = at->b[i];
        gemm->c_batch[i] = at->c[i];
    }
    return true;
}

static kov_status plan_operand(kov_planner *p, kov_value value, kov_gemm *gemm,
                               kov_weights_plan *weights, int *slot)
{
    kov_pack_spec spec;
    memset(&spec, 0, sizeof spec);
    spec.kind = KOV_PACK_GEMM;
    spec.u.gemm.n = gemm->n;
    spec.u.gemm.k = gemm->k;
    spec.u.gemm.b_row = gemm->b_row;
    spec.u.gemm.b_column = gemm->b_column;
    spec.u.gemm.isa = gemm->isa;
    spec.bytes = kov_gemm_packed_bytes(gemm);
    KOV_TRY(kov_plan_weights(p, value, &spec, slot, weights));
    gemm->b_packed = weights->pack >= 0;
    return KOV_OK;
}

/* ---- float64; float16 and bfloat16 by way of float32 ---- */

typedef struct other_params {
    kov_gemm gemm;
    kov_dtype dtype;
    int64_t a_count, b_count, c_count;
} other_params;

static kov_status run_f64(const kov_step *step, const kov_run *run)
{
    const other_params *m = step->params;
    return kov_gemm_f64_run(run->context, &m->gemm, run->at[step->slots[0]],
                            run->at[step->slots[1]], run->at[step->slots[2]]);
}

static size_t round_to_line(int64_t floats)
{
    return ((size_t)floats + 15) / 16 * 16;
}

/* The workspace holds the first operand and the result in float32; B is read as it is. */
static kov_status run_few_half(const kov_step *step, const kov_run *run)
{
    const other_params *m = step->params;
    float *a = run->workspace, *c = a + round_to_line(m->a_count);
    KOV_TRY(kov_convert(m->dtype, run->at[step->slots[0]], KOV_DTYPE_F32, a, m->a_count));
    kov_gemm_half_run(run->context, &m->gemm, m->dtype, a, run->at[step->slots[1]], c);
    return kov_convert(KOV_DTYPE_F32, c, m->dtype, run->at[step->slots[2]], m->c_count);
}

/* The workspace holds both operands and the result in float32, then that of the product. */
static kov_status run_half(const kov_step *step, const kov_run *run)
{
    const other_params *m = step->params;
    if (m->c_count == 0) /* then there may be no workspace */
        return KOV_OK;
    float *a = run->workspace, *b = a + round_to_line(m->a_count);
    float *c = b + round_to_line(m->b_count);
    KOV_TRY(kov_convert(m->dtype, run->at[step->slots[0]], KOV_DTYPE_F32, a, m->a_count));
    KOV_TRY(kov_convert(m->dtype, run->at[step->slots[1]], KOV_DTYPE_F32, b, m->b_count));
    KOV_TRY(kov_gemm_run(run->context, &m->gemm, a, b, c, c + round_to_line(m->c_count)));
    return kov_convert(KOV_DTYPE_F32, c, m->dtype, run->at[step->slots[2]], m->c_count);
}

static kov_status plan_other(kov_planner *p, const kov_node *node, const kov_product *product,
                             const kov_gemm *gemm)
{
    const kov_planned *out = kov_plan_value(p, node->first_output);
    other_params *m = kov_arena_alloc(p->arena, sizeof *m);
    int slots[] = {product->data, product->weights, -1}, index = kov_plan_node_index(p, node);
    bool wide = out->dtype == KOV_DTYPE_F64;
    if (!m)
        return KOV_OUT_OF_MEMORY;
    *m = (other_params){.gemm = *gemm,
                        .dtype = out->dtype,
                        .a_count = kov_plan_value(p, node->inputs[0])->count,
                        .b_count = kov_plan_value(p, node->inputs[1])->count,
                        .c_count = out->count};
    KOV_TRY(kov_plan_make(p, node->first_output, &product->order, &slots[2]));
    bool few = !wide && kov_gemm_half_accepts(&m->gemm);
    size_t floats = round_to_line(m->a_count) + round_to_line(m->c_count);
    size_t workspace = floats * sizeof(float);
    if (!few)
        workspace += round_to_line(m->b_count) * sizeof(float) +
                     kov_gemm_workspace_bytes(p->context, &m->gemm);
    const kov_step_plan plan = {.run = wide  ? run_f64
                                       : few ? run_few_half
                                             : run_half,
                                .kernel = kov_plan_kernel_name(p, wide ? "f64_" : "half_", "gemm"),
                                .params = m,
                                .inputs = 2,
                                .outputs = 1,
                                .slots = slots,
                                .workspace = wide ? 0 : workspace,
                                .nodes = &index,
                                .node_count = 1};
    return kov_plan_step(p, &plan);
}

static bool takes(kov_dtype dtype)
{
    return dtype == KOV_DTYPE_F32 || dtype == KOV_DTYPE_F64 || dtype == KOV_DTYPE_F16 ||
           dtype == KOV_DTYPE_BF16;
}

kov_status kov_plan_mat_mul(kov_planner *p, const kov_node *node, bool *taken)
{
    kov_planned *out = kov_plan_value(p, node->first_output);
    if (!takes(out->dtype))
        return KOV_OK;
    KOV_TRY(kov_plan_get(p, node->inputs[0], NULL));
    KOV_TRY(kov_plan_get(p, node->inputs[1], NULL));
    const kov_planned *first = kov_plan_value(p, node->inputs[0]);
    const kov_planned *second = kov_plan_value(p, node->inputs[1]);
    matrix a = matrix_of(first, node->attrs[KOV_MAT_MUL_TRANSPOSE_A].u.boolean, true);
    matrix b = matrix_of(second, node->attrs[KOV_MAT_MUL_TRANSPOSE_B].u.boolean, false);
    kov_product product = {
        .order = kov_order_plain(out->ndim), .channel_axis = out->ndim - 1, .emit = emit_mat_mul};
    matrix c = {.rows = a.rows, .columns = b.columns, .row = b.columns, .column = 1};
    if (first->ndim > 1 && second->ndim > 1) {
        product.order = kov_plan_result_order(p, node->first_output);
        kov_planned ordered = *out;
        ordered.order = product.order;
        c = matrix_of(&ordered, false, true);
    } else { /* one axis is missing from the result */
        c.batch_ndim = out->ndim - (first->ndim > 1 ? 1 : 0) - (second->ndim > 1 ? 1 : 0);
        int64_t step = c.rows * c.columns;
        for (int i = c.batch_ndim - 1; i >= 0; i--) {
            c.dims[i] = out->dims[i];
            c.strides[i] = step;
            step *= out->dims[i];
        }
        if (second->ndim == 1)
            product.channel_axis = -1;
    }
    batches at;
    join_batches(&a, &b, &c, &at);
    join_rows(&at, &a, &c);
    mat_mul_params *m = kov_arena_alloc(p->arena, sizeof *m);
    if (!m)
        return KOV_OUT_OF_MEMORY;
    kov_gemm_init(&m->gemm, a.rows, b.columns, a.columns);
    m->gemm.a_row = a.row;
    m->gemm.a_column = a.column;
    m->gemm.b_row = b.row;
    m->gemm.b_column = b.column;
    m->gemm.c_row = c.row < b.columns ? b.columns : c.row;
    if (!set_batches(&at, &m->gemm) || (a.rows > 1 && c.row < b.columns))
        return KOV_OK;
    m->gemm.width = kov_parallel_width(p->context);
    m->weights.pack = -1;
    product.params = m;
    product.data = first->slot;
    product.weights = second->slot;
    *taken = true;
    if (out->dtype != KOV_DTYPE_F32)
        return plan_other(p, node, &product, &m->gemm);
    bool one_b = true;
    for (int i = 0; i < at.n; i++)
        one_b = one_b && at.b[i] == 0;
    if (one_b && kov_plan_is_stable(p, node->inputs[1]))
        KOV_TRY(plan_operand(p, node->inputs[1], &m->gemm, &m->weights, &product.weights));
    return kov_plan_product_add(p, &product, node);
}
