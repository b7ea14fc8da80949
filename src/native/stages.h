/* SPDX-License-Identifier: Apache-2.0 */
/* A graph in which shapes depend on data, as stages that run one after the other: parts whose
 * shapes are known once their inputs are, executables of their own, and between them single nodes
 * such as NonZero, If and While, evaluated with their inputs at hand. Bodies run natively too. */
#ifndef KOV_NATIVE_STAGES_H
#define KOV_NATIVE_STAGES_H

#include "native/executable.h"

/* Splits by executable->cuts. */
kov_status kov_stages_create(const kov_executable *executable, kov_stages **out);
kov_status kov_stages_run(kov_stages *stages, const kov_graph *graph, kov_tensor *const *inputs,
                          kov_tensor **results);
void kov_stages_text(kov_stages *stages, const kov_graph *graph, kov_text *text);
void kov_stages_free(kov_context *context, kov_stages *stages);

#endif
