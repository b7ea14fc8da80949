/* SPDX-License-Identifier: Apache-2.0 */
/* Which devices there are, and whether a device's name can be meant. */
#include "base/status.h"
#include "openvino/library.h"
#include "openvino/openvino.h"

#include <string.h>

/* Names that take a list of devices behind a colon. */
static bool is_meta(const char *name, size_t size)
{
    static const char *const metas[] = {"AUTO", "HETERO", "MULTI"};
    for (size_t i = 0; i < sizeof metas / sizeof *metas; i++) {
        if (strlen(metas[i]) == size && strncmp(metas[i], name, size) == 0)
            return true;
    }
    return false;
}

/* "GPU" is there if "GPU" or "GPU.0" is. */
static bool is_there(const kov_ov_devices *devices, const char *name, size_t size)
{
    for (size_t i = 0; i < devices->size; i++) {
        const char *have = devices->devices[i];
        if (strncmp(have, name, size) == 0 && (have[size] == 0 || have[size] == '.'))
            return true;
    }
    return false;
}

static void list_devices(const kov_ov_devices *devices, kov_text *text)
{
    for (size_t i = 0; i < devices->size; i++)
        kov_text_add(text, "%s%s", i > 0 ? "," : "", devices->devices[i]);
}

static kov_status fail_missing(const kov_ov_devices *devices, const char *device, const char *name,
                               size_t size)
{
    kov_text text = {0};
    list_devices(devices, &text);
    kov_status status = kov_fail(KOV_DEVICE_ERROR,
                                 "device %s: OpenVINO has no \"%.*s\" here. There are NATIVE "
                                 "(kov's own engine), AUTO, HETERO:..., "
                                 "MULTI:... and %s",
                                 device, (int)size, name,
                                 text.at && text.size > 0 ? text.at : "no device of OpenVINO");
    kov_text_free(text.at);
    return status;
}

/* One of a list: "GPU.0", with AUTO also "-GPU", with MULTI also "CPU(2)". */
static kov_status check_name(const kov_ov_devices *devices, const char *device, const char *name,
                             size_t size)
{
    const char *bare = size > 0 && *name == '-' ? name + 1 : name;
    size_t length = size - (size_t)(bare - name);
    const char *bracket = memchr(bare, '(', length);
    if (bracket)
        length = (size_t)(bracket - bare);
    if (length == 0 || !is_there(devices, bare, length))
        return fail_missing(devices, device, bare, length);
    return KOV_OK;
}

static kov_status check_list(const kov_ov_devices *devices, const char *device)
{
    size_t head = strcspn(device, ":");
    if (!is_meta(device, head)) {
        if (device[head])
            return kov_fail(KOV_DEVICE_ERROR,
                            "device %s: only AUTO, HETERO and MULTI take a list of devices",
                            device);
        return check_name(devices, device, device, head);
    }
    if (!device[head])
        return strncmp(device, "AUTO", 4) == 0
                   ? KOV_OK
                   : kov_fail(KOV_DEVICE_ERROR, "device %s: wants devices, as %s:CPU", device,
                              device);
    for (const char *at = device + head; *at;) {
        at++; /* the colon, or a comma */
        size_t size = strcspn(at, ",");
        KOV_TRY(check_name(devices, device, at, size));
        at += size;
    }
    return KOV_OK;
}

static kov_status get_devices(const kov_ov_api **api, kov_ov_devices *devices)
{
    ov_core_t *core;
    KOV_TRY(kov_ov_open(api, &core));
    int code = (*api)->core_get_available_devices(core, devices);
    return code == 0 ? KOV_OK : kov_ov_fail(*api, code, "OpenVINO's devices");
}

kov_status kov_openvino_devices(kov_text *out)
{
    const kov_ov_api *api;
    kov_ov_devices devices;
    KOV_TRY(get_devices(&api, &devices));
    list_devices(&devices, out);
    api->available_devices_free(&devices);
    return out->failed ? kov_fail(KOV_OUT_OF_MEMORY, "no memory for the names of devices") : KOV_OK;
}

kov_status kov_openvino_check_device(const char *device)
{
    const kov_ov_api *api;
    kov_ov_devices devices;
    KOV_TRY(get_devices(&api, &devices));
    kov_status status = check_list(&devices, device);
    api->available_devices_free(&devices);
    return status;
}
