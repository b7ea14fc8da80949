/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOV_OPENVINO_LOWER_CODED_H
#define KOV_OPENVINO_LOWER_CODED_H

#include "graph/graph.h"

/* The graph with each CodedMatMul as operations of OpenVINO. Where its weights are constants these
 * are Constant of 8 or 4 bits, Convert, Subtract, Multiply, MatMul, the form in which OpenVINO
 * keeps weights packed; so this comes when constants are there, at compiling. Scales that divide
 * become factors, one rounding more. */
kov_status kov_openvino_lower_coded(const kov_graph *graph, kov_graph **out);

#endif
