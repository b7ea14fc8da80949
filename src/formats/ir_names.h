/* SPDX-License-Identifier: Apache-2.0 */
/* Words of OpenVINO IR: precisions of ports, XML text. */
#ifndef KOV_FORMATS_IR_NAMES_H
#define KOV_FORMATS_IR_NAMES_H

#include "graph/print.h"

/* "FP32", "I64", "BOOL", ...; NULL for a type that IR lacks (complex, string, none). */
const char *kov_ir_precision(kov_dtype dtype);

/* IR writes a few operations otherwise than the set names them: "ReLU" for Relu. The other names
 * are the same. */
const char *kov_ir_type_name(const char *op_name);
const char *kov_ir_op_name(const char *type_name);

/* Text between double quotes of XML: escaped, and what XML 1.0 cannot hold replaced by '_'. */
void kov_ir_escape(kov_text *text, const char *value);
/* The same for one entry of a comma-separated list of tensor names. */
void kov_ir_escape_entry(kov_text *text, const char *value);

/* The shortest decimal text that reads back as this number; "inf", "-inf", "nan". */
void kov_ir_number(kov_text *text, double number);

/* A set of names: kov_ir_unique gives `wanted`, or `wanted` with a number behind it if it is taken,
 * and takes it. The text lives as long as the set. NULL on failure. */
typedef struct kov_ir_names {
    kov_arena arena;
    kov_hash_map map;
    struct {
        const char **at;
        int n, cap;
    } all;
} kov_ir_names;

void kov_ir_names_init(kov_ir_names *names, kov_context *context);
void kov_ir_names_free(kov_ir_names *names);
const char *kov_ir_unique(kov_ir_names *names, const char *wanted);

#endif
