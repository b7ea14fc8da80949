/* SPDX-License-Identifier: Apache-2.0 */
/* The constants of SELU (Klambauer et al., Self-Normalizing Neural Networks, 2017). */
#ifndef KOV_OPSET_SELU_H
#define KOV_OPSET_SELU_H

#define KOV_SELU_SCALE 1.0507009873554804934193349852946
#define KOV_SELU_ALPHA 1.6732632423543772848170429916717

#endif
