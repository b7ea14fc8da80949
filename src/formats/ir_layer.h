/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the layers of one IR: the model itself or a body in it. */
#ifndef KOV_FORMATS_IR_LAYER_H
#define KOV_FORMATS_IR_LAYER_H

#include "formats/ir_constants.h"
#include "formats/ir_names.h"

/* What all scopes of one IR share. */
typedef struct kov_ir_writer {
    kov_context *context;
    const kov_dims *dims;
    kov_ir_constants constants;
    kov_ir_names names;
} kov_ir_writer;

/* An output port of a layer, with its type. */
typedef struct kov_ir_wire {
    int layer, port;
    kov_dtype dtype;
    int ndim;
    const kov_dim *dims;
} kov_ir_wire;

typedef struct kov_ir_port { /* where in `layers` the tensor names of an output port belong */
    int layer, port;
    size_t offset;
} kov_ir_port;

typedef struct kov_ir_scope {
    kov_ir_writer *writer;
    kov_text layers, edges;
    int next; /* the next layer's id */
    struct {
        kov_ir_port *at;
        int n, cap;
    } ports;
} kov_ir_scope;

typedef struct kov_ir_layer {
    const char *name; /* made unique */
    const char *type, *version;
    const char *data;  /* attributes as XML text, NULL: none */
    const char *inner; /* further elements, NULL: none */
    const kov_ir_wire *inputs;
    int input_count;
    kov_ir_wire *outputs; /* types in, layer and port out */
    int output_count;
} kov_ir_layer;

void kov_ir_scope_init(kov_ir_scope *scope, kov_ir_writer *writer);
void kov_ir_scope_free(kov_ir_scope *scope);

/* The type of a value, for a wire whose layer is not written yet. */
kov_ir_wire kov_ir_wire_of(const kov_value_info *value);

/* Appends a layer and the edges to it; *id (may be NULL) is its number. */
kov_status kov_ir_layer_add(kov_ir_scope *scope, kov_ir_layer *layer, int *id);
kov_status kov_ir_parameter_add(kov_ir_scope *scope, const char *name, kov_ir_wire *wire);
kov_status kov_ir_constant_add(kov_ir_scope *scope, const char *name, kov_tensor *tensor,
                               kov_ir_wire *wire);
kov_status kov_ir_result_add(kov_ir_scope *scope, const char *name, const kov_ir_wire *from,
                             int *id);
/* Appends all nodes of a graph, its parameters standing for the wires given. */
kov_status kov_ir_graph_add(kov_ir_scope *scope, const kov_graph *graph,
                            const kov_ir_wire *parameters, kov_ir_wire *results);

/* "<layers>...</layers><edges>...</edges>" of the scope. */
void kov_ir_scope_print(const kov_ir_scope *scope, kov_text *text);

/* If and While (which becomes Loop): src/formats/ir_write_control.c. */
kov_status kov_ir_if_add(kov_ir_scope *scope, const kov_node *node, const char *name,
                         const kov_ir_wire *inputs, kov_ir_wire *outputs);
kov_status kov_ir_while_add(kov_ir_scope *scope, const kov_node *node, const char *name,
                            const kov_ir_wire *inputs, kov_ir_wire *outputs);

#endif
