/* SPDX-License-Identifier: Apache-2.0 */
#include "openvino/openvino.h"
#include "base/status.h"

const kov_engine kov_openvino_engine = {"openvino", 0, 0, 0, 0, 0, 0};

kov_status kov_openvino_devices(kov_text *out)
{
    (void)out;
    return kov_fail(KOV_DEVICE_ERROR, "OpenVINO is not there");
}

kov_status kov_openvino_check_device(const char *device)
{
    return kov_fail(KOV_DEVICE_ERROR, "device %s: OpenVINO is not there", device);
}
