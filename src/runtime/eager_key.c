/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/eager_key.h"
#include "base/hash.h"
#include "base/status.h"
#include "tensor/promote.h"
#include <string.h>

static void put(kov_eager_call_key *key, const void *data, size_t size)
{
    if (key->size + (int)size > KOV_EAGER_KEY_BYTES) {
        key->fits = false;
        return;
    }
    memcpy(key->bytes + key->size, data, size);
    key->size += (int)size;
}

static void put_byte(kov_eager_call_key *key, int byte)
{
    uint8_t b = (uint8_t)byte;
    put(key, &b, 1);
}

static void put_numbers(kov_eager_call_key *key, const int64_t *at, int n)
{
    if (key->number_count + n > KOV_EAGER_MAX_NUMBERS) {
        key->fits = false;
        return;
    }
    if (n > 0)
        memcpy(key->numbers + key->number_count, at, sizeof *at * (size_t)n);
    key->number_count += n;
}

static void add_input(kov_eager_call_key *key, kov_eager_source source, const kov_argument *a)
{
    if (key->input_count == KOV_EAGER_MAX_INPUTS) {
        key->fits = false;
        return;
    }
    key->inputs[key->input_count++] = (kov_eager_input){source, a, key->number_count};
}

static void put_tensor(kov_eager_call_key *key, const kov_argument *a)
{
    int ndim = kov_tensor_ndim(a->u.tensor);
    put_byte(key, (int)kov_tensor_dtype(a->u.tensor));
    put_byte(key, ndim);
    add_input(key, KOV_EAGER_TENSOR, a);
    put_numbers(key, kov_tensor_dims(a->u.tensor), ndim);
}

static kov_status put_data(const kov_function_info *info, const kov_parameter_info *p,
                           const kov_argument *a, kov_eager_call_key *key)
{
    put_byte(key, (int)a->kind);
    switch (a->kind) {
    case KOV_ARGUMENT_NONE:
        return KOV_OK;
    case KOV_ARGUMENT_TENSOR:
        put_tensor(key, a);
        if (p->kind != KOV_PARAMETER_TENSOR && kov_tensor_ndim(a->u.tensor) == 1) {
            int64_t length =
                kov_tensor_dims(a->u.tensor)[0]; /* the rank of what it is a shape of */
            put(key, &length, sizeof length);
        }
        return KOV_OK;
    case KOV_ARGUMENT_INT:
        put_byte(key, kov_integer_class(a->u.integer)); /* that it fits was found of this one */
        add_input(key, KOV_EAGER_NUMBER, a);
        return KOV_OK;
    case KOV_ARGUMENT_BOOL:
    case KOV_ARGUMENT_FLOAT:
    case KOV_ARGUMENT_COMPLEX:
        add_input(key, KOV_EAGER_NUMBER, a);
        return KOV_OK;
    case KOV_ARGUMENT_INTS:
        put(key, &a->count, sizeof a->count);
        add_input(key, KOV_EAGER_INTS, a);
        put_numbers(key, a->u.ints, a->count < 0 ? 1 : a->count);
        return KOV_OK;
    case KOV_ARGUMENT_LIST:
        put(key, &a->count, sizeof a->count);
        for (int i = 0; i < a->count && key->fits; i++)
            KOV_TRY(put_data(info, p, &a->u.list[i], key));
        return KOV_OK;
    case KOV_ARGUMENT_STRING:
        put(key, a->u.string, strlen(a->u.string) + 1);
        return KOV_OK;
    default:
        return kov_fail(KOV_TYPE_ERROR, "%s.%s: argument %s is of a kind it does not take",
                        info->module, info->name, p->name);
    }
}

static void put_plain(const kov_argument *a, kov_eager_call_key *key)
{
    put_byte(key, (int)a->kind);
    switch (a->kind) {
    case KOV_ARGUMENT_BOOL:
        put_byte(key, a->u.boolean);
        break;
    case KOV_ARGUMENT_INT:
        put(key, &a->u.integer, sizeof a->u.integer);
        break;
    case KOV_ARGUMENT_FLOAT:
        put(key, &a->u.real, sizeof a->u.real);
        break;
    case KOV_ARGUMENT_INTS:
        put(key, &a->count, sizeof a->count);
        if (a->count != 0)
            put(key, a->u.ints, sizeof(int64_t) * (size_t)(a->count < 0 ? 1 : a->count));
        break;
    case KOV_ARGUMENT_STRING:
        put(key, a->u.string, strlen(a->u.string) + 1);
        break;
    case KOV_ARGUMENT_DTYPE:
        put_byte(key, (int)a->u.dtype);
        break;
    default:
        break;
    }
}

kov_status kov_eager_key_make(const kov_function_info *info, int function, kov_dtype floatx,
                              const kov_argument *arguments, kov_eager_call_key *key)
{
    key->size = key->input_count = key->number_count = 0;
    key->fits = true;
    put(key, &function, sizeof function);
    put_byte(key, (int)floatx);
    for (int i = 0; i < info->parameter_count && key->fits; i++) {
        const kov_parameter_info *p = &info->parameters[i];
        if (p->kind <= KOV_PARAMETER_INDEX)
            KOV_TRY(put_data(info, p, &arguments[i], key));
        else
            put_plain(&arguments[i], key);
    }
    key->hash = kov_hash_bytes(key->bytes, (size_t)key->size, 0);
    return KOV_OK;
}
