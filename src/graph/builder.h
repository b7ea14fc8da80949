/* SPDX-License-Identifier: Apache-2.0 */
/* Building inside the library: decompositions and passes emit nodes here. Errors are sticky:
 * emitting with an error value gives KOV_VALUE_ERROR and the first failure is kept. */
#ifndef KOV_GRAPH_BUILDER_H
#define KOV_GRAPH_BUILDER_H

#include "graph/graph.h"
#include "graph/infer.h"
#include "tensor/promote.h"

#define KOV_SERIAL_BITS                                                                            \
    10 /* of a kov_value: which open body it belongs to; 0 is the graph itself */
#define KOV_SERIAL_SHIFT (32 - KOV_SERIAL_BITS)

typedef struct kov_guard {
    kov_dim dim; /* expression over symbols with hints */
    int64_t number;
} kov_guard;

typedef struct kov_level { /* the graph, or a body that is open */
    kov_graph *graph;
    uint32_t serial;
    kov_hash_map seen; /* nodes by hash, for reuse of equal ones */
    struct {
        kov_value *at; /* outer value of each captured parameter */
        int n, cap;
    } captures;
    struct {
        kov_value *at; /* the parameter that stands for captures[i] */
        int n, cap;
    } captured;
} kov_level;

struct kov_builder {
    kov_context *context;
    kov_dims *dims;
    kov_dtype floatx;
    double epsilon;    /* Keras's fuzz factor, keras.config.epsilon() */
    kov_status status; /* the first failure */
    char *message;
    struct {
        kov_level *at;
        int n, cap;
    } levels; /* at[n - 1] is emitted into */
    uint32_t next_serial;
    struct {
        kov_guard *at;
        int n, cap;
    } guards; /* dimensions whose number was read through a hint */
    const char *scope;
    bool reuse;             /* equal nodes are made once */
    bool inline_composites; /* composites are emitted as their bodies */
    int composite_depth;    /* > 0: inside a composite's decomposition */
};

struct kov_body {
    kov_context *context;
    kov_graph *graph;
    int parameter_count; /* made by the caller; captures follow */
    int capture_count;
    kov_value *captures; /* values of the level around, or further out */
};

/* Sets the sticky failure (the first wins) and returns KOV_VALUE_ERROR. */
kov_value kov_builder_fail(kov_builder *b, kov_status status, const char *format, ...)
    KOV_PRINTF(3, 4);
/* Takes over a status whose text kov_fail has set. */
kov_value kov_builder_adopt(kov_builder *b, kov_status status);

/* The kernel of all emission: infers, reuses, appends. attrs: all of the row, or NULL if it has
 * none. Returns the first output. Attribute memory is copied. */
kov_value kov_emit(kov_builder *b, int op, const kov_value *inputs, int input_count,
                   const kov_attr *attrs);
/* As kov_emit, for variadic outputs; *count is how many there are. */
kov_value kov_emit_many(kov_builder *b, int op, const kov_value *inputs, int input_count,
                        const kov_attr *attrs, int *count);
/* Output i of the node whose first output is v. */
static inline kov_value kov_output(kov_value v, int i)
{
    return v == KOV_VALUE_ERROR ? v : v + (kov_value)i;
}
/* Gives the node of v this friendly name (copied). */
void kov_builder_name(kov_builder *b, kov_value v, const char *name);

/* Gives the node of v the name, composite function and arguments of another node (copied). */
void kov_builder_annotate(kov_builder *b, kov_value v, const kov_node *from);
/* Nodes at the innermost level so far. */
int kov_builder_node_count(const kov_builder *b);

/* What is known of a value; a static error record for KOV_VALUE_ERROR. Valid until the next emit.
 */
const kov_value_info *kov_builder_value(const kov_builder *b, kov_value v);

/* ---- Levels: the graph and the bodies open in it (src/graph/control_flow.c) ---- */
kov_status kov_level_open(kov_builder *b);
void kov_level_close(kov_builder *b);
/* The innermost level's graph with these results set (a new reference). Captured values have become
 * its last parameters, in the order of level->captures; the level stays open until kov_level_close.
 */
kov_status kov_level_finish(kov_builder *b, const kov_value *results, int count,
                            const char *const *names, kov_graph **out);
/* A parameter of the innermost level with dimensions as they are here; content (copied) and
 * name may be NULL. A variable is one of the whole graph, though a body be open. */
kov_value kov_builder_add_parameter(kov_builder *b, kov_dtype dtype, int ndim, const kov_dim *dims,
                                    const kov_content *content, uint8_t weak, const char *name,
                                    kov_parameter_role role);
/* Says of a parameter that is a weak integer which class of numbers it stands for. */
void kov_builder_set_integer_class(kov_builder *b, kov_value parameter, uint8_t integer_class);
/* The class of a Python int, constant or not; 0 of another value or where it is not known. */
uint8_t kov_builder_integer_class(kov_builder *b, kov_value v);
kov_value kov_builder_add_constant(kov_builder *b, kov_tensor *tensor, uint8_t weak); /* retains */

/* ---- Constants ---- */
kov_value kov_constant_number(kov_builder *b, kov_dtype dtype, double number); /* scalar */
kov_value kov_constant_int(kov_builder *b, kov_dtype dtype, int64_t number);   /* scalar, exact */
kov_value kov_constant_i64(kov_builder *b, const int64_t *at, int n);          /* 1-D */
kov_value kov_constant_i64_scalar(kov_builder *b, int64_t number);
kov_value kov_weak_number(kov_builder *b, int weak, double real, int64_t integer);
kov_value kov_weak_complex(kov_builder *b, const double parts[2]); /* real, imaginary */
/* A scalar of v's dtype. */
kov_value kov_scalar_like(kov_builder *b, kov_value v, double number);

/* ---- Reading, which may record a guard (see design decision 7) ---- */
int kov_ndim(kov_builder *b, kov_value v);
kov_dtype kov_dtype_of(kov_builder *b, kov_value v);
/* The number of a dimension; with a hint, reading it records a guard; free without one: sticky
 * KOV_UNKNOWN_DIMENSION, returns 1. */
int64_t kov_dim_number(kov_builder *b, kov_value v, int axis);
/* True, without a guard, if the dimension is this number in every run. */
bool kov_dim_is(kov_builder *b, kov_value v, int axis, int64_t number);
/* Whether the dimension is known to be this number; hints count, with a guard on the answer. */
bool kov_dim_equals(kov_builder *b, kov_value v, int axis, int64_t number);
/* False if two dimensions are known to differ; hints count, with a guard on the answer. */
bool kov_dim_agrees(kov_builder *b, kov_value x, int x_axis, kov_value y, int y_axis);
/* Elements of an integer scalar or 1-D value as numbers (guarded); KOV_UNKNOWN_VALUE otherwise.
 * Returns how many, at most capacity; 0 and sticky on failure. */
int kov_content_numbers(kov_builder *b, kov_value v, int64_t *out, int capacity);

/* Whether element i of an integer scalar or 1-D value is known to be more than a dimension; hints
 * count, with a guard on the answer. */
bool kov_content_above(kov_builder *b, kov_value v, int i, kov_dim bound);

/* ---- Shapes as values ---- */
kov_value kov_shape_value(kov_builder *b, kov_value v);                  /* 1-D int64 */
kov_value kov_dim_value(kov_builder *b, kov_value v, int axis);          /* scalar int64 */
kov_value kov_dims_value(kov_builder *b, kov_value v, int from, int to); /* 1-D int64 slice */
/* 1-D int64 from scalars and 1-D parts. */
kov_value kov_join_dims(kov_builder *b, const kov_value *parts, int n);
/* Reshape to numbers where every dims[i] is >= 0, or one is -1. */
kov_value kov_reshape_to(kov_builder *b, kov_value v, const int64_t *dims, int n);

/* ---- Types ---- */
/* To this dtype (Keras's cast); the same value if it has it already. A weak value becomes strong.
 * KOV_OVERFLOW if v is a Python int that dtype, an integer type, does not hold. */
kov_value kov_cast(kov_builder *b, kov_value v, kov_dtype dtype);
kov_value kov_as_float(kov_builder *b, kov_value v); /* integers and bool become floatx */
kov_dtype kov_result_type(kov_builder *b, const kov_value *vs, int n); /* Keras's promotion */
void kov_promote_all(kov_builder *b, kov_value *vs, int n); /* casts all to their result type */
void kov_promote_pair(kov_builder *b, kov_value *x, kov_value *y);

/* ---- Axes ---- */
/* [-ndim, ndim) to [0, ndim); sticky failure names the operation. */
int kov_axis(kov_builder *b, const char *op, int64_t axis, int ndim);

/* Copies of nodes from a finished graph into the builder: map[old value] = new value. */
kov_value kov_copy_node(kov_builder *b, const kov_graph *from, const kov_node *node,
                        const kov_value *map);
/* Emits all of body with its parameters standing for inputs; results[] receives its results. */
void kov_inline_graph(kov_builder *b, const kov_graph *body, const kov_value *inputs,
                      kov_value *results);

/* A builder that continues in a fresh graph sharing `dims` (passes). */
kov_status kov_builder_create_like(const kov_graph *like, kov_builder **out);

#endif
