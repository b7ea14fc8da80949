/* SPDX-License-Identifier: Apache-2.0 */
/* What a decomposition gets for each kind of parameter (docs/adding-an-op.md lists them), and how
 * arguments of a call become it. */
#ifndef KOV_KERAS_ARGUMENTS_H
#define KOV_KERAS_ARGUMENTS_H

#include "graph/builder.h"
#include "opset_build.h"

typedef struct kov_values {
    const kov_value *at;
    int n;
} kov_values;

typedef struct kov_axes {
    bool given; /* false: None */
    bool bare;  /* an int was given, not a sequence */
    int n;
    int64_t at[KOV_MAX_NDIM];
} kov_axes;

typedef struct kov_optional_int {
    bool given;
    int64_t value;
} kov_optional_int;

typedef struct kov_optional_float {
    bool given;
    double value;
} kov_optional_float;

typedef struct kov_optional_bool {
    bool given;
    bool value;
} kov_optional_bool;

typedef struct kov_choice { /* a name or a number, as the order of a norm */
    bool given;
    const char *name; /* NULL: the number */
    double number;
} kov_choice;

typedef struct kov_named { /* a name that stands for data, or data, as a window */
    const char *name;      /* NULL: the value */
    kov_value value;       /* KOV_VALUE_NONE: None was given */
} kov_named;

typedef struct kov_sections { /* an int is told from a sequence of one */
    bool bare;
    int n;
    const int64_t *at;
} kov_sections;

/* For `ints` parameters: n numbers, nested sequences flattened; a bare int is n == 1. When None or
 * not given, n == 0 or the default. Memory lives as long as the call. */

/* The readers below are called by the generated table: argument `a` named `name` of function `f`.
 * A wrong kind is a sticky KOV_TYPE_ERROR that names function and parameter. */
typedef const struct kov_function_info kov_fn_info;
kov_value kov_argument_tensor(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                              const char *name, bool optional);
/* Of a `real` row: a sticky KOV_TYPE_ERROR if the value is complex. NONE is let pass. */
void kov_argument_require_real(kov_builder *b, kov_fn_info *f, kov_value value, const char *name);
kov_value kov_argument_tensor_or_int(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                     const char *name, int64_t fallback);
kov_value kov_argument_tensor_or_float(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                       const char *name, double fallback);
kov_values kov_argument_tensors(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                const char *name, bool optional);
/* 1-D int64 value: from INTS, a LIST of numbers and integer scalars, or an integer 1-D tensor. */
kov_value kov_argument_shape(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, bool optional);
/* As shape; a bare int gives a scalar int64 value. */
kov_value kov_argument_index(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, bool optional);
kov_value kov_argument_index_or_int(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                    const char *name, int64_t fallback);
/* fallback: 1, 0, or -1 for a required one. */
bool kov_argument_bool(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                       int fallback);
int64_t kov_argument_int(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                         bool has_fallback, int64_t fallback);
double kov_argument_float(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                          bool has_fallback, double fallback);
kov_optional_int kov_argument_optional_int(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                           const char *name);
kov_optional_float kov_argument_optional_float(kov_builder *b, kov_fn_info *f,
                                               const kov_argument *a, const char *name);
kov_optional_bool kov_argument_optional_bool(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                             const char *name);
kov_ints kov_argument_ints(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                           bool has_fallback, const int64_t *fallback, int count);
/* As ints; None and a missing optional one give n == 0, or the fallback as a bare int if it is not
 * 0. */
kov_sections kov_argument_sections(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                   const char *name, bool has_fallback, int64_t fallback);
#define KOV_AXES_NONE 0
#define KOV_AXES_NUMBER 1
#define KOV_AXES_REQUIRED 2
const kov_axes *kov_argument_axes(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                  const char *name, kov_axes *storage, int fallback,
                                  int64_t number);
const char *kov_argument_enum(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                              const char *name, bool required, const char *fallback);
kov_choice kov_argument_choice(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                               const char *name);
/* A missing argument is the fallback; an empty LIST stands for a None that was given. */
kov_named kov_argument_named(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, const char *fallback);
kov_dtype kov_argument_dtype(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, kov_dtype fallback);

#endif
