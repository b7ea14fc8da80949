/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays in and out. */
#include "py_core.h"

#include <string.h>

/* One element's dtype from a buffer's format ("f", "<i", "Zf" ...); NONE if it is not ours. */
static kov_dtype dtype_of_format(const char *format, Py_ssize_t itemsize)
{
    if (!format)
        return itemsize == 1 ? KOV_DTYPE_U8 : KOV_DTYPE_NONE;
    if (*format == '<' || *format == '=' || *format == '@' || *format == '|')
        format++;
    const int index = itemsize == 1 ? 0 : itemsize == 2 ? 1 : itemsize == 4 ? 2 : 3;
    static const kov_dtype is_signed[] = {KOV_DTYPE_I8, KOV_DTYPE_I16, KOV_DTYPE_I32,
                                          KOV_DTYPE_I64};
    static const kov_dtype is_unsigned[] = {KOV_DTYPE_U8, KOV_DTYPE_U16, KOV_DTYPE_U32,
                                            KOV_DTYPE_U64};
    if (format[0] == 'Z' && format[1] && !format[2])
        return format[1] == 'f'   ? KOV_DTYPE_C64
               : format[1] == 'd' ? KOV_DTYPE_C128
                                  : KOV_DTYPE_NONE;
    if (!format[0] || format[1])
        return KOV_DTYPE_NONE;
    switch (format[0]) {
    case '?':
        return KOV_DTYPE_BOOL;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
        return is_signed[index];
    case 'B':
    case 'H':
    case 'I':
    case 'L':
    case 'Q':
        return is_unsigned[index];
    case 'e':
        return KOV_DTYPE_F16;
    case 'f':
        return KOV_DTYPE_F32;
    case 'd':
        return KOV_DTYPE_F64;
    default:
        return KOV_DTYPE_NONE;
    }
}

/* bfloat16 and float8 arrays have no buffer, other byte orders no format of ours. */
static int open_converted(PyObject *object, kovpy_array *out)
{
    PyObject *dtype = PyObject_GetAttrString(object, "dtype");
    PyObject *name = dtype ? PyObject_GetAttrString(dtype, "name") : NULL;
    Py_XDECREF(dtype);
    const char *text = name ? PyUnicode_AsUTF8(name) : NULL;
    if (!text)
        goto fail;
    out->dtype = kov_dtype_from_keras_name(text);
    if (out->dtype == KOV_DTYPE_NONE || out->dtype == KOV_DTYPE_STRING) {
        PyErr_Format(PyExc_TypeError, "An array of dtype %s cannot become a tensor.", text);
        goto fail;
    }
    const int is_opaque = out->dtype == KOV_DTYPE_BF16 || out->dtype == KOV_DTYPE_F8E4M3 ||
                          out->dtype == KOV_DTYPE_F8E5M2;
    if (is_opaque)
        out->owner = PyObject_CallMethod(object, "view", "s",
                                         out->dtype == KOV_DTYPE_BF16 ? "uint16" : "uint8");
    else
        out->owner = PyObject_CallMethod(object, "astype", "O", name);
    if (!out->owner ||
        PyObject_GetBuffer(out->owner, &out->buffer, PyBUF_STRIDES | PyBUF_FORMAT) < 0)
        goto fail;
    Py_DECREF(name);
    return 0;
fail:
    Py_CLEAR(out->owner);
    Py_XDECREF(name);
    return -1;
}

int kovpy_array_open(PyObject *object, kovpy_array *out)
{
    out->owner = NULL;
    if (PyObject_GetBuffer(object, &out->buffer, PyBUF_STRIDES | PyBUF_FORMAT) == 0) {
        out->dtype = dtype_of_format(out->buffer.format, out->buffer.itemsize);
        if (out->dtype != KOV_DTYPE_NONE)
            return 0;
        PyBuffer_Release(&out->buffer);
    }
    PyErr_Clear();
    return open_converted(object, out);
}

void kovpy_array_close(kovpy_array *array)
{
    PyBuffer_Release(&array->buffer);
    Py_CLEAR(array->owner);
}

static kov_tensor *from_array(const kovpy_array *array, int borrow)
{
    const Py_buffer *buffer = &array->buffer;
    int64_t dims[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
    if (buffer->ndim > KOV_MAX_NDIM) {
        PyErr_Format(PyExc_ValueError, "An array of %d dimensions: kov takes at most %d.",
                     buffer->ndim, KOV_MAX_NDIM);
        return NULL;
    }
    for (int i = 0; i < buffer->ndim; i++) {
        dims[i] = buffer->shape[i];
        strides[i] = buffer->strides[i];
    }
    kov_tensor *tensor = NULL;
    kov_status status;
    const int is_dense = PyBuffer_IsContiguous(buffer, 'C') &&
                         (uintptr_t)buffer->buf % (size_t)buffer->itemsize == 0;
    if (is_dense && borrow && buffer->len > 0)
        status = kov_tensor_wrap(kovpy.context, array->dtype, buffer->ndim, dims, buffer->buf, NULL,
                                 NULL, &tensor);
    else if (is_dense)
        status = kov_tensor_from_data(kovpy.context, array->dtype, buffer->ndim, dims, buffer->buf,
                                      &tensor);
    else
        status = kov_tensor_from_strided(kovpy.context, array->dtype, buffer->ndim, dims, strides,
                                         buffer->buf, &tensor);
    if (status != KOV_OK)
        kovpy_raise(status);
    return tensor;
}

kov_tensor *kovpy_array_borrow(const kovpy_array *array)
{
    return from_array(array, 1);
}

kov_tensor *kovpy_array_copy(const kovpy_array *array)
{
    return from_array(array, 0);
}

PyObject *kovpy_numpy_dtype(kov_dtype dtype)
{
    PyObject **slot = &kovpy.numpy_dtypes[dtype];
    if (*slot)
        return *slot;
    if (dtype == KOV_DTYPE_BF16 || dtype == KOV_DTYPE_F8E4M3 || dtype == KOV_DTYPE_F8E5M2 ||
        dtype == KOV_DTYPE_I4 || dtype == KOV_DTYPE_U4) {
        PyObject *ml_dtypes = PyImport_ImportModule("ml_dtypes");
        PyObject *type = ml_dtypes ? PyObject_GetAttr(ml_dtypes, kovpy.dtype_names[dtype]) : NULL;
        Py_XDECREF(ml_dtypes);
        if (type)
            *slot = PyObject_CallOneArg(kovpy.dtype_type, type);
        Py_XDECREF(type);
    } else {
        *slot = PyObject_CallOneArg(kovpy.dtype_type, kovpy.dtype_names[dtype]);
    }
    return *slot;
}

/* A new array of this shape with undefined content; for dtypes without buffer as plain integers. */
static PyObject *new_array(kov_dtype dtype, int ndim, const int64_t *dims)
{
    PyObject *shape = PyTuple_New(ndim), *array = NULL;
    for (int i = 0; shape && i < ndim; i++) {
        PyObject *n = PyLong_FromLongLong(dims[i]);
        if (!n)
            Py_CLEAR(shape);
        else
            PyTuple_SET_ITEM(shape, i, n);
    }
    PyObject *numpy_dtype = shape ? kovpy_numpy_dtype(dtype) : NULL;
    if (numpy_dtype)
        array = PyObject_CallFunctionObjArgs((PyObject *)kovpy.ndarray, shape, numpy_dtype, NULL);
    Py_XDECREF(shape);
    return array;
}

static kov_dtype storage_dtype(kov_dtype dtype)
{
    if (dtype == KOV_DTYPE_BF16)
        return KOV_DTYPE_U16;
    if (dtype == KOV_DTYPE_F8E4M3 || dtype == KOV_DTYPE_F8E5M2)
        return KOV_DTYPE_U8;
    return dtype;
}

/* An array of the storage type seen as what it holds. Takes the reference over. */
static PyObject *view_as(PyObject *array, kov_dtype dtype)
{
    if (!array || storage_dtype(dtype) == dtype)
        return array;
    PyObject *numpy_dtype = kovpy_numpy_dtype(dtype);
    PyObject *view = numpy_dtype ? PyObject_CallMethod(array, "view", "O", numpy_dtype) : NULL;
    Py_DECREF(array);
    return view;
}

PyObject *kovpy_array_from_tensor(const kov_tensor *tensor)
{
    const kov_dtype dtype = kov_tensor_dtype(tensor);
    if (kov_dtype_bits(dtype) % 8 != 0 || dtype == KOV_DTYPE_STRING)
        return PyErr_Format(PyExc_NotImplementedError, "A tensor of dtype %s as a NumPy array.",
                            kov_dtype_keras_name(dtype));
    PyObject *array =
        new_array(storage_dtype(dtype), kov_tensor_ndim(tensor), kov_tensor_dims(tensor));
    Py_buffer buffer;
    if (!array || PyObject_GetBuffer(array, &buffer, PyBUF_WRITABLE) < 0) {
        Py_XDECREF(array);
        return NULL;
    }
    if (buffer.len > 0)
        memcpy(buffer.buf, kov_tensor_data(tensor), (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    return view_as(array, dtype);
}

/* ---- Joining the batches of predict ---- */

static int append_batch(PyObject *item, Py_buffer *into, size_t *at)
{
    const kov_tensor *tensor = kovpy_tensor_data((kovpy_tensor *)item, "concatenate_batches");
    if (!tensor)
        return -1;
    const size_t bytes = kov_tensor_bytes(tensor);
    if (bytes > (size_t)into->len - *at) {
        PyErr_SetString(PyExc_ValueError, "Batches of outputs that do not fit together.");
        return -1;
    }
    if (bytes > 0)
        memcpy((char *)into->buf + *at, kov_tensor_data(tensor), bytes);
    *at += bytes;
    return 0;
}

/* The first batch's type, with all batches' rows. */
static PyObject *array_for_batches(PyObject *batches)
{
    int64_t dims[KOV_MAX_NDIM] = {0}, rows = 0;
    const kov_tensor *first = NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(batches); i++) {
        const kov_tensor *tensor =
            kovpy_tensor_data((kovpy_tensor *)PyTuple_GET_ITEM(batches, i), "concatenate_batches");
        if (!tensor)
            return NULL;
        const int ndim = kov_tensor_ndim(tensor);
        first = first ? first : tensor;
        int fits = ndim > 0 && ndim == kov_tensor_ndim(first) &&
                   kov_tensor_dtype(tensor) == kov_tensor_dtype(first);
        for (int axis = 1; fits && axis < ndim; axis++)
            fits = kov_tensor_dims(tensor)[axis] == kov_tensor_dims(first)[axis];
        if (!fits)
            return PyErr_Format(PyExc_ValueError,
                                "Outputs of different batches cannot be joined: they must have at "
                                "least one dimension, one dtype, and differ in the first dimension "
                                "alone.");
        rows += kov_tensor_dims(tensor)[0];
    }
    if (!first)
        return PyErr_Format(PyExc_ValueError, "No batches to join.");
    memcpy(dims, kov_tensor_dims(first), (size_t)kov_tensor_ndim(first) * sizeof(*dims));
    dims[0] = rows;
    return new_array(storage_dtype(kov_tensor_dtype(first)), kov_tensor_ndim(first), dims);
}

PyObject *kovpy_concatenate_batches(PyObject *module, PyObject *batches)
{
    (void)module;
    Py_ssize_t count = PySequence_Size(batches);
    PyObject *tensors = count < 0 ? NULL : PyTuple_New(count), *array = NULL;
    for (Py_ssize_t i = 0; tensors && i < count; i++) {
        PyObject *item = PySequence_GetItem(batches, i);
        PyObject *tensor = item ? kovpy_convert(item, KOV_DTYPE_NONE) : NULL;
        Py_XDECREF(item);
        if (!tensor)
            Py_CLEAR(tensors);
        else
            PyTuple_SET_ITEM(tensors, i, tensor);
    }
    if (tensors)
        array = array_for_batches(tensors);
    Py_buffer buffer;
    if (array && PyObject_GetBuffer(array, &buffer, PyBUF_WRITABLE) == 0) {
        size_t at = 0;
        int failed = 0;
        for (Py_ssize_t i = 0; !failed && i < count; i++)
            failed = append_batch(PyTuple_GET_ITEM(tensors, i), &buffer, &at) < 0;
        PyBuffer_Release(&buffer);
        if (failed)
            Py_CLEAR(array);
        else
            array =
                view_as(array, kovpy_tensor_dtype((kovpy_tensor *)PyTuple_GET_ITEM(tensors, 0)));
    } else {
        Py_CLEAR(array);
    }
    Py_XDECREF(tensors);
    return array;
}
