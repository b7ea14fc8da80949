/* SPDX-License-Identifier: Apache-2.0 */
/* Reading IR: one scope (the model, or a body in it) at a time, into a builder. */
#ifndef KOV_FORMATS_IR_READ_H
#define KOV_FORMATS_IR_READ_H

#include "formats/ir_xml.h"
#include "graph/builder.h"

#include <kov/ir.h>

#define KOV_IR_MAX_BODIES_DEEP 8

/* The binary: borrowed for the call, or a block that constants keep alive. */
typedef struct kov_ir_binary {
    const unsigned char *data;
    size_t size;
    struct kov_ir_block *block; /* NULL: constants copy */
} kov_ir_binary;

typedef struct kov_ir_source { /* a port that an edge starts at */
    int layer, output;         /* indices; layer -1: no edge ends here */
} kov_ir_source;

typedef struct kov_ir_read_layer {
    int64_t id;
    const char *name, *type, *version;
    const kov_xml *element, *data;
    int input_count, output_count;
    int64_t *input_ids, *output_ids; /* port numbers */
    kov_ir_source *sources;          /* per input */
    kov_value *inputs, *outputs;     /* while emitted */
    int state;                       /* of the ordering */
} kov_ir_read_layer;

typedef struct kov_ir_read_scope {
    kov_context *context;
    kov_builder *b;
    kov_arena *arena;
    const kov_ir_binary *binary;
    int depth;
    kov_ir_read_layer *layers;
    int layer_count;
    int *order;
    /* Values that stand for Parameter layers, by layer index; NULL in the model itself. */
    const kov_value *given;
} kov_ir_read_scope;

/* A whole model. */
kov_status kov_ir_read_blocks(kov_context *context, const void *xml, size_t xml_size,
                              const kov_ir_binary *binary, kov_graph **out);

/* kov_fail with the layer's type and name. */
kov_status kov_ir_read_fail(const kov_ir_read_layer *layer, kov_status status, const char *format,
                            ...) KOV_PRINTF(3, 4);

/* Layers, edges and an order from "<layers>" and "<edges>" of an element. */
kov_status kov_ir_read_layers(kov_ir_read_scope *scope, const kov_xml *element);
/* Emits all layers; scope->given says what Parameters stand for, if not NULL. */
kov_status kov_ir_read_emit(kov_ir_read_scope *scope);
/* Index of the layer with this id, -1 if there is none. */
int kov_ir_read_find(const kov_ir_read_scope *scope, int64_t id);
/* A scope for a body of this one. */
kov_status kov_ir_read_body(const kov_ir_read_scope *scope, const kov_xml *element,
                            kov_ir_read_scope *out);

/* A layer that is an operation (src/formats/ir_read_node.c). */
kov_status kov_ir_read_node(kov_ir_read_scope *scope, kov_ir_read_layer *layer);
kov_status kov_ir_read_constant(kov_ir_read_scope *scope, kov_ir_read_layer *layer);
/* Control flow (src/formats/ir_read_control.c). */
kov_status kov_ir_read_if(kov_ir_read_scope *scope, kov_ir_read_layer *layer);
kov_status kov_ir_read_loop(kov_ir_read_scope *scope, kov_ir_read_layer *layer);

/* The name that a port has among tensor names: the first one; NULL: none. In the scope's arena. */
const char *kov_ir_read_port_name(const kov_ir_read_scope *scope, const kov_ir_read_layer *layer,
                                  int output);

/* "1, 2,3" into *out (in the arena) and *n. */
bool kov_ir_read_ints(kov_arena *arena, const char *text, int64_t **out, int *n);

#endif
