/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of nodes: C values that are known when the node is made. */
#ifndef KOV_GRAPH_ATTR_H
#define KOV_GRAPH_ATTR_H

#include <kov/graph.h>

typedef enum kov_attr_kind {
    KOV_ATTR_INT,
    KOV_ATTR_FLOAT,
    KOV_ATTR_BOOL,
    KOV_ATTR_INTS,
    KOV_ATTR_ENUM, /* string of a fixed set, lower case as in IR */
    KOV_ATTR_STRING,
    KOV_ATTR_DTYPE,
    KOV_ATTR_TENSOR,
    KOV_ATTR_BODY
} kov_attr_kind;

typedef struct kov_ints {
    const int64_t *at;
    int n;
} kov_ints;

typedef struct kov_attr {
    kov_attr_kind kind;
    union {
        int64_t integer;
        double real;
        bool boolean;
        kov_ints ints;
        const char *string;
        kov_dtype dtype;
        kov_tensor *tensor;     /* the graph holds a reference */
        struct kov_graph *body; /* the graph holds a reference */
    } u;
} kov_attr;

typedef struct kov_attr_info {
    const char *name; /* as in IR */
    kov_attr_kind kind;
    const char *default_text; /* as in the table; NULL: required */
} kov_attr_info;

static inline kov_attr kov_attr_int(int64_t v)
{
    return (kov_attr){.kind = KOV_ATTR_INT, .u.integer = v};
}
static inline kov_attr kov_attr_float(double v)
{
    return (kov_attr){.kind = KOV_ATTR_FLOAT, .u.real = v};
}
static inline kov_attr kov_attr_bool(bool v)
{
    return (kov_attr){.kind = KOV_ATTR_BOOL, .u.boolean = v};
}
static inline kov_attr kov_attr_ints(kov_ints v)
{
    return (kov_attr){.kind = KOV_ATTR_INTS, .u.ints = v};
}
static inline kov_attr kov_attr_enum(const char *v)
{
    return (kov_attr){.kind = KOV_ATTR_ENUM, .u.string = v};
}
static inline kov_attr kov_attr_string(const char *v)
{
    return (kov_attr){.kind = KOV_ATTR_STRING, .u.string = v};
}
static inline kov_attr kov_attr_dtype(kov_dtype v)
{
    return (kov_attr){.kind = KOV_ATTR_DTYPE, .u.dtype = v};
}
static inline kov_attr kov_attr_tensor(kov_tensor *v)
{
    return (kov_attr){.kind = KOV_ATTR_TENSOR, .u.tensor = v};
}
static inline kov_attr kov_attr_body(struct kov_graph *v)
{
    return (kov_attr){.kind = KOV_ATTR_BODY, .u.body = v};
}

#endif
