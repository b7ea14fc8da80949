/* SPDX-License-Identifier: Apache-2.0 */
/* DLPack, as of its specification version 1.0 (dmlc.github.io/dlpack). */
#include "py_core.h"

#include <stdlib.h>

#define DLPACK_CPU 1
#define DLPACK_READ_ONLY UINT64_C(1)

typedef struct dl_device {
    int32_t device_type, device_id;
} dl_device;

typedef struct dl_dtype {
    uint8_t code, bits;
    uint16_t lanes;
} dl_dtype;

enum { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_COMPLEX = 5, DL_BOOL = 6 };

typedef struct dl_tensor {
    void *data;
    dl_device device;
    int32_t ndim;
    dl_dtype dtype;
    int64_t *shape, *strides;
    uint64_t byte_offset;
} dl_tensor;

typedef struct dl_managed {
    dl_tensor tensor;
    void *context;
    void (*release)(struct dl_managed *self);
} dl_managed;

typedef struct dl_managed_versioned {
    struct {
        uint32_t major, minor;
    } version;
    void *context;
    void (*release)(struct dl_managed_versioned *self);
    uint64_t flags;
    dl_tensor tensor;
} dl_managed_versioned;

/* What an exported view keeps alive. */
typedef struct exported {
    union {
        dl_managed plain;
        dl_managed_versioned versioned;
    } u;
    kov_tensor *tensor;
    int64_t shape[KOV_MAX_NDIM], strides[KOV_MAX_NDIM];
} exported;

static int encode_dtype(kov_dtype dtype, dl_dtype *out)
{
    out->bits = (uint8_t)kov_dtype_bits(dtype);
    out->lanes = 1;
    if (dtype == KOV_DTYPE_BOOL)
        out->code = DL_BOOL;
    else if (dtype == KOV_DTYPE_BF16)
        out->code = DL_BFLOAT;
    else if (kov_dtype_is_signed(dtype) && out->bits >= 8)
        out->code = DL_INT;
    else if (kov_dtype_is_integer(dtype) && out->bits >= 8)
        out->code = DL_UINT;
    else if (kov_dtype_is_float(dtype) && out->bits >= 16)
        out->code = DL_FLOAT;
    else if (kov_dtype_is_complex(dtype))
        out->code = DL_COMPLEX;
    else
        return -1;
    return 0;
}

static kov_dtype decode_dtype(dl_dtype dtype)
{
    for (int i = 1; i < KOV_DTYPE_COUNT && dtype.lanes == 1; i++) {
        dl_dtype candidate;
        if (encode_dtype((kov_dtype)i, &candidate) == 0 && candidate.code == dtype.code &&
            candidate.bits == dtype.bits)
            return (kov_dtype)i;
    }
    return KOV_DTYPE_NONE;
}

static void release_plain(dl_managed *self)
{
    exported *view = self->context;
    kov_tensor_release(view->tensor);
    free(view);
}

static void release_versioned(dl_managed_versioned *self)
{
    exported *view = self->context;
    kov_tensor_release(view->tensor);
    free(view);
}

static void destroy_plain(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, "dltensor")) {
        dl_managed *managed = PyCapsule_GetPointer(capsule, "dltensor");
        managed->release(managed);
    }
}

static void destroy_versioned(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, "dltensor_versioned")) {
        dl_managed_versioned *managed = PyCapsule_GetPointer(capsule, "dltensor_versioned");
        managed->release(managed);
    }
}

static void fill(dl_tensor *out, exported *view, dl_dtype dtype)
{
    const int ndim = kov_tensor_ndim(view->tensor);
    int64_t stride = 1;
    for (int i = ndim - 1; i >= 0; i--) {
        view->shape[i] = kov_tensor_dims(view->tensor)[i];
        view->strides[i] = stride;
        stride *= view->shape[i];
    }
    out->data = (void *)(uintptr_t)kov_tensor_data(view->tensor);
    out->device = (dl_device){DLPACK_CPU, 0};
    out->ndim = ndim;
    out->dtype = dtype;
    out->shape = view->shape;
    out->strides = view->strides;
    out->byte_offset = 0;
}

/* The protocol's older form cannot say "read-only", so there the view is of a copy. */
static kov_tensor *tensor_to_export(const kov_tensor *tensor, int copy)
{
    kov_tensor *exported_tensor = (kov_tensor *)(uintptr_t)tensor;
    if (!copy) {
        kov_tensor_retain(exported_tensor);
        return exported_tensor;
    }
    kov_status status =
        kov_tensor_from_data(kovpy.context, kov_tensor_dtype(tensor), kov_tensor_ndim(tensor),
                             kov_tensor_dims(tensor), kov_tensor_data(tensor), &exported_tensor);
    if (status == KOV_OK)
        return exported_tensor;
    kovpy_raise(status);
    return NULL;
}

static PyObject *to_dlpack(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"stream", "max_version", "dl_device", "copy", NULL};
    PyObject *stream = Py_None, *version = Py_None, *device = Py_None, *copy = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOO", names, &stream, &version, &device,
                                     &copy))
        return NULL;
    const kov_tensor *tensor = kovpy_tensor_data((kovpy_tensor *)self, "__dlpack__");
    if (!tensor)
        return NULL;
    long major = 0;
    if (PyTuple_Check(version) && PyTuple_GET_SIZE(version) == 2)
        major = PyLong_AsLong(PyTuple_GET_ITEM(version, 0));
    dl_dtype dtype;
    if (PyErr_Occurred() || encode_dtype(kov_tensor_dtype(tensor), &dtype) < 0)
        return PyErr_Occurred() ? NULL
                                : PyErr_Format(PyExc_BufferError, "DLPack has no dtype %s",
                                               kov_dtype_keras_name(kov_tensor_dtype(tensor)));
    exported *view = calloc(1, sizeof(*view));
    if (!view)
        return PyErr_NoMemory();
    view->tensor = tensor_to_export(tensor, copy == Py_True || major < 1);
    if (!view->tensor) {
        free(view);
        return NULL;
    }
    PyObject *capsule;
    if (major >= 1) {
        fill(&view->u.versioned.tensor, view, dtype);
        view->u.versioned.version.major = 1;
        view->u.versioned.context = view;
        view->u.versioned.release = release_versioned;
        view->u.versioned.flags = copy == Py_True ? 0 : DLPACK_READ_ONLY;
        capsule = PyCapsule_New(&view->u.versioned, "dltensor_versioned", destroy_versioned);
    } else {
        fill(&view->u.plain.tensor, view, dtype);
        view->u.plain.context = view;
        view->u.plain.release = release_plain;
        capsule = PyCapsule_New(&view->u.plain, "dltensor", destroy_plain);
    }
    if (!capsule) {
        kov_tensor_release(view->tensor);
        free(view);
    }
    return capsule;
}

static PyObject *dlpack_device(PyObject *self, PyObject *none)
{
    (void)self;
    (void)none;
    return Py_BuildValue("(ii)", DLPACK_CPU, 0);
}

PyMethodDef kovpy_dlpack_methods[] = {
    {"__dlpack__", (PyCFunction)(void (*)(void))to_dlpack, METH_VARARGS | METH_KEYWORDS,
     "A DLPack view, read-only; of a copy where the consumer knows no read-only views."},
    {"__dlpack_device__", dlpack_device, METH_NOARGS, "(1, 0): the CPU."},
    {NULL, NULL, 0, NULL},
};

static PyObject *import_tensor(const dl_tensor *source)
{
    const kov_dtype dtype = decode_dtype(source->dtype);
    int64_t strides[KOV_MAX_NDIM];
    if (source->device.device_type != DLPACK_CPU || dtype == KOV_DTYPE_NONE ||
        source->ndim > KOV_MAX_NDIM || source->ndim < 0)
        return PyErr_Format(PyExc_BufferError,
                            "from_dlpack: only dense dtypes in the CPU's memory are taken");
    int64_t step = kov_dtype_bits(dtype) / 8;
    for (int i = source->ndim - 1; i >= 0; i--) {
        strides[i] = source->strides ? source->strides[i] * (kov_dtype_bits(dtype) / 8) : step;
        step *= source->shape[i];
    }
    kov_tensor *tensor = NULL;
    kov_status status =
        kov_tensor_from_strided(kovpy.context, dtype, source->ndim, source->shape, strides,
                                (const char *)source->data + source->byte_offset, &tensor);
    return status == KOV_OK ? kovpy_tensor_new(tensor) : kovpy_raise(status);
}

/* Asks for the newer form, in which read-only memory can be handed over; a producer that does not
 * know the argument gives the older one. */
static PyObject *ask_capsule(PyObject *object)
{
    PyObject *method = PyObject_GetAttrString(object, "__dlpack__"), *capsule = NULL;
    PyObject *none = PyTuple_New(0), *version = Py_BuildValue("{s(ii)}", "max_version", 1, 0);
    if (method && none && version)
        capsule = PyObject_Call(method, none, version);
    if (!capsule && method && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        capsule = PyObject_CallNoArgs(method);
    }
    Py_XDECREF(version);
    Py_XDECREF(none);
    Py_XDECREF(method);
    return capsule;
}

/* A copy: the producer may go on writing to its memory, and tensors never change. */
PyObject *kovpy_from_dlpack(PyObject *module, PyObject *object)
{
    (void)module;
    PyObject *capsule = ask_capsule(object), *tensor = NULL;
    if (!capsule)
        return NULL;
    if (PyCapsule_IsValid(capsule, "dltensor_versioned")) {
        dl_managed_versioned *managed = PyCapsule_GetPointer(capsule, "dltensor_versioned");
        if (managed->version.major == 1)
            tensor = import_tensor(&managed->tensor);
        else
            PyErr_SetString(PyExc_BufferError, "from_dlpack: a newer version than 1 of DLPack");
        PyCapsule_SetName(capsule, "used_dltensor_versioned");
        if (managed->release)
            managed->release(managed);
    } else if (PyCapsule_IsValid(capsule, "dltensor")) {
        dl_managed *managed = PyCapsule_GetPointer(capsule, "dltensor");
        tensor = import_tensor(&managed->tensor);
        PyCapsule_SetName(capsule, "used_dltensor");
        if (managed->release)
            managed->release(managed);
    } else {
        PyErr_SetString(PyExc_BufferError, "from_dlpack: not a DLPack capsule");
    }
    Py_DECREF(capsule);
    return tensor;
}
