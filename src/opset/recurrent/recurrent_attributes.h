/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOV_OPSET_RECURRENT_ATTRIBUTES_H
#define KOV_OPSET_RECURRENT_ATTRIBUTES_H

#include <stdbool.h>

typedef enum kov_recurrent_activation {
    KOV_RECURRENT_SIGMOID,
    KOV_RECURRENT_TANH,
    KOV_RECURRENT_RELU
} kov_recurrent_activation;

/* Reads `count` names that commas separate, as the attribute `activations` has them; false if there
 * are not as many or one is none of these. */
bool kov_recurrent_activations(const char *text, int count, kov_recurrent_activation *out);

#endif
