/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ir_names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *kov_ir_precision(kov_dtype dtype)
{
    static const char *const names[KOV_DTYPE_COUNT] = {
        [KOV_DTYPE_BOOL] = "BOOL",     [KOV_DTYPE_I8] = "I8",     [KOV_DTYPE_I16] = "I16",
        [KOV_DTYPE_I32] = "I32",       [KOV_DTYPE_I64] = "I64",   [KOV_DTYPE_U8] = "U8",
        [KOV_DTYPE_U16] = "U16",       [KOV_DTYPE_U32] = "U32",   [KOV_DTYPE_U64] = "U64",
        [KOV_DTYPE_F16] = "FP16",      [KOV_DTYPE_BF16] = "BF16", [KOV_DTYPE_F32] = "FP32",
        [KOV_DTYPE_F64] = "FP64",      [KOV_DTYPE_U1] = "BIN",    [KOV_DTYPE_I4] = "I4",
        [KOV_DTYPE_U4] = "U4",         [KOV_DTYPE_NF4] = "NF4",   [KOV_DTYPE_F8E4M3] = "F8E4M3",
        [KOV_DTYPE_F8E5M2] = "F8E5M2",
    };
    return dtype < KOV_DTYPE_COUNT ? names[dtype] : NULL;
}

static const char *const other_names[][2] = {
    {"Relu", "ReLU"}, {"PRelu", "PReLU"}, {"Softmax", "SoftMax"}, {"Constant", "Const"}};

static const char *translate(const char *name, int from)
{
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++) {
        if (strcmp(other_names[i][from], name) == 0)
            return other_names[i][1 - from];
    }
    return name;
}

const char *kov_ir_type_name(const char *op_name)
{
    return translate(op_name, 0);
}

const char *kov_ir_op_name(const char *type_name)
{
    return translate(type_name, 1);
}

/* ---- XML text ---- */

/* Bytes of the UTF-8 character at `at`, 0 if it is none or XML 1.0 cannot hold it. */
static int character_size(const unsigned char *at)
{
    if (at[0] < 0x80)
        return at[0] >= 0x20 && at[0] != 0x7f;
    int size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    for (int i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    uint32_t code = at[0] & (0xffu >> (size + 1));
    for (int i = 1; i < size; i++)
        code = code << 6 | (at[i] & 0x3fu);
    bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    bool refused = (code >= 0xd800 && code < 0xe000) || code > 0x10ffff || (code & ~1u) == 0xfffe;
    return overlong || refused ? 0 : size;
}

static void escape(kov_text *text, const char *value, bool entry)
{
    const unsigned char *at = (const unsigned char *)value;
    while (*at) {
        int size = character_size(at);
        if (*at == '&')
            kov_text_add(text, "&amp;");
        else if (*at == '<')
            kov_text_add(text, "&lt;");
        else if (*at == '>')
            kov_text_add(text, "&gt;");
        else if (*at == '"')
            kov_text_add(text, "&quot;");
        else if (*at == ',' && entry)
            kov_text_add(text, "\\,");
        else if (size == 0)
            kov_text_add(text, "_");
        else
            kov_text_add(text, "%.*s", size, (const char *)at);
        at += size > 0 ? size : 1;
    }
}

void kov_ir_escape(kov_text *text, const char *value)
{
    escape(text, value, false);
}

void kov_ir_escape_entry(kov_text *text, const char *value)
{
    escape(text, value, true);
}

void kov_ir_number(kov_text *text, double number)
{
    char digits[40];
    if (isnan(number) || isinf(number)) {
        kov_text_add(text, "%s", isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
        return;
    }
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    for (char *c = digits; *c; c++) { /* the decimal point of the process's locale */
        if (*c == ',')
            *c = '.';
    }
    kov_text_add(text, "%s", digits);
}

/* ---- unique names ---- */

void kov_ir_names_init(kov_ir_names *names, kov_context *context)
{
    memset(names, 0, sizeof *names);
    kov_arena_init(&names->arena, context);
    kov_hash_map_init(&names->map, context);
}

void kov_ir_names_free(kov_ir_names *names)
{
    kov_free(names->arena.context, names->all.at);
    kov_hash_map_free(&names->map);
    kov_arena_free(&names->arena);
}

struct wanted {
    const kov_ir_names *names;
    const char *text;
};

static bool same_name(void *user, int payload)
{
    const struct wanted *wanted = user;
    return strcmp(wanted->names->all.at[payload], wanted->text) == 0;
}

/* Whether the name was free; it is taken then. *failed on lack of memory. */
static bool take(kov_ir_names *names, const char *text, bool *failed)
{
    struct wanted wanted = {names, text};
    uint64_t hash = kov_hash_bytes(text, strlen(text), 0);
    if (kov_hash_map_find(&names->map, hash, same_name, &wanted) >= 0)
        return false;
    const char *copy = kov_arena_strdup(&names->arena, text);
    *failed = !copy || !KOV_PUSH(names->arena.context, names->all, copy) ||
              kov_hash_map_add(&names->map, hash, names->all.n - 1) != KOV_OK;
    return true;
}

const char *kov_ir_unique(kov_ir_names *names, const char *wanted)
{
    bool failed = false;
    if (take(names, wanted, &failed))
        return failed ? NULL : names->all.at[names->all.n - 1];
    size_t size = strlen(wanted) + 24;
    char *numbered = kov_arena_alloc(&names->arena, size);
    if (!numbered)
        return NULL;
    /* How many names there are is nearly always free, so equal names do not cost a search each. */
    for (int n = names->all.n;; n++) {
        snprintf(numbered, size, "%s_%d", wanted, n);
        if (take(names, numbered, &failed))
            return failed ? NULL : names->all.at[names->all.n - 1];
    }
}
