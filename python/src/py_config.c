/* SPDX-License-Identifier: Apache-2.0 */
/* What Keras tells the extension about itself, dtypes and errors. */
#include "py_core.h"

#include <string.h>

kovpy_state kovpy;

/* Follows keras.config.set_epsilon. Eager plans hold the number that they were traced with. */
static void follow_epsilon(void)
{
    PyObject *number = PyDict_GetItemString(kovpy.floatx_globals, "_EPSILON");
    if (number == kovpy.epsilon || !number || !PyFloat_Check(number))
        return;
    Py_XSETREF(kovpy.epsilon, Py_NewRef(number));
    kov_set_epsilon(PyFloat_AS_DOUBLE(number));
    kov_eager_clear(kovpy.context);
}

kov_dtype kovpy_floatx(void)
{
    /* Reading the variable behind keras.config.floatx() is several times as fast as calling it. */
    PyObject *name = NULL;
    if (kovpy.floatx_globals) {
        name = PyDict_GetItemString(kovpy.floatx_globals, "_FLOATX");
        follow_epsilon();
    }
    if (!name || !PyUnicode_Check(name))
        return KOV_DTYPE_F32;
    for (int dtype = KOV_DTYPE_F16; dtype <= KOV_DTYPE_F64; dtype++)
        if (kovpy.dtype_names[dtype] == name)
            return (kov_dtype)dtype;
    const char *text = PyUnicode_AsUTF8(name);
    kov_dtype dtype = text ? kov_dtype_from_keras_name(text) : KOV_DTYPE_NONE;
    PyErr_Clear();
    return dtype == KOV_DTYPE_NONE ? KOV_DTYPE_F32 : dtype;
}

PyObject *kovpy_raise(kov_status status)
{
    PyObject *type = PyExc_RuntimeError;
    switch (status) {
    case KOV_INVALID_ARGUMENT:
    case KOV_BAD_FORMAT:
        type = PyExc_ValueError;
        break;
    case KOV_TYPE_ERROR:
        type = PyExc_TypeError;
        break;
    case KOV_NOT_IMPLEMENTED:
        type = PyExc_NotImplementedError;
        break;
    case KOV_OUT_OF_MEMORY:
        type = PyExc_MemoryError;
        break;
    case KOV_OVERFLOW:
        type = PyExc_OverflowError;
        break;
    case KOV_IO_ERROR:
        type = PyExc_OSError;
        break;
    case KOV_UNKNOWN_DIMENSION:
        type = kovpy.unknown_dimension;
        break;
    case KOV_UNKNOWN_VALUE:
        type = kovpy.unknown_value;
        break;
    case KOV_OK:
    case KOV_DEVICE_ERROR:
    case KOV_CANCELLED:
    case KOV_INTERNAL:
        break;
    }
    const char *text = kov_error_text();
    PyErr_SetString(type, *text ? text : kov_status_name(status));
    return NULL;
}

static kov_dtype dtype_of_text(PyObject *text)
{
    for (int i = 1; i < KOV_DTYPE_COUNT; i++)
        if (kovpy.dtype_names[i] == text)
            return (kov_dtype)i;
    const char *name = PyUnicode_AsUTF8(text);
    if (!name) { /* not to be said in UTF-8 */
        PyErr_Clear();
        return KOV_DTYPE_NONE;
    }
    if (strcmp(name, "int") == 0)
        return KOV_DTYPE_I32;
    if (strcmp(name, "float") == 0)
        return kovpy_floatx();
    return kov_dtype_from_keras_name(name);
}

int kovpy_dtype_of_object(PyObject *object, kov_dtype *out)
{
    *out = KOV_DTYPE_NONE;
    if (object == Py_None)
        return 0;
    if (PyUnicode_Check(object)) {
        *out = dtype_of_text(object);
    } else if (object == (PyObject *)&PyFloat_Type) {
        *out = kovpy_floatx();
    } else if (object == (PyObject *)&PyLong_Type) {
        *out = KOV_DTYPE_I32;
    } else if (object == (PyObject *)&PyBool_Type) {
        *out = KOV_DTYPE_BOOL;
    } else {
        /* numpy.dtype has `name`, scalar types of NumPy and ml_dtypes have `__name__`. */
        PyObject *name = PyObject_GetAttrString(object, "name");
        if (!name || !PyUnicode_Check(name)) {
            PyErr_Clear();
            Py_XDECREF(name);
            name = PyObject_GetAttrString(object, "__name__");
        }
        if (name && PyUnicode_Check(name))
            *out = dtype_of_text(name);
        Py_XDECREF(name);
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_Clear();
    }
    if (PyErr_Occurred())
        return -1;
    if (*out == KOV_DTYPE_NONE) {
        PyErr_Format(PyExc_ValueError, "Invalid dtype: %S", object);
        return -1;
    }
    return 0;
}

static PyObject *set_variable_type(PyObject *module, PyObject *type)
{
    (void)module;
    if (!PyType_Check(type))
        return PyErr_Format(PyExc_TypeError, "expected a class");
    Py_INCREF(type);
    Py_XSETREF(kovpy.variable, (PyTypeObject *)type);
    Py_RETURN_NONE;
}

static PyObject *set_draw_seed(PyObject *module, PyObject *function)
{
    (void)module;
    Py_INCREF(function);
    Py_XSETREF(kovpy.draw_seed, function);
    Py_RETURN_NONE;
}

static PyObject *set_config(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *floatx, *image_data_format, *keras_tensor;
    if (!PyArg_ParseTuple(arguments, "OOO!", &floatx, &image_data_format, &PyType_Type,
                          &keras_tensor))
        return NULL;
    Py_INCREF(floatx);
    Py_INCREF(image_data_format);
    Py_INCREF(keras_tensor);
    kovpy.floatx_globals = PyFunction_Check(floatx) ? PyFunction_GetGlobals(floatx) : NULL;
    Py_XSETREF(kovpy.floatx, floatx);
    Py_XSETREF(kovpy.image_data_format, image_data_format);
    Py_XSETREF(kovpy.keras_tensor, (PyTypeObject *)keras_tensor);
    Py_RETURN_NONE;
}

static PyObject *set_device(PyObject *module, PyObject *device)
{
    (void)module;
    if (device != Py_None && !PyUnicode_Check(device))
        return PyErr_Format(PyExc_TypeError, "a device is named by a string, not %R", device);
    PyObject *previous = kovpy.device;
    Py_INCREF(device);
    kovpy.device = device;
    return previous;
}

static PyObject *get_device(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return Py_NewRef(kovpy.device);
}

static PyObject *set_properties(PyObject *module, PyObject *properties)
{
    (void)module;
    if (properties != Py_None && !PyDict_Check(properties))
        return PyErr_Format(PyExc_TypeError, "properties are a dict, not %R", properties);
    PyObject *copy = properties == Py_None ? Py_NewRef(Py_None) : PyDict_Copy(properties);
    if (!copy)
        return NULL;
    PyObject *previous = kovpy.properties;
    kovpy.properties = copy;
    return previous;
}

static PyObject *devices(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    char **names = NULL;
    kov_status status = kov_devices(kovpy.context, &names);
    if (status != KOV_OK)
        return kovpy_raise(status);
    PyObject *list = PyList_New(0);
    for (char **name = names; list && *name; name++) {
        PyObject *text = PyUnicode_FromString(*name);
        if (!text || PyList_Append(list, text) < 0)
            Py_CLEAR(list);
        Py_XDECREF(text);
    }
    kov_devices_free(names);
    return list;
}

static PyObject *threads(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return PyLong_FromLong(kov_context_threads(kovpy.context));
}

static PyObject *set_threads(PyObject *module, PyObject *count)
{
    (void)module;
    int n = (int)PyLong_AsLong(count);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    kov_status status = kov_context_set_threads(kovpy.context, n);
    if (status != KOV_OK)
        return kovpy_raise(status);
    Py_RETURN_NONE;
}

static PyObject *eager_stats(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    kov_eager_stats stats;
    kov_eager_get_stats(kovpy.context, &stats);
    return Py_BuildValue("{sKsKsKsKsn}", "calls", (unsigned long long)stats.calls, "hits",
                         (unsigned long long)stats.hits, "plans", (unsigned long long)stats.plans,
                         "evictions", (unsigned long long)stats.evictions, "bytes",
                         (Py_ssize_t)stats.bytes);
}

static PyObject *eager_clear(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    kov_eager_clear(kovpy.context);
    Py_RETURN_NONE;
}

static PyObject *set_openvino_path(PyObject *module, PyObject *folder)
{
    (void)module;
    const char *path = PyUnicode_AsUTF8(folder);
    if (!path)
        return NULL;
    kov_status status = kov_set_openvino_path(path);
    if (status != KOV_OK)
        return kovpy_raise(status);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"set_openvino_path", set_openvino_path, METH_O, "The folder of OpenVINO's C library."},
    {"set_variable_type", set_variable_type, METH_O, "Keras's class of variables."},
    {"set_draw_seed", set_draw_seed, METH_O, "Keras's function that makes a tensor of a seed."},
    {"set_config", set_config, METH_VARARGS, "Keras's floatx, image_data_format, KerasTensor."},
    {"set_device", set_device, METH_O, "Sets the device of later plans; returns the previous."},
    {"get_device", get_device, METH_NOARGS, "The device of plans made now; None: the default."},
    {"set_properties", set_properties, METH_O,
     "Sets the OpenVINO properties of later plans, a dict or None; returns the previous."},
    {"devices", devices, METH_NOARGS, "Names of the devices that are there."},
    {"threads", threads, METH_NOARGS, "Number of threads a run may use."},
    {"set_threads", set_threads, METH_O, "Sets the number of threads of later runs."},
    {"eager_stats", eager_stats, METH_NOARGS, "Counters of the cache of eager plans."},
    {"eager_clear", eager_clear, METH_NOARGS, "Empties the cache of eager plans."},
    {NULL, NULL, 0, NULL},
};

int kovpy_config_init(PyObject *module)
{
    for (int i = 1; i < KOV_DTYPE_COUNT; i++) {
        kovpy.dtype_names[i] = PyUnicode_InternFromString(kov_dtype_keras_name((kov_dtype)i));
        if (!kovpy.dtype_names[i])
            return -1;
    }
    Py_INCREF(Py_None);
    kovpy.device = Py_None;
    Py_INCREF(Py_None);
    kovpy.properties = Py_None;
    kovpy.unknown_dimension = PyErr_NewExceptionWithDoc(
        "kov._core.UnknownDimension",
        "The number of a dimension was asked for that is free in a trace.", PyExc_ValueError, NULL);
    kovpy.unknown_value = PyErr_NewExceptionWithDoc(
        "kov._core.UnknownValue", "The content of a tensor was asked for that is known when run.",
        PyExc_TypeError, NULL);
    if (PyModule_AddObjectRef(module, "UnknownDimension", kovpy.unknown_dimension) < 0 ||
        PyModule_AddObjectRef(module, "UnknownValue", kovpy.unknown_value) < 0)
        return -1;
    return PyModule_AddFunctions(module, methods);
}
