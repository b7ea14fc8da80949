/* SPDX-License-Identifier: Apache-2.0 */
/* OpenVINO's C API as documented (openvino/c/ *.h), opened when first needed and kept. Of its
 * functions those that kov calls. */
#ifndef KOV_OPENVINO_LIBRARY_H
#define KOV_OPENVINO_LIBRARY_H

#include "base/memory.h"

#include <kov/dtype.h>

typedef struct ov_core ov_core_t;
typedef struct ov_model ov_model_t;
typedef struct ov_compiled_model ov_compiled_model_t;
typedef struct ov_infer_request ov_infer_request_t;
typedef struct ov_tensor ov_tensor_t;

typedef struct kov_ov_shape {
    int64_t rank;
    int64_t *dims;
} kov_ov_shape;

typedef struct kov_ov_devices {
    char **devices;
    size_t size;
} kov_ov_devices;

typedef struct kov_ov_version {
    const char *build_number;
    const char *description;
} kov_ov_version;

typedef struct kov_ov_profile {
    int status; /* 0 not run, 1 optimised out, 2 executed */
    int64_t real_time, cpu_time;
    const char *node_name, *exec_type, *node_type;
} kov_ov_profile;

typedef struct kov_ov_profiles {
    kov_ov_profile *at;
    size_t size;
} kov_ov_profiles;

/* Functions return 0 when all is well. */
typedef struct kov_ov_api {
    int (*get_openvino_version)(kov_ov_version *version);
    void (*version_free)(kov_ov_version *version);
    const char *(*get_error_info)(int status);
    const char *(*get_last_err_msg)(void);
    void (*free)(const char *content);
    int (*core_create)(ov_core_t **core);
    int (*core_get_available_devices)(const ov_core_t *core, kov_ov_devices *devices);
    void (*available_devices_free)(kov_ov_devices *devices);
    int (*core_get_property)(const ov_core_t *core, const char *device, const char *key,
                             char **value);
    int (*core_read_model_from_memory_buffer)(const ov_core_t *core, const char *text, size_t size,
                                              const ov_tensor_t *weights, ov_model_t **model);
    int (*core_compile_model)(const ov_core_t *core, const ov_model_t *model, const char *device,
                              size_t argument_count, ov_compiled_model_t **compiled, ...);
    void (*model_free)(ov_model_t *model);
    int (*compiled_model_create_infer_request)(const ov_compiled_model_t *compiled,
                                               ov_infer_request_t **request);
    int (*compiled_model_get_property)(const ov_compiled_model_t *compiled, const char *key,
                                       char **value);
    void (*compiled_model_free)(ov_compiled_model_t *compiled);
    int (*infer_request_set_input_tensor_by_index)(ov_infer_request_t *request, size_t index,
                                                   const ov_tensor_t *tensor);
    int (*infer_request_set_output_tensor_by_index)(ov_infer_request_t *request, size_t index,
                                                    const ov_tensor_t *tensor);
    int (*infer_request_get_output_tensor_by_index)(const ov_infer_request_t *request, size_t index,
                                                    ov_tensor_t **tensor);
    int (*infer_request_infer)(ov_infer_request_t *request);
    int (*infer_request_get_profiling_info)(const ov_infer_request_t *request,
                                            kov_ov_profiles *profiles);
    void (*profiling_info_list_free)(kov_ov_profiles *profiles);
    void (*infer_request_free)(ov_infer_request_t *request);
    int (*tensor_create_from_host_ptr)(unsigned type, kov_ov_shape shape, void *data,
                                       ov_tensor_t **tensor);
    int (*tensor_get_shape)(const ov_tensor_t *tensor, kov_ov_shape *shape);
    int (*shape_free)(kov_ov_shape *shape);
    int (*tensor_get_byte_size)(const ov_tensor_t *tensor, size_t *bytes);
    int (*tensor_data)(const ov_tensor_t *tensor, void **data);
    void (*tensor_free)(ov_tensor_t *tensor);
} kov_ov_api;

/* The library, opened, and the process's core. The core is made once and lives as long as the
 * process: OpenVINO's threads cannot be taken down safely. KOV_DEVICE_ERROR names what is missing.
 * In a child forked after OpenVINO was used it fails too, as OpenVINO's threads did not come along.
 */
kov_status kov_ov_open(const kov_ov_api **api, ov_core_t **core);

/* KOV_DEVICE_ERROR "what: OpenVINO's text". For a call that returned `code`, by the same thread. */
kov_status kov_ov_fail(const kov_ov_api *api, int code, const char *what);

/* OpenVINO's number of an element type; 0 if it has none. */
unsigned kov_ov_type(kov_dtype dtype);

#endif
