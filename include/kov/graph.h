/* SPDX-License-Identifier: Apache-2.0 */
/* Building graphs of OpenVINO operations by calling Keras functions. */
#ifndef KOV_GRAPH_H
#define KOV_GRAPH_H

#include <kov/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kov_graph kov_graph;     /* what is computed; immutable */
typedef struct kov_builder kov_builder; /* a graph under construction; one thread at a time */

/* A value is a small index into its builder. 0 is the error value: calls that get it return it, and
 * kov_builder_finish reports the first failure, so a chain of calls needs one check at its end. */
typedef uint32_t kov_value;
#define KOV_VALUE_ERROR 0u
#define KOV_VALUE_NONE UINT32_MAX /* an optional argument that is not given */

/* ---- The function table: every Keras function, from src/keras/keras_ops.def. ---- */

typedef enum kov_parameter_kind {
    KOV_PARAMETER_TENSOR,  /* tensor, array or Python number (weakly typed): data */
    KOV_PARAMETER_TENSORS, /* a sequence of them */
    KOV_PARAMETER_SHAPE,   /* sequence of ints: data when eager, constant when traced */
    KOV_PARAMETER_INDEX,   /* int or sequence of ints (starts, counts): data when eager */
    KOV_PARAMETER_BOOL,    /* from here on: C values, part of an eager plan's key */
    KOV_PARAMETER_INT,
    KOV_PARAMETER_FLOAT,
    KOV_PARAMETER_INTS, /* int or sequence of ints */
    KOV_PARAMETER_AXIS, /* int, sequence of ints or None */
    KOV_PARAMETER_ENUM, /* string */
    KOV_PARAMETER_DTYPE /* dtype name or None */
} kov_parameter_kind;

typedef struct kov_parameter_info {
    const char *name;
    kov_parameter_kind kind;
    bool optional;            /* None is accepted */
    const char *default_text; /* as Python writes it; NULL: required */
} kov_parameter_info;

#define KOV_RETURNS_LIST (-1)
#define KOV_RETURNS_SOME (-2) /* one result is handed over bare, several as a tuple */

typedef struct kov_function_info {
    const char *module; /* "numpy", "nn", "math", "core", "image", "linalg", "random", "rnn" */
    const char *name;
    const char *summary; /* one line */
    const char *since;
    const kov_parameter_info *parameters;
    int parameter_count;
    int returns; /* number of results; KOV_RETURNS_LIST, _SOME: as many as the arguments say */
    bool composite;
} kov_function_info;

KOV_API int kov_function_count(void);
KOV_API const kov_function_info *kov_function_at(int function);      /* NULL out of range */
KOV_API int kov_function_find(const char *module, const char *name); /* -1 if there is none */

/* ---- Arguments of a call, one per parameter, in the table's order. ---- */

typedef enum kov_argument_kind {
    KOV_ARGUMENT_NONE = 0, /* not given or None: the decomposition's default for a missing one */
    KOV_ARGUMENT_VALUE,    /* a value of the builder */
    KOV_ARGUMENT_TENSOR,   /* data; a constant when traced */
    KOV_ARGUMENT_LIST,     /* items: VALUE, TENSOR or number */
    KOV_ARGUMENT_BOOL,     /* as tensor parameter: a weak Python number */
    KOV_ARGUMENT_INT,
    KOV_ARGUMENT_FLOAT,
    KOV_ARGUMENT_COMPLEX,
    KOV_ARGUMENT_INTS,
    KOV_ARGUMENT_STRING,
    KOV_ARGUMENT_DTYPE
} kov_argument_kind;

typedef struct kov_argument {
    kov_argument_kind kind;
    int count; /* LIST, INTS; for INTS -1 means a bare int was given (ints[0]) */
    union {
        kov_value value;
        kov_tensor *tensor; /* borrowed for the call */
        const struct kov_argument *list;
        bool boolean;
        int64_t integer;
        double real;
        double parts[2]; /* COMPLEX: real, imaginary */
        const int64_t *ints;
        const char *string;
        kov_dtype dtype;
    } u;
} kov_argument;

/* ---- Building. ---- */

typedef enum kov_parameter_role {
    KOV_ROLE_INPUT,   /* changes from run to run */
    KOV_ROLE_VARIABLE /* changes seldom: what depends on such alone is computed once per content */
} kov_parameter_role;

#define KOV_DIM_FREE INT64_C(-1) /* in dims: any size, independent of every other */

KOV_API kov_status kov_builder_create(kov_context *context, kov_builder **out);
KOV_API void kov_builder_release(kov_builder *builder);
/* floatx of the functions called from here on: the dtype of Python floats. Default float32. */
KOV_API void kov_builder_set_floatx(kov_builder *builder, kov_dtype floatx);

/* The fuzz factor that cross-entropies clip by, for graphs built from here on (process-wide; 1e-7
 * at first), as keras.config.set_epsilon. Eager plans that read it are kept: kov_eager_clear after
 * it. */
KOV_API void kov_set_epsilon(double epsilon);

/* A free dimension that several inputs share (the batch). Negative, for use in dims. */
KOV_API int64_t kov_builder_symbol(kov_builder *builder, const char *name);
/* The graph's next input, or that of the open body; a variable is always the graph's. dims:
 * numbers, KOV_DIM_FREE or symbols. name may be NULL. */
KOV_API kov_value kov_builder_parameter(kov_builder *builder, kov_dtype dtype, int ndim,
                                        const int64_t *dims, const char *name,
                                        kov_parameter_role role);
KOV_API kov_value kov_builder_constant(kov_builder *builder, kov_tensor *tensor); /* retains */

/* Calls a function of the table. *count: in the capacity of outs, out the number of results. */
KOV_API kov_status kov_call(kov_builder *builder, int function, const kov_argument *arguments,
                            int argument_count, kov_value *outs, int *count);

/* Later nodes carry this name as prefix in the graph and its IR (a layer's path). NULL: none. */
KOV_API void kov_builder_set_scope(kov_builder *builder, const char *path);

KOV_API kov_dtype kov_builder_dtype(const kov_builder *builder, kov_value value);
KOV_API int kov_builder_ndim(const kov_builder *builder, kov_value value);
/* The number, or a negative handle (equal handles are equal dimensions) if it is free. */
KOV_API int64_t kov_builder_dim(const kov_builder *builder, kov_value value, int axis);
/* The dimension as a scalar int32 value (keras.ops.shape of a free dimension). */
KOV_API kov_value kov_builder_dim_value(kov_builder *builder, kov_value value, int axis);
/* The tensor if the value is a constant of the graph, else NULL. Borrowed. */
KOV_API const kov_tensor *kov_builder_constant_tensor(const kov_builder *builder, kov_value value);

/* Bodies of control flow. Between begin and end, calls go into the body; values from outside are
 * captured. The body's parameters are made by kov_builder_parameter after begin. */
typedef struct kov_body kov_body;
KOV_API kov_status kov_body_begin(kov_builder *builder);
KOV_API kov_status kov_body_end(kov_builder *builder, const kov_value *results, int count,
                                kov_body **out);
KOV_API void kov_body_release(kov_body *body); /* for one that was not used */
/* Leaves the innermost open body without keeping it (its Python raised). */
KOV_API void kov_body_abandon(kov_builder *builder);
KOV_API int kov_body_result_count(const kov_body *body);

/* outs[i] = condition ? then[i] : else[i]; both bodies have no parameters and equal result types.
 * Takes the bodies. */
KOV_API kov_status kov_builder_if(kov_builder *builder, kov_value condition, kov_body *then_body,
                                  kov_body *else_body, kov_value *outs);
/* while (condition(state) && trips < maximum) state = body(state). condition: one bool scalar
 * result; both have count parameters of the state's types. maximum: KOV_VALUE_NONE or an integer
 * scalar. Takes the bodies. */
KOV_API kov_status kov_builder_while(kov_builder *builder, kov_body *condition, kov_body *body,
                                     const kov_value *state, int count, kov_value maximum,
                                     kov_value *outs);

/* outs[i] = result i of the body on the primals, tangent_outs[i] = its derivative along the
 * tangents, zeros where it does not depend on them. The body has count parameters of the primals'
 * types; a tangent has its primal's type and shape, or is KOV_VALUE_NONE for zero. What the body
 * captured is constant. Takes the body. KOV_NOT_IMPLEMENTED names an operation that has no
 * derivative. */
KOV_API kov_status kov_builder_jvp(kov_builder *builder, kov_body *body, const kov_value *primals,
                                   const kov_value *tangents, int count, kov_value *outs,
                                   kov_value *tangent_outs);

/* Ends the builder's work: *out is the graph of results, or the first failure is returned. The
 * builder stays to be released. names may be NULL. */
KOV_API kov_status kov_builder_finish(kov_builder *builder, const kov_value *results, int count,
                                      const char *const *names, kov_graph **out);
/* The first failure, KOV_OK if there is none; its text is put where kov_error_text finds it. */
KOV_API kov_status kov_builder_status(const kov_builder *builder);

/* ---- Graphs. ---- */

KOV_API void kov_graph_retain(kov_graph *graph);
KOV_API void kov_graph_release(kov_graph *graph);
KOV_API int kov_graph_parameter_count(const kov_graph *graph);
/* Type and name of parameter i. dims has room for KOV_MAX_NDIM numbers, negative where free; name
 * (borrowed) is NULL if there is none. dtype, ndim, dims and name may be NULL. */
KOV_API kov_status kov_graph_parameter_type(const kov_graph *graph, int i, kov_dtype *dtype,
                                            int *ndim, int64_t *dims, const char **name);
KOV_API int kov_graph_result_count(const kov_graph *graph);
KOV_API int kov_graph_node_count(const kov_graph *graph);
/* Text of the graph, one node a line; free with kov_text_free. */
KOV_API kov_status kov_graph_text(const kov_graph *graph, char **out);
KOV_API void kov_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
