/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of tests/opset, made by NumPy and OpenVINO, run natively: that test's program with
 * the engine in the interpreter's place. */
#include "base/status.h"
#include "native/executable.h"

static kov_status run_natively(kov_graph *graph, kov_tensor *const *inputs, kov_tensor **results)
{
    kov_executable *executable;
    KOV_TRY(kov_executable_create(graph, false, &executable));
    kov_status status = kov_executable_run(executable, inputs, results);
    kov_executable_release(executable);
    return status;
}

#include "opset/interpret.h"
#define kov_interpret(graph, inputs, n, results)                                                   \
    ((void)(n), run_natively((graph), (inputs), (results)))
#include "opset/opset_vectors_test.c"
