/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise operations of the graph as instructions of the kernels' tile programs. */
#ifndef KOV_NATIVE_ELEMENT_MAP_H
#define KOV_NATIVE_ELEMENT_MAP_H

#include "native/plan/planner.h"

enum { KOV_ELEMENT_CODE = 6, KOV_ELEMENT_NUMBERS = 4, KOV_ELEMENT_NUMBER = 64 };

/* An operand: input 0 .. 15 of the node; KOV_ELEMENT_NUMBER + k, number k; -1-i, instruction i. */
typedef struct kov_element_code {
    uint8_t op, dtype;
    int8_t operand[3];
} kov_element_code;

typedef struct kov_element_map {
    int count, number_count, input_count; /* inputs that the code reads: the node's first ones */
    kov_element_code code[KOV_ELEMENT_CODE];
    double numbers[KOV_ELEMENT_NUMBERS];
    kov_dtype number_dtype;
    bool channel_slope; /* input 1 goes along axis 1 */
} kov_element_map;

/* False where the kernels do not take the operation on these types. */
bool kov_element_map_node(const kov_planner *p, const kov_node *node, kov_element_map *map);

#endif
