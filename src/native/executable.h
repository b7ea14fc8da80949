/* SPDX-License-Identifier: Apache-2.0 */
/* A graph made ready for native runs: immutable, but for caches under its lock. */
#ifndef KOV_NATIVE_EXECUTABLE_H
#define KOV_NATIVE_EXECUTABLE_H

#include "graph/engine.h"
#include "native/instance.h"
#include "native/packing.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct kov_executable kov_executable;
typedef struct kov_stages kov_stages;

/* How a node whose shape depends on data is run: see stages.h. */
typedef enum kov_cut_kind {
    KOV_CUT_NONE,
    KOV_CUT_BEFORE, /* it starts a new stage, which sees the data that its shape depends on */
    KOV_CUT_AROUND  /* it is a stage of its own, evaluated with its inputs at hand */
} kov_cut_kind;

typedef struct kov_body_executable {
    const kov_graph *body;
    kov_executable *executable;
} kov_body_executable;

struct kov_executable {
    kov_context *context; /* retained */
    kov_graph *graph;     /* retained */
    bool eager;
    int key_room;                 /* numbers of a key at most */
    bool *content;                /* per parameter: shape inference reads its elements */
    uint8_t *cuts;                /* kov_cut_kind per node */
    _Atomic(kov_stages *) stages; /* NULL while the graph runs as one */

    pthread_mutex_t lock; /* of what follows */
    kov_dims *dims;
    kov_instance *instances; /* most recent first */
    int instance_count;
    kov_packs packs;
};

kov_status kov_executable_create(kov_graph *graph, bool eager, kov_executable **out);
kov_status kov_executable_run(kov_executable *executable, kov_tensor *const *inputs,
                              kov_tensor **results);
void kov_executable_text(kov_executable *executable, kov_text *text);
size_t kov_executable_bytes(const kov_executable *executable);
void kov_executable_release(kov_executable *executable);

/* Whether inference reads the elements of input `input` of this operation, not just its shape. */
bool kov_reads_content(int op, int input);

#endif
