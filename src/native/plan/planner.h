/* SPDX-License-Identifier: Apache-2.0 */
/* Making the steps of an instance. Nodes are visited in order; element-wise ones and the epilogues
 * of products are held back ("pending") as long as what follows may join them, and become steps
 * when something else needs their values. */
#ifndef KOV_NATIVE_PLANNER_H
#define KOV_NATIVE_PLANNER_H

#include "base/status.h"
#include "graph/infer.h"
#include "native/executable.h"
#include "native/kernels/elementwise/elementwise_program.h"

/* The order in which the axes of a value lie in memory: axis at[k] of the value is k-th. */
typedef struct kov_order {
    uint8_t at[KOV_MAX_NDIM];
} kov_order;

/* A part of another value's buffer, strides in elements along the axes as the graph numbers them.
 */
typedef struct kov_slice_view {
    kov_value of;
    int64_t offset; /* of its first element */
    int64_t strides[KOV_MAX_NDIM];
} kov_slice_view;

/* What is planned for a value of the graph. */
typedef struct kov_planned {
    kov_dtype dtype;
    int ndim;
    const int64_t *dims;
    int64_t count;
    int slot; /* -1: no step makes it yet */
    kov_order order;
    bool needed;  /* by a kernel or a result: not by shape inference alone */
    int uses;     /* by needed nodes and results */
    int users[2]; /* the first two nodes that use it; -1: a result */
    int group;    /* pending group or product that makes it; -1 */
    int product;
    kov_value pad_of; /* not NONE: zero padding that its one user, a convolution, takes over */
    /* Not NULL: a slice, which element-wise groups read where it is; who else asks for it gets a
     * copy. */
    const kov_slice_view *view;
} kov_planned;

enum { KOV_GROUP_NODES = 64, KOV_GROUP_VALUES = KOV_PROGRAM_INSTRUCTIONS };

typedef struct kov_group_input {
    int slot;
    kov_dtype dtype;
    bool part;                     /* of what the slot holds: */
    int64_t offset;                /* its first element */
    int64_t strides[KOV_MAX_NDIM]; /* in elements, along the group's axes as they lie in memory */
} kov_group_input;

/* An operand of group code: instruction i, or (negative) input -1-i. */
typedef struct kov_group_code {
    uint8_t op, dtype;
    int16_t operand[3];
} kov_group_code;

/* Element-wise nodes that become one pass over memory. */
typedef struct kov_group {
    bool open;
    int ndim;
    const int64_t *dims; /* of every value in it */
    kov_order order;
    int input_count, code_count, node_count, value_count;
    kov_group_input inputs[KOV_PROGRAM_INPUTS];
    kov_group_code code[KOV_PROGRAM_INSTRUCTIONS];
    int nodes[KOV_GROUP_NODES];
    struct {
        kov_value value;
        int code;
        int inside; /* uses by nodes of the group */
    } values[KOV_GROUP_VALUES];
} kov_group;

typedef struct kov_planner kov_planner;

typedef enum kov_epilogue_state {
    KOV_EPILOGUE_EMPTY,
    KOV_EPILOGUE_BIASED,
    KOV_EPILOGUE_ADDED,
    KOV_EPILOGUE_ACTIVATED,
    KOV_EPILOGUE_FULL
} kov_epilogue_state;

enum { KOV_PRODUCT_NODES = 8 };

/* A matrix product or convolution whose epilogue may still grow. */
typedef struct kov_product {
    bool open;
    kov_value value; /* that the step makes so far */
    kov_order order; /* of the result */
    int channel_axis;
    kov_epilogue_state state;
    kov_epilogue epilogue;     /* without its pointers */
    int scale, bias, residual; /* slots; -1: none */
    int data, weights;         /* slots; weights -1 where they are packed beforehand */
    int nodes[KOV_PRODUCT_NODES];
    int node_count;
    /* Makes the step; `params` is what the node's planner left. */
    kov_status (*emit)(kov_planner *p, struct kov_product *product);
    void *params;
} kov_product;

struct kov_planner {
    kov_executable *executable;
    const kov_graph *graph;
    kov_context *context;
    kov_instance *instance;
    kov_arena *arena;  /* of the instance */
    kov_arena scratch; /* of the planning */
    kov_infer_input *infos;
    kov_planned *values;
    bool *done; /* per node: absorbed by an earlier one */
    kov_isa isa;
    struct {
        kov_step *at;
        int n, cap;
    } steps;
    struct {
        kov_slot *at;
        int n, cap;
    } slots;
    struct {
        kov_group **at;
        int n, cap;
    } groups;
    struct {
        kov_product **at;
        int n, cap;
    } products;
    struct {
        struct kov_reordered { /* a copy of a buffer in another order of its axes */
            int from, to, ndim;
            int64_t dims[KOV_MAX_NDIM];    /* as the copy lies */
            int64_t strides[KOV_MAX_NDIM]; /* in the buffer it was made from */
        } *at;
        int n, cap;
    } reordered;
};

/* Plans one node, its inputs planned; false in *taken: this implementation does not take it. */
typedef kov_status (*kov_plan_fn)(kov_planner *p, const kov_node *node, bool *taken);

/* ---- values ---- */
static inline kov_planned *kov_plan_value(const kov_planner *p, kov_value value)
{
    return &p->values[value];
}
static inline int kov_plan_node_index(const kov_planner *p, const kov_node *node)
{
    return (int)(node - p->graph->nodes.at);
}
/* Numbers of an integer scalar or 1-D value, as far as inference knows them; -1: not known. */
int kov_plan_numbers(const kov_planner *p, kov_value value, int64_t *out, int capacity);
/* Marks the axes, negative ones counted from the end, that a value lists; how many, or -1 if they
 * are not known or not among ndim. */
int kov_plan_mark_axes(const kov_planner *p, kov_value axes, int ndim, bool *marked);
/* A float number of a constant of one element. */
bool kov_plan_scalar(const kov_planner *p, kov_value value, double *out);
/* Known as a whole by inference: no step computes it. */
bool kov_plan_is_known(const kov_planner *p, kov_value value);
size_t kov_plan_bytes(const kov_planned *v);
size_t kov_plan_item(kov_dtype dtype); /* bytes of an element; 0 for packed types */

/* ---- orders ---- */
kov_order kov_order_plain(int ndim);
/* N, spatial, C for a value of N, C, spatial. */
kov_order kov_order_channels_last(int ndim);
/* Whether elements lie alike in both orders; axes of size 1 do not count. */
bool kov_order_same(const kov_planned *v, const kov_order *a, const kov_order *b);
bool kov_plan_is_plain(const kov_planned *v);
/* Strides in elements of the axes as they are numbered in the graph. */
void kov_plan_strides(const kov_planned *v, int64_t *strides);

/* ---- buffers ---- */
/* Gives the value a buffer in whatever order, making pending steps; *slot may be NULL. */
kov_status kov_plan_get(kov_planner *p, kov_value value, int *slot);
/* A buffer with the value in this order (a reordering step where needed). */
kov_status kov_plan_get_ordered(kov_planner *p, kov_value value, const kov_order *order, int *slot);
kov_status kov_plan_get_plain(kov_planner *p, kov_value value, int *slot);
/* A new buffer for the value; its producer must write it in this order. */
kov_status kov_plan_make(kov_planner *p, kov_value value, const kov_order *order, int *slot);
/* The value is the buffer of another, in this order. */
void kov_plan_alias(kov_planner *p, kov_value value, int slot, const kov_order *order);
/* The value is a part of another's buffer, from this byte on, in this order. */
kov_status kov_plan_part(kov_planner *p, kov_value value, int whole, size_t offset,
                         const kov_order *order);
/* Copies a view, which has no buffer yet, to one. */
kov_status kov_plan_copy_view(kov_planner *p, kov_value value);
kov_status kov_plan_temporary(kov_planner *p, size_t bytes, int *slot);
kov_status kov_plan_constant(kov_planner *p, const void *data, size_t bytes, int *slot);
/* A constant of one element (copied into the instance). */
kov_status kov_plan_number(kov_planner *p, kov_dtype dtype, double number, int *slot);

/* ---- steps ---- */
typedef struct kov_step_plan {
    kov_step_fn run;
    const char *kernel; /* lives as long as the instance */
    const void *params; /* likewise */
    int inputs, outputs;
    const int *slots; /* copied */
    uint32_t in_place;
    size_t workspace;
    const int *nodes; /* copied */
    int node_count;
} kov_step_plan;
kov_status kov_plan_step(kov_planner *p, const kov_step_plan *plan);
/* "prefix__isa" in the instance's arena. */
const char *kov_plan_kernel_name(kov_planner *p, const char *prefix, const char *name);

/* ---- node planners, one family each (plan_*.c) ---- */
kov_status kov_plan_node(kov_planner *p, const kov_node *node);

kov_status kov_plan_elementwise(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_group_emit(kov_planner *p, int group);
/* The pending group of which this value, which has one user, is all that is needed; else NULL. */
const kov_group *kov_plan_group_of(const kov_planner *p, kov_value value);
/* A reduction of the last axes, as they lie in memory, of what a group makes. */
typedef struct kov_group_reduction {
    int op; /* kov_reduce_op */
    size_t outer, length;
    kov_unary_kernel *finish; /* applied to the result; NULL: none */
} kov_group_reduction;
/* The step of the reduction `node` and the group of its input (see above); order: of the result. */
kov_status kov_plan_group_reduce(kov_planner *p, const kov_node *node,
                                 const kov_group_reduction *reduction, const kov_order *order,
                                 bool *taken);
kov_status kov_plan_product_add(kov_planner *p, const kov_product *product, const kov_node *node);
kov_status kov_plan_product_emit(kov_planner *p, int product);
/* Takes the node into the epilogue of the product that makes one of its inputs. */
kov_status kov_plan_absorb(kov_planner *p, const kov_node *node, bool *taken);

kov_status kov_plan_mat_mul(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_coded(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_convolution(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_depthwise(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_pool(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_reduce(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_softmax(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_scan(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_attention(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_arg_extreme(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_length(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_top_k(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_recurrent(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_norm(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_reshape(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_transpose(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_same(kov_planner *p, const kov_node *node, bool *taken); /* no-op conversions */
kov_status kov_plan_bitcast(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_concat(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_split(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_slice(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_strided_slice(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_pad(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_broadcast(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_gather(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_fourier(kov_planner *p, const kov_node *node, bool *taken);
kov_status kov_plan_evaluate(kov_planner *p, const kov_node *node, bool *taken);

/* ---- used by several families ---- */
/* The node that alone uses the value, if it is of this operation; else NULL. */
const kov_node *kov_plan_sole_user(const kov_planner *p, kov_value value, int op);
/* Whether a value is there already when the node `before` is planned. */
bool kov_plan_precedes(const kov_planner *p, kov_value value, const kov_node *before);
/* The order in which a product writes its result so that the one Transpose that uses it, if it
 * keeps the last axis, makes it plain. */
kov_order kov_plan_result_order(const kov_planner *p, kov_value value);
/* A step that makes the node's output from its first input, found in slot `from`: from element
 * `first` on with these strides (in elements, per axis of the output). */
kov_status kov_plan_copy_first(kov_planner *p, const kov_node *node, int from, int64_t first,
                               const int64_t *strides, const kov_order *order, const char *name);
/* A step that copies strided memory: dims and byte strides of the source, dense destination. */
kov_status kov_plan_copy(kov_planner *p, int from, size_t offset, int to, size_t item, int ndim,
                         const int64_t *dims, const int64_t *byte_strides, const int *nodes,
                         int node_count, const char *kernel);

#endif
