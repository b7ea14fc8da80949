/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenVINO engine: its C API, opened at run time. */
#ifndef KOV_OPENVINO_OPENVINO_H
#define KOV_OPENVINO_OPENVINO_H

#include "graph/engine.h"

extern const kov_engine kov_openvino_engine;

/* Names of OpenVINO's devices appended as comma-separated text: "CPU,GPU.0". KOV_DEVICE_ERROR, with
 * what is missing, if the library cannot be opened. */
kov_status kov_openvino_devices(kov_text *out);

/* KOV_OK if the library opens and the device (its part before ':') is there; else a text that says
 * what is missing and which devices there are. */
kov_status kov_openvino_check_device(const char *device);

#endif
