/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of a table function from Python objects, by the kind of the parameter. */
#include "py_core.h"

#include <string.h>

static int fail(const kovpy_call *call, int index, PyObject *object, const char *expected)
{
    PyErr_Format(PyExc_TypeError, "%s: argument `%s` must be %s. Received: %R (of type %s)",
                 call->info->name, call->info->parameters[index].name, expected, object,
                 Py_TYPE(object)->tp_name);
    return -1;
}

static void note_data(kovpy_call *call, const kov_tensor *tensor)
{
    const kov_dtype dtype = kov_tensor_dtype(tensor);
    call->bytes += kov_tensor_bytes(tensor);
    if (kov_dtype_bits(dtype) == 64 && dtype != KOV_DTYPE_C64)
        call->wide = 1;
}

static int from_tensor(kovpy_call *call, kovpy_tensor *tensor, kov_argument *out)
{
    if (tensor->tensor) {
        out->kind = KOV_ARGUMENT_TENSOR;
        out->u.tensor = tensor->tensor;
        note_data(call, tensor->tensor);
        return 0;
    }
    if (!call->trace)
        call->trace = kovpy_trace_current();
    if (!call->trace)
        return kovpy_trace_raise_closed();
    out->kind = KOV_ARGUMENT_VALUE;
    const kov_dtype dtype = kovpy_tensor_dtype(tensor);
    if (kov_dtype_bits(dtype) == 64 && dtype != KOV_DTYPE_C64)
        call->wide = 1;
    return kovpy_trace_import(call->trace, tensor, &out->u.value);
}

static int from_number(kovpy_call *call, PyObject *object, kov_argument *out)
{
    if (PyBool_Check(object)) {
        out->kind = KOV_ARGUMENT_BOOL;
        out->u.boolean = object == Py_True;
        return 0;
    }
    if (PyFloat_Check(object)) {
        out->kind = KOV_ARGUMENT_FLOAT;
        out->u.real = PyFloat_AS_DOUBLE(object);
        return 0;
    }
    if (PyComplex_Check(object)) {
        const Py_complex number = PyComplex_AsCComplex(object);
        out->kind = KOV_ARGUMENT_COMPLEX;
        out->u.parts[0] = number.real;
        out->u.parts[1] = number.imag;
        return 0;
    }
    int overflow = 0;
    out->kind = KOV_ARGUMENT_INT;
    out->u.integer = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (!overflow)
        return out->u.integer == -1 && PyErr_Occurred() ? -1 : 0;
    PyObject *tensor = kovpy_convert(object, KOV_DTYPE_U64);
    if (!tensor || kovpy_call_hold_object(call, tensor) < 0)
        return -1;
    return from_tensor(call, (kovpy_tensor *)tensor, out);
}

static int from_array(kovpy_call *call, PyObject *object, kov_argument *out)
{
    out->kind = KOV_ARGUMENT_TENSOR;
    if (kovpy_call_hold_array(call, object, &out->u.tensor) < 0)
        return -1;
    note_data(call, out->u.tensor);
    return 0;
}

static int from_numpy_scalar(kovpy_call *call, PyObject *object, kov_argument *out)
{
    PyObject *array = PyObject_CallOneArg(kovpy.asarray, object);
    if (!array || kovpy_call_hold_object(call, array) < 0)
        return -1;
    out->kind = KOV_ARGUMENT_TENSOR;
    if (kovpy_call_hold_array(call, array, &out->u.tensor) < 0)
        return -1;
    call->scalars = 1;
    return 0;
}

/* Data: a tensor, an array, a number, anything that convert_to_tensor takes. */
static int from_data(kovpy_call *call, PyObject *object, kov_argument *out)
{
    if (kovpy_is_tensor(object))
        return from_tensor(call, (kovpy_tensor *)object, out);
    if (PyObject_TypeCheck(object, kovpy.ndarray))
        return from_array(call, object, out);
    if (PyObject_TypeCheck(object, kovpy.generic))
        return from_numpy_scalar(call, object, out);
    if (PyFloat_Check(object) || PyLong_Check(object) || PyComplex_Check(object))
        return from_number(call, object, out);
    PyObject *tensor;
    if (kovpy.variable && PyObject_TypeCheck(object, kovpy.variable)) {
        PyObject *value = PyObject_GetAttrString(object, "value");
        tensor = value ? kovpy_convert(value, KOV_DTYPE_NONE) : NULL;
        Py_XDECREF(value);
    } else {
        tensor = kovpy_convert(object, KOV_DTYPE_NONE);
    }
    if (!tensor || kovpy_call_hold_object(call, tensor) < 0)
        return -1;
    return from_tensor(call, (kovpy_tensor *)tensor, out);
}

/* Items of a sequence, borrowed until the call's end; -1 on failure. */
static Py_ssize_t items_of(kovpy_call *call, PyObject *object, PyObject ***items)
{
    PyObject *list = PyList_CheckExact(object) || PyTuple_CheckExact(object)
                         ? Py_NewRef(object)
                         : PySequence_List(object);
    if (!list || kovpy_call_hold_object(call, list) < 0)
        return -1;
    *items = PySequence_Fast_ITEMS(list);
    return PySequence_Fast_GET_SIZE(list);
}

/* A sequence of data. A tensor or array stands for its rows, which are taken in C. */
static int from_list(kovpy_call *call, PyObject *object, kov_argument *out)
{
    PyObject **items;
    if (kovpy_is_tensor(object) || PyObject_TypeCheck(object, kovpy.ndarray))
        return from_data(call, object, out);
    const Py_ssize_t count = items_of(call, object, &items);
    if (count < 0)
        return -1;
    kov_argument *list = kovpy_call_memory(call, ((size_t)count + 1) * sizeof(*list));
    if (!list)
        return -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        list[i].count = 0;
        if (from_data(call, items[i], &list[i]) < 0)
            return -1;
    }
    out->kind = KOV_ARGUMENT_LIST;
    out->count = (int)count;
    out->u.list = list;
    return 0;
}

static int is_integer(PyObject *object)
{
    return PyLong_Check(object) || (PyIndex_Check(object) && !kovpy_is_tensor(object) &&
                                    !PyObject_TypeCheck(object, kovpy.ndarray));
}

static int integer_of(PyObject *object, int64_t *out)
{
    PyObject *number = PyNumber_Index(object);
    *out = number ? PyLong_AsLongLong(number) : -1;
    Py_XDECREF(number);
    return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

/* Number of integers in nested sequences; -1 if something else is among them. */
static Py_ssize_t count_integers(PyObject *object, int depth)
{
    if (is_integer(object))
        return 1;
    if (depth > 3 || !(PyList_Check(object) || PyTuple_Check(object)))
        return -1;
    Py_ssize_t sum = 0;
    PyObject **items = PySequence_Fast_ITEMS(object);
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); i++) {
        const Py_ssize_t n = count_integers(items[i], depth + 1);
        if (n < 0)
            return -1;
        sum += n;
    }
    return sum;
}

static int64_t *flatten_integers(PyObject *object, int64_t *out)
{
    if (is_integer(object))
        return integer_of(object, out) < 0 ? NULL : out + 1;
    PyObject **items = PySequence_Fast_ITEMS(object);
    for (Py_ssize_t i = 0; out && i < PySequence_Fast_GET_SIZE(object); i++)
        out = flatten_integers(items[i], out);
    return out;
}

/* An int, or nested sequences of ints in one row: 1 if it was that, 0 if not, -1 on failure. */
static int from_integers(kovpy_call *call, PyObject *object, kov_argument *out)
{
    const Py_ssize_t count = count_integers(object, 0);
    if (count < 0)
        return 0;
    int64_t *ints = kovpy_call_memory(call, ((size_t)count + 1) * sizeof(*ints));
    if (!ints || !flatten_integers(object, ints))
        return -1;
    out->kind = KOV_ARGUMENT_INTS;
    out->count = is_integer(object) ? -1 : (int)count;
    out->u.ints = ints;
    return 1;
}

/* Integers known now, from a tensor or array: only of data. */
static int from_integer_data(kovpy_call *call, int index, PyObject *object, kov_argument *out)
{
    PyObject *tensor = kovpy_convert(object, KOV_DTYPE_NONE);
    if (!tensor) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        return fail(call, index, object, "an integer or a sequence of integers");
    }
    PyObject *list = kovpy_tensor_data((kovpy_tensor *)tensor, call->info->name)
                         ? PyObject_CallMethod(tensor, "tolist", NULL)
                         : NULL;
    Py_DECREF(tensor);
    if (!list || kovpy_call_hold_object(call, list) < 0)
        return -1;
    const int found = from_integers(call, list, out);
    return found == 0  ? fail(call, index, object, "an integer or a sequence of integers")
           : found < 0 ? -1
                       : 0;
}

/* Shapes and indices: plain integers if all are, else items which may be tensors. */
static int from_shape(kovpy_call *call, int index, PyObject *object, kov_argument *out)
{
    if (kovpy_is_tensor(object) && ((kovpy_tensor *)object)->trace)
        return from_data(call, object, out);
    if (kovpy_is_tensor(object) || PyObject_TypeCheck(object, kovpy.ndarray))
        return from_integer_data(call, index, object, out);
    const int found = from_integers(call, object, out);
    if (found != 0)
        return found < 0 ? -1 : 0;
    if (!PySequence_Check(object) || PyUnicode_Check(object))
        return fail(call, index, object, "an integer or a sequence of integers");
    PyObject **items;
    const Py_ssize_t count = items_of(call, object, &items);
    for (Py_ssize_t i = 0; i < count; i++)
        if (items[i] == Py_None)
            return fail(call, index, object, "without None");
    return count < 0 ? -1 : from_list(call, object, out);
}

static int from_integer(kovpy_call *call, int index, PyObject *object, kov_argument *out)
{
    if (!PyIndex_Check(object)) {
        if (!PyObject_TypeCheck(object, kovpy.generic) && !PyFloat_Check(object))
            return fail(call, index, object, "an integer");
        PyObject *number = PyNumber_Long(object);
        if (!number || kovpy_call_hold_object(call, number) < 0)
            return -1;
        object = number;
    }
    out->kind = KOV_ARGUMENT_INT;
    return integer_of(object, &out->u.integer);
}

static int from_enum(kovpy_call *call, int index, PyObject *object, kov_argument *out)
{
    if (PyUnicode_Check(object)) {
        out->kind = KOV_ARGUMENT_STRING;
        out->u.string = PyUnicode_AsUTF8(object);
        if (out->u.string)
            return 0;
        PyErr_Clear();
        return fail(call, index, object, "text that UTF-8 can say");
    }
    if (is_integer(object))
        return from_integer(call, index, object, out);
    if (PyFloat_Check(object))
        return from_number(call, object, out);
    return fail(call, index, object, "a string");
}

/* Keras's setting stands where a layout is not given. */
static int default_data_format(kovpy_call *call, kov_argument *out)
{
    PyObject *format = PyObject_CallNoArgs(kovpy.image_data_format);
    if (!format || kovpy_call_hold_object(call, format) < 0)
        return -1;
    out->kind = KOV_ARGUMENT_STRING;
    out->u.string = PyUnicode_AsUTF8(format);
    return out->u.string ? 0 : -1;
}

static int from_seed(kovpy_call *call, PyObject *object, kov_argument *out)
{
    PyObject *seed = PyObject_CallOneArg(kovpy.draw_seed, object);
    if (!seed || kovpy_call_hold_object(call, seed) < 0)
        return -1;
    return from_data(call, seed, out);
}

/* Data for which names may stand: its default is one. None is told from a missing argument. */
static int from_named(kovpy_call *call, int index, PyObject *object, kov_argument *out)
{
    if (object == Py_None) {
        out->kind = KOV_ARGUMENT_LIST;
        out->u.list = NULL;
        return 0;
    }
    return PyUnicode_Check(object) ? from_enum(call, index, object, out)
                                   : from_data(call, object, out);
}

int kovpy_call_argument(kovpy_call *call, int index, PyObject *object)
{
    const kov_parameter_info *parameter = &call->info->parameters[index];
    kov_argument *out = &call->arguments[index];
    out->kind = KOV_ARGUMENT_NONE;
    out->count = 0;
    if (parameter->kind <= KOV_PARAMETER_TENSORS && kovpy.draw_seed &&
        strcmp(parameter->name, "seed") == 0)
        return from_seed(call, object, out);
    if (parameter->kind == KOV_PARAMETER_TENSOR && parameter->default_text &&
        parameter->default_text[0] == '\'')
        return from_named(call, index, object, out);
    if (object == Py_None) {
        /* None where it is not the default, as argsort(x, axis=None): no axes, told from no
         * argument. */
        if (parameter->kind == KOV_PARAMETER_AXIS && !parameter->optional &&
            parameter->default_text) {
            out->kind = KOV_ARGUMENT_INTS;
            return 0;
        }
        if (parameter->kind == KOV_PARAMETER_ENUM && kovpy.image_data_format &&
            strcmp(parameter->name, "data_format") == 0)
            return default_data_format(call, out);
        if (!parameter->optional && parameter->kind != KOV_PARAMETER_AXIS &&
            parameter->kind != KOV_PARAMETER_DTYPE)
            return fail(call, index, object, "given");
        return 0;
    }
    switch (parameter->kind) {
    case KOV_PARAMETER_TENSOR:
        return from_data(call, object, out);
    case KOV_PARAMETER_TENSORS:
        return from_list(call, object, out);
    case KOV_PARAMETER_SHAPE:
    case KOV_PARAMETER_INDEX:
        return from_shape(call, index, object, out);
    case KOV_PARAMETER_BOOL: {
        const int is_true = PyObject_IsTrue(object);
        out->kind = KOV_ARGUMENT_BOOL;
        out->u.boolean = is_true > 0;
        return is_true < 0 ? -1 : 0;
    }
    case KOV_PARAMETER_INT:
        return from_integer(call, index, object, out);
    case KOV_PARAMETER_FLOAT:
        out->kind = KOV_ARGUMENT_FLOAT;
        out->u.real = PyFloat_AsDouble(object);
        return out->u.real == -1.0 && PyErr_Occurred() ? -1 : 0;
    case KOV_PARAMETER_INTS:
    case KOV_PARAMETER_AXIS: {
        const int found = from_integers(call, object, out);
        if (found != 0)
            return found < 0 ? -1 : 0;
        return from_integer_data(call, index, object, out);
    }
    case KOV_PARAMETER_ENUM:
        return from_enum(call, index, object, out);
    case KOV_PARAMETER_DTYPE:
        out->kind = KOV_ARGUMENT_DTYPE;
        return kovpy_dtype_of_object(object, &out->u.dtype);
    }
    return fail(call, index, object, "of a kind that this build knows");
}
