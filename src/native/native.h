/* SPDX-License-Identifier: Apache-2.0 */
/* The native engine. */
#ifndef KOV_NATIVE_NATIVE_H
#define KOV_NATIVE_NATIVE_H

#include "graph/engine.h"

extern const kov_engine kov_native_engine;

/* Whether native has a kernel for this composite node as a whole, so that passes leave it so. */
bool kov_native_keeps_composite(const kov_graph *graph, const kov_node *node);

#endif
