/* SPDX-License-Identifier: Apache-2.0 */
/* The whole C API. */
#ifndef KOV_KOV_H
#define KOV_KOV_H

#include <kov/context.h>
#include <kov/dtype.h>
#include <kov/eager.h>
#include <kov/graph.h>
#include <kov/ir.h>
#include <kov/plan.h>
#include <kov/status.h>
#include <kov/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

KOV_API const char *kov_version(void); /* "0.1.0" */

#ifdef __cplusplus
}
#endif
#endif
