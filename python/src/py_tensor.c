/* SPDX-License-Identifier: Apache-2.0 */
/* The class Tensor: data, or a value of an open trace. */
#include "py_core.h"

#include <stddef.h>
#include <string.h>

static kovpy_tensor *allocate(void)
{
    kovpy_tensor *self = PyObject_New(kovpy_tensor, &kovpy_tensor_type);
    if (self) {
        self->tensor = NULL;
        self->trace = NULL;
        self->value = KOV_VALUE_ERROR;
        self->shape = self->mask = self->others = self->weakrefs = NULL;
    }
    return self;
}

PyObject *kovpy_tensor_new(kov_tensor *tensor)
{
    kovpy_tensor *self = allocate();
    if (!self) {
        kov_tensor_release(tensor);
        return NULL;
    }
    self->tensor = tensor;
    return (PyObject *)self;
}

PyObject *kovpy_tensor_new_traced(kovpy_trace *trace, kov_value value)
{
    kovpy_tensor *self = allocate();
    if (!self)
        return NULL;
    Py_INCREF((PyObject *)trace);
    self->trace = trace;
    self->value = value;
    return (PyObject *)self;
}

static void dealloc(PyObject *object)
{
    kovpy_tensor *self = (kovpy_tensor *)object;
    if (self->weakrefs)
        PyObject_ClearWeakRefs(object);
    kov_tensor_release(self->tensor);
    Py_XDECREF((PyObject *)self->trace);
    Py_XDECREF(self->shape);
    Py_XDECREF(self->mask);
    Py_XDECREF(self->others);
    PyObject_Free(object);
}

kov_dtype kovpy_tensor_dtype(const kovpy_tensor *self)
{
    return self->tensor ? kov_tensor_dtype(self->tensor)
                        : kov_builder_dtype(self->trace->builder, self->value);
}

int kovpy_tensor_ndim(const kovpy_tensor *self)
{
    return self->tensor ? kov_tensor_ndim(self->tensor)
                        : kov_builder_ndim(self->trace->builder, self->value);
}

static int64_t dim_at(const kovpy_tensor *self, int axis)
{
    return self->tensor ? kov_tensor_dims(self->tensor)[axis]
                        : kov_builder_dim(self->trace->builder, self->value, axis);
}

PyObject *kovpy_tensor_shape(kovpy_tensor *self)
{
    if (!self->shape) {
        const int ndim = kovpy_tensor_ndim(self);
        PyObject *shape = PyTuple_New(ndim < 0 ? 0 : ndim);
        for (int i = 0; shape && i < ndim; i++) {
            const int64_t n = dim_at(self, i);
            PyObject *item = n < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(n);
            if (!item)
                Py_CLEAR(shape);
            else
                PyTuple_SET_ITEM(shape, i, item);
        }
        self->shape = shape;
    }
    return Py_XNewRef(self->shape);
}

const kov_tensor *kovpy_tensor_data(kovpy_tensor *self, const char *what)
{
    if (self->tensor)
        return self->tensor;
    const kov_tensor *constant = kov_builder_constant_tensor(self->trace->builder, self->value);
    if (!constant)
        PyErr_Format(kovpy.unknown_value,
                     "%s: the content of this tensor is not known while a graph is traced.", what);
    return constant;
}

/* ---- Attributes ---- */

static PyObject *get_shape(PyObject *self, void *closure)
{
    (void)closure;
    return kovpy_tensor_shape((kovpy_tensor *)self);
}

static PyObject *get_dtype(PyObject *self, void *closure)
{
    (void)closure;
    return Py_NewRef(kovpy.dtype_names[kovpy_tensor_dtype((kovpy_tensor *)self)]);
}

static PyObject *get_ndim(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLong(kovpy_tensor_ndim((kovpy_tensor *)self));
}

static PyObject *get_size(PyObject *object, void *closure)
{
    (void)closure;
    kovpy_tensor *self = (kovpy_tensor *)object;
    int64_t size = 1;
    for (int i = 0; i < kovpy_tensor_ndim(self); i++) {
        const int64_t n = dim_at(self, i);
        if (n < 0)
            return PyErr_Format(kovpy.unknown_dimension, "size: a dimension is free.");
        size *= n;
    }
    return PyLong_FromLongLong(size);
}

static PyObject *get_mask(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *mask = ((kovpy_tensor *)self)->mask;
    return Py_NewRef(mask ? mask : Py_None);
}

static int set_mask(PyObject *object, PyObject *value, void *closure)
{
    (void)closure;
    kovpy_tensor *self = (kovpy_tensor *)object;
    Py_XINCREF(value);
    Py_XSETREF(self->mask, value);
    return 0;
}

static PyObject *get_priority(PyObject *self, void *closure)
{
    (void)self;
    (void)closure;
    return PyFloat_FromDouble(1000.0);
}

static PyObject *get_interface(PyObject *object, void *closure)
{
    (void)closure;
    kovpy_tensor *self = (kovpy_tensor *)object;
    const kov_dtype dtype = kovpy_tensor_dtype(self);
    if (!self->tensor || kov_dtype_bits(dtype) % 8 != 0 || dtype == KOV_DTYPE_BF16 ||
        dtype >= KOV_DTYPE_U1)
        return PyErr_Format(PyExc_AttributeError, "__array_interface__");
    const char kind = dtype == KOV_DTYPE_BOOL       ? 'b'
                      : kov_dtype_is_signed(dtype)  ? 'i'
                      : kov_dtype_is_integer(dtype) ? 'u'
                      : kov_dtype_is_float(dtype)   ? 'f'
                                                    : 'c';
    char typestr[8];
    PyOS_snprintf(typestr, sizeof(typestr), "%c%c%d", dtype == KOV_DTYPE_BOOL ? '|' : '<', kind,
                  kov_dtype_bits(dtype) / 8);
    PyObject *shape = kovpy_tensor_shape(self);
    if (!shape)
        return NULL;
    return Py_BuildValue("{sNsss(nO)si}", "shape", shape, "typestr", typestr, "data",
                         (Py_ssize_t)(uintptr_t)kov_tensor_data(self->tensor), Py_True, "version",
                         3);
}

static PyObject *get_transposed(PyObject *self, void *closure)
{
    (void)closure;
    return kovpy_call_function("numpy", "transpose", &self, 1);
}

/* ---- Content ---- */

static PyObject *to_numpy(PyObject *self, PyObject *none)
{
    (void)none;
    const kov_tensor *tensor = kovpy_tensor_data((kovpy_tensor *)self, "numpy");
    return tensor ? kovpy_array_from_tensor(tensor) : NULL;
}

static PyObject *to_array(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"dtype", "copy", NULL};
    PyObject *dtype = Py_None, *copy = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", names, &dtype, &copy))
        return NULL;
    const kov_tensor *tensor = kovpy_tensor_data((kovpy_tensor *)self, "__array__");
    PyObject *array = tensor ? kovpy_array_from_tensor(tensor) : NULL;
    if (!array || dtype == Py_None)
        return array;
    PyObject *cast = PyObject_CallMethod(array, "astype", "O", dtype);
    Py_DECREF(array);
    return cast;
}

/* The one element of a tensor as a NumPy array of no dimensions. */
static PyObject *scalar_array(PyObject *self, const char *what)
{
    const kov_tensor *tensor = kovpy_tensor_data((kovpy_tensor *)self, what);
    if (!tensor)
        return NULL;
    if (kov_tensor_count(tensor) != 1)
        return PyErr_Format(strcmp(what, "bool") == 0 ? PyExc_ValueError : PyExc_TypeError,
                            "%s of a tensor with %lld elements: only one element has one value.",
                            what, (long long)kov_tensor_count(tensor));
    return kovpy_array_from_tensor(tensor);
}

static PyObject *item(PyObject *self, PyObject *none)
{
    (void)none;
    PyObject *array = scalar_array(self, "item");
    PyObject *value = array ? PyObject_CallMethod(array, "item", NULL) : NULL;
    Py_XDECREF(array);
    return value;
}

static PyObject *to_complex(PyObject *self, PyObject *none)
{
    (void)none;
    PyObject *value = kovpy_tensor_scalar(self, "complex");
    PyObject *result = value ? PyObject_CallOneArg((PyObject *)&PyComplex_Type, value) : NULL;
    Py_XDECREF(value);
    return result;
}

static PyObject *to_list(PyObject *self, PyObject *none)
{
    PyObject *array = to_numpy(self, none);
    PyObject *list = array ? PyObject_CallMethod(array, "tolist", NULL) : NULL;
    Py_XDECREF(array);
    return list;
}

PyObject *kovpy_tensor_scalar(PyObject *self, const char *what)
{
    PyObject *array = scalar_array(self, what);
    PyObject *value = array ? PyObject_CallMethod(array, "item", NULL) : NULL;
    Py_XDECREF(array);
    return value;
}

static PyObject *repr(PyObject *object)
{
    kovpy_tensor *self = (kovpy_tensor *)object;
    PyObject *shape = kovpy_tensor_shape(self), *text = NULL;
    if (!shape)
        return NULL;
    PyObject *dtype = kovpy.dtype_names[kovpy_tensor_dtype(self)];
    if (self->tensor) {
        PyObject *array = to_numpy(object, NULL);
        PyErr_Clear();
        text = PyUnicode_FromFormat("<Tensor shape=%S, dtype=%U, value=%S>", shape, dtype,
                                    array ? array : Py_None);
        Py_XDECREF(array);
    } else {
        text = PyUnicode_FromFormat("<Tensor shape=%S, dtype=%U, traced>", shape, dtype);
    }
    Py_DECREF(shape);
    return text;
}

static PyObject *format(PyObject *self, PyObject *specification)
{
    PyObject *value = kovpy_tensor_ndim((kovpy_tensor *)self) == 0 && ((kovpy_tensor *)self)->tensor
                          ? kovpy_tensor_scalar(self, "format")
                          : PyObject_Repr(self);
    PyObject *text = value ? PyObject_Format(value, specification) : NULL;
    Py_XDECREF(value);
    return text;
}

/* ---- Copies ---- */

static PyObject *reduce(PyObject *self, PyObject *none)
{
    PyObject *array = to_numpy(self, none);
    if (!array)
        return NULL;
    return Py_BuildValue("O(N)", (PyObject *)&kovpy_tensor_type, array);
}

static PyObject *new_like(kovpy_tensor *self)
{
    if (!self->tensor)
        return kovpy_tensor_new_traced(self->trace, self->value);
    kov_tensor_retain(self->tensor);
    return kovpy_tensor_new(self->tensor);
}

static PyObject *copy(PyObject *self, PyObject *memo)
{
    (void)memo;
    return new_like((kovpy_tensor *)self);
}

/* Tensor(array): for unpickling. */
static PyObject *construct(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    PyObject *data;
    if ((kwargs && PyDict_GET_SIZE(kwargs) > 0) || !PyArg_ParseTuple(args, "O", &data)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "Tensor(data) takes no keyword arguments.");
        return NULL;
    }
    PyObject *tensor = kovpy_convert(data, KOV_DTYPE_NONE);
    if (tensor == data && tensor) {
        PyObject *other = new_like((kovpy_tensor *)tensor);
        Py_DECREF(tensor);
        return other;
    }
    return tensor;
}

/* ---- Methods that Keras and users call on tensors ---- */

static PyObject *reshape(PyObject *self, PyObject *args)
{
    PyObject *shape = args;
    if (PyTuple_GET_SIZE(args) == 1 && !PyLong_Check(PyTuple_GET_ITEM(args, 0)))
        shape = PyTuple_GET_ITEM(args, 0);
    PyObject *const arguments[] = {self, shape};
    return kovpy_call_function("numpy", "reshape", arguments, 2);
}

static PyObject *squeeze(PyObject *self, PyObject *args)
{
    PyObject *axis = Py_None;
    if (!PyArg_ParseTuple(args, "|O", &axis))
        return NULL;
    PyObject *const arguments[] = {self, axis};
    return kovpy_call_function("numpy", "squeeze", arguments, 2);
}

static PyObject *as_type(PyObject *self, PyObject *type)
{
    kov_dtype dtype;
    if (kovpy_dtype_of_object(type, &dtype) < 0)
        return NULL;
    return kovpy_cast(self, dtype);
}

static PyObject *round_to(PyObject *self, PyObject *args)
{
    PyObject *decimals = Py_None;
    if (!PyArg_ParseTuple(args, "|O", &decimals))
        return NULL;
    PyObject *const arguments[] = {self, decimals};
    return kovpy_call_function("numpy", "round", arguments, decimals == Py_None ? 1 : 2);
}

static PyMethodDef methods[] = {
    {"numpy", to_numpy, METH_NOARGS, "A new, writable NumPy array."},
    {"__array__", (PyCFunction)(void (*)(void))to_array, METH_VARARGS | METH_KEYWORDS,
     "A new, writable NumPy array."},
    {"item", item, METH_NOARGS, "The one element as a Python number."},
    {"__complex__", to_complex, METH_NOARGS, "The one element as a Python complex."},
    {"tolist", to_list, METH_NOARGS, "Nested lists of Python numbers."},
    {"reshape", reshape, METH_VARARGS, "The same elements in another shape."},
    {"squeeze", squeeze, METH_VARARGS, "Without dimensions of size 1."},
    {"astype", as_type, METH_O, "In another dtype."},
    {"__round__", round_to, METH_VARARGS, "Rounded, halves to even."},
    {"__copy__", copy, METH_NOARGS, "Another object with the same data."},
    {"__deepcopy__", copy, METH_O, "Another object with the same data, which never changes."},
    {"__reduce__", reduce, METH_NOARGS, "Pickles the data."},
    {"__format__", format, METH_O, "A scalar's number formatted, else the representation."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"shape", get_shape, NULL, "Tuple of sizes; None for one that is free in the trace.", NULL},
    {"dtype", get_dtype, NULL, "Keras's name of the element type.", NULL},
    {"ndim", get_ndim, NULL, "Number of dimensions.", NULL},
    {"size", get_size, NULL, "Number of elements.", NULL},
    {"T", get_transposed, NULL, "With its dimensions in reverse order.", NULL},
    {"_keras_mask", get_mask, set_mask, "Keras's mask of this tensor.", NULL},
    {"__array_priority__", get_priority, NULL, "Makes `array * tensor` the tensor's affair.", NULL},
    {"__array_interface__", get_interface, NULL, "A read-only view of the data.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- Sequence ---- */

static Py_ssize_t length(PyObject *object)
{
    kovpy_tensor *self = (kovpy_tensor *)object;
    if (kovpy_tensor_ndim(self) == 0) {
        PyErr_SetString(PyExc_TypeError, "len() of a scalar tensor");
        return -1;
    }
    const int64_t n = dim_at(self, 0);
    if (n < 0) {
        PyErr_SetString(kovpy.unknown_dimension, "len(): the first dimension is free.");
        return -1;
    }
    return (Py_ssize_t)n;
}

static PyObject *element(PyObject *self, Py_ssize_t index)
{
    const Py_ssize_t n = length(self);
    if (n < 0)
        return NULL;
    if (index < 0 || index >= n)
        return PyErr_Format(PyExc_IndexError, "index %zd is out of range for size %zd", index, n);
    PyObject *key = PyLong_FromSsize_t(index);
    PyObject *value = key ? kovpy_tensor_index(self, key) : NULL;
    Py_XDECREF(key);
    return value;
}

static PyObject *iterate(PyObject *self)
{
    return length(self) < 0 ? NULL : PySeqIter_New(self);
}

static Py_hash_t hash(PyObject *self)
{
    /* Comparison is by element; as a key a tensor is itself. */
    return (Py_hash_t)((uintptr_t)self >> 4);
}

static PySequenceMethods sequence_methods = {.sq_length = length, .sq_item = element};
static PyMappingMethods mapping_methods = {.mp_length = length, .mp_subscript = kovpy_tensor_index};

PyTypeObject kovpy_tensor_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "kov._core.Tensor",
    .tp_basicsize = sizeof(kovpy_tensor),
    .tp_dealloc = dealloc,
    .tp_repr = repr,
    .tp_as_number = &kovpy_number_methods,
    .tp_as_sequence = &sequence_methods,
    .tp_as_mapping = &mapping_methods,
    .tp_hash = hash,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "An immutable tensor: data, or a value of a graph that is being traced.",
    .tp_richcompare = kovpy_tensor_compare,
    .tp_weaklistoffset = offsetof(kovpy_tensor, weakrefs),
    .tp_dictoffset = offsetof(kovpy_tensor, others),
    .tp_iter = iterate,
    .tp_methods = methods,
    .tp_getset = attributes,
    .tp_new = construct,
};

static int add_methods(PyMethodDef *definitions)
{
    for (PyMethodDef *d = definitions; d->ml_name; d++) {
        PyObject *method = PyDescr_NewMethod(&kovpy_tensor_type, d);
        if (!method || PyDict_SetItemString(kovpy_tensor_type.tp_dict, d->ml_name, method) < 0)
            return -1;
        Py_DECREF(method);
    }
    PyType_Modified(&kovpy_tensor_type);
    return 0;
}

int kovpy_tensor_init(PyObject *module)
{
    if (PyType_Ready(&kovpy_tensor_type) < 0 || add_methods(kovpy_dlpack_methods) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "Tensor", (PyObject *)&kovpy_tensor_type);
}
