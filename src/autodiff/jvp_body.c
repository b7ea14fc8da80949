/* SPDX-License-Identifier: Apache-2.0 */
/* Forward mode of a traced function. */
#include "autodiff/jvp.h"

#include "base/status.h"

#include <string.h>

static kov_status check_tangents(kov_builder *b, const kov_value *primals,
                                 const kov_value *tangents, int count)
{
    for (int i = 0; i < count; i++) {
        if (tangents[i] == KOV_VALUE_NONE)
            continue;
        kov_value_info x = *kov_builder_value(b, primals[i]);
        kov_value_info t = *kov_builder_value(b, tangents[i]);
        bool fits = x.dtype == t.dtype && x.ndim == t.ndim;
        for (int axis = 0; fits && axis < x.ndim; axis++)
            fits = kov_dim_agrees(b, primals[i], axis, tangents[i], axis);
        if (!fits)
            return kov_fail(KOV_INVALID_ARGUMENT,
                            "jvp: tangent %d is %s of %d dimensions; it must have the type and the "
                            "shape of its primal, %s of %d dimensions",
                            i, kov_dtype_keras_name(t.dtype), t.ndim, kov_dtype_keras_name(x.dtype),
                            x.ndim);
    }
    return kov_builder_status(b);
}

static kov_status emit(kov_builder *b, const kov_body *body, const kov_value *primals,
                       const kov_value *tangents, int count, kov_value *outs,
                       kov_value *tangent_outs)
{
    if (body->parameter_count != count)
        return kov_fail(KOV_INVALID_ARGUMENT, "jvp: the function takes %d values, not %d",
                        body->parameter_count, count);
    KOV_TRY(check_tangents(b, primals, tangents, count));
    int n = count + body->capture_count;
    kov_value *inputs = kov_alloc(b->context, sizeof *inputs * (size_t)(2 * n + 1));
    if (!inputs)
        return KOV_OUT_OF_MEMORY;
    memset(inputs, 0xff, sizeof *inputs * (size_t)(2 * n)); /* KOV_VALUE_NONE */
    memcpy(inputs, primals, sizeof *inputs * (size_t)count);
    memcpy(inputs + count, body->captures, sizeof *inputs * (size_t)body->capture_count);
    memcpy(inputs + n, tangents, sizeof *inputs * (size_t)count);
    kov_jvp_graph(b, body->graph, inputs, inputs + n, outs, tangent_outs);
    for (int i = 0; i < body->graph->results.n && b->status == KOV_OK; i++) {
        if (tangent_outs[i] == KOV_VALUE_NONE)
            tangent_outs[i] = kov_jvp_zeros_like(b, outs[i]);
    }
    kov_free(b->context, inputs);
    return kov_builder_status(b);
}

kov_status kov_builder_jvp(kov_builder *b, kov_body *body, const kov_value *primals,
                           const kov_value *tangents, int count, kov_value *outs,
                           kov_value *tangent_outs)
{
    kov_status status = kov_builder_status(b);
    if (status == KOV_OK)
        status = emit(b, body, primals, tangents, count, outs, tangent_outs);
    if (status != KOV_OK)
        kov_builder_adopt(b, status);
    kov_body_release(body);
    return status;
}
