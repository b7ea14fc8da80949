/* SPDX-License-Identifier: Apache-2.0 */
/* CTCLoss of sequences without labels: OpenVINO's CPU plugin reads outside its memory there. */
#ifndef KOV_OPENVINO_LOWER_CTC_H
#define KOV_OPENVINO_LOWER_CTC_H

#include "passes/rewrite.h"

/* A CTCLoss that is given one label at least; where there is none, minus the logarithms of the
 * blanks' probabilities, summed over the steps. False: the node is no CTCLoss. */
bool kov_lower_ctc_loss(kov_rewrite *r, const kov_node *node, kov_value *out);

#endif
