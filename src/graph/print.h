/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text for printers; errors are sticky until kov_text_finish. Freed with kov_text_free. */
#ifndef KOV_GRAPH_PRINT_H
#define KOV_GRAPH_PRINT_H

#include "graph/graph.h"

typedef struct kov_text {
    char *at;
    size_t size, capacity;
    bool failed;
} kov_text;

void kov_text_add(kov_text *text, const char *format, ...) KOV_PRINTF(2, 3);
kov_status kov_text_finish(kov_text *text, char **out);
/* One line, with newline. */
void kov_node_print(kov_text *text, const kov_graph *graph, const kov_node *node);

#endif
