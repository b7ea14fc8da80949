/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of an IR that kov has no row for: OpenVINO can run them, kov cannot. */
#include "graph/eval.h"
#include "graph/infer.h"

/* One output from its numbers: dtype, rank, sizes. Returns how many were read, 0 if they are not
 * right. */
static int read_output(kov_infer *infer, int output, const int64_t *at, int n)
{
    if (n < 2 || at[0] <= KOV_DTYPE_NONE || at[0] >= KOV_DTYPE_STRING || at[1] < 0 ||
        at[1] > KOV_MAX_NDIM || at[1] > n - 2)
        return 0;
    int ndim = (int)at[1];
    for (int i = 0; i < ndim; i++) {
        if (at[2 + i] < 0)
            return 0;
    }
    kov_infer_set(infer, output, (kov_dtype)at[0], ndim, at + 2);
    return 2 + ndim;
}

kov_status kov_infer_foreign(kov_infer *infer)
{
    const kov_ints types = infer->attrs[KOV_FOREIGN_TYPES].u.ints;
    infer->output_count = 0;
    for (int at = 0; at < types.n;) {
        int read = infer->output_count == KOV_INFER_MAX_OUTPUTS
                       ? 0
                       : read_output(infer, infer->output_count, types.at + at, types.n - at);
        if (read == 0)
            return kov_infer_fail(infer, KOV_INVALID_ARGUMENT, "bad types of outputs");
        infer->output_count++;
        at += read;
    }
    return KOV_OK;
}

kov_status kov_eval_foreign(kov_eval *eval)
{
    return kov_eval_fail(
        eval, KOV_NOT_IMPLEMENTED, "kov has no %s (%s) of its own; use a device of OpenVINO",
        eval->attrs[KOV_FOREIGN_TYPE].u.string, eval->attrs[KOV_FOREIGN_VERSION].u.string);
}
