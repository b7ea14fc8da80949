/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/library.h"

#include "base/status.h"

#include <kov/plan.h>

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4096
#define FILE_STEM "libopenvino_c.so"

/* The process's one opened library and core: a documented cache, guarded by `lock`. */
static struct {
    pthread_mutex_t lock;
    char folder[PATH_ROOM]; /* kov_set_openvino_path; "": none */
    void *handle;
    kov_ov_api api;
    ov_core_t *core;
    pid_t pid; /* of the process that made the core */
} library = {.lock = PTHREAD_MUTEX_INITIALIZER};

kov_status kov_set_openvino_path(const char *path)
{
    size_t size = path ? strlen(path) : 0;
    if (size >= PATH_ROOM)
        return kov_fail(KOV_INVALID_ARGUMENT, "the path of OpenVINO has %zu characters; %d fit",
                        size, PATH_ROOM - 1);
    pthread_mutex_lock(&library.lock);
    memcpy(library.folder, path ? path : "", size + 1);
    pthread_mutex_unlock(&library.lock);
    return KOV_OK;
}

/* ---- finding the file ---- */

/* libopenvino_c.so, or the one with a version behind it, in a folder. */
static bool find_in_folder(const char *folder, char *out, size_t room)
{
    bool found = false;
    DIR *dir = opendir(folder);
    if (!dir)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(dir)) != NULL;) {
        const char *rest = entry->d_name + strlen(FILE_STEM);
        if (strncmp(entry->d_name, FILE_STEM, strlen(FILE_STEM)) == 0 &&
            (*rest == 0 || *rest == '.'))
            found = snprintf(out, room, "%s/%s", folder, entry->d_name) < (int)room;
    }
    closedir(dir);
    return found;
}

/* Opens a file, or the library in a folder. why keeps the reason of a failure. */
static void *open_path(const char *path, char *why, size_t room)
{
    struct stat info;
    char file[PATH_ROOM + 256];
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        if (!find_in_folder(path, file, sizeof file)) {
            snprintf(why, room, "no " FILE_STEM "* in %s", path);
            return NULL;
        }
        path = file;
    }
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        snprintf(why, room, "%s", dlerror());
    return handle;
}

static kov_status open_library(void)
{
    char first[512] = "", second[512] = "";
    const char *given = getenv("KOV_OPENVINO_LIB");
    if (given && *given) {
        library.handle = open_path(given, first, sizeof first);
        return library.handle
                   ? KOV_OK
                   : kov_fail(KOV_DEVICE_ERROR,
                              "OpenVINO cannot be opened at KOV_OPENVINO_LIB=%s: %s", given, first);
    }
    library.handle = open_path(FILE_STEM, first, sizeof first);
    if (!library.handle && library.folder[0])
        library.handle = open_path(library.folder, second, sizeof second);
    if (library.handle)
        return KOV_OK;
    return kov_fail(
        KOV_DEVICE_ERROR,
        "OpenVINO is not there (%s%s%s). Install it with `pip install openvino`, or set "
        "KOV_OPENVINO_LIB to the folder of " FILE_STEM ", or use the device NATIVE",
        first, second[0] ? "; " : "", second);
}

/* ---- the functions ---- */

static bool load_symbol(const char *name, void *function, size_t size)
{
    void *symbol = dlsym(library.handle, name);
    memcpy(function, &symbol, size); /* ISO C has no conversion from data to function pointers */
    return symbol != NULL;
}

#define LOAD(field)                                                                                \
    do {                                                                                           \
        if (!load_symbol("ov_" #field, &library.api.field, sizeof library.api.field))              \
            return "ov_" #field;                                                                   \
    } while (0)

/* The name of the first function that is missing, or NULL. */
static const char *load_functions(void)
{
    LOAD(get_openvino_version);
    LOAD(version_free);
    LOAD(get_error_info);
    LOAD(get_last_err_msg);
    LOAD(free);
    LOAD(core_create);
    LOAD(core_get_available_devices);
    LOAD(available_devices_free);
    LOAD(core_get_property);
    LOAD(core_read_model_from_memory_buffer);
    LOAD(core_compile_model);
    LOAD(model_free);
    LOAD(compiled_model_create_infer_request);
    LOAD(compiled_model_get_property);
    LOAD(compiled_model_free);
    LOAD(infer_request_set_input_tensor_by_index);
    LOAD(infer_request_set_output_tensor_by_index);
    LOAD(infer_request_get_output_tensor_by_index);
    LOAD(infer_request_infer);
    LOAD(infer_request_get_profiling_info);
    LOAD(profiling_info_list_free);
    LOAD(infer_request_free);
    LOAD(tensor_create_from_host_ptr);
    LOAD(tensor_get_shape);
    LOAD(shape_free);
    LOAD(tensor_get_byte_size);
    LOAD(tensor_data);
    LOAD(tensor_free);
    return NULL;
}

static kov_status open_core(void)
{
    if (!library.handle) {
        KOV_TRY(open_library());
        const char *missing = load_functions();
        if (missing) {
            dlclose(library.handle);
            library.handle = NULL;
            return kov_fail(
                KOV_DEVICE_ERROR,
                "this OpenVINO is too old: its C API has no %s. Install a newer one with "
                "`pip install --upgrade openvino`",
                missing);
        }
    }
    if (!library.core) {
        int code = library.api.core_create(&library.core);
        if (code != 0) {
            library.core = NULL;
            return kov_ov_fail(&library.api, code, "OpenVINO's core cannot be made");
        }
        library.pid = getpid();
    }
    if (library.pid != getpid())
        return kov_fail(
            KOV_DEVICE_ERROR,
            "OpenVINO was used before this process was forked, and its threads did not come "
            "along: start child processes with spawn or forkserver, or use the device NATIVE");
    return KOV_OK;
}

kov_status kov_ov_open(const kov_ov_api **api, ov_core_t **core)
{
    pthread_mutex_lock(&library.lock);
    kov_status status = open_core();
    pthread_mutex_unlock(&library.lock);
    *api = &library.api;
    *core = library.core;
    return status;
}

kov_status kov_ov_fail(const kov_ov_api *api, int code, const char *what)
{
    const char *detail = api->get_last_err_msg();
    const char *kind = api->get_error_info(code);
    return kov_fail(KOV_DEVICE_ERROR, "%s: %s (%s)", what,
                    detail && *detail ? detail : "no details", kind ? kind : "unknown error");
}

unsigned kov_ov_type(kov_dtype dtype)
{
    /* ov_element_type_e of the documented API. */
    static const unsigned char types[KOV_DTYPE_COUNT] = {
        [KOV_DTYPE_BOOL] = 1, [KOV_DTYPE_BF16] = 2, [KOV_DTYPE_F16] = 3,  [KOV_DTYPE_F32] = 4,
        [KOV_DTYPE_F64] = 5,  [KOV_DTYPE_I4] = 6,   [KOV_DTYPE_I8] = 7,   [KOV_DTYPE_I16] = 8,
        [KOV_DTYPE_I32] = 9,  [KOV_DTYPE_I64] = 10, [KOV_DTYPE_U1] = 11,  [KOV_DTYPE_U4] = 14,
        [KOV_DTYPE_U8] = 16,  [KOV_DTYPE_U16] = 17, [KOV_DTYPE_U32] = 18, [KOV_DTYPE_U64] = 19,
    };
    return dtype < KOV_DTYPE_COUNT ? types[dtype] : 0;
}
