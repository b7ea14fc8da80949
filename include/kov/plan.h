/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: a graph made ready for a device. Immutable, shared by threads, for all shapes of its
 * inputs. */
#ifndef KOV_PLAN_H
#define KOV_PLAN_H

#include <kov/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kov_plan kov_plan;

typedef struct kov_plan_options {
    /* "NATIVE" or an OpenVINO device: "CPU", "GPU", "NPU", "AUTO", "HETERO:GPU,CPU", "MULTI:...".
     * NULL: the environment's KOV_DEVICE, else NATIVE. "REFERENCE" computes each operation by its
     * plain definition: slow, for comparisons. */
    const char *device;
    /* OpenVINO properties "KEY=VALUE", NULL-terminated, passed through; may be NULL. */
    const char *const *properties;
    /* Comma-separated names of passes to leave out; "all" for every optional one; may be NULL. */
    const char *passes_off;
} kov_plan_options;

KOV_API kov_status kov_plan_create(kov_graph *graph, const kov_plan_options *options,
                                   kov_plan **out);
KOV_API void kov_plan_retain(kov_plan *plan);
KOV_API void kov_plan_release(kov_plan *plan);

/* Computes results from inputs, one tensor per parameter. Shapes must fit the parameters (free
 * dimensions take any size). results[i] is new and the caller's. Any number of threads at a time.
 */
KOV_API kov_status kov_plan_run(kov_plan *plan, kov_tensor *const *inputs, int input_count,
                                kov_tensor **results, int result_count);

/* What runs where and why: one line per node with engine, kernel, precision. kov_text_free. */
KOV_API kov_status kov_plan_text(kov_plan *plan, char **out);
/* Number of maximal parts the plan was split into (1: all on one engine). */
KOV_API int kov_plan_partition_count(const kov_plan *plan);

/* Devices that are there, NULL-terminated names, "NATIVE" first. Free with kov_devices_free. */
KOV_API kov_status kov_devices(kov_context *context, char ***out);
KOV_API void kov_devices_free(char **devices);

/* Where OpenVINO's libraries lie (the folder of libopenvino_c.so, with or without a version behind
 * it), for when the loader does not find them by itself; the environment's KOV_OPENVINO_LIB goes
 * first. Process-wide, copied, heeded until OpenVINO is first opened; NULL: none. */
KOV_API kov_status kov_set_openvino_path(const char *folder);

#ifdef __cplusplus
}
#endif
#endif
