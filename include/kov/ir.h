/* SPDX-License-Identifier: Apache-2.0 */
/* OpenVINO IR (version 11): an XML text and a binary of constants. */
#ifndef KOV_IR_H
#define KOV_IR_H

#include <kov/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kov_bytes {
    void *data;
    size_t size;
} kov_bytes;

/* Composites are inlined. KOV_NOT_IMPLEMENTED lists every node that IR cannot express.
 * Variables (KOV_ROLE_VARIABLE) are written as constants of the given tensors, in parameter order
 * (NULL where a parameter is an input); variables may be NULL if there are none. */
KOV_API kov_status kov_graph_to_ir(kov_graph *graph, kov_tensor *const *variables, kov_bytes *xml,
                                   kov_bytes *bin);
KOV_API void kov_bytes_free(kov_bytes *bytes);

/* Reads an IR. No content is trusted. */
KOV_API kov_status kov_graph_from_ir(kov_context *context, const void *xml, size_t xml_size,
                                     const void *bin, size_t bin_size, kov_graph **out);
KOV_API kov_status kov_graph_from_ir_file(kov_context *context, const char *xml_path,
                                          kov_graph **out);

#ifdef __cplusplus
}
#endif
#endif
