/* SPDX-License-Identifier: Apache-2.0 */
/* The reference interpreter as an engine: what the others are compared with. */
#ifndef KOV_OPSET_REFERENCE_H
#define KOV_OPSET_REFERENCE_H

#include "graph/engine.h"

/* Computes every node by its `evaluate`, one after the other; kov_plan_options calls it the device
 * "REFERENCE". */
extern const kov_engine kov_reference_engine;

#endif
