/* SPDX-License-Identifier: Apache-2.0 */
#include <kov/dtype.h>

#include <string.h>

enum dtype_kind {
    KIND_NONE,
    KIND_BOOL,
    KIND_SIGNED,
    KIND_UNSIGNED,
    KIND_FLOAT,
    KIND_COMPLEX,
    KIND_OTHER
};

typedef struct dtype_row {
    const char *keras_name, *ov_name;
    unsigned char bits;
    unsigned char kind;
} dtype_row;

static const dtype_row rows[KOV_DTYPE_COUNT] = {
    [KOV_DTYPE_NONE] = {"none", "undefined", 0, KIND_NONE},
    [KOV_DTYPE_BOOL] = {"bool", "boolean", 8, KIND_BOOL},
    [KOV_DTYPE_I8] = {"int8", "i8", 8, KIND_SIGNED},
    [KOV_DTYPE_I16] = {"int16", "i16", 16, KIND_SIGNED},
    [KOV_DTYPE_I32] = {"int32", "i32", 32, KIND_SIGNED},
    [KOV_DTYPE_I64] = {"int64", "i64", 64, KIND_SIGNED},
    [KOV_DTYPE_U8] = {"uint8", "u8", 8, KIND_UNSIGNED},
    [KOV_DTYPE_U16] = {"uint16", "u16", 16, KIND_UNSIGNED},
    [KOV_DTYPE_U32] = {"uint32", "u32", 32, KIND_UNSIGNED},
    [KOV_DTYPE_U64] = {"uint64", "u64", 64, KIND_UNSIGNED},
    [KOV_DTYPE_F16] = {"float16", "f16", 16, KIND_FLOAT},
    [KOV_DTYPE_BF16] = {"bfloat16", "bf16", 16, KIND_FLOAT},
    [KOV_DTYPE_F32] = {"float32", "f32", 32, KIND_FLOAT},
    [KOV_DTYPE_F64] = {"float64", "f64", 64, KIND_FLOAT},
    [KOV_DTYPE_C64] = {"complex64", "complex64", 64, KIND_COMPLEX},
    [KOV_DTYPE_C128] = {"complex128", "complex128", 128, KIND_COMPLEX},
    [KOV_DTYPE_U1] = {"uint1", "u1", 1, KIND_UNSIGNED},
    [KOV_DTYPE_I4] = {"int4", "i4", 4, KIND_SIGNED},
    [KOV_DTYPE_U4] = {"uint4", "u4", 4, KIND_UNSIGNED},
    [KOV_DTYPE_NF4] = {"nf4", "nf4", 4, KIND_OTHER},
    [KOV_DTYPE_F8E4M3] = {"float8_e4m3fn", "f8e4m3", 8, KIND_FLOAT},
    [KOV_DTYPE_F8E5M2] = {"float8_e5m2", "f8e5m2", 8, KIND_FLOAT},
    [KOV_DTYPE_STRING] = {"string", "string", 0, KIND_OTHER},
};

/* A dtype may come from a file or a foreign caller: what is not one reads as none. */
static const dtype_row *row_of(kov_dtype dtype)
{
    return &rows[(unsigned)dtype < KOV_DTYPE_COUNT ? dtype : KOV_DTYPE_NONE];
}

int kov_dtype_bits(kov_dtype dtype)
{
    return row_of(dtype)->bits;
}

const char *kov_dtype_keras_name(kov_dtype dtype)
{
    return row_of(dtype)->keras_name;
}

const char *kov_dtype_ov_name(kov_dtype dtype)
{
    return row_of(dtype)->ov_name;
}

kov_dtype kov_dtype_from_keras_name(const char *s)
{
    for (int i = KOV_DTYPE_NONE + 1; s != NULL && i < KOV_DTYPE_COUNT; i++)
        if (strcmp(s, rows[i].keras_name) == 0)
            return (kov_dtype)i;
    return KOV_DTYPE_NONE;
}

kov_dtype kov_dtype_from_ov_name(const char *s)
{
    for (int i = KOV_DTYPE_NONE + 1; s != NULL && i < KOV_DTYPE_COUNT; i++)
        if (strcmp(s, rows[i].ov_name) == 0)
            return (kov_dtype)i;
    return KOV_DTYPE_NONE;
}

bool kov_dtype_is_float(kov_dtype dtype)
{
    return row_of(dtype)->kind == KIND_FLOAT;
}

bool kov_dtype_is_signed(kov_dtype dtype)
{
    return row_of(dtype)->kind == KIND_SIGNED;
}

bool kov_dtype_is_integer(kov_dtype dtype)
{
    unsigned char kind = row_of(dtype)->kind;
    return kind == KIND_SIGNED || kind == KIND_UNSIGNED;
}

bool kov_dtype_is_complex(kov_dtype dtype)
{
    return row_of(dtype)->kind == KIND_COMPLEX;
}
