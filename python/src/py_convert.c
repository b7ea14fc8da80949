/* SPDX-License-Identifier: Apache-2.0 */
/* convert_to_tensor and its kin. */
#include "py_core.h"

#include <string.h>

/* A tensor with a copy of an array's data, which NumPy converts where another dtype is wanted. */
static PyObject *from_array(PyObject *object, kov_dtype dtype)
{
    kovpy_array array;
    if (kovpy_array_open(object, &array) < 0)
        return NULL;
    PyObject *tensor = NULL;
    if (dtype == KOV_DTYPE_NONE || array.dtype == dtype) {
        kov_tensor *data = kovpy_array_copy(&array);
        tensor = data ? kovpy_tensor_new(data) : NULL;
    } else {
        PyObject *numpy_dtype = kovpy_numpy_dtype(dtype);
        PyObject *cast =
            numpy_dtype ? PyObject_CallMethod(object, "astype", "O", numpy_dtype) : NULL;
        tensor = cast ? from_array(cast, KOV_DTYPE_NONE) : NULL;
        Py_XDECREF(cast);
    }
    kovpy_array_close(&array);
    return tensor;
}

static PyObject *from_bytes(kov_dtype dtype, const void *data)
{
    kov_tensor *tensor = NULL;
    kov_status status = kov_tensor_from_data(kovpy.context, dtype, 0, NULL, data, &tensor);
    return status == KOV_OK ? kovpy_tensor_new(tensor) : kovpy_raise(status);
}

/* Python numbers are read by NumPy unless they are the usual ones. */
static PyObject *from_number(PyObject *object, kov_dtype dtype)
{
    if (PyBool_Check(object) && (dtype == KOV_DTYPE_NONE || dtype == KOV_DTYPE_BOOL)) {
        const uint8_t value = object == Py_True;
        return from_bytes(KOV_DTYPE_BOOL, &value);
    }
    if (PyFloat_Check(object)) {
        const double value = PyFloat_AS_DOUBLE(object);
        dtype = dtype == KOV_DTYPE_NONE ? kovpy_floatx() : dtype;
        if (dtype == KOV_DTYPE_F64)
            return from_bytes(dtype, &value);
        if (dtype == KOV_DTYPE_F32) {
            const float single = (float)value;
            return from_bytes(dtype, &single);
        }
    } else if (PyLong_Check(object)) {
        int overflow = 0;
        const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
        const int fits = !overflow && value >= INT32_MIN && value <= INT32_MAX;
        if (dtype == KOV_DTYPE_NONE)
            dtype = fits ? KOV_DTYPE_I32 : overflow > 0 ? KOV_DTYPE_U64 : KOV_DTYPE_I64;
        if (dtype == KOV_DTYPE_I32 && fits) {
            const int32_t narrow = (int32_t)value;
            return from_bytes(dtype, &narrow);
        }
        if (dtype == KOV_DTYPE_I64 && !overflow)
            return from_bytes(dtype, &value);
    } else if (dtype == KOV_DTYPE_NONE) {
        dtype = kovpy_floatx() == KOV_DTYPE_F64 ? KOV_DTYPE_C128 : KOV_DTYPE_C64;
    }
    PyObject *numpy_dtype = kovpy_numpy_dtype(dtype);
    PyObject *array =
        numpy_dtype ? PyObject_CallFunctionObjArgs(kovpy.asarray, object, numpy_dtype, NULL) : NULL;
    PyObject *tensor = array ? from_array(array, dtype) : NULL;
    Py_XDECREF(array);
    return tensor;
}

/* Whether a tensor or variable is somewhere in nested sequences. */
static int holds_tensors(PyObject *object, int depth)
{
    if (PyList_Check(object) || PyTuple_Check(object)) {
        if (depth > KOV_MAX_NDIM)
            return 0;
        PyObject **items = PySequence_Fast_ITEMS(object);
        for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); i++)
            if (holds_tensors(items[i], depth + 1))
                return 1;
        return 0;
    }
    return kovpy_is_tensor(object) ||
           (kovpy.variable && PyObject_TypeCheck(object, kovpy.variable));
}

/* What NumPy made of Python numbers, in the types that Keras gives Python numbers. */
static kov_dtype python_dtype(PyObject *array, kov_dtype dtype)
{
    switch (dtype) {
    case KOV_DTYPE_F64:
        return kovpy_floatx();
    case KOV_DTYPE_C128:
        return kovpy_floatx() == KOV_DTYPE_F64 ? KOV_DTYPE_C128 : KOV_DTYPE_C64;
    case KOV_DTYPE_I64: {
        PyObject *size = PyObject_GetAttrString(array, "size");
        const long n = size ? PyLong_AsLong(size) : -1;
        Py_XDECREF(size);
        int fits = 1;
        if (n > 0) {
            PyObject *low = PyObject_CallMethod(array, "min", NULL);
            PyObject *high = PyObject_CallMethod(array, "max", NULL);
            fits = low && high && PyNumber_AsSsize_t(low, NULL) >= INT32_MIN &&
                   PyNumber_AsSsize_t(high, NULL) <= INT32_MAX;
            Py_XDECREF(low);
            Py_XDECREF(high);
        }
        return fits ? KOV_DTYPE_I32 : KOV_DTYPE_I64;
    }
    default:
        return dtype;
    }
}

static PyObject *from_plain_sequence(PyObject *object, kov_dtype dtype)
{
    PyObject *array = PyObject_CallOneArg(kovpy.asarray, object), *tensor = NULL;
    kovpy_array view;
    if (!array || kovpy_array_open(array, &view) < 0)
        goto done;
    const kov_dtype found = view.dtype;
    kovpy_array_close(&view);
    if (dtype == KOV_DTYPE_NONE)
        dtype = python_dtype(array, found);
    if (PyErr_Occurred())
        goto done;
    tensor = from_array(array, dtype);
done:
    Py_XDECREF(array);
    return tensor;
}

/* A sequence with tensors in it: its items, each converted, stacked. */
static PyObject *from_tensors(PyObject *object, kov_dtype dtype)
{
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(object);
    PyObject *items = PyList_New(count), *stacked = NULL;
    for (Py_ssize_t i = 0; items && i < count; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(object, i);
        /* A bare number stays one, so that it takes on the type of the tensors beside it. */
        const int is_number = PyFloat_CheckExact(item) || PyLong_CheckExact(item);
        item = is_number && dtype == KOV_DTYPE_NONE ? Py_NewRef(item) : kovpy_convert(item, dtype);
        if (!item)
            Py_CLEAR(items);
        else
            PyList_SET_ITEM(items, i, item);
    }
    if (items)
        stacked = kovpy_call_function("numpy", "stack", &items, 1);
    Py_XDECREF(items);
    return stacked;
}

static PyObject *from_variable(PyObject *object, kov_dtype dtype)
{
    PyObject *value = PyObject_GetAttrString(object, "value");
    PyObject *tensor = value ? kovpy_convert(value, dtype) : NULL;
    Py_XDECREF(value);
    return tensor;
}

PyObject *kovpy_convert(PyObject *object, kov_dtype dtype)
{
    if (kovpy_is_tensor(object)) {
        if (dtype == KOV_DTYPE_NONE || kovpy_tensor_dtype((kovpy_tensor *)object) == dtype)
            return Py_NewRef(object);
        return kovpy_cast(object, dtype);
    }
    if (PyObject_TypeCheck(object, kovpy.ndarray))
        return from_array(object, dtype);
    if (PyObject_TypeCheck(object, kovpy.generic)) {
        PyObject *array = PyObject_CallOneArg(kovpy.asarray, object);
        PyObject *tensor = array ? from_array(array, dtype) : NULL;
        Py_XDECREF(array);
        return tensor;
    }
    if (PyFloat_Check(object) || PyLong_Check(object) || PyComplex_Check(object))
        return from_number(object, dtype);
    if (kovpy.variable && PyObject_TypeCheck(object, kovpy.variable))
        return from_variable(object, dtype);
    if (kovpy.keras_tensor && PyObject_TypeCheck(object, kovpy.keras_tensor))
        return PyErr_Format(
            PyExc_ValueError,
            "A KerasTensor is symbolic: it's a placeholder for a shape and a dtype. "
            "It doesn't have any actual numerical value. You cannot convert it to "
            "a tensor.");
    if (PyList_Check(object) || PyTuple_Check(object)) {
        if (holds_tensors(object, 0))
            return from_tensors(object, dtype);
        return from_plain_sequence(object, dtype);
    }
    if (PyObject_HasAttrString(object, "__array__") || PyObject_CheckBuffer(object) ||
        PyObject_HasAttrString(object, "__array_interface__")) {
        PyObject *array = PyObject_CallOneArg(kovpy.asarray, object);
        PyObject *tensor = array ? from_array(array, dtype) : NULL;
        Py_XDECREF(array);
        return tensor;
    }
    if (PySequence_Check(object) && !PyUnicode_Check(object) && !PyBytes_Check(object)) {
        PyObject *list = PySequence_List(object);
        PyObject *tensor = list ? kovpy_convert(list, dtype) : NULL;
        Py_XDECREF(list);
        return tensor;
    }
    return PyErr_Format(PyExc_TypeError, "An object of type %s cannot become a tensor.",
                        Py_TYPE(object)->tp_name);
}

PyObject *kovpy_cast(PyObject *object, kov_dtype dtype)
{
    kovpy_tensor *tensor = (kovpy_tensor *)object;
    if (kovpy_tensor_dtype(tensor) == dtype) {
        if (!tensor->tensor)
            return kovpy_tensor_new_traced(tensor->trace, tensor->value);
        kov_tensor_retain(tensor->tensor);
        return kovpy_tensor_new(tensor->tensor);
    }
    PyObject *const arguments[] = {object, kovpy.dtype_names[dtype]};
    return kovpy_call_function("core", "cast", arguments, 2);
}

/* ---- Functions of the module ---- */

/* Reads (x, dtype=None, sparse=None, ragged=None) as a vectorcall gives it. */
static int read_arguments(const char *function, PyObject *const *args, Py_ssize_t count,
                          PyObject *kwnames, const char *const *names, int name_count,
                          PyObject **out)
{
    if (count > name_count) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d arguments (%zd given)", function,
                     name_count, count);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        out[i] = args[i];
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); i++) {
        int at = 0;
        PyObject *name = PyTuple_GET_ITEM(kwnames, i);
        while (at < name_count && PyUnicode_CompareWithASCIIString(name, names[at]) != 0)
            at++;
        if (at == name_count || out[at]) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected or repeated argument %R",
                         function, name);
            return -1;
        }
        out[at] = args[count + i];
    }
    if (!out[0]) {
        PyErr_Format(PyExc_TypeError, "%s() misses the argument 'x'", function);
        return -1;
    }
    return 0;
}

static int reject(PyObject *flag, const char *name)
{
    const int is_set = flag ? PyObject_IsTrue(flag) : 0;
    if (is_set > 0)
        PyErr_Format(PyExc_ValueError, "`%s=True` is not supported with kov", name);
    return is_set;
}

static PyObject *convert_to_tensor(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                   PyObject *kwnames)
{
    (void)module;
    static const char *const names[] = {"x", "dtype", "sparse", "ragged"};
    PyObject *found[4] = {NULL};
    kov_dtype dtype = KOV_DTYPE_NONE;
    if (read_arguments("convert_to_tensor", args, count, kwnames, names, 4, found) < 0 ||
        reject(found[2], "sparse") || reject(found[3], "ragged") ||
        (found[1] && kovpy_dtype_of_object(found[1], &dtype) < 0))
        return NULL;
    return kovpy_convert(found[0], dtype);
}

static PyObject *cast(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    (void)module;
    static const char *const names[] = {"x", "dtype"};
    PyObject *found[2] = {NULL};
    kov_dtype dtype = KOV_DTYPE_NONE;
    if (read_arguments("cast", args, count, kwnames, names, 2, found) < 0 ||
        (found[1] && kovpy_dtype_of_object(found[1], &dtype) < 0))
        return NULL;
    if (dtype == KOV_DTYPE_NONE)
        dtype = kovpy_floatx();
    PyObject *tensor = kovpy_convert(found[0], KOV_DTYPE_NONE);
    PyObject *result = tensor ? kovpy_cast(tensor, dtype) : NULL;
    Py_XDECREF(tensor);
    return result;
}

static PyObject *convert_to_numpy(PyObject *module, PyObject *object)
{
    (void)module;
    if (PyObject_TypeCheck(object, kovpy.ndarray))
        return Py_NewRef(object);
    /* Text is no tensor, but an array: FeatureSpace hands it on to TensorFlow's lookup layers. */
    if (PyUnicode_Check(object) || PyBytes_Check(object))
        return PyObject_CallOneArg(kovpy.asarray, object);
    PyObject *tensor = kovpy_convert(object, KOV_DTYPE_NONE);
    if (!tensor)
        return NULL;
    const kov_tensor *data = kovpy_tensor_data((kovpy_tensor *)tensor, "convert_to_numpy");
    PyObject *array = data ? kovpy_array_from_tensor(data) : NULL;
    Py_DECREF(tensor);
    return array;
}

static PyObject *is_tensor(PyObject *module, PyObject *object)
{
    (void)module;
    return PyBool_FromLong(kovpy_is_tensor(object));
}

static PyObject *is_array(PyObject *module, PyObject *object)
{
    (void)module;
    return PyBool_FromLong(PyObject_TypeCheck(object, kovpy.ndarray));
}

static PyObject *is_traced(PyObject *module, PyObject *object)
{
    (void)module;
    return PyBool_FromLong(kovpy_is_tensor(object) && ((kovpy_tensor *)object)->trace);
}

/* A traced tensor's shape with a scalar tensor in place of each free dimension. */
static PyObject *shape_with_values(kovpy_tensor *tensor)
{
    kov_builder *builder = tensor->trace->builder;
    const int ndim = kovpy_tensor_ndim(tensor);
    PyObject *shape = PyTuple_New(ndim < 0 ? 0 : ndim);
    for (int axis = 0; shape && axis < ndim; axis++) {
        const int64_t n = kov_builder_dim(builder, tensor->value, axis);
        PyObject *item;
        if (n >= 0) {
            item = PyLong_FromLongLong(n);
        } else {
            const kov_value value = kov_builder_dim_value(builder, tensor->value, axis);
            item = value == KOV_VALUE_ERROR ? kovpy_raise(kov_builder_status(builder))
                                            : kovpy_tensor_new_traced(tensor->trace, value);
        }
        if (!item)
            Py_CLEAR(shape);
        else
            PyTuple_SET_ITEM(shape, axis, item);
    }
    return shape;
}

static PyObject *shape(PyObject *module, PyObject *object)
{
    (void)module;
    if (!kovpy_is_tensor(object)) {
        PyObject *found = PyObject_GetAttrString(object, "shape");
        if (found)
            return found;
        PyErr_Clear();
        PyObject *tensor = kovpy_convert(object, KOV_DTYPE_NONE);
        found = tensor ? shape(module, tensor) : NULL;
        Py_XDECREF(tensor);
        return found;
    }
    kovpy_tensor *tensor = (kovpy_tensor *)object;
    return tensor->trace ? shape_with_values(tensor) : kovpy_tensor_shape(tensor);
}

static PyMethodDef methods[] = {
    {"convert_to_tensor", (PyCFunction)(void (*)(void))convert_to_tensor,
     METH_FASTCALL | METH_KEYWORDS,
     "convert_to_tensor($module, x, dtype=None, sparse=None, ragged=None)\n--\n\nA tensor with a "
     "copy of x; x itself if it is a tensor of this dtype."},
    {"cast", (PyCFunction)(void (*)(void))cast, METH_FASTCALL | METH_KEYWORDS,
     "cast($module, x, dtype)\n--\n\nx in another dtype, always as a new tensor."},
    {"convert_to_numpy", convert_to_numpy, METH_O,
     "convert_to_numpy($module, x)\n--\n\nA new, writable NumPy array."},
    {"is_tensor", is_tensor, METH_O, "is_tensor($module, x)\n--\n\nWhether x is a Tensor."},
    {"is_array", is_array, METH_O, "Whether x is a NumPy array."},
    {"is_traced", is_traced, METH_O, "Whether x is a value of a graph that is being traced."},
    {"shape", shape, METH_O,
     "shape($module, x)\n--\n\nSizes; a scalar tensor for each that is free in the trace."},
    {"concatenate_batches", kovpy_concatenate_batches, METH_O,
     "Tensors or arrays that differ in their first dimension as one NumPy array."},
    {"from_dlpack", kovpy_from_dlpack, METH_O,
     "A tensor with a copy of what a DLPack producer holds."},
    {NULL, NULL, 0, NULL},
};

int kovpy_convert_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
