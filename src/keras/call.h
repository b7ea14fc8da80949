/* SPDX-License-Identifier: Apache-2.0 */
/* Calling a row of the function table. */
#ifndef KOV_KERAS_CALL_H
#define KOV_KERAS_CALL_H

#include "keras/arguments.h"

typedef struct kov_outputs {
    kov_value *at;
    int capacity, count;
} kov_outputs;

typedef void (*kov_call_fn)(kov_builder *b, const kov_function_info *f,
                            const kov_argument *arguments, kov_outputs *out);
kov_call_fn kov_function_call(int function);

/* After a failure in a call of this function: returns status, and the thread's text says which
 * function it was, whichever operation of its decomposition refused. */
kov_status kov_function_failed(const kov_function_info *info, kov_status status);

#endif
