/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a table function: what it holds, running or tracing it, its results. */
#include "py_core.h"

#include <string.h>

#define BLOCK_SIZE 16384
#define GIL_BYTES 65536 /* a call on more data than this lets other threads run */
#define MAX_RESULTS 64

typedef enum held_kind { HELD_OBJECT, HELD_TENSOR, HELD_ARRAY, HELD_BLOCK } held_kind;

struct kovpy_held {
    struct kovpy_held *next;
    held_kind kind;
    union {
        PyObject *object;
        kov_tensor *tensor;
        void *block;
        struct {
            kovpy_array array;
            kov_tensor *tensor;
        } borrowed;
    } u;
};

void kovpy_call_begin(kovpy_call *call, int function)
{
    call->info = function < 0 ? NULL : kov_function_at(function);
    call->trace = NULL;
    call->argument_count = call->info ? call->info->parameter_count : 0;
    call->wide = call->scalars = 0;
    call->bytes = 0;
    call->held = NULL;
    call->next = call->first_block;
    call->end = call->first_block + sizeof(call->first_block);
}

void *kovpy_call_memory(kovpy_call *call, size_t size)
{
    size_t padding = (size_t)(-(intptr_t)call->next & 15);
    if ((size_t)(call->end - call->next) < size + padding) {
        const size_t room = sizeof(struct kovpy_held) + 32;
        const size_t block_size = size + room > BLOCK_SIZE ? size + room : BLOCK_SIZE;
        char *block = size > (size_t)PY_SSIZE_T_MAX / 2 ? NULL : PyMem_Malloc(block_size);
        if (!block) {
            PyErr_NoMemory();
            return NULL;
        }
        struct kovpy_held *held = (struct kovpy_held *)(void *)block;
        held->kind = HELD_BLOCK;
        held->u.block = block;
        held->next = call->held;
        call->held = held;
        call->next = block + sizeof(*held);
        call->end = block + block_size;
        padding = (size_t)(-(intptr_t)call->next & 15);
    }
    void *memory = call->next + padding;
    call->next += padding + size;
    return memory;
}

static struct kovpy_held *hold(kovpy_call *call, held_kind kind)
{
    struct kovpy_held *held = kovpy_call_memory(call, sizeof(*held));
    if (held) {
        held->kind = kind;
        held->next = call->held;
        call->held = held;
    }
    return held;
}

int kovpy_call_hold_object(kovpy_call *call, PyObject *object)
{
    struct kovpy_held *held = hold(call, HELD_OBJECT);
    if (!held) {
        Py_DECREF(object);
        return -1;
    }
    held->u.object = object;
    return 0;
}

int kovpy_call_hold_tensor(kovpy_call *call, kov_tensor *tensor)
{
    struct kovpy_held *held = hold(call, HELD_TENSOR);
    if (!held) {
        kov_tensor_release(tensor);
        return -1;
    }
    held->u.tensor = tensor;
    return 0;
}

int kovpy_call_hold_array(kovpy_call *call, PyObject *object, kov_tensor **out)
{
    kovpy_array array;
    if (kovpy_array_open(object, &array) < 0)
        return -1;
    /* A graph keeps its constants, so in a trace a copy is due. */
    kov_tensor *tensor =
        kovpy_trace_current() ? kovpy_array_copy(&array) : kovpy_array_borrow(&array);
    struct kovpy_held *held = tensor ? hold(call, HELD_ARRAY) : NULL;
    if (!held) {
        kov_tensor_release(tensor);
        kovpy_array_close(&array);
        return -1;
    }
    held->u.borrowed.array = array;
    held->u.borrowed.tensor = tensor;
    *out = tensor;
    return 0;
}

void kovpy_call_end(kovpy_call *call)
{
    struct kovpy_held *held = call->held;
    /* Blocks hold the records of what was held after them, which come first in the list. */
    while (held) {
        struct kovpy_held *next = held->next;
        switch (held->kind) {
        case HELD_OBJECT:
            Py_DECREF(held->u.object);
            break;
        case HELD_TENSOR:
            kov_tensor_release(held->u.tensor);
            break;
        case HELD_ARRAY:
            kov_tensor_release(held->u.borrowed.tensor);
            kovpy_array_close(&held->u.borrowed.array);
            break;
        case HELD_BLOCK:
            PyMem_Free(held->u.block);
            break;
        }
        held = next;
    }
    call->held = NULL;
}

kov_tensor *kovpy_call_own_result(const kovpy_call *call, kov_tensor *result)
{
    const char *data = kov_tensor_data(result);
    for (const struct kovpy_held *held = call->held; held; held = held->next) {
        if (held->kind != HELD_ARRAY)
            continue;
        const char *from = held->u.borrowed.array.buffer.buf;
        if (!data || data < from || data >= from + held->u.borrowed.array.buffer.len)
            continue;
        kov_tensor *copy = NULL;
        kov_status status =
            kov_tensor_from_data(kovpy.context, kov_tensor_dtype(result), kov_tensor_ndim(result),
                                 kov_tensor_dims(result), data, &copy);
        kov_tensor_release(result);
        if (status != KOV_OK)
            kovpy_raise(status);
        return copy;
    }
    return result;
}

/* One Tensor, a tuple of them, or a list. Steals the items, which may be NULL after a failure. */
static PyObject *pack(const kovpy_call *call, PyObject **items, int count)
{
    if (call->info->returns == 1 || (call->info->returns == KOV_RETURNS_SOME && count == 1))
        return items[0];
    PyObject *packed =
        call->info->returns == KOV_RETURNS_LIST ? PyList_New(count) : PyTuple_New(count);
    int failed = !packed;
    for (int i = 0; i < count; i++) {
        failed = failed || !items[i];
        if (failed)
            Py_XDECREF(items[i]);
        else if (PyList_Check(packed))
            PyList_SET_ITEM(packed, i, items[i]);
        else
            PyTuple_SET_ITEM(packed, i, items[i]);
    }
    if (failed)
        Py_CLEAR(packed);
    return packed;
}

/* How many results to make room for: as a list may have as many as its arguments say, the room
 * grows until the library is content. */
static int result_capacity(const kovpy_call *call)
{
    return call->info->returns < 0 ? MAX_RESULTS : call->info->returns;
}

static PyObject *run_traced(kovpy_call *call, int function, int capacity)
{
    kov_value *values = kovpy_call_memory(call, (size_t)capacity * sizeof(*values));
    PyObject **items = kovpy_call_memory(call, (size_t)capacity * sizeof(*items));
    if (!values || !items)
        return NULL;
    int count = capacity;
    kov_builder_set_floatx(call->trace->builder, kovpy_floatx());
    kov_status status = kov_call(call->trace->builder, function, call->arguments,
                                 call->argument_count, values, &count);
    if (status != KOV_OK)
        return kovpy_raise(status);
    for (int i = 0; i < count; i++)
        items[i] = kovpy_tensor_new_traced(call->trace, values[i]);
    return pack(call, items, count);
}

static PyObject *run_eager(kovpy_call *call, int function, int capacity)
{
    kov_tensor **tensors = kovpy_call_memory(call, (size_t)capacity * sizeof(*tensors));
    PyObject **items = kovpy_call_memory(call, (size_t)capacity * sizeof(*items));
    if (!tensors || !items)
        return NULL;
    int count = capacity;
    kov_status status;
    const kov_dtype floatx = kovpy_floatx();
    if (call->bytes > GIL_BYTES) {
        Py_BEGIN_ALLOW_THREADS status =
            kov_eager_call(kovpy.context, function, floatx, call->arguments, call->argument_count,
                           tensors, &count);
        Py_END_ALLOW_THREADS
    } else {
        status = kov_eager_call(kovpy.context, function, floatx, call->arguments,
                                call->argument_count, tensors, &count);
    }
    if (status != KOV_OK)
        return kovpy_raise(status);
    for (int i = 0; i < count; i++) {
        kov_tensor *owned = kovpy_call_own_result(call, tensors[i]);
        items[i] = owned ? kovpy_tensor_new(owned) : NULL;
    }
    return pack(call, items, count);
}

/* A 64-bit NumPy scalar counts as 64 bits only beside a 64-bit tensor: by itself Keras takes it for
 * 32 bits, and `numpy.sqrt(2) * x` is not meant to make x a float64. */
static int narrow_scalars(kovpy_call *call)
{
    for (int i = 0; i < call->argument_count; i++) {
        kov_argument *argument = &call->arguments[i];
        if (argument->kind != KOV_ARGUMENT_TENSOR || kov_tensor_ndim(argument->u.tensor) != 0)
            continue;
        const void *data = kov_tensor_data(argument->u.tensor);
        kov_tensor *narrow = NULL;
        kov_status status = KOV_OK;
        double real;
        int64_t integer;
        if (kov_tensor_dtype(argument->u.tensor) == KOV_DTYPE_F64) {
            memcpy(&real, data, sizeof(real));
            const float single = (float)real;
            status = kov_tensor_from_data(kovpy.context, KOV_DTYPE_F32, 0, NULL, &single, &narrow);
        } else if (kov_tensor_dtype(argument->u.tensor) == KOV_DTYPE_I64) {
            memcpy(&integer, data, sizeof(integer));
            if (integer < INT32_MIN || integer > INT32_MAX)
                continue;
            const int32_t half = (int32_t)integer;
            status = kov_tensor_from_data(kovpy.context, KOV_DTYPE_I32, 0, NULL, &half, &narrow);
        }
        if (status != KOV_OK) {
            kovpy_raise(status);
            return -1;
        }
        if (!narrow)
            continue;
        if (kovpy_call_hold_tensor(call, narrow) < 0)
            return -1;
        argument->u.tensor = narrow;
    }
    return 0;
}

PyObject *kovpy_call_run(kovpy_call *call, int function)
{
    if (call->scalars && !call->wide && narrow_scalars(call) < 0)
        return NULL;
    int capacity = result_capacity(call);
    for (int i = 0; i < call->argument_count; i++)
        if (capacity < call->arguments[i].count + 1 && call->info->returns == KOV_RETURNS_LIST)
            capacity = call->arguments[i].count + 1;
    return call->trace ? run_traced(call, function, capacity) : run_eager(call, function, capacity);
}
