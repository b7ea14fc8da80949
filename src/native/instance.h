/* SPDX-License-Identifier: Apache-2.0 */
/* An executable made concrete: steps with their kernels, and where every buffer lies, for given
 * input shapes. Immutable once made, but for its pool of run states, which the executable's lock
 * guards. */
#ifndef KOV_NATIVE_INSTANCE_H
#define KOV_NATIVE_INSTANCE_H

#include "base/memory.h"
#include "graph/graph.h"

typedef enum kov_place {
    KOV_PLACE_INPUT,    /* a parameter's tensor */
    KOV_PLACE_CONSTANT, /* fixed memory */
    KOV_PLACE_ARENA,
    KOV_PLACE_RESULT, /* a fresh tensor */
    KOV_PLACE_PART    /* some bytes of another slot */
} kov_place;

/* A buffer that steps read and write. */
typedef struct kov_slot {
    kov_place place;
    int index; /* INPUT: which parameter; RESULT: which result holds it; PART: of which slot, which
                  is no part itself once the instance is made */
    const void *data; /* CONSTANT */
    size_t bytes;
    size_t offset;  /* ARENA, PART */
    bool placed;    /* ARENA: has its offset */
    int made, last; /* the step that writes it first, the last one that uses it; -1: none */
} kov_slot;

/* What a step sees of a run. */
typedef struct kov_run {
    kov_context *context;
    void **at;           /* per slot */
    void *workspace;     /* kov_step.workspace bytes, 64-byte aligned */
    void *const *packed; /* per pack of the executable */
} kov_run;

typedef struct kov_step kov_step;
typedef kov_status (*kov_step_fn)(const kov_step *step, const kov_run *run);

struct kov_step {
    kov_step_fn run;
    const void *params; /* of the kernel; in the instance's arena */
    int inputs, outputs;
    const int *slots;  /* inputs (-1: none), then outputs */
    uint32_t in_place; /* bit i: output 0 may take the memory of input i if that dies here */
    size_t workspace;
    const char *kernel; /* "f32_gemm__avx2" */
    const int *nodes;   /* of the graph, that the step covers */
    int node_count;
};

typedef struct kov_instance_result {
    int slot;
    bool fresh; /* this result is the slot's tensor; else a view of it, of an input or of a constant
                 */
    kov_dtype dtype;
    int ndim;
    const int64_t *dims;
} kov_instance_result;

typedef struct kov_run_state {
    struct kov_run_state *next;
    void *memory; /* arena and workspace; NULL while none is held */
    void *at[];   /* per slot */
} kov_run_state;

typedef struct kov_instance {
    int refs; /* under the executable's lock */
    struct kov_instance *next;
    kov_context *context;
    kov_arena arena; /* all below */
    const int64_t *key;
    int key_count;
    kov_step *steps;
    int step_count;
    kov_slot *slots;
    int slot_count;
    bool has_parts; /* among the slots */
    kov_instance_result *results;
    int result_count;
    size_t arena_bytes, workspace_bytes;
    kov_run_state *states; /* free ones */
    int state_count;
} kov_instance;

/* The graph's values of one run, before an order of stages is known to serve it: see instance.c. */
struct kov_executable;

/* Makes an instance for these inputs, under the executable's lock. *unresolved: KOV_OK is returned
 * without an instance, and this is the first node whose shape depends on data; -1 otherwise. */
kov_status kov_instance_create(struct kov_executable *executable, kov_tensor *const *inputs,
                               const int64_t *key, int key_count, kov_instance **out,
                               int *unresolved);
void kov_instance_free(kov_instance *instance);

/* Gives ARENA slots their offsets: buffers whose lives do not overlap share memory, and an output
 * takes the memory of a dying input where the step allows it. Parts live where their whole does. */
kov_status kov_instance_place(kov_instance *instance);

/* A state to run with, taken from the pool or made. */
kov_status kov_run_state_create(const kov_instance *instance, kov_run_state **out);
void kov_run_state_free(const kov_instance *instance, kov_run_state *state);

/* Runs all steps; results are new references, untouched on failure. */
kov_status kov_instance_run(const kov_instance *instance, kov_run_state *state,
                            const kov_graph *graph, void *const *packed, kov_tensor *const *inputs,
                            kov_tensor **results);

#endif
