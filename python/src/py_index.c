/* SPDX-License-Identifier: Apache-2.0 */
/* x[key] of ints, slices, None and Ellipsis: one strided slice. Other keys are kov.indexing's. */
#include "py_core.h"

/* The slice of each key item, and what the item is, in OpenVINO's terms. */
typedef struct kovpy_slice {
    PyObject *begin[KOV_MAX_NDIM * 2], *end[KOV_MAX_NDIM * 2], *step[KOV_MAX_NDIM * 2]; /* owned */
    long begin_mask[KOV_MAX_NDIM * 2], end_mask[KOV_MAX_NDIM * 2]; /* 1: the bound counts */
    long new_axis[KOV_MAX_NDIM * 2], shrink[KOV_MAX_NDIM * 2];
    int count;
} kovpy_slice;

static void release(kovpy_slice *s)
{
    for (int i = 0; i < s->count; i++) {
        Py_XDECREF(s->begin[i]);
        Py_XDECREF(s->end[i]);
        Py_XDECREF(s->step[i]);
    }
}

static int append(kovpy_slice *s, PyObject *begin, PyObject *end, PyObject *step)
{
    const int i = s->count;
    if (i == KOV_MAX_NDIM * 2) {
        PyErr_SetString(PyExc_IndexError, "too many indices");
        return -1;
    }
    s->begin[i] = Py_NewRef(begin);
    s->end[i] = Py_NewRef(end);
    s->step[i] = Py_NewRef(step);
    s->begin_mask[i] = s->end_mask[i] = s->new_axis[i] = s->shrink[i] = 0;
    s->count++;
    return i;
}

/* A Python int for whatever is an integer now; a traced scalar stays. New reference. */
static PyObject *bound(PyObject *object)
{
    if (kovpy_is_tensor(object) && ((kovpy_tensor *)object)->trace)
        return Py_NewRef(object);
    return PyNumber_Index(object);
}

static int add_slice(kovpy_slice *s, PyObject *key, PyObject *zero, PyObject *one)
{
    PySliceObject *slice = (PySliceObject *)key;
    PyObject *parts[3] = {slice->start, slice->stop, slice->step};
    PyObject *defaults[3] = {zero, zero, one};
    int failed = 0;
    for (int i = 0; i < 3; i++) {
        parts[i] = parts[i] == Py_None ? Py_NewRef(defaults[i]) : bound(parts[i]);
        failed = failed || !parts[i];
    }
    const int at = failed ? -1 : append(s, parts[0], parts[1], parts[2]);
    for (int i = 0; i < 3; i++)
        Py_XDECREF(parts[i]);
    if (at < 0)
        return -1;
    s->begin_mask[at] = slice->start != Py_None;
    s->end_mask[at] = slice->stop != Py_None;
    return 0;
}

static int add_integer(kovpy_slice *s, kovpy_tensor *x, int axis, PyObject *key, PyObject *one)
{
    PyObject *index = bound(key);
    if (!index)
        return -1;
    int failed = 0;
    if (PyLong_Check(index)) {
        const long long i = PyLong_AsLongLong(index);
        const int64_t n = x->tensor ? kov_tensor_dims(x->tensor)[axis]
                                    : kov_builder_dim(x->trace->builder, x->value, axis);
        if (n >= 0 && (i < -n || i >= n)) {
            PyErr_Format(PyExc_IndexError, "index %lld is out of range for axis %d with size %lld",
                         i, axis, (long long)n);
            failed = 1;
        }
    }
    const int at = failed ? -1 : append(s, index, index, one);
    Py_DECREF(index);
    if (at < 0)
        return -1;
    s->begin_mask[at] = s->end_mask[at] = s->shrink[at] = 1;
    return 0;
}

/* Whether an item is one that a strided slice can do. */
static int is_basic(PyObject *item)
{
    if (item == Py_None || item == Py_Ellipsis || PySlice_Check(item))
        return 1;
    if (PyBool_Check(item))
        return 0;
    if (kovpy_is_tensor(item))
        return kovpy_tensor_ndim((kovpy_tensor *)item) == 0 &&
               kov_dtype_is_integer(kovpy_tensor_dtype((kovpy_tensor *)item));
    return PyIndex_Check(item) && !PyObject_TypeCheck(item, kovpy.ndarray);
}

static int add_items(kovpy_slice *s, kovpy_tensor *x, PyObject **items, Py_ssize_t count)
{
    int axis = 0, consumed = 0, has_ellipsis = 0;
    const int ndim = kovpy_tensor_ndim(x);
    for (Py_ssize_t i = 0; i < count; i++) {
        consumed += items[i] != Py_None && items[i] != Py_Ellipsis;
        has_ellipsis += items[i] == Py_Ellipsis;
    }
    if (has_ellipsis > 1 || consumed > ndim) {
        PyErr_Format(PyExc_IndexError,
                     has_ellipsis > 1 ? "an index can only have a single ellipsis ('...')"
                                      : "too many indices for a tensor of %d dimensions: %d",
                     ndim, consumed);
        return -1;
    }
    PyObject *zero = PyLong_FromLong(0), *one = PyLong_FromLong(1);
    int failed = !zero || !one;
    for (Py_ssize_t i = 0; !failed && i < count; i++) {
        PyObject *item = items[i];
        if (item == Py_None) {
            const int at = append(s, zero, zero, one);
            failed = at < 0;
            if (!failed)
                s->new_axis[at] = 1;
        } else if (item == Py_Ellipsis) {
            for (int k = consumed; !failed && k < ndim; k++, axis++)
                failed = append(s, zero, zero, one) < 0;
        } else if (PySlice_Check(item)) {
            failed = add_slice(s, item, zero, one) < 0;
            axis++;
        } else {
            failed = add_integer(s, x, axis, item, one) < 0;
            axis++;
        }
    }
    Py_XDECREF(zero);
    Py_XDECREF(one);
    return failed ? -1 : 0;
}

static PyObject *tuple_of_objects(PyObject *const *items, int count)
{
    PyObject *tuple = PyTuple_New(count);
    for (int i = 0; tuple && i < count; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(items[i]));
    return tuple;
}

static PyObject *tuple_of_flags(const long *flags, int count)
{
    PyObject *tuple = PyTuple_New(count);
    for (int i = 0; tuple && i < count; i++) {
        PyObject *flag = PyLong_FromLong(flags[i]);
        if (!flag)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, flag);
    }
    return tuple;
}

static PyObject *call(PyObject *x, const kovpy_slice *s)
{
    PyObject *arguments[8] = {Py_NewRef(x),
                              tuple_of_objects(s->begin, s->count),
                              tuple_of_objects(s->end, s->count),
                              tuple_of_objects(s->step, s->count),
                              tuple_of_flags(s->begin_mask, s->count),
                              tuple_of_flags(s->end_mask, s->count),
                              tuple_of_flags(s->new_axis, s->count),
                              tuple_of_flags(s->shrink, s->count)};
    int failed = 0;
    for (int i = 0; i < 8; i++)
        failed = failed || !arguments[i];
    PyObject *result = failed ? NULL : kovpy_call_function("core", "strided_slice", arguments, 8);
    for (int i = 0; i < 8; i++)
        Py_XDECREF(arguments[i]);
    return result;
}

static PyObject *index_otherwise(PyObject *x, PyObject *key)
{
    PyObject *module = PyImport_ImportModule("kov.indexing");
    PyObject *result = module ? PyObject_CallMethod(module, "get_item", "OO", x, key) : NULL;
    Py_XDECREF(module);
    return result;
}

PyObject *kovpy_tensor_index(PyObject *object, PyObject *key)
{
    PyObject **items = PyTuple_Check(key) ? PySequence_Fast_ITEMS(key) : &key;
    const Py_ssize_t count = PyTuple_Check(key) ? PyTuple_GET_SIZE(key) : 1;
    for (Py_ssize_t i = 0; i < count; i++)
        if (!is_basic(items[i]))
            return index_otherwise(object, key);
    if (count == 0 || (count == 1 && items[0] == Py_Ellipsis))
        return kovpy_cast(object, kovpy_tensor_dtype((kovpy_tensor *)object));
    kovpy_slice s;
    s.count = 0;
    PyObject *result = NULL;
    if (add_items(&s, (kovpy_tensor *)object, items, count) == 0)
        result = call(object, &s);
    release(&s);
    return result;
}
