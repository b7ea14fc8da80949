/* SPDX-License-Identifier: Apache-2.0 */
#include "keras/arguments.h"
#include "graph/infer.h"
#include "keras/helpers.h"

static kov_value wrong(kov_builder *b, kov_fn_info *f, const char *name, const char *wanted)
{
    return kov_builder_fail(b, KOV_TYPE_ERROR, "%s: argument %s must be %s", f->name, name, wanted);
}

static kov_value missing(kov_builder *b, kov_fn_info *f, const char *name)
{
    return kov_builder_fail(b, KOV_TYPE_ERROR, "%s: argument %s must be given", f->name, name);
}

static void *scratch(kov_builder *b, size_t count, size_t size)
{
    size_t bytes = 0;
    void *memory = NULL;
    if (kov_size_mul(count, size, &bytes))
        memory = kov_arena_alloc(&b->levels.at[b->levels.n - 1].graph->arena, bytes);
    if (memory == NULL)
        kov_builder_fail(b, KOV_OUT_OF_MEMORY, "out of memory for the arguments of a call");
    return memory;
}

static int64_t ints_count(const kov_argument *a)
{
    return a->count < 0 ? 1 : a->count;
}

/* ---- Data ---- */

static kov_value number_or_value(kov_builder *b, const kov_argument *a)
{
    switch (a->kind) {
    case KOV_ARGUMENT_VALUE:
        return a->u.value;
    case KOV_ARGUMENT_TENSOR:
        return kov_builder_constant(b, a->u.tensor);
    case KOV_ARGUMENT_BOOL:
        return kov_constant_int(b, KOV_DTYPE_BOOL, a->u.boolean);
    case KOV_ARGUMENT_INT:
        return kov_weak_number(b, KOV_WEAK_INT, (double)a->u.integer, a->u.integer);
    case KOV_ARGUMENT_FLOAT:
        return kov_weak_number(b, KOV_WEAK_FLOAT, a->u.real, 0);
    case KOV_ARGUMENT_COMPLEX:
        return kov_weak_complex(b, a->u.parts);
    default:
        return KOV_VALUE_NONE;
    }
}

/* A sequence is stacked, as NumPy would: its items must have one shape. */
static kov_value sequence_value(kov_builder *b, const kov_argument *a)
{
    if (a->kind == KOV_ARGUMENT_INTS) {
        kov_value numbers = kov_constant_i64(b, a->u.ints, (int)ints_count(a));
        numbers = kov_cast(b, numbers, KOV_DTYPE_I32);
        kov_value none = kov_constant_i64(b, NULL, 0);
        return a->count < 0 ? kov_reshape(b, numbers, none, false) : numbers;
    }
    if (a->kind != KOV_ARGUMENT_LIST)
        return number_or_value(b, a);
    if (a->count == 0) {
        const int64_t empty = 0;
        kov_value zero = kov_constant_number(b, b->floatx, 0.0);
        return kov_broadcast(b, zero, kov_constant_i64(b, &empty, 1), KOV_VALUE_NONE, "numpy");
    }
    kov_value *items = scratch(b, (size_t)a->count, sizeof *items);
    if (items == NULL)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < a->count; i++) {
        items[i] = sequence_value(b, &a->u.list[i]);
        if (items[i] == KOV_VALUE_NONE)
            return KOV_VALUE_NONE;
    }
    kov_promote_all(b, items, a->count);
    kov_value axis = kov_constant_i64_scalar(b, 0);
    for (int i = 0; i < a->count; i++)
        items[i] = kov_unsqueeze(b, items[i], axis);
    return kov_concat(b, items, a->count, 0);
}

kov_value kov_argument_tensor(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                              const char *name, bool optional)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return optional ? KOV_VALUE_NONE : missing(b, f, name);
    kov_value value = sequence_value(b, a);
    return value == KOV_VALUE_NONE ? wrong(b, f, name, "a tensor, an array or a number") : value;
}

void kov_argument_require_real(kov_builder *b, kov_fn_info *f, kov_value value, const char *name)
{
    if (b->status != KOV_OK || value == KOV_VALUE_NONE ||
        !kov_dtype_is_complex(kov_dtype_of(b, value)))
        return;
    kov_builder_fail(b, KOV_TYPE_ERROR,
                     "%s: argument %s is %s; the function is defined for real numbers alone",
                     f->name, name, kov_dtype_keras_name(kov_dtype_of(b, value)));
}

kov_value kov_argument_tensor_or_int(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                     const char *name, int64_t fallback)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return kov_weak_number(b, KOV_WEAK_INT, (double)fallback, fallback);
    return kov_argument_tensor(b, f, a, name, false);
}

kov_value kov_argument_tensor_or_float(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                       const char *name, double fallback)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return kov_weak_number(b, KOV_WEAK_FLOAT, fallback, 0);
    return kov_argument_tensor(b, f, a, name, false);
}

/* The rows of one tensor, for a caller who gives a tensor where a sequence is asked for. */
static kov_values rows_of(kov_builder *b, kov_fn_info *f, const char *name, kov_value value)
{
    kov_values none = {NULL, 0};
    if (kov_ndim(b, value) < 1) {
        wrong(b, f, name, "a sequence of tensors");
        return none;
    }
    int64_t size = kov_dim_number(b, value, 0);
    kov_value *rows = scratch(b, (size_t)size, sizeof *rows);
    if (rows == NULL || size == 0)
        return none;
    if (size <= KOV_INFER_MAX_OUTPUTS) {
        int count = 0;
        kov_value first = kov_split(b, value, kov_constant_i64_scalar(b, 0), size, &count);
        for (int i = 0; i < count; i++)
            rows[i] = kov_squeeze_at(b, kov_output(first, i), 0);
        return (kov_values){rows, count};
    }
    for (int64_t i = 0; i < size; i++)
        rows[i] =
            kov_gather(b, value, kov_constant_i64_scalar(b, i), kov_constant_i64_scalar(b, 0), 0);
    return (kov_values){rows, (int)size};
}

kov_values kov_argument_tensors(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                const char *name, bool optional)
{
    kov_values none = {NULL, 0};
    if (a->kind == KOV_ARGUMENT_NONE) {
        if (!optional)
            missing(b, f, name);
        return none;
    }
    if (a->kind == KOV_ARGUMENT_VALUE || a->kind == KOV_ARGUMENT_TENSOR)
        return rows_of(b, f, name, number_or_value(b, a));
    if (a->kind != KOV_ARGUMENT_LIST && a->kind != KOV_ARGUMENT_INTS) {
        wrong(b, f, name, "a sequence of tensors");
        return none;
    }
    int count = (int)ints_count(a);
    kov_value *items = scratch(b, (size_t)count, sizeof *items);
    if (items == NULL)
        return none;
    for (int i = 0; i < count; i++)
        items[i] = a->kind == KOV_ARGUMENT_LIST
                       ? kov_argument_tensor(b, f, &a->u.list[i], name, false)
                       : kov_weak_number(b, KOV_WEAK_INT, (double)a->u.ints[i], a->u.ints[i]);
    return (kov_values){items, count};
}

/* ---- Numbers that are values ---- */

static kov_value integer_value(kov_builder *b, kov_fn_info *f, const char *name, kov_value value)
{
    if (value == KOV_VALUE_ERROR)
        return value;
    if (!kov_dtype_is_integer(kov_dtype_of(b, value)) || kov_ndim(b, value) > 1)
        return wrong(b, f, name, "an integer or a sequence of integers");
    return kov_cast(b, value, KOV_DTYPE_I64);
}

static kov_value joined(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name)
{
    kov_value *parts = scratch(b, (size_t)a->count, sizeof *parts);
    if (parts == NULL)
        return KOV_VALUE_ERROR;
    for (int i = 0; i < a->count; i++) {
        const kov_argument *item = &a->u.list[i];
        if (item->kind == KOV_ARGUMENT_INT)
            parts[i] = kov_constant_i64_scalar(b, item->u.integer);
        else if (item->kind == KOV_ARGUMENT_INTS)
            parts[i] = kov_constant_i64(b, item->u.ints, (int)ints_count(item));
        else if (item->kind == KOV_ARGUMENT_VALUE || item->kind == KOV_ARGUMENT_TENSOR)
            parts[i] = integer_value(b, f, name, number_or_value(b, item));
        else
            return wrong(b, f, name, "a sequence of integers");
    }
    return a->count == 0 ? kov_constant_i64(b, NULL, 0) : kov_join_dims(b, parts, a->count);
}

kov_value kov_argument_index(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, bool optional)
{
    switch (a->kind) {
    case KOV_ARGUMENT_NONE:
        return optional ? KOV_VALUE_NONE : missing(b, f, name);
    case KOV_ARGUMENT_INT:
        return kov_constant_i64_scalar(b, a->u.integer);
    case KOV_ARGUMENT_INTS:
        return a->count < 0 ? kov_constant_i64_scalar(b, a->u.ints[0])
                            : kov_constant_i64(b, a->u.ints, a->count);
    case KOV_ARGUMENT_LIST:
        return joined(b, f, a, name);
    case KOV_ARGUMENT_VALUE:
    case KOV_ARGUMENT_TENSOR:
        return integer_value(b, f, name, number_or_value(b, a));
    default:
        return wrong(b, f, name, "an integer or a sequence of integers");
    }
}

kov_value kov_argument_index_or_int(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                    const char *name, int64_t fallback)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return kov_constant_i64_scalar(b, fallback);
    return kov_argument_index(b, f, a, name, false);
}

kov_value kov_argument_shape(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, bool optional)
{
    kov_value value = kov_argument_index(b, f, a, name, optional);
    if (value == KOV_VALUE_NONE || value == KOV_VALUE_ERROR || kov_ndim(b, value) == 1)
        return value;
    return kov_join_dims(b, &value, 1);
}

/* ---- C values ---- */

/* False if the argument is no number that is known while the graph is built. */
static bool read_int(kov_builder *b, const kov_argument *a, int64_t *out)
{
    *out = 0;
    switch (a->kind) {
    case KOV_ARGUMENT_BOOL:
        *out = a->u.boolean;
        return true;
    case KOV_ARGUMENT_INT:
        *out = a->u.integer;
        return true;
    case KOV_ARGUMENT_INTS:
        *out = a->u.ints[0];
        return a->count == -1 || a->count == 1;
    case KOV_ARGUMENT_VALUE:
    case KOV_ARGUMENT_TENSOR: {
        kov_value value = number_or_value(b, a);
        return value != KOV_VALUE_ERROR && kov_dtype_is_integer(kov_dtype_of(b, value)) &&
               kov_content_numbers(b, value, out, 1) == 1;
    }
    default:
        return false;
    }
}

static bool read_float(kov_builder *b, const kov_argument *a, double *out)
{
    if (a->kind == KOV_ARGUMENT_FLOAT) {
        *out = a->u.real;
        return true;
    }
    int64_t integer = 0;
    bool read = read_int(b, a, &integer);
    *out = (double)integer;
    return read;
}

bool kov_argument_bool(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                       int fallback)
{
    int64_t number = 0;
    if (a->kind == KOV_ARGUMENT_NONE) {
        if (fallback < 0)
            missing(b, f, name);
        return fallback == 1;
    }
    if (!read_int(b, a, &number))
        wrong(b, f, name, "True or False");
    return number != 0;
}

int64_t kov_argument_int(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                         bool has_fallback, int64_t fallback)
{
    int64_t number = fallback;
    if (a->kind == KOV_ARGUMENT_NONE) {
        if (!has_fallback)
            missing(b, f, name);
        return fallback;
    }
    if (!read_int(b, a, &number))
        wrong(b, f, name, "an integer");
    return number;
}

double kov_argument_float(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                          bool has_fallback, double fallback)
{
    double number = fallback;
    if (a->kind == KOV_ARGUMENT_NONE) {
        if (!has_fallback)
            missing(b, f, name);
        return fallback;
    }
    if (!read_float(b, a, &number))
        wrong(b, f, name, "a number");
    return number;
}

kov_optional_int kov_argument_optional_int(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                           const char *name)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return (kov_optional_int){false, 0};
    return (kov_optional_int){true, kov_argument_int(b, f, a, name, true, 0)};
}

kov_optional_float kov_argument_optional_float(kov_builder *b, kov_fn_info *f,
                                               const kov_argument *a, const char *name)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return (kov_optional_float){false, 0.0};
    return (kov_optional_float){true, kov_argument_float(b, f, a, name, true, 0.0)};
}

kov_optional_bool kov_argument_optional_bool(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                             const char *name)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return (kov_optional_bool){false, false};
    return (kov_optional_bool){true, kov_argument_bool(b, f, a, name, 0)};
}

/* ---- Sequences of C values ---- */

#define MAX_INTS 4096 /* numbers of a sequence whose content is read from a value */

/* Appends the numbers of an argument, nested sequences flattened; false if one is no number. With
 * out NULL they are only counted. */
static bool flatten(kov_builder *b, const kov_argument *a, int64_t *out, int *n)
{
    if (a->kind == KOV_ARGUMENT_LIST) {
        for (int i = 0; i < a->count; i++)
            if (!flatten(b, &a->u.list[i], out, n))
                return false;
        return true;
    }
    if (a->kind == KOV_ARGUMENT_INTS) {
        for (int64_t i = 0; i < ints_count(a); i++, (*n)++)
            if (out != NULL)
                out[*n] = a->u.ints[i];
        return true;
    }
    if (out == NULL) {
        (*n)++;
        return true;
    }
    return read_int(b, a, &out[(*n)++]);
}

static bool is_scalar(kov_builder *b, const kov_argument *a)
{
    switch (a->kind) {
    case KOV_ARGUMENT_BOOL:
    case KOV_ARGUMENT_INT:
        return true;
    case KOV_ARGUMENT_INTS:
        return a->count < 0;
    case KOV_ARGUMENT_VALUE:
        return kov_ndim(b, a->u.value) == 0;
    case KOV_ARGUMENT_TENSOR:
        return kov_tensor_ndim(a->u.tensor) == 0;
    default:
        return false;
    }
}

/* The numbers of a tensor; of any rank, since the argument may have been a nested sequence. */
static kov_ints content(kov_builder *b, const kov_argument *a)
{
    kov_value value = number_or_value(b, a);
    kov_ints none = {NULL, 0};
    if (kov_ndim(b, value) > 1) {
        const int64_t all = -1;
        value = kov_reshape_to(b, value, &all, 1);
    }
    if (value == KOV_VALUE_ERROR)
        return none;
    int64_t *numbers = scratch(b, MAX_INTS, sizeof *numbers);
    return numbers == NULL ? none
                           : (kov_ints){numbers, kov_content_numbers(b, value, numbers, MAX_INTS)};
}

static kov_ints numbers_of(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name)
{
    kov_ints none = {NULL, 0};
    if (a->kind == KOV_ARGUMENT_INTS)
        return (kov_ints){a->u.ints, (int)ints_count(a)};
    if (a->kind == KOV_ARGUMENT_VALUE || a->kind == KOV_ARGUMENT_TENSOR)
        return content(b, a);
    int n = 0;
    if (!flatten(b, a, NULL, &n))
        return none;
    int64_t *numbers = scratch(b, (size_t)n, sizeof *numbers);
    if (numbers == NULL)
        return none;
    n = 0;
    if (!flatten(b, a, numbers, &n)) {
        wrong(b, f, name, "an integer or a sequence of integers");
        return none;
    }
    return (kov_ints){numbers, n};
}

kov_ints kov_argument_ints(kov_builder *b, kov_fn_info *f, const kov_argument *a, const char *name,
                           bool has_fallback, const int64_t *fallback, int count)
{
    if (a->kind != KOV_ARGUMENT_NONE)
        return numbers_of(b, f, a, name);
    if (!has_fallback)
        missing(b, f, name);
    /* The caller's fallback is a temporary of the call. */
    int64_t *numbers = scratch(b, (size_t)count, sizeof *numbers);
    if (numbers == NULL)
        return (kov_ints){NULL, 0};
    for (int i = 0; i < count; i++)
        numbers[i] = fallback[i];
    return (kov_ints){numbers, count};
}

kov_sections kov_argument_sections(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                   const char *name, bool has_fallback, int64_t fallback)
{
    if (a->kind == KOV_ARGUMENT_NONE) {
        if (!has_fallback)
            missing(b, f, name);
        kov_ints one = kov_argument_ints(b, f, a, name, true, &fallback, fallback != 0);
        return (kov_sections){fallback != 0, one.n, one.at};
    }
    kov_ints numbers = numbers_of(b, f, a, name);
    return (kov_sections){is_scalar(b, a), numbers.n, numbers.at};
}

const kov_axes *kov_argument_axes(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                                  const char *name, kov_axes *storage, int fallback, int64_t number)
{
    *storage = (kov_axes){0};
    if (a->kind == KOV_ARGUMENT_NONE) {
        if (fallback == KOV_AXES_REQUIRED)
            missing(b, f, name);
        if (fallback == KOV_AXES_NUMBER)
            *storage = (kov_axes){.given = true, .bare = true, .n = 1, .at = {number}};
        return storage;
    }
    kov_ints numbers = numbers_of(b, f, a, name);
    if (numbers.n > KOV_MAX_NDIM) {
        kov_builder_fail(b, KOV_INVALID_ARGUMENT, "%s: argument %s has %d axes, more than %d",
                         f->name, name, numbers.n, KOV_MAX_NDIM);
        return storage;
    }
    storage->given = true;
    storage->bare = is_scalar(b, a);
    storage->n = numbers.n;
    for (int i = 0; i < numbers.n; i++)
        storage->at[i] = numbers.at[i];
    return storage;
}

const char *kov_argument_enum(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                              const char *name, bool required, const char *fallback)
{
    if (a->kind == KOV_ARGUMENT_NONE) {
        if (required)
            missing(b, f, name);
        return fallback != NULL || !required ? fallback : "";
    }
    if (a->kind != KOV_ARGUMENT_STRING) {
        wrong(b, f, name, "a string");
        return "";
    }
    return a->u.string;
}

kov_choice kov_argument_choice(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                               const char *name)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return (kov_choice){0};
    if (a->kind == KOV_ARGUMENT_STRING)
        return (kov_choice){.given = true, .name = a->u.string};
    kov_choice choice = {.given = true};
    if (!read_float(b, a, &choice.number))
        wrong(b, f, name, "a string or a number");
    return choice;
}

kov_named kov_argument_named(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, const char *fallback)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return (kov_named){fallback, KOV_VALUE_NONE};
    if (a->kind == KOV_ARGUMENT_STRING)
        return (kov_named){a->u.string, KOV_VALUE_NONE};
    if (a->kind == KOV_ARGUMENT_LIST && a->count == 0)
        return (kov_named){NULL, KOV_VALUE_NONE};
    return (kov_named){NULL, kov_argument_tensor(b, f, a, name, false)};
}

kov_dtype kov_argument_dtype(kov_builder *b, kov_fn_info *f, const kov_argument *a,
                             const char *name, kov_dtype fallback)
{
    if (a->kind == KOV_ARGUMENT_NONE)
        return fallback;
    if (a->kind == KOV_ARGUMENT_DTYPE)
        return a->u.dtype;
    kov_dtype dtype = KOV_DTYPE_NONE;
    if (a->kind == KOV_ARGUMENT_STRING)
        dtype = kov_dtype_from_keras_name(a->u.string);
    if (dtype == KOV_DTYPE_NONE)
        wrong(b, f, name, "the name of a dtype");
    return dtype;
}
