/* SPDX-License-Identifier: Apache-2.0 */
/* The one graph. Nodes stand in topological order and are pure; values are their typed outputs.
 * Inside the library a kov_value of a finished graph is an index into graph->values (0 is unused).
 */
#ifndef KOV_GRAPH_GRAPH_H
#define KOV_GRAPH_GRAPH_H

#include "graph/dim.h"
#include "graph/op.h"
#include "opset_ids.h"

typedef struct kov_value_info {
    kov_dtype dtype;
    int ndim; /* the rank is always known */
    const kov_dim *dims;
    /* What is known of the elements of a small integer tensor (scalar or 1-D): numbers and
     * dimension expressions; NULL: nothing. An element that is a negative number stands in
     * content_negative. */
    const struct kov_content *content;
    int node;
    int output;   /* which of the node's */
    uint8_t weak; /* kov_weak of tensor/promote.h: a Python number */
    /* kov_integer_class of a parameter that is a weak integer; of a constant, its number tells. */
    uint8_t integer_class;
} kov_value_info;

typedef struct kov_content_element {
    bool known;
    bool negative; /* then the element is the number -dim */
    kov_dim dim;
} kov_content_element;

typedef struct kov_content {
    int n;
    const kov_content_element *at;
} kov_content;

typedef struct kov_node {
    int op; /* enum kov_op */
    int input_count, output_count;
    const kov_value *inputs; /* KOV_VALUE_NONE for an optional one that is not given */
    kov_value first_output;  /* outputs are consecutive values */
    const kov_attr *attrs;   /* kov_op_info.attr_count of them, in the table's order */
    const char *name;        /* friendly name; NULL: none */
    /* Composite: the Keras function and its arguments that are C values; else -1, NULL. */
    int function;
    const char *function_name;
    int argument_count;
    const kov_argument *arguments;
} kov_node;

typedef struct kov_graph_parameter {
    kov_value value;
    kov_parameter_role role;
    const char *name; /* NULL: none */
} kov_graph_parameter;

typedef struct kov_graph_result {
    kov_value value;
    const char *name; /* NULL: none */
} kov_graph_result;

struct kov_graph {
    kov_context *context;
    int refs;
    kov_arena arena; /* inputs, attributes, dims, names */
    kov_dims *dims;
    struct {
        kov_node *at;
        int n, cap;
    } nodes;
    struct {
        kov_value_info *at; /* at[0] is unused */
        int n, cap;
    } values;
    struct {
        kov_graph_parameter *at;
        int n, cap;
    } parameters;
    struct {
        kov_graph_result *at;
        int n, cap;
    } results;
    struct {
        kov_tensor **at;
        int n, cap;
    } tensors; /* references held for attributes */
    struct {
        struct kov_graph **at;
        int n, cap;
    } bodies; /* references held for attributes */
};

kov_status kov_graph_create(kov_context *context, kov_dims *dims, kov_graph **out);

static inline const kov_value_info *kov_graph_value(const kov_graph *graph, kov_value value)
{
    return &graph->values.at[value];
}
static inline const kov_node *kov_graph_producer(const kov_graph *graph, kov_value value)
{
    return &graph->nodes.at[graph->values.at[value].node];
}
/* The constant's tensor, or NULL. */
const kov_tensor *kov_graph_constant(const kov_graph *graph, kov_value value);
/* The number of a constant of equal elements, of a type of whole bytes; false if it is none, or has
 * an imaginary part. */
bool kov_graph_constant_number(const kov_graph *graph, kov_value value, double *out);
/* Attribute by its name in the table; NULL if the op has none so named. */
const kov_attr *kov_node_attr(const kov_node *node, const char *name);
/* How often each value is used, results included: counts has graph->values.n entries. */
void kov_graph_use_counts(const kov_graph *graph, int *counts);
/* True where the dimensions are numbers. */
bool kov_value_is_static(const kov_value_info *value);

/* Checks that the graph is well formed (order, types as inferred again); for tests and after passes
 * when KOV_VERIFY is set. */
kov_status kov_graph_verify(const kov_graph *graph);

#endif
