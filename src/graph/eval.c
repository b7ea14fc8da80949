/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/eval.h"

#include "base/status.h"
#include "tensor/shape.h"

#include <stdarg.h>
#include <stdio.h>

kov_status kov_eval_fail(const kov_eval *eval, kov_status status, const char *format, ...)
{
    char reason[512], shapes[512] = "";
    va_list list;
    va_start(list, format);
    vsnprintf(reason, sizeof reason, format, list);
    va_end(list);
    size_t used = 0;
    for (int i = 0; i < eval->input_count && used + 1 < sizeof shapes; i++) {
        const kov_view *input = &eval->inputs[i];
        char shape[160];
        if (input->ndim < 0)
            continue;
        kov_shape_print(input->ndim, input->dims, shape, sizeof shape);
        int n = snprintf(shapes + used, sizeof shapes - used, "%s%s%s", used ? ", " : "",
                         kov_dtype_keras_name(input->dtype), shape);
        used += n > 0 ? (size_t)n : 0;
    }
    return kov_fail(status, "%s: %s (inputs: %s)", eval->op->name, reason, used ? shapes : "none");
}
