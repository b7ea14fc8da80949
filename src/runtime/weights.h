/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan keeps per content of its variables: results of the prologue, and executables into
 * which variables went as constants. */
#ifndef KOV_RUNTIME_WEIGHTS_H
#define KOV_RUNTIME_WEIGHTS_H

#include "runtime/partition.h"

typedef struct kov_weights {
    int refs;
    kov_context *context;
    int variable_count;
    uint64_t *ids; /* of the variables, in parameter order */
    int slot_count;
    kov_tensor **slots; /* results of the prologue by slot; NULL elsewhere */
    int part_count;
    void **bound; /* per part: executable of an engine that wants constants, made when first run */
} kov_weights;

kov_status kov_weights_create(const kov_partition *partition, int variable_count,
                              kov_weights **out);
void kov_weights_release(kov_weights *weights, const kov_partition *partition);

#endif
