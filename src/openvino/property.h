/* SPDX-License-Identifier: Apache-2.0 */
/* The properties that a graph is compiled with. */
#ifndef KOV_OPENVINO_PROPERTY_H
#define KOV_OPENVINO_PROPERTY_H

#include "graph/engine.h"

#define KOV_PROPERTIES_MAX 16

/* at[2i], at[2i + 1]: key and value; NULL behind the last. */
typedef struct kov_properties {
    kov_context *context;
    const char *at[2 * KOV_PROPERTIES_MAX];
    int count;
    bool profiled; /* PERF_COUNT is on */
    char *memory;  /* the user's, cut at "=" */
    char threads[16];
} kov_properties;

/* The user's, as they are, and where the user says nothing: float32 as float32
 * (INFERENCE_PRECISION_HINT), the context's threads on CPUs (INFERENCE_NUM_THREADS), and compiled
 * models cached in the environment's KOV_CACHE_DIR (CACHE_DIR). Freed with kov_properties_free. */
kov_status kov_properties_make(kov_context *context, const kov_engine_options *options,
                               kov_properties *out);
void kov_properties_free(kov_properties *properties);

#endif
