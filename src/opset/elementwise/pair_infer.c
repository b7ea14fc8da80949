/* SPDX-License-Identifier: Apache-2.0 */
#include "opset/elementwise/pair_infer.h"

#include "base/status.h"

#include <string.h>

kov_status kov_infer_join(kov_infer *infer, int broadcast, int a, int b, int *ndim, kov_dim *out)
{
    const kov_infer_input *x = &infer->inputs[a], *y = &infer->inputs[b];
    const char *mode = infer->attrs[broadcast].u.string;
    if (mode && strcmp(mode, "pdpd") == 0)
        return kov_infer_fail(infer, KOV_NOT_IMPLEMENTED, "auto_broadcast \"pdpd\"");
    if (mode && strcmp(mode, "none") == 0) {
        bool same = x->ndim == y->ndim;
        for (int i = 0; i < x->ndim && same; i++)
            same = x->dims[i] == y->dims[i] || x->dims[i] < 0 || y->dims[i] < 0;
        if (!same)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT,
                                  "shapes must be equal with auto_broadcast \"none\"");
    }
    return kov_infer_broadcast(infer, x->ndim, x->dims, y->ndim, y->dims, ndim, out);
}

kov_status kov_infer_pair(kov_infer *infer, int broadcast, kov_dtype dtype)
{
    kov_dtype a = infer->inputs[0].dtype, b = infer->inputs[1].dtype;
    if (a != b)
        return kov_infer_fail(infer, KOV_TYPE_ERROR, "operands must have one dtype, not %s and %s",
                              kov_dtype_keras_name(a), kov_dtype_keras_name(b));
    kov_dim dims[KOV_MAX_NDIM];
    int ndim;
    KOV_TRY(kov_infer_join(infer, broadcast, 0, 1, &ndim, dims));
    kov_infer_set(infer, 0, dtype == KOV_DTYPE_NONE ? a : dtype, ndim, dims);
    return KOV_OK;
}
