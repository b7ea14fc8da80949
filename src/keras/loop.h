/* SPDX-License-Identifier: Apache-2.0 */
/* A While in a decomposition. */
#ifndef KOV_KERAS_LOOP_H
#define KOV_KERAS_LOOP_H

#include "graph/builder.h"

#define KOV_LOOP_MAX_STATES 8

typedef struct kov_loop {
    int count; /* states, at most KOV_LOOP_MAX_STATES */
    /* One bool: whether there is another round; asked before each. */
    kov_value (*test)(kov_builder *b, const kov_value *state, const void *with);
    /* Replaces the states by those after a round, of the same types and shapes. */
    void (*step)(kov_builder *b, kov_value *state, const void *with);
    const void *with; /* handed to both; values of the graph in it are captured */
} kov_loop;

/* state: the first states in, the last ones out; KOV_VALUE_ERROR after a (sticky) failure. */
void kov_loop_run(kov_builder *b, const kov_loop *loop, kov_value *state);

#endif
