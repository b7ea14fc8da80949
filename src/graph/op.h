/* SPDX-License-Identifier: Apache-2.0 */
/* What the operation table (src/opset/opset.def) says of an operation. */
#ifndef KOV_GRAPH_OP_H
#define KOV_GRAPH_OP_H

#include "graph/attr.h"

struct kov_infer;
struct kov_eval;

#define KOV_VARIADIC (-1)

typedef enum kov_domain { KOV_DOMAIN_OV, KOV_DOMAIN_KOV } kov_domain;

/* For which types OpenVINO's CPU plugin computes a node exactly as `evaluate` does (floats: within
 * rounding). int64 and uint64 count as exact only where values are proven to fit int32. */
typedef enum kov_exactness {
    KOV_EXACT_ALL32, /* float32, float16, bfloat16, 8 to 32 bit integers, bool */
    KOV_EXACT_INT24, /* as ALL32, but integers go through float32: exact to 2^24 */
    KOV_EXACT_FLOAT, /* float32, float16, bfloat16 only */
    KOV_EXACT_NEVER  /* not on OpenVINO: domain kov, or known to be wrong there */
} kov_exactness;

typedef struct kov_op_info {
    const char *name;    /* OpenVINO's: "Add" */
    const char *version; /* "opset1" */
    kov_domain domain;
    int min_inputs, max_inputs; /* max KOV_VARIADIC: any number */
    int outputs;                /* KOV_VARIADIC: by inference */
    int attr_count;
    const kov_attr_info *attrs;
    const char *const *input_names;
    const char *const *output_names;
    kov_status (*infer)(struct kov_infer *infer);
    kov_status (*evaluate)(struct kov_eval *eval); /* the reference */
    kov_exactness exactness;
    bool data_shape;  /* the output's shape depends on data: evaluate allocates it */
    const char *onnx; /* ONNX operator of the same meaning, NULL: none */
} kov_op_info;

/* enum kov_op { KOV_OP_ADD, ... KOV_OP_COUNT } is generated: opset_ids.h. */
const kov_op_info *kov_op_info_of(int op);
int kov_op_find(const char *name, kov_domain domain); /* -1 if there is none */

#endif
