/* SPDX-License-Identifier: Apache-2.0 */
#include "native/kernels/reduce/reduce_program.h"

#include "base/memory.h"
#include "base/status.h"
#include "base/threads.h"
#include "native/kernels/elementwise/elementwise_steps.h"

kov_status kov_reduce_program(kov_context *context, kov_reduce_op op,
                              const kov_elementwise_program *program, size_t rows,
                              size_t row_length, const kov_program_binding *inputs, void *y,
                              size_t outer, size_t length)
{
    void *output = NULL; /* no input's array: each range has a target of its own */
    kov_program_run run = {.program = program,
                           .bindings = inputs,
                           .outputs = &output,
                           .rows = rows,
                           .row_length = row_length};
    kov_program_prepare(&run);
    KOV_TRY(kov_program_take_scratch(context, &run, (size_t)kov_parallel_width(context)));
    const kov_reduce_source source = {kov_program_run_range, &run};
    kov_dtype dtype = run.dtypes[program->output[0]];
    kov_status status = kov_reduce_made(context, op, dtype, &source, y, outer, length);
    kov_free(context, run.scratch);
    return status;
}
